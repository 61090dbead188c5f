"""``diffcli check``: do all ways to a derivative agree, and is a derivative worked out by hand right?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import click

from diffcli.cli.against import AGAINST, check_against, is_asked
from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.options import EXPRESSION_OR_NONE, INPUT, SHOWN, Number, Option, as_command, shared
from diffcli.cli.run import Run, was_given
from diffcli.errors import Diagnostic, ExpressionError, error, refusal
from diffcli.language import Program, parse
from diffcli.methods.nonsmooth.nonfinite import require_value
from diffcli.methods.points.many_points import read_points
from diffcli.methods.points.ranges import Range
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.system import System
from diffcli.records.agreement import Agreement, ClaimVerdict
from diffcli.records.blocks import Document
from diffcli.reports.check import check_report, claims_report, notes_of, points_report
from diffcli.studies.agreement.agreement import agreement_of, agreements_of
from diffcli.studies.agreement.points import check_points
from diffcli.studies.claims.claims import judge_claims, read_claims

TRIED = (1.37, 0.63, -0.41, -1.73, 0.19, 12.3, -14.7, 137.0, 1370.0)
"""Where a claim is looked at first when no point is given."""

SECONDS_A_POINT = 0.03
"""What the default time limit grows by with each point: no check of one takes longer, where it has to be a whole one."""

EXAMPLES = (
    'diffcli check "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5',
    'diffcli check "x*y - sin(y)" --at x=2,y=5 --claim "x: y, y: x - cos(y)"',
    'diffcli check "x*exp(-x^2)" --at x=0.5 --exact-digits 50',
    'diffcli check "x^y" --points points.csv',
    "diffcli check model.py:loss --against model.py:gradient --at x=2,y=3",
)


@as_command(
    EXPRESSION_OR_NONE,
    shared("at", "[needed, but for claims and --points]"),
    "wrt",
    Option("--points", group=INPUT, metavar="FILE", help="Check at every point of a CSV file with names in its first line; or x=@data.csv:speed for columns of other names. The default --timeout grows by 0.03 s a point."),
    Option("--claim", "claims", group=INPUT, multiple=True, metavar="CLAIM", help='A derivative to be checked, as "x: 2*x + y"; may be given again.'),
    Option("--claims", "file", group=INPUT, metavar="FILE", help="Check every claim of a CSV file with the columns name, variable, claim and, for other expressions than EXPR, expression."),
    *AGAINST,
    Option("--exact-digits", group=SHOWN, type=Number(Range(17, 2000)), metavar="N", help="N digits of the exact derivative, and how many of each way are right."),
    examples=EXAMPLES,
)
def command(
    run: Run, points: str | None, claims: tuple[str, ...], file: str | None, wrt: str | None, exact_digits: int | None,
    rtol: float | None, max_nodes: int, **against: Any,
) -> int:  # fmt: skip
    """Every derivative of EXPR by every way, side by side, with a verdict; or claims; or a gradient by other code.

    EXPR is an expression, @FILE, - for standard input, or a Python function as FILE.py:NAME, which imports the file. Exits
    with 1 if ways disagree, or a claim is wrong. A kink is no disagreement: there the slopes on the two sides are what every
    way has to keep between.
    """
    output = run.output
    if not output.style.asked or output.style.decimals is not None:
        output.style = output.style._replace(digits=3)  # derivatives show all of theirs
    if points is not None and (run.point or claims) and against["against"] is None:
        raise refusal("usage", "--points cannot be combined with --at or --claim", "give one of them")
    if file is not None:
        if points or claims or exact_digits or is_asked(against, None, True):
            raise refusal("usage", "--claims goes with --at, --wrt and --rtol alone", "leave the other options out")
        return _claims_of_file(run, file, wrt, rtol, max_nodes)
    if run.expression is None:
        raise click.MissingParameter(ctx=click.get_current_context(), param_hint="'EXPR'", param_type="argument")
    with run.at_work() as stage:
        program = run.read()
        if is_asked(against, claims or exact_digits, claims):
            return _verdict(run, *check_against(run, program, points, wrt=wrt, rtol=rtol, max_nodes=max_nodes, **against))
        if points is not None:
            return _at_points(run, program, points, wrt, exact_digits, max_nodes)
        problem, alone = _problem(run, program, wrt, max_nodes, bool(claims))
        if alone and exact_digits is not None:
            raise refusal("usage", "--exact-digits is for a check at a point, and there is none", "add --at, or leave it out")
        several = isinstance(problem, System)
        agreements = agreements_of(problem, exact_digits, stage) if several else []
        if not several and not alone:
            agreements = [agreement_of(problem, exact_digits, stage)]
        read = [read_claims(text, problem) for text in claims]
        judged = [each for claim in read for each in judge_claims(problem, claim, stage, at_given=not alone, rtol=rtol)]
    document = check_report(problem.expression(), problem.at, agreements, judged, output.style, exact_digits, several)
    found: list[Agreement | ClaimVerdict] = [*agreements, *judged]
    return _verdict(run, document, notes_of(found), all(each.passed for each in found))


def _problem(run: Run, program: Program, wrt: str | None, max_nodes: int, claims: bool) -> tuple[Problem, bool]:
    """The program at the point, a `System` if it has several results; and whether that is a point of our own, for ``claims``."""
    if claims and not run.point and program.inputs:
        return _anywhere(program, wrt, max_nodes), True
    system = System(program, run.point, wrt=wrt, most_rows=max_nodes)
    several = len(system.outputs) > 1 or bool(system.outputs[0].shape)
    if several and claims:
        help = ["leave the others out: a claim is about the last statement of a program"]
        raise refusal("usage", "a claim is about one result, and there are several", *help)
    if several:
        return system, False
    problem = system.view(system.outputs[0])
    require_value(problem)
    return problem, False


def _claims_of_file(run: Run, path: str, wrt: str | None, rtol: float | None, max_nodes: int) -> ExitCode:
    """A check of the claims of a file, about EXPR or expressions of its own."""
    from diffcli.studies.claims.many_claims import judge_rows

    with run.at_work() as stage:
        own = _problem(run, run.read(), wrt, max_nodes, True) if run.expression is not None else None
        found, notes = judge_rows(path, own, lambda text, label: _problem(run, parse(text, label), wrt, max_nodes, True), stage, rtol)
    notes += notes_of(found)
    return _verdict(run, claims_report(found, path, notes), notes, all(claim.passed for claim in found))


def _verdict(run: Run, document: Document, notes: Sequence[Diagnostic], passed: bool) -> ExitCode:
    """Print a report; a limit that struck is the exit code before a disagreement."""
    file, line = run.place
    findings = tuple(found if found.file else found._replace(file=file, line=line) for found in document.findings or ())
    document = document._replace(findings=findings)
    return run.report(document, notes, ()) or (ExitCode.OK if passed else ExitCode.DISAGREES)


def _at_points(run: Run, program: Program, path: str, wrt: str | None, digits: int | None, max_nodes: int) -> ExitCode:
    """A check at every point of a file."""
    known, notes = read_points(path, program)
    if not was_given("timeout"):
        run.timeout += SECONDS_A_POINT * len(known)
    with run.limited():
        result = check_points(program, known, wrt, digits, max_nodes, run.stage)
        result = result._replace(notes=(*notes, *result.notes))
        return _verdict(run, points_report(result, run.output.style), result.notes, result.passed)


def _anywhere(program: Program, wrt: str | None, max_nodes: int) -> Problem:
    """A point at which the program has a value, for claims that come without one."""
    for value in TRIED:
        point = {name: round(value + 0.1 * k, 2) for k, name in enumerate(program.inputs)}
        problem = Problem(program, point, wrt=wrt, most_rows=max_nodes)
        problem.require_number()
        if math.isfinite(problem.value):
            return problem
    help = f"add --at {','.join(f'{name}=...' for name in program.inputs)}"
    raise ExpressionError([error("missing-value", "no point was found at which the value is defined", help=[help])])
