"""The report of a trace: its tables, with a column of shapes where it has arrays, and its data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, repeat
from typing import Any

from diffcli.language.writing.printer import latex_figure
from diffcli.methods.traces.trace import IN_LATEX, NOTATIONS, Notation
from diffcli.operations import OPERATIONS
from diffcli.records import Operand, PrimalRow, Trace, is_array
from diffcli.records.blocks import Block, Cell, Column, Table, Text, numbers
from diffcli.reports.document import data_of, number
from diffcli.reports.formats import Style

CONDITIONS = frozenset(row.name for row in OPERATIONS.values() if row.symbol and row.precedence <= OPERATIONS["eq"].precedence)
"""Operations whose value is a truth."""


WIDEST_SEED = 24
"""A direction that is longer in words is shown with the result only."""


Numbers = Mapping[str, Any]
"""The numbers of a trace, by what its formulas call them."""

Filler = Callable[[str, Numbers], tuple[str, ...]]
"""What makes the cell of a formula with the numbers in it; no cell, where it was not asked for."""


def _filler(notation: Notation, style: Style) -> Filler:
    """What is not known keeps its name in a formula, and so does an array that is large."""
    if not style.substituted:
        return lambda formula, known: ()
    forms = (notation.tangent_form, notation.adjoint_form, notation.value_form)
    names = re.compile("|".join(re.escape(form.format("N")).replace("N", "[-0-9₋₀-₉]+") for form in forms))

    def filled(formula: str, known: Numbers) -> tuple[str]:
        def shown(found: re.Match[str]) -> str:
            value = known.get(found[0])
            text = value if isinstance(value, str) else number(value, style.rounded())
            if not text or text.startswith("norm"):
                return found[0]
            compound = text[0] == "-" or (text[0].isdigit() and "e" in text)
            if notation is IN_LATEX and is_array(value):
                from diffcli.reports.arrays import latex_array

                return latex_array(value, style.rounded())
            if notation is IN_LATEX:
                text = rf"\text{{{value}}}" if isinstance(value, str) else latex_figure(text)
            return f"({text})" if compound else text

        return (names.sub(shown, formula),)

    return filled


def _primal_numbers(trace: Trace, notation: Notation) -> dict[str, Any]:
    return {notation.value(row.v): primal_value(row) for row in trace.primal if row.value is not None}


def _tangent_numbers(trace: Trace, notation: Notation) -> list[Numbers]:
    """For each seed the values and their tangents."""
    primal, places = _primal_numbers(trace, notation), range(len(trace.seeds))
    moves = {notation.tangent(row.v): [0.0 if move is None else move for move in row.tangents] for row in trace.tangent}
    return [primal | {name: tangents[place] for name, tangents in moves.items()} for place in places]


def trace_tables(trace: Trace, notation: Notation, style: Style) -> list[Block]:
    """The tables of a trace; where it has arrays, with a column of their shapes. A full style shows every element.

    With the formulas in numbers the tangents have a table of their own, and the results and inputs y₁ and x̄₁ rows at the
    end, as in Baydin et al. 2018, "Automatic differentiation in machine learning: a survey", tables 2 and 3.
    """
    seeds = [Column(f"along {seed}" if len(seed) <= WIDEST_SEED else "along the seed", numeric=True) for seed in trace.seeds]
    words = [rf"\text{{{word}}}" if notation is IN_LATEX else word for word in ("primal", "tangent", "in numbers")]
    shaped = any(is_array(row.value) for row in trace.primal)
    shown = _whole if style.full and shaped else _as_it_is
    fill, primal = _filler(notation, style), _primal_numbers(trace, notation) if style.substituted else {}
    also = [Column(words[2], math=True)] * style.substituted
    columns = [Column("v", math=True), Column(words[0], math=True), *also, *[Column("shape")] * shaped, *numbers("value")]
    beside = [Column(words[1], math=True), *[column for seed in seeds for column in (*also, seed)]]
    rows, moves = list[tuple[Cell, ...]](), list[tuple[Cell, ...]]()
    for row in trace.primal:
        filled = fill("" if row.operation == "input" else row.formula, primal)
        cells = (*[_shape(row.value)] * shaped, shown(primal_value(row)))
        rows.append((notation.value(row.v), primal_formula(row, notation), *filled, *cells))
    moving = _tangent_numbers(trace, notation) if also else [{}] * len(seeds)
    for row, tangent in zip(trace.primal, trace.tangent, strict=False):  # there may be none
        # no dependence is a tangent of 0, but in a branch that is not taken there is none at all
        found = [0.0 if move is None and row.value is not None else move for move in tangent.tangents]
        pairs = [(*fill(tangent.formula, known), shown(move)) for known, move in zip(moving, found, strict=True)]
        moves.append((tangent.formula, *chain.from_iterable(pairs)))
    hidden = len(rows) // 2, trace.hidden[0]
    if seeds and not also:
        rows = [(*row, *cells) for row, cells in zip(rows, moves, strict=True)]
        tables = [Table("forward primal and tangent trace", (*columns, *beside), tuple(rows), *hidden)]
    else:
        rows += _results(trace, notation, notation.value_form, columns, rows) if also else []
        tables = [Table("forward primal trace", tuple(columns), tuple(rows), *hidden)]
    if seeds and also:
        columns = [Column(_bare(notation.tangent_form), math=True), *beside]
        rows = [(notation.tangent(row.v), *cells) for row, cells in zip(trace.tangent, moves, strict=True)]
        rows += _results(trace, notation, notation.tangent_form, columns, rows)
        tables.append(Table("forward tangent trace", tuple(columns), tuple(rows), *hidden))
    if trace.adjoint:
        tables.append(_adjoint_table(trace, notation, shaped, shown, fill, also))
    inputs = ", ".join(map(notation.value, range(1 - trace.inputs, 1)))
    numbering = Text(f"{inputs}: the inputs; {notation.value(1)} and so on: the operations, in order", "dim")
    return [*tables, *[numbering] * (style.substituted and notation is not IN_LATEX)]


def _bare(form: str) -> str:
    """The sign of values without an index."""
    return form.format("").replace("[]", "").replace("_{}", "")


def _results(
    trace: Trace, notation: Notation, form: str, columns: list[Column], rows: list[tuple[Cell, ...]]
) -> list[tuple[Cell, ...]]:
    """A row for each result, which says what row it is."""
    return [
        (form.replace("v", "y").format(notation.numeral(place)), row[0],
         *["" if column.math else cell for column, cell in zip(columns[2:], row[2:], strict=True)])
        for place, v in enumerate(trace.results, 1) for known, row in zip(trace.primal, rows, strict=True) if known.v == v
    ]  # fmt: skip


def _as_it_is(value: Any) -> Any:
    return value


def _whole(value: Any) -> Any:
    """An array as a text of all its elements."""
    from diffcli.language.writing.array_text import array_text

    return array_text(value) if is_array(value) else value


def _shape(value: Any) -> str:
    if not is_array(value):
        return ""
    from diffcli.language.writing.array_text import shape_text

    return shape_text(value.shape)


def primal_formula(row: PrimalRow, notation: Notation) -> str:
    """How a value came to be, and what the program calls it."""
    return row.formula if row.operation == "input" or not row.name else f"{row.formula} = {notation.dialect.name(row.name)}"


def primal_value(row: PrimalRow) -> Any:
    """The cell of a value: a truth in words, and words where there is none."""
    if row.value is None:
        return "not taken"
    if is_array(row.value):
        return row.value
    return ("false", "true")[bool(row.value)] if row.operation in CONDITIONS else row.value


def _adjoint_table(
    trace: Trace, notation: Notation, shaped: bool, shown: Callable[[Any], Any], fill: Filler, also: list[Column]
) -> Table:
    rows, half, found = list[tuple[Cell, ...]](), 0, dict[int, tuple[Cell, ...]]()
    texts = _adjoint_texts(trace, notation, fill) if also else repeat((), len(trace.adjoint))
    for position, (step, text) in enumerate(zip((*trace.adjoint, None), (*texts, ()), strict=True)):
        half = len(rows) if position == len(trace.adjoint) // 2 else half
        if position and (step is None or step.sweep != trace.adjoint[position - 1].sweep):
            for v in range(1 - trace.inputs, 1) if also and not trace.hidden[1] else ():
                name = notation.adjoint_form.replace("v", "x").format(notation.numeral(v + trace.inputs))
                rows += [(name, notation.adjoint(v), "", *cells) for cells in [found.get(v)] if cells]
            found.clear()
            rows += [("",) * (3 + shaped + len(also))] * (step is not None)  # a sweep apart from the one before
        if step is not None:
            found[step.target] = (*[_shape(step.value)] * shaped, shown(step.value))
            rows.append((notation.adjoint(step.target), step.formula, *text, *found[step.target]))
    columns = (Column(_bare(notation.adjoint_form), math=True), Column("=", math=True), *also, *[Column("shape")] * shaped)
    title = "reverse adjoint trace, in order of execution"
    return Table(title, (*columns, *numbers("value")), tuple(rows), half, trace.hidden[1])


def _adjoint_texts(trace: Trace, notation: Notation, fill: Filler) -> Iterator[tuple[str, ...]]:
    """The formula of each step, with the adjoints as they are before it."""
    primal = _primal_numbers(trace, notation)
    known = dict(primal)
    for position, step in enumerate(trace.adjoint):
        if trace.hidden[1] and position == len(trace.adjoint) // 2:
            known = dict(primal)  # what steps that are left out have added is not known
        yield fill("" if step.source is None else step.formula, known)
        known[notation.adjoint(step.target)] = step.value


def operand_data(operand: Operand) -> Any:
    return f"v[{operand.v}]" if operand.v is not None else operand.constant


def trace_data(trace: Trace, style: Style | None = None) -> dict[str, Any]:
    """The whole trace; values are named v[-1], v[0], v[1], ... as in its formulas.

    Where there are arrays, each row has its shape; a large one is shown by its norm and range, unless all of it is asked for.
    Under ``--substituted`` a row has its formula ``substituted`` too, with numbers in it; that of a tangent by seed.
    """
    shaped = any(is_array(row.value) for row in trace.primal)
    shown = _as_it_is
    if shaped and style is not None and not style.full:
        from diffcli.reports.arrays import summary_data as shown
    data: dict[str, Any] = {
        "primal": [
            data_of(
                row, f"v operation operands formula value {'shape ' * shaped}name span", v=f"v[{row.v}]", value=shown(row.value),
                operands=[shown(operand_data(operand)) for operand in row.operands], shape=getattr(row.value, "shape", ()),
                name=row.name or None,
            )
            for row in trace.primal
        ]
    }  # fmt: skip
    if trace.tangent:
        data["seeds"] = list(trace.seeds)
        data["tangent"] = [
            {"v": f"v[{row.v}]", "formula": row.formula, "values": dict(zip(trace.seeds, map(shown, row.tangents), strict=True))}
            for row in trace.tangent
        ]
    if trace.adjoint:
        data["adjoint"] = [
            {
                "v": f"v[{step.target}]", "from": None if step.source is None else f"v[{step.source}]", "formula": step.formula,
                "term": shown(step.term), "value": shown(step.value),
            }
            for step in trace.adjoint
        ]  # fmt: skip
    if style is not None and style.substituted:
        notation, primal = NOTATIONS[style.notation], _primal_numbers(trace, NOTATIONS[style.notation])
        fill, moving = _filler(notation, style), _tangent_numbers(trace, notation)
        for row, shown_row in zip(data["primal"], trace.primal, strict=True):
            (row["substituted"],) = fill("" if shown_row.operation == "input" else row["formula"], primal)
        for row in data.get("tangent", ()):
            row["substituted"] = {seed: fill(row["formula"], known)[0] for seed, known in zip(trace.seeds, moving, strict=True)}
        for row, (text,) in zip(data.get("adjoint", ()), _adjoint_texts(trace, notation, fill), strict=True):
            row["substituted"] = text
    return data
