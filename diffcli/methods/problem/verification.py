"""A recording held against its function: what plain Python computes at the point has to be what stands on the tape.

Where a function asks what kind of value it is given, catches what only a recording raises, reads a number out of a text,
or draws random numbers, the tape is not the function, and all the methods that read it agree on a wrong derivative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from operator import mul
from os.path import basename
from shlex import quote
from typing import Any

from diffcli.errors import Diagnostic, DiffcliError, ExpressionError, error
from diffcli.language.writing.printer import number_text
from diffcli.methods.problem.components import Components, inputs_of
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.records import Number, is_array, is_finite
from diffcli.tape.recording.call_sites import NOWHERE, CallSites
from diffcli.tape.recording.footsteps import Footsteps
from diffcli.tape.recording.python_function import PythonFunction, flattened
from diffcli.tape.recording.recording import MOST_BRANCHES, Recording
from diffcli.tape.running.evaluation import evaluate

FEW_ULPS = 2.0**-50
"""By how much, beside its size, the value of one operation may differ in two libraries."""

CALLED = "something that it calls takes a traced number for another kind of value than a float, or is kept from an earlier call"
RANDOM = "the next run in plain Python gives another value: random numbers are drawn, or something is kept from call to call"
WRITTEN = "it writes into its argument `{}`, so that a second run is given other numbers"
CAUGHT = "plain Python raises {} here and the recording {}, and the function catches it"
ASKED = "here the two take different ways: on the kind of a value (`type`, an attribute), or on a value that differs by then"
READ = "a number is read out of a text that a traced one was written into, which takes it out of the recording"
SHOWN = "compute with the number itself, and leave its text to what is shown"
WAY_OUT = "--no-verify takes what is recorded for the function"


def verified(function: PythonFunction, recording: Recording, at: Mapping[str, Number]) -> Recording:
    """Run a function once by plain Python, and hold what it returns against its recording at a point.

    That is returned, or one that also raises what plain Python raises, as of 1/0, where the function catches that. Where they
    differ by more than rounding, or plain Python raises an exception, there is an `ExpressionError`.

    >>> from diffcli.methods.problem.problem import Problem
    >>> Problem(lambda x: 3*x if type(x) is float else 7*x, {"x": 2.0})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    diffcli.errors.ExpressionError: `<lambda>` gives 6 in plain Python, and 14 as it is recorded
      in ...
    """
    recorded = _results(recording)
    if recording.texts and not function.raising:
        _refuse_reading(function, recording)
    try:
        plain = function.plain(at)
    except ExpressionError as fault:
        if isinstance(fault.__cause__, (ArithmeticError, ValueError)) and not all(map(is_finite, recorded)):
            return recording  # outside its domain Python raises, and a tape holds NaN
        (found,) = fault.diagnostics
        notes, help = (*found.notes, "plain Python raises this, and the recording does not"), (*found.help, WAY_OUT)
        raise ExpressionError([found._replace(notes=notes, help=help)]) from fault
    texts = apart(recording, plain)
    if all(map(is_finite, plain)) and (texts or not all(map(is_finite, recorded))):
        function.raising = True
        with suppress(DiffcliError):
            again = function.record(at, heard=False)
            raised = any(branch.raised for branch in again.branches)
            if raised and all(map(is_finite, _results(again))) and not apart(again, plain):
                return again
        function.raising = False
    if not texts:
        return recording
    sites, place, why = _reason(function, recording, at, plain)
    message = f"`{function.name}` gives {texts[0]} in plain Python, and {texts[1]} as it is recorded"
    raise ExpressionError([error("not-as-recorded", message, sites.source, *sites.marks(place), notes=[why], help=[WAY_OUT])])


def _refuse_reading(function: PythonFunction, recording: Recording) -> None:
    """Refuse a number that is read out of a text: beside the point it is another, and at the point itself the same.

    Where a text is rounded so much that nothing differs, what it gives is a step function, whose derivative is 0.
    """
    rows = _rows(recording)
    others = _rows_beside(function, recording, 1.0) or _rows_beside(function, recording, -1.0)
    if others == rows or _rows_beside(function, recording, 0.0) != rows:  # as by random numbers
        return
    sites, texts = recording.tape.sites, sorted(recording.texts)
    known = filter(sites.line, texts[:MOST_BRANCHES])
    notes = [f"line {sites.line(place)}: `{sites.text(place)}` writes one into a text" for place in known]
    parted = (place for place, *pair in zip(recording.tape.places, rows, others, strict=False) if pair[0] != pair[1])
    place = next(parted, texts[0] if len(texts) == 1 else NOWHERE)
    raise ExpressionError([error("untraceable", READ, sites.source, *sites.marks(place), notes=notes, help=[SHOWN, WAY_OUT])])


def _rows_beside(function: PythonFunction, recording: Recording, side: float) -> list[Any]:
    """The rows that it has beside the point, with every condition decided as before; the same where no result is touched.

    Each number moves by about 2 %, and not all by the same, so that ratios move too. There are no rows where an exception is
    raised, and where others are computed beyond a domain, on which a function may decide without a condition.
    """
    tape = recording.tape
    numbers = enumerate(flattened(recording.values[: tape.first_row]))
    beside = inputs_of(tape).of([number + side * (abs(number) or 1.0) * (k % 5 + 5) / 300 for k, number in numbers])
    try:
        other = function.record(beside, tape.slots, lambda _, slot: recording.values[slot], heard=False)
    except DiffcliError as fault:
        if fault.diagnostics[0].code == "timeout":
            raise
        return []
    there = evaluate(tape, [*beside.values()])
    idle = all(map(is_finite, _results(other))) and not apart(other, [there[slot] for slot in tape.results])
    found, rows = _rows(other), _rows(recording)
    return rows if idle or found == rows else found if all(map(is_finite, other.values)) else []


def _rows(recording: Recording) -> list[Any]:
    """What every row does, and to what, and last what the results are; constants are told by their digits, NaN among them."""
    tape = recording.tape
    kept = [repr(flattened([value])) for value in tape.constants]
    names, fixed = [*tape.operations, "results"], map(tape.parameters.get, range(tape.first_row, tape.slots + 1))
    operands = [[slot if slot >= 0 else kept[-1 - slot] for slot in slots] for slots in (*tape.operands, tape.results)]
    return [*zip(names, operands, fixed, strict=True)]


def _results(recording: Recording) -> list[Number]:
    return [recording.values[slot] for slot in recording.tape.results]


def apart(recording: Recording, plain: list[Number]) -> list[str]:
    """What a function gives in plain Python, and as it is recorded, where the two are not the same; else nothing."""
    tape, recorded = recording.tape, _results(recording)
    shapes, known = ([getattr(result, "shape", ()) for result in results] for results in (plain, recorded))
    if shapes != known:
        return [f"results of the shapes {', '.join(map(str, found))}" for found in (shapes, known)]
    if all(map(_are_same, plain, recorded)):
        return []
    pairs = [*zip(flattened(plain), flattened(recorded), strict=True)]
    gaps = [_gap(*pair) for pair in pairs]
    worst = gaps.index(max(gaps))
    slots = tape.results
    rows = Components([(f"f{k}" if len(slots) > 1 else "f", slot, tape.shape(slot)) for k, slot in enumerate(slots, 1)])
    if not gaps[worst] or gaps[worst] <= _rounding(recording, rows.seed([worst])):
        return []
    texts = [*map(number_text, pairs[worst])]
    texts[0] = texts[0] if rows.names == ["f"] else f"{rows.names[worst]} = {texts[0]}"
    return texts


def _are_same(one: Number, other: Number) -> bool:
    """Whether results are the same to the last bit, at little cost where they are large."""
    return one.tobytes() == other.tobytes() if is_array(one) else one == other  # type: ignore[union-attr]


def _gap(plain: float, recorded: float) -> float:
    """How far two values are apart; 0 within a few units in the last place, and for NaN, which is told elsewhere."""
    if plain == recorded or recorded != recorded:
        return 0.0
    gap = abs(plain - recorded)
    return 0.0 if gap <= 4 * FEW_ULPS * abs(plain) < math.inf else gap if gap == gap else math.inf


def _rounding(recording: Recording, seed: Mapping[int, float]) -> float:
    """To first order, how far a number may be off if every row is by a few units in the last place (Linnainmaa 1976)."""
    tape, values = recording.tape, recording.values
    bars = accumulate(tape, values, bytearray(b"\1") * tape.size, seed)[0]
    terms = Components([("", row, tape.shape(row)) for row in tape.rows() if bars[row] is not None]).numbers
    size: float = sum(abs(term) for term in map(mul, terms(bars), terms(values)) if math.isfinite(term))
    return FEW_ULPS * size


def _reason(
    function: PythonFunction, recording: Recording, at: Mapping[str, Number], before: list[Number]
) -> tuple[CallSites, int, str]:
    """Why a function is not what was recorded of it, and where the two part."""
    sites, held = recording.tape.sites, {name: value for name, value in function.held.items() if is_array(value)}
    kept = {name: flattened([value]) for name, value in held.items()}
    by_python = Footsteps(lambda: function.plain(at), sites)
    by_recording = Footsteps(lambda: function.record(at, heard=False), sites)
    written = [name for name, value in held.items() if flattened([value]) != kept[name]]
    parting = by_python.parting(by_recording)
    if written:
        return sites, NOWHERE, WRITTEN.format("` and `".join(written))
    if repr(flattened(function.plain(at))) != repr(flattened(before)):  # NaN is equal to NaN
        return sites, NOWHERE, RANDOM
    if parting is None:
        return sites, NOWHERE, CALLED
    kinds = [watched.raised.get(parting, "nothing") for watched in (by_python, by_recording)]
    return *sites.culprit([parting])[:2], ASKED if kinds[0] == kinds[1] else CAUGHT.format(*kinds)


UNRECORDED = frozenset(("untraceable", "not-as-recorded", "python-error", "bad-result"))
"""What is said of a function that cannot be recorded. Some of it may be the function's own fault."""


def may_be_called(found: Diagnostic) -> bool:
    """Whether a function that cannot be recorded for this reason may be one of numbers all the same."""
    return found.code in UNRECORDED and RANDOM not in found.notes


def with_way_out(function: PythonFunction, at: Mapping[str, Any], fault: DiffcliError) -> DiffcliError:
    """Why a function cannot be recorded; where plain Python runs it, with the way that needs no recording."""
    (found, *_) = fault.diagnostics
    if not may_be_called(found):
        return fault
    try:
        results = function.plain(at)
    except DiffcliError:
        return fault
    command = "grad" if len(results) == 1 and not is_array(results[0]) else "jacobian"
    way = f'diffcli.{command}({function.name if function.name.isidentifier() else "f"}, at, mode="numeric")'
    if function.label:  # it stands on a command line
        way = f"diffcli {command} {_on_command_line(function, at)} --mode numeric"
    return type(fault)([found._replace(help=(*found.help, f"differences of plain calls need no recording: {way}"))])


def _on_command_line(function: PythonFunction, at: Mapping[str, Any]) -> str:
    """A function of a file and its point as a command takes them; the point may be one of a table."""
    places = getattr(at, "places", {})
    others = {name: value for name, value in {**function.held, **at}.items() if name not in places}
    numbers = [f"{name}={number_text(float(value))}" for name, value in others.items() if isinstance(value, (int, float))]
    texts = dict.fromkeys([*[source.text for source, _ in places.values()], ",".join(numbers)])
    target = f"{function.label}:{function.name.removeprefix(basename(function.label).removesuffix('py'))}"
    points = [f"--at {quote(text)}" for text in texts if text]
    return " ".join([quote(target), *points, *([f"--wrt {','.join(at)}"] if function.held else [])])
