"""The lessons on modes, modules and accuracy: what they are about is spoiled, and the check that says so fails."""

from __future__ import annotations

from importlib import import_module

import pytest
from inside import Confusion, Settings, run_lesson, train_eval

import diffcli.autograd as ad
from diffcli import nn
from diffcli.nn import functional

norm, calls = functional.batch_norm, train_eval._calls


def unmasked(x, p=0.5, training=True, inplace=False, generator=None):
    """Dropout without the division by 1 - p."""
    return x * (ad.rand(x.shape) >= p).double() if training else x


def always(x, p=0.5, training=True, inplace=False, generator=None):
    """Dropout that does not mind eval()."""
    return x * ((ad.rand(x.shape) >= p).double() / (1 - p))


def moving(*arguments):
    """Batch norm that uses the batch, and moves its averages, in evaluation too."""
    return norm(*arguments[:5], True, *arguments[6:])


def tame(module, registered):
    """A layer of a list that is found after all."""
    nn.Module.__init__(module)
    module.hidden, module.last = nn.ModuleList([nn.Linear(1, 8)]), nn.Linear(8, 1)


FAULTS = [
    ("accuracy", "accuracy._Data.accuracy", lambda data, z: data.margins(z).sigmoid().mean(), {
        "on a step the quotients of accuracy are 0", "at the jump they are 1/(30 h)", "accuracy has no gradient to go by",
        "by accuracy's own gradient nothing moves", "both losses lie above the share of wrong",
    }),
    ("accuracy", "accuracy._Data.cross_entropy", lambda data, z: ad.cross_entropy(z, data.labels) / 2, {
        "both losses lie above the share of wrong", "cross-entropy pulls by p - 1",
    }),
    ("accuracy", "accuracy._Data.hinge", lambda data, z: (1 - data.margins(z)).square().mean(), {
        "the hinge by -1 at margins below 1, else by 0",
    }),
    ("grad-modes", "grad_modes.MODES", {"default": ad.enable_grad, "no-grad": ad.enable_grad, "inference": ad.inference_mode}, {
        "only the default mode records", "and keeps numbers for backward", "no_grad leaves nothing to go back through",
    }),
    ("grad-modes", "grad_modes.MODES", {"default": ad.enable_grad, "no-grad": ad.no_grad, "inference": ad.no_grad}, {
        "only inference mode counts no versions", "its results cannot be saved later", "nor changed in place outside",
        "nor made to require a gradient",
    }),
    ("grad-modes", "grad_modes.RECALL", 0.5, {"the accuracy and recall that were asked about", "never calling a fraud is as accurate"}),
    ("grad-modes", "diffcli.nn.functional.dropout", always, {"only eval() changes the layers"}),
    ("modules", "modules._tree", lambda nets: {call: ["''"] for call in ("net.named_modules()", "net2.named_modules()")}, {
        "a tree is found by its names",
    }),
    ("modules", "modules._Listed.__init__", tame, {
        "a list's weights have a gradient, and stay", "in a ModuleList they move, and the loss is less",
    }),
    ("train-eval", "diffcli.nn.functional.dropout", unmasked, {"the others are 1/(1 - p), in eval() all stay", "so the mean is kept"}),
    ("train-eval", "diffcli.nn.functional.dropout", always, {
        "the others are 1/(1 - p), in eval() all stay", "in eval() every call is the same",
        "the gradient after eval() is that of quotients",
    }),
    ("train-eval", "diffcli.nn.functional.batch_norm", moving, {
        "the running mean is as the rule has it", "train() moves averages, even under no_grad",
    }),
    ("train-eval", "train_eval._calls", lambda net, data, training: calls(net, data, False), {"eval() forgotten, none is"}),
]  # fmt: skip
"""A lesson, what in it is spoiled and how, and the checks that fail of it."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "place", "spoiled", "claims"), FAULTS, ids=[f"{fault[1]}-{number}" for number, fault in enumerate(FAULTS)]
)
def test_checks_fail_when_what_they_are_about_is_spoiled(name, place, spoiled, claims, monkeypatch):
    run = lambda: run_lesson(name, Settings(size=16 if name == "grad-modes" else None))
    run()  # it imports what it needs before any of it is spoiled
    *owners, attribute = place.removeprefix("diffcli.nn.").split(".")
    root = "diffcli.nn." if place.startswith("diffcli.") else "diffcli.studies.lessons."
    owner = import_module(root + owners[0])
    for inner in owners[1:]:
        owner = getattr(owner, inner)
    monkeypatch.setattr(owner, attribute, spoiled)
    assert {check.claim for check in run().checks if not check.passed} == claims


def test_the_numbers_of_a_confusion_matrix():
    found = Confusion(tp=12, fn=88, fp=3, tn=4897)
    assert (found.accuracy, found.precision, found.recall) == (4909 / 5000, 12 / 15, 12 / 100)
    assert Confusion(0, 100, 0, 4900).precision is None
