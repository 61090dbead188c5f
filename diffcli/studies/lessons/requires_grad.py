"""Which gradients are computed: a small network with the weights that slides print, whole and with layers frozen."""

from __future__ import annotations

from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli.records.blocks import Table
from diffcli.records.figures import Drawing
from diffcli.records.graph import Graph
from diffcli.studies.graph.of_tensor import graph_of_tensor, nodes_behind
from diffcli.studies.lessons.engine import quoted, refusal, refused
from diffcli.studies.lessons.record import AUTOGRAD_NOTES, Check, Erratum, Question, Settings, Told, grid, listed, listing

FIRST: dict[str, Any] = {
    "x": (0.9785, 0.4565, -0.4396, -0.1090),
    "w0": ((-0.4769, -0.9407, 1.1517), (-0.4809, 1.2256, 0.9053), (1.5409, -1.2598, -3.7088), (-1.0534, -0.5934, 0.0647)),
    "w1": ((1.7888,), (0.1920,), (-1.8594,)),
}
FROZEN: dict[str, Any] = {
    "x": (-0.3019, 0.3072, -0.9097, -2.0537),
    "w0": ((-1.9223, -0.5765, -0.3053), (1.1695, -0.1050, 1.2679), (1.0916, 0.5429, -0.6907), (-1.3432, 0.0669, 1.4241)),
    "w1": ((0.5816,), (0.5796,), (2.0542,)),
}
"""Numbers of a network that slides print: four inputs, three hidden units, one output."""

NETWORK = """\
z = (x @ w0).relu() @ w1
z.backward()"""

TRY = """\
from diffcli.autograd import tensor; w = tensor(2.0)
x = tensor(3.0, requires_grad=True)
(w * x).backward()
print(x.grad, w.grad, (w + 1).grad_fn)"""


def lesson(settings: Settings) -> Told:
    first, thawed = _Net(FIRST), _Net(FROZEN)
    yield """requires_grad says whether you want the gradient by a tensor: True for parameters, and False for data unless you set
    it. An operation is recorded if one of its operands requires a gradient. A network of two layers, its first one with 4 inputs
    and 3 units:"""
    yield listing(NETWORK)
    yield [
        Erratum(
            "dw2, above the gradient of layer0.",
            "layer0 holds w0, and there is no w2. The 4 x 3 numbers are dz/dw0 = x times "
            f"({listed(first.hidden, '.4g')}), the adjoints of the three units: column 1 is 0 since relu has cut unit 1 off.",
        ),
    ]
    cases = [_Net(FROZEN, wanted) for wanted in ("x w0 w1", "x w0", "w0", "w1", "")]
    yield from _freezing(cases[1], thawed)
    yield _savings(cases)
    yield """Freezing the last layer saves least: the adjoint still passes through it. Freezing the first layer, where x is data,
    cuts the graph short. With nothing that requires a gradient there is no graph, and backward() is refused."""
    yield [quoted(cases[-1].refused)]
    yield refused("with all three frozen, backward() is refused", cases[-1].refused, "no-graph")
    module = nn.Linear(1, 1)
    right = hasattr(module, "requires_grad_") and not hasattr(module, "requires_grad")
    yield Check("requires_grad_() is a module's, requires_grad() is not", "as said", right)
    yield Question(
        TRY, "You freeze w0 instead of w1, and x is data. Which nodes are recorded, and what do they keep?",
        f"""Only the last product, of the hidden values and w1: {len(cases[3].nodes)} node, which keeps the {cases[3].kept} hidden
        values for dw1. The first product and relu have no operand that requires a gradient.""",
    )  # fmt: skip


def _freezing(frozen: _Net, thawed: _Net) -> Told:
    same = _same(frozen, thawed)
    yield "With w1 frozen, by layer1.requires_grad_(False), the graph has no edge to it:"
    yield Drawing("", frozen.graph)
    yield f"""dw1 is None, which is not 0: an optimizer with momentum or weight decay still moves a weight whose gradient is 0,
    and leaves one alone whose gradient is None. dx and dw0 are {"not " * (not same)}what they are without freezing."""
    after = ", ".join(str(node and node.name) for node, _ in frozen.nodes[-1].next_functions)
    yield Erratum(
        "computations that use frozen parameters as inputs would not be recorded in the forward pass.",
        f"the last product uses one, and is recorded, as its other operand requires a gradient: z.grad_fn is {frozen.root}, and "
        f"its next_functions lead to ({after}).",
    )
    yield Erratum(
        "requires_grad can be set for a whole module with module.requires_grad().",
        "a module has requires_grad_() only, with the underscore of a change in place.",
        AUTOGRAD_NOTES,
    )
    yield Check("freezing w1 gives dw1 None", str(frozen.grads["w1"]), frozen.grads["w1"] is None)
    yield Check("and leaves dw0 and dx as they are", f"z = {frozen.z:.4f}", same)
    yield Check("z = h @ w1 is recorded, though w1 is frozen", str(frozen.root), frozen.root == "MatmulBackward")


class _Net:
    """The network on numbers of a run, with some of x, w0, w1 requiring a gradient, after its backward pass."""

    def __init__(self, run: dict[str, Any], wanted: str = "x w0 w1") -> None:
        self.wanted = wanted.split()
        self.tensors = {name: ad.tensor(value, requires_grad=name in self.wanted) for name, value in run.items()}
        for name, one in self.tensors.items():
            one.name = name
        x, w0, w1 = self.tensors.values()
        inner = x @ w0
        z = inner.relu() @ w1
        self.root = z.grad_fn.name if z.grad_fn is not None else None
        self.graph = graph_of_tensor(z) if self.wanted else Graph((), (), ())
        _, self.nodes = nodes_behind(z.grad_fn)
        saved = {id(one): one.numel() for node in self.nodes for one in node.saved.values()}
        self.kept = sum(saved.values())
        if inner.requires_grad:
            inner.retain_grad()
        self.refused = refusal(z.backward)
        self.z = z.item()
        self.grads: dict[str, Any] = {name: one.grad for name, one in self.tensors.items()}
        self.hidden: list[float] = inner.grad.tolist() if inner.requires_grad else []


def _same(net: _Net, other: _Net) -> bool:
    return all(net.grads[name].tolist() == other.grads[name].tolist() for name in ("x", "w0"))


def _savings(cases: list[_Net]) -> Table:
    rows = []
    for net in cases:
        shapes = [" x ".join(map(str, of.shape)) if of is not None else "None" for of in net.grads.values()]
        rows.append((", ".join(net.wanted) or "nothing", len(net.nodes), net.kept, *shapes))
    return grid("", ("requires a gradient", "nodes", "numbers kept", "dx", "dw0", "dw1"), tuple(rows))
