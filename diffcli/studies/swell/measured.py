"""SymPy's part of the study, measured in a process of its own that is stopped when its time is over.

Nothing that SymPy does can hang the program: the worker answers task by task, the caller waits no longer than a task's share
of what is left of the budget, and then ends the process. Larger tasks of the same kind are not tried after that.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from typing import Any

from diffcli.language.writing.printer import program_text
from diffcli.records.swell import Cell, Task
from diffcli.studies.swell.map import Recurrence

START = 0.8
"""Seconds without which it is not worth to start another process: SymPy takes most of that to be imported."""

NEEDS = {"cse": "derivative"}
"""Steps that work on what another one made."""

_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from diffcli.methods.symbolic.swell import work; work()"
"""The worker imports from where this process does, and from nowhere else."""


Message = dict[str, Any]

GONE: Message = {"failed": "its process ended"}
"""What stands for the answer of a process that gives no more."""


class NotStarted(Exception):
    """The process could not be started, or ended before it was ready."""


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
        with Worker(recurrence, remaining) as worker:
            ready = worker.receive(left)
            if ready is None:
                return
            if "failed" in ready:
                raise NotStarted
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
        else:
            keep(Cell(n, step, "failed", reason=message["failed"]))
        if message is None or message is GONE:
            return [task for task in tasks[position + 1 :] if step not in (task[1], NEEDS.get(task[1]))]
    return []


class Worker:
    """The process, and a thread that takes its answers off the pipe. It runs inside ``with``, and is gone after it."""

    process: subprocess.Popen[str] | None = None
    reader: Thread | None = None

    def __init__(self, recurrence: Recurrence, tasks: list[Task]) -> None:
        largest = max(n for n, _ in tasks)
        self.job = {
            "map": program_text(recurrence.program), "state": recurrence.state, "names": recurrence.names(largest),
            "wanted": len(recurrence.wanted(largest)), "fresh": recurrence.fresh, "tasks": tasks,
        }  # fmt: skip
        self.answers: Queue[Message] = Queue()

    def __enter__(self) -> Worker:
        """Start it."""
        try:
            self._start()
        except BaseException:  # Ctrl-C or an alarm too: what has been started is not left behind
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        if not sys.executable:
            raise NotStarted
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
            )  # fmt: skip
        except OSError as refused:
            raise NotStarted from refused
        self.reader = Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        assert self.process.stdin is not None
        with suppress(OSError):  # it is gone already, and will not answer
            self.process.stdin.write(json.dumps(self.job) + "\n")
            self.process.stdin.flush()

    def __exit__(self, *exception: object) -> None:
        process = self.process
        if process is None:
            return
        process.kill()
        process.wait()
        if self.reader is not None and self.reader.ident is not None:
            self.reader.join()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                self.answers.put(json.loads(line))
        except ValueError:
            pass  # ended in the middle of a line
        self.answers.put(GONE)

    def receive(self, seconds: float) -> Message | None:
        """The next answer, `GONE` if the process ended; None if there is none in time."""
        try:
            return self.answers.get(timeout=seconds)
        except Empty:
            return None
