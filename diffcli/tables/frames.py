"""`diffcli.batch`: a kernel over the rows of a table in memory, of NumPy, pandas, polars or Arrow, or in the parts of Dask's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from diffcli.errors import missing_extra, refusal
from diffcli.errors.library_words import for_library
from diffcli.methods.compiled.kernel import Kernel
from diffcli.methods.points.points import as_point
from diffcli.methods.points.ranges import THREADS
from diffcli.methods.problem.problem import At, Target, as_program, names_in
from diffcli.records import Array, element_names
from diffcli.tables.asking import kernel_of
from diffcli.tables.block import BLOCK_ROWS, Block
from diffcli.tables.columns import FLAGS, Plan, checked, planned
from diffcli.tables.run import NAN, in_order, of_block


@for_library
def batch(
    target: Kernel | Target,
    frame: Any,
    *,
    at: At | None = None,
    wrt: str | Sequence[str] | None = None,
    of: str | Sequence[str] | None = None,
    order: int | None = None,
    keep: str | Sequence[str] = (),
    flags: bool = True,
    threads: int = 1,
) -> Any:
    """Values and derivatives at every row of a table, as a table of the same kind.

    Parameters
    ----------
    target
        What `diffcli.compile` returned, or a program as it has it.
    frame
        A mapping from names to columns, a structured array of NumPy or a matrix with a column for each variable in their order; a
        DataFrame of pandas or polars or a Table of Arrow (with ``diffcli[data]``); or a DataFrame or matrix of Dask, which is
        computed when Dask is asked (with ``diffcli[scale]``). What is null in a column is NaN.
    at
        What is the same in all rows.
    wrt, of, order
        As `diffcli.compile` has them, where the target is a program; a kernel has its own.
    keep
        Columns to put before the results.
    flags
        Whether there is a column ``flags``, bits of `diffcli.Flag`.
    threads
        How many threads compute, of tables in memory.

    Returns
    -------
    Columns ``f``, ``df/dx``, ..., ``d2f/dxdy``, ..., and ``flags``, with an element of an array as ``df/dw[0]``. Of a matrix a
    matrix with these columns.

    Raises
    ------
    ExpressionError, LimitError, UsageError
        As `diffcli.compile`; and a table that has no column for a variable, or one that holds no numbers.
    MissingExtraError
        Frames of other libraries need narwhals.

    Notes
    -----
    Rows are computed in blocks of 65,536 by one back end, so that a row has the same bits wherever it stands: `diffcli batch`
    gives the same.

    Examples
    --------
    >>> found = batch("x^2*y", {"x": [1.0, 2.0], "y": [3.0, 4.0]})
    >>> list(found), found["df/dx"], found["flags"]
    (['f', 'df/dx', 'df/dy', 'flags'], array([ 6., 16.]), array([0, 0], dtype=uint8))
    """
    THREADS.require("threads", threads)
    held = {} if at is None else as_point(at)
    kept = list(dict.fromkeys(names_in(keep, "keep") or ()))
    options: dict[str, Any] = {"wrt": wrt, "of": of, "order": order}
    options = {name: value for name, value in options.items() if value is not None}
    if isinstance(target, Kernel) and options:
        raise refusal("usage", f"a kernel has its own {', '.join(options)}", "give them to diffcli.compile")
    asked = partial(_rows, target, held=held, options=options, kept=kept, flags=flags, threads=threads)
    if type(frame).__module__.partition(".")[0] in ("dask", "dask_expr"):
        return _of_dask(partial(batch, target, at=at, keep=keep, flags=flags, threads=threads, **options), frame)
    if isinstance(frame, Mapping):
        columns = {name: np.asanyarray(column) for name, column in frame.items()}
        rows = next((len(column) for column in columns.values() if column.ndim), 0)
        found = asked([name for name in columns if isinstance(name, str)], columns.__getitem__, rows)
        return {name: of_length(name, columns[name], rows) for name in kept} | found
    if isinstance(frame, np.ndarray) and frame.dtype.names and frame.ndim == 1:
        results = asked(list(frame.dtype.names), frame.__getitem__, len(frame))
        found = {name: frame[name] for name in kept} | results
        library: Any = np.ma if isinstance(frame, np.ma.MaskedArray) else np
        table = library.empty(len(frame), [(name, column.dtype, column.shape[1:]) for name, column in found.items()])
        for name, column in found.items():
            table[name] = column
        return table
    if isinstance(frame, np.ndarray):
        if kept:
            raise refusal("usage", "`keep` names columns, and those of a matrix have no names", "give a mapping")
        inputs = target.inputs if isinstance(target, Kernel) else as_program(target).inputs
        shapes = dict(zip(inputs, target._made.shapes, strict=True)) if isinstance(target, Kernel) else {}
        names = [element for name in inputs if name not in held for element in element_names(name, shapes.get(name, ()))]
        if frame.ndim != 2 or frame.shape[1] != len(names):
            wanted = f"a matrix is to have a column for each of: {', '.join(names)}"
            raise refusal("bad-shape", f"{wanted}; its shape is {frame.shape}")
        found = asked(names, lambda name: frame[:, names.index(name)], len(frame))
        return np.stack(list(found.values()), axis=1)
    return _of_frame(asked, frame, kept)


def _rows(
    target: Any, names: list[str], column: Callable[[str], Any], rows: int, *,
    held: Mapping[str, Any], options: dict[str, Any], kept: list[str], flags: bool, threads: int,
) -> dict[str, Array]:  # fmt: skip
    """The columns of results for a table whose columns are given by name."""
    table = _Table(names, column, rows)
    kernel = target if isinstance(target, Kernel) else kernel_of(as_program(target), table, held, **options)
    plan: Plan = planned(kernel, table, held, flags)
    checked(kept, table, plan.names)
    results = {name: np.empty(rows) for name in plan.names} | ({FLAGS: np.empty(rows, np.uint8)} if flags else {})
    start = 0
    for done in in_order(table.blocks(plan.columns, ()), partial(of_block, plan, NAN), threads):
        for name, found in done.results.items():
            results[name][start : done.stop] = found
        start = done.stop
    return results


class _Table:
    """Columns in memory, as a `Reader`."""

    path = "the table"

    def __init__(self, names: Sequence[str], column: Callable[[str], Any], rows: int) -> None:
        self.names, self.column, self.width = names, column, len(names)
        self.rows: int | None = rows

    def blocks(self, columns: Sequence[str], keep: Sequence[str]) -> Iterator[Block]:
        found = {name: self.numbers(name) for name in columns}
        rows = self.rows or 0
        for start in range(0, rows, BLOCK_ROWS):
            part = {name: column[start : start + BLOCK_ROWS] for name, column in found.items()}
            yield Block(start, min(BLOCK_ROWS, rows - start), part, {})

    def numbers(self, name: str) -> Array:
        values: Any = of_length(name, np.asanyarray(self.column(name)), self.rows or 0)
        if values.dtype == object:  # what is None in it is null
            plain = values.tolist()
            if any(isinstance(one, bool) for one in plain):
                raise refusal("bad-data", f"column `{name}` holds bool, not numbers")
            values = np.array([np.nan if one is None else one for one in plain])
        if values.dtype.kind not in "iuf" or values.ndim != 1:
            what = values.dtype if values.ndim == 1 else f"arrays of the shape {values.shape[1:]}"
            raise refusal("bad-data", f"column `{name}` holds {what}, not numbers")
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(np.float64), np.nan)
        return np.ascontiguousarray(values, np.float64)

    def kinds(self, names: Sequence[str]) -> dict[str, Any]:
        return {}

    def fraction(self) -> float | None:
        return None

    def close(self) -> None:
        pass


def of_length(name: str, column: Array, rows: int) -> Array:
    """A column that has as many rows as the others."""
    if column.shape[:1] != (rows,):
        raise refusal("bad-data", f"column `{name}` has the shape {column.shape}, and others have {rows} rows")
    return column


def _of_frame(asked: Callable[..., dict[str, Array]], frame: Any, kept: list[str]) -> Any:
    """The same of a frame of another library, by narwhals."""
    try:
        import narwhals as nw
    except ImportError:
        raise missing_extra("tables of other libraries need narwhals, which is not installed", "data") from None
    try:
        table = nw.from_native(frame, eager_only=True)
    except (TypeError, nw.exceptions.DuplicateError):
        message = f"a `{type(frame).__name__}` is no table that is read"
        raise refusal("usage", message, "give a mapping, an array, or a frame in memory of pandas, polars or Arrow") from None

    def column(name: str) -> Any:
        found = table[name]
        if found.dtype.is_integer():  # Arrow casts none beyond 2^53, where NumPy rounds
            return np.ma.array(found.fill_null(0).to_numpy(), mask=found.is_null().to_numpy())
        return (found.cast(nw.Float64) if found.dtype.is_numeric() else found).to_numpy()

    found = asked([name for name in table.columns if isinstance(name, str)], column, len(table))
    made = [nw.new_series(name, values, backend=table.implementation) for name, values in found.items()]
    return table.with_columns(*made).select(*kept, *found).to_native()


def _of_dask(compute: Callable[[Any], Any], frame: Any) -> Any:
    """The same of Dask's, part by part, when it is asked for."""
    if hasattr(frame, "map_partitions") and hasattr(frame, "_meta"):
        empty = compute(frame._meta_nonempty).iloc[:0]
        return frame.map_partitions(lambda part: compute(part) if len(part) else empty, meta=empty)
    if getattr(frame, "ndim", 0) != 2:
        raise refusal("usage", f"a `{type(frame).__name__}` of Dask is no table", "give a DataFrame, or a matrix")
    whole = frame.rechunk({1: -1})
    width = compute(np.ones((1, whole.shape[1]))).shape[1]
    return whole.map_blocks(compute, dtype=float, chunks=(whole.chunks[0], (width,)))
