"""The report of the study of expression swell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from diffcli.language import parse
from diffcli.language.writing.printer import LATEX, to_text
from diffcli.records.blocks import Block, Column, Document, Table, Text, numbers
from diffcli.records.figures import Axis, Figure, Series
from diffcli.records.swell import Counts, SwellResult, WrittenForm
from diffcli.reports.document import number, point_text
from diffcli.reports.formats import PICTURE, PROGRAM, TEX, TREES, UNICODE, Style
from diffcli.reports.swell.data import SIZES, big, measured, swell_data
from diffcli.studies.swell.swell import CHAOS, LAST_COMPARED, STEPS

MESSAGE = (
    "The swell is of the tree (Baydin et al. 2018); sharing removes it (Laue 2019, arXiv 1904.02990); AD never builds it."
)
ONLY_ZEROS = "Only products with 0 and 1 swell here: without them {} and {} grow no faster than n."
NOTHING = "Nothing swells here: even written out, {} and {} grow no faster than n."
GRADIENT = (
    "Every factor has a derivative of its own: shared, or by forward sweeps, they grow with n^2; one reverse sweep has them "
    "all, and grows with n (Speelpenning 1980; Griewank & Walther 2008)."
)
EXPANSION = "Expansion is not simplification: multiplied out, {} loses digits that the tape keeps."

MOST_DIGITS_DRAWN = 300
"""What has more digits is left out of the figure, whose numbers are floats."""

MOST_PLACES = 5
"""How many n are listed at which a step failed."""

STEP_TITLES = {"forms": "factor", "derivative": "differentiate", "simplified": "simplify", "cse": "CSE"}


Sized = tuple[str, Callable[[Counts], int | None]]
"""A counted size: what it is called, and what it is."""


def swell_report(result: SwellResult, style: Style, sizes: bool = False, timed: bool = False) -> Document:
    """The document of a study: programs get whole numbers, LaTeX formulas, pictures the figure.

    Under ``sizes`` it shows every size, and not only those that tell the story; ``timed``: what each step took.
    """
    look = _Look(result, style)
    blocks: list[Block] = [Text(look.heading(), "heading")]
    if result.forms:
        blocks += look.forms()
    blocks += look.counted(sizes)
    if result.cells:
        blocks += look.measured(sizes, timed)
    blocks += look.message()
    if result.accuracy:
        blocks += look.accuracy()
    if style.format.audience == PICTURE:
        blocks.append(look.figure())
    return Document(tuple(blocks), swell_data(result, timed), main="nodes" if sizes else "sizes")


class _Look:
    """The blocks of a report."""

    def __init__(self, result: SwellResult, style: Style) -> None:
        self.result, self.format, self.notation = result, style.format, style.notation
        self.exact = style.format.audience == PROGRAM
        self.dots = "…" if style.notation == UNICODE else "..."
        recurrence = result.request.recurrence
        self.value = recurrence.iterate
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
        math = self.notation == TEX
        columns = (*numbers("n"), Column("form"), Column(r"\text{expression}" if math else "expression", math=math))
        rows = []
        before = 0
        for form in self.result.forms:
            n = str(form.n) if form.n != before or self.exact else ""
            before = form.n
            title = titles[form.kind] + (", nested" if form.nested and self.factors() else "")
            rows.append((n, title, self._latex(form) if math else self._expression(form)))
        return [Table("", columns, tuple(rows), name="forms")]

    def factors(self) -> bool:
        """Whether some of the texts are factored, so that the others are to be told from them."""
        return any(not form.nested for form in self.result.forms if form.n > 1 and form.kind == "value")

    def _shown(self) -> str:
        """What the texts are that are shown."""
        if not self.factors():
            return "folded"
        return "factored by SymPy" + ", or nested and folded" * any(form.nested for form in self.result.forms if form.n > 1)

    def _expression(self, form: WrittenForm) -> str:
        if form.length <= len(form.text):
            return form.text
        text = form.text if form.text.strip("(") else form.text[:20]
        return f"{text}{self.dots} {big(form.length, self.exact)} characters in total"

    def _latex(self, form: WrittenForm) -> str:
        if form.length > len(form.text):
            return rf"\text{{{big(form.length)} characters}}"
        parts = form.text.split(", ") if self.result.request.recurrence.fresh else [form.text]
        return r", \; ".join(to_text(parse(part), None, LATEX) for part in parts)

    # -- sizes ------------------------------------------------------------------------------------------------------------

    def counted(self, every: bool) -> list[Block]:
        """The counted sizes: of trees, of the graph, of the tape."""
        nodes: list[Sized] = [(self.value, lambda row: row.value_tree), (self.derivative, lambda row: row.derivative_tree)]
        nodes += [("folded", lambda row: row.folded_tree)] * every
        nodes.append(("graph", lambda row: row.graph))
        nodes += [("folded graph", lambda row: row.folded_graph)] * every
        operations: list[Sized] = [
            ("f", lambda row: row.tape.function),
            ("forward", lambda row: row.tape.function + row.tape.forward),
            ("reverse", lambda row: row.tape.function + row.tape.reverse),
        ]
        folded = " Folded: without products with 0 and 1." if every else ""
        state = self.result.request.recurrence.state
        rules = f"as the rules give them, unfolded: (2*{state})' = 0*{state} + 2*{state}'"
        above = f"; the expressions above are {self._shown()}" * bool(self.result.forms)
        of_nodes = f"{self.value}, {self.derivative}: nodes if written out {rules}{above}. "
        of_nodes += f"graph: distinct nodes of both, shared.{folded}"
        kind = "gradient" if self.result.request.recurrence.fresh else "derivative"
        of_tape = f"f, forward, reverse: operations on the tape, of {self.value} alone and with its {kind}."
        whole = [row.n for row in self.result.counts if row.graph is not None]
        if len(whole) < len(self.result.counts):
            of_nodes += f" Beyond n = {whole[-1]} the gradient is not counted, as its graph grows with n^2; --full counts it."
        if not every:
            return [self._counts("sizes, counted", nodes + operations), Text(f"{of_nodes} {of_tape}", "dim")]
        return [
            self._counts("nodes, counted", nodes), Text(of_nodes, "dim"),
            self._counts("operations, counted", operations), Text(of_tape, "dim"),
        ]  # fmt: skip

    def _counts(self, title: str, columns: Sequence[Sized]) -> Table:
        counts = self.result.counts
        rows = tuple(
            (str(row.n), *[None if (found := size(row)) is None else big(found, self.exact) for _, size in columns])
            for row in counts
        )
        titles = numbers("n", *[title for title, _ in columns])
        whole = bool(rows) and counts[-1].n == self.result.request.n
        return Table(title, titles, rows, len(rows) - 1, self.result.request.n - len(rows) if whole else 0)

    def measured(self, every: bool, timed: bool) -> list[Block]:
        """What SymPy makes of it, and the seconds it took."""
        names = [name for name in SIZES if every or name in ("operations", "simplified", "cse")]
        rows = [(counts.n, [self._size(counts.n, name) for name in names]) for counts in self.result.counts]
        columns = numbers("n", *[SIZES[name].title for name in names])
        what = self.derivative if every else f"operations of {self.derivative}"
        cells = tuple((str(n), *texts) for n, texts in rows if any(texts))
        blocks: list[Block] = [Table(f"{what} by SymPy, measured", columns, self._level(cells), name="measured")]
        if not self.exact:
            blocks.append(Text(self._remarks(names, every, cells), "dim"))
        if timed:
            steps = [step for step in STEPS if any(step == other for _, other in self.result.cells)]
            times = [(counts.n, [self._seconds(counts.n, step) for step in steps]) for counts in self.result.counts]
            columns = numbers("n", *[STEP_TITLES[step] for step in steps])
            blocks.append(Table("seconds", columns, tuple((str(n), *texts) for n, texts in times if any(texts))))
        return blocks

    def _size(self, n: int, name: str) -> str | None:
        """A size, measured or predicted, or what became of it: in a mark or a word for people, in full for machines."""
        value, state = measured(self.result, n, name)
        size = "" if value is None else big(value, self.exact)
        if state == "measured":
            return size
        if not self.exact:
            return f"{size}*" if size else state if state != "unknown" else None
        cell = self.result.cells.get((n, SIZES[name].step))
        words = [] if cell is None else [f"stopped after {cell.seconds:.1f} s" if cell.state == "stopped" else cell.reason]
        return ", ".join([*words, *[f"{size} predicted"] * bool(size)])

    def _level(self, rows: tuple[tuple[str | None, ...], ...]) -> tuple[tuple[str | None, ...], ...]:
        """The rows of a table with a blank where others have a mark, so that digits stand below digits."""
        if self.format.draws != TREES:
            return rows
        marked = [any(text is not None and text.endswith("*") for text in column) for column in zip(*rows, strict=True)]
        cells = (zip(row, marked, strict=True) for row in rows)
        return tuple(tuple(text and text + " " * (marks and text[-1].isdigit()) for text, marks in row) for row in cells)

    def _remarks(self, names: Sequence[str], every: bool, rows: Sequence[Sequence[str | None]]) -> str:
        """What the sizes by SymPy are of, and what the marks and words among them stand for."""
        sizes = "tree, distinct, unsimplified" if every else "unsimplified"
        texts = [f"{sizes}: SymPy's derivative of the nested {self.value}, folded as it goes."]
        if any(text is not None and text.endswith("*") for row in rows for text in row):
            texts.append("* predicted by a law, not measured.")
        places: dict[tuple[str, str], list[int]] = {}
        for (n, step), cell in self.result.cells.items():
            if cell.state != "done" and step in [SIZES[name].step for name in names]:
                what = f"was stopped after {cell.seconds:.1f} s" if cell.state == "stopped" else f"failed, {cell.reason},"
                places.setdefault((what, STEP_TITLES[step]), []).append(n)
        for (what, step), known in places.items():
            more = ", ..." if len(known) > MOST_PLACES else ""
            texts.append(f"SymPy {what} at n = {', '.join(map(str, known[:MOST_PLACES]))}{more} ({step}).")
        return " ".join(texts)

    def _seconds(self, n: int, step: str) -> str:
        cell = self.result.cells.get((n, step))
        return number(cell.seconds, 2) if cell is not None and cell.state == "done" else ""

    # -- accuracy and growth ------------------------------------------------------------------------------------------------

    def message(self) -> list[Block]:
        """What the counts say, if there are enough of them to say it."""
        result = self.result
        if result.request.recurrence.fresh:
            return [Text(GRADIENT)]
        if result.swells(lambda row: row.value_tree, since=1) or result.swells(lambda row: row.folded_tree):
            return [Text(MESSAGE)]
        tree = result.swells(lambda row: row.derivative_tree)
        return [] if tree is None else [Text((ONLY_ZEROS if tree else NOTHING).format(self.value, self.derivative))]

    def accuracy(self) -> list[Block]:
        """The errors of two ways to compute the derivative."""
        result = self.result
        point = point_text(result.request.at)
        expanded = any(row.expanded is not None for row in result.accuracy)
        titles = ["n", self.derivative, *["error, expanded"] * expanded, "error, tape"]
        digits = None if self.exact else 2
        rows = []
        for row in result.accuracy:
            errors = [*[row.expanded] * expanded, row.tape]
            rows.append((str(row.n), row.exact, *[None if error is None else number(error, digits) for error in errors]))
        title = f"relative errors of {self.derivative} at {point}"
        blocks: list[Block] = [Table(title, numbers(*titles), tuple(rows), name="errors")]
        if any(row.tape is None for row in result.accuracy):
            text = f"Without an error: where {self.derivative} is 0 or beyond a float, or its digits are not known."
            blocks.append(Text(text, "dim"))
        if result.request.n > LAST_COMPARED:
            blocks.append(Text(f"Errors are compared up to n = {LAST_COMPARED}.", "dim"))
        if any((row.expanded or 0) > 100 * row.tape for row in result.accuracy if row.tape is not None):
            blocks.append(Text(EXPANSION.format(self.derivative)))
        if result.logistic and result.request.n >= CHAOS:
            text = (
                f"Beyond n of about {CHAOS} {self.value} itself is meaningless in double precision: "
                "the map is chaotic, and each iteration loses a bit of x."
            )
            blocks.append(Text(text))
        return blocks

    def figure(self) -> Figure:
        """The growth of the sizes: counted, and of SymPy where it was measured."""
        counts = self.result.counts
        series: tuple[Sized, ...] = (
            (f"{self.derivative} written out", lambda row: row.derivative_tree),
            (f"{self.value} written out", lambda row: row.value_tree),
            ("distinct nodes of both", lambda row: row.graph),
            ("tape, with reverse mode", lambda row: row.tape.function + row.tape.reverse),
            *[self._drawn(name) for name in ("operations", "cse")],
        )
        drawn = [(title, [(row.n, size) for row in counts if (size := of(row)) is not None]) for title, of in series]
        kept = tuple(
            Series(title, tuple((float(n), float(size)) for n, size in points if 0 < size < 10**MOST_DIGITS_DRAWN))
            for title, points in drawn if points
        )  # fmt: skip
        x, y = Axis("n", log=self.result.request.n > 100, start=1), Axis("nodes or operations", log=True, start=1)
        return Figure(self.heading(), x, y, kept)

    def _drawn(self, name: str) -> Sized:
        """A size that SymPy was measured for, by n."""

        def size(row: Counts) -> int | None:
            value, state = measured(self.result, row.n, name)
            return value if state == "measured" else None

        return (f"{self.derivative} by SymPy, {SIZES[name].title} (operations, measured)", size)
