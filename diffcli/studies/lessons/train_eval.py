"""Training and evaluation: what eval() changes, what no_grad() changes, and what comes of forgetting either."""

from __future__ import annotations

from collections.abc import Generator
from itertools import product
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli.studies.lessons.engine import refusal
from diffcli.studies.lessons.record import NOTES, Check, Erratum, Question, Settings, Told, grid, listed, listing

ONES = 10000
PROBABILITIES = (0.2, 0.5, 0.8)
BATCH, MEAN, DEVIATION = 32, 5.0, 2.0
PASSES = (1, 2, 5, 20, 50)
MOMENTUM = 0.1

POINTS, HIDDEN, DROP = 96, 32, 0.3
EPOCHS, RATE = 40, 0.2
CALLS = 3
CALLED = "without eval() predictions are random: p of class 1, and how many classes change"
CLOSE = 1e-9

LOOP = """\
for epoch in range(40):
    net.train()                     # dropout drops, batch norm uses the batch
    for x, y in batches:
        optimizer.zero_grad()
        loss_fn(net(x), y).backward()
        optimizer.step()
    net.eval()                      # dropout rests, batch norm uses averages
    with ad.no_grad():              # and nothing is recorded
        dev_loss = loss_fn(net(dev_x), dev_y)"""

TRY = """\
from diffcli import autograd as ad, nn; drop = nn.Dropout(0.5); x = ad.ones(6)
print(drop(x), drop(x), drop.eval()(x))"""


# eval() is train(False), and is written so below: Python's own eval, which runs a text, must not be called in diffcli.


def lesson(settings: Settings) -> Told:
    ad.manual_seed(settings.seed)
    yield """Some layers compute one thing in training and another in evaluation; train() and eval() say which. Dropout sets
    elements to 0 with probability p and divides the others by 1 - p, so that the mean is kept; in evaluation it changes nothing.
    Batch norm subtracts the mean of the batch and divides by its deviation; in evaluation it uses running averages, which each
    pass in training moves."""
    p, largest = yield from _dropout()
    yield from _batch_norm()
    data = _Data()
    net, history = _learned(data)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    calls = {name: _calls(net, data, training) for name, training in (("eval()", False), ("forgotten", True))}
    net.load_state_dict(before)
    yield from _combined(net, data)
    net.load_state_dict(before)
    yield from _slope(net, data)
    yield """Under no_grad, but without eval(), each batch still moves the running averages, so test data get into the model. A
    loop with both switches:"""
    yield listing(LOOP)
    yield Check("the loop learns", f"accuracy {history[-1][1]:.2f}", history[-1][0] < history[0][0])
    yield grid(
        CALLED, ("", "point 1", "2", "3", "4", "changed"),
        [
            (f"{name}, call {number}", *first, flipped)
            for name, made in calls.items() for number, (first, flipped) in enumerate(made, 1)
        ], digits=3,
    )  # fmt: skip
    still, random = ({first for first, _ in made} for made in calls.values())
    yield Check("in eval() every call is the same", f"{len(still)} outcome of {CALLS} calls", len(still) == 1)
    yield Check("eval() forgotten, none is", f"{len(random)} outcomes", len(random) == CALLS)
    yield Question(
        TRY, f"Dropout with p = {p:g} in training: what are the elements that it keeps multiplied by, and why?",
        f"""By 1/(1 - p) = {largest:.4g}: a share 1 - p of the elements is left, so the mean stays what it was, and nothing needs
        to be scaled in evaluation.""",
    )  # fmt: skip


def _dropout() -> Generator[Check, None, tuple[float, float]]:
    """What dropout does at each probability; the last of them, and what it makes of 1."""
    off, others, kept = [], [], []
    p = largest = 0.0
    for p in PROBABILITIES:
        layer, x = nn.Dropout(p), ad.ones(ONES)
        found = layer(x)
        zeros, mean, largest = (found == 0).double().mean().item(), found.mean().item(), found.max().item()
        off.append(abs(zeros - p) / (p * (1 - p) / ONES) ** 0.5)
        others.append(abs(largest * (1 - p) - 1) < CLOSE and layer.train(False)(x).tolist() == x.tolist())
        kept.append(abs(mean - 1) / (p / (1 - p) / ONES) ** 0.5)
    yield Check("dropout: the share of zeros is p", f"{max(off):.1f} sigma off at most", max(off) < 5)
    yield Check("the others are 1/(1 - p), in eval() all stay", "as said", all(others))
    yield Check("so the mean is kept", f"{max(kept):.1f} sigma off at most", max(kept) < 5)
    return p, largest


def _batch_norm() -> Told:
    layer, rows, rule, ruled = nn.BatchNorm1d(1, momentum=MOMENTUM), [], 0.0, 0.0
    for number in range(1, PASSES[-1] + 1):
        x = MEAN + DEVIATION * ad.randn(BATCH, 1)
        mean = x.mean().item()
        trained, evaluated = layer.train()(x).mean().item(), layer.train(False)(x).mean().item()
        rule = (1 - MOMENTUM) * rule + MOMENTUM * mean
        if number in PASSES:
            running = layer.running_mean.item()
            rows.append((number, mean, running, layer.running_var.item(), trained, evaluated))
            ruled = max(ruled, abs(running - rule))
    small, big = rows[0], rows[-1]
    columns = ("passes", "batch mean", "running mean", "running var.", "out, train()", "out, eval()")
    yield [
        f"""For data of mean {MEAN:g} the mean of what batch norm puts out in evaluation is {small[-1]:.3g} after {small[0]} pass
        in training, and {big[-1]:.2g} after {big[0]}.""",
        grid("", columns, [(*row, round(trained, 12) + 0.0, evaluated) for *row, trained, evaluated in rows], digits=3),
    ]
    centred = max(abs(trained) for *_, trained, _ in rows)
    yield Check("batch norm in training: mean 0", f"off by {centred:.0e}", centred < CLOSE)
    yield Check("the running mean is as the rule has it", f"off by {ruled:.0e}", ruled < CLOSE)


class _Data:
    """Points on two rings, to learn from and to be looked at."""

    def __init__(self) -> None:
        self.x, self.y = self._rings()
        self.dev_x, self.dev_y = self._rings()

    def _rings(self) -> tuple[Any, Any]:
        y = ad.tensor([number % 2 for number in range(POINTS)], dtype="int64")
        angle = ad.rand(POINTS) * 6.283
        radius = 2 - y.double() + 0.2 * ad.randn(POINTS)
        return ad.stack([radius * ad.cos(angle), radius * ad.sin(angle)], dim=1), y


def _learned(data: _Data) -> tuple[nn.Sequential, list[tuple[float, float]]]:
    """The loop, with the loss and the accuracy that are measured after each epoch."""
    net = nn.Sequential(nn.Linear(2, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(), nn.Dropout(DROP), nn.Linear(HIDDEN, 2))
    optimizer, history = nn.optim.SGD(net.parameters(), lr=RATE), []
    for _ in range(EPOCHS):
        net.train()
        for begin in range(0, POINTS, BATCH):
            x, y = data.x[begin : begin + BATCH], data.y[begin : begin + BATCH]
            optimizer.zero_grad()
            ad.cross_entropy(net(x), y).backward()
            optimizer.step()
        with ad.no_grad():
            found = net.train(False)(data.dev_x)
            dev = ad.cross_entropy(found, data.dev_y).item()
            accuracy = (found.argmax(1) == data.dev_y).double().mean().item()
        history.append((dev, accuracy))
    return net, history


def _combined(net: nn.Sequential, data: _Data) -> Told:
    """A pass of the network in each combination of training or not, and the two grad modes."""
    rows: list[tuple[Any, ...]] = []
    for training, mode in product((True, False), (ad.enable_grad, ad.no_grad)):
        net.train(training)
        before = net[1].running_mean.clone()
        with mode():
            found = net(data.dev_x)
            same = found.tolist() == net(data.dev_x).tolist()
        moved = net[1].running_mean.tolist() != before.tolist()
        net.zero_grad()
        works = refusal(lambda: ad.cross_entropy(found, data.dev_y).backward()) is None  # noqa: B023
        rows.append((training, "grad" if mode is ad.enable_grad else "no_grad", same, moved, found.requires_grad, works))
    yield "no_grad() is another switch. A network with both layers, in all combinations:"
    yield grid("", ("", "two passes", "running averages", "requires grad", "backward()"), [
        (f"{'train' if training else 'eval'}, {mode}", "the same" if same else "differ", "are moved" if moved else "stay",
         recorded, "works" if works else "refused")
        for training, mode, same, moved, recorded, works in rows
    ])  # fmt: skip
    *_, moves, _, records = zip(*rows, strict=True)
    yield Check("train() moves averages, even under no_grad", listed(moves), moves == (True, True, False, False))
    yield Check("backward() needs grad mode, not train()", listed(records), records == (True, False, True, False))


def _slope(net: nn.Sequential, data: _Data) -> Told:
    """The derivative of the loss by one weight in evaluation: backward(), and a difference quotient."""
    net.train(False)
    net.zero_grad()
    found = net(data.dev_x)
    recorded = found.requires_grad
    ad.cross_entropy(found, data.dev_y).backward()
    weight = net[4].weight
    by_backward = weight.grad[0, 0].item()
    count = sum(parameter.grad is not None for parameter in net.parameters())
    sides, h = [], 1e-5
    with ad.no_grad():
        for step in (h, -2 * h):
            weight[0, 0] += step
            sides.append(ad.cross_entropy(net(data.dev_x), data.dev_y).item())
    by_quotient = (sides[0] - sides[1]) / (2 * h)
    yield Erratum(
        "in evaluation mode no gradients are computed for backprop.",
        f"after eval() backward() gives all {count} parameters a gradient, {by_backward:.6f} for one of "
        f"them; a difference quotient says {by_quotient:.6f}. no_grad() turns gradients off.",
        NOTES,
    )
    off = abs(by_backward - by_quotient)
    yield Check("the gradient after eval() is that of quotients", f"off by {off:.0e}", off < 1e-7 and recorded)


def _calls(net: nn.Sequential, data: _Data, training: bool) -> list[tuple[tuple[float, ...], int | None]]:
    """The probability of class 1 for the first four points at each call, and how many classes have changed since the last."""
    net.train(training)
    calls: list[tuple[tuple[float, ...], int | None]] = []
    before: list[bool] | None = None
    for _ in range(CALLS):
        with ad.no_grad():
            p = ad.softmax(net(data.dev_x), dim=1)[:, 1].tolist()
        sides = [value > 0.5 for value in p]
        flipped = None if before is None else sum(a != b for a, b in zip(sides, before, strict=True))
        calls.append((tuple(p[:4]), flipped))
        before = sides
    return calls
