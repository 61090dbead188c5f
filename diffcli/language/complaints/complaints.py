"""Every complaint about a text, in words: what is wrong, where, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from diffcli.errors import Diagnostic, Mark, Source, Span, error
from diffcli.language.complaints.suggestions import LONGEST, Chain, Gaps, Reads
from diffcli.language.parsing.tokens import TOKEN
from diffcli.language.syntax import Program
from diffcli.language.writing.printer import shorten
from diffcli.operations import is_function

MOST = 20
"""How many errors are told at once, and how many places of one."""

_INSTEAD: dict[str, str] = {
    "|": "write abs(x) for the absolute value |x|, and `or` for a choice of conditions",
    "&": "write `and`",
    "!": "write `not`, or `!=` for unequal; the factorial n! is gamma(n + 1)",
    "√": "write sqrt(x)",
    "∞": "infinity is not a number to compute with; use a large one, such as 1e300",
    "%": "the remainder of a/b is a - b*floor(a/b)",
    "\\": "write functions by their name, as in sin(x)",
    "$": "write the formula without dollar signs",
    ".": "a number has a digit beside its decimal point; functions are written as sum(x), the transpose as x.T",
    "⁻": "write a negative exponent as x^-1",
    "∂": "diffcli computes derivatives, it does not read them: write the function itself",
    "½": "write (1/2)", "⅓": "write (1/3)", "⅔": "write (2/3)", "¼": "write (1/4)", "¾": "write (3/4)",
    "?": "write a if condition else b, or where(condition, a, b)",
    "∫": "write the function itself; diffcli does not integrate",
}  # fmt: skip
"""What to write in place of a character."""
_INSTEAD |= dict.fromkeys("{}（）", "write parentheses; an array is written in brackets, as [1, 2]")
_INSTEAD |= dict.fromkeys("［］【】", "write brackets, as in [1, 2]")
_INSTEAD |= dict.fromkeys("'′’", _INSTEAD["∂"])
_INSTEAD |= dict.fromkeys('"“”`', "write names without quotation marks")
_INSTEAD |= dict.fromkeys("₀₁₂₃₄₅₆₇₈₉", "a subscript stands after a name, as in x₁")

_BLANKS = re.compile(r"(?:\s|#[^\n]*)*")


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
    rest = len(once) - MOST
    more = "1 more error is not shown" if rest == 1 else f"{rest} more errors are not shown"
    last = once[MOST - 1]
    return [*once[: MOST - 1], last._replace(notes=(*last.notes, more))]


def advice(corrected: str, reads: Reads, otherwise: str) -> str:
    """To write the corrected text, unless that is wrong in other ways too."""
    line = " ".join(corrected.split())
    return f"write {shorten(line)}" if line and (len(line) > LONGEST or reads(line)) else otherwise


# -- the form of the text ------------------------------------------------------------------------------------------------


def empty(source: Source) -> Diagnostic:
    return error("empty-expression", "there is no expression here", source, help=['write one, such as "x^2 + sin(x)"'])


def stray(source: Source, character: str, spans: Sequence[Span]) -> Diagnostic:
    """One complaint for a character, however often it stands there."""
    help = [_INSTEAD[character]] if character in _INSTEAD else []
    if character == "." and "..." in source.text[spans[0].start : spans[0].start + 3]:
        help = ["write the axes that `...` stands for, as in x[0, :, :]"]
    message = f"{_shown(character)} is not part of the language"
    return error("unexpected-character", message, source, *map(Mark, spans[:MOST]), help=help)


def _shown(character: str) -> str:
    """A character in backquotes; by its number and name if it cannot be seen there."""
    import unicodedata

    if character.isprintable() and not unicodedata.combining(character):
        return f"`{character}`"
    name = unicodedata.name(character, "")
    return f"the character U+{ord(character):04X}" + (f" ({name.lower()})" if name else "")


def malformed_number(source: Source, span: Span, value: float) -> Diagnostic:
    """What is no number (``value`` is NaN) or too large a one."""
    text = shorten(source.text[span.start : span.stop], 40)
    if value == value:
        message = f"`{text}` is beyond the range of a float, which ends at 1.8e308"
        return error("malformed-number", message, source, Mark(span))
    help = ["write numbers as 1, .5, 1e-3 or 1_000"]
    return error("malformed-number", f"`{text}` is not a number", source, Mark(span), help=help)


def superscript(source: Source, span: Span, instead: str) -> Diagnostic:
    message = "a transpose is written with .T" if "ᵀ" in source.text[span.start : span.stop] else "an exponent is written with ^"
    return error("superscript", message, source, Mark(span), help=[f"write {shorten(instead)}"])


def missing_operand(source: Source, span: Span, before: int, depth: int) -> Diagnostic:
    """An operand is missing before what stands at ``span``.

    ``before`` is the place of a token before that, ``depth`` the number of open parentheses.
    """
    text = source.text
    found = text[span.start : span.stop].strip()
    blanks = _BLANKS.match(text, span.start)
    at_end = blanks is not None and blanks.end() == len(text)
    help = []
    if at_end or not found:
        found = "the text ends" if at_end else "the line ends"
        stops = [match.end() for match in TOKEN.finditer(text, before, span.start) if match.lastindex]
        place = stops[-1] if stops else span.start
        span = Span(place, place)
        if not at_end and not depth:
            help = ["an expression in parentheses may go on in the next line"]
    else:
        found = f"`{found}` stands"
    if found == "`@` stands":
        help = ["a file is given alone, as @file"]
    if found == "`if` stands":
        help = ["write a if condition else b, or where(condition, a, b)"]
    return error("missing-operand", f"{found} where a number, a name or a parenthesis is needed", source, Mark(span), help=help)


def misplaced_not(source: Source, span: Span, wanted: bool) -> Diagnostic:
    """``2*not x`` or, where an operand is not ``wanted``, ``x not y``."""
    if wanted:
        message = "`not` stands where a number, a name or a parenthesis is needed"
        help = "put parentheses around `not` and its condition, as in 2*(not x)"
    else:
        message = "`not` stands where an operator is needed"
        help = "write `and not`, `or not`, or != for unequal"
    return error("missing-operand", message, source, Mark(span), help=[help])


def unclosed(source: Source, opened: int, stop: int, call: bool) -> Diagnostic:
    """A parenthesis or bracket that is still open where its statement ends, or what is around it is closed."""
    what, expected = ("bracket", "]") if source.text[opened] == "[" else ("parenthesis", ")")
    found = source.text[stop : stop + 1]
    place = {"": "at the end", "\n": "at the end of the line", ")": "before `)`", "]": "before `]`"}
    mark = Mark(Span(opened, opened + 1), f"expected `{expected}` {place.get(found, 'at the end of the statement')}")
    help = []
    if found == ";":
        help = ["the arguments of a function are separated by `,`"] if call else []
        entries = what == "bracket" and not re.match(r"[\w)\]]", source.text[max(opened - 1, 0)])
        help = ["rows are lists of their own: [[1, 2], [3, 4]]"] if entries else help
    return error("unclosed-parenthesis", f"this {what} is never closed", source, mark, help=help)


def unmatched(source: Source, start: int) -> Diagnostic:
    what = "bracket" if source.text[start] == "]" else "parenthesis"
    return error("unmatched-parenthesis", f"this {what} closes nothing", source, Mark(Span(start, start + 1)))


def stray_comma(source: Source, span: Span) -> Diagnostic:
    text = source.text
    whole = re.search(r"[0-9]+\Z", text[max(0, span.start - 20) : span.start])
    fraction = re.match(r"[0-9]+", text[span.stop : span.stop + 20])
    help = "a decimal point is `.`; statements are separated by `;`; an array is [x, y]"
    if whole and fraction:
        help = f"a decimal point is `.`: write {whole.group()}.{fraction.group()}"
    message = "a comma stands only between the arguments of a function or the entries of an array"
    return error("stray-comma", message, source, Mark(span), help=[help])


def chained_comparison(source: Source, chain: Chain, last: Span, reads: Reads) -> Diagnostic:
    help = advice(chain.corrected(source.text, last), reads, "write a < b and b < c")
    marks = map(Mark, chain.operators[:MOST])
    return error("chained-comparison", "comparisons are not chained", source, *marks, help=[help])


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


def cannot_assign(program: Program, root: int, function: str) -> Diagnostic:
    """The left side of ``=`` is no name; ``function`` is what it calls, if that is in the table."""
    if function:
        message = f"`{function}` is a function of the language and cannot be defined again"
        help = f"give it another name, such as my_{function}"
    else:
        message = "only a name, or a function with names for its parameters, can stand before `=`"
        help = "write name = expression, or f(x, y) = expression; == compares"
        if program.operations[root] == "index":
            help = "an array does not change: give the new one a name, as in y = [a, b]; == compares"
        elif root in program.keywords:
            help = "a parameter has no default: f(x, y) = expression"
    return error("cannot-assign", message, program.source, program.mark(root), help=[help])


def fill_gaps(program: Program, gaps: Gaps, reads: Reads) -> Iterator[Diagnostic]:
    """Complaints of missing signs and parentheses, with the whole statement as it should be."""
    source = program.source
    gaps.sort()
    for statement in program.statements:
        inside = gaps.within(statement.span)
        if not inside:
            continue
        length = statement.span.stop - statement.span.start
        corrected = inside.filled(source.text, statement.span) if length <= 10 * LONGEST else ""
        if inside.products:
            marks = [Mark(Span(product.stop, product.stop + 1)) for product in inside.products[:MOST]]
            help = _meant(source.text[statement.span.start : statement.span.stop])
            help = help or advice(corrected, reads, _product(source.text, inside.products[0]))
            message = "a product needs its multiplication sign"
            yield error("implicit-multiplication", message, source, *marks, help=[help])
        for name_span, _ in inside.applications[:MOST]:
            name = source.text[name_span.start : name_span.stop]
            help = advice(corrected, reads, f"write {name}(x)")
            message = f"`{name}` is a function: what it is applied to needs parentheses"
            yield error("implicit-multiplication", message, source, Mark(name_span), help=[help])


def _meant(text: str) -> str:
    """What a statement with missing signs was probably meant for, if its words tell."""
    for pattern, help in _MEANT:
        found = re.search(pattern, text)
        if found and (not found.groups() or is_function(found.group(1))):
            return help.format(*found.groups())
    return ""


_MEANT = (
    (r"([^\W\d]\w*)\s*(?:\^|\*\*)", "`{0}` is a function: its square is written {0}(x)^2"),
    (r"\bthen\b", "write a if condition else b, or where(condition, a, b)"),
    (r"\bmod\b", _INSTEAD["%"]),
    (r"[\[,]\s*-?[0-9.]+\s+-?[0-9.]", "entries are separated by commas, as in [1, 2]"),
    (r"/\s*[0-9.]+\s*[^\W\d]", "write a/b*c for (a/b)*c, or a/(b*c)"),
)
"""Patterns of a statement and what to write instead; a group in one is the name of a function."""


def _product(text: str, gap: Span) -> str:
    """What stands beside a gap as a product, if that can be told at a glance."""
    left = re.search(r"[\w.]+\Z", text[max(0, gap.start - 40) : gap.start])
    right = re.match(r"[\w.]+(?![\w.(\[])", text[gap.stop : gap.stop + 40])
    return f"write {left.group()}*{right.group()}" if left and right else "write `*` between the factors"


# -- names -----------------------------------------------------------------------------------------------------------------


def unknown_function(program: Program, node: int, help: Iterable[str]) -> Diagnostic:
    name = program.callees[node]
    return error(
        "unknown-function", f"there is no function `{name}`", program.source, Mark(program.called[node]),
        help=[*help, "`diffcli functions` lists them all"],
    )  # fmt: skip


def wrong_arity(program: Program, node: int, signatures: Sequence[str]) -> Diagnostic:
    name, count = program.callees[node], len(program.children(node)) - len(program.keywords.get(node, ()))
    message = f"`{name}` does not take {count} argument{'' if count == 1 else 's'}"
    mark = Mark(Span(program.called[node].start, program.stops[node]))
    return error("wrong-number-of-arguments", message, program.source, mark, help=[f"write {' or '.join(signatures)}"])


def recursive(program: Program, node: int) -> Diagnostic:
    return error(
        "recursive-function", f"`{program.callees[node]}` is defined by itself", program.source, Mark(program.called[node]),
        notes=["a function of the program is written out where it is called, so it cannot call itself"],
        help=["write the steps as statements: x1 = ...; x2 = ..."],
    )  # fmt: skip


def used_before_bound(program: Program, used: Span, bound: Span, name: str) -> Diagnostic:
    return error(
        "used-before-bound", f"`{name}` is used here and bound only further on", program.source,
        Mark(used, "used here"), Mark(bound, "bound here"), help=["move its statement up, or give one of the two another name"],
    )  # fmt: skip


def bound_by_itself(program: Program, used: Span, name: str) -> Diagnostic:
    return error(
        "used-before-bound", f"`{name}` is bound by a statement that uses it", program.source, Mark(used),
        help=[f"a name stands for one thing: give the new value another name, such as {name}2"],
    )  # fmt: skip


def duplicate_name(program: Program, again: Span, first: Span, name: str) -> Diagnostic:
    return error(
        "duplicate-name", f"`{name}` is bound twice", program.source, Mark(again, "again here"), Mark(first, "bound here"),
        help=[f"give one of the two another name, such as {name}2"],
    )  # fmt: skip


def duplicate_parameter(program: Program, span: Span, name: str) -> Diagnostic:
    return error(
        "duplicate-name", f"two parameters are called `{name}`", program.source, Mark(span),
        help=[f"give one of the two another name, such as {name}2"],
    )  # fmt: skip


def no_result(program: Program) -> Diagnostic:
    name, parameters = program.result.name, program.result.parameters or ()
    return error(
        "no-result", "the program ends with a definition and computes nothing", program.source,
        Mark(program.result.name_span), help=[f"add a last statement that uses it, such as {name}({', '.join(parameters)})"],
    )  # fmt: skip
