"""The syntax tree of a program, as flat columns in the order in which it is evaluated.

Node ``i`` has an operation, its arguments, and the range of the source it stands for. Arguments come before the node
that uses them, so that most readings of a program are one loop over its columns: nothing recurses, however deep the
text. The operands of a chain of sums (or of products) all come before the first of its operators, as one computes it by
hand: the terms first, then the sum from left to right.

    >>> from diffcli.language import parse
    >>> program = parse("ln(x) + x*y")
    >>> program.operations
    ['name', 'log', 'name', 'name', 'mul', 'add']
    >>> program.arguments
    ['x', (0,), 'x', 'y', (2, 3), (1, 4)]
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias, TypeVar

from diffcli._named import NamedTuple
from diffcli.errors import Mark, Source, Span
from diffcli.operations import CONSTANTS

Owner = TypeVar("Owner")
Answer = TypeVar("Answer")


def once(function: Callable[[Owner], Answer]) -> Callable[[Owner], Answer]:
    """A function of a program or a tape whose answer, which nobody changes, is kept with it for the next time."""

    @wraps(function)
    def answer(of: Any) -> Answer:
        found: Answer | None = of.kept.get(function)
        if found is None:
            found = of.kept[function] = function(of)
        return found

    return answer


NUMBER, NAME, CALL = "number", "name", "call"
"""The operations of nodes that are no row of a table: a literal, a name, a call of the program's own function."""

Key: TypeAlias = "tuple[str | tuple[bool, bool, bool], ...]"
"""The parts of an index, as they are separated by commas: ``"i"`` for an index, which has one argument; for a slice, whether it
has a start, a stop and a step, each of which is an argument."""

CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, NEGATION, POWER, ATOM = range(1, 11)
"""How tightly a spelling binds, from ``a if c else b`` to a number, a name or a call."""


class Statement(NamedTuple):
    """``name = expression``, ``name(parameters) = expression``, or a bare expression (no name)."""

    name: str
    parameters: tuple[str, ...] | None
    first: int
    """The first node of the expression."""
    root: int
    """Its last node, whose value is the statement's."""
    name_span: Span
    span: Span

    @property
    def call(self) -> str:
        """How a function is called: with the names of its parameters."""
        return f"{self.name}({', '.join(self.parameters or ())})"


class Branches(NamedTuple):
    """Where the parts of a choice stand: the first node of its condition, of what is taken if it holds, and if not.

    The last node of each is the argument itself. Only the part taken is evaluated, so each is a whole range of nodes.
    """

    condition: int
    then: int
    otherwise: int


class Program:
    """A parsed program: its statements and the columns of their nodes."""

    __slots__ = (
        "source", "operations", "arguments", "starts", "stops", "statements", "callees", "called", "branches", "keys",
        "keywords", "free", "kept",
    )  # fmt: skip

    def __init__(self, source: Source) -> None:
        self.source = source
        self.operations: list[str] = []
        self.arguments: list[tuple[int, ...] | float | str] = []
        self.starts: array[int] = array("q")
        self.stops: array[int] = array("q")
        self.statements: list[Statement] = []
        self.callees: dict[int, str] = {}
        """The function that a node of operation ``call`` calls."""
        self.called: dict[int, Span] = {}
        """Where that function's name stands."""
        self.branches: dict[int, Branches] = {}
        """For each node of operation ``where``, where its parts begin."""
        self.keys: dict[int, Key] = {}
        """For each node of operation ``index``, what its arguments after the first, the array, are."""
        self.keywords: dict[int, tuple[str, ...]] = {}
        """For a call with keywords, the names of its last arguments."""
        self.free: list[str] = []
        """Names that nothing binds, in order of appearance: the variables, and constants such as pi."""
        self.kept: dict[Any, Any] = {}
        """What has been worked out of it `once`."""

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """What a copy, and a pickle, has of it."""
        state: Any = object.__getstate__(self)
        return None, state[1] | {"kept": {}}

    def __repr__(self) -> str:
        text = " ".join(self.source.text.split())
        return f"<Program {text if len(text) <= 60 else text[:57] + '...'}>"

    def __len__(self) -> int:
        return len(self.operations)

    def __eq__(self, other: object) -> bool:
        """Whether two programs have the same trees, wherever they stand in their texts.

        Parentheses that change the order of the nodes and no tree, as in ``(a + b) + c``, make no difference.
        """
        if not isinstance(other, Program):
            return NotImplemented
        if [statement[:2] for statement in self.statements] != [statement[:2] for statement in other.statements]:
            return False
        pairs = [(one.root, two.root) for one, two in zip(self.statements, other.statements, strict=True)]
        while pairs:
            one, two = pairs.pop()
            if self.operations[one] != other.operations[two] or self.callees.get(one) != other.callees.get(two):
                return False
            if self.keys.get(one) != other.keys.get(two) or self.keywords.get(one) != other.keywords.get(two):
                return False
            ones, twos = self.children(one), other.children(two)
            if len(ones) != len(twos) or (not ones and self.arguments[one] != other.arguments[two]):
                return False
            pairs.extend(zip(ones, twos, strict=True))
        return True

    __hash__ = None  # type: ignore[assignment]

    @property
    def inputs(self) -> list[str]:
        """The variables: names that nothing binds and that are no constants, in order of appearance."""
        return [name for name in self.free if name not in CONSTANTS]

    @property
    def constants(self) -> list[str]:
        """Names of constants (pi, e, tau) that it uses and does not bind."""
        return [name for name in self.free if name in CONSTANTS]

    @property
    def result(self) -> Statement:
        return self.statements[-1]

    @property
    def line(self) -> int:
        """The line of the source, from 1, on which the result begins."""
        return self.source.text.count("\n", 0, self.result.span.start) + 1

    def children(self, node: int) -> tuple[int, ...]:
        arguments = self.arguments[node]
        return arguments if isinstance(arguments, tuple) else ()

    def span(self, node: int) -> Span:
        return Span(self.starts[node], self.stops[node])

    def mark(self, node: int, label: str = "") -> Mark:
        return Mark(self.span(node), label)
