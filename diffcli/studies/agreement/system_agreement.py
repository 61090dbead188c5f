"""Do the ways agree on every derivative of a program with several results, or with one that is an array?"""

from __future__ import annotations

from diffcli.methods.nonsmooth.system_notes import require_values
from diffcli.methods.problem.components import Elements
from diffcli.methods.problem.scalarise import in_numbers, variables_of
from diffcli.methods.problem.system import System
from diffcli.methods.sweeps import forward
from diffcli.methods.sweeps.reverse import adjoints
from diffcli.studies.agreement.agreement import Agreement, Progress, Sweeps, check


def check_system(system: System, digits: int | None = None, progress: Progress = lambda stage: None) -> list[Agreement]:
    """Every partial derivative of every result by every way: an `Agreement` for each result, or element of one.

    Raises
    ------
    DomainError
        A result is undefined at the point.

    >>> found = check_system(System("[x*y, sin(x)]", {"x": 2, "y": 5}))
    >>> [(agreement.name, agreement.passed) for agreement in found]
    [('f1', True), ('f2', True)]
    """
    require_values(system)
    numbers = in_numbers(system)
    sweeps = _array_sweeps(system)
    found = []
    for place, output in enumerate(numbers.outputs):
        progress(f"checking {output.name}")
        agreement = check(numbers.view(output), digits, progress, sweeps[place] if sweeps else None)
        found.append(agreement._replace(name=output.name, at=system.at, expression=system.expression()))
    return found


def _array_sweeps(system: System) -> list[Sweeps]:
    """For each element of the results its derivatives by both sweeps over the arrays themselves; empty without arrays."""
    if system.tape.shapes is None:
        return []
    rows, columns = Elements(system.outputs), variables_of(system)
    tangents = []
    for place in range(len(columns)):
        seed = columns.seed([place])
        moved = forward.tangents(system.tape, system.values, [seed.get(slot) for slot in range(system.tape.first_row)])
        tangents.append(rows.numbers(moved))
    found = []
    for place in range(len(rows)):
        swept = columns.numbers(adjoints(system.tape, system.values, system.active, seeds=rows.seed([place])))
        found.append({
            name: (float(adjoint or 0.0), float(tangents[column][place] or 0.0))
            for column, (name, adjoint) in enumerate(zip(columns.names, swept, strict=True))
        })  # fmt: skip
    return found
