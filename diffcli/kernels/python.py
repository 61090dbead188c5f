"""The back end ``python``: until it writes source, the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.kernels.backends import Layout
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Evaluator


class PythonRunner:
    source = ""

    def __init__(self, tape: Tape, layout: Layout, truths: frozenset[int]) -> None:
        self.inputs, self.layout, self.truths = len(tape.inputs), layout, truths
        self.evaluate = Evaluator(tape, tape.results)

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        def pick(layout: Layout, found: Sequence[Any]) -> Any:
            return found[layout] if isinstance(layout, int) else tuple([pick(part, found) for part in layout])

        def call(*values: Any, **named: Any) -> Any:
            if named or len(values) != self.inputs or any(type(value) is not float for value in values):
                return otherwise(*values, **named)
            return pick(self.layout, self.evaluate(values))

        return call

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        for place in range(len(results[0]) if results else 0):
            found = self.evaluate([each if isinstance(each, float) else float(each[place]) for each in inputs])
            for one, (target, value) in enumerate(zip(results, found, strict=True)):
                target[place] = value != 0 if one in self.truths else value


def make(tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> PythonRunner:
    return PythonRunner(tape, layout, truths)
