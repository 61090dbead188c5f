"""Accuracy is piecewise constant: its gradient is 0 or does not exist. Cross-entropy and hinge loss bound it, and have slopes."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise, product
from typing import Any

import diffcli.autograd as ad
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis, Figure
from diffcli.studies.lessons.engine import quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Question, Settings, Told, curves, grid, listed

CENTRES = ((0.0, 2.0), (-2.0, -1.0), (2.0, -1.0))
"""Where the three classes are: a cloud of `EACH` points about each."""

EACH = 10
SAMPLES = EACH * len(CENTRES)
LOW, HIGH, POINTS = -5.0, 5.0, 81
"""From where to where the parameter t is moved for the picture, which has so many points."""

STEPS = (1.0, 1e-2, 1e-4, 1e-6)
SMOOTH = ("cross-entropy", "hinge")
CLOSE = 1e-9
RATE, DESCENT = 0.2, 50

TRY = """\
import diffcli.autograd as ad; z = ad.tensor([[1.0, 2.0]], requires_grad=True)
ad.cross_entropy(z, ad.tensor([0], dtype="int64")).backward(); print(z.grad)"""


def lesson(settings: Settings) -> Told:
    data = _Data(settings.seed)
    stairs = _Stairs(data)
    yield from _steps(stairs)
    none = refusal(lambda: data.accuracy(data.logits(stairs.jump).requires_grad_()).backward())
    yield refused("accuracy has no gradient to go by", none, "no-graph")
    yield from _bounds(stairs)
    pulls = _pulls_of(data, stairs.jump)
    yield [
        quoted(none),
        "How much does each loss change with the logit of a point's own class? For three of the points, at the jump:",
        grid("", ("point", "margin", "p", "cross-entropy", "hinge", "accuracy"), [(*pull, 0) for pull in pulls], digits=4),
        """Cross-entropy has the slope p - 1: it acts on every point, most on those that are wrong. Hinge has -1 where the margin
        is below 1, and 0 beyond.""",
    ]
    off, hinges = max(abs(slope - (p - 1)) for _, _, p, slope, _ in pulls), [hinge for *_, hinge in pulls]
    yield Check("cross-entropy pulls by p - 1", f"off by {off:.0e} at most", off < CLOSE)
    expected = [0 if margin > 1 else -1 for _, margin, *_ in pulls]
    yield Check("the hinge by -1 at margins below 1, else by 0", listed(hinges, "g"), hinges == expected)
    yield from _descents(data)
    _, _, p, slope, _ = pulls[-1]
    yield Question(
        TRY, "A point has probability p for its own class. What is the slope of its cross-entropy by the logit of that class?",
        f"""p - 1. For the point that is most wrong here p = {p:.4g} and the slope is {slope:.4g}; it tends to 0 as p tends to
        1.""",
    )  # fmt: skip


class _Data:
    """Clouds of points with their classes, and the three measures of a classifier's logits."""

    def __init__(self, seed: int) -> None:
        ad.manual_seed(seed)
        classes = range(len(CENTRES))
        self.labels = ad.tensor([of for of in classes for _ in range(EACH)], dtype="int64")
        self.points = ad.tensor([CENTRES[of] for of in classes for _ in range(EACH)]) + ad.randn(SAMPLES, 2)
        self.rivals = self.labels.unsqueeze(1) != ad.tensor([list(classes)], dtype="int64")
        self.weights = ad.tensor(CENTRES).T.clone()
        self.losses = {"cross-entropy": self.cross_entropy, "hinge": self.hinge, "accuracy": self.accuracy}

    def logits(self, t: Any) -> Any:
        """The logits where the first weight of the first class is t."""
        weights = self.weights.clone()
        weights[0, 0] = t
        return self.points @ weights

    def accuracy(self, z: Any) -> Any:
        return (z.argmax(1) == self.labels).double().mean()

    def cross_entropy(self, z: Any) -> Any:
        return ad.cross_entropy(z, self.labels)

    def margins(self, z: Any) -> Any:
        """By how much the logit of a point's class is above that of the best of the others."""
        best = z[self.rivals].reshape(SAMPLES, len(CENTRES) - 1).amax(dim=1)
        return z[ad.arange(SAMPLES).long(), self.labels] - best

    def hinge(self, z: Any) -> Any:
        """The margin loss of Crammer and Singer (2001)."""
        return (1 - self.margins(z)).relu().mean()


class _Stairs:
    """Accuracy as a function of t: where it jumps, and a place between jumps."""

    def __init__(self, data: _Data) -> None:
        self.data = data
        base = data.logits(0.0)
        best = base[:, 1:].amax(dim=1)
        crossings = ((best - base[:, 0]) / data.points[:, 0]).tolist()
        self.at = [LOW + (HIGH - LOW) * place / (POINTS - 1) for place in range(POINTS)]
        inside = [t for t in crossings if LOW < t < HIGH]
        self.jumps = sorted(t for t in inside if self.value("accuracy", t - CLOSE) != self.value("accuracy", t + CLOSE))
        gaps = [(right - left, left, right) for left, right in pairwise(self.jumps)]
        middles = [(gap, (left + right) / 2) for gap, left, right in gaps]
        seen = [(gap, t) for gap, t in middles if self.central("accuracy", t, STEPS[0])]
        self.flat = max(seen or middles)[1]
        alone = [(min(before[0], after[0]), after[1]) for before, after in pairwise(gaps)]
        self.jump = max(alone)[1]

    def value(self, name: str, t: float) -> float:
        return float(self.data.losses[name](self.data.logits(t)).item())

    def slope(self, name: str, t: float) -> float:
        """What the engine gives for dL/dt."""
        leaf: Any = ad.tensor(t, requires_grad=True)
        self.data.losses[name](self.data.logits(leaf)).backward()
        return float(leaf.grad.item())

    def curve(self, name: str) -> list[float]:
        return [self.value(name, t) for t in self.at]

    def wrong(self) -> list[float]:
        return [1 - value for value in self.curve("accuracy")]

    def picture(self) -> Figure:
        measures = {
            "wrong, 1 - accuracy": self.wrong(),
            "cross-entropy / ln 2": [value / math.log(2) for value in self.curve("cross-entropy")], "hinge": self.curve("hinge"),
        }  # fmt: skip
        points = {name: list(zip(self.at, values, strict=True)) for name, values in measures.items()}
        axes = Axis("t", ends=(LOW, HIGH)), Axis("mean over the points", ends=(0.0, 4.0))
        return curves("three measures, as t moves", *axes, points)

    def sides(self, h: float) -> tuple[float, float]:
        """The quotients of accuracy on the left and on the right of the jump."""
        left, at, right = (self.value("accuracy", self.jump + step) for step in (-h, 0.0, h))
        return (at - left) / h, (right - at) / h

    def central(self, name: str, t: float, h: float) -> float:
        return (self.value(name, t + h) - self.value(name, t - h)) / (2 * h)

    def quotients(self) -> Table:
        rows: list[tuple[Any, ...]] = []
        for h in STEPS:
            rest = [self.central(name, self.jump, h) for name in SMOOTH]
            rows.append((f"{h:g}", self.central("accuracy", self.flat, h), *self.sides(h), *rest))
        rows.append(("the engine", None, None, None, *[self.slope(name, self.jump) for name in SMOOTH]))
        columns = ("h", "on a step", "left of jump", "right of it", *SMOOTH)
        return grid("quotients of accuracy, and, at the jump, of the losses", columns, rows, digits=4)


def _steps(stairs: _Stairs) -> Told:
    yield f"""Accuracy is what we want of a classifier. Why not climb it? Here are {SAMPLES} points of three classes, and logits Z
    = X W. One entry t of W is moved. Where a point changes its class, the accuracy changes by 1/{SAMPLES}: this happens at
    {len(stairs.jumps)} places between t = {LOW:.3g} and {HIGH:.3g}:"""
    yield stairs.picture()
    yield f"""Accuracy is piecewise constant, and both losses are upper bounds of the share of errors. Difference quotients, at t
    = {stairs.flat:.4g} on a step, and on both sides of the jump at {stairs.jump:.4g}:"""
    yield stairs.quotients()
    yield """On a step they are 0, at the jump they grow without bound: the derivative is 0 or does not exist. The engine does not
    return the 0, with which a descent would stay where it is; it refuses, since argmax gives the number of a class."""
    flat = [stairs.central("accuracy", stairs.flat, h) for h in STEPS[1:]]
    yield Check("on a step the quotients of accuracy are 0", listed(flat, "g"), not any(flat))
    jumps = [abs(sum(stairs.sides(h)) * h) for h in STEPS[1:]]
    right = all(abs(jump - 1 / SAMPLES) < CLOSE for jump in jumps)
    yield Check(f"at the jump they are 1/({SAMPLES} h)", f"h times them: {jumps[-1]:.4f}", right)


def _bounds(stairs: _Stairs) -> Told:
    """The losses, which are above the share of errors, and have slopes."""
    above = [(stairs.curve(name), unit) for name, unit in zip(SMOOTH, (math.log(2), 1.0), strict=True)]
    over = min(value / unit - wrong for values, unit in above for value, wrong in zip(values, stairs.wrong(), strict=True))
    yield Check("both losses lie above the share of wrong", f"by {over:.2g} at least", over >= -CLOSE)
    off = max(abs(stairs.slope(name, stairs.jump) - stairs.central(name, stairs.jump, 1e-4)) for name in SMOOTH)
    yield Check("and slope as their quotients say", f"off by {off:.0e} at most", off < 1e-6)


def _pulls_of(data: _Data, t: float) -> list[tuple[str, float, float, float, float]]:
    """For a point far on its side of all boundaries, one that is just right, and the one that is most wrong: its margin, the
    probability of its class, and the derivatives of its two losses by the logit of that."""
    z = data.logits(t).requires_grad_()
    margins, p = data.margins(z).tolist(), ad.softmax(z, dim=1).tolist()
    just = min((margin for margin in margins if margin > CLOSE), default=max(margins))
    pulls = []
    for name, margin in (("far on its side", max(margins)), ("just right", just), ("most wrong", min(margins))):
        number = margins.index(margin)
        own = int(data.labels[number].item())
        entropy, hinge = (SAMPLES * ad.grad(data.losses[of](z), [z])[0][number, own].item() for of in SMOOTH)
        pulls.append((name, margin, p[number][own], entropy, hinge))
    return pulls


def _descents(data: _Data) -> Told:
    begins, ends = zip(*[_descent(data, name) for name in data.losses], strict=True)
    of_entropy, of_hinge, of_accuracy = ends
    yield f"""So classifiers are trained by a loss with a slope, and accuracy follows. In {DESCENT} steps from weights that take
    each class for the next one, it rises from {begins[0][1]:.2f} to {of_entropy[1]:.2f} by cross-entropy and to {of_hinge[1]:.2f}
    by hinge. A descent by the difference quotients of accuracy itself does not move."""
    for name, (before, low, _), (after, high, _) in zip(SMOOTH, begins, ends, strict=False):
        yield Check(f"{name} falls, accuracy rises", f"{low:.2f} to {high:.2f}", after < before and high > low)
    moved = of_accuracy[2]
    yield Check("by accuracy's own gradient nothing moves", f"moved by {moved:g}", moved == 0)


def _descent(data: _Data, name: str) -> list[tuple[float, float, float]]:
    """Loss, accuracy, and how far the weights have moved, before and after a descent; accuracy climbs, by its quotients."""
    loss = data.losses[name]
    begin = ad.tensor([CENTRES[-1], *CENTRES[:-1]]).T.clone()
    w = begin.clone().requires_grad_()
    steps = []
    for _ in range(DESCENT + 1):
        z = data.points @ w
        found = loss(z)
        steps.append((found.item(), data.accuracy(z).item(), ad.norm(w.detach() - begin).item()))
        gradient = -_quotients(loss, data.points, w.detach()) if name == "accuracy" else ad.grad(found, [w])[0]
        with ad.no_grad():
            w -= RATE * gradient
    return [steps[0], steps[-1]]


def _quotients(loss: Callable[[Any], Any], points: Any, w: Any) -> Any:
    """The gradient of a loss by central quotients, entry by entry."""
    found, h = ad.zeros_like(w), STEPS[-1]
    for place in product(*map(range, w.shape)):
        step = ad.zeros_like(w)
        step[place] = h
        found[place] = (loss(points @ (w + step)).item() - loss(points @ (w - step)).item()) / (2 * h)
    return found
