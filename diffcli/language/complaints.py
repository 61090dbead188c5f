"""Every complaint about a text, in words: what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diffcli.errors import Diagnostic, Mark, Source, Span, error
from diffcli.language.syntax import Program
from diffcli.operations import FUNCTION_NAMES, find_function

MOST = 20
"""How many errors are told at once."""

_INSTEAD: dict[str, str] = {
    "|": "write abs(x) for the absolute value |x|, and `or` for a choice of conditions",
    "&": "write `and`",
    "!": "write `not`, or `!=` for unequal; the factorial n! is gamma(n + 1)",
    "[": "write parentheses",
    "]": "write parentheses",
    "{": "write parentheses",
    "}": "write parentheses",
    "√": "write sqrt(x)",
    "∞": "an infinite operand is not a point; use a large number",
    "'": "write the derivative's expression; diffcli computes derivatives, it does not read them",
    "@": "a product of scalars is `*`; a file is given alone, as @file",
    ":": "statements are separated by `;` or a new line",
    "%": "a remainder a - b*floor(a/b) has to be written out",
    "\\": "write functions by their name, as in sin(x)",
    "$": "write the formula without dollar signs",
    '"': "write names without quotation marks",
    ".": "a number has a digit beside its decimal point",
}


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """At most three known names that look like ``name``, the likeliest first."""
    import difflib  # only a mistake waits for it

    candidates = list(known)
    folded = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)
    return [folded[candidate] for candidate in close]


def did_you_mean(name: str, known: Iterable[str]) -> tuple[str, ...]:
    close = nearest(name, known)
    if not close:
        return ()
    others = f" (close: {', '.join(close[1:])})" if close[1:] else ""
    return (f"did you mean `{close[0]}`?{others}",)


def in_order(faults: list[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics from left to right, one at a place; the first few, if there are many."""
    ordered = sorted(faults, key=lambda fault: fault.span or Span(0, 0))
    once = [fault for fault, before in zip(ordered, [None, *ordered]) if before is None or fault.span != before.span]  # noqa: B905
    if len(once) <= MOST:
        return once
    last = once[MOST - 1]
    return [*once[: MOST - 1], last._replace(notes=(*last.notes, f"{len(once) - MOST} more errors are not shown"))]


# -- the form of the text ------------------------------------------------------------------------------------------------


def empty(source: Source) -> Diagnostic:
    return error("empty-expression", "there is no expression here", source, help=['write one, such as "x^2 + sin(x)"'])


def stray(source: Source, token: str, span: Span) -> Diagnostic:
    help = [_INSTEAD[token]] if token in _INSTEAD else []
    return error("unexpected-character", f"`{token}` is not part of the language", source, Mark(span), help=help)


def malformed_number(source: Source, token: str, span: Span) -> Diagnostic:
    return error(
        "malformed-number", f"`{token}` is not a number that a float can hold", source, Mark(span),
        help=["write numbers as 1, .5, 1e-3 or 1_000, up to about 1.8e308"],
    )  # fmt: skip


def superscript(source: Source, span: Span, base: str, exponent: str) -> Diagnostic:
    return error(
        "superscript", "an exponent is written with ^", source, Mark(span, f"write {base}^{exponent}"),
    )  # fmt: skip


def missing_operand(source: Source, span: Span) -> Diagnostic:
    at_end = span.start >= len(source.text.rstrip())
    found = "the text ends" if at_end else f"`{source.text[span.start : span.stop].strip() or 'a new line'}` stands"
    return error("missing-operand", f"{found} where a number, a name or a parenthesis is needed", source, Mark(span))


def unclosed_parenthesis(source: Source, span: Span, stop: int) -> Diagnostic:
    where = "the end" if stop >= len(source.text) else "the end of the statement"
    mark = Mark(span, f"expected `)` at {where}")
    return error("unclosed-parenthesis", "this parenthesis is never closed", source, mark)


def unmatched_parenthesis(source: Source, start: int) -> Diagnostic:
    return error("unmatched-parenthesis", "this parenthesis closes nothing", source, Mark(Span(start, start + 1)))


def stray_comma(source: Source, span: Span) -> Diagnostic:
    return error(
        "stray-comma", "a comma stands only between the arguments of a function", source, Mark(span),
        help=["a decimal point is `.`; statements are separated by `;`"],
    )  # fmt: skip


def chained_comparison(program: Program, operands: Sequence[int], operator: int, span: Span) -> Diagnostic:
    text = program.source.text
    left, middle = (text[program.starts[node] : program.stops[node]] for node in operands[-2:])
    first = text[program.stops[operands[-2]] : program.starts[operands[-1]]].strip()
    second = text[span.start : span.stop]
    return error(
        "chained-comparison", "comparisons are not chained", program.source, Mark(Span(operator, operator + 1)), Mark(span),
        help=[f"write {left} {first} {middle} and {middle} {second} ..."],
    )  # fmt: skip


def missing_else(source: Source, start: int) -> Diagnostic:
    return error(
        "missing-else", "this `if` has no `else`", source, Mark(Span(start, start + 2)),
        help=["write a if condition else b, or where(condition, a, b)"],
    )  # fmt: skip


def misplaced_else(source: Source, span: Span) -> Diagnostic:
    return error(
        "misplaced-else", "this `else` has no `if`", source, Mark(span),
        help=["write a if condition else b, or where(condition, a, b)"],
    )  # fmt: skip


def misplaced_equals(source: Source, span: Span) -> Diagnostic:
    return error(
        "misplaced-equals", "`=` binds a name at the start of a statement", source, Mark(span),
        help=["write == to compare, and `;` between statements"],
    )  # fmt: skip


def cannot_assign(program: Program, root: int, names: Sequence[object]) -> Diagnostic:
    operation = program.operations[root]
    if find_function(operation):
        message = f"`{operation}` is a function of the language and cannot be defined again"
    else:
        message = "only a name, or a function with names for its parameters, can stand before `=`"
    return error(
        "cannot-assign", message, program.source, program.mark(root),
        help=["write name = expression, or f(x, y) = expression; == compares"],
    )  # fmt: skip


def implicit_products(program: Program, positions: Sequence[int]) -> list[Diagnostic]:
    """One complaint a statement, with the whole statement as it should be."""
    text = program.source.text
    complaints = []
    for statement in program.statements:
        stop = max(statement.span.stop, statement.span.start)
        inside = sorted(position for position in set(positions) if statement.span.start <= position <= stop)
        if not inside:
            continue
        corrected = text[statement.span.start : inside[0]].rstrip()
        for position, following in zip(inside, [*inside[1:], stop], strict=True):
            corrected += "*" + text[position:following].rstrip()
        marks = [Mark(Span(position, position + 1)) for position in inside]
        complaints.append(
            error(
                "implicit-multiplication", "a product needs its multiplication sign", program.source, *marks,
                help=[f"write {shorten(corrected)}"],
            )
        )  # fmt: skip
    return complaints


def shorten(text: str, width: int = 200) -> str:
    """A text on one line, with its middle left out where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width // 2 - 2]} ... {text[-(width // 2 - 3) :]}"


# -- names -----------------------------------------------------------------------------------------------------------------


def unknown_function(program: Program, node: int, own: Iterable[str]) -> Diagnostic:
    name = program.callees[node]
    start = program.starts[node]
    help = did_you_mean(name, [*own, *FUNCTION_NAMES])
    return error(
        "unknown-function", f"there is no function `{name}`", program.source, Mark(Span(start, start + len(name))),
        help=[*help, "`diffcli functions` lists them all"],
    )  # fmt: skip


def wrong_arity(program: Program, node: int, name: str, signature: str) -> Diagnostic:
    count = len(program.children(node))
    return error(
        "wrong-number-of-arguments", f"`{name}` does not take {count} argument{'' if count == 1 else 's'}",
        program.source, program.mark(node), help=[f"write {signature}"],
    )  # fmt: skip


def recursive(program: Program, node: int, name: str) -> Diagnostic:
    return error(
        "recursive-function", f"`{name}` is defined by itself", program.source, program.mark(node),
        notes=["a function of the program is written out where it is called, so it cannot call itself"],
        help=["write the steps as statements: x1 = ...; x2 = ..."],
    )  # fmt: skip


def used_before_bound(program: Program, span: Span, name: str) -> Diagnostic:
    return error(
        "used-before-bound", f"`{name}` is used here and bound only further on", program.source, Mark(span),
        help=["move its statement up, or give one of the two another name"],
    )  # fmt: skip


def duplicate_name(program: Program, span: Span, name: str) -> Diagnostic:
    return error(
        "duplicate-name", f"`{name}` is bound twice", program.source, Mark(span),
        help=[f"give one of the two another name, such as {name}2"],
    )  # fmt: skip


def no_result(program: Program) -> Diagnostic:
    name = program.result.name
    return error(
        "no-result", "the program ends with a definition and computes nothing", program.source,
        Mark(program.result.name_span), help=[f"add a last statement that uses it, such as {name}(x)"],
    )  # fmt: skip
