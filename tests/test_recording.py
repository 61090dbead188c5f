"""Python functions on the tape: the same numbers as the text, what is told, and what is refused at its line."""

from __future__ import annotations

import copy
import functools
import inspect
import math
import re
import textwrap

import numpy as np
import pytest
import tiers
from console import run
from inside import FUNCTION_NAMES, Problem, evaluate, find_function, record

import diffcli

# -- the same numbers as a program --------------------------------------------------------------------------------------


def polynomial(x, y):
    return 3 * x**2 * y - x / y + (y - x) * 2 - -x + +y


def loop(x, y):
    total = 0
    for k in range(1, 6):
        total += x**k / k
    while total > 1:
        total /= y
    return total


def functions(x, y):
    return diffcli.exp(x) * diffcli.sin(y) + diffcli.log(x, y) + diffcli.max(x, y, 1) + diffcli.leaky_relu(-x)


def by_numpy(x, y):
    return np.exp(x) * np.sin(y) + np.maximum(x, y) + np.hypot(x, y) + np.arctan2(x, y) + np.square(x) + np.power(x, y)


def by_numpy_with_numbers(x, y):
    return np.float64(2) * x + np.array(3.0) / y + np.where(x > y, x, 2 * y) + np.clip(x, 0, 1) + np.clip(y, None, 5)


def choice(x, y):
    return (x if x > y else -y) * abs(y)


def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)


def recursive(x, y):
    def power(n):
        return 1.0 if n == 0 else x * power(n - 1)

    return power(5) * y


def objects(x, y):
    pair = np.array([x, y])
    return np.exp(pair).sum() + (pair * pair).sum() + np.linalg.norm(pair)


def remainder(x, y):
    return x // y + x % y + divmod(y, x)[1] + 7 % x + 7 // y


PROGRAMS = [
    (polynomial, "3*x^2*y - x/y + (y - x)*2 + x + y"),
    (loop, "t = x + x^2/2 + x^3/3 + x^4/4 + x^5/5; t/y/y"),
    (functions, "exp(x)*sin(y) + log(x, y) + max(x, y, 1) + leaky_relu(-x)"),
    (by_numpy, "exp(x)*sin(y) + max(x, y) + hypot(x, y) + atan2(x, y) + x^2 + x^y"),
    (by_numpy_with_numbers, "2*x + 3/y + where(x > y, x, 2*y) + clip(x, 0, 1) + min(y, 5)"),
    (choice, "(x if x > y else -y)*abs(y)"),
    (recursive, "x^5*y"),
    (objects, "exp(x) + exp(y) + x^2 + y^2 + hypot(x, y)"),
    (remainder, "a = floor(x/y); b = floor(y/x); a + x - y*a + y - x*b + 7 - x*floor(7/x) + floor(7/y)"),
]


@pytest.mark.parametrize(("function", "text"), PROGRAMS, ids=lambda case: getattr(case, "__name__", ""))
@pytest.mark.parametrize("mode", ["reverse", "forward", "numeric", "symbolic"])
def test_a_function_has_the_derivatives_of_its_text(function, text, mode):
    at = {"x": 1.3, "y": 2.1}
    traced, written = diffcli.grad(function, at, mode=mode), diffcli.grad(text, at, mode=mode)
    assert traced.value == pytest.approx(function(**at), rel=1e-14)
    assert traced.value == pytest.approx(written.value, rel=1e-14)
    assert traced.gradient == pytest.approx(written.gradient, rel=1e-11)


@pytest.mark.parametrize(("function", "text"), PROGRAMS, ids=lambda case: getattr(case, "__name__", ""))
def test_values_while_recording_are_those_of_the_tape(function, text):
    from inside import evaluate

    recording = record(function, {"x": 1.3, "y": 2.1})
    assert evaluate(recording.tape, [1.3, 2.1]) == recording.values


@pytest.mark.parametrize("name", [name for name in FUNCTION_NAMES if name not in ("where",)])
def test_every_function_of_the_table_is_a_function_of_the_library(name):
    for row in find_function(name):
        point = row.points[0]
        names = [f"x{k}" for k in range(len(point))]
        function = getattr(diffcli, name)
        at = dict(zip(names, point, strict=True))
        parameters = ", ".join(names)
        written = diffcli.grad(f"{name}({parameters})", at)
        traced = diffcli.grad(_with_parameters(function, len(point)), at)
        assert traced.value == written.value == function(*point)
        assert repr(traced.gradient) == repr(written.gradient)  # NaN where the order of polygamma is asked about


def _with_parameters(function, count):
    """A function of x0, x1, ... of that many."""
    return [lambda: 0, lambda x0: function(x0), lambda x0, x1: function(x0, x1), lambda x0, x1, x2: function(x0, x1, x2)][count]


def test_functions_of_plain_numbers_are_total():
    assert math.isnan(diffcli.log(-1)) and diffcli.exp(1000) == math.inf and diffcli.max(2, 3) == 3.0
    with pytest.raises(TypeError, match=r"atan2\(\) takes other arguments than 1: atan2\(a, b\)"):
        diffcli.atan2(1.0)
    with pytest.raises(AttributeError, match="did you mean 'sin'"):
        _ = diffcli.sine


def test_python_s_own_integers_remainders_and_roundings():
    for x in (7.5, -7.5, 0.3, 1.0):
        for y in (0.1, -2.0, 3.0):
            values = record(lambda x, y: [x // y, x % y, round(x), math.floor(x), math.ceil(x), math.trunc(x)], {"x": x, "y": y})
            found = [values.values[slot] for slot in values.tape.outputs]
            assert found == pytest.approx([x // y, x % y, round(x), math.floor(x), math.ceil(x), math.trunc(x)], abs=1e-14)


def test_any_real_number_may_stand_on_either_side():
    from fractions import Fraction

    half = Fraction(1, 2)
    for x in (2.0, 0.3):
        recording = record(lambda x: [half - x, x - half, half / x, half**x, True - x, np.float32(3) - x, half < x], {"x": x})
        found = [recording.values[slot] for slot in recording.tape.outputs]
        assert found == [0.5 - x, x - 0.5, 0.5 / x, 0.5**x, 1 - x, 3 - x, float(x > 0.5)]
    assert diffcli.grad(lambda x: half - x, {"x": 2.0}).gradient == {"x": -1.0}


def test_zeros_keep_their_sign_and_whole_numbers_are_numbers():
    assert str(record(lambda x: x * -0.0 + 0.0 * x, {"x": 1.0}).tape.constants) == "[-0.0, 0.0]"
    assert record(lambda x: x * 2 + x * 2.0 + x * True, {"x": 1.0}).tape.constants == [2.0, 1.0]


# -- what is recorded ----------------------------------------------------------------------------------------------------


def test_a_row_stands_at_its_text():
    tape = record(polynomial, {"x": 2.0, "y": 3.0}).tape
    texts = [tape.source.text[slice(*tape.span(slot))] for slot in tape.rows()]
    assert texts == ["x**2", "3 * x**2", "3 * x**2 * y", "x / y", "3 * x**2 * y - x / y", "y - x", "(y - x) * 2",
                     "3 * x**2 * y - x / y + (y - x) * 2", "-x", "3 * x**2 * y - x / y + (y - x) * 2 - -x",
                     "3 * x**2 * y - x / y + (y - x) * 2 - -x + +y"]  # fmt: skip
    assert [tape.starts[row] for row in range(2)] == [tape.span(slot).start for slot in (2, 3)]


@pytest.mark.parametrize("x", [7.0, np.array([7.0, -1.0])])
def test_a_floor_division_and_a_remainder_are_a_row_each(x):
    assert record(lambda x: x // 2, {"x": x}).tape.operations == ["floor_divide"]
    assert record(lambda x: np.floor_divide(x, 2), {"x": x}).tape.operations == ["floor_divide"]
    assert record(lambda x: x % 2, {"x": x}).tape.operations == ["mod"]
    assert record(lambda x: divmod(x, 2), {"x": x}).tape.operations == ["floor_divide", "mod"]


def test_wide_characters_before_a_row_do_not_move_it():
    def f(x):
        größe = "∂∂"; return x * len(größe)  # noqa: E702

    tape = record(f, {"x": 1.0}).tape
    assert tape.source.text[slice(*tape.span(1))] == "x * len(größe)"


def test_rows_of_helpers_in_other_files_stand_at_the_call():
    tape = record(lambda x: functools.reduce(lambda a, b: a * b, [x, x, x]), {"x": 2.0}).tape
    assert tape.operations == ["mul", "mul"]
    tape = record(lambda x: copy.copy(x) + sum([x, copy.deepcopy(x)]), {"x": 2.0}).tape
    assert tape.source.text[slice(*tape.span(1))] == "sum([x, copy.deepcopy(x)])"


def test_a_function_without_a_file_has_no_places():
    names = {}
    exec("def f(x):\n    return 1/(x - 1) + x", names)
    result = diffcli.grad(names["f"], {"x": 3.0})
    assert result.gradient == {"x": 0.75}
    with pytest.raises(diffcli.DomainError) as caught:
        diffcli.grad(names["f"], {"x": 1.0})
    assert diffcli.explain(caught.value) == (
        "error[division-by-zero]: this divides by 0\n  = note: the value and its derivative are undefined at this point\n"
    )


def test_kinds_of_functions_and_of_parameters():
    class Model:
        scale = 2.0

        def method(self, x):
            return self.scale * x

        def __call__(self, x):
            return 3 * x

    def places(a, /, b, *, c=2.0):
        return a * b * c

    assert diffcli.grad(Model().method, {"x": 1.0}).gradient == {"x": 2.0}
    assert diffcli.grad(Model(), {"x": 1.0}).gradient == {"x": 3.0}
    assert diffcli.grad(functools.partial(places, 5.0), {"b": 1.0}).gradient == {"b": 10.0}
    assert diffcli.grad(places, {"a": 3.0, "b": 4.0}).gradient == {"a": 8.0, "b": 6.0}
    assert diffcli.grad(places, {"c": 1.0, "b": 4.0, "a": 3.0}).gradient == {"a": 4.0, "b": 3.0, "c": 12.0}
    assert diffcli.grad(lambda x: 2.0, {"x": 1.0}).gradient == {"x": 0.0}


def _handing_on(kind):
    """A decorator whose function takes arguments by place, by name, or either."""

    def decorate(function):
        @functools.wraps(function)
        def by_place(*given):
            return function(*given)

        @functools.wraps(function)
        def by_name(**given):
            return function(**given)

        return by_place if kind == "place" else by_name

    return decorate


class Cached:
    scale = 3.0

    @functools.lru_cache  # noqa: B019
    def method(self, x):
        return self.scale * x


def _area(x, y=2.0, *, z=3.0):
    return x * y * z


DECORATED = {
    "by place": (_handing_on("place")(lambda x, y=2.0: x * y), {"x": 3.0, "y": 5.0}, {"x": 5.0, "y": 3.0}),
    "by place, with a default": (_handing_on("place")(_area), {"x": 3.0}, {"x": 6.0}),
    "by name": (_handing_on("name")(_area), {"z": 5.0, "x": 3.0}, {"x": 10.0, "z": 6.0}),
    "a cache": (functools.lru_cache(lambda x: x * x), {"x": 3.0}, {"x": 6.0}),
    "a cache without a limit": (functools.cache(_area), {"x": 3.0, "y": 4.0}, {"x": 12.0, "y": 9.0}),
    "a cache around a decorator": (functools.cache(_handing_on("place")(_area)), {"x": 3.0}, {"x": 6.0}),
    "a constant": (functools.cache(lambda x: 2.0), {"x": 3.0}, {"x": 0.0}),
}


@pytest.mark.parametrize("name", DECORATED)
def test_what_a_decorator_makes_is_a_function(name):
    function, at, gradient = DECORATED[name]
    assert diffcli.grad(function, at).gradient == gradient
    assert diffcli.value_and_grad(function)(**at)[1] == gradient


def test_a_cache_that_stands_in_the_way_is_told():
    with pytest.raises(diffcli.ExpressionError, match="a traced number cannot be a key"):
        diffcli.grad(Cached().method, {"x": 3.0})


def test_arguments_that_the_derivative_is_not_wanted_for_are_passed_on_as_they_are():
    def power(x, count, label):
        assert isinstance(label, dict) and isinstance(count, int)
        return functools.reduce(lambda a, b: a * b, [x] * count)

    result = diffcli.grad(power, {"x": 2.0, "count": 3, "label": {}}, wrt="x")
    assert (result.at, result.gradient) == ({"x": 2.0}, {"x": 12.0})
    f = diffcli.value_and_grad(power, wrt=["x"])
    assert f(2.0, 3, label={}) == (8.0, {"x": 12.0})
    assert f.__name__ == "power"
    with pytest.raises(TypeError, match="missing a required argument"):
        diffcli.value_and_grad(lambda x, y: x)()


def test_an_argument_that_is_not_traced_may_count_something():
    def power(x, count):
        return functools.reduce(lambda a, b: a * b, [x] * count)

    assert diffcli.grad(power, "x=2, count=3", wrt="x").gradient == {"x": 12.0}
    with pytest.raises(diffcli.ExpressionError) as caught:
        diffcli.grad(power, "x=2, count=3, q=1", wrt="x")
    assert caught.value.diagnostics[0].span is not None


def test_every_derivative_of_the_library_takes_a_function():
    def f(x, y):
        return diffcli.exp(x * y) * x

    at, text = {"x": 1.0, "y": 0.5}, "exp(x*y)*x"
    assert diffcli.hessian(f, at).hessian == diffcli.hessian(text, at).hessian
    own, written = diffcli.jacobian(lambda x, y: [f(x, y), x], at), diffcli.jacobian(f"[{text}, x]", at)
    assert list(own.jacobian.values()) == list(written.jacobian.values())
    assert diffcli.taylor(f, at, wrt="x", order=3).coefficients == diffcli.taylor(text, at, wrt="x", order=3).coefficients


def test_several_results():
    tape = record(lambda x: (x * 2, 1.0, x), {"x": 3.0}).tape
    assert tape.outputs == [1, 2, 0] and tape.output == 1  # the constants stand behind the rows, the last one first


@pytest.mark.slow
def test_many_operations_do_not_recurse():
    def walk(x):
        for _ in range(tiers.size(250_000)):
            x = 3.7 * x * (1.0 - x) * 0.98
        return x

    result = diffcli.value_and_grad(walk)(0.3)
    assert math.isfinite(result[0])


def test_the_tape_has_a_limit():
    def forever(x):
        while True:
            x = x + 1

    with pytest.raises(diffcli.LimitError, match="more than 1000 values"):
        diffcli.grad(forever, {"x": 1.0}, max_nodes=1000)


def test_many_constants_are_not_looked_for_for_ever():
    data = [k / 7 for k in range(10_000)]
    recording = record(lambda x: sum(x * value for value in data), {"x": 2.0})
    assert recording.values[recording.tape.output] == pytest.approx(2 * sum(data))


# -- branches --------------------------------------------------------------------------------------------------------------


def told(function, at, **options):
    result = diffcli.grad(function, at, **options)
    return result, diffcli.explain(result.notes, 100)


def halve(x):
    while x > 1:
        x = x / 2
    if not x < 0 and x < 5:
        return x
    return -x


def test_the_comparisons_inside_a_call_are_no_truth_of_the_call():
    _, text = told(lambda x: sorted(x)[0] * 2, {"x": [3.0, 1.0, 2.0]})
    assert "`sorted(x)` compares values: true 2 times and false 2 times\n" in text


def test_every_branch_on_a_value_is_told_once_for_its_place():
    result, text = told(halve, {"x": 3.0})
    assert result.gradient == {"x": 0.25}
    assert text.count("note[python-branch]") == 3
    assert ": `while x > 1` was taken as true twice and false once\n" not in text
    assert ": `while x > 1` was taken as true 2 times and false once\n  in test_recording.py\n" in text
    assert ": `not x < 0` was taken as false\n" in text
    assert ": `and x < 5` was taken as true\n" in text
    assert "= note: every method follows the branch taken; a point that changes the answer needs another run\n" in text


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_branch_at_its_boundary_has_the_slopes_of_both_sides(sign):
    def corner(x, y):
        return sign * x if x > y else 2 * y - x if y > 5 else 3 * y

    result = diffcli.grad(corner, {"x": 1.0, "y": 1.0})
    assert [note.code for note in result.notes] == ["python-branch", "python-branch", "branch", "no-dependence"]
    # on the right of x the value jumps
    assert result.notes[2].slopes[0] == ("x", 0.0, None)

    def kink(x):
        return x * x if x <= 0 else sign * x

    (_, note) = diffcli.grad(kink, {"x": 0.0}).notes
    assert (note.code, note.slopes) == ("branch", (("x", 0.0, sign),))


def test_python_s_maximum_compares_and_its_tie_is_a_boundary():
    result = diffcli.grad(lambda x, y: max(x, 2 * y), {"x": 2.0, "y": 1.0})
    assert [note.code for note in result.notes] == ["python-branch", "branch", "no-dependence"]
    assert result.notes[1].slopes == (("x", 0.0, 1.0), ("y", 0.0, 2.0))
    assert diffcli.check(lambda x, y: max(x, 2 * y), {"x": 2.0, "y": 1.0}).passed


def test_a_point_that_is_singled_out_is_told():
    result = diffcli.grad(lambda x: 1.0 if x == 0 else diffcli.sin(x) / x, {"x": 0.0})
    assert [note.code for note in result.notes] == ["python-branch", "point-branch"]
    result = diffcli.grad(lambda x: x if x == 2 else 3 * x - 4, {"x": 2.0})
    assert [note.code for note in result.notes] == ["python-branch", "point-branch"]
    assert result.notes[-1].slopes == (("x", 3.0, 3.0),)
    result = diffcli.grad(lambda x: 2 * x if x else 5 * x, {"x": 0.0})
    assert [note.code for note in result.notes] == ["python-branch", "point-branch"]


def test_strict_refuses_a_boundary_and_the_policy_is_kept():
    with pytest.raises(diffcli.NotDifferentiableError):
        diffcli.grad(lambda x: x if x > 0 else -x, {"x": 0.0}, strict=True)
    assert diffcli.grad(lambda x: abs(x), {"x": 0.0}, kink="right").gradient == {"x": 1.0}


def test_a_condition_without_a_value_is_a_warning():
    result, text = told(lambda x: x if diffcli.log(x - 5) > 0 else -x, {"x": 1.0})
    assert "warning[python-branch]" in text and "was taken as undefined once" in text
    assert result.gradient == {"x": -1.0}


def test_truths_are_numbers_of_their_own():
    assert diffcli.grad(lambda x: (x > 0) * x + int(x > 5) + float(x < 5), {"x": 2.0}).value == 3.0
    assert diffcli.grad(lambda x: np.where((x > 0) & ~(x > 5) | (x < -1), x, 0.0), {"x": 2.0}).value == 2.0
    assert diffcli.grad(lambda x: x if np.isnan(x) or np.isinf(x) else 2 * x, {"x": 2.0}).value == 4.0


# -- what is refused --------------------------------------------------------------------------------------------------------


def refused(function, at=None, width=200):
    with pytest.raises(diffcli.DiffcliError) as caught:
        diffcli.grad(function, {"x": 1.0} if at is None else at)
    lines = diffcli.explain(caught.value, width).splitlines()
    return "\n".join(line.partition("│ ")[2].rstrip() if "│" in line else line for line in lines if " in test_rec" not in line)


def test_a_function_that_wants_a_plain_number():
    assert refused(lambda x: math.sin(x) + 1) == textwrap.dedent("""\
        error[untraceable]: `math.sin(...)` needs a plain number, and would take this one out of the recording
            assert refused(lambda x: math.sin(x) + 1) == textwrap.dedent(\"\"\"\\
                                     ^^^^^^^^^^^
          = help: write diffcli.sin(...), or NumPy's function
          = help: differences of plain calls need no recording: diffcli.grad(f, at, mode="numeric")""")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: float(x), "a traced number is a number as it stands: leave float(...) out"),
        (lambda x: int(x), "to round: diffcli.trunc(x) or math.floor(x), whose derivative is 0; to see the value:"),
        (lambda x: math.isnan(x), "x != x holds for NaN alone"),
        (lambda x: [1, 2][x], "an index decides by the value, and has no derivative; branch on the value instead"),
        (lambda x: {x: 1}, "a key decides by the value, and has no derivative"),
        (lambda x: np.zeros(2).__setitem__(0, x), "use Python's operators"),
        (lambda x: round(x, 2), "write round(x*10**2)/10**2; its derivative is 0"),
        (lambda x: x * 2j, "the tape holds real numbers, and this is a complex one"),
        (lambda x: 10**400 * x, "write it as a float, or scale it"),
        (lambda x: np.modf(x)[0], "np.modf of a traced number is not recorded"),
        (lambda x: np.add.reduce(x), "np.add.reduce of a traced number is not recorded"),
        (lambda x: np.sin(x, out=np.zeros(1)), "a plain array cannot be written into with a traced value"),
        (lambda x: "a" + x, 'TypeError: can only concatenate str (not "Traced") to str'),
        (lambda x: None, "returned None, not a number"),
        (lambda x: "text", "returned a `str`, not a number"),
        (lambda x: [], "returned no numbers"),
        (lambda x: [x, "text"], "returned a `str` among its results, not a number"),
        (lambda x: {}["key"], "KeyError: 'key'"),
        (lambda x: exit(3), "SystemExit: 3"),
        (lambda x: diffcli.grad("x^2", {"x": x}).value, "second derivatives: diffcli.hessian"),
        (lambda x: diffcli.grad(lambda z: z * x, {"z": 2.0}).value, "a number of one recording meets a number of another"),
        (lambda *x: 1, "takes any number of arguments (*x), so its variables have no names"),
        (lambda x, **y: 1, "takes any number of arguments (**y), so its variables have no names"),
        (lambda x, y: 1, "no value for `y`"),
        (lambda z=2, x=3: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)  # fmt: skip
def test_what_cannot_be_traced_is_refused_with_what_to_write(function, said):
    assert said in refused(function)


def test_assignment_into_an_array_of_numbers():
    def fill(x):
        values = np.zeros(3)
        values[0] = x
        return values.sum()

    assert refused(fill) == textwrap.dedent("""\
        error[untraceable]: this needs a plain number, and would take this one out of the recording
                values[0] = x
                ^^^^^^^^^
          = help: collect the values in a list, and make an array of it at the end: np.stack([...])
          = help: differences of plain calls need no recording: diffcli.grad(fill, at, mode="numeric")""")


def test_an_exception_below_the_user_s_file_is_told_at_the_call():
    line = inspect.getsourcelines(textwrap.dedent)[1]
    text = refused(lambda x: textwrap.dedent(x))
    (known,) = [int(found) for found in re.findall(r"textwrap.py, line (\d+)", text)]
    assert line < known < line + 60
    assert text == textwrap.dedent(f"""\
        error[python-error]: TypeError: expected string or bytes-like object, got 'Traced'
            text = refused(lambda x: textwrap.dedent(x))
                                     ^^^^^^^^^^^^^^^^^^
          = note: raised in `dedent` of textwrap.py, line {known}, which was called here
          = help: a `Traced` stands for a number of the point while the function is recorded""")


def test_a_number_does_not_outlive_its_recording():
    kept = []
    diffcli.grad(lambda x: kept.append(x) or x, {"x": 1.0})
    assert repr(kept[0]) == "<traced 1.0>"
    with pytest.raises(diffcli.ExpressionError, match="after the recording"):
        kept[0] * 2


def test_showing_a_number_is_allowed(capsys):
    def show(x):
        print(x, repr(x), f"{x:.2f}", "%.1f" % x, x > 0)  # noqa: UP031
        return x

    diffcli.grad(show, {"x": 1.5})
    assert capsys.readouterr().out == "1.5 <traced 1.5> 1.50 1.5 True\n"


def test_what_is_no_function_is_refused():
    for target in (5, None):
        with pytest.raises(diffcli.UsageError, match="a program is text"):
            diffcli.grad(target, {})
        with pytest.raises(diffcli.UsageError, match="takes a function"):
            diffcli.value_and_grad(target)
    with pytest.raises(diffcli.ExpressionError, match="cannot be read"):
        diffcli.grad(int, {"x": 1})


def test_domain_errors_stand_at_the_user_s_line():
    assert refused(lambda x: 2 * diffcli.log(x - 5)) == textwrap.dedent("""\
        error[domain]: `log` is undefined here
            assert refused(lambda x: 2 * diffcli.log(x - 5)) == textwrap.dedent(\"\"\"\\
                                         ^^^^^^^^^^^^^^^^^^ x - 5 = -4
          = note: its domain: x - 5 > 0
          = help: xlogy(a, b) is a*log(b) with the value 0 at a = 0""")


# -- the command line ---------------------------------------------------------------------------------------------------------

FILE = '''\
"""A model."""

import helper
import numpy as np

print("imported")
SCALE = 3.0


def loss(x, y=2.0):
    print("running")
    return helper.double(x)*y + np.exp(x)


def fails(x):
    return helper.fail(x)


class Model:
    def __call__(self, x):
        return SCALE*x


model = Model()
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "model.py").write_text(FILE, encoding="utf-8")
    (tmp_path / "helper.py").write_text("def double(x):\n    return 2*x\n\n\ndef fail(x):\n    return {}[x > 0]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_function_of_a_file(folder):
    outcome = run("grad model.py:loss --at x=1 -q")
    assert (outcome.exit, outcome.stdout) == (0, "f\t6.718281828459045\ndf/dx\t6.718281828459045\n")
    assert outcome.stderr == "imported\nrunning\n"
    assert '"expression": "model.loss"' in run("grad model.py:loss --at x=1 --json").stdout
    assert run("grad model.py:loss --at x=1,y=0 -q").stdout == "f\t2.718281828459045\ndf/dx\t2.718281828459045\ndf/dy\t2\n"
    assert run("grad model.py:model --at x=1 -q").stdout == "f\t3\ndf/dx\t3\n"
    assert run("check model.py:loss --at x=1").exit == 0
    assert not (folder / "__pycache__" / "model.cpython-311.pyc").exists()


@pytest.mark.parametrize(
    ("command", "exit", "said"),
    [
        ("grad model.py:lost --at x=1", 3, "error[unknown-function]: model.py has no function `lost`\n  = help: diffcli grad model.py:loss --at x=1\n  = help: its functions: loss, fails, model\n"),
        ("grad model.py:SCALE --at x=1", 3, "error[unknown-function]: `SCALE` in model.py is a `float`, not a function\n"),
        ("grad model.py --at x=1", 3, "error[unknown-function]: which function of model.py is meant? write model.py:NAME\n"),
        ("grad none.py:f --at x=1", 2, "error[unreadable-file]: cannot read none.py: No such file or directory\n  = help: a Python function is given as FILE.py:NAME\n"),
        ("grad model.py:loss --at z=1", 3, "error[missing-value]: no value for `x`\n  = note: --at gives `z`, which `model.loss` does not use"),
        ("grad model.py:loss --at x=1,z=1", 3, "error[unknown-variable]: `model.loss` has no variable `z`\n"),
        ("grad model.py:fails --at x=1", 3, "error[untraceable]: a traced number cannot be a key\n  in helper.py\n6 │     return {}[x > 0]\n  │            ^^^^^^^^^\n  = note: called in `fails` of model.py, line 16\n"),
        ("ast model.py:loss", 2, "error[usage]: a Python function has no text, which this command is about\n"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told(folder, command, exit, said):
    outcome = run(command)
    assert (outcome.exit, outcome.stdout) == (exit, "")
    assert said in outcome.stderr


@pytest.mark.parametrize("mark", ["\x0c", "\x0b", "\x1c", "\x85", "\u2028", "\u2029", "é", "\t"])
def test_lines_are_those_that_python_counts(folder, mark):
    lines = ["import math", f"# a page {mark} and another", mark.strip("é\x0b\x1c\x85\u2028\u2029"), "def f(x):", "    if x > 1:",
             f"        return '{mark}' and math.sqrt(x)", "    return x", ""]  # fmt: skip
    (folder / "pages.py").write_text("\n".join(lines), encoding="utf-8")
    assert run("grad pages.py:f --at x=1").stderr.startswith(
        "note[python-branch]: line 5: `if x > 1` was taken as false\n  in pages.py\n5 │     if x > 1:\n  │        ^^^^^\n"
    )
    assert run("grad pages.py:f --at x=2").stderr.startswith(
        "error[untraceable]: `math.sqrt(...)` needs a plain number, and would take this one out of the recording\n"
        "  in pages.py\n6 │ "
    )
    (folder / "broken.py").write_text("\n".join([*lines[:3], "def f(x):", "    retrun x", ""]), encoding="utf-8")
    assert run("grad broken.py:f --at x=1").stderr == (
        "error[python-error]: SyntaxError: invalid syntax\n  in broken.py\n5 │     retrun x\n  │            ^\n"
    )


def test_files_that_cannot_be_imported(folder):
    (folder / "broken.py").write_text("def f(x):\n    retrun x\n")
    assert run("grad broken.py:f --at x=1").stderr == (
        "error[python-error]: SyntaxError: invalid syntax\n  in broken.py\n2 │     retrun x\n  │            ^\n"
    )
    (folder / "raising.py").write_text("import math\nvalue = math.nothing\n")
    assert run("grad raising.py:f --at x=1").stderr == (
        "error[python-error]: AttributeError: module 'math' has no attribute 'nothing'\n"
        "  in raising.py\n2 │ value = math.nothing\n  │         ^^^^^^^^^^^^\n"
    )
    (folder / "importing.py").write_text("import broken\n")
    assert run("grad importing.py:f --at x=1").stderr == (
        "error[python-error]: SyntaxError: invalid syntax\n  = note: in line 2 of broken.py, which importing.py imports\n"
    )
    (folder / "latin.py").write_bytes(b"# \xe9\n")
    assert "is not UTF-8 text" in run("grad latin.py:f --at x=1").stderr


def test_a_run_leaves_nothing_behind(folder):
    import sys

    path, modules = list(sys.path), set(sys.modules)
    run("grad model.py:loss --at x=1 -q")
    run("grad model.py:fails --at x=1 -q")
    assert sys.path == path
    assert set(sys.modules) - modules <= {"helper"}


def test_a_problem_can_be_asked_at_another_point():
    problem = Problem(halve, {"x": 3.0})
    assert Problem(problem.program, {"x": 5.0}).adjoints[0] == 0.125
    assert problem.expression() == "halve"


def test_a_copy_of_a_recorded_tape_has_its_columns_and_keeps_its_own_answers():
    tape = record(lambda x: x * x + 1.0, {"x": 3.0}).tape
    assert evaluate(tape, [3.0])[tape.output] == 10.0 and tape.kept
    other = tape.copy(constants=[5.0], output=2)
    assert type(other) is type(tape) and other.kept == {} and other.span(2) == tape.span(2)
    assert (other.operations, other.output, evaluate(other, [3.0])[2]) == (tape.operations, 2, 14.0)
    assert other.starts == tape.starts and tape.constants == [1.0]
