"""``diffcli hvp``: a Hessian times a direction, by one forward sweep over the gradient."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.matrices.products import compute_hvp
from diffcli.methods.options import MatrixOptions
from diffcli.reports.derivatives.matrices import product_report

EXAMPLES = (
    'diffcli hvp "100*(y - x^2)^2 + (1 - x)^2" --at x=-1.2,y=1 --direction x=1,y=2',
    'diffcli hvp "x*exp(y)" --at x=2,y=3 --direction y=1 --json',
    'diffcli hvp "x*exp(y)" --at x=2,y=3 --direction y=1 --trace',
)


@as_command(
    EXPRESSION, shared("at", needed=True), "wrt", shared("direction", required=True), "of",
    "strict", "trace", "substituted", "full", examples=EXAMPLES,
)  # fmt: skip
def command(run: Run, direction: str, **options: Any) -> int:
    """How the gradient of EXPR changes along a direction: the Hessian times a vector, by one forward sweep."""
    result = run.compute(compute_hvp, direction, MatrixOptions(progress=run.stage, **run.rows(), **options))
    return run.report(product_report(result, run.output.style), result.notes, [*result.values.values(), *result.product.values()])
