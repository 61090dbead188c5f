"""Accuracy is piecewise constant: its gradient is 0 or does not exist. Cross-entropy and hinge loss bound it, and have slopes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise, product
from typing import Any

import diffcli.autograd as ad
from diffcli._named import NamedTuple
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis, Figure
from diffcli.studies.lessons.engine import quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Lesson, Parts, Settings, curves, grid, listed

CENTRES = ((0.0, 2.0), (-2.0, -1.0), (2.0, -1.0))
"""Where the three classes are: a cloud of `EACH` points about each."""

EACH = 10
SAMPLES = EACH * len(CENTRES)
ROOM = 5
"""How far out of the middle the parameter t is moved for the picture."""

POINTS = 81
STEPS = (1.0, 1e-2, 1e-4, 1e-6)
CLOSE = 1e-9
RATE, DESCENT = 0.2, 50

TRY = """\
import diffcli.autograd as ad; z = ad.tensor([[1.0, 2.0]], requires_grad=True)
ad.cross_entropy(z, ad.tensor([0], dtype="int64")).backward(); print(z.grad)"""


def lesson(settings: Settings) -> Lesson:
    data = _Data(settings.seed)
    stairs = _Stairs(data)
    none = refusal(lambda: data.accuracy(data.logits(stairs.jump).requires_grad_()).backward())
    pulls = _pulls_of(data, stairs.jump)
    descents = {name: _descent(data, name) for name in data.losses()}
    worst = pulls[-1]
    parts: Parts = (
        f"""Accuracy is what we want of a classifier. Why not climb it? Here are {SAMPLES} points of three classes, and logits Z
        = X W. One entry t of W is moved. Where a point changes its class, the accuracy changes by 1/{SAMPLES}: this happens at
        {len(stairs.jumps)} places between t = {stairs.low:.3g} and {stairs.high:.3g}:""",
        stairs.picture(),
        f"""Accuracy is piecewise constant, and both losses are upper bounds of the share of errors. Difference quotients, at t =
        {stairs.flat:.4g} on a step, and on both sides of the jump at {stairs.jump:.4g}:""",
        stairs.quotients(),
        """On a step they are 0, at the jump they grow without bound: the derivative is 0 or does not exist. The engine does not
        return the 0, with which a descent would stay where it is; it refuses, since argmax gives the number of a class.""",
        [
            quoted(none),
            "How much does each loss change with the logit of a point's own class? For three of the points, at the jump:",
            grid("", ("point", "margin", "p", "cross-entropy", "hinge", "accuracy"), [(*pull, 0) for pull in pulls], digits=4),
            """Cross-entropy has the slope p - 1: it acts on every point, most on those that are wrong. Hinge has -1 where the
            margin is below 1, and 0 beyond.""",
        ],
        f"""So classifiers are trained by a loss with a slope, and accuracy follows. In {DESCENT} steps from weights that take
        each class for the next one, it rises from {descents["cross-entropy"][0].accuracy:.2f} to
        {descents["cross-entropy"][-1].accuracy:.2f} by cross-entropy and to {descents["hinge"][-1].accuracy:.2f} by hinge. A
        descent by the difference quotients of accuracy itself does not move.""",
    )
    return Lesson(
        parts, _checks(data, stairs, none, pulls, descents), TRY,
        "A point has probability p for its own class. What is the slope of its cross-entropy by the logit of that class?",
        f"""p - 1. For the point that is most wrong here p = {worst.p:.4g} and the slope is {worst.entropy:.4g}; it tends to 0
        as p tends to 1.""",
    )


class _Data:
    """Clouds of points with their classes, and the three measures of a classifier's logits."""

    def __init__(self, seed: int) -> None:
        ad.manual_seed(seed)
        classes = range(len(CENTRES))
        self.labels = ad.tensor([of for of in classes for _ in range(EACH)], dtype="int64")
        self.points = ad.tensor([CENTRES[of] for of in classes for _ in range(EACH)]) + ad.randn(SAMPLES, 2)
        self.rivals = self.labels.unsqueeze(1) != ad.tensor([list(classes)], dtype="int64")
        self.weights = ad.tensor(CENTRES).T.clone()

    def logits(self, t: Any) -> Any:
        """The logits where the first weight of the first class is t."""
        weights = self.weights.clone()
        weights[0, 0] = t
        return self.points @ weights

    def right(self, z: Any) -> Any:
        return z.argmax(1) == self.labels

    def accuracy(self, z: Any) -> Any:
        return self.right(z).double().mean()

    def cross_entropy(self, z: Any) -> Any:
        return ad.cross_entropy(z, self.labels)

    def margins(self, z: Any) -> Any:
        """By how much the logit of a point's class is above that of the best of the others."""
        best = z[self.rivals].reshape(SAMPLES, len(CENTRES) - 1).amax(dim=1)
        return z[ad.arange(SAMPLES).long(), self.labels] - best

    def hinge(self, z: Any) -> Any:
        """The margin loss of Crammer and Singer (2001)."""
        return (1 - self.margins(z)).relu().mean()

    def losses(self) -> dict[str, Callable[[Any], Any]]:
        return {"cross-entropy": self.cross_entropy, "hinge": self.hinge, "accuracy": self.accuracy}


class _Stairs:
    """Accuracy as a function of t: where it jumps, and a place between jumps."""

    def __init__(self, data: _Data) -> None:
        self.data = data
        base = data.logits(0.0)
        best = base[:, 1:].amax(dim=1)
        crossings = ((best - base[:, 0]) / data.points[:, 0]).tolist()
        self.low, self.high = -float(ROOM), float(ROOM)
        inside = [t for t in crossings if self.low < t < self.high]
        self.jumps = sorted(t for t in inside if self.value("accuracy", t - CLOSE) != self.value("accuracy", t + CLOSE))
        gaps = [(right - left, left, right) for left, right in zip(self.jumps, self.jumps[1:], strict=False)]
        middles = [(gap, (left + right) / 2) for gap, left, right in gaps]
        seen = [(gap, t) for gap, t in middles if self.central("accuracy", t, STEPS[0])]
        self.flat = max(seen or middles)[1]
        alone = [(min(before[0], after[0]), after[1]) for before, after in pairwise(gaps)]
        self.jump = max(alone)[1]

    def value(self, name: str, t: float) -> float:
        return float(self.data.losses()[name](self.data.logits(t)).item())

    def slope(self, name: str, t: float) -> float:
        """What the engine gives for dL/dt."""
        leaf: Any = ad.tensor(t, requires_grad=True)
        self.data.losses()[name](self.data.logits(leaf)).backward()
        return float(leaf.grad.item())

    def curve(self, name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        at = [self.low + (self.high - self.low) * place / (POINTS - 1) for place in range(POINTS)]
        return tuple(at), tuple(self.value(name, t) for t in at)

    def wrong(self) -> tuple[float, ...]:
        return tuple(1 - value for value in self.curve("accuracy")[1])

    def picture(self) -> Figure:
        at, entropies = self.curve("cross-entropy")
        measures = {
            "wrong, 1 - accuracy": self.wrong(), "cross-entropy / ln 2": [value / math.log(2) for value in entropies],
            "hinge": self.curve("hinge")[1],
        }  # fmt: skip
        points = {name: list(zip(at, values, strict=True)) for name, values in measures.items()}
        axes = Axis("t", ends=(self.low, self.high)), Axis("mean over the points", ends=(0.0, 4.0))
        return curves("three measures, as t moves", *axes, points)

    def sides(self, h: float) -> tuple[float, float]:
        """The quotients of accuracy on the left and on the right of the jump."""
        left, at, right = (self.value("accuracy", self.jump + step) for step in (-h, 0.0, h))
        return (at - left) / h, (right - at) / h

    def central(self, name: str, t: float, h: float) -> float:
        return (self.value(name, t + h) - self.value(name, t - h)) / (2 * h)

    def quotients(self) -> Table:
        rows: list[tuple[Any, ...]] = []
        smooth = ("cross-entropy", "hinge")
        for h in STEPS:
            rest = [self.central(name, self.jump, h) for name in smooth]
            rows.append((f"{h:g}", self.central("accuracy", self.flat, h), *self.sides(h), *rest))
        rows.append(("the engine", None, None, None, *[self.slope(name, self.jump) for name in smooth]))
        columns = ("h", "on a step", "left of jump", "right of it", *smooth)
        return grid("quotients of accuracy, and, at the jump, of the losses", columns, tuple(rows), digits=4)


class _Pull(NamedTuple):
    """What the two losses of one point have as their derivative by the logit of its class."""

    name: str
    margin: float
    p: float
    entropy: float
    hinge: float


def _pulls_of(data: _Data, t: float) -> list[_Pull]:
    """For a point far on its side of all boundaries, one that is just right, and the one that is most wrong."""
    z = data.logits(t).requires_grad_()
    margins, p = data.margins(z).tolist(), ad.softmax(z, dim=1).tolist()
    just = min((margin for margin in margins if margin > CLOSE), default=max(margins))
    pulls = []
    for name, margin in (("far on its side", max(margins)), ("just right", just), ("most wrong", min(margins))):
        number = margins.index(margin)
        own = int(data.labels[number].item())
        entropy, hinge = (SAMPLES * ad.grad(of(z), [z])[0][number, own].item() for of in (data.cross_entropy, data.hinge))
        pulls.append(_Pull(name, margin, p[number][own], entropy, hinge))
    return pulls


class _Step(NamedTuple):
    loss: float
    accuracy: float
    moved: float
    """How far the weights are from where they began."""


def _descent(data: _Data, name: str) -> list[_Step]:
    """A descent from weights that take each class for the next one; accuracy climbs, by its quotients."""
    loss = data.losses()[name]
    begin = ad.tensor([CENTRES[-1], *CENTRES[:-1]]).T.clone()
    w = begin.clone().requires_grad_()
    steps = []
    for _ in range(DESCENT + 1):
        z = data.points @ w
        found = loss(z)
        steps.append(_Step(found.item(), data.accuracy(z).item(), ad.norm(w.detach() - begin).item()))
        gradient = -_quotients(loss, data.points, w.detach()) if name == "accuracy" else ad.grad(found, [w])[0]
        with ad.no_grad():
            w -= RATE * gradient
    return steps


def _quotients(loss: Callable[[Any], Any], points: Any, w: Any) -> Any:
    """The gradient of a loss by central quotients, entry by entry."""
    found, h = ad.zeros_like(w), STEPS[-1]
    for place in product(*map(range, w.shape)):
        step = ad.zeros_like(w)
        step[place] = h
        found[place] = (loss(points @ (w + step)).item() - loss(points @ (w - step)).item()) / (2 * h)
    return found


def _checks(
    data: _Data, stairs: _Stairs, none: ad.AutogradError | None, pulls: Sequence[_Pull], descents: dict[str, list[_Step]]
) -> tuple[Check, ...]:
    smooth = ("cross-entropy", "hinge")
    flat = [stairs.central("accuracy", stairs.flat, h) for h in STEPS[1:]]
    jumps = [abs(sum(stairs.sides(h)) * h) for h in STEPS[1:]]
    above = [(stairs.curve(name)[1], unit) for name, unit in (("cross-entropy", math.log(2)), ("hinge", 1.0))]
    over = min(value / unit - wrong for values, unit in above for value, wrong in zip(values, stairs.wrong(), strict=True))
    off = [abs(stairs.slope(name, stairs.jump) - stairs.central(name, stairs.jump, 1e-4)) for name in smooth]
    rule = max(abs(pull.entropy - (pull.p - 1)) for pull in pulls)
    hinges = [pull.hinge for pull in pulls]
    moved = descents["accuracy"][-1].moved
    return (
        Check("on a step the quotients of accuracy are 0", listed(flat, "g"), not any(flat)),
        Check(
            f"at the jump they are 1/({SAMPLES} h)", f"h times them: {jumps[-1]:.4f}",
            all(abs(jump - 1 / SAMPLES) < CLOSE for jump in jumps),
        ),
        refused("accuracy has no gradient to go by", none, "no-graph"),
        Check("both losses lie above the share of wrong", f"by {over:.2g} at least", over >= -CLOSE),
        Check("and slope as their quotients say", f"off by {max(off):.0e} at most", max(off) < 1e-6),
        Check("cross-entropy pulls by p - 1", f"off by {rule:.0e} at most", rule < CLOSE),
        Check(
            "the hinge by -1 at margins below 1, else by 0", listed(hinges, "g"),
            hinges == [0 if pull.margin > 1 else -1 for pull in pulls],
        ),
        *(_rises(name, descents[name]) for name in smooth),
        Check("by accuracy's own gradient nothing moves", f"moved by {moved:g}", moved == 0),
    )  # fmt: skip


def _rises(name: str, steps: Sequence[_Step]) -> Check:
    first, last = steps[0], steps[-1]
    found = f"{first.accuracy:.2f} to {last.accuracy:.2f}"
    return Check(f"{name} falls, accuracy rises", found, last.loss < first.loss and last.accuracy > first.accuracy)
