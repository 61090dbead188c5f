"""``diffcli jacobian``: the derivatives of every result of a program by every variable."""

from __future__ import annotations

from itertools import chain
from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.matrix_options import OF, point_of, point_options, take_output
from diffcli.cli.options import Choice, Command, limit_options, output_options
from diffcli.cli.output import exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_program
from diffcli.methods.matrices.jacobian import compute_jacobian
from diffcli.methods.matrices.options import JACOBIAN_MODES, MatrixOptions
from diffcli.reports.derivatives.matrices import jacobian_report

EXAMPLES = (
    'diffcli jacobian "[x*y, sin(x), exp(y)]" --at x=2,y=3',
    'diffcli jacobian "r = sqrt(x^2 + y^2); r" --at x=3,y=4 --of "r; atan2(y, x)"',
    'diffcli jacobian "[a*b, b*c, c*d]" --at a=1,b=2,c=3,d=4 --sparsity',
    'diffcli jacobian "[x*y, x/y]" --at x=1,y=2 --mode symbolic',
)


@click.command(cls=Command, examples=EXAMPLES)
@point_options()
@OF
@click.option("--mode", type=Choice("mode", JACOBIAN_MODES), metavar="MODE", default="auto", help="auto (forward or reverse, by counted operations), forward, reverse, numeric or symbolic.", show_default=True)
@click.option("--sparsity", is_flag=True, help="Draw which entries may differ from 0.")
@output_options
@limit_options
@click.pass_obj
def command(environment: Environment, /, expression: str, at: tuple[str, ...], sparsity: bool, timeout: float, **options: Any) -> int:
    """The derivatives of every result of EXPR by every variable, as a matrix.

    The results are the entries of a list, [u, v], or what --of asks for. EXPR is an expression, @FILE, or - for standard
    input. FILE.py:NAME is a Python function: the file is imported, which runs it, because you name it.
    """
    output = take_output(environment, options)
    asked = MatrixOptions(**options)
    with time_limit(timeout), progress(environment) as stage:
        asked.progress = stage
        stage("reading")
        result = compute_jacobian(read_program(expression, environment), point_of(at), asked)
    document = jacobian_report(result, output.style, sparsity)
    output.print(document, result.notes)
    return exit_code(result.notes, [*result.values.values(), *chain.from_iterable(result.matrix)])
