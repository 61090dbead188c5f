"""Assertions about derivatives, for other people's tests: the text of a failure is the table that the command prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.errors.library_words import for_library
from diffcli.methods.problem.problem import At, Target
from diffcli.records.blocks import Document


def assert_gradient(
    function: Target,
    gradient: Any,
    at: At | Sequence[At],
    *,
    rtol: float | None = None,
    wrt: str | Sequence[str] | None = None,
    hessian: bool = False,
    value_and_grad: bool = False,
) -> None:
    """Assert that a gradient by your own code is that of your function.

    Parameters
    ----------
    function
        A Python function that returns a number, or a program as text.
    gradient
        A function of the same parameters that returns the derivatives: a mapping by name, a part for each parameter in order,
        or one array; or a program, derivatives as text (``"x: 2*x, y: 1"``), or numbers. None, where ``function`` itself
        returns ``(value, gradient)``.
    at
        A point, as of `diffcli.grad`, or a list of them.
    rtol
        How far a number may be off beside its size; half of the digits of its floats, if not given. As far as the derivative
        itself is not known, and as far as the rounding of the point moves what is claimed, it may be off besides.
    wrt
        The parameters that the gradient is by; all, if not given.
    hessian, value_and_grad
        Whether ``gradient`` gives second derivatives (an array, or blocks by names or places); or ``(value, gradient)``.

    Raises
    ------
    AssertionError
        An entry is wrong, or none could be decided; its text is the table of ``diffcli check --against``.

    Examples
    --------
    >>> assert_gradient(lambda x, y: x**2*y, lambda x, y: (2*x*y, x**2), {"x": 3.0, "y": 2.0})

    At a kink whatever lies between the slopes is right:

    >>> assert_gradient(abs, lambda x: 0.5, {"x": 0.0})
    >>> try:
    ...     assert_gradient("x^2*y", "[2*x*y, -x^2]", "x=3, y=2")
    ... except AssertionError as fault:
    ...     print(str(fault).splitlines()[-1])
    likely slip   by `y`: the sign of the whole is wrong
    """
    from diffcli.reports.gradients import gradient_report
    from diffcli.studies.gradients.comparison import check_gradient

    __tracebackhide__ = True
    points: Any = [at] if not isinstance(at, list | tuple) or (at and all(isinstance(one, str) for one in at)) else at
    pairs = value_and_grad or gradient is None
    check = for_library(check_gradient)(function, gradient, points, wrt=wrt, rtol=rtol, hessian=hessian, value_and_grad=pairs)
    if not check.passed:
        raise AssertionError(_text(gradient_report(check)))


def assert_agree(function: Target, at: At, *, wrt: str | Sequence[str] | None = None) -> None:
    """Assert that all ways to the derivatives of a program, or Python function, agree at a point: see `diffcli.check`.

    The text of the AssertionError is the table of ``diffcli check``.

    >>> assert_agree("x*sin(x)", "x=2")
    """
    from diffcli.methods.problem.system import System
    from diffcli.reports.check import check_report
    from diffcli.reports.formats import Style
    from diffcli.studies.agreement.agreement import agreements_of

    __tracebackhide__ = True
    found = for_library(lambda: agreements_of(System(function, at, wrt=wrt)))()
    if not all(agreement.passed for agreement in found):
        raise AssertionError(_text(check_report(found[0].expression, found[0].at, found, (), Style(digits=3), several=True)))


def _text(document: Document) -> str:
    """A document as a table without colour."""
    from diffcli.reports.formats import Style, render

    return str(render(document, Style(width=100, digits=3))).rstrip()
