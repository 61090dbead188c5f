"""The table of elementwise operations: one row each. Adding an operation is adding a row.

The partials are written once, here, in the forms that keep their digits (``sech^2`` and not ``1 - tanh^2``, which is 0
from x = 20 on). Every reading of the tape takes them from this table: the sweeps, the formulas of the traces, the cost
counts, complex step, the tests. What each text may say stands in `diffcli.operations.row`.

At a kink the partial that stands here is the minimum-norm one (0 for abs, equal shares for a tie of max), after the
ordered rule of the PyTorch autograd note, "Gradients for non-differentiable functions", with "arbitrary" replaced by NaN.
"""

# fmt: off
from __future__ import annotations

import math

from diffcli.operations.row import Operation

Points = tuple[tuple[float, ...], ...]


def _points(*values: float) -> Points:
    return tuple((value,) for value in values)


ANY = _points(-2.5, -0.3, 1e-6, 0.7, 3.0)
POSITIVE = _points(1e-300, 1e-3, 0.7, 1.5, 40.0, 1e200)
UNIT = _points(-0.9, -0.3, 1e-6, 0.5, 1 - 1e-10)
PAIRS = ((-2.5, 0.7), (0.3, -4.0), (1e-6, 3.0), (2.0, 1.5))
# The Taylor series of sinc' in t = (pi*a)^2, coefficients (-1)^k*2k/(2k + 1)!; the closed form cancels near 0.
_SINC_SERIES = " - t*".join(f"(1/{math.factorial(2 * k + 1) // (2 * k)}" for k in range(1, 11)) + ")" * 10
SINC_SLOPE = f"t = (pi*a)^2; where(abs(a) < 0.4, -pi^2*a*{_SINC_SERIES}, (cospi(a) - y)/a)"
# How far it is to a multiple of b, less what the rounding of a may make of it.
_BESIDE_MOD = "max(min(abs(y), abs(b - y)) - 1e-15*abs(a), 0)"
_BESIDE_FMOD = "where(abs(a) < abs(b), abs(b) - abs(a), max(min(abs(y), abs(b) - abs(y)) - 1e-15*abs(a), 0))"
UPPER = ((2.0, 1.5), (0.7, -1.2), (1e-6, 3.0), (40.0, 0.5))


def _row(name: str, operands: str, partials: str, meaning: str, points: Points, **more: object) -> Operation:
    """A row from texts: operands are separated by spaces, partials by bars."""
    return Operation(name, tuple(operands.split()), tuple(part.strip() for part in partials.split("|")), meaning, points, **more)  # type: ignore[arg-type]


ROWS: tuple[Operation, ...] = (
    # -- arithmetic: the operators ---------------------------------------------------------------------------------------------------------------------
    _row("add",          "a b",   "1 | 1",                            "sum",                           PAIRS, symbol="+", precedence=6),
    _row("sub",          "a b",   "1 | -1",                           "difference",                    PAIRS, symbol="-", precedence=6),
    _row("mul",          "a b",   "b | a",                            "product",                       PAIRS, symbol="*", precedence=7),
    # -(y/b) and not -a/b^2: the square of the divisor may overflow or vanish where the quotient does not
    _row("div",          "a b",   "1/b | -(y/b)",                     "quotient",                      PAIRS + ((1e-200, 1e-200),), symbol="/", precedence=7, domain="b != 0", breaks=(("pole", "b == 0"),), latex=r"\dfrac{#1}{#2}", radius=" | abs(b)/2"),
    _row("neg",          "a",     "-1",                              "negation",                      ANY, symbol="-", precedence=8),
    # by the base: b = 0 is the constant 1, whatever a is; by the exponent: 0^b is the constant 0 for b > 0
    _row("pow",          "a b",   "where(b == 0, 0, b*a^(b - 1)) | where(a == 0, where(b > 0, 0, nan), y*log(a))", "power", UPPER, symbol="^", precedence=9, domain="(a > 0 or b == floor(b)) and a != 0 or a == 0 and b >= 0", breaks=(("pole", "a == 0 and b > 0 and b < 1"),), latex="{#1}^{#2}", radius="where(b == floor(b) and b >= 0, 1/0, abs(a)/2) | where(a > 0, 1/abs(log(a)), where(a == 0, abs(b)/2, 0))"),
    _row("square",       "a",     "2*a",                             "a^2",                           ANY, definition="a^2", latex="{#1}^{2}"),
    _row("reciprocal",   "a",     "-(y/a)",                          "1/a",                           ANY, definition="a^-1", value="1/a", domain="a != 0", breaks=(("pole", "a == 0"),), latex=r"\dfrac{1}{#1}", radius="abs(a)/2"),
    # -- exponentials and logarithms -------------------------------------------------------------------------------------------------------------------
    _row("exp",          "a",     "y",                               "exponential",                   ANY, sympy="exp", latex="e^{#1}", radius="1"),
    _row("expm1",        "a",     "exp(a)",                          "exp(a) - 1, exact near 0",      ANY + _points(-50.0), definition="exp(a) - 1", radius="1"),
    _row("log",          "a",     "1/a",                             "natural logarithm",             POSITIVE, domain="a >= 0", breaks=(("pole", "a == 0"),), aliases=("ln",), sympy="log", latex=r"\ln", radius="abs(a)/2"),
    _row("log_base",     "a b",   "1/(a*log(b)) | -y/(b*log(b))",     "logarithm of a to the base b",  UPPER[::2] + ((8.0, 3.0),), domain="a >= 0 and b > 0 and b != 1", breaks=(("pole", "a == 0"),), spelled="log", definition="log(a)/log(b)", value="where(b == 2, log2(a), where(b == 10, log10(a), log(a)/log(b)))", latex=r"\log_{#2}\left(#1\right)", radius="abs(a)/2 | min(abs(b), abs(b - 1))/2"),
    _row("log2",         "a",     "1/(a*log(2))",                    "logarithm to the base 2",       POSITIVE, domain="a >= 0", breaks=(("pole", "a == 0"),), definition="log(a)/log(2)", latex=r"\log_{2}", radius="abs(a)/2"),
    _row("log10",        "a",     "1/(a*log(10))",                   "logarithm to the base 10",      POSITIVE, domain="a >= 0", breaks=(("pole", "a == 0"),), definition="log(a)/log(10)", latex=r"\log_{10}", radius="abs(a)/2"),
    _row("log1p",        "a",     "1/(1 + a)",                       "log(1 + a), exact near 0",      _points(-0.9, 1e-12, 0.5, 1e10), domain="a >= -1", breaks=(("pole", "a == -1"),), definition="log(1 + a)", radius="abs(1 + a)/2"),
    _row("logaddexp",    "a b",   "sigmoid(a - b) | sigmoid(b - a)",  "log(exp(a) + exp(b))",          PAIRS + ((800.0, 799.0),), definition="log(exp(a) + exp(b))", value="where(a == b, a + log(2), max(a, b) + log1p(exp(-abs(a - b))))", radius="where(abs(a - b) > 40, abs(a - b)/4, 1) | where(abs(a - b) > 40, abs(a - b)/4, 1)"),
    _row("xlogy",        "a b",   "log(b) | a/b",                     "a*log(b), and 0 at a = 0",      UPPER[:1] + ((-3.0, 0.2), (0.5, 40.0)), domain="b >= 0", breaks=(("pole", "b == 0"),), definition="where(a == 0, 0, a*log(b))", radius=" | abs(b)/2"),
    # -- roots -----------------------------------------------------------------------------------------------------------------------------------------
    _row("sqrt",         "a",     "1/(2*y)",                         "square root",                   POSITIVE, domain="a >= 0", breaks=(("pole", "y == 0"),), sympy="sqrt", latex=r"\sqrt{#1}", radius="abs(a)/2"),
    _row("cbrt",         "a",     "1/(3*y^2)",                       "real cube root",                ANY + _points(-8.0), breaks=(("pole", "y == 0"),), definition="where(a >= 0, a^(1/3), -(-a)^(1/3))", latex=r"\sqrt[3]{#1}", radius="abs(a)/2"),
    # a/y, and where a is nearly all of y a form whose own derivative, b^2/y^3, does not cancel
    _row("hypot",        "a b",   "where(y == 0, 0, where(abs(b) < abs(a)/8, sign(a)/hypot(1, b/a), a/y)) | where(y == 0, 0, where(abs(a) < abs(b)/8, sign(b)/hypot(1, a/b), b/y))", "sqrt(a^2 + b^2)", PAIRS + ((1e200, 1e200), (1e-200, 3e-200)), breaks=(("kink", "y == 0"),), definition="sqrt(a^2 + b^2)", radius="y/2 | y/2"),
    # -- trigonometric ---------------------------------------------------------------------------------------------------------------------------------
    _row("sin",          "a",     "cos(a)",                          "sine",                          ANY, sympy="sin", latex=r"\sin", radius="1"),
    _row("cos",          "a",     "-sin(a)",                         "cosine",                        ANY, sympy="cos", latex=r"\cos", radius="1"),
    _row("tan",          "a",     "1 + y^2",                         "tangent",                       ANY, aliases=("tg",), sympy="tan", latex=r"\tan", radius="abs(cos(a))/2"),
    _row("sec",          "a",     "y*tan(a)",                        "secant, 1/cos",                 ANY, sympy="sec", value="1/cos(a)", latex=r"\sec", radius="abs(cos(a))/2"),
    _row("csc",          "a",     "-(y*cot(a))",                     "cosecant, 1/sin",               ANY, aliases=("cosec",), sympy="csc", value="1/sin(a)", domain="sin(a) != 0", breaks=(("pole", "sin(a) == 0"),), latex=r"\csc", radius="abs(sin(a))/2"),
    _row("cot",          "a",     "-(1 + y^2)",                      "cotangent, 1/tan",              ANY, aliases=("ctg",), sympy="cot", value="1/tan(a)", domain="tan(a) != 0", breaks=(("pole", "tan(a) == 0"),), latex=r"\cot", radius="abs(sin(a))/2"),
    # (1 - a)*(1 + a) and not 1 - a^2, which loses digits beside the ends; the derivative of the product does, beside 0
    _row("asin",         "a",     "where(abs(a) < 0.5, 1/sqrt(1 - a^2), 1/sqrt((1 - a)*(1 + a)))",         "inverse sine",                  UNIT, domain="abs(a) <= 1", breaks=(("pole", "abs(a) == 1"),), aliases=("arcsin",), sympy="asin", latex=r"\arcsin", radius="(1 - abs(a))/2"),
    _row("acos",         "a",     "where(abs(a) < 0.5, -1/sqrt(1 - a^2), -1/sqrt((1 - a)*(1 + a)))",        "inverse cosine",                UNIT, domain="abs(a) <= 1", breaks=(("pole", "abs(a) == 1"),), aliases=("arccos",), sympy="acos", latex=r"\arccos", radius="(1 - abs(a))/2"),
    _row("atan",         "a",     "where(abs(a) < 1e8, 1/(1 + a^2), 1/a/a)",                     "inverse tangent",               ANY + _points(1e200), aliases=("arctan", "arctg"), sympy="atan", latex=r"\arctan", radius="hypot(1, a)/2"),
    _row("atan2",        "a b",   "b/hypot(a, b)/hypot(a, b) | -(a/hypot(a, b))/hypot(a, b)", "angle of the point (b, a)", PAIRS + ((1e200, 1e200),), breaks=(("jump", "a == 0 and b <= 0"),), aliases=("arctan2",), sympy="atan2", radius="where(b < 0, min(abs(a), hypot(a, b)/2), hypot(a, b)/2) | where(a == 0, abs(b), hypot(a, b)/2)"),
    _row("sinpi",        "a",     "pi*cospi(a)",                     "sin(pi*a), 0 at the integers",  ANY, definition="sin(pi*a)", value="t = a - 2*round(a/2); sin(pi*where(abs(t) > 0.5, copysign(1 - abs(t), t), t))", latex=r"\operatorname{sinpi}", radius="1/3"),
    _row("cospi",        "a",     "-pi*sinpi(a)",                    "cos(pi*a), 0 at the half-integers", ANY, definition="cos(pi*a)", value="t = abs(a - 2*round(a/2)); where(t <= 0.25, cos(pi*t), where(t < 0.75, sin(pi*(0.5 - t)), -cos(pi*(1 - t))))", latex=r"\operatorname{cospi}", radius="1/3"),
    _row("sinc",         "a",     SINC_SLOPE, "sin(pi*a)/(pi*a), 1 at 0", ANY + _points(0.39, 0.41), definition="where(a == 0, 1, sin(pi*a)/(pi*a))", value="where(a == 0, 1, where(abs(a) == 1/0, 0, sinpi(a)/(pi*a)))", radius="1/3"),
    # -- hyperbolic ------------------------------------------------------------------------------------------------------------------------------------
    _row("sinh",         "a",     "cosh(a)",                         "hyperbolic sine",               ANY, sympy="sinh", latex=r"\sinh", radius="1"),
    _row("cosh",         "a",     "sinh(a)",                         "hyperbolic cosine",             ANY, sympy="cosh", latex=r"\cosh", radius="1"),
    _row("tanh",         "a",     "sech(a)^2",                       "hyperbolic tangent",            ANY + _points(20.0), sympy="tanh", latex=r"\tanh", radius="where(abs(a) > 40, abs(a)/4, 1/2)"),
    # from 20 on, 1/cosh(a) is 2*exp(-a) to the last digit, and cosh overflows before it vanishes
    _row("sech",         "a",     "-(y*tanh(a))",                    "hyperbolic secant, 1/cosh",     ANY + _points(-20.5, 740.0), sympy="sech", value="where(abs(a) > 20, 2*exp(-abs(a)), 1/cosh(a))", latex=r"\operatorname{sech}", radius="where(abs(a) > 40, abs(a)/4, 1/2)"),
    _row("csch",         "a",     "-(y*coth(a))",                    "hyperbolic cosecant, 1/sinh",   ANY + _points(-20.5, 740.0), aliases=("cosech",), sympy="csch", value="where(abs(a) > 20, sign(a)*2*exp(-abs(a)), 1/sinh(a))", domain="a != 0", breaks=(("pole", "a == 0"),), latex=r"\operatorname{csch}", radius="min(abs(a), 1)/2"),
    _row("coth",         "a",     "-csch(a)^2",                      "hyperbolic cotangent, 1/tanh",  ANY + _points(20.0), sympy="coth", value="1/tanh(a)", domain="a != 0", breaks=(("pole", "a == 0"),), latex=r"\coth", radius="min(abs(a), 1)/2"),
    _row("asinh",        "a",     "1/hypot(1, a)",                   "inverse hyperbolic sine",       ANY + _points(1e200), aliases=("arcsinh", "arsinh"), sympy="asinh", latex=r"\operatorname{arsinh}", radius="hypot(1, a)/2"),
    _row("acosh",        "a",     "1/(sqrt(a - 1)*sqrt(a + 1))",     "inverse hyperbolic cosine",     _points(1 + 1e-10, 1.5, 40.0, 1e200), domain="a >= 1", breaks=(("pole", "a == 1"),), aliases=("arccosh", "arcosh"), sympy="acosh", latex=r"\operatorname{arcosh}", radius="(a - 1)/2"),
    _row("atanh",        "a",     "where(abs(a) < 0.5, 1/(1 - a^2), 1/((1 - a)*(1 + a)))",             "inverse hyperbolic tangent",    UNIT, domain="abs(a) <= 1", breaks=(("pole", "abs(a) == 1"),), aliases=("arctanh", "artanh"), sympy="atanh", latex=r"\operatorname{artanh}", radius="(1 - abs(a))/2"),
    _row("logcosh",      "a",     "tanh(a)",                         "log(cosh(a)), never overflows", ANY + _points(800.0), definition="log(cosh(a))", value="where(abs(a) < 1, log1p(2*sinh(a/2)^2), abs(a) + log1p(exp(-2*abs(a))) - log(2))", radius="where(abs(a) > 40, abs(a)/4, 1/2)"),
    # -- special functions -----------------------------------------------------------------------------------------------------------------------------
    _row("erf",          "a",     "2/sqrt(pi)*exp(-a^2)",            "error function",                ANY, sympy="erf", latex=r"\operatorname{erf}", radius="where(abs(a) > 40, abs(a)/4, 1/(1 + abs(a)))"),
    _row("erfc",         "a",     "-2/sqrt(pi)*exp(-a^2)",           "1 - erf(a)",                    ANY + _points(8.0), sympy="erfc", latex=r"\operatorname{erfc}", radius="where(abs(a) > 40, abs(a)/4, 1/(1 + abs(a)))"),
    _row("gamma",        "a",     "y*digamma(a)",                    "gamma function",                _points(-2.5, -0.3, 1e-3, 0.7, 3.0, 20.5), domain="a > 0 or a != floor(a)", breaks=(("pole", "a <= 0 and a == floor(a)"),), sympy="gamma", latex=r"\Gamma", radius="where(a > 1/2, min(a, 1), abs(a - round(a)))/2"),
    _row("lgamma",       "a",     "digamma(a)",                      "log of the gamma function's absolute value", _points(1e-3, 0.7, 3.0, 20.5, 1e10), domain="a > 0 or a != floor(a)", breaks=(("pole", "a <= 0 and a == floor(a)"),), aliases=("gammaln", "loggamma"), sympy="loggamma", latex=r"\ln\Gamma", radius="where(a > 1/2, a, abs(a - round(a)))/2"),
    _row("digamma",      "a",     "polygamma(1, a)",                 "derivative of lgamma",          _points(-2.5, -0.3, 1e-3, 0.7, 3.0, 20.5, 1e10), domain="a > 0 or a != floor(a)", breaks=(("pole", "a <= 0 and a == floor(a)"),), aliases=("psi",), sympy="digamma", radius="where(a > 1/2, a, abs(a - round(a)))/2"),
    _row("polygamma",    "a b",   "nan | polygamma(a + 1, b)",        "a-th derivative of digamma",    ((1.0, 0.7), (1.0, 20.5), (2.0, 3.0), (3.0, -0.3)), domain="a >= 0 and a <= 168 and a == floor(a) and (b > 0 or b != floor(b))", breaks=(("pole", "b <= 0 and b == floor(b)"),), sympy="polygamma", latex=r"\psi^{(#1)}\left(#2\right)", radius=" | where(b > 1/2, b, abs(b - round(b)))/2"),
    # -- activations -----------------------------------------------------------------------------------------------------------------------------------
    # the product is as good, but beside 0 its own derivative cancels
    _row("sigmoid",      "a",     "where(abs(a) < 0.1, 1/(2 + 2*cosh(a)), sigmoid(a)*sigmoid(-a))", "logistic function",             ANY + _points(-40.0, 40.0), aliases=("logistic", "expit"), definition="1/(1 + exp(-a))", value="t = exp(-abs(a)); where(a >= 0, 1, t)/(1 + t)", radius="where(abs(a) > 40, abs(a)/4, 1)"),
    _row("softplus",     "a",     "sigmoid(a)",                      "log(1 + exp(a)), never overflows", ANY + _points(-40.0, 800.0), definition="log(1 + exp(a))", value="max(a, 0) + log1p(exp(-abs(a)))", radius="where(abs(a) > 40, abs(a)/4, 1)"),
    _row("relu",         "a",     "where(a > 0, 1, 0)",              "max(a, 0)",                     _points(-2.5, 0.7), breaks=(("kink", "a == 0"),), present="a >= 0", definition="where(a > 0, a, 0)", value="where(a <= 0, 0, a)", radius="abs(a)"),
    # clip(b, 0, 1): of the slopes from b to 1, the one nearest 0. b == b: an undefined b makes an undefined result, although it is not used
    _row("leaky_relu",   "a b=0.01", "where(a > 0, 1, where(a < 0, b, clip(b, 0, 1))) | where(a > 0, 0, a)", "a, or b*a for a < 0", ((-2.5, 0.1), (0.7, 0.1)), breaks=(("kink", "a == 0 and b != 1"),), present=" | not (a > 0)", definition="where(a > 0, a, b*a)", value="where(a > 0 and b == b, a, b*a)", radius="abs(a) | "),
    _row("relu6",        "a",     "where(a > 0 and a < 6, 1, 0)",    "clip(a, 0, 6)",                 _points(-2.5, 0.7, 7.0), breaks=(("kink", "a == 0 or a == 6"),), present="a >= 0 and a <= 6", definition="where(a <= 0, 0, where(a >= 6, 6, a))", radius="min(abs(a), abs(a - 6))"),
    _row("hardtanh",     "a",     "where(abs(a) < 1, 1, 0)",         "clip(a, -1, 1)",                _points(-2.5, 0.7, 7.0), breaks=(("kink", "abs(a) == 1"),), present="abs(a) <= 1", definition="where(a <= -1, -1, where(a >= 1, 1, a))", radius="min(abs(a - 1), abs(a + 1))"),
    _row("elu",          "a b=1", "where(a > 0, 1, where(a < 0, b*exp(a), clip(b, 0, 1))) | where(a > 0, 0, expm1(a))", "a, or b*expm1(a) for a < 0", ((-2.5, 0.5), (0.7, 2.0)), breaks=(("kink", "a == 0 and b != 1"),), present=" | not (a > 0)", definition="where(a > 0, a, b*(exp(a) - 1))", value="where(a > 0 and b == b, a, b*expm1(a))", radius="where(a > 0, a, min(-a, 1)) | "),
    _row("gelu",         "a",     "erfc(-a/sqrt(2))/2 + a*exp(-a^2/2)/sqrt(2*pi)", "a times the normal distribution function", ANY + _points(-10.0), definition="a*erfc(-a/sqrt(2))/2", radius="where(abs(a) > 40, abs(a)/4, 1/(1 + abs(a)))"),
    _row("silu",         "a",     "sigmoid(a)*(1 + a*sigmoid(-a))",  "a*sigmoid(a)",                  ANY + _points(-40.0), aliases=("swish",), definition="a/(1 + exp(-a))", value="where(a < -700, max(a, -800)*exp(a/2)*exp(a/2), a*sigmoid(a))", radius="where(abs(a) > 40, abs(a)/4, 1)"),
    # -- pieces: kinks, ties and jumps -----------------------------------------------------------------------------------------------------------------
    _row("abs",          "a",     "sign(a)",                         "absolute value",                ANY, breaks=(("kink", "a == 0"),), aliases=("fabs",), sympy="Abs", latex=r"\left|#1\right|", radius="abs(a)"),
    _row("max",          "a...",  "where(a == y, 1/ties, 0)",        "largest of its operands",       PAIRS + ((1.0, 3.0, 2.0),), breaks=(("tie", "ties > 1"),), present="a == y", aliases=("maximum", "fmax"), sympy="Max", latex=r"\max", radius="where(a == y, gap, abs(y - a))/2"),
    _row("min",          "a...",  "where(a == y, 1/ties, 0)",        "smallest of its operands",      PAIRS + ((1.0, 3.0, 2.0),), breaks=(("tie", "ties > 1"),), present="a == y", aliases=("minimum", "fmin"), sympy="Min", latex=r"\min", radius="where(a == y, gap, abs(y - a))/2"),
    _row("clip",         "a b c", "where(a > b and a < c, 1, 0) | where(a <= b and b == c, 1/2, where(a <= b and b <= c, 1, 0)) | where(a <= b and b == c, 1/2, where(a >= c or b > c, 1, 0))", "a held between b and c", ((0.5, 0.0, 1.0), (-1.0, 0.0, 1.0), (2.0, 0.0, 1.0)), breaks=(("kink", "a == b or a == c or b == c and a < b"),), aliases=("clamp",), present="a >= b and a <= c | a <= b and b <= c | a >= c or b >= c", definition="where(b > c or a >= c, c, where(a <= b, b, a))", radius="min(abs(a - b), abs(a - c))/2 | min(abs(a - b), abs(b - c))/2 | min(abs(a - c), abs(b - c))/2"),
    _row("sign",         "a",     "absent",                          "-1, 0 or 1",                    _points(-2.5, 0.7), breaks=(("jump", "a == 0"),), flat=True, aliases=("sgn", "signum"), sympy="sign", latex=r"\operatorname{sgn}", radius="abs(a)"),
    _row("copysign",     "a b",   "where(a == 0, 0, y/a) | absent",   "abs(a) with the sign of b",     PAIRS, breaks=(("kink", "a == 0"), ("jump", "b == 0")), definition="where(b < 0, -abs(a), abs(a))", radius="abs(a) | abs(b)"),
    _row("floor",        "a",     "absent",                          "round down",                    ANY[:2] + ANY[3:4], breaks=(("jump", "a == floor(a)"),), flat=True, sympy="floor", latex=r"\left\lfloor #1 \right\rfloor", radius="min(a - floor(a), ceil(a) - a)"),
    _row("ceil",         "a",     "absent",                          "round up",                      ANY[:2] + ANY[3:4], breaks=(("jump", "a == floor(a)"),), flat=True, aliases=("ceiling",), sympy="ceiling", latex=r"\left\lceil #1 \right\rceil", radius="min(a - floor(a), ceil(a) - a)"),
    _row("round",        "a",     "absent",                          "nearest integer, halves to even", ANY[1:2] + ANY[3:], breaks=(("jump", "a - floor(a) == 1/2"),), flat=True, definition="floor(a/2 + 1/4) + ceil(a/2 - 1/4)", radius="abs(a - floor(a) - 1/2)"),
    _row("trunc",        "a",     "absent",                          "round towards 0",               ANY[:2] + ANY[3:4], breaks=(("jump", "a == floor(a) and a != 0"),), flat=True, aliases=("fix",), definition="where(a >= 0, floor(a), ceil(a))", radius="where(abs(a) < 1, 1 - abs(a), min(a - floor(a), ceil(a) - a))"),
    # -- remainders: those of the exact quotient, as Python has them for % and //; by the divisor, the whole number that was taken off
    _row("mod",          "a b",   "1 | -floor_divide(a, b)",          "remainder of a/b, with the sign of b", PAIRS, domain="b != 0", breaks=(("jump", "y == 0"),), aliases=("remainder",), definition="a - b*floor(a/b)", radius=f"{_BESIDE_MOD} | ({_BESIDE_MOD})/(1 + abs(a/b))"),
    _row("fmod",         "a b",   "1 | -round((a - y)/b)",            "remainder of a/b, with the sign of a", PAIRS, domain="b != 0", breaks=(("jump", "y == 0 and abs(a) >= abs(b)"),), definition="a - b*trunc(a/b)", radius=f"{_BESIDE_FMOD} | ({_BESIDE_FMOD})/(1 + abs(a/b))"),
    _row("floor_divide", "a b",   "absent | absent",                  "a/b rounded down",              PAIRS, domain="b != 0", breaks=(("jump", "mod(a, b) == 0"),), flat=True, definition="floor(a/b)", latex=r"\left\lfloor \dfrac{#1}{#2} \right\rfloor", radius=f"y = mod(a, b); {_BESIDE_MOD} | y = mod(a, b); ({_BESIDE_MOD})/(1 + abs(a/b))"),
    # -- choices and cuts ------------------------------------------------------------------------------------------------------------------------------
    _row("where",        "a b c", "absent | where(a, 1, absent) | where(a, absent, 1)", "b if a holds, else c; only the one taken is evaluated", ((1.0, 0.3, 2.0), (0.0, 0.3, 2.0)), present=" | a | not a", sympy="Piecewise", latex=r"\begin{cases} #2 & \text{if } #1 \\ #3 & \text{otherwise} \end{cases}", radius="abs(a) | | "),
    _row("stop_gradient", "a",    "absent",                          "a, held constant for every derivative", ANY, aliases=("detach",), definition="a"),
    # -- comparisons: 1 where they hold, else 0 --------------------------------------------------------------------------------------------------------
    _row("lt",           "a b",   "absent | absent",                  "less than",                     PAIRS, breaks=(("branch", "a == b"),), flat=True, symbol="<",  precedence=5, sympy="StrictLessThan", radius="abs(a - b)/2 | abs(a - b)/2"),
    _row("le",           "a b",   "absent | absent",                  "less than or equal",            PAIRS, breaks=(("branch", "a == b"),), flat=True, symbol="<=", precedence=5, sympy="LessThan", latex=r"#1 \le #2", radius="abs(a - b)/2 | abs(a - b)/2"),
    _row("gt",           "a b",   "absent | absent",                  "greater than",                  PAIRS, breaks=(("branch", "a == b"),), flat=True, symbol=">",  precedence=5, sympy="StrictGreaterThan", radius="abs(a - b)/2 | abs(a - b)/2"),
    _row("ge",           "a b",   "absent | absent",                  "greater than or equal",         PAIRS, breaks=(("branch", "a == b"),), flat=True, symbol=">=", precedence=5, sympy="GreaterThan", latex=r"#1 \ge #2", radius="abs(a - b)/2 | abs(a - b)/2"),
    _row("eq",           "a b",   "absent | absent",                  "equal",                         PAIRS, breaks=(("point-branch", "a == b"),), flat=True, symbol="==", precedence=5, sympy="Equality", latex=r"#1 = #2", radius="abs(a - b)/2 | abs(a - b)/2"),
    _row("ne",           "a b",   "absent | absent",                  "not equal",                     PAIRS, breaks=(("point-branch", "a == b"),), flat=True, symbol="!=", precedence=5, sympy="Unequality", latex=r"#1 \ne #2", radius="abs(a - b)/2 | abs(a - b)/2"),
    _row("and",          "a b",   "absent | absent",                  "both hold",                     ((1.0, 0.0), (1.0, 1.0)), flat=True, symbol="and", precedence=3, sympy="And", latex=r"#1 \land #2", radius="abs(a) | abs(b)"),
    _row("or",           "a b",   "absent | absent",                  "at least one holds",            ((1.0, 0.0), (0.0, 0.0)), flat=True, symbol="or", precedence=2, sympy="Or", latex=r"#1 \lor #2", radius="abs(a) | abs(b)"),
    _row("not",          "a",     "absent",                          "does not hold",                 _points(0.0, 1.0), flat=True, symbol="not", precedence=4, sympy="Not", latex=r"\lnot #1", radius="abs(a)"),
)
