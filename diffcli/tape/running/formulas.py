"""Terms as formulas, at the values of a row: what the traces print and the costs count.

Of each choice in a rule only the branch that is taken remains; arithmetic of constants is done, so that the slope of
x^2 reads 2*x and not 2*x^(2 - 1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from diffcli.language.syntax import COMPARISON, NAME, NUMBER
from diffcli.language.writing.printer import Dialect, number_text, to_text
from diffcli.operations import OPERATIONS
from diffcli.tape.running.rules import FLOAT, NAMESPACE, Term, fold

_ARITHMETIC = frozenset(("add", "sub", "mul", "div", "neg", "pow", "clip"))
_SHORT = 6
"""A constant with more digits stays as it is written."""


class Formula:
    """A term with what stands in for its nodes: a branch for a choice, a number for arithmetic of constants.

    ``environment`` holds the value of every name in the term; ``constants`` are those that no variable can change.
    """

    def __init__(self, term: Term, environment: Mapping[str, Any], constants: Collection[str] = ()) -> None:
        self.program = term.program
        self.instead: dict[int, int | float] = {}
        self.environment = environment
        self.constants = constants
        values: list[Any] = []
        fixed: list[bool] = []
        names = NAMESPACE | dict(environment)
        for statement in self.program.statements:
            for node in range(statement.first, statement.root + 1):
                self._settle(node, values, fixed, names)
            names[statement.name] = values[statement.root]

    def _settle(self, node: int, values: list[Any], fixed: list[bool], names: Mapping[str, Any]) -> None:
        """The value of a node, whether it is a constant, and what stands in for it."""
        program = self.program
        operation, argument = program.operations[node], program.arguments[node]
        children = program.children(node)
        if operation == NUMBER:
            values.append(argument)
            fixed.append(True)
        elif operation == NAME:
            values.append(names.get(str(argument)))
            fixed.append(argument in self.constants)
        elif operation == "where":
            condition, then, otherwise = children
            if values[condition] is None:  # decided for each element of an array
                values.append(None)
                fixed.append(False)
                return
            taken = then if values[condition] else otherwise
            values.append(values[taken])
            fixed.append(fixed[taken])
            self.instead[node] = self.instead.get(taken, taken)
        else:
            function = FLOAT.value(operation)
            operands = [values[child] for child in children]
            values.append(None if None in operands else function(*operands))
            fixed.append(operation in _ARITHMETIC and all(fixed[child] for child in children))
            if fixed[node] and len(number_text(values[node])) <= _SHORT:
                self.instead[node] = float(values[node])
            elif operation in ("pow", "mul", "div") and fixed[children[1]] and values[children[1]] == 1:
                self.instead[node] = self.instead.get(children[0], children[0])

    def text(self, dialect: Dialect, names: Mapping[str, str]) -> str:
        """The formula in a dialect, with ``names`` for the names of the rule."""
        return to_text(self.program, None, dialect, lambda name: names.get(name, name), self.instead)

    def fold(
        self, leaf: Callable[[Any], Any], apply: Callable[..., Any], bind: Callable[[str, Any], Any] = lambda name, value: value
    ) -> Any:
        """What the formula comes to: see `diffcli.tape.running.rules.fold`."""
        return fold(self.program, leaf, apply, bind, self.instead)

    @property
    def negative(self) -> bool:
        """Whether it begins with a change of sign, which a sum that it goes into takes in."""

        def sign(operation: str, operands: list[bool], _: Any) -> bool:
            return operation == "neg" or (operation in ("mul", "div") and operands[0])

        return bool(self.fold(lambda leaf: False, sign, lambda name, own: False))

    @property
    def cost(self) -> int:
        """How many elementary operations the formula takes as it is printed; conditions are free."""
        bound: list[int] = []

        def count(operation: str, operands: list[int], _: Any) -> int:
            return sum(operands) + (OPERATIONS[operation].precedence not in range(1, COMPARISON + 1))

        def bind(name: str, own: int) -> int:
            bound.append(own)
            return 0

        return int(self.fold(lambda leaf: 0, count, bind)) + sum(bound)
