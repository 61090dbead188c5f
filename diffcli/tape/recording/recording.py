"""Recording: a Python function is run once with traced numbers, and what it computes stands on a tape.

The tape holds what was computed at this point: loops are written out, and of each condition there is only the branch that
was taken. That is enough for the derivative at the point. At another point the function may take another branch, so every
condition that depends on a traced value is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from numbers import Real
from types import ModuleType
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, DiffcliError, ExpressionError, Mark, error
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.recording.call_sites import CallSites, code_of, standing
from diffcli.tape.recording.footsteps import Footsteps
from diffcli.tape.recording.recorder import Judge, RecordedTape, Recorder
from diffcli.tape.recording.traced import Traced, operand

MOST_BRANCHES = 20
"""How many places at which Python branched are listed."""


class Branch(NamedTuple):
    """A place in the user's file at which Python branched on a traced value, and how it was decided."""

    place: int
    line: int
    text: str
    """What stands there, with the word before it: ``if x > 0``."""
    true: int
    false: int
    undefined: int
    """How often an operand of the condition was undefined, so that the answer means nothing."""
    raised: str = ""
    """The exception that plain Python raises here, where that is the branch."""


class Recording(NamedTuple):
    """What a function computed: its tape, the values, and the branches it took on the way."""

    tape: RecordedTape
    values: list[Any]
    """One value a slot, and the constants at the end, as `diffcli.tape.evaluate` would return them."""
    branches: tuple[Branch, ...]
    texts: set[int]
    """The places where something traced was written into a text."""

    def notes(self) -> list[Diagnostic]:
        """A note for every place at which Python branched on a value."""
        found = [_note(self.tape.sites, branch) for branch in self.branches[:MOST_BRANCHES]]
        if len(self.branches) > MOST_BRANCHES:
            more = f"{len(self.branches) - MOST_BRANCHES} more lines branch on a value and are not listed"
            found.append(Diagnostic("more-notes", "note", more))
        return found


def record(
    function: Callable[..., Any],
    at: Mapping[str, Any],
    *,
    call: Callable[[Mapping[str, Any]], Any] | None = None,
    label: str = "",
    name: str = "",
    most_rows: int = MOST_ROWS,
    judge: Judge | None = None,
    raising: bool = False,
) -> Recording:
    """Run a function with traced numbers in place of the values ``at``, which are the inputs of the tape in this order.

    ``call`` calls it with them by name, ``label`` and ``name`` are what diagnostics call its file and itself, ``judge`` decides
    a condition, the value in a slot, where Python branches on it, and rows are ``raising`` where plain Python raises. A function
    that does something that cannot be traced, raises an exception, or returns no number is an `ExpressionError`.

    >>> def power(x):
    ...     y = 1.0
    ...     for _ in range(3):
    ...         y = y*x
    ...     return y
    >>> recording = record(power, {"x": 2.0})
    >>> recording.tape.operations, recording.tape.operands, recording.values
    (['mul', 'mul', 'mul'], [(-1, 0), (1, 0), (2, 0)], [2.0, 2.0, 4.0, 8.0, 1.0])
    """
    sites = CallSites(function, label)
    recorder = Recorder(sites, list(at), most_rows, _arrays, judge, raising)
    arguments = {parameter: _input(recorder, value) for parameter, value in at.items()}
    name = name or getattr(function, "__qualname__", "the function").rpartition("<locals>.")[2]
    called = call or (lambda given: function(**given))
    try:
        result = run_function(called, arguments, sites)
        _raise_swallowed(recorder, called, at)
        return _finish(recorder, function, result, name)
    except ExpressionError as fault:
        if fault not in recorder.refusals.values():  # it may be what NumPy, or a handler, has made of a refusal
            for refused in recorder.refusals.values():
                if refused.diagnostics[0].span == fault.diagnostics[0].span:
                    raise refused from None
            _raise_swallowed(recorder, called, at)
        raise
    finally:
        recorder.close()


@cache
def _arrays() -> ModuleType:
    from diffcli.tape.recording import numpy_calls  # numbers do not wait for NumPy

    return numpy_calls


def _input(recorder: Recorder, value: Any) -> Any:
    """What stands for an argument: a number, or an array."""
    if getattr(value, "shape", ()):
        kind = recorder.arrays().TracedArray
        recorder.shapes[len(recorder.values)] = value.shape
    else:
        kind, value = Traced, float(value)
    result = object.__new__(kind)
    result._recorder, result._slot, result._value = recorder, len(recorder.values), value
    recorder.values.append(value)
    return result


def run_function(call: Callable[[Mapping[str, Any]], Any], arguments: Mapping[str, Any], sites: CallSites) -> Any:
    """Call the user's function; what it raises becomes an error at its line."""
    sites.boundary = run_function.__code__
    try:
        return call(arguments)
    except DiffcliError:
        raise
    except (Exception, SystemExit) as failure:
        raise ExpressionError([failure_of(failure, sites)]) from failure


def _raise_swallowed(recorder: Recorder, call: Callable[[Mapping[str, Any]], Any], at: Mapping[str, Any]) -> None:
    """Raise a refusal that a handler of the user's has swallowed, unless plain Python raises something there too."""
    if recorder.refusals:
        found = Footsteps(lambda: run_function(call, deepcopy(at), recorder.sites), recorder.sites).raised
        raised = {(one[0], standing(one)) for one in found}
        for refused, fault in recorder.refusals.items():
            if refused is None or (refused[0], standing(refused)) not in raised:
                raise fault


_OF_OBJECTS = re.compile(r"no callable \w+ method|not supported for the input types|dtype\('O'\)")
"""What NumPy says of an array of objects."""


def failure_of(failure: BaseException, sites: CallSites) -> Diagnostic:
    """What a user's code has raised, as an error at the line of the user's file that it left."""
    sites, place, notes = sites.culprit(sites.calls(None, failure.__traceback__))
    words = " ".join(str(failure).split())
    message = f"{type(failure).__name__}: {words}" if words else type(failure).__name__
    if isinstance(failure, TypeError) and _OF_OBJECTS.search(words):
        message = "NumPy computes this of arrays of plain numbers, and has one of objects here"
        help = ["np.stack([a, b]) makes an array of traced numbers, and np.stack([np.stack(row) for row in rows]) a matrix"]
        return error("untraceable", message, sites.source, *sites.marks(place), notes=notes, help=help)
    help = ["a `Traced` stands for a number of the point while the function is recorded"] if "Traced" in words else []
    return error("python-error", message, sites.source, *sites.marks(place), notes=notes, help=help)


def _finish(recorder: Recorder, function: Callable[..., Any], result: Any, name: str) -> Recording:
    """The tape of a recording that is over."""
    several = type(result) is not Traced and isinstance(result, list | tuple)
    outputs = [_output(recorder, function, entry, name, several) for entry in (result if several else [result])]
    if not outputs:
        raise _no_number(recorder.sites, function, f"`{name}` returned no numbers")
    tape = recorder.tape(outputs[0])
    tape.finish(outputs, several)
    values = recorder.values
    values.extend(reversed(tape.constants))
    return Recording(tape, values, _branches(recorder), recorder.texts)


def _output(recorder: Recorder, function: Callable[..., Any], result: Any, name: str, several: bool) -> int:
    if isinstance(result, Traced | Real) or getattr(result, "shape", None) == ():
        found = operand(recorder, result)
        if found is not None:
            return found[0]
    elif getattr(result, "shape", ()) and result.size:
        return recorder.arrays().operand(recorder, result)[0]  # type: ignore[no-any-return]
    raise bad_result(recorder.sites, function, name, result, several)


def bad_result(sites: CallSites, function: Callable[..., Any], name: str, result: Any, several: bool) -> ExpressionError:
    """An error for what a function returns in place of a number, by itself or among ``several`` results."""
    what = "None" if result is None else f"a `{type(result).__name__}`"
    if hasattr(result, "shape"):
        what = f"an array of `{getattr(result, 'dtype', 'object')}`" if getattr(result, "size", 0) else "an empty array"
    among = " among its results" if several else ""
    return _no_number(sites, function, f"`{name}` returned {what}{among}, not a number")


def _no_number(sites: CallSites, function: Callable[..., Any], message: str) -> ExpressionError:
    code = code_of(function)
    span = sites.span_of(code and code.co_firstlineno)
    help = ["return the number whose derivative is wanted, or several in a list"]
    return ExpressionError([error("bad-result", message, sites.source, *[Mark(span)] * (span.stop > 0), help=help)])


_BEFORE = re.compile(r"\b(if|elif|while|assert|and|or|not)\s*\(*\s*$")
"""The words before a condition."""


def _branches(recorder: Recorder) -> tuple[Branch, ...]:
    """Where Python branched; a loop whose condition the compiler has written twice is one place."""
    found: dict[object, Branch] = {}
    for place in recorder.branches:
        branch = _branch(recorder, place)
        key = recorder.sites.span(place) if branch.line else place
        if key in found:
            branch = branch._replace(**{kind: getattr(branch, kind) + getattr(found[key], kind) for kind in Branch._fields[3:6]})
        found[key] = branch
    return tuple(found.values())


def _branch(recorder: Recorder, place: int) -> Branch:
    sites, (true, false, undefined) = recorder.sites, recorder.branches[place]
    span = sites.span(place)
    line_start = sites.source.text.rfind("\n", 0, span.start) + 1
    before = _BEFORE.search(sites.source.text[line_start : span.start])
    text = sites.text(place)
    if before and not text.startswith(before[1]):
        text = f"{before[1]} {text}"
    return Branch(place, sites.line(place), text, true, false, undefined, recorder.raised.get(place, ""))


def _note(sites: CallSites, branch: Branch) -> Diagnostic:
    """One place at which Python branched."""
    where = f"line {branch.line}: `{branch.text}`" if branch.line else "a condition on a value"
    answers = [("true", branch.true), ("false", branch.false)]
    taken = [f"{answer}{_times(count)}" for answer, count in answers if count]
    if branch.true + branch.false == 1:
        taken = [answer for answer, count in answers if count]
    notes = ["every method follows the branch taken; a point that changes the answer needs another run"]
    severity = "note"
    if branch.undefined:
        severity = "warning"
        taken.append(f"undefined{_times(branch.undefined)}")
        notes = ["an operand of the condition is undefined here, so the branch taken means nothing"]
    is_call = branch.text.endswith(")") and branch.text.partition("(")[0].replace(".", "").isidentifier()
    verb = "compares values:" if is_call else "was taken as"  # sorted(x): each of its comparisons is a branch
    message = f"{where} raises {branch.raised}" if branch.raised else f"{where} {verb} {' and '.join(taken)}"
    return Diagnostic("python-branch", severity, message, sites.source, sites.marks(branch.place), tuple(notes))


def _times(count: int) -> str:
    return " once" if count == 1 else f" {count} times"
