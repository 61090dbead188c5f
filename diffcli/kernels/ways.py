"""A function with several ways through it: a tape for each, and a guard that says which points it is right for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from threading import RLock
from typing import Any

from diffcli.errors import LimitError, error
from diffcli.kernels.backends import Runner

MOST_WAYS = 32
"""How many ways through a function are kept."""


class Way:
    """One way through a function: what runs the points that take it, and its guard, a truth: whether a point takes another."""

    def __init__(self, guard: Callable[[int], Runner], runner: Callable[[int], Runner]) -> None:
        self.guard, self.runner = guard, runner
        self.elsewhere, self.results = guard(1).entry(dict), runner(1).entry(dict)
        """The same of one point, of floats."""


def undefined(result: Any) -> Any:
    """The same tuples with NaN for every number."""
    return tuple(map(undefined, result)) if isinstance(result, tuple) else nan


class Ways:
    """A `Runner` of points that take several ways, with so many ``inputs``; ``record`` finds the way of a point.

    No function is recorded at a point that is not finite: where that takes no known way, its results are NaN.
    """

    def __init__(self, inputs: int, first: Way, record: Callable[[Sequence[float]], Way]) -> None:
        self.inputs, self.known, self.record = inputs, [first], record
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

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`."""

        def kernel(*values: Any, **named: Any) -> Any:
            if named or len(values) != self.inputs or not all(type(value) is float for value in values):
                return otherwise(*values, **named)
            for way in self.known:
                if not way.elsewhere(*values):
                    return way.results(*values)
            if not all(map(isfinite, values)):
                return undefined(self.known[0].results(*values))
            return self.way(values).results(*values)

        return kernel

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`: along each way go the points that its guard lets through."""
        import numpy as np  # a point alone does not wait for it

        def at(places: Any) -> list[Any]:
            return [column[places] if isinstance(column, np.ndarray) else column for column in inputs]

        left, place = np.arange(len(results[0])), 0
        while len(left):
            known = place < len(self.known)
            if known:
                found, place = self.known[place], place + 1
            else:
                finite = np.all([np.isfinite(np.broadcast_to(column, left.shape)) for column in at(left)], axis=0)
                for result in results:
                    result[left[~finite]] = np.nan
                left = left[finite]
                if not len(left):
                    return
                found = self.way([float(number) for number in at(left[0])])
            elsewhere = np.empty(len(left), bool)
            found.guard(len(left)).batch(at(left), [elsewhere], threads)
            elsewhere[0] &= known  # whatever the guard of this back end says of its own way, which may round otherwise
            own, left = left[~elsewhere], left[elsewhere]
            parts = [np.empty(len(own), result.dtype) for result in results]
            if len(own):
                found.runner(len(own)).batch(at(own), parts, threads)
            for result, part in zip(results, parts, strict=True):
                result[own] = part
