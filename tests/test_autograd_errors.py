"""Every error of diffcli.autograd with its whole text, kept in ``tests/golden/autograd_errors.txt``.

An error names the tensor and the operation, with versions where they matter, and says what to do.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path

import numpy as np
import pytest
from inside import CODES, AutogradError

import diffcli.autograd as ad
import diffcli.nn.functional as F
import diffcli.torch as torch


def leaf(*numbers, name=None):
    made = ad.tensor(list(numbers) or 2.0, requires_grad=True)
    made.name = name
    return made


def inferred(*numbers):
    with ad.inference_mode():
        return ad.tensor(list(numbers))


def custom(forward, backward):
    return type("Twice", (ad.Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


def twice(function):
    function()
    function()


def changed_operand():
    w = leaf(1.0, 2.0, name="weight")
    y = (w * w).sum()
    with ad.no_grad():
        w += 1.0
        w.mul_(2.0)
    y.backward()


def changed_result():
    y = leaf(1.0, 2.0).exp()
    z = y.sum()
    y.add_(1.0)
    z.backward()


def changed_view():
    y = leaf(1.0, 2.0) * 2.0
    z = y[0] * y[0]
    y[1] = 5.0
    z.backward()


def changed_saved():
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2.0

    a = leaf(1.0) * 1.0
    y = custom(forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(a)
    a.zero_()
    y.backward()


def freed_saved():
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2.0

    twice(custom(forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(leaf()).backward)


def view_without_grad(of, change=1.0):
    with ad.no_grad():
        return of[0:1].mul_(change) if change is not None else of[0:1]


def hook_that_returns(what):
    y = leaf(1.0, 2.0) * 2.0
    y.register_hook(lambda g: what)
    y.sum().backward()


def returning(*gradients):
    y = custom(lambda ctx, a, b: a + b, lambda ctx, g: gradients).apply(leaf(1.0, 2.0), leaf(1.0, 2.0))
    y.sum().backward()


CASES = {
    "backward of a constant": ("no-graph", lambda: ad.tensor(1.0).backward()),
    "backward of what was made under no_grad": ("no-graph", lambda: ad.no_grad()(lambda: leaf() * 2.0)().backward()),
    "grad by a constant": ("no-graph", lambda: ad.grad(leaf() * 2.0, ad.tensor([1.0, 2.0]))),
    "inputs= of a constant": ("no-graph", lambda: (leaf() * 2.0).backward(inputs=[ad.ones(2, 3)])),
    "retain_grad of a constant": ("no-graph", lambda: ad.tensor(1.0).retain_grad()),
    "a hook on a constant": ("no-graph", lambda: ad.ones(3).register_hook(print)),
    "a second backward": ("freed-graph", lambda: twice((leaf() ** 2).backward)),
    "a second backward of a custom function": ("freed-graph", freed_saved),
    "what a freed node saved": ("freed-graph", lambda: (lambda y: (y.backward(), y.grad_fn.saved))(leaf() ** 2)),
    "a changed operand with a name": ("changed-in-place", changed_operand),
    "a changed result": ("changed-in-place", changed_result),
    "a changed whole of a view": ("changed-in-place", changed_view),
    "a changed saved tensor": ("changed-in-place", changed_saved),
    "a leaf changed": ("leaf-in-place", lambda: leaf(1.0, 2.0).add_(1.0)),
    "a leaf with a name changed": ("leaf-in-place", lambda: leaf(1.0, 2.0, name="fc1.weight").__setitem__(0, 1.0)),
    "a view of a leaf changed": ("leaf-in-place", lambda: leaf(1.0, 2.0)[0:1].mul_(2.0)),
    "a view made under no_grad": ("view-in-place", lambda: view_without_grad(leaf(1.0, 2.0) * 1.0).mul_(2.0)),
    "an expanded tensor changed": ("shared-elements", lambda: ad.ones(1).expand(3).mul_(2.0)),
    "a read-only array changed": ("shared-elements", lambda: ad.from_numpy(np.broadcast_to(np.ones(1), (3,))).fill_(2.0)),
    "an inference tensor saved": ("inference-tensor", lambda: leaf(1.0, 2.0) * inferred(3.0, 4.0)),
    "an inference tensor changed": ("inference-tensor", lambda: inferred(1.0, 2.0).add_(1.0)),
    "an inference tensor that shall require": ("inference-tensor", lambda: inferred(1.0, 2.0).requires_grad_()),
    "the version of an inference tensor": ("inference-tensor", lambda: inferred(1.0)._version),
    "backward of several elements": ("needs-gradient", lambda: (leaf(1.0, 2.0) * 2.0).backward()),
    "a gradient of another shape": ("bad-gradient", lambda: (leaf(1.0, 2.0) * 2.0).backward(ad.ones(3))),
    "a .grad of another shape": ("bad-gradient", lambda: setattr(leaf(1.0, 2.0), "grad", ad.ones(3))),
    "a hook that returns another shape": ("bad-gradient", lambda: hook_that_returns(ad.ones(3))),
    "a hook that returns no tensor": ("bad-gradient", lambda: hook_that_returns(1.0)),
    "too few grad_outputs": (
        "bad-gradient",
        lambda: ad.grad([leaf() * 2.0, leaf() * 3.0], leaf(), grad_outputs=[ad.tensor(1.0)]),
    ),
    "grad by what is not used": ("unused-input", lambda: ad.grad(leaf() * 2.0, leaf(1.0, 2.0, name="bias"))),
    "inputs= of none": ("unused-input", lambda: (leaf() * 2.0).backward(inputs=[])),
    "the grad of a result": ("not-a-leaf", lambda: (leaf(1.0, 2.0) * 2.0).grad),
    "a result that shall not require": ("not-a-leaf", lambda: (leaf(1.0, 2.0) * 2.0).requires_grad_(False)),
    "numpy of a leaf": ("leaves-the-graph", lambda: leaf(1.0, 2.0).numpy()),
    "an array of a result": ("leaves-the-graph", lambda: np.asarray(leaf(1.0, 2.0) * 2.0)),
    "whole numbers that shall require": ("not-differentiable-kind", lambda: ad.tensor([1, 2], dtype="int64", requires_grad=True)),
    "yes and no that shall require": ("not-differentiable-kind", lambda: ad.tensor([True]).requires_grad_()),
    "another device": ("no-device", lambda: ad.ones(2).to("cuda:0")),
    "a device that is a number": ("no-device", lambda: ad.ones(2).to(device=1)),
    "item of several": ("needs-one-element", lambda: ad.ones(2, 3).item()),
    "the truth of several": ("needs-one-element", lambda: bool(ad.ones(2) > 0.0)),
    "text": ("not-numbers", lambda: ad.tensor("words")),
    "ragged lists": ("not-numbers", lambda: ad.tensor([[1.0], [1.0, 2.0]])),
    "an operand that is None": ("not-numbers", lambda: ad.matmul(ad.ones(2), None)),
    "an unknown kind": ("not-numbers", lambda: ad.tensor([1.0], dtype="complex128")),
    "to an unknown kind": ("not-numbers", lambda: ad.ones(2).to("float16")),
    "clamp without a bound": ("not-numbers", lambda: ad.ones(2).clamp()),
    "fractions into whole numbers": ("kind-in-place", lambda: ad.tensor([1, 2], dtype="int64").add_(0.5)),
    "shapes of +": ("shape-mismatch", lambda: ad.ones(2) + ad.ones(3)),
    "a result that grows": ("shape-mismatch", lambda: ad.ones(2).add_(ad.ones(3, 2))),
    "a value that does not fit": ("shape-mismatch", lambda: ad.ones(2, 3).__setitem__(0, ad.ones(2))),
    "shapes of @": ("shape-mismatch", lambda: ad.ones(2, 3) @ ad.ones(2, 3)),
    "an index out of range": ("bad-index", lambda: ad.ones(2, 3)[5]),
    "an index with a fraction": ("bad-index", lambda: ad.ones(2, 3)[1.5]),
    "an axis that is not there": ("bad-axis", lambda: ad.ones(2, 3).unsqueeze(5)),
    "no view of that shape": ("not-a-view", lambda: ad.ones(2, 3).T.view(-1)),
    "an axis of truths that is not there": ("bad-axis", lambda: ad.ones(2, 3).any(2)),
    "an axis of truths that is not there, by name": ("bad-axis", lambda: ad.all(ad.ones(2), dim=-2)),
    "an axis of a number that is not there": ("bad-axis", lambda: ad.tensor(1.0).softmax(1)),
    "several axes of max": ("bad-axis", lambda: ad.ones(2, 3).max((0, 1))),
    "several axes of min in a list": ("bad-axis", lambda: ad.min(ad.ones(2, 3), [0, 1])),
    "an order of too few axes": ("bad-axis", lambda: ad.ones(2, 3).permute(1)),
    "an order with an axis twice": ("bad-axis", lambda: ad.permute(ad.ones(2, 3), (0, -2))),
    "a number at places": ("bad-index", lambda: ad.tensor(1.0)[ad.tensor([0, 1])]),
    "a number under a mask": ("bad-index", lambda: ad.tensor(1.0)[ad.ones(2, 3) > 0]),
    "a number changed at places": ("bad-index", lambda: ad.tensor(1.0).__setitem__([1, 0], 2.0)),
    "a number changed under a mask": ("bad-index", lambda: ad.ones(2).sum().__setitem__(ad.ones(2) > 0, 2.0)),
    "a number changed in a slice": ("bad-index", lambda: ad.tensor(1.0).__setitem__((slice(None), 1), 2.0)),
    "flatten from behind": ("bad-axis", lambda: ad.ones(2, 3).flatten(1, 0)),
    "a new axis as it is": ("bad-axis", lambda: ad.ones(2, 3).expand(-1, 2, 3)),
    "whole numbers that floats would round": ("not-numbers", lambda: ad.tensor([2**53 + 1])),
    "a whole number that floats would round": ("not-numbers", lambda: ad.tensor(2**53 + 1)),
    "steps of 0": ("not-numbers", lambda: ad.arange(0, 5, 0)),
    "an unknown norm": ("not-numbers", lambda: ad.ones(2, 2).norm("nuc")),
    "a spectral norm": ("not-numbers", lambda: torch.linalg.norm(ad.ones(2, 2), 2)),
    "a norm of matrices in a batch": ("not-numbers", lambda: torch.linalg.norm(ad.ones(3, 2, 2), 1, dim=(1, 2))),
    "bounds of hardtanh": ("not-numbers", lambda: F.hardtanh(ad.ones(2), 1.0, -1.0)),
    "a label that is no class": ("domain", lambda: F.one_hot(ad.tensor([0, 2]), 2)),
    "a share beyond 1": ("bad-module", lambda: F.cross_entropy(ad.ones(1, 2), ad.tensor([0]), label_smoothing=2.0)),
    "too few axes to repeat to": ("bad-axis", lambda: ad.ones(2, 3).expand(2)),
    "a slice with a fraction": ("bad-index", lambda: ad.ones(2, 3)[0.5:2]),
    "lists of different lengths": ("not-numbers", lambda: ad.tensor([[1.0], [1.0, 2.0]])),
    "a gradient that is a number": ("bad-gradient", lambda: setattr(leaf(1.0), "grad", 3.0)),
    "a copy in the midst of a graph": ("not-a-leaf", lambda: copy.deepcopy(leaf(1.0) * 2)),
    "an index that is text": ("bad-index", lambda: ad.ones(2, 3)["a"]),
    "a number has no elements": ("bad-index", lambda: ad.tensor(1.0).__setitem__(0, 2.0)),
    "too few gradients": ("bad-function", lambda: returning(ad.ones(2))),
    "a gradient that is no tensor": ("bad-function", lambda: returning(1.0, None)),
    "a gradient of a misfit": ("bad-function", lambda: returning(ad.ones(3), None)),
    "a gradient for a number": (
        "bad-function",
        lambda: custom(lambda ctx, a, k: a * k, lambda ctx, g: (g, g)).apply(leaf(), 3.0).backward(),
    ),
    "a forward that returns text": ("bad-function", lambda: custom(lambda ctx, a: "words", None).apply(leaf())),
    "a number saved for backward": (
        "bad-function",
        lambda: custom(lambda ctx, a: ctx.save_for_backward(3.0), None).apply(leaf()),
    ),
}


def text_of(name):
    with pytest.raises(AutogradError) as caught:
        CASES[name][1]()
    return str(caught.value)


@pytest.mark.parametrize("name", CASES)
def test_the_code_of_an_error(name):
    with pytest.raises(AutogradError) as caught:
        CASES[name][1]()
    assert caught.value.diagnostics[0].code == CASES[name][0]
    assert CASES[name][0] in CODES
    assert isinstance(caught.value, RuntimeError)
    assert ad.is_grad_enabled(), "an error leaves no mode behind"


def test_the_whole_texts(golden):
    golden("autograd_errors.txt", "\n".join(f"# {name}\n{text_of(name)}\n" for name in CASES))


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_to_do_and_nothing_of_the_inside(name):
    text = text_of(name)
    assert not re.search(r"0x[0-9a-f]+|<class|_value|_node|numpy\.|object at|Core\b", text), text
    if CASES[name][0] not in WITHOUT_HELP:
        assert "  = help: " in text, text


WITHOUT_HELP = {"bad-index", "shape-mismatch", "bad-gradient", "no-graph", "inference-tensor", "not-numbers", "domain", "bad-module"}
"""Codes of which some are plain: the message is the remedy."""


def test_every_code_that_the_engine_raises_is_here():
    sources = Path(ad.__file__).parent.rglob("*.py")
    raised = {
        code
        for path in sources
        if "gradcheck" not in path.parts
        for code in re.findall(r'fault\(\s*"([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert raised - {code for code, _ in CASES.values()} - {"no-second-derivative"} == set()


def test_what_stays_of_a_failed_change():
    """An operation that is refused leaves the tensor, its version and its graph as they were."""
    x = leaf(1.0, 2.0)
    y = x * 1.0
    node, version = y.grad_fn, y._version
    for failing in (
        lambda: x.add_(1.0),
        lambda: y.add_(ad.ones(3)),
        lambda: y.__setitem__(7, 1.0),
        lambda: y.__setitem__(0, ad.ones(2)),
        lambda: y.mul_(inferred(1.0, 2.0)),
    ):
        with pytest.raises(AutogradError):
            failing()
    assert (y.tolist(), y._version, y.grad_fn is node, x._version) == ([1.0, 2.0], version, True, 0)


def test_a_view_made_under_no_grad_is_not_changed_behind_the_graph():
    with pytest.raises(AutogradError):
        view_without_grad(leaf(1.0, 2.0) * 1.0, None).mul_(2.0)
