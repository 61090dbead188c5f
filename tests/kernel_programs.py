"""Random programs with choices, kinks, infinities and NaN, at points that meet them: what every back end is held against.

A program is drawn by `programs.program`, and its derivative is a tape; `expected` is what the interpreter computes there.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inside import ReverseTransform, Tape, evaluate, lower, parse
from programs import Shapes, plainly, program

import diffcli

VARIABLES = ("x", "y", "z")

EDGES = (
    0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5, 0.25, 10.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.2e-308, 1e-300,
    1e-17, 1e17, 1e155, -1e155, 1e308, -1e308, 1.7976931348623157e308, 2.0**53, -(2.0**53) - 2, 709.0, -746.0, 170.5, math.pi, 1 - 2**-53,
)  # fmt: skip
"""Numbers at which something happens."""


class Case(NamedTuple):
    """A program with a derivative: the tape has its value and its gradient as results."""

    text: str
    tape: Tape
    points: list[list[float]]


def coordinate(source: random.Random) -> float:
    kind = source.random()
    if kind < 0.3:
        return source.choice(EDGES)
    if kind < 0.6:
        return float(source.randrange(-3, 4))
    return source.gauss(0, 2)


def derivative_tape(text: str) -> Tape:
    """The tape of the value of a program and its gradient by all its inputs."""
    tape = lower(parse(text))
    return ReverseTransform(tape, list(range(tape.first_row))).run().tape


def cases(count: int, seed: int, points: int = 8, rows: Shapes | None = None) -> Iterator[Case]:
    """So many programs, each at some points; the same ones for the same seed."""
    source = random.Random(seed)
    while count:
        content = source.randbytes(source.randrange(20, 200))
        statements = program(content, variables=VARIABLES, **({} if rows is None else {"rows": rows}))
        text = plainly(statements)
        try:
            tape = derivative_tape(text)
        except diffcli.DiffcliError:  # too many rows
            continue
        if not tape.first_row:
            continue
        count -= 1
        yield Case(text, tape, [[coordinate(source) for _ in tape.inputs] for _ in range(points)])


def expected(tape: Tape, point: Sequence[float]) -> list[float]:
    """What the interpreter computes."""
    values = evaluate(tape, point)
    return [values[slot] for slot in tape.outputs]


def bits(value: object) -> object:
    """What tells one float from another: the sign of a zero too; a NaN is a NaN, since nothing can see its sign."""
    assert type(value) is float, value
    return "nan" if value != value else struct.pack("d", value)
