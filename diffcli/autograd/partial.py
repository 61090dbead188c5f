"""Adjoints of which only some elements are present.

Behind a choice, or an index, the elements not taken do not depend on anything: they are 0 whatever infinity or NaN the rules
meet at them. Frameworks that forget this give NaN for the derivative of ``where(x > 0, sqrt(x), 0)`` at x = 0. A pass that
is recorded itself (``create_graph=True``), a change in place and a custom function do forget it: their adjoints are plain.

Which elements are present matters only where something is not finite: it is found when that is met.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import or_
from typing import Any

from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import Shape
from diffcli.tape.running.strong_zero import IN_ARRAYS


class Mask:
    """Which elements are present, found when it is asked for; True if all are.

    It is a ``step`` from the masks before it, where None stands for all elements. They may be as many as the graph is deep, so
    that they are found without recursion.
    """

    __slots__ = ("_step", "_before", "_found")
    _found: Any

    def __init__(self, step: Callable[..., Any], *before: Mask | None) -> None:
        self._step: Callable[..., Any] | None = step
        self._before = before

    def __call__(self) -> Any:
        waiting = [self]
        while waiting:
            mask = waiting[-1]
            unknown = [one for one in mask._before if one is not None and one._step is not None]
            waiting += unknown
            if not unknown:
                waiting.pop()
                if mask._step is not None:
                    mask._found = mask._step(*[one is None or one._found for one in mask._before])
                    mask._step, mask._before = None, ()
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


def fitted(adjoint: Any, whole: Shape, shape: Shape) -> Any:
    """An adjoint in the shape of an operand, which is repeated to that of the result."""
    value, mask = tensors.plain(IN_ARRAYS.summed(plain(adjoint), whole, shape)), mask_of(adjoint)
    return value if mask is None else Partial(value, Mask(lambda there: IN_ARRAYS.summed_mask(there, whole, shape), mask))


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
    return Partial(value, Mask(or_, one, other))
