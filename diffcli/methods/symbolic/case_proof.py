"""A proof that two expressions are equal, by algebra case by case.

The cases are the regions in which every condition, abs, sign and max is plain: x > y and x < y for max(x, y). Of these,
the ones that contradict themselves are left out, by Fourier and Motzkin's elimination. Where an expression holds a root
or a logarithm, they are split by the signs of the variables too, as sqrt(x^2) is x for x > 0; and x > 3 is all that there
is to look at where the program takes log(x - 3).

Equal by cases are two functions wherever the program has a derivative, but for the points where a variable is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import sympy
from sympy.core.relational import Relational

from diffcli._named import NamedTuple
from diffcli.methods.symbolic.conditions import Conditions
from diffcli.methods.symbolic.symbolic import exact
from diffcli.methods.symbolic.text import Expression
from diffcli.methods.symbolic.unasked import STEPS
from diffcli.methods.symbolic.zero_test import MOST_NODES, node_count, vanishes
from diffcli.tape import Tape

MOST_CASES = 4
"""How many combinations of signs are tried."""

MOST_REGIONS = 64
"""How many regions are looked at."""

MOST_CONDITIONS = 8
"""How many conditions make one of them."""

_BENT = (Relational, *STEPS, sympy.sign, sympy.Abs, sympy.Max, sympy.Min)


def is_equal_by_cases(claimed: Expression, right: Expression, tape: Tape) -> bool:
    """Whether a claimed derivative of a tape and the right one are proved equal in every region; False says nothing.

    At points where the right one has a break of its own the two are not compared; at the breaks of the claim alone they are.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> x = sympy.Symbol("x", real=True)
    >>> is_equal_by_cases(sympy.Piecewise((1, x > 0), (-1, True)), sympy.sign(x), lower(parse("abs(x)")))
    True
    >>> is_equal_by_cases(x + sympy.Piecewise((1, x > 0), (0, x >= 0), (1, True)), x + 1, lower(parse("x^2/2 + x")))
    False
    """
    bounds = _bounds(tape)
    if max(node_count(claimed, MOST_NODES), node_count(right, MOST_NODES)) == MOST_NODES:
        return False
    if _is_zero_for_all_signs(claimed - right, bounds):
        return True
    if not claimed.has(*_BENT) and not right.has(*_BENT):
        return False
    waiting = [_Region(claimed, right, ())]
    for _ in range(MOST_REGIONS):
        if not waiting:
            return True
        region = waiting.pop()
        boundary = next(_boundaries(region.difference), None)  # None if there are no breaks
        if boundary is not None:
            if len(region.conditions) >= MOST_CONDITIONS or region.difference.has(sympy.Eq, sympy.Ne):
                return False
            waiting += region.parts(boundary)
        elif not (vanishes(region.difference) or _is_zero_for_all_signs(region.difference, bounds)):
            return False
    return not waiting


# -- regions -----------------------------------------------------------------------------------------------------------------


_Condition = tuple[Expression, bool]
"""An expression that is positive or, if that is not strict, 0."""


class _Region(NamedTuple):
    """Two expressions where some conditions hold."""

    claimed: Expression
    right: Expression
    conditions: tuple[_Condition, ...]

    @property
    def difference(self) -> Expression:
        return self.claimed - self.right

    def parts(self, boundary: Expression) -> Iterator[_Region]:
        """The region on both sides of a boundary; and on it, unless the right expression has a break of its own there."""
        signs = (1, -1) if boundary in _boundaries(self.right) else (1, -1, 0)
        for sign in signs:
            here = ((sign * boundary, True),) if sign else ((boundary, False), (-boundary, False))
            conditions = (*self.conditions, *here)
            if not _is_empty(conditions):
                yield _Region(_decided(self.claimed, boundary, sign), _decided(self.right, boundary, sign), conditions)


def _innermost(expression: Expression) -> list[Expression]:
    """The bent parts of an expression that hold no others, in a fixed order."""
    nodes = [node for node in expression.atoms(*_BENT) if not any(argument.has(*_BENT) for argument in node.args)]
    return sorted(nodes, key=sympy.default_sort_key)


def _boundaries(expression: Expression) -> Iterator[Expression]:
    """What changes its sign at the innermost breaks of an expression."""
    return (_oriented(_switch(node))[0] for node in _innermost(expression))


def _switch(node: Expression) -> Expression:
    """On whose sign a bent part depends."""
    if isinstance(node, Relational):
        return node.lhs - node.rhs
    if isinstance(node, sympy.Max | sympy.Min):
        first, second = sorted(node.args, key=sympy.default_sort_key)[:2]
        return first - second
    return node.args[0]


def _oriented(switch: Expression) -> tuple[Expression, int]:
    """A switch without its numerical factor, and the sign of that."""
    primitive = sympy.expand(switch).as_content_primitive()[1]
    return (-primitive, -1) if primitive.could_extract_minus_sign() else (primitive, 1)


def _decided(expression: Expression, boundary: Expression, sign: int) -> Expression:
    """An expression on one side of a boundary (1, -1), or on it (0)."""
    instead = {}
    for node in _innermost(expression):
        switch, orientation = _oriented(_switch(node))
        if switch == boundary and not isinstance(node, sympy.Eq | sympy.Ne):
            instead[node] = _value(node, sign * orientation)
    return expression.xreplace(instead)


def _value(node: Expression, sign: int) -> Expression:
    """A bent part where its switch has a sign."""
    if isinstance(node, Relational):
        return node.func(sign, 0)
    if isinstance(node, sympy.Max | sympy.Min):
        first, second, *others = sorted(node.args, key=sympy.default_sort_key)
        return node.func(first if (sign >= 0) == isinstance(node, sympy.Max) else second, *others)
    return sign * node.args[0] if isinstance(node, sympy.Abs) else node.func(sympy.Integer(sign))


def _is_empty(conditions: tuple[_Condition, ...]) -> bool:
    """Whether linear conditions contradict each other (Fourier 1826, Motzkin 1936); others are left out of account."""
    expressions = [expression for expression, _ in conditions]
    symbols = sorted({symbol for each in expressions for symbol in each.free_symbols}, key=sympy.default_sort_key)
    rows: list[tuple[list[Expression], bool]] = []
    for expression, strict in conditions:
        if symbols and expression.is_polynomial(*symbols):
            poly = sympy.Poly(expression, *symbols)
            row = [*(poly.coeff_monomial(symbol) for symbol in symbols), poly.coeff_monomial(1)]
            if poly.total_degree() <= 1 and all(entry.is_Rational for entry in row):
                rows.append((row, strict))
    for column in range(len(symbols)):
        above, below = ([row for row in rows if sign * row[0][column] > 0] for sign in (1, -1))
        rows = [row for row in rows if row[0][column] == 0]
        for (up, strictly), (low, too) in product(above, below):
            row = [one * -low[column] + other * up[column] for one, other in zip(up, low, strict=True)]
            rows.append((row, strictly or too))
    return any(row[-1] < 0 or (strict and row[-1] == 0) for row, strict in rows)


# -- signs of the variables ----------------------------------------------------------------------------------------------------


def _bounds(tape: Tape) -> dict[str, Expression]:
    """Numbers that inputs are greater than wherever the tape has a derivative: it takes log(x - 3), or a root of x."""
    conditions = Conditions()
    conditions.of_rows(tape, whole=False)
    return {name: exact(bound) for name, bound in conditions.lower_bounds().items()}


def _is_zero_for_all_signs(difference: Expression, bounds: dict[str, Expression]) -> bool:
    """Whether an expression is 0 for every combination of signs of its variables, or for all above their bounds."""
    symbols = sorted(difference.free_symbols, key=sympy.default_sort_key)
    signs = [(1,) if symbol.name in bounds else (1, -1) for symbol in symbols]
    rooted = any(not power.exp.is_integer for power in difference.atoms(sympy.Pow))
    bent = rooted or difference.has(sympy.Abs, sympy.sign, sympy.log)
    # a Piecewise may single out the very points that cases leave out
    if not bent or difference.has(sympy.Piecewise) or math.prod(map(len, signs)) > MOST_CASES:
        return False
    for case in product(*signs):
        orthant = {
            symbol: bounds.get(symbol.name, 0) + sign * sympy.Dummy(symbol.name, positive=True)
            for symbol, sign in zip(symbols, case, strict=True)
        }
        if not vanishes(difference.xreplace(orthant)):
            return False
    return True
