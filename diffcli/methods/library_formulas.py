"""The public function of the library for formulas: `diffcli.diff`."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.errors.library_words import for_library
from diffcli.methods.options import FormulaOptions
from diffcli.methods.problem.problem import At, Target
from diffcli.records.formulas import FormulaResult
from diffcli.tape.lowering import MOST_ROWS


@for_library
def diff(
    target: Target,
    at: At | None = None,
    *,
    wrt: str | Sequence[str] | None = None,
    order: int | None = None,
    hessian: bool = False,
    implicit: str = "",
    of: str | Sequence[str] | None = None,
    steps: bool = False,
    simplify: str = "fast",
    strict: bool = False,
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
) -> FormulaResult:
    """The derivatives of a program as formulas, by SymPy.

    Parameters
    ----------
    target
        As for `diffcli.grad`; the results may be several. A Python function, and a program with arrays, need a point.
    at
        A point, as for `diffcli.grad`, for the values there, with all that is to be said of them, and the tangent. The formula of
        a Python function is that of the branches that it takes there; arrays are written out in their elements, ``x[0]``.
    wrt
        The variables to differentiate by; all, in order of appearance, if not given. Where one is named again it is the mixed
        derivative: ``"x, x, y"`` is d³f/dx²dy.
    order
        Every derivative of that order by the variables, mixed ones once; 1 if not given.
    hessian
        The second derivatives by every pair of variables.
    implicit
        A variable of an equation, whose derivatives by the others are wanted: ``target`` is a text with one ``=``. A point is one
        of the equation's curve.
    of
        The results, as for `diffcli.jacobian`.
    steps
        The derivation of each derivative too, step by step, as ``derivations``.
    simplify, strict, max_nodes, verify
        As for `diffcli.grad`.

    Returns
    -------
    A record with ``formulas``, result by result, each with ``result``, ``by``, ``unsimplified``, ``simplified``, ``latex`` and,
    at a point, ``value``; with ``values`` and ``tangents`` of the results there; and with ``notes``.

    Raises
    ------
    ExpressionError, UsageError, DomainError, NotDifferentiableError, LimitError
        As for `diffcli.grad`.

    Examples
    --------
    >>> diff("x^2 * sin(x)").formulas[0].simplified
    'x*(x*cos(x) + 2*sin(x))'
    >>> diff("x^3 * y^2", wrt="x, x, y").formula("f", "x", "x", "y").unsimplified
    '12*x*y'

    An equation gives a function implicitly, here a circle:

    >>> diff("x^2 + y^2 = 25", implicit="y", order=2).formulas[0].simplified
    '-25/y^3'
    >>> diff("x^2 + y^2 = 25", {"x": 3, "y": 4}, implicit="y").tangents["y"]
    '4 - 0.75*(x - 3)'

    At a point there is the value, by the unsimplified form, and the tangent:

    >>> result = diff("sqrt(x)", {"x": 4})
    >>> result.formulas[0].unsimplified, result.formulas[0].value, result.tangents["f"]
    ('1/(2*sqrt(x))', 0.25, '2 + 0.25*(x - 4)')
    """
    options = FormulaOptions(
        wrt=wrt, order=order, hessian=hessian, implicit=implicit, of=of, steps=steps, simplify=simplify, strict=strict,
        max_nodes=max_nodes, verify=verify,
    )  # fmt: skip
    if implicit:
        from diffcli.methods.implicit import compute_implicit

        return compute_implicit(target, at, options)
    from diffcli.methods.formulas import compute_formulas  # no gradient waits for SymPy

    return compute_formulas(target, at, options)
