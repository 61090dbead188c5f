"""From a block of a table to columns of results: values, derivatives and flags, by a kernel whose back end is chosen once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, did_you_mean, refusal
from diffcli.kernels.backends import AUTO, best
from diffcli.methods.compiled.calls import Results
from diffcli.methods.compiled.form import paired, shapes_in
from diffcli.methods.compiled.kernel import Kernel
from diffcli.methods.points.points import unknown_name
from diffcli.records import Array, element_names
from diffcli.tables.block import BLOCK_ROWS, Reader
from diffcli.tape.tape import Shape

FLAGS = "flags"


def settled(kernel: Kernel) -> Kernel:
    """The kernel with the back end that is fastest for a block: the same one for a few rows, for the same digits."""
    asked = kernel._made.asked
    if asked.backend != AUTO or kernel._made.runner is None:
        return kernel
    backend = best(len(kernel._made.ways[0].marked.tape.operations), BLOCK_ROWS)
    return kernel._made.make(asked._replace(backend=backend))  # type: ignore[no-any-return]


def result_names(kernel: Kernel) -> list[str]:
    """The names of the columns of results, but for the flags: ``f``, ``df/dx``, ``d2f/dxdy``, of arrays one for each element.

    >>> import diffcli
    >>> result_names(diffcli.compile("x^2*y", order=2))
    ['f', 'df/dx', 'df/dy', 'd2f/dxdx', 'd2f/dxdy', 'd2f/dydx', 'd2f/dydy']
    """
    form, shapes = kernel._made.form, dict(zip(kernel.inputs, kernel._made.shapes, strict=True))
    values: Any = form if kernel.order == 0 else form[0]
    outputs = [kernel.outputs[0]] if not isinstance(values, list) else kernel.outputs
    names = [element for name, shape in zip(outputs, shapes_in(values), strict=True) for element in element_names(name, shape)]
    by = [[*element_names(name, shapes[name])] for name in kernel.wrt]
    along = bool(kernel.directions)
    if kernel.order >= 1:
        if along and kernel.order == 1:
            names += [f"d{name}" for name in names]
        else:
            rows = [[*element_names(name, shape)] for name, shape in zip(outputs, shapes_in(values), strict=True)]
            names += [f"d{row}/d{column}" for each in rows for group in by for row in each for column in group]
    if kernel.order == 2:
        rest = [f"d2{outputs[0]}/d{row}d{column}" for one in by for other in by for row in one for column in other]
        names += [f"d(d{outputs[0]}/d{row})" for one in by for row in one] if along else rest
    return names


class Plan(NamedTuple):
    """A kernel, and where the values of its arguments come from."""

    kernel: Kernel
    columns: tuple[str, ...]
    """The columns that are read, in the order of the elements of the arguments that have them."""
    held: dict[str, Any]
    """The arguments that are the same in all rows."""
    names: tuple[str, ...]
    """The columns of results."""
    flags: bool = True
    as_numbers: tuple[str, ...] = ()
    """The columns that are kept as the numbers that they are read as, and not as the text of a file."""

    def types(self) -> dict[str, Any]:
        floats = dict.fromkeys((*self.as_numbers, *self.names), np.dtype(np.float64))
        return floats | ({FLAGS: np.dtype(np.uint8)} if self.flags else {})


def planned(kernel: Kernel, reader: Reader, held: Mapping[str, Any], flags: bool = True) -> Plan:
    """How the arguments of a kernel are read from the columns of a table."""
    wanted: list[str] = []
    known = reader.names
    help = [f"the columns are: {', '.join(known[:12])}"]
    shapes = dict(zip(kernel.inputs, kernel._made.shapes, strict=True))
    for name, value in held.items():
        if name not in shapes:
            raise ExpressionError([unknown_name(name, kernel.inputs, "the program")])
        if np.shape(value) != shapes[name]:
            what = f"`{name}` has the shape {np.shape(value)} in at, and {shapes[name]} in the program"
            raise refusal("bad-shape", what, "what differs from row to row is a column")
    for name, shape in shapes.items():
        elements = [*element_names(name, shape)]
        if name in held:
            continue
        missing = [element for element in elements if element not in known]
        if missing:
            near = did_you_mean(missing[0], known) or help
            near = [*near, f"or give it to all rows: --at {name}=..."]
            raise refusal("bad-data", f"{reader.path} has no column `{missing[0]}`", *near)
        wanted += elements
    once(reader, wanted)
    same = {name: held[name] for name in shapes if name in held}
    names = tuple(result_names(kernel))
    if flags and FLAGS in names:
        raise refusal("bad-data", f"a result is called `{FLAGS}`, as the column of flags is", "give it another name")
    return Plan(settled(kernel), tuple(wanted), same, names, flags)


def checked(kept: Sequence[str], reader: Reader, results: Sequence[str]) -> list[str]:
    """Columns that are to stand before the results, if there are such, and none is one of those."""
    for name in kept:
        if name not in reader.names or name in (*results, FLAGS):
            what = f"`{name}` is a column, and a result" if name in reader.names else f"{reader.path} has no column `{name}`"
            raise refusal("bad-data", what, f"the columns are: {', '.join([*reader.names][:12])}")
    once(reader, kept)
    return [*dict.fromkeys(kept)]


def once(reader: Reader, names: Sequence[str]) -> None:
    """A table has one column of each name that is asked for."""
    for name in names:
        if (count := [*reader.names].count(name)) > 1:
            raise refusal("bad-data", f"{reader.path} has {count} columns `{name}`")


def arguments(plan: Plan, columns: Mapping[str, Array]) -> list[Any]:
    """The arguments of the kernel for some rows."""
    given = []
    for name, shape in zip(plan.kernel.inputs, plan.kernel._made.shapes, strict=True):
        if name in plan.held:
            given.append(plan.held[name])
        elif shape:
            rows = np.stack([columns[element] for element in element_names(name, shape)], axis=-1)
            given.append(rows.reshape(-1, *shape))
        else:
            given.append(columns[name])
    return given


def computed(plan: Plan, columns: Mapping[str, Array], rows: int) -> dict[str, Array]:
    """The columns of results for some rows."""
    kernel = plan.kernel
    given = arguments(plan, columns)
    found = kernel(*given)
    form = [kernel._made.form] if kernel.order == 0 else kernel._made.form
    parts = paired(form, [found] if kernel.order == 0 else found)
    arrays: list[Array] = []
    for shape, part in parts:
        arrays += flat_columns(part, shape, rows)
    results = dict(zip(plan.names, arrays, strict=True))
    if plan.flags:
        told = found.flags if isinstance(found, Results) else kernel.flags(*given)
        results[FLAGS] = np.broadcast_to(np.asarray(told, np.uint8), (rows,))
    return results


def flat_columns(part: Any, shape: Shape, rows: int) -> list[Array]:
    """A result of many points as a column for each of its elements."""
    array = np.asarray(part, np.float64)
    if array.ndim == len(shape):  # the same at all points
        array = np.broadcast_to(array, (rows, *shape))
    if not shape:
        return [array]
    table = array.reshape(rows, prod(shape))
    return [np.ascontiguousarray(table[:, place]) for place in range(prod(shape))]
