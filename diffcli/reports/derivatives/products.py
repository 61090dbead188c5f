"""The report of a product of a Jacobian or Hessian with a vector."""

from __future__ import annotations

from typing import Any

from diffcli.methods.matrices.products import ProductResult
from diffcli.records import Number, is_array
from diffcli.reports.derivatives.jacobian import difference_blocks, notes_data
from diffcli.reports.document import Block, Document, Text, Value, Values, number
from diffcli.reports.formats import Style
from diffcli.reports.heading import heading

WORDS = {
    "jvp": ("J v", "by one forward sweep"),
    "vjp": ("w'J", "by one reverse sweep"),
    "hvp": ("H v", "by one forward sweep over the gradient"),
}
"""What each product is, and how it is found."""


def product_report(result: ProductResult, style: Style) -> Document:
    """The document of a product.

    The keys of its data: ``expression``, ``of`` (what was asked for beside it), ``mode``, ``at``, ``values`` (of the results),
    ``seed`` (``direction`` of hvp), ``product``, ``notes``; and for numeric mode ``differences``, each with the ``result``
    that it is of.
    """
    product, how = WORDS[result.kind]
    if result.mode == "numeric":
        how = "by differences"
    of = f"of {'; '.join(result.of)}, " if result.of else ""
    blocks: list[Block] = list(heading(result.expression, result.at, f"{of}{product} {how}"))
    blocks.append(Text(f"{'w' if result.kind == 'vjp' else 'v'}: {_vector_text(result.seed)}"))
    if result.differences:
        blocks += difference_blocks(list(result.differences))
    blocks.append(Values(tuple(_values(result, style))))
    return Document(tuple(blocks), _data(result))


def _vector_text(vector: dict[str, Number]) -> str:
    if any(map(is_array, vector.values())):
        from diffcli.language.writing.array_text import direction_text

        return direction_text(vector)
    return ", ".join(f"{name} = {number(value)}" for name, value in vector.items()) or "0"


def _values(result: ProductResult, style: Style) -> list[Value]:
    """The results, and the product, each with a remark on its error where it has one."""
    bars = {name: found.error for name, found in result.differences}
    values = [Value(name, name, value) for name, value in result.values.items()]
    for name, entry in result.product.items():
        label, machine = _label(result, name, style)
        bar = bars.get(name)
        values.append(Value(machine, label, entry, "" if bar is None else f"± {number(bar, 2)}"))
    return values


def _label(result: ProductResult, name: str, style: Style) -> tuple[str, str]:
    """What an entry is called, for people and for machines."""
    sign = "∂" if style.unicode else "d"
    if result.kind == "jvp":
        return f"d{name} along v", f"d{name}"
    if result.kind == "vjp":
        single = next(iter(result.values))
        seed = result.seed.get(single)
        if len(result.values) == 1 and not is_array(seed) and seed == 1.0:
            return f"{sign}{single}/{sign}{name}", f"d{single}/d{name}"
        return f"{sign}(w·f)/{sign}{name}", f"d(w*f)/d{name}"
    return f"d({sign}f/{sign}{name}) along v", f"d(df/d{name})"


def _data(result: ProductResult) -> dict[str, Any]:
    data: dict[str, Any] = {"schema": f"diffcli/{result.kind}@1", "expression": result.expression}
    if result.of:
        data["of"] = result.of
    data |= {
        "mode": result.mode, "at": result.at, "values": result.values,
        "direction" if result.kind == "hvp" else "seed": result.seed, "product": result.product,
        "notes": notes_data(result.notes),
    }  # fmt: skip
    if result.differences:
        data["differences"] = [{"result": name, **found._asdict()} for name, found in result.differences]
    return data
