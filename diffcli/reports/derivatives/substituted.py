"""The formulas of a trace with the numbers in them, as ``1·5 + 0·2``, and the rows y₁ and x̄₁ that end the tables of a textbook.

They are those of Baydin et al. 2018, "Automatic differentiation in machine learning: a survey", tables 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from diffcli.language.writing.printer import latex_figure
from diffcli.methods.traces.trace import IN_LATEX, Notation
from diffcli.records import Trace
from diffcli.records.blocks import Block, Cell, Column, Table, Text
from diffcli.reports.document import number
from diffcli.reports.formats import Style


class Substitution:
    """A trace whose formulas are filled in; ``values`` are those of its rows, as they are shown."""

    def __init__(self, trace: Trace, values: Sequence[Any], notation: Notation, style: Style) -> None:
        self.trace, self.notation, self.style = trace, notation, style
        known = zip(trace.primal, values, strict=True)
        self.values = {notation.value(row.v): value for row, value in known if row.value is not None}
        forms = (notation.tangent_form, notation.adjoint_form, notation.value_form)
        self.names = re.compile("|".join(re.escape(form.format("N")).replace("N", "[-0-9₋₀-₉]+") for form in forms))

    def _filled(self, formula: str, known: Mapping[str, Any]) -> str:
        """A formula with what is known in it. What is not, and an array that is large, keeps its name."""

        def shown(found: re.Match[str]) -> str:
            value = known.get(found[0])
            text = value if isinstance(value, str) else number(value, self.style.rounded())
            if not text or text.startswith("norm"):
                return found[0]
            compound = text[0] == "-" or (text[0].isdigit() and "e" in text)
            text = latex_figure(text) if self.notation is IN_LATEX else text
            return f"({text})" if compound else text

        return self.names.sub(shown, formula)

    def primal(self) -> list[str]:
        return ["" if row.operation == "input" else self._filled(row.formula, self.values) for row in self.trace.primal]

    def tangents(self) -> list[list[str]]:
        """The formulas of the rows for each seed."""
        rows, found = self.trace.tangent, []
        for place in range(len(self.trace.seeds)):
            moves = {self.notation.tangent(row.v): row.tangents[place] or 0.0 for row in rows}
            found.append([self._filled(row.formula, self.values | moves) for row in rows])
        return found

    def adjoint(self) -> list[str]:
        """The formula of each step, with the adjoints as they are before it."""
        known, found, sweep = dict[str, Any](), [], 0
        for position, step in enumerate(self.trace.adjoint):
            if step.sweep != sweep or (self.trace.hidden[1] and position == len(self.trace.adjoint) // 2):
                known, sweep = {}, step.sweep  # what steps that are left out have added is not known
            found.append("" if step.source is None else self._filled(step.formula, self.values | known))
            known[self.notation.adjoint(step.target)] = step.value
        return found

    def tables(self, primal: Table, *adjoint: Table) -> list[Block]:
        """The tables of the trace with these columns, and the results and the inputs behind the other rows; tangents apart."""
        trace, named = self.trace, self.notation
        place = len(primal.columns) - len(trace.seeds) - bool(trace.seeds)
        tables = [self._forward(primal, "primal", named.value_form, slice(1, place), [self.primal()])]
        if trace.seeds:
            tables.append(self._forward(primal, "tangent", named.tangent_form, slice(place, None), self.tangents()))
        tables += [self._with_inputs(self._with_column(table, 2, self.adjoint())) for table in adjoint]
        inputs = ", ".join(map(named.value, range(1 - trace.inputs, 1)))
        numbering = Text(f"{inputs}: the inputs; {named.value(1)} and so on: the operations, in order", "dim")
        return [*tables, *[numbering] * (named is not IN_LATEX)]

    def _forward(self, table: Table, what: str, form: str, part: slice, texts: Sequence[Sequence[str]]) -> Table:
        """A part of the forward trace, and under it what the results are."""
        names = [form.format(self.notation.numeral(row.v)) for row in self.trace.primal]
        rows = [(name, *row[part]) for name, row in zip(names, table.rows, strict=True)]
        ends = [
            (form.replace("v", "y").format(self.notation.numeral(place)), row[0], *row[2:])
            for place, v in enumerate(self.trace.results, 1)
            for known, row in zip(self.trace.primal, rows, strict=True) if known.v == v
        ]  # fmt: skip
        head = Column(form.format("").replace("[]", "").replace("_{}", ""), math=True)
        table = table._replace(title=f"forward {what} trace", columns=(head, *table.columns[part]), rows=(*rows, *ends))
        for place, cells in enumerate(texts, 1):
            table = self._with_column(table, 2 * place, cells)
        return table

    def _with_inputs(self, table: Table) -> Table:
        """The table of adjoints with what each sweep finds for the inputs behind its steps."""
        steps, named = iter(self.trace.adjoint), self.notation
        found, rows = dict[int, tuple[Cell, ...]](), list[tuple[Cell, ...]]()
        for row in (*table.rows, ("",)):
            if row[0]:
                found[next(steps).target] = row
            else:
                for v in range(1 - self.trace.inputs, 1) if not self.trace.hidden[1] else ():
                    if v in found:
                        name = named.adjoint_form.replace("v", "x").format(named.numeral(v + self.trace.inputs))
                        rows.append((name, named.adjoint(v), "", *found[v][3:]))
                found.clear()
            rows.append(row)
        return table._replace(rows=tuple(rows[:-1]))

    def _with_column(self, table: Table, place: int, cells: Sequence[str]) -> Table:
        """A table with one more column of formulas; rows that are blank stay so."""
        texts = iter(cells)
        rows = tuple((*row[:place], next(texts, "") if row[0] else "", *row[place:]) for row in table.rows)
        title = Column(r"\text{in numbers}" if self.notation is IN_LATEX else "in numbers", math=True)
        return table._replace(columns=(*table.columns[:place], title, *table.columns[place:]), rows=rows)
