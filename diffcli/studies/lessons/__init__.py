"""The lessons, in the order of the course. Adding one is adding a file here and a row of `LESSONS`.

A lesson's module has ``lesson(settings: Settings) -> Told``. It computes what it shows with the library, and is imported
when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise

from diffcli._named import NamedTuple
from diffcli.errors import did_you_mean, refusal
from diffcli.studies.lessons.record import Check, Lesson, Question, Settings, said


class Size(NamedTuple):
    """What ``--size`` is in a lesson, if not given, at least and at most."""

    what: str
    default: int
    least: int
    most: int


class Entry(NamedTuple):
    """Where a lesson is, and what it is about; ``size`` if it can be run at several sizes."""

    module: str
    title: str
    size: Size | None = None


LESSONS: dict[str, Entry] = {
    "numerical": Entry("numerical", "difference quotients and their two errors", Size("variables", 64, 1, 512)),
    "symbolic": Entry("symbolic", "rules on formulas, and why they swell", Size("iterations", 100, 4, 1000)),
    "forward": Entry("forward", "every value with its tangent", Size("variables", 256, 2, 400)),
    "reverse": Entry("reverse", "one sweep back for the whole gradient", Size("variables", 256, 2, 400)),
    "topological-order": Entry("topological_order", "the order in which adjoints are passed on", Size("diamonds", 50, 2, 900)),
    "jacobian": Entry("jacobian", "columns forward, rows in reverse", Size("inputs", 64, 3, 400)),
    "linear-layer": Entry("linear_layer", "matrix products in place of a Jacobian", Size("width", 512, 1, 4096)),
    "graph": Entry("graph", "the graph that operations record"),
    "requires-grad": Entry("requires_grad", "which gradients are computed; freezing"),
    "accumulation": Entry("accumulation", "backward() adds to the gradient"),
    "grad-modes": Entry("grad_modes", "eval(), no_grad() and inference_mode()", Size("width", 512, 1, 2048)),
    "version-counters": Entry("version_counters", "how a change in place is noticed"),
    "custom-function": Entry("custom_function", "a backward of your own, and its tests"),
    "modules": Entry("modules", "parameters, and how they are found"),
    "train-eval": Entry("train_eval", "layers that differ in training and use"),
    "accuracy": Entry("accuracy", "why classifiers are trained by a loss"),
}
"""The lessons by name, in the order of the course."""


def find_lesson(name: str) -> Entry:
    """The row of a lesson."""
    if name not in LESSONS:
        help = [*did_you_mean(name, LESSONS), "`diffcli lesson` lists them all"]
        raise refusal("unknown-topic", f"there is no lesson `{name}`", *help)
    return LESSONS[name]


def run_lesson(name: str, settings: Settings | None = None) -> Lesson:
    """Compute a lesson.

    >>> run_lesson("numerical").passed
    True
    """
    settings = settings or Settings()
    entry = find_lesson(name)
    size = entry.size
    if size is None and settings.size is not None:
        raise refusal("usage", f"the lesson {name} has one size only", f"diffcli lesson {name}")
    if size is not None:
        settings = settings._replace(size=size.default if settings.size is None else settings.size)
        if not size.least <= settings.sized() <= size.most:
            message = f"--size is {settings.size}, and the lesson {name} takes {size.least} to {size.most} ({size.what})"
            nearest = min(max(settings.sized(), size.least), size.most)
            raise refusal("bad-value", message, f"diffcli lesson {name} --size {nearest}")
    told = list(import_module(f"{__name__}.{entry.module}").lesson(settings))
    (last,) = [part for part in told if isinstance(part, Question)]
    checks = tuple([part for part in told if isinstance(part, Check)])
    parts = tuple([part for part in told if not isinstance(part, Check | Question)])
    question, answer = said(last.question).text, said(last.answer).text
    after = dict(pairwise((*LESSONS, None)))[name]
    return Lesson(parts, checks, last.try_next, question, answer, name, entry.title, after)
