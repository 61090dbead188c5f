"""Derivatives of a function of which nothing is known but what it returns: differences of plain calls, Rⁿ → Rᵐ.

A call gives all results at once, so the differences of every result along a variable read the same calls. The noise of each
result is looked for once, along a line on which all elements move (Moré & Wild 2011): it is that of the function beside
the point, whatever moves there. An element then takes some ten to twenty calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from diffcli.errors import Diagnostic, DiffcliError, DomainError, ExpressionError, NotDifferentiableError, UsageError, error
from diffcli.language import Program
from diffcli.methods.differences.automatic_difference import GOLDEN, automatic_difference
from diffcli.methods.differences.finite_difference import doubts_of
from diffcli.methods.differences.rounding_bound import callable_rounding
from diffcli.methods.differences.sampling import Sampler
from diffcli.methods.points.points import Point, to_float
from diffcli.methods.problem.components import Components, as_blocks
from diffcli.methods.problem.problem import At, choose, given_to, subject_of
from diffcli.methods.problem.verification import may_be_called
from diffcli.records import Difference, Number, is_array
from diffcli.records.matrices import Differences
from diffcli.tape.recording.python_function import PythonFunction, flattened
from diffcli.tape.tape import Shape

MOST_TOLD = 20
"""Of how many derivatives it is said why there is none, or that it is doubtful."""

AT_ZERO = 2.0**-20
"""How far an element that is 0 moves where others move by as much as they are."""

Progress = Callable[[str], None]

Quotient = Callable[[Sampler, str], Difference]
"""How differences are made of samples along a variable."""

SECOND: Quotient = partial(automatic_difference, derivative=2)


class PlainCalls:
    """A function at a point, of which the parameters ``wrt`` are moved, and what it returns beside it.

    >>> calls = PlainCalls(PythonFunction(lambda x, y: [x*y, float(y)]), {"x": 2.0, "y": 3.0}, ["x"])
    >>> calls.rows.names, calls.columns.names, calls.base
    (['f1', 'f2'], ['x'], [6.0, 3.0])
    """

    unrecorded: Diagnostic | None = None
    """Why it cannot be recorded, where that was tried."""

    def __init__(
        self, function: PythonFunction, at: Point, wrt: Sequence[str], progress: Progress = lambda stage: None
    ) -> None:
        self.function, self.at, self.progress = function, at, progress
        self.columns = Components([(name, place, getattr(at[name], "shape", ())) for place, name in enumerate(wrt)])
        self.calls, self.raised = 1, dict[str, Diagnostic]()
        self.results, self.are_listed = function.returned(at)
        if not self.results:
            raise ExpressionError([error("bad-result", f"`{function.name}` returned no numbers")])
        self.shapes = shapes_of(self.results)
        names = [f"f{number}" for number in range(1, len(self.results) + 1)] if len(self.results) > 1 else ["f"]
        self.rows = Components(zip(names, range(len(names)), self.shapes, strict=True))
        self.base = flattened(self.results)
        undefined = [name for name, result in zip(names, self.results, strict=True) if not is_array(result) and result != result]
        if undefined:
            which = "" if names == ["f"] else f"that of {', '.join(undefined)}"
            answer = function.answer(at)
            raise _undefined(answer[names.index(undefined[0])] if self.are_listed else answer, which)
        every = Line(self, self._all_moved, 1.0)
        self._noise = cache(lambda result: callable_rounding(lambda t: every(t)[result], 1.0))

    def at_point(self, point: Point) -> list[float]:
        """The numbers that the function returns; NaN where it raises an exception, which it did not at the point itself."""
        self.calls += 1
        try:
            found = self.function.plain(point)
        except DiffcliError as fault:
            told = fault.diagnostics[0]
            if told.code in ("timeout", "bad-result"):
                raise
            self.raised.setdefault(told.message, told)
            return [math.nan] * len(self.base)
        if shapes_of(found) != self.shapes:
            here, beside = (", ".join(map(str, kinds)) for kinds in (self.shapes, shapes_of(found)))
            message = f"`{self.function.name}` returns results of the shapes {here} at the point, and {beside} beside it"
            raise ExpressionError([error("bad-result", message)])
        return flattened(found)

    def line(self, column: int) -> Line:
        """The line along which one element moves, at its own value."""
        part = max(part for part, start in enumerate(self.columns.starts) if start <= column)
        name, _, shape = self.columns.parts[part]
        index, value = column - self.columns.starts[part], self.at[name]

        def place(x: float) -> Point:
            moved: Any = value.copy() if shape else x  # type: ignore[union-attr]
            if shape:
                moved.flat[index] = x
            return {**self.at, name: moved}

        return Line(self, place, flattened([value])[index])

    def along(self, direction: Mapping[str, Number]) -> Line:
        """The line x + t*d, at t = 0."""
        return Line(self, lambda t: {**self.at, **{name: self.at[name] + t * step for name, step in direction.items()}}, 0.0)

    def _all_moved(self, t: float) -> Point:
        elements = self.columns.numbers([self.at[name] for name, _, _ in self.columns.parts])
        # elements that move by such shares of their sizes do not cancel each other's rounding
        shares = [1 + k * GOLDEN % 1 for k in range(len(elements))]
        moved = [x + (t - 1) * share * (x or AT_ZERO) for x, share in zip(elements, shares, strict=True) if x is not None]
        return {**self.at, **self.columns.of(moved)}

    def differences(self, line: Line, variable: str, of: Quotient = automatic_difference) -> list[Difference]:
        """The derivative of each result along a line."""
        found = [self._difference(line, result, variable, of) for result in range(len(self.base))]
        return [each._replace(evaluations=len(line.known)) for each in found]

    def _difference(self, line: Line, result: int, variable: str, of: Quotient) -> Difference:
        if not math.isfinite(self.base[result]):
            return Difference(variable, "both sides", 0.0, (), math.nan, None, "the value at the point is undefined")
        level, width = self._noise(result) if len(self.columns) > 1 else (math.nan, 0.0)
        noise = (level, width * (abs(line.x) or AT_ZERO)) if level == level else None  # looked for along the line itself
        return of(Sampler(lambda x: line(x)[result], line.x, noise), variable)

    def jacobian(self, of: Quotient = automatic_difference) -> list[list[Difference]]:
        """The derivatives of each result by each element: a row for each result."""
        columns = []
        for column, name in enumerate(self.columns.names):
            self.progress(f"differences along {name} ({column + 1} of {len(self.columns)}), {self.calls} calls so far")
            columns.append(self.differences(self.line(column), name, of))
        return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in self.base]

    def named(self, table: Sequence[Sequence[Difference]]) -> tuple[tuple[str, Difference], ...]:
        """Each difference of a table with the name of its row."""
        return tuple((name, each) for name, row in zip(self.rows.names, table, strict=True) for each in row)

    def notes(self, table: Sequence[Sequence[Difference]], strict: bool = False) -> list[Diagnostic]:
        """What is worth saying of some rows of differences: those that give no number, and exceptions beside the point.

        A kink is an error where it is ``strict``.
        """
        found = [
            note._replace(help=())  # no other way is open to such a function
            for name, value, row in zip(self.rows.names, self.base, table, strict=True) for each in row
            for note in doubts_of(each if name == "f" else each._replace(variable=f"{each.variable}, of {name}"), value, 0.0)
        ]  # fmt: skip
        kinks = [note._replace(severity="error") for note in found if note.slopes]
        if strict and kinks:
            raise NotDifferentiableError(kinks)
        if len(found) > MOST_TOLD:
            more = Diagnostic("more-notes", "note", f"{len(found) - MOST_TOLD} more derivatives are as doubtful")
            found[MOST_TOLD:] = [more]
        for raised in [*self.raised.values()][:MOST_TOLD]:
            message = f"beside the point the function raises {raised.message}; its values there count as undefined"
            found.append(Diagnostic("raised-beside", "note", message, raised.source, raised.marks))
        if (why := self.unrecorded) is not None:
            calls = f"these are differences of {self.calls} plain calls, with estimated bars"
            message = f"`{self.function.name}` cannot be recorded: {calls}"
            found.insert(0, Diagnostic("plain-calls", "note", message, why.source, why.marks, (why.message, *why.notes)))
        return found


def in_place_of_recording(
    program: Program, at: At, wrt: str | Sequence[str] | None, fault: DiffcliError, progress: Progress = lambda stage: None
) -> PlainCalls:
    """The calls of a function that cannot be recorded; what is at fault in other ways is raised, as plain Python has it."""
    if not isinstance(program, PythonFunction) or not may_be_called(fault.diagnostics[0]):
        raise fault
    calls = _called(program, at, wrt, progress)
    calls.unrecorded = fault.diagnostics[0]
    return calls


def _called(
    program: PythonFunction, at: At, wrt: str | Sequence[str] | None, progress: Progress = lambda stage: None
) -> PlainCalls:
    function, given, chosen = given_to(program, at, wrt)
    assert isinstance(function, PythonFunction)
    names = [name for name in function.signature.parameters if name in given]
    return PlainCalls(function, given, choose(chosen, names, subject_of(function)), progress)


class Line:
    """What a function returns along a line through the point, which is at ``x``, by the ``place`` of a number: each call once."""

    def __init__(self, calls: PlainCalls, place: Callable[[float], Point], x: float) -> None:
        self.calls, self.place, self.x = calls, place, x
        self.known = {x: calls.base}

    def __call__(self, x: float) -> list[float]:
        if x not in self.known:
            finite = math.isfinite(x)  # a step may leave the range of floats
            self.known[x] = self.calls.at_point(self.place(x)) if finite else [math.nan] * len(self.calls.base)
        return self.known[x]


def differences_by_name(
    function: Callable[..., Any], x: Any, wrt: str | Sequence[str] | None, step: float | None, derivative: int
) -> Differences:
    """The gradient or Jacobian of a Python function at an array, or at names and their values: see `diffcli.difference`."""
    try:
        program = PythonFunction(function)
    except ExpressionError:
        if isinstance(x, Mapping):
            raise
        program = PythonFunction(lambda x: function(x))  # its parameters have no names
    if not isinstance(x, Mapping):
        x = {next(iter(program.signature.parameters), "x"): x}
    calls = _called(program, x, wrt)
    value, shape = calls.results[0], calls.shapes[0]
    if calls.are_listed:
        if len(set(calls.shapes)) > 1:
            help = ['diffcli.jacobian(function, at, mode="numeric") takes several shapes']
            message = f"the results have the shapes {', '.join(map(str, calls.shapes))}, and make no array"
            raise ExpressionError([error("bad-result", message, help=help)])
        from diffcli.operations.arithmetic.array_files import to_array  # numbers do not wait for NumPy

        shape = (len(calls.results), *shape)
        value = to_array(calls.base, shape)
    calls.rows = Components([("f", 0, shape)])
    table = calls.jacobian(partial(automatic_difference, first=step, derivative=derivative))

    def blocks(number: Callable[[Difference], float | None]) -> dict[str, Number]:
        found = [[math.nan if (one := number(each)) is None else one for each in row] for row in table]
        return as_blocks(calls.rows, calls.columns, found)["f"]

    estimates, bars = blocks(lambda each: each.estimate), blocks(lambda each: each.error)
    return Differences(calls.at, value, estimates, bars, calls.calls, tuple(calls.notes(table)), calls.named(table))


def difference_of_number(function: Callable[[float], float], x: Any, step: float | None, derivative: int) -> Difference:
    """The derivative of a function of one number: see `diffcli.difference`."""
    try:
        point = to_float("x", x)
    except ExpressionError as fault:
        message = fault.diagnostics[0].message.replace("the value of `x`", "the point")
        raise UsageError([error("bad-value", message)]) from None
    sampler = Sampler(function, point)
    if not sampler.base.defined:
        try:
            raise _undefined(function(point))
        except (ArithmeticError, ValueError) as raised:
            raise _undefined(raised) from None
    return automatic_difference(sampler, "x", step, derivative)


def _undefined(value: Any, which: str = "") -> DomainError:
    """A function has no real value at the point, or raises an exception there; ``which`` of its results that is."""
    told = f"its value is {'complex' if isinstance(value, complex) else value if isinstance(value, float) else math.nan}"
    if isinstance(value, Exception):
        told = f"it raises {type(value).__name__}: {value}"
    return DomainError([error("domain", f"the function is undefined at the point: {told}", notes=[which] if which else ())])


def shapes_of(results: Sequence[Number]) -> list[Shape]:
    return [getattr(result, "shape", ()) for result in results]
