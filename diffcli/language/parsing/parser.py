"""Text to a syntax tree, by operator precedence, with two explicit stacks.

The parser reads tokens and statements; as an `Expression` it takes what stands in one, as `Stacks` it folds that into nodes. An
error does not stop it: it is noted, the text is read as if mended, and everything found is raised at once.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

from diffcli.errors import ExpressionError, Source, Span, refusal
from diffcli.language.parsing.expression import Expression
from diffcli.language.parsing.mistakes import NAN, Mistakes
from diffcli.language.parsing.names import FUNCTIONS, Functions, resolve_names
from diffcli.language.parsing.stacks import BEFORE, BETWEEN, CALLED, FRAME, IF, INFIX, STATEMENT
from diffcli.language.parsing.tokens import CALL, NAME_SIGN, NUMBER, NUMBER_SIGN, STRAY, SYMBOL, TOKEN, Keyword, plain_name
from diffcli.language.parsing.tokens import KEYWORDS as WORDS
from diffcli.language.parsing.tokens import NAME as NAME_TOKEN
from diffcli.language.syntax import NAME, NOT, Program, Statement
from diffcli.language.syntax import NUMBER as NUMBER_NODE
from diffcli.operations import KEYWORDS, is_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli.language.complaints.mending import Trial, Wrong

INFINITY = float("inf")


class Parser(Expression):
    """One text on its way to a `Program`; use `parse`."""

    __slots__ = ("binding", "equation")

    def __init__(
        self, source: Source, trial: Trial | None = None, functions: Functions = FUNCTIONS, equation: int = -1
    ) -> None:
        program = Program(source)
        super().__init__(program, Mistakes(program, trial), functions)
        self.binding: tuple[str, tuple[str, ...] | None, Span] | None = None
        """What the present statement binds: a name, the parameters of a function, the place."""
        self.equation = equation
        """Where an ``=`` stands that binds no name, but is between the sides of an equation."""

    def run(self) -> Program:
        """The program, or every error at once."""
        self.read()
        resolve_names(self.program, self.mistakes)
        self.mistakes.report()
        return self.program

    # -- tokens ---------------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Build the tree; whatever is wrong is noted, and the text is read as if mended."""
        self.open_statement(0)
        text, operations, arguments, starts, stops = self.text, self.operations, self.arguments, self.starts, self.stops
        operands, operators, positions = self.operands, self.operators, self.positions
        plain = text.isascii()
        for match in TOKEN.finditer(text):
            kind = match.lastindex
            stop = match.end()
            if kind == SYMBOL:
                token = match[SYMBOL]
                operator = None if self.wants else BETWEEN.get(token)
                if operator is None:
                    OTHERS.get(token, Parser.odd)(self, stop - len(token), stop)
                    continue
                if operators[-1][0] > operator[0]:
                    self.fold(operator[0])
                operators.append(operator)
                positions.append(stop - len(token))
                self.wants = True
                continue
            if kind == STRAY:
                self.mistakes.stray(match[STRAY], stop - 1)
            if kind is None or kind == STRAY:
                continue
            if kind <= NAME_SIGN:
                token = match[NAME_TOKEN]
                start, stop = match.span(NAME_TOKEN)
                if token in WORDS:
                    OTHERS.get(token, Parser.odd)(self, start, stop)
                    if kind != NAME_TOKEN:  # a parenthesis, or a sign
                        OTHERS.get(match[kind], Parser.odd)(self, match.start(kind), match.end())
                    continue
                if not self.wants:
                    self.missing_product(start)
                if kind == CALL:
                    self.open_call(token, start, match.end() - 1)
                    continue
                operations.append(NAME)
                arguments.append(token if plain or token.isascii() else self.unusual_name(token, start))
            else:
                token = match[NUMBER]
                start, stop = match.span(NUMBER)
                if not self.wants:
                    self.missing_product(start)
                operations.append(NUMBER_NODE)
                try:
                    value = float(token)
                except ValueError:
                    value = NAN
                if not 0.0 < value < INFINITY and (value or token.lower().partition("e")[0].strip("0._")):
                    self.mistakes.complain.malformed_number(Span(start, stop), value)
                    value = 1.0
                arguments.append(value)
            operands.append(len(operations) - 1)
            starts.append(start)
            stops.append(stop)
            if kind == NAME_SIGN or kind == NUMBER_SIGN:  # noqa: SIM109 (hot loop)
                operator = BETWEEN[match[kind]]
                if operators[-1][0] > operator[0]:
                    self.fold(operator[0])
                operators.append(operator)
                positions.append(match.start(kind))
            else:
                self.wants = False
        self.close_statement(len(text))
        self.program.starts, self.program.stops = array("q", starts), array("q", stops)

    def odd(self, start: int, stop: int) -> None:
        """A sign before its operand, a word between two, or an operator where there is nothing to operate on."""
        token = self.text[start:stop]
        if not self.wants:
            self.infix(token, start)
        elif token in BEFORE:
            self.push(BEFORE[token], start)
        else:
            self.lack(start, stop)

    # -- statements: name = expression, f(x) = expression, or an expression ---------------------------------------------

    def end_statement(self, start: int, stop: int) -> None:
        """``;``, or the end of a line outside of parentheses."""
        if self.text[start] == ";" or not self.depth:
            self.close_statement(start)
            self.open_statement(stop)

    def open_statement(self, start: int) -> None:
        self.push(STATEMENT, start)
        self.firsts.append(len(self.program.operations))
        self.binding = None

    def close_statement(self, stop: int) -> None:
        """The end of a statement: whatever is still open is an error."""
        program = self.program
        nothing = self.wants and not self.operands and len(self.operators) == 1 and self.binding is None
        if not nothing:
            self.settle(stop)
            if self.depth:
                self.close_all(stop)
            if self.chained:
                self.refuse_chains()
        first = self.firsts.pop()
        self.operators.clear()
        self.positions.clear()
        if nothing:
            return
        root = self.operands.pop()
        self.operands.clear()
        name, parameters, name_span = self.binding or ("", None, Span(program.starts[first], program.starts[first]))
        start = name_span.start if self.binding else min(program.starts[first], program.starts[root])
        program.statements.append(Statement(name, parameters, first, root, name_span, Span(start, program.stops[root])))

    def close_all(self, stop: int) -> None:
        """Close the parentheses and brackets that are open at the end of a statement."""
        frames = zip(self.positions, self.operators, strict=True)
        outermost = next(place for place, frame in frames if frame[0] == FRAME and frame is not STATEMENT and frame is not IF)
        # the lines after it were not meant to be inside it, so they are not factors of what stands before them
        mistakes = self.mistakes
        mistakes.products = [gap for gap in mistakes.products if gap.stop < outermost or not self.begins_line(gap.stop)]
        while self.depth:
            self.leave_open(stop)

    def assign(self, start: int, stop: int) -> None:
        """``=``: what stands before it in the statement is a name, or a function with its parameters."""
        if self.wants:
            self.lack(start, stop)
            return
        if self.depth:
            if self.begin_keyword():
                return
            self.begin_again()
        if start == self.equation or self.binding is not None or len(self.operators) > 1:
            if start != self.equation or self.binding is not None:
                self.mistakes.complain.of("=", Span(start, stop))
            self.fold(NOT)
            self.push(INFIX["=="], start)
        else:
            self.refuse_chains()
            self.binding = self.target(self.operands[-1])
            self.forget(self.firsts[0])
            self.operands.clear()
        self.wants = True

    def begin_keyword(self) -> bool:
        """Whether what stands before ``=`` is a keyword of the innermost call; it is taken back as a name if so."""
        program, node = self.program, len(self.operations) - 1
        start = program.starts[node]
        plain = program.operations[node] == NAME and self.text[start] != "("
        if self.operators[-1] is not CALLED or not plain or self.firsts[-1] != node:
            return False
        name = str(program.arguments[node])
        if name not in KEYWORDS and self.begins_line(start):
            return False  # the parenthesis should have been closed on the line before
        self.operands.pop()
        call = self.calls[-1]
        call.keywords = call.keywords or []
        call.keywords.append(Keyword(name, program.span(node), len(self.operands) - call.base))
        self.forget(node)
        self.wants = True
        return True

    def target(self, root: int) -> tuple[str, tuple[str, ...] | None, Span]:
        """What a statement binds whose left side is the tree under ``root``."""
        program = self.program
        span = program.span(root)
        if program.operations[root] == NAME:
            return str(program.arguments[root]), None, span
        opening = TOKEN.match(self.text, span.start)
        assert opening is not None
        name = plain_name(opening[NAME_TOKEN]) if opening.lastindex == CALL else ""
        if not name or is_function(name):
            self.mistakes.complain.cannot_assign(root, name)
            return "", None, span
        children = program.children(root)
        if root not in program.keywords and all(program.operations[child] == NAME for child in children):
            return name, tuple([str(program.arguments[child]) for child in children]), span
        self.mistakes.complain.cannot_assign(root, "")
        return name, tuple([f"a{place}" for place in range(1, len(children) + 1)]), span  # other names, but as many

    # -- a parenthesis that should have been closed on the line before --------------------------------------------------

    def begin_again(self) -> None:
        """Within open parentheses, ``=`` after a name that begins a line begins a statement there."""
        program = self.program
        node = len(program) - 1
        start, stop, name = program.starts[node], program.stops[node], program.arguments[node]
        if self.operands[-1] != node or program.operations[node] != NAME or not self.begins_line(start):
            return
        self.forget(node)
        self.operands.pop()
        self.wants = True
        if self.positions[-1] == start:  # it was taken for a factor of what stands before it
            del self.operators[-1], self.positions[-1]
            self.mistakes.forget_gap(start)
            self.wants = False
        self.close_statement(self.text.rindex("\n", 0, start))
        self.open_statement(start)
        self.stand_in(start, stop, NAME, str(name))

    def begins_line(self, position: int) -> bool:
        """Whether only blanks stand before it on its line, which is not the first."""
        while position and self.text[position - 1] != "\n":
            position -= 1
            if not self.text[position].isspace():
                return False
        return position > 0


OTHERS: dict[str, Callable[[Parser, int, int], None]] = {
    "(": Parser.open_parenthesis, ")": Parser.close, "[": Parser.open_bracket, "]": Parser.close, ",": Parser.comma,
    ":": Parser.colon, "=": Parser.assign, ".T": Parser.transpose, ";": Parser.end_statement, "\n": Parser.end_statement,
    "if": Parser.open_choice, "else": Parser.reach_else, "not": Parser.negate,
}  # fmt: skip
"""What takes a token that is no operand, and stands between no two of them."""


def tried(text: str, equation: int = -1) -> Wrong | None:
    """What is wrong with a text that may be written instead of a wrong one; None if nothing is."""
    from diffcli.language.complaints.mending import Wrong  # a right text never loads it

    trial = Parser(Source(text), equation=equation)  # without a trial of its own: no advice is given on it
    trial.read()
    resolve_names(trial.program, trial.mistakes)
    mistakes, program = trial.mistakes, trial.program
    wrong = Wrong(program, mistakes.faults, mistakes.products, mistakes.applications)
    return wrong if mistakes or not program.statements else None


SYNTAXES = ("plain", "latex")
"""How a text may be written."""


def source_of(text: str, label: str, syntax: str) -> Source:
    """A text as one of the language."""
    if not isinstance(text, str):
        raise TypeError(f"a program is text, not {type(text).__name__}")
    if syntax not in SYNTAXES:
        raise refusal("unknown-choice", f"there is no syntax `{syntax}`", f"one of: {', '.join(SYNTAXES)}")
    text = text.removeprefix("\ufeff")
    if syntax == SYNTAXES[0]:
        return Source(text, label)
    from diffcli.language.parsing.latex import LatexReader  # few texts are

    return LatexReader(text, label).read()


def parse(text: str, label: str = "expression", *, syntax: str = "plain", fix: bool = False) -> Program:
    r"""Read a program: statements separated by newlines or ``;``, of which the last gives the result.

    Parameters
    ----------
    text
        The program; a byte-order mark and CRLF line ends are fine.
    label
        What the text is called in error messages, such as a file's name.
    syntax
        ``latex`` for a formula in LaTeX; carets then point into that.
    fix
        Read a loose text as it was meant, where only one thing can be.

    Raises
    ------
    ExpressionError
        With one diagnostic for each thing that is wrong, and what was meant, in ``mended``.

    Examples
    --------
    >>> program = parse("s = x^2; exp(-s)")
    >>> program.inputs
    ['x']
    >>> parse("2x")
    Traceback (most recent call last):
    diffcli.errors.ExpressionError: a product needs its multiplication sign
      │ 2x
      │  ^
      = help: write 2*x
    >>> parse(r"\frac{\sin^2 x}{2x}", syntax="latex")
    <Program ((sin(x)^(2))/(2*x))>
    """
    source = source_of(text, label, syntax)
    try:
        return Parser(source, tried if source.original is None else None).run()
    except ExpressionError as fault:
        if not fix or len(fault.mended) != 1:
            raise
        return parse(fault.mended[0], label)
