"""The semantics of diffcli.autograd, held against what PyTorch 2.13 answers to the same scripts.

The scripts are in ``tests/semantics``, PyTorch's records in ``tests/golden/semantics.json`` (written by
``tests/test_autograd_frameworks.py``), and what is otherwise on purpose in `semantics.on_purpose`. At the end, a few of the
most telling outcomes stand as literals.
"""

from __future__ import annotations

import json
import threading

import pytest
import semantics
from inside import AutogradError
from semantics.record import SCRIPTS, plain, shows_something, situation

import diffcli.autograd as ad

KEPT = json.loads(semantics.GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_record_of_a_script(name):
    ours = semantics.run(name, semantics.diffcli())
    expected = semantics.changed(KEPT[name], name)
    assert semantics.same(ours, expected), f"{SCRIPTS[name].shows}\ndiffcli: {ours}\nexpected: {expected}"


def test_there_is_a_record_for_each_script_and_none_beside():
    assert list(KEPT) == list(SCRIPTS)
    assert len(SCRIPTS) >= 80
    assert not shows_something()


def test_every_difference_is_one():
    for name, places in semantics.ON_PURPOSE.items():
        for place, (ours, why) in places.items():
            alone = {name: {place: (ours, why)}}
            assert not semantics.same(semantics.changed(KEPT[name], name, alone), KEPT[name]), (
                f"{name}, {place}: PyTorch agrees now"
            )
            assert len(why) > 20


def test_no_script_crashes_in_pytorch():
    """An outcome that is an error is one of a known situation."""
    known = {"KeyError", "TypeError"}

    def errors(part):
        if isinstance(part, dict):
            part = list(part.values())
        if isinstance(part, list):
            return [found for one in part for found in errors(one)]
        return [part.removeprefix("error: ")] if isinstance(part, str) and part.startswith("error: ") else []

    from inside import CODES

    stumbles = {("several outputs", "needs-one-element")}
    for name, record in KEPT.items():
        for found in errors(record):
            assert found in CODES or found in known or found.endswith("-in-place") or (name, found) in stumbles, (name, found)


# -- that the comparison can fail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [(None, 0.0), (0.0, False), (1, True), (1.0, 1), ([1.0], [1.0, 2.0]), ([1.0], {"float32": [1.0]}), ("nan", 0.0), (1.0, 1.0 + 1e-9), ({"a": 1}, {}), ("done", "error: freed-graph")],
)  # fmt: skip
def test_records_that_differ(one, other):
    assert not semantics.same(one, other)
    assert not semantics.same({"x": [one]}, {"x": [other]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.1 + 0.2, 0.3),
        (-0.0, 0.0),
        ({"float32": [0.1]}, {"float32": [0.10000001]}),
        ("nan", "nan"),
        (None, None),
        ([[1.0], []], [[1.0], []]),
    ],
)
def test_records_that_are_the_same(one, other):
    assert semantics.same(one, other)


def test_kinds_are_part_of_a_record():
    assert plain(ad.tensor([1.0])) == [1.0]
    assert plain(ad.tensor([1.0], dtype="float32")) == {"float32": [1.0]}
    assert plain(ad.tensor([True])) == {"bool": [True]}


# -- literals --------------------------------------------------------------------------------------------------------------


def test_the_function_of_the_lecture():
    x1, x2 = ad.tensor(2.0, requires_grad=True), ad.tensor(5.0, requires_grad=True)
    y = ad.log(x1) + x1 * x2 - ad.sin(x2)
    y.backward()
    assert abs(y.item() - 11.652071455223084) < 1e-14
    assert x1.grad.item() == 5.5
    assert abs(x2.grad.item() - 1.7163378145367738) < 1e-14


def test_gradients_add_up_over_passes():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        (x * x).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_none_is_not_zero():
    x, w, v = (ad.tensor(1.0, requires_grad=True) for _ in range(3))
    (x * 0.0 + w.detach()).backward()
    assert (x.grad.item(), w.grad, v.grad) == (0.0, None, None)


@pytest.mark.parametrize(
    ("code", "function"),
    [
        ("no-graph", lambda: ad.tensor(1.0).backward()),
        ("leaf-in-place", lambda: ad.ones(2, requires_grad=True).add_(1.0)),
        ("needs-gradient", lambda: (ad.ones(2, requires_grad=True) * 2).backward()),
        ("not-a-leaf", lambda: (ad.ones(2, requires_grad=True) * 2).requires_grad_(False)),
        ("not-differentiable-kind", lambda: ad.tensor([1], dtype="int64", requires_grad=True)),
        ("not-a-leaf", lambda: (ad.ones(2, requires_grad=True) * 2).grad),
    ],
)
def test_errors_are_of_one_family(code, function):
    with pytest.raises(AutogradError) as caught:
        function()
    assert isinstance(caught.value, RuntimeError)
    assert situation(caught.value) == code


def test_the_gradient_of_what_is_no_leaf_is_an_error_with_its_remedy():
    """PyTorch warns and returns None, which is taken for no dependence (pytorch#30531)."""
    y = ad.ones(2, requires_grad=True) * 2
    y.retain_grad()
    y.sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]


def test_threads_differentiate_side_by_side():
    found = {}

    def work(number):
        x = ad.tensor(float(number), requires_grad=True)
        y = x
        for _ in range(200):
            y = y * 1.0 + x
        y.backward()
        found[number] = x.grad.item()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(6), 201.0)
