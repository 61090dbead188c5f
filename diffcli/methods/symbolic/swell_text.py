"""Polynomials and their derivatives as a textbook prints them: factors with their constant term first, powers ascending.

    64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2

Of the factors single letters stand first, the others by degree, exponent and size of their coefficients; of a sum of
products, those with a factor that the polynomial itself does not have come first, the others in the order of the product
rule. With these the three columns of Table 1 of Baydin et al. (2018) come out as printed.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.core.cache import clear_cache
from sympy.core.parameters import distribute

from diffcli.methods.symbolic.text import Expression

Polynomial = Any
"""An element of a SymPy polynomial ring over the rationals."""
Factor = tuple[Polynomial, int]


def ascending(polynomial: Polynomial) -> list[tuple[tuple[int, ...], Any]]:
    """Its terms, the constant first: pairs of exponents and a coefficient."""
    return sorted(polynomial.terms(), key=lambda term: (sum(term[0]), tuple(-power for power in term[0])))


def sum_text(polynomial: Polynomial) -> str:
    """A polynomial as a sum: ``1 - 8*x + 8*x^2``."""
    names = [str(symbol) for symbol in polynomial.ring.symbols]
    pieces: list[str] = []
    for powers, coefficient in ascending(polynomial):
        monomial = [_power(name, power) for name, power in zip(names, powers, strict=True) if power]
        size = abs(coefficient)
        factors = [str(size)] * (size != 1 or not monomial) + monomial
        pieces.append(_sign(coefficient, not pieces) + "*".join(factors))
    return "".join(pieces) or "0"


def _power(text: str, power: int) -> str:
    return text if power == 1 else f"{text}^{power}"


def factored(polynomial: Polynomial) -> tuple[Any, list[Factor]]:
    """A constant and factors, each with a positive first coefficient."""
    constant, factors = polynomial.factor_list()
    turned = []
    for factor, power in factors:
        if ascending(factor)[0][1] < 0:
            factor, constant = -factor, constant * (-1) ** power
        turned.append((factor, power))
    return constant, sorted(turned, key=_place)


def _place(factor: Factor) -> tuple[Any, ...]:
    polynomial, power = factor
    if polynomial.is_generator:
        return 0, polynomial.ring.gens.index(polynomial)
    size = max(abs(coefficient) for _, coefficient in polynomial.terms())
    degree = max(sum(powers) for powers, _ in polynomial.terms())
    return 1, degree, power, size, len(polynomial.terms()), sum_text(polynomial)


def product_text(constant: Any, factors: list[Factor]) -> str:
    """The size of a constant times factors; its sign is for the caller to write, so no sum stands bare behind one."""
    size = abs(constant)
    texts = []
    for polynomial, power in factors:
        text = sum_text(polynomial)
        bare = polynomial.is_generator or (constant == 1 and factors == [(polynomial, 1)])  # 1, and not -1
        texts.append(_power(text if bare else f"({text})", power))
    return "*".join([str(size)] * (size != 1 or not texts) + texts)


def factored_text(polynomial: Polynomial) -> str:
    """A polynomial in its factored form."""
    if not polynomial:
        return "0"
    constant, factors = factored(polynomial)
    return _sign(constant) + product_text(constant, factors)


def _sign(constant: Any, first: bool = True) -> str:
    """The sign of a term: between it and the one before, if it is not the first."""
    return ("-" if constant < 0 else "") if first else (" - " if constant < 0 else " + ")


def unsimplified_text(polynomial: Polynomial, variable: Expression) -> str:
    """What SymPy makes of the derivative of the factored form, with nothing multiplied out.

    SymPy writes -8 + 16*x for -4*(1 - 2*x)·… unless it is asked to leave numbers before their sums.
    """
    if not polynomial:
        return "0"
    ring = polynomial.ring
    constant, factors = factored(polynomial)
    clear_cache()  # derivatives that were taken with other settings
    try:
        with distribute(False):
            number = sympy.Rational(int(constant.numerator), int(constant.denominator))
            product = sympy.Mul(number, *[factor.as_expr() ** power for factor, power in factors])
            derivative = product.diff(variable)
            terms = [_read_term(term, ring) for term in sympy.Add.make_args(derivative)]
    finally:
        clear_cache()
    known = [factor for factor, _ in factors]
    terms.sort(key=lambda term: _order(term[1], known))
    text = ""
    for constant, powers in terms:
        text += _sign(constant, not text) + product_text(constant, powers)
    return text


def _read_term(term: Expression, ring: Any) -> tuple[Any, list[Factor]]:
    """A product of SymPy's: its number, and its other factors as polynomials with their powers."""
    number, rest = term.as_coeff_Mul()
    constant = ring.domain.from_sympy(number)
    factors: list[Factor] = []
    for factor in sympy.Mul.make_args(rest):
        base, power = factor.as_base_exp()
        polynomial = ring.from_expr(base)
        if len(polynomial.terms()) == 1 and not sum(polynomial.terms()[0][0]):
            constant *= polynomial.terms()[0][1] ** int(power)
        else:
            factors.append((polynomial, int(power)))
    return constant, sorted(factors, key=_place)


def _order(factors: list[Factor], known: list[Polynomial]) -> tuple[Any, ...]:
    powers = dict(factors)
    new = any(polynomial not in known for polynomial in powers)
    return not new, [powers.get(polynomial, 0) for polynomial in known]


def simplified_text(polynomial: Polynomial) -> str:
    """Multiplied out, with the common factor of the coefficients in front (where there is a power of x to it)."""
    terms = polynomial.terms()
    degree = max((sum(powers) for powers, _ in terms), default=0)
    if degree < 2 or len(terms) < 2:
        return sum_text(polynomial)
    content, primitive = polynomial.primitive()
    return f"{content}*({sum_text(primitive)})" if content != 1 else sum_text(primitive)
