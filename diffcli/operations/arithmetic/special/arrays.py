"""The special functions on NumPy arrays: each piece for its elements alone.

They are computed in blocks that stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.operations.arithmetic.special import numbers
from diffcli.operations.arithmetic.special.digamma import DIGAMMA, digamma_unknown, polygamma_pieces, polygamma_unknown
from diffcli.operations.arithmetic.special.formulas import Elementary, Formula, Pieces
from diffcli.operations.arithmetic.special.gamma import GAMMA, LGAMMA, gamma_unknown, lgamma_beside_root
from diffcli.operations.arithmetic.special.normal import ERF_OF_SIZE, ERFC, GELU

Array = Any

BLOCK = 8192
"""How many elements are computed at a time."""


def _over_power(factor: float, a: Array, power: int) -> Array:
    square = a * a if power > 1 else a
    return factor / (square * square if power == 4 else square * a if power == 3 else square)


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


ARRAYS = Elementary(
    np.exp, np.log, np.log1p, np.power, _over_power, np.abs, np.rint, np.minimum, np.where, np.max, _in_pieces, _each
)


def _in_blocks(function: Callable[[Array], Array], one: Callable[[float], float], a: Array, out: Array | None = None) -> Array:
    """A function of blocks on an array of any shape, and of numbers on a number."""
    a = np.asarray(a, dtype=np.float64)
    if not a.ndim:
        return np.float64(one(float(a)))
    flat = a.reshape(-1)
    result = np.empty(a.shape) if out is None or not out.flags.c_contiguous else out
    found = result.reshape(-1)
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, BLOCK):
            found[start : start + BLOCK] = function(flat[start : start + BLOCK])
    if out is not None and result is not out:
        out[...] = result
        return out
    return result


def _of_pieces(a: Array, pieces: Pieces, unknown: Formula) -> Array:
    """NaN at the poles; and elsewhere where a formula does not know, what the other one says."""
    value = _in_pieces(a, pieces)
    if a.min() > 0:
        return value
    pole = (a <= 0) & (a == np.floor(a))
    value[pole] = np.nan
    places = np.flatnonzero(np.isnan(value) & ~(np.isnan(a) | pole))
    if places.size:
        value[places] = unknown(a.take(places), ARRAYS)
    return value


def _gamma(a: Array) -> Array:
    value = _of_pieces(a, GAMMA, gamma_unknown)
    whole = np.flatnonzero((a >= 3) & (a <= 171) & (a == np.floor(a)))
    if whole.size:
        value[whole] = _each(numbers.gamma, a.take(whole))
    return value


def gamma(a: Array, out: Array | None = None) -> Array:
    return _in_blocks(_gamma, numbers.gamma, a, out)


def lgamma(a: Array, out: Array | None = None) -> Array:
    return _in_blocks(lambda block: _of_pieces(block, LGAMMA, lgamma_beside_root), numbers.lgamma, a, out)


def digamma(a: Array, out: Array | None = None) -> Array:
    return _in_blocks(lambda block: _of_pieces(block, DIGAMMA, digamma_unknown), numbers.digamma, a, out)


def erf(a: Array, out: Array | None = None) -> Array:
    return _in_blocks(lambda block: np.copysign(_in_pieces(np.abs(block), ERF_OF_SIZE), block), math.erf, a, out)


def erfc(a: Array, out: Array | None = None) -> Array:
    return _in_blocks(lambda block: _in_pieces(block, ERFC), math.erfc, a, out)


def gelu(a: Array, out: Array | None = None) -> Array:
    return _in_blocks(lambda block: _in_pieces(block, GELU), numbers.gelu, a, out)


def polygamma(order: Array, a: Array) -> Array:
    """For each order that there is, its elements."""
    if np.ndim(order):
        order, a = np.broadcast_arrays(order, a)
        result = np.full(a.shape, np.nan)
        for n in np.unique(order):
            result[order == n] = polygamma(n, a[order == n])
        return result
    if not numbers.is_order(order):
        return np.full(np.shape(a), np.nan)[()]
    if order == 0:
        return digamma(a)
    pieces, unknown = polygamma_pieces(int(order)), polygamma_unknown(int(order))
    return _in_blocks(lambda block: _of_pieces(block, pieces, unknown), lambda x: numbers.polygamma(order, x), a)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "erf": erf, "erfc": erfc, "gelu": gelu, "gamma": gamma, "lgamma": lgamma, "digamma": digamma, "polygamma": polygamma,
}  # fmt: skip
"""The functions, by the names of their rows."""
