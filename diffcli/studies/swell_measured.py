"""SymPy's part of the study, measured in a process of its own that is stopped when its time is over.

Nothing that SymPy does can hang the program: the worker answers task by task, the caller waits no longer than a task's share
of what is left of the budget, and then ends the process. Larger tasks of the same kind are not tried after that.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from types import MappingProxyType
from typing import Any, NamedTuple

from diffcli.language.printer import program_text
from diffcli.studies.swell_map import Recurrence

START = 0.8
"""Seconds without which it is not worth to start another process: SymPy takes most of that to be imported."""

NEEDS = {"cse": "derivative"}
"""Steps that work on what another one made."""

_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from diffcli.methods.symbolic_swell import work; work()"
"""The worker imports from where this process does, and from nowhere else."""


class Cell(NamedTuple):
    """What became of one task: for l_n, a step of `diffcli.methods.symbolic_swell`."""

    n: int
    step: str
    state: str
    """``done``, ``stopped`` or ``failed``."""
    seconds: float | None = None
    """What SymPy took, or how long was waited for it."""
    sizes: Mapping[str, int] = MappingProxyType({})
    texts: Mapping[str, tuple[str, int]] = MappingProxyType({})
    """Texts, cut, with their whole lengths."""
    reason: str = ""


Task = tuple[int, str]


def measure(
    recurrence: Recurrence, tasks: Iterable[Task], budget: float, keep: Callable[[Cell], None], progress: Callable[[str], None]
) -> None:
    """Do tasks in order within ``budget`` seconds, and hand each that was begun to ``keep``."""
    remaining = list(tasks)
    deadline = monotonic() + budget
    while remaining and (left := deadline - monotonic()) > 0:
        if left < START and left < budget:
            return
        progress("SymPy starts")
        try:
            worker = Worker(recurrence, remaining)
        except OSError:
            return  # no process can be started here, so nothing is measured
        with worker:
            if worker.receive(left) is None:
                return
            remaining = _attend(worker, remaining, deadline, keep, progress)


def _attend(
    worker: Worker, tasks: list[Task], deadline: float, keep: Callable[[Cell], None], progress: Callable[[str], None]
) -> list[Task]:
    """Take answers until a task takes too long or none is left; returns the tasks to go on with."""
    for position, (n, step) in enumerate(tasks):
        kinds = {other for _, other in tasks[position:]}
        progress(f"SymPy: {step} at n = {n}")
        began = monotonic()
        message = worker.receive(max((deadline - began) / len(kinds), 0))
        if message is not None and "failed" not in message:
            texts = {name: (text, length) for name, (text, length) in message.get("texts", {}).items()}
            keep(Cell(n, step, "done", message["seconds"], message.get("sizes", {}), texts))
            continue
        if message is None:
            keep(Cell(n, step, "stopped", monotonic() - began))
            return [task for task in tasks[position + 1 :] if step not in (task[1], NEEDS.get(task[1]))]
        keep(Cell(n, step, "failed", reason=message["failed"]))
    return []


class Worker:
    """The process, and a thread that takes its answers off the pipe."""

    def __init__(self, recurrence: Recurrence, tasks: list[Task]) -> None:
        largest = max(n for n, _ in tasks)
        wanted = recurrence.wanted(largest)
        job = {
            "map": program_text(recurrence.program), "state": recurrence.state, "names": recurrence.names(largest),
            "wanted": len(wanted), "fresh": recurrence.fresh, "tasks": tasks,
        }  # fmt: skip
        self.answers: Queue[dict[str, Any] | None] = Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
        )  # fmt: skip
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.process.stdin is not None
        with suppress(OSError):  # it is gone already, and will not answer
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            for line in self.process.stdout:
                self.answers.put(json.loads(line))
        except ValueError:
            pass  # ended in the middle of a line
        self.answers.put(None)

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next answer; None if there is none in time, or the process ended."""
        try:
            return self.answers.get(timeout=seconds)
        except Empty:
            return None
