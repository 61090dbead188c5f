"""How good the forms of a derivative are to compute with: multiplied out against the tape, both against many digits.

The expanded form is evaluated as one would, by Horner's rule in double precision, from exact coefficients that are rounded
once. The truth comes from `diffcli.tape.running.precise`, which knows no rule of differentiation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import zip_longest

from diffcli.methods.sweeps.reverse import activity, adjoints
from diffcli.records.swell import Accuracy
from diffcli.studies.swell.map import Recurrence, iterated
from diffcli.tape import evaluate
from diffcli.tape.running.evaluation import replay
from diffcli.tape.running.precise import precise_derivative

DIGITS = 30
"""Digits of the truth."""

HIGHEST_DEGREE = 256
"""Polynomials beyond that are not multiplied out here."""

Coefficients = list[int | Fraction]
"""Of a polynomial, the constant first. Whole numbers are ints, which are ten times as fast."""


class _NotPolynomial(Exception):
    pass


def accuracy(recurrence: Recurrence, n: int, at: Mapping[str, float]) -> Accuracy:
    """The errors of l_n' by x at a point."""
    tape, _ = iterated(recurrence, n)
    point = [at[name] for name in tape.inputs]
    truth = precise_derivative(tape, point, 0, digits=DIGITS)
    if truth is None or not float(truth) or math.isinf(float(truth)):
        return Accuracy(n, None if truth is None else float(truth), None, None)
    by_tape = adjoints(tape, evaluate(tape, point), activity(tape, [0]))[0] or 0.0
    try:
        by_form: float | None = _horner([k * c for k, c in enumerate(_expanded(recurrence, n, at))][1:], at[recurrence.start])
    except _NotPolynomial:
        by_form = None

    def error(value: float) -> float:
        found = abs(float((value - truth) / truth)) if math.isfinite(value) else math.inf
        return found if found > 10.0 ** -DIGITS else 0.0  # the truth itself is no better

    return Accuracy(n, float(truth), None if by_form is None else error(by_form), error(by_tape))


def _expanded(recurrence: Recurrence, n: int, at: Mapping[str, float]) -> Coefficients:
    """The coefficients of l_n as a polynomial in x, with the parameters' values."""
    step = recurrence.step()
    state: Coefficients = [0, 1]
    for _ in range(n - 1):
        given = [state if name == recurrence.state else [_exact(at[name])] for name in step.inputs]
        state = replay(step, given, lambda name, value: [_exact(value)], _operate)[step.output]
    return state


def _operate(operation: str, operands: Sequence[Coefficients]) -> Coefficients:
    if operation not in _POLYNOMIAL:
        raise _NotPolynomial
    return _POLYNOMIAL[operation](*operands)


def _exact(value: float | Fraction) -> int | Fraction:
    return int(value) if value == int(value) else Fraction(value)


def _add(a: Coefficients, b: Coefficients, sign: int = 1) -> Coefficients:
    return [left + sign * right for left, right in zip_longest(a, b, fillvalue=0)]


def _multiply(a: Coefficients, b: Coefficients) -> Coefficients:
    if len(a) + len(b) > HIGHEST_DEGREE + 2:
        raise _NotPolynomial
    result: Coefficients = [0] * (len(a) + len(b) - 1)
    for position, left in enumerate(a):
        for other, right in enumerate(b):
            result[position + other] += left * right
    return result


def _divide(a: Coefficients, b: Coefficients) -> Coefficients:
    if len(b) > 1 or not b[0]:
        raise _NotPolynomial
    return [_exact(Fraction(coefficient) / b[0]) for coefficient in a]


def _raise(a: Coefficients, b: Coefficients) -> Coefficients:
    if len(b) > 1 or b[0].denominator > 1 or not 0 <= b[0] <= HIGHEST_DEGREE:
        raise _NotPolynomial
    return reduce(_multiply, [a] * int(b[0]), [1])


_POLYNOMIAL: dict[str, Callable[..., Coefficients]] = {
    "add": _add, "sub": lambda a, b: _add(a, b, -1), "mul": _multiply, "div": _divide, "pow": _raise,
    "neg": lambda a: [-coefficient for coefficient in a], "square": lambda a: _multiply(a, a),
}  # fmt: skip


def _horner(coefficients: Coefficients, x: float) -> float:
    """The value in double precision; infinite where a coefficient is beyond a float."""
    try:
        return reduce(lambda total, coefficient: total * x + float(coefficient), reversed(coefficients), 0.0)
    except OverflowError:
        return math.inf
