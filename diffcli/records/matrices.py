"""The records of matrices of derivatives, of products with them, of differences of plain calls, and of Taylor coefficients.

A field that several of them have is described where it comes first; ``expression`` and ``at`` are those of a `GradientResult`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.records import Difference, Number, SymbolicDerivative, Trace


class Pattern(NamedTuple):
    """The places of a matrix that may hold something else than 0."""

    columns: int
    rows: tuple[tuple[int, ...], ...]
    """For each row, the columns that may, in order."""

    @property
    def nonzeros(self) -> int:
        return sum(map(len, self.rows))

    @property
    def density(self) -> float:
        """Their share of all the places; 0 for a matrix without any."""
        places = self.columns * len(self.rows)
        return self.nonzeros / places if places else 0.0

    def transposed(self) -> Pattern:
        """The pattern of the transposed matrix.

        >>> Pattern(3, ((0, 2), (2,))).transposed().rows
        ((0,), (), (0, 1))
        """
        found: list[list[int]] = [[] for _ in range(self.columns)]
        for row, columns in enumerate(self.rows):
            for column in columns:
                found[column].append(row)
        return Pattern(len(self.rows), tuple(map(tuple, found)))


Groups: TypeAlias = tuple[tuple[int, ...], ...]
"""The columns of each colour, in order."""


class ModeCost(NamedTuple):
    """One mode of a Jacobian: how many sweeps, of how many operations together."""

    sweeps: int
    operations: int


class SweepCount(NamedTuple):
    """What a Jacobian costs in either mode. ``function`` is the operations of f itself, whose values all sweeps share."""

    inputs: int
    outputs: int
    function: int
    forward: ModeCost
    reverse: ModeCost

    @property
    def cheaper(self) -> str:
        """The mode with fewer operations; of two that are alike, that with fewer sweeps, and forward before reverse."""
        modes = (("forward", self.forward), ("reverse", self.reverse))
        return min(modes, key=lambda mode: (mode[1].operations, mode[1].sweeps))[0]


class JacobianResult(NamedTuple):
    """The results of a program at a point, the derivative of each by each variable, and how they were found."""

    expression: str
    mode: str
    """The mode that was used, ``forward`` or ``reverse`` if that was left open."""
    at: dict[str, Number]
    values: dict[str, Number]
    jacobian: dict[str, dict[str, Number]]
    """``jacobian[result][variable]``; an array, where one of them is one, has the shape of the result and then the variable."""
    rows: tuple[str, ...]
    """The names of the rows of the matrix: the results, element by element."""
    columns: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]
    """The same derivatives as rows of numbers."""
    notes: tuple[Diagnostic, ...] = ()
    of: tuple[str, ...] = ()
    """What was asked for beside the program, as text."""
    texts: Mapping[str, str] = {}
    """What each result is, as it stands in the list; empty where there is no list."""
    pattern: Pattern | None = None
    """Which entries may not be 0; None where that is not known."""
    groups: Groups = ()
    """The columns, or in reverse the rows, that shared a sweep, by number."""
    sweeps: SweepCount | None = None
    """What either mode costs, where it was counted."""
    differences: tuple[tuple[str, Difference], ...] = ()
    """For numeric mode, each result with a partial derivative of it."""
    symbolic: tuple[tuple[str, SymbolicDerivative], ...] = ()
    trace: Trace | None = None
    """That of its sweeps, if it was asked for: a tangent for each, or their adjoints one sweep after another."""


class HessianCost(NamedTuple):
    """What a Hessian costs in counted operations: of f, of f and its gradient together, and of the sweeps over those."""

    inputs: int
    function: int
    gradient: int
    sweeps: int
    operations: int


class SecondDifference(NamedTuple):
    """A second derivative by differences, along one variable or along two together."""

    first: str
    second: str
    estimate: float
    error: float | None
    """The error bar; None where there is nothing to make it from."""
    evaluations: int
    reason: str
    parts: tuple[Difference, ...] = ()
    """What it is made of: for a mixed derivative the second differences along two directions."""


class SymbolicSecond(NamedTuple):
    """SymPy's second derivative by two variables, and its value in floats."""

    first: str
    second: str
    derivative: SymbolicDerivative


class HessianResult(NamedTuple):
    """The value, gradient and second derivatives of a program at a point, and how they were found."""

    expression: str
    mode: str
    at: dict[str, Number]
    value: float
    gradient: dict[str, Number]
    hessian: dict[str, dict[str, Number]]
    """``hessian[a][b]``; an array, where one of them is one, has the shape of the one and then the other."""
    columns: tuple[str, ...]
    """The names of rows and columns of the matrix: the variables, element by element."""
    matrix: tuple[tuple[float, ...], ...]
    """The same derivatives as rows of numbers; symmetric to the last bit."""
    notes: tuple[Diagnostic, ...] = ()
    of: tuple[str, ...] = ()
    pattern: Pattern | None = None
    groups: Groups = ()
    cost: HessianCost | None = None
    differences: tuple[SecondDifference, ...] = ()
    symbolic: tuple[SymbolicSecond, ...] = ()
    eigenvalues: tuple[float, ...] = ()
    """In ascending order; none where they were not asked for, and where an entry is not finite."""
    definiteness: str = ""
    """``positive definite``, ``negative definite`` or ``indefinite``, if rounding leaves that certain, else ``undecided``."""
    stationary: str = ""
    """``zero`` if the gradient is, ``zero up to rounding`` if rounding, of the point too, may make the difference."""
    point: str = ""
    """What such a point is: ``minimum``, ``maximum``, ``saddle`` or ``undecided``; nothing at a kink."""


class ProductResult(NamedTuple):
    """The product of a matrix of derivatives with a vector."""

    kind: str
    """``jvp``, ``vjp`` or ``hvp``."""
    expression: str
    mode: str
    at: dict[str, Number]
    values: dict[str, Number]
    seed: dict[str, Number]
    """The vector: by variable, or for ``vjp`` by result."""
    product: dict[str, Number]
    """By result, or for ``vjp`` and ``hvp`` by variable."""
    notes: tuple[Diagnostic, ...] = ()
    of: tuple[str, ...] = ()
    texts: Mapping[str, str] = {}
    """What each result is, as it stands in the list; empty where there is no list."""
    differences: tuple[tuple[str, Difference], ...] = ()
    """For numeric mode, the differences along the direction, by result."""
    trace: Trace | None = None


class Differences(NamedTuple):
    """The derivatives of a Python function by every variable by differences; what has a shape, has that of the result and then
    of the variable."""

    at: dict[str, Number]
    value: Number
    """What the function returns; an array, where that is a list of numbers."""
    estimates: dict[str, Number]
    """The gradient, or the Jacobian, by variable; NaN where there is none."""
    bars: dict[str, Number]
    """How far each may be off, as far as values tell: an estimate, and no bound. NaN where there is no derivative."""
    evaluations: int
    """How often the function was called."""
    notes: tuple[Diagnostic, ...]
    differences: tuple[tuple[str, Difference], ...]
    """Each element of the result with a partial derivative of it; at a kink that has the slopes of the sides."""


class TaylorResult(NamedTuple):
    """The Taylor coefficients of a program at a point along one variable."""

    expression: str
    variable: str
    at: dict[str, Number]
    order: int
    coefficients: tuple[float, ...]
    """c_0 to c_order: the program is their sum times the powers of the distance to the point, up to a remainder."""
    derivatives: tuple[float, ...]
    """The value and the derivatives of each order, k! times c_k; up to order 170, as larger k! are beyond a float."""
    polynomial: str | None
    """The Taylor polynomial, as diffcli reads it; None if a coefficient is not finite."""
    left: tuple[float, ...] | None = None
    """At a kink, tie, jump or branch, the coefficients on the left of the point; None elsewhere, and where they are unknown."""
    right: tuple[float, ...] | None = None
    notes: tuple[Diagnostic, ...] = ()
    exact: tuple[str | None, ...] = ()
    """The coefficients as exact numbers, where they were asked for, as diffcli reads them; None where none is known."""
    exact_polynomial: str | None = None
    """The polynomial with these, if all are known."""
