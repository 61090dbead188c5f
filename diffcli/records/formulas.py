"""The records of derivatives as formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.records import Number

By = tuple[str, ...]
"""The variables of a derivative, one for each time that it is by them: x, x, y for d³f/dx²dy."""


class Formula(NamedTuple):
    """A derivative of any order as text in diffcli's language, and in LaTeX."""

    result: str
    by: By
    unsimplified: str
    simplified: str | None
    """None where it was not asked for, or stopped by a limit."""
    latex: str
    value: float | None = None
    """Of the unsimplified form, at the point if there is one."""

    @property
    def shortest(self) -> str:
        """The simplified form where there is one."""
        return self.unsimplified if self.simplified is None else self.simplified


class Domain(NamedTuple):
    """Where a result is defined, and where the rules of differentiation give its derivatives.

    As conditions in diffcli's language: empty for everywhere, None where they would be long.
    """

    result: str
    condition: str | None
    derivatives: dict[tuple[str, ...], str | None]


class FormulaResult(NamedTuple):
    """The derivatives of a program as formulas, and their values where a point is given."""

    expression: str
    inputs: tuple[str, ...]
    results: tuple[str, ...]
    wrt: tuple[str, ...]
    """The variables to differentiate by, in order; those of a mixed derivative as often as it is by them."""
    order: int
    formulas: tuple[Formula, ...]
    """Result by result, and for each in the order of the variables; each mixed derivative once."""
    hessian: bool
    at: dict[str, Number]
    values: dict[str, float]
    """Those of the results at the point."""
    tangents: dict[str, str]
    """For each result its tangent line, or plane, at the point as a program, where there is one."""
    derivations: tuple[Any, ...] = ()
    """See `diffcli.records.derivations.Derivation`."""
    domains: tuple[Domain, ...] = ()
    """Where the results and their derivatives are defined; empty where that is not looked for."""
    notes: tuple[Diagnostic, ...] = ()
    of: tuple[str, ...] = ()
    """What was asked for beside the program."""
    texts: Mapping[str, str] = {}
    """What each result is, as it stands in the list; empty where there is no list."""
    implicit: str = ""
    """The variable whose derivatives they are, where the expression is an equation."""
    recorded: bool = False
    """Whether the program is a Python function, which ``expression`` only names."""

    def formula(self, result: str, *by: str) -> Formula:
        """The derivative of a result by some variables, in any order.

        >>> import diffcli
        >>> diffcli.diff("x^2*y", order=2).formula("f", "y", "x").simplified
        '2*x'
        """
        return next(each for each in self.formulas if each.result == result and sorted(each.by) == sorted(by))
