"""Derivatives worked out by hand, as text: ``x: 1/x + y, y: x - cos(y)``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, ExpressionError, Mark, Source, Span, error
from diffcli.language import Program, parse
from diffcli.language.parsing.tokens import NAME, PASTED, SYMBOL, TOKEN, plain_name
from diffcli.methods.points.points import unknown_name
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import scalarised
from diffcli.operations import CONSTANTS

_NAMED_DERIVATIVE = re.compile(
    r"(?:\w+\s*['′’]+\s*(?:\(.*\))?"  # f', f'(x)
    r"|[d∂]\s*(?:\w*|\(.*\))\s*/\s*[d∂]\s*(?P<below>\w+)(?:\W.*)?"  # df/dx, d/dx f
    r"|\w+_(?P<index>\w+)"  # f_x
    r"|\w+\s*\(.*\))"  # f(x)
)
"""What people write before the sign of equality when they name a derivative."""


class _Piece(NamedTuple):
    """A claim in the text: where it begins and ends, and its colon, if it has one."""

    start: int
    stop: int
    colon: int | None


def read_claims(text: str, problem: Problem, label: str = "--claim") -> dict[str, Program]:
    """The derivatives that a text claims, by variable.

    It is ``x: EXPR, y: EXPR``; new lines and ``;;`` separate claims as commas do. The name and its colon may be left out if the
    expression has one variable, or is differentiated by one. The variables of the ``problem`` are those of the claims; what it
    binds is not in reach.

    >>> read_claims("x: atan2(y, x) + 1, y: 2*x", Problem("x*y", "x=1, y=2"))
    {'x': <Program atan2(y, x) + 1>, 'y': <Program 2*x>}
    """
    source = Source(text, label)
    claims: dict[str, Program] = {}
    faults: list[Diagnostic] = []
    for piece in _pieces(text):
        try:
            _refuse_equation(piece, source, problem)
            name, place = _variable(piece, source, problem)
            if name in claims:
                message, help = f"there are two claims for `{name}`", ["claim each derivative once"]
                raise ExpressionError([error("duplicate-name", message, source, Mark(place), help=help)])
            claims[name] = _expression(piece, source, problem)
        except ExpressionError as fault:
            faults += fault.diagnostics
    if not claims and not faults:
        help = [f"write one, such as {problem.tape.inputs[0] if problem.tape.inputs else 'x'}: 2*x"]
        faults.append(error("empty-expression", "there is no claim here", source, help=help))
    if faults:
        raise ExpressionError(faults)
    return claims


def _pieces(text: str) -> Iterator[_Piece]:
    """The claims in a text; what stands in parentheses, or in a comment, separates nothing."""
    start, depth = 0, 0
    colon: int | None = None
    semicolon = -1
    """Where the token before ended, if it was a semicolon."""
    for match in TOKEN.finditer(text):
        token = match[match.lastindex or 0]
        token = PASTED.get(token, token)
        depth = max(0, depth + (token in ("(", "[")) - (token in (")", "]")))
        if token == ":" and depth == 0 and colon is None:
            colon = match.start(SYMBOL)
        doubled = token == ";" and match.end() - 1 == semicolon
        if depth == 0 and (token in (",", "\n") or doubled):
            stop = match.end() - (2 if doubled else 1)
            if colon is not None or text[start:stop].partition("#")[0].strip():
                yield _Piece(start, stop, colon)
            start, colon, semicolon = match.end(), None, -1
            continue
        semicolon = match.end() if token == ";" else -1
    if colon is not None or text[start:].partition("#")[0].strip():
        yield _Piece(start, len(text), colon)


def _refuse_equation(piece: _Piece, source: Source, problem: Problem) -> None:
    """A claim is the derivative alone, and not ``f' = cos(x)`` or ``x = y``."""
    first = piece.start if piece.colon is None else piece.colon + 1
    left, equals, right = source.text[first : piece.stop].partition("=")
    named = _NAMED_DERIVATIVE.fullmatch(left.strip())
    name = plain_name(left.strip())
    compares = right.startswith("=") or left.endswith(("<", ">", "!"))
    if not equals or compares or re.search("[;\n]|(?<![=<>!])=(?!=)", right.strip()):  # several statements are a program
        return
    if named is not None:
        name = plain_name(named["below"] or named["index"] or "")
        if named["index"] and name not in problem.tape.inputs:  # a name like any other
            return
    elif name not in problem.tape.inputs:
        return
    if piece.colon is not None:
        name = plain_name(source.text[piece.start : piece.colon].strip())
    known = piece.colon is not None or name in problem.tape.inputs
    if not known:
        name = problem.wrt[0] if problem.wrt else "x"
    help = [f"write {name}: {' '.join(right.split()) or 'EXPR'}"]
    if not known and len(problem.wrt) > 1:
        help.append(f"the variables: {', '.join(problem.tape.inputs)}")
    start = first + len(left) - len(left.lstrip())
    mark = Mark(Span(start, first + len(left) + 1))
    raise ExpressionError([error("bad-claim", "a claim is a variable, a colon and the derivative", source, mark, help=help)])


def _variable(piece: _Piece, source: Source, problem: Problem) -> tuple[str, Span]:
    """The variable of a claim, and where it is named."""
    inputs = problem.tape.inputs
    written = source.text[piece.start : piece.stop]
    start = piece.start + len(written) - len(written.lstrip())
    if piece.colon is None:
        if len(problem.wrt) == 1:
            return problem.wrt[0], Span(start, piece.stop)
        message = "it is not said which variable this is the derivative by"
        help = ["write x: EXPR", f"the variables: {', '.join(inputs)}"]
        if not inputs:
            message, help = "the expression has no variable, and so no derivative to claim", []
        raise ExpressionError([error("bad-claim", message, source, Mark(Span(start, piece.stop)), help=help)])
    written = source.text[start : piece.colon].rstrip()
    span = Span(start, max(start + len(written), start + 1))
    element = re.fullmatch(r"(\w+)\s*\[([\d\s,]+)\]", written)
    if element is not None and element[1] in inputs:
        name = f"{element[1]}[{','.join(part.strip() for part in element[2].split(','))}]"
        if name in scalarised(problem).at:
            return name, span
        raise ExpressionError([_unknown(name, source, Mark(span), problem)])
    named = TOKEN.fullmatch(written)
    if named is None or named.lastindex != NAME:
        message = "a claim begins with the variable that it is the derivative by"
        raise ExpressionError([error("bad-claim", message, source, Mark(span), help=["write x: EXPR"])])
    name = plain_name(written)
    if name not in inputs:
        raise ExpressionError([_unknown(name, source, Mark(span), problem)])
    return name, span


def _unknown(name: str, source: Source, mark: Mark, problem: Problem) -> Diagnostic:
    """A complaint about a name that is no variable of the expression."""
    found = unknown_name(name, problem.tape.inputs, "the expression", (source, mark))
    if name not in problem.tape.bindings:
        return found
    message = f"`{name}` is computed by the expression, and no variable of it"
    return found._replace(message=message, notes=("a claim speaks of the variables alone",))


def _expression(piece: _Piece, source: Source, problem: Problem) -> Program:
    """The claimed derivative; whatever is wrong with it is marked in the text of all the claims."""
    first = piece.start if piece.colon is None else piece.colon + 1
    blanks = "".join(" " if character != "\n" else character for character in source.text[:first])
    try:
        program = parse(blanks + source.text[first : piece.stop], source.label)
    except ExpressionError as fault:
        raise ExpressionError([_in_claim(found, source, first) for found in fault.diagnostics]) from None
    unknown = [name for name in program.free if name not in problem.tape.inputs and name not in CONSTANTS]
    if unknown:
        marks = [program.mark(program.arguments.index(name)) for name in unknown]
        raise ExpressionError([_unknown(name, source, mark, problem) for name, mark in zip(unknown, marks, strict=True)])
    return program


def _in_claim(found: Diagnostic, source: Source, first: int) -> Diagnostic:
    """A complaint about one claim, as one about the text of all of them."""
    marks = found.marks
    if found.code == "empty-expression":
        message, marks = "there is no expression after the colon", (Mark(Span(max(first - 1, 0), first)),)
        return found._replace(source=source, message=message, marks=marks, help=("write x: EXPR",))
    return found._replace(source=source, message=found.message.replace("the text ends", "the claim ends"))
