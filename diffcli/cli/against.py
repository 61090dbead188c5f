"""``diffcli check --against``: is the gradient that somebody's own code computes the gradient of their function?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.python_file import as_python_target, read_function
from diffcli.cli.run import Run
from diffcli.errors import Diagnostic, UsageError, error
from diffcli.language import Program
from diffcli.methods.points.many_points import read_points
from diffcli.methods.points.points import read_point
from diffcli.methods.problem.problem import names_in
from diffcli.records import is_array
from diffcli.records.findings import NOWHERE, Place
from diffcli.reports.gradients import gradient_report
from diffcli.studies.gradients.comparison import check_gradient
from diffcli.tape.recording.python_function import PythonFunction


def check_against(
    run: Run, program: Program, against: str | None, *, points: str | None, random: int | None, seed: int, scale: float, wrt: str | None,
    rtol: float | None, value_and_grad: bool, hessian: bool, max_nodes: int,
) -> ExitCode:  # fmt: skip
    """Compare, print, and say by the exit code whether all is right."""
    notes: list[Diagnostic] = []
    claim: Any = against
    place = Place(run.file, program.line) if run.file else NOWHERE
    target = as_python_target(against) if against and ".py" in against else None
    if target is not None:
        claim = read_function(*target, run.environment)
        place = Place(target[0], claim.line)
    elif against is None and not isinstance(program, PythonFunction):
        message = "--value-and-grad is for a Python function, which gives (value, gradient)"
        raise UsageError([error("usage", message, help=["add --against"])])
    given: Iterable[Any] = [run.point]
    if points is not None:
        given, notes = read_points(points, program)
    elif random is not None:
        given = _random_points(program, read_point(run.point), random, seed, scale, names_in(wrt, "wrt"))
    check = check_gradient(
        program, claim, given, wrt=wrt, rtol=rtol, hessian=hessian, value_and_grad=value_and_grad, max_nodes=max_nodes,
        verify=run.verify, progress=run.stage,
    )  # fmt: skip
    check = check._replace(notes=(*notes, *check.notes))
    return run.report(gradient_report(check, run.full, place), check.notes, ()) or (ExitCode.OK if check.passed else ExitCode.DISAGREES)


def _random_points(
    program: Program, base: dict[str, Any], count: int, seed: int, scale: float, wrt: list[str] | None
) -> Iterator[dict[str, Any]]:
    """Points whose variables are drawn from a normal distribution, in the shapes that a point has; what else it has stays."""
    draw = Random(seed)
    shapes = {name: getattr(base.get(name), "shape", ()) for name in [*program.inputs, *base] if wrt is None or name in wrt}
    for _ in range(count):
        yield {**base, **{name: _drawn(draw, shape, scale) for name, shape in shapes.items()}}


def _drawn(draw: Random, shape: tuple[int, ...], scale: float) -> Any:
    if not shape:
        return draw.gauss(0.0, scale)
    from diffcli.operations.arithmetic.array_files import basis

    zeros = basis(shape, ())
    assert is_array(zeros)
    for place in range(zeros.size):
        zeros.reshape(-1)[place] = draw.gauss(0.0, scale)
    return zeros
