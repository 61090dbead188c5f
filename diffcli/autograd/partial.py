"""Adjoints of which only some elements are there.

Behind a choice, or an index, the elements not taken do not depend on anything: they are 0 whatever infinity or NaN the rules
meet at them. Frameworks that forget this give NaN for the derivative of ``where(x > 0, sqrt(x), 0)`` at x = 0. A pass that
is recorded itself (``create_graph=True``), a change in place and a custom function do forget it: their adjoints are plain.
"""

from __future__ import annotations

from typing import Any

from diffcli.operations.arithmetic import arrays, tensors


class Partial:
    """An adjoint with the elements that are there: the others are 0."""

    __slots__ = ("value", "there")

    def __init__(self, value: Any, there: Any) -> None:
        self.value, self.there = value, there


def partial(value: Any, there: Any) -> Any:
    """An adjoint of which the elements for which ``there`` holds are there; a plain one if all of them are."""
    return value if arrays.all_true(there) else Partial(value, there)


def only(term: Any, there: Any) -> Any:
    """A term whose other elements are 0. If all of it is finite they are that already, as 0 times a number is."""
    return term if arrays.all_finite(term) else tensors.plain(arrays.only(there, term))


def plain(adjoint: Any) -> Any:
    return adjoint.value if adjoint.__class__ is Partial else adjoint


def with_value(adjoint: Any, value: Any) -> Any:
    """An adjoint with other numbers for the same elements."""
    return Partial(value, adjoint.there) if adjoint.__class__ is Partial else value


def total(before: Any, term: Any, in_place: bool) -> Any:
    """The sum of two adjoints: what is there in either is there."""
    first, second = plain(before), plain(term)
    if in_place and tensors.kind_of(first) == tensors.kind_of(second):
        value = arrays.add_in_place(first, second)
    else:
        value = first + second
    if before.__class__ is Partial and term.__class__ is Partial:
        return partial(value, before.there | term.there)
    return value
