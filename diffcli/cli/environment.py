"""The streams and the terminal that the program runs in, looked at once."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from diffcli.errors import refusal

if TYPE_CHECKING:
    from diffcli.reports.formats import Style

PROBE = "∂v̄₋₁·│—…"
"""Characters of the reports; a stream that cannot carry them gets ASCII."""


WIDEST = 10_000
"""The widest table, in characters."""


class Environment:
    """Standard streams and environment variables; tests make their own."""

    def __init__(self, stdin: TextIO, stdout: TextIO, stderr: TextIO, variables: dict[str, str]) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, cast(TextIO, Remarks(stderr))
        self.variables = variables

    @classmethod
    def of_process(cls) -> Environment:
        return cls(_opened(sys.stdin, "r"), _opened(sys.stdout, "w"), _opened(sys.stderr, "w"), dict(os.environ))

    def style(self, stream: TextIO, width: int | None = None, color: str = "auto", digits: int | None = 6) -> Style:
        """How reports and diagnostics are to look on a stream."""
        from diffcli.reports.formats import Style  # not needed for --help

        return Style(width or self.width(stream), digits, _carries_unicode(stream), self._has_color(stream, color))

    def width(self, stream: TextIO) -> int:
        """The terminal's width, else ``COLUMNS``, else 80."""
        given = self.variables.get("COLUMNS", "")
        if given.isdecimal() and len(given) < 10 and int(given) > 0:
            return min(int(given), WIDEST)
        with suppress(OSError, ValueError):
            return (_is_terminal(stream) and os.get_terminal_size(stream.fileno()).columns) or 80
        return 80

    def _has_color(self, stream: TextIO, wanted: str) -> bool:
        """``--color`` before ``NO_COLOR`` before ``FORCE_COLOR`` before what the stream is."""
        if wanted != "auto":
            return wanted == "always"
        if self.variables.get("NO_COLOR"):
            return False
        if self.variables.get("FORCE_COLOR"):
            return True
        return _is_terminal(stream) and self.variables.get("TERM") != "dumb"


def without_reader() -> int:
    """The exit code where the reader has what it wanted; and the interpreter does not fail at its end as it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


class Remarks:
    """A stream for what is said beside a result: where it cannot be written, the result is what it would be."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the disk is full, nobody reads, or it is closed
            self.stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _opened(stream: TextIO | None, mode: str) -> TextIO:
    """A standard stream; one that the shell has closed is None, and leads nowhere."""
    return stream if stream is not None else open(os.devnull, mode, encoding="utf-8")  # type: ignore[return-value]


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False


def _carries_unicode(stream: TextIO) -> bool:
    try:
        PROBE.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write(stream: TextIO, text: str | bytes) -> None:
    """Write a text to a stream; what its encoding cannot carry is escaped. Bytes go through as they are."""
    if isinstance(text, bytes):
        stream.flush()
        stream.buffer.write(text)
    else:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def write_file(path: str, content: str | bytes) -> None:
    """Write a file whole or not at all: beside it first, then in its place."""
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    target = os.path.realpath(path)
    beside = f"{target}.{os.getpid()}.part"
    try:
        if os.path.abspath(path).startswith("/dev/") or (os.path.exists(target) and not os.path.isfile(target)):
            with open(path, "wb") as file:  # a device or a pipe
                file.write(data)
            return
        with open(beside, "wb") as file:
            file.write(data)
        if os.path.exists(target):
            os.chmod(beside, os.stat(target).st_mode)
        os.replace(beside, target)
    except OSError as failure:
        raise refusal("unwritable-file", f"cannot write {path}: {failure.strerror or failure}") from None
    finally:
        with suppress(OSError):
            os.unlink(beside)  # what an error, or Ctrl-C, has left
