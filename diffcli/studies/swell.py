"""The study of expression swell: how l_n and its derivative grow, written out, shared, simplified, and on the tape.

After Baydin, Pearlmutter, Radul & Siskind (2018), "Automatic differentiation in machine learning: a survey", JMLR 18,
Table 1, whose logistic map is the first of `diffcli.studies.swell_map.DEMOS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from diffcli.errors import Diagnostic, ExpressionError, LimitError, error
from diffcli.language.complaints import did_you_mean
from diffcli.language.printer import number_text
from diffcli.methods.points import check_mapping
from diffcli.studies.swell_accuracy import Accuracy, accuracy
from diffcli.studies.swell_costs import TapeCost, tape_costs
from diffcli.studies.swell_counts import Graph, Reach, Tangents
from diffcli.studies.swell_laws import LAWS, law
from diffcli.studies.swell_map import DEMOS, Recurrence
from diffcli.studies.swell_measured import Cell, Task, measure
from diffcli.studies.swell_text import LONGEST, Texts

FIRST_ROWS = 10
"""Rows up to this n are shown one by one; beyond it only 20, 50, 100, 200, 500, ... and the last."""

FORMS = 4
"""Of the texts, those up to this n are shown, and the last."""

LAST_COMPARED = 100
"""Accuracy is compared up to this n."""

CHAOS = 50
"""From about this n on the logistic map in double precision has lost every bit of x."""


class Counts(NamedTuple):
    """Exact sizes at one n. Of several derivatives, as of a product by its factors, the sizes are of all of them."""

    n: int
    value_tree: int
    """Nodes of l_n, written out."""
    derivative_tree: int
    """Nodes of l_n' by the rules as they stand, (4*l)' = 0*l + 4*l'."""
    folded_tree: int
    """The same without products with 0 and 1."""
    graph: int
    """Distinct nodes of l_n and l_n'."""
    folded_graph: int
    """The same without products with 0 and 1."""
    tape: TapeCost


class Form(NamedTuple):
    """One expression at one n, as text: its beginning, and how many characters it has."""

    n: int
    kind: str
    """``value``, ``derivative`` or ``simplified``."""
    text: str
    length: int
    nested: bool = False
    """Whether it is nested as it was computed, and not factored."""


class Request(NamedTuple):
    """What is asked for."""

    recurrence: Recurrence
    n: int
    at: Mapping[str, float]
    """The point for the accuracy; empty for none."""
    budget: float
    most_nodes: int
    forms: bool = True
    full: bool = False


class SwellResult(NamedTuple):
    """Everything that was counted and measured, up to where it was stopped."""

    request: Request
    counts: tuple[Counts, ...]
    forms: tuple[Form, ...]
    cells: dict[Task, Cell]
    accuracy: tuple[Accuracy, ...]
    logistic: bool
    notes: tuple[Diagnostic, ...]

    def predicted(self, n: int, name: str) -> int | None:
        """The size that a law gives where nothing was measured; for the logistic map alone."""
        return law(name, n) if self.logistic and name in LAWS else None


class Progress(NamedTuple):
    """Whom to tell how far it is: the stage in words, and everything that is known so far."""

    stage: Callable[[str], None]
    show: Callable[[SwellResult], None]


def shown(n: int, full: bool) -> list[int]:
    """The rows of a table that goes up to n.

    >>> shown(120, False)
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100, 120]
    """
    if full:
        return list(range(1, n + 1))
    milestones = [digit * 10**power for power in range(1, len(str(n))) for digit in (2, 5, 10)]
    return sorted({*range(1, min(n, FIRST_ROWS) + 1), *[row for row in milestones if row <= n], n})


def swell(request: Request, progress: Progress) -> SwellResult:
    """Count, then measure within the budget. What is done when a limit or Ctrl-C strikes is kept, with a note.

    Raises
    ------
    LimitError, KeyboardInterrupt
        It was stopped before anything was counted.
    """
    study = _Study(request, progress)
    try:
        study.count()
        study.compare()
        study.measure()
    except KeyboardInterrupt:
        if not study.counts:
            raise
        study.note(Diagnostic("interrupted", "warning", "interrupted", notes=("what is shown is exact",)))
    except LimitError as limit:
        if not study.counts:
            raise
        study.note(limit.diagnostics[0]._replace(severity="warning", notes=("what is shown is exact",)))
    return study.result()


class _Study:
    def __init__(self, request: Request, progress: Progress) -> None:
        self.request, self.progress = request, progress
        self.recurrence = request.recurrence
        self.logistic = self.recurrence.is_logistic()
        self.rows = shown(request.n, request.full)
        self.form_rows = [n for n in self.rows if n <= FORMS or n == request.n or request.full] if request.forms else []
        self.graph = Graph(request.most_nodes)
        self.texts = Texts(self.graph)
        self.counts: list[Counts] = []
        self.nested: dict[Task, Form] = {}
        self.cells: dict[Task, Cell] = {}
        self.accuracy: list[Accuracy] = []
        self.notes: list[Diagnostic] = []

    def note(self, note: Diagnostic) -> None:
        self.notes.append(note)

    def result(self) -> SwellResult:
        forms = tuple(form for n in self.form_rows for kind in KINDS if (form := self.form(n, kind)) is not None)
        found = (self.request, tuple(self.counts), forms, dict(self.cells), tuple(self.accuracy))
        return SwellResult(*found, self.logistic, tuple(self.notes))

    # -- counting -------------------------------------------------------------------------------------------------------

    def count(self) -> None:
        """The sizes of every row, on one graph that grows."""
        self.progress.stage("counting")
        recurrence, graph = self.recurrence, self.graph
        step = recurrence.step()
        point = generic_point(recurrence, self.request.n) | dict(self.request.at)
        costs = tape_costs(recurrence, point, self.request.n)
        parameters = {name: graph.name(name) for name in recurrence.parameters}
        state = graph.name(recurrence.start)
        tangents = {fold: [Tangents(graph, state, fold)] for fold in (False, True)}
        reach = {fold: Reach(graph) for fold in (False, True)}
        for n in range(1, self.request.n + 1):
            if n > 1:
                names = {**parameters, recurrence.state: state}
                if recurrence.fresh:
                    names[recurrence.fresh] = graph.name(f"x{n}")
                    for fold, known in tangents.items():
                        known.append(Tangents(graph, names[recurrence.fresh], fold))
                state, nodes = graph.replay(step, [names[name] for name in step.inputs])
                for known in tangents.values():
                    for tangent in known:
                        tangent.extend(nodes)
            cost = next(costs)
            if n in self.rows:
                roots = {fold: [tangent.of(state) for tangent in known] for fold, known in tangents.items()}
                self._count_row(n, state, roots, reach, cost)

    def _count_row(
        self, n: int, state: int, roots: Mapping[bool, list[int]], reach: Mapping[bool, Reach], cost: TapeCost
    ) -> None:
        sizes = self.graph.sizes
        naive, folded = (sum(sizes[root] for root in roots[fold]) for fold in (False, True))
        graph, folded_graph = (reach[fold].count([state, *roots[fold]]) for fold in (False, True))
        self.counts.append(Counts(n, sizes[state], naive, folded, graph, folded_graph, cost))
        if n in self.form_rows:
            self.nested[n, "value"] = self._nested(n, "value", [state])
            self.nested[n, "derivative"] = self._nested(n, "derivative", roots[True])

    def _nested(self, n: int, kind: str, roots: Sequence[int]) -> Form:
        """The text of nodes as they were computed, which costs nothing to count."""
        text = ", ".join(self.texts.beginning(root) for root in roots[:100])
        length = sum(self.texts.length(root) + 2 for root in roots) - 2
        return Form(n, kind, text if length <= len(text) else text[:LONGEST], length, True)

    # -- accuracy and measurement ----------------------------------------------------------------------------------------

    def compare(self) -> None:
        """The errors of the expanded form and of the tape, where there is a point."""
        if not self.request.at or self.recurrence.fresh:
            return
        for n in shown(min(self.request.n, LAST_COMPARED), full=False)[1:]:
            self.progress.stage(f"accuracy at n = {n}")
            found = accuracy(self.recurrence, n, self.request.at)
            if found is not None:
                self.accuracy.append(found)

    def measure(self) -> None:
        """SymPy's sizes and texts, n by n, until the budget is used up."""
        if self.request.budget <= 0:
            return
        tasks = [(n, step) for n in self.rows for step in STEPS if step != "forms" or n in self.form_rows]

        def keep(cell: Cell) -> None:
            self.cells[cell.n, cell.step] = cell
            self.progress.show(self.result())

        self.progress.show(self.result())
        measure(self.recurrence, tasks, self.request.budget, keep, self.progress.stage)

    def form(self, n: int, kind: str) -> Form | None:
        """SymPy's text of a form if there is one, else the nested one."""
        cell = self.cells.get((n, "simplified" if kind == "simplified" else "forms"))
        if cell is not None and kind in cell.texts:
            return Form(n, kind, *cell.texts[kind])
        return self.nested.get((n, kind))


KINDS = ("value", "derivative", "simplified")
"""The columns of the lecture's table."""

STEPS = ("forms", "derivative", "cse", "simplified")
"""What is measured at each n, in this order."""


# -- the point -----------------------------------------------------------------------------------------------------------


def generic_point(recurrence: Recurrence, n: int) -> dict[str, float]:
    """A point at which to count where none is given: the counts do not depend on it, but through the branches of a choice."""
    return dict.fromkeys(recurrence.names(n), 0.5)


def check_point(recurrence: Recurrence, given: Mapping[str, float]) -> dict[str, float]:
    """The point of ``--at``, with a value for x and for every parameter.

    Raises
    ------
    ExpressionError
        It has not, or has a name too many.
    """
    known = recurrence.names(1)
    faults = []
    for name in given:
        if name not in known:
            help = did_you_mean(name, known) or (f"the variables of l_n: {', '.join(known)}",)
            faults.append(error("unknown-variable", f"l_n has no variable `{name}`", help=help))
    missing = [name for name in known if name not in given]
    if missing and not faults:
        known = [*[f"{name}={number_text(value)}" for name, value in given.items()], *[f"{name}=..." for name in missing]]
        names = " and ".join(f"`{name}`" for name in missing)
        faults.append(error("missing-value", f"no value for {names}", help=[f"add --at {','.join(known)}"]))
    if faults:
        raise ExpressionError(faults)
    return check_mapping(given)


def default_point(recurrence: Recurrence) -> dict[str, float]:
    """The point of a known swell; none for a map of one's own."""
    for demo in DEMOS.values():
        if recurrence.caption == demo.caption:
            return dict(demo.at)
    return dict(DEMOS["logistic"].at) if recurrence.is_logistic() and recurrence.start == "x" else {}
