"""Derivatives worked out by hand: what is proved, what is disproved and where, and which slip is named."""

from __future__ import annotations

import math
import random
import re
from typing import Any

import pytest
import sympy
from inside import (
    SLIPS,
    VERDICTS,
    Problem,
    decide,
    derivative_text,
    evaluate,
    factor_sentence,
    judge_claims,
    lower,
    parse,
    read_claims,
    vanishes,
)
from mpmath import mpf
from oracle import ORACLE, derivative_of

import diffcli


def judged(expression, at, claim):
    problem = Problem(expression, at)
    return judge_claims(problem, read_claims(claim, problem))


PROVED = [
    ("ln(x) + x*y - sin(y)", "x=2,y=5", "x: 1/x + y, y: x - cos(y)"),
    ("tan(x)", "x=1", "1 + tan(x)^2"),
    ("tan(x)", "x=1", "sec(x)^2"),
    ("sin(x)^2", "x=1", "sin(2*x)"),
    ("sin(x)^8", "x=1", "8*cos(x)*(1 - cos(x)^2)^3*sin(x)"),
    ("sin(x)*sin(2*x)*sin(3*x)", "x=1", "cos(x)*sin(2*x)*sin(3*x) + 2*sin(x)*cos(2*x)*sin(3*x) + 3*sin(x)*sin(2*x)*cos(3*x)"),
    ("x^x", "x=2", "x^x*(ln(x) + 1)"),
    ("x^y", "x=2,y=3", "x: y*x^(y - 1), y: x^y*ln(x)"),
    ("sigmoid(x)", "x=1", "sigmoid(x)*(1 - sigmoid(x))"),
    ("log(exp(a) + exp(b) + exp(c))", "a=1,b=2,c=3", "a: 1/(1 + exp(b - a) + exp(c - a))"),
    ("sqrt(1 + sqrt(1 + x^2))", "x=1", "x/(2*sqrt(1 + x^2)*sqrt(1 + sqrt(1 + x^2)))"),
    ("gelu(x)", "x=1", "erfc(-x/sqrt(2))/2 + x*exp(-x^2/2)/sqrt(2*pi)"),
    ("hypot(x, y)", "x=3,y=4", "y: y/hypot(x, y)"),
    ("x^2 if x > 0 else -x", "x=1", "2*x if x > 0 else -1"),
    ("f(t) = t^2; f(x) + f(3*x)", "x=1", "20*x"),
    ("sin(0.1*x)", "x=1", "cos(x/10)/10"),  # 0.1 is 1/10, and not the float
    ("(1 - cos(x))/x^2", "x=1e-4", "sin(x)/x^2 - 2*(1 - cos(x))/x^3"),  # floats alone would differ by 600 %
    ("sin(1e6*x)^2", "x=1", "1e6*sin(2e6*x)"),  # which SymPy's simplify would write out, for minutes
    ("pi*x", "x=2,pi=3", "x: pi, pi: x"),
    # equal on a part of the line, which is all that there is of the function
    ("log(x)", "x=2", "1/abs(x)"),
    ("log(x - 3)", "x=4", "1/abs(x - 3)"),
    ("acosh(x)", "x=2", "1/sqrt(x^2 - 1)"),
    ("x^(1/3)*y^(2/3)", "x=1,y=2", "x: (y/x)^(2/3)/3"),
    # away from kinks
    ("abs(x)", "x=2", "sign(x)"),
    ("abs(x)", "x=0", "x/abs(x)"),
    ("sqrt(x^2)", "x=-2", "x/abs(x)"),
    ("abs(x*y)", "x=2,y=3", "x: y*sign(x)*sign(y)"),
    ("max(x, y)", "x=1,y=2", "x: where(x > y, 1, 0), y: (1 + sign(y - x))/2"),
    ("min(x, y)", "x=1,y=2", "x: where(y >= x, 1, 0)"),
    ("max(x, y, 1)", "x=3,y=2", "x: where(x > y and x > 1, 1, 0)"),
    ("max(x, 2*x, 3)", "x=1", "where(x > 1.5, 2, 0)"),
    ("abs(x - 2)", "x=1", "where(x > 2, 1, -1)"),
    ("abs(x^2 - 4)", "x=1", "where(x^2 > 4, 2*x, -2*x)"),
    ("clip(x, 0, 1)", "x=0.3", "where(x < 0, 0, where(x < 1, 1, 0))"),
    ("where(x > 1, x^2, where(x > 0, x, 0))", "x=2", "where(x <= 0, 0, where(x <= 1, 1, 2*x))"),
    ("max(sin(x), cos(x))", "x=2", "where(sin(x) > cos(x), cos(x), -sin(x))"),
    # what the table holds constant
    ("x*floor(x)", "x=2.5", "floor(x)"),
    ("x*stop_gradient(x)", "x=2.5", "x"),
    # single points of another variable, or of what is not in the result
    ("where(n == 2, x^2, x^3)", "n=2,x=1.5", "x: where(n == 2, 2*x, 3*x^2)"),
    ("t = (x == 2); x^2", "x=1.5", "2*x"),
]


@pytest.mark.parametrize(("expression", "at", "claim"), PROVED)
def test_right_claims_are_proved(expression, at, claim):
    for verdict in judged(expression, at, claim):
        assert (verdict.verdict, verdict.counterexample, verdict.slip) == ("proved", None, "")
        assert verdict.points >= 10
        assert verdict.digits >= 10
        assert verdict.right


WRONG = [
    ("x^2", "x=1", "0", "constant", "the expression depends on x, so its derivative is not 0"),
    ("x*y", "x=2,y=3", "x: x", "other variable", "this is the derivative by y, not by x"),
    ("x^2 + y^2", "x=1,y=2", "x: 2*x + 2*y", "total", "the derivative by y is added: by x alone, y is held fixed"),
    ("sin(x)/x", "x=2", "(sin(x) - x*cos(x))/x^2", "quotient swapped", "quotient rule: the numerator of (sin(x)/x)' is u'*v - u*v', not u*v' - u'*v"),
    ("sin(x)/x", "x=2", "(x*cos(x) + sin(x))/x^2", "quotient sum", "quotient rule: the numerator of (sin(x)/x)' is u'*v - u*v', with a minus"),
    ("sin(x)/x", "x=2", "cos(x)", "quotient of derivatives", "quotient rule: the derivative of sin(x)/x is not the quotient of the derivatives"),
    ("sin(x)/x", "x=2", "(x*cos(x) - sin(x))/x", "divisor not squared", "quotient rule: the divisor of (sin(x)/x)' is v^2, not v"),
    ("sin(x)/x", "x=2", "x*cos(x) - sin(x)", "divisor forgotten", "quotient rule: the divisor v^2 of (sin(x)/x)' is missing"),
    ("3/x", "x=2", "-3/x", "divisor of a constant", "quotient rule: the divisor of (3/x)' is v^2, not v"),
    ("x^2*sin(x)", "x=2", "2*x*cos(x)", "product of derivatives", "product rule: (x^2*sin(x))' is u'*v + u*v', not the product u'*v'"),
    ("x^2*sin(x)", "x=2", "2*x*sin(x) - x^2*cos(x)", "product with a minus", "product rule: (x^2*sin(x))' is u'*v + u*v', with a plus"),
    ("x^3", "x=2", "3*x^3", "exponent kept", "power rule: the exponent of x^3 is to be reduced by 1"),
    ("(x^2 + 1)^3", "x=2", "6*x*(x^2 + 1)^3", "exponent kept", "power rule: the exponent of (x^2 + 1)^3 is to be reduced by 1"),
    ("x^-2", "x=2", "-2*x^-1", "exponent raised", "power rule: the exponent of x^-2 is to be reduced by 1, not raised"),
    ("x^3", "x=2", "x^2", "exponent missing", "power rule: the factor 3, the exponent of x^3, is missing"),
    ("x^3", "x=2", "2*x^2", "exponent reduced first", "power rule: the factor is the exponent of x^3 before it is reduced, 3"),
    ("2^x", "x=3", "x*2^(x - 1)", "power rule for exp", "2^x has x in its exponent: its derivative is not that of a power"),
    ("exp(x)", "x=2", "x*exp(x - 1)", "power rule for exp", "exp(x) has x in its exponent: its derivative is not that of a power"),
    ("2^x", "x=3", "2^x", "log of the base", "the factor ln(2) in the derivative of 2^x is missing"),
    ("abs(x - 1)*x", "x=0.5", "x + abs(x - 1)", "sign missing", "the factor sign(x - 1) in the derivative of abs(x - 1) is missing"),
    ("log10(x) + x", "x=2", "1/x + 1", "log base", "log10(x) is no natural logarithm: the factor 1/ln(10) is missing"),
    ("log(x, 3)", "x=2", "1/x", "log base", "log(x, 3) is no natural logarithm: the factor 1/ln(3) is missing"),
    ("sin(x^2)", "x=2", "cos(x^2)", "inner derivative", "chain rule: the inner derivative of sin(x^2), 2*x, is missing"),
    ("x + exp(sin(3*x))", "x=2", "1 + exp(sin(3*x))*cos(3*x)", "inner derivative", "chain rule: the inner derivative of sin(3*x), 3, is missing"),
    ("sin(x^2)", "x=2", "cos(2*x)", "inner derivative inside", "chain rule: the outer derivative of sin(x^2) is taken at x^2, and multiplied by 2*x"),
    ("sin(x^3)", "x=2", "cos(3*x^2)*3*x^2", "outer at inner", "chain rule: the outer derivative of sin(x^3) is taken at x^3, not at its derivative"),
    ("1/x", "x=1", "1/x^2", "sign", "the sign of the whole is wrong"),
    ("exp(-x^2)", "x=1", "2*x*exp(-x^2)", "inner derivative", "the sign of the whole is wrong"),
    ("x*exp(x)", "x=1", "x*exp(x)", "itself", "this is the expression itself, not its derivative"),
    ("1/x", "x=2", "ln(x)", "integral", "this is an antiderivative: its own derivative is the expression"),
    ("x^2*y", "x=3,y=2", "x: 2*x", "constant factor", "the factor y in the derivative of x^2*y is missing"),
    ("x^2 + 5", "x=2", "2*x + 5", "constant kept", "5 does not depend on x, so its derivative is 0"),
    ("x^2 - y", "x=2,y=3", "x: 2*x - y", "constant kept", "y does not depend on x, so its derivative is 0"),
    ("x^2 + 5", "x=2", "2*x + 1", "derivative of a constant", "5 does not depend on x, so its derivative is 0, not 1"),
    ("ln(x) + x*y - sin(y)", "x=2,y=5", "y: x", "term missing", "the term through sin(y) is missing"),
    ("1 + 1/(x^2*sin(x))", "x=2", "-2*x*sin(x)/(x^2*sin(x))^2", "term missing", "the term through sin(x) in the derivative of x^2*sin(x) is missing"),
    ("ln(x) + x*y - sin(y)", "x=2,y=5", "y: x + cos(y)", "sign of a term", "the sign of the term through sin(y) is wrong"),
    ("sin(x)", "x=2", "cos(x)*pi/180", "degrees", "the factor pi/180 is too much: angles are in radians"),
    ("log(x)", "x=2", "1/(x*ln(10))", "natural logarithm", "the factor 1/ln(10) is too much: log is the natural logarithm"),
    ("sin(x)/2", "x=2", "cos(x)", "factor", "the factor 2 is too much"),
    ("x^2", "x=1.5", "2", "variable as a factor", "the factor x is missing"),
    ("exp(sin(x^2))", "x=1.5", "exp(sin(x^2))*cos(x^2)*2", "variable as a factor", "the factor x is missing"),
    ("sqrt(x^2 + 1)", "x=1.5", "1/sqrt(x^2 + 1)", "variable as a factor", "the factor x is missing"),
    ("sin(x)*x^2", "x=1.5", "x^2*cos(x) + 2*sin(x)", "derivative of a power", "the derivative of x^2 is 2*x, not 2"),
    ("sin(x)^2*x", "x=1.5", "sin(x)^2 + 2*x*cos(x)", "inner derivative inside",
     "chain rule: the outer derivative of sin(x)^2 is taken at sin(x), and multiplied by cos(x)"),
    ("x*(3*x)^2", "x=1.5", "(3*x)^2 + 6*x", "derivative of a power", "the derivative of u^2 by u = 3*x is 2*u, not 2"),
    ("x^5", "x=1.5", "5*x", "derivative of a power", "the derivative of x^5 is 5*x^4, not 5*x"),
    ("sin(x^3)", "x=1.5", "3*x*cos(x^3)", "derivative of a power", "the derivative of x^3 is 3*x^2, not 3*x"),
    ("x^n", "x=2,n=3", "x: n*x", "derivative of a power", "the derivative of x^n is n*x^n/x, not n*x"),
    ("x^5", "x=1.5", "5*x^3", "exponent reduced twice", "power rule: the exponent of x^5 is to be reduced by 1, not by 2"),
    ("x^3 + x^2", "x=1.5", "3*x^3 + 2*x^2", "exponent kept", "power rule: the exponent of x^3 is to be reduced by 1; the same slip in x^2"),
    ("2*x^4 + x^3 - 5*x^2 + x", "x=1.5", "2*x^3 + x^2 - 5*x + 1", "exponent missing",
     "power rule: the factor 4, the exponent of x^4, is missing; the same slip in x^3 and x^2"),
    ("(x^2 + 1)^3", "x=1.5", "3*(x^2 + 1)^3*2*x^2", "exponent kept",
     "power rule: the exponent of x^2 is to be reduced by 1; the same slip in (x^2 + 1)^3"),
    ("cos(x) + cos(2*x)", "x=1.5", "sin(x) + 2*sin(2*x)", "derivative of a function",
     "the derivative of cos(x) is -sin(x), not sin(x); the same slip in cos(2*x)"),
    ("exp(2*x)", "x=1.5", "2*x*exp(2*x - 1)", "power rule for exp", "exp(2*x) has x in its exponent: its derivative is not that of a power"),
    ("2^(3*x)", "x=1.5", "3*x*2^(3*x - 1)", "power rule for exp", "2^(3*x) has x in its exponent: its derivative is not that of a power"),
    ("x^2*exp(x)", "x=1.5", "2*x*exp(x) + x^2", "exponential forgotten", "the factor exp(x) in the derivative of exp(x) is missing"),
    ("2^x + x", "x=1.5", "ln(2) + 1", "exponential forgotten", "the factor 2^x in the derivative of 2^x is missing"),
    ("x^x", "x=2", "x*x^(x-1)", "power rule for exp", "x^x has x in its exponent: its derivative is not that of a power"),
    ("x^(2*x)", "x=2", "2*x*x^(2*x - 1)", "power rule for exp", "x^(2*x) has x in its exponent: its derivative is not that of a power"),
    ("sin(x)^x", "x=2", "x*sin(x)^(x - 1)*cos(x)", "power rule for exp", "sin(x)^x has x in its exponent: its derivative is not that of a power"),
    ("max(x, y)*x", "x=1,y=2", "x: max(x, y) + x", "piece", "the derivative of max(x, y) is that of x only where max(x, y) = x"),
    ("cos(3*x)", "x=1.5", "-3*sin(x)", "inner function lost", "chain rule: the outer derivative of cos(3*x) is taken at 3*x, not at x"),
    ("cos(3*x)", "x=1.5", "-sin(x)", "inner function lost", "chain rule: the outer derivative of cos(3*x) is taken at 3*x, and multiplied by 3"),
    ("sin(x^2)", "x=1.5", "2*x", "outer derivative", "chain rule: the outer derivative of sin(x^2) is missing"),
    ("x*exp(-x)", "x=1.5", "exp(-x) + x*exp(-x)", "inner derivative", "chain rule: the inner derivative of exp(-x), -1, is missing"),
    ("x*(1 - x)", "x=1.5", "1", "sign of a term", "the sign of the term through 1 - x is wrong"),
    ("1/x^3", "x=1.5", "1/(3*x^2)", "divisor differentiated", "quotient rule: (1/x^3)' is (u'*v - u*v')/v^2, not u/v'"),
    ("x^2*sin(x)", "x=1.5", "2*x + cos(x)", "sum of derivatives", "product rule: (x^2*sin(x))' is u'*v + u*v', not the sum u' + v'"),
    ("x^2*sin(x)", "x=1.5", "2*x + x^2*cos(x)", "factor of a product", "in the term through x^2 the factor sin(x) is missing"),
    ("x*log(x)", "x=1.5", "log(x) + 1/x", "factor of a product", "in the term through log(x) the factor x is missing"),
    ("x^2*sin(x)", "x=1.5", "sin(x) + x^2*cos(x)", "factor of a product", "in the term through x^2 the factor 2*x is missing"),
    ("sin(x)*cos(x)*exp(x)", "x=1.5", "cos(x)^2*exp(x) - sin(x)^2*exp(x)", "term missing", "the term through exp(x) is missing"),
    ("sin(x)*cos(x)*exp(x)", "x=1.5", "-sin(x)^2*exp(x) + sin(x)*cos(x)*exp(x)", "term missing", "the term through sin(x) is missing"),
    ("pi^2*x", "x=1.5", "2*pi*x", "constant differentiated", "pi^2 does not depend on x, so its derivative is 0"),
    ("pi^2*x", "x=1.5", "2*pi", "constant differentiated", "pi^2 does not depend on x, so its derivative is 0"),
    ("x + log(3)", "x=1.5", "1 + 1/3", "constant differentiated", "log(3) does not depend on x, so its derivative is 0"),
    ("3*x^2", "x=1.5", "6*x + x^2", "derivative of a constant", "3 does not depend on x, so its derivative is 0, not 1"),
    ("log(x)*x", "x=1.5", "log(x) + x", "derivative of a function", "the derivative of log(x) is 1/x, not 1"),
    ("asin(x)", "x=0.5", "1/sqrt(1 + x^2)", "derivative of a function", "the derivative of asin(x) is 1/sqrt(1 - x^2), not 1/sqrt(1 + x^2)"),
    ("x*cos(x)", "x=1.5", "cos(x) + x*sin(x)", "derivative of a function", "the derivative of cos(x) is -sin(x), not sin(x)"),
    ("x*sin(x)", "x=1.5", "sin(x) + x*sin(x)", "derivative of a function", "the derivative of sin(x) is cos(x), not sin(x)"),
    ("cos(3*x)", "x=1.5", "3*sin(3*x)", "derivative of a function", "the derivative of cos(u) by u = 3*x is -sin(u), not sin(u)"),
    ("u*sqrt(u^2 + v)", "u=1,v=3", "u: sqrt(u^2 + v) + 2*u^2/sqrt(u^2 + v)", "derivative of a function",
     "the derivative of sqrt(w) by w = u^2 + v is 1/(2*sqrt(w)), not 1/sqrt(w)"),
    ("sin(x)^2", "x=2", "sin(x)*cos(x)", "exponent missing", "power rule: the factor 2, the exponent of sin(x)^2, is missing"),
    ("exp(x)", "x=2", "-2*exp(x)/3", "factor", "it is -2/3 times the derivative"),
    ("x^5 + exp(x)", "x=1", "10*x^4 + exp(x)", "factor of a term", "in the term through x^5 the factor 2 is too much"),
    ("pi*x^2", "x=1", "6.28319*x", "rounded", "it agrees to 6 digits: is one of its numbers rounded?"),
    ("exp(x)", "x=2", "7*x^3 - 2", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "at", "claim", "name", "sentence"), WRONG)
def test_wrong_claims_have_a_counterexample_and_their_slip(expression, at, claim, name, sentence):
    (verdict,) = judged(expression, at, claim)
    assert (verdict.verdict, verdict.slip) == ("wrong", sentence)
    assert verdict.counterexample is not None
    assert all(abs(value) in (0, 0.25, 0.5, 1, 2, 3, 4, 5) for value in verdict.counterexample.at.values())
    check_counterexample(expression, verdict)
    assert judged(expression, at, f"{verdict.variable}: {verdict.right}")[0].verdict == "proved"


IN_ARRAYS = {"wrong branch", "rearranged", "multiple of the variable", "one entry", "rounded numbers"}
"""Slips that no derivative by a number shows; tests/test_gradients.py has their claims."""


def test_every_slip_has_its_claim():
    assert {slip.name for slip in SLIPS} == {name for *_, name, _ in WRONG if name} | IN_ARRAYS


@pytest.mark.parametrize(
    ("name", "mistaken"), [(slip.where, slip.mistaken) for slip in SLIPS if slip.name == "derivative of a function"]
)
def test_what_is_taken_for_the_derivative_of_a_function(name, mistaken):
    """In a sum each of them is named, whether the function is of the variable itself or of something else; and truly."""
    for inner, factor in (("x", "1"), ("x^2/9", "2*x/9"))[: 1 if mistaken == "1" else 2]:  # the chain rule has a word for that
        function = f"{name}({inner})"
        claimed = re.sub(r"\bu\b", f"({inner})", re.sub(r"\by\b", function, mistaken))
        (verdict,) = judged(f"{function} + x^3", "x=0.5", f"({claimed})*{factor} + 3*x^2")
        subject = f"{name}(x)" if inner == "x" else f"{name}(u) by u = x^2/9"
        assert verdict.slip.startswith(f"the derivative of {subject} is "), verdict.slip
        letter = inner if inner == "x" else "u"
        told = verdict.slip.partition(" is ")[2].split(", not ")
        letter = "x" if inner == "x" else "u"
        for x in (0.3, 0.8):
            at = {"x": x, "u": x * x / 9}
            mistake, derivative = (value_of(text, {letter: at[letter]}) for text in reversed(told))
            assert mistake == pytest.approx(value_of(claimed, at), rel=1e-12)
            assert derivative == pytest.approx(float(derivative_of(lambda u: ORACLE[name](u), [at[letter]], 0)), rel=1e-12)


def value_of(text, at):
    tape = lower(parse(text), given=at)
    return evaluate(tape, [at[name] for name in tape.inputs])[tape.output]


@pytest.mark.parametrize(("expression", "claim"), [("x^2 + x", "2"), ("sin(x)/cos(x)", "cos(x)/sin(x)"), ("x^x", "x")])
def test_what_has_no_plain_reading_is_not_named(expression, claim):
    assert judged(expression, "x=1", claim)[0].slip == ""


def check_counterexample(expression, verdict):
    """The values at the counterexample against mpmath, by difference quotients of the tape's own operations."""
    tape = Problem(expression, verdict.counterexample.at).tape
    claim = lower(parse(verdict.claim), given=tape.inputs)
    point = list(verdict.counterexample.at.values())
    right = derivative_of(in_mpmath(tape), point, tape.inputs.index(verdict.variable))
    claimed = in_mpmath(claim)(*[mpf(verdict.counterexample.at[name]) for name in claim.inputs])
    assert verdict.counterexample.right == pytest.approx(float(right), rel=1e-14, abs=1e-300)
    assert verdict.counterexample.claimed == pytest.approx(float(claimed), rel=1e-14, abs=1e-300)
    assert abs(right - claimed) > 1e-8 * abs(right)


def in_mpmath(tape) -> Any:
    def function(*point):
        values = [*point, *[None] * len(tape.operations), *map(mpf, reversed(tape.constants))]
        for slot in tape.rows():
            values[slot] = ORACLE[tape.operation(slot)](*[values[operand] for operand in tape.operands_of(slot)])
        return values[tape.output]

    return function


AT_THE_POINT_ONLY = [
    ("x^2", "x=2", "x^2", {"x": 1.0}, "this is the expression itself, not its derivative"),
    ("x^3", "x=1", "3*x^4", {"x": 2.0}, "power rule: the exponent of x^3 is to be reduced by 1, not raised"),
    ("abs(x)", "x=2", "x/x", {"x": -1.0}, "the factor sign(x) in the derivative of abs(x) is missing"),
    ("x^2", "x=7", "2*x + (x - 7)*(x - 2)", {"x": 1.0}, ""),
    ("x^2*y", "x=3,y=1", "x: 2*x", {"x": 1.0, "y": 3.0}, "the factor y in the derivative of x^2*y is missing"),
]


@pytest.mark.parametrize(("expression", "at", "claim", "where", "sentence"), AT_THE_POINT_ONLY)
def test_claims_with_the_right_value_at_the_point_alone(expression, at, claim, where, sentence):
    (verdict,) = judged(expression, at, claim)
    assert (verdict.verdict, verdict.counterexample.at, verdict.slip) == ("at the point only", where, sentence)
    assert verdict.claimed == verdict.value


@pytest.mark.parametrize(("expression", "at", "claim", "where", "sentence"), AT_THE_POINT_ONLY)
def test_a_point_that_nobody_asked_for_makes_no_difference(expression, at, claim, where, sentence):
    problem = Problem(expression, at)
    (verdict,) = judge_claims(problem, read_claims(claim, problem), at_given=False)
    assert (verdict.verdict, verdict.counterexample.at, verdict.slip) == ("wrong", where, sentence)


SINGLE_POINTS = [
    # the program, the point, a claim, what it is, the derivative at the point by hand, and where it is another
    ("where(x == 0, 1, exp(x))", "x=0", "where(x == 0, 0, exp(x))", "wrong", 1.0, {"x": 0.0}),
    ("where(x == 0, 1, exp(x))", "x=0", "exp(x)", "not decided", 1.0, None),
    ("where(x == 0, 1, sin(x)/x)", "x=0", "where(x == 0, 1, (x*cos(x) - sin(x))/x^2)", "wrong", 0.0, {"x": 0.0}),
    ("x^2 if x != 1 else 1", "x=1", "where(x == 1, 0, 2*x)", "wrong", 2.0, {"x": 1.0}),
    ("sum(where(v == 1, 1, v^2))", "v=[1]", "where(v == 1, 0, 2*v)", "wrong", 2.0, {"v[0]": 1.0}),
    ("sqrt(x^2)^2 + x*y", "x=0,y=2", "x: 2*x + y", "proved", 2.0, None),
    ("sqrt(x^2)^2 + x*y", "x=0,y=2", "x: where(x == 0, 0, 2*x + y)", "wrong", 2.0, {"x": 0.0, "y": 2.0}),
    ("x*abs(x)", "x=0", "where(x == 0, 1, 2*abs(x))", "wrong", 0.0, {"x": 0.0}),
    ("x^2", "x=1", "where(x == 1, 100, 2*x)", "wrong", 2.0, {"x": 1.0}),
    ("x^2", "x=17", "where(x == 17, 100, 2*x)", "wrong", 34.0, {"x": 17.0}),
    ("x^2", "x=1", "2*x + where(x >= 1, 1, 0) - where(x > 1, 1, 0)", "wrong", 2.0, {"x": 1.0}),
    ("x^2", "x=17", "where(x == 1, 100, 2*x)", "at the point only", 34.0, {"x": 1.0}),
    ("abs(x)", "x=0", "where(x >= 0, 1, -1)", "proved", 0.0, None),  # at a kink there is no derivative to be missed
    ("where(x == 0, 5, x)", "x=0", "1", "not decided", 0.0, None),  # nor at a jump
]


@pytest.mark.parametrize(("expression", "at", "claim", "verdict", "slope", "where"), SINGLE_POINTS)
def test_single_points_are_points(expression, at, claim, verdict, slope, where):
    (found,) = judged(expression, at, claim)
    assert (found.verdict, found.value) == (verdict, slope)
    assert (found.counterexample and found.counterexample.at) == where


LOST = [
    ("2*sin(x/2)^2", "x=1e-9", "(1-cos(2*x))/(2*sin(x))", "the claim for `x` has no right digit: 0, and it is 1e-09"),
    ("x^2/2", "x=1e-12", "(x + 1) - 1", "the claim for `x` has 4 right digits: 1.00009e-12, and it is 1e-12"),
    ("sum(v^2)/2", "v=[1e-12,1]", "v: (v + 1) - 1", "the claim for `v[0]` has 4 right digits: 1.00009e-12, and it is 1e-12"),
]


@pytest.mark.parametrize(("expression", "at", "claim", "message"), LOST)
def test_claims_that_lose_digits_say_so(expression, at, claim, message):
    verdicts = judged(expression, at, claim)
    assert [note.message for verdict in verdicts for note in verdict.notes] == [message]
    assert {verdict.verdict for verdict in verdicts} == {"proved"}


def test_a_derivative_that_loses_digits_says_so_without_a_point():
    problem = Problem("(1 - cos(x))/x^2", {"x": 1e-5})
    (verdict,) = judge_claims(problem, read_claims("1", problem), at_given=False)
    message = "the derivative by `x` has no right digit: -0.0082757, and it is -8.33333e-07"
    assert [note.message for note in verdict.notes] == [message]


NOT_DECIDED = [
    ("x^2", "x=1", "2*x + where(x == 0.123, 5, 0)"),  # a single point, which nobody looks at
    ("x^2", "x=1", "2*x + where(x >= 17, 1, 0) - where(x > 17, 1, 0)"),
    ("where(x == 0, 1, exp(x))", "x=2", "where(x == 0, 0, exp(x))"),  # SymPy would say that it is
    ("; ".join(["l1 = x", *(f"l{n} = 4*l{n - 1}*(1 - l{n - 1})" for n in range(2, 21)), "l20"]), "x=0.2", "$"),
]


@pytest.mark.parametrize(("expression", "at", "claim"), NOT_DECIDED)
def test_claims_that_agree_everywhere_and_are_not_proved(expression, at, claim):
    if claim == "$":  # too large for SymPy when it is written out: the product 4^19 (1 - 2 l1) ... (1 - 2 l19)
        steps = expression.rpartition("; ")[0]
        claim = f"{steps}; 4^19*" + "*".join(f"(1 - 2*l{n})" for n in range(1, 20))
        claim = f"x: {claim}"
    (verdict,) = judged(expression, at, claim)
    assert (verdict.verdict, verdict.counterexample, verdict.slip) == ("not decided", None, "")
    assert verdict.points >= 20
    assert verdict.digits >= 10


@pytest.mark.parametrize(
    ("expression", "claim"),
    [
        ("relu(x)", "where(x > 0, 1, where(x < -1000, 1, 0))"),
        ("max(x, y)", "where(x > y + 1000, 2, where(x > y, 1, 0))"),
        ("max(x, y, z)", "where(x > y and x > z, 1, where(y > z + 1000 and x > y - 1, 1, 0))"),
        ("abs(x - 2)", "where(x > 2, 1, where(x < -5000, 1, -1))"),
        ("x^2", "2*x + where(abs(x) > 1000, 1, 0)"),
        ("x^2", "2*x + where(x > 3 and x <= 3.001 and x > 3.0005, 1, 0)"),
        ("x^2", "2*x + where(x <= 3, 1, 0) - where(x < 3, 1, 0)"),
    ],
)
def test_no_region_is_forgotten(expression, claim):
    tape = lower(parse(expression))
    assert decide(tape, "x", lower(parse(claim), given=tape.inputs)).proved is not True


def test_a_claim_without_a_value_at_the_point_is_wrong_there():
    (verdict,) = judged("x^2", "x=-1", "2*sqrt(x)^2")
    assert verdict.verdict == "wrong"
    assert math.isnan(verdict.claimed)
    assert verdict.slip == "it has no value at this point, where the derivative has one"
    assert verdict.counterexample.at == {"x": -1.0}
    problem = Problem("x^2", "x=-1")
    (verdict,) = judge_claims(problem, read_claims("2*sqrt(x)^2", problem), at_given=False)
    assert verdict.slip == "it has no value at x = -1, where the derivative has one"


def test_verdicts_are_those_of_the_table():
    assert list(VERDICTS) == ["proved", "wrong", "right at the point", "at the point only", "not decided", "not readable"]


def test_a_long_program_is_judged_without_sympy():
    (verdict,) = judged("+".join(["x*sin(x)"] * 3000), "x=2", "3000*sin(x) + 2999*x*cos(x)")
    assert (verdict.verdict, verdict.right) == ("wrong", "")
    (verdict,) = judged("+".join(["x*sin(x)"] * 3000), "x=2", "3000*sin(x) + 3000*x*cos(x)")
    assert verdict.verdict == "not decided"


def test_a_limit_passes_through(monkeypatch):
    limit = diffcli.LimitError([diffcli.Diagnostic("timeout", "error", "stopped after 1 s")])

    def strike(*_: object) -> None:
        raise limit

    monkeypatch.setattr(sympy, "diff", strike)
    with pytest.raises(diffcli.LimitError):
        judged("x^2 + 1.25", "x=1", "2*x")


def test_stages_are_told():
    problem, stages = Problem("x^2", "x=1"), []
    judge_claims(problem, read_claims("2*x", problem), stages.append)
    judge_claims(problem, read_claims("3*x", problem), stages.append)
    assert stages == [
        "comparing the claim for x at points", "SymPy compares the claim for x",
        "comparing the claim for x at points", "SymPy differentiates along x",
    ]  # fmt: skip


# -- a property: a derivative with one part changed is never proved, and its own other forms are never disproved --------------


def random_expression(source, depth):
    if depth == 0:
        return source.choice(("x", "x", "y", str(source.randint(2, 5))))
    left, right = random_expression(source, depth - 1), random_expression(source, source.randrange(depth))
    return source.choice((
        f"({left} + {right})", f"({left} - {right})", f"{left}*{right}", f"({left})/({right})", f"({left})^{source.randint(2, 3)}",
        f"sin({left})", f"exp({left}/9)", f"log(1 + ({left})^2)", f"sqrt(1 + ({left})^2)", f"atan({left})", f"tanh({left})",
    ))  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_random_derivatives_and_their_slips(seed):
    source = random.Random(seed)
    expression = f"x*{random_expression(source, 3)} + y"
    tape = Problem(expression, "x=0.7,y=1.3").tape
    right = derivative_text(tape, tape.output, "x")
    assert right, expression
    (verdict,) = judged(expression, "x=0.7,y=1.3", f"x: {right}")
    assert verdict.verdict in ("proved", "not decided"), expression
    rewritten = f"({right})*sin(x)^2 + cos(x)^2*({right})"
    (verdict,) = judged(expression, "x=0.7,y=1.3", f"x: {rewritten}")
    assert verdict.verdict in ("proved", "not decided"), expression
    for wrong in (f"-({right})", f"{right} + x", f"2*({right})", f"({right})*cos(y)", f"{right} + 1e-6*x"):
        (verdict,) = judged(expression, "x=0.7,y=1.3", f"x: {wrong}")
        assert verdict.verdict in ("wrong", "at the point only"), (expression, wrong)
        assert not decide(tape, "x", lower(parse(wrong))).proved, (expression, wrong)


# -- a property: what comes of a slip is explained by it, and what comes of none is not ------------------------------------------

# a program, the part in which the slip is made (t), and what is made of it there, by hand in terms of the parts
MADE = [
    # expression with the row for t, the row, and its wrong derivatives, each by the name of the slip
    ("{t}", "x^2*sin(x)", {"term missing": "2*x*sin(x)", "product of derivatives": "2*x*cos(x)", "sum of derivatives": "2*x + cos(x)",
                           "product with a minus": "2*x*sin(x) - x^2*cos(x)", "factor of a product": "2*x + x^2*cos(x)"}),
    ("{t} + x^3", "exp(x)*(x + 1)", {"term missing": "exp(x)"}),
    ("5*{t}", "sin(x)/(x^2 + 1)", {"quotient swapped": "(sin(x)*2*x - cos(x)*(x^2 + 1))/(x^2 + 1)^2", "quotient sum": "(cos(x)*(x^2 + 1) + sin(x)*2*x)/(x^2 + 1)^2",
                                   "quotient of derivatives": "cos(x)/(2*x)", "divisor not squared": "(cos(x)*(x^2 + 1) - sin(x)*2*x)/(x^2 + 1)",
                                   "divisor forgotten": "cos(x)*(x^2 + 1) - sin(x)*2*x"}),
    ("{t} + cos(x)", "(x^2 + 1)^3", {"exponent kept": "3*(x^2 + 1)^3*2*x", "exponent raised": "3*(x^2 + 1)^4*2*x", "exponent missing": "(x^2 + 1)^2*2*x",
                                     "exponent reduced first": "2*(x^2 + 1)^2*2*x", "inner derivative": "3*(x^2 + 1)^2", "outer derivative": "2*x"}),
    ("{t}", "(x^2 + 1)^4", {"exponent reduced twice": "4*(x^2 + 1)^2*2*x"}),
    ("y*{t}", "2^(3*x)", {"log of the base": "2^(3*x)*3", "power rule for exp": "3*x*2^(3*x - 1)*3", "exponential forgotten": "3*log(2)"}),
    ("{t} + y", "x^x", {"power rule for exp": "x*x^(x - 1)"}),
    ("sin({t})", "exp(x^2)", {"exponential forgotten": "2*x", "power rule for exp": "x^2*exp(x^2 - 1)*2*x", "inner derivative": "exp(x^2)"}),
    ("x + {t}", "cos(x^3)", {"derivative of a function": "sin(x^3)*3*x^2", "inner function lost": "-sin(x)*3*x^2", "outer at inner": "-sin(3*x^2)*3*x^2",
                             "inner derivative inside": "-sin(3*x^2)"}),
    ("x*{t}", "log10(x)", {"log base": "1/x"}),
    ("x*{t}", "abs(x - 1)", {"sign missing": "1"}),
    ("x*{t}", "max(x, y)", {"piece": "1"}),
    ("exp(x)*{t}", "relu(x - 1)", {"piece": "1"}),
    ("x*{t}", "clip(x, 0, 2)", {"piece": "1"}),
    ("sin(x)*{t}", "min(x^2, y)", {"piece": "2*x"}),
    ("sqrt(1 + {t})", "3*x^2", {"constant factor": "2*x", "derivative of a constant": "6*x + x^2"}),
    ("log(1 + {t}^2)", "x^2 + 7", {"constant kept": "2*x + 7", "derivative of a constant": "2*x + 1"}),
]  # fmt: skip


@pytest.mark.parametrize(("outer", "row", "name", "wrong"), [(outer, row, *made) for outer, row, all in MADE for made in all.items()])
def test_what_comes_of_a_slip_anywhere_in_a_program_is_explained(outer, row, name, wrong):
    """The chain rule around the slip is right: the claim is the derivative by x, with another one for the row."""
    expression, names = outer.format(t=f"({row})"), ["x", "y"]
    whole = lower(parse(outer.format(t="t_")), given=[*names, "t_"])
    beside, bar = (derivative_text(whole, whole.output, by).replace("t_", f"({row})") or "0" for by in ("x", "t_"))
    point = {name: 1.3 + k for k, name in enumerate(names) if name in parse(expression).inputs}
    problem = Problem(expression, point)
    (verdict,) = judge_claims(problem, read_claims(f"x: ({beside}) + ({bar})*({wrong})", problem))
    assert verdict.verdict in ("wrong", "at the point only")
    sentences = [re.sub(r"\\{\w+\\}", ".*", re.escape(slip.sentence)) for slip in SLIPS if slip.name == name]
    assert any(re.fullmatch(sentence, verdict.slip) for sentence in sentences), verdict.slip


@pytest.mark.parametrize("expression", [outer.format(t=f"({row})") for outer, row, _ in MADE])
def test_a_random_claim_is_no_slip(expression):
    source = random.Random(expression)
    point = {name: 1.3 + k for k, name in enumerate(parse(expression).inputs)}
    for _ in range(4):
        claim = f"x: {source.uniform(1, 9):.4f}*sin({source.uniform(1, 2):.4f}*x) + {source.uniform(1, 3):.4f}^x"
        problem = Problem(expression, point)
        (verdict,) = judge_claims(problem, read_claims(claim, problem))
        assert (verdict.verdict, verdict.slip) == ("wrong", ""), claim


X, Y = sympy.symbols("x y", real=True)
ZEROS = [
    sympy.tan(X) ** 2 + 1 - 1 / sympy.cos(X) ** 2,
    sympy.sin(X) ** 4 - (1 - sympy.cos(X) ** 2) ** 2,
    sympy.tanh(X) ** 2 + sympy.sech(X) ** 2 - 1,
    X**Y * Y / X - Y * X ** (Y - 1),
    sympy.sin(X) + sympy.sin(3 * X) - 4 * sympy.sin(X) * sympy.cos(X) ** 2,
    sympy.cos(2 * X - 2 * Y) - 1 + 2 * sympy.sin(Y - X) ** 2,
    sympy.sin(X + Y) - sympy.sin(X) * sympy.cos(Y) - sympy.cos(X) * sympy.sin(Y),
    sympy.tanh(X + Y) * (1 + sympy.tanh(X) * sympy.tanh(Y)) - sympy.tanh(X) - sympy.tanh(Y),
    sympy.tan(X / 2) - sympy.sin(X) / (1 + sympy.cos(X)),
    sympy.erfc(X * Y) - 1 + sympy.erf(Y * X),
    sympy.sqrt(X / Y) ** 3 - X / Y * sympy.sqrt(X / Y),
    (1 + X**2) ** sympy.Rational(3, 2) / (1 + X**2) - sympy.sqrt(1 + X**2),
    sympy.exp(2 * X + 1) - sympy.E * sympy.exp(X) ** 2,
    sympy.Abs(X) * sympy.sign(X) - X,
    sympy.sqrt(1 - X**4) - sympy.sqrt((1 - X**2) * (1 + X**2)),
]


@pytest.mark.parametrize("zero", ZEROS, ids=str)
def test_algebra_proves_zeros_and_nothing_else(zero):
    assert vanishes(zero)
    for other in (X, sympy.sin(X), sympy.exp(X), sympy.sqrt(1 + X**2), sympy.Rational(1, 10**9)):
        assert not vanishes(zero + other)
    assert not vanishes(zero.xreplace({X: 2 * X}) + zero.diff(Y) + X - sympy.Abs(X))
    assert not vanishes(zero + sympy.sqrt(X**2) - X)


@pytest.mark.parametrize(
    ("factor", "sentence"),
    [(2, "the factor 2 is too much"), (1 / 3, "the factor 3 is missing"), (-1.5, "it is -3/2 times the derivative"),
     (math.pi, "the factor pi is too much"), (1 / math.log(2), "the factor ln(2) is missing"), (0.123456789, "it is 0.123457 times the derivative"),
     (180 / math.pi, "it is 180/pi times the derivative"), (0.0, "it is 0 times the derivative")],
)  # fmt: skip
def test_factors_in_words(factor, sentence):
    assert factor_sentence(factor) == sentence


# -- reading ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x: 1/x + y, y: x - cos(y)", {"x": "1/x + y", "y": "x - cos(y)"}),
        ("y: atan2(y, x), x: max(x, 1, 2)", {"y": "atan2(y, x)", "x": "max(x, 1, 2)"}),
        ("x: 1\ny: 2\n", {"x": "1", "y": "2"}),
        ("x: 1;;y: 2", {"x": "1", "y": "2"}),
        ("x: s = y^2; 2*s;; y: 2", {"x": "s = y^2; 2*s", "y": "2"}),
        (" x :1 ,, y: (1 +\n2) # x: 3, y: 4\n", {"x": "1", "y": "(1 + 2) # x: 3, y: 4"}),
        ("x₁: 1", {"x1": "1"}),
    ],
)  # fmt: skip
def test_claims_are_read(text, expected):
    at = {"x1": 1, "y": 2} if "x1" in expected else {"x": 1, "y": 2}
    claims = read_claims(text, Problem("*".join(at), at))
    assert {name: " ".join(claim.source.text.split()) for name, claim in claims.items()} == expected


def test_a_claim_may_be_for_a_variable_that_is_not_differentiated_by():
    problem = Problem("x*y", "x=1,y=2", wrt="x")
    (verdict,) = judge_claims(problem, read_claims("y: x", problem))
    assert (verdict.verdict, verdict.value) == ("proved", 1.0)


def test_one_variable_needs_no_name():
    assert list(read_claims("2*x", Problem("x^2", "x=1"))) == ["x"]


def test_the_variable_may_be_that_of_the_problem():
    problem = Problem("a*x^2 + b*x", "a=1,x=2,b=3", wrt="x")
    assert list(read_claims("2*a*x + b", problem)) == ["x"]
    assert list(read_claims("b: x", problem)) == ["b"]


@pytest.mark.parametrize("claim", ["s = x^2; 2*x", "s = cos(x)", "x == 2", "x <= 2", "f(t) = 2*t; f(x)", "f_y = 2*x"])
def test_programs_and_comparisons_are_claims(claim):
    assert list(read_claims(claim, Problem("x^2", "x=1"))) == ["x"]


BAD = [
    ("x*y", "x: y +* 2, y: sinn(x)", """\
error[missing-operand]: `*` stands where a number, a name or a parenthesis is needed
  in --claim
  │ x: y +* 2, y: sinn(x)
  │       ^
error[unknown-function]: there is no function `sinn`
  in --claim
  │ x: y +* 2, y: sinn(x)
  │               ^^^^
  = help: did you mean `sin`? (close: sinc, sinh)
  = help: `diffcli functions` lists them all
"""),
    ("x*y", "x: 1/, y: x", """\
error[missing-operand]: the claim ends where a number, a name or a parenthesis is needed
  in --claim
  │ x: 1/, y: x
  │      ^
"""),
    ("x*y", "x: y\ny: (x", """\
error[unclosed-parenthesis]: this parenthesis is never closed
  in --claim
2 │ y: (x
  │    ^ expected `)` at the end
"""),
    ("x*y", " ", """\
error[empty-expression]: there is no claim here
  = help: write one, such as x: 2*x
"""),
    ("x*y", "x: , y: x", """\
error[empty-expression]: there is no expression after the colon
  in --claim
  │ x: , y: x
  │  ^
  = help: write x: EXPR
"""),
    ("x*y", "y", """\
error[bad-claim]: it is not said which variable this is the derivative by
  in --claim
  │ y
  │ ^
  = help: write x: EXPR
  = help: the variables: x, y
"""),
    ("3", "0", """\
error[bad-claim]: the expression has no variable, and so no derivative to claim
  in --claim
  │ 0
  │ ^
"""),
    ("sin(x)", "f' = cos(x)", """\
error[bad-claim]: a claim is a variable, a colon and the derivative
  in --claim
  │ f' = cos(x)
  │ ^^^^
  = help: write x: cos(x)
"""),
    ("x*y", "x=y", """\
error[bad-claim]: a claim is a variable, a colon and the derivative
  in --claim
  │ x=y
  │ ^^
  = help: write x: y
"""),
    ("x*y", "f' = y", """\
error[bad-claim]: a claim is a variable, a colon and the derivative
  in --claim
  │ f' = y
  │ ^^^^
  = help: write x: y
  = help: the variables: x, y
"""),
    ("x*y", "y: ∂f/∂y = x, d/dx (x*y) = y, f_x =", """\
error[bad-claim]: a claim is a variable, a colon and the derivative
  in --claim
  │ y: ∂f/∂y = x, d/dx (x*y) = y, f_x =
  │    ^^^^^^^
  = help: write y: x
error[bad-claim]: a claim is a variable, a colon and the derivative
  in --claim
  │ y: ∂f/∂y = x, d/dx (x*y) = y, f_x =
  │               ^^^^^^^^^^^^
  = help: write x: y
error[bad-claim]: a claim is a variable, a colon and the derivative
  in --claim
  │ y: ∂f/∂y = x, d/dx (x*y) = y, f_x =
  │                               ^^^^^
  = help: write x: EXPR
"""),
    ("x*y", "2*x: y", """\
error[bad-claim]: a claim begins with the variable that it is the derivative by
  in --claim
  │ 2*x: y
  │ ^^^
  = help: write x: EXPR
"""),
    ("x*y", "z: y", """\
error[unknown-variable]: the expression has no variable `z`
  in --claim
  │ z: y
  │ ^
  = help: its variables: x, y
"""),
    ("alpha*x", "x: alpa", """\
error[unknown-variable]: the expression has no variable `alpa`
  in --claim
  │ x: alpa
  │    ^^^^
  = help: did you mean `alpha`?
"""),
    ("s = x^2; s*y", "x: 2*x*y, y: s", """\
error[unknown-variable]: `s` is computed by the expression, and no variable of it
  in --claim
  │ x: 2*x*y, y: s
  │              ^
  = note: a claim speaks of the variables alone
  = help: its variables: x, y
"""),
    ("x^2", "2*x, 3", """\
error[duplicate-name]: there are two claims for `x`
  in --claim
  │ 2*x, 3
  │      ^
  = help: claim each derivative once
"""),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "claim", "text"), BAD)
def test_bad_claims_are_marked_in_their_own_text(expression, claim, text):
    problem = Problem(expression, dict.fromkeys(parse(expression).inputs, 1))
    with pytest.raises(diffcli.ExpressionError) as caught:
        read_claims(claim, problem)
    assert diffcli.explain(caught.value) == text
