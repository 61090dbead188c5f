"""The report of the table of array operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.operations import ARRAY_FUNCTIONS, ARRAY_SIGNATURES, REDUCED
from diffcli.operations.array_row import ArrayOperation
from diffcli.operations.arrays import ARRAYS
from diffcli.records.blocks import Cell, Column, Table

LEGEND = (
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

ROWS = (*[row for row in ARRAYS.values() if not row.inner], *_LENGTHS)
"""The operations that a user has a name for."""


def find_rows(name: str) -> list[ArrayOperation]:
    """The rows that a function of arrays, or a sign, may mean; none if it is neither."""
    row = ARRAY_FUNCTIONS.get(name) or REDUCED.get(name) or name
    return [found for found in ROWS if row in (found.name, found.symbol)]


def array_table(compact: bool) -> Table:
    """All rows; ``compact`` leaves out what a terminal has no room for."""
    titles = ["function", "meaning", "break" if compact else "not differentiable where", "adjoints of the operands"]
    titles = titles[:3] if compact else titles
    rows: list[tuple[Cell, ...]] = []
    for row in ROWS:
        breaks = ", ".join(kind for kind, _ in row.breaks) if compact else _breaks(row)
        cells = (_signature(row), row.meaning, breaks, " | ".join(map(plain_rule, adjoints(row))))
        rows.append(cells[: len(titles)])
    return Table("operations on arrays", tuple(map(Column, titles)), tuple(rows))


def array_tables(rows: Sequence[ArrayOperation]) -> tuple[Table, ...]:
    """Everything about some rows, a table each."""
    return tuple(Table(_signature(row), (Column(""), Column("")), tuple(_details(row))) for row in rows)


def _signature(row: ArrayOperation) -> str:
    keywords = ARRAY_SIGNATURES.get(row.name, (0, 0, ()))[2]
    named = (*keywords, "shape", "classes")
    fixed = [part.replace("none", "...") for part in row.fixed if part.partition("=")[0] in named]
    call = f"{row.spelling}({', '.join([*row.operands, *fixed])})"
    names = [_SPELLINGS.get(row.name, "{}").format(call), *(name for name in _aliases(row) if name not in REDUCED.values())]
    return ", ".join(names)


def _aliases(row: ArrayOperation) -> list[str]:
    return [name for name, target in ARRAY_FUNCTIONS.items() if target == row.name and name != row.spelling]


def _breaks(row: ArrayOperation) -> str:
    return ", ".join(f"{kind}: {plain_rule(condition)}" for kind, condition in row.breaks)


def adjoints(row: ArrayOperation) -> tuple[str, ...]:
    """The rules of the operands' adjoints; where they depend on the shapes, those for the first of the row's examples."""
    if not callable(row.adjoint):
        return row.adjoint
    shapes = [_shape_of(operand) for operand in row.points[0] if not isinstance(operand, dict)]
    return row.adjoint({f"shape_{letter}": shape for letter, shape in zip("ab", shapes, strict=False)})


def _shape_of(nested: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = ()
    while isinstance(nested, list):
        shape += (len(nested),)
        nested = nested[0]
    return shape


def plain_rule(text: str) -> str:
    """A rule for people: without what only brings a reduced axis back.

    >>> plain_rule("Y = reshape(y, shape=kept); where(Y == 0, 0, a/Y*reshape(g, shape=kept))")
    'where(y == 0, 0, a/y*g)'
    """
    text = text.replace("reshape(g, shape=kept)", "g").replace("reshape(y, shape=kept)", "y")
    return text.removeprefix("Y = y; ").replace("Y", "y") if text.startswith("Y = y; ") else text


def _details(row: ArrayOperation) -> list[tuple[str, str]]:
    lines = [("function", _signature(row)), ("meaning", row.meaning)]
    if row.definition:
        lines.append(("definition", plain_rule(row.definition)))
    for parameter, rule in zip(row.parameters, adjoints(row), strict=True):
        lines.append((f"adjoint of {parameter}", plain_rule(rule)))
    tangent = row.tangent if not callable(row.tangent) else ()
    lines += [(f"tangent by {parameter}", plain_rule(rule)) for parameter, rule in zip(row.parameters, tangent, strict=False)]
    if row.domain:
        lines.append(("domain", row.domain))
    lines += [(kind, plain_rule(condition)) for kind, condition in row.breaks]
    if row.flat:
        lines.append(("flat", "its derivative is 0 almost everywhere"))
    return lines


def array_data(row: ArrayOperation) -> dict[str, Any]:
    """A row for JSON; a rule that depends on the shapes is that for the first of the row's examples."""
    return {
        "name": row.spelling, "row": row.name, "operands": list(row.operands), "fixed": list(row.fixed), "aliases": _aliases(row),
        "symbol": row.symbol or None, "meaning": row.meaning, "definition": row.definition or None,
        "adjoints": [None if rule == "absent" else rule for rule in adjoints(row)],
        "domain": row.domain or None, "breaks": [{"kind": kind, "where": where} for kind, where in row.breaks],
        "flat": row.flat,
    }  # fmt: skip
