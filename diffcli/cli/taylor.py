"""``diffcli taylor``: the Taylor polynomial of a program along one variable."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.options import EXPRESSION, QUIET, Number, as_command, at
from diffcli.cli.run import Run
from diffcli.methods.taylor import ORDER, compute_taylor
from diffcli.reports.derivatives.taylor import taylor_report

EXAMPLES = (
    'diffcli taylor "exp(x)*cos(x)"',
    'diffcli taylor "sqrt(x + y)" --var x --at x=1,y=3 --order 4',
    'diffcli taylor "sinc(x)" --order 12 --json',
    'diffcli taylor "sin(x)" --at x=pi/4 --exact',
)


@as_command(
    EXPRESSION,
    click.option("--var", metavar="NAME", help="The variable to expand in, if there are several."),
    click.option("--order", type=Number(ORDER), metavar="N", default=6, help="The highest power.", show_default=True),
    click.option("--exact", is_flag=True, help="Show the coefficients as exact numbers too, as 1/3 and sin(1)/2."),
    QUIET,
    at("The point, as x=2,y=pi/4; the variable is 0, if not given."),
    examples=EXAMPLES,
)
def command(run: Run, **options: Any) -> int:
    """The Taylor polynomial of EXPR along a variable: its coefficients and the derivatives, exact up to rounding."""
    result = run.compute(compute_taylor, progress=run.stage, **options)
    return run.report(taylor_report(result, run.output.style), result.notes, result.coefficients)
