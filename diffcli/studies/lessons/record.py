"""What a lesson is made of: blocks of a document, common mistakes, checks, a thing to try, and a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.records.blocks import Cell, Column, Table, Text
from diffcli.records.figures import Axis, Drawing, Figure, Series

NOTES = "notes on PyTorch's evaluation modes"
AUTOGRAD_NOTES = "notes on PyTorch's autograd"
"""Sources of mistakes."""


class Erratum(NamedTuple):
    """A common mistake, what is computed, and the source that makes it."""

    said: str
    truth: str
    source: str = "a lecture on automatic differentiation"


class Check(NamedTuple):
    """What the lesson claims, what was found, and whether that bears it out."""

    claim: str
    found: str
    passed: bool


class Question(NamedTuple):
    """What a lesson ends with."""

    try_next: str
    """A command, or a few lines of Python with their imports."""
    question: str
    answer: str


Part: TypeAlias = Text | Table | Figure | Drawing | Erratum
Parts: TypeAlias = list[Part | str]
"""A text among them is a paragraph."""

Told: TypeAlias = Iterator[Part | str | Parts | Check | Question]
"""A lesson as it is told, with each check where that which it is about is computed. A list is folded away, so that the lesson
fits on a page."""


class Lesson(NamedTuple):
    parts: tuple[Part | str | Parts, ...]
    checks: tuple[Check, ...]
    try_next: str
    question: str
    answer: str
    name: str = ""
    title: str = ""
    next: str | None = None

    def told(self, more: bool = True) -> list[Part]:
        """The parts in their order, with those that are folded away or without."""
        parts = [one for part in self.parts for one in ((part if more else []) if isinstance(part, list) else [part])]
        return [said(part) if isinstance(part, str) else part for part in parts]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


class Settings(NamedTuple):
    """What a lesson may be run with."""

    seed: int = 0
    size: int | None = None
    """None only for a lesson that has no size: `diffcli.studies.lessons.run_lesson` fills in the default of the table."""

    def sized(self) -> int:
        """The size, in a lesson that has one."""
        assert self.size is not None, "its row of LESSONS gives this lesson no Size"
        return self.size


def said(text: str) -> Text:
    """A paragraph, wherever its lines end."""
    return Text(" ".join(text.split()), "paragraph")


def listing(text: str) -> Text:
    """Lines that are shown as they are."""
    return Text(text, "code")


def grid(
    title: str, columns: Iterable[str], rows: Iterable[tuple[Cell, ...]], varies: tuple[str, ...] = (), digits: int | None = None
) -> Table:
    """A table; a column is one of numbers if all that it holds are numbers.

    >>> [column.numeric for column in grid("", ("k", "why"), ((1, "odd"), (2, None))).columns]
    [True, False]
    """
    titles, rows = tuple(columns), tuple(rows)
    cells = [[row[place] for row in rows if row[place] is not None] for place in range(len(titles))]
    kinds = [bool(those) and not any(isinstance(cell, str | bool) for cell in those) for those in cells]
    return Table(title, tuple(map(Column, titles, kinds)), rows, varies=varies, digits=digits)


def curves(title: str, x: Axis, y: Axis, points: Mapping[str, Iterable[tuple[float, float]]], rows: int = 9) -> Figure:
    """A figure of so many lines, of points that each belong to a name."""
    return Figure(title, x, y, tuple(Series(name, tuple(those)) for name, those in points.items()), rows=rows)


def listed(values: Iterable[Any], form: str = "") -> str:
    """Values one after another: a truth in a word, others in a format.

    >>> listed([True, False]), listed([0.5, 2 / 3], ".2g")
    ('yes, no', '0.5, 0.67')
    """
    return ", ".join("yes" if value is True else "no" if value is False else format(value, form) for value in values)
