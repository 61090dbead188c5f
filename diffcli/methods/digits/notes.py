"""A watch on the numbers that are printed, and what is to be said of those that have lost digits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from diffcli.errors import Diagnostic, NotDifferentiableError
from diffcli.methods.digits.watch import UNKNOWN, Namer, Printed, Sweep, Watch
from diffcli.methods.problem.problem import Problem


def watch_of(problem: Problem, name: Namer | None = None, written: Callable[[], Problem] | None = None) -> Watch:
    """A watch on a problem, with arrays or without; of a derivative's tape with how it is ``written`` out in numbers."""
    if problem.tape.shapes is None:
        return Watch(problem, name)
    from diffcli.methods.digits.shaken import ShakenWatch  # numbers do not wait for it

    watch = ShakenWatch(problem, name)
    if written is not None:
        watch.written = written
    return watch


def notes_of(watch: Watch, strict: bool, *swept: tuple[Sweep, Sequence[Any]]) -> list[Diagnostic]:
    """What is to be said of what is watched, and of what sweeps have found: nothing where the digits are there.

    Raises
    ------
    NotDifferentiableError
        Digits are lost, and that is to be an error.
    """
    for sweep, found in swept:
        watch.swept(sweep, found)
    if not watch.doubts:
        return []
    from diffcli.methods.digits.lost import lost_digits  # most programs do not wait for it

    note = lost_digits(*watch.looked_up())
    if note is not None and strict:
        raise NotDifferentiableError([note._replace(severity="error")])
    return [] if note is None else [note]


def notes_beside(problem: Problem, asked: Iterable[tuple[Sweep, Sequence[float]]]) -> list[Diagnostic]:
    """What is to be said of numbers that are those of the sides of the point, with the sweeps that would find them there."""
    doubts = list[Printed]()
    for sweep, numbers in asked:
        places = [(output.name, output.slot) for output in problem.outputs]
        if sweep.order is not None:
            places = [(str(order), order) for order in range(sweep.order + 1)]
        elif not sweep.forward:
            places = [(name, problem.input_slot(name)) for name in problem.wrt]
        for (name, slot), number in zip(places, numbers, strict=True):
            doubts += [Printed(sweep.name(name), number, UNKNOWN, slot, sweep)] if number - number == 0 else []
    if not doubts:
        return []
    from diffcli.methods.digits.lost import lost_digits

    note = lost_digits(problem, doubts)
    return [] if note is None else [note]
