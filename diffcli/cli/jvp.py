"""``diffcli jvp``: a Jacobian times a direction, by one forward sweep."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.matrices.products import compute_jvp
from diffcli.methods.options import JVP_MODES, JvpOptions
from diffcli.reports.derivatives.matrices import product_report

EXAMPLES = (
    'diffcli jvp "[x*y, sin(x), exp(y)]" --at x=2,y=3 --direction x=1,y=0.5',
    'diffcli jvp "[x*y, x/y]" --at x=2,y=3 --direction x=1 --mode numeric',
    'diffcli jvp "[x*y, sin(x)]" --at x=2,y=3 --direction x=1,y=0.5 --trace',
)


@as_command(
    EXPRESSION, shared("at", needed=True), shared("direction", required=True), "of",
    shared("mode", "forward or numeric.", words=JVP_MODES, default="forward"), "kink", "strict", "trace", "substituted", "full", examples=EXAMPLES,
)  # fmt: skip
def command(run: Run, direction: str, **options: Any) -> int:
    """How every result of EXPR changes along a direction: the Jacobian times a vector, by one forward sweep."""
    result = run.compute(compute_jvp, direction, JvpOptions(progress=run.stage, **run.rows(), **options))
    return run.report(product_report(result, run.output.style), result.notes, [*result.values.values(), *result.product.values()])
