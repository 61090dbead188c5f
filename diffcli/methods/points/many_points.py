"""Many points: of a CSV file, with a line of names and a line of values for each; or random, the same on every run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from random import Random
from typing import Any

from diffcli.errors import Diagnostic, refusal
from diffcli.language import Program
from diffcli.methods.points.csv_table import read_table
from diffcli.methods.points.file_text import read_text
from diffcli.methods.points.files import find_reference
from diffcli.methods.points.points import read_point
from diffcli.operations.array_row import Shape
from diffcli.records import Number, element_names, is_array


def read_points(given: str, program: Program, base: Mapping[str, Any] = {}) -> tuple[list[dict[str, Any]], list[Diagnostic]]:
    """The points of a CSV file, which has the names in its first line, and a note for columns that are no variables.

    An array has a column for each element, such as ``w[0]``; ``base`` is what has no column.

    Where the columns have other names they are given as a point is: ``x=@data.csv:speed, y=2``. What the file has to be is said
    in `diffcli.methods.points.csv_table`; a column for each variable is to be there.
    """
    reference = find_reference(given, 0)
    table = None if reference and reference[0].name else read_table(read_text(given), given)
    columns = {} if table else read_point(given, "--points")
    names = table.names if table else list(columns)
    heads = {name.partition("[")[0] for name in names}
    missing = [name for name in program.inputs if name not in heads and name not in base]
    wanted = missing or [name for name in (*program.inputs, *program.constants) if name in heads]
    shapes = {name: () if name in names else shape_of(name, names) for name in wanted}
    elements = [element for name in wanted for element in element_names(name, shapes[name])]
    rows = table.numbers([place for name in elements for place in table.columns(name)]) if table else _rows(columns, wanted)
    points = [{**base, **_named(shapes, row)} for row in rows]
    surplus = [f"`{name}`" for name in names if name and name.partition("[")[0] not in wanted]
    message = f"no variable of the expression, and passed over: {', '.join(surplus)}"
    return points, [Diagnostic("unused-name", "note", message)] if surplus else []


def _named(shapes: Mapping[str, Shape], row: Sequence[float]) -> dict[str, Any]:
    """The values of names, from those of all elements."""
    if not any(shapes.values()):
        return dict(zip(shapes, row, strict=True))
    from diffcli.operations.arithmetic.array_files import to_array  # numbers do not wait for NumPy

    left = iter(row)
    return {name: to_array(islice(left, prod(shape)), shape) if shape else next(left) for name, shape in shapes.items()}


def shape_of(name: str, columns: Sequence[str]) -> Shape:
    """The shape of an array whose elements have columns of their own."""
    places = [re.findall(r"\d+", column.removeprefix(name)) for column in columns if column.startswith(f"{name}[")]
    return tuple(max(map(int, axis)) + 1 for axis in zip(*places, strict=False))


def _rows(columns: Mapping[str, Number], wanted: list[str]) -> Iterable[tuple[float, ...]]:
    """The numbers of each point, from a vector for each name; a number is the same at all of them."""
    if lost := [name for name in wanted if name not in columns]:
        raise refusal("bad-data", f"--points has no column for `{lost[0]}`", f"add {lost[0]}=@FILE:NAME to it")
    found = [getattr(columns[name], "shape", ()) for name in wanted]
    counts = {shape for shape in found if shape} or {(1,)}
    if len(counts) > 1 or len(max(counts)) > 1:
        sizes = [(name, " by ".join(map(str, shape))) for name, shape in zip(wanted, found, strict=True) if shape]
        message = f"--points has columns that do not fit: {', '.join(f'`{name}` has {size}' for name, size in sizes)}"
        raise refusal("bad-data", message, "each is to be one column, of one length")
    ((count,),) = counts
    values: list[Any] = [columns[name] for name in wanted]
    return zip(*[value.tolist() if is_array(value) else [value] * count for value in values], strict=True)


# -- random points -----------------------------------------------------------------------------------------------------------

RANGES = ((0.1, 0.9), (1.1, 3.0), (-0.9, -0.1), (0.2, 5.0), (-3.0, 3.0), (3.0, 12.0), (-12.0, -3.0))
"""Where values are drawn: between the usual ends of domains (0 and 1), and beyond them."""


def random_points(names: Iterable[str], seed: int) -> Iterator[dict[str, float]]:
    """Points without end; the ranges take turns.

    >>> points = random_points("xy", 1)
    >>> [0.1 < value < 0.9 for value in next(points).values()], 1.1 < next(points)["y"] < 3
    ([True, True], True)
    """
    draw, names = Random(seed), list(names)
    while True:
        for low, high in RANGES:
            yield {name: draw.uniform(low, high) for name in names}
