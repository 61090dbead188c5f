"""``diffcli hessian``: the second derivatives of a program by every pair of variables."""

from __future__ import annotations

from itertools import chain
from typing import Any

from diffcli.cli.options import EXPRESSION, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.matrices.hessian import compute_hessian
from diffcli.methods.options import HESSIAN_MODES, HessianOptions
from diffcli.reports.derivatives.matrices import hessian_report

EXAMPLES = (
    'diffcli hessian "100*(y - x^2)^2 + (1 - x)^2" --at x=-1.2,y=1',
    'diffcli hessian "x^2*y + sin(z)" --at x=1,y=2,z=3 --sparsity',
    'diffcli hessian "exp(x*y)" --at x=0.5,y=2 --mode numeric',
    'diffcli hessian "log(x + y)" --at x=1,y=2 --mode symbolic -q',
)


@as_command(
    EXPRESSION, shared("at", needed=True), "wrt", "of",
    shared("mode", "auto (forward over reverse), numeric or symbolic.", words=HESSIAN_MODES, default="auto"),
    "strict", "simplify", "sparsity", "full", examples=EXAMPLES,
)  # fmt: skip
def command(run: Run, sparsity: bool, **options: Any) -> int:
    """The second derivatives of EXPR by every pair of variables, as a symmetric matrix, with its eigenvalues and what the point is."""
    result = run.compute(compute_hessian, HessianOptions(progress=run.stage, eigenvalues=not run.output.quiet, **options))
    document = hessian_report(result, run.output.style, sparsity)
    return run.report(document, result.notes, [result.value, *result.gradient.values(), *chain.from_iterable(result.matrix)])
