"""The report of a Hessian: the matrix with the gradient beside it, how it was found, and its structure."""

from __future__ import annotations

from typing import Any

from diffcli.methods.matrices.hessian_record import HessianResult, SecondDifference
from diffcli.reports.derivatives.jacobian import (
    MOST_PARTIALS,
    flat_values,
    matrix_hint,
    notes_data,
    sparsity_blocks,
    sparsity_data,
    structure_figure,
    symbolic_blocks,
)
from diffcli.reports.document import Block, Column, Document, Matrix, Table, Text, Value, Values
from diffcli.reports.formats import PICTURE, Style
from diffcli.reports.heading import heading

MODES = {"forward-over-reverse": "forward over reverse", "numeric": "by second differences", "symbolic": "by SymPy"}


def hessian_report(result: HessianResult, style: Style, sparsity: bool = False) -> Document:
    """The document of a Hessian; ``sparsity`` draws its structure, as a picture does in any case.

    The keys of its data: ``expression``, ``of`` (what was asked for beside it), ``mode``, ``at``, ``value``, ``gradient``,
    ``hessian`` (by two variables), ``notes``; where they are known ``sparsity`` (see
    `diffcli.reports.derivatives.jacobian.sparsity_data`)
    and ``cost``; ``differences`` and ``symbolic``, each with its variables ``first`` and ``second``.
    """
    of = f"of {'; '.join(result.of)}, " if result.of else ""
    blocks: list[Block] = list(heading(result.expression, result.at, f"{of}Hessian {MODES[result.mode]}"))
    blocks.append(Values((Value("f", "f", result.value),)))
    blocks.append(_matrix(result, style))
    blocks += matrix_hint(blocks[-1], style)
    if result.differences:
        blocks.append(_differences(result.differences))
    if result.symbolic:
        blocks += symbolic_blocks([(f"by {found.first} and {found.second}", found.derivative) for found in result.symbolic])
    if sparsity and result.pattern is not None:
        blocks += sparsity_blocks(result.pattern, result.columns, result.columns, style)
    if style.format.audience == PICTURE and result.pattern is not None:
        blocks.append(structure_figure(result.pattern))
    if result.cost is not None:
        blocks.append(Text(result.cost.text()))
    return Document(tuple(blocks), _data(result, sparsity))


def _matrix(result: HessianResult, style: Style) -> Matrix:
    sign = "∂" if style.unicode else "d"
    return Matrix(
        "H", result.columns, result.columns, result.matrix, "d2f/d{}d{}", flat_values(result.gradient), "df/d{}",
        row_label=f"{sign}f/{sign}{{}}", column_label=f"{sign}/{sign}{{}}", beside_label="gradient",
    )  # fmt: skip


def _differences(found: tuple[SecondDifference, ...]) -> Table:
    columns = (Column("by"), Column("and"), Column("evaluations", numeric=True), Column("±", numeric=True))
    rows = tuple((each.first, each.second, each.evaluations, each.error) for each in found)
    hidden = max(len(rows) - MOST_PARTIALS, 0)
    shown = rows[: len(rows) - hidden]
    return Table("second differences", columns, shown, len(shown), hidden)


def _data(result: HessianResult, sparsity: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"schema": "diffcli/hessian@1", "expression": result.expression}
    if result.of:
        data["of"] = result.of
    data |= {
        "mode": result.mode, "at": result.at, "value": result.value, "gradient": result.gradient, "hessian": result.hessian,
        "notes": notes_data(result.notes),
    }  # fmt: skip
    if result.pattern is not None:
        data["sparsity"] = sparsity_data(result.pattern, result.groups, sparsity)
    if result.cost is not None:
        data["cost"] = result.cost._asdict()
    if result.differences:
        data["differences"] = [
            {
                "first": each.first, "second": each.second, "estimate": each.estimate, "error": each.error,
                "evaluations": each.evaluations, "reason": each.reason,
            }
            for each in result.differences
        ]  # fmt: skip
    if result.symbolic:
        data["symbolic"] = [
            {"first": each.first, "second": each.second, **_without_variable(each.derivative._asdict())}
            for each in result.symbolic
        ]  # fmt: skip
    return data


def _without_variable(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "variable"}
