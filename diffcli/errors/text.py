"""Diagnostics as text: the source line, carets under the place, notes, help.

A long line is cut to a window around the place. Widths are counted in terminal cells, so that carets stand right under
wide and combining characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, DiffcliError, Mark, Source, as_written, to_ascii, visible

Place = tuple[int, int, str]
"""Where carets stand in a line, and the words beside them."""


class Look(NamedTuple):
    """How diagnostics are to look."""

    width: int = 80
    unicode: bool = True
    color: bool = False
    wrapped: bool = False
    """Whether messages are wrapped too, as on a terminal; elsewhere each stays one line, which a search finds."""


_COLORS = {"error": "31", "warning": "33", "note": "36"}


def explain(found: DiffcliError | Diagnostic | Iterable[Diagnostic], width: int = 80) -> str:
    """An error, or the notes of a result, as the command line prints them: the source line, carets, notes, help.

    Examples
    --------
    >>> import diffcli
    >>> try:
    ...     diffcli.grad("2x", {"x": 1})
    ... except diffcli.DiffcliError as error:
    ...     print(diffcli.explain(error), end="")
    error[implicit-multiplication]: a product needs its multiplication sign
      │ 2x
      │  ^
      = help: write 2*x
    """
    diagnostics = found.diagnostics if isinstance(found, DiffcliError) else [found] if isinstance(found, Diagnostic) else found
    return render(diagnostics, Look(width))


def render(diagnostics: Iterable[Diagnostic], style: Look) -> str:
    """Diagnostics for people, one after the other, ending in a newline."""
    return "".join(_render(diagnostic, style) for diagnostic in diagnostics)


def told(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics as the text of an exception: what stands before it names the error, so that each begins with its message."""
    return "\n".join("\n".join([_line(found.message), *_body(found, Look())]) for found in diagnostics)


def _render(diagnostic: Diagnostic, style: Look) -> str:
    paint = _painter(style, diagnostic.severity)
    kind, message = f"{diagnostic.severity}[{diagnostic.code}]", _line(diagnostic.message)
    first, *more = _wrap(f"{kind}: {message}", style.width - 2) if style.wrapped else [f"{kind}: {message}"]
    head = [f"{paint(kind)}: {paint(first[len(kind) + 2 :], '1')}", *[f"  {paint(line, '1')}" for line in more]]
    text = "\n".join([*head, *_body(diagnostic, style)]) + "\n"
    return text if style.unicode else to_ascii(text.replace("×", "*"))


def _body(diagnostic: Diagnostic, style: Look) -> list[str]:
    """What stands below a message: the place, notes and help."""
    diagnostic = as_written(diagnostic)
    lines: list[str] = []
    if diagnostic.source is not None and diagnostic.marks:
        if diagnostic.source.label != "expression":
            lines.append(f"  in {_line(diagnostic.source.label)}")
        lines += _excerpts(diagnostic.source, diagnostic.marks, style, _painter(style, diagnostic.severity))
    for kind, texts in (("note", diagnostic.notes), ("help", diagnostic.help)):
        for text in texts:
            wrapped = _wrap(_line(text), max(style.width - 10, 10))
            lines.append(f"  = {kind}: {wrapped[0]}")
            lines += [f"          {line}" for line in wrapped[1:]]
    return lines


def _line(text: str) -> str:
    """A sentence as it is shown: on one line."""
    return visible(text.replace("\n", " ").replace("\t", " "))


def _painter(style: Look, severity: str) -> Any:
    def paint(text: str, code: str = _COLORS[severity]) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if style.color else text

    return paint


def _excerpts(source: Source, marks: tuple[Mark, ...], style: Look, paint: Any) -> list[str]:
    """Each source line that is marked, with its carets."""
    text = source.text
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        start = min(mark.span.start, len(text))
        by_line.setdefault(text.count("\n", 0, start), []).append(mark)
    several = "\n" in text.rstrip("\n")
    gutter = max(len(str(line + 1)) for line in by_line) if several else 1
    lines = []
    for line, found in sorted(by_line.items()):
        number = f"{line + 1:>{gutter}}" if several else " "
        first = 0
        for _ in range(line):
            first = text.index("\n", first) + 1
        end = text.find("\n", first)
        content = text[first : end if end >= 0 else len(text)].rstrip("\r")
        places = [_shift(mark, first, len(content)) for mark in found]
        shown, carets = _window(*_escaped(content.replace("\t", " "), places, style.unicode), style.width - gutter - 4)
        lines.append(f"{number} │ {shown}")
        lines += [f"{' ' * gutter} │ {paint(caret)}" for caret in carets]
    return lines


def _shift(mark: Mark, first: int, length: int) -> Place:
    """A mark as columns of its line; one that is empty or runs on is at least one and at most a line wide."""
    start = min(max(mark.span.start - first, 0), length)
    stop = min(max(mark.span.stop - first, start + 1), max(length, start + 1))
    return start, stop, mark.label


def _escaped(content: str, marks: list[Place], unicode: bool) -> tuple[str, list[Place]]:
    """A line as its stream can show it, and its marks there."""
    if content.isprintable() and (unicode or content.isascii()):
        return content, marks
    shown = [visible(character) if unicode else to_ascii(visible(character).replace("×", "*")) for character in content]
    ends = [0, *accumulate(map(len, shown))]
    ends.append(ends[-1] + 1)  # a mark may stand behind the last character
    return "".join(shown), [(ends[start], ends[stop], label) for start, stop, label in marks]


def _window(content: str, marks: list[Place], width: int) -> tuple[str, list[str]]:
    """The part of a line around its marks that fits, and the lines of carets under it."""
    marks.sort()
    left, right = 0, len(content)
    if _cells(content[: width + 1]) > width or len(content) > width:
        room = max(width - 6, 10)
        start, stop = marks[0][0], max(stop for _, stop, _ in marks)
        if stop - start > room:
            stop = start + room
        left = max(0, min(start - (room - (stop - start)) // 2, len(content) - room))
        right = left
        used = 0
        while right < len(content) and used + _cells(content[right]) <= room:
            used += _cells(content[right])
            right += 1
    before, after = "…" * (left > 0), "…" * (right < len(content))
    row: list[str] = []
    labels = []
    for start, stop, label in marks:
        if start > right or (start == right and right < len(content)):
            continue
        offset = len(before) + _cells(content[left : max(start, left)])
        row += [" "] * (offset - len(row))
        span = max(1, _cells(content[max(start, left) : min(stop, right)]))
        row[offset : offset + span] = "^" * span
        if label:
            labels.append(label)
    return before + content[left:right] + after, _with_labels("".join(row), labels, width)


def _with_labels(row: str, labels: list[str], width: int) -> list[str]:
    """Carets with their labels beside them, or below where they do not fit."""
    beside = _line(", ".join(labels))
    if not beside:
        return [row]
    if len(row) + 1 + _cells(beside) <= width:
        return [f"{row} {beside}"]
    indent = min(len(row) - len(row.lstrip()), max(0, width - 40))
    return [row, *[" " * indent + line for line in _wrap(beside, max(width - indent, 10))]]


def _wrap(text: str, width: int) -> list[str]:
    """A text in lines of whole words."""
    import textwrap  # a result without notes does not wait for it

    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _cells(text: str) -> int:
    """How many terminal cells a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Cf", "Cc")
        else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )  # fmt: skip
