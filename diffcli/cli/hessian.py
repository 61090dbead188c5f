"""``diffcli hessian``: the second derivatives of a program by every pair of variables."""

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
from diffcli.methods.matrices.hessian import compute_hessian
from diffcli.methods.matrices.options import HESSIAN_MODES, MatrixOptions
from diffcli.reports.derivatives.matrices import hessian_report

EXAMPLES = (
    'diffcli hessian "100*(y - x^2)^2 + (1 - x)^2" --at x=-1.2,y=1',
    'diffcli hessian "x^2*y + sin(z)" --at x=1,y=2,z=3 --sparsity',
    'diffcli hessian "exp(x*y)" --at x=0.5,y=2 --mode numeric',
    'diffcli hessian "log(x + y)" --at x=1,y=2 --mode symbolic -q',
)


@click.command(cls=Command, examples=EXAMPLES)
@point_options(kink=False)
@OF
@click.option("--mode", type=Choice("mode", HESSIAN_MODES), metavar="MODE", default="auto", help="auto (forward over reverse), numeric or symbolic.", show_default=True)
@click.option("--sparsity", is_flag=True, help="Draw which entries may differ from 0.")
@output_options
@limit_options
@click.pass_obj
def command(environment: Environment, /, expression: str, at: tuple[str, ...], sparsity: bool, timeout: float, **options: Any) -> int:
    """The second derivatives of EXPR by every pair of variables, as a symmetric matrix.

    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it.
    """
    output = take_output(environment, options)
    asked = MatrixOptions(modes=HESSIAN_MODES, **options)
    with time_limit(timeout), progress(environment) as stage:
        asked.progress = stage
        stage("reading")
        result = compute_hessian(read_program(expression, environment), point_of(at), asked)
    document = hessian_report(result, output.style, sparsity)
    output.print(document, result.notes)
    return exit_code(result.notes, [result.value, *result.gradient.values(), *chain.from_iterable(result.matrix)])
