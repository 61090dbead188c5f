"""The table of operations against mpmath at 50 digits, against itself, against SymPy, and against differences.

Every row is held at its own points and at random ones (with a seed of its own, over its domain, away from its breaks):

- its value and first partials, by diffcli's sweeps, against `oracle`: 4 ulp;
- its second partials, by differentiating the text of each rule on a tape of its own, and through the result: 64 ulp;
- forward mode against reverse mode, SymPy's derivative, and central differences within their own estimate of error.

An error in ulp is relative to the exact result, however small that is; operands are exact. At random points a partial may
be off by as much as the exact one moves when the operands move by two ulp (a second partial by 64), on top: that is the
rounding of an argument inside a rule, such as the square in exp(-a^2). `EXCEPTIONS` lists the rows that need more, and why.

What floats cannot say is held too: no operand, infinite or undefined, makes a row raise; outside its domain a row is NaN.
"""

from __future__ import annotations

import itertools
import math
import random
import re
import struct
from collections.abc import Callable, Iterator

import oracle
import pytest
import tiers
from inside import (
    FLOAT,
    FLOATS,
    OPERATIONS,
    Arithmetic,
    Operation,
    Options,
    Problem,
    activity,
    adjoints,
    compute,
    difference,
    evaluate,
    find_function,
    lower,
    parse,
    run,
    tangents,
)
from mpmath import mp, mpf

Point = tuple[float, ...]

VALUE, FIRST, SECOND = "value", "first partial", "second partial"
BOUNDS = {VALUE: 4.0, FIRST: 4.0, SECOND: 64.0}
"""How many ulp each may be off."""

EXCEPTIONS: dict[tuple[str, str], tuple[float, str]] = {
    ("pow", FIRST): (16.0, "b - 1 is rounded where abs(b) < 1/2, and log(a) multiplies that"),
    ("cbrt", FIRST): (8.0, "1/(3*y^2) doubles the error of libm's cbrt"),
    ("logcosh", VALUE): (6.0, "log1p(2*sinh(a/2)^2) doubles the error of libm's sinh"),
    ("gamma", FIRST): (16.0, "the product of such a value and digamma"),
}
"""Rows that need another bound, and why."""

BESIDE_ZEROS = {
    "logaddexp": "a sum that cancels beside a + log(1 + exp(b - a)) = 0",
}
"""Rows whose values, and not only their partials, may be off by what two ulp of the operands make of them."""

RANDOM_POINTS = tiers.examples(50)
FEWER_POINTS = {"polygamma": 6}
"""Rows whose oracle is slow."""

TRUTHS = {("where", 0), ("and", 0), ("and", 1), ("or", 0), ("or", 1), ("not", 0)}
"""Operands that are conditions: they are 0 or 1 and cannot be moved a little."""

UNKNOWN = "nan"
"""The text of a partial that diffcli does not know: that of polygamma by its order."""


def letters(count: int) -> list[str]:
    return list("abc"[:count])


def call(row: Operation, count: int) -> str:
    """The row applied to as many of the names a, b, c, as a program."""
    names = letters(count)
    if not row.symbol:
        return f"{row.spelling}({', '.join(names)})"
    return f"{names[0]} {row.symbol} {names[1]}" if count == 2 else f"{row.symbol} {names[0]}"


class Applied:
    """A row on a tape of its own, at a point."""

    def __init__(self, row: Operation, point: Point) -> None:
        self.row, self.point = row, point
        self.text = call(row, len(point))
        self.tape = lower(parse(self.text))
        self.values = evaluate(self.tape, point)
        self.value = float(self.values[self.tape.output])

    @property
    def partials(self) -> list[float | None]:
        return adjoints(self.tape, self.values, activity(self.tape))[: len(self.point)]

    @property
    def operands(self) -> list[int]:
        """The operands that the row can be differentiated by, by its own rule or by having none."""
        texts = self.row.partials * len(self.point) if self.row.variadic else self.row.partials
        return [i for i, text in enumerate(texts) if text != UNKNOWN and (self.row.name, i) not in TRUTHS]

    def second(self, by: int, then: int) -> float:
        """The derivative of the rule for one operand by another: directly, and through the result."""
        texts = self.row.partials * len(self.point) if self.row.variadic else self.row.partials
        if texts[by] == "absent" or self.partials[by] is None:
            return 0.0
        names = {UNKNOWN: math.nan, "absent": math.nan, "y": self.value, "ties": self.point.count(self.value)}
        own = self.row.parameters[:1] * len(self.point) if self.row.variadic else self.row.parameters
        names |= {own[by]: self.point[by]} if self.row.variadic else dict(zip(own, self.point, strict=True))
        tape = lower(parse(texts[by]))
        at = [names[name] for name in tape.inputs]
        found = dict(zip(tape.inputs, adjoints(tape, evaluate(tape, at), activity(tape)), strict=False))
        direct = found.get(own[then]) if by == then or not self.row.variadic else None
        through, inner = found.get("y"), self.partials[then]
        return (direct or 0.0) + (through * inner if through is not None and inner is not None else 0.0)


def at_points() -> list[object]:
    return [
        pytest.param(row, point, id=f"{row.name}({', '.join(map(repr, point))})")
        for row in OPERATIONS.values() for point in row.points
    ]  # fmt: skip


ROWS = [pytest.param(row, id=row.name) for row in OPERATIONS.values()]


# -- the judge ---------------------------------------------------------------------------------------------------------


def conditioning(exact: Callable[[Point], object], point: Point) -> float:
    """By how many ulp the exact result moves, at most, when the operands move by one each."""
    move, at = 2.0**-40, exact(point)
    total = 0.0
    for position, operand in enumerate(point):
        beside = list(point)
        beside[position] = operand * (1 + move)
        total += float(abs(exact(tuple(beside)) - at) / abs(at)) / move if at else 0.0
    return total


def judge(what: str, row: Operation, point: Point, actual: float, exact: Callable[[Point], object], at_random: bool) -> str:
    """Empty if a number is near enough to the exact one; otherwise what to complain of."""
    bound, _ = EXCEPTIONS.get((row.name, what), (BOUNDS[what], ""))
    expected = exact(point)
    error = oracle.ulps(actual, expected)
    if error <= bound:
        return ""
    if at_random and (what != VALUE or row.name in BESIDE_ZEROS) and error < math.inf:
        bound += conditioning(exact, point) * (BOUNDS[SECOND] if what == SECOND else 2.0)
    return (
        ""
        if error <= bound
        else f"{row.name}{point}: {what} {actual!r}, not {mp.nstr(expected, 20)}: {error:.1f} ulp off, not {bound:.1f}"
    )


def complaints(row: Operation, point: Point, at_random: bool = False) -> list[str]:
    """What is wrong with the value and the first and second partials at a point."""
    applied = Applied(row, point)
    name = row.name
    found = [judge(VALUE, row, point, applied.value, lambda p: oracle.value(name, p), at_random)]
    for i in applied.operands:
        partial = applied.partials[i]
        if name != "stop_gradient":
            found.append(judge(FIRST, row, point, partial or 0.0, lambda p, i=i: oracle.derivative(name, p, i), at_random))
        for j in applied.operands if partial is not None else ():
            second = applied.second(i, j)
            found.append(judge(SECOND, row, point, second, lambda p, i=i, j=j: oracle.derivative(name, p, i, j), at_random))
    return list(filter(None, found))


# -- the table itself --------------------------------------------------------------------------------------------------


def test_the_oracle_covers_the_table() -> None:
    missing = sorted(OPERATIONS.keys() - oracle.ORACLE.keys())
    assert not missing, f"add {', '.join(missing)} to tests/oracle.py"
    assert not oracle.ORACLE.keys() - OPERATIONS.keys(), "the oracle knows operations that the table has not"


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_whole(row: Operation) -> None:
    assert len(row.partials) == len(row.operands), "one partial for each operand"
    assert row.points, "points to test it at"
    assert row.symbol or row in find_function(row.spelling)
    assert row.name in FLOATS or row.value or row.definition, "no way to compute it"
    assert row.sympy or row.definition or row.symbol, "no way to tell SymPy what it is"
    for text in (row.definition, row.value, row.domain, *row.partials, *(condition for _, condition in row.breaks)):
        if text:
            parse(text)


@pytest.mark.parametrize(("row", "point"), at_points())
def test_points_are_in_the_domain_and_off_the_breaks(row: Operation, point: Point) -> None:
    assert FLOAT.outside(row.name, point) is None
    assert not beside_a_break(row, point, Applied(row, point).value, 1e-12)


def test_no_spelling_has_two_meanings() -> None:
    spelled = [(name, row.arity) for row in OPERATIONS.values() for name in (row.spelling, *row.aliases)]
    assert len(set(spelled)) == len(spelled)


# -- against 50 digits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "point"), at_points())
def test_value_and_partials_at_the_points_of_the_row(row: Operation, point: Point) -> None:
    assert complaints(row, point) == []


def beside_a_break(row: Operation, point: Point, value: float, distance: float = 1e-6) -> bool:
    """Whether a break of the row holds when "equal" allows for a relative distance."""

    def near(a: float, b: float) -> bool:
        return abs(a - b) <= distance * max(abs(a), abs(b))

    for _, condition in row.breaks:
        tape = lower(parse(condition))
        names = {
            "y": value,
            "ties": sum(near(operand, value) for operand in point),
            **dict(zip(row.parameters, point, strict=False)),
        }
        functions = [near if name == "eq" else FLOATS[name] for name in tape.operations]
        if run(tape, [names[name] for name in tape.inputs], functions)[tape.output]:
            return True
    return False


def random_operand(generator: random.Random, row: Operation, position: int) -> float:
    """Uniform about 0 in two ranges, or log-uniform over 24 decades."""
    if (row.name, position) in TRUTHS:
        return float(generator.randint(0, 1))
    if row.name == "polygamma" and position == 0:
        return float(generator.randint(0, 5))
    kind = generator.randrange(3)
    if kind < 2:
        return generator.uniform(-5, 5) if kind else generator.uniform(-1, 1)
    return generator.choice((1, 1, -1)) * 10 ** generator.uniform(-12, 12)


def random_points(row: Operation, count: int) -> list[Point]:
    """Points in the domain of a row and off its breaks, the same in every run."""
    generator = random.Random(row.name)
    found: list[Point] = []
    while len(found) < count:
        operands = generator.randint(2, 3) if row.variadic else len(row.operands)
        point = tuple(random_operand(generator, row, position) for position in range(operands))
        if FLOAT.outside(row.name, point) is not None:
            continue
        if not beside_a_break(row, point, Applied(row, point).value):
            found.append(point)
    return found


@pytest.mark.parametrize("row", ROWS)
def test_value_and_partials_at_random_points(row: Operation) -> None:
    points = random_points(row, FEWER_POINTS.get(row.name, RANDOM_POINTS))
    assert [complaint for point in points for complaint in complaints(row, point, at_random=True)] == []


WHOLE_RANGE = {
    "elu": "exp(a) has few bits below 1e-308, and a large b makes a number of them",
    "atan2": "b/hypot(a, b) has few bits below 1e-308, and dividing again makes a number of them",
    "silu": "sigmoid(a) has few bits below 1e-308",
    "gamma": "the value has few bits below 1e-308, and digamma makes a number of them",
    "polygamma": "a power of a beyond the range, in the recurrence",
}
"""Rows whose first partials may lose digits far out, and why."""


def any_operand(generator: random.Random) -> float:
    """Any bits that are a number, any exponent, or a number of moderate size, where the tails are."""
    kind = generator.randrange(4)
    if kind == 0:
        number = struct.unpack("<d", struct.pack("<Q", generator.getrandbits(64)))[0]
        return number if math.isfinite(number) else 0.5
    spread = (10 ** generator.uniform(-323, 308), generator.uniform(0, 800), 10 ** generator.uniform(-20, 20))[kind - 1]
    return generator.choice((-1, 1, 1)) * spread


def far_out(row: Operation, count: int) -> Iterator[Point]:
    """Points of any size in the domain of a row and off its breaks, the same in every run."""
    generator = random.Random(f"{row.name} far out")
    for _ in range(count):
        point = tuple(any_operand(generator) for _ in range(2 if row.variadic else len(row.operands)))
        if FLOAT.outside(row.name, point) is None and not beside_a_break(row, point, Applied(row, point).value):
            yield point


@pytest.mark.parametrize("row", [parameter for parameter in ROWS if not (parameter.values[0].flat or parameter.id in ("polygamma", "where"))])
def test_value_and_first_partials_keep_their_digits_over_the_whole_range_of_floats(row: Operation) -> None:
    judged = 0
    found = []
    for point in far_out(row, tiers.examples(150)):
        applied = Applied(row, point)
        try:
            found.append(judge(VALUE, row, point, applied.value, lambda p: oracle.value(row.name, p), True))
            by = [] if row.name in ("stop_gradient", *WHOLE_RANGE) else applied.operands
            for i in by[:1] if row.name == "pow" and point[0] < 0 else by:
                partial = applied.partials[i] or 0.0
                found.append(judge(FIRST, row, point, partial, lambda p, i=i: oracle.derivative(row.name, p, i), True))
        except (ArithmeticError, TypeError):  # mpmath's: exp(1e300) has no 50 digits, a power may be complex
            continue
        judged += 1
    assert judged > 3
    assert list(filter(None, found)) == []


# -- modes and methods against each other ------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS)
def test_forward_equals_reverse(row: Operation) -> None:
    """<w, Jv> = <J'w, v> for a direction v and a weight w, whose products with the partials are rounded differently."""
    generator = random.Random(f"{row.name} <w, Jv>")
    for point in [*row.points, *random_points(row, 10)]:
        applied = Applied(row, point)
        count = len(point)
        active = activity(applied.tape, applied.operands)
        direction = [generator.uniform(-2, 2) if position in applied.operands else None for position in range(count)]
        weight = generator.uniform(-2, 2)
        tangent = tangents(applied.tape, applied.values, direction)[applied.tape.output]
        back = adjoints(applied.tape, applied.values, active, {applied.tape.output: weight})[:count]
        products = [adjoint * move for adjoint, move in zip(back, direction, strict=True) if None not in (adjoint, move)]
        assert (tangent is None) == (not products), point
        scale = math.fsum(map(abs, products))
        if math.isfinite(scale) and tangent is not None:
            assert abs(weight * tangent - math.fsum(products)) <= 4 * count * math.ulp(scale), point


def moderate(point: Point) -> bool:
    """Whether textbook formulas hold their digits here."""
    return all(operand == 0 or 1e-5 < abs(operand) < 50 for operand in point)


def at_moderate_points() -> list[object]:
    return [parameter for parameter in at_points() if moderate(parameter.values[1]) and Applied(*parameter.values).operands]


@pytest.mark.parametrize(("row", "point"), at_moderate_points())
def test_sympy_agrees(row: Operation, point: Point) -> None:
    applied = Applied(row, point)
    names = letters(len(point))
    at = dict(zip(names, point, strict=True))
    wanted = [names[position] for position in applied.operands]
    result = compute(applied.text, at, Options(mode="symbolic", simplify="none", wrt=wanted))
    for position in applied.operands:
        assert result.gradient[names[position]] == pytest.approx(applied.partials[position] or 0.0, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("row", "point"), [p for p in at_moderate_points() if p.values[0].name != "stop_gradient"])
def test_central_differences_agree_within_their_error(row: Operation, point: Point) -> None:
    applied = Applied(row, point)
    names = letters(len(point))
    problem = Problem(applied.text, dict(zip(names, point, strict=True)))
    for position in applied.operands:
        found = difference(problem, names[position])
        assert found.error is not None
        partial = applied.partials[position] or 0.0
        assert abs(found.estimate - partial) <= 2 * found.error + 1e-15 * abs(partial), names[position]


# -- digits that others lose -------------------------------------------------------------------------------------------

STABILITY: list[tuple[str, dict[str, float], Callable[..., object]]] = [
    # 1 - y^2, y*(1 - y) and y + 1 are 0 here
    ("tanh(x)", {"x": 20.0}, lambda x: mp.tanh(x)),
    ("tanh(x)", {"x": -200.0}, lambda x: mp.tanh(x)),
    ("sigmoid(x)", {"x": 40.0}, lambda x: 1 / (1 + mp.exp(-x))),
    ("sigmoid(x)", {"x": -700.0}, lambda x: 1 / (1 + mp.exp(-x))),
    ("expm1(x)", {"x": -50.0}, lambda x: mp.exp(x) - 1),
    # 1 - x^2 loses half of its digits
    ("asin(x)", {"x": 1 - 1e-10}, lambda x: mp.asin(x)),
    ("acos(x)", {"x": 1 - 1e-10}, lambda x: mp.acos(x)),
    ("acos(x)", {"x": -1 + 1e-10}, lambda x: mp.acos(x)),
    ("atanh(x)", {"x": 1 - 1e-10}, lambda x: mp.atanh(x)),
    ("acosh(x)", {"x": 1 + 1e-10}, lambda x: mp.acosh(x)),
    # x^2 overflows, or vanishes
    ("asinh(x)", {"x": 1e200}, lambda x: mp.log(x + mp.sqrt(x * x + 1))),
    ("acosh(x)", {"x": 1e200}, lambda x: mp.acosh(x)),
    ("atan2(y, x)", {"y": 1e200, "x": 1e200}, lambda y, x: mp.atan2(y, x)),
    ("atan2(y, x)", {"y": 3e-200, "x": 1e-200}, lambda y, x: mp.atan2(y, x)),
    ("1e-200/x", {"x": 1e-200}, lambda x: mpf(1e-200) / x),
    ("1/x", {"x": 1e-150}, lambda x: 1 / x),
    ("hypot(x, y)", {"x": 1e200, "y": 1e200}, lambda x, y: mp.hypot(x, y)),
    ("hypot(x, y)", {"x": 1e-200, "y": 1e-200}, lambda x, y: mp.hypot(x, y)),
    ("hypot(x, y)", {"x": 1e200, "y": 1.0}, lambda x, y: mp.hypot(x, y)),
    # cos(pi*x) - sinc(x) cancels
    ("sinc(x)", {"x": 1e-6}, lambda x: mp.sin(mp.pi * x) / (mp.pi * x)),
    ("sinc(x)", {"x": 1e-200}, lambda x: mp.sin(mp.pi * x) / (mp.pi * x)),
    # 1 + erf(x/sqrt(2)) cancels
    ("gelu(x)", {"x": -10.0}, lambda x: x * mp.ncdf(x)),
    # exp and cosh overflow
    ("logcosh(x)", {"x": 800.0}, lambda x: mp.log(mp.cosh(x))),
    ("softplus(x)", {"x": 1000.0}, lambda x: mp.log(1 + mp.exp(x))),
    ("softplus(x)", {"x": -700.0}, lambda x: mp.log(1 + mp.exp(x))),
    ("logaddexp(x, y)", {"x": 1000.0, "y": 1001.0}, lambda x, y: mp.log(mp.exp(x) + mp.exp(y))),
    ("silu(x)", {"x": -700.0}, lambda x: x / (1 + mp.exp(-x))),
    # x + 1 is 1
    ("log1p(x)", {"x": 1e-20}, lambda x: mp.log(1 + x)),
    # sin(pi*x) of a large x is noise
    ("sinpi(x)", {"x": 1e9 + 0.25}, lambda x: mp.sin(mp.pi * x)),
    ("sinc(x)", {"x": 1e9 + 0.5}, lambda x: mp.sin(mp.pi * x) / (mp.pi * x)),
    # b - 1 is -1 here, and log(a) multiplies the difference
    ("x^y", {"x": 2.079451997685704e298, "y": 1.196855310192697e-08}, lambda x, y: x**y),
    # sin(pi*x) has few bits
    ("lgamma(x)", {"x": -1.22e-321}, lambda x: mp.re(mp.loggamma(x))),
    # zeros of the value at which its digits are kept
    ("lgamma(x)", {"x": 1 + 1e-9}, lambda x: mp.log(mp.gamma(x))),
    ("lgamma(x)", {"x": 2 - 1e-9}, lambda x: mp.log(mp.gamma(x))),
]
"""Programs at points at which a rule as the textbook has it loses digits, and what they are."""


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("text", "at", "function"),
    [pytest.param(*case, id=f"{case[0]} at {', '.join(map(repr, case[1].values()))}") for case in STABILITY],
)
def test_digits_are_kept_where_textbook_rules_lose_them(
    text: str, at: dict[str, float], function: Callable[..., object], mode: str
) -> None:
    result = compute(text, at, Options(mode=mode))
    point = tuple(at.values())
    assert oracle.ulps(result.value, oracle.value_of(function, point)) <= 4
    for position, name in enumerate(at):
        assert oracle.ulps(result.gradient[name], oracle.derivative_of(function, point, position)) <= 4, name


BEYOND: list[tuple[str, str, dict[str, float], Callable[..., object]]] = [
    ("reverse", "-log(exp(x)/(exp(x) + exp(y) + exp(z)))", {"x": -300.0, "y": 300.0, "z": 10.0}, lambda x, y, z: mp.log(mp.exp(x) + mp.exp(y) + mp.exp(z)) - x),
    ("reverse", "1e250*reciprocal(x)", {"x": 1e160}, lambda x: mpf(1e250) / x),
    ("reverse", "1e250*xlogy(y, x)", {"x": 1e160, "y": 1e-160}, lambda x, y: mpf(1e250) * y * mp.log(x)),
    ("reverse", "1e300*x^3", {"x": -1e-160}, lambda x: mpf(1e300) * x**3),
    ("reverse", "1e300*x^2.5", {"x": 3e-212}, lambda x: mpf(1e300) * mp.power(x, 2.5)),
    ("reverse", "1e280*x^-3", {"x": 1e150}, lambda x: mpf(1e280) / x**3),
    ("reverse", "1e-290*x^3", {"x": -1e160}, lambda x: mpf(1e-290) * x**3),
    ("reverse", "1e300*atan(x)", {"x": 1e180}, lambda x: mpf(1e300) * mp.atan(x)),
    ("forward", "1/(1e260*x)", {"x": 1e-70}, lambda x: 1 / (mpf(1e260) * x)),
    ("forward", "(-1e200*x)^-2", {"x": 1e-40}, lambda x: 1 / (mpf(1e200) * x) ** 2),
    ("forward", "(1e-250*x)^-2", {"x": 1e80}, lambda x: 1 / (mpf(1e-250) * x) ** 2),
]
"""Programs whose partials are beyond the range of floats, where what they meet on their way brings them back."""


@pytest.mark.parametrize("text_of", ["{}", "{} + 0*sum(v)"], ids=["numbers", "beside an array"])
@pytest.mark.parametrize(("mode", "text", "at", "function"), [pytest.param(*case, id=f"{case[1]} {case[0]}") for case in BEYOND])
def test_a_partial_beyond_the_range_of_floats_meets_what_brings_it_back(
    mode: str, text: str, at: dict[str, float], function: Callable[..., object], text_of: str
) -> None:
    result = compute(text_of.format(text), {**at, "v": [1.0, 2.0]} if "v" in text_of else at, Options(mode=mode))
    for position, name in enumerate(at):
        assert oracle.ulps(result.gradient[name], oracle.derivative_of(function, tuple(at.values()), position)) <= 4, name


# -- what is no number -------------------------------------------------------------------------------------------------

ODDITIES = (
    math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 170.0, 710.0, -710.0, 1e17, -1e17, 1e308, -1e308,
    5e-324, -5e-324,
)  # fmt: skip

HIDE_NAN = {row.name for row in OPERATIONS.values() if row.precedence in range(1, 6)} | {"where"}
"""Comparisons and choices; who asks them looks for NaN among their operands."""


def oddities(row: Operation) -> Iterator[Point]:
    return itertools.product(ODDITIES, repeat=2 if row.variadic else len(row.operands))


def functions_of(row: Operation) -> list[Callable[..., object]]:
    """How the row is computed, in a program and in a rule."""
    return [FLOAT.value(row.name), FLOAT.strict(row.name)]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_never_raises(row: Operation) -> None:
    conditions = [FLOAT.condition(row, text)[0] for text in (*[condition for _, condition in row.breaks], row.domain) if text]
    for point in oddities(row):
        for function in functions_of(row):
            value = function(*point)
            for rule in (*FLOAT.terms(row.name, len(point)), *([] if row.variadic else conditions)):
                if rule in conditions:
                    rule(*point, value)
                elif rule is not None:
                    rule(1.0, *point, value)


@pytest.mark.parametrize("row", [parameter for parameter in ROWS if parameter.values[0].name not in HIDE_NAN])
def test_an_undefined_operand_makes_an_undefined_result(row: Operation) -> None:
    for point in oddities(row):
        if any(map(math.isnan, point)):
            assert math.isnan(functions_of(row)[1](*point)), point


@pytest.mark.parametrize("row", ROWS)
def test_a_value_is_undefined_exactly_outside_the_domain(row: Operation) -> None:
    for point in oddities(row):
        if all(map(math.isfinite, point)) and not (row.name == "polygamma" and 0 < -point[1] < 1e-300):  # inf - inf
            inside = FLOAT.outside(row.name, point) is None
            value = functions_of(row)[1](*point)
            assert math.isnan(value) == (not inside), (point, value)


LIMITS: list[tuple[str, tuple[float, ...], float]] = [
    ("exp", (-math.inf,), 0.0), ("exp", (1000.0,), math.inf), ("expm1", (-math.inf,), -1.0), ("log", (0.0,), -math.inf),
    ("log1p", (-1.0,), -math.inf), ("log", (math.inf,), math.inf), ("tanh", (-math.inf,), -1.0), ("sinh", (-1000.0,), -math.inf),
    ("cosh", (-1000.0,), math.inf), ("atan", (math.inf,), math.pi / 2), ("atanh", (-1.0,), -math.inf), ("sinc", (math.inf,), 0.0),
    ("erf", (-math.inf,), -1.0), ("erfc", (-math.inf,), 2.0), ("gamma", (200.0,), math.inf), ("gamma", (1e-310,), math.inf),
    ("gamma", (-1e-310,), -math.inf), ("lgamma", (1e308,), math.inf), ("lgamma", (5e-324,), 744.4400719213812),
    ("digamma", (math.inf,), math.inf), ("digamma", (5e-324,), -math.inf), ("polygamma", (1.0, 5e-324), math.inf),
    ("polygamma", (2.0, 5e-324), -math.inf), ("polygamma", (1.0, math.inf), 0.0), ("polygamma", (168.0, 1e9), -0.0),
    ("sigmoid", (-math.inf,), 0.0), ("sigmoid", (math.inf,), 1.0), ("softplus", (-math.inf,), 0.0), ("silu", (-math.inf,), 0.0),
    ("gelu", (-math.inf,), 0.0), ("elu", (-math.inf, 2.0), -2.0), ("relu", (-math.inf,), 0.0), ("logcosh", (-math.inf,), math.inf),
    ("logaddexp", (-math.inf, -math.inf), -math.inf), ("logaddexp", (math.inf, 0.0), math.inf), ("hypot", (-math.inf, 1.0), math.inf),
    ("reciprocal", (-math.inf,), 0.0), ("pow", (1e308, 2.0), math.inf), ("pow", (-1e308, 3.0), -math.inf), ("clip", (math.inf, 0.0, 1.0), 1.0),
    ("floor", (-math.inf,), -math.inf), ("xlogy", (0.0, 0.0), 0.0), ("sinpi", (1e300,), 0.0), ("cospi", (0.5,), 0.0),
]  # fmt: skip
"""Values at the edge of the floats and of the domain, where the limit is the answer."""


@pytest.mark.parametrize(("name", "point", "limit"), LIMITS, ids=[f"{name}{point}" for name, point, _ in LIMITS])
def test_limits(name: str, point: Point, limit: float) -> None:
    assert functions_of(OPERATIONS[name])[1](*point) == limit


UNDEFINED: list[tuple[str, tuple[float, ...]]] = [
    ("div", (0.0, 0.0)), ("div", (1.0, 0.0)), ("pow", (0.0, -1.0)), ("pow", (-2.0, 0.5)), ("reciprocal", (0.0,)), ("log", (-1.0,)),
    ("log_base", (2.0, 0.0)), ("log_base", (2.0, -2.0)), ("log_base", (2.0, 1.0)), ("sqrt", (-1.0,)), ("asin", (2.0,)), ("sin", (math.inf,)),
    ("gamma", (-2.0,)), ("lgamma", (0.0,)), ("digamma", (-1.0,)), ("polygamma", (0.5, 1.0)), ("polygamma", (-1.0, 1.0)),
    ("cot", (0.0,)), ("csc", (0.0,)), ("lgamma", (-math.inf,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "point"), UNDEFINED, ids=[f"{name}{point}" for name, point in UNDEFINED])
def test_undefined_values(name: str, point: Point) -> None:
    assert math.isnan(functions_of(OPERATIONS[name])[1](*point))


def test_a_text_of_the_tables_that_cannot_be_read_is_no_mistake_of_the_user() -> None:
    with pytest.raises(LookupError, match=re.escape("the tables say log1q(a): there is no function `log1q`")):
        FLOAT.by_form(OPERATIONS["softplus"]._replace(value="log1q(a)"))


@pytest.mark.parametrize("kind", ["Python", "NumPy"])
def test_a_row_that_cannot_be_computed_is_named_at_once(kind: str) -> None:
    functions = {name: function for name, function in FLOATS.items() if name != "lgamma"}
    with pytest.raises(LookupError, match=f"row lgamma has no {kind} function"):
        Arithmetic(functions, kind=kind)
    Arithmetic({name: function for name, function in FLOATS.items() if name != "gelu"}, kind=kind)  # it has a definition
