"""Modules: a tree of parts, which finds what it is to learn by the names it was given; and what it does not find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli.nn import functional as F
from diffcli.records.figures import Axis
from diffcli.studies.lessons.record import Check, Erratum, Question, Settings, Told, curves, grid, listing

STEPS, RATE, HIDDEN, ROWS = 400, 0.1, 16, 64
WIDTHS = (4, 64, 1024)

CLASSES = """\
class MyLinear(nn.Module):                  class Net2(nn.Module):
    def __init__(self, inputs, outputs):        def __init__(self):
        super().__init__()                          super().__init__()
        self.weight = nn.Parameter(                 self.layer0 = MyLinear(4, 3)
            ad.randn(inputs, outputs))              self.layer1 = MyLinear(3, 1)
    def forward(self, x):                       def forward(self, x):
        return x @ self.weight                      x = F.relu(self.layer0(x))
                                                    return self.layer1(x)
net = nn.Sequential(MyLinear(4, 3), nn.ReLU(), MyLinear(3, 1)); net2 = Net2()"""

TRY = """\
from diffcli import nn; net = nn.Sequential(nn.Linear(2, 8), nn.Tanh())
for name, p in net.named_parameters(): print(name, p.shape)"""


class MyLinear(nn.Module):
    """A layer without a bias."""

    def __init__(self, in_features: int, out_features: int, divisor: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(ad.randn(in_features, out_features) / divisor)

    def forward(self, x: Any) -> Any:
        return ad.matmul(x, self.weight)


class Net2(nn.Module):
    """Two such layers, with relu between them."""

    def __init__(self) -> None:
        super().__init__()
        self.layer0 = MyLinear(4, 3)
        self.layer1 = MyLinear(3, 1)

    def forward(self, x: Any) -> Any:
        return self.layer1(F.relu(self.layer0(x)))


def lesson(settings: Settings) -> Told:
    ad.manual_seed(settings.seed)
    net, net2 = nn.Sequential(MyLinear(4, 3), nn.ReLU(), MyLinear(3, 1)), Net2()
    yield from _found(net, net2)
    yield from _kept()
    yield from _listed(settings.seed)
    yield from _printed(net, net2)
    yield from _shared()
    yield from _started()
    yield from _states(net2)
    layers = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    yield Question(
        TRY, "How many numbers does Sequential(Linear(2, 8), Tanh(), Linear(8, 1)) learn?",
        f"""{sum(one.numel() for one in layers.parameters())}:
        {", ".join(f"{one.numel()} in {name}" for name, one in layers.named_parameters())}.""",
    )  # fmt: skip


def _found(net: nn.Module, net2: nn.Module) -> Told:
    tree = _tree({"net": net, "net2": net2})
    wrong, right = (", ".join(tree[f"{name}.named_modules()"]) for name in ("net2", "net"))
    yield [
        listing(CLASSES),
        "print(net2) shows the tree, and methods go through it:",
        listing(str(net2)),
        grid("", ("call", "yields"), [(call, ", ".join(parts)) for call, parts in tree.items()]),
        Erratum(
            f"net.named_modules() yields {wrong}.",
            f"net is the Sequential and yields {right}; what is printed is net2.named_modules().",
        ),
    ]
    yield Check("a tree is found by its names", "net2", tree["net2.named_modules()"] == ["''", "'layer0'", "'layer1'"])


CALLS = ("children", "modules", "named_children", "named_modules")


def _tree(nets: dict[str, nn.Module]) -> dict[str, list[str]]:
    """What iterating over parts yields, by the call: names where there are names, and else the kinds."""
    yielded = {f"{name}.{call}()": list(getattr(net, call)()) for name, net in nets.items() for call in CALLS}
    named = lambda part: repr(part[0]) if isinstance(part, tuple) else type(part).__name__
    return {call: list(map(named, parts)) for call, parts in yielded.items()}


KINDS: dict[str, Callable[[], Any]] = {
    "nn.Parameter(t)": lambda: nn.Parameter(ad.zeros(2)),
    "t": lambda: ad.zeros(2),
    "t, requires_grad=True": lambda: ad.zeros(2).requires_grad_(),
    "t by register_buffer": lambda: None,
    "nn.Linear(2, 1)": lambda: nn.Linear(2, 1),
    "[nn.Linear(2, 1)]": lambda: [nn.Linear(2, 1)],
    "nn.ModuleList, of one": lambda: nn.ModuleList([nn.Linear(2, 1)]),
    "nn.ModuleDict, of one": lambda: nn.ModuleDict({"a": nn.Linear(2, 1)}),
    "[nn.Parameter(t)]": lambda: [nn.Parameter(ad.zeros(2))],
    "nn.ParameterList, of one": lambda: nn.ParameterList([ad.zeros(2)]),
}
"""What can be assigned to an attribute; None stands for what is registered."""

UNLEARNED = ["t", "t, requires_grad=True", "t by register_buffer", "[nn.Linear(2, 1)]", "[nn.Parameter(t)]"]


def _kept() -> Told:
    """Things that are assigned to an attribute, and where each is found again."""
    rows = []
    for kind, make in KINDS.items():
        module = nn.Module()
        thing = make()
        if thing is None:
            module.register_buffer("x", ad.zeros(2))
        else:
            module.x = thing
        state = ", ".join(module.state_dict()) or "-"
        rows.append((kind, len(list(module.parameters())), len(list(module.modules())) - 1, state))
    yield """A module has parameters, other modules, and a forward. What is assigned to an attribute is found again by its name,
    if it is of the right kind; t is a tensor:"""
    yield grid("", ("self.x is", "parameters()", "modules within", "state_dict()"), rows)
    lost = [kind for kind, parameters, *_ in rows if not parameters]
    yield Check("tensors, buffers and lists are not learned", f"{len(lost)} of {len(KINDS)} kinds", lost == UNLEARNED)


class _Listed(nn.Module):
    """A network whose hidden layer is in a list, which is registered or not."""

    def __init__(self, registered: bool) -> None:
        super().__init__()
        hidden = [nn.Linear(1, HIDDEN)]
        self.hidden = nn.ModuleList(hidden) if registered else hidden
        self.last = nn.Linear(HIDDEN, 1)

    def forward(self, x: Any) -> Any:
        return self.last(ad.tanh(self.hidden[0](x)))


def _listed(seed: int) -> Told:
    (losses, moved, gradient), (registered, moves, _) = (_train(kind, seed) for kind in (False, True))
    yield """A tensor is not learned, even one that requires a gradient: it may be a state. Nor is a Python list of layers, and
    there is no error. A network with its hidden layer in a list, and in an nn.ModuleList:"""
    paths = {"list": list(enumerate(losses))[::8], "nn.ModuleList": list(enumerate(registered))[::8]}
    yield curves("the hidden layer in", Axis("step"), Axis("loss", ends=(0.0, 0.6)), paths, rows=6)
    yield """parameters() does not yield the weights in the list: they have a gradient, but no step moves them, and state_dict()
    does not save them."""
    yield Check("a list's weights have a gradient, and stay", f"moved by {moved:g}", moved == 0 != gradient)
    less = moves > 0 and registered[-1] < losses[-1] < losses[0]
    yield Check("in a ModuleList they move, and the loss is less", f"{registered[-1]:.2g} < {losses[-1]:.2g}", less)


def _train(registered: bool, seed: int) -> tuple[list[float], float, float]:
    """The losses before each step, and at last; how far the weights of the hidden layer have moved; and the size of the
    gradient that they have in the end."""
    ad.manual_seed(seed)
    net = _Listed(registered)
    x = ad.linspace(-3.0, 3.0, ROWS).unsqueeze(1)
    target = ad.sin(2 * x)
    weight = net.hidden[0].weight
    begin = weight.detach().clone()
    optimizer, losses = nn.optim.SGD(net.parameters(), lr=RATE), []
    for _ in range(STEPS + 1):
        optimizer.zero_grad()
        loss = ((net(x) - target) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses, ad.norm(weight.detach() - begin).item(), ad.norm(weight.grad).item()


def _printed(net: nn.Module, other: nn.Module) -> Told:
    """What a result is printed with, and what is folded away behind that."""
    names = [str(of(ad.zeros(4)).grad_fn.name) for of in (net, other)]
    yield Erratum(
        "net of two MyLinear prints grad_fn=<AddBackward0>, and net2 of the same layers prints <SqueezeBackward4>.",
        f"both end with a product and have no bias to add, so they print the same: {' and '.join(names)} here, "
        "<SqueezeBackward4> in PyTorch. <AddBackward0> is what adding a bias would print.",
    )
    named, plain = [one for _, one in other.named_parameters()], list(other.parameters())
    same = sum(a is b for a, b in zip(named, plain, strict=True))
    yield [
        Erratum(
            "m.named_parameters() has a weight that begins with 0.6101, m.parameters() one that begins with -0.6607.",
            f"both yield the same objects, here {same} of {len(plain)}. The two printouts are of two runs.",
        ),
    ]


def _shared() -> Told:
    """A layer that is used twice."""
    layer = nn.Linear(4, 4)
    net = nn.Sequential(layer, nn.ReLU(), layer)
    found: dict[str, list[str]] = {
        "named_modules()": [name for name, _ in net.named_modules()],
        "named_modules(remove_duplicate=False)": [name for name, _ in net.named_modules(remove_duplicate=False)],
        "named_parameters()": [name for name, _ in net.named_parameters()],
        "state_dict()": list(net.state_dict()),
    }
    rows = [(call, ", ".join(name or "''" for name in names)) for call, names in found.items()]
    yield [
        "One module at two places, Sequential(a, ReLU(), a), is one module:",
        grid("", ("call", "names"), rows),
        """state_dict has both names, so that it can be loaded into a network of two layers. It is no copy: its tensors share the
        memory of the parameters, and a later step changes them. Use clone() for what you mean to keep.""",
    ]
    own, state = len(found["named_parameters()"]), len(found["state_dict()"])
    yield Check("a shared module has one set of parameters", f"{own}, and {state} names", 2 * own == state)


def _started() -> Told:
    """How layers of so many inputs begin: by randn, and by `nn.Linear`."""
    rows: list[tuple[Any, ...]] = []
    for width in WIDTHS:
        layer, x = nn.Linear(width, max(WIDTHS)), ad.randn(64, width)
        with ad.no_grad():
            sizes = [of(x).std().item() for of in (MyLinear(width, max(WIDTHS)), layer)]
        rows.append((width, *sizes, width**-0.5, layer.weight.detach().abs().max().item()))
    yield [
        "How weights are drawn matters, too. On inputs of size 1, weights by randn, and by nn.Linear:",
        grid("", ("inputs n", "output by randn", "by nn.Linear", "1/sqrt(n)", "largest |w|"), rows, digits=3),
        """A sum of n products grows as sqrt(n), layer by layer. nn.Linear draws between -1/sqrt(n) and 1/sqrt(n): Kaiming's
        sqrt(3/n) with the gain sqrt(2/(1 + 5)). With it the output keeps its size, whatever n is.""",
    ]
    kaiming = [(2 / (1 + 5)) ** 0.5 * (3 / width) ** 0.5 for width in WIDTHS]
    within = [largest <= bound and abs(own / bound - 1) < 1e-12 for (*_, bound, largest), own in zip(rows, kaiming, strict=True)]
    kept = [row[2] for row in rows]
    yield Check("nn.Linear starts within Kaiming's bound", "1/sqrt(n)", all(within))
    yield Check("its output keeps its size", f"{min(kept):.2f} to {max(kept):.2f}", max(kept) < 1.5 * min(kept))


def _states(net: nn.Module) -> Told:
    with ad.no_grad():
        flag = nn.Parameter(ad.zeros(2)).requires_grad
    yield Check("a Parameter made under no_grad requires a gradient", "yes" if flag else "no", flag)
    saved = net.state_dict()["layer0.weight"]
    before = saved.tolist()
    net.layer0.weight.detach().add_(1)
    yield Check("state_dict() is no copy: a step shows in it", "changed", saved.tolist() != before)
