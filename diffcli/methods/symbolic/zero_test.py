"""A proof that an expression is zero, by algebra alone: its functions become unknowns, and what is left is a polynomial.

Two forms of one derivative are nearly always the same rational function of the variables and of a few *kernels*: exp(x),
exp(i*x) for sin(x) and cos(x), log(x), roots and powers. So each kernel becomes a symbol, the numerator is expanded and reduced
by what is known of the kernels (a root to its power is its radicand), and a numerator of 0 is the proof. It takes a small part
of the time of SymPy's ``simplify``, and an effort that is known beforehand.
"""

from __future__ import annotations

from itertools import islice
from math import comb

import sympy
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from sympy.polys.polyerrors import PolynomialError

from diffcli.methods.symbolic.text import Expression

MOST_NODES = 600
"""Larger expressions are left alone."""

MOST_WRITTEN = 2_400
"""So are those that are larger with exponentials in place of sines and cosines."""

MOST_TERMS = 10_000
"""So are those whose numerator may have more terms when it is expanded."""

MOST_IN_ROOT = 50
"""So are roots of expressions that may have more terms."""

MOST_MULTIPLE = 12
"""So are multiples of an angle beyond this."""

_WAVES = (TrigonometricFunction, HyperbolicFunction)
"""Functions that are formulas of exponentials."""


class _Beyond(Exception):
    """The expression is not of the kind, or of the size, that this can do."""


def vanishes(expression: Expression) -> bool:
    """Whether algebra proves an expression to be zero wherever it is defined; False says nothing."""
    if expression == 0:
        return True
    try:
        _refuse_if(node_count(expression, MOST_NODES) == MOST_NODES)
        expression = expression.replace(sympy.sign, lambda u: sympy.Abs(u) / u).replace(sympy.erfc, lambda u: 1 - sympy.erf(u))
        expression = expression.rewrite(_WAVES, sympy.exp)
        _refuse_if(node_count(expression, MOST_WRITTEN) == MOST_WRITTEN)
        return _Kernels(sympy.expand_log(expression.replace(sympy.Pow, _factored))).is_zero()
    except (_Beyond, PolynomialError):
        return False


def _factored(base: Expression, exponent: Expression) -> Expression:
    """A power; a root with its radicand in factors, of which SymPy takes those that it knows to be positive out of the root."""
    if base.is_Add and exponent.is_Rational and not exponent.is_Integer:
        _refuse_if(_terms(base) > MOST_IN_ROOT)
        base = sympy.factor(base)
    return sympy.Pow(base, exponent)


def _refuse_if(condition: bool) -> None:
    if condition:
        raise _Beyond


def node_count(expression: Expression, most: int) -> int:
    """How many nodes an expression has, counted up to ``most``."""
    return sum(1 for _ in islice(sympy.preorder_traversal(expression), most))


class _Kernels:
    """An expression with symbols in place of its kernels."""

    def __init__(self, expression: Expression) -> None:
        self.nodes = list(sympy.postorder_traversal(expression))
        self.symbols: dict[tuple[Expression, ...], Expression] = {}
        self.relations: list[tuple[Expression, Expression]] = []
        """A kernel, and what is 0 by definition, a polynomial in it; inner kernels first."""
        self.units: dict[tuple[Expression, ...], Expression] = {}
        """The largest step that all exponents of a power are whole multiples of."""
        for node in dict.fromkeys(self.nodes):
            for key, coefficient in self._multiples(node):
                # exponents that are numbers make a root, of which whole powers are powers of the base
                known = self.units.get(key, sympy.Integer(1) if key[-1] == 1 else abs(coefficient))
                self.units[key] = known.gcd(coefficient)
        self.replaced: dict[Expression, Expression] = {}
        for node in self.nodes:
            if node not in self.replaced:
                self.replaced[node] = self._replace(node)

    def is_zero(self) -> bool:
        numerator = sympy.fraction(sympy.together(self.replaced[self.nodes[-1]]))[0]
        _refuse_if(_terms(numerator) > MOST_TERMS)
        numerator = sympy.expand(numerator)
        for kernel, relation in reversed(self.relations):
            if numerator != 0 and sympy.degree(numerator, kernel) >= sympy.degree(relation, kernel):
                numerator = sympy.expand(sympy.prem(numerator, relation, kernel))
                _refuse_if(_terms(numerator) > MOST_TERMS)
        return bool(numerator == 0)

    def _multiples(self, node: Expression) -> list[tuple[tuple[Expression, ...], Expression]]:
        """The powers that a node is made of, and how many times; 1 for a number among its exponents."""
        if not isinstance(node, sympy.exp | sympy.Pow) or node.exp.is_Integer:
            return []
        terms = [term.as_coeff_Mul() for term in sympy.Add.make_args(sympy.expand(node.exp))]
        _refuse_if(not all(times.is_Rational for times, _ in terms))
        return [(("power", node.base, part), times) for times, part in terms]

    def _replace(self, node: Expression) -> Expression:
        """A node on the symbols; its operands are replaced already."""
        if node.is_Rational or node is sympy.I:
            return node
        if node.is_Symbol or node in (sympy.pi, sympy.E):
            return self._symbol(("itself", node))
        if node.is_Add or node.is_Mul:
            return node.func(*[self.replaced[part] for part in node.args])
        if isinstance(node, sympy.exp | sympy.Pow):
            return self._power(node)
        if isinstance(node, sympy.Abs):
            return self._symbol(("abs", node.args[0]), 2, self.replaced[node.args[0]] ** 2)
        _refuse_if(not isinstance(node, sympy.Function) or isinstance(node, sympy.Piecewise))
        return self._symbol(("function", node))

    def _power(self, node: Expression) -> Expression:
        # the base of exp is e, which is no operand of it
        base = self._symbol(("itself", sympy.E)) if node.base is sympy.E else self.replaced[node.base]
        if node.exp.is_Integer:
            return base**node.exp
        result: Expression = sympy.Integer(1)
        for key, times in self._multiples(node):
            unit, part = self.units[key], key[-1]
            _refuse_if(abs(times / unit) > MOST_MULTIPLE and part.has(sympy.I))
            if part == 1:  # a number as exponent: the kernel is a root
                kernel = base if unit == 1 else self._symbol(key, unit.q, base)
            else:
                kernel = self._symbol(key)
            result *= kernel ** (times / unit)
        return result

    def _symbol(self, key: tuple[Expression, ...], power: int = 0, value: Expression = None) -> Expression:
        """The symbol of a kernel, of which a power may have a value that is known."""
        if key not in self.symbols:
            symbol = self.symbols[key] = sympy.Dummy(f"k{len(self.symbols)}")
            if power:
                self.relations.append((symbol, sympy.fraction(sympy.together(symbol**power - value))[0]))
        return self.symbols[key]


def _terms(expression: Expression) -> int:
    """An upper bound on the terms of an expanded expression."""
    counts: dict[Expression, int] = {}
    for node in sympy.postorder_traversal(expression):
        if node.is_Add:
            count = sum(counts[part] for part in node.args)
        elif node.is_Mul:
            count = 1
            for part in node.args:
                count *= counts[part]
        elif node.is_Pow and node.exp.is_Integer and node.exp > 0:
            count = comb(counts[node.base] + int(node.exp) - 1, int(node.exp))
        else:
            count = 1
        counts[node] = min(count, 10 * MOST_TERMS)
    return counts[expression]
