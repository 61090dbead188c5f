"""The kernel of a question that a table is to answer: shapes from the names of its columns, a function at its first row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diffcli.errors import refusal
from diffcli.language import Program
from diffcli.methods.compiled.compile import compile as compiled
from diffcli.methods.compiled.kernel import Kernel
from diffcli.methods.points.many_points import shape_of
from diffcli.records import element_names
from diffcli.tables.block import Reader
from diffcli.tape.tape import Shape


def kernel_of(program: Program, reader: Reader, held: Mapping[str, Any], **options: Any) -> Kernel:
    """The kernel of a program for the rows of a table, where some arguments are the same in all rows."""
    if type(program) is Program:
        wanted = [name for name in program.inputs if name not in held]
        shapes = {name: shape_of(name, reader.names) for name in wanted}
        arrays = {name: np.zeros(shape) for name, shape in shapes.items() if shape}
        at = dict(held) | arrays
        if not any(np.shape(value) for value in at.values()):
            return compiled(program, **options)
        numbers = dict.fromkeys([name for name in wanted if name not in arrays], 0.0)
        return compiled(program, at=at | numbers, batch=wanted, **options)
    names = [name for name in reader.names if name.partition("[")[0] in program.inputs and name.partition("[")[0] not in held]
    for block in reader.blocks(names, ()):
        wrong = {place for place, _ in block.bad}
        row = next((place for place in range(block.rows) if place not in wrong), None)
        if row is not None:
            values = {name: float(column[row]) for name, column in block.columns.items()}
            return compiled(program, at=dict(held) | gathered(values, names), **options)
    raise refusal("bad-data", "the table has no row of numbers at which the function could be recorded")


def gathered(values: Mapping[str, float], names: Sequence[str]) -> dict[str, Any]:
    """Values of elements as values of arguments."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(each.partition("[")[0] for each in names):
        shape: Shape = () if name in values else shape_of(name, names)
        numbers = [values[element] for element in element_names(name, shape)]
        found[name] = np.array(numbers).reshape(shape) if shape else numbers[0]
    return found
