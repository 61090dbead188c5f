"""A watch on the numbers that are printed, and what is to be said of those that have lost digits."""

from __future__ import annotations

from collections.abc import Callable

from diffcli.errors import Diagnostic, NotDifferentiableError
from diffcli.methods.digits.watch import Namer, Swept, Watch
from diffcli.methods.problem.problem import Problem


def watch_of(problem: Problem, name: Namer | None = None, written: Callable[[], Problem] | None = None) -> Watch:
    """A watch on a problem, with arrays or without; of a derivative's tape with how it is ``written`` out in numbers."""
    name = "".format if problem.on_curve else name
    if problem.tape.shapes is None:
        return Watch(problem, name)
    from diffcli.methods.digits.shaken import ShakenWatch  # numbers do not wait for it

    watch = ShakenWatch(problem, name)
    if written is not None:
        watch.written = written
    return watch


def notes_of(watch: Watch, strict: bool, *swept: Swept) -> list[Diagnostic]:
    """What is to be said of what is watched, and of what sweeps have found: nothing where the digits are there.

    Where it is ``strict``, digits that are lost are a `NotDifferentiableError`.
    """
    for sweep, found in swept:
        (watch.swept if sweep.beside is None else watch.beside)(sweep, found)
    if not watch.doubts:
        return []
    from diffcli.methods.digits.lost import lost_digits  # most programs do not wait for it

    note = lost_digits(*watch.looked_up())
    if note is not None and strict:
        raise NotDifferentiableError([note._replace(severity="error")])
    return [] if note is None else [note]
