"""What a Hessian says of a point: its eigenvalues, their signs as far as rounding leaves them certain, and what the point is.

The signs are those of D H D for any scaling D (Sylvester's law of inertia), so they are counted where all rows are of one size.
An eigenvalue moves by no more than the norm of what the entries are off (Weyl), and those that are computed are off by a few ulp
of the norm (Golub & Van Loan 2013, sections 8.1 and 8.5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

from diffcli.methods.digits.watch import Watch
from diffcli.methods.matrices.jacobian import Matrix
from diffcli.methods.matrices.second_order import GradientProblem
from diffcli.methods.sweeps.rounding import ENOUGH, tangent_errors
from diffcli.records.matrices import HessianResult

MOST_COLUMNS = 500
"""Of a larger matrix no eigenvalues are computed."""

FEW = 8
"""Those of a matrix with so many columns come without NumPy, which takes longer to load."""

ROUNDS = 15
"""How often all pairs of axes are turned; the entries that are left are squared, roughly, each time."""

EPSILON = 2.0**-52


def with_eigenvalues(
    found: HessianResult, gradient: GradientProblem, slopes: Sequence[float], watch: Watch, lost: bool, smooth: bool
) -> HessianResult:
    """A Hessian with its eigenvalues, and with what the point is if it is one of a zero gradient, the ``slopes``.

    Digits of some number are ``lost``, or each entry is right up to `ENOUGH` of itself. Where the function is not ``smooth``, a
    zero may be a convention, and nothing is said of the point.
    """
    matrix, errors = found.matrix, getattr(watch, "errors", None)
    if not 0 < len(matrix) <= MOST_COLUMNS or not all(map(math.isfinite, chain(*matrix, slopes))):
        return found
    above, below, size = 0, 0, len(matrix)
    if not (lost or found.differences):
        above, below = _signs(matrix, [[ENOUGH * abs(entry) for entry in row] for row in matrix])
    if above + below < size and not above * below and (bars := _bars(found, gradient, errors)) is not None:
        above, below = _signs(matrix, bars)
    signs = {"positive definite": above == size, "negative definite": below == size, "indefinite": above > 0 < below}
    definiteness = next((name for name, holds in signs.items() if holds), "undecided")
    found = found._replace(eigenvalues=tuple(eigenvalues(matrix)), definiteness=definiteness)
    zero = _zero(gradient, matrix, slopes, errors, lost) if smooth else ""
    return found._replace(stationary=zero, point=POINTS[definiteness] if zero else "")


POINTS = {"positive definite": "minimum", "negative definite": "maximum", "indefinite": "saddle", "undecided": "undecided"}
"""What a point with a zero gradient is, by the definiteness of its Hessian."""


def _signs(matrix: Matrix, errors: Matrix) -> tuple[int, int]:
    """How many eigenvalues are certainly above 0, and how many below, with such errors of the entries."""
    scale = [1 / math.sqrt(max(map(abs, row)) or 1.0) for row in matrix]

    def scaled(entries: Matrix) -> list[list[float]]:
        return [[a * entry * b for entry, b in zip(row, scale, strict=True)] for row, a in zip(entries, scale, strict=True)]

    evened, off = scaled(matrix), scaled(errors)
    bar = math.hypot(*chain(*off)) + 16 * len(matrix) * EPSILON * math.hypot(*chain(*evened))
    found = eigenvalues(evened)
    return sum(value > bar for value in found), sum(value < -bar for value in found)


def eigenvalues(matrix: Matrix) -> list[float]:
    """Those of a symmetric matrix, in ascending order: of a small one by Jacobi's rotations.

    >>> eigenvalues([[2.0, 1.0], [1.0, 2.0]])
    [1.0, 3.0]
    """
    if len(matrix) > FEW:
        from diffcli.operations.arithmetic.array_functions import eigenvalues as of_large

        return list(of_large(matrix))
    size = max(map(abs, chain(*matrix))) or 1.0
    rest = [[entry / size for entry in row] for row in matrix]
    pairs = [(p, q) for p in range(len(rest)) for q in range(p)]
    for _ in range(ROUNDS):
        for p, q in pairs:
            _rotate(rest, p, q)
    return sorted(size * row[place] for place, row in enumerate(rest))


def _rotate(matrix: list[list[float]], p: int, q: int) -> None:
    """Turn the plane of two axes so that the entry between them is 0."""
    between = matrix[p][q]
    if abs(between) < EPSILON**2:
        return
    half = (matrix[q][q] - matrix[p][p]) / (2 * between)
    tangent = math.copysign(1.0, half) / (abs(half) + math.hypot(1.0, half))
    cosine = 1 / math.hypot(1.0, tangent)
    sine = tangent * cosine
    first, second = matrix[p][p] - tangent * between, matrix[q][q] + tangent * between
    for k, row in enumerate(matrix):
        row[p], row[q] = cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]
        matrix[p][k], matrix[q][k] = row[p], row[q]
    matrix[p][p], matrix[q][q], matrix[p][q], matrix[q][p] = first, second, 0.0, 0.0


def _bars(found: HessianResult, gradient: GradientProblem, errors: list[float] | None) -> Matrix | None:
    """Bounds on the errors of the entries: error bars of differences, else from sweeps once more; None where there are none."""
    place = {name: number for number, name in enumerate(found.columns)}
    bars = [[math.inf] * len(place) for _ in place]
    if found.differences:
        for each in found.differences:
            row, column = place[each.first], place[each.second]
            bars[row][column] = bars[column][row] = math.inf if each.error is None else each.error
        return bars
    if errors is None or found.symbolic:
        return None
    derived, slots = gradient.derived, gradient.results.slots
    for column, variable in enumerate(gradient.variables.slots):
        moves = derived.swept_forward({variable: 1.0})
        bounds = tangent_errors(derived.tape, derived.values, errors, moves, {})
        for row, slot in enumerate(slots):
            bars[row][column] = bounds[slot] + EPSILON * abs(found.matrix[row][column])
    return bars


def _zero(
    gradient: GradientProblem, matrix: Matrix, slopes: Sequence[float], errors: list[float] | None, lost: bool
) -> str:
    """Whether the gradient is zero, or so close to it that rounding, of the point too, may have brought that about."""
    if not any(slopes) and not lost:
        return "zero"
    point = gradient.variables.numbers(gradient.problem.values)
    for slope, row, slot in zip(slopes, matrix, gradient.results.slots, strict=True):
        moved = sum(abs(entry * (x or 0.0)) for entry, x in zip(row, point, strict=True))
        bound = EPSILON * moved + (ENOUGH * abs(slope) if errors is None else errors[slot])
        if not abs(slope) <= bound:
            return ""
    return "zero up to rounding"
