"""``diffcli jvp``: a Jacobian times a direction, by one forward sweep."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.matrix_options import OF, point_of, point_options, take_output
from diffcli.cli.options import Choice, Command, limit_options, output_options
from diffcli.cli.output import exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_program
from diffcli.methods.matrices.options import JVP_MODES, MatrixOptions
from diffcli.methods.matrices.products import compute_jvp
from diffcli.reports.derivatives.matrices import product_report

EXAMPLES = (
    'diffcli jvp "[x*y, sin(x), exp(y)]" --at x=2,y=3 --seed x=1,y=0.5',
    'diffcli jvp "[x*y, x/y]" --at x=2,y=3 --seed x=1 --mode numeric',
)


@click.command(cls=Command, examples=EXAMPLES)
@point_options(wrt=False)
@click.option("--seed", required=True, metavar="DIRECTION", help="The direction, as x=1,y=0.5; variables left out do not move.")
@OF
@click.option("--mode", type=Choice("mode", JVP_MODES), metavar="MODE", default="forward", help="forward or numeric.", show_default=True)
@output_options
@limit_options
@click.pass_obj
def command(environment: Environment, /, expression: str, at: tuple[str, ...], seed: str, timeout: float, **options: Any) -> int:
    """How every result of EXPR changes along a direction: the Jacobian times a vector, by one forward sweep.

    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it.
    """
    output = take_output(environment, options)
    asked = MatrixOptions(modes=JVP_MODES, **options)
    with time_limit(timeout), progress(environment) as stage:
        asked.progress = stage
        stage("reading")
        result = compute_jvp(read_program(expression, environment), point_of(at), seed, asked, "--seed")
    output.print(product_report(result, output.style), result.notes)
    return exit_code(result.notes, [*result.values.values(), *result.product.values()])
