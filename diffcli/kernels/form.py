"""In which form the results of a tape are handed back: nested tuples of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from math import prod
from operator import itemgetter
from typing import Any, TypeAlias

from diffcli.kernels.backends import Layout
from diffcli.tape.tape import Shape

Form: TypeAlias = "Shape | list[Form]"
"""The shape of a result, ``()`` for a number; or a list of forms, which is handed back as a tuple. The elements of all results
stand one after another on the tape."""


def paired(form: Form, found: Any) -> list[tuple[Shape, Any]]:
    """The shapes in a form, from left to right, with what was found for them.

    >>> paired([(), [(2,), ()]], (1.0, ([2.0, 3.0], 4.0)))
    [((), 1.0), ((2,), [2.0, 3.0]), ((), 4.0)]
    """
    if isinstance(form, tuple):
        return [(form, found)]
    return [pair for part, each in zip(form, found, strict=True) for pair in paired(part, each)]


def shapes_in(form: Form) -> list[Shape]:
    return [shape for shape, _ in paired(form, form)]


def picker(form: Form) -> Callable[[Sequence[Any]], Any]:
    """What makes the tuples of a form from a list of all results.

    >>> picker([(), [(), ()]])("abc")
    ('a', ('b', 'c'))
    """
    places = count()

    def made(part: Form) -> Callable[[Sequence[Any]], Any]:
        if isinstance(part, tuple):
            return itemgetter(next(places))
        if len(part) > 1 and all(isinstance(each, tuple) for each in part):
            return itemgetter(*[next(places) for _ in part])
        picks = [made(each) for each in part]
        return lambda values: tuple([pick(values) for pick in picks])

    return made(form)


def layout_of(form: Form) -> Layout:
    """What a back end is asked for one point: the form itself where all of it is numbers, else its numbers in a row."""
    shapes = shapes_in(form)
    places = tuple(range(sum(map(prod, shapes))))
    return places if any(shapes) else picker(form)(places)
