"""The public function of the library that asks all ways at once: `diffcli.check`."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.methods.nonsmooth.nonfinite import require_value
from diffcli.methods.problem.problem import At, Problem, Target
from diffcli.studies.agreement.agreement import Agreement
from diffcli.studies.agreement.agreement import check as check_problem
from diffcli.tape.lowering import MOST_ROWS


def check(
    target: Target,
    at: At,
    *,
    wrt: str | Sequence[str] | None = None,
    digits: int | None = None,
    max_nodes: int = MOST_ROWS,
) -> Agreement:
    """Every partial derivative by every way, with a verdict and its reason.

    Parameters
    ----------
    target, at, wrt, max_nodes
        As for `diffcli.grad`.
    digits
        How many digits the exact derivative, which the ways are held against, is to have; 50, if not given.

    Returns
    -------
    A record with ``passed``, ``notes``, and ``checks``: for each variable its ``verdict`` (``agree``, ``disagree``, or where
    there is no derivative ``kink``, ``jump``, ``pole`` or ``edge``), ``reason``, ``explanation``, ``exact`` (an mpmath
    number) and ``ways``, each with ``value``, ``bar`` and ``error``.

    Raises
    ------
    ExpressionError, DomainError, LimitError
        As `diffcli.grad`.

    Examples
    --------
    >>> result = check("x*sin(y)", {"x": 2, "y": 1})
    >>> result.passed, [found.verdict for found in result.checks]
    (True, ['agree', 'agree'])

    A derivative that cancellation has spoiled, told from one that is right:

    >>> (found,) = check("(1 - cos(x))/x^2", {"x": 1e-5}).checks
    >>> found.verdict, found.reason, f"{float(found.exact):.4e}"
    ('disagree', 'cancellation', '-8.3333e-07')
    """
    problem = Problem(target, at, wrt=wrt, most_rows=max_nodes)
    problem.require_number()
    require_value(problem)
    return check_problem(problem, digits)
