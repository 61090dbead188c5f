"""Losses: by their definitions in plain Python, at points where they overflow or are flat, and what they refuse."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from console import plainly
from inside import LOSSES

import diffcli.autograd as ad
from diffcli import nn
from diffcli.nn import functional as F

GENERATOR = np.random.default_rng(7)
SCORES = GENERATOR.normal(size=(5, 4))
LABELS = [3, 0, 1, 1, 2]
OTHERS = GENERATOR.normal(size=(5, 4))
SIGNS = np.where(OTHERS > 0, 1.0, -1.0)
SHARES = GENERATOR.uniform(size=(5, 4))


def log_softmax(row):
    total = math.fsum(math.exp(x) for x in row)
    return [x - math.log(total) for x in row]


def by_element(function, targets):
    return [[function(x, t) for x, t in zip(*rows, strict=True)] for rows in zip(SCORES, targets, strict=True)]


def smoothed(share):
    def loss(row, label):
        logs = log_softmax(row)
        return -(1 - share) * logs[label] - share / len(logs) * math.fsum(logs)

    return [loss(row, label) for row, label in zip(SCORES, LABELS, strict=True)]


def margins(margin):
    return [
        math.fsum(max(0.0, margin - row[label] + x) for j, x in enumerate(row) if j != label) / len(row)
        for row, label in zip(SCORES, LABELS, strict=True)
    ]


CASES = {
    "MSELoss": ({}, OTHERS, by_element(lambda x, t: (x - t) ** 2, OTHERS)),
    "L1Loss": ({}, OTHERS, by_element(lambda x, t: abs(x - t), OTHERS)),
    "CrossEntropyLoss": ({}, LABELS, smoothed(0.0)),
    "CrossEntropyLoss smoothed": ({"label_smoothing": 0.3}, LABELS, smoothed(0.3)),
    "NLLLoss": ({}, LABELS, [-row[label] for row, label in zip(SCORES, LABELS, strict=True)]),
    "HingeLoss": ({}, SIGNS, by_element(lambda x, t: max(0.0, 1 - t * x), SIGNS)),
    "MultiMarginLoss": ({}, LABELS, margins(1.0)),
    "MultiMarginLoss wide": ({"margin": 2.5}, LABELS, margins(2.5)),
    "BCEWithLogitsLoss": (
        {}, SHARES,
        by_element(lambda x, t: -t * math.log(1 / (1 + math.exp(-x))) - (1 - t) * math.log(1 / (1 + math.exp(x))), SHARES),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_loss_is_what_its_definition_says(case):
    settings, targets, expected = CASES[case]
    kind = getattr(nn, case.split()[0])
    scores, targets = ad.tensor(SCORES), ad.tensor(targets)
    assert kind(reduction="none", **settings)(scores, targets).numpy() == pytest.approx(np.array(expected), abs=1e-13)
    assert kind(reduction="sum", **settings)(scores, targets).item() == pytest.approx(np.sum(expected), abs=1e-12)
    assert kind(reduction="mean", **settings)(scores, targets).item() == pytest.approx(np.mean(expected), abs=1e-13)
    assert kind(**settings)(scores, targets).item() == kind(reduction="mean", **settings)(scores, targets).item()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("case", CASES)
def test_gradients_are_what_differences_say(case, reduction):
    settings, targets, _ = CASES[case]
    loss, targets = getattr(nn, case.split()[0])(reduction=reduction, **settings), ad.tensor(targets)
    assert ad.gradcheck(lambda scores: loss(scores, targets), ad.tensor(SCORES, requires_grad=True))


def test_every_loss_is_a_module_with_its_name_and_survives_a_pickle():
    assert {case.split()[0] for case in CASES} == set(LOSSES)
    for name in LOSSES:
        loss = getattr(nn, name)(reduction="sum")
        assert repr(loss) == f"{name}()"
        assert isinstance(loss, nn.Module) and not list(loss.parameters())
        assert pickle.loads(pickle.dumps(loss)).reduction == "sum"


def test_a_module_of_a_function_takes_its_operands_and_nothing_else():
    scores, targets = ad.tensor([1.0, -2.0]), ad.tensor([0.0, 1.0])
    assert nn.MSELoss()(predictions=scores, targets=targets).item() == 5.0
    assert nn.ReLU()(x=scores).tolist() == [1.0, 0.0]
    for call in (lambda: nn.MSELoss()(scores, targets, "sum"), lambda: nn.LeakyReLU()(scores, 0.5), lambda: nn.ReLU()(scores, scores)):
        with pytest.raises(TypeError, match="positional arguments"):
            call()


def test_logits_that_overflow_the_exponential():
    wild = ad.tensor([[1000.0, 0.0, -1000.0]], requires_grad=True)
    loss = F.cross_entropy(wild, ad.tensor([2], dtype="int64"))
    loss.backward()
    assert loss.item() == 2000.0
    assert wild.grad.tolist() == [[1.0, 0.0, -1.0]]
    wild = ad.tensor([800.0, -800.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(wild, ad.tensor([0.0, 1.0]))
    loss.backward()
    assert loss.item() == 800.0
    assert wild.grad.tolist() == [0.5, -0.5]


def test_a_score_far_below_the_others_is_no_obstacle_unless_it_is_the_labels():
    logs = ad.tensor([[0.0, -math.inf]], requires_grad=True)
    loss = F.nll_loss(logs, ad.tensor([0], dtype="int64"))
    loss.backward()
    assert loss.item() == 0.0
    assert logs.grad.tolist() == [[-1.0, 0.0]]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_one_example_without_a_batch(reduction):
    row, label = ad.tensor(SCORES[0]), ad.tensor(LABELS[0], dtype="int64")
    assert F.cross_entropy(row, label, reduction).item() == pytest.approx(smoothed(0.0)[0], abs=1e-13)
    assert F.multi_margin_loss(row, label, reduction=reduction).item() == pytest.approx(margins(1.0)[0], abs=1e-13)


def test_labels_may_be_floating_point_or_a_list():
    whole = F.cross_entropy(ad.tensor(SCORES), ad.tensor(LABELS, dtype="int64"))
    assert F.cross_entropy(ad.tensor(SCORES), ad.tensor(LABELS)).item() == whole.item()
    assert F.cross_entropy(ad.tensor(SCORES), LABELS).item() == whole.item()


OF_LABELS = [F.cross_entropy, F.nll_loss, F.multi_margin_loss]


def refusal(call):
    with pytest.raises(ad.AutogradError) as raised:
        call()
    return plainly(raised.value)


@pytest.mark.parametrize("loss", OF_LABELS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("wrong", "said"), [(4, "4"), (-1, "-1"), (1.5, "1.5")])
def test_a_label_that_is_no_class_is_refused(loss, reduction, wrong, said):
    labels = ad.tensor([0, 1, wrong, 2, 3])
    expected = f"a label is {said}, and with 4 classes labels are the whole numbers from 0 to 3"
    assert refusal(lambda: loss(ad.tensor(SCORES), labels, reduction=reduction)) == expected


@pytest.mark.parametrize("loss", OF_LABELS)
@pytest.mark.parametrize("labels", [[1], [0, 1], [[0, 1, 2, 3]] * 5])
def test_labels_are_not_repeated_to_fit(loss, labels):
    labels = ad.tensor(labels, dtype="int64")
    shape = {(1,): "1 element", (2,): "2 elements", (5, 4): "5 × 4"}[labels.shape]
    assert refusal(lambda: loss(ad.tensor(SCORES), labels)) == (
        f"predictions of 5 × 4 do not fit labels of {shape}\n"
        "  help: predictions are batch × classes, labels one whole number for each of the batch"
    )


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "HingeLoss", "BCEWithLogitsLoss"])
def test_targets_are_not_repeated_to_fit(name):
    assert refusal(lambda: getattr(nn, name)()(ad.ones(3, 1), ad.ones(3))) == (
        "predictions are 3 × 1, and targets 3 elements: they would be repeated to fit\n"
        "  help: give both the same shape, with reshape, squeeze or unsqueeze"
    )


def test_the_hinge_loss_of_labels_of_0_and_1_is_refused():
    assert refusal(lambda: F.hinge_loss(ad.ones(2), ad.tensor([0.0, 1.0]))) == (
        "targets of the hinge loss are -1 and 1, and there are others\n  help: of labels of 0 and 1 they are 2*labels - 1"
    )


def test_settings_are_checked_when_the_loss_is_made():
    assert refusal(lambda: nn.MSELoss(reduction="average")) == "a reduction is 'mean', 'sum' or 'none', not 'average'"
    assert refusal(lambda: F.mse_loss(ad.ones(2), ad.ones(2), "average")) == (
        "a reduction is 'mean', 'sum' or 'none', not 'average'"
    )
    with pytest.raises(TypeError, match=r"^MultiMarginLoss\(\) has no argument 'p': it has margin, reduction$"):
        nn.MultiMarginLoss(p=2)
    with pytest.raises(TypeError, match=r"^MSELoss\(\) takes 0 arguments by place, and has got 1$"):
        nn.MSELoss("sum")


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 0.0, 3.0]])
@pytest.mark.parametrize("left_out", [None, 1])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_classes_weigh_and_examples_are_left_out(weights, left_out, share):
    weigh = weights or [1.0] * 4
    losses, total = [], 0.0
    for row, label in zip(SCORES, LABELS, strict=True):
        logs = log_softmax(row)
        own = -(1 - share) * weigh[label] * logs[label] - share / 4 * math.fsum(w * x for w, x in zip(weigh, logs, strict=True))
        losses.append(0.0 if label == left_out else own)
        total += 0.0 if label == left_out else weigh[label]
    settings = {"weight": None if weights is None else ad.tensor(weights), "label_smoothing": share}
    settings |= {} if left_out is None else {"ignore_index": left_out}
    scores = ad.tensor(SCORES, requires_grad=True)
    for reduction, expected in (("none", losses), ("sum", math.fsum(losses)), ("mean", math.fsum(losses) / total)):
        found = nn.CrossEntropyLoss(reduction=reduction, **settings)(scores, ad.tensor(LABELS))
        assert found.tolist() == pytest.approx(expected, abs=1e-13)
    assert ad.gradcheck(lambda x: F.cross_entropy(x, ad.tensor(LABELS), **settings), scores)
    if not share:
        found = F.nll_loss(ad.log_softmax(scores), LABELS, weight=settings["weight"], ignore_index=left_out or -100)
        assert found.item() == pytest.approx(math.fsum(losses) / total, abs=1e-13)
