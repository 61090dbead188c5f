"""In which form the results of a tape are handed back: nested tuples of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from operator import itemgetter
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.kernels.backends import Layout
from diffcli.tape.tape import Shape


class Leaf(NamedTuple):
    """A number, or an array whose elements are results of a tape that stand one after another from ``first`` on."""

    first: int
    shape: Shape = ()


Form: TypeAlias = "Leaf | list[Form]"
"""A leaf, or a list of forms: what is handed back as a tuple."""


def parts(form: Form) -> list[Form]:
    """The forms in a list of them."""
    assert not isinstance(form, Leaf)
    return form


def leaves(form: Form) -> Iterator[Leaf]:
    """The leaves of a form from left to right.

    >>> [leaf.first for leaf in leaves([Leaf(0), [Leaf(1), Leaf(2)]])]
    [0, 1, 2]
    """
    if isinstance(form, Leaf):
        yield form
    else:
        for part in form:
            yield from leaves(part)


def filled(form: Form, value: Callable[[Leaf], Any]) -> Any:
    """The tuples of a form with a value for each leaf.

    >>> filled([Leaf(0), [Leaf(1), Leaf(2)]], lambda leaf: leaf.first * 10)
    (0, (10, 20))
    """
    return value(form) if isinstance(form, Leaf) else tuple([filled(part, value) for part in form])


def picker(form: Form) -> Callable[[Sequence[Any]], Any] | None:
    """What makes the tuples of a form from a list with a value for each number; None where there are arrays in it.

    >>> picker([Leaf(0), [Leaf(1), Leaf(2)]])("abc")
    ('a', ('b', 'c'))
    """
    if isinstance(form, Leaf):
        return None if form.shape else itemgetter(form.first)
    if len(form) > 1 and all(isinstance(part, Leaf) and not part.shape for part in form):
        return itemgetter(*[leaf.first for leaf in leaves(form)])
    pickers = [picker(part) for part in form]
    return None if None in pickers else lambda values: tuple([pick(values) for pick in pickers if pick])


def layout_of(form: Form) -> Layout:
    """What a back end is asked for one point: the form itself where all of it is numbers, else its numbers in a row."""
    if all(not leaf.shape for leaf in leaves(form)):
        return filled(form, lambda leaf: leaf.first)  # type: ignore[no-any-return]
    return tuple([place for leaf in leaves(form) for place in range(leaf.first, leaf.first + prod(leaf.shape))])
