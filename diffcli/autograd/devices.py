"""Where tensors are: on the CPU, the only device there is. PyTorch's names for it are understood, and others refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.autograd.graph.core import Core, known_kind
from diffcli.errors import fault

OTHERS = ("cuda", "mps", "xpu", "xla", "hpu", "meta", "mtia", "vulkan", "privateuseone")
"""Devices that PyTorch may have, and diffcli has not."""


class device:
    """The device of tensors, by its name: the CPU.

    Raises
    ------
    AutogradError
        It is another one.

    >>> from diffcli.autograd.devices import device
    >>> device("cpu"), device("cpu") == device("cpu:0")
    (device(type='cpu'), True)
    """

    type, index = "cpu", None

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, device) or type in ("cpu", "cpu:0"):
            return
        if not isinstance(type, str):
            raise fault("no-device", f"a device is named by a text, and `{type!r}` is none", help=["write 'cpu'"])
        raise fault("no-device", f"there is no device {type!r} here: diffcli computes on the CPU", help=["use device='cpu'"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash(self.type)

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __str__(self) -> str:
        return self.type


CPU = device()


def check_device(given: Any) -> None:
    """Refuse what is no CPU; None is where tensors are anyway."""
    if given is not None:
        device(given)


def wanted_kind(given: Sequence[Any], dtype: Any = None) -> Any:
    """The kind of numbers among what ``to`` is given: a kind, a device, or a tensor that has both; None if it stays.

    Raises
    ------
    AutogradError
        The device is not the CPU, or no tensor holds that kind.
    """
    for one in given:
        if isinstance(one, Core):
            dtype = one.dtype  # type: ignore[attr-defined]
        elif isinstance(one, device) or (isinstance(one, str) and one.partition(":")[0] in ("cpu", *OTHERS)):
            check_device(one)
        elif one is not None and not isinstance(one, bool):
            dtype = one
    return None if dtype is None else known_kind(dtype)
