"""A function with several ways through it: a tape for each, and a guard that says which points it is right for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from threading import RLock
from typing import Any

from diffcli.errors import LimitError, error, refusal
from diffcli.kernels.backends import Runner

MOST_WAYS = 32
"""How many ways through a function are kept."""

MOST_ASKED = 100
"""At how many points of a batch, for each value, plain Python is asked."""


class Way:
    """One way through a function: what runs the points that take it, and its guard, a truth: whether a point takes another."""

    def __init__(self, guard: Callable[[int], Runner] | None, runner: Callable[[int], Runner]) -> None:
        self.guard, self.runner = guard, runner
        self.elsewhere: Callable[..., Any] = guard(1).entry(dict) if guard is not None else lambda *point: False
        self.results = runner(1).entry(dict)
        """The same of one point, of floats."""


def undefined(result: Any) -> Any:
    """The same tuples with NaN for every number."""
    return tuple(map(undefined, result)) if isinstance(result, tuple) else nan


class Ways:
    """A `Runner` of points that take several ways through a function.

    Where a function branches, its results are NaN at a point that is not finite: no function is recorded there. Where a value
    is not finite at another point, plain Python is asked: if it has one, the function catches an exception, which nothing guards.

    Parameters
    ----------
    inputs, values
        How many inputs there are, and how many of the results, the first ones, are values.
    first
        The way that is known.
    record
        What finds the way of a point.
    plain
        What plain Python gives at a point; NaN where it raises.
    """

    def __init__(
        self, inputs: int, values: int, first: Way, record: Callable[[Sequence[float]], Way],
        plain: Callable[[Sequence[float]], Sequence[float]],
    ) -> None:  # fmt: skip
        self.inputs, self.values, self.known, self.record, self.plain = inputs, values, [first], record, plain
        self.lock = RLock()

    def __call__(self, points: int) -> Ways:
        return self

    @property
    def source(self) -> str:
        """What was generated for one point of each way that is known."""
        return "\n\n".join(way.runner(1).source for way in self.known)

    def way(self, point: Sequence[float]) -> Way:
        """The way of a point, which is recorded where it takes none of those that are known, by one thread alone."""
        with self.lock:
            for way in self.known:
                if not way.elsewhere(*point):
                    return way
            if len(self.known) >= MOST_WAYS:
                message = f"the function takes more than {MOST_WAYS} ways through its branches, and each is compiled by itself"
                help = ["write a choice between values in place of a branch: diffcli.where(condition, a, b)"]
                raise LimitError([error("too-many-nodes", message, help=help)])
            self.known.append(self.record(point))
            return self.known[-1]

    def hold(self, point: Sequence[float]) -> None:
        """Refuse a point at which a value is not finite, and plain Python has one."""
        if all(map(isfinite, point)) and all(map(isfinite, self.plain(point))):
            message = "the function catches an exception here, and its recording knows of none"
            raise refusal("not-as-recorded", message, "write a condition in place of the handler: if x == 0: ...")

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`."""

        def kernel(*point: Any, **named: Any) -> Any:
            if named or len(point) != self.inputs or not all(type(value) is float for value in point):
                return otherwise(*point, **named)
            if self.known[0].guard is not None and not all(map(isfinite, point)):
                return undefined(self.known[0].results(*point))
            found = next((way for way in self.known if not way.elsewhere(*point)), None) or self.way(point)
            result = values = found.results(*point)
            while type(values) is tuple and type(values[0]) is tuple:
                values = values[0]
            if not all(map(isfinite, values[: self.values] if type(values) is tuple else (values,))):
                self.hold(point)
            return result

        return kernel

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`: along each way go the points that its guard lets through."""
        import numpy as np  # a point alone does not wait for it

        def at(places: Any) -> list[Any]:
            return [column[places] if isinstance(column, np.ndarray) else column for column in inputs]

        left, place = np.arange(len(results[0])), 0
        finite = np.all([np.isfinite(np.broadcast_to(column, left.shape)) for column in inputs], axis=0)
        if self.known[0].guard is not None:
            for result in results:
                result[~finite] = np.nan
            left = left[finite]
        while len(left):
            known = place < len(self.known)
            found = self.known[place] if known else self.way([float(number) for number in at(left[0])])
            place += known
            elsewhere = np.zeros(len(left), bool)
            if found.guard is not None:
                found.guard(len(left)).batch(at(left), [elsewhere], threads)
            elsewhere[0] &= known  # whatever the guard of this back end says of its own way, which may round otherwise
            own, left = left[~elsewhere], left[elsewhere]
            parts = [np.empty(len(own), result.dtype) for result in results]
            if len(own):
                found.runner(len(own)).batch(at(own), parts, threads)
            for result, part in zip(results, parts, strict=True):
                result[own] = part
        for result in results[: self.values]:
            for asked in np.flatnonzero(finite & ~np.isfinite(result))[:MOST_ASKED]:
                self.hold([float(number) for number in at(asked)])
