"""The report of a trace: its tables, with a column of shapes where it has arrays, and its data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.methods.traces.trace import IN_LATEX, NOTATIONS, Notation
from diffcli.operations import OPERATIONS
from diffcli.records import Operand, PrimalRow, Trace, is_array
from diffcli.records.blocks import Block, Column, Table
from diffcli.reports.derivatives.substituted import Substitution
from diffcli.reports.formats import Style

CONDITIONS = frozenset(row.name for row in OPERATIONS.values() if row.symbol and row.precedence <= OPERATIONS["eq"].precedence)
"""Operations whose value is a truth."""


WIDEST_SEED = 24
"""A direction that is longer in words is shown with the result only."""


def trace_tables(trace: Trace, notation: Notation, style: Style) -> list[Block]:
    """The tables of a trace; where it has arrays, with a column of their shapes. A full style shows every element."""
    seeds = [Column(f"along {seed}" if len(seed) <= WIDEST_SEED else "along the seed", numeric=True) for seed in trace.seeds]
    words = (r"\text{primal}", r"\text{tangent}") if notation is IN_LATEX else ("primal", "tangent")
    shaped = any(is_array(row.value) for row in trace.primal)
    shown = _whole if style.full and shaped else _as_it_is
    columns = [Column("v", math=True), Column(words[0], math=True), Column("value", numeric=True)]
    if shaped:
        columns.insert(2, Column("shape"))
    if seeds:
        columns += [Column(words[1], math=True), *seeds]
    rows = []
    for position, row in enumerate(trace.primal):
        shape = (_shape(row.value),) if shaped else ()
        cells = (notation.value(row.v), primal_formula(row, notation), *shape, shown(primal_value(row)))
        if seeds:
            tangent = trace.tangent[position]
            # no dependence is a tangent of 0, but in a branch that is not taken there is none at all
            numbers = tuple(0.0 if move is None and row.value is not None else move for move in tangent.tangents)
            cells += (tangent.formula, *map(shown, numbers))
        rows.append(cells)
    title = "forward primal and tangent trace" if seeds else "forward primal trace"
    half = len(rows) // 2
    tables = [Table(title, tuple(columns), tuple(rows), half, trace.hidden[0])]
    if trace.adjoint:
        tables.append(_adjoint_table(trace, notation, shaped, shown))
    return _substitution(trace, notation, style).tables(*tables) if style.substituted else [*tables]


def _substitution(trace: Trace, notation: Notation, style: Style) -> Substitution:
    return Substitution(trace, list(map(primal_value, trace.primal)), notation, style)


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


def _adjoint_table(trace: Trace, notation: Notation, shaped: bool, shown: Callable[[Any], Any]) -> Table:
    rows, half = list[tuple[Any, ...]](), 0
    for position, step in enumerate(trace.adjoint):
        if position == len(trace.adjoint) // 2:
            half = len(rows)
        if position and step.sweep != trace.adjoint[position - 1].sweep:
            rows.append(("",) * (3 + shaped))  # a sweep apart from the one before
        rows.append((notation.adjoint(step.target), step.formula, *([_shape(step.value)] * shaped), shown(step.value)))
    adjoint = r"\bar{v}" if notation is IN_LATEX else notation.adjoint_form.format("").replace("[]", "")
    shape = (Column("shape"),) if shaped else ()
    columns = (Column(adjoint, math=True), Column("=", math=True), *shape, Column("value", numeric=True))
    return Table("reverse adjoint trace, in order of execution", columns, tuple(rows), half, trace.hidden[1])


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
            {
                "v": f"v[{row.v}]",
                "operation": row.operation,
                "operands": [shown(operand_data(operand)) for operand in row.operands],
                "formula": row.formula,
                "value": shown(row.value),
                **({"shape": list(getattr(row.value, "shape", ()))} if shaped else {}),
                "name": row.name or None,
                "span": list(row.span) if row.span else None,
            }
            for row in trace.primal
        ]
    }
    if trace.tangent:
        data["seeds"] = list(trace.seeds)
        data["tangent"] = [
            {"v": f"v[{row.v}]", "formula": row.formula, "values": dict(zip(trace.seeds, map(shown, row.tangents), strict=True))}
            for row in trace.tangent
        ]
    if trace.adjoint:
        data["adjoint"] = [
            {
                "v": f"v[{step.target}]",
                "from": None if step.source is None else f"v[{step.source}]",
                "formula": step.formula,
                "term": shown(step.term),
                "value": shown(step.value),
            }
            for step in trace.adjoint
        ]
    if style is not None and style.substituted:
        found = _substitution(trace, NOTATIONS[style.notation], style)
        texts: dict[str, list[Any]] = {"primal": found.primal(), "adjoint": found.adjoint()}
        texts["tangent"] = [dict(zip(trace.seeds, cells, strict=True)) for cells in zip(*found.tangents(), strict=True)]
        for name, rows in texts.items():
            for row, text in zip(data.get(name, ()), rows, strict=True):
                row["substituted"] = text
    return data
