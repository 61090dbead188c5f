"""Training and evaluation: what eval() changes, what no_grad() changes, and what comes of forgetting either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli._named import NamedTuple
from diffcli.studies.lessons.engine import refusal
from diffcli.studies.lessons.record import NOTES, Check, Erratum, Lesson, Parts, Settings, grid, listed, listing

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


def lesson(settings: Settings) -> Lesson:
    ad.manual_seed(settings.seed)
    drops = [_Drop(p) for p in PROBABILITIES]
    norms = _norms()
    data = _Data()
    net, history = _learned(data)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    calls = {name: _calls(net, data, training) for name, training in (("eval()", False), ("forgotten", True))}
    net.load_state_dict(before)
    combinations = [_Combination(net, data, training, mode) for training in (True, False) for mode in ("grad", "no_grad")]
    net.load_state_dict(before)
    slope = _Slope(net, data)
    small, big = PASSES[0], PASSES[-1]
    seen = {norm.passes: norm for norm in norms}
    parts: Parts = (
        """Some layers compute one thing in training and another in evaluation; train() and eval() say which. Dropout sets
        elements to 0 with probability p and divides the others by 1 - p, so that the mean is kept; in evaluation it changes
        nothing. Batch
        norm subtracts the mean of the batch and divides by its deviation; in evaluation it uses running averages, which each
        pass in training moves.""",
        [
            f"""For data of mean {MEAN:g} the mean of what batch norm puts out in evaluation is {seen[small].evaluated:.3g}
            after {small} pass in training, and {seen[big].evaluated:.2g} after {big}.""",
            grid(
                "", ("passes", "batch mean", "running mean", "running var.", "out, train()", "out, eval()"),
                [(*norm[:4], round(norm.trained, 12) + 0.0, norm.evaluated) for norm in norms], digits=3,
            ),
        ],
        "no_grad() is another switch. A network with both layers, in all combinations:",
        grid("", ("", "two passes", "running averages", "requires grad", "backward()"), [one.row() for one in combinations]),
        slope.erratum(),
        """Under no_grad, but without eval(), each batch still moves the running averages, so test data get into the model. A
        loop with both switches:""",
        listing(LOOP),
        grid(
            CALLED, ("", "point 1", "2", "3", "4", "changed"),
            [
                (f"{name}, call {number}", *call.first, call.flipped)
                for name, made in calls.items() for number, call in enumerate(made, 1)
            ], digits=3,
        ),
    )
    return Lesson(
        parts, _checks(drops, norms, combinations, slope, history, calls), TRY,
        f"Dropout with p = {drops[-1].p:g} in training: what are the elements that it keeps multiplied by, and why?",
        f"""By 1/(1 - p) = {drops[-1].others:.4g}: a share 1 - p of the elements is left, so the mean stays what it was, and
        nothing needs to be scaled in evaluation.""",
    )  # fmt: skip


class _Drop:
    def __init__(self, p: float) -> None:
        self.p = p
        layer, x = nn.Dropout(p), ad.ones(ONES)
        found = layer(x)
        self.zeros, self.mean, self.others = (found == 0).double().mean().item(), found.mean().item(), found.max().item()
        self.untouched = layer.train(False)(x).tolist() == x.tolist()


class _Norm(NamedTuple):
    passes: int
    batch: float
    mean: float
    variance: float
    trained: float
    """The mean of the output in training."""
    evaluated: float
    """The same in evaluation."""
    by_rule: float
    """The running mean as the rule has it from the means of the batches."""


def _norms() -> list[_Norm]:
    layer, found, rule = nn.BatchNorm1d(1, momentum=MOMENTUM), [], 0.0
    for number in range(1, PASSES[-1] + 1):
        x = MEAN + DEVIATION * ad.randn(BATCH, 1)
        mean = x.mean().item()
        trained = layer.train()(x)
        evaluated = layer.train(False)(x)
        rule = (1 - MOMENTUM) * rule + MOMENTUM * mean
        if number in PASSES:
            trains, evals = trained.mean().item(), evaluated.mean().item()
            running = layer.running_mean.item(), layer.running_var.item()
            found.append(_Norm(number, mean, *running, trains, evals, rule))
    return found


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


class _Epoch(NamedTuple):
    dev: float
    accuracy: float


def _network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(), nn.Dropout(DROP), nn.Linear(HIDDEN, 2))


def _learned(data: _Data) -> tuple[nn.Sequential, list[_Epoch]]:
    """The loop, with what is measured after each epoch."""
    net, history = _network(), []
    optimizer = nn.optim.SGD(net.parameters(), lr=RATE)
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
        history.append(_Epoch(dev, accuracy))
    return net, history


class _Combination:
    """One pass of the network in one of the four combinations."""

    def __init__(self, net: nn.Sequential, data: _Data, training: bool, mode: str) -> None:
        self.training, self.mode = training, mode
        net.train(training)
        context: Callable[[], Any] = ad.no_grad if mode == "no_grad" else ad.enable_grad
        before = net[1].running_mean.clone()
        with context():
            found = net(data.dev_x)
            self.same = found.tolist() == net(data.dev_x).tolist()
        self.moved = net[1].running_mean.tolist() != before.tolist()
        self.requires_grad = found.requires_grad
        net.zero_grad()
        self.refused = refusal(lambda: ad.cross_entropy(found, data.dev_y).backward()) is not None

    def row(self) -> tuple[Any, ...]:
        name = f"{'train' if self.training else 'eval'}, {self.mode}"
        moved = "are moved" if self.moved else "stay"
        return (name, "the same" if self.same else "differ", moved, self.requires_grad, "refused" if self.refused else "works")


class _Slope:
    """The derivative of the loss by one weight in evaluation: backward(), and a difference quotient."""

    def __init__(self, net: nn.Sequential, data: _Data) -> None:
        net.train(False)
        net.zero_grad()
        found = net(data.dev_x)
        self.requires_grad = found.requires_grad
        ad.cross_entropy(found, data.dev_y).backward()
        weight = net[4].weight
        self.by_backward = weight.grad[0, 0].item()
        self.count = sum(parameter.grad is not None for parameter in net.parameters())
        sides, h = [], 1e-5
        with ad.no_grad():
            for step in (h, -2 * h):
                weight[0, 0] += step
                sides.append(ad.cross_entropy(net(data.dev_x), data.dev_y).item())
        self.by_quotient = (sides[0] - sides[1]) / (2 * h)

    def erratum(self) -> Erratum:
        return Erratum(
            "in evaluation mode no gradients are computed for backprop.",
            f"after eval() backward() gives all {self.count} parameters a gradient, {self.by_backward:.6f} for one of "
            f"them; a difference quotient says {self.by_quotient:.6f}. no_grad() turns gradients off.",
            NOTES,
        )


class _Call(NamedTuple):
    first: tuple[float, ...]
    flipped: int | None


def _calls(net: nn.Sequential, data: _Data, training: bool) -> list[_Call]:
    net.train(training)
    calls: list[_Call] = []
    before: list[bool] | None = None
    for _ in range(CALLS):
        with ad.no_grad():
            p = ad.softmax(net(data.dev_x), dim=1)[:, 1].tolist()
        sides = [value > 0.5 for value in p]
        flipped = None if before is None else sum(a != b for a, b in zip(sides, before, strict=True))
        calls.append(_Call(tuple(p[:4]), flipped))
        before = sides
    return calls


def _checks(
    drops: Sequence[_Drop], norms: Sequence[_Norm], combinations: Sequence[_Combination], slope: _Slope,
    history: Sequence[_Epoch], calls: dict[str, list[_Call]],
) -> tuple[Check, ...]:  # fmt: skip
    off = max(abs(drop.zeros - drop.p) / (drop.p * (1 - drop.p) / ONES) ** 0.5 for drop in drops)
    others = all(abs(drop.others * (1 - drop.p) - 1) < CLOSE for drop in drops)
    kept = max(abs(drop.mean - 1) / (drop.p / (1 - drop.p) / ONES) ** 0.5 for drop in drops)
    centred = max(abs(norm.trained) for norm in norms)
    ruled = max(abs(norm.mean - norm.by_rule) for norm in norms)
    moved = [one.moved for one in combinations]
    recorded = [not one.refused for one in combinations]
    same = [[call.first for call in made] for made in calls.values()]
    return (
        Check("dropout: the share of zeros is p", f"{off:.1f} sigma off at most", off < 5),
        Check("the others are 1/(1 - p), in eval() all stay", "as said", others and all(drop.untouched for drop in drops)),
        Check("so the mean is kept", f"{kept:.1f} sigma off at most", kept < 5),
        Check("batch norm in training: mean 0", f"off by {centred:.0e}", centred < CLOSE),
        Check("the running mean is as the rule has it", f"off by {ruled:.0e}", ruled < CLOSE),
        Check("train() moves averages, even under no_grad", listed(moved), moved == [True, True, False, False]),
        Check("backward() needs grad mode, not train()", listed(recorded), recorded == [True, False, True, False]),
        Check(
            "the gradient after eval() is that of quotients", f"off by {abs(slope.by_backward - slope.by_quotient):.0e}",
            abs(slope.by_backward - slope.by_quotient) < 1e-7 and slope.requires_grad,
        ),
        Check("the loop learns", f"accuracy {history[-1].accuracy:.2f}", history[-1].dev < history[0].dev),
        Check("in eval() every call is the same", f"{len(set(same[0]))} outcome of {CALLS} calls", len(set(same[0])) == 1),
        Check("eval() forgotten, none is", f"{len(set(same[1]))} outcomes", len(set(same[1])) == CALLS),
    )  # fmt: skip
