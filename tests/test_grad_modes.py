"""The slides' table "Grad Modes", row by row, and the notes' table that compares eval(), no_grad() and inference_mode().

The slides (a row a mode): what is excluded from the graph; what skips the rest of the tracking; whether what is made there
can be used in grad mode later. The notes (a row a feature): gradients, dropout and batch normalisation, versions.
"""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from inside import AutogradError

import diffcli.autograd as ad
from diffcli import nn

MODES = {"default": nullcontext, "no-grad": ad.no_grad, "inference": ad.inference_mode}

# mode, recorded?, tracked further (a version is counted)?, to be used in grad mode later?
SLIDES = [
    ("default", True, True, True),
    ("no-grad", False, True, True),
    ("inference", False, False, False),
]


def made_in(mode):
    w = ad.tensor([1.0, 2.0], requires_grad=True)
    with MODES[mode]():
        return w, w * 3.0


@pytest.mark.parametrize(("mode", "recorded", "tracked", "usable"), SLIDES)
def test_whether_operations_are_recorded(mode, recorded, tracked, usable):
    w, y = made_in(mode)
    assert (y.requires_grad, y.grad_fn is not None, y.is_leaf) == (recorded, recorded, not recorded)
    assert w.requires_grad, "the flag of the operand stays as it was"


@pytest.mark.parametrize(("mode", "recorded", "tracked", "usable"), SLIDES)
def test_whether_versions_are_counted(mode, recorded, tracked, usable):
    _, y = made_in(mode)
    assert y.is_inference() is not tracked
    if tracked:
        assert y._version == 0
        y.add_(1.0)
        assert y._version == 1
    else:
        with pytest.raises(AutogradError, match="no versions are counted"):
            _ = y._version


@pytest.mark.parametrize(("mode", "recorded", "tracked", "usable"), SLIDES)
def test_whether_results_can_be_used_in_grad_mode_later(mode, recorded, tracked, usable):
    w, y = made_in(mode)
    if usable:
        (w * y).sum().backward()
        assert w.grad.tolist() == ([6.0, 12.0] if recorded else [3.0, 6.0])
    else:
        with pytest.raises(AutogradError, match="made in inference mode"):
            w * y
        (w * y.clone()).sum().backward()
        assert w.grad.tolist() == [3.0, 6.0]


@pytest.mark.parametrize(("mode", "recorded", "tracked", "usable"), SLIDES)
def test_the_default_mode_is_the_only_one_in_which_requires_grad_takes_effect(mode, recorded, tracked, usable):
    with MODES[mode]():
        x = ad.tensor(2.0, requires_grad=True)
        assert x.requires_grad, "a leaf can be told so in every mode"
        assert (x * x).requires_grad is recorded
        assert ad.is_grad_enabled() is recorded
        assert ad.is_inference_mode_enabled() is (mode == "inference")


@pytest.mark.parametrize("mode", MODES)
def test_values_do_not_depend_on_the_mode(mode):
    with MODES[mode]():
        x = ad.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
        y = ad.softmax(ad.relu(x @ x.T) + x.mean(dim=0), dim=1)
    expected = ad.softmax(ad.relu(x.clone() @ x.clone().T) + x.clone().mean(dim=0), dim=1)
    assert y.tolist() == expected.tolist()


def test_an_optimizer_updates_under_no_grad():
    """The slides' example of no-grad mode."""
    w = ad.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    with ad.no_grad():
        w -= 0.5 * w.grad
    assert (w.tolist(), w.requires_grad, w.is_leaf, w._version) == ([0.0, 0.0], True, True, 1)
    with pytest.raises(AutogradError, match="leaf that requires a gradient"):
        w -= 0.5 * w.grad


# -- the notes' table ------------------------------------------------------------------------------------------------------

FEATURES = [
    # way                   recorded  dropout acts  versions counted
    ("model.eval()",        True,     False,        True),
    ("no_grad()",           False,    True,         True),
    ("inference_mode()",    False,    True,         False),
    ("eval and inference",  False,    False,        False),
]  # fmt: skip


@pytest.mark.parametrize(("way", "recorded", "drops", "counted"), FEATURES)
def test_what_each_way_affects(way, recorded, drops, counted):
    ad.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 32), nn.Dropout(0.5))
    if "eval" in way:
        model.eval()
    context = ad.no_grad() if way == "no_grad()" else ad.inference_mode() if "inference" in way else nullcontext()
    with context:
        y = model(ad.ones(1, 4))
        z = y * 1.0
        before = None if z.is_inference() else z._version
        z.add_(1.0)
    assert y.requires_grad is recorded
    assert any(number == 0.0 for number in y.tolist()[0]) is drops
    assert z.is_inference() is not counted
    assert (before, None if z.is_inference() else z._version) == ((0, 1) if counted else (None, None))
    assert model.training is drops
    assert ad.is_grad_enabled(), "eval() is no grad mode, and the contexts have ended"


@pytest.mark.parametrize("way", ["no_grad()", "inference_mode()"])
def test_versions_of_what_comes_from_outside_are_counted_in_every_mode(way):
    """The notes say that inference mode skips versions; it does so for what is made there. The check holds for the rest."""
    x, w = ad.tensor([1.0, 2.0]), ad.tensor([3.0, 4.0], requires_grad=True)
    y = (x * w).sum()
    with ad.no_grad() if way == "no_grad()" else ad.inference_mode():
        x.mul_(2.0)
    assert x._version == 1
    with pytest.raises(AutogradError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize("way", ["no_grad", "inference_mode"])
def test_batch_normalisation_in_training_moves_its_statistics_in_every_mode(way):
    model = nn.BatchNorm1d(2)
    with getattr(ad, way)():
        model(ad.tensor([[1.0, 10.0], [3.0, 30.0]]))
    moved = model.running_mean.tolist()
    model.eval()
    with getattr(ad, way)():
        model(ad.tensor([[100.0, 10.0], [3.0, 30.0]]))
    assert moved == pytest.approx([0.2, 2.0])
    assert model.running_mean.tolist() == moved


def test_a_decorated_generator_runs_in_its_mode_however_it_ends():
    seen = []

    @ad.no_grad()
    def steps():
        try:
            given = yield ad.is_grad_enabled()
            while True:
                given = yield given, ad.is_grad_enabled()
        except KeyError:
            seen.append(("thrown", ad.is_grad_enabled()))
            return "returned"
        finally:
            seen.append(("ended", ad.is_grad_enabled()))

    def taken_from():
        seen.append((yield from steps()))

    closed = steps()
    assert (next(closed), closed.send(7), ad.is_grad_enabled()) == (False, (7, False), True)
    closed.close()
    thrown = taken_from()
    next(thrown)
    with pytest.raises(StopIteration):
        thrown.throw(KeyError())
    assert seen == [("ended", False), ("thrown", False), ("ended", False), "returned"]
    assert ad.is_grad_enabled()


def test_a_decorated_generator_that_goes_on_when_it_is_closed_is_refused():
    @ad.no_grad()
    def deaf():
        try:
            yield
        except GeneratorExit:
            yield

    steps = deaf()
    next(steps)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        steps.close()
