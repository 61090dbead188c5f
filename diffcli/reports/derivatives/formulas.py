"""The report of derivatives as formulas: each in its forms, several results and second derivatives as a matrix."""

from __future__ import annotations

from typing import Any

from diffcli.language import parse
from diffcli.language.parsing.equation import parse_equation
from diffcli.language.writing.printer import LATEX, latex_name, statement_text
from diffcli.methods.traces.trace import NOTATIONS
from diffcli.records.blocks import Block, Cell, Column, Document, Table, Text, Value, Values, numbers, texts
from diffcli.records.formulas import Domain, Formula, FormulaResult
from diffcli.reports.arrays import latex_matrix
from diffcli.reports.derivatives.derivation import derivation_blocks, derivation_data
from diffcli.reports.derivatives.gradient import forms_table, latex_heading, slopes_remark
from diffcli.reports.derivatives.names import derivative_name, latex_operator
from diffcli.reports.document import data_of, heading, point_text
from diffcli.reports.formats import PROGRAM, TEX, Style

_Matrices = dict[str, list[tuple[str, list[Formula]]]]

LONGEST_DOMAIN = 160
"""A longer line on where derivatives are defined is left away."""


def formula_report(result: FormulaResult, style: Style) -> Document:
    """The document of derivatives as formulas."""
    data = _data(result)
    if style.format.whole:
        return Document((), data)
    latex, notation = style.notation == TEX, NOTATIONS[style.notation]
    sign = _sign(result, notation.partial if latex else style.partial)
    matrices = _matrices(result, sign)
    rows = [row for matrix in matrices.values() for _, row in matrix] or [[*result.formulas]]
    alone = "".join(f"{each.shortest}\n" for row in rows for each in row)
    blocks = _latex_heading(result, style) if latex else _heading(result, style)
    blocks += derivation_blocks(result.derivations, notation, style, _sign(result, notation.partial))
    blocks += (_latex(result, matrices, sign) if latex else _text(result, matrices, sign, style)) + _tangents(result, latex)
    return Document(tuple(blocks), data, alone=alone, main="formulas")


def _matrices(result: FormulaResult, sign: str) -> _Matrices:
    """The Jacobian, or the Hessian of each result, as far as it is there: its rows, each with its name."""
    found = {(each.result, *by): each for each in result.formulas for by in (each.by, each.by[::-1])}
    if not result.hessian:
        rows = [(name, [found[name, by] for by in result.wrt if (name, by) in found]) for name in result.results]
        return {"J": rows} if len(rows) > 1 and result.order == 1 else {}
    return {
        f"H_{{{latex_name(name)}}}" if len(result.results) > 1 else "H": [
            (derivative_name(name, (row,), sign), [found[name, row, by] for by in result.wrt if (name, row, by) in found])
            for row in result.wrt
        ]
        for name in result.results
    }


def _sign(result: FormulaResult, several: str) -> str:
    """The d of derivatives: partial ones where there is more than one variable."""
    return several if len({*result.inputs, *result.wrt}) > 1 else "d"


def _tangents(result: FormulaResult, latex: bool) -> list[Block]:
    """The tangent line, or plane, of each result at the point."""
    kind = f"tangent {'line' if len(result.wrt) == 1 else 'plane' if len(result.wrt) == 2 else 'hyperplane'}"
    blocks: list[Block] = []
    for name, text in result.tangents.items():
        program = parse(text)
        shown, tangent = (latex_name(name), statement_text(program, program.result, LATEX)) if latex else (name, text)
        of = (rf" of }} {shown} \text{{" if latex else f" of {name}") if len(result.results) > 1 else ""
        tangent = f"{shown} = {tangent}" if result.implicit else tangent
        blocks.append(Text(rf"\text{{{kind}{of}: }} {tangent}", "math") if latex else Text(f"{kind}{of}: {tangent}"))
    return blocks


# -- for people and scripts ------------------------------------------------------------------------------------------------


def _heading(result: FormulaResult, style: Style) -> list[Block]:
    if result.implicit:
        point = f" at {point_text(result.at, style.exact)}" if result.at else ""
        return [Text(f"{result.expression}{point}, {result.implicit} a function of {', '.join(result.inputs)}", "heading")]
    how = f"of {'; '.join(result.of)}" if result.of else ""
    return heading(result.expression, result.at or dict.fromkeys(result.inputs, 0.0), how, style.exact, anywhere=not result.at)


def _text(result: FormulaResult, matrices: _Matrices, sign: str, style: Style) -> list[Block]:
    blocks: list[Block] = []
    names = [derivative_name(each.result, each.by, sign, style.unicode) for each in result.formulas]
    for matrix in matrices.values():
        columns = texts("", *(f"{sign}/{sign}{name}" for name in result.wrt))
        rows = [(name, *(each.shortest for each in row)) for name, row in matrix]
        blocks.append(Table("", columns, tuple((*row, *[""] * (len(columns) - len(row))) for row in rows)))
    pairs = zip(names, result.formulas, strict=True)
    if not matrices and style.format.audience == PROGRAM:
        columns = (*texts("derivative", "unsimplified", "simplified"), *numbers(*["value"] * bool(result.values)))
        every = ((_machine(each), each.unsimplified, each.simplified, each.value) for each in result.formulas)
        blocks.append(Table("formulas", columns, tuple(row[: len(columns)] for row in every)))
    elif not matrices:
        blocks += [forms_table(name, each.unsimplified, each.simplified) for name, each in pairs]
    blocks += [Text(line) for each in result.domains if (line := _domain_text(each, sign, style))]
    values = [Value(name, name, value) for name, value in result.values.items()]
    for name, each in zip(names, result.formulas, strict=True):
        if each.value is not None:
            remark = slopes_remark(result.notes, each.by[0], each.value) if result.order == 1 else ""
            values.append(Value(_machine(each), name, each.value, remark))
    return [*blocks, *[Values(tuple(values))] * bool(result.values)]


def _machine(formula: Formula) -> str:
    return derivative_name(formula.result, formula.by, "d", raised=False)


def _domain_text(found: Domain, sign: str, style: Style) -> str:
    """Where a result and its derivatives are defined, in a line; empty where that is everywhere, or would be long."""
    conditions = [found.condition, *found.derivatives.values()]
    if None in conditions or not any(conditions):
        return ""
    first, *places = [f"where {condition}" if condition else "everywhere" for condition in conditions]
    names = [derivative_name(found.result, by, sign, style.unicode) for by in found.derivatives]
    if len(set(places)) == 1:
        names = [", ".join(names)]
    rules = ", ".join(f"{name} {place}" for name, place in zip(names, places))  # noqa: B905
    text = f"{found.result} is defined {first}; the rules of differentiation give {rules}"
    if {first} == {*places}:
        text = f"{found.result} is defined {first}, and so {'is' if len(places) == 1 else 'are'} {names[0]}"
    return text if len(text) <= LONGEST_DOMAIN else ""


# -- formulas ----------------------------------------------------------------------------------------------------------------


def _latex_heading(result: FormulaResult, style: Style) -> list[Block]:
    if result.implicit:
        equation = parse_equation(result.expression)
        return [Text(statement_text(equation, each, LATEX), "math") for each in equation.statements]
    return [] if result.recorded else latex_heading(result.expression, result.at, result.inputs, style.exact)


def _latex(result: FormulaResult, matrices: _Matrices, sign: str) -> list[Block]:
    inputs = ", ".join(map(latex_name, result.inputs))
    functions = {name: f"{latex_name(name)}({inputs})" for name in result.results}
    names = [f"{latex_operator(each.by, sign)} {functions[each.result]}" for each in result.formulas]
    blocks: list[Block] = []
    for name, matrix in matrices.items():
        blocks.append(Text(f"{name} = {latex_matrix([[each.latex for each in row] for _, row in matrix])}", "math"))
    if not matrices:
        blocks += [Text(f"{name} = {each.latex}", "math") for name, each in zip(names, result.formulas, strict=True)]
    if result.values:
        rows: list[tuple[Cell, ...]] = [(functions[name], value) for name, value in result.values.items()]
        rows += [(name, each.value) for name, each in zip(names, result.formulas, strict=True)]
        blocks.append(Table("", (Column("", math=True), *numbers("", full=True)), tuple(rows)))
    return blocks


# -- data ----------------------------------------------------------------------------------------------------------------------


def _data(result: FormulaResult) -> dict[str, Any]:
    fields = "result by unsimplified simplified latex value" if result.values else "result by unsimplified simplified latex"
    point = "at values tangents " if result.values else ""
    return data_of(
        result, f"schema expression of? texts? implicit? wrt order {point}formulas domains? notes derivations?",
        schema="diffcli/diff@1", formulas=[data_of(each, fields) for each in result.formulas],
        domains=[
            {**each._asdict(), "derivatives": [{"by": by, "condition": text} for by, text in each.derivatives.items()]}
            for each in result.domains
        ],
        derivations=list(map(derivation_data, result.derivations)),
    )  # fmt: skip
