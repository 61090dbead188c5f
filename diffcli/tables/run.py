"""A kernel over a file: blocks are read, computed by several threads, and written in their order.

What is written is in ``OUT.part`` until it is whole. Beside it ``OUT.part.json`` says what was asked, and how far it has come, so
that it can be gone on with: the file is then the same, bit for bit, as if nothing had happened.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from itertools import chain
from typing import IO, Any

import numpy as np

from diffcli._named import NamedTuple
from diffcli.errors import UsageError, counted, refusal
from diffcli.methods.compiled.flags import Flag
from diffcli.methods.points.file_text import open_file
from diffcli.records import Array
from diffcli.tables.block import Block, Reader, Writer
from diffcli.tables.columns import FLAGS, Plan, computed
from diffcli.tables.files import Kind, open_writer
from diffcli.tables.summary import Summary

ERROR, SKIP, NAN = "error", "skip", "nan"
BAD = (ERROR, SKIP, NAN)
"""What becomes of rows that cannot be used."""

NOTHING = {FLAGS: np.uint8(Flag.NONFINITE)}
"""What a bad row has in columns that are no floats."""

MOST_TOLD = 10
"""How many bad rows are named."""

OFTEN = 16
"""After so many blocks it is written down how far it has come."""


class Done(NamedTuple):
    """A block that is computed."""

    stop: int
    """The place in the table behind its last row."""
    rows: Array
    """The numbers of the rows that have results, counted from 1."""
    results: Mapping[str, Array]
    kept: Mapping[str, Any]
    bad: Sequence[tuple[int, Any]]


def of_block(plan: Plan, bad: str, block: Block) -> Done:
    """The results of a block; bad rows are left out, or have NaN."""
    columns, places = block.columns, np.arange(block.rows)
    kept = {**block.kept} | {name: columns[name] for name in plan.as_numbers}
    if block.bad:
        wrong = np.zeros(block.rows, bool)
        wrong[[place for place, _ in block.bad]] = True
        if bad == SKIP:
            places = np.flatnonzero(~wrong)
            columns = {name: column[places] for name, column in columns.items()}
            kept = {name: taken(column, places) for name, column in kept.items()}
        else:
            columns = {name: np.where(wrong, np.nan, column) for name, column in columns.items()}
    results = computed(plan, columns, len(places))
    if block.bad and bad != SKIP:  # a slope that is constant is none of a row that is no point
        results = {name: np.where(wrong, NOTHING.get(name, np.nan), column) for name, column in results.items()}
    return Done(block.start + block.rows, block.start + 1 + places, results, kept, block.bad)


def taken(column: Any, places: Array) -> Any:
    """Some rows of a column that is kept."""
    if hasattr(column, "take"):
        return column.take(places)
    return [column[place] for place in places.tolist()]


def in_order(blocks: Iterator[Block], compute: Callable[[Block], Done], threads: int) -> Iterator[Done]:
    """Blocks that are computed by several threads, in their order; a few of them are in memory."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Done]] = deque()
        try:
            for block in blocks:
                waiting.append(pool.submit(compute, block))
                while len(waiting) > threads + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class Part:
    """The file that is being written, and what is known of it."""

    def __init__(self, path: str, kind: Kind, question: Mapping[str, Any], resume: bool = False) -> None:
        self.path, self.kind, self.question, self.asks_to_resume = os.path.realpath(path), kind, dict(question), resume
        self.part, self.state = f"{self.path}.part", f"{self.path}.part.json"
        self.rows, self.summary = 0, Summary()
        self.position: int | None = None
        self.is_resumed = False
        self.known: tuple[int, int | None, dict[str, Any]] = (0, None, {})
        """How far it has come: rows, position and summary, which are changed together."""
        self.saved = 0
        """How many rows are written down as done."""
        self.is_finished = False

    def begin(self, stack: ExitStack) -> None:
        """Keep the file for this process, as long as it runs, and see what an earlier one has left."""
        self.lock(stack)
        if self.asks_to_resume:
            self.resume()

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
        self.rows, self.position, self.summary, self.is_resumed = rows, position, summary, True
        self.known = rows, position, summary.data()

    def open(self, names: Sequence[str], types: Mapping[str, Any], stack: ExitStack) -> Writer:
        """The writer; of a file that is no good unless it was closed the blocks are copied to another, which takes its place."""
        is_copied = self.is_resumed and self.position is None
        path = f"{self.part}.copy" if is_copied else self.part
        if not self.is_resumed:
            self.drop(self.state)  # of an earlier run, whose rows will not be in the file any more
        mode = "wb" if self.position is None else "r+b"
        stream: IO[bytes] = stack.enter_context(open(path, mode))  # noqa: SIM115 (the stack closes it)
        writer = open_writer(stream, self.kind, names, types, self.position)
        if is_copied:
            stack.callback(self.drop, path)
            self.locked(stream)
            if writer.take(self.part, self.summary.points) != self.summary.points:  # type: ignore[attr-defined]
                self.rows, self.summary, self.is_resumed = 0, Summary(), False
                self.summary.anew = f"{self.part} was not closed, and cannot be read"
                stream.seek(0)
                stream.truncate()
                writer = open_writer(stream, self.kind, names, types)
            os.replace(path, self.part)
        self.known = self.rows, self.position, self.summary.data()
        return writer

    def lock(self, stack: ExitStack) -> None:
        """What another process writes is left as it is."""
        while not self.locked(stack.enter_context(open(self.part, "ab"))):  # noqa: SIM115 (the stack closes it)
            pass  # another run has just ended, and put it elsewhere

    def locked(self, stream: IO[bytes]) -> bool:
        """Keep an open file for this process; whether it is still the one that has the name of the part."""
        if os.name == "posix":  # elsewhere there are no such locks
            import fcntl

            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"another run is writing {self.part}"
                raise refusal("unwritable-file", message, "wait for it, or name another file after -o") from None
            except OSError:  # a file system without locks
                return True
        return os.path.exists(self.part) and os.path.samestat(os.fstat(stream.fileno()), os.stat(self.part))

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
        if not rows:
            self.remove()
        elif os.path.exists(self.part):
            if position is not None:
                os.truncate(self.part, position)  # makes room for the other file
            self.save()

    def finish(self) -> None:
        os.replace(self.part, self.path)
        self.is_finished = True
        self.remove()

    def remove(self) -> None:
        for path in (self.part, self.state, f"{self.state}.new"):
            self.drop(path)

    def drop(self, path: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(path)


def run_blocks(
    reader: Reader,
    plan: Plan,
    keep: Sequence[str],
    out: Part | tuple[IO[bytes], Kind],
    *,
    bad: str = ERROR,
    threads: int = 1,
    progress: Callable[[str, int, int, str], None] = lambda *stage: None,
    ordered: Callable[..., Iterator[Done]] = in_order,
) -> Summary:
    """Compute a whole table; an interruption leaves what is written, and is raised again."""
    names = [*keep, *plan.names, *["flags"] * plan.flags]
    part = out if isinstance(out, Part) else None
    summary = part.summary if part else Summary()

    def blocks() -> Iterator[Block]:
        for block in reader.blocks(plan.columns, keep):
            if part and block.start < part.rows:
                continue
            if bad == ERROR and block.bad:
                raise first_bad([found for _, found in block.bad])
            yield block

    with ExitStack() as whole, ExitStack() as stack:
        if part:
            part.begin(whole)
        types = reader.kinds(keep) | plan.types()
        writer = None
        try:
            if part:
                writer = part.open(names, types, stack)
                summary = part.summary
                summary.resumed = part.rows
            results = ordered(blocks(), partial(of_block, plan, bad), threads)
            first = next(results, None)
            if writer is None:  # standard output has nothing as long as there may be an error in the first rows
                stream, kind = out  # type: ignore[misc]
                writer = open_writer(stream, kind, names, types)
            for count, done in enumerate(chain([first] if first else [], results), 1):
                writer.write({**done.kept, **done.results})
                summary.add(done.results, done.rows)
                summary.rows = done.stop
                if done.bad:
                    summary.add_bad(len(done.bad), done.bad[0][1].message)
                if part:
                    part.known = done.stop, writer.position(), summary.data()
                    if count % OFTEN == 0:
                        part.save()
                total = reader.rows or (int(done.stop / share) if (share := reader.fraction()) else 0)
                progress("computing", done.stop, total, "rows")
            writer.close()
            stack.close()
            if part:
                part.finish()
        except UsageError:
            if part:
                part.remove()  # the table is to be mended, and is then another one
            raise
        except OSError:
            if part and writer and part.known[1] is None:
                part.known = (0, None, {})  # a file that must be closed cannot be
            raise
        finally:
            if part and not part.is_finished:
                with suppress(Exception):  # the disk is full, or the table such as cannot be: that has been said
                    if writer:
                        writer.close()
                with suppress(OSError):
                    part.leave()
    return summary


def first_bad(found: Sequence[Any]) -> UsageError:
    """The error that names bad rows."""
    *told, last = found[:MOST_TOLD]
    more = [f"and {counted(len(found) - MOST_TOLD, 'more row')} of this block"] * (len(found) > MOST_TOLD)
    ways = "--bad skip leaves such rows out, --bad nan gives them NaN"
    return UsageError([*told, last._replace(notes=(*last.notes, *more), help=(*last.help, ways))])

