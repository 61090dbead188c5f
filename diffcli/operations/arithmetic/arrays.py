"""Elementwise operations on NumPy arrays of float64, with the answers of `diffcli.operations.arithmetic.floats`.

A function that NumPy has is NumPy's; where its answer at an edge is another one than that for numbers (NaN^0, a division by
0) it is put right. What NumPy has not stands in `diffcli.operations.arithmetic.special`. Nothing warns: an undefined
element is NaN, and what makes it is found by reading the tape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from functools import reduce
from math import isfinite
from threading import local
from typing import Any

import numpy as np

from diffcli.operations.arithmetic import floats
from diffcli.operations.arithmetic.special import arrays as special

Array = Any
"""A NumPy array of float64, or a number."""


def quiet() -> Any:
    """A context in which NumPy does not warn of infinities and NaN."""
    return np.errstate(all="ignore")


@np.errstate(all="ignore")
def _quietly(function: Callable[..., Array], *operands: Array, **options: Any) -> Array:
    return function(*operands, **options)


_own = local()
"""Of each thread the context in which NumPy does not warn."""


def quietly(function: Callable[..., Array], *operands: Array, **options: Any) -> Array:
    """What a function of arrays finds where NumPy does not warn.

    In a context made before, functions of NumPy's own take half the time; they call nobody who could enter it again.
    """
    if not isinstance(function, np.ufunc):
        return _quietly(function, *operands, **options)
    try:
        return _own.run(function, *operands, **options)
    except AttributeError:
        _own.run = _quietly
        if np.lib.NumpyVersion(np.__version__) >= "2.0.0":  # before, that was a setting of the whole thread
            context = copy_context()
            context.run(np.seterr, all="ignore")
            _own.run = context.run
    return _own.run(function, *operands, **options)


def each(function: Callable[..., float], count: int) -> Callable[..., Array]:
    """A function of so many numbers for each element."""
    lifted = np.frompyfunc(function, count, 1)

    def on_arrays(*operands: Array) -> Array:
        result = lifted(*operands)
        return result.astype(np.float64) if isinstance(result, np.ndarray) else np.float64(result)

    on_arrays.__name__ = function.__name__
    return on_arrays


# What is put right at the edges is looked for first, in one pass that makes no array: most arrays are nowhere near.


def any_true(condition: Array) -> bool:
    return bool(np.any(condition))  # NaN is not 0


def has_nan(value: Array) -> bool:
    """Whether an element is NaN: just then the sum of squares is."""
    if isinstance(value, np.ndarray) and value.flags.c_contiguous:
        return bool(np.isnan(np.vdot(value, value)))
    return bool(np.isnan(value).any())


def _defined(result: Array, a: Array, b: Array) -> Array:
    """A result that is NaN where one of its operands is."""
    return np.where(np.isnan(a) | np.isnan(b), np.nan, result) if has_nan(a) or has_nan(b) else result


def quotient(a: Array, b: Array) -> Array:
    """a/b, and at b = 0 the limit from above."""
    result = np.divide(a, b)  # a divisor of 0 shows in it: that is found sooner there than by a look at the divisor
    return result if all_finite(result) else np.divide(a, np.add(b, 0.0))  # -0 + 0 is 0


# A function with ``out`` may compute into the memory of that array, which may be an operand.


def strict_quotient(a: Array, b: Array, out: Array | None = None) -> Array:
    if out is not None:  # in the memory of an operand, which may be the divisor
        return np.divide(a, b, out=out) if np.all(b) else np.where(np.equal(b, 0), np.nan, np.divide(a, b))
    result = np.divide(a, b)
    return result if all_finite(result) else np.where(np.equal(b, 0), np.nan, result)


def power(a: Array, b: Array, out: Array | None = None) -> Array:
    """a^b in the reals; an undefined operand makes an undefined result."""
    if np.ndim(b) == 0:
        if b == 2:
            return np.multiply(a, a, out=out)
        if b == 1:
            return np.multiply(a, 1.0, out=out)
        if b == 0.5:  # for which NumPy takes the root: of -0 that is -0
            a = np.add(a, 0.0)
    result = np.power(np.asarray(a, dtype=np.float64), b)
    if not all_finite(result):  # the limit at 0 is that from above, and the root of -inf is none
        result = np.power(np.where(np.equal(a, 0) & np.less(b, 0), 0.0, a), np.full_like(result, b))
    if np.ndim(b) == 0 and b and b == b:
        return result  # NumPy forgets that an operand is undefined in a^0 and 1^b only
    return _defined(result, a, b)


def strict_power(a: Array, b: Array, out: Array | None = None) -> Array:
    negative = b < 0 if b.__class__ is float else any_true(np.less(b, 0))
    if not negative or np.all(a):
        return power(a, b, out)
    return np.where(np.equal(a, 0) & np.less(b, 0), np.nan, power(a, b))


def hypot(a: Array, b: Array) -> Array:
    return _defined(np.hypot(a, b), a, b)


def copysign(a: Array, b: Array) -> Array:
    return np.where(np.isnan(b), np.nan, np.copysign(a, b))


def floor_divide(a: Array, b: Array) -> Array:
    """The floor of the exact quotient; a/0 has none."""
    return np.where(np.equal(b, 0), np.nan, np.floor_divide(a, b))


def clip(a: Array, b: Array, c: Array) -> Array:
    return np.minimum(np.maximum(a, b), c)


def where(condition: Array, a: Array, b: Array) -> Array:
    """The elements of a where the condition holds, else those of b."""
    return np.where(as_truth(condition), a, b)


def strict_where(condition: Array, a: Array, b: Array) -> Array:
    result = where(condition, a, b)
    return np.where(np.isnan(condition), np.nan, result) if has_nan(condition) else result


def as_truth(condition: Array) -> Array:
    """Which elements are not 0, as truths; comparisons in a rule are that already."""
    return condition if _is_truth(condition) else np.not_equal(condition, 0)


def _is_truth(value: Array) -> bool:
    return getattr(value, "dtype", None) == np.bool_


def _truth(relation: Callable[..., Array]) -> Callable[..., Array]:
    return lambda a, b: np.asarray(relation(a, b), dtype=np.float64)


def _strict_truth(relation: Callable[..., Array]) -> Callable[..., Array]:
    return lambda a, b: _defined(relation(a, b), a, b)


def both(a: Array, b: Array) -> Array:
    if _is_truth(a) and _is_truth(b):
        return a & b
    no = np.equal(a, 0) | np.equal(b, 0)
    return np.where(no, 0.0, np.where(np.isnan(a) | np.isnan(b), np.nan, 1.0))


def either(a: Array, b: Array) -> Array:
    if _is_truth(a) and _is_truth(b):
        return a | b
    yes = (np.not_equal(a, 0) & ~np.isnan(a)) | (np.not_equal(b, 0) & ~np.isnan(b))
    return np.where(yes, 1.0, np.where(np.isnan(a) | np.isnan(b), np.nan, 0.0))


def neither(a: Array) -> Array:
    if _is_truth(a):
        return ~a
    return np.where(np.isnan(a), np.nan, np.where(np.equal(a, 0), 1.0, 0.0))


def _rounded(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A rounding, of which 0 has no sign."""
    return lambda a: np.add(function(a), 0.0)


def relu(a: Array, out: Array | None = None) -> Array:
    return np.maximum(a, 0.0, out=out)  # NaN stays NaN


def sech(a: Array) -> Array:
    """1/cosh(a) by the exponential of -|a|, which does not overflow, and takes a fraction of the time of NumPy's cosh."""
    shrunk = np.exp(np.negative(np.abs(a)))
    return 2.0 * shrunk / (1.0 + shrunk * shrunk)


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": quotient, "neg": np.negative, "pow": power,
    "square": np.square,
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "logaddexp": np.logaddexp, "sqrt": np.sqrt, "cbrt": np.cbrt, "hypot": hypot,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "relu": relu, "sech": sech,
    "max": lambda *a: reduce(np.maximum, a), "min": lambda *a: reduce(np.minimum, a),
    "abs": np.abs, "clip": clip, "sign": np.sign, "copysign": copysign,
    "floor": _rounded(np.floor), "ceil": _rounded(np.ceil), "round": _rounded(np.rint), "trunc": _rounded(np.trunc),
    "mod": np.remainder, "floor_divide": floor_divide, "fmod": np.fmod,
    "where": where, "stop_gradient": floats.identity,
    "lt": _truth(np.less), "le": _truth(np.less_equal), "gt": _truth(np.greater), "ge": _truth(np.greater_equal),
    "eq": _truth(np.equal), "ne": _truth(np.not_equal), "and": both, "or": either, "not": neither,
}  # fmt: skip
FUNCTIONS |= special.FUNCTIONS
"""The functions in which the rules of the table are computed, by the names of their rows."""

STRICT: dict[str, Callable[..., Array]] = {
    "div": strict_quotient, "pow": strict_power, "where": strict_where,
    **{name: _strict_truth(FUNCTIONS[name]) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
}
"""What replaces them in a program: see `diffcli.operations.arithmetic.floats`."""


# -- products that are taken as a whole: see `diffcli.operations.arithmetic.floats` -----------------------------------------


def _rescued(g: Array, partial: Array, exactly: Callable[[], Array], *factors: Array) -> Array:
    """g times a partial; ``exactly`` so where that may be beyond the range, and no factor of the partial is infinite or 0."""
    result = g * partial
    if all_finite(result) and np.vdot(g, g) < floats.LARGE**2:
        return result
    beyond = ~(np.less(np.abs(g), floats.LARGE) & np.isfinite(partial)) & np.isfinite(g)
    known = [np.isfinite(factor) & np.not_equal(factor, 0) for factor in factors]
    return np.where(reduce(np.logical_and, known, beyond), exactly(), result)


def times_quotient(g: Array, a: Array, b: Array) -> Array:
    def exactly() -> Array:
        (mantissa, i), (above, j), (below, k) = map(np.frexp, (g, a, b))
        return np.ldexp(mantissa * above / below, i + j - k)

    return _rescued(g, quotient(a, b), exactly, a, b)


def times_power(g: Array, b: Array, a: Array, exponent: Array) -> Array:
    raised = a if exponent.__class__ is float and exponent == 1.0 else power(a, exponent)
    if b.__class__ is float and 0.25 <= abs(b) < 2.0**53:
        rounded: Array = False
    elif any_true(rounded := np.less(np.abs(b), 0.25) & np.greater(a, 0) | np.greater_equal(np.abs(b), 2.0**53)):
        raised = np.where(rounded & np.not_equal(a, 0), power(a, b) / a, raised)

    def exactly() -> Array:
        root, parity = power(np.abs(a), np.divide(exponent, 2)), np.where(np.less(a, 0), np.mod(exponent, 2), 0)
        whole = g * root * b * np.where(parity == 0, root, np.where(parity == 1, -root, np.nan))
        return np.where(rounded, g * (b * raised), whole)

    return _rescued(g, b * raised, exactly, a, b)


SCALED: dict[str, Callable[..., Array]] = {"div": times_quotient, "pow": times_power}


# -- what the sweeps need beside the operations ----------------------------------------------------------------------------


def as_array(value: Any, order: Any = "K") -> Array:
    """Nested lists, or a number, as float64; in memory row by row with the order "C"."""
    return np.asarray(value, dtype=np.float64, order=order)


def shape_of(value: Any) -> tuple[int, ...]:
    return np.shape(value)


_INTO_MEMORY = {strict_quotient, power, strict_power, relu, *special.FUNCTIONS.values()} - {special.FUNCTIONS["polygamma"]}


def takes_memory(function: Callable[..., Array]) -> bool:
    """Whether a function computes into the memory of an array that is given as ``out``."""
    return isinstance(function, np.ufunc) or function in _INTO_MEMORY


def ones(shape: tuple[int, ...]) -> Array:
    return np.ones(shape) if shape else 1.0


def full(shape: tuple[int, ...], value: Array) -> Array:
    """A value repeated to a shape; itself where it has it already."""
    return value if np.shape(value) == shape else np.broadcast_to(value, shape)


def count_true(condition: Array) -> int:
    return int(np.count_nonzero(condition))


def first_true(condition: Array) -> tuple[int, ...]:
    """The place of the first element that is not 0."""
    return tuple(int(place[0]) for place in np.nonzero(np.atleast_1d(condition)))


def all_finite(value: Array) -> bool:
    """Whether no element is infinite or NaN: if one is, the sum is, or that of squares; if none is, it may be all the same."""
    if not (isinstance(value, np.ndarray) and value.flags.c_contiguous):
        return bool(np.isfinite(value).all())
    # BLAS takes several threads for a longer product, and waits long for a processor that is busy
    found = np.vdot(value, value) if value.size <= 10_000 else np.add.reduce(value, None)
    return isfinite(found) or bool(np.isfinite(value).all())


def meet(a: Array, b: Array) -> Array:
    """Which elements of two are the same finite number; False if none is."""
    same = a == b
    return False if same is False or not any_true(same) else same & np.isfinite(np.asarray(a, np.float64))


def masked(there: Array, value: Array) -> Array:
    """The elements of a value that are there, and 0 for the others, whatever they are.

    By their bits, because a choice with a branch for each element takes several times as long.
    """
    if np.shape(there) != np.shape(value) or not (isinstance(value, np.ndarray) and value.ndim and value.flags.c_contiguous):
        return np.where(there, value, 0.0)
    whole = np.dtype(f"i{value.itemsize}")
    bits = there.astype(whole)
    np.negative(bits, out=bits)
    np.bitwise_and(bits, value.view(whole), out=bits)
    return bits.view(value.dtype)


def ties_of(*operands: Array) -> Array:
    """How many of the operands of max or min equal the result, which stands last; at least 1."""
    result = operands[-1]
    count = sum(np.equal(operand, result).astype(np.int32) for operand in operands[:-1])
    return np.maximum(count, 1.0) if np.any(np.greater(count, 1)) else 1.0


def add_in_place(total: Array, term: Array) -> Array:
    """The sum, in the memory of ``total`` where that is an array that may be written."""
    if isinstance(total, np.ndarray) and total.flags.owndata and total.flags.writeable and total.shape == np.shape(term):
        total += term
        return total
    return np.add(total, term)


def in_own_memory(found: Mapping[str, Array], others: Sequence[Array] | None) -> dict[str, Array]:
    """Results, each in memory of its own, and with zeros that have no sign.

    An array is copied where one of the ``others`` or another result is the same array, or may be (None: any).
    """
    held = Counter(map(id, [*found.values(), *(others or ())]))
    result: dict[str, Array] = {}
    for name, value in found.items():
        if not np.ndim(value):
            result[name] = float(value) + 0.0
            continue
        own = others is not None and held[id(value)] == 1 and value.flags.owndata and value.flags.writeable
        result[name] = np.add(value, 0.0, out=value if own else None)
    return result


def is_nan(value: Array) -> Array:
    return np.isnan(value) * 1.0


def is_infinite(value: Array) -> Array:
    return np.isinf(value) * 1.0


def next_after(value: Array, side: float) -> Array:
    """The next number to the left (-1) or the right (1) of each element."""
    return np.nextafter(value, side * np.inf)


def largest_size(values: Sequence[Array]) -> float:
    """The largest size of some elements; NaN if one of them is."""
    return float(np.max(np.abs(np.concatenate([0.0, *values], axis=None))))


def within(pairs: Sequence[Sequence[Array]], factor: float, nothing: float = 0.0) -> bool:
    """Whether no element of an array is further from that of another than a multiple of its size, and one that is 0 than
    ``nothing``, in any of some pairs; NaN and what is infinite are nowhere near."""
    if len(pairs) > 1 and sum(np.size(found) for found, _ in pairs) > 10 * special.BLOCK:  # what is small is looked at together
        half = len(pairs) // 2
        return within(pairs[:half], factor, nothing) and within(pairs[half:], factor, nothing)
    columns: Any = ([0.0, *[pair[place] for pair in pairs]] for place in (0, 1))
    found, other = pairs[0] if len(pairs) == 1 else (np.concatenate(many, axis=None) for many in columns)
    with quiet():
        bound = factor * np.abs(found) + nothing * (found == 0)
        return bool(((np.abs(other - found) <= bound) & (bound < np.inf)).all())
