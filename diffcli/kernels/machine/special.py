"""The special functions over vectors: the formulas of `diffcli.operations.arithmetic.special`, every piece in every lane.

Left of 0 the gamma function and its relatives have formulas of another kind, and roots between the poles: those lanes are
marked, and worked out one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan

from diffcli.kernels.machine.values import SUM, Value, Vectors
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces
from diffcli.operations.arithmetic.special.gamma import DIGAMMA, GAMMA, LGAMMA
from diffcli.operations.arithmetic.special.gamma import polygamma as polygamma_of
from diffcli.operations.arithmetic.special.normal import ERF_OF_SIZE, ERFC, GELU

MOST_ORDER = 3
"""The largest order of polygamma that is computed by vectors; its terms are written out."""


def _in_lanes(x: Value, pieces: Pieces, largest: int = 0, pairwise: bool = True) -> Value:
    """All the pieces, and of them the one that holds in each lane. Products go straight into sums."""
    lanes = x.lanes
    value = lanes.arithmetic.value

    def in_pieces(a: Value, pieces: Pieces) -> Value:
        *others, (_, last) = pieces
        found: Value = last(a, kind)
        for upper, formula in reversed(others):
            found = lanes.where(a < upper, formula(a, kind), found)
        return found

    kind = Elementary(
        polynomial=lambda coefficients, a: lanes.polynomial(a, coefficients, pairwise), exp=value("exp"), log=value("log"),
        log1p=value("log1p"), erf=value("erf"), power=value("pow"), absolute=abs, nearest=lambda a: lanes.intrinsic("rint", a),
        least=lambda a, most: lanes.where(a > most, most, a), choose=lanes.where, largest=lambda _: largest, in_pieces=in_pieces,
        each=lambda *_: lanes.constant(nan),
    )  # fmt: skip
    lanes.flags = SUM
    return in_pieces(x, pieces)


def _right_of_0(pieces: Pieces, largest: int = 0) -> Callable[[Value], Value]:
    """A function with poles at 0, -1, -2, ..., by its pieces right of 0."""
    right = tuple(piece for piece in pieces if piece[0] > 0)

    def found(x: Value) -> Value:
        lanes = x.lanes
        left, whole = x <= 0.0, lanes.intrinsic("floor", x).equals(x)
        lanes.mark(left & ~whole)
        return lanes.where(left & whole, nan, _in_lanes(x, right, largest))

    return found


def polygamma(lanes: Vectors, order: Value, x: Value) -> Value:
    """A function of IR for each order; of one that is not known, or too large, every lane is marked."""
    known = order.known
    if known == 0:
        return lanes.call("digamma", SPECIAL["digamma"], x)
    if known and known in range(1, MOST_ORDER + 1):
        return lanes.call(f"polygamma {known}", _right_of_0(polygamma_of(int(known))[0], 11 + int(known)), x)
    lanes.mark(x.unordered(x) | x.equals(x))
    return x


SPECIAL: dict[str, Callable[[Value], Value]] = {
    "erf": lambda x: x.lanes.intrinsic("copysign", _in_lanes(abs(x), ERF_OF_SIZE), x),
    "erfc": lambda x: _in_lanes(x, ERFC, pairwise=False), "gelu": lambda x: _in_lanes(x, GELU, pairwise=False),
    "gamma": _right_of_0(GAMMA), "lgamma": _right_of_0(LGAMMA), "digamma": _right_of_0(DIGAMMA),
}  # fmt: skip
