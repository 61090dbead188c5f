"""Adjoints of which only some elements are present.

Behind a choice, or an index, the elements not taken do not depend on anything: they are 0 whatever infinity or NaN the rules
meet at them. Frameworks that forget this give NaN for the derivative of ``where(x > 0, sqrt(x), 0)`` at x = 0. A pass that
is recorded itself (``create_graph=True``), a change in place and a custom function do forget it: their adjoints are plain.
"""

from __future__ import annotations

from typing import Any

from diffcli.operations.arithmetic import arrays, tensors


class Partial:
    """An adjoint with a mask of the elements that are present: the others are 0."""

    __slots__ = ("value", "mask")

    def __init__(self, value: Any, mask: Any) -> None:
        self.value, self.mask = value, mask


def partial(value: Any, mask: Any) -> Any:
    """An adjoint whose elements under a mask are present; a plain one if all of them are."""
    return value if arrays.all_true(mask) else Partial(value, mask)


def masked(term: Any, mask: Any) -> Any:
    """A term whose other elements are 0. If all of it is finite they are that already, as 0 times a number is."""
    return term if arrays.all_finite(term) else tensors.plain(arrays.masked(mask, term))


def plain(adjoint: Any) -> Any:
    return adjoint.value if adjoint.__class__ is Partial else adjoint


def with_value(adjoint: Any, value: Any) -> Any:
    """An adjoint with other numbers for the same elements."""
    return Partial(value, adjoint.mask) if adjoint.__class__ is Partial else value


def in_kind(adjoint: Any, kind: Any) -> Any:
    """An adjoint in the kind of numbers of what it is of: a rule may compute in a wider one."""
    value = plain(adjoint)
    return adjoint if tensors.kind_of(value) is kind else with_value(adjoint, tensors.as_kind(value, kind))


def total(before: Any, term: Any, in_place: bool) -> Any:
    """The sum of two adjoints: what is present in either is present."""
    first, second = plain(before), plain(term)
    if in_place and tensors.kind_of(first) == tensors.kind_of(second):
        value = arrays.add_in_place(first, second)
    else:
        value = first + second
    if before.__class__ is Partial and term.__class__ is Partial:
        return partial(value, before.mask | term.mask)
    return value
