"""What the methods return: plain records, which the reports turn into documents.

Those of a gradient stand here; those of matrices, derivations, graphs and studies in modules that only they load.
Rows of a tape are named by their index in the numbering of Baydin et al. (2018): v₋ₙ₊₁ … v₀ are the inputs, v₁ … vₗ the rows.
"""

from __future__ import annotations

from itertools import product
from math import inf
from typing import Any, TypeAlias

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, Span

Array: TypeAlias = Any
"""A NumPy array of float64. It is known by its shape: NumPy is not loaded to ask."""

Number: TypeAlias = float | Array
"""A float, or an array."""


def is_array(value: object) -> bool:
    """Whether a value is an array with axes, and no number.

    >>> is_array(2.0)
    False
    """
    return bool(getattr(value, "shape", ()))


MOST_SHOWN = 64
"""The elements of the largest array that is shown whole."""


def is_large(value: object) -> bool:
    return bool(getattr(value, "size", 1) > MOST_SHOWN)


def plain(value: Any) -> Any:
    """A number as a float, whatever made it; an array, or nothing, as it is."""
    return value if value is None or is_array(value) else float(value)


def finite_float(number: Any) -> float:
    """The float nearest to a number of any kind; what is none, or has none, is an error that completes "it is ...".

    >>> finite_float(2**60 + 1)
    1.152921504606847e+18
    """
    try:
        found = float(number)
    except OverflowError:
        found = inf
    except (TypeError, ValueError):
        raise ValueError(f"{number!r}, not a finite number") from None
    if found and found - found == 0:
        return found
    if found == found != number:
        raise OverflowError(beyond_range(found))
    if found:
        raise ValueError(f"{found}, not a finite number")
    return found


def beyond_range(found: float) -> str:
    """What is wrong with a number for which a float has 0 or an infinity."""
    return f"beyond the range of a float, which {'ends at 1.8e308' if found else 'begins at 4.9e-324'}"


def is_finite(value: Number) -> bool:
    """Whether a number, or every element of an array, is neither infinite nor NaN.

    >>> is_finite(2.0), is_finite(float("nan"))
    (True, False)
    """
    if not is_array(value):
        return bool(abs(value) < float("inf"))
    return bool(value.min(initial=0.0) > -float("inf") and value.max(initial=0.0) < float("inf"))  # type: ignore[union-attr]


def element_names(name: str, shape: tuple[int, ...]) -> list[str]:
    """``W[0,1]`` for each element of an array, row by row; the name itself for a number.

    >>> element_names("W", (1, 2)), element_names("x", ())
    (['W[0,0]', 'W[0,1]'], ['x'])
    """
    if not shape:
        return [name]
    return [f"{name}[{','.join(map(str, place))}]" for place in product(*map(range, shape))]


class Operand(NamedTuple):
    """An operand of a row: a value by its index, or a constant."""

    v: int | None
    """Its index in that numbering; None for a constant."""
    constant: float | None = None
    name: str = ""
    """The name of a constant that has one."""


class PrimalRow(NamedTuple):
    """One value of the evaluation, and how it came to be. An input has the operation ``input``."""

    v: int
    operation: str
    operands: tuple[Operand, ...]
    formula: str
    value: Number | None
    """None where the row belongs to a branch that is not taken."""
    name: str
    """What the program calls it; an input's name, or that of a binding."""
    span: Span | None


class TangentRow(NamedTuple):
    """The tangent of one value, for each seed; None where nothing of the seed's direction arrives."""

    v: int
    formula: str
    tangents: tuple[Number | None, ...]


class AdjointStep(NamedTuple):
    """One accumulation of the reverse sweep: a term arrives at the adjoint of ``target``."""

    target: int
    source: int | None
    """The row it comes from; None for the seed at the result."""
    operand: int
    """Which operand of the source row the target is, counted from 0."""
    formula: str
    term: Number
    value: Number
    """The adjoint of the target after the step."""
    sweep: int = 0
    """Which of several sweeps it is of."""


class Trace(NamedTuple):
    """The evaluation trace of a method. Rows left out of the middle are counted in ``hidden``."""

    inputs: int
    primal: tuple[PrimalRow, ...]
    output: int | None
    """The index of the result's row; None if the result is a constant."""
    seeds: tuple[str, ...] = ()
    tangent: tuple[TangentRow, ...] = ()
    adjoint: tuple[AdjointStep, ...] = ()
    unreached: tuple[int, ...] = ()
    """Indices in ``primal`` to which no adjoint came."""
    hidden: tuple[int, int] = (0, 0)
    """How many rows of the primal (and tangent) trace, and steps of the adjoint trace, are left out."""
    results: tuple[int | None, ...] = ()
    """The indices of the results; None for a constant."""
    notes: tuple[Diagnostic, ...] = ()
    """Those of the gradient, in a trace that is asked for alone."""


class Cost(NamedTuple):
    """Elementary operations: of f, of the sweeps beside it, and the bound on their sum as a multiple of f, in words.

    The bound is for programs of sums, products and quotients; functions add what their own rules take.
    """

    function: int
    sweep: int
    sweeps: int
    bound: str

    @property
    def ratio(self) -> float:
        """(f and its derivatives) / f; NaN for a program without operations."""
        return (self.function + self.sweep) / self.function if self.function else float("nan")


class Difference(NamedTuple):
    """A numerical partial derivative along one variable."""

    variable: str
    method: str
    """forward, backward, central (a figure is the order, if not the lowest), ridders or complex; ``both sides`` where there
    was no way across the point."""
    step: float
    samples: tuple[tuple[float, float], ...]
    """The points and values that it was made of, the lowest point first."""
    estimate: float
    error: float | None
    """The error bar; None where there is nothing to make it from."""
    reason: str
    """Why this stencil and this step."""
    order: int = 0
    """The power of the step in the truncation error; 0 where there is none."""
    evaluations: int = 0
    """How often the function was evaluated for it, at the point itself included."""
    bound: bool = False
    """Whether the bar is meant to hold: rounding bounded by the tape, and no step beyond where its operations are followed."""
    extrapolated: bool = False
    """Whether quotients over several steps were extrapolated (Richardson)."""
    left: float | None = None
    """The slope on the left, where there is no derivative; None if there is none either."""
    right: float | None = None


class SymbolicDerivative(NamedTuple):
    """SymPy's derivative along one variable, as text and LaTeX; and its value in floats."""

    variable: str
    unsimplified: str
    simplified: str | None
    """None where simplification was stopped by a limit."""
    latex: str
    value: float


class GradientResult(NamedTuple):
    """The value and gradient of a program at a point, and everything worth knowing about them."""

    expression: str
    """The program as diffcli reads it, with the fewest parentheses."""
    mode: str
    at: dict[str, Number]
    value: float
    gradient: dict[str, Number]
    """Of an array, the derivatives by its elements, in an array of the same shape."""
    notes: tuple[Diagnostic, ...] = ()
    directional: float | None = None
    """The derivative along ``seed``, when one is given."""
    seed: dict[str, Number] | None = None
    differences: tuple[Difference, ...] = ()
    symbolic: tuple[SymbolicDerivative, ...] = ()
    trace: Trace | None = None
    cost: Cost | None = None
    derivations: tuple[Any, ...] = ()
    """The derivation along each variable, step by step: see `diffcli.records.derivations.Derivation`."""
    derivative_tape: Any = None
    """The gradient as a program, where it was asked for: see `diffcli.records.derivations.DerivativeTape`."""
    recorded: bool = False
    """Whether the program is a Python function, which ``expression`` only names."""
