"""A recording held against its function: what plain Python computes at the point has to be what stands on the tape.

Where a function asks what kind of value it is given, catches what only a recording raises, or draws random numbers, the tape
is not the function, and all the methods that read it agree on a wrong derivative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import mul

from diffcli.errors import Diagnostic, ExpressionError, error
from diffcli.language.writing.printer import number_text
from diffcli.methods.problem.components import Components
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.records import Number, element_names, is_array, is_finite
from diffcli.tape.recording.call_sites import NOWHERE
from diffcli.tape.recording.footsteps import Footsteps
from diffcli.tape.recording.python_function import PythonFunction
from diffcli.tape.recording.recording import Recording, unheard

FEW_ULPS = 2.0**-50
"""By how much, beside its size, the value of one operation may differ in two libraries."""

DIFFERENT = "{} in plain Python, and {} as it is recorded"
CALLED = "something that it calls takes a traced number for another kind of value than a float, or is kept from an earlier call"
RANDOM = "the next run in plain Python gives another value: random numbers are drawn, or something is kept from call to call"
WRITTEN = "it writes into its argument `{}`, so that a second run is given other numbers"
CAUGHT = "plain Python raises {} here and the recording {}, and the function catches it"
ASKED = "here the two take different ways: on the kind of a value (`type`, an attribute), or on a value that differs by then"
WAY_OUT = "--no-verify takes what is recorded for the function"


def verify_recording(function: PythonFunction, recording: Recording, at: Mapping[str, Number]) -> None:
    """Run a function once by plain Python, and hold what it returns against its recording at a point.

    Raises
    ------
    ExpressionError
        They differ by more than rounding, or plain Python raises an exception.

    >>> from diffcli.methods.problem.problem import Problem
    >>> Problem(lambda x: 3*x if type(x) is float else 7*x, {"x": 2.0})
    Traceback (most recent call last):
    diffcli.errors.ExpressionError: `<lambda>` gives 6 in plain Python, and 14 as it is recorded
    """
    way = None if function.verified is None else _way(function, recording, at)
    if function.verified and way in function.verified:
        return
    try:
        plain = function.plain(function.handed(at))
    except ExpressionError as fault:
        results = map(recording.values.__getitem__, _results(recording))
        if isinstance(fault.__cause__, (ArithmeticError, ValueError)) and not all(map(is_finite, results)):
            return  # outside its domain Python raises, and a tape holds NaN
        (found,) = fault.diagnostics
        notes, help = (*found.notes, "plain Python raises this, and the recording does not"), (*found.help, WAY_OUT)
        raise ExpressionError([found._replace(notes=notes, help=help)]) from fault
    difference = _difference(recording, plain)
    if difference:
        raise ExpressionError([_complaint(function, recording, at, plain, difference)])
    if function.verified is not None:
        function.verified.add(way)


def _way(function: PythonFunction, recording: Recording, at: Mapping[str, Number]) -> object:
    """What tells one way through a function from another: branches on values, arguments that are held, and shapes."""
    held = [(name, value) for name, value in function.held.items() if isinstance(value, (int, str, type(None)))]
    shapes = [(name, getattr(value, "shape", ())) for name, value in at.items()]
    return frozenset([*held, *shapes, *[(one.line, one.text, one.true > 0, one.false > 0) for one in recording.branches]])


def _results(recording: Recording) -> list[int]:
    return recording.tape.outputs or [recording.tape.output]


def _difference(recording: Recording, plain: list[Number]) -> str:
    """What plain Python gives and what was recorded, where they differ by more than rounding; empty if they do not."""
    slots = _results(recording)
    recorded = [recording.values[slot] for slot in slots]
    shapes = [[getattr(result, "shape", ()) for result in results] for results in (plain, recorded)]
    if shapes[0] != shapes[1]:
        return DIFFERENT.format(*[f"results of the shapes {', '.join(map(str, found))}" for found in shapes])
    for place, (slot, one, other, shape) in enumerate(zip(slots, plain, recorded, shapes[0], strict=True), 1):
        gap, element, numbers = _widest(one, other)
        if gap and not gap <= _rounding(recording, slot, element):
            name = element_names(f"f{place}" if len(slots) > 1 else "f", shape)[element]
            texts = [*map(number_text, numbers)]
            return DIFFERENT.format(texts[0] if name == "f" else f"{name} = {texts[0]}", texts[1])
    return ""


def _widest(one: Number, other: Number) -> tuple[float, int, tuple[float, float]]:
    """The largest difference between elements that is not a few units in the last place, and where it is."""
    if not is_array(one):
        return _gap(float(one), float(other)), 0, (float(one), float(other))
    from diffcli.operations.arithmetic.array_files import flat  # numbers do not wait for NumPy
    from diffcli.operations.arithmetic.index_arrays import equal

    pairs = [(0.0, 0.0)] if equal(one, other) else [*zip(flat(one), flat(other), strict=True)]
    gaps = [_gap(*pair) for pair in pairs]
    element = gaps.index(max(gaps))
    return gaps[element], element, pairs[element]


def _gap(a: float, b: float) -> float:
    if a == b or (b != b and not abs(a) < math.inf):  # a tape holds NaN at a pole
        return 0.0
    gap = abs(a - b)
    return 0.0 if gap <= 4 * FEW_ULPS * abs(a) else gap if gap < math.inf else math.inf


def _rounding(recording: Recording, slot: int, element: int) -> float:
    """To first order, how far a number may be off if every row is by a few units in the last place (Linnainmaa 1976)."""
    tape, values = recording.tape, recording.values
    seed = Components([("", slot, tape.shape(slot))]).seed([element])
    bars = accumulate(tape, values, bytearray(b"\1") * tape.size, seed)[0]
    rows = [row for row in tape.rows() if bars[row] is not None]
    terms = Components([("", row, tape.shape(row)) for row in rows]).numbers
    size: float = sum(abs(term) for term in map(mul, terms(bars), terms(values)) if term == term)
    return FEW_ULPS * size


def _complaint(
    function: PythonFunction, recording: Recording, at: Mapping[str, Number], plain: list[Number], difference: str
) -> Diagnostic:
    """That a function is not what was recorded of it, where the two part, and why."""
    sites, place, why = recording.tape.sites, NOWHERE, CALLED
    handed = function.handed(at)
    again = function.plain(handed)
    written = [name for name, value in function.held.items() if is_array(value) and _widest(value, handed[name])[0]]
    if written:
        why = WRITTEN.format("` and `".join(written))
    elif len(again) != len(plain) or any(_widest(*pair)[0] for pair in zip(again, plain, strict=True)):
        why = RANDOM
    else:
        with unheard():
            by_python = Footsteps(lambda: function.plain(function.handed(at)), sites)
            by_recording = Footsteps(lambda: function.record(at), sites)
        parting = by_python.parting(by_recording)
        if parting is not None:
            kinds = [watched.raised.get(parting, "nothing") for watched in (by_python, by_recording)]
            why = ASKED if kinds[0] == kinds[1] else CAUGHT.format(*kinds)
            sites, place, _ = sites.culprit([parting])
    message = f"`{function.name}` gives {difference}"
    return error("not-as-recorded", message, sites.source, *sites.marks(place), notes=[why], help=[WAY_OUT])
