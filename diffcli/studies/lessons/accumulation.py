"""Gradients add up: over backward passes, over parts of a batch, and, if nobody clears them, over the steps of a descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import diffcli.autograd as ad
from diffcli._named import NamedTuple
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis
from diffcli.studies.lessons.engine import descent, quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Lesson, Parts, Settings, curves, grid, listed, listing

RATE = 0.1
STEPS = 60
START, GOAL = 0.0, 1.0

ROWS, COLUMNS = 8, 3
"""The batch: small whole numbers, so that every sum is exact, in whatever order it is taken."""

DESCENT = """\
for step in range(60):
    loss = (w - 1) ** 2
    w.grad = None               # leave this line out
    loss.backward()
    with ad.no_grad():
        w -= 0.1 * w.grad"""

TRY = """\
import diffcli.autograd as ad; w = ad.tensor(3.0, requires_grad=True)
for _ in range(3): (w**2).backward(); print(w.grad)"""


def lesson(settings: Settings) -> Lesson:
    passes = _passes()
    cleared, summed = (descent(lambda w: (w - GOAL) ** 2, START, RATE, STEPS, clear) for clear in (True, False))
    paths = {"cleared": enumerate(cleared), "not cleared": enumerate(summed)}
    batch = _Batch(settings.seed)
    inner = _Inner()
    one, two, three, again = passes
    parts: Parts = (
        f"""backward() adds to w.grad and does not set it, since a leaf that is used twice has a gradient that is a sum over
        paths. But it also adds over passes. With w**2 at w = 3, w.grad is {one:g}, {two:g} and {three:g} after one, two and
        three passes; w.grad = None begins again, and one more pass gives {again:g}. Every training loop has this line, or
        optimizer.zero_grad():""",
        listing(DESCENT),
        "Without the line each step goes along the sum of all gradients so far:",
        curves("the minimum is at 1", Axis("step"), Axis("w", ends=(-0.1, 2.1)), paths, rows=7),
        """The descent does not arrive: it swings about the minimum for ever, as far as it began. The loss is small at times, so
        it may look as if it were learning.""",
        f"""Adding is useful for a batch that does not fit into memory: go through it in parts and then step once. Divide the
        sum of each part by the size of the whole batch, {ROWS} here: that is the gradient of the mean, for parts of any
        size.""",
        [
            "For the mean of (row w - target)^2 over the rows, which of these are the gradient?",
            batch.grid(),
            "A mean of means is the mean only where the parts are of one size.",
        ],
        f"""Only leaves keep a gradient. For y = w**2 and the pass of y**2, y.grad is refused, unless y.retain_grad() was called
        before; then it is {inner.kept:g}. For a leaf retain_grad() changes nothing: w.grad is {inner.leaf:g} with it and
        without it.""",
        f"""backward() starts from a single number. For a tensor of several, y.backward() is refused, and
        y.backward(gradient=v) computes the gradient of the sum of v*y: for [w, w**2] and v = [1, 10] it is
        {inner.weighed:g}.""",
        [
            quoted(inner.refused),
            quoted(inner.several),
            f"""Where two results share y, the first pass must leave it to the second, with retain_graph=True: y**2 and then
            y**3 give w.grad = {inner.shared:g}, and one pass of y**2 + y**3 gives {inner.of_sum:g}.""",
        ],
    )
    return Lesson(
        parts, _checks(passes, cleared, summed, batch, inner), TRY,
        "w is 3 and w.grad is None. What is w.grad after (w**2).backward(), then (5*w).backward()?",
        f"{inner.after_both:g}: 2 w = {one:g} from the first pass, and 5 added by the second.",
    )


def _passes() -> list[float]:
    """The gradient after one, two and three passes, and after one more from None."""
    w: Any = ad.tensor(3.0, requires_grad=True)
    found = []
    for clear in (False, False, False, True):
        if clear:
            w.grad = None
        (w**2).backward()
        found.append(w.grad.item())
    return found


class _Way(NamedTuple):
    name: str
    cuts: tuple[tuple[int, int], ...]
    """The rows of each part."""
    loss: Callable[[Any], Any]
    """Of the squares of a part."""
    right: bool


class _Batch:
    """The gradient of one mean, gone through whole and in parts."""

    WAYS = (
        _Way("one batch of 8: mean", ((0, 8),), lambda squares: squares.mean(), True),
        _Way("4 and 4: mean / 2 each", ((0, 4), (4, 8)), lambda squares: squares.mean() / 2, True),
        _Way("4 and 4: mean each", ((0, 4), (4, 8)), lambda squares: squares.mean(), False),
        _Way("6 and 2: mean / 2 each", ((0, 6), (6, 8)), lambda squares: squares.mean() / 2, False),
        _Way("6 and 2: sum / 8 each", ((0, 6), (6, 8)), lambda squares: squares.sum() / ROWS, True),
    )

    def __init__(self, seed: int) -> None:
        ad.manual_seed(seed)
        rows, targets = ad.randint(-4, 5, (ROWS, COLUMNS)).double(), ad.randint(-4, 5, (ROWS,)).double()
        rows[0, 0], rows[7, 0], targets[7] = 1.0, 2.0, 9.0  # no seed makes the parts alike
        self.found: list[list[float]] = []
        for way in self.WAYS:
            w = ad.tensor([1.0, -2.0, 3.0], requires_grad=True)
            for begin, end in way.cuts:
                way.loss((rows[begin:end] @ w - targets[begin:end]) ** 2).backward()
            self.found.append(w.grad.tolist())  # type: ignore[union-attr]

    def equal(self) -> list[bool]:
        return [found == self.found[0] for found in self.found]

    def grid(self) -> Table:
        rows = [
            (way.name, *found, "" if number == 0 else "equal" if equal else "other")
            for number, (way, found, equal) in enumerate(zip(self.WAYS, self.found, self.equal(), strict=True))
        ]
        return grid("", ("passes", "w1.grad", "w2.grad", "w3.grad", "to the last bit"), tuple(rows))


class _Inner:
    """The gradient of a tensor between leaf and result, and a part of a graph that two results share."""

    def __init__(self) -> None:
        w, y = _squared()
        w.retain_grad()
        (y**2).backward()
        self.refused, self.leaf = refusal(lambda: y.grad), w.grad.item()
        _, y = _squared()
        y.retain_grad()
        (y**2).backward()
        self.kept = y.grad.item()
        w, y = _squared()
        (y**2).backward(retain_graph=True)
        (y**3).backward()
        self.shared = w.grad.item()
        w, y = _squared()
        (y**2 + y**3).backward()
        self.of_sum = w.grad.item()
        _, y = _squared()
        (y**2).backward()
        self.freed = refusal((y**3).backward)
        w, y = _squared()
        self.several = refusal(ad.stack([w, y]).backward)
        ad.stack([w, y]).backward(gradient=ad.tensor([1.0, 10.0]))
        self.weighed = w.grad.item()
        w, y = _squared()
        y.backward()
        (5 * w).backward()
        self.after_both = w.grad.item()


def _squared() -> tuple[Any, Any]:
    w = ad.tensor(3.0, requires_grad=True)
    y = w**2
    y.name = "y"
    return w, y


def _checks(
    passes: Sequence[float], cleared: Sequence[float], summed: Sequence[float], batch: _Batch, inner: _Inner
) -> tuple[Check, ...]:
    one, two, three, after = passes
    late = max(abs(w - GOAL) for w in summed[STEPS // 2 :])
    equal, right = batch.equal(), [way.right for way in batch.WAYS]
    found = f"{one:g}, {two:g}, {three:g}, {after:g}"
    return (
        Check("passes add up, and None begins again", found, (two, three, after) == (2 * one, 3 * one, one)),
        Check("cleared, the descent arrives", f"{abs(cleared[-1] - GOAL):.0e} away", abs(cleared[-1] - GOAL) < 1e-5),
        Check(
            "forgotten, it swings as far as it began", f"{late:.3f} in the second half", 0.9 < late / abs(START - GOAL) < 1.2
        ),
        Check("which ways give the whole batch's gradient", listed(equal), right == equal),
        refused("in between, y.grad is refused", inner.refused, "not-a-leaf"),
        refused("of a tensor of several it is refused", inner.several, "needs-gradient"),
        Check("gradient=v: the gradient of sum(v*y)", f"{inner.weighed:g}", inner.weighed == 1 + 10 * 2 * 3),
        Check("two passes = one of the sum", f"{inner.shared:g}", inner.shared == inner.of_sum),
        refused("a second pass, and nothing retained", inner.freed, "freed-graph"),
    )  # fmt: skip
