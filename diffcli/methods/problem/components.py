"""The numbers in variables or results, one after another: the columns and the rows of a Jacobian.

A number is one element, an array has as many as its shape says, row by row. So a matrix has the same form whatever stands on
the tape, and a sweep begins and ends with what the tape holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from math import prod
from typing import Any

from diffcli.records import Number, element_names
from diffcli.tape.tape import Shape, Tape


class Components:
    """The elements of some slots of a tape; ``parts`` are the name, the slot and the shape of each variable or result.

    >>> elements = Components([("x", 0, ()), ("w", 1, (2,))])
    >>> elements.names, elements.slots, elements.seed([0])
    (['x', 'w[0]', 'w[1]'], [0, 1, 1], {0: 1.0})
    """

    def __init__(self, parts: Iterable[tuple[str, int, Shape]]) -> None:
        self.parts = list(parts)
        self.are_numbers = not any([shape for _, _, shape in self.parts])  # noqa: C419 (a generator takes twice as long)
        """Whether every part is a number."""

    def __len__(self) -> int:
        return len(self.parts) if self.are_numbers else sum(prod(shape) for _, _, shape in self.parts)

    @cached_property
    def starts(self) -> list[int]:
        """The first element of each part."""
        return list(accumulate([prod(shape) for _, _, shape in self.parts], initial=0))[:-1]

    @cached_property
    def names(self) -> list[str]:
        return [element for name, _, shape in self.parts for element in element_names(name, shape)]

    @cached_property
    def slots(self) -> list[int]:
        """The slot that each element is part of."""
        return [slot for _, slot, shape in self.parts for _ in range(prod(shape))]

    def seed(self, chosen: Iterable[int]) -> dict[int, Any]:
        """What a sweep begins with to find some elements together: 1 at each of them, by slot."""
        if self.are_numbers:
            return {self.parts[element][1]: 1.0 for element in chosen}
        from diffcli.operations.arithmetic.array_files import basis  # numbers do not wait for NumPy

        wanted = set(chosen)
        seeds: dict[int, Any] = {}
        for (_, slot, shape), start in zip(self.parts, self.starts, strict=True):
            places = sorted(wanted.intersection(range(start, start + prod(shape))))
            if places:
                seeds[slot] = basis(shape, [element - start for element in places]) if shape else 1.0
        return seeds

    def numbers(self, values: Sequence[Any]) -> list[float | None]:
        """The elements of what a sweep has found, which has one value a slot; None where there is no dependence."""
        if self.are_numbers:
            return [values[slot] and float(values[slot]) for _, slot, _ in self.parts]
        from diffcli.operations.arithmetic.array_files import flat

        found: list[float | None] = []
        for _, slot, shape in self.parts:
            value = values[slot]
            found += [None] * prod(shape) if value is None else flat(value) if shape else [float(value)]
        return found

    def along(self, row: Sequence[float], values: Sequence[Any]) -> float:
        """A row times a direction, which has one value a slot; what does not move counts for nothing."""
        return sum([slope * step for slope, step in zip(row, self.numbers(values), strict=True) if step], 0.0)

    def whole(self, values: Sequence[Any]) -> dict[str, Number]:
        """What a sweep has found by the names of the parts, 0 where there is no dependence; 0 has no sign.

        >>> Components([("x", 0, ()), ("y", 1, ())]).whole([None, -0.0])
        {'x': 0.0, 'y': 0.0}
        """
        found: dict[str, Number] = {}
        for name, slot, shape in self.parts:
            value = values[slot]
            if shape:
                found[name] = _in_shape([0.0] * prod(shape), shape) if value is None else value + 0.0
            else:
                found[name] = float(value or 0.0) + 0.0
        return found

    def bands(self, rows: Sequence[Any]) -> list[Sequence[Any]]:
        """What belongs to the elements, cut into that of each part."""
        return [rows[start : start + prod(shape)] for (_, _, shape), start in zip(self.parts, self.starts, strict=True)]

    def derivatives(self, slopes: Sequence[float | None]) -> dict[str, Number | None]:
        """Components as `of`, but None for a part without an element that anything depends on."""
        found: dict[str, Number | None] = {**self.of([float(slope or 0.0) for slope in slopes])}
        idle = [all(slope is None for slope in band) for band in self.bands(slopes)]
        return found | {name: None for (name, _, _), none in zip(self.parts, idle, strict=True) if none}

    def of(self, numbers: Sequence[float]) -> dict[str, Number]:
        """Components by the names of their parts, in their shapes."""
        return {name: _in_shape(band, shape) for (name, _, shape), band in zip(self.parts, self.bands(numbers), strict=True)}


def _in_shape(numbers: Sequence[float], shape: Shape) -> Number:
    if not shape:
        return numbers[0]
    from diffcli.operations.arithmetic.array_files import to_array  # numbers do not wait for NumPy

    return to_array(numbers, shape)


def inputs_of(tape: Tape) -> Components:
    """The elements of the inputs of a tape."""
    return Components([(name, slot, tape.shape(slot)) for slot, name in enumerate(tape.inputs)])


def as_blocks(rows: Components, columns: Components, matrix: Sequence[Sequence[float]]) -> dict[str, dict[str, Number]]:
    """A matrix by the names of its results and variables; a block of arrays has the shape of the one and then the other.

    >>> numbers = Components([("x", 0, ()), ("y", 1, ())])
    >>> as_blocks(Components([("f", 2, ())]), numbers, [[3.0, 4.0]])
    {'f': {'x': 3.0, 'y': 4.0}}
    """
    if rows.are_numbers and columns.are_numbers:
        return {name: dict(zip(columns.names, row, strict=True)) for name, row in zip(rows.names, matrix, strict=True)}
    from diffcli.operations.arithmetic.array_files import to_array

    found: dict[str, dict[str, Number]] = {}
    for (name, _, shape), band in zip(rows.parts, rows.bands(matrix), strict=True):
        found[name] = {}
        for (variable, _, inner), left in zip(columns.parts, columns.starts, strict=True):
            block = [row[left : left + prod(inner)] for row in band]
            found[name][variable] = to_array(block, (*shape, *inner)) if shape or inner else block[0][0]
    return found
