"""The report of a Jacobian: the matrix, how it was found, and its structure."""

from __future__ import annotations

from typing import Any

from diffcli.errors import Diagnostic
from diffcli.language.writing.printer import step_text
from diffcli.methods.matrices.jacobian import JacobianResult
from diffcli.methods.sweeps.colouring import Groups
from diffcli.methods.sweeps.sparsity import Pattern
from diffcli.methods.traces.sweep_count import SweepCount
from diffcli.records import Difference, Number, SymbolicDerivative, is_array
from diffcli.reports.document import Block, Column, Document, Matrix, Table, Text, number
from diffcli.reports.formats import PICTURE, Style
from diffcli.reports.heading import heading

MOST_PARTIALS = 30
"""How many differences, or forms of SymPy's, a table lists."""


def jacobian_report(result: JacobianResult, style: Style, sparsity: bool = False) -> Document:
    """The document of a Jacobian; ``sparsity`` draws its structure, as a picture does in any case.

    The keys of its data: ``expression``, ``of`` (what was asked for beside it), ``mode``, ``at``, ``values``, ``jacobian``
    (by result and variable), ``notes``; where they are known ``sparsity`` (see `sparsity_data`) and ``cost``; ``differences``
    and ``symbolic``, each with the ``result`` that it is of.
    """
    blocks: list[Block] = list(heading(result.expression, result.at, _how(result)))
    blocks.append(_matrix(result, style))
    blocks += matrix_hint(blocks[-1], style)
    if result.differences:
        blocks += difference_blocks([(f"{name} by {found.variable}", found) for name, found in result.differences])
    if result.symbolic:
        blocks += symbolic_blocks([(f"{name} by {found.variable}", found) for name, found in result.symbolic])
    if sparsity and result.pattern is not None:
        blocks += sparsity_blocks(result.pattern, result.rows, result.columns, style)
    if style.format.audience == PICTURE and result.pattern is not None:
        blocks.append(structure_figure(result.pattern))
    if result.sweeps is not None:
        blocks.append(Text(result.sweeps.text()))
    return Document(tuple(blocks), _data(result, sparsity))


def _how(result: JacobianResult) -> str:
    of = f"of {'; '.join(result.of)}, " if result.of else ""
    return f"{of}Jacobian in {result.mode} mode"


def _matrix(result: JacobianResult, style: Style) -> Matrix:
    sign = "∂" if style.unicode else "d"
    return Matrix(
        "J", result.rows, result.columns, result.matrix, "d{}/d{}", flat_values(result.values),
        column_label=f"{sign}/{sign}{{}}",
    )  # fmt: skip


def flat_values(values: dict[str, Number]) -> tuple[float, ...]:
    """Numbers, and the elements of arrays, one after another."""
    found: list[float] = []
    for value in values.values():
        array: Any = value
        found += array.ravel().tolist() if is_array(value) else [value]
    return tuple(found)


def matrix_hint(block: Block, style: Style) -> list[Block]:
    """A word about what a table leaves out."""
    text = block.hidden_text() if isinstance(block, Matrix) and not style.full else ""
    return [Text(text, "dim")] if text else []


# -- how it was found --------------------------------------------------------------------------------------------------------


def difference_blocks(found: list[tuple[str, Difference]]) -> list[Block]:
    """The steps and the error bars of differences, each with its name."""
    columns = (
        Column("derivative"), Column("method"), Column("step h", numeric=True), Column("evaluations", numeric=True),
        Column("±", numeric=True),
    )  # fmt: skip
    rows = tuple(
        (name, each.method, step_text(each.step) if each.step else None, each.evaluations, each.error) for name, each in found
    )
    hidden = max(len(rows) - MOST_PARTIALS, 0)
    shown = rows[: len(rows) - hidden]
    return [Table("finite differences", columns, shown, len(shown), hidden)]


def symbolic_blocks(found: list[tuple[str, SymbolicDerivative]]) -> list[Block]:
    """SymPy's forms, each with its name."""
    rows = tuple((name, each.simplified or each.unsimplified) for name, each in found)
    hidden = max(len(rows) - MOST_PARTIALS, 0)
    shown = rows[: len(rows) - hidden]
    return [Table("", (Column("derivative"), Column("by SymPy")), shown, len(shown), hidden)]


def sparsity_blocks(pattern: Pattern, rows: tuple[str, ...], columns: tuple[str, ...], style: Style) -> list[Block]:
    """The structure of a matrix: a picture, and its figures."""
    from diffcli.reports.derivatives.pattern import picture  # drawn only where it is asked for

    count = f"{pattern.nonzeros} of {len(rows) * len(columns)} entries may differ from 0, {number(100 * pattern.density, 3)} %"
    return [Text("structure", "heading"), Text(picture(pattern, rows, columns, style), "code"), Text(count)]


def structure_figure(pattern: Pattern) -> Block:
    from diffcli.reports.derivatives.pattern import pattern_figure

    return pattern_figure(pattern)


# -- data --------------------------------------------------------------------------------------------------------------------


def _data(result: JacobianResult, sparsity: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"schema": "diffcli/jacobian@1", "expression": result.expression}
    if result.of:
        data["of"] = result.of
    data |= {"mode": result.mode, "at": result.at, "values": result.values, "jacobian": result.jacobian}
    data["notes"] = notes_data(result.notes)
    if result.pattern is not None:
        data["sparsity"] = sparsity_data(result.pattern, result.groups, sparsity)
    if result.sweeps is not None:
        data["cost"] = cost_data(result.sweeps)
    if result.differences:
        data["differences"] = [{"result": name, **found._asdict()} for name, found in result.differences]
    if result.symbolic:
        data["symbolic"] = [{"result": name, **found._asdict()} for name, found in result.symbolic]
    return data


def notes_data(notes: tuple[Diagnostic, ...]) -> list[dict[str, Any]]:
    if not notes:
        return []
    from diffcli.reports.diagnostics import as_data

    return [as_data(note) for note in notes]


def sparsity_data(pattern: Pattern, groups: Groups, whole: bool) -> dict[str, Any]:
    """The structure of a matrix: ``nonzeros``, ``density``, and ``groups``, which columns or rows shared a sweep.

    Under ``whole`` also ``pattern``, for each row the columns in which it may differ from 0.
    """
    data: dict[str, Any] = {"nonzeros": pattern.nonzeros, "density": pattern.density, "groups": groups}
    if whole:
        data["pattern"] = pattern.rows
    return data


def cost_data(count: SweepCount) -> dict[str, Any]:
    return {
        "inputs": count.inputs, "outputs": count.outputs, "function": count.function,
        "forward": count.forward._asdict(), "reverse": count.reverse._asdict(), "cheaper": count.cheaper,
    }  # fmt: skip
