"""``diffcli check``: do all ways to a derivative agree, and is a derivative worked out by hand right?"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Command, Names, limit_options, output_options
from diffcli.cli.output import Output, exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_points, read_program
from diffcli.errors import ExpressionError, UsageError, error
from diffcli.language import Program
from diffcli.methods.nonsmooth.nonfinite import require_value
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.system import System
from diffcli.reports.check import check_report, notes_of, points_report, results_report
from diffcli.studies.agreement.agreement import Progress, agreement_of, agreements_of
from diffcli.studies.agreement.points import check_points
from diffcli.studies.claims.claims import ClaimVerdict, judge_claims, read_claims

TRIED = (1.37, 0.63, -0.41, -1.73, 0.19, 12.3, -14.7, 137.0, 1370.0)
"""Where a claim is looked at first when no point is given."""

EXAMPLES = (
    'diffcli check "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5',
    'diffcli check "x*y - sin(y)" --at x=2,y=5 --claim "x: y, y: x - cos(y)"',
    'diffcli check "x*exp(-x^2)" --at x=0.5 --digits 50',
    'diffcli check "x^y" --points points.csv',
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("expression", metavar="EXPR")
@click.option("--at", multiple=True, metavar="POINT", help="The point, as x=2,y=pi/4; may be given again.")
@click.option("--points", metavar="FILE", help="Check at every point of a CSV file with names in its first line.")
@click.option("--claim", "claims", multiple=True, metavar="CLAIM", help='A derivative to be checked, as "x: 2*x + y"; may be given again.')
@click.option("--wrt", type=Names(), help="Variables to differentiate by; all, if not given.")
@click.option("--digits", type=click.IntRange(17, 2000), metavar="N", help="Show N digits of the exact derivative, and how many of each way are right.")
@partial(output_options, digits=False)
@limit_options
@click.pass_obj
def command(
    environment: Environment,
    /,
    expression: str,
    at: tuple[str, ...],
    points: str | None,
    claims: tuple[str, ...],
    wrt: list[str] | None,
    digits: int | None,
    timeout: float,
    max_nodes: int,
    **options: Any,
) -> int:
    """Every derivative of EXPR by every way, side by side, with a verdict; or claims.

    EXPR is an expression, @FILE, - for standard input, or a Python function as FILE.py:NAME, which imports the file. Exits
    with 1 if ways disagree, or a claim is wrong. A kink is no disagreement: there the slopes on the two sides are what every
    way has to keep between.
    """
    output = Output.of(environment, digits=3, **options)  # derivatives show all of theirs
    given = ",".join(at) if any(text.strip() for text in at) else ""
    if points is not None and (given or claims):
        raise UsageError([error("usage", "--points cannot be combined with --at or --claim", help=["give one of them"])])
    with time_limit(timeout), progress(environment) as stage:
        stage("reading")
        program = read_program(expression, environment)
        if points is not None:
            known, notes = read_points(points, program)
            result = check_points(program, known, wrt, digits, max_nodes, stage)
            result = result._replace(notes=(*notes, *result.notes))
            output.print(points_report(result, output.style), result.notes)
            return exit_code(result.notes, ()) or (ExitCode.OK if result.passed else ExitCode.DISAGREES)
        alone = bool(claims) and not given and bool(program.inputs)
        if alone and digits is not None:
            raise UsageError([error("usage", "--digits is for a check at a point, and there is none", help=["add --at, or leave it out"])])
        problem = _anywhere(program, wrt, max_nodes) if alone else System(program, given or {}, wrt=wrt, most_rows=max_nodes)
        if isinstance(problem, System):
            if len(problem.outputs) > 1 or problem.outputs[0].shape:
                return _several(problem, claims, digits, stage, output)
            problem = problem.view(problem.outputs[0])
        require_value(problem)
        agreement = None if alone else agreement_of(problem, digits, stage)
        judged: list[ClaimVerdict] = []
        for text in claims:
            judged += judge_claims(problem, read_claims(text, problem), stage, at_given=not alone)
    document = check_report(problem.expression(), problem.at, agreement, judged, output.style, digits)
    output.print(document, agreement.notes if agreement is not None else ())
    stopped = exit_code(agreement.notes if agreement is not None else (), ())
    passed = (agreement is None or agreement.passed) and all(claim.passed for claim in judged)
    return stopped or (ExitCode.OK if passed else ExitCode.DISAGREES)


def _several(system: System, claims: tuple[str, ...], digits: int | None, stage: Progress, output: Output) -> int:
    """A check of several results.

    Raises
    ------
    UsageError
        There are claims, which are about one.
    """
    if claims:
        help = ["leave the others out: a claim is about the last statement of a program"]
        raise UsageError([error("usage", "a claim is about one result, and there are several", help=help)])
    found = agreements_of(system, digits, stage)
    notes = notes_of(found)
    output.print(results_report(system.expression(), system.at, found, output.style, digits), notes)
    passed = all(agreement.passed for agreement in found)
    return exit_code(notes, ()) or (ExitCode.OK if passed else ExitCode.DISAGREES)


def _anywhere(program: Program, wrt: list[str] | None, max_nodes: int) -> Problem:
    """A point at which the program has a value, for claims that come without one.

    Raises
    ------
    ExpressionError
        None was found.
    """
    for value in TRIED:
        point = {name: round(value + 0.1 * k, 2) for k, name in enumerate(program.inputs)}
        problem = Problem(program, point, wrt=wrt, most_rows=max_nodes)
        if math.isfinite(problem.value):
            return problem
    help = f"add --at {','.join(f'{name}=...' for name in program.inputs)}"
    raise ExpressionError([error("missing-value", "no point was found at which the value is defined", help=[help])])
