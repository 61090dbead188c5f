"""The special functions on NumPy arrays: each piece for its elements alone.

They are computed in blocks that stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from diffcli.operations.arithmetic.approximations import ERF_BY_TANH
from diffcli.operations.arithmetic.special import gamma, numbers
from diffcli.operations.arithmetic.special.formulas import Elementary, Formula, Pieces, horner
from diffcli.operations.arithmetic.special.normal import ERFC, GELU

Array = Any

BLOCK = 10_000
"""How many elements are computed at a time: longer sums, BLAS hands to threads of its own."""

MOST_KEPT = 2**20
"""How many numbers of memory are kept."""

_kept: list[Array] = []


@contextmanager
def memory(rows: int, columns: int) -> Iterator[Array]:
    """Memory to compute a block in, which is kept for the next one: to come by it anew takes as long as what is done in it.

    Each row begins where the processor's vectors do, at a multiple of 64 bytes.
    """
    width = columns + -columns % 8
    try:
        held = _kept.pop()
    except IndexError:
        held = np.empty(0)
    if held.size < rows * width:
        held = np.empty(rows * width + 7)
        held = held[-held.ctypes.data // 8 % 8 :]
    try:
        yield held[: rows * width].reshape(rows, width)[:, :columns]
    finally:
        if held.size <= MOST_KEPT and len(_kept) < 4:
            _kept.append(held)


def _in_pieces(a: Array, pieces: Pieces) -> Array:
    """Each formula for its elements alone; NaN where an element is."""
    least, most = a.min(), a.max()
    result, lower = None, -np.inf
    for upper, formula in pieces:
        if least >= lower and (most < upper or upper == np.inf):  # neither holds of NaN
            return formula(a, ARRAYS)
        if (least < upper and not most < lower) or least != least:
            if result is None:
                result = np.full(a.shape, np.nan)
            places = np.flatnonzero((a >= lower) & ((a < upper) if upper < np.inf else (a == a)))
            if places.size:
                result[places] = formula(a.take(places), ARRAYS)
        lower = upper
    return result


def _each(function: Callable[[float], float], a: Array) -> Array:
    return np.array([function(element) for element in a.tolist()])


_ERF = np.reshape(ERF_BY_TANH[1:], (2, 2, 5)).swapaxes(0, 1).reshape(4, 5)
"""Both polynomials of degree 9: their coefficients from t^5 on, and those below."""


def _erf(a: Array) -> Array:
    """By products of the powers with a matrix, which pass over the elements a third as often as Horner's rule does."""
    if not np.vdot(a, a) < 1e30:
        a = np.clip(a, -6.0, 6.0)  # its powers would overflow
    with memory(9, a.size) as rows:
        powers, parts = rows[:5], rows[5:]
        t = np.multiply(a, a, out=powers[3])
        np.multiply(t, t, out=powers[2])
        np.multiply(powers[2], powers[2:4], out=powers[:2])
        powers[4] = 1.0
        np.matmul(_ERF, powers, out=parts)
        parts[:2] *= np.multiply(powers[0], t, out=t)
        parts[:2] += parts[2:]
        quotient = np.divide(parts[0], parts[1], out=t)
        quotient *= a
        quotient += a
        return np.tanh(quotient)


ARRAYS = Elementary(
    horner, np.exp, np.log, np.log1p, _erf, np.power, np.abs, np.rint, np.minimum, np.where,
    lambda a: np.fmax.reduce(a, initial=0.0), _in_pieces, _each,
)  # fmt: skip


def in_blocks(function: Callable[..., Array], one: Callable[[float], float] | None = None) -> Callable[..., Array]:
    """A function of elements whose results on the way stay in the processor's cache, however many elements there are.

    With ``one``, which computes a number, it is a function of one operand and knows blocks with one axis alone.
    """

    def on_arrays(*operands: Array, out: Array | None = None) -> Array:
        first = operands[0]
        if one is not None:
            first = np.asarray(first, dtype=np.float64)
            if not first.ndim:
                return np.float64(one(float(first)))
            operands = (first,)
        elif first.__class__ is not np.ndarray or first.size <= 2 * BLOCK or not _alike(operands):
            return function(*operands)
        result = np.empty(first.shape) if out is None else out
        found = result.reshape(-1)
        flat = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in operands]
        with np.errstate(all="ignore"):
            for start in range(0, found.size, BLOCK):
                block = slice(start, start + BLOCK)
                found[block] = function(*[a[block] if isinstance(a, np.ndarray) else a for a in flat])
        if out is not None and not np.may_share_memory(found, out):
            out[...] = found.reshape(out.shape)
        return result

    return on_arrays


def _alike(operands: tuple[Array, ...]) -> bool:
    """Whether all arrays have one shape, and elements that stand one beside the other."""
    arrays = [a for a in operands if isinstance(a, np.ndarray)]
    return all(a.shape == arrays[0].shape and a.dtype == np.float64 and a.flags.c_contiguous for a in arrays)


def _of_pieces(pieces: Pieces, unknown: Formula) -> Callable[[Array], Array]:
    """NaN at the poles; and elsewhere where a formula does not know, what the other one says."""

    def function(a: Array) -> Array:
        value = _in_pieces(a, pieces)
        if a.min() > 0:
            return value
        pole = (a <= 0) & (a == np.floor(a))
        value[pole] = np.nan
        places = np.flatnonzero(np.isnan(value) & ~(np.isnan(a) | pole))
        if places.size:
            value[places] = unknown(a.take(places), ARRAYS)
        return value

    return function


def _gamma(a: Array) -> Array:
    value = _of_pieces(*gamma.FUNCTIONS["gamma"])(a)
    whole = np.flatnonzero((a >= 3) & (a == np.floor(a)) & (a <= 171))
    if whole.size:
        value[whole] = _each(numbers.FUNCTIONS["gamma"], a.take(whole))
    return value


def _polygamma(order: Array, a: Array) -> Array:
    """For each order that there is, its elements."""
    if np.ndim(order):
        order, a = np.broadcast_arrays(order, a)
        result = np.full(a.shape, np.nan)
        for n in np.unique(order):
            result[order == n] = _polygamma(n, a[order == n])
        return result
    if not numbers.is_order(order):
        return np.full(np.shape(a), np.nan)[()]
    if not order:
        return FUNCTIONS["digamma"](a)
    return in_blocks(_of_pieces(*gamma.polygamma(int(order))), partial(numbers.FUNCTIONS["polygamma"], order))(a)


_BLOCKS: dict[str, Callable[[Array], Array]] = {
    **{name: _of_pieces(*function) for name, function in gamma.FUNCTIONS.items()},
    "gamma": _gamma,
    "erf": _erf,
    "erfc": lambda a: _in_pieces(a, ERFC),
    "gelu": lambda a: _in_pieces(a, GELU),
}
_NUMBERS = numbers.FUNCTIONS | {"erf": math.erf, "erfc": math.erfc}

FUNCTIONS: dict[str, Callable[..., Array]] = {
    **{name: in_blocks(function, _NUMBERS[name]) for name, function in _BLOCKS.items()}, "polygamma": _polygamma
}  # fmt: skip
"""The functions, by the names of their rows."""

for _name, _function in FUNCTIONS.items():
    _function.__name__ = _name
