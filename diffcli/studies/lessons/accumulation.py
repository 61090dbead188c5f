"""Gradients add up: over backward passes, over parts of a batch, and, if nobody clears them, over the steps of a descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import diffcli.autograd as ad
from diffcli._named import NamedTuple
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis, Figure, Series
from diffcli.studies.lessons.engine import descent, quoted, refusal, refused
from diffcli.studies.lessons.record import Check, Lesson, Settings, grid, listed, listing

RATE = 0.1
STEPS = 60
SHOWN = (0, 1, 2, 3, 5, 10, 20, 30, 60)
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
    batch = _Batch(settings.seed)
    inner = _Inner()
    parts = (
        """backward() does not set w.grad: it adds to it. A leaf that is used twice needs that within one pass, since the chain
        rule is a sum over paths. But it goes on over passes, too. Here is w**2 at w = 3, again and again:""",
        grid("", ("after", "w.grad"), passes),
        """Hence the line that every training loop has, w.grad = None, or optimizer.zero_grad(). What if it is forgotten? The
        step is along the sum of all gradients so far:""",
        listing(DESCENT),
        _steps(cleared, summed),
        _swing(cleared, summed),
        """The steps grow at first, as everybody expects. But the descent neither explodes nor arrives: it swings about the
        minimum for ever, as far as it began. The sum of gradients is a momentum, and nothing slows it down. The loss is small at
        times, so a loss that is looked at now and then may look well.""",
        f"""Adding up is of use where a batch does not fit into memory: part by part, and then one step. For the mean of (row w -
        target)^2 over {ROWS} rows, which of these are the gradient?""",
        batch.grid(),
        """A mean of means is the mean only where the parts are of one size. Divide each sum by the size of the whole batch: that
        is right for any parts, and here exact, as the data are small whole numbers.""",
        "Only leaves keep a gradient; what is in between hands it on. With y = w**2 and the pass of y**2, y.grad says:",
        quoted(inner.refused),
        f"""With y.retain_grad() before the pass y.grad is {inner.kept:g}. And where two results share y, the first pass must
        leave it to the second, with retain_graph=True: y**2 and then y**3 give w.grad = {inner.shared:g}, and one pass of y**2 +
        y**3 gives {inner.of_sum:g}.""",
    )
    return Lesson(parts, _checks(passes, cleared, summed, batch, inner), TRY)


# -- passes and descents ---------------------------------------------------------------------------------------------------------


def _passes() -> tuple[tuple[str, Any], ...]:
    w = ad.tensor(3.0, requires_grad=True)
    rows: list[tuple[str, Any]] = [("no pass", "None" if w.grad is None else w.grad.item())]
    for name in ("one pass", "two", "three"):
        (w**2).backward()
        rows.append((name, w.grad.item()))  # type: ignore[union-attr]
    w.grad = None
    (w**2).backward()
    rows.append(("w.grad = None, one more", w.grad.item()))  # type: ignore[attr-defined]
    return tuple(rows)


def _steps(cleared: Sequence[float], summed: Sequence[float]) -> Table:
    rows = [(step, cleared[step], _last(cleared, step), summed[step], _last(summed, step)) for step in SHOWN]
    return grid("", ("step", "w, cleared", "moved by", "w, forgotten", "moved by"), tuple(rows), digits=4)


def _last(path: Sequence[float], step: int) -> float | None:
    return path[step] - path[step - 1] if step else None


def _swing(cleared: Sequence[float], summed: Sequence[float]) -> Figure:
    paths = {"cleared": cleared, "forgotten": summed}
    series = tuple(Series(name, tuple((float(step), w) for step, w in enumerate(path))) for name, path in paths.items())
    return Figure("the same, drawn: the minimum is at 1", Axis("step"), Axis("w"), series)


# -- batches ---------------------------------------------------------------------------------------------------------------------


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


# -- what is in between ----------------------------------------------------------------------------------------------------------


class _Inner:
    """The gradient of a tensor between leaf and result, and a part of a graph that two results share."""

    def __init__(self) -> None:
        _, y = _squared()
        (y**2).backward()
        self.refused = refusal(lambda: y.grad)
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


def _squared() -> tuple[Any, Any]:
    w = ad.tensor(3.0, requires_grad=True)
    y = w**2
    y.name = "y"
    return w, y


def _checks(
    passes: Sequence[tuple[str, Any]], cleared: Sequence[float], summed: Sequence[float], batch: _Batch, inner: _Inner
) -> tuple[Check, ...]:
    one, two, three, after = [value for _, value in passes[1:]]
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
        Check("two passes = one of the sum", f"{inner.shared:g}", inner.shared == inner.of_sum),
        refused("a second pass, and nothing retained", inner.freed, "freed-graph"),
    )  # fmt: skip
