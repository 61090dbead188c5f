"""A loose text is mended to what was meant: right texts are loosened as people write, and come back with the same value."""

from __future__ import annotations

import random
import time

import pytest
from inside import ExpressionError, parse, tried

import diffcli

POINT = {"x": 1.3, "y": 0.7, "z": 2.1}
LOOSENED = {
    # what is loosened in a right text: pairs of what it is replaced by
    "products": [("2*x", "2x"), ("3*y", "3y"), ("x*y", "x y"), (")*(", ")(")],
    "powers": [("^2", "²"), ("^3", "³"), ("^-1", "⁻¹")],
    "brackets": [("sin(", "Sin("), ("exp(x)", "Exp[x]"), ("abs(x)", "|x|"), ("sqrt(z)", "√z")],
    "signs": [(" - ", " — "), ("*z", "·z"), ("x", "ｘ"), ("pi", "π")],
    "names": [("sin(", "np.sin("), ("cos(", "cosine("), ("exp(", "Math.exp("), ("tan(", "TAN(")],
}


def right_text(chance: random.Random, depth: int = 3) -> str:
    if depth == 0:
        return chance.choice(["2*x", "3*y", "x", "y", "z", "x*y", "abs(x)", "sqrt(z)", "exp(x)", "pi"])
    first, second = right_text(chance, depth - 1), right_text(chance, depth - 1)
    form = chance.choice(["({0})*({1})", "{0} + {1}", "{0} - ({1})", "sin({0})", "cos({0})", "({0})^2", "({0})^3 + {1}", "(({0})^2 + 9)^-1", "tan({0})*z"])
    return form.format(first, second)


@pytest.mark.parametrize("seed", range(150))
def test_a_loosened_text_is_mended_to_the_same_value(seed):
    chance = random.Random(seed)
    text = loose = right_text(chance)
    for before, after in chance.choice([*LOOSENED.values(), [pair for pairs in LOOSENED.values() for pair in pairs]]):
        loose = loose.replace(before, after) if chance.random() < 0.7 else loose
    wanted = diffcli.evaluate(text, {name: value for name, value in POINT.items() if name in parse(text).inputs})
    mended = parse(loose, fix=True)
    found = diffcli.evaluate(mended.source.text, {name: value for name, value in POINT.items() if name in mended.inputs})
    assert found == pytest.approx(wanted, rel=1e-12), (text, loose, mended.source.text)


PIECES = ["x", "2", "sin", "(", ")", "[", "]", "^", "*", "/", "|", "||", "²", "ᵀ", "√", "π", "°", "!", "%", ",", ".", ";", "\n", " ", "=", "<", "?", ":", "if", "not", "{", "}", "_", "log_2", "cosine", "1,000", "½", "\\frac", "->", "&&", "#"]


@pytest.mark.parametrize("seed", range(300))
def test_whatever_is_typed_is_mended_to_what_reads_or_not_at_all(seed):
    chance = random.Random(seed)
    text = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 14)))
    try:
        parse(text)
    except ExpressionError as fault:
        assert len(fault.mended) <= 2
        for mended in fault.mended:
            assert tried(mended) is None, (text, mended)


@pytest.mark.parametrize("piece", ["2x + ", "(", "|x| ", "sin ", "1/2x ", "x!", "[1 ", "a.b", "1,000 ", "x² ", "if ", "²", "√"])
def test_a_long_text_takes_no_longer_than_it_is_long(piece):
    def seconds(count: int) -> float:
        start = time.process_time()
        with pytest.raises(ExpressionError):
            parse(piece * count)
        return time.process_time() - start

    assert seconds(1900 // len(piece)) < 5  # the longest that is mended
    assert seconds(100_000 // len(piece)) < 20


MEANT = {
    # what is typed, and what it may mean: nothing where a word would become a factor, or a name is only like a function's
    "sin x (x+1)": ("sin(x)*(x+1)", "sin(x*(x+1))"), "sin x(1 - x)": ("sin(x)*(1 - x)", "sin(x*(1 - x))"),
    "x÷2y": ("(x/2)*y", "x/(2*y)"), "3sqrt2x": ("3*sqrt(2)*x", "3*sqrt(2*x)"),
    "root(3,x)": ("3^(1/x)", "x^(1/3)"), "nthroot(x, 3)": ("x^(1/3)",), "rsqrt(x)": ("1/sqrt(x)",),
    "log^-1(x)": ("exp(x)", "log(x)^-1"), "ln^-1 x": ("exp(x)", "ln(x)^-1"), "exp^-1(x)": ("log(x)", "exp(x)^-1"), "log10^-1(x)": ("10^x", "log10(x)^-1"),
    "cot^-1 x": ("atan(1/x)", "cot(x)^-1"), "sec^-1 x": ("acos(1/x)", "sec(x)^-1"), "acot x": ("atan(1/x)",),
    "min^-1(x)": ("min(x)^-1",),
    "exp^(2x)": ("exp(2*x)",), "exp^x + 2y": ("exp(x) + 2*y",), "exp^2x": ("exp(2)*x", "exp(2*x)"),
    "f(x) = x^2; f": ("f(x) = x^2; f(x)",), "log3(x)": ("log(x, 3)",), "log(x, base=2)": ("log(x, 2)",),
    "atan2 y x": ("atan2(y, x)",), "max x, y": ("max(x, y)",), "tr(x)": ("trace(x)",), "import math; math.sin(x)": ("sin(x)",),
    "2 theta": ("2*theta",), "3width": ("3*width",), "mass = 3; 2 mass": ("mass = 3; 2*mass",),
    **dict.fromkeys([
        "x squared", "50% of x", "2 times x", "x plus 1", "log base 2 of x", "x when x>0 otherwise x", "x^2 at x=2", "x^2 | x=2",
        "dy/dx = x^2", "sin squared x", "the square of x",
        "softmin(x)", "SUMSQ(x)", "MEDIAN(x)", "pinv(x)", "frexp(x)", "long(x)", "nan(x)", "csgn(x)", "delta(x)", "cov(x)", "flip(x)", "expp(x)", "std(x)",
        "derivative(x^2)", "diff(x^2, x)",
    ], ()),
}  # fmt: skip


@pytest.mark.parametrize("text", MEANT)
def test_what_a_text_may_mean(text):
    with pytest.raises(ExpressionError) as raised:
        parse(text)
    assert raised.value.mended == MEANT[text]


def test_a_word_is_not_a_factor():
    with pytest.raises(ExpressionError, match="words such as `squared` are not read"):
        parse("x squared")


def test_what_is_known_of_one_name_is_said_beside_an_unknown_one():
    with pytest.raises(ExpressionError) as raised:
        parse("foo(x) + cosine(x) + radians(x)")
    assert [fault.help[:-1] for fault in raised.value.diagnostics] == [(), ("for cosine, write cos",), ("for radians, write a*pi/180",)]


LIKE = {"tahn": "tanh", "sihn": "sinh", "expp": "exp", "sqrtt": "sqrt", "cso": "cos", "sigmod": "sigmoid"}


@pytest.mark.parametrize("name", LIKE)
def test_a_slip_of_the_pen_is_asked_about(name):
    with pytest.raises(ExpressionError, match=f"did you mean `{LIKE[name]}`"):
        parse(f"{name}(x)")


OF_OTHERS = ["SUMSQ", "MEDIAN", "SQRTPI", "ROUNDUP", "STDEV", "AVERAGEA", "DSUM", "MID", "MODE", "ROW", "Arg", "softmin", "selu", "celu", "prelu", "csgn", "mvlgamma", "gammainc"]


def elsewhere() -> list[str]:
    """The functions of Python and NumPy, and some of Excel's and PyTorch's."""
    import cmath
    import math

    import numpy as np

    names = {name for module in (math, cmath, np, np.linalg) for name in dir(module) if not name.startswith("_")}
    return sorted(names | set(OF_OTHERS))


def test_what_others_have_is_never_called_a_slip():
    found = {}
    for name in elsewhere():
        try:
            parse(f"{name}(x)")
        except ExpressionError as fault:
            if "did you mean" in str(fault):
                found[name] = str(fault)
    assert not found


@pytest.mark.parametrize(("text", "written"), [
    ("x^2 + sinx", "sin(x)"), ("x + xsinx", "x*sin(x)"), ("cosx", "cos(x)"), ("y*siny", "sin(y)"), ("v*sinv", "sin(v)"), ("e^xsinx", "x*sin(x)"),
    ("exp^x", "operand in parentheses"), ("x*y + xy", "x*y"),
])  # fmt: skip
def test_a_variable_that_looks_like_a_formula_is_named(text, written):
    notes = diffcli.diff(text).notes
    assert [note.code for note in notes] == ["looks-like-formula"] and written in notes[0].message


@pytest.mark.parametrize("text", ["gamma*x", "cost*x", "maxim + x", "x1*x2", "theta + mu", "sinx = x; sinx"])
def test_other_names_are_variables_without_a_word(text):
    assert not [note for note in diffcli.diff(text).notes if note.code == "looks-like-formula"]
