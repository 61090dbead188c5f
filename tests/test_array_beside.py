"""An array beside it changes nothing: a program of numbers p and ``sum(v)*(p)`` with v = [1] give the same answer.

The one is computed in floats, the other in NumPy's arrays. Values, gradients, the codes of the notes and exit codes must not
depend on which. The programs are those of the table of conventions, where every kink, tie, jump, pole and edge of a domain
stands, and a few more that mix them, under every policy of ``--kink`` and under ``--strict``.
"""

from __future__ import annotations

import json
import math

import pytest
import tiers
from console import run
from inside import POLICIES
from test_conventions import CONVENTIONS, SLOPES

import diffcli

MORE = [
    ("ln(x1) + x1*x2 - sin(x2)", "x1=2,x2=5"), ("where(x > 0, x, y)", "x=0,y=3"), ("x if c else 2*x", "x=1,c=0"),
    ("x if c else 2*x", "x=1,c=2"), ("exp(1000*y)", "y=1"), ("sqrt(x^2 + c^2)", "x=0,c=0"), ("x/y", "x=1,y=1e-320"),
    ("u = abs(x); w = max(u, y); w^2 + floor(u)", "x=0,y=0"), ("f(a) = relu(a)*a; f(x) + f(-x)", "x=0"),
    ("where(abs(x) <= y, x^2, 2*y*abs(x) - y^2)", "x=1,y=1"), ("sigmoid(x) + softplus(-x)", "x=800"),
    ("x^3*(1e200*x)^2", "x=1e150"), ("1e200*x*1e200 - x", "x=1"), ("gamma(x)*erf(y)", "x=3.5,y=0"), ("x % y", "x=7,y=2"),
    ("x // y", "x=6,y=2"), ("min(x, y)*max(x, y)", "x=-1,y=-1"), ("not (x > 0)", "x=0"), ("(x > 0) + (y >= 0)", "x=0,y=0"),
    ("where(x > 0 or y > 0, x, y)", "x=0,y=0"), ("where(not x, 1, x)", "x=0"), ("stop_gradient(abs(x)) + x", "x=0"),
    ("norm_x = hypot(x, y); x/norm_x", "x=3,y=4"), ("acos(x/y)", "x=1,y=1"), ("atan2(x, y) + x/0.5", "x=0,y=-1"),
]  # fmt: skip
ALL = list(dict.fromkeys([(text, at) for text, at, *_ in [*CONVENTIONS, *SLOPES]] + MORE))
PROGRAMS = ALL if tiers.whole else [*ALL[::3], *MORE]
ASKED = [(policy, False) for policy in POLICIES] + [("min-norm", True)]


def beside(text: str) -> str:
    """The program with an array beside its result."""
    *bindings, result = text.split(";")
    return "; ".join([*bindings, f"sum(v)*({result.strip()})"])


def answer(text: str, at: str, wrt: str, mode: str, kink: str, strict: bool) -> tuple[object, ...]:
    """The value, the gradient and the codes of the notes; of an error, its name and codes."""
    try:
        found = diffcli.grad(text, at, mode=mode, wrt=wrt, kink=kink, strict=strict)
    except diffcli.DiffcliError as fault:
        return type(fault).__name__, [each.code for each in fault.diagnostics]
    return found.value, found.gradient, [note.code for note in found.notes]


def alike(one: object, other: object) -> bool:
    """Equal, but for the last digits that NumPy may round in another way."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (one != one and other != other) or math.isclose(one, other, rel_tol=1e-13)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    return one == other


def variables(at: str) -> str:
    return ",".join(part.partition("=")[0] for part in at.split(","))


def numbers(found: object) -> list[float]:
    """The numbers of a matrix, or of a product."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list | tuple):
        return [number for part in found for number in numbers(part)]
    return [float(number) for number in getattr(found, "ravel", lambda: [found])()]


def asked_of(at: str) -> list[tuple[str, bool]]:
    """The policies and ``--strict``; exact numbers of so many digits take seconds, and have no kink: once is enough."""
    return ASKED[-1:] if "1e308" in at else ASKED


@pytest.mark.parametrize(("text", "at", "kink", "strict"), [
    pytest.param(text, at, kink, strict, id=f"{text} at {at}-{kink}{'-strict' * strict}")
    for text, at in PROGRAMS for kink, strict in asked_of(at)
])  # fmt: skip
def test_the_answer_is_the_same(text: str, at: str, kink: str, strict: bool) -> None:
    """With an array beside it, and as the only element of an array: that nothing depends on it is then not known."""
    *bindings, result = text.split(";")
    elementwise = "; ".join([*bindings, f"sum({result.strip()})"])
    point = ",".join("{}=[{}]".format(*part.split("=")) for part in at.split(","))
    for mode in ("reverse", "forward"):
        asked = (variables(at), mode, kink, strict)
        alone, found, inside = answer(text, at, *asked), answer(beside(text), f"{at},v=[1]", *asked), answer(elementwise, point, *asked)
        assert len(alone) == len(found) and all(map(alike, alone, found)), (mode, alone, found)
        codes, others = ([code for code in each[-1] if code != "no-dependence"] for each in (alone, inside))
        assert codes == others, mode
        if isinstance(alone[1], dict):
            assert all(map(alike, numbers(alone[1]), numbers(inside[1]))), (mode, alone, inside)


@pytest.mark.parametrize("option", ["", "--strict", "--kink nan", "--kink error"])
@pytest.mark.parametrize(("text", "at"), PROGRAMS[::3], ids=[f"{text} at {at}" for text, at in PROGRAMS[::3]])
def test_the_exit_code_is_the_same(text: str, at: str, option: str) -> None:
    wrt = f"--wrt {variables(at)} {option}"
    alone, found = run(f'grad "{text}" --at {at} {wrt}'), run(f'grad "{beside(text)}" --at {at},v=[1] {wrt}')
    assert alone.exit == found.exit, found.stderr


@pytest.mark.parametrize(("text", "at"), PROGRAMS[::5], ids=[f"{text} at {at}" for text, at in PROGRAMS[::5]])
def test_the_verdicts_of_a_check_are_the_same(text: str, at: str) -> None:
    alone, found = (
        run(f'check "{program}" --at {point} --wrt {variables(at)} --json')
        for program, point in ((text, at), (beside(text), f"{at},v=[1]"))
    )
    assert alone.exit == found.exit
    if alone.stdout:
        verdicts = [[each["verdict"] for each in json.loads(outcome.stdout)["checks"]] for outcome in (alone, found)]
        assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize(("text", "at", "strict"), [
    pytest.param(text, at, strict, id=f"{text} at {at}-{strict}")
    for text, at in PROGRAMS for strict in sorted({strict for _, strict in asked_of(at)})
])  # fmt: skip
def test_matrices_and_products_are_the_same(text: str, at: str, strict: bool) -> None:
    wrt = variables(at)
    along = dict.fromkeys(wrt.split(","), 1.0)
    ways = {
        "jacobian": lambda *given: diffcli.jacobian(*given, wrt=wrt, strict=strict),
        "hessian": lambda *given: diffcli.hessian(*given, wrt=wrt, strict=strict),
        "jvp": lambda *given: diffcli.jvp(*given, along, strict=strict),
        "vjp": lambda *given: diffcli.vjp(*given, wrt=wrt, strict=strict),
        "hvp": lambda *given: diffcli.hvp(*given, along, wrt=wrt, strict=strict),
    }
    for way, ask in ways.items():
        answers = []
        for given in ((text, at), (beside(text), f"{at},v=[1]")):
            try:
                found = ask(*given)
            except diffcli.DiffcliError as fault:
                answers.append((type(fault).__name__, [each.code for each in fault.diagnostics]))
                continue
            entries = found.matrix if way in ("jacobian", "hessian") else {name: found.product.get(name) for name in found.product if name != "v"}
            answers.append((numbers(entries), [note.code for note in found.notes]))
        (one, codes), (other, others) = answers
        assert codes == others, way
        assert one == other or all(map(alike, one, other)), (way, one, other)
