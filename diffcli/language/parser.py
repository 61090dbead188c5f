"""Text to a syntax tree, by operator precedence, with two explicit stacks.

The parser is always in one of two states: it wants an operand, or it wants an operator. Operands wait on one stack;
operators and open parentheses (*frames*) on the other. An operator first folds everything that binds tighter; a chain
of one precedence is folded as a whole when it ends, so that all its operands stand before its operators.

An error does not stop it: it is noted, the text is read as if mended, and everything found is raised at once.
"""

from __future__ import annotations

from diffcli.errors import Diagnostic, ExpressionError, Mark, Source, Span
from diffcli.language import complaints
from diffcli.language.names import resolve_names
from diffcli.language.syntax import (
    AND, CALL, CHOICE, COMPARISON, NAME, NEGATION, NOT, NUMBER, OR, POWER, PRODUCT, SUM, Branches, Program, Statement,
)  # fmt: skip
from diffcli.language.tokens import CALL as CALL_TOKEN
from diffcli.language.tokens import KEYWORDS, PASTED, TOKEN, plain_name, superscript
from diffcli.language.tokens import NAME as NAME_TOKEN
from diffcli.language.tokens import NUMBER as NUMBER_TOKEN
from diffcli.operations import find_function

INFIX: dict[str, tuple[int, str]] = {
    "+": (SUM, "add"), "-": (SUM, "sub"), "*": (PRODUCT, "mul"), "/": (PRODUCT, "div"), "^": (POWER, "pow"),
    "<": (COMPARISON, "lt"), "<=": (COMPARISON, "le"), ">": (COMPARISON, "gt"), ">=": (COMPARISON, "ge"),
    "==": (COMPARISON, "eq"), "!=": (COMPARISON, "ne"), "and": (AND, "and"), "or": (OR, "or"),
}  # fmt: skip
PREFIX: dict[str, tuple[int, str]] = {"-": (NEGATION, "neg"), "not": (NOT, "not")}

_FRAME = 0
"""The precedence of an open parenthesis or ``if``: nothing folds across it."""


class _Frame:
    """An open parenthesis, call or ``if``, or the statement itself."""

    __slots__ = ("kind", "start", "base", "first", "firsts", "name")

    def __init__(self, kind: str, start: int, base: int, first: int, name: str = "") -> None:
        self.kind = kind
        self.start = start
        self.base = base
        """How many operands were waiting when it opened."""
        self.first = first
        """The first node of the argument being read."""
        self.firsts = [first]
        """The first node of each argument so far."""
        self.name = name


class Parser:
    """One text on its way to a `Program`; use `parse`."""

    __slots__ = ("source", "text", "program", "operands", "operators", "frames", "choices", "faults", "products", "pending", "wants", "binding", "statement_start")  # fmt: skip

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.program = Program(source)
        self.operands: list[int] = []
        # precedence, operation, position; an open frame stands there at precedence 0
        self.operators: list[tuple[int, str, int]] = []
        self.frames: list[_Frame] = []
        self.faults: list[Diagnostic] = []
        self.choices: list[Branches] = []
        """The first nodes of the parts of choices that have reached their ``else``."""
        self.products: list[int] = []
        """Positions at which a multiplication sign is missing."""
        self.pending: tuple[str, int] | None = None
        """A name before a parenthesis, and where it stands."""
        self.wants = True
        """Whether an operand is wanted."""
        self.binding: tuple[str, tuple[str, ...] | None, Span] | None = None
        self.statement_start = 0

    # -- the loop ---------------------------------------------------------------------------------------------------

    def run(self) -> Program:
        self.open_statement(0)
        operations, arguments = self.program.operations, self.program.arguments
        starts, stops = self.program.starts, self.program.stops
        operands = self.operands
        text = self.text
        for match in TOKEN.finditer(text):
            kind = match.lastindex
            if kind is None:
                continue
            token = match[kind]
            stop = match.end()
            start = stop - len(token)
            if kind == NAME_TOKEN or kind == CALL_TOKEN:
                if token in KEYWORDS:
                    self.symbol(token, start, stop)
                    continue
                if not self.wants:
                    self.missing_product(start)
                if kind == CALL_TOKEN:
                    self.pending = (token, start)
                    continue
                operations.append(NAME)
                arguments.append(token if token.isascii() else self.unusual_name(token, start))
            elif kind == NUMBER_TOKEN:
                if not self.wants:
                    self.missing_product(start)
                operations.append(NUMBER)
                arguments.append(self.number(token, start))
            else:
                self.symbol(token, start, stop)
                continue
            operands.append(len(operations) - 1)
            starts.append(start)
            stops.append(stop)
            self.wants = False
        self.close_statement(len(text))
        if not self.program.statements and not self.faults:
            self.faults.append(complaints.empty(self.source))
        resolve_names(self.program, self.faults, self.products)
        if self.products:
            self.faults += complaints.implicit_products(self.program, self.products)
        if self.faults:
            raise ExpressionError(complaints.in_order(self.faults))
        return self.program

    def symbol(self, token: str, start: int, stop: int) -> None:
        """Anything that is neither a number nor a name."""
        token = PASTED.get(token, token)
        if self.wants:
            if token in PREFIX:
                precedence, operation = PREFIX[token]
                self.operators.append((precedence, operation, start))
                return
            if token == "+":
                return  # a sign that changes nothing
        elif token in INFIX:
            precedence, operation = INFIX[token]
            if self.operators[-1][0] >= precedence:
                self.make_room(precedence, start, stop)
            self.operators.append((precedence, operation, start))
            self.wants = True
            return
        self.punctuation(token, start, stop)

    def punctuation(self, token: str, start: int, stop: int) -> None:
        if token == "(":
            self.open_parenthesis(start)
        elif token == ")":
            self.close_parenthesis(start, stop)
        elif token == ",":
            self.comma(start, stop)
        elif token == ";" or token == "\n":
            if token == ";" or self.frames[-1].kind == "statement":
                self.close_statement(start)
                self.open_statement(stop)
        elif token == "if" and not self.wants:
            self.open_choice(start)
        elif token == "else" and not self.wants:
            self.reach_else(start, stop)
        elif token == "=" and not self.wants:
            self.assign(start, stop)
        elif token in INFIX or token in ("if", "else", "="):
            self.faults.append(complaints.missing_operand(self.source, Span(start, stop)))
            self.stand_in(start)
            self.wants = True
        elif token == "not":
            self.missing_product(start)
            self.operators.append((NOT, "not", start))
        else:
            self.faults.append(complaints.stray(self.source, token, Span(start, stop)))

    # -- leaves -----------------------------------------------------------------------------------------------------

    def number(self, token: str, start: int) -> float:
        try:
            value = float(token)
        except ValueError:
            value = float("inf")
        if value == float("inf"):
            self.faults.append(complaints.malformed_number(self.source, token, Span(start, start + len(token))))
            return 1.0
        return value

    def unusual_name(self, token: str, start: int) -> str:
        """A name with characters beyond ASCII, as it is called in the tree."""
        power = superscript(token)
        if power:
            self.faults.append(complaints.superscript(self.source, Span(start, start + len(token)), *power))
        return plain_name(token)

    def stand_in(self, position: int) -> None:
        """An operand where one is missing, so that reading can go on."""
        program = self.program
        program.operations.append(NUMBER)
        program.arguments.append(1.0)
        program.starts.append(position)
        program.stops.append(position)
        self.operands.append(len(program.operations) - 1)
        self.wants = False

    def missing_product(self, position: int) -> None:
        """Two operands with nothing between them are read as a product, and said to be wrong."""
        self.products.append(position)
        if self.operators[-1][0] >= PRODUCT:
            self.fold(PRODUCT)
        self.operators.append((PRODUCT, "mul", position))
        self.wants = True

    # -- folding ----------------------------------------------------------------------------------------------------

    def make_room(self, precedence: int, start: int, stop: int) -> None:
        """Fold what binds tighter than an operator that comes."""
        self.fold(precedence)
        if precedence == COMPARISON and self.operators[-1][0] == COMPARISON:
            self.faults.append(complaints.chained_comparison(self.program, self.operands, self.operators[-1][2], Span(start, stop)))
            self.fold(NOT)

    def fold(self, precedence: int) -> None:
        """Turn every waiting operator that binds tighter than ``precedence`` into a node."""
        operators, operands = self.operators, self.operands
        while True:
            top, operation, start = operators[-1]
            if top <= precedence:
                return
            if top == operators[-2][0] and top in CHAINS:
                self.fold_chain(top)
                continue
            operators.pop()
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
        waiting = self.operands[-count:]
        del self.operators[-count:]
        del self.operands[-count:]
        for (_, operation, _), right in zip(chain, waiting, strict=True):
            self.emit(operation, (self.operands.pop(), right))

    def fold_choice(self) -> None:
        otherwise, condition, then = self.operands.pop(), self.operands.pop(), self.operands.pop()
        starts, stops = self.program.starts, self.program.stops
        self.emit("where", (condition, then, otherwise), starts[then], stops[otherwise])
        self.program.branches[self.operands[-1]] = self.choices.pop()

    def emit(self, operation: str, arguments: tuple[int, ...], start: int = -1, stop: int = -1) -> None:
        """A node over its arguments; its range is theirs where none is given."""
        program = self.program
        program.operations.append(operation)
        program.arguments.append(arguments)
        program.starts.append(start if start >= 0 else program.starts[arguments[0]])
        program.stops.append(stop if stop >= 0 else program.stops[arguments[-1]])
        self.operands.append(len(program.operations) - 1)

    # -- frames -----------------------------------------------------------------------------------------------------

    def push_frame(self, kind: str, start: int, name: str = "") -> None:
        self.frames.append(_Frame(kind, start, len(self.operands), len(self.program.operations), name))
        self.operators.append((_FRAME, kind, start))
        self.wants = True

    def open_parenthesis(self, start: int) -> None:
        if self.pending is not None:
            name, name_start = self.pending
            self.pending = None
            self.push_frame("call", name_start, name)
            return
        if not self.wants:
            self.missing_product(start)
        self.push_frame("group", start)

    def settle(self, position: int) -> None:
        """Complete the expression that ends at ``position``: fold it down to the frame that holds it."""
        if self.wants and not self.empty_call():
            self.faults.append(complaints.missing_operand(self.source, Span(position, position + 1)))
            self.stand_in(position)
        self.fold(_FRAME)
        while self.frames[-1].kind == "if":
            self.faults.append(complaints.missing_else(self.source, self.frames[-1].start))
            self.stand_in(position)
            self.turn_choice()
            self.fold(_FRAME)

    def empty_call(self) -> bool:
        """Whether a call has just been opened: ``f()`` has no operand and wants none."""
        frame = self.frames[-1]
        return frame.kind == "call" and len(self.operands) == frame.base and self.operators[-1][0] == _FRAME

    def close_parenthesis(self, start: int, stop: int) -> None:
        if all(frame.kind in ("if", "statement") for frame in self.frames[-2:]):
            self.faults.append(complaints.unmatched_parenthesis(self.source, start))
            return
        self.settle(start)
        frame = self.frames.pop()
        self.operators.pop()
        if frame.kind == "call":
            self.close_call(frame, stop)
        else:
            # the carets of what is in parentheses take them in
            inner = self.operands[-1]
            self.program.starts[inner] = frame.start
            self.program.stops[inner] = stop
        self.wants = False

    def close_call(self, frame: _Frame, stop: int) -> None:
        arguments = tuple(self.operands[frame.base :])
        del self.operands[frame.base :]
        name = plain_name(frame.name)
        rows = find_function(name)
        fitting = [row for row in rows if row.arity[0] <= len(arguments) <= (row.arity[1] or len(arguments))]
        self.emit(fitting[0].name if fitting else CALL, arguments, frame.start, stop)
        node = self.operands[-1]
        if not fitting:
            self.program.callees[node] = name
        elif fitting[0].name == "where":
            condition, then, otherwise = frame.firsts
            self.program.branches[node] = Branches(condition, then, otherwise)

    def comma(self, start: int, stop: int) -> None:
        self.settle(start)
        frame = self.frames[-1]
        if frame.kind != "call":
            self.faults.append(complaints.stray_comma(self.source, Span(start, stop)))
            self.operands.pop()
        elif len(self.operands) == frame.base:
            self.faults.append(complaints.missing_operand(self.source, Span(start, stop)))
            self.stand_in(start)
        frame.first = len(self.program.operations)
        frame.firsts.append(frame.first)
        self.wants = True

    # -- choices: a if c else b -------------------------------------------------------------------------------------

    def open_choice(self, start: int) -> None:
        self.fold(CHOICE)
        then = self.choices[-1].otherwise if self.operators[-1][0] == CHOICE else self.frames[-1].first
        self.push_frame("if", start)
        self.frames[-1].firsts = [then]

    def turn_choice(self) -> None:
        """``else``: the condition is complete, and the frame of the ``if`` becomes an operator."""
        opened = self.frames.pop()
        self.operators[-1] = (CHOICE, "where", opened.start)
        self.choices.append(Branches(opened.first, opened.firsts[0], len(self.program.operations)))
        self.wants = True

    def reach_else(self, start: int, stop: int) -> None:
        self.fold(_FRAME)
        if self.frames[-1].kind == "if":
            self.turn_choice()
        else:
            self.faults.append(complaints.misplaced_else(self.source, Span(start, stop)))
            self.operators.append((OR, "or", start))
            self.wants = True

    # -- statements -------------------------------------------------------------------------------------------------

    def open_statement(self, start: int) -> None:
        self.push_frame("statement", start)
        self.binding = None

    def assign(self, start: int, stop: int) -> None:
        """``=``: what stands before it in the statement is a name, or a function with its parameters."""
        program = self.program
        first = self.frames[0].first
        nodes = len(program.operations) - first
        root = self.operands[-1]
        span = program.span(root)
        names = [program.arguments[child] for child in program.children(root)]
        if self.binding is not None or len(self.frames) > 1 or self.operators[-1][0] != _FRAME:
            self.faults.append(complaints.misplaced_equals(self.source, Span(start, stop)))
            self.operators.append((COMPARISON, "eq", start))
        elif program.operations[root] == NAME:
            self.binding = (str(program.arguments[root]), None, span)
        elif root in program.callees and nodes == len(names) + 1 and set(program.operations[first:-1]) <= {NAME}:
            self.binding = (program.callees.pop(root), tuple(map(str, names)), span)
        else:
            self.faults.append(complaints.cannot_assign(program, root, names))
            self.binding = ("", None, span)
        if self.binding is not None and self.operators[-1][0] == _FRAME:
            self.operands.clear()
            for column in (program.operations, program.arguments, program.starts, program.stops):
                del column[first:]  # type: ignore[attr-defined]
        self.wants = True

    def close_statement(self, stop: int) -> None:
        """The end of a statement: whatever is still open is an error."""
        if self.wants and not self.operands and len(self.operators) == 1 and self.binding is None:
            self.frames.clear()
            self.operators.clear()
            return
        self.settle(stop)
        while len(self.frames) > 1:
            frame = self.frames[-1]
            opened = frame.start + len(frame.name) if frame.kind == "call" else frame.start
            self.faults.append(complaints.unclosed_parenthesis(self.source, self.text.find("(", opened), stop))
            self.close_parenthesis(stop, stop)
            self.settle(stop)
        frame = self.frames.pop()
        self.operators.clear()
        root = self.operands[-1]
        self.operands.clear()
        name, parameters, name_span = self.binding or ("", None, Span(frame.start, frame.start))
        start = name_span.start if self.binding else self.program.starts[frame.first]
        span = Span(min(start, self.program.starts[root]), self.program.stops[root])
        self.program.statements.append(Statement(name, parameters, frame.first, root, name_span, span))


CHAINS = frozenset((SUM, PRODUCT, AND, OR, COMPARISON))
"""The precedences that are read from left to right."""


def parse(text: str, label: str = "expression") -> Program:
    """Read a program: statements separated by newlines or ``;``, of which the last gives the result.

    Parameters
    ----------
    text
        The program; a byte-order mark and CRLF line ends are fine.
    label
        What the text is called in error messages, such as a file's name.

    Raises
    ------
    ExpressionError
        With one diagnostic for each thing that is wrong.

    Examples
    --------
    >>> program = parse("s = x^2; exp(-s)")
    >>> program.inputs
    ['x']
    >>> parse("2x")
    Traceback (most recent call last):
    diffcli.errors.ExpressionError: a product needs its multiplication sign
    """
    return Parser(Source(text.removeprefix("\ufeff"), label)).run()
