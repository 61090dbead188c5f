"""The structure of a Jacobian: its pattern, what shares a sweep, and what either mode costs.

It is found on the program written out in numbers, which takes longer than the sweeps. Where it is the same at every point it is
kept by what stands on the tape: a Python function is recorded at each call, most often onto the same tape.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from diffcli._named import NamedTuple
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import structure
from diffcli.methods.sweeps.colouring import colour_columns
from diffcli.methods.sweeps.sparsity import find_pattern, flow_of, reads_values
from diffcli.methods.traces.sweep_count import chooses, count_sweeps
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
    given = (problem, rows, columns)
    return _found(*given) if _depends(problem.tape) else _kept(_Alike(given))


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


def _depends(tape: Tape) -> bool:
    """Whether the structure may be another one at another point, or is found at once."""
    return tape.shapes is None or bool(tape.skips) or any(map(_of_values, tape.operations, tape.operands))


def _of_values(name: str, row: tuple[int, ...]) -> bool:
    """Whether what passes a row, or what it costs, depends on values; a user's own operation is never the same."""
    if name in ARRAYS:
        return not ARRAYS[name].moves
    if name == "pow" and row[1] < 0:
        return False  # it chooses by the exponent alone
    return type(name) is not str or reads_values(name, len(row)) or any(term and chooses(term) for term in terms(name, len(row)))


class _Alike:
    """A question that equals another one of which the structure is the same; it is forgotten when that is known."""

    def __init__(self, given: tuple[Problem, Components, Components]) -> None:
        self.given: Any = given
        tape, parts = given[0].tape, [part.parts for part in given[1:]]
        constants = [(one.shape, one.tobytes()) if hasattr(one, "tobytes") else repr(one) for one in tape.constants]
        columns = tape.operations, tape.operands, tape.shapes or (), constants
        self.key = (*map(tuple, columns), repr(tape.parameters), repr(parts), len(tape.inputs))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike) and self.key == other.key


@lru_cache(maxsize=64)
def _kept(alike: _Alike) -> Structure:
    given, alike.given = alike.given, None
    return _found(*given)
