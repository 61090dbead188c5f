"""The report of a gradient: its result, traces, and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diffcli.errors import Diagnostic, counted
from diffcli.language import parse
from diffcli.language.writing.printer import LATEX, Digits, latex_figure, statement_text, step_text
from diffcli.methods.traces.trace import IN_LATEX, NOTATIONS, Notation
from diffcli.records import Cost, Difference, GradientResult, Number, SymbolicDerivative, is_array, is_large
from diffcli.records.blocks import Block, Column, Document, Table, Text, Value, Values, numbers, texts
from diffcli.reports.derivatives.trace import trace_data, trace_tables
from diffcli.reports.document import LONGEST, data_of, heading, number, partial
from diffcli.reports.formats import Style


def gradient_report(
    result: GradientResult, style: Style, timing: dict[str, float] | None = None, brief: bool = False
) -> Document:
    """The document of a gradient; ``brief`` leaves out what it was made of.

    ``timing`` holds the seconds of each stage, where they were asked for.
    """
    data = _data(result, timing, style)
    if style.format.whole:
        return Document((), data)
    notation = NOTATIONS[style.notation]
    latex = notation is IN_LATEX
    blocks: list[Block] = heading(result.expression, result.at, f"{result.mode} mode", style.exact)
    if latex and not result.recorded:
        blocks = latex_heading(result.expression, result.at, tuple(result.at), style.exact)
    if result.trace is not None and result.trace.primal:
        blocks += trace_tables(result.trace, notation, style)
    if result.derivative_tape is not None:
        from diffcli.reports.derivatives.derivative_tape import derivative_tape_blocks

        blocks += derivative_tape_blocks(result.derivative_tape, notation)
    if result.differences:
        blocks += _difference_tables(result.differences, brief)
    if result.derivations:
        from diffcli.reports.derivatives.derivation import derivation_blocks

        blocks += derivation_blocks(result.derivations, notation, style)
    if result.symbolic:
        blocks += _symbolic_tables(result.symbolic, notation)
    blocks.append(Values(_values(result, style)))
    if not latex and not style.full and any(map(is_large, result.gradient.values())):
        blocks.append(Text("every element: --full, --json, or -o result.json", "dim"))
    if result.cost is not None:
        blocks.append(Text(_cost_text(result.cost, result.mode)))
    return Document(tuple(blocks), data)


def latex_heading(expression: str, at: Mapping[str, Number], names: tuple[str, ...], digits: Digits) -> list[Block]:
    """A program in its variables as formulas, and the point."""
    if len(expression) > 10 * LONGEST:
        return []  # no page is as wide
    program = parse(expression)
    named = [found if found.name else found._replace(name="f", parameters=names or None) for found in program.statements]
    lines = [statement_text(program, statement, LATEX) for statement in named]
    if at:
        lines.append(r", \quad ".join(_latex_point(name, value, digits) for name, value in at.items()))
    return [Text(line, "math") for line in lines]


def _latex_point(name: str, value: Any, digits: Digits) -> str:
    if not is_array(value):
        return f"{LATEX.name(name)} = {latex_figure(number(value, digits))}"
    from diffcli.reports.arrays import latex_array

    if not is_large(value):
        return f"{LATEX.name(name)} = {latex_array(value, digits)}"
    lengths = r" \times ".join(map(str, value.shape))
    return rf"{LATEX.name(name)} \in \mathbb{{R}}^{{{lengths}}}"


def _values(result: GradientResult, style: Style) -> tuple[Value, ...]:
    values = [Value("f", "f", result.value)]
    if result.seed is not None and result.directional is not None:
        from diffcli.language.writing.array_text import direction_text

        direction = direction_text(result.seed, style.exact)
        values.append(Value("directional", f"derivative along {direction}", result.directional))
    differences = {difference.variable: difference for difference in result.differences}
    for name, derivative in result.gradient.items():
        remark = slopes_remark(result.notes, name, derivative)
        bar = _bar(differences[name]) if name in differences else _widest_bar(name, result.differences)
        remark = "; ".join(filter(None, (bar, remark)))
        values.append(partial("f", name, derivative, style.partial, remark))
    return tuple(values)


def _widest_bar(name: str, differences: tuple[Difference, ...]) -> str:
    """For an array, the widest of the bars of its elements."""
    own = [found for found in differences if found.variable.startswith(f"{name}[")]
    errors = [found.error for found in own if found.error is not None]
    about = "" if all(found.bound for found in own) else "about "
    return f"each ± {about}{number(max(errors), 2)} at most" if errors else ""


def _bar(found: Difference) -> str:
    """The error bar in words; ``about`` where nothing but values tell it."""
    if found.error is None:
        return ""
    doubt = "; no digit is certain" if found.error >= abs(found.estimate) > 0 else ""
    return f"± {'' if found.bound else 'about '}{number(found.error, 2)}{doubt}"


def slopes_remark(notes: Sequence[Diagnostic], name: str, derivative: Number) -> str:
    """What stands beside a derivative that is not the whole truth: its slopes on the two sides."""
    for note in notes:
        for slope in note.slopes:
            if slope.variable != name or is_array(derivative):
                continue
            if slope.left != slope.right or slope.left != derivative:
                if slope.left == slope.right and slope.left is not None:
                    return f"{note.code}, but the function is smooth: its slope is {number(slope.left, 6)}"
                left, right = ("?" if side is None else number(side, 6) for side in (slope.left, slope.right))
                return f"{note.code}: {left} on the left, {right} on the right"
    return ""


# -- differences and SymPy ---------------------------------------------------------------------------------------------


def _difference_tables(differences: tuple[Difference, ...], brief: bool) -> list[Block]:
    columns = (*texts("along", "method"), *numbers("order", "step h", "evaluations", "±", size=True))
    rows = tuple(
        (
            found.variable, _method(found), found.order or None,
            step_text(found.step) if found.step else None, found.evaluations, found.error,
        )
        for found in differences
    )  # fmt: skip
    sampled = (*texts("along"), *numbers("x", "f", full=True))
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
        titles = (Column("along"), Column(r"\text{derivative by SymPy}", math=True), *numbers("value"))
        return [Table("", titles, tuple((found.variable, found.latex, found.value) for found in symbolic), name="forms")]
    return [forms_table(f"derivative along {found.variable}", found.unsimplified, found.simplified) for found in symbolic]


def forms_table(name: str, unsimplified: str, simplified: str | None) -> Table:
    """The forms of a derivative, one if there is no shorter one."""
    shorter = () if simplified in (None, unsimplified) else (("simplified", simplified),)
    return Table("", texts("form", name), (("by SymPy", unsimplified), *shorter), name="forms")


def _cost_text(cost: Cost, mode: str) -> str:
    if not cost.function:
        return "cost: f takes no elementary operation"
    sweeps = counted(cost.sweeps, f"{mode} sweep")
    return (
        f"cost: f takes {cost.function} elementary operations, {sweeps} {cost.sweep} more: "
        f"{number(cost.ratio, 3)} times f together ({cost.bound})"
    )


# -- data --------------------------------------------------------------------------------------------------------------


def _data(result: GradientResult, timing: dict[str, float] | None, style: Style) -> dict[str, Any]:
    along = "seed directional " if result.seed is not None else ""
    data = data_of(
        result, f"schema expression mode at value gradient {along}notes differences? symbolic?", schema="diffcli/grad@1",
        differences=[{**of._asdict(), "samples": [{"x": x, "f": f} for x, f in of.samples]} for of in result.differences],
    )  # fmt: skip
    if result.derivations:
        from diffcli.reports.derivatives.derivation import derivation_data

        data["derivations"] = [derivation_data(found) for found in result.derivations]
    if result.derivative_tape is not None:
        from diffcli.reports.derivatives.derivative_tape import derivative_tape_data

        data["derivative_tape"] = derivative_tape_data(result.derivative_tape)
    if result.trace is not None:
        data["trace"] = trace_data(result.trace, style)
    if result.cost is not None:
        data["cost"] = {**result.cost._asdict(), "ratio": result.cost.ratio if result.cost.function else None}
    if timing is not None:
        data["timing"] = timing
    return data
