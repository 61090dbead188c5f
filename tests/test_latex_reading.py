"""LaTeX as people write it, and as diffcli writes it, read as what it means."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from inside import LATEX, LATEX_MISSING, LATEX_OPEN, OPERATIONS, statement_text
from programs import plainly, programs
from tiers import examples

import diffcli

GOLDEN = Path(__file__).parent / "golden"
E, X, Y = math.e, 1.3, 0.7

FORMS = [
    (r"2x", 2 * X), (r"xy", X * Y), (r"3 x y^2", 3 * X * Y**2), (r"x\,y", X * Y), (r"x \cdot y", X * Y), (r"x\times y", X * Y),
    (r"x \div y", X / Y), (r"x / y", X / Y), (r"-x^2", -(X**2)), (r"x^{-1}", 1 / X), (r"x^{2y}", X ** (2 * Y)),
    (r"x^{2^y}", X ** (2**Y)), (r"{x^2}^y", X ** (2 * Y)), (r"x^y + 1", X**Y + 1), (r"2(x+1)(x-y)", 2 * (X + 1) * (X - Y)),
    (r"\frac12", 0.5), (r"\frac1{2x}", 1 / (2 * X)), (r"\frac{x+1}{y-2}", (X + 1) / (Y - 2)), (r"\dfrac{x}{y}^2", (X / Y) ** 2),
    (r"\tfrac x y", X / Y), (r"\frac\pi2", math.pi / 2), (r"2\frac{x}{3}y", 2 * X / 3 * Y), (r"x-\frac{x}{y}", X - X / Y),
    (r"\frac{\frac{x}{y}}{\frac{y}{x}}", X / Y / (Y / X)), (r"\sqrt2", math.sqrt(2)), (r"\sqrt{x+y}", math.sqrt(X + Y)),
    (r"\sqrt[3]{x}", X ** (1 / 3)), (r"\sqrt[5]{x}", X**0.2), (r"\sqrt x y", math.sqrt(X) * Y), (r"\sqrt{x}^3", math.sqrt(X) ** 3),
    (r"\sin x", math.sin(X)), (r"\sin 2x", math.sin(2 * X)), (r"\sin xy", math.sin(X * Y)), (r"\sin^2 x", math.sin(X) ** 2),
    (r"\sin x \cos y", math.sin(X) * math.cos(Y)), (r"\sin^{-1} y", math.asin(Y)), (r"\tan^{-1}(x)y", math.atan(X) * Y),
    (r"\sin(x)^2", math.sin(X) ** 2), (r"\sin x^2", math.sin(X**2)), (r"\sin^2 2x + \cos^2 2x", 1.0), (r"\sin(x)y", math.sin(X) * Y),
    (r"\sin\left(\frac{\pi x}{2}\right)", math.sin(math.pi * X / 2)), (r"\sin \frac{\pi}{2} x", math.sin(math.pi / 2 * X)),
    (r"\cos -x", math.cos(X)), (r"\sin x \cdot y", math.sin(X) * Y), (r"y\sin x + 1", Y * math.sin(X) + 1), (r"\sin\cos x", math.sin(math.cos(X))),
    (r"\ln x", math.log(X)), (r"\log x", math.log(X)), (r"\log_{2} x", math.log2(X)), (r"\log_2(x+1)", math.log2(X + 1)),
    (r"\log_{10} x", math.log10(X)), (r"\log_x y", math.log(Y, X)), (r"\ln^2 x", math.log(X) ** 2), (r"\ln |x-2|", math.log(2 - X)),
    (r"\ln x/\ln y", math.log(X) / math.log(Y)), (r"\log_2^2 x", math.log2(X) ** 2),
    (r"e^{-x^2}", math.exp(-X * X)), (r"e^x y", math.exp(X) * Y), (r"\exp(-x)", math.exp(-X)), (r"2e", 2 * E), (r"\mathrm{e}^{x}", math.exp(X)),
    (r"xe^{-x}", X * math.exp(-X)), (r"e^{-\frac{x^2}{2}}/\sqrt{2\pi}", math.exp(-X * X / 2) / math.sqrt(2 * math.pi)),
    (r"\left|x-y\right|", abs(X - Y)), (r"|x-2|y|", None), (r"|{-x}|", X), (r"2|y-x|y", 2 * abs(X - Y) * Y), (r"|-x| + |-y|", X + Y),
    (r"\lvert -x \rvert", X), (r"||x| - |y||", abs(X - Y)), (r"\bigl|x\bigr| - \Bigl(y - \Bigl[x + 1\Bigr]\Bigr)", X - (Y - X - 1)),
    (r"\lfloor x \rfloor + \lceil y \rceil", 2.0), (r"\left\{x + y\right\} x", (X + Y) * X), (r"\left[x + y\right]x", (X + Y) * X),
    (r"\max(x, y)", X), (r"\min\left\{x, y\right\}", Y), (r"\max\{x^2, 2, y\}", 2.0), (r"\operatorname{atan2}(y, x)", math.atan2(Y, X)),
    (r"\arcsin y", math.asin(Y)), (r"\operatorname{arsinh} x", math.asinh(X)), (r"\sinh x - \tanh y", math.sinh(X) - math.tanh(Y)),
    (r"\operatorname{erf}(x)", math.erf(X)), (r"\Gamma(x)", math.gamma(X)), (r"\operatorname{sigmoid}(x)", 1 / (1 + math.exp(-X))),
    (r"\sigma(x)", None), (r"\sigma\left(x - y\right)", None), (r"\psi(x)", None), (r"\psi^{(1)}(1)", math.pi**2 / 6),
    (r"\sin{x} y", None), (r"\exp{-x^2} y", None), (r"\exp{-x^2}", math.exp(-X * X)), (r"\sin{x} \cos{y}", math.sin(X) * math.cos(Y)),
    (r"\sin{x} + y", math.sin(X) + Y), (r"\sin{\left(x \right)} y", math.sin(X) * Y), (r"\sin{x} \cdot y", math.sin(X) * Y),
    (r"\cos 2\pi \cdot x", None), (r"\cos 2 \cdot x", None), (r"\cos \pi \cdot x", None), (r"\sin xy \cdot x", None),
    (r"\sin 2x \cdot \cos y", math.sin(2 * X) * math.cos(Y)), (r"\cdot x", None), (r"\sqrt[ 3 ]{x}", X ** (1 / 3)),
    (r"\begin{cases} 2 & \text{if } x < 0 \\ y & \text{else} \end{cases}", Y), (r"x \text{ if } x > 0", None), (r"x \text{ otherwise}", None),
    (r"\text{for } x", None), (r"\begin{cases} x \text{ if } x > 0 \\ 0 & \text{else} \end{cases}", None), (r"x \text{ where y is } 2", None),
    (r"\begin{cases} x & \text{if } x > 0 \text{ and not } y > 1 \\ 0 & \text{else} \end{cases}", X),
    (r"\begin{cases} x & x > 0 \text{ if } y \\ 0 & \text{else} \end{cases}", None),
    (r"\operatorname{mod}(x, y)", X % Y),
    (r"1{,}5 x", 1.5 * X), (r"2 \times 10^{-3} x", 2e-3 * X), (r"0.5x", 0.5 * X), (r".5 + 10^{2}", 100.5),
    (r"$x + y$", X + Y), (r"\[ x + y. \]", X + Y), (r"\displaystyle x \quad + ~ y % what is left", X + Y), ("x\n+\n\ny", X + Y),
    (r"\begin{equation*} x^2, \end{equation*}", X * X), (r"\begin{align} f(x, y) &= x^2 \\ &\quad + y \end{align}", X * X + Y),
    (r"f(x) = x^2", X * X), (r"g\left(x, y\right) := x y", X * Y), (r"z = x^2 \\ z y", X * X * Y),
    (r"\begin{cases} x^2 & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}", X * X),
    (r"\begin{cases} 1, & x < 0, \\ 2, & 0 \le x < 1, \\ 3y, & x \geq 1. \end{cases} + 1", 3 * Y + 1),
    (r"\begin{cases} 1 & \text{for}\: x > 2 \\ y & \text{for}\: x > 1 \wedge y < 1 \\ 0 & \text{otherwise} \end{cases}", Y),
    (r"\begin{cases} 1 & x > 1 \text{ and } y > 1 \\ 5 & x \ne 1 \text{ or } y > 1 \end{cases}", 5.0),
    (r"\begin{pmatrix} x \\ y \end{pmatrix}^T \begin{pmatrix} x \\ 2 \end{pmatrix}", X * X + 2 * Y),
    (r"\det\begin{bmatrix} x & 1 \\ y & 2 \end{bmatrix}", 2 * X - Y), (r"\left\|\begin{pmatrix} 3 \\ 4 \end{pmatrix}\right\|", 5.0),
    (r"\frac{\log{\left(x \right)}^{2}}{\operatorname{sign}{\left(x \right)}}", math.log(X) ** 2),
    (r"(1+x)^T", None),
]  # fmt: skip
"""Texts with their value at x = 1.3, y = 0.7; None where they are refused."""


@pytest.mark.parametrize("text, value", FORMS)
def test_a_formula_means_what_its_reader_sees(text, value):
    if value is None:
        with pytest.raises(diffcli.DiffcliError):
            diffcli.evaluate(diffcli.parse(text, syntax="latex"), {"x": X, "y": Y})
        return
    program = diffcli.parse(text, syntax="latex")
    at = {name: {"x": X, "y": Y}[name] for name in program.inputs}
    assert diffcli.evaluate(program, at) == pytest.approx(value, rel=1e-14)


NAMES = {
    r"x_1 + x_{12}": ["x1", "x12"], r"x_{\text{max}} - v_{\mathrm{in}}": ["x_max", "v_in"], r"x_i^2": ["x_i"], r"w_{1,2}": ["w_1_2"],
    r"\alpha\beta + \varepsilon": ["alpha", "beta", "epsilon"], r"\theta_1": ["theta1"], r"\hat{x} + \bar{y}_2 + \tilde z": ["x_hat", "y_bar2", "z_tilde"],
    r"\mathrm{rate} \cdot t": ["rate", "t"], r"\text{learning\_rate}": ["learning_rate"], r"\mathbf{w}^\top\mathbf{x} + b": ["w", "x", "b"],
    r"v_{-1} v_0": ["v_m1", "v0"], r"\lambda x": ["lambda", "x"], r"\sigma (x - \sigma)": ["sigma", "x"], "α + x": ["α", "x"],
    r"\Delta x": ["Delta", "x"], r"m g h": ["m", "g", "h"], r"\pi r^2": ["r"], r"\boldsymbol{\alpha}^T x": ["alpha", "x"],
}  # fmt: skip


@pytest.mark.parametrize("text", NAMES)
def test_names_in_latex_have_the_names_that_the_language_gives_them(text):
    assert diffcli.parse(text, syntax="latex").inputs == NAMES[text]


VECTORS = {
    r"\mathbf{A}^{-1}\mathbf{x}": [0.0, 0.5], r"2\mathbf{A}^{-1}\mathbf{x}": [0.0, 1.0], r"\mathbf{A}^{ - 1 } \cdot \mathbf{x}": [0.0, 0.5],
    r"\mathbf{x}\cdot\mathbf{y}": 7.0, r"\vec x \cdot \vec y + 1": 8.0, r"\mathbf{x}^T \cdot \mathbf{y}": 7.0, r"2\cdot\mathbf{x}": [2.0, 4.0],
    r"\frac{\mathbf{x} \cdot \mathbf{y}}{2}": 3.5, r"2\mathbf{x}^T\mathbf{y}": 14.0, r"\mathrm{tr}(A)": 5.0, r"\operatorname{tr} A": 5.0,
    r"\|\mathbf{x}\|^2": 5.0, r"\vec x \times \vec y": None, r"\mathbf{x}^2": None, r"\mathbf{A}^2": None, r"\mathbf{x}^{-1}": None,
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}^{-1}": None, r"\sin \mathbf{x} \cdot \mathbf{y}": None,
}  # fmt: skip
"""Bold letters with their value at A = [[1, 2], [3, 4]], x = [1, 2], y = [3, 2], by hand; None where they are refused."""


@pytest.mark.parametrize("text", VECTORS)
def test_bold_letters_are_arrays(text):
    at = {"A": [[1, 2], [3, 4]], "x": [1, 2], "y": [3, 2]}
    if VECTORS[text] is None:
        with pytest.raises(diffcli.DiffcliError):
            diffcli.parse(text, syntax="latex")
        return
    program = diffcli.parse(text, syntax="latex")
    value = diffcli.evaluate(program, {name: at[name] for name in program.inputs})
    assert value == pytest.approx(VECTORS[text], rel=1e-14, abs=1e-14)


# -- what diffcli writes itself -------------------------------------------------------------------------------------------

LETTERS = ("x", "y", "x1", "S", "lambda", "rate", "w_in", "alpha")
POINT = dict(zip(LETTERS, (1.3, 0.7, -2.5, 3.0, 0.1, 40.0, -0.5, 2.0), strict=True))


def value_of(program):
    try:
        return diffcli.evaluate(program, {name: POINT[name] for name in program.inputs})
    except diffcli.DiffcliError as fault:
        return type(fault).__name__


@given(programs(variables=LETTERS).filter(lambda statements: all(each.parameters is None for each in statements)))
@settings(max_examples=examples(300), deadline=None)
def test_what_the_printer_writes_is_read_as_the_same(statements):
    program = diffcli.parse(plainly(statements))
    assume("eq" not in program.operations)  # outside of parentheses it is an equation
    written = "; ".join(statement_text(program, each, LATEX) for each in program.statements)
    again = diffcli.parse(written, syntax="latex")
    value = value_of(program)
    assert value_of(again) == (value if isinstance(value, str) else pytest.approx(value, rel=1e-12, nan_ok=True)), written


ROWS = [row for row in OPERATIONS.values() if row.name != "eq"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_operation_is_read_back_from_its_latex(row):
    names = ["x", "y", "z"][: len(row.operands)] if not row.variadic else ["x", "y"]
    program = calls_of(row, names)
    again = diffcli.parse(statement_text(program, program.result, LATEX), syntax="latex")
    point = dict(zip(names, row.points[0], strict=False))
    assert diffcli.evaluate(again, point) == pytest.approx(diffcli.evaluate(program, point), rel=1e-14)


def calls_of(row, names):
    """The operation of names, as an operator or a call."""
    if row.symbol:
        sign = {"neg": "-", "not": "not "}.get(row.name)
        return diffcli.parse(f"{sign}x" if sign else f"x {row.symbol} y")
    return diffcli.parse(f"{row.spelling}({', '.join(names)})")


ARRAYS = [
    "sum(W @ x)", "x @ W.T @ W @ x", "sum(W*x)", "x[0]*x[1] - x[-1]", "sum(W[0, :] * x)", "sum(W[:, 1])", "max(x) + norm(x)", "det(W)", "sum(inv(W) @ x)",
    "sum([x[0], 2, 3]*[1, x[1], 1])", "sum([[x[0], 2], [3, 4]] @ x)", "sum(W @ x, axis=0)", "sum(mean(W, axis=1, keepdims=1))", "(x @ x)^2/2", "-(x @ x)*2",
    "sum(-x @ W)", "2*(x @ x)", "sum((W + W.T) @ x)", "sum((W @ W).T)", "logsumexp(x)", "sum(W^2)", "sum(x^2 @ W)",
]  # fmt: skip


@pytest.mark.parametrize("text", ARRAYS)
def test_arrays_are_read_back_from_their_latex(text):
    program = diffcli.parse(text)
    point = {name: {"x": [1.5, -0.5], "W": [[1, 2], [3, 5]]}[name] for name in program.inputs}
    written = statement_text(program, program.result, LATEX)
    assert diffcli.evaluate(diffcli.parse(written, syntax="latex"), point) == pytest.approx(diffcli.evaluate(program, point), rel=1e-14), written


def test_every_way_round_is_itself_read():
    here = {"letters": "exp", "inverse": r", or \ln a", "letter": "sigmoid", "argument": " ", "comma": "2.500"}
    told = [help for _, help in LATEX_MISSING.values()]
    told += [help.format(here=here.get(open, "25"), name={"comma": "2500", "letter": r"\sigma"}.get(open, r"\sin")) for open, (_, help) in LATEX_OPEN.items()]
    told = [help.removeprefix("in LaTeX: ").partition(" for ")[0] for help in told if help.startswith("in LaTeX: ")]
    assert len(told) > 10
    for help in told:
        for text in help.split(", or "):
            diffcli.parse(text, syntax="latex")


def formulas_of_goldens():
    """The right sides of the formulas, and the cells, of whatever is kept of the format latex."""
    for path in sorted(GOLDEN.rglob("*.txt")):
        text = path.read_text(encoding="utf-8")
        if r"\usepackage{amsmath}" in text:
            yield from (found.rpartition(" = ")[2] for found in re.findall(r"\\\[ (.*?) \\\]", text) if r"\text" not in found)
            yield from re.findall(r"& \$([^$]*)\$", text)


def test_every_formula_of_the_goldens_is_read():
    rows_of_our_own = re.compile(r"\\text|scatter|backwards|=|[^\x00-\x7f]")
    formulas = {found for found in formulas_of_goldens() if not rows_of_our_own.search(found)}
    assert len(formulas) > 150
    for formula in sorted(formulas):
        diffcli.parse(formula, syntax="latex")


@pytest.mark.parametrize("text", ["{" * 20000 + "x" + "}" * 20000, r"\frac{1}{1 + " * 10000 + "x" + "}" * 10000, "f(" + "a" * 50000 + ")=x", "x|" * 20000, r"\sin " * 20000 + "x"],
                         ids=["braces", "fractions", "letters", "bars", "functions"])  # fmt: skip
def test_long_and_deep_texts_take_no_recursion(text):
    try:
        diffcli.parse(text, syntax="latex")
    except diffcli.DiffcliError as fault:
        assert fault.exit_code == 3
