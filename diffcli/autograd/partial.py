"""Adjoints of which only some elements are present.

Behind a choice, or an index, the elements not taken do not depend on anything: they are 0 whatever infinity or NaN the rules
meet at them. Frameworks that forget this give NaN for the derivative of ``where(x > 0, sqrt(x), 0)`` at x = 0. A pass that
is recorded itself (``create_graph=True``), a change in place and a custom function do forget it: their adjoints are plain.

Which elements are present matters only where something is not finite: it is found when that is met.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.operations.arithmetic import arrays, tensors


class Mask:
    """Which elements are present, found when it is asked for; True if all are."""

    __slots__ = ("_find", "_found")

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find: Callable[[], Any] | None = find

    def __call__(self) -> Any:
        if self._find is not None:
            self._found, self._find = self._find(), None
        return self._found


class Partial:
    """An adjoint with a mask of the elements that are present: the others are 0."""

    __slots__ = ("value", "mask")

    def __init__(self, value: Any, mask: Mask) -> None:
        self.value, self.mask = value, mask


ABSENT_NUMBER = Partial(0.0, Mask(lambda: False))
"""The adjoint of a number that nothing depends on."""


def mask_of(adjoint: Any) -> Mask | None:
    return adjoint.mask if adjoint.__class__ is Partial else None


def both(mask: Mask | None, other: Mask) -> Mask:
    """The elements that are present under either of two masks."""
    return other if mask is None else Mask(lambda: mask() & other())


def masked(term: Any, mask: Mask) -> Any:
    """A term whose absent elements are 0. If all of it is finite they are that already, as 0 times a number is."""
    return term if arrays.all_finite(term) else tensors.plain(arrays.masked(mask(), term))


def plain(adjoint: Any) -> Any:
    return adjoint.value if adjoint.__class__ is Partial else adjoint


def with_value(adjoint: Any, value: Any) -> Any:
    """An adjoint with other numbers for the same elements."""
    return Partial(value, adjoint.mask) if adjoint.__class__ is Partial else value


def in_kind(adjoint: Any, kind: Any) -> Any:
    return with_value(adjoint, tensors.as_kind(plain(adjoint), kind))


def total(before: Any, term: Any, in_place: bool) -> Any:
    """The sum of two adjoints: what is present in either is present."""
    first, second = plain(before), plain(term)
    if in_place and tensors.kind_of(first) == tensors.kind_of(second):
        value = arrays.add_in_place(first, second)
    else:
        value = first + second
    one, other = mask_of(before), mask_of(term)
    if one is None or other is None:
        return value
    return Partial(value, Mask(lambda: one() | other()))
