"""Text to a syntax tree, by operator precedence, with two explicit stacks.

The parser is always in one of two states: it wants an operand, or it wants an operator. Operands wait on one stack;
operators and open parentheses (*frames*) on the other. An operator first folds everything that binds tighter; a chain
of one precedence is folded as a whole when it ends, so that all its operands stand before its operators.

An error does not stop it: it is noted, the text is read as if mended, and everything found is raised at once.
"""

from __future__ import annotations

from diffcli.errors import ExpressionError, Source
from diffcli.language.complaints.lazy import array_complaints, complaints
from diffcli.language.parsing.names import resolve_names
from diffcli.language.parsing.stacks import INFIX, MINUS, PLUS
from diffcli.language.parsing.statements import Statements
from diffcli.language.parsing.tokens import CALL as CALL_TOKEN
from diffcli.language.parsing.tokens import KEYWORDS, PASTED, STRAY, SYMBOL, TOKEN
from diffcli.language.parsing.tokens import NAME as NAME_TOKEN
from diffcli.language.parsing.tokens import NUMBER as NUMBER_TOKEN
from diffcli.language.syntax import COMPARISON, NAME, NUMBER, Program


class Parser(Statements):
    """One text on its way to a `Program`; use `parse`."""

    __slots__ = ()

    def run(self) -> Program:
        """The program, or every error at once."""
        self.read()
        program = self.program
        resolve_names(program, self.faults, self.gaps, self.doubtful)
        if ":" in self.strays:
            self.faults.append(array_complaints.misplaced_colon(self.source, self.strays.pop(":")))
        self.faults += [complaints.stray(self.source, character, spans) for character, spans in self.strays.items()]
        if self.gaps:
            self.faults += complaints.fill_gaps(program, self.gaps, self.reads)
        if not program.statements and not self.faults:
            self.faults.append(complaints.empty(self.source))
        if self.faults:
            raise ExpressionError(complaints.in_order(self.faults))
        return program

    def read(self) -> None:
        """Build the tree; whatever is wrong is noted, and the text is read as if mended."""
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
            if kind == NAME_TOKEN or kind == CALL_TOKEN:  # noqa: SIM109 (hot loop)
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
                if kind == STRAY:
                    self.stray(match[STRAY], match.start(STRAY))
                continue
            operands.append(len(operations) - 1)
            starts.append(start)
            stops.append(stop)
            self.wants = False
        self.close_statement(len(text))

    def symbol(self, token: str, start: int, stop: int) -> None:
        """Whatever is not an operator where one is wanted."""
        if token == "(":
            self.open_parenthesis(start)
        elif token == ")":
            self.close_parenthesis(start, stop)
        elif token == "\n" or token == ";":
            if token == ";" or not self.depth:
                self.close_statement(start)
                self.open_statement(stop)
        elif token == ",":
            self.comma(start, stop)
        elif token == "=" and not self.wants:
            self.assign(start, stop)
        elif token == "[":
            self.open_bracket(start)
        elif token == "]":
            self.close_bracket(start, stop)
        elif token == ".T":
            self.transpose(start, stop)
        else:
            self.rarer_symbol(PASTED.get(token, token), start, stop)

    def rarer_symbol(self, token: str, start: int, stop: int) -> None:
        if self.wants and token == "-":
            self.push(MINUS, start)
        elif self.wants and token == "+":
            self.push(PLUS, start)
        elif not self.wants and token in INFIX:
            self.infix(token, start, stop)
        elif token == ":":
            self.colon(start, stop)
        else:
            self.lack(start, stop)  # something is left out before an operator

    def word(self, token: str, start: int, stop: int) -> None:
        """A keyword."""
        if token == "not":
            self.negate(start, stop)
        elif token == "else":
            self.reach_else(start, stop)
        elif token == "if":
            if self.wants:
                self.lack(start, stop)
                self.stand_in(start, start)
            self.open_choice(start)
        elif self.wants:
            self.lack(start, stop)
        else:
            self.infix(token, start, stop)


def reads(text: str) -> bool:
    """Whether a text has the form of a program, whatever its names."""
    trial = Parser(Source(text), bool)  # bool: nothing is told to write instead, so nothing is read again
    trial.read()
    return not (trial.faults or trial.gaps or trial.strays) and bool(trial.program.statements)


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
    if not isinstance(text, str):
        raise TypeError(f"a program is text, not {type(text).__name__}")
    return Parser(Source(text.removeprefix("\ufeff"), label), reads).run()
