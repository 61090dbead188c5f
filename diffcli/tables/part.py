"""The file that a run writes, until it is whole: another run can go on with it.

What is written is in ``OUT.part`` until it is whole. Beside it ``OUT.part.json`` says what was asked, and how far it has come, so
that it can be gone on with: the file is then the same, bit for bit, as if nothing had happened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from diffcli.errors import UsageError, refusal
from diffcli.methods.points.file_text import open_file
from diffcli.tables.files import Kind, open_writer
from diffcli.tables.lock import hold, is_held
from diffcli.tables.summary import Summary


class Part:
    """The file that is being written, and what is known of it."""

    def __init__(self, path: str, kind: Kind, question: Mapping[str, Any], resume: bool = False) -> None:
        self.path, self.kind, self.question, self.asks_to_resume = os.path.realpath(path), kind, dict(question), resume
        self.part, self.state = f"{self.path}.part", f"{self.path}.part.json"
        self.rows, self.summary = 0, Summary()
        self.position: int | None = None
        self.known: tuple[int, int | None, dict[str, Any]] = (0, None, {})
        """How far it has come: rows, position and summary, which are changed together."""
        self.saved = 0
        """How many rows are written down as done."""
        self.is_finished = False
        self.writer: Any = None
        self.stream: Any = None

    def resume(self) -> None:
        """Go on where an earlier run with the same question has ended, if there is one."""
        try:
            with open_file(self.state) as file:
                state = json.load(file)
            rows, position, summary = state["rows"], state["position"], Summary(state["summary"])
            question = state["question"]
        except (UsageError, ValueError, KeyError, TypeError):
            self.summary.anew = f"there is no {self.state}" if not os.path.exists(self.state) else f"{self.state} is not whole"
            return
        if question != self.question:
            changed = [name for name in self.question if self.question[name] != question.get(name)]
            message = f"{self.part} was begun with another {changed[0] if changed else 'question'}, and cannot be gone on with"
            raise refusal("usage", message, f"leave --resume out to begin anew, or delete {self.part}")
        if os.path.getsize(self.part) < (position or 0):
            self.summary.anew = f"{self.part} is not what it was"
            return
        self.rows, self.position, self.summary = rows, position, summary
        self.known = rows, position, summary.data()

    @contextmanager
    def writing(self, names: Sequence[str], types: Mapping[str, Any]) -> Iterator[Summary]:
        """Inside the file is written; if all goes well it is whole then, and else what is whole of it is kept."""
        with ExitStack() as stack:
            hold(self.part, stack, self.part)
            if self.asks_to_resume:
                self.resume()
            try:
                self.open(names, types)
                self.summary.resumed = self.rows
                yield self.summary
                self.finish()
            except UsageError:
                self.known = (0, None, {})  # the table is to be mended, and is then another one
                raise
            except OSError:
                if self.writer and self.known[1] is None:
                    self.known = (0, None, {})  # a file that must be closed cannot be
                raise
            finally:
                if not self.is_finished:
                    with suppress(Exception):  # the disk is full, or the table such as cannot be: that has been said
                        self.writer.close()
                    with suppress(Exception):
                        self.stream.close()
                    with suppress(OSError):
                        self.leave()

    def open(self, names: Sequence[str], types: Mapping[str, Any]) -> None:
        """Open the writer; of a file that is no good unless it was closed the blocks are copied to one that takes its place."""
        is_copied = self.rows > 0 and self.position is None
        path = f"{self.part}.copy" if is_copied else self.part
        if not self.rows:
            self.drop(self.state)  # of an earlier run, whose rows will not be in the file any more
        self.stream = open(path, "wb" if self.position is None else "r+b")  # noqa: SIM115 (`writing` closes it)
        writer = open_writer(self.stream, self.kind, names, types, self.position)
        if is_copied:
            try:
                is_held(self.stream, self.part)
                if writer.take(self.part, self.summary.points) != self.summary.points:  # type: ignore[attr-defined]
                    self.rows, self.summary = 0, Summary()
                    self.summary.anew = f"{self.part} was not closed, and cannot be read"
                    self.stream.seek(0)
                    self.stream.truncate()
                    writer = open_writer(self.stream, self.kind, names, types)
                os.replace(path, self.part)
            finally:
                self.drop(path)
        self.writer = writer
        self.known = self.rows, self.position, self.summary.data()

    def save(self) -> None:
        """Write down how far it has come, whole or not at all."""
        rows, position, summary = self.known
        self.saved = 0
        state = {"question": self.question, "rows": rows, "position": position, "summary": summary}
        with open(f"{self.state}.new", "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.replace(f"{self.state}.new", self.state)
        self.saved = rows

    def leave(self) -> None:
        """Keep what is whole of it, if anything is, also on a disk that is full."""
        rows, position, _ = self.known
        self.saved = 0
        if not rows or not os.path.exists(self.part):
            self.remove()
            return
        if position is not None:
            os.truncate(self.part, position)  # makes room for the other file
        self.save()

    def finish(self) -> None:
        """Give the file its name; then, since another run may begin at once, nothing is done any more."""
        self.stream.close()
        self.drop(self.state)
        os.replace(self.part, self.path)
        self.is_finished = True

    def remove(self) -> None:
        for path in (f"{self.state}.new", self.state, self.part):  # with the last another run may begin
            self.drop(path)

    def drop(self, path: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(path)
