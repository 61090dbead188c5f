"""``diffcli vjp``: weights times a Jacobian, by one reverse sweep."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION, INPUT, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.matrices.products import compute_vjp
from diffcli.methods.options import MatrixOptions
from diffcli.reports.derivatives.matrices import product_report

WEIGHTS = Option("--weights", group=INPUT, metavar="WEIGHTS", help='Weights of the results, in order, as "1, 0, 2", or by name, as u=1; a single one has 1.')

EXAMPLES = (
    'diffcli vjp "[x*y, sin(x), exp(y)]" --at x=2,y=3 --weights "1, 0, 2"',
    'diffcli vjp "u = x*y; v = x + y; [u, v]" --at x=2,y=3 --weights v=1',
    'diffcli vjp "x*sin(y)" --at x=2,y=3',
    'diffcli vjp "[x*y, sin(x)]" --at x=2,y=3 --weights "1, 2" --trace',
)


@as_command(
    EXPRESSION, shared("at", needed=True), "wrt", WEIGHTS, "of", "kink", "strict", "trace", "substituted", "full", examples=EXAMPLES
)
def command(run: Run, weights: str | None, **options: Any) -> int:
    """The derivatives of a weighted sum of the results of EXPR: a vector times the Jacobian, by one reverse sweep."""
    result = run.compute(compute_vjp, weights, MatrixOptions(progress=run.stage, **run.rows(), **options))
    return run.report(product_report(result, run.output.style), result.notes, [*result.values.values(), *result.product.values()])
