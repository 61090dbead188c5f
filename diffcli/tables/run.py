"""A kernel over a file: blocks are read, computed by several threads, and written in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import chain
from typing import IO, Any

import numpy as np

from diffcli._named import NamedTuple
from diffcli.errors import UsageError, counted
from diffcli.methods.compiled.flags import Flag
from diffcli.records import Array
from diffcli.tables.block import Block, Reader
from diffcli.tables.columns import FLAGS, Plan, computed
from diffcli.tables.files import Kind, open_writer
from diffcli.tables.part import Part
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
    names, types = [*keep, *plan.names, *[FLAGS] * plan.flags], reader.kinds(keep) | plan.types()
    part = out if isinstance(out, Part) else None
    with part.writing(names, types) if part else nullcontext(Summary()) as summary:
        results = ordered(blocks_from(reader, plan, keep, bad, part.rows if part else 0), partial(of_block, plan, bad), threads)
        first = next(results, None)
        # standard output has nothing as long as there may be an error in the first rows
        writer = out.writer if isinstance(out, Part) else open_writer(*out, names, types)
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
    return summary


def blocks_from(reader: Reader, plan: Plan, keep: Sequence[str], bad: str, start: int) -> Iterator[Block]:
    """The blocks from a row on; one with rows that cannot be used is an error, if that is what is to become of them."""
    for block in reader.blocks(plan.columns, keep):
        if block.start >= start:
            if bad == ERROR and block.bad:
                raise first_bad([found for _, found in block.bad])
            yield block


def first_bad(found: Sequence[Any]) -> UsageError:
    """The error that names bad rows."""
    *told, last = found[:MOST_TOLD]
    more = [f"and {counted(len(found) - MOST_TOLD, 'more row')} of this block"] * (len(found) > MOST_TOLD)
    ways = "--bad skip leaves such rows out, --bad nan gives them NaN"
    return UsageError([*told, last._replace(notes=(*last.notes, *more), help=(*last.help, ways))])

