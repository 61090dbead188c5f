"""A page for each function of the language, and an index of them, from the tables of operations."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import diffcli
from diffcli.operations import OPERATIONS, Operation
from diffcli.operations.array_row import ArrayOperation
from diffcli.reports.functions import ARRAY_ROWS, adjoints, plain_rule
from writers.pages import code, console, prose, run, table

OPERATORS = {"add": "operator-plus", "sub": "operator-minus", "mul": "operator-times", "div": "operator-divide", "neg": "operator-negative", "pow": "power", "index": "indexing"}
SPELLINGS = {"index": "a[0], a[1:3], a[:, 0]", "matmul": "a @ b", "transpose": "a.T", "stack": "[a, ...]"}
"""What is written otherwise than by a call."""
CANDIDATES = (0.0, 1.0, -1.0, 0.5, 2.0, -0.5, 1.5, 3.141592653589793)
"""Where a condition such as ``a == 0`` or ``abs(a) == 1`` may hold."""
BREAKS = {
    "kink": "the slopes on the two sides differ",
    "tie": "several operands are the largest, or the smallest",
    "jump": "the value differs on the two sides",
    "pole": "the value or the slope is infinite",
    "branch": "another branch may be taken beside this point",
    "point-branch": "a value is taken there that holds at this point alone",
}
WORDS = {
    "y": "the result",
    "g": "the adjoint of the result",
    "ties": "how many operands equal the result",
    "others": "for each element, the product of all the others",
    "absent": "no dependence: a part that is not there, which no infinity or NaN can meet",
    "kept": "the shape of the operand with length 1 along the axes that were summed over",
}
"""What the rules name beside the operands."""
Row = Operation | ArrayOperation


def write(folder: Path) -> None:
    of_numbers: dict[str, list[Row]] = {}
    for row in OPERATIONS.values():
        of_numbers.setdefault(row.spelling, []).append(row)
    of_arrays: dict[str, list[Row]] = {}
    for row in ARRAY_ROWS:
        of_arrays.setdefault(row.spelling, []).append(row)
    for name in of_numbers | of_arrays:
        rows = [*of_numbers.get(name, ()), *of_arrays.get(name, ())]  # max(a, b) is of numbers, max(a) of an array
        (folder / f"{page_name(name)}.md").write_text(_page(rows, folder), encoding="utf-8")
    text = "## On numbers, and on each element of arrays\n\n" + _index(of_numbers)
    text += "\n## On arrays\n\n" + _index(of_arrays)
    (folder / "index.md").write_text(text, encoding="utf-8")


def page_name(name: str) -> str:
    return OPERATORS.get(name, name.replace("_", "-"))


def _index(groups: dict[str, list[Row]]) -> str:
    rows = []
    for name, group in groups.items():
        row = group[0]
        rule = row.partials if isinstance(row, Operation) else ()
        shown = ", ".join(code(part) for part in rule) if all(len(part) < 30 for part in rule) else ""
        rows.append((f"[{code(signature(row))}](_generated/functions/{page_name(name)}.md)", prose(row.meaning), shown))
    return table(("function", "meaning", "derivative"), rows)


def signature(row: Row) -> str:
    """How an operation is written."""
    if row.symbol and row.name != "pow":
        return f"a {row.symbol} b" if len(row.operands) == 2 else f"{row.symbol}a"
    if row.name == "pow":
        return "a^b"
    if row.spelling in SPELLINGS:
        return SPELLINGS[row.spelling]
    given = [part.replace("none", "...") for part in getattr(row, "fixed", ()) if "=" in part]
    return f"{row.spelling}({', '.join([*row.operands, *given])})"


def _page(rows: list[Row], folder: Path) -> str:
    text = f"---\norphan: true\n---\n\n# {title(rows[0])}\n"  # too many for the side bar of each page
    for row in rows:
        text += f"\n## {signature(row)}\n" if len(rows) > 1 else ""
        sections = f"\n{prose(_sentence(row.meaning))}\n\n{table(('', ''), _facts(row))}"
        if isinstance(row, Operation):
            sections += _example(row) + _at_breaks(row) + _picture(row, folder)
        else:
            sections += _array_example(row)
        text += sections.replace("\n## ", "\n### ") if len(rows) > 1 else sections
    return text + "\n[All functions](../../functions.md)\n"


def _sentence(meaning: str) -> str:
    """A meaning with a capital, if it does not begin with an operand's name."""
    return (meaning if meaning[1:2] in (" ", ",", "^", "*") else meaning[0].upper() + meaning[1:]) + "."


def title(row: Row) -> str:
    return code(signature(row) if row.symbol else row.spelling)


def _facts(row: Row) -> list[tuple[str, str]]:
    lines = [("written", code(signature(row)))]
    if row.aliases:
        lines.append(("other names", ", ".join(map(code, row.aliases))))
    if row.definition:
        lines.append(("definition", code(plain_rule(row.definition))))
    if isinstance(row, Operation):
        if row.value:
            lines.append(("computed as", code(row.value)))
        for name, rule in zip(row.parameters, row.partials, strict=True):
            none = "0" if row.flat else "none: the result does not depend on it"
            lines.append((f"derivative by {code(name)}", none if rule == "absent" else code(rule)))
    else:
        for name, rule in zip(row.parameters, adjoints(row), strict=True):
            lines.append((f"adjoint of {code(name)}", code(plain_rule(rule)) if rule != "absent" else "none"))
    lines.append(("domain", code(row.domain) if row.domain else "everywhere"))
    for kind, condition in row.breaks:
        lines.append((kind, f"where {code(plain_rule(condition))}: {BREAKS[kind]}"))
    if row.flat:
        lines.append(("flat", "the derivative is 0 almost everywhere, so a gradient cannot see this function"))
    said = " ".join(cell for _, cell in lines if cell.startswith("`"))
    return lines + [(code(word), meaning) for word, meaning in WORDS.items() if re.search(rf"\b{word}\b", said)]


# -- examples ----------------------------------------------------------------------------------------------------------------

LETTERS = ("x", "y", "z")


def call(row: Operation) -> tuple[str, tuple[str, ...]]:
    """The operation of variables x, y, z, and their names."""
    count = 2 if row.variadic else sum("=" not in operand for operand in row.operands)
    names = LETTERS[:count]
    if row.name == "pow":
        return "x^y", names
    if row.symbol:
        return (f"x {row.symbol} y" if count == 2 else f"{row.symbol}x"), names
    return f"{row.spelling}({', '.join(names)})", names


def _point(names: tuple[str, ...], values: Any) -> str:
    return ",".join(f"{name}={value:g}" for name, value in zip(names, values, strict=False))


def _example(row: Operation) -> str:
    text, names = call(row)
    tame = [point for point in row.points if all(0.01 <= abs(value) <= 50 for value in point)]
    point = (*(tame or row.points)[0], 0.7, 1.5)[: len(names)]
    return "\n## Example\n\n" + console(f'grad "{text}" --at {_point(names, point)} --no-trace')


def _at_breaks(row: Operation) -> str:
    text, names = call(row)
    shown = []
    for _kind, condition in row.breaks:
        point = _where(row, condition, len(names))
        if point is not None and point not in shown:
            shown.append(point)
    if not shown:
        return ""
    return "\n## Where it is not differentiable\n\n" + console(*[f'grad "{text}" --at {_point(names, point)} --no-trace' for point in shown])


def _where(row: Operation, condition: str, count: int) -> tuple[float, ...] | None:
    """A point at which a condition on the operands and the result holds."""
    for values in product(CANDIDATES, repeat=count):
        given: dict[str, Any] = dict(zip(row.parameters, (*values, *row.defaults), strict=False))
        if row.variadic:
            given["ties"] = sum(value == values[0] for value in values)
        wanted = diffcli.parse(condition).inputs
        try:
            if "y" in wanted:  # at a pole it may have no value
                given["y"] = diffcli.evaluate(call(row)[0], dict(zip(LETTERS, values, strict=False)))
            if diffcli.evaluate(f"1 if {condition} else 0", {name: given[name] for name in wanted}):
                return values
        except diffcli.DiffcliError:
            continue
    return None


def _picture(row: Operation, folder: Path) -> str:
    text, names = call(row)
    if len(names) != 1:
        return ""
    path = folder / f"{page_name(row.spelling)}.svg"
    assert run(f'plot "{text}" -o "{path}"').exit == 0, text
    return f"\n## Picture\n\n![{row.meaning}: the function and its derivative]({path.name})\n"


ARRAY_EXAMPLES = {
    "sum": ('grad "sum(x^2)" --at x=[1,2,3]', 'grad "sum(sum(X^2, axis=0)*[1, 10])" --at X=[[1,2],[3,4]]'),
    "mean": ('grad "mean(x^2)" --at x=[1,2,3]',),
    "prod": ('grad "prod(x)" --at x=[0,2,3]',),
    "max": ('grad "max(x)" --at x=[1,3,2]',),
    "min": ('grad "min(x)" --at x=[1,3,2]',),
    "argmax": ('grad "x[argmax(x)]" --at x=[1,3,2]',),
    "argmin": ('grad "x[argmin(x)]" --at x=[1,3,2]',),
    "norm": ('grad "norm(x)" --at x=[3,4]',),
    "logsumexp": ('grad "logsumexp(x)" --at x=[1,2,3]',),
    "softmax": ('jacobian "softmax(x)" --at x=[1,2,3]',),
    "log_softmax": ('jacobian "log_softmax(x)" --at x=[1,2,3]',),
    "cumsum": ('jacobian "cumsum(x)" --at x=[1,2,3]',),
    "cross_entropy": ('grad "cross_entropy(z, [2, 0])" --at z=[[0.5,-1.5,2],[1.25,0.75,-0.5]]',),
    "one_hot": ('grad "sum(one_hot([2, 0], 3)*z)" --at z=[[1,2,3],[4,5,6]]',),
    "matmul": ('grad "sum((A @ B)*[[1, 0], [0, 10]])" --at A=[[1,2],[3,4]],B=[[5,6],[7,8]]', 'jacobian "A @ x" --at A=[[1,2],[3,4]],x=[1,-1] --wrt x'),
    "outer": ('grad "sum(outer(x, y)*[[1, 2], [3, 4]])" --at x=[1,2],y=[3,4]',),
    "conv1d": ('jacobian "conv1d(x, k)" --at x=[1,2,3,4],k=[1,-1] --wrt x',),
    "transpose": ('grad "sum(A.T*[[1, 2], [3, 4]])" --at A=[[1,2],[3,4]]',),
    "trace": ('grad "trace(A @ A)" --at A=[[1,2],[3,4]]',),
    "diag": ('grad "sum(diag(A)*[1, 10])" --at A=[[1,2],[3,4]]',),
    "det": ('grad "det(A)" --at A=[[1,2],[3,4]]', 'grad "det(A)" --at A=[[1,2],[2,4]]'),
    "inv": ('grad "trace(inv(A))" --at A=[[1,2],[3,4]]',),
    "solve": ('jacobian "solve(A, b)" --at A=[[2,1],[1,3]],b=[1,2] --wrt b',),
    "reshape": ('grad "sum(reshape(x, [2, 2])*[[1, 2], [3, 4]])" --at x=[1,2,3,4]',),
    "concat": ('grad "sum(concat(x, y)*[1, 2, 3])" --at x=[1,2],y=[3]',),
    "stack": ('grad "det(stack(x, y))" --at x=[1,2],y=[3,4]',),
    "index": ('grad "x[0]*x[-1]" --at x=[1,2,3]', 'jacobian "x[1:] - x[:-1]" --at x=[1,2,4]'),
    "broadcast": ('grad "sum(broadcast(x, [2, 3])*[[1, 2, 3], [4, 5, 6]])" --at x=[1,2,3]',),
    "len": ('grad "sum(x)/len(x)" --at x=[1,2,4]',),
    "shape": ('grad "sum(A)/shape(A)[1]" --at A=[[1,2],[3,4]]',),
}
"""What is shown of each function of arrays."""


def _array_example(row: ArrayOperation) -> str:
    return "\n## Example\n\n" + console(*[f"{example}{' --no-trace' * example.startswith('grad')}" for example in ARRAY_EXAMPLES[row.spelling]])
