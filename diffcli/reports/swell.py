"""The report of the study of expression swell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from diffcli.language import parse
from diffcli.language.printer import LATEX, to_text
from diffcli.reports.document import Block, Column, Document, Style, Table, Text, number
from diffcli.reports.figure import Axis, Figure, Series
from diffcli.reports.swell_data import SIZES, big, swell_data
from diffcli.studies.swell import CHAOS, STEPS, Counts, Form, SwellResult

MESSAGE = (
    "The swell is of the tree (Baydin et al. 2018); sharing removes it (Laue 2019, arXiv 1904.02990); AD never builds it."
)
GRADIENT = (
    "Every factor has a derivative of its own: shared, or by forward sweeps, they grow with n^2; one reverse sweep has them "
    "all, and grows with n (Speelpenning 1980; Griewank & Walther 2008)."
)
EXPANSION = "Expansion is not simplification: multiplied out, {} loses digits that the tape keeps."

MOST_DIGITS_DRAWN = 300
"""What has more digits is left out of the figure, whose numbers are floats."""

STEP_TITLES = {"forms": "factor", "derivative": "differentiate", "simplified": "simplify", "cse": "CSE"}


class Sized(NamedTuple):
    """A counted size, and what it is called."""

    title: str
    size: Callable[[Counts], int]


def swell_report(result: SwellResult, format: str, style: Style, sizes: bool = False, timed: bool = False) -> Document:
    """The document of a study.

    Parameters
    ----------
    result
        What was counted and measured.
    format
        The format it is for: machines get whole numbers, LaTeX formulas, pictures the figure.
    style
        How it is to look.
    sizes
        Show every size, and not only those that tell the story.
    timed
        Show what each step took, which is not the same from run to run.
    """
    look = _Look(result, format, style.unicode)
    blocks: list[Block] = [Text(look.heading(), "heading")]
    if result.forms:
        blocks += look.forms()
    blocks += look.counted(sizes)
    if result.cells:
        blocks += look.measured(sizes, timed)
    blocks.append(Text(GRADIENT if result.request.recurrence.fresh else MESSAGE))
    if result.accuracy:
        blocks += look.accuracy()
    if look.pictured:
        blocks.append(look.figure())
    return Document(tuple(blocks), swell_data(result, timed))


class _Look:
    """The blocks of a report."""

    def __init__(self, result: SwellResult, format: str, unicode: bool) -> None:
        self.result, self.format = result, format
        self.exact = format in ("csv", "plain")
        self.pictured = format in ("svg", "png", "pdf")
        self.dots = "…" if unicode and not self.exact and format != "latex" else "..."
        recurrence = result.request.recurrence
        self.value = f"{recurrence.state}_n"
        self.derivative = "gradient" if recurrence.fresh else f"{recurrence.state}_n'"

    def heading(self) -> str:
        recurrence = self.result.request.recurrence
        state = recurrence.state
        step = recurrence.text.replace(recurrence.fresh, "x_{n+1}") if recurrence.fresh else recurrence.text
        caption = f"{recurrence.caption}: " if recurrence.caption else ""
        return f"expression swell of {caption}{state} becomes {step}, from {state}_1 = {recurrence.start}"

    # -- texts ------------------------------------------------------------------------------------------------------------

    def forms(self) -> list[Block]:
        titles = {"value": self.value, "derivative": self.derivative, "simplified": "simplified"}
        math = self.format == "latex"
        columns = (Column("n", numeric=True), Column("form"), Column(r"\text{expression}" if math else "expression", math=math))
        rows = []
        before = 0
        for form in self.result.forms:
            n = str(form.n) if form.n != before or self.exact else ""
            before = form.n
            title = titles[form.kind] + (", nested" if form.nested and self.factors() else "")
            rows.append((n, title, self._latex(form) if math else self._expression(form)))
        return [Table("", columns, tuple(rows))]

    def factors(self) -> bool:
        """Whether some of the texts are factored, so that the others are to be told from them."""
        return any(not form.nested for form in self.result.forms if form.n > 1 and form.kind == "value")

    def _expression(self, form: Form) -> str:
        if form.length <= len(form.text):
            return form.text
        text = form.text if form.text.strip("(") else form.text[:20]
        return f"{text}{self.dots} {big(form.length, self.exact)} characters in total"

    def _latex(self, form: Form) -> str:
        if form.length > len(form.text):
            return rf"\text{{{big(form.length)} characters}}"
        parts = form.text.split(", ") if self.result.request.recurrence.fresh else [form.text]
        return r", \; ".join(to_text(parse(part), None, LATEX) for part in parts)

    # -- sizes ------------------------------------------------------------------------------------------------------------

    def counted(self, every: bool) -> list[Block]:
        """The counted sizes: of trees, of the graph, of the tape."""
        nodes = [Sized(self.value, lambda row: row.value_tree), Sized(self.derivative, lambda row: row.derivative_tree)]
        nodes += [Sized("folded", lambda row: row.folded_tree)] * every
        nodes.append(Sized("graph", lambda row: row.graph))
        nodes += [Sized("folded graph", lambda row: row.folded_graph)] * every
        operations = [
            Sized("f", lambda row: row.tape.function),
            Sized("forward", lambda row: row.tape.function + row.tape.forward),
            Sized("reverse", lambda row: row.tape.function + row.tape.reverse),
        ]
        folded = " Folded: without products with 0 and 1." if every else ""
        of_nodes = f"{self.value}, {self.derivative}: nodes if written out. graph: distinct nodes of both, shared.{folded}"
        of_tape = f"f, forward, reverse: operations on the tape, of {self.value} alone and with its {self._derivatives()}."
        if not every:
            return [self._counts("sizes, counted", nodes + operations), Text(f"{of_nodes} {of_tape}", "dim")]
        return [
            self._counts("nodes, counted", nodes), Text(of_nodes, "dim"),
            self._counts("operations, counted", operations), Text(of_tape, "dim"),
        ]  # fmt: skip

    def _counts(self, title: str, columns: Sequence[Sized]) -> Table:
        counts = self.result.counts
        rows = tuple((str(row.n), *[big(column.size(row), self.exact) for column in columns]) for row in counts)
        titles = tuple(Column(title, numeric=True) for title in ("n", *[column.title for column in columns]))
        whole = bool(rows) and counts[-1].n == self.result.request.n
        return Table(title, titles, rows, len(rows) - 1, self.result.request.n - len(rows) if whole else 0)

    def _derivatives(self) -> str:
        return "gradient" if self.result.request.recurrence.fresh else "derivative"

    def measured(self, every: bool, timed: bool) -> list[Block]:
        """What SymPy makes of it, and the seconds it took."""
        names = [name for name in SIZES if every or name in ("operations", "simplified", "cse")]
        rows = [(counts.n, [self._size(counts.n, name) for name in names]) for counts in self.result.counts]
        columns = (Column("n", numeric=True), *[Column(SIZES[name].title) for name in names])
        what = self.derivative if every else f"operations of {self.derivative}"
        cells = tuple((str(n), *texts) for n, texts in rows if any(texts))
        blocks: list[Block] = [Table(f"{what} by SymPy, measured", columns, cells)]
        if timed:
            steps = [step for step in STEPS if any(step == other for _, other in self.result.cells)]
            times = [(counts.n, [self._seconds(counts.n, step) for step in steps]) for counts in self.result.counts]
            columns = (Column("n", numeric=True), *[Column(STEP_TITLES[step], numeric=True) for step in steps])
            blocks.append(Table("seconds", columns, tuple((str(n), *texts) for n, texts in times if any(texts))))
        return blocks

    def _size(self, n: int, name: str) -> str:
        cell = self.result.cells.get((n, SIZES[name].step))
        if cell is not None and cell.state == "done":
            return big(cell.sizes[name], self.exact)
        predicted = self.result.predicted(n, name)
        words = [f"{big(predicted, self.exact)} predicted"] if predicted is not None else []
        if cell is not None:
            words.insert(0, f"stopped after {cell.seconds:.1f} s" if cell.state == "stopped" else cell.reason)
        return ", ".join(words)

    def _seconds(self, n: int, step: str) -> str:
        cell = self.result.cells.get((n, step))
        return number(cell.seconds, 2) if cell is not None and cell.state == "done" else ""

    # -- accuracy and growth ------------------------------------------------------------------------------------------------

    def accuracy(self) -> list[Block]:
        """The errors of two ways to compute the derivative."""
        result = self.result
        point = ", ".join(f"{name} = {number(value)}" for name, value in result.request.at.items())
        expanded = any(row.expanded is not None for row in result.accuracy)
        titles = ["n", self.derivative, *["error, expanded"] * expanded, "error, tape"]
        columns = tuple(Column(title, numeric=True) for title in titles)
        digits = None if self.exact else 2
        rows = []
        for row in result.accuracy:
            errors = [*[row.expanded] * expanded, row.tape]
            rows.append((str(row.n), row.exact, *[None if error is None else number(error, digits) for error in errors]))
        blocks: list[Block] = [Table(f"relative errors of {self.derivative} at {point}", columns, tuple(rows))]
        if any((row.expanded or 0) > 100 * row.tape for row in result.accuracy):
            blocks.append(Text(EXPANSION.format(self.derivative)))
        if result.logistic and result.request.n >= CHAOS:
            text = (
                f"Beyond n of about {CHAOS} {self.value} itself is meaningless in double precision: "
                "the map is chaotic, and each iteration loses a bit of x."
            )
            blocks.append(Text(text))
        return blocks

    def figure(self) -> Figure:
        """The growth of the counted sizes."""
        counts = self.result.counts
        series = (
            Sized(f"{self.derivative} written out", lambda row: row.derivative_tree),
            Sized(f"{self.value} written out", lambda row: row.value_tree),
            Sized("distinct nodes of both", lambda row: row.graph),
            Sized("tape, with reverse mode", lambda row: row.tape.function + row.tape.reverse),
        )
        drawn = tuple(
            Series(name, tuple((float(row.n), float(size(row))) for row in counts if 0 < size(row) < 10**MOST_DIGITS_DRAWN))
            for name, size in series
        )
        x, y = Axis("n", log=self.result.request.n > 100), Axis("nodes or operations", log=True)
        return Figure(self.heading(), x, y, drawn)
