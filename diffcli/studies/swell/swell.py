"""The study of expression swell: how l_n and its derivative grow, written out, shared, simplified, and on the tape.

After Baydin, Pearlmutter, Radul & Siskind (2018), "Automatic differentiation in machine learning: a survey", JMLR 18,
Table 1, whose logistic map is the first of `diffcli.studies.swell.map.DEMOS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.records.swell import Accuracy, Cell, Counts, Request, SwellResult, TapeCost, Task, WrittenForm
from diffcli.studies.swell.accuracy import accuracy
from diffcli.studies.swell.costs import tape_costs
from diffcli.studies.swell.counts import LONGEST, Reach, SharedGraph, Tangents, Texts
from diffcli.studies.swell.domain import lost, require_values
from diffcli.studies.swell.measured import NotStarted, measure

FIRST_ROWS = 10
"""Rows up to this n are shown one by one; beyond it only 20, 50, 100, 200, 500, ... and the last."""

FORMS = 4
"""Of the texts, those up to this n are shown, and the last."""

LAST_COMPARED = 100
"""Accuracy is compared up to this n."""

LARGEST_GRADIENT = 100_000
"""Nodes of a graph after which no more gradients are added to it, if it need not be whole: they grow with n^2."""

CHAOS = 50
"""From about this n on the logistic map in double precision has lost every bit of x."""


class Progress(NamedTuple):
    """What is called as the study goes on: with the stage in words, and with everything that is known so far."""

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
    """Count, then measure within the budget. What is done when a limit or Ctrl-C strikes is kept, with a note."""
    require_values(request.recurrence)
    study = _Study(request, progress)
    try:
        study.count()
        study.compare()
        study.measure()
    except (LimitError, KeyboardInterrupt) as stopped:
        if not study.counts:
            raise
        study.notes.append(as_stop(stopped)._replace(notes=(study.kept(),)))
    return study.result()


class _Study:
    def __init__(self, request: Request, progress: Progress) -> None:
        self.request, self.progress = request, progress
        self.recurrence = request.recurrence
        self.logistic: bool = self.recurrence.is_logistic()
        self.rows = shown(request.n, request.full)
        self.form_rows = [n for n in self.rows if n <= FORMS or n == request.n or request.full] if request.forms else []
        self.graph = SharedGraph(request.most_nodes)
        self.texts = Texts(self.graph)
        self.counts: list[Counts] = []
        self.nested: dict[Task, WrittenForm] = {}
        self.cells: dict[Task, Cell] = {}
        self.accuracy: list[Accuracy] = []
        self.undefined_from: int | None = None
        self.measuring = False
        self.notes: list[Diagnostic] = []

    def result(self) -> SwellResult:
        forms = tuple(form for n in self.form_rows for kind in KINDS if (form := self.form(n, kind)) is not None)
        return SwellResult(
            self.request, tuple(self.counts), forms, dict(self.cells), tuple(self.accuracy), self.undefined_from,
            self.logistic, tuple(self.notes),
        )  # fmt: skip

    def kept(self) -> str:
        """What there is when it is stopped, in words."""
        if self.counts[-1].n < self.request.n:
            return f"the counts are exact, and go up to n = {self.counts[-1].n}; nothing else was done"
        if not self.measuring:
            compared = f"errors are compared up to n = {self.accuracy[-1].n}" if self.accuracy else "no errors are compared"
            return f"the counts are exact and complete; {compared}, and SymPy was not measured"
        done = max([cell.n for cell in self.cells.values() if cell.state == "done"], default=0)
        measured = f"was measured up to n = {done}" if done else "had not finished anything"
        return f"the counts are exact and complete; SymPy {measured}" + "; what is predicted says so" * self.logistic

    # -- counting -------------------------------------------------------------------------------------------------------

    def count(self) -> None:
        """The sizes of every row, on one graph that grows."""
        self.progress.stage("counting")
        recurrence, graph = self.recurrence, self.graph
        step = recurrence.step()
        # the counts do not depend on the point, but through the branches of a choice
        point = dict.fromkeys(recurrence.names(self.request.n), 0.5) | dict(self.request.at)
        costs = tape_costs(recurrence, point, self.request.n)
        parameters = {name: graph.name(name) for name in recurrence.parameters}
        state = graph.name(recurrence.start)
        tangents = {fold: [Tangents(graph, state, fold)] for fold in (False, True)}
        reach = {fold: Reach(graph) for fold in (False, True)}
        for n in range(1, self.request.n + 1):
            if recurrence.fresh and not self.request.whole and len(graph) > LARGEST_GRADIENT:
                tangents = {}
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
        naive, folded = [sum(sizes[root] for root in roots[fold]) for fold in roots] or (None, None)
        graph, folded_graph = [reach[fold].count([state, *roots[fold]]) for fold in roots] or (None, None)
        self.counts.append(Counts(n, sizes[state], naive, folded, graph, folded_graph, cost))
        if n in self.form_rows:
            self.nested[n, "value"] = self._nested(n, "value", [state])
        if n in self.form_rows and roots:
            self.nested[n, "derivative"] = self._nested(n, "derivative", roots[True])

    def _nested(self, n: int, kind: str, roots: Sequence[int]) -> WrittenForm:
        """The text of nodes as they were computed, which costs nothing to count."""
        text = ", ".join(self.texts.beginning(root) for root in roots[:100])
        length = sum(self.texts.length(root) + 2 for root in roots) - 2
        return WrittenForm(n, kind, text if length <= len(text) else text[:LONGEST], length, True)

    # -- accuracy and measurement ----------------------------------------------------------------------------------------

    def compare(self) -> None:
        """The errors of the expanded form and of the tape, where there is a point."""
        if not self.request.at or self.recurrence.fresh:
            return
        last = min(self.request.n, LAST_COMPARED)
        if (found := lost(self.recurrence, last, self.request.at)) is not None:
            self.undefined_from, why = found
            self.notes.append(why)
            last = self.undefined_from - 1
        for n in shown(last, full=False)[1:]:
            self.progress.stage(f"accuracy at n = {n}")
            self.accuracy.append(accuracy(self.recurrence, n, self.request.at))

    def measure(self) -> None:
        """SymPy's sizes and texts, n by n, until the budget is used up."""
        self.measuring = True
        if self.request.budget <= 0:
            return
        tasks = [(n, step) for n in self.rows for step in STEPS if step != "forms" or n in self.form_rows]

        def keep(cell: Cell) -> None:
            self.cells[cell.n, cell.step] = cell
            self.progress.show(self.result())

        self.progress.show(self.result())
        try:
            measure(self.recurrence, tasks, self.request.budget, keep, self.progress.stage)
        except NotStarted:
            self.notes.append(Diagnostic("not-measured", "note", "SymPy was not measured: its process could not start"))

    def form(self, n: int, kind: str) -> WrittenForm | None:
        """SymPy's text of a form if there is one, else the nested one."""
        cell = self.cells.get((n, "simplified" if kind == "simplified" else "forms"))
        if cell is not None and kind in cell.texts:
            return WrittenForm(n, kind, *cell.texts[kind])
        return self.nested.get((n, kind))


KINDS = ("value", "derivative", "simplified")
"""The columns of Table 1 of the survey."""

STEPS = ("forms", "derivative", "cse", "simplified")
"""What is measured at each n, in this order."""
