"""``diffcli jacobian``: the derivatives of every result of a program by every variable."""

from __future__ import annotations

from itertools import chain
from typing import Any

from diffcli.cli.options import EXPRESSION, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.matrices.jacobian import compute_jacobian
from diffcli.methods.options import JACOBIAN_MODES, MatrixOptions
from diffcli.reports.derivatives.matrices import jacobian_report

EXAMPLES = (
    'diffcli jacobian "[x*y, sin(x), exp(y)]" --at x=2,y=3',
    'diffcli jacobian "r = sqrt(x^2 + y^2); r" --at x=3,y=4 --of "r; atan2(y, x)"',
    'diffcli jacobian "[a*b, b*c, c*d]" --at a=1,b=2,c=3,d=4 --sparsity',
    'diffcli jacobian "[x*y, x/y]" --at x=1,y=2 --mode symbolic',
    'diffcli jacobian "[x*y, sin(x)]" --at x=2,y=3 --mode reverse --trace',
)


@as_command(
    EXPRESSION, shared("at", needed=True), "wrt", "of",
    shared("mode", "auto (forward or reverse, by counted operations), forward, reverse, numeric or symbolic.", words=JACOBIAN_MODES, default="auto"),
    "kink", "strict", "simplify", "trace", "substituted", "sparsity", "full", examples=EXAMPLES,
)  # fmt: skip
def command(run: Run, sparsity: bool, **options: Any) -> int:
    """The derivatives of every result of EXPR by every variable, as a matrix.

    The results are the entries of a list, [u, v], or what --of asks for. EXPR is an expression, @FILE, or - for standard
    input. FILE.py:NAME is a Python function: the file is imported, which runs it, because you name it.
    """
    result = run.compute(compute_jacobian, MatrixOptions(progress=run.stage, **run.rows(), **options))
    document = jacobian_report(result, run.output.style, sparsity)
    return run.report(document, result.notes, [*result.values.values(), *chain.from_iterable(result.matrix)])
