"""``diffcli jvp``: a Jacobian times a direction, by one forward sweep."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.options import EXPRESSION, OF, QUIET, STRICT, TRACE, as_command, at, choice, full, kink
from diffcli.cli.run import Run
from diffcli.methods.matrices.products import compute_jvp
from diffcli.methods.options import JVP_MODES, JvpOptions
from diffcli.reports.derivatives.matrices import product_report

SEED = click.option("--seed", required=True, metavar="DIRECTION", help="The direction, as x=1,y=0.5; variables left out do not move.")
MODE = choice("--mode", "mode", JVP_MODES, "MODE", "forward or numeric.", "forward")

EXAMPLES = (
    'diffcli jvp "[x*y, sin(x), exp(y)]" --at x=2,y=3 --seed x=1,y=0.5',
    'diffcli jvp "[x*y, x/y]" --at x=2,y=3 --seed x=1 --mode numeric',
    'diffcli jvp "[x*y, sin(x)]" --at x=2,y=3 --seed x=1,y=0.5 --trace',
)


@as_command(EXPRESSION, at(), kink(), STRICT, full(), QUIET, TRACE, SEED, OF, MODE, examples=EXAMPLES)
def command(run: Run, seed: str, **options: Any) -> int:
    """How every result of EXPR changes along a direction: the Jacobian times a vector, by one forward sweep."""
    result = run.compute(compute_jvp, seed, JvpOptions(progress=run.stage, **run.rows(), **options), "--seed")
    return run.report(product_report(result, run.output.style), result.notes, [*result.values.values(), *result.product.values()])
