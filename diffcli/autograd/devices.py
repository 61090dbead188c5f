"""Where tensors are: on the CPU. PyTorch's names for it are understood, and other devices refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.autograd.graph.core import Core, known_kind
from diffcli.errors import fault


class device(str):
    """The device of tensors, by its name: the CPU. Another one is an error."""

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
