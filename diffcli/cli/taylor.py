"""``diffcli taylor``: the Taylor polynomial of a program along one variable."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION, SHOWN, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.taylor import ORDER, compute_taylor
from diffcli.reports.derivatives.taylor import taylor_report

EXAMPLES = (
    'diffcli taylor "exp(x)*cos(x)"',
    'diffcli taylor "sqrt(x + y)" --wrt x --at x=1,y=3 --order 4',
    'diffcli taylor "sinc(x)" --order 12 --json',
    'diffcli taylor "sin(x)" --at x=pi/4 --exact',
)


@as_command(
    EXPRESSION,
    shared("at", "The variable is 0, if not given."),
    shared("wrt", "one, to be named if there are several."),
    shared("order", "the polynomial.", type=Number(ORDER), default=6),
    Option("--exact", group=SHOWN, help="The coefficients as exact numbers too, as 1/3 and sin(1)/2."),
    examples=EXAMPLES,
)
def command(run: Run, **options: Any) -> int:
    """The Taylor polynomial of EXPR along a variable: its coefficients and the derivatives, exact up to rounding."""
    result = run.compute(compute_taylor, progress=run.stage, **options)
    return run.report(taylor_report(result, run.output.style), result.notes, result.coefficients)
