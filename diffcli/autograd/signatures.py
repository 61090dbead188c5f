"""What functions of tensors are called with, under PyTorch's names: no argument is dropped, and none is taken for another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import index as as_index
from typing import Any

from diffcli.autograd.graph.core import Core, describe, known_kind
from diffcli.errors import counted, did_you_mean, fault

SIGNATURES: dict[str, tuple[str, str]] = {
    name: text.partition(" : ")[::2]
    for names, text in {
        "relu relu6 silu swish": "input inplace=False",
        "leaky_relu": "input negative_slope=0.01 inplace=False",
        "elu": "input alpha=1.0 inplace=False",
        "hardtanh": "input min_val=-1.0 max_val=1.0 inplace=False : clip(input, min_val, max_val)",
        "softplus": "input beta=1.0 threshold=20.0 : where(beta*input > threshold, input, softplus(beta*input)/beta)",
        "gelu": "input * approximate=none : input/2*(1 + tanh(sqrt(2/pi)*(input + 0.044715*input^3)))",
        "add": "input other * alpha=1 : input + alpha*other",
        "sub subtract": "input other * alpha=1 : input - alpha*other",
        "addmm": "input mat1 mat2 * beta=1 alpha=1 : beta*input + alpha*(mat1 @ mat2)",
        "log": "input base=None : log(input, base)",
        "clip clamp": "input min=-inf max=inf",
        "where": "condition input other",
        "logical_and": "input other : (input != 0) and (other != 0)",
        "logical_or": "input other : (input != 0) or (other != 0)",
        "logical_xor": "input other : (input != 0) != (other != 0)",
        "logical_not": "input : input == 0",
        "pow": "input exponent",
        "maximum minimum": "input other",
        "fmax": "input other : where(input == input and other == other, max(input, other), where(input == input, input, other))",
        "fmin": "input other : where(input == input and other == other, min(input, other), where(input == input, input, other))",
        "softmax log_softmax": "input dim=-1 * dtype=None",
        "sum mean average prod": "input dim=None keepdim=False * dtype=None",
        "amax amin argmax argmin logsumexp any all": "input dim=None keepdim=False",
        "norm": "input p=2 dim=None keepdim=False dtype=None",
        "var std": "input dim=None unbiased=True keepdim=False * correction=None",
        "max min": "input dim keepdim=False",
        "cumsum": "input dim=None * dtype=None",
        "cat concat concatenate stack": "tensors dim=0",
        "diag": "input diagonal=0",
    }.items()
    for name in names.split()
}  # fmt: skip
"""The arguments of functions, where they are others than operands: what stands behind ``*`` is given by name alone. And what the
function comes to when one of them is given that its row does not have, as a text in diffcli's language."""

_OTHER_NAMES = {"axis": "dim", "keepdims": "keepdim", "offset": "diagonal"}
_WAYS = {
    "out": "use copy_() to write the result into a tensor", "ddof": "use correction", "device": "all tensors are on the CPU",
    "rounding_mode": "use floor() or trunc() of the quotient",
}  # fmt: skip
"""The way round what another library has and this one has not."""


MISSING = object()
"""In the place of an argument that has no default."""


class Signature:
    """The arguments of a function: ``"input dim=None * dtype=None"``."""

    def __init__(self, function: str, text: str) -> None:
        parts = [part.partition("=") for part in text.replace("*", "").split()]
        self.function, self.names = function, [name for name, _, _ in parts]
        self.places = len(text.partition("*")[0].split())
        """How many may be given by their places."""
        self.template = {name: _default(value) if sign else MISSING for name, sign, value in parts}
        self.least = list(self.template.values()).count(MISSING)
        self.readers = {one: reader for one, default in self.template.items() if (reader := _reader(one, default)) is not None}

    def bound(self, given: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument by its name, in order; None is what is not given.

        >>> Signature("sum", SIGNATURES["sum"][0]).bound([1.0], {"axis": 0})
        {'input': 1.0, 'dim': 0, 'keepdim': False, 'dtype': None}
        """
        if len(given) > self.places:
            raise TypeError(f"{self.function}() takes {counted(self.places, 'argument')} by place, and has got {len(given)}")
        bound = dict(self.template)
        for name, value in zip(self.names, given, strict=False):
            bound[name] = value
        for key, value in options.items():
            name = key if key in bound else _OTHER_NAMES.get(key, key)
            if name not in bound:
                help = _WAYS.get(key) or " ".join(did_you_mean(key, self.names)) or f"it has {', '.join(self.names)}"
                raise TypeError(f"{self.function}() has no argument {key!r}: {help}")
            if name in self.names[: len(given)]:
                raise TypeError(f"{self.function}() has got its argument {name!r} twice")
            bound[name] = value
        for name, value in bound.items():
            if value is None or value is MISSING:
                bound[name] = self.template[name]
                if bound[name] is MISSING:
                    raise TypeError(f"{self.function}() lacks its argument {name!r}")
            elif name in self.readers:
                bound[name] = self.readers[name](value)
        return bound


# -- what a setting may be -------------------------------------------------------------------------------------------------


def whole(what: str, given: Any, least: int | None = None) -> int:
    """A whole number, as an axis, a length and a count are; True and False are none."""
    try:
        if not isinstance(given, bool) and (least is None or least <= as_index(given) < 2**63):
            return as_index(given)
    except TypeError:
        pass
    bounds = "" if least is None else f" from {least} to 2^63 - 1"
    raise fault("bad-axis", f"{what} is a whole number{bounds}, not {given!r}")


def axes(what: str, given: Any) -> Any:
    """An axis, or several."""
    return tuple([whole(what, one) for one in given]) if isinstance(given, list | tuple) else whole(what, given)


def lengths(given: Sequence[Any], least: int | None = None, what: str = "a length") -> tuple[int, ...]:
    """A shape that is given as numbers, or as one sequence of them."""
    if len(given) == 1 and isinstance(given[0], Iterable) and not isinstance(given[0], Core) and getattr(given[0], "shape", True):
        given = tuple(given[0])
    return tuple([whole(what, one, least) for one in given])


def axis_of(a: Any, dim: Any, more: int = 0) -> int:
    """An axis, counted from the front, of a tensor that has ``more`` of them afterwards."""
    count, dim = len(a.shape) + more, whole("an axis", dim)
    if not -count <= dim < count:
        help = [f"they go from {-count} to {count - 1}"] if count else []
        raise fault("bad-axis", f"there is no axis {dim} of {describe(a)}", help=help)
    return int(dim % count)


def flag(what: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise fault("not-numbers", f"{what} is True or False, not {given!r}")
    return given


def number(what: str, given: Any) -> Any:
    """A number of Python's, or what is one."""
    if isinstance(given, int | float) or (hasattr(given, "dtype") and not given.shape and given.dtype.kind in "fiub"):
        return given
    raise fault("not-numbers", f"{what} is a number, not {given!r}")


def _reader(name: str, default: Any) -> Callable[[Any], Any] | None:
    """What reads an argument that is no operand."""
    reader = flag if isinstance(default, bool) else _READERS.get(name)
    return reader and partial(whole if name == "dim" and default == 0 else reader, name)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "dim": axes, "shape": axes, "diagonal": whole,
    **dict.fromkeys(("alpha", "beta", "threshold", "min_val", "max_val", "correction"), number),
}  # fmt: skip


def _default(text: str) -> Any:
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return {"None": None, "False": False, "True": True}.get(text, text)


# -- kinds and devices -----------------------------------------------------------------------------------------------------


class device(str):
    """The device of tensors, by PyTorch's name for it: the CPU. Another one is an error."""

    type = "cpu"

    def __new__(cls, name: Any = None) -> device:
        if name not in (None, "cpu", "cpu:0"):
            raise fault("no-device", f"there is no device {name!r} here: diffcli computes on the CPU", help=["write 'cpu'"])
        return super().__new__(cls, "cpu")


def wanted_kind(given: Sequence[Any], dtype: Any, place: Any) -> Any:
    """The kind of numbers among what ``to`` is given, kinds, devices, or tensors that have both; None if it stays as it is."""
    device(place)
    for one in given:
        if isinstance(one, str) and one.partition(":")[0] in ("cpu", "cuda", "mps", "xpu", "meta"):
            device(one)
        elif one is not None:
            kind = one.dtype if isinstance(one, Core) else one  # type: ignore[attr-defined]
            if dtype is not None:
                raise TypeError(f"to() is given two kinds of numbers, {dtype} and {kind}")
            dtype = kind
    return None if dtype is None else known_kind(dtype)
