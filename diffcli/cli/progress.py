"""What is being done, on the terminal, for work that takes longer than a glance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from diffcli.cli.environment import Environment

if TYPE_CHECKING:
    from threading import Event

PATIENCE = 0.5
"""Seconds after which something is shown."""


class Progress:
    """The present stage; call it with the next one."""

    def __init__(self) -> None:
        self.stage = ""

    def __call__(self, stage: str) -> None:
        self.stage = stage


@contextmanager
def progress(environment: Environment) -> Iterator[Progress]:
    """Show the stage and the time it has taken on stderr, if that is a terminal, until the work inside is done."""
    shown = Progress()
    stream = environment.stderr
    if not stream.isatty() or environment.variables.get("TERM") == "dumb":
        yield shown
        return
    from threading import Event, Thread

    done = Event()
    thread = Thread(target=_show, args=(environment, shown, done), daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        done.set()
        thread.join()


def _show(environment: Environment, shown: Progress, done: Event) -> None:
    start = monotonic()
    drawn = False
    while not done.wait(PATIENCE if not drawn else 0.2):
        drawn = True
        environment.stderr.write(f"\r\x1b[K{shown.stage} ... {monotonic() - start:.1f} s")
        environment.stderr.flush()
    if drawn:
        environment.stderr.write("\r\x1b[K")
        environment.stderr.flush()
