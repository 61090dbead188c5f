"""The public face: sorted, complete, documented, lazy; and what its records hold."""

from __future__ import annotations

import copy
import doctest
import gc
import importlib
import pickle
import pkgutil
import traceback
import typing
from pathlib import Path

import pytest
from inside import NamedTuple, Options

import diffcli

MODULES = [
    found.name for found in pkgutil.walk_packages(diffcli.__path__, "diffcli.") if found.name != "diffcli.__main__"
]  # fmt: skip
NEEDS = {"diffcli.kernels.machine": "llvmlite", "diffcli.kernels.jax": "jax"}
"""What modules need that is not installed with diffcli."""


def test_the_names_are_sorted_and_all_there():
    assert diffcli.__all__ == sorted(diffcli.__all__)
    for name in diffcli.__all__:
        assert getattr(diffcli, name) is not None


def test_what_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'gradd'"):
        diffcli.gradd  # noqa: B018


@pytest.mark.parametrize("name", [name for name in diffcli.__all__ if name != "__version__"])
def test_every_public_name_is_documented(name):
    assert (getattr(diffcli, name).__doc__ or "").strip()


@pytest.mark.parametrize("name", ["diffcli", *MODULES])
def test_docstrings_run_and_modules_say_what_they_are(name):
    for room, needs in NEEDS.items():
        if name.startswith(room):
            pytest.importorskip(needs)
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip(), f"{name} has no docstring"
    for value in list(vars(module).values()):  # doctest asks this too, and may not meet a module that fills another one then
        getattr(value, "__wrapped__", None)
    assert doctest.testmod(module).failed == 0


def test_the_version_is_that_of_the_project():
    from importlib.metadata import version

    assert diffcli.__version__ == version("diffcli")
    changes = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{diffcli.__version__}]" in changes or "## [Unreleased]" in changes


def test_a_parsed_program_can_be_used_many_times():
    program = diffcli.parse("a = x^2; a*y")
    for x in (1.0, 2.0, 3.0):
        result = diffcli.grad(program, {"x": x, "y": 2})
        assert result.value == 2 * x * x
        assert result.gradient == {"x": 4 * x, "y": x * x}


@pytest.mark.parametrize("at", ["x=2,y=pi/2", {"x": 2, "y": "pi/2"}, {"y": 1.5707963267948966, "x": 2.0}])
def test_points_are_texts_or_mappings(at):
    assert diffcli.grad("x*sin(y)", at).gradient["x"] == 1.0


@pytest.mark.parametrize("value", ["nan", "1/0", float("inf"), None, [1], 10**400, "x y"])
def test_a_value_that_is_no_finite_number_is_refused(value):
    with pytest.raises(diffcli.ExpressionError):
        diffcli.grad("x", {"x": value})


def test_wrt_chooses_and_orders():
    result = diffcli.grad("x*y*z", "x=2,y=3,z=5", wrt=["z", "x"])
    assert list(result.gradient.items()) == [("z", 6.0), ("x", 15.0)]


@pytest.mark.parametrize(
    ("arguments", "family"),
    [
        ({"target": "x +", "at": "x=1"}, diffcli.ExpressionError),
        ({"target": "x", "at": "y=1"}, diffcli.ExpressionError),
        ({"target": "x", "at": "x=1", "wrt": ["z"]}, diffcli.ExpressionError),
        ({"target": "log(x)", "at": "x=-1"}, diffcli.DomainError),
        ({"target": "abs(x)", "at": "x=0", "strict": True}, diffcli.NotDifferentiableError),
        ({"target": "abs(x)", "at": "x=0", "kink": "error"}, diffcli.NotDifferentiableError),
        ({"target": "x+x+x", "at": "x=0", "max_nodes": 2}, diffcli.LimitError),
        ({"target": "x", "at": "x=0", "mode": "sideways"}, diffcli.UsageError),
        ({"target": "x", "at": "x=0", "kink": "sideways"}, diffcli.UsageError),
        ({"target": "x", "at": "x=0", "method": "sideways", "mode": "numeric"}, diffcli.UsageError),
        ({"target": "x", "at": "x=0", "step": -1.0, "mode": "numeric"}, diffcli.UsageError),
        ({"target": "x", "at": "x=0", "direction": "x=1"}, diffcli.UsageError),
        ({"target": "x", "at": "x=0", "direction": "y=1", "mode": "forward"}, diffcli.DiffcliError),
    ],
)
def test_errors_are_of_the_family_and_carry_diagnostics(arguments, family):
    with pytest.raises(family) as caught:
        diffcli.grad(**arguments)
    assert isinstance(caught.value, diffcli.DiffcliError)
    assert caught.value.diagnostics
    assert all(found.severity == "error" for found in caught.value.diagnostics)
    assert str(caught.value).splitlines()[0] == caught.value.diagnostics[0].message


def test_a_seed_gives_the_directional_derivative():
    result = diffcli.grad("x^2*y", "x=3,y=2", mode="forward", direction={"x": 1, "y": 0.5})
    assert result.directional == 12 + 4.5
    assert result.seed == {"x": 1.0, "y": 0.5}


class _Point(NamedTuple):
    x: float
    label: str = "none"

    def twice(self):
        return self._replace(x=2 * self.x)


class _TypedPoint(typing.NamedTuple):
    x: float
    label: str = "none"

    def twice(self):
        return self._replace(x=2 * self.x)


@pytest.mark.parametrize("kind", [_Point, _TypedPoint])
def test_a_named_tuple_is_as_pythons_own(kind):
    point = kind(1.5)
    assert (point, point.label, len(point), hash(point)) == ((1.5, "none"), "none", 2, hash((1.5, "none")))
    assert kind(label="a", x=2).twice() == kind._make((4, "a")) == (4, "a")
    assert (kind._fields, kind._field_defaults, point._asdict()) == (("x", "label"), {"label": "none"}, {"x": 1.5, "label": "none"})
    assert repr(point) == f"{kind.__name__}(x=1.5, label='none')"
    assert pickle.loads(pickle.dumps(point)) == point and type(copy.copy(point)) is kind
    match point:
        case kind(x, label):
            assert (x, label) == (1.5, "none")
    for wrong in ((), (1, 2, 3)):
        with pytest.raises(TypeError):
            kind(*wrong)
    with pytest.raises(AttributeError):
        point.x = 2


def test_a_named_tuple_needs_nothing_that_the_collector_takes_away():
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for number in range(100):

            class Point(NamedTuple):
                x: float
                n: int = 0

            assert Point(1.5, number) == (1.5, number) and Point(2.0).n == 0
    finally:
        gc.set_threshold(*threshold)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: diffcli.grad("abs(x)", "x=0", kink="left"), ('kink="left"', "strict=True")),
        (lambda: diffcli.grad("abs(x)", "x=0", kink="left", mode="numeric"), ('add mode="reverse"',)),
        (lambda: diffcli.value_and_grad(abs, kink="left", mode="numeric"), ('add mode="reverse"',)),
        (lambda: diffcli.grad("x", "x=0", direction="x=1"), ('add mode="forward", or leave direction= out',)),
        (lambda: diffcli.grad("x", "y=0"), ("at= gives `y`", 'add at="x=..."')),
        (lambda: diffcli.grad("x+x+x", "x=0", max_nodes=2), ("max_nodes=N",)),
        (lambda: diffcli.hessian("[x, y]", "x=0,y=1"), ('of="x"',)),
        (lambda: diffcli.taylor("x*y", "x=0,y=1"), ('name it with wrt="x"',)),
    ],
)
def test_the_library_spells_options_as_its_arguments(call, told):
    try:
        text = diffcli.explain(call().notes, 200)
    except diffcli.DiffcliError as error:
        text = diffcli.explain(error, 200)
    assert "--" not in text
    assert all(words in text for words in told)


TEXTS = {
    "one thing wrong": (
        lambda: diffcli.parse("2x"),
        "a product needs its multiplication sign\n  │ 2x\n  │  ^\n  = help: write 2*x",
    ),
    "several": (
        lambda: diffcli.grad("x + * sinn(x)", {"x": 1}),
        "`*` stands where a number, a name or a parenthesis is needed\n  │ x + * sinn(x)\n  │     ^\n"
        "there is no function `sinn`\n  │ x + * sinn(x)\n  │       ^^^^\n"
        "  = help: did you mean `sin`? (close: sinc, sinh)\n  = help: `diffcli functions` lists them all",
    ),
    "a command line": (
        lambda: diffcli.parse("x^2 + y^2 = 25"),
        "`=` binds a name at the start of a statement\n  │ x^2 + y^2 = 25\n  │           ^\n"
        '  = help: of an equation, the derivative of y: diffcli.diff("x^2 + y^2 = 25",\n          implicit="y")\n  = help: write x^2 + y^2 - 25',
    ),
    "a limit": (
        lambda: diffcli.evaluate("x+x+x", "x=0", max_nodes=2),
        "the program has more than 2 nodes\n  = help: raise the limit with max_nodes=N, if memory allows",
    ),
    "an option": (
        lambda: diffcli.grad("x", "x=1", mode="numeric", kink="left"),
        "a rule for kinks is for automatic differentiation, not for numeric\n"
        '  = help: add mode="reverse", or leave it out',
    ),
    "a point": (lambda: diffcli.evaluate("x*y", {"x": 1}), 'no value for `y`\n  │ x*y\n  │   ^\n  = help: add at="x=1,y=..."'),
    "a kink": (
        lambda: diffcli.grad("abs(x)", "x=0", strict=True),
        "`abs` has a kink here\n  │ abs(x)\n  │ ^^^^^^ x = 0\n  = note: along x the slope is -1 on the left, 1 on the right",
    ),
    "arrays": (
        lambda: diffcli.check("sum(x + y)", {"x": [1, 2], "y": [1, 2, 3]}),
        "shapes do not fit: 2 elements and 3 elements\n  │ sum(x + y)\n  │     ^^^^^ x: 2 elements, y: 3 elements\n"
        "  = help: their axes are compared from the last: 2 and 3 are neither equal nor 1",
    ),
    "a tensor": (
        lambda: diffcli.autograd.tensor([1.0, 2.0], requires_grad=True).backward(),
        "backward starts from one number, and a tensor of 2 elements has 2 elements\n"
        "  = help: reduce it first: y.sum().backward(), y.mean().backward()\n"
        "  = help: or say what to multiply the Jacobian by: y.backward(gradient=v), v of\n          the shape of y",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_an_error_shows_the_place_and_the_help_wherever_it_ends(name):
    """As a traceback of Python shows it, in a worker that hands it on too; its first line is its message alone."""
    call, text = TEXTS[name]
    with pytest.raises(diffcli.DiffcliError) as caught:
        call()
    assert str(caught.value) == text
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(copy.copy(caught.value)) == text
    assert traceback.format_exception_only(caught.value)[0].rstrip("\n").endswith(text)
    heads = [f"error[{found.code}]: " for found in caught.value.diagnostics]
    explained = diffcli.explain(caught.value)
    for head in heads:
        explained = explained.replace(head, "")
    assert explained == text + "\n"


def test_an_error_hides_no_control_characters_and_keeps_its_message_on_the_first_line():
    with pytest.raises(diffcli.ExpressionError) as caught:
        diffcli.evaluate("x + \x1b[31m", {"x": 1})
    assert "\x1b" not in str(caught.value) and "\\x1b" in str(caught.value)
    with pytest.raises(diffcli.UsageError, match=r"^there is no mode `a\\x1bb`\n"):
        diffcli.grad("x", {"x": 1}, mode="a\x1bb")


@pytest.mark.parametrize("name", ["quotient", "known", "conflicts", "nope"])
def test_what_is_no_option_is_refused(name):
    with pytest.raises(TypeError, match=f"Options has no option '{name}'"):
        Options(**{name: 1})


def test_an_error_can_be_handed_from_one_process_to_another():
    with pytest.raises(diffcli.ExpressionError) as fault:
        diffcli.parse("x +")
    again = pickle.loads(pickle.dumps(fault.value))
    assert type(again) is type(fault.value) and again.diagnostics == fault.value.diagnostics
