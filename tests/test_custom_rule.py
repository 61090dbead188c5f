"""Operations of one's own: their rule is theirs, it is held against their values, and everything reads it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from inside import OPERATIONS, OwnName

import diffcli


@diffcli.custom_rule(partials="1/(1 + abs(v))^2", at=[-2.0, 0.5])
def softsign(v):
    """A squashing function."""
    return v / (1 + abs(v))


@diffcli.custom_rule(partials={"p": "cos(p)*q", "q": "s = sin(p); s"}, at=[(0.3, 2.0), (-1.0, 0.5)])
def wave(p, q):
    return math.sin(p) * q


@diffcli.custom_rule(partials=lambda x, y: y * diffcli.exp(0.0) * 2 * x, at=[1.0])
def bell(x):
    return math.exp(x * x)


@diffcli.custom_rule(partials=["absent", "2*b", "tau*c^2/2"], at=[(1.0, 2.0, 3.0)], definition="b^2 + pi*c^3/3")
def ignoring(a, b, c=1.0):
    return b * b + math.pi * c**3 / 3


PROGRAMS = [
    (lambda x, y: softsign(x * y) * 2, "2*x*y/(1 + abs(x*y))"),
    (lambda x, y: wave(x, y) + wave(y, 2.0), "sin(x)*y + 2*sin(y)"),
    (lambda x, y: bell(x) * bell(y), "exp(x^2)*exp(y^2)"),
    (lambda x, y: ignoring(x, y, 2 * x) + ignoring(x, y), "2*y^2 + pi*(2*x)^3/3 + pi/3"),
]


@pytest.mark.parametrize(("function", "text"), PROGRAMS, ids=["softsign", "wave", "bell", "ignoring"])
@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric"])
def test_derivatives_are_those_of_the_text(function, text, mode):
    at = {"x": 0.7, "y": -0.4}
    own, written = diffcli.grad(function, at, mode=mode), diffcli.grad(text, at, mode=mode)
    assert own.value == pytest.approx(written.value, rel=1e-14)
    assert own.gradient == pytest.approx(written.gradient, rel=1e-10)


def test_a_definition_is_known_to_sympy_and_to_more_digits():
    result = diffcli.grad(lambda x: softsign(x) * x, {"x": 0.7}, mode="symbolic")
    assert result.gradient == pytest.approx(diffcli.grad("x^2/(1 + abs(x))", {"x": 0.7}).gradient)
    assert diffcli.check(lambda x, y: ignoring(x, y, x) + softsign(y), {"x": 0.7, "y": -0.4}).passed
    with pytest.raises(diffcli.LimitError, match="SymPy knows nothing of `wave`"):
        diffcli.grad(lambda x: wave(x, x), {"x": 0.7}, mode="symbolic")
    checked = diffcli.check(lambda x: wave(x, x), {"x": 0.7})
    assert checked.passed and [way.name for way in checked.checks[0].ways if way.value is None] == ["symbolic"]


def test_second_derivatives_are_those_of_the_rule():
    own = diffcli.hessian(lambda x, y: wave(x, y) * softsign(y), {"x": 0.7, "y": 0.4}).hessian
    written = diffcli.hessian("sin(x)*y*y/(1 + abs(y))", {"x": 0.7, "y": 0.4}).hessian
    for name in ("x", "y"):
        assert own[name] == pytest.approx(written[name], rel=1e-12)


def test_it_is_the_function_that_it_was():
    assert softsign(2.0) == 2 / 3 and wave(1, q=2) == math.sin(1) * 2 and ignoring(0, 1) == 1 + math.pi / 3
    assert softsign.__name__ == "softsign" and softsign.__doc__ == "A squashing function."
    assert softsign(np.array([1.0, -2.0])) == pytest.approx([0.5, -2 / 3])
    with pytest.raises(TypeError, match="missing a required argument: 'q'"):
        wave(1)


def test_it_appears_under_its_own_name():
    trace = diffcli.trace(lambda x: wave(x, 3.0), {"x": 1.0})
    assert [(row.operation, row.formula) for row in trace.primal] == [("input", "x"), ("wave", "wave(v₀, 3)")]
    assert [step.formula for step in trace.adjoint] == ["ȳ₁", "v̄₁·((cos v₀)·3)"]


def test_elements_of_arrays():
    found = diffcli.grad(lambda x: wave(x, 2 * x).sum(), {"x": np.array([1.0, -2.0])}).gradient["x"]
    assert found == pytest.approx([2 * x * math.cos(x) + 2 * math.sin(x) for x in (1.0, -2.0)])


def test_outside_its_domain_a_function_may_raise():
    @diffcli.custom_rule(partials="1/x", at=[2.0])
    def logarithm(x):
        return math.log(x)

    assert math.isnan(logarithm(-1.0))
    with pytest.raises(diffcli.DomainError):
        diffcli.grad(lambda x: logarithm(x), {"x": -1.0})


def test_names_hide_nothing():
    @diffcli.custom_rule(partials="2*exp(2*x)", at=[0.5])
    def exp(x):
        return math.exp(2 * x)

    result = diffcli.grad(lambda x: exp(x) + diffcli.exp(x), {"x": 1.0})
    assert result.gradient == pytest.approx({"x": 2 * math.exp(2) + math.e})
    assert OPERATIONS["exp"].definition == "" and OPERATIONS.get("nothing") is None and "nothing" not in OPERATIONS
    name = OwnName("exp")
    assert name != "exp" and name not in {"exp"} and f"{name}" == "exp"
    with pytest.raises(KeyError):
        OPERATIONS["nothing"]


# -- what is refused --------------------------------------------------------------------------------------------------------


def refused(function, at=(-2.0, 0.5), **options):
    with pytest.raises(diffcli.DiffcliError) as caught:
        diffcli.custom_rule(at=at, **options)(function)
    return diffcli.explain(caught.value, 200)


def squash(v):
    return v / (1 + abs(v))


def test_a_wrong_rule_is_told_with_the_numbers_and_the_slip():
    assert refused(squash, partials="-1/(1 + abs(v))^2") == (
        "error[wrong-rule]: the partial of `squash` by `v` is not the derivative of its values\n"
        "  in the partial by v\n"
        "  │ -1/(1 + abs(v))^2\n"
        "  │ ^^^^^^^^^^^^^^^^^\n"
        "  = note: at v = -2 the rule says -0.1111111111, and differences of the values 0.1111111111 ± 2e-14\n"
        "  = help: its sign is wrong\n"
    )


@pytest.mark.parametrize(
    ("partials", "slip"),
    [
        ("2/(1 + abs(v))^2", "a factor 2 is too many"), ("1/2/(1 + abs(v))^2", "a factor 2 is missing"),
        ("(1 + abs(v))^2", "it is upside down: 1 over it is the derivative"), ("1/(1 + abs(v))", "it is the square root of the derivative"),
        ("1/(1 + abs(v))^2/y", "a factor y is missing"), ("y/(1 + abs(v))^2", "a factor y is too many"),
    ],
)  # fmt: skip
def test_slips(partials, slip):
    assert f"= help: {slip}" in refused(squash, partials=partials)


def test_exchanged_partials_and_more_than_one_point():
    said = refused(lambda p, q: math.sin(p) * q, at=[(0.3, 2.0)], partials=["sin(p)", "cos(p)*q"])
    assert said.count("error[wrong-rule]") == 2 and "that by `q` is what this one should be: are they exchanged?" in said
    # right at the first point only
    assert "at v = 0.5" in refused(squash, partials="1/(1 - v)^2")


@pytest.mark.parametrize(
    ("function", "options", "said"),
    [
        (squash, {"partials": "w"}, "error[unknown-variable]: there is no parameter `w`\n  in the partial by v\n  │ w\n  │ ^\n"),
        (squash, {"partials": "v +"}, "error[missing-operand]"),
        (squash, {"partials": "f(t) = t; f(v)"}, "error[usage]: a rule has no functions of its own"),
        (squash, {"partials": ["1", "2"]}, "`squash` has 1 parameters and 2 partials"),
        (squash, {"partials": {"w": "1"}}, "partials are wanted by v of `squash`"),
        (squash, {"partials": "1", "at": []}, "`at` has to give points of 1 number, for `squash`"),
        (squash, {"partials": "1", "at": [(1.0, 2.0)]}, "`at` has to give points of 1 number, for `squash`"),
        (lambda x, y: x, {"partials": "1", "at": [1.0]}, "has a parameter `y`, which is the result in a rule"),
        (lambda *x: x, {"partials": "1", "at": [1.0]}, "an operation has a fixed number of operands"),
        (lambda x: math.log(x), {"partials": "1/x", "at": [-1.0]}, "has no value at a point that its rule is to be held against"),
        (abs, {"partials": "1", "at": [0.0]}, "has no derivative by `x` at a point that its rule is to be held against"),
        (squash, {"partials": lambda v: v if v > 0 else -v}, "write the choice as diffcli.where(condition, a, b)"),
        (squash, {"partials": lambda w: w}, "a partial of `squash` is a function of v, and of y if it needs the result"),
        (squash, {"partials": "absent"}, "the rule says 0"),
        (squash, {"partials": lambda v: [v, v]}, "a rule gives one number, of finite constants"),
        (squash, {"partials": lambda v: np.ones(1)}, "a rule gives one number, of finite constants"),
        (squash, {"partials": lambda v: float("nan")}, "a rule gives one number, of finite constants"),
        (squash, {"partials": lambda v: diffcli.sum([v, 1.0])}, "`stack` is of arrays, which a rule has not"),
        (squash, {"partials": lambda v: None}, "returned None, not a number"),
        (squash, {"partials": 3}, "a partial of `squash` is a text or a function"),
        (squash, {"partials": None}, "a partial of `squash` is a text or a function"),
        (squash, {"partials": {"v": 3}}, "a partial of `squash` is a text or a function"),
        (squash, {"partials": "1", "at": 0.5}, "`at` has to give points of 1 number, for `squash`"),
        (squash, {"partials": "1", "at": ["a"]}, "`at` has to give points of 1 number, for `squash`"),
        (squash, {"partials": "1", "definition": 3}, "the definition of `squash` is a text"),
        (squash, {"partials": "1", "definition": "norm(v)"}, "`norm` is of arrays, which a rule has not"),
        (lambda x: [x, x], {"partials": "1", "at": [1.0]}, "returned a `list`, and an operation gives a number"),
        (lambda x: None, {"partials": "1", "at": [1.0]}, "returned a `NoneType`, and an operation gives a number"),
        (lambda x: np.array([x]), {"partials": "1", "at": [1.0]}, "returned a `ndarray`, and an operation gives a number"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(function, options, said):
    assert said in refused(function, **options)


OF_ARRAYS = [
    "inv(v).T", "inv(A).T", "v.T", "[v, 1][0]", "v @ v", "y[0]", "len(v)", "shape(v)", "max(v)", "sum(v)", "mean(v)", "prod(v)", "norm(v)",
    "softmax(v)", "cumsum(v)", "det(v)", "trace(v)", "solve(v, v)", "outer(v, v)", "amin(v)", "reshape(v, [1])", "broadcast(v, [2])",
]  # fmt: skip


@pytest.mark.parametrize("text", OF_ARRAYS)
def test_a_rule_is_of_numbers_and_what_is_of_arrays_is_shown_in_it(text):
    said = refused(squash, partials=text)
    assert said.startswith("error[usage]: `") and "is of arrays, which a rule has not" in said and "^" in said


def test_a_function_that_makes_arrays_inside_is_an_operation_without_a_definition():
    applied = diffcli.custom_rule(partials="2*x", at=[0.5, 2.0])(lambda x: np.stack([x, x]).prod())
    assert diffcli.grad(lambda x: applied(x) * x, {"x": 3.0}).gradient == {"x": 27.0}


@pytest.mark.parametrize(("function", "slope"), [
    (lambda v: float(f"{v} ") ** 2, "2*v"), (lambda v: 3 * v if type(v) is float else 7 * v, "3"), (lambda v: v * float(str(v)), "2*v"),
])  # fmt: skip
def test_a_function_that_is_not_as_recorded_gives_no_definition(function, slope):
    rule = diffcli.custom_rule(partials=slope, at=[2.0])(function)
    assert diffcli.grad(lambda x: rule(x) * x, {"x": 2.0}).gradient == {"x": function(2.0) + 2.0 * eval(slope, {"v": 2.0})}
    with pytest.raises(diffcli.LimitError, match="SymPy knows nothing of `custom`"):
        diffcli.grad(lambda x: rule(x) * x, {"x": 2.0}, mode="symbolic")
    assert diffcli.check(lambda x: rule(x) * x, {"x": 2.0}).passed


def test_a_partial_that_reads_a_text_is_refused():
    with pytest.raises(diffcli.ExpressionError, match="a number is read out of a text"):
        diffcli.custom_rule(partials=lambda v: 2 * float(f"{v} "), at=[2.0])(lambda v: v * v)
