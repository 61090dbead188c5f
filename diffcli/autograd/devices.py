"""Where tensors are: on the CPU. PyTorch's names for it are understood, and other devices refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.autograd.graph.core import Core, known_kind
from diffcli.errors import fault

NAMES = ("cpu", "cuda", "mps", "xpu", "xla", "hpu", "meta", "mtia")
"""The CPU, and what else PyTorch may compute on."""


class device(str):
    """The device of tensors, by its name: the CPU. Another one is an error.

    >>> device("cpu:0"), device("cpu").type
    (device(type='cpu'), 'cpu')
    """

    index = None  # type: ignore[assignment]

    def __new__(cls, name: Any = "cpu") -> device:
        if name not in ("cpu", "cpu:0"):
            raise fault("no-device", f"there is no device {name!r} here: diffcli computes on the CPU", help=["write 'cpu'"])
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return "device(type='cpu')"


def wanted_kind(given: Sequence[Any], dtype: Any, place: Any) -> Any:
    """The kind of numbers among what ``to`` is given, kinds, devices, or tensors that have both; None if it stays as it is."""
    device(place or "cpu")
    for one in given:
        if isinstance(one, str) and one.partition(":")[0] in NAMES:
            device(one)
        elif one is not None:
            dtype = one.dtype if isinstance(one, Core) else one  # type: ignore[attr-defined]
    return None if dtype is None else known_kind(dtype)
