"""``diffcli taylor``: the Taylor polynomial of a program along one variable."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Command, limit_options, output_options
from diffcli.cli.output import Output, exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_program

EXAMPLES = (
    'diffcli taylor "exp(x)*cos(x)"',
    'diffcli taylor "sqrt(x + y)" --var x --at x=1,y=3 --order 4',
    'diffcli taylor "sinc(x)" --order 12 --json',
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("expression", metavar="EXPR")
@click.option("--var", "variable", metavar="NAME", help="The variable to expand in, if there are several.")
@click.option("--order", type=click.IntRange(0, 170), metavar="N", default=6, help="The highest power.", show_default=True)
@click.option("--at", multiple=True, metavar="POINT", help="The point, as x=2,y=pi/4; the variable is 0, if not given.")
@output_options
@limit_options
@click.pass_obj
def command(
    environment: Environment,
    /,
    expression: str,
    variable: str | None,
    order: int,
    at: tuple[str, ...],
    timeout: float,
    max_nodes: int,
    **options: Any,
) -> int:
    """The Taylor polynomial of EXPR along a variable: its coefficients and the derivatives, exact up to rounding.

    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it.
    """
    output = Output.of(environment, **options)
    from diffcli.methods.taylor import taylor
    from diffcli.reports.derivatives.taylor import taylor_report

    with time_limit(timeout), progress(environment) as stage:
        stage("reading")
        program = read_program(expression, environment)
        point = ",".join(text for text in at if text.strip())
        result = taylor(program, point, variable, order, max_nodes=max_nodes, progress=stage)
    output.print(taylor_report(result, output.style), result.notes)
    return exit_code(result.notes, result.coefficients)
