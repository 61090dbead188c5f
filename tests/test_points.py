"""Numbers that are given: a point is what its text means, whoever reads it, and what has no float or is no number is refused."""

from __future__ import annotations

import datetime
import json
import os
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from math import copysign, pi, sqrt

import numpy as np
import pytest
from console import run
from inside import DiffcliError, finite_float, read_constant, read_csv, read_direction, read_point

import diffcli
import diffcli.autograd as ad

MEANT = {
    "1e16 + 1 - 1e16": 1.0, "(1 - cos(1e-5))/1e-10": 0.49999999999583333, "sqrt(2)^2": 2.0, "0.1 + 0.2 - 0.3": 0.0,
    "0.3 - 0.1": 0.2, "0.1 + 0.2": 0.3, "sin(pi)": 0.0, "cos(pi/2)": 0.0, "exp(1e-20) - 1": 1e-20, "log(1.0000000001)": 9.9999999995e-11,
    "1e-200*1e-200*1e300": 1e-100, "1e200*1e200/1e300": 1e100, "1e-170^2*1e300": 1e-40, "pi - 3.141592653589793": 2.3846264338327950e-16,
    "3*(1/3) - 1": 0.0, "floor(0.3/0.1)": 3.0, "ceil(0.3/0.1)": 3.0, "round(2.5*1.0)": 2.0, "mod(0.3, 0.1)": 0.0, "0*5": 0.0,
    "5 if 0.1 + 0.2 == 0.3 else 6": 5.0, "5 if 0.1 + 0.2 > 0.3 else 6": 6.0, "2^-1074": 5e-324, "-(1e16 + 1 - 1e16)": -1.0,
    "(1 + 1e-300 - 1)*1e300": 1.0, "sin(1e177)": 0.46929746137351547, "gamma(0.5)^2 - pi": 0.0, "1e308*10/10": 1e308,
    "sqrt(0.6^2 + 0.8^2 - 1)": 0.0, "sqrt(1 - 0.6^2 - 0.8^2)": 0.0, "sqrt(sin(pi))": 0.0, "sqrt(cos(pi/2))": 0.0, "sqrt(tan(pi))": 0.0,
    "sqrt(sqrt(2)^2 - 2)": 0.0, "(0.1 + 0.2 - 0.3)^0.5": 0.0, "acosh(0.1*3/0.3)": 0.0, "acosh(sqrt(2)^2/2)": 0.0,
    "asin(0.1*3/0.3)": pi / 2, "sqrt(log(0.1*3/0.3))": 0.0, "(-8)^(0.3*10)": -512.0, "sqrt(mod(0.3, 0.1))": 0.0,
    "where(0.1 + 0.2 - 0.3, 1, 2)": 2.0, "not(0.1 + 0.2 - 0.3)": 1.0, "1e-40 - 1e-60": 1e-40,
}  # fmt: skip
"""By hand, or by mpmath with 60 digits where all numbers are the decimals that are written."""

PLAIN = {
    "0.1": 0.1, "-0.1": -0.1, "pi/4": pi / 4, "2*pi": 2 * pi, "-pi": -pi, "1/3": 1 / 3, "2^10": 1024.0, "2^-10": 2**-10,
    "sqrt(2)": sqrt(2), "1e-3*2": 1e-3 * 2, "5e-324": 5e-324, "1e-320": 1e-320, "0.1*3": 0.1 * 3, "e": 2.718281828459045,
}  # fmt: skip
"""What has its digits in floats: the very same ones."""



def first_point(text):
    asked = []
    diffcli.difference(lambda x: asked.append(x) or 1.0, text)
    return asked[0]


READERS = {
    "--at": lambda text: read_point(f"x={text}")["x"],
    "--at, again": lambda text: read_point(["k=1", f"x={text}"])["x"],
    "an array": lambda text: float(read_point(f"x=[7, {text}]")["x"][1]),
    "an element": lambda text: read_point(f"v=[7, {text}], x=v[1]")["x"],
    "a text in Python": lambda text: diffcli.evaluate("x", {"x": text}),
    "a list of texts": lambda text: float(diffcli.evaluate("x", {"x": ["7", text]})[1]),
    "a direction": lambda text: read_direction(f"x={text}", {"x": 3.0})["x"],
    "a difference": lambda text: first_point(text),
    "a cell": lambda text: float(read_csv(f'7\n"{text}"\n', "F")[1]),
    "an option": lambda text: finite_float(read_constant(text)),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", [*MEANT, *PLAIN])
def test_a_number_is_what_its_text_means(text, reader):
    assert READERS[reader](text) == (MEANT | PLAIN)[text]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sum([1e16, 1, -1e16])", 1.0), ("[1, 2] @ [0.1, 0.2] - 0.5", 0.0), ("[1e200, 2]*1e200/1e250", [1e150, 2e-50]),
        ("([[1e16, 1], [1, 1]] + 1 - [[1e16, 0], [0, 0]])[0]", [1.0, 2.0]), ("[pi/4, 1/3]", [pi / 4, 1 / 3]),
        ("mean([1e308, 1e308])", 1e308), ("sqrt(sum([0.6, 0.8]^2) - 1)", 0.0),
    ],
)  # fmt: skip
def test_arrays_are_what_their_texts_mean(text, value):
    found = read_point(f"x={text}")["x"]
    assert np.array_equal(found, value) and np.shape(found) == np.shape(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("atan2(-0.0, -1) + 0.1", 0.1 - pi), ("atan2(0.0, -1) + 0.1", 0.1 + pi), ("1/(atan2(-0.0*2, -1) + 0.1)", 1 / (0.1 - pi)),
        ("atan2(1 - 1, -1) + 0.1", 0.1 + pi), ("-0.0*2*3", -0.0), ("-(0.0*2)", -0.0), ("sqrt(-0.0)*1*1", -0.0), ("0.1*3 - 0.3", 0.0),
        ("[atan2(-0.0, -1) + 0.1][0]", 0.1 - pi), ("([-0.0, 1]*2*3)[0]", -0.0), ("atan2([-0.0, 1], -1)[0] + 0.1", 0.1 - pi),
    ],
)  # fmt: skip
def test_the_sign_of_zero_is_kept(text, value):
    found = read_point(f"x={text}")["x"]
    assert found == pytest.approx(value, rel=1e-15, abs=0) and copysign(1, found) == copysign(1, value)


def test_what_is_computed_from_other_values():
    assert read_point("x=1/3, y=3*x - 1") == {"x": 1 / 3, "y": 0.0}
    assert read_point(["x=0.3", "y=x - 0.1 - 0.2"]) == {"x": 0.3, "y": 0.0}
    large = np.ones(30_000)
    assert read_point(["x=2", "y=x^2"])["y"] == 4.0 and diffcli.evaluate("sum(x)", {"x": large}) == 30_000


ENDS = {"begins": "beyond the range of a float, which begins at 4.9e-324", "ends": "beyond the range of a float, which ends at 1.8e308"}

BEYOND = {"2^-1075": "begins", "10^-400": "begins", "1e-200*1e-200": "begins", "-(2^-1075)": "begins", "10^400": "ends", "-(10^400)": "ends", "exp(exp(1000))": "ends"}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", BEYOND)
def test_a_number_that_no_float_has_is_refused_in_the_words_of_a_literal(text, reader):
    with pytest.raises((DiffcliError, OverflowError), match=rf"{ENDS[BEYOND[text]]}(\n|$)"):
        READERS[reader](text)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", ["1/0", "0/0", "log(-1)", "tan(pi/2)"])
def test_what_is_no_number_is_refused(text, reader):
    with pytest.raises((DiffcliError, ValueError), match="not a finite number"):
        READERS[reader](text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1/0", "is nan, not a finite number"), ("log(-1)", "is nan, not a finite number"), ("log(0)", "is -inf, not a finite number"),
        ("atanh(0.1*10)", "is inf, not a finite number"), ("exp(exp(exp(10)))", "is inf, not a finite number"),
        ("-log(0)*2", "is inf, not a finite number"), ("10^400", f"is {ENDS['ends']}"), ("1, y=2", "is `1, y=2`, not one value"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told_by_the_name_that_it_is_given_for(text, what):
    for name, take in {
        "the value of `x`": lambda: diffcli.grad("x", {"x": text}), "the point": lambda: diffcli.difference(abs, text),
        "the value of `x[1]`": lambda: diffcli.grad("sum(x)", {"x": [2, text]}),
    }.items():  # fmt: skip
        with pytest.raises(DiffcliError) as caught:
            take()
        assert [found.message for found in caught.value.diagnostics] == [f"{name} {what}"]
        assert "value=" not in repr(caught.value.diagnostics)


def test_a_list_is_no_number():
    for text, what in {"[1,2]": "`x[0]` is `[1,2]`, not a finite number", "[1,1/0]": "`x[0][1]` is nan, not a finite number"}.items():
        with pytest.raises(DiffcliError, match=re.escape(f"the value of {what}")):
            diffcli.grad("sum(x)", {"x": [text, 2]})
    with pytest.raises(DiffcliError, match=re.escape("the point is `[1,2]`, not a finite number")):
        diffcli.difference(abs, "[1,2]")


@pytest.mark.parametrize("more", ["", "9" * 21])
@pytest.mark.parametrize("end", ENDS)
def test_files_refuse_a_number_that_no_float_has(end, more, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exponent = {"begins": "-400", "ends": "400"}[end]
    (tmp_path / "f.json").write_text(f'{{"x": 1e{exponent}{more}, "y": [[0.0, 0.1E{exponent}{more}]], "z": 0e{exponent}{more}}}')
    np.save(tmp_path / "f.npy", np.array([1, np.longdouble(f"1e{exponent}")]))
    for at, message in {
        "x=@f.json": f"`x` in f.json is {ENDS[end]}", "y=@f.json": f"`y[0,1]` in f.json is {ENDS[end]}",
        "@f.json": f"`x` in f.json is {ENDS[end]}", "x=@f.npy": f"f.npy holds a number {ENDS[end]}",
    }.items():  # fmt: skip
        outcome = run(["grad", "x*1e300", "--at", at])
        assert (outcome.exit, outcome.stdout) == (2, "")
        assert " ".join(outcome.stderr.split()).startswith(f"error[bad-data]: {message}")
    assert run("grad z --at z=@f.json -q").stdout == "f\t0\ndf/dz\t1\n"
    np.save(tmp_path / "f.npy", np.array([0, 1], np.longdouble))
    assert run("grad sum(x) --at x=@f.npy -q").exit == 0
    (tmp_path / "large.json").write_text(json.dumps({"x": 10**400}))
    assert f"`x` in large.json is {ENDS['ends']}" in " ".join(run("grad x --at @large.json").stderr.split())


@pytest.mark.parametrize("step", ["2^-1075", "1e-400", "1e-200*1e-200"])
def test_options_refuse_a_number_that_no_float_has(step):
    outcome = run(["grad", "x", "--at", "x=1", "--mode", "numeric", "--step", step])
    assert outcome.exit == 2 and f"--step is `{step}`, not a positive number" in outcome.stderr


MASKED = "has masked elements, which have no value"

NO_NUMBERS = {
    "masked": (np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), MASKED), "a masked constant": (np.ma.masked, MASKED),
    "a masked number": (np.ma.array(1.0, mask=True), MASKED), "masked rows": ([np.ma.array([1.0, 2.0], mask=[0, 1])] * 2, MASKED),
    "complex": (np.complex128(1 + 2j), "holds values of the type complex128, not real numbers"),
    "complex and real": (np.complex64(1), "holds values of the type complex64, not real numbers"),
    "a complex array": (np.array([1 + 0j]), "holds values of the type complex128, not real numbers"),
    "complex without axes": (np.array(1 + 2j), "holds values of the type complex128, not real numbers"),
    "Python's complex": (1 + 0j, "is (1+0j), not a finite number"),
    "a duration": (np.timedelta64(5, "ns"), "holds values of the type timedelta64[ns], not real numbers"),
    "durations": (np.array([5], "m8[ns]"), "holds values of the type timedelta64[ns], not real numbers"),
    "durations in rows": ([np.array([5], "m8[ns]")], "holds values of the type timedelta64[ns], not real numbers"),
    "a date": (np.datetime64("2020-01-01"), "holds values of the type datetime64[D], not real numbers"),
    "Python's date": (datetime.timedelta(1), "is datetime.timedelta(days=1), not a finite number"),
    "a structure": (np.array([(1, 2.0)], [("a", int), ("b", float)]), "holds a table with named fields, not an array of numbers"),
    "a row of one": (np.array([(1, 2.0)], [("a", int), ("b", float)])[0], "holds a table with named fields, not an array of numbers"),
    "objects": (np.array([1.0, 2.0], object), "holds Python objects, not numbers"),
    "nothing": (None, "is None, not a finite number"),
    "a tiny longdouble": (np.longdouble("1e-400"), f"holds a number {ENDS['begins']}"),
    "huge longdoubles": (np.array([1, np.longdouble("1e400")]), f"holds a number {ENDS['ends']}"),
    "a tiny Decimal": (Decimal("1e-400"), f"is {ENDS['begins']}"), "a huge Decimal": (Decimal("-1e400"), f"is {ENDS['ends']}"),
    "an infinite Decimal": (Decimal("inf"), "is inf, not a finite number"),
    "a tiny Fraction": (Fraction(1, 10**400), f"is {ENDS['begins']}"), "a huge Fraction": (Fraction(10**400), f"is {ENDS['ends']}"),
    "a huge integer": (10**5000, f"is {ENDS['ends']}"),
}  # fmt: skip

TAKERS = {
    "grad": lambda value: diffcli.grad("sum(x)", {"x": value}),
    "a function": lambda value: diffcli.grad(lambda x: x * 1.0, {"x": value}),
    "value_and_grad": lambda value: diffcli.value_and_grad(lambda x: x * 1.0)(value),
    "evaluate": lambda value: diffcli.evaluate("sum(x)", {"x": value}),
    "jacobian": lambda value: diffcli.jacobian("[x, 2*x]", {"x": value}),
    "hessian": lambda value: diffcli.hessian("sum(x)", {"x": value}),
    "jvp": lambda value: diffcli.jvp("sum(x)", {"x": np.ones(np.shape(value))}, direction={"x": value}),
    "trace": lambda value: diffcli.trace("sum(x)", {"x": value}),
    "check": lambda value: diffcli.check("sum(x)", {"x": value}),
}


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize("name", NO_NUMBERS)
def test_no_function_takes_what_is_no_number(name, taker):
    value, message = NO_NUMBERS[name]
    with warnings.catch_warnings(), pytest.raises(DiffcliError) as caught:
        warnings.simplefilter("error")
        TAKERS[taker](value)
    assert caught.value.diagnostics[0].message.partition("` ")[2] == message


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_a_difference_is_at_a_number(name):
    value, message = NO_NUMBERS[name]
    if not isinstance(value, list):
        with warnings.catch_warnings(), pytest.raises(DiffcliError) as caught:
            warnings.simplefilter("error")
            diffcli.difference(lambda x: x, value)
        subject = "the value of `x`" if np.ndim(value) else "the point"
        assert caught.value.diagnostics[0].message == f"{subject} {message}"


@pytest.mark.parametrize("value", [np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.masked, np.longdouble("1e-400"), np.array([np.longdouble("1e400")])], ids=str)
def test_tensors_do_not_take_them_either(value):
    for make in (ad.tensor, lambda value: ad.tensor([1.0, 2.0], requires_grad=True) * value):
        with pytest.raises(DiffcliError, match=f"a `{type(value).__name__}` is no number and no array of numbers"):
            make(value)


class Own:
    """A number of somebody's own, which is none of NumPy's."""

    dtype = "own"

    def __float__(self):
        return 2.0

    def __repr__(self):
        return "Own()"


@pytest.mark.parametrize(
    ("value", "total"),
    [
        (np.ma.array([1.0, 2.0]), 3.0), (np.array([True, False]), 1.0), (np.float32(0.5), 0.5), (np.int8(3), 3.0), (np.bool_(True), 1.0),
        ([np.float32(0.5), np.int64(2)], 2.5), (np.longdouble("0.5"), 0.5), (np.array([0, 1], np.longdouble), 1.0), (Decimal("0.5"), 0.5),
        (ad.tensor(2.0, requires_grad=True), 2.0), ([ad.tensor(2.0, requires_grad=True), 3], 5.0), (Own(), 2.0), ([Own(), 1], 3.0),
        ([ad.tensor([2.0, 3.0], requires_grad=True)], 5.0), (np.str_("1/4"), 0.25), ([np.str_("1/4"), 1], 1.25),
        (Fraction(1, 4), 0.25), (Decimal("-0"), 0.0), (np.array(2.0), 2.0), ([np.array([1, 2]), np.array([3, 4])], 10.0), (2**60, 2.0**60),
    ],
    ids=repr,
)  # fmt: skip
def test_numbers_of_every_kind_are_taken(value, total):
    assert diffcli.evaluate("sum(x)", {"x": value}) == total
    assert isinstance(value, list) or np.ndim(value) or diffcli.difference(lambda x: x, value).estimate == pytest.approx(1)


@pytest.mark.parametrize("constant", [Fraction(1, 10**400), np.longdouble("1e-400"), 10**400, np.longdouble("-1e400")], ids=lambda one: type(one).__name__)
def test_constants_of_functions_are_numbers_that_floats_have(constant):
    with pytest.raises(DiffcliError, match="a constant is beyond the range of a float"):
        diffcli.grad(lambda x: x * constant, {"x": 1.0})
    assert diffcli.grad(lambda x: x * Fraction(1, 4) + np.longdouble(0.5), {"x": 1.0}).value == 0.75


def test_a_file_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*paths):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "replace", interrupted)
    assert run("grad x^2 --at x=1 -o result.json").exit == 130
    assert os.listdir(tmp_path) == []


def test_a_whole_number_for_an_option_that_takes_any_is_a_float():
    assert '"budget": 0.0' in run("swell --n 2 --budget 0 --json").stdout
