"""The structure of a Jacobian: its pattern, what shares a sweep, and what either mode costs.

It is found on the program written out in numbers, which takes longer than the sweeps. Where it is the same at every point it is
kept with the tape: that of a Python function is most often one that was met before.
"""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.language.syntax import once
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import structure
from diffcli.methods.sweeps.colouring import colour_columns
from diffcli.methods.sweeps.sparsity import find_pattern, flow_of, reads_values
from diffcli.methods.traces.cost import chooses, count_sweeps
from diffcli.operations.arrays import ARRAYS
from diffcli.records.matrices import Groups, Pattern, SweepCount
from diffcli.tape import Tape
from diffcli.tape.running.rules import terms


class Structure(NamedTuple):
    """The structure of a Jacobian; no pattern and no count where the program written out would be too long."""

    pattern: Pattern | None
    by_column: Groups
    by_row: Groups
    sweeps: SweepCount | None


def structure_of(problem: Problem, rows: Components, columns: Components) -> Structure:
    """The structure of the Jacobian of a problem."""
    tape, question = problem.tape, (structure_of, *rows.parts, None, *columns.parts)
    if _depends(tape):
        return _found(problem, rows, columns)
    found: Structure | None = tape.kept.get(question)
    if found is None:
        found = tape.kept[question] = _found(problem, rows, columns)
    return found


def _found(problem: Problem, rows: Components, columns: Components) -> Structure:
    numbers = structure(problem)
    if numbers is None:
        alone = [tuple((place,) for place in range(len(part))) for part in (columns, rows)]
        return Structure(None, alone[0], alone[1], None)
    flow = flow_of(numbers.tape, numbers.values)
    by_name = {name: slot for slot, name in enumerate(numbers.tape.inputs)}
    inputs, outputs = [by_name[name] for name in columns.names], [output.slot for output in numbers.outputs]
    pattern = find_pattern(numbers.tape, flow, inputs, outputs)
    by_column, by_row = colour_columns(pattern), colour_columns(pattern.transposed())
    return Structure(pattern, by_column, by_row, count_sweeps(numbers, flow, inputs, outputs, by_column, by_row))


@once
def _depends(tape: Tape) -> bool:
    """Whether the structure may be another one at another point, or is found at once."""
    return tape.shapes is None or bool(tape.skips) or any(map(_of_values, tape.operations, tape.operands))


def _of_values(name: str, row: tuple[int, ...]) -> bool:
    """Whether what passes a row, or what it costs, depends on values."""
    if name in ARRAYS:
        return not ARRAYS[name].moves
    if name == "pow" and row[1] < 0:
        return False  # it chooses by the exponent alone
    return reads_values(name, len(row)) or any(term and chooses(term) for term in terms(name, len(row)))
