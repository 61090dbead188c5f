"""The two stacks of the parser: operands that wait, operators that wait for them, and how they fold into nodes."""

from __future__ import annotations

from array import array

from diffcli.errors import Diagnostic, Span
from diffcli.language import complaints
from diffcli.language.syntax import (
    AND, CHOICE, COMPARISON, NEGATION, NOT, OR, PRODUCT, SUM, Branches, Program,
)  # fmt: skip

FRAME = 0
"""The precedence of an open parenthesis or ``if``: nothing folds across it."""

CHAINS = frozenset((SUM, PRODUCT, AND, OR, COMPARISON))
"""The precedences that are read from left to right."""


class Call:
    """A call whose parenthesis is open."""

    __slots__ = ("name", "start", "base", "firsts")

    def __init__(self, name: str, start: int, base: int, first: int) -> None:
        self.name = name
        self.start = start
        self.base = base
        """How many operands were waiting when it opened."""
        self.firsts = [first]
        """The first node of each argument so far."""


class Stacks:
    """Waiting operands (nodes) and operators; folding turns them into nodes of the program."""

    __slots__ = ("program", "operations", "arguments", "starts", "stops", "operands", "operators", "positions", "choices", "faults", "wants")  # fmt: skip

    def __init__(self, program: Program) -> None:
        self.program = program
        self.operations = program.operations
        self.arguments = program.arguments
        self.starts: array[int] = program.starts
        self.stops: array[int] = program.stops
        self.operands: list[int] = []
        self.operators: list[tuple[int, str]] = []
        """Precedence and operation; an open frame stands here at precedence `FRAME`."""
        self.positions: list[int] = []
        """Where each operator or frame stands in the text."""
        self.choices: list[Branches] = []
        """The first nodes of the parts of choices that have reached their ``else``."""
        self.faults: list[Diagnostic] = []
        self.wants = True
        """Whether an operand is wanted."""

    def push(self, operator: tuple[int, str], position: int) -> None:
        self.operators.append(operator)
        self.positions.append(position)

    def make_room(self, precedence: int, start: int, stop: int) -> None:
        """Fold what binds tighter than an operator that comes."""
        self.fold(precedence)
        if precedence == COMPARISON and self.operators[-1][0] == COMPARISON:
            self.faults.append(complaints.chained_comparison(self.program, self.operands, self.positions[-1], Span(start, stop)))
            self.fold(NOT)

    def fold(self, precedence: int) -> None:
        """Turn every waiting operator that binds tighter than ``precedence`` into a node."""
        operators, operands = self.operators, self.operands
        while True:
            top, operation = operators[-1]
            if top <= precedence:
                return
            if top == operators[-2][0] and top in CHAINS:
                self.fold_chain(top)
                continue
            operators.pop()
            start = self.positions.pop()
            if top == NEGATION or top == NOT:
                self.emit(operation, (operands.pop(),), start)
            elif top == CHOICE:
                self.fold_choice()
            else:
                right = operands.pop()
                self.emit(operation, (operands.pop(), right))

    def fold_chain(self, precedence: int) -> None:
        """Fold operators of one precedence from left to right, after all their operands."""
        count = 2
        while self.operators[-count - 1][0] == precedence:
            count += 1
        chain = self.operators[-count:]
        rights = self.operands[-count:]
        del self.operators[-count:]
        del self.positions[-count:]
        del self.operands[-count:]
        left = self.operands.pop()
        start, stops, node = self.starts[left], self.stops, len(self.operations)
        for (_, operation), right in zip(chain, rights, strict=True):
            self.operations.append(operation)
            self.arguments.append((left, right))
            self.starts.append(start)
            stops.append(stops[right])
            left = node
            node += 1
        self.operands.append(left)

    def fold_choice(self) -> None:
        otherwise, condition, then = self.operands.pop(), self.operands.pop(), self.operands.pop()
        self.emit("where", (condition, then, otherwise), self.starts[then], self.stops[otherwise])
        self.program.branches[self.operands[-1]] = self.choices.pop()

    def emit(self, operation: str, arguments: tuple[int, ...], start: int = -1, stop: int = -1) -> None:
        """A node over its arguments; its range is theirs where none is given."""
        self.operands.append(len(self.operations))
        self.operations.append(operation)
        self.arguments.append(arguments)
        self.starts.append(start if start >= 0 else self.starts[arguments[0]])
        self.stops.append(stop if stop >= 0 else self.stops[arguments[-1]])
