"""Kernels of Python functions: a tape for each way through the branches, and a guard of what decided on it."""

from __future__ import annotations

from collections.abc import Mapping
from dis import get_instructions
from inspect import iscode
from math import isnan
from typing import Any

from diffcli.errors import Span, refusal
from diffcli.methods.problem.system import System
from diffcli.tape import Tape
from diffcli.tape.building.accumulation import Accumulation
from diffcli.tape.building.building import Builder
from diffcli.tape.recording.call_sites import code_of


def refuse_handlers(function: Any) -> None:
    """Refuse a function that catches exceptions: what raises one at another point is no condition that could be guarded."""
    codes: list[Any] = [code_of(function)]
    for code in filter(iscode, codes):
        codes += code.co_consts
        operations = {instruction.opname for instruction in get_instructions(code)}
        if "POP_EXCEPT" in operations and "WITH_EXCEPT_START" not in operations:
            message = f"`{codes[0].co_name}` catches exceptions, and at another point another operation may raise one"
            raise refusal("untraceable", message, "write a condition in place of it: if x == 0: ...")


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
