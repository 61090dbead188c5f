"""A kernel as a function of one flat vector, as optimisers call it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.errors import counted, refusal
from diffcli.methods.compiled.calls import read
from diffcli.methods.compiled.form import Form, paired, shapes_in
from diffcli.methods.problem.components import Components
from diffcli.records import Array
from diffcli.tape.tape import Shape


def answers(kernel: Any, order: int, x: Any, others: Sequence[Any], named: dict[str, Any]) -> list[Any]:
    """What a kernel returns for the variables in ``wrt`` as one vector, and the other arguments after it or by name.

    A number, or a vector of all values, those of one point after those of another; then up to an order their derivatives: of
    a number a vector for each point, of others a matrix with a row for each number of each; last the Hessian.
    """
    if order > kernel.order or kernel.directions:
        help = f"compile the program with order={order}{', and without directions=' * bool(kernel.directions)}"
        raise refusal("usage", f"the kernel has no {('values', 'gradient', 'Hessian')[order]} of a vector alone", help)
    kernel = kernel if order == kernel.order else kernel._made.lower(order)
    made = kernel._made
    shapes = dict(zip(made.names, made.shapes, strict=True))
    parts = Components((name, 0, shapes[name]) for name in kernel.wrt)
    vector = read("x", x)
    if vector.shape != (len(parts),):
        help = f"its numbers are those of {', '.join(kernel.wrt) or 'no variable'}, one after another"
        raise refusal("bad-shape", f"`x` is to be one vector of {len(parts)}, and has the shape {vector.shape}", help)
    bands: Any = zip(parts.parts, parts.bands(vector), strict=True)
    given = {name: band.reshape(shape) if shape else float(band[0]) for (name, _, shape), band in bands}
    rest = [name for name in made.names if name not in given]
    if len(others) > len(rest):
        wanted = f"after `x` come: {', '.join(rest)}" if rest else "`x` holds all of them"
        raise refusal("usage", f"{counted(len(others), 'argument')} after `x`, and {len(rest)} wanted", wanted)
    given |= zip(rest, others, strict=False)
    twice = [name for name in named if name in given]
    if twice:
        raise refusal("usage", f"`{twice[0]}` is given twice", f"`x` holds {', '.join(kernel.wrt)}; by name come others")
    form: Any = [made.form] if order == 0 else made.form
    found = kernel(**given, **named)
    value, *slopes = [found] if order == 0 else found
    if form[0] != ():
        numbers = [one_axis(part, shape, (prod(shape),)) for shape, part in paired(form[0], value)]
        value = np.concatenate(numbers, axis=-1).reshape(-1)
    answers = [value]
    if order:
        whole = matrix(form[1], slopes[0], form[0])
        answers.append(whole[..., 0, :] if form[0] == () else whole.reshape(-1, len(parts)))
    return [*answers, matrix(form[2], slopes[1], form[1])] if order == 2 else answers


def matrix(form: Any, found: Any, rows: Form) -> Array:
    """Derivatives of ``rows``, a result or a list of them, by one vector: a matrix for each point, with a row for each number."""
    bands = zip(form, found, strict=True) if isinstance(rows, list) else [(form, found)]
    made = []
    for (band, part), row in zip(bands, shapes_in(rows), strict=True):
        size, blocks = prod(row), paired(band, part)
        columns = [one_axis(block, shape, (size, prod(shape[len(row) :]))) for shape, block in blocks]
        made.append(np.concatenate(columns, axis=-1) if columns else np.empty((size, 0)))
    return np.concatenate(made, axis=-2)


def one_axis(part: Any, shape: Shape, own: Shape) -> Array:
    """A result with its own axes, which are its last, in another shape."""
    array = np.asarray(part)
    return array.reshape(*array.shape[: array.ndim - len(shape)], *own)
