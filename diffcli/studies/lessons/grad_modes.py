"""Grad modes: what is recorded in each, what it costs, what its results are good for later; and what no mode can mend."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli._named import NamedTuple
from diffcli.records.blocks import Table
from diffcli.studies.graph.of_tensor import nodes_behind
from diffcli.studies.lessons.engine import NOTHING, code_of, quoted, refusal, refused
from diffcli.studies.lessons.fraud import FRAUDS, HONEST, RECALL, Confusion, Fraud, confusion
from diffcli.studies.lessons.record import Check, Erratum, Lesson, Settings, grid, listed, listing

MODES: dict[str, Callable[[], Any]] = {"default": ad.enable_grad, "no-grad": ad.no_grad, "inference": ad.inference_mode}
ROUNDS, SMALL_ROUNDS = 5, 200
BATCH = 256
SMALL = 4
MEGA = 1e6
ACCURACY = 0.98
"""What the model in question has, beside `RECALL`."""

THRESHOLDS = (0.1, 0.02)

CALL = """\
net3 = Net3()                           # four layers, relu between them
with ad.no_grad():                      # or ad.inference_mode(), or nothing
    z = net3(x)"""

TRY = """\
import diffcli.autograd as ad; w = ad.tensor(2.0, requires_grad=True)
with ad.inference_mode(): y = 3 * w
print((w + y).grad_fn, (w * y.clone()).grad_fn)   # and w * y?"""


class MyLinear(nn.Module):
    """The lecture's layer; with a start that keeps the size of what goes through."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(ad.randn(in_features, out_features) / in_features**0.5)

    def forward(self, x: Any) -> Any:
        return ad.matmul(x, self.weight)


def _net3(dim1: int) -> nn.Sequential:
    """The lecture's network, with dim2 twice dim1 as there."""
    layers = [MyLinear(inputs, outputs) for inputs, outputs in pairwise((dim1, 2 * dim1, 2 * dim1, 2 * dim1, 1))]
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2], nn.ReLU(), layers[3])


def lesson(settings: Settings) -> Lesson:
    ad.manual_seed(settings.seed)
    dim1 = settings.sized()
    net, x = _net3(dim1), ad.randn(BATCH, dim1)
    costs = _costs(net, x)
    uses = {name: _Use(mode) for name, mode in MODES.items()}
    _, no_grad, inference = uses.values()
    fraud = Fraud(settings.seed)
    threshold = fraud.at_recall(RECALL)
    by_mode = {name: confusion(fraud.chances(mode), fraud.labels, threshold) for name, mode in MODES.items()}
    chances = fraud.chances(ad.no_grad)
    never = confusion(chances, fraud.labels, 2.0)
    lower = {limit: confusion(chances, fraud.labels, limit) for limit in THRESHOLDS}
    parts = (
        f"""A forward pass leaves a graph behind, for a backward pass that may never come. Two modes do without. Here is the
        lecture's Net3, {dim1} - {2 * dim1} - {2 * dim1} - {2 * dim1} - 1, on {BATCH} rows; beside it one with {SMALL} for
        {dim1}, on one row:""",
        listing(CALL),
        _cost_table(costs),
        """The lecture times each once, and finds 0.52, 0.48 and 0.43 seconds. Measured again and again, in turn, large matrices
        take about the same in every mode: nearly all of the time goes into the products. What differs is the memory: the graph
        keeps what its backward pass will read, layer upon layer, while without it each is let go once the next is there.
        Recording does cost time where an operation is small. In training there is no choice: what was computed under no_grad has
        no backward().""",
        """What are results good for later? c = 3 w is made in each mode, and then used in the default mode; w requires a
        gradient:""",
        _use_table(uses),
        Erratum(
            "requires_grad is always overridden to be False in the two other modes.",
            f"that of what is computed there. Under no_grad, w.requires_grad is {no_grad.flag}, and (3 * w).requires_grad is "
            f"{no_grad.requires_grad}.",
        ),
        """The lecture's table of modes holds: only the default mode records, only inference mode spares the counting too, and
        only its results are limited later. This is what one is told:""",
        quoted(inference.saved),
        Erratum(
            "tensors created in inference mode will not be able to be used in computations to be recorded by autograd.",
            f"only those that would be saved. w + c is recorded ({code_of(inference.summed)}), as a sum saves neither of them. "
            f"w * c saves both, and is refused ({code_of(inference.saved)}).",
        ),
        f"""No mode changes a prediction. A classifier that has learned to find {FRAUDS} frauds among {FRAUDS + HONEST} payments,
        in each mode:""",
        _confusions("", "mode", by_mode),
        """Is a model with 98 % accuracy but 12 % recall a good one? Here are the same numbers, and beside them a model that
        never calls anything a fraud, and ours when it calls one sooner:""",
        _confusions(
            "", "a fraud is called", {"never": never, f"from p = {threshold:.2g}": by_mode["no-grad"]}
            | {f"from p = {limit:g}": found for limit, found in lower.items()},
        ),
        f"""Saying nothing at all has {never.accuracy:.0%} too: with one fraud in {(FRAUDS + HONEST) // FRAUDS}, accuracy is
        about the honest. Ours finds more of the frauds only where its accuracy falls below that of saying nothing. So look at
        recall and precision, and choose the threshold by what a missed fraud and a false alarm cost.""",
    )  # fmt: skip
    checks = (*_mode_checks(costs, uses), *_fraud_checks(by_mode, fraud, never, lower))
    return Lesson(parts, checks, TRY)


# -- what it costs ---------------------------------------------------------------------------------------------------------------


class _Cost(NamedTuple):
    first: float
    middle: float
    small: float
    peak: int
    nodes: int
    numbers: int
    """That the graph keeps, beside the input and the parameters, which are there anyway."""

    result: list[Any]


def _costs(net: nn.Module, x: Any) -> dict[str, _Cost]:
    first = {name: _seconds(net, x, mode) for name, mode in MODES.items()}
    large, small = _middles(net, x, ROUNDS), _middles(_net3(SMALL), ad.randn(1, SMALL), SMALL_ROUNDS)
    costs = {}
    for name, mode in MODES.items():
        tracemalloc.start()
        try:
            with mode():
                z = net(x)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        _, nodes = nodes_behind(z.grad_fn)
        anyway = {id(known) for known in (x, *net.parameters())}
        kept = {id(saved): saved for node in nodes for saved in node.saved.values() if id(saved) not in anyway}
        numbers = sum(saved.numel() for saved in kept.values())
        costs[name] = _Cost(first[name], large[name], small[name], peak, len(nodes), numbers, z.tolist())
    return costs


def _seconds(net: nn.Module, x: Any, mode: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    with mode():
        net(x)
    return time.perf_counter() - begin


def _middles(net: nn.Module, x: Any, rounds: int) -> dict[str, float]:
    """The median of each mode, each in turn, so that what else the machine does falls on all."""
    times: dict[str, list[float]] = {name: [] for name in MODES}
    for _ in range(rounds):
        for name, mode in MODES.items():
            times[name].append(_seconds(net, x, mode))
    return {name: median(found) for name, found in times.items()}


def _cost_table(costs: dict[str, _Cost]) -> Table:
    rows = tuple(
        (name, 1e3 * cost.first, 1e3 * cost.middle, 1e3 * cost.small, cost.peak / MEGA, cost.nodes, cost.numbers)
        for name, cost in costs.items()
    )  # fmt: skip
    varies = ("once, ms", "median, ms", "small, ms", "peak, MB")
    columns = ("mode", *varies, "nodes", "numbers kept")
    return grid("a forward pass", columns, rows, varies, digits=3)


# -- what results are good for ---------------------------------------------------------------------------------------------------


class _Use:
    """c, made in a mode, and what may be done with it in the default mode."""

    def __init__(self, mode: Callable[[], Any]) -> None:
        w = ad.tensor(2.0, requires_grad=True)
        w.name = "w"

        def made() -> Any:
            with mode():
                c = 3 * w
            c.name = "c"
            return c

        with mode():
            self.flag = w.requires_grad
        self.requires_grad = made().requires_grad
        self.back = refusal(lambda: made().backward())
        self.counts = refusal(lambda: made()._version) is None
        self.saved = refusal(lambda: w * made())
        self.summed = refusal(lambda: w + made())
        self.in_place = refusal(lambda: made().add_(1))
        self.required = refusal(lambda: made().requires_grad_())
        with mode():
            inside = 3 * w
            self.inside = refusal(lambda: inside.add_(1))

    def rows(self) -> dict[str, Any]:
        words = {
            "w.requires_grad, inside": self.flag,
            "c.requires_grad": self.requires_grad,
            "versions of c are counted": self.counts,
        }
        later = {"w * c": self.saved, "w + c": self.summed, "c.add_(1)": self.in_place, "c.requires_grad_()": self.required}
        return words | {what: "fine" if found is None else "error" for what, found in later.items()}


def _use_table(uses: dict[str, _Use]) -> Table:
    found = [use.rows() for use in uses.values()]
    return grid("", ("", *uses), tuple((what, *[rows[what] for rows in found]) for what in found[0]))


# -- predictions -----------------------------------------------------------------------------------------------------------------


def _confusions(title: str, what: str, found: dict[str, Confusion]) -> Table:
    columns = (what, "TP", "FN", "FP", "TN", "accuracy", "precision", "recall")
    return grid(title, columns, tuple((name, *one.cells()) for name, one in found.items()), digits=3)


def _mode_checks(costs: dict[str, _Cost], uses: dict[str, _Use]) -> tuple[Check, ...]:
    nodes = [cost.nodes for cost in costs.values()]
    numbers = [cost.numbers for cost in costs.values()]
    counts = [use.counts for use in uses.values()]
    later = [use.saved is None for use in uses.values()]
    results = [cost.result for cost in costs.values()]
    inside = [use.inside for use in uses.values()]
    return (
        Check("only the default mode records", f"{listed(nodes)} nodes", nodes[0] > 0 and nodes[1:] == [0, 0]),
        Check("and keeps numbers for backward", listed(numbers), numbers[0] > 0 and numbers[1:] == [0, 0]),
        refused("no_grad leaves nothing to go back through", uses["no-grad"].back, "no-graph"),
        Check("only inference mode counts no versions", listed(counts), counts == [True, True, False]),
        Check("its results cannot be saved later", listed(later), later == [True, True, False]),
        refused("nor changed in place outside", uses["inference"].in_place, "inference-tensor"),
        refused("nor made to require a gradient", uses["inference"].required, "inference-tensor"),
        Check("but inside it they may be changed", code_of(inside[-1]), code_of(inside[-1]) == NOTHING),
        Check("z is the same in all three, to the last bit", "equal", results[0] == results[1] == results[2]),
    )


def _fraud_checks(
    by_mode: dict[str, Confusion], fraud: Fraud, never: Confusion, lower: dict[float, Confusion]
) -> tuple[Check, ...]:
    one = by_mode["default"]
    chances = [fraud.chances(mode).tolist() for mode in MODES.values()]
    same = chances[0] == chances[1] == chances[2] and len(set(by_mode.values())) == 1
    asked = f"{one.accuracy:.0%}, {one.recall:.0%}"
    return (
        Check("so are predictions and confusion matrix", f"of {FRAUDS + HONEST} payments", same),
        Check("the accuracy and recall that were asked about", asked, asked == f"{ACCURACY:.0%}, {RECALL:.0%}"),
        Check("never calling a fraud is as accurate", f"{never.accuracy:.0%}", f"{never.accuracy:.0%}" == f"{one.accuracy:.0%}"),
        Check(
            "more recall, less accuracy than saying nothing", listed((found.accuracy for found in lower.values()), ".1%"),
            all(found.accuracy < never.accuracy and found.recall > one.recall for found in lower.values()),
        ),
    )  # fmt: skip
