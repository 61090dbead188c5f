"""The two stacks of the parser: operands that wait, operators that wait for them, and how they fold into nodes."""

from __future__ import annotations

from typing import Any

from diffcli.language.parsing.tokens import PASTED, Keyword
from diffcli.language.syntax import AND, CHOICE, COMPARISON, NEGATION, NOT, NUMBER, OR, POWER, PRODUCT, SUM, Branches, Program

FRAME = 0
"""The precedence of an open parenthesis or ``if``: nothing folds across it."""

CHAINS = frozenset((SUM, PRODUCT, COMPARISON, AND, OR))
"""The precedences that are read from left to right; of comparisons in a row, that is said to be wrong."""

INFIX: dict[str, tuple[int, str]] = {
    "+": (SUM, "add"), "-": (SUM, "sub"), "*": (PRODUCT, "mul"), "/": (PRODUCT, "div"),
    "@": (PRODUCT, "matmul"), "^": (POWER, "pow"),
    "<": (COMPARISON, "lt"), "<=": (COMPARISON, "le"), ">": (COMPARISON, "gt"), ">=": (COMPARISON, "ge"),
    "==": (COMPARISON, "eq"), "!=": (COMPARISON, "ne"), "and": (AND, "and"), "or": (OR, "or"),
}  # fmt: skip
"""Precedence and operation of what stands between two operands."""

SIGNS, NEGATE = {"-": (NEGATION, "neg"), "+": (NEGATION, "")}, (NOT, "not")
"""The same of what stands before one; a plus sign changes nothing."""

BETWEEN, BEFORE = (
    table | {sign: table[plain] for sign, plain in PASTED.items() if plain in table} for table in (INFIX, SIGNS)
)
"""Both with every spelling."""

STATEMENT, GROUP, CALLED, LIST, INDEX, IF = [(FRAME, kind) for kind in ("statement", "group", "call", "list", "index", "if")]
"""The same of what is open."""

ELSE = (CHOICE, "where")
"""The same of an ``if`` whose condition is complete."""


class Call:
    """A call whose parenthesis is open."""

    __slots__ = ("token", "start", "base", "first", "keywords", "doubtful")

    def __init__(self, token: str, start: int, base: int, first: int) -> None:
        self.token = token
        """The function's name as it is written."""
        self.start = start
        self.base = base
        """How many operands were waiting when it opened."""
        self.first = first
        """The first node of its arguments."""
        self.keywords: list[Keyword] | None = None
        self.doubtful = False
        """Whether its text is wrong, so that nothing can be said about how many arguments it has."""


class Bracket:
    """A bracket that is open: the entries of an array, ``[a, b]``, or the parts of an index, ``W[1, :]``."""

    __slots__ = ("is_index", "depth", "base", "begun", "colons", "key")

    def __init__(self, is_index: bool, depth: int, base: int) -> None:
        self.is_index = is_index
        self.depth = depth
        """How many parentheses and brackets are open, with this one."""
        self.base = base
        """How many operands were waiting when it opened; the last of them is what an index is of."""
        self.begun = base
        """The same for the piece of an index that is being read; commas and colons separate pieces."""
        self.colons: list[bool] = []
        """For each colon so far between two commas, whether an operand stands before it."""
        self.key: list[str | tuple[bool, bool, bool]] = []
        """What stands between commas so far, as in `diffcli.language.syntax.Key`."""


class Stacks:
    """Waiting operands (nodes) and operators; folding turns them into nodes of the program."""

    __slots__ = (
        "program", "operations", "arguments", "starts", "stops", "operands", "operators", "positions", "choices", "chained",
        "wants",
    )  # fmt: skip

    def __init__(self, program: Program) -> None:
        self.program = program
        self.operations, self.arguments = program.operations, program.arguments
        self.starts: list[int] = []
        self.stops: list[int] = []
        program.starts = self.starts  # type: ignore[assignment]  # lists while it is read, which grow faster
        program.stops = self.stops  # type: ignore[assignment]
        self.wants = True
        """Whether an operand is wanted."""
        self.operands: list[int] = []
        self.operators: list[tuple[int, str]] = []
        """Precedence and operation; an open frame stands here at precedence `FRAME`."""
        self.positions: list[int] = []
        """Where each operator or frame stands in the text."""
        self.choices: list[Branches] = []
        """The first nodes of the parts of choices that have reached their ``else``."""
        self.chained: list[list[int]] = []
        """Where the operators of comparisons in a row stand."""

    def push(self, operator: tuple[int, str], position: int) -> None:
        """Put what wants an operand behind it on the stack."""
        self.operators.append(operator)
        self.positions.append(position)
        self.wants = True

    def take(self, base: int) -> tuple[int, ...]:
        """The operands that wait above the first ``base``, taken away."""
        taken = tuple(self.operands[base:])
        del self.operands[base:]
        return taken

    def fold(self, precedence: int) -> None:
        """Turn every waiting operator that binds tighter than ``precedence`` into a node."""
        operators, positions, operands = self.operators, self.positions, self.operands
        while True:
            top, operation = operators[-1]
            if top <= precedence:
                return
            if top == operators[-2][0] and top in CHAINS:
                self.fold_chain(top)
                continue
            del operators[-1]
            start = positions.pop()
            if top == NEGATION or top == NOT:  # noqa: SIM109 (hot loop)
                if operation:
                    self.emit(operation, (operands.pop(),), start)
            elif top == CHOICE:
                self.fold_choice()
            else:
                right = operands.pop()
                left = operands[-1]
                operands[-1] = len(self.operations)
                self.operations.append(operation)
                self.arguments.append((left, right))
                self.starts.append(self.starts[left])
                self.stops.append(self.stops[right])

    def fold_chain(self, precedence: int) -> None:
        """Fold operators of one precedence from left to right, after all their operands."""
        operators, operands, operations, arguments = self.operators, self.operands, self.operations, self.arguments
        count = 2
        while operators[-count - 1][0] == precedence:
            count += 1
        chain, rights = operators[-count:], operands[-count:]
        if precedence == COMPARISON:
            self.chained.append(self.positions[-count:])
        del operators[-count:], self.positions[-count:], operands[-count:]
        left, node = operands[-1], len(operations)
        self.starts += [self.starts[left]] * count
        self.stops += map(self.stops.__getitem__, rights)
        # each operator's left operand is the node before it, the first one's the operand that waits
        operations += [operation for _, operation in chain]
        arguments += zip((left, *range(node, node + count - 1)), rights)  # noqa: B905 (hot loop)
        operands[-1] = node + count - 1

    def fold_choice(self) -> None:
        otherwise, condition, then = self.operands.pop(), self.operands.pop(), self.operands.pop()
        self.emit("where", (condition, then, otherwise), self.starts[then], self.stops[otherwise])
        self.program.branches[self.operands[-1]] = self.choices.pop()

    def emit(self, operation: str, arguments: Any, start: int = -1, stop: int = -1) -> None:
        """A node over its arguments; its range is theirs where none is given."""
        self.operands.append(len(self.operations))
        self.operations.append(operation)
        self.arguments.append(arguments)
        self.starts.append(start if start >= 0 else self.starts[arguments[0]])
        self.stops.append(stop if stop >= 0 else self.stops[arguments[-1]])

    def stand_in(self, start: int, stop: int, operation: str = NUMBER, argument: float | str = 1.0) -> None:
        """An operand where one is missing, so that reading can go on."""
        self.emit(operation, argument, start, stop)
        self.wants = False

    def forget(self, first: int) -> None:
        """Take nodes back, from ``first`` on."""
        program = self.program
        for column in (self.operations, self.arguments, self.starts, self.stops):
            del column[first:]
        for table in (program.callees, program.called, program.branches, program.keys, program.keywords):
            while table and next(reversed(table)) >= first:
                table.popitem()
