"""``diffcli hvp``: a Hessian times a direction, by one forward sweep over the gradient."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.matrix_options import OF, point_of, point_options, take_output
from diffcli.cli.options import Command, limit_options, output_options
from diffcli.cli.output import exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_program
from diffcli.methods.matrices.options import MatrixOptions
from diffcli.methods.matrices.products import compute_hvp
from diffcli.reports.derivatives.matrices import product_report

EXAMPLES = (
    'diffcli hvp "100*(y - x^2)^2 + (1 - x)^2" --at x=-1.2,y=1 --direction x=1,y=2',
    'diffcli hvp "x*exp(y)" --at x=2,y=3 --direction y=1 --json',
)


@click.command(cls=Command, examples=EXAMPLES)
@point_options(kink=False)
@click.option("--direction", required=True, metavar="DIRECTION", help="The direction, as x=1,y=0.5; variables left out do not move.")
@OF
@output_options
@limit_options
@click.pass_obj
def command(environment: Environment, /, expression: str, at: tuple[str, ...], direction: str, timeout: float, **options: Any) -> int:
    """How the gradient of EXPR changes along a direction: the Hessian times a vector, by one forward sweep.

    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it.
    """
    output = take_output(environment, options)
    asked = MatrixOptions(**options)
    with time_limit(timeout), progress(environment) as stage:
        asked.progress = stage
        stage("reading")
        result = compute_hvp(read_program(expression, environment), point_of(at), direction, asked, "--direction")
    output.print(product_report(result, output.style), result.notes)
    return exit_code(result.notes, [*result.values.values(), *result.product.values()])
