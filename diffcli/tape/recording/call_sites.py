"""Where in a user's file the rows of a recording come from.

While a function runs, a row costs one integer: which code object was at work, and at which instruction. Where that is in
the file is looked up only when a report needs it, in Python's own table of positions, which knows the columns.
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Callable, Iterable
from functools import partial
from itertools import accumulate, islice, takewhile
from types import CodeType, FrameType, TracebackType
from typing import Any

from diffcli.errors import Mark, Source, Span

NOWHERE = -1
"""The place of what was not called from the user's file."""

_SHIFT = 32
_OFFSETS = (1 << _SHIFT) - 1


Call = tuple[CodeType, int]
"""Some code at work, and at which of its instructions."""

_OWN = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep
_INSTALLED = (os.path.dirname(os.__file__) + os.sep, _OWN)


def is_installed(code: CodeType) -> bool:
    """Whether code belongs to Python, diffcli or an installed package, or has no text to show."""
    file = code.co_filename
    installed = file.startswith(_INSTALLED) or "site-packages" in file or "dist-packages" in file
    return installed or (file.startswith("<") and not linecache.getlines(file))


def code_of(function: Any) -> CodeType | None:
    """The code that runs when a function is called; None if it is none of Python's."""
    if isinstance(function, CodeType):
        return function
    seen = set()
    while id(function) not in seen:
        seen.add(id(function))
        if isinstance(function, partial):
            function = function.func
        function = getattr(function, "__wrapped__", function)
        function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None) or getattr(vars(type(function)).get("__call__"), "__code__", None)
    return code if isinstance(code, CodeType) else None


def standing(call: Call) -> tuple[int | None, int | None, int | None, int | None]:
    """First and last line and column of what stands there: the same for the several instructions of one call."""
    code, offset = call
    return next(islice(code.co_positions(), offset // 2, None), (None,) * 4)


class CallSites:
    """The code objects of the file of a function, or of code, and the text that stands at each of their instructions.

    ``label`` is what diagnostics call the file; its name without the folder, if not given.
    """

    __slots__ = ("source", "file", "codes", "bases", "spans", "lines", "line_starts", "standings", "boundary")

    def __init__(self, function: Callable[..., Any] | CodeType, label: str = "") -> None:
        code = code_of(function)
        self.file = code.co_filename if code is not None else None
        names = getattr(function, "__globals__", None)
        self.read(linecache.getlines(self.file, names) if self.file is not None else [])
        self.source = Source("".join(self.lines), label or os.path.basename(self.file or "") or "function")
        self.codes: list[CodeType] = []
        self.bases: dict[int, int] = {}
        """Where the places of a code object begin, by its identity: its hash would read it whole."""
        self.spans: dict[int, Span] = {}
        self.standings: dict[int, list[Any]] = {}
        self.boundary: CodeType | None = None
        """The code that called the function: what called it in turn is not looked at."""

    def read(self, lines: list[str]) -> None:
        """The lines of the file, as Python counts them."""
        self.lines, self.line_starts = lines, [*accumulate(map(len, lines), initial=0)]

    def base(self, code: CodeType) -> int:
        """The place of a code object's beginning, to which the offset of an instruction is added."""
        base = self.bases.get(id(code))
        if base is None:
            base = self.bases[id(code)] = len(self.codes) << _SHIFT
            self.codes.append(code)
        return base

    def calls(self, frame: FrameType | None, traceback: TracebackType | None = None) -> list[Call]:
        """What is at work in a frame, or was where an exception came from, the innermost first, without diffcli's own code."""
        found: list[Call] = []
        while traceback is not None:
            found.insert(0, (traceback.tb_frame.f_code, traceback.tb_lasti))
            traceback = traceback.tb_next
        while frame is not None:
            found.append((frame.f_code, frame.f_lasti))
            frame = frame.f_back
        inside = takewhile(lambda call: call[0] is not self.boundary, found)
        return [call for call in inside if call[0].co_filename == self.file or not call[0].co_filename.startswith(_OWN)]

    def culprit(self, calls: Iterable[Call]) -> tuple[CallSites, int, list[str]]:
        """Which of some calls, the innermost first, is to be shown: the innermost in a file of the user's own.

        Returns the sites of its file, its place there, and notes on what it calls and what called it.
        """
        sites, place = self, NOWHERE
        notes: list[str] = []
        for code, offset in calls:
            ours = code.co_filename == self.file
            if place == NOWHERE and not ours and is_installed(code):
                notes = notes or [f"raised in {CallSites(code).where(code, offset)}, which was called here"]
            elif place == NOWHERE:
                sites = self if ours else CallSites(code)
                place = sites.base(code) + offset
            elif ours and sites is not self:
                notes.append(f"called in {self.where(code, offset)}")
                break
        return sites, place, notes

    def where(self, code: CodeType, offset: int) -> str:
        """A call in words, for a note."""
        line = self.line(self.base(code) + offset)
        return f"`{code.co_name}` of {self.source.label}" + (f", line {line}" if line else "")

    def span(self, place: int) -> Span:
        """What stands at a place; an empty span at the beginning where nothing is known."""
        found = self.spans.get(place)
        if found is None:
            found = Span(0, 0)
            if place >= 0 and self.source.text:
                found = self.span_of(*self.standing_in(place >> _SHIFT)[(place & _OFFSETS) // 2])
            self.spans[place] = found
        return found

    def standing_in(self, number: int) -> list[Any]:
        """What `standing` says of each instruction of a code object: Python's own table is read from its beginning each time."""
        if number not in self.standings:
            self.standings[number] = [*self.codes[number].co_positions()]
        return self.standings[number]

    def text(self, place: int) -> str:
        """The user's words at a place, on one line."""
        span = self.span(place)
        return " ".join(self.source.text[span.start : span.stop].split())

    def line(self, place: int) -> int:
        """The number of the line of a place, from 1; 0 where it is not known."""
        span = self.span(place)
        return self.source.text.count("\n", 0, span.start) + 1 if span.stop else 0

    def marks(self, place: int, label: str = "") -> tuple[Mark, ...]:
        span = self.span(place)
        return (Mark(span, label),) if span.stop else ()

    def span_of(
        self, first: int | None, last: int | None = None, start: int | None = None, stop: int | None = None
    ) -> Span:
        """From lines and columns (in bytes of UTF-8) to code points; the whole line where Python keeps no columns."""
        if first is None or not 1 <= first <= len(self.lines):
            return Span(0, 0)
        if last is None or start is None or stop is None or last > len(self.lines):
            line, beginning = self.lines[first - 1], self._position(first, 0)
            return Span(beginning + len(line) - len(line.lstrip()), beginning + len(line.rstrip()))
        return Span(self._position(first, start), self._position(last, stop))

    def _position(self, line: int, column: int) -> int:
        return self.line_starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode("utf-8", "ignore"))
