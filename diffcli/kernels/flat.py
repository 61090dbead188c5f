"""A kernel as a function of one flat vector, as optimisers call it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.errors import refusal
from diffcli.kernels.calls import read
from diffcli.kernels.form import Form, Leaf, leaves, parts
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
    if isinstance(form, Leaf) and not form.shape:
        return found
    columns = [one_axis(leaf, part, 1) for leaf, part in paired(form, found)]
    return np.concatenate(columns, axis=-1).reshape(-1)


def rows(form: Form, found: Any, value: Form) -> Array:
    """Derivatives by one vector: of one number a vector, of several a matrix with a row for each; for points one each."""
    listed = isinstance(value, list)
    bands = list(zip(parts(form), found, strict=True)) if listed else [(form, found)]
    shapes = [leaf.shape for leaf in leaves(value)]
    made = []
    for (band, part), shape in zip(bands, shapes, strict=True):
        blocks = [one_axis(leaf, block, 2, len(shape)) for leaf, block in paired(band, part)]
        made.append(np.concatenate(blocks, axis=-1) if blocks else np.empty((prod(shape), 0)))
    matrix = np.concatenate(made, axis=-2)
    return matrix[..., 0, :] if not listed and not shapes[0] else matrix.reshape(-1, matrix.shape[-1])


def square(form: Form, found: Any) -> Array:
    """Second derivatives as a matrix, for points one each."""
    axes = [len(next(leaves(parts(band)[place])).shape) // 2 for place, band in enumerate(parts(form))]
    """How many axes each variable has, from the blocks on the diagonal."""
    bands = [
        np.concatenate([one_axis(leaf, block, 2, own) for leaf, block in paired(band, part)], axis=-1)
        for band, part, own in zip(parts(form), found, axes, strict=True)
    ]  # fmt: skip
    return np.concatenate(bands, axis=-2)


def paired(form: Form, found: Any) -> list[tuple[Leaf, Any]]:
    """The leaves of a form with what was found for them."""
    if isinstance(form, Leaf):
        return [(form, found)]
    return [pair for part, each in zip(parts(form), found, strict=True) for pair in paired(part, each)]


def one_axis(leaf: Leaf, part: Any, axes: int, split: int = 0) -> Array:
    """A result with its own axes as one, or as two: the first ``split`` of them, and the others."""
    array = np.asarray(part)
    lead = array.shape[: array.ndim - len(leaf.shape)]
    own = (prod(leaf.shape),) if axes == 1 else (prod(leaf.shape[:split]), prod(leaf.shape[split:]))
    return array.reshape(*lead, *own)
