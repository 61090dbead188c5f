"""The factor by which a claim is off, in words."""

from __future__ import annotations

import math
from fractions import Fraction

from diffcli.language.writing.printer import number_text

LIKE = 1e-9
"""The relative difference up to which two numbers are taken as the same."""

_FACTORS = {
    "pi": math.pi, "pi/180": math.pi / 180, "ln(10)": math.log(10), "ln(2)": math.log(2), "e": math.e, "sqrt(2)": math.sqrt(2),
    "sqrt(pi)": math.sqrt(math.pi),
}  # fmt: skip


def neat(factor: float) -> str:
    """A factor as a text, if it is one that a slip can bring about; empty if not.

    >>> neat(2.0), neat(-2/3), neat(3.141592653589793), neat(0.7390851332151607)
    ('2', '-2/3', 'pi', '')
    """
    fraction = Fraction(factor).limit_denominator(100) if abs(factor) < 1e6 else Fraction(0)
    if fraction and abs(factor - fraction) <= LIKE * abs(factor):
        return str(fraction)
    sign = "-" if factor < 0 else ""
    for name, value in _FACTORS.items():
        if abs(abs(factor) - value) <= LIKE * value:
            return sign + name
        if abs(abs(factor) * value - 1) <= LIKE:
            return f"{sign}1/{name}" if "/" not in name else f"{sign}180/pi"
    return ""


def factor_sentence(factor: float) -> str:
    """What a derivative that is ``factor`` times the right one lacks, or has too much.

    >>> factor_sentence(0.5), factor_sentence(3.0), factor_sentence(-2/3)
    ('the factor 2 is missing', 'the factor 3 is too much', 'it is -2/3 times the derivative')
    """
    if not factor:
        return "it is 0 times the derivative"
    text, inverse = neat(factor), neat(1 / factor)
    if text and factor > 0 and "/" not in text:
        return f"the factor {text} is too much"
    if inverse and factor > 0 and "/" not in inverse:
        return f"the factor {inverse} is missing"
    return f"it is {text or number_text(float(f'{factor:.6g}'))} times the derivative"
