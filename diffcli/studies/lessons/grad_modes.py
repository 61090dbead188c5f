"""eval() and the grad modes: what each changes, what it costs, and what its results may be used for later."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from timeit import timeit
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli._named import NamedTuple
from diffcli.records.blocks import Table, Text
from diffcli.studies.graph.of_tensor import nodes_behind
from diffcli.studies.lessons.engine import code_of, quoted, refusal, refused
from diffcli.studies.lessons.fraud import FRAUDS, HONEST, RECALL, Confusion, Fraud
from diffcli.studies.lessons.modules import MyLinear
from diffcli.studies.lessons.record import AUTOGRAD_NOTES, Check, Erratum, Question, Settings, Told, grid, listed

MODES: dict[str, Callable[[], Any]] = {"default": ad.enable_grad, "no-grad": ad.no_grad, "inference": ad.inference_mode}
ROUNDS, SMALL_ROUNDS = 5, 200
BATCH = 256
SMALL = 4
ONES = 20
MEGA = 1e6
ACCURACY = 0.98
"""What the model in question has, beside `RECALL`."""

THRESHOLDS = (0.1, 0.02)

VARIES = ("median, ms", "small, ms", "peak, MB")
"""The columns of costs that are not the same from run to run."""

SWITCHES = "what each switch changes"
EVAL = "eval()"
"""A switch that is no grad mode."""

TRY = """\
import diffcli.autograd as ad; w = ad.tensor(2.0, requires_grad=True)
y = ad.inference_mode()(lambda: 3 * w)()          # y is made in that mode
print((w + y).grad_fn, (w * y.clone()).grad_fn)   # and w * y?"""


def _net3(dim1: int) -> nn.Sequential:
    """Four layers whose start keeps the size of what goes through, with relu between them."""
    widths = pairwise((dim1, 2 * dim1, 2 * dim1, 2 * dim1, 1))
    layers = [layer for inputs, outputs in widths for layer in (MyLinear(inputs, outputs, inputs**0.5), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def lesson(settings: Settings) -> Told:
    ad.manual_seed(settings.seed)
    dim1 = settings.sized()
    net, x = _net3(dim1), ad.randn(BATCH, dim1)
    costs = _costs(net, x)
    uses = {name: _Use(MODES.get(name, ad.enable_grad), name != EVAL) for name in ("default", EVAL, *[*MODES][1:])}
    yield """Three switches are often confused: eval() of a model, and the modes no_grad() and inference_mode(). This is all that
    each changes. c = 3 w is made under the switch, and used later without it; w requires a gradient:"""
    yield _switches(uses, costs)
    yield f"""eval() changes what some layers compute, and records as before; the two modes change what is recorded, and no layer.
    They save memory. A network {dim1} - {2 * dim1} - {2 * dim1} - {2 * dim1} - 1 on {BATCH} rows, and a small one on one row:"""
    rows = [(name, 1e3 * of.middle, 1e3 * of.small, of.peak / MEGA, of.nodes, of.numbers) for name, of in costs.items()]
    yield grid("a forward pass", ("mode", *VARIES, "nodes", "numbers kept"), rows, VARIES, digits=3)
    yield """The graph keeps what its backward pass reads; without it each result is freed as soon as the next one is there. Time
    is saved only where operations are small: large products take as long in every mode."""
    yield from _later(costs, uses)
    yield from _fraud(settings.seed, quoted(uses["inference"].saved))
    yield Question(
        TRY, "You look at a model after each epoch with its loss on other data. Which of the switches do you need, and why?",
        f"""eval(), so that dropout rests and batch norm uses its averages. And no_grad(), or inference_mode() if no result is
        used in training later: without it this network keeps {costs["default"].numbers:,} numbers for a backward pass that never
        comes.""",
    )  # fmt: skip


class _Cost(NamedTuple):
    middle: float
    small: float
    peak: int
    nodes: int
    numbers: int
    """That the graph keeps, beside the input and the parameters, which are there anyway."""

    result: list[Any]


def _costs(net: nn.Module, x: Any) -> dict[str, _Cost]:
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
        costs[name] = _Cost(large[name], small[name], peak, len(nodes), numbers, z.tolist())
    return costs


def _middles(net: nn.Module, x: Any, rounds: int) -> dict[str, float]:
    """The median of each mode, each in turn, so that what else the machine does falls on all."""
    times: dict[str, list[float]] = {name: [] for name in MODES}
    for _ in range(rounds):
        for name, mode in MODES.items():
            with mode():
                times[name].append(timeit(lambda: net(x), number=1))
    return {name: median(found) for name, found in times.items()}


class _Use:
    """What layers do under a switch; and c, made under it, and what may be done with it in the default mode."""

    def __init__(self, mode: Callable[[], Any], training: bool) -> None:
        drop, norm, x = nn.Dropout(0.5).train(training), nn.BatchNorm1d(1).train(training), ad.ones(ONES, 1)
        with mode():
            self.drops = drop(x).tolist() != x.tolist()
            norm(x)
        self.moves = norm.running_mean.item() != 0
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
            "dropout drops": self.drops, "batch norm uses the batch": self.moves, "c.requires_grad": self.requires_grad,
            "versions of c are counted": self.counts,
        }  # fmt: skip
        later = {"c.backward()": self.back, "w * c": self.saved, "w + c": self.summed, "c.add_(1)": self.in_place}
        return words | {what: "works" if found is None else "error" for what, found in later.items()}


def _switches(uses: dict[str, _Use], costs: dict[str, _Cost]) -> Table:
    found = {name: use.rows() for name, use in uses.items()}
    rows = [(what, *[of[what] for of in found.values()]) for what in found["default"]]
    rows[2:2] = [("operations are recorded", *[costs[name if name in costs else "default"].nodes > 0 for name in found])]
    return grid(SWITCHES, ("", *uses), tuple(rows))


def _later(costs: dict[str, _Cost], uses: dict[str, _Use]) -> Told:
    """What may be done later with a result of each mode."""
    _, _, no_grad, inference = uses.values()
    yield Erratum(
        "requires_grad is always overridden to be False in the two modes.",
        f"only that of what is computed there. Under no_grad w.requires_grad is {no_grad.flag}, and (3 * w).requires_grad is "
        f"{no_grad.requires_grad}.",
    )
    yield Erratum(
        "tensors created in inference mode will not be able to be used in computations to be recorded by autograd.",
        f"only those that would be saved. w + c saves neither, and is recorded. w * c saves both, and is refused "
        f"({code_of(inference.saved)}): use c.clone() there.",
        AUTOGRAD_NOTES,
    )
    nodes, numbers, results = ([getattr(of, name) for of in costs.values()] for name in ("nodes", "numbers", "result"))
    layers = [(use.drops, use.moves) for use in uses.values()]
    counts, later = [use.counts for use in uses.values()], [use.saved is None for use in uses.values()]
    yield Check("only eval() changes the layers", "both", layers == [(True, True), (False, False), *[(True, True)] * 2])
    yield Check("only the default mode records", f"{listed(nodes)} nodes", nodes[0] > 0 and nodes[1:] == [0, 0])
    yield Check("and keeps numbers for backward", listed(numbers), numbers[0] > 0 and numbers[1:] == [0, 0])
    yield refused("no_grad leaves nothing to go back through", no_grad.back, "no-graph")
    yield Check("only inference mode counts no versions", listed(counts), counts == [True, True, True, False])
    yield Check("its results cannot be saved later", listed(later), later == [True, True, True, False])
    yield refused("nor changed in place outside", inference.in_place, "inference-tensor")
    yield refused("nor made to require a gradient", inference.required, "inference-tensor")
    yield Check("but inside it they may be changed", code_of(inference.inside), inference.inside is None)
    yield Check("z is the same in all three, to the last bit", "equal", results[0] == results[1] == results[2])


def _fraud(seed: int, refusal: Text) -> Told:
    """Predictions in each mode, and at some thresholds; they are folded away, behind a refusal."""
    fraud = Fraud(seed)
    threshold = fraud.at_recall(RECALL)
    of_modes = [fraud.chances(mode) for mode in MODES.values()]
    by_mode = {name: fraud.confusion(chances, threshold) for name, chances in zip(MODES, of_modes, strict=True)}
    one, never = by_mode["no-grad"], fraud.confusion(of_modes[1], 2.0)
    lower = {f"from p = {limit:g}": fraud.confusion(of_modes[1], limit) for limit in THRESHOLDS}
    yield [
        refusal,
        f"""No mode changes a prediction. A classifier that has learned to find {FRAUDS} frauds among {FRAUDS + HONEST} payments,
        in each mode:""",
        _confusions("mode", by_mode),
        """Is a model with 98 % accuracy and 12 % recall a good one? Beside it, a model that calls nothing a fraud, and this model
        with lower thresholds:""",
        _confusions("a fraud is called", {"never": never, f"from p = {threshold:.2g}": one} | lower),
        f"""The model that calls nothing a fraud has {never.accuracy:.0%} accuracy, too: with one fraud in
        {(FRAUDS + HONEST) // FRAUDS}, accuracy says little about frauds. Look at recall and precision, and choose the threshold
        by what a missed fraud and a false alarm cost.""",
    ]
    first, *others = [chances.tolist() for chances in of_modes]
    same = others == [first, first] and len(set(by_mode.values())) == 1
    yield Check("so are predictions and confusion matrix", f"of {FRAUDS + HONEST} payments", same)
    asked = f"{one.accuracy:.0%}, {one.recall:.0%}"
    yield Check("the accuracy and recall that were asked about", asked, asked == f"{ACCURACY:.0%}, {RECALL:.0%}")
    accurate = f"{never.accuracy:.0%}"
    yield Check("never calling a fraud is as accurate", accurate, accurate == f"{one.accuracy:.0%}")
    less = all(found.accuracy < never.accuracy and found.recall > one.recall for found in lower.values())
    accuracies = listed((found.accuracy for found in lower.values()), ".1%")
    yield Check("more recall, less accuracy than saying nothing", accuracies, less)


def _confusions(what: str, found: dict[str, Confusion]) -> Table:
    columns = (what, "TP", "FN", "FP", "TN", "accuracy", "precision", "recall")
    return grid("", columns, [(name, *one, one.accuracy, one.precision, one.recall) for name, one in found.items()], digits=3)
