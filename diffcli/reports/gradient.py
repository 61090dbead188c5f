"""The report of a gradient: its result, traces, and costs."""

from __future__ import annotations

from typing import Any

from diffcli.language import parse
from diffcli.language.later import complaints
from diffcli.language.printer import LATEX, step_text, to_text
from diffcli.methods.trace import IN_LATEX, Notation
from diffcli.operations import OPERATIONS
from diffcli.records import Cost, Difference, GradientResult, Operand, PrimalRow, SymbolicDerivative, Trace
from diffcli.reports.document import Block, Column, Document, Style, Table, Text, Value, Values, number

LONGEST = 400
"""A longer expression is shown with its middle left out."""

CONDITIONS = frozenset(row.name for row in OPERATIONS.values() if row.symbol and row.precedence <= OPERATIONS["eq"].precedence)
"""Operations whose value is a truth."""


def gradient_report(
    result: GradientResult, notation: Notation, style: Style, timing: dict[str, float] | None = None, brief: bool = False,
    drawn: bool = True,
) -> Document:
    """The document of a gradient; ``brief`` leaves out what it was made of, and ``drawn`` makes trees of derivations.

    ``timing`` holds the seconds of each stage, where they were asked for.
    """
    blocks: list[Block] = _heading(result, notation)
    if result.trace is not None and result.trace.primal:
        blocks += _trace_tables(result.trace, notation)
    if result.differences:
        blocks += _difference_tables(result.differences, brief)
    if result.derivations:
        from diffcli.reports.derivation import derivation_blocks

        blocks += derivation_blocks(result.derivations, notation, style, drawn)
    if result.symbolic:
        blocks += _symbolic_tables(result.symbolic, notation)
    blocks.append(Values(_values(result, style)))
    if result.cost is not None:
        blocks.append(Text(_cost_text(result.cost, result.mode)))
    return Document(tuple(blocks), _data(result, timing))


def _heading(result: GradientResult, notation: Notation) -> list[Block]:
    names = ", ".join(result.at)
    if notation is IN_LATEX:
        return [Text(line, "math") for line in _latex_lines(result)]
    point = ", ".join(f"{name} = {number(value)}" for name, value in result.at.items())
    at = f" at {complaints.shorten(point, LONGEST)}" if point else ""
    head = f"f({complaints.shorten(names, LONGEST)})" if names else "f"
    sign = ":" if "; " in result.expression else " ="
    expression = complaints.shorten(result.expression, LONGEST)
    return [Text(f"{head}{sign} {expression}{at}, {result.mode} mode", "heading")]


def _latex_lines(result: GradientResult) -> list[str]:
    """The program as formulas, and the point."""
    if len(result.expression) > 10 * LONGEST:
        return []  # no page is as wide
    program = parse(result.expression)
    lines = []
    for statement in program.statements:
        name = statement.name or "f"
        parameters = result.at if not statement.name else statement.parameters or ()
        head = LATEX.name(name) + (f"({', '.join(map(LATEX.name, parameters))})" if parameters else "")
        lines.append(f"{head} = {to_text(program, statement.root, LATEX)}")
    if result.at:
        lines.append(r", \quad ".join(f"{LATEX.name(name)} = {LATEX.number(value)}" for name, value in result.at.items()))
    return lines


def _values(result: GradientResult, style: Style) -> tuple[Value, ...]:
    sign = "∂" if style.unicode else "d"
    values = [Value("f", "f", result.value)]
    if result.seed is not None and result.directional is not None:
        direction = ", ".join(f"{name}={number(value)}" for name, value in result.seed.items())
        values.append(Value("directional", f"derivative along {direction}", result.directional))
    differences = {difference.variable: difference for difference in result.differences}
    for name, derivative in result.gradient.items():
        remark = _remark(result, name)
        bar = _bar(differences[name]) if name in differences else ""
        remark = "; ".join(filter(None, (bar, remark)))
        values.append(Value(f"df/d{name}", f"{sign}f/{sign}{name}", derivative, remark))
    return tuple(values)


def _bar(found: Difference) -> str:
    """The error bar in words; ``about`` where nothing but values tell it."""
    if found.error is None:
        return ""
    doubt = "; no digit is certain" if found.error >= abs(found.estimate) > 0 else ""
    return f"± {'' if found.bound else 'about '}{number(found.error, 2)}{doubt}"


def _remark(result: GradientResult, name: str) -> str:
    """What stands beside a derivative that is not the whole truth: its slopes on the two sides."""
    for note in result.notes:
        for slope in note.slopes:
            if slope.variable == name and (slope.left != slope.right or slope.left != result.gradient[name]):
                if slope.left == slope.right and slope.left is not None:
                    return f"{note.code}, but the function is smooth: its slope is {number(slope.left, 6)}"
                left, right = ("?" if side is None else number(side, 6) for side in (slope.left, slope.right))
                return f"{note.code}: {left} on the left, {right} on the right"
    return ""


# -- traces ------------------------------------------------------------------------------------------------------------


def _trace_tables(trace: Trace, notation: Notation) -> list[Block]:
    seeds = [Column(f"along {seed}", numeric=True) for seed in trace.seeds]
    words = (r"\text{primal}", r"\text{tangent}") if notation is IN_LATEX else ("primal", "tangent")
    columns = [Column("v", math=True), Column(words[0], math=True), Column("value", numeric=True)]
    if seeds:
        columns += [Column(words[1], math=True), *seeds]
    rows = []
    for position, row in enumerate(trace.primal):
        formula = row.formula
        if row.operation != "input" and row.name:
            formula = f"{formula} = {notation.dialect.name(row.name)}"
        cells = (notation.value(row.v), formula, _primal_value(row))
        if seeds:
            tangent = trace.tangent[position]
            # no dependence is a tangent of 0, but in a branch that is not taken there is none at all
            numbers = tuple(0.0 if move is None and row.value is not None else move for move in tangent.tangents)
            cells += (tangent.formula, *numbers)  # type: ignore[assignment]
        rows.append(cells)
    title = "forward primal and tangent trace" if seeds else "forward primal trace"
    half = len(rows) // 2
    blocks: list[Block] = [Table(title, tuple(columns), tuple(rows), half, trace.hidden[0])]
    if trace.adjoint:
        blocks.append(_adjoint_table(trace, notation))
    return blocks


def _primal_value(row: PrimalRow) -> str | float:
    if row.value is None:
        return "not taken"
    return ("false", "true")[bool(row.value)] if row.operation in CONDITIONS else row.value


def _adjoint_table(trace: Trace, notation: Notation) -> Table:
    rows = tuple((notation.adjoint(step.target), step.formula, step.value) for step in trace.adjoint)
    adjoint = r"\bar{v}" if notation is IN_LATEX else notation.adjoint_form.format("").replace("[]", "")
    columns = (Column(adjoint, math=True), Column("=", math=True), Column("value", numeric=True))
    return Table("reverse adjoint trace, in order of execution", columns, rows, len(rows) // 2, trace.hidden[1])


def _difference_tables(differences: tuple[Difference, ...], brief: bool) -> list[Block]:
    columns = (
        Column("along"), Column("method"), Column("order", numeric=True), Column("step h", numeric=True),
        Column("evaluations", numeric=True), Column("±", numeric=True),
    )  # fmt: skip
    rows = tuple(
        (
            found.variable, _method(found), found.order or None,
            step_text(found.step) if found.step else None, found.evaluations, found.error,
        )
        for found in differences
    )  # fmt: skip
    sampled = (Column("along"), Column("x", numeric=True, full=True), Column("f", numeric=True, full=True))
    samples = tuple((found.variable, x, value) for found in differences for x, value in found.samples)
    reasons = [Text(f"{found.variable}: {found.reason}", "dim") for found in differences]
    blocks: list[Block] = [Table("finite differences", columns, rows), *reasons]
    return blocks if brief else [*blocks, Table("values they are made of", sampled, samples)]


def _method(found: Difference) -> str:
    if not found.extrapolated or found.method == "ridders":
        return found.method
    return "extrapolated" if found.method == "central" else f"{found.method}, extrapolated"


def _symbolic_tables(symbolic: tuple[SymbolicDerivative, ...], notation: Notation) -> list[Block]:
    if notation is IN_LATEX:
        titles = (Column("along"), Column(r"\text{derivative by SymPy}", math=True), Column("value", numeric=True))
        return [Table("", titles, tuple((found.variable, found.latex, found.value) for found in symbolic))]
    tables: list[Block] = []
    for found in symbolic:
        rows = [("by SymPy", found.unsimplified)]
        if found.simplified != found.unsimplified:
            rows.append(("simplified", found.simplified or "not finished"))
        tables.append(Table("", (Column("form"), Column(f"derivative along {found.variable}")), tuple(rows)))
    return tables


def _cost_text(cost: Cost, mode: str) -> str:
    if not cost.function:
        return "cost: f takes no elementary operation"
    sweeps = f"{cost.sweeps} {mode} sweep{'s' * (cost.sweeps != 1)}"
    return (
        f"cost: f takes {cost.function} elementary operations, {sweeps} {cost.sweep} more: "
        f"{number(cost.ratio, 3)} times f together ({cost.bound})"
    )


# -- data --------------------------------------------------------------------------------------------------------------


def _data(result: GradientResult, timing: dict[str, float] | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "schema": "diffcli/grad@1",
        "expression": result.expression,
        "mode": result.mode,
        "at": result.at,
        "value": result.value,
        "gradient": result.gradient,
    }
    if result.seed is not None:
        data |= {"seed": result.seed, "directional": result.directional}
    data["notes"] = _notes_data(result)
    if result.differences:
        data["differences"] = [_difference_data(found) for found in result.differences]
    if result.symbolic:
        data["symbolic"] = [found._asdict() for found in result.symbolic]
    if result.derivations:
        from diffcli.reports.derivation import derivation_data

        data["derivations"] = [derivation_data(found) for found in result.derivations]
    if result.trace is not None:
        data["trace"] = _trace_data(result.trace)
    if result.cost is not None:
        data["cost"] = {**result.cost._asdict(), "ratio": result.cost.ratio if result.cost.function else None}
    if timing is not None:
        data["timing"] = timing
    return data


def _notes_data(result: GradientResult) -> list[dict[str, Any]]:
    if not result.notes:
        return []
    from diffcli.reports.diagnostics import as_data

    return [as_data(note) for note in result.notes]


def _difference_data(found: Difference) -> dict[str, Any]:
    return {**found._asdict(), "samples": [{"x": x, "f": value} for x, value in found.samples]}


def _operand_data(operand: Operand) -> Any:
    return f"v[{operand.v}]" if operand.v is not None else operand.constant


def _trace_data(trace: Trace) -> dict[str, Any]:
    """The whole trace; values are named v[-1], v[0], v[1], ... as in its formulas."""
    data: dict[str, Any] = {
        "primal": [
            {
                "v": f"v[{row.v}]",
                "operation": row.operation,
                "operands": [_operand_data(operand) for operand in row.operands],
                "formula": row.formula,
                "value": row.value,
                "name": row.name or None,
                "span": list(row.span) if row.span else None,
            }
            for row in trace.primal
        ]
    }
    if trace.tangent:
        data["seeds"] = list(trace.seeds)
        data["tangent"] = [
            {"v": f"v[{row.v}]", "formula": row.formula, "values": dict(zip(trace.seeds, row.tangents, strict=True))}
            for row in trace.tangent
        ]
    if trace.adjoint:
        data["adjoint"] = [
            {
                "v": f"v[{step.target}]",
                "from": None if step.source is None else f"v[{step.source}]",
                "formula": step.formula,
                "term": step.term,
                "value": step.value,
            }
            for step in trace.adjoint
        ]
    return data
