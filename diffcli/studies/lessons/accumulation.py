"""Gradients add up: over backward passes, over parts of a batch, and, if nobody clears them, over the steps of a descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffcli.autograd as ad
from diffcli.records.figures import Axis
from diffcli.studies.lessons.engine import descent, quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Question, Settings, Told, curves, grid, listed, listing

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


def lesson(settings: Settings) -> Told:
    yield from _passes()
    yield from _forgotten()
    yield from _batch(settings.seed)
    yield from _between()
    w, y = _squared()
    y.backward()
    first = w.grad.item()
    (5 * w).backward()
    yield Question(
        TRY, "w is 3 and w.grad is None. What is w.grad after (w**2).backward(), then (5*w).backward()?",
        f"{w.grad.item():g}: 2 w = {first:g} from the first pass, and 5 added by the second.",
    )  # fmt: skip


def _passes() -> Told:
    w: Any = ad.tensor(3.0, requires_grad=True)
    found = []
    for clear in (False, False, False, True):
        if clear:
            w.grad = None
        (w**2).backward()
        found.append(w.grad.item())
    one, two, three, again = found
    yield f"""backward() adds to w.grad and does not set it, since a leaf that is used twice has a gradient that is a sum over
    paths. But it also adds over passes. With w**2 at w = 3, w.grad is {one:g}, {two:g} and {three:g} after one, two and three
    passes; w.grad = None begins again, and one more pass gives {again:g}. Every training loop has this line, or
    optimizer.zero_grad():"""
    yield listing(DESCENT)
    yield Check("passes add up, and None begins again", listed(found, "g"), (two, three, again) == (2 * one, 3 * one, one))


def _forgotten() -> Told:
    cleared, summed = (descent(lambda w: (w - GOAL) ** 2, START, RATE, STEPS, clear) for clear in (True, False))
    yield "Without the line each step goes along the sum of all gradients so far:"
    paths = {"cleared": enumerate(cleared), "not cleared": enumerate(summed)}
    yield curves("the minimum is at 1", Axis("step"), Axis("w", ends=(-0.1, 2.1)), paths, rows=7)
    yield """The descent does not arrive: it swings about the minimum for ever, as far as it began. The loss is small at times, so
    it may look as if it were learning."""
    away, late = abs(cleared[-1] - GOAL), max(abs(w - GOAL) for w in summed[STEPS // 2 :])
    yield Check("cleared, the descent arrives", f"{away:.0e} away", away < 1e-5)
    swings = 0.9 < late / abs(START - GOAL) < 1.2
    yield Check("forgotten, it swings as far as it began", f"{late:.3f} in the second half", swings)


WAYS: tuple[tuple[str, tuple[tuple[int, int], ...], Callable[[Any], Any], bool], ...] = (
    ("one batch of 8: mean", ((0, 8),), lambda squares: squares.mean(), True),
    ("4 and 4: mean / 2 each", ((0, 4), (4, 8)), lambda squares: squares.mean() / 2, True),
    ("4 and 4: mean each", ((0, 4), (4, 8)), lambda squares: squares.mean(), False),
    ("6 and 2: mean / 2 each", ((0, 6), (6, 8)), lambda squares: squares.mean() / 2, False),
    ("6 and 2: sum / 8 each", ((0, 6), (6, 8)), lambda squares: squares.sum() / ROWS, True),
)
"""To go through one batch, whole and in parts: the rows of each part, the loss of its squares, and whether that is right."""


def _batch(seed: int) -> Told:
    ad.manual_seed(seed)
    rows, targets = ad.randint(-4, 5, (ROWS, COLUMNS)).double(), ad.randint(-4, 5, (ROWS,)).double()
    rows[0, 0], rows[7, 0], targets[7] = 1.0, 2.0, 9.0  # no seed makes the parts alike
    found: list[list[float]] = []
    for _, cuts, loss, _ in WAYS:
        w: Any = ad.tensor([1.0, -2.0, 3.0], requires_grad=True)
        for begin, end in cuts:
            loss((rows[begin:end] @ w - targets[begin:end]) ** 2).backward()
        found.append(w.grad.tolist())
    equal = [gradient == found[0] for gradient in found]
    words = ["", *["equal" if same else "other" for same in equal[1:]]]
    yield f"""Adding is useful for a batch that does not fit into memory: go through it in parts and then step once. Divide the
    sum of each part by the size of the whole batch, {ROWS} here: that is the gradient of the mean, for parts of any size."""
    yield [
        "For the mean of (row w - target)^2 over the rows, which of these are the gradient?",
        grid(
            "", ("passes", "w1.grad", "w2.grad", "w3.grad", "to the last bit"),
            [(name, *gradient, word) for (name, *_), gradient, word in zip(WAYS, found, words, strict=True)],
        ),
        "A mean of means is the mean only where the parts are of one size.",
    ]  # fmt: skip
    yield Check("which ways give the whole batch's gradient", listed(equal), [right for *_, right in WAYS] == equal)


def _squared() -> tuple[Any, Any]:
    w = ad.tensor(3.0, requires_grad=True)
    y = w**2
    y.name = "y"
    return w, y


def _between() -> Told:
    """The gradient of a tensor between leaf and result, and a part of a graph that two results share."""
    w, y = _squared()
    w.retain_grad()
    (y**2).backward()
    none, leaf = refusal(lambda: y.grad), w.grad.item()
    _, kept = _squared()
    kept.retain_grad()
    (kept**2).backward()
    yield f"""Only leaves keep a gradient. For y = w**2 and the pass of y**2, y.grad is refused, unless y.retain_grad() was called
    before; then it is {kept.grad.item():g}. For a leaf retain_grad() changes nothing: w.grad is {leaf:g} with it and without
    it."""
    yield refused("in between, y.grad is refused", none, "not-a-leaf")
    w, y = _squared()
    several = refusal(ad.stack([w, y]).backward)
    ad.stack([w, y]).backward(gradient=ad.tensor([1.0, 10.0]))
    weighed = w.grad.item()
    yield f"""backward() starts from a single number. For a tensor of several, y.backward() is refused, and y.backward(gradient=v)
    computes the gradient of the sum of v*y: for [w, w**2] and v = [1, 10] it is {weighed:g}."""
    yield refused("of a tensor of several it is refused", several, "needs-gradient")
    yield Check("gradient=v: the gradient of sum(v*y)", f"{weighed:g}", weighed == 1 + 10 * 2 * 3)
    w, y = _squared()
    (y**2).backward(retain_graph=True)
    (y**3).backward()
    shared = w.grad.item()
    w, y = _squared()
    (y**2 + y**3).backward()
    of_sum = w.grad.item()
    yield [
        quoted(none),
        quoted(several),
        f"""Where two results share y, the first pass must leave it to the second, with retain_graph=True: y**2 and then y**3 give
        w.grad = {shared:g}, and one pass of y**2 + y**3 gives {of_sum:g}.""",
    ]
    yield Check("two passes = one of the sum", f"{shared:g}", shared == of_sum)
    _, y = _squared()
    (y**2).backward()
    yield refused("a second pass, and nothing retained", refusal((y**3).backward), "freed-graph")
