"""Kernels of Python functions: a tape for each way through the branches, and a guard of what decided on it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from diffcli.errors import Span
from diffcli.methods.problem.system import System
from diffcli.tape import Tape
from diffcli.tape.building.accumulation import Accumulation
from diffcli.tape.building.building import Builder


def decisions_of(system: System) -> dict[int, float]:
    """What decided on which rows stand on the tape of a Python function at all: slots of truths, and what they were.

    >>> decisions_of(System(lambda x: x if x > 1 else -x, {"x": 2.0}))
    {1: 1.0}
    """
    return {} if system.recording is None else {slot: float(system.recording.values[slot]) for slot in system.tape.decisions}


def guard(tape: Tape, decisions: Mapping[int, float], more: list[str]) -> Tape:
    """The tape of a truth: whether a decision is another than it was; with ``more`` inputs behind those of the tape.

    >>> system = System(lambda x: x if x > 1 else -x, {"x": 2.0})
    >>> guard(system.tape, decisions_of(system), []).operations
    ['gt', 'ne']
    """
    build, span = Builder(tape), Span(0, 0)
    sums = Accumulation(build)
    for slot, value in decisions.items():
        build.scope = build.scopes[slot]
        differs = build.emit("eq", (slot, slot), span) if isnan(value) else build.emit("ne", (slot, build.constant(value)), span)
        sums.add(0, build.scopes[slot], differs, span)
    return build.finished([sums.take_number(0, span)], more).tape
