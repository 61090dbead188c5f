"""The methods and functions of tensors: every operation of the tables under each of its names, and PyTorch's other names.

A function of ``diffcli.autograd`` and the method of a tensor are one: ``softmax(x, dim=-1)`` is ``x.softmax(dim=-1)``.
``dim`` and ``keepdim`` are ``axis`` and ``keepdims``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from diffcli.autograd import inplace
from diffcli.autograd.generator import source
from diffcli.autograd.graph.apply import apply, unary
from diffcli.autograd.graph.core import Core, describe, new
from diffcli.errors import fault, nearest
from diffcli.operations import ARRAY_FUNCTIONS, FUNCTION_NAMES, OPERATIONS, REDUCED, find_function
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import size
from diffcli.operations.arrays import ARRAYS

Method = Callable[..., Any]

_SYMBOLS = {
    **{name: name for name in ("add", "sub", "mul", "div", "neg", "square", "lt", "le", "gt", "ge", "eq", "ne")},
    "logical_and": "and", "logical_or": "or", "logical_not": "not", "subtract": "sub", "multiply": "mul", "divide": "div",
    "true_divide": "div", "negative": "neg",
}  # fmt: skip
"""Operations whose names in the table are those of operators, as functions."""


def fixed_options(options: dict[str, Any]) -> dict[str, Any]:
    """``dim`` and ``keepdim`` under the names of the tables."""
    for ours, theirs in (("axis", "dim"), ("keepdims", "keepdim")):
        if theirs in options:
            options = {ours: options.pop(theirs)} | options
    if "keepdims" in options:
        options["keepdims"] = int(options["keepdims"])
    axis = options.get("axis")
    if axis is not None:
        options["axis"] = tuple(map(int, axis)) if isinstance(axis, list | tuple) else int(axis)
    return options


def _elementwise(spelled: str) -> Method:
    rows = find_function(spelled)
    if len(rows) == 1 and rows[0].arity == (1, 1):
        return unary(rows[0].name)

    def call(*operands: Any, **options: Any) -> Any:
        if spelled in REDUCED and (options or len(operands) == 1 or (len(operands) == 2 and type(operands[1]) is int)):
            return _of_array(REDUCED[spelled])(*operands, **options)
        for row in rows:
            least, most = row.arity
            if least <= len(operands) and (most is None or len(operands) <= most):
                missing = 0 if row.variadic else len(row.operands) - len(operands)
                return apply(row.name, (*operands, *row.defaults[len(row.defaults) - missing :][:missing]), **options)
        ways = " or ".join(f"{spelled}({', '.join(row.operands)})" for row in rows)
        raise TypeError(f"{spelled}() takes other arguments than {len(operands)}: {ways}")

    return call


def _of_array(name: str) -> Method:
    row = ARRAYS[name]
    known = [text.partition("=")[0] for text in row.fixed]
    count = -1 if row.variadic or len(row.defaults) < len(known) else len(row.operands)

    def call(*operands: Any, **options: Any) -> Any:
        if not options and len(operands) == count:
            return apply(name, operands)
        options = fixed_options(options)
        if row.variadic:
            if len(operands) <= 2 and isinstance(operands[0], list | tuple):
                options |= fixed_options(dict(zip(known, operands[1:], strict=False)))
                operands = tuple(operands[0])
        elif len(operands) > len(row.operands):
            options = fixed_options(dict(zip(known, operands[len(row.operands) :], strict=False))) | options
            operands = operands[: len(row.operands)]
        if unknown := [option for option in options if option not in known or option == "backwards"]:
            raise TypeError(f"{row.spelling}() has no argument {unknown[0]!r}")
        if len(operands) < len(row.operands) and not row.variadic:
            raise TypeError(f"{row.spelling}() needs {len(row.operands)} operands: {', '.join(row.operands)}")
        return apply(name, operands, **options)

    return call


# -- shapes ----------------------------------------------------------------------------------------------------------------


def lengths(given: tuple[Any, ...]) -> tuple[int, ...]:
    """A shape that is given as numbers, or as one sequence of them."""
    whole = len(given) == 1 and isinstance(given[0], Iterable) and not isinstance(given[0], Core)
    return tuple(map(int, given[0] if whole else given))


def _axis(a: Any, dim: int, more: int = 0) -> int:
    """An axis, counted from the front, of a tensor that has ``more`` of them afterwards."""
    count = len(a.shape) + more
    if not -count <= dim < count:
        help = [f"they go from {-count} to {count - 1}"] if count else []
        raise fault("bad-axis", f"there is no axis {dim} of {describe(a)}", help=help)
    return dim % count


def reshape(a: Any, *shape: Any) -> Any:
    return apply("reshape", (a,), shape=lengths(shape))


def view(a: Any, *shape: Any) -> Any:
    """The same memory in another shape.

    Raises
    ------
    AutogradError
        Its elements do not stand in memory in that order: then `reshape` makes a copy.
    """
    made = reshape(a, *shape)
    if made._base is None and made.shape and a.shape:
        raise fault(
            "not-a-view", f"{describe(a)} has no view of that shape in its memory", help=["use reshape(), which copies then"]
        )
    return made


def flatten(a: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from one to another as one."""
    count = len(a.shape)
    if not count:
        return reshape(a, 1)
    first, last = _axis(a, start_dim), _axis(a, end_dim)
    return a if first == last else reshape(a, *a.shape[:first], size(a.shape[first : last + 1]), *a.shape[last + 1 :])


def squeeze(a: Any, dim: int | None = None) -> Any:
    """Without axes of length 1."""
    if dim is None:
        return reshape(a, [length for length in a.shape if length != 1])
    place = _axis(a, dim)
    return reshape(a, [length for axis, length in enumerate(a.shape) if axis != place or length != 1])


def unsqueeze(a: Any, dim: int) -> Any:
    """With one more axis, of length 1."""
    place = _axis(a, dim, more=1)
    return reshape(a, [*a.shape[:place], 1, *a.shape[place:]])


def permute(a: Any, *dims: Any) -> Any:
    """The axes in another order."""
    return apply("transpose", (a,), axes=tuple(_axis(a, axis) for axis in lengths(dims)))


def transpose(a: Any, dim0: int | None = None, dim1: int | None = None) -> Any:
    """Two axes exchanged; all in reverse order, if none are named."""
    if dim0 is None or dim1 is None:
        return apply("transpose", (a,))
    order, first, second = list(range(len(a.shape))), _axis(a, dim0), _axis(a, dim1)
    order[first], order[second] = second, first
    return permute(a, order)


def expand(a: Any, *shape: Any) -> Any:
    """Repeated along axes of length 1; -1 leaves an axis as it is."""
    wanted = lengths(shape)
    if len(wanted) < len(a.shape):
        message = f"{describe(a)} has {len(a.shape)} axes, and cannot be repeated to {len(wanted)}"
        raise fault("bad-axis", message, help=["name every axis"])
    own = (*[1] * (len(wanted) - len(a.shape)), *a.shape)
    return apply("broadcast", (a,), shape=tuple(have if want == -1 else want for have, want in zip(own, wanted, strict=True)))


# -- by other names --------------------------------------------------------------------------------------------------------


def var(a: Any, *given: Any, **options: Any) -> Any:
    """The variance: divided by one less than there are, unless ``unbiased`` is False."""
    centred, fixed, freedom = _centred(a, *given, **options)
    return apply("sum", (apply("square", (centred,)),), **fixed) / freedom


def std(a: Any, *given: Any, **options: Any) -> Any:
    """The standard deviation: a norm, so that its gradient is 0, and no NaN, where all elements are equal."""
    centred, fixed, freedom = _centred(a, *given, **options)
    return apply("norm", (centred,), **fixed) / freedom**0.5


def _centred(
    a: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, correction: int | None = None, **options: Any
) -> tuple[Any, dict[str, Any], float]:
    """The distances to the mean, the axes, and by what their squares are divided; NaN where there are too few."""
    fixed = fixed_options({"dim": dim, "keepdim": keepdim} | options)
    if unknown := [option for option in fixed if option not in ("axis", "keepdims")]:
        raise TypeError(f"a variance has no argument {unknown[0]!r}")
    middle = apply("mean", (a,), axis=fixed["axis"], keepdims=1)
    less = (1 if unbiased else 0) if correction is None else correction
    freedom = float(a.numel() // max(middle.numel(), 1) - less)
    return a - middle, fixed, freedom if freedom > 0 else float("nan")


def clamp(a: Any, min: Any = None, max: Any = None) -> Any:
    """Between two bounds, either of which may be left out."""
    return apply("clip", (a, *_bounds(min, max)))


def _bounds(low: Any, high: Any) -> tuple[Any, Any]:
    """Both bounds, where one may be left out."""
    if low is None and high is None:
        raise fault("not-numbers", "clamp needs a bound: min, max or both")
    return float("-inf") if low is None else low, float("inf") if high is None else high


def _truth(name: str) -> Method:
    """Whether any element, or all, are not 0."""
    return lambda a, dim=None, keepdim=False: new(tensors.truth_of(name, a._value, dim, keepdim))


def equal(a: Any, b: Any) -> bool:
    """Whether two tensors have the same shape and the same numbers."""
    return bool(a.shape == b.shape and bool(tensors.array_of(a._value == b._value).all()))


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8) -> bool:
    """Whether no element is farther from the other than ``atol + rtol*abs(b)``."""
    return tensors.close(a._value, b._value, rtol, atol)


_MADE: dict[str, Method] = {
    "reshape": reshape, "view": view, "flatten": flatten, "ravel": flatten, "squeeze": squeeze, "unsqueeze": unsqueeze,
    "permute": permute, "transpose": transpose, "swapaxes": transpose, "t": lambda a: apply("transpose", (a,)), "expand": expand,
    "broadcast_to": expand, "expand_as": lambda a, b: expand(a, b.shape), "view_as": lambda a, b: view(a, b.shape),
    "reshape_as": lambda a, b: reshape(a, b.shape),
    "var": var, "std": std, "clamp": clamp, "isnan": lambda a: a != a, "isfinite": lambda a: apply("abs", (a,)) < float("inf"),
    "equal": equal, "allclose": allclose, "any": _truth("any"), "all": _truth("all"), "contiguous": lambda a: a,
    "addmm": lambda a, b, c: a + apply("matmul", (b, c)),
    "where": lambda condition, a, b: apply("where", (condition, a, b)),
}  # fmt: skip

_NAMES = {
    "mm": "matmul", "mv": "matmul", "bmm": "matmul", "arctan2": "atan2", "logical_xor": "ne", "expit": "sigmoid",
}  # fmt: skip
"""Other names for functions."""


@cache
def function(name: str) -> Method | None:
    """The function of that name on tensors; None if there is none."""
    name = _NAMES.get(name, name)
    if name in _MADE:
        return _MADE[name]
    if name in _SYMBOLS:
        row = _SYMBOLS[name]
        made: Method = lambda *operands: apply(row, operands)
    elif find_function(name):
        made = _elementwise(name)
    elif name in ARRAY_FUNCTIONS and ARRAY_FUNCTIONS[name] in ARRAYS:
        made = _of_array(ARRAY_FUNCTIONS[name])
    else:
        return None
    made.__name__ = made.__qualname__ = name
    return made


# -- in place --------------------------------------------------------------------------------------------------------------


def in_place(row: str) -> Method:
    return lambda a, *others: inplace.change(a, row, others)


def _fill(a: Any, value: Any, name: str = "fill") -> Any:
    return inplace.put(a, Ellipsis, value, f"{name.capitalize()}Backward", f"{name}_()")


def _uniform(a: Any, low: float = 0.0, high: float = 1.0, generator: Any = None) -> Any:
    return _fill(a, new(tensors.random(source(generator), a.shape, a.dtype, low, high)), "uniform")


def _normal(a: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    drawn = tensors.random(source(generator), a.shape, a.dtype)
    return _fill(a, new(tensors.as_kind(drawn * std + mean, a.dtype)), "normal")


_IN_PLACE: dict[str, Method] = {
    "clamp_": lambda a, min=None, max=None: inplace.change(a, "clip", _bounds(min, max)),
    "fill_": lambda a, value: _fill(a, value), "zero_": lambda a: _fill(a, 0.0, "zero"),
    "copy_": lambda a, value: _fill(a, value, "copy"), "uniform_": _uniform, "normal_": _normal,
}  # fmt: skip


@cache
def method(name: str) -> Method | None:
    """The method of that name; None if there is none."""
    if name.startswith("__") or name in ("where", "len", "shape"):
        return None
    if name in _IN_PLACE:
        return _IN_PLACE[name]
    if name.endswith("_"):
        bare = _NAMES.get(name[:-1], name[:-1])
        row = _SYMBOLS.get(bare) or next((row.name for row in find_function(bare)), None)
        return in_place(row) if row in OPERATIONS else None
    return function(name)


def method_names() -> list[str]:
    """Every name of a method."""
    names = [name for name in function_names() if method(name) is not None]
    changes = [f"{name}_" for name in (*names, *_SYMBOLS) if method(f"{name}_") is not None]
    return sorted({*names, *changes, *_IN_PLACE})


def no_method(name: str) -> str:
    near = nearest(name, [*FUNCTION_NAMES, *ARRAY_FUNCTIONS, *_MADE, *_SYMBOLS])
    return f"a tensor has no attribute {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def function_names() -> list[str]:
    """Every name of a function on tensors."""
    return sorted(
        {*FUNCTION_NAMES, *_MADE, *_SYMBOLS, *_NAMES, *(name for name in ARRAY_FUNCTIONS if ARRAY_FUNCTIONS[name] in ARRAYS)}
    )
