"""The methods and functions of tensors: every operation of the tables under each of its names, and PyTorch's other names.

A function of ``diffcli.autograd`` and the method of a tensor are one: ``softmax(x, dim=-1)`` is ``x.softmax(dim=-1)``.
Their arguments stand in `diffcli.autograd.signatures`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from numbers import Integral
from typing import Any

from diffcli._named import NamedTuple
from diffcli.autograd import inplace
from diffcli.autograd.generator import source
from diffcli.autograd.graph.apply import apply, unary
from diffcli.autograd.graph.core import Core, describe, new
from diffcli.autograd.graph.operands import operand_value, set_boundary
from diffcli.autograd.graph.recorded import TENSORS
from diffcli.autograd.graph.view_nodes import IndexNode
from diffcli.autograd.indexing import canonical_key, taken
from diffcli.autograd.signatures import SIGNATURES, Signature, axis_of, flag, lengths, number
from diffcli.errors import fault
from diffcli.errors.foreign_names import missing
from diffcli.operations import ARRAY_FUNCTIONS, FUNCTION_NAMES, OPERATIONS, REDUCED, find_function, row_of
from diffcli.operations.arithmetic import tensors
from diffcli.operations.arithmetic.index_arrays import numpy_function
from diffcli.operations.array_row import size
from diffcli.operations.arrays import ARRAYS

Method = Callable[..., Any]

_ROWS = {
    **{name: name for name in ("add", "sub", "mul", "div", "neg", "square", "lt", "le", "gt", "ge", "eq", "ne")},
    "logical_and": "and", "logical_or": "or", "logical_not": "not", "logical_xor": "ne", "subtract": "sub",
    "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg", "greater": "gt", "greater_equal": "ge",
    "less": "lt", "less_equal": "le", "not_equal": "ne", "mm": "matmul", "mv": "matmul", "bmm": "matmul", "arctan2": "atan2",
    "expit": "sigmoid", "inverse": "inv", "absolute": "abs",
}  # fmt: skip
"""Functions with names that the tables do not have, and their rows: operators among them."""


class Extremes(NamedTuple):
    """The largest, or smallest, elements along an axis, and their places."""

    values: Any
    indices: Any


def _fixed(bound: dict[str, Any], operand: Any) -> dict[str, Any]:
    """``dim`` and ``keepdim`` under the names of the tables; a number may be gone along as if it had one axis."""
    if "keepdim" in bound:
        bound["keepdims"] = int(bound.pop("keepdim"))
    if "dim" in bound:
        axis = bound.pop("dim")
        is_number = isinstance(operand, Core | float | int) and not getattr(operand, "shape", ())
        bound["axis"] = None if axis == () or (is_number and axis in (0, -1)) else axis
    return bound


def _of_row(spelled: str, name: str, in_place: bool = False) -> Method:
    """A function of a row of either table; ``in_place``, its result takes the place of the first operand."""
    row = row_of(name)
    count, of_arrays = len(row.operands), name in ARRAYS
    own = " ".join((*(("input", "other")[:count] if count < 3 else row.operands), *getattr(row, "fixed", ())))
    text, formula = SIGNATURES.get(spelled, (own, ""))
    direct = unary(name) if count == 1 and not (of_arrays or row.variadic) else lambda *given: apply(name, given)
    if text == "input" and not (of_arrays or formula or in_place):
        return direct
    signature, joined = Signature(spelled, text), row.variadic and of_arrays
    any_number = row.variadic and not of_arrays
    count = len(signature.names) if any_number else count
    settings = {one: default for one, default in signature.template.items() if one in signature.names[count:]}
    settings.pop("inplace", None)
    never = bool(formula) and not settings  # it is no row alone

    def call(*given: Any, **options: Any) -> Any:
        whole = len(given) == count >= signature.least and all(one is not None for one in given[signature.least :])
        if not options and not never and (given if any_number else whole and not joined):
            return inplace.change(given[0], name, given[1:]) if in_place else direct(*given)
        if joined and given and not isinstance(given[0], list | tuple):
            given = (given,)
        bound = signature.bound(given, options)
        changes = bound.pop("inplace", False) or in_place
        operands = [bound.pop(one) for one in signature.names[:count]]
        if str(bound.get("approximate", "none")) not in ("none", "tanh"):
            raise fault("not-numbers", f"approximate is 'none' or 'tanh', not {bound['approximate']!r}")
        if spelled == "hardtanh" and bound["min_val"] > bound["max_val"]:
            raise fault("not-numbers", f"hardtanh lies between two bounds, and {bound['min_val']} is above {bound['max_val']}")
        if never or (formula and any(type(one) is not type(settings[key]) or one != settings[key] for key, one in bound.items())):
            operands = [*map(operand, operands)]
            made = _formula(spelled)(*operands, **bound)
            return inplace.put(operands[0], Ellipsis, made, "CopyBackward", f"{spelled}_()") if changes else made
        if name == "clip" and all(isinstance(one, float) for one in operands[1:]) and operands[1:] == [-math.inf, math.inf]:
            raise fault("not-numbers", "clamp needs a bound: min, max or both")
        if changes:
            return inplace.change(operand(operands[0]), name, operands[1:])
        dtype = bound.pop("dtype", None)
        if dtype is not None:
            operands[0] = operand(operands[0]).to(dtype)
        made = apply(name, operands[0] if joined else operands, **_fixed(bound, operands[0]) if of_arrays else {})
        return made if dtype is None else made.to(dtype)

    return call


def _formula(name: str) -> Method:
    """What a function comes to that no row alone computes."""
    text, formula = SIGNATURES[name]
    return TENSORS.compiled(formula, tuple(one for one in Signature(name, text).names if one != "inplace"))[0]


def _bound(name: str, function: Method) -> Method:
    """A function that takes its arguments by name, as `SIGNATURES` has them."""
    signature = Signature(name, SIGNATURES[name][0])

    def call(*given: Any, **options: Any) -> Any:
        if len(given) == 2 and isinstance(given[-1], bool) and "unbiased" in signature.names:  # x.var(False)
            given, options = given[:1], {"unbiased": given[-1], **options}
        bound = signature.bound(given, options)
        return function(**{one: operand(value) if one in ("input", "mat1", "mat2") else value for one, value in bound.items()})

    return call


def _are_axes(given: Any) -> bool:
    """Whether an argument is whole numbers, not those of a tensor."""
    return all(map(_are_axes, given)) if isinstance(given, list | tuple) else isinstance(given, Integral)


def _extreme(name: str) -> Method:
    """``max`` and ``min``: of all elements; along an axis, with the places; of several operands."""
    along, whole = Signature(name, SIGNATURES[name][0]), REDUCED[name]

    def call(*given: Any, **options: Any) -> Any:
        if options.keys() <= {"other"} and not any(map(_are_axes, given[1:2])):
            operands = (*given, *options.values())
            return apply(name if len(operands) > 1 else whole, operands)
        bound = along.bound(given, options)
        operands = (bound.pop("input"),)
        fixed = _fixed(bound, *operands)
        if isinstance(fixed["axis"], tuple):
            raise fault("bad-axis", f"{name} finds places, along one axis", help=[f"use {whole}() along several"])
        return Extremes(apply(whole, operands, **fixed), apply(f"arg{name}", operands, **fixed))

    return call


# -- shapes ----------------------------------------------------------------------------------------------------------------


def operand(given: Any) -> Any:
    """A tensor, of whatever is given for one."""
    return given if isinstance(given, Core) else new(operand_value(given))


def reshape(a: Any, *shape: Any) -> Any:
    return apply("reshape", (a,), shape=lengths(shape))


def view(a: Any, *shape: Any) -> Any:
    """The same memory in another shape.

    Raises
    ------
    AutogradError
        Its elements do not stand in memory in that order: then `reshape` makes a copy.
    """
    a = operand(a)
    made = reshape(a, *shape)
    if made._base is None and made.shape and a.shape:
        message = f"{describe(a)} has no view of that shape in its memory"
        raise fault("not-a-view", message, help=["use reshape(), which copies then"])
    return made


def flatten(a: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from one to another as one."""
    a = operand(a)
    count = len(a.shape)
    if not count:
        return reshape(a, 1)
    first, last = axis_of(a, start_dim), axis_of(a, end_dim)
    if first > last:
        message = f"flatten goes from an axis to one behind it, and {start_dim} is behind {end_dim}"
        raise fault("bad-axis", message, help=["exchange them"])
    return a if first == last else reshape(a, *a.shape[:first], size(a.shape[first : last + 1]), *a.shape[last + 1 :])


def squeeze(a: Any, dim: int | None = None) -> Any:
    """Without axes of length 1."""
    a = operand(a)
    if dim is None:
        return reshape(a, [length for length in a.shape if length != 1])
    place = axis_of(a, dim)
    return reshape(a, [length for axis, length in enumerate(a.shape) if axis != place or length != 1])


def unsqueeze(a: Any, dim: int) -> Any:
    """With one more axis, of length 1."""
    a = operand(a)
    place = axis_of(a, dim, more=1)
    return reshape(a, [*a.shape[:place], 1, *a.shape[place:]])


def permute(a: Any, *dims: Any) -> Any:
    """The axes in another order."""
    a = operand(a)
    order = tuple(axis_of(a, axis) for axis in lengths(dims, what="an axis"))
    if sorted(order) != list(range(len(a.shape))):
        raise fault("bad-axis", f"{order} is no order of the axes of {describe(a)}", help=["name each of them once"])
    return apply("transpose", (a,), axes=order)


def transpose(a: Any, dim0: int | None = None, dim1: int | None = None) -> Any:
    """Two axes exchanged; all in reverse order, if none are named."""
    if dim0 is None and dim1 is None:
        return apply("transpose", (a,))
    a = operand(a)
    order, first, second = list(range(len(a.shape))), axis_of(a, dim0), axis_of(a, dim1)
    order[first], order[second] = second, first
    return permute(a, order)


def expand(a: Any, *shape: Any) -> Any:
    """Repeated along axes of length 1; -1 leaves an axis as it is."""
    a, wanted = operand(a), lengths(shape, -1)
    if len(wanted) < len(a.shape):
        message = f"{describe(a)} has {len(a.shape)} axes, and cannot be repeated to {len(wanted)}"
        raise fault("bad-axis", message, help=["name every axis"])
    if -1 in wanted[: len(wanted) - len(a.shape)]:
        message = f"-1 leaves an axis of {describe(a)} as it is, and here it stands for a new one"
        raise fault("bad-axis", message, help=["say how long it is"])
    own = (*[1] * (len(wanted) - len(a.shape)), *a.shape)
    return apply("broadcast", (a,), shape=tuple(have if want == -1 else want for have, want in zip(own, wanted, strict=True)))


# -- by other names --------------------------------------------------------------------------------------------------------


def _spread(root: bool, input: Any, dim: Any, unbiased: bool, keepdim: bool, correction: float | None) -> Any:
    """The variance: divided by one less than there are, unless ``unbiased`` is False, or the ``correction`` another number.

    Its root is a norm, so that the gradient is 0, and no NaN, where all elements are equal.
    """
    fixed = _fixed({"dim": dim, "keepdim": keepdim}, input)
    middle = apply("mean", (input,), axis=fixed["axis"], keepdims=1)
    less = (1 if unbiased else 0) if correction is None else correction
    left = float(input.numel() // max(middle.numel(), 1) - less)
    divisor = left if left > 0 else float("nan")
    centred = input - middle
    if root:
        return apply("norm", (centred,), **fixed) / divisor**0.5
    return apply("sum", (apply("square", (centred,)),), **fixed) / divisor


def norm(input: Any, p: Any, dtype: Any, **fixed: Any) -> Any:
    """The p-th root of the sum of p-th powers of the magnitudes; the largest, or the smallest, of them for an infinite p."""
    a, fixed = input if dtype is None else input.to(dtype), _fixed(fixed, input)
    if isinstance(p, str) and p != "fro":
        raise fault("not-numbers", f"there is no norm {p!r} here", help=["give p as a number, or 'fro' for the usual one"])
    if isinstance(p, str) or number("p", p) == 2:
        return apply("norm", (a,), **fixed)
    if p == 0:
        return apply("sum", ((a != 0).to(a.dtype),), **fixed)
    sizes = apply("abs", (a,))
    if abs(p) == float("inf"):
        return apply("amax" if p > 0 else "amin", (sizes,), **fixed)
    if p == 1 or not a.numel():
        return apply("sum", (sizes,), **fixed)
    # the powers are of the shares of the largest, as they would under- or overflow; at 0 the slope is that of no power
    largest = apply("amax", (sizes.detach(),), axis=fixed["axis"], keepdims=1)
    largest = apply("where", ((largest == 0) | (largest == math.inf), 1.0, largest))
    total = apply("sum", ((sizes / largest) ** p,), **fixed)
    return apply("where", (total == 0, total, total ** (1.0 / p))) * reshape(largest, total.shape)


def diag(input: Any, diagonal: int) -> Any:
    """Of a matrix the diagonal so many places right of the main one; of a vector, a matrix with it there."""
    if not diagonal:
        return apply("diag", (input,))
    if input.ndim == 2:
        return apply("diag", (input[:, diagonal:] if diagonal > 0 else input[-diagonal:],))
    if diagonal < 0:
        return transpose(diag(input, -diagonal))
    square = apply("diag", (apply("concat", (input, [0.0] * diagonal)),))
    return apply("concat", (square[:, input.numel() :], square[:, : input.numel()]), axis=1)


def _some(truths: Any, fixed: dict[str, Any]) -> Any:
    """Whether some are true; along no axis, the truths themselves, as PyTorch has it."""
    if fixed["dim"] == ():
        return truths
    there, fixed = truths._boundary, _fixed(fixed, truths)
    found = apply("sum", (truths,), **fixed) > 0
    if there is not None:  # one that is true on both sides decides
        unsure, sure = (apply("sum", (new(each),), **fixed) > 0 for each in (there, truths._value & ~there))
        set_boundary(found, unsure._value & ~sure._value)
    return found


def _place(name: str) -> Method:
    """Where the largest or smallest element is; of several axes among all elements, row by row, if none is named."""

    def found(input: Any, dim: Any, keepdim: bool) -> Any:
        if dim is None and len(input.shape) > 1:
            place = apply(name, (reshape(input, -1),))
            return reshape(place, [1] * len(input.shape)) if keepdim else place
        return apply(name, (input,), **_fixed({"dim": dim, "keepdim": keepdim}, input))

    return _bound(name, found)


def equal(a: Any, b: Any) -> bool:
    """Whether two tensors have the same shape and the same numbers."""
    a, b = operand(a), operand(b)
    return bool(a.shape == b.shape and bool(tensors.array_of(a._value == b._value).all()))


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether no element is farther from the other than ``atol + rtol*abs(other)``."""
    a, b, least, share = operand(input), operand(other), number("atol", atol), number("rtol", rtol)
    apply("eq", (a, b))  # the shapes fit
    return bool(numpy_function("allclose")(a._value, b._value, share, least, flag("equal_nan", equal_nan)))


def contiguous(a: Any) -> Any:
    """Its elements one after the other in memory, row by row: itself where they are."""
    a = operand(a)
    return a if tensors.array_of(a._value).flags.c_contiguous else a.clone()


_MADE: dict[str, Method] = {
    "reshape": reshape, "view": view, "flatten": flatten, "ravel": flatten, "squeeze": squeeze, "unsqueeze": unsqueeze,
    "permute": permute, "transpose": transpose, "swapaxes": transpose, "t": lambda a: apply("transpose", (a,)),
    "expand": expand, "broadcast_to": expand, "expand_as": lambda a, b: expand(a, operand(b).shape),
    "view_as": lambda a, b: view(a, operand(b).shape), "reshape_as": lambda a, b: reshape(a, operand(b).shape),
    "max": _extreme("max"), "min": _extreme("min"),
    "argmax": _place("argmax"), "argmin": _place("argmin"), "norm": _bound("norm", norm), "diag": _bound("diag", diag),
    "var": _bound("var", partial(_spread, False)), "std": _bound("std", partial(_spread, True)),
    "addmm": _bound("addmm", _formula("addmm")), "isnan": lambda a: operand(a) != a, "contiguous": contiguous,
    "isfinite": lambda a: apply("abs", (a,)) < float("inf"), "equal": equal, "allclose": allclose,
    "any": _bound("any", lambda input, **fixed: _some(input != 0, fixed)),
    "all": _bound("all", lambda input, **fixed: ~_some(input == 0, fixed)),
}  # fmt: skip

@cache
def function(name: str) -> Method | None:
    """The function of that name on tensors; None if there is none."""
    made = _MADE.get(name)
    if made is None and (row := _row(name)):
        made = _of_row(name, row)
    if made is not None and "<" in made.__qualname__:
        made.__name__ = made.__qualname__ = name
    return made


def _row(name: str) -> str | None:
    """The row that a function is of."""
    found = _ROWS.get(name) or next((row.name for row in find_function(name)), None) or ARRAY_FUNCTIONS.get(name)
    return found if found in OPERATIONS or found in ARRAYS else None


# -- in place --------------------------------------------------------------------------------------------------------------


def in_place(row: str) -> Method:
    return lambda a, other: inplace.change(a, row, (other,))


def of_truths(row: str) -> Method:
    """An operator that is bit by bit for whole numbers elsewhere: here it is of yes and no alone."""

    def operation(*operands: Any) -> Any:
        if any(getattr(one, "dtype", type(one)) not in (tensors.BOOL, bool) for one in operands):
            help = ["compare first, as in (x > 0) & (y > 0)"]
            raise fault("not-numbers", "& | ^ ~ are of yes and no, not of numbers", help=help)
        return apply(row, operands)

    return operation


def _fill(a: Any, value: Any, name: str = "fill") -> Any:
    return inplace.put(a, Ellipsis, value, f"{name.capitalize()}Backward", f"{name}_()")


def _uniform(a: Any, low: float = 0.0, high: float = 1.0, generator: Any = None) -> Any:
    return _fill(a, new(tensors.random(source(generator), a.shape, a.dtype, low, high)), "uniform")


def _normal(a: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    drawn = tensors.random(source(generator), a.shape, a.dtype)
    return _fill(a, new(tensors.as_kind(drawn * std + mean, a.dtype)), "normal")


def _index_put(a: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    if not accumulate:
        return inplace.put(a, tuple(indices), values, "IndexPutBackward", "index_put_()")
    key = canonical_key(a, tuple(indices))
    added = apply("broadcast", (values,), shape=taken(a, key).shape).to(a.dtype)
    return inplace.change(a, "add", (IndexNode(None, a.shape, a.dtype, key).recorded_spread(added),))


_IN_PLACE: dict[str, Method] = {
    "fill_": lambda a, value: _fill(a, value), "zero_": lambda a: _fill(a, 0.0, "zero"),
    "copy_": lambda a, value: _fill(a, value, "copy"), "uniform_": _uniform, "normal_": _normal, "index_put_": _index_put,
}  # fmt: skip


@cache
def method(name: str) -> Method | None:
    """The method of that name; None if there is none."""
    if name.startswith("__") or name in ("where", "len", "shape", "stop_gradient_"):
        return None
    if name in _IN_PLACE:
        return _IN_PLACE[name]
    if name.endswith("_"):
        row = _row(name[:-1])
        return _of_row(name[:-1], row, in_place=True) if row in OPERATIONS else None
    return function(name)


def method_names() -> list[str]:
    """Every name of a method."""
    names = [name for name in function_names() if method(name) is not None]
    changes = [f"{name}_" for name in (*names, *_ROWS) if method(f"{name}_") is not None]
    return sorted({*names, *changes, *_IN_PLACE})


def no_method(name: str, what: str = "a tensor") -> str:
    return missing(f"{what} has no attribute {name!r}", name, [*FUNCTION_NAMES, *ARRAY_FUNCTIONS, *_MADE, *_ROWS])


def function_names() -> list[str]:
    """Every name of a function on tensors."""
    return sorted({*FUNCTION_NAMES, *_MADE, *_ROWS, *(name for name, row in ARRAY_FUNCTIONS.items() if row in ARRAYS)})
