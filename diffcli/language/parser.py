"""Text to a syntax tree, by operator precedence, with two explicit stacks.

The parser is always in one of two states: it wants an operand, or it wants an operator. Operands wait on one stack;
operators and open parentheses (*frames*) on the other. An operator first folds everything that binds tighter; a chain
of one precedence is folded as a whole when it ends, so that all its operands stand before its operators.

An error does not stop it: it is noted, the text is read as if mended, and everything found is raised at once.
"""

from __future__ import annotations

from diffcli.errors import ExpressionError, Source, Span
from diffcli.language import complaints
from diffcli.language.names import resolve_names
from diffcli.language.stacks import FRAME, Call, Stacks
from diffcli.language.syntax import (
    AND, CALL, CHOICE, COMPARISON, NAME, NEGATION, NOT, NUMBER, OR, POWER, PRODUCT, SUM, Branches, Program, Statement,
)  # fmt: skip
from diffcli.language.tokens import CALL as CALL_TOKEN
from diffcli.language.tokens import KEYWORDS, PASTED, SYMBOL, TOKEN, plain_name, superscript
from diffcli.language.tokens import NAME as NAME_TOKEN
from diffcli.language.tokens import NUMBER as NUMBER_TOKEN
from diffcli.operations import find_function

INFIX: dict[str, tuple[int, str]] = {
    "+": (SUM, "add"), "-": (SUM, "sub"), "*": (PRODUCT, "mul"), "/": (PRODUCT, "div"), "^": (POWER, "pow"),
    "<": (COMPARISON, "lt"), "<=": (COMPARISON, "le"), ">": (COMPARISON, "gt"), ">=": (COMPARISON, "ge"),
    "==": (COMPARISON, "eq"), "!=": (COMPARISON, "ne"), "and": (AND, "and"), "or": (OR, "or"),
}  # fmt: skip
MINUS, NEGATE, ELSE = (NEGATION, "neg"), (NOT, "not"), (CHOICE, "where")
FRAMES = {kind: (FRAME, kind) for kind in ("statement", "group", "call", "if")}
INFINITY = float("inf")


class Parser(Stacks):
    """One text on its way to a `Program`; use `parse`."""

    __slots__ = ("source", "text", "firsts", "calls", "thens", "depth", "products", "pending", "binding", "functions")  # fmt: skip

    def __init__(self, source: Source) -> None:
        super().__init__(Program(source))
        self.source = source
        self.text = source.text
        self.firsts: list[int] = []
        """For each open frame, the first node of the argument being read."""
        self.calls: list[Call] = []
        self.thens: list[int] = []
        """For each open ``if``, the first node of what stands before it."""
        self.depth = 0
        """How many parentheses are open."""
        self.products: list[int] = []
        """Positions at which a multiplication sign is missing."""
        self.pending: tuple[str, int] | None = None
        """A name before a parenthesis, and where it stands."""
        self.binding: tuple[str, tuple[str, ...] | None, Span] | None = None
        """What the present statement binds: a name, the parameters of a function, the place."""
        self.functions: dict[tuple[str, int], str] = {}
        """The row of the table that a name with so many arguments means, or ``call``."""

    # -- the loop ---------------------------------------------------------------------------------------------------

    def run(self) -> Program:
        self.open_statement(0)
        operations, arguments, starts, stops = self.operations, self.arguments, self.starts, self.stops
        operands, operators, positions = self.operands, self.operators, self.positions
        text = self.text
        for match in TOKEN.finditer(text):
            kind = match.lastindex
            if kind == SYMBOL:
                token = match[SYMBOL]
                stop = match.end()
                if self.wants or token not in INFIX:
                    self.symbol(token, stop - len(token), stop)
                    continue
                operator = INFIX[token]
                precedence = operator[0]
                top = operators[-1][0]
                if top > precedence or top == precedence == COMPARISON:
                    self.make_room(precedence, stop - len(token), stop)
                operators.append(operator)
                positions.append(stop - len(token))
                self.wants = True
                continue
            if kind == NAME_TOKEN or kind == CALL_TOKEN:
                token = match[NAME_TOKEN]
                stop = match.end()
                start = stop - len(token)
                if token in KEYWORDS:
                    self.word(token, start, stop)
                    continue
                if not self.wants:
                    self.missing_product(start)
                if kind == CALL_TOKEN:
                    self.pending = (token, start)
                    continue
                operations.append(NAME)
                arguments.append(token if token.isascii() else self.unusual_name(token, start))
            elif kind == NUMBER_TOKEN:
                token = match[NUMBER_TOKEN]
                stop = match.end()
                start = stop - len(token)
                if not self.wants:
                    self.missing_product(start)
                operations.append(NUMBER)
                arguments.append(self.number(token, start))
            else:
                if kind is not None:
                    self.faults.append(complaints.stray(self.source, match[kind], Span(*match.span(kind))))
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
        """Whatever is not an operator where one is wanted."""
        if token == "(":
            self.open_parenthesis(start)
        elif token == ")":
            self.close_parenthesis(start, stop)
        else:
            self.rarer_symbol(PASTED.get(token, token), start, stop)

    def rarer_symbol(self, token: str, start: int, stop: int) -> None:
        if self.wants and token == "-":
            self.push(MINUS, start)
        elif self.wants and token == "+":
            pass  # a sign that changes nothing
        elif not self.wants and token in INFIX:
            self.infix(token, start, stop)
        elif token == ",":
            self.comma(start, stop)
        elif token == ";" or token == "\n":
            if token == ";" or not self.depth:
                self.close_statement(start)
                self.open_statement(stop)
        elif token == "=" and not self.wants:
            self.assign(start, stop)
        else:
            self.unwanted(start, stop)

    def infix(self, token: str, start: int, stop: int) -> None:
        operator = INFIX[token]
        self.make_room(operator[0], start, stop)
        self.push(operator, start)
        self.wants = True

    def word(self, token: str, start: int, stop: int) -> None:
        """A keyword."""
        if token == "not":
            if not self.wants:
                self.missing_product(start)
            self.push(NEGATE, start)
            self.wants = True
        elif self.wants:
            self.unwanted(start, stop)
        elif token == "if":
            self.open_choice(start)
        elif token == "else":
            self.reach_else(start, stop)
        else:
            self.infix(token, start, stop)

    def unwanted(self, start: int, stop: int) -> None:
        """An operator where an operand is wanted: something is left out before it."""
        self.faults.append(complaints.missing_operand(self.source, Span(start, stop)))

    # -- leaves -----------------------------------------------------------------------------------------------------

    def number(self, token: str, start: int) -> float:
        try:
            value = float(token)
        except ValueError:
            value = INFINITY
        if value == INFINITY:
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
        self.operations.append(NUMBER)
        self.arguments.append(1.0)
        self.starts.append(position)
        self.stops.append(position)
        self.operands.append(len(self.operations) - 1)
        self.wants = False

    def missing_product(self, position: int) -> None:
        """Two operands with nothing between them are read as a product, and said to be wrong."""
        self.products.append(position)
        if self.operators[-1][0] >= PRODUCT:
            self.fold(PRODUCT)
        self.push(INFIX["*"], position)
        self.wants = True

    # -- frames -----------------------------------------------------------------------------------------------------

    def open_parenthesis(self, start: int) -> None:
        if self.pending is not None:
            name, name_start = self.pending
            self.pending = None
            self.calls.append(Call(name, name_start, len(self.operands), len(self.operations)))
            self.push(FRAMES["call"], start)
        else:
            if not self.wants:
                self.missing_product(start)
            self.push(FRAMES["group"], start)
        self.firsts.append(len(self.operations))
        self.depth += 1
        self.wants = True

    def settle(self, position: int) -> None:
        """Complete the expression that ends at ``position``: fold it down to the frame that holds it."""
        if self.wants and not self.empty_call():
            self.faults.append(complaints.missing_operand(self.source, Span(position, position + 1)))
            self.stand_in(position)
        self.fold(FRAME)
        while self.operators[-1][1] == "if":
            self.faults.append(complaints.missing_else(self.source, self.positions[-1]))
            self.turn_choice()
            self.stand_in(position)
            self.fold(FRAME)

    def empty_call(self) -> bool:
        """Whether a call has just been opened: ``f()`` has no operand and wants none."""
        return self.operators[-1][1] == "call" and len(self.operands) == self.calls[-1].base

    def close_parenthesis(self, start: int, stop: int) -> None:
        if not self.depth:
            self.faults.append(complaints.unmatched_parenthesis(self.source, start))
            return
        if self.wants or self.operators[-1][0] != FRAME or self.operators[-1][1] == "if":
            self.settle(start)
        _, kind = self.operators.pop()
        opened = self.positions.pop()
        self.firsts.pop()
        self.depth -= 1
        if kind == "call":
            self.close_call(stop)
        else:
            # the carets of what is in parentheses take them in
            inner = self.operands[-1]
            self.starts[inner] = opened
            self.stops[inner] = stop
        self.wants = False

    def close_call(self, stop: int) -> None:
        call = self.calls.pop()
        arguments = tuple(self.operands[call.base :])
        del self.operands[call.base :]
        key = call.name, len(arguments)
        operation = self.functions.get(key)
        if operation is None:
            operation = self.functions[key] = self.find_operation(*key)
        self.emit(operation, arguments, call.start, stop)
        if operation == CALL:
            self.program.callees[self.operands[-1]] = plain_name(call.name)
        elif operation == "where":
            self.program.branches[self.operands[-1]] = Branches(*call.firsts)

    def find_operation(self, name: str, count: int) -> str:
        """The row that a call means, or ``call`` where none takes so many arguments."""
        for row in find_function(plain_name(name)):
            least, most = row.arity
            if least <= count and (most is None or count <= most):
                return row.name
        return CALL

    def comma(self, start: int, stop: int) -> None:
        self.settle(start)
        if self.operators[-1][1] != "call":
            self.faults.append(complaints.stray_comma(self.source, Span(start, stop)))
            self.operands.pop()
        elif len(self.operands) == self.calls[-1].base:
            self.faults.append(complaints.missing_operand(self.source, Span(start, stop)))
            self.stand_in(start)
        self.firsts[-1] = len(self.operations)
        if self.operators[-1][1] == "call":
            self.calls[-1].firsts.append(len(self.operations))
        self.wants = True

    # -- choices: a if c else b -------------------------------------------------------------------------------------

    def open_choice(self, start: int) -> None:
        self.fold(CHOICE)
        then = self.choices[-1].otherwise if self.operators[-1][0] == CHOICE else self.firsts[-1]
        self.thens.append(then)
        self.firsts.append(len(self.operations))
        self.push(FRAMES["if"], start)
        self.wants = True

    def turn_choice(self) -> None:
        """``else``: the condition is complete, and the frame of the ``if`` becomes an operator."""
        self.operators[-1] = ELSE
        self.choices.append(Branches(self.firsts.pop(), self.thens.pop(), len(self.operations)))
        self.wants = True

    def reach_else(self, start: int, stop: int) -> None:
        self.fold(FRAME)
        if self.operators[-1][1] == "if":
            self.turn_choice()
        else:
            self.faults.append(complaints.misplaced_else(self.source, Span(start, stop)))
            self.push(INFIX["or"], start)
            self.wants = True

    # -- statements -------------------------------------------------------------------------------------------------

    def open_statement(self, start: int) -> None:
        self.push(FRAMES["statement"], start)
        self.firsts.append(len(self.operations))
        self.binding = None
        self.wants = True

    def assign(self, start: int, stop: int) -> None:
        """``=``: what stands before it in the statement is a name, or a function with its parameters."""
        program = self.program
        first = self.firsts[0]
        nodes = len(program.operations) - first
        root = self.operands[-1]
        span = program.span(root)
        names = [program.arguments[child] for child in program.children(root)]
        if self.binding is not None or len(self.operators) > 1:
            self.faults.append(complaints.misplaced_equals(self.source, Span(start, stop)))
            self.push(INFIX["=="], start)
        elif program.operations[root] == NAME:
            self.binding = (str(program.arguments[root]), None, span)
        elif root in program.callees and nodes == len(names) + 1 and set(program.operations[first:-1]) <= {NAME}:
            self.binding = (program.callees.pop(root), tuple(map(str, names)), span)
        else:
            self.faults.append(complaints.cannot_assign(program, root, names))
            self.binding = ("", None, span)
        if self.binding is not None and self.operators[-1][0] == FRAME:
            self.operands.clear()
            for column in (program.operations, program.arguments, program.starts, program.stops):
                del column[first:]
            for table in (program.callees, program.branches):
                for node in [node for node in table if node >= first]:
                    del table[node]
            for table in (program.callees, program.branches):
                for node in [node for node in table if node >= first]:
                    del table[node]
        self.wants = True

    def close_statement(self, stop: int) -> None:
        """The end of a statement: whatever is still open is an error."""
        if self.wants and not self.operands and len(self.operators) == 1 and self.binding is None:
            self.firsts.clear()
            self.operators.clear()
            self.positions.clear()
            return
        self.settle(stop)
        while self.depth:
            mark = Span(self.positions[-1], self.positions[-1] + 1)
            self.faults.append(complaints.unclosed_parenthesis(self.source, mark, stop))
            self.close_parenthesis(stop, stop)
            self.settle(stop)
        first = self.firsts.pop()
        self.operators.clear()
        self.positions.clear()
        root = self.operands[-1]
        self.operands.clear()
        name, parameters, name_span = self.binding or ("", None, Span(self.starts[first], self.starts[first]))
        start = name_span.start if self.binding else self.starts[first]
        span = Span(min(start, self.program.starts[root]), self.program.stops[root])
        self.program.statements.append(Statement(name, parameters, first, root, name_span, span))


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
