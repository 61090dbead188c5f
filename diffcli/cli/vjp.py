"""``diffcli vjp``: weights times a Jacobian, by one reverse sweep."""

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
from diffcli.methods.matrices.products import compute_vjp
from diffcli.reports.derivatives.matrices import product_report

EXAMPLES = (
    'diffcli vjp "[x*y, sin(x), exp(y)]" --at x=2,y=3 --seed "1, 0, 2"',
    'diffcli vjp "u = x*y; v = x + y; [u, v]" --at x=2,y=3 --seed v=1',
    'diffcli vjp "x*sin(y)" --at x=2,y=3',
)


@click.command(cls=Command, examples=EXAMPLES)
@point_options()
@click.option("--seed", metavar="WEIGHTS", help='The weights of the results, in order, as "1, 0, 2", or by name, as u=1; a single result has 1.')
@OF
@output_options
@limit_options
@click.pass_obj
def command(environment: Environment, /, expression: str, at: tuple[str, ...], seed: str | None, timeout: float, **options: Any) -> int:
    """The derivatives of a weighted sum of the results of EXPR: a vector times the Jacobian, by one reverse sweep.

    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it.
    """
    output = take_output(environment, options)
    asked = MatrixOptions(**options)
    with time_limit(timeout), progress(environment) as stage:
        asked.progress = stage
        stage("reading")
        result = compute_vjp(read_program(expression, environment), point_of(at), seed, asked, "--seed")
    output.print(product_report(result, output.style), result.notes)
    return exit_code(result.notes, [*result.values.values(), *result.product.values()])
