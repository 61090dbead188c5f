"""Complaints about what arrays bring to the language: brackets, colons and keywords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from diffcli.errors import Diagnostic, Mark, Source, Span, error
from diffcli.language.complaints.complaints import MOST, did_you_mean
from diffcli.language.syntax import Program
from diffcli.operations import ARRAY_SIGNATURES

if TYPE_CHECKING:
    from diffcli.language.parsing.calls import Keyword


def mismatched(source: Source, opened: int, closed: int) -> Diagnostic:
    """``(x]``: a parenthesis closed by a bracket, or the other way round."""
    opening, closing = source.text[opened], source.text[closed]
    expected = "]" if opening == "[" else ")"
    marks = Mark(Span(closed, closed + 1), f"expected `{expected}`"), Mark(Span(opened, opened + 1), "opened here")
    return error("mismatched-bracket", f"`{opening}` is closed by `{closing}`", source, *marks)


def empty_array(source: Source, span: Span) -> Diagnostic:
    return error("empty-brackets", "an array has at least one entry", source, Mark(span), help=["write [0] for one that is 0"])


def empty_index(source: Source, span: Span) -> Diagnostic:
    help = ["write x[0] for the first entry of x; all of it is x"]
    return error("empty-brackets", "an index is missing", source, Mark(span), help=help)


def misplaced_colon(source: Source, spans: Sequence[Span]) -> Diagnostic:
    return error(
        "misplaced-colon", "`:` stands only in an index, as in x[1:3]", source, *map(Mark, spans[:MOST]),
        help=["a name is bound by `=` alone; statements are separated by `;` or a new line"],
    )  # fmt: skip


def third_colon(source: Source, span: Span) -> Diagnostic:
    help = ["separate the axes by commas, as in W[1:3, :]"]
    return error("misplaced-colon", "a slice has a start, a stop and a step, and no more", source, Mark(span), help=help)


# -- keywords --------------------------------------------------------------------------------------------------------------


def unknown_keywords(source: Source, function: str, keywords: Sequence[Keyword], known: Sequence[str]) -> Iterator[Diagnostic]:
    """Keywords that a function of the language does not take; ``known`` are those it takes."""
    if not known:
        help = [f"write the arguments alone, as in {function}(x); == compares"]
        yield error("unknown-keyword", f"`{function}` takes no keywords", source, Mark(keywords[0].span), help=help)
        return
    for keyword in [keyword for keyword in keywords if keyword.name not in known][:MOST]:
        help = [*did_you_mean(keyword.name, known), f"it takes {' and '.join(known)}; == compares"]
        message = f"`{function}` has no keyword `{keyword.name}`"
        yield error("unknown-keyword", message, source, Mark(keyword.span), help=help)


def no_keywords(program: Program, node: int, form: str) -> Diagnostic:
    """Keywords in a call of the program's own function."""
    message = f"`{program.callees[node]}` takes no keywords"
    mark = Mark(Span(program.called[node].start, program.stops[node]))
    return error("unknown-keyword", message, program.source, mark, help=[f"write {form}, in this order"])


def misplaced_keywords(program: Program, keywords: Sequence[Keyword], arguments: Sequence[int]) -> Iterator[Diagnostic]:
    """The first argument without a keyword that stands after one with."""
    places = {keyword.place for keyword in keywords}
    late = next((place for place in range(keywords[0].place, len(arguments)) if place not in places), None)
    if late is not None:
        yield error(
            "misplaced-keyword", f"an argument stands after the keyword `{keywords[0].name}`", program.source,
            Mark(program.span(arguments[late])), help=["keywords come last, as in sum(x, axis=0)"],
        )  # fmt: skip


def repeated_keywords(source: Source, keywords: Sequence[Keyword]) -> Iterator[Diagnostic]:
    seen: dict[str, Span] = {}
    for keyword in keywords:
        if keyword.name in seen:
            marks = Mark(keyword.span, "again here"), Mark(seen[keyword.name], "given here")
            yield error("repeated-keyword", f"`{keyword.name}` is given twice", source, *marks)
            return
        seen[keyword.name] = keyword.span


def array_forms(name: str, row: str) -> list[str]:
    """How an array function is called, as text: ``sum(a)``, ``sum(a, axis=0)``; ``concat(a, b, c)``, for any number."""
    if row in ("reshape", "broadcast"):
        return [f"{name}(a, [2, 3])"]
    if row == "one_hot":
        return [f"{name}(a, 3)"]
    _, most, keywords = ARRAY_SIGNATURES[row]
    letters = ", ".join("abc"[: 3 if most is None else most])
    return [f"{name}({letters})"] + [f"{name}({letters}, axis=0)"] * ("axis" in keywords)
