"""A function with several ways through it: a tape for each, and a guard that says which points it is right for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import LimitError, error
from diffcli.kernels.backends import Runner

MOST_WAYS = 32
"""How many ways through a function are kept."""


class Way(NamedTuple):
    """One way through a function; both of its tapes have the same inputs, and run so many points."""

    guard: Callable[[int], Runner]
    """The tape of one truth: whether a point takes another way."""
    runner: Callable[[int], Runner]
    """The tape of the results of points that take this one."""


def undefined(result: Any) -> Any:
    """The same tuples with NaN for every number."""
    return tuple(map(undefined, result)) if isinstance(result, tuple) else nan


class Ways:
    """A `Runner` of points that take several ways, with so many ``inputs``; ``record`` finds the way of a point.

    No function is recorded at a point that is not finite: where that takes no known way, its results are NaN.
    """

    def __init__(self, inputs: int, first: Way, record: Callable[[Sequence[float]], Way]) -> None:
        self.inputs, self.known, self.record = inputs, [first], record

    def __call__(self, points: int) -> Ways:
        return self

    @property
    def source(self) -> str:
        """What was generated for one point of each way that is known."""
        return "\n\n".join(way.runner(1).source for way in self.known)

    def add(self, point: Sequence[float]) -> Way:
        """The way of a point that takes none of those that are known."""
        if len(self.known) >= MOST_WAYS:
            message = f"the function takes more than {MOST_WAYS} ways through its branches, and each is compiled by itself"
            help = ["write a choice between values in place of a branch: diffcli.where(condition, a, b)"]
            raise LimitError([error("too-many-nodes", message, help=help)])
        self.known.append(self.record(point))
        return self.known[-1]

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`."""
        entries: list[tuple[Callable[..., Any], Callable[..., Any]]] = []

        def kernel(*values: Any, **named: Any) -> Any:
            if named or len(values) != self.inputs or not all(type(value) is float for value in values):
                return otherwise(*values, **named)
            for elsewhere, function in entries:
                if not elsewhere(*values):
                    return function(*values)
            known = len(entries) < len(self.known)
            if not known and not all(map(isfinite, values)):
                return undefined(entries[0][1](*values))
            way = self.known[len(entries)] if known else self.add(values)
            entries.append((way.guard(1).entry(otherwise), way.runner(1).entry(otherwise)))
            return kernel(*values) if known else entries[-1][1](*values)  # whatever its guard says, which may round otherwise

        return kernel

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`: along each way go the points that its guard lets through."""
        import numpy as np  # a point alone does not wait for it

        def at(places: Any) -> list[Any]:
            return [column[places] if isinstance(column, np.ndarray) else column for column in inputs]

        left, place, fresh = np.arange(len(results[0])), 0, 0
        while len(left):
            if place == len(self.known):
                finite = np.all([np.isfinite(np.broadcast_to(column, left.shape)) for column in at(left)], axis=0)
                for result in results:
                    result[left[~finite]] = np.nan
                left = left[finite]
                if len(left):
                    self.add([float(number) for number in at(left[0])])
                    fresh = 1  # the first point takes it whatever the guard says, which may round otherwise
                continue
            guard, runner = self.known[place]
            elsewhere = np.empty(len(left), bool)
            guard(len(left)).batch(at(left), [elsewhere], threads)
            elsewhere[:fresh], fresh = False, 0
            own, left, place = left[~elsewhere], left[elsewhere], place + 1
            found = [np.empty(len(own), result.dtype) for result in results]
            if len(own):
                runner(len(own)).batch(at(own), found, threads)
            for result, part in zip(results, found, strict=True):
                result[own] = part
