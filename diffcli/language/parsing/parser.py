"""Text to a syntax tree, by operator precedence, with two explicit stacks.

The parser reads tokens and statements; `Expression` takes what stands in a statement, `Stacks` folds it into nodes. An
error does not stop it: it is noted, the text is read as if mended, and everything found is raised at once.
"""

from __future__ import annotations

from diffcli.errors import ExpressionError, Source, Span, refusal
from diffcli.language.parsing.expression import Expression
from diffcli.language.parsing.mistakes import NAN, Mistakes
from diffcli.language.parsing.names import Functions, resolve_names
from diffcli.language.parsing.stacks import CALLED, FRAME, IF, INFIX, MINUS, PLUS, STATEMENT
from diffcli.language.parsing.tokens import CALL, NUMBER, PASTED, STRAY, SYMBOL, TOKEN, plain_name
from diffcli.language.parsing.tokens import KEYWORDS as WORDS
from diffcli.language.parsing.tokens import NAME as NAME_TOKEN
from diffcli.language.syntax import NAME, NOT, Program, Statement
from diffcli.language.syntax import NUMBER as NUMBER_NODE
from diffcli.operations import KEYWORDS, is_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli.language.complaints.mending import Trial, Wrong

INFINITY = float("inf")


class Parser:
    """One text on its way to a `Program`; use `parse`."""

    __slots__ = ("program", "text", "mistakes", "expression", "stacks", "binding", "equation")

    def __init__(
        self, source: Source, trial: Trial | None = None, functions: Functions | None = None, equation: int = -1
    ) -> None:
        self.program = Program(source)
        self.text = source.text
        self.mistakes = Mistakes(self.program, trial)
        self.expression = Expression(self.program, self.mistakes, functions or Functions())
        self.stacks = self.expression.stacks
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
        expression, program, stacks, text = self.expression, self.program, self.stacks, self.text
        operations, arguments, starts, stops = program.operations, program.arguments, program.starts, program.stops
        operands, operators, positions = stacks.operands, stacks.operators, stacks.positions
        for match in TOKEN.finditer(text):
            kind = match.lastindex
            if kind == SYMBOL:
                token = match[SYMBOL]
                stop = match.end()
                if expression.wants or token not in INFIX:
                    self.symbol(token, stop - len(token), stop)
                    continue
                operator = INFIX[token]
                if operators[-1][0] > operator[0]:
                    stacks.fold(operator[0])
                operators.append(operator)
                positions.append(stop - len(token))
                expression.wants = True
                continue
            if kind == NAME_TOKEN or kind == CALL:  # noqa: SIM109 (hot loop)
                token = match[NAME_TOKEN]
                stop = match.end()
                start = stop - len(token)
                if token in WORDS:
                    self.word(token, start, stop)
                    continue
                if not expression.wants:
                    expression.missing_product(start)
                if kind == CALL:
                    expression.pending = (token, start)
                    continue
                operations.append(NAME)
                arguments.append(token if token.isascii() else expression.unusual_name(token, start))
            elif kind == NUMBER:
                token = match[NUMBER]
                stop = match.end()
                start = stop - len(token)
                if not expression.wants:
                    expression.missing_product(start)
                operations.append(NUMBER_NODE)
                try:
                    value = float(token)
                except ValueError:
                    value = NAN
                if not 0.0 < value < INFINITY and (value or token.lower().partition("e")[0].strip("0._")):
                    self.mistakes.complain.malformed_number(Span(start, stop), value)
                    value = 1.0
                arguments.append(value)
            else:
                if kind == STRAY:
                    self.mistakes.stray(match[STRAY], match.start(STRAY))
                continue
            operands.append(len(operations) - 1)
            starts.append(start)
            stops.append(stop)
            expression.wants = False
        self.close_statement(len(text))

    def symbol(self, token: str, start: int, stop: int) -> None:
        """Whatever is not an operator where one is wanted."""
        expression = self.expression
        if token == "(":
            expression.open_parenthesis(start)
        elif token == ")":
            expression.close(False, start, stop)
        elif token == "\n" or token == ";":
            if token == ";" or not expression.depth:
                self.close_statement(start)
                self.open_statement(stop)
        elif token == ",":
            expression.comma(start, stop)
        elif token == "=" and not expression.wants:
            self.assign(start, stop)
        elif token == "[":
            expression.open_bracket(start)
        elif token == "]":
            expression.close(True, start, stop)
        elif token == ".T":
            expression.transpose(start, stop)
        else:
            self.rarer_symbol(PASTED.get(token, token), start, stop)

    def rarer_symbol(self, token: str, start: int, stop: int) -> None:
        expression = self.expression
        if expression.wants and token in "+-":
            self.stacks.push(MINUS if token == "-" else PLUS, start)
        elif not expression.wants and token in INFIX:
            expression.infix(token, start)
        elif token == ":":
            expression.colon(start, stop)
        else:
            expression.lack(start, stop)  # something is left out before an operator

    def word(self, token: str, start: int, stop: int) -> None:
        """A keyword."""
        expression = self.expression
        if token == "not":
            expression.negate(start, stop)
        elif token == "else":
            expression.reach_else(start, stop)
        elif token == "if":
            if expression.wants:
                expression.lack(start, stop)
                expression.stand_in(start, start)
            expression.open_choice(start)
        elif expression.wants:
            expression.lack(start, stop)
        else:
            expression.infix(token, start)

    # -- statements: name = expression, f(x) = expression, or an expression ---------------------------------------------

    def open_statement(self, start: int) -> None:
        self.stacks.push(STATEMENT, start)
        self.expression.firsts.append(len(self.program.operations))
        self.expression.wants = True
        self.binding = None

    def close_statement(self, stop: int) -> None:
        """The end of a statement: whatever is still open is an error."""
        expression, stacks, program = self.expression, self.stacks, self.program
        nothing = expression.wants and not stacks.operands and len(stacks.operators) == 1 and self.binding is None
        if not nothing:
            expression.settle(stop)
            if expression.depth:
                self.close_all(stop)
            if stacks.chained:
                expression.refuse_chains()
        first = expression.firsts.pop()
        stacks.operators.clear()
        stacks.positions.clear()
        if nothing:
            return
        root = stacks.operands.pop()
        stacks.operands.clear()
        name, parameters, name_span = self.binding or ("", None, Span(program.starts[first], program.starts[first]))
        start = name_span.start if self.binding else min(program.starts[first], program.starts[root])
        program.statements.append(Statement(name, parameters, first, root, name_span, Span(start, program.stops[root])))

    def close_all(self, stop: int) -> None:
        """Close the parentheses and brackets that are open at the end of a statement."""
        frames = zip(self.stacks.positions, self.stacks.operators, strict=True)
        outermost = next(place for place, frame in frames if frame[0] == FRAME and frame is not STATEMENT and frame is not IF)
        # the lines after it were not meant to be inside it, so they are not factors of what stands before them
        mistakes = self.mistakes
        mistakes.products = [gap for gap in mistakes.products if gap.stop < outermost or not self.begins_line(gap.stop)]
        while self.expression.depth:
            self.expression.leave_open(stop)

    def assign(self, start: int, stop: int) -> None:
        """``=``: what stands before it in the statement is a name, or a function with its parameters."""
        expression, stacks = self.expression, self.stacks
        if expression.depth:
            if self.keyword():
                return
            self.begin_again()
        if start == self.equation or self.binding is not None or len(stacks.operators) > 1:
            if start != self.equation or self.binding is not None:
                self.mistakes.complain.of("=", Span(start, stop))
            stacks.fold(NOT)
            stacks.push(INFIX["=="], start)
        else:
            expression.refuse_chains()
            self.binding = self.target(stacks.operands[-1])
            stacks.forget(expression.firsts[0])
            stacks.operands.clear()
        expression.wants = True

    def keyword(self) -> bool:
        """Whether what stands before ``=`` is a keyword of the innermost call; it is taken back as a name if so."""
        expression, program, node = self.expression, self.program, len(self.program) - 1
        start = program.starts[node]
        plain = program.operations[node] == NAME and self.text[start] != "("
        if expression.operators[-1] is not CALLED or not plain or expression.firsts[-1] != node:
            return False
        name = str(program.arguments[node])
        if name not in KEYWORDS and self.begins_line(start):
            return False  # the parenthesis should have been closed on the line before
        expression.keyword(name, program.span(node))
        self.stacks.forget(node)
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
        expression, stacks, program = self.expression, self.stacks, self.program
        node = len(program) - 1
        start, stop, name = program.starts[node], program.stops[node], program.arguments[node]
        if stacks.operands[-1] != node or program.operations[node] != NAME or not self.begins_line(start):
            return
        stacks.forget(node)
        stacks.operands.pop()
        expression.wants = True
        if stacks.positions[-1] == start:  # it was taken for a factor of what stands before it
            stacks.pop()
            self.mistakes.forget_gap(start)
            expression.wants = False
        self.close_statement(self.text.rindex("\n", 0, start))
        self.open_statement(start)
        stacks.stand_in(start, stop, NAME, str(name))
        expression.wants = False

    def begins_line(self, position: int) -> bool:
        """Whether only blanks stand before it on its line, which is not the first."""
        while position and self.text[position - 1] != "\n":
            position -= 1
            if not self.text[position].isspace():
                return False
        return position > 0


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
