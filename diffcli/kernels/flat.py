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


def matrix(form: Form, found: Any, rows: Form) -> Array:
    """Derivatives of ``rows``, a result or a list of them, by one vector: a matrix for each point, with a row for each number."""
    bands = list(zip(parts(form), found, strict=True)) if isinstance(rows, list) else [(form, found)]
    made = []
    for (band, part), row in zip(bands, leaves(rows), strict=True):
        blocks = [one_axis(leaf, block, 2, len(row.shape)) for leaf, block in paired(band, part)]
        made.append(np.concatenate(blocks, axis=-1) if blocks else np.empty((prod(row.shape), 0)))
    return np.concatenate(made, axis=-2)


def slopes(form: Form, found: Any, rows: Form) -> Array:
    """The same of one number as a vector for each point; and else with a row for each number of each point."""
    whole = matrix(form, found, rows)
    return whole[..., 0, :] if isinstance(rows, Leaf) and not rows.shape else whole.reshape(-1, whole.shape[-1])


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
