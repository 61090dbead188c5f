"""What other languages, calculators and schoolbooks call a function, and what it is here."""

from __future__ import annotations

import re

from diffcli.errors.foreign_names import INSTEAD, NO_MISSPELLINGS
from diffcli.operations import is_function

# fmt: off
_NAMES: dict[str, str] = {
    # what to write here, in the arguments a, b and c where it is no name: what others call it, in lower case
    "sin": "sine sinus sen seno dsin sinf", "cos": "cosine cosinus coseno kos dcos cosf", "tan": "tangent tangens tang dtan tanf",
    "cot": "cotan cotg cotangent ctan", "sec": "secant", "csc": "cosecant",
    "asin": "arcsine arcsen asen sininv invsin dasin", "acos": "arccosine cosinv invcos dacos",
    "atan": "arctangent arctang atg taninv invtan datan", "atan2": "datan2 atan",
    "acos(1/a)": "asec arcsec", "asin(1/a)": "acsc arccsc arccosec acosec", "atan(1/a)": "acot arccot arcctg arccotan acotan",
    "sinh": "sh senh dsinh", "cosh": "ch dcosh", "tanh": "th tgh dtanh", "coth": "cth ctgh cotanh", "sech": "sch",
    "asinh": "arsh argsh argsinh", "acosh": "argch argcosh", "atanh": "arth argth argtanh",
    "acosh(1/a)": "asech arcsech arsech", "asinh(1/a)": "acsch arccsch arcsch", "atanh(1/a)": "acoth arccoth arcoth",
    "sin(a*pi/180)": "sind", "cos(a*pi/180)": "cosd", "tan(a*pi/180)": "tand",
    "asin(a)*180/pi": "asind", "acos(a)*180/pi": "acosd", "atan(a)*180/pi": "atand",
    "a*pi/180": "radians deg2rad", "a*180/pi": "degrees rad2deg",
    "1 - cos(a)": "versin vers", "sin(a/2)^2": "haversin hav",
    "exp": "exponential dexp expf", "2^a": "exp2", "10^a": "exp10 pow10", "log": "logarithm loge dlog alog logf",
    "log10": "lg log dlog10 alog10", "log2": "lg lb ld", "log(a/(1 - a))": "logit",
    "sqrt": "sqr root squareroot sqroot racine wurzel raiz dsqrt sqrtf", "a^2": "sqr sq", "a^3": "cube",
    "cbrt": "cuberoot cubert", "a^(1/b)": "root nthroot surd", "b^(1/a)": "root", "1/sqrt(a)": "rsqrt invsqrt", "a^b": "power float_power",
    "abs": "absolute absval absolutevalue magnitude betrag dabs", "copysign": "dsign",
    "gamma(a + 1)": "factorial fact fac fakultaet factorielle", "gamma": "tgamma", "gamma(a)*gamma(b)/gamma(a + b)": "beta",
    "gamma(a + 1)/(gamma(b + 1)*gamma(a - b + 1))": "binomial binom comb combin choose nchoosek ncr",
    "where(a > 0, 1, 0)": "heaviside step unitstep heavisidetheta", "where(a == 0, b, where(a > 0, 1, 0))": "heaviside",
    "(1 + erf(a/sqrt(2)))/2": "Phi normcdf ncdf pnorm normsdist norm_cdf ndtr", "exp(-a^2/2)/sqrt(2*pi)": "normpdf dnorm norm_pdf",
    "mod": "modulo", "fmod": "rem", "floor": "entier int floorf", "trunc": "int truncate ipart aint", "ceil": "ceilf",
    "a - floor(a)": "frac fract", "a - trunc(a)": "frac", "round": "around rint nint nearbyint", "where": "ifelse iif if cond",
    "max": "largest dmax1 amax1", "min": "smallest dmin1 amin1", "clip(a, 0, 1)": "saturate clamp01", "max(a, 0)": "ramp",
    "sigmoid": "logsig", "-softplus(-a)": "logsigmoid log_sigmoid", "log_softmax": "logsoftmax", "logsumexp": "lse",
    "a*tanh(softplus(a))": "mish", "a/(1 + abs(a))": "softsign", "a*clip(a/6 + 1/2, 0, 1)": "hardswish",
    "clip(a/6 + 1/2, 0, 1)": "hardsigmoid hard_sigmoid",
    "a + b": "add plus", "a - b": "subtract minus sub", "a*b": "multiply times mul", "a/b": "divide true_divide div", "-a": "negative neg",
    "a*b + c": "fma", "a + (b - a)*c": "lerp", "a": "float double dble real identity asarray array tensor",
    "sum": "total", "mean": "avg", "prod": "product", "det": "determinant", "trace": "tr", "inv": "inverse minverse", "concat": "hstack",
    "dot": "inner vdot", "a @ b": "mm mv mmul multi_dot", "norm": "vecnorm",
    "": "erfi erfinv erfcinv erfcx besselj bessely besseli besselk jv yv iv kv j0 j1 y0 y1 i0 i1 airy zeta ei expi si ci li lambertw "
        "ellipk ellipe hyp2f1 legendre hermite polylog arg angle re im conj cis integrate integral limit lim summation random rand randn "
        "eig svd cholesky fft sort any all diff derivative gradient piecewise interp percentile median var std cumprod cross kron averagea "
        "conv2d conv3d cosm csgn daverage deg dget digamma dmax dmin dsum exp1 expint expm expn finv fsum inf isqrt logaddexp2 logm long "
        "map maxa mid mina mode modf mround nan phi pmax pmin polygamma prob rec rgamma row sinm sln sqrtm tinv",
}  # fmt: skip
"""Under "", what is missing: nothing that looks like it is the same. A name with two lines is read either way."""

_READINGS: dict[tuple[str, int], list[str]] = {}
for _text, _names in _NAMES.items():
    _count = len(set(re.findall(r"\b[abc]\b", _text)))
    for _name in _names.split():
        _READINGS.setdefault((_name, 0 if is_function(_text) else _count), []).append(_text)
# fmt: on


def readings(name: str, count: int) -> list[str]:
    """What may be written for a function of so many arguments that the language calls otherwise: a name, or a text in a, b, c.

    >>> readings("cosine", 1), readings("SIN", 1), readings("lg", 1), readings("LOG", 1), readings("radians", 1), readings("f", 1)
    (['cos'], ['sin'], ['log10', 'log2'], ['log', 'log10'], ['a*pi/180'], [])
    """
    plain = name.lower()
    own = [plain] * (is_function(plain) and plain != name)
    found = [text for key in (name, plain) for text in (*_READINGS.get((key, count), ()), *_READINGS.get((key, 0), ()))]
    return [text for text in dict.fromkeys(own + found) if text not in ("", name) and (text != "log10" or name not in ("log", "Log"))]


def is_missing(name: str) -> bool:
    """Whether it is known elsewhere, and not here: no likeness is meant."""
    elsewhere = {*INSTEAD, *NO_MISSPELLINGS.split()}
    return not elsewhere.isdisjoint((name, name.lower())) or "" in _READINGS.get((name.lower(), 0), ())
