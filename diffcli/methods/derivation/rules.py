"""The names of the rules of differentiation, for every operation of the table.

An operation without a name of its own here is a function, to which the chain rule applies: adding a row to the table of
operations needs nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.operations import Operation

IDENTITY, CONSTANT, PIECEWISE, HELD, FLAT = "identity", "constant", "piecewise", "held constant", "zero almost everywhere"
TIE = "equal shares at a tie"

_NAMES: dict[str, tuple[str, ...]] = {
    # where every operand moves, the first alone, the second alone
    "add": ("sum", "sum", "sum"),
    "sub": ("difference", "difference", "difference"),
    "mul": ("product", "constant multiple", "constant multiple"),
    "div": ("quotient", "constant multiple", "reciprocal"),
    "pow": ("general power", "power", "exponential"),
    "neg": ("constant multiple",),
    "square": ("power",),
    "reciprocal": ("reciprocal",),
    "exp": ("exponential",),
    "log": ("logarithm",),
    "log2": ("logarithm",),
    "log10": ("logarithm",),
    "log_base": ("logarithm", "logarithm", "logarithm"),
    "where": (f"{PIECEWISE}, branch taken",),
    "stop_gradient": (HELD,),
}

PIECES = frozenset(("abs", "relu", "leaky_relu", "relu6", "hardtanh", "elu", "max", "min", "clip", "copysign"))
"""Operations that are put together of pieces."""

TEXTBOOK: dict[str, tuple[str, ...]] = {
    "reciprocal": ("-1/a^2",),
    "hypot": ("where(y == 0, 0, a/y)", "where(y == 0, 0, b/y)"),
    "asin": ("1/sqrt(1 - a^2)",),
    "acos": ("-1/sqrt(1 - a^2)",),
    "atanh": ("1/(1 - a^2)",),
    "asinh": ("1/sqrt(1 + a^2)",),
    "atan2": ("b/(a^2 + b^2)", "-a/(a^2 + b^2)"),
    "sinc": ("where(a == 0, 0, (cospi(a) - y)/a)",),
    "sigmoid": ("y*(1 - y)",),
}
"""Partials for the eye, of rows whose own texts are branched or bent for the sake of floats: the same, as books have them."""


def rule_name(row: Operation, moves: Sequence[bool], direct: bool, ties: int = 1) -> str:
    """The name of the rule for an operation.

    Parameters
    ----------
    row
        The operation.
    moves
        For each operand, whether it depends on the variable.
    direct
        Whether what moves is the variable itself, so that no chain is needed.
    ties
        How many operands of max or min equal the result.

    >>> from diffcli.operations import OPERATIONS
    >>> rule_name(OPERATIONS["mul"], (True, False), True), rule_name(OPERATIONS["sin"], (True,), False)
    ('constant multiple', 'chain rule, sin')
    """
    if row.flat:
        return FLAT
    if row.name in _NAMES:
        names = _NAMES[row.name]
        return names[0] if all(moves) or len(names) == 1 else names[1 if moves[0] else 2]
    if ties > 1:
        return f"{row.spelling}, {TIE}"
    if row.name in PIECES:
        return f"{PIECEWISE}, {row.spelling}"
    return f"{'derivative of' if direct else 'chain rule,'} {row.spelling}"
