"""The special functions in floats that `math` does not have, or has with fewer digits: within 4 units in the last place."""

from __future__ import annotations

import math
from collections.abc import Callable

from diffcli.operations.arithmetic.approximations import MOST_ORDER
from diffcli.operations.arithmetic.special import gamma
from diffcli.operations.arithmetic.special.formulas import NUMBERS, Formula, Pieces
from diffcli.operations.arithmetic.special.normal import GELU


def _of_pieces(pieces: Pieces, unknown: Formula) -> Callable[[float], float]:
    """NaN at the poles 0, -1, -2, ..."""

    def function(a: float) -> float:
        if (a <= 0 and (a == -math.inf or a == math.floor(a))) or a != a:
            return math.nan
        value: float = NUMBERS.in_pieces(a, pieces)
        return value if value == value else unknown(a, NUMBERS)

    return function


def _gamma(a: float) -> float:
    """Of a whole number the factorial, as near as a float is."""
    return float(math.factorial(int(a) - 1)) if 1 <= a <= 171 and a == math.floor(a) else _any_gamma(a)


def _lgamma(a: float) -> float:
    """`math` has enough digits where the value is large."""
    return math.lgamma(a) if 8 <= a < 1e305 else _any_lgamma(a)


_TAIL = GELU[-2][0]


def _gelu(a: float) -> float:
    value: float = a * (0.5 + 0.5 * math.erf(a * math.sqrt(0.5))) if a > _TAIL else NUMBERS.in_pieces(a, GELU)
    return value


def is_order(order: float) -> bool:
    return 0 <= order <= MOST_ORDER and order == math.floor(order)


def _polygamma(order: float, a: float) -> float:
    if not is_order(order):
        return math.nan
    return _of_pieces(*gamma.polygamma(int(order)))(a) if order else FUNCTIONS["digamma"](a)


FUNCTIONS: dict[str, Callable[..., float]] = {name: _of_pieces(*function) for name, function in gamma.FUNCTIONS.items()}
_any_gamma, _any_lgamma = FUNCTIONS["gamma"], FUNCTIONS["lgamma"]
FUNCTIONS |= {"gamma": _gamma, "lgamma": _lgamma, "polygamma": _polygamma, "gelu": _gelu}
"""The functions, by the names of their rows."""
