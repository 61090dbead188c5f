"""What diffcli answers at kinks, ties, jumps, poles and domain edges, held against one literal table.

`CONVENTIONS` is the decision, a row a case: a program, a point, its gradient or the code of its error, and the codes of
the notes that must come with it. Both modes of automatic differentiation have to give it. Changing a convention is
changing a line here. The tables below it hold what can be asked for instead (`--kink`, `--strict`), the exact one-sided
slopes in the notes, that an undefined partial stays with its variable, and that equal functions have equal derivatives, or
a note that says why not. One-sided slopes are held against one-sided differences, and the table's own choice against them:
it is the slope of least size between left and right.
"""

from __future__ import annotations

import math

import pytest
from inside import (
    POLICIES,
    Diagnostic,
    DiffcliError,
    DomainError,
    GradientResult,
    NotDifferentiableError,
    Options,
    Problem,
    compute,
    difference,
)

inf, nan = math.inf, math.nan

MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])

KINK, TIE, JUMP, POLE, BRANCH, POINT, FLAT = "kink", "tie", "jump", "pole", "branch", "point-branch", "flat"
NO_PATH, NO_PARTIAL, ZERO_TIMES_INFINITY, OVERFLOW = "no-dependence", "undefined-partial", "indeterminate", "overflow"

CONVENTIONS: list[tuple[str, str, list[float] | str, list[str]]] = [
    # program                     point         gradient, or code    codes of the notes
    # -- kinks: the slope of least size between those on the two sides
    ("abs(x)",                    "x=0",        [0],                 [KINK]),
    ("abs(x)",                    "x=-0",       [0],                 [KINK]),
    ("abs(x)",                    "x=5e-324",   [1],                 []),
    ("relu(x)",                   "x=0",        [0],                 [KINK]),
    ("relu(x) - relu(-x)",        "x=0",        [0],                 [KINK, KINK]),
    ("leaky_relu(x, 0.1)",        "x=0",        [0.1],               [KINK]),
    ("leaky_relu(x)",             "x=0",        [0.01],              [KINK]),
    ("leaky_relu(x, 2)",          "x=0",        [1],                 [KINK]),
    ("leaky_relu(x, -1)",         "x=0",        [0],                 [KINK]),
    ("leaky_relu(x, 1)",          "x=0",        [1],                 []),
    ("elu(x)",                    "x=0",        [1],                 []),
    ("elu(x, 2)",                 "x=0",        [1],                 [KINK]),
    ("relu6(x)",                  "x=0",        [0],                 [KINK]),
    ("relu6(x)",                  "x=6",        [0],                 [KINK]),
    ("hardtanh(x)",               "x=1",        [0],                 [KINK]),
    ("hardtanh(x)",               "x=-1",       [0],                 [KINK]),
    ("clip(x, 0, 1)",             "x=0",        [0],                 [KINK]),
    ("clip(x, 0, 1)",             "x=1",        [0],                 [KINK]),
    ("clip(x, a, b)",             "x=0,a=0,b=1", [0, 1, 0],          [KINK, NO_PATH]),
    ("clip(-1, a, b)",            "a=2,b=2",    [0.5, 0.5],          [KINK]),
    ("clip(3, a, b)",             "a=2,b=2",    [0, 1],              [NO_PATH]),
    ("copysign(x, 1)",            "x=0",        [0],                 [KINK]),
    ("hypot(x, y)",               "x=0,y=0",    [0, 0],              [KINK]),
    # -- ties: equal shares
    ("max(x, y)",                 "x=1,y=1",    [0.5, 0.5],          [TIE]),
    ("min(x, y)",                 "x=1,y=1",    [0.5, 0.5],          [TIE]),
    ("fmax(x, y)",                "x=1,y=1",    [0.5, 0.5],          [TIE]),
    ("fmin(x, y)",                "x=1,y=1",    [0.5, 0.5],          [TIE]),
    ("max(x, y, z)",              "x=1,y=1,z=0", [0.5, 0.5, 0],      [TIE, NO_PATH]),
    ("max(x, y, z)",              "x=1,y=1,z=1", [1 / 3, 1 / 3, 1 / 3], [TIE]),
    ("max(x, y, z)",              "x=0,y=1,z=1", [0, 0.5, 0.5],      [TIE, NO_PATH]),
    ("min(x, 2, y, z)",           "x=1,y=0,z=0", [0, 0.5, 0.5],      [TIE, NO_PATH]),
    ("min(x, y, z)",              "x=2,y=1,z=1", [0, 0.5, 0.5],      [TIE, NO_PATH]),
    ("max(x, x)",                 "x=1",        [1],                 [TIE]),
    ("max(x, 0)",                 "x=0",        [0.5],               [TIE]),
    ("max(x, y)",                 "x=1,y=0",    [1, 0],              [NO_PATH]),
    # -- flat operations and jumps
    ("floor(x)",                  "x=0.5",      [0],                 [FLAT, NO_PATH]),
    ("ceil(x)",                   "x=0.5",      [0],                 [FLAT, NO_PATH]),
    ("round(x)",                  "x=0.7",      [0],                 [FLAT, NO_PATH]),
    ("trunc(x)",                  "x=0.5",      [0],                 [FLAT, NO_PATH]),
    ("trunc(x)",                  "x=0",        [0],                 [FLAT, NO_PATH]),
    ("sign(x)",                   "x=0.5",      [0],                 [FLAT, NO_PATH]),
    ("x + floor(x)",              "x=0.5",      [1],                 [FLAT]),
    ("floor(x)",                  "x=1",        [0],                 [JUMP, NO_PATH]),
    ("ceil(x)",                   "x=-1",       [0],                 [JUMP, NO_PATH]),
    ("round(x)",                  "x=0.5",      [0],                 [JUMP, NO_PATH]),
    ("trunc(x)",                  "x=-1",       [0],                 [JUMP, NO_PATH]),
    ("sign(x)",                   "x=0",        [0],                 [JUMP, NO_PATH]),
    ("copysign(x, y)",            "x=2,y=0",    [1, 0],              [JUMP, NO_PATH]),
    ("atan2(y, x)",               "y=0,x=0",    [nan, nan],          [JUMP, NO_PARTIAL]),
    ("atan2(y, x)",               "y=0,x=-1",   [-1, 0],             [JUMP]),
    ("atan2(y, x)",               "y=0,x=1",    [1, 0],              []),
    ("x*(x > 0)",                 "x=0",        [0],                 [JUMP]),
    # -- branches: only the one taken is evaluated
    ("where(x > 0, sqrt(x), 0)",  "x=0",        [0],                 [BRANCH, NO_PATH]),
    ("where(x > 0, log(x), 0)",   "x=0",        [0],                 [BRANCH, NO_PATH]),
    ("where(x > 0, log(x), 0)",   "x=-1",       [0],                 [NO_PATH]),
    ("where(x > 0, x, -x)",       "x=0",        [-1],                [BRANCH]),
    ("where(x >= 0, x, -x)",      "x=0",        [1],                 [BRANCH]),
    ("where(x != 1, x^2, 1)",     "x=1",        [2],                 [POINT]),
    ("where(x == 1, 1, x^2)",     "x=1",        [2],                 [POINT]),
    ("where(x == 1, 5, x^2)",     "x=1",        [0],                 [POINT, NO_PATH]),
    ("where(x == 0, 1, sin(x)/x)*y", "x=0,y=2", [0, 1],              [POINT]),
    ("where(x == 1, 2, (x^2 - 1)/(x - 1))", "x=1", [1],              [POINT]),
    ("where(x == 1, 1, x^2)",     "x=2",        [4],                 []),
    ("where(x > 0 and y > 0, x*y, 0)", "x=0,y=1", [0, 0],            [BRANCH, NO_PATH, NO_PATH]),
    ("where(y > 0, abs(x), 0)",   "x=0,y=1",    [0, 0],              [KINK, NO_PATH]),
    # -- poles: an infinite slope is the limit from within the domain
    ("sqrt(x)",                   "x=0",        [inf],               [POLE]),
    ("cbrt(x)",                   "x=0",        [inf],               [POLE]),
    ("cbrt(x)",                   "x=-8",       [1 / 12],            []),
    ("x^0.5",                     "x=0",        [inf],               [POLE]),
    ("asin(x)",                   "x=1",        [inf],               [POLE]),
    ("asin(x)",                   "x=-1",       [inf],               [POLE]),
    ("acos(x)",                   "x=1",        [-inf],              [POLE]),
    ("acosh(x)",                  "x=1",        [inf],               [POLE]),
    ("atanh(x)",                  "x=1",        [inf],               [POLE]),
    ("log(x)",                    "x=0",        [inf],               [POLE]),
    ("log2(x)",                   "x=0",        [inf],               [POLE]),
    ("log10(x)",                  "x=0",        [inf],               [POLE]),
    ("log1p(x)",                  "x=-1",       [inf],               [POLE]),
    ("xlogy(x, y)",               "x=0,y=0",    [-inf, nan],         [POLE, NO_PARTIAL]),
    ("xlogy(x, y)",               "x=2,y=0",    [-inf, inf],         [POLE]),
    # -- 0 times infinity is not a number
    ("sqrt(x*x)",                 "x=0",        [nan],               [POLE, ZERO_TIMES_INFINITY]),
    ("sqrt(x^2)",                 "x=0",        [nan],               [POLE, ZERO_TIMES_INFINITY]),
    ("sqrt(x^2 + y^2)",           "x=0,y=0",    [nan, nan],          [POLE, ZERO_TIMES_INFINITY, ZERO_TIMES_INFINITY]),
    ("log(1 + exp(x))",           "x=1000",     [nan],               [OVERFLOW, ZERO_TIMES_INFINITY, "lost-digits"]),
    # -- powers
    ("x^0",                       "x=0",        [0],                 []),
    ("x^1",                       "x=0",        [1],                 []),
    ("x^2",                       "x=0",        [0],                 []),
    ("x^2",                       "x=-3",       [-6],                []),
    ("x^y",                       "x=0,y=0",    [0, nan],            [NO_PARTIAL]),
    ("x^y",                       "x=0,y=2",    [0, 0],              []),
    ("x^y",                       "x=0,y=0.5",  [inf, 0],            [POLE]),
    ("x^y",                       "x=-2,y=2",   [-4, nan],           [NO_PARTIAL]),
    ("x^x",                       "x=0",        [nan],               [NO_PARTIAL]),
    ("x^y",                       "x=0,y=-1",   "division-by-zero",  []),
    ("x^-1",                      "x=0",        "division-by-zero",  []),
    ("x^0.5",                     "x=-1",       "domain",            []),
    # -- limits that the rules take themselves
    ("sinc(x)",                   "x=0",        [0],                 []),
    ("x*y*z",                     "x=0,y=2,z=3", [6, 0, 0],          []),
    ("logaddexp(x, y)",           "x=1e308,y=0", [1, 0],             []),
    ("logaddexp(10*x, y)",        "x=1e308,y=0", [10, 0],            [OVERFLOW]),
    ("stop_gradient(x)*x",        "x=3",        [3],                 []),
    # -- no value, so no derivative
    ("1/x",                       "x=0",        "division-by-zero",  []),
    ("0/x",                       "x=0",        "division-by-zero",  []),
    ("reciprocal(x)",             "x=0",        "division-by-zero",  []),
    ("log(x)",                    "x=-1",       "domain",            []),
    ("log(2, x)",                 "x=0",        "domain",            []),
    ("sqrt(x)",                   "x=-1",       "domain",            []),
    ("asin(x)",                   "x=2",        "domain",            []),
    ("gamma(x)",                  "x=0",        "domain",            []),
    ("cot(x)",                    "x=0",        "domain",            []),
    ("csch(x)",                   "x=0",        "domain",            []),
    ("x*log(x)",                  "x=0",        "indeterminate",     []),
    ("0*log(x)",                  "x=0",        "indeterminate",     []),
    # an undefined value is not lost on the way
    ("relu(log(x))",              "x=-1",       "domain",            []),
    ("max(log(x), 0)",            "x=-1",       "domain",            []),
    ("clip(log(x), 0, 1)",        "x=-1",       "domain",            []),
    ("log(x)^0",                  "x=-1",       "domain",            []),
    ("copysign(1, log(x))",       "x=-1",       "domain",            []),
    ("where(log(x) > 0, 1, 2)",   "x=-1",       "domain",            []),
    ("leaky_relu(1, log(x))",     "x=-1",       "domain",            []),
    ("hypot(exp(1000*x), log(-x))", "x=1",      "domain",            []),
]  # fmt: skip


def ids(cases: list[tuple]) -> list[str]:
    return [f"{case[0]} at {case[1]}" for case in cases]


def numbers(result: GradientResult) -> list[float]:
    return list(result.gradient.values())


def same(actual: list[float], expected: list[float]) -> bool:
    """Equal to the last few digits, and NaN where NaN is wanted."""
    return actual == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@MODES
@pytest.mark.parametrize(("text", "at", "expected", "codes"), CONVENTIONS, ids=ids(CONVENTIONS))
def test_conventions(text: str, at: str, expected: list[float] | str, codes: list[str], mode: str) -> None:
    if isinstance(expected, str):
        with pytest.raises(DomainError) as caught:
            compute(text, at, Options(mode=mode))
        assert [found.code for found in caught.value.diagnostics] == [expected]
        return
    result = compute(text, at, Options(mode=mode))
    assert same(numbers(result), expected), result.gradient
    assert [note.code for note in result.notes] == codes


def test_an_overflow_is_no_pole() -> None:
    result = compute("exp(1000*x)", "x=1", Options())
    assert numbers(result) == [inf]
    assert [note.code for note in result.notes] == [OVERFLOW]


OVERFLOWING = [
    # text, point, the gradient, and the message: the derivative is too large for a float, and infinite nowhere
    ("(x - 1)*1e200*1e200", "x=1", [inf], "the derivative by `x - 1` overflows: it is beyond the range of a float"),
    ("(x*x)^1e308*1", "x=1", [inf], "the derivative by `x` overflows: it is beyond the range of a float"),
    ("1e200*(1e200*sin(x))", "x=0", [inf], "the derivative by `sin(x)` overflows: it is beyond the range of a float"),
    ("log(x*1e-310)", "x=1", [inf], "the derivative by `x*1e-310` overflows: it is beyond the range of a float"),
    ("sum((v - 1)*1e200*1e200)", "v=[1,1]", [inf, inf], "the derivative by `v - 1` overflows: it is beyond the range of a float"),
    ("inv([[x]])[0, 0]", "x=1e-200", [-inf], "the derivative by `[[x]]` overflows: it is beyond the range of a float"),
    ("solve([[x]], [1])[0]", "x=1e-200", [-inf], "the derivative by `[[x]]` overflows: it is beyond the range of a float"),
    ("det(diag([1e200, 1e200, x]))", "x=1e-300", [inf], "the derivative by `diag([1e200, 1e200, x])` overflows: it is beyond the range of a float"),
]


@pytest.mark.parametrize(("text", "at", "expected", "message"), OVERFLOWING)
def test_a_derivative_that_overflows_is_no_infinite_slope(text: str, at: str, expected: list[float], message: str) -> None:
    result = compute(text, at, Options())
    found = next(iter(result.gradient.values()))
    assert [found] == expected or list(found) == expected
    assert [(note.code, note.message) for note in result.notes if note.code != "lost-digits"] == [(OVERFLOW, message)]


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("mean([x, y])", "x=1e308,y=1e308", "`mean` overflows: the value, or a number on the way to it, is beyond the range of a float"),
        ("sum(v)", "v=[1e308,1e308,-1e308]", "`sum` overflows: the value, or a number on the way to it, is beyond the range of a float"),
        ("prod(v)", "v=[1e200,1e200,1e-300]", "`prod` overflows: the value, or a number on the way to it, is beyond the range of a float"),
        ("sum(v*v)", "v=[1e200]", "`*` overflows: the value is beyond the range of a float"),
    ],
)
def test_what_overflows_inside_an_operation_is_not_said_of_its_value(text: str, at: str, message: str) -> None:
    assert message in [note.message for note in compute(text, at, Options()).notes]


def test_a_product_that_overflows_both_ways_says_why_it_has_no_value() -> None:
    with pytest.raises(DomainError) as caught:
        compute("v @ w", "v=[1e200,1e200],w=[1e200,-1e200]", Options())
    (found,) = caught.value.diagnostics
    assert (found.code, found.notes) == ("indeterminate", ("numbers on the way to it overflow: they are beyond the range of a float",))


@pytest.mark.parametrize("at", ["x=1e-400", "x=[1, 1e-400]", {"x": "1e-400"}])
def test_a_number_that_would_be_0_is_refused_in_a_point_too(at: object) -> None:
    with pytest.raises(DiffcliError, match="`1e-400` is beyond the range of a float, which begins at"):
        compute("sum(x)" if "[" in str(at) else "x", at, Options())


def test_every_kind_of_break_stands_in_the_table() -> None:
    from inside import OPERATIONS

    known = {kind for row in OPERATIONS.values() for kind, _ in row.breaks}
    assert known <= {code for *_, codes in CONVENTIONS for code in codes}


# -- values beside the gradient ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("log(x)", "x=0", -inf), ("xlogy(x, y)", "x=0,y=0", 0), ("x^y", "x=0,y=0", 1), ("sinc(x)", "x=0", 1), ("atanh(x)", "x=-1", -inf),
        ("log(1 + exp(x))", "x=1000", inf), ("softplus(x)", "x=1000", 1000), ("where(x > 0, log(x), 0)", "x=0", 0), ("cbrt(x)", "x=-8", -2),
        ("clip(x, 1, 0)", "x=5", 0), ("atan2(y, x)", "y=0,x=0", 0), ("round(x)", "x=2.5", 2), ("max(x, -x)", "x=-0", 0),
    ],
)  # fmt: skip
def test_values_at_the_edge(text: str, at: str, value: float) -> None:
    assert compute(text, at, Options()).value == value


# -- notes -------------------------------------------------------------------------------------------------------------

SLOPES: list[tuple[str, str, dict[str, tuple[float | None, float | None]]]] = [
    ("abs(x)",                   "x=0",         {"x": (-1, 1)}),
    ("relu(x)",                  "x=0",         {"x": (0, 1)}),
    ("relu(x) - relu(-x)",       "x=0",         {"x": (1, 1)}),
    ("abs(x) - abs(x)",          "x=0",         {"x": (0, 0)}),
    ("abs(x - 1)*y",             "x=1,y=3",     {"x": (-3, 3)}),
    ("abs(x - 1)*y + y",         "x=1,y=3",     {"x": (-3, 3)}),
    ("abs(x)*abs(x)",            "x=0",         {"x": (0, 0)}),
    ("abs(abs(x))",              "x=0",         {"x": (-1, 1)}),
    ("abs(sin(x))",              "x=0",         {"x": (-1, 1)}),
    ("exp(abs(x))",              "x=0",         {"x": (-1, 1)}),
    ("abs(x) + abs(y)",          "x=0,y=0",     {"x": (-1, 1), "y": (-1, 1)}),
    ("max(x, -x)",               "x=0",         {"x": (-1, 1)}),
    ("max(x, 2*x)",              "x=0",         {"x": (1, 2)}),
    ("max(x, x)",                "x=1",         {"x": (1, 1)}),
    ("max(x, y)",                "x=1,y=1",     {"x": (0, 1), "y": (0, 1)}),
    ("min(x, y, z)",             "x=1,y=1,z=2", {"x": (1, 0), "y": (1, 0)}),
    ("clip(x, 0, 1)",            "x=0",         {"x": (0, 1)}),
    ("clip(x, 0, 1)",            "x=1",         {"x": (1, 0)}),
    ("relu6(x)",                 "x=6",         {"x": (1, 0)}),
    ("leaky_relu(x, 0.1)",       "x=0",         {"x": (0.1, 1)}),
    ("elu(x, 2)",                "x=0",         {"x": (2, 1)}),
    ("clip(x, 0, 1e9)",          "x=0",         {"x": (0, 1)}),
    ("hypot(x, y)",              "x=0,y=0",     {"x": (-1, 1), "y": (-1, 1)}),
    ("hypot(x, x)",              "x=0",         {"x": (-math.sqrt(2), math.sqrt(2))}),
    ("copysign(x, 1)",           "x=0",         {"x": (-1, 1)}),
    ("where(x > 0, x, -x)",      "x=0",         {"x": (-1, 1)}),
    ("where(x > 0, x^2, -x^2)",  "x=0",         {"x": (0, 0)}),
    ("where(x == 1, 1, x^2)",    "x=1",         {"x": (2, 2)}),
    # tangents tie, and a higher coefficient decides
    ("where(x^2 == 0, 0, x)",    "x=0",         {"x": (1, 1)}),
    ("where(x^2 > x^3, x, -x)",  "x=0",         {"x": (1, 1)}),
    ("max(x^2, x^4) + x",        "x=0",         {"x": (1, 1)}),
    ("abs(x^3 - x^2)/x^2 + x",   "x=1",         {"x": (0, 2)}),
    ("sqrt(x^2)",                "x=0",         {"x": (-1, 1)}),
    ("cbrt(x^3)*2",              "x=0",         {"x": (2, 2)}),
    ("x*(x > 0)",                "x=0",         {"x": (0, 1)}),
    ("sqrt(abs(x))",             "x=0",         {"x": (-inf, inf)}),
    ("cbrt(x)",                  "x=0",         {"x": (inf, inf)}),
    # None: the domain ends there, or the value jumps
    ("sqrt(x)",                  "x=0",         {"x": (None, inf)}),
    ("asin(x)",                  "x=1",         {"x": (inf, None)}),
    ("floor(x)",                 "x=1",         {"x": (None, 0)}),
    ("ceil(x)",                  "x=1",         {"x": (0, None)}),
    ("where(x > 0, x + 1, x)",   "x=0",         {"x": (1, None)}),
    ("x > 0",                    "x=0",         {"x": (0, None)}),
    ("2*(x > 0) + x",            "x=0",         {"x": (1, None)}),
    ("sign(x)",                  "x=0",         {}),
]  # fmt: skip


def breaks(result: GradientResult) -> list[Diagnostic]:
    return [note for note in result.notes if note.code in (KINK, TIE, JUMP, POLE, BRANCH, POINT)]


@MODES
@pytest.mark.parametrize(("text", "at", "slopes"), SLOPES, ids=ids(SLOPES))
def test_one_sided_slopes(text: str, at: str, slopes: dict[str, tuple[float | None, float | None]], mode: str) -> None:
    notes = breaks(compute(text, at, Options(mode=mode)))
    assert notes
    assert all(note.severity == "warning" for note in notes)
    told = [note for note in notes if note.slopes]
    assert len(told) == bool(slopes), "the slopes of the function are told once"
    for note in told:
        assert [slope.variable for slope in note.slopes] == list(slopes)
        for variable, *sides in note.slopes:
            for actual, expected in zip(sides, slopes[variable], strict=True):
                assert actual == expected or actual == pytest.approx(expected, rel=4e-16, abs=0), variable


NOT_SMOOTH = [
    # a jump of one part in 2000, and a small jump: none may be called smooth
    ("floor(x)", "x=2000"), ("round(x)", "x=2000.5"), ("copysign(1e-4, x)", "x=0"),
    ("where(floor(x) > 0, x, 0)", "x=1"), ("where(x, x, 5)", "x=0"), ("where(x - 1, 3, 5)", "x=1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at"), NOT_SMOOTH, ids=ids(NOT_SMOOTH))
def test_a_break_that_is_not_smooth_is_told_and_not_called_smooth(text: str, at: str) -> None:
    notes = breaks(compute(text, at, Options()))
    assert notes
    assert not any("smooth" in line for note in notes for line in note.notes)
    with pytest.raises(NotDifferentiableError):
        compute(text, at, Options(strict=True))


UNDEFINED = ["(log(x) > 0)*x", "not log(x)", "(sqrt(x) < 1) + x", "relu(x) + (x/0 > 0)", "sign(where(log(x) > 0, 1, -1))*x"]


@pytest.mark.parametrize("text", UNDEFINED)
def test_a_comparison_of_what_is_undefined_is_undefined(text: str) -> None:
    with pytest.raises(DomainError):
        compute(text, "x=-1", Options())


def test_a_condition_that_is_decided_already_needs_no_more() -> None:
    assert compute("where(x != 0 and 1/x > 2, 1, x)", "x=0", Options()).gradient == {"x": 1.0}


def test_conditions_of_conditions_take_no_longer_than_there_are_rows() -> None:
    doubled = "; ".join(f"c{i} = c{i - 1} and c{i - 1}" for i in range(1, 60))
    assert compute(f"c0 = x > 0; {doubled}; where(c59, x, -x)", "x=1", Options()).gradient == {"x": 1.0}


SMOOTH = [
    ("relu(x) - relu(-x)", "x=0", 1),
    ("max(x, x)", "x=1", 1),
    ("abs(x)*abs(x)", "x=0", 0),
    ("where(x == 1, 1, x^2)", "x=1", 2),
]


@pytest.mark.parametrize(("text", "at", "slope"), SMOOTH, ids=ids(SMOOTH))
def test_a_kink_that_is_none_for_the_whole_function_is_called_smooth(text: str, at: str, slope: int) -> None:
    told = [line for note in breaks(compute(text, at, Options())) for line in note.notes]
    assert f"along x the function is smooth all the same, with the slope {slope}" in told


@pytest.mark.parametrize(("text", "at", "slopes"), SLOPES, ids=ids(SLOPES))
def test_one_sided_slopes_are_what_one_sided_differences_see(
    text: str, at: str, slopes: dict[str, tuple[float | None, float | None]]
) -> None:
    problem = Problem(text, at)
    for name, sides in slopes.items():
        for method, slope in zip(("backward", "forward"), sides, strict=True):
            if slope is not None and math.isfinite(slope) and "==" not in text:
                found = difference(problem, name, method)
                assert abs(found.estimate - slope) <= 4 * found.error, (name, method)


ALONG_X = [(text, at) for text, at, expected, codes in CONVENTIONS if codes == [KINK] and len(expected) == 1]


@pytest.mark.parametrize(("text", "at"), ALONG_X, ids=ids(ALONG_X))
def test_the_choice_at_a_kink_is_the_slope_of_least_size(text: str, at: str) -> None:
    result = compute(text, at, Options())
    ((_, left, right),) = breaks(result)[0].slopes
    least = 0 if left * right <= 0 else min(left, right, key=abs)
    assert result.gradient["x"] == pytest.approx(least, rel=1e-6)


HINTS: list[tuple[str, str, str]] = [
    ("sqrt(x*x)", "x=0", "abs(x)"),
    ("sqrt(x^2)", "x=0", "abs(x)"),
    ("log(1 + exp(x))", "x=1000", "softplus(x)"),
    ("log(cosh(x))", "x=1000", "logcosh(x)"),
    ("x*log(x)", "x=0", "xlogy(a, b)"),
    ("sin(x)/x", "x=0", "sinc(x)"),
    pytest.param("sqrt(x^2 + y^2)", "x=0,y=0", "hypot(x, y)"),
]


@pytest.mark.parametrize(("text", "at", "hint"), HINTS)
def test_what_fails_comes_with_an_operation_that_does_not(text: str, at: str, hint: str) -> None:
    try:
        notes = compute(text, at, Options()).notes
    except DomainError as undefined:
        notes = undefined.diagnostics
    assert any(hint in help for note in notes for help in note.help)


# -- policies ----------------------------------------------------------------------------------------------------------

ORDER = ["min-norm", "mean", "left", "right"]

ASKED: list[tuple[str, str, list[list[float]]]] = [
    # program                point         min-norm      mean          left          right
    ("abs(x)",               "x=0",        [[0],         [0],          [-1],         [1]]),
    ("relu(x)",              "x=0",        [[0],         [0.5],        [0],          [1]]),
    ("leaky_relu(x, 0.1)",   "x=0",        [[0.1],       [0.55],       [0.1],        [1]]),
    ("clip(x, 0, 1)",        "x=0",        [[0],         [0.5],        [0],          [1]]),
    ("clip(x, 0, 1)",        "x=1",        [[0],         [0.5],        [1],          [0]]),
    ("clip(x, a, b)",        "x=0,a=0,b=1", [[0, 1, 0],  [0.5, 0.5, 0], [0, 0, 0],   [1, 1, 0]]),
    ("relu6(x)",             "x=6",        [[0],         [0.5],        [1],          [0]]),
    ("hardtanh(x)",          "x=-1",       [[0],         [0.5],        [0],          [1]]),
    ("copysign(x, 1)",       "x=0",        [[0],         [0],          [-1],         [1]]),
    ("hypot(x, y)",          "x=0,y=0",    [[0, 0],      [0, 0],       [-1, -1],     [1, 1]]),
    ("max(x, y)",            "x=1,y=1",    [[0.5, 0.5],  [0.5, 0.5],   [0, 0],       [1, 1]]),
    ("max(x, y, z)",         "x=1,y=1,z=0", [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0], [1, 1, 0]]),
    ("min(x, y)",            "x=1,y=1",    [[0.5, 0.5],  [0.5, 0.5],   [1, 1],       [0, 0]]),
    # operation by operation, which is not always right for the whole: the true slope is 1
    ("relu(x) - relu(-x)",   "x=0",        [[0],         [1],          [0],          [2]]),
    # the other variable is not touched
    ("abs(x)*y + y",         "x=0,y=3",    [[0, 1],      [0, 1],       [-3, 1],      [3, 1]]),
    # no choice where there is no kink
    ("abs(x)",               "x=-2",       [[-1],        [-1],         [-1],         [-1]]),
    ("sqrt(x)",              "x=0",        [[inf],       [inf],        [inf],        [inf]]),
    ("floor(x)",             "x=1",        [[0],         [0],          [0],          [0]]),
    ("where(x > 0, x, -x)",  "x=0",        [[-1],        [-1],         [-1],         [-1]]),
]  # fmt: skip


@MODES
@pytest.mark.parametrize("policy", ORDER)
@pytest.mark.parametrize(("text", "at", "answers"), ASKED, ids=ids(ASKED))
def test_policies(text: str, at: str, answers: list[list[float]], policy: str, mode: str) -> None:
    result = compute(text, at, Options(mode=mode, kink=policy))
    assert same(numbers(result), answers[ORDER.index(policy)]), result.gradient
    for note in result.notes:
        if note.code in (KINK, TIE):
            assert f"the rule taken for this operation: {POLICIES[policy]} (--kink {policy})" in note.notes


def test_every_policy_is_tested() -> None:
    assert [*ORDER, "nan", "error"] == list(POLICIES)


NAN_POLICY = [
    ("abs(x)",              "x=0",         [nan]),
    ("abs(x)",              "x=1",         [1]),
    ("abs(x) + y",          "x=0,y=1",     [nan, 1]),
    ("max(x, y)*z",         "x=1,y=1,z=2", [nan, nan, 1]),
    ("where(x > 0, x, -x)", "x=0",         [nan]),
    ("sqrt(x)",             "x=0",         [inf]),
    ("floor(x)",            "x=1",         [0]),
    ("max(x, y, z)",        "x=1,y=1,z=0", [nan, nan, 0]),
    ("clip(x, 0, b)",       "x=0,b=1",     [nan, 0]),
]  # fmt: skip


@MODES
@pytest.mark.parametrize(("text", "at", "expected"), NAN_POLICY)
def test_the_policy_nan_marks_what_has_no_derivative_and_nothing_else(
    text: str, at: str, expected: list[float], mode: str
) -> None:
    assert same(numbers(compute(text, at, Options(mode=mode, kink="nan"))), expected)


REFUSED_BY: list[tuple[str, str, list[str], bool, bool]] = [
    # program                  point      codes           by --kink error, by --strict
    ("abs(x)",                 "x=0",     [KINK],         True,  True),
    ("max(x, y)",              "x=1,y=1", [TIE],          True,  True),
    ("relu(x) - relu(-x)",     "x=0",     [KINK, KINK],   True,  True),
    ("where(x > 0, x, -x)",    "x=0",     [BRANCH],       True,  True),
    ("where(x == 1, 1, x^2)",  "x=1",     [POINT],        False, True),
    ("floor(x)",               "x=1",     [JUMP],         False, True),
    ("sqrt(x)",                "x=0",     [POLE],         False, True),
    ("floor(x)",               "x=0.5",   [],             False, False),
    ("abs(x)",                 "x=1",     [],             False, False),
    ("where(x > 0, x, abs(x))", "x=1",    [],             False, False),
    ("0*y + stop_gradient(abs(x))", "x=0,y=1", [],        False, False),
]  # fmt: skip


@MODES
@pytest.mark.parametrize(("text", "at", "codes", "by_error", "by_strict"), REFUSED_BY, ids=ids(REFUSED_BY))
def test_strict_and_the_policy_error(text: str, at: str, codes: list[str], by_error: bool, by_strict: bool, mode: str) -> None:
    for refused, options in ((by_error, {"kink": "error"}), (by_strict, {"strict": True})):
        if not refused:
            assert compute(text, at, Options(mode=mode, **options)).value is not None
            continue
        with pytest.raises(NotDifferentiableError) as caught:
            compute(text, at, Options(mode=mode, **options))
        assert [found.code for found in caught.value.diagnostics] == codes
        assert {found.severity for found in caught.value.diagnostics} == {"error"}


# -- an undefined partial stays with its variable ----------------------------------------------------------------------

LEAKS = [
    ("x^y*z",                        "x=-2,y=2,z=3", [-12, nan, 4]),
    ("x^y + 0*z",                    "x=-2,y=2,z=1", [-4, nan, 0]),
    ("xlogy(x, y) + z",              "x=0,y=0,z=2",  [-inf, nan, 1]),
    ("atan2(y, x)*z + z",            "y=0,x=0,z=2",  [nan, nan, 1]),
    ("sqrt(x)*y + z",                "x=0,y=0,z=1",  [nan, 0, 1]),
    ("where(z > 0, sqrt(x), y)",     "z=-1,x=-1,y=2", [0, 0, 1]),
    ("where(x > 0, y/x, y)",         "x=0,y=2",      [0, 1]),
    ("stop_gradient(sqrt(x))*y",     "x=0,y=2",      [0, 0]),
    ("0*stop_gradient(sqrt(x)) + y", "x=0,y=2",      [0, 1]),
    ("polygamma(n, x)",              "n=1,x=2",      [nan, -0.4041138063191886]),
]  # fmt: skip


@MODES
@pytest.mark.parametrize(("text", "at", "expected"), LEAKS, ids=ids(LEAKS))
def test_nan_does_not_leak(text: str, at: str, expected: list[float], mode: str) -> None:
    assert same(numbers(compute(text, at, Options(mode=mode))), expected)


def test_without_the_variable_whose_partial_is_undefined_nothing_is_said() -> None:
    result = compute("x^y", "x=-2,y=2", Options(wrt=["x"]))
    assert result.gradient == {"x": -4}
    assert not result.notes


# -- same function, same answer ----------------------------------------------------------------------------------------

SAME: list[tuple[str, list[str], dict[str, float]]] = [
    # what it is            programs                                                       derivative at each x
    ("positive part",
     ["relu(x)", "clip(x, 0, 100)", "where(x > 0, x, 0)", "where(x <= 0, 0, x)", "leaky_relu(x, 0)", "x*(x > 0)"],
     {"x=0": 0, "x=0.5": 1, "x=-0.5": 0}),
    # equal shares: half of the way, as a maximum of two and as the mean of x and |x|
    ("positive part by shares", ["max(x, 0)", "max(0, x)", "-min(-x, 0)", "(x + abs(x))/2"], {"x=0": 0.5, "x=0.5": 1, "x=-0.5": 0}),
    ("absolute value",
     ["abs(x)", "max(x, -x)", "relu(x) + relu(-x)", "hypot(x, 0)", "copysign(x, 1)", "x*sign(x)"],
     {"x=0": 0, "x=2": 1, "x=-2": -1}),
    ("clipped", ["clip(x, 0, 6)", "relu6(x)", "relu(x) - relu(x - 6)"], {"x=0": 0, "x=3": 1, "x=7": 0, "x=-1": 0}),
    ("clipped about 0", ["clip(x, -1, 1)", "hardtanh(x)"], {"x=-1": 0, "x=1": 0, "x=0.5": 1, "x=2": 0}),
    ("square", ["x^2", "square(x)", "x*x", "abs(x)^2"], {"x=0": 0, "x=3": 6, "x=-3": -6}),
    ("square root", ["sqrt(x)", "x^0.5", "x^(1/2)"], {"x=0": inf, "x=4": 0.25}),
    ("reciprocal", ["1/x", "reciprocal(x)", "x^-1"], {"x=2": -0.25}),
    ("nothing", ["x^0", "0*x", "x - x"], {"x=0": 0, "x=2": 0}),
    ("logarithm", ["log(x)", "ln(x)", "log1p(x - 1)", "xlogy(1, x)"], {"x=0": inf, "x=2": 0.5}),
    ("logistic function", ["sigmoid(x)", "1/(1 + exp(-x))", "(1 + tanh(x/2))/2"], {"x=0": 0.25, "x=1": 0.19661193324148185}),
    ("softplus", ["softplus(x)", "log(1 + exp(x))", "logaddexp(x, 0)", "log1p(exp(x))"], {"x=0": 0.5, "x=1": 0.7310585786300049}),
    ("tangent", ["tan(x)", "sin(x)/cos(x)", "1/cot(x)"], {"x=1": 3.425518820814759}),
    ("hyperbolic tangent", ["tanh(x)", "1/coth(x)", "sinh(x)*sech(x)"], {"x=1": 0.41997434161402614}),
]  # fmt: skip

SAME_CASES = [
    pytest.param(text, at, slope, id=f"{name}: {text} at {at}")
    for name, texts, slopes in SAME for at, slope in slopes.items() for text in texts
]  # fmt: skip


@MODES
@pytest.mark.parametrize(("text", "at", "slope"), SAME_CASES)
def test_same_function_same_answer(text: str, at: str, slope: float, mode: str) -> None:
    assert numbers(compute(text, at, Options(mode=mode))) == [pytest.approx(slope, rel=1e-14)]


DIFFERENT = [
    # equal functions that answer otherwise at a point say why
    ("max(x, 0)", "relu(x)", "x=0", TIE),
    ("where(x > 0, x, -x)", "abs(x)", "x=0", BRANCH),
    ("sqrt(x^2)", "abs(x)", "x=0", POLE),
    ("sqrt(x^2 + y^2)", "hypot(x, y)", "x=0,y=0", POLE),
    ("relu(x) - relu(-x)", "x", "x=0", KINK),
    ("where(x == 1, 2, x^2)", "x^2 + 1", "x=1", POINT),
    ("min(max(x, 0), 1)", "clip(x, 0, 1)", "x=0", TIE),
]


@pytest.mark.parametrize(
    ("text", "other", "at", "code"), DIFFERENT, ids=[f"{case[0]} is {case[1]} at {case[2]}" for case in DIFFERENT]
)
def test_a_different_answer_for_the_same_function_is_said(text: str, other: str, at: str, code: str) -> None:
    first, second = compute(text, at, Options()), compute(other, at, Options())
    assert first.value == second.value
    assert not same(numbers(first), numbers(second))
    assert code in [note.code for note in first.notes]
