"""A kernel as a function of one flat vector, as optimisers call it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.errors import refusal
from diffcli.methods.compiled.calls import read
from diffcli.methods.compiled.form import Form, paired, shapes_in
from diffcli.records import Array
from diffcli.tape.tape import Shape


def spread(names: Sequence[str], shapes: Sequence[Shape], x: Any) -> dict[str, Any]:
    """The numbers of a vector as the variables that it holds, one after another."""
    sizes = list(map(prod, shapes))
    vector = read("x", x)
    if vector.shape != (sum(sizes),):
        help = f"its numbers are those of {', '.join(names) or 'no variable'}, one after another"
        raise refusal("bad-shape", f"`x` is to be one vector of {sum(sizes)}, and has the shape {vector.shape}", help)
    found, first = {}, 0
    for name, size, shape in zip(names, sizes, shapes, strict=True):
        part = vector[first : first + size]
        found[name] = part.reshape(shape) if shape else float(part[0])
        first += size
    return found


def values(form: Form, found: Any) -> Any:
    """Results as one number, where there is one; else as a vector of them, those of one point after those of another."""
    if form == ():
        return found
    return np.concatenate([one_axis(part, shape, (prod(shape),)) for shape, part in paired(form, found)], axis=-1).reshape(-1)


def matrix(form: Any, found: Any, rows: Form) -> Array:
    """Derivatives of ``rows``, a result or a list of them, by one vector: a matrix for each point, with a row for each number."""
    bands = zip(form, found, strict=True) if isinstance(rows, list) else [(form, found)]
    made = []
    for (band, part), row in zip(bands, shapes_in(rows), strict=True):
        size, blocks = prod(row), paired(band, part)
        columns = [one_axis(block, shape, (size, prod(shape[len(row) :]))) for shape, block in blocks]
        made.append(np.concatenate(columns, axis=-1) if columns else np.empty((size, 0)))
    return np.concatenate(made, axis=-2)


def slopes(form: Form, found: Any, rows: Form) -> Array:
    """The same of one number as a vector for each point; and else with a row for each number of each point."""
    whole = matrix(form, found, rows)
    return whole[..., 0, :] if rows == () else whole.reshape(-1, whole.shape[-1])


def one_axis(part: Any, shape: Shape, own: Shape) -> Array:
    """A result with its own axes, which are its last, in another shape."""
    array = np.asarray(part)
    return array.reshape(*array.shape[: array.ndim - len(shape)], *own)
