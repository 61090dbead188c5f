"""What a kernel is made of, and in which form it hands back results: nested tuples of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from math import prod
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.kernels.backends import Layout
from diffcli.methods.compiled.ways import Way
from diffcli.tape.tape import Shape

Form: TypeAlias = "Shape | list[Form]"
"""The shape of a result, ``()`` for a number; or a list of forms, which is handed back as a tuple. The elements of all results
stand one after another on the tape."""


class Made(NamedTuple):
    """A program that is compiled."""

    names: tuple[str, ...]
    """The names of the arguments."""
    shapes: tuple[Shape, ...]
    """The shape of each for one point."""
    batch: frozenset[str]
    """Those that may have axes of points before their own."""
    form: Form
    runner: Any
    """What runs a tape of numbers, a `Runner`, for so many points; None where the tape has arrays."""
    evaluate: Any
    """What computes one point of a tape with arrays: a list of its results; or None."""
    ways: Sequence[Way]
    """The ways that points take, of which each has its mark; none on a tape with arrays."""
    ask: Callable[[Sequence[float]], Iterable[Diagnostic]]
    """What the interpreter says of a point: its notes, or an error."""
    make: Callable[[Any], Any]
    asked: Any
    """What it is made from, by ``make``: the two together are its pickle."""
    lower: Callable[[int], Any]
    """The kernel of another order, of the same recording."""


def paired(form: Form, found: Any) -> list[tuple[Shape, Any]]:
    """The shapes in a form, from left to right, with what was found for them.

    >>> paired([(), [(2,), ()]], (1.0, ([2.0, 3.0], 4.0)))
    [((), 1.0), ((2,), [2.0, 3.0]), ((), 4.0)]
    """
    if isinstance(form, tuple):
        return [(form, found)]
    pairs: list[tuple[Shape, Any]] = []
    for part, each in zip(form, found, strict=True):
        if isinstance(part, tuple):
            pairs.append((part, each))
        else:
            pairs += paired(part, each)
    return pairs


def shapes_in(form: Form) -> list[Shape]:
    return [shape for shape, _ in paired(form, form)]


def numbered(form: Form, places: Iterator[int]) -> Layout:
    """A form with the place of each result in it.

    >>> numbered([(), [(), (2,)]], count())
    (0, (1, 2))
    """
    return next(places) if isinstance(form, tuple) else tuple([numbered(part, places) for part in form])


def layout_of(form: Form) -> Layout:
    """What a back end is asked for one point: the form itself where all of it is numbers, else its numbers in a row."""
    shapes = shapes_in(form)
    return tuple(range(sum(map(prod, shapes)))) if any(shapes) else numbered(form, count())
