"""The reports of matrices of derivatives and of their products with vectors: the numbers, how they were found, the structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from diffcli.errors import counted
from diffcli.language.writing.printer import Digits, step_text
from diffcli.methods.traces.trace import NOTATIONS
from diffcli.records import Difference, Number, SymbolicDerivative, is_array
from diffcli.records.blocks import Block, Cell, Column, Document, Matrix, Table, Text, Value, Values, numbers, texts
from diffcli.records.matrices import HessianCost, HessianResult, JacobianResult, ModeCost, Pattern, ProductResult, SweepCount
from diffcli.reports.derivatives.trace import trace_data, trace_tables
from diffcli.reports.document import data_of, heading, number, partial, point_text
from diffcli.reports.formats import PICTURE, Style

MOST_PARTIALS = 30
"""How many differences, or forms of SymPy's, a table lists."""

HESSIAN_MODES = {"forward-over-reverse": "forward over reverse", "numeric": "by second differences", "symbolic": "by SymPy"}

UNDECIDED = "{}, which leaves undecided whether the matrix is definite"

PRODUCTS = {
    "jvp": ("J v", "by one forward sweep"),
    "vjp": ("w'J", "by one reverse sweep"),
    "hvp": ("H v", "by one forward sweep over the gradient"),
}
"""What each product is, and how it is found."""


def jacobian_report(result: JacobianResult, style: Style, sparsity: bool = False) -> Document:
    """The document of a Jacobian; ``sparsity`` draws its structure, as a picture does in any case."""
    label = f"{style.partial}/{style.partial}{{}}"
    named = {name: text for name, text in result.texts.items() if text.isidentifier()}
    beside = _flat(result.values)
    matrix = Matrix("J", result.rows, result.columns, result.matrix, "d{}/d{}", beside, column_label=label, texts=named)
    blocks = [*_heading(result, style, f"Jacobian in {result.mode} mode"), *_traced(result, style), matrix]
    blocks += matrix.hidden_text(style.full)
    if result.differences:
        blocks.append(_differences([(f"{name} by {found.variable}", found) for name, found in result.differences]))
    if result.symbolic:
        blocks.append(_forms([(f"{name} by {found.variable}", found) for name, found in result.symbolic]))
    blocks += _structure(result, result.rows, sparsity, style)
    if result.sweeps is not None:
        blocks.append(Text(sweep_text(result.sweeps)))
    count = result.sweeps
    data = data_of(
        result, "schema expression of? texts? mode at values jacobian notes sparsity? cost? differences? symbolic? trace?",
        schema="diffcli/jacobian@1", sparsity=_sparsity(result, sparsity), differences=_by_result(result.differences),
        cost=count and data_of(count, "inputs outputs function forward reverse cheaper"), symbolic=_by_result(result.symbolic),
        trace=result.trace and trace_data(result.trace, style),
    )  # fmt: skip
    return Document(tuple(blocks), data)


def hessian_report(result: HessianResult, style: Style, sparsity: bool = False) -> Document:
    """The document of a Hessian, with the gradient beside it; ``sparsity`` draws its structure, as a picture does in any case."""
    sign = style.partial
    matrix = Matrix(
        "H", result.columns, result.columns, result.matrix, "d2f/d{}d{}", _flat(result.gradient), "df/d{}",
        row_label=f"{sign}f/{sign}{{}}", column_label=f"{sign}/{sign}{{}}", beside_label="gradient",
    )  # fmt: skip
    blocks = [*_heading(result, style, f"Hessian {HESSIAN_MODES[result.mode]}"), Values((Value("f", "f", result.value),)), matrix]
    blocks += [*matrix.hidden_text(style.full), *_meaning(result, style)]
    if result.differences:
        columns = (*texts("by", "and"), *numbers("evaluations", "±", size=True))
        rows = [(found.first, found.second, found.evaluations, found.error) for found in result.differences]
        blocks.append(_listed("second differences", columns, rows))
    if result.symbolic:
        blocks.append(_forms([(f"by {found.first} and {found.second}", found.derivative) for found in result.symbolic]))
    blocks += _structure(result, result.columns, sparsity, style)
    if result.cost is not None:
        blocks.append(Text(_cost_text(result.cost)))
    symbolic = [
        {**data_of(found, "first second"), **data_of(found.derivative, "unsimplified simplified latex value")}
        for found in result.symbolic
    ]
    data = data_of(
        result, "schema expression of? mode at value gradient hessian notes sparsity? cost? differences? symbolic? eigenvalues? "
        "definiteness? stationary? point?", schema="diffcli/hessian@1", sparsity=_sparsity(result, sparsity), symbolic=symbolic,
        differences=[data_of(found, "first second estimate error evaluations reason") for found in result.differences],
    )  # fmt: skip
    return Document(tuple(blocks), data)


def _meaning(result: HessianResult, style: Style) -> list[Block]:
    """The eigenvalues, and what the point is, in words."""
    if not result.eigenvalues:
        return []
    listed = [number(value, style.rounded()) for value in result.eigenvalues]
    if not style.full:
        listed[4:-4] = ["..."] * (len(listed) > 8)
    zero = "one is 0 up to rounding" if any(map(any, result.matrix)) else "every entry is 0"
    definiteness = UNDECIDED.format(zero) if result.definiteness == "undecided" else result.definiteness
    words = f"eigenvalues: {', '.join(listed)}; {definiteness}"
    point = "undecided by second derivatives" if result.point == "undecided" else f"a local {result.point}"
    zero = f"the gradient is {result.stationary}: {point if result.point != 'saddle' else 'a saddle point'}"
    return [Text(words), *[Text(zero)] * bool(result.stationary)]


def product_report(result: ProductResult, style: Style) -> Document:
    """The document of a product of a Jacobian or Hessian with a vector."""
    product, how = PRODUCTS[result.kind]
    blocks = _heading(result, style, f"{product} {'by differences' if result.mode == 'numeric' else how}")
    blocks.append(Text(f"{'w' if result.kind == 'vjp' else 'v'}: {_vector_text(result.seed, style.exact)}"))
    blocks += _traced(result, style)
    if result.differences:
        blocks.append(_differences(result.differences))
    blocks.append(Values(tuple(_product_values(result, style))))
    vector = "direction" if result.kind == "hvp" else "seed"
    data = data_of(
        result, f"schema expression of? texts? mode at values {vector} product notes differences? trace?",
        schema=f"diffcli/{result.kind}@1", direction=result.seed, differences=_by_result(result.differences),
        trace=result.trace and trace_data(result.trace, style),
    )  # fmt: skip
    return Document(tuple(blocks), data)


def _traced(result: JacobianResult | ProductResult, style: Style) -> list[Block]:
    """The rows of the sweeps, where they were asked for."""
    if result.trace is None or style.format.whole:
        return []
    return trace_tables(result.trace, NOTATIONS[style.notation], style)


def _heading(result: JacobianResult | HessianResult | ProductResult, style: Style, how: str) -> list[Block]:
    of = f"of {'; '.join(result.of)}, " if result.of else ""
    return heading(result.expression, result.at, f"{of}{how}", style.exact)


def _flat(values: Mapping[str, Any]) -> tuple[float, ...]:
    """Numbers, and the elements of arrays, one after another."""
    return tuple(chain.from_iterable(value.ravel().tolist() if is_array(value) else [value] for value in values.values()))


# -- products ----------------------------------------------------------------------------------------------------------------


def _vector_text(vector: dict[str, Number], digits: Digits) -> str:
    if any(map(is_array, vector.values())):
        from diffcli.language.writing.array_text import direction_text

        return direction_text(vector, digits)
    return point_text(vector, digits) or "0"


def _product_values(result: ProductResult, style: Style) -> list[Value]:
    """The results, and the product, each with a remark on its error where it has one."""
    bars = {name: found.error for name, found in result.differences}
    values = [Value(name, name, value) for name, value in result.values.items()]
    for name, entry in result.product.items():
        bar = bars.get(name)
        values.append(_entry(result, name, entry, style.partial)._replace(remark="" if bar is None else f"± {number(bar, 2)}"))
    return values


def _entry(result: ProductResult, name: str, entry: Number, sign: str) -> Value:
    if result.kind == "jvp":
        return Value(f"d{name}", f"d{name} along v", entry, of=name, along=True)
    if result.kind == "hvp":
        return Value(f"d(df/d{name})", f"d({sign}f/{sign}{name}) along v", entry, of="f", by=name, along=True)
    single, *others = result.values
    seed = result.seed.get(single)
    if not others and not is_array(seed) and seed == 1.0:
        return partial(single, name, entry, sign)
    return Value(f"d(w*f)/d{name}", f"{sign}(w·f)/{sign}{name}", entry, of="w*f", by=name)


# -- how they were found -----------------------------------------------------------------------------------------------------


def _listed(title: str, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]) -> Table:
    """A table of the first rows."""
    hidden = max(len(rows) - MOST_PARTIALS, 0)
    shown = tuple(rows[: len(rows) - hidden])
    return Table(title, tuple(columns), shown, len(shown), hidden)


def _differences(found: Sequence[tuple[str, Difference]]) -> Table:
    """The steps and the error bars of differences, each with its name."""
    columns = (*texts("derivative", "method"), *numbers("step h", "evaluations", "±", size=True))
    rows = [(name, of.method, step_text(of.step) if of.step else None, of.evaluations, of.error) for name, of in found]
    return _listed("finite differences", columns, rows)


def _forms(found: Sequence[tuple[str, SymbolicDerivative]]) -> Table:
    """SymPy's forms, each with its name."""
    return _listed("", texts("derivative", "by SymPy"), [(name, each.simplified or each.unsimplified) for name, each in found])


def sweep_text(count: SweepCount) -> str:
    """What either mode of a Jacobian costs, in words.

    >>> sweep_text(SweepCount(2, 3, 10, ModeCost(2, 38), ModeCost(3, 69)))
    'n = 2 inputs, m = 3 outputs: 2 forward sweeps of 1.9 × f, 3 reverse sweeps of 2.3 × f; forward is cheaper'
    >>> sweep_text(SweepCount(100, 99, 300, ModeCost(2, 900), ModeCost(2, 900)))
    'n = 100 inputs, m = 99 outputs: 2 forward sweeps (2 colours) of 1.5 × f, 2 reverse sweeps (2 colours) of 1.5 × f; both \
take as many operations'
    """
    forward = _mode_text("forward", count.forward, count.inputs, count.function)
    reverse = _mode_text("reverse", count.reverse, count.outputs, count.function)
    same = count.forward.operations == count.reverse.operations
    verdict = "both take as many operations" if same else f"{count.cheaper} is cheaper"
    return f"n = {counted(count.inputs, 'input')}, m = {counted(count.outputs, 'output')}: {forward}, {reverse}; {verdict}"


def _mode_text(name: str, mode: ModeCost, uncoloured: int, function: int) -> str:
    """A mode with its sweeps, the colours if they save some, and what a sweep costs beside f."""
    each = f" of {number(mode.operations / mode.sweeps / function, 2)} × f" if mode.sweeps and function else ""
    return f"{counted(mode.sweeps, f'{name} sweep')}{_colours(mode.sweeps, uncoloured)}{each}"


def _colours(sweeps: int, uncoloured: int) -> str:
    return f" ({counted(sweeps, 'colour')})" if sweeps < uncoloured else ""


def _cost_text(cost: HessianCost) -> str:
    """What a Hessian costs, in words.

    >>> _cost_text(HessianCost(10, 30, 75, 3, 270))
    'n = 10 inputs: the tape of f and its gradient takes 2.5 × f, 3 forward sweeps over it (3 colours) 3 × f each'
    """
    inputs = f"n = {counted(cost.inputs, 'input')}"
    if not cost.function:
        return f"{inputs}: f takes no elementary operation"
    together = f"{inputs}: the tape of f and its gradient takes {number(cost.gradient / cost.function, 2)} × f"
    if not cost.sweeps:
        return f"{together}, and no second derivative may differ from 0"
    sweeps = f"{counted(cost.sweeps, 'forward sweep')} over it{_colours(cost.sweeps, cost.inputs)}"
    return f"{together}, {sweeps} {number(cost.operations / cost.sweeps / cost.function, 2)} × f each"


def _structure(result: JacobianResult | HessianResult, rows: tuple[str, ...], drawn: bool, style: Style) -> list[Block]:
    """The structure of a matrix, where it is known: ``drawn`` in characters with its figures, and for a picture as a figure."""
    blocks: list[Block] = []
    pattern: Pattern | None = result.pattern
    if pattern is None or not (drawn or style.format.audience == PICTURE):
        return blocks
    from diffcli.reports.derivatives.pattern import pattern_figure, picture  # drawn only where it is asked for

    if drawn:
        share = f"{pattern.nonzeros} of {len(rows) * len(result.columns)} entries may differ from 0"
        blocks += [Text("structure", "heading"), Text(picture(pattern, rows, result.columns, style), "code")]
        blocks.append(Text(f"{share}, {number(100 * pattern.density, 3)} %"))
    if style.format.audience == PICTURE:
        blocks.append(pattern_figure(pattern))
    return blocks


def _sparsity(result: JacobianResult | HessianResult, whole: bool) -> dict[str, Any]:
    """The structure for JSON; empty where it is not known."""
    if result.pattern is None:
        return {}
    fields = "nonzeros density groups pattern" if whole else "nonzeros density groups"
    return data_of(result.pattern, fields, groups=result.groups, pattern=result.pattern.rows)


def _by_result(found: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [{"result": name, **of._asdict()} for name, of in found]
