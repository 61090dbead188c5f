"""A function with several ways through it: a tape for each, and a guard that says which points it is right for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from math import isfinite, isnan, nan
from threading import RLock
from typing import Any

from diffcli.errors import LimitError, Span, error, refusal
from diffcli.kernels.backends import Layout, Runners, guarded
from diffcli.methods.compiled.flags import Marked
from diffcli.methods.problem.system import System
from diffcli.records import Array, is_finite
from diffcli.tape import Tape
from diffcli.tape.building.accumulation import Accumulation
from diffcli.tape.building.building import Builder

MOST_WAYS = 32
"""How many ways through a function are kept."""

BLOCK = 2**16
"""How many points of a batch are told apart together: their values stay in the memory at hand."""

MOST_ASKED = 100
"""At how many points of a batch, for each value, plain Python is asked."""


class Way:
    """One way through a program: what runs the points that take it, and whether a point takes another; None if none does."""

    def __init__(self, guard: Tape | None, marked: Marked, layout: Layout, backend: str) -> None:
        self.guard = None if guard is None else Runners(guard, 0, backend)
        self.marked, self.runner = marked, Runners(marked.tape, layout, backend)

    @cached_property
    def elsewhere(self) -> Callable[..., Any]:
        """The guard of one point, of floats."""
        return (lambda *point: False) if self.guard is None else self.guard(1).entry(dict)

    @cached_property
    def results(self) -> Callable[..., Any]:
        """The results of one point, of floats."""
        return self.runner(1).entry(dict)

    def split(self, places: Array, columns: Sequence[Any], threads: int = 1, begins: bool = False) -> tuple[Array, Array]:
        """Which of the points at some places take this way, and which do not; that the first does may be known: it ``begins``."""
        if self.guard is None or not len(places):
            return places, places[:0]
        import numpy as np  # a point alone does not wait for it

        elsewhere = np.zeros(len(places), bool)
        self.guard(len(places)).batch(taken(columns, places), [elsewhere], threads)
        elsewhere[0] &= not begins  # whatever the guard of this back end says, which may round otherwise
        own, left = [places.take(mask.nonzero()[0]) for mask in (~elsewhere, elsewhere)]  # a mask itself takes far longer
        return own, left


def taken(columns: Sequence[Any], places: Array) -> list[Any]:
    """Columns, which may be one number for all points, at some places, which ascend; all of them are the column itself."""
    return [column if type(column) is float or len(column) == len(places) else column.take(places) for column in columns]


def finite(columns: Sequence[Any], places: Array) -> Array:
    """Whether all columns are finite at some places."""
    import numpy as np  # a point alone does not wait for it

    return reduce(np.logical_and, map(np.isfinite, taken(columns, places)), np.ones(len(places), bool))


def point_at(columns: Sequence[Any], place: int) -> list[float]:
    return [column if type(column) is float else float(column[place]) for column in columns]


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


def undefined(result: Any) -> Any:
    """The same tuples with NaN for every number."""
    return tuple(map(undefined, result)) if isinstance(result, tuple) else nan


class Ways:
    """A `Runner` of points that take several ways through a function.

    Where a function branches, its results are NaN at a point that is not finite: no function is recorded there. Where a value
    is not finite at another point, plain Python is asked: if it has one, the function catches an exception, which nothing guards.

    The first of its results are ``values``. One way is ``known``; ``record`` finds that of a point, and ``plain`` is what plain
    Python gives there, None where the function is undefined.
    """

    def __init__(
        self, values: int, known: list[Way], record: Callable[[Sequence[float]], Way],
        plain: Callable[[Sequence[float]], Sequence[Any] | None],
    ) -> None:  # fmt: skip
        self.values, self.known, self.record, self.plain = values, known, record, plain
        self.lock = RLock()

    def __call__(self, points: int) -> Ways:
        return self

    @property
    def source(self) -> str:
        """What was generated for one point of each way that is known."""
        return "\n\n".join(way.runner(1).source for way in self.known)

    def way(self, point: Sequence[float]) -> Way | None:
        """The way of a point, which is recorded where it takes none of those that are known, by one thread alone.

        Where plain Python says that the function is undefined there is none.
        """
        with self.lock:
            for way in self.known:
                if not way.elsewhere(*point):
                    return way
            if self.plain(point) is None:
                return None
            if len(self.known) >= MOST_WAYS:
                message = f"the function takes more than {MOST_WAYS} ways through its branches, and each is compiled by itself"
                help = ["write a choice between values in place of a branch: diffcli.where(condition, a, b)"]
                raise LimitError([error("too-many-nodes", message, help=help)])
            self.known.append(self.record(point))
            return self.known[-1]

    def hold(self, point: Sequence[float]) -> None:
        """Refuse a point at which a value is not finite, and plain Python has one."""
        if all(map(isfinite, point)) and (plain := self.plain(point)) is not None and all(map(is_finite, plain)):
            message = "the function catches an exception here, and its recording knows of none"
            raise refusal("not-as-recorded", message, "write a condition in place of the handler: if x == 0: ...")

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`."""

        def kernel(*point: float) -> Any:
            if self.known[0].guard is not None and not all(map(isfinite, point)):
                return undefined(self.known[0].results(*point))
            way: Way | None
            for way in self.known:
                if not way.elsewhere(*point):
                    break
            else:
                way = self.way(point)
            if way is None:
                return undefined(self.known[0].results(*point))
            result = values = way.results(*point)
            while type(values) is tuple and type(values[0]) is tuple:
                values = values[0]
            if not all(map(isfinite, values[: self.values] if type(values) is tuple else (values,))):
                self.hold(point)
            return result

        return guarded(otherwise, kernel, self.known[0].marked.tape.first_row)

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`."""
        for start in range(0, len(results[0]), BLOCK):
            part = slice(start, start + BLOCK)
            given = [column if type(column) is float else column[part] for column in inputs]
            self.block(given, [result[part] for result in results], threads)
        odd = results[-1].nonzero()[0]
        odd = odd[finite(inputs, odd)]
        for result in results[: self.values]:
            for asked in odd[~finite([result], odd)][:MOST_ASKED]:
                self.hold(point_at(inputs, asked))

    def block(self, inputs: Sequence[Any], results: Sequence[Any], threads: int) -> None:
        """A batch of not too many points: along each way go those that its guard lets through."""
        import numpy as np  # a point alone does not wait for it

        left, place = np.arange(len(results[0])), 0
        if self.known[0].guard is not None:
            holds = finite(inputs, left)
            left = holds.nonzero()[0]
            for result in results:
                result[(~holds).nonzero()] = np.nan
        while len(left):
            known = place < len(self.known)
            way = self.known[place] if known else self.way(point_at(inputs, left[0]))
            if way is None:
                for result in results:
                    result[left[0]] = np.nan
                left = left[1:]
                continue
            place += known
            own, left = way.split(left, inputs, threads, begins=not known)
            if len(own) == len(results[0]):
                way.runner(len(own)).batch(inputs, results, threads)
            elif len(own):
                parts = [np.empty(len(own), result.dtype) for result in results]
                way.runner(len(own)).batch(taken(inputs, own), parts, threads)
                for result, part in zip(results, parts, strict=True):
                    result[own] = part
