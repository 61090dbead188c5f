"""The report of the tables of operations: those on numbers, and those on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from diffcli.operations import ARRAY_FUNCTIONS, ARRAY_SIGNATURES, REDUCED, Operation
from diffcli.operations.array_row import ArrayOperation
from diffcli.operations.array_shapes import nested_shape
from diffcli.operations.arrays import ARRAYS
from diffcli.records.blocks import Document, Table, Text, texts
from diffcli.reports.document import data_of
from diffcli.reports.formats import TREES, Style

LEGEND = (
    "a, b, c are the operands, y the result; ties is the number of operands that equal y; absent is no dependence. "
    "At a kink the rule is the subgradient of least norm."
)

ARRAY_LEGEND = (
    "Of operations on arrays, a and b are the operands, y the result and g its adjoint; axes and shapes are those of the row, "
    "and an axis that was summed over is brought back where it is needed. Without axis= an operation goes over all elements."
)

_SPELLINGS = {"stack": "[a, ...], {}", "index": "a[0], a[1:3], a[:, 0]", "matmul": "a @ b, {}", "transpose": "a.T, {}"}
"""What is written otherwise than by a call alone."""

_LENGTHS = tuple(
    ArrayOperation(name, ("a",), meaning, lambda shapes, fixed: (), ("absent",), ("absent",))
    for name, meaning in (("len", "length of the first axis"), ("shape", "lengths along all axes"))
)
"""What is known before anything is computed, and so no operation of a tape."""

ARRAY_ROWS = (*[row for row in ARRAYS.values() if not row.inner], *_LENGTHS)
"""The operations on arrays that a user has a name for."""

Row = Operation | ArrayOperation
Lines = Iterable[tuple[str, str]]


def find_array_rows(name: str) -> list[ArrayOperation]:
    """The rows that a function of arrays, or a sign, may mean; none if it is neither."""
    row = ARRAY_FUNCTIONS.get(name) or REDUCED.get(name) or name
    return [found for found in ARRAY_ROWS if row in (found.name, found.symbol)]


def functions_report(rows: Sequence[Operation], of_arrays: Sequence[ArrayOperation], style: Style, detailed: bool) -> Document:
    """All rows as two tables, or some in detail; a terminal has no room for all columns."""
    data = {"schema": "diffcli/functions@1", "functions": [*map(_data, rows)], "array_functions": [*map(_data, of_arrays)]}
    if detailed:
        every: list[Row] = [*rows, *of_arrays]
        tables = [Table(_signature(row), texts("", ""), tuple(_details(row))) for row in every]
        legends = [Text(LEGEND, "dim")] * bool(rows) + [Text(ARRAY_LEGEND, "dim")] * bool(of_arrays)
        return Document((*tables, *legends), data)
    compact = style.format.draws == TREES
    table, array_table = _table(rows, compact), _array_table(of_arrays, compact)
    return Document((table, Text(LEGEND, "dim"), array_table, Text(ARRAY_LEGEND, "dim")), data)


def _table(rows: Sequence[Operation], compact: bool) -> Table:
    titles = ["function", "derivative", "domain", "not differentiable where", *([] if compact else ["aliases", "meaning"])]
    cells = []
    for row in rows:
        names = ", ".join([_signature(row), *(row.aliases if compact else ())])
        cell = (names, _partials(row), row.finite_domain, _breaks(row), ", ".join(row.aliases), row.meaning)
        cells.append(cell[: len(titles)])
    return Table("operations on numbers, and on each element of arrays", texts(*titles), tuple(cells))


def _array_table(rows: Sequence[ArrayOperation], compact: bool) -> Table:
    titles = ["function", "meaning", "break" if compact else "not differentiable where", "adjoints of the operands"]
    titles = titles[:3] if compact else titles
    cells = []
    for row in rows:
        breaks = ", ".join(kind for kind, _ in row.breaks) if compact else _breaks(row)
        cells.append((_signature(row), row.meaning, breaks, " | ".join(map(plain_rule, adjoints(row))))[: len(titles)])
    return Table("operations on arrays", texts(*titles), tuple(cells))


def _signature(row: Row) -> str:
    """How an operation is written."""
    if isinstance(row, ArrayOperation):
        named = (*ARRAY_SIGNATURES.get(row.name, (0, 0, ()))[2], "shape", "classes")
        fixed = [part.replace("none", "...") for part in row.fixed if part.partition("=")[0] in named]
        call = f"{row.spelling}({', '.join([*row.operands, *fixed])})"
        aliases = (name for name in _aliases(row) if name not in REDUCED.values())
        return ", ".join([_SPELLINGS.get(row.name, "{}").format(call), *aliases])
    if not row.symbol:
        return f"{row.spelling}({', '.join(row.operands)})"
    return f"a {row.symbol} b" if len(row.operands) == 2 else f"{row.symbol} a"


def _aliases(row: ArrayOperation) -> list[str]:
    return [name for name, target in ARRAY_FUNCTIONS.items() if target == row.name and name != row.spelling]


def _partials(row: Operation) -> str:
    if len(set(row.partials)) == 1 and row.partials[0] == "absent":
        return "0" if row.flat else "absent"
    return " | ".join(part if ";" not in part else "a series near 0, else (cos(pi*a) - y)/a" for part in row.partials)


def _breaks(row: Row) -> str:
    return ", ".join(f"{kind}: {plain_rule(condition)}" for kind, condition in row.breaks)


def adjoints(row: ArrayOperation) -> tuple[str, ...]:
    """The rules of the operands' adjoints; where they depend on the shapes, those for the first of the row's examples."""
    if not callable(row.adjoint):
        return row.adjoint
    shapes = [nested_shape(operand) for operand in row.points[0] if not isinstance(operand, dict)]
    return row.adjoint({f"shape_{letter}": shape for letter, shape in zip("ab", shapes, strict=False)})


def plain_rule(text: str) -> str:
    """A rule for people: without what only brings a reduced axis back.

    >>> plain_rule("Y = reshape(y, shape=kept); where(Y == 0, 0, a/Y*reshape(g, shape=kept))")
    'where(y == 0, 0, a/y*g)'
    """
    text = text.replace("reshape(g, shape=kept)", "g").replace("reshape(y, shape=kept)", "y")
    return text.removeprefix("Y = y; ").replace("Y", "y") if text.startswith("Y = y; ") else text


# -- one row -----------------------------------------------------------------------------------------------------------------


def _details(row: Row) -> list[tuple[str, str]]:
    """Everything about a row, a line each."""
    lines = [("function", _signature(row)), ("meaning", row.meaning)]
    if isinstance(row, Operation) and row.aliases:
        lines.append(("also", ", ".join(row.aliases)))
    if row.definition:
        lines.append(("definition", plain_rule(row.definition)))
    lines += _rules(row)
    if row.domain:
        lines.append(("domain", row.finite_domain if isinstance(row, Operation) else row.domain))
    lines += [(kind, plain_rule(condition)) for kind, condition in row.breaks]
    return [*lines, ("flat", "its derivative is 0 almost everywhere")] if row.flat else lines


def _rules(row: Row) -> Lines:
    if isinstance(row, ArrayOperation):
        every = [("adjoint of", adjoints(row)), ("tangent by", () if callable(row.tangent) else row.tangent)]
    else:
        every = [("derivative by", row.partials)]
        if row.value:
            yield "computed as", row.value
    for words, rules in every:
        for parameter, rule in zip(row.parameters, rules, strict=False):
            yield f"{words} {parameter}", plain_rule(rule)


def _data(row: Row) -> dict[str, Any]:
    """A row for JSON; a rule that depends on the shapes is that for the first of the row's examples."""
    if isinstance(row, ArrayOperation):
        fixed, rules, own = "fixed ", "adjoints", {"adjoints": _present(adjoints(row)), "aliases": _aliases(row)}
    else:
        fixed, rules, own = "", "partials", {"partials": _present(row.partials)}
    own |= {field: getattr(row, field) or None for field in ("symbol", "definition", "domain")}
    breaks = [{"kind": kind, "where": where} for kind, where in row.breaks]
    fields = f"name row operands {fixed}aliases symbol meaning definition {rules} domain breaks flat"
    return data_of(row, fields, name=row.spelling, row=row.name, breaks=breaks, **own)


def _present(rules: Iterable[str]) -> list[str | None]:
    return [None if rule == "absent" else rule for rule in rules]
