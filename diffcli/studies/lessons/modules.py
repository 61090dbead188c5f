"""Modules: a tree of parts, which finds what it is to learn by the names it was given; and what it does not find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffcli.autograd as ad
from diffcli import nn
from diffcli._named import NamedTuple
from diffcli.nn import functional as F
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis
from diffcli.studies.lessons.record import Check, Erratum, Lesson, Parts, Settings, curves, grid, listing

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


def lesson(settings: Settings) -> Lesson:
    ad.manual_seed(settings.seed)
    net, net2 = nn.Sequential(MyLinear(4, 3), nn.ReLU(), MyLinear(3, 1)), Net2()
    tree = _tree({"net": net, "net2": net2})
    kept = _Kept()
    runs = {"list": _train(False, settings.seed), "nn.ModuleList": _train(True, settings.seed)}
    shared = _Shared()
    starts = [_Start(width) for width in WIDTHS]
    losses = {name: list(enumerate(run.losses))[::8] for name, run in runs.items()}
    parts: Parts = (
        [
            listing(CLASSES),
            "print(net2) shows the tree, and methods go through it:",
            listing(str(net2)),
            grid("", ("call", "yields"), [(call, ", ".join(parts)) for call, parts in tree.items()]),
            _slip(tree),
        ],
        """A module has parameters, other modules, and a forward. What is assigned to an attribute is found again by its name,
        if it is of the right kind; t is a tensor:""",
        kept.grid(),
        """A tensor is not learned, even one that requires a gradient: it may be a state. Nor is a Python list of layers, and
        there is no error. A network with its hidden layer in a list, and in an nn.ModuleList:""",
        curves("the hidden layer in", Axis("step"), Axis("loss", ends=(0.0, 0.6)), losses, rows=6),
        """parameters() does not yield the weights in the list: they have a gradient, but no step moves them, and state_dict()
        does not save them.""",
        _squeeze(net, net2),
        [
            _two_runs(net2),
            "One module at two places, Sequential(a, ReLU(), a), is one module:",
            shared.grid(),
            """state_dict has both names, so that it can be loaded into a network of two layers. It is no copy: its tensors
            share the memory of the parameters, and a later step changes them. Use clone() for what you mean to keep.""",
            "How weights are drawn matters, too. On inputs of size 1, weights by randn, and by nn.Linear:",
            grid(
                "", ("inputs n", "output by randn", "by nn.Linear", "1/sqrt(n)", "largest |w|"),
                [(of.width, of.by_randn, of.by_linear, of.bound, of.largest) for of in starts], digits=3,
            ),
            """A sum of n products grows as sqrt(n), layer by layer. nn.Linear draws between -1/sqrt(n) and 1/sqrt(n): Kaiming's
            sqrt(3/n) with the gain sqrt(2/(1 + 5)). With it the output keeps its size, whatever n is.""",
        ],
    )
    checks = (
        Check("a tree is found by its names", "net2", tree["net2.named_modules()"] == ["''", "'layer0'", "'layer1'"]),
        *_checks(kept, runs, shared, starts, net2),
    )
    layers = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    return Lesson(
        parts, checks, TRY,
        "How many numbers does Sequential(Linear(2, 8), Tanh(), Linear(8, 1)) learn?",
        f"""{sum(one.numel() for one in layers.parameters())}: {", ".join(f"{one.numel()} in {name}" for name, one in
        layers.named_parameters())}.""",
    )


CALLS = ("children", "modules", "named_children", "named_modules")


def _tree(nets: dict[str, nn.Module]) -> dict[str, list[str]]:
    """What iterating over parts yields, by the call: names where there are names, and else the kinds."""
    yielded = {f"{name}.{call}()": list(getattr(net, call)()) for name, net in nets.items() for call in CALLS}
    named = lambda part: repr(part[0]) if isinstance(part, tuple) else type(part).__name__
    return {call: list(map(named, parts)) for call, parts in yielded.items()}


def _slip(tree: dict[str, list[str]]) -> Erratum:
    wrong, right = (", ".join(tree[f"{name}.named_modules()"]) for name in ("net2", "net"))
    return Erratum(
        f"net.named_modules() yields {wrong}.",
        f"net is the Sequential and yields {right}; what is printed is net2.named_modules().",
    )


def _squeeze(net: nn.Module, other: nn.Module) -> Erratum:
    """What a result is printed with."""
    names = [str(of(ad.randn(4)).grad_fn.name) for of in (net, other)]
    return Erratum(
        "net of two MyLinear prints grad_fn=<AddBackward0>, and net2 of the same layers prints <SqueezeBackward4>.",
        f"both end with a product and have no bias to add, so they print the same: {' and '.join(names)} here, "
        "<SqueezeBackward4> in PyTorch. <AddBackward0> is what adding a bias would print.",
    )


def _two_runs(net: nn.Module) -> Erratum:
    named, plain = [one for _, one in net.named_parameters()], list(net.parameters())
    same = sum(a is b for a, b in zip(named, plain, strict=True))
    return Erratum(
        "m.named_parameters() has a weight that begins with 0.6101, m.parameters() one that begins with -0.6607.",
        f"both yield the same objects, here {same} of {len(plain)}. The two printouts are of two runs.",
    )


class _Kept:
    """Things that are assigned to an attribute, and where each is found again."""

    def __init__(self) -> None:
        kinds: dict[str, Callable[[], Any]] = {
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
        self.found: dict[str, tuple[int, int, str]] = {}
        for kind, make in kinds.items():
            module = nn.Module()
            thing = make()
            if thing is None:
                module.register_buffer("x", ad.zeros(2))
            else:
                module.x = thing
            state = list(module.state_dict())
            self.found[kind] = (len(list(module.parameters())), len(list(module.modules())) - 1, ", ".join(state) or "-")

    def grid(self) -> Table:
        rows = tuple((kind, *found) for kind, found in self.found.items())
        return grid("", ("self.x is", "parameters()", "modules within", "state_dict()"), rows)


class _Listed(nn.Module):
    """A network whose hidden layer is in a list, which is registered or not."""

    def __init__(self, registered: bool) -> None:
        super().__init__()
        hidden = [nn.Linear(1, HIDDEN)]
        self.hidden = nn.ModuleList(hidden) if registered else hidden
        self.last = nn.Linear(HIDDEN, 1)

    def forward(self, x: Any) -> Any:
        return self.last(ad.tanh(self.hidden[0](x)))


class _Run(NamedTuple):
    losses: list[float]
    """Before each step, and at last."""
    moved: float
    """How far the weights of the hidden layer are from their start."""
    gradient: float
    """The size of the gradient that they have in the end."""


def _train(registered: bool, seed: int) -> _Run:
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
    moved = ad.norm(weight.detach() - begin).item()
    return _Run(losses, moved, ad.norm(weight.grad).item())


class _Shared:
    """A layer that is used twice."""

    def __init__(self) -> None:
        layer = nn.Linear(4, 4)
        self.net = nn.Sequential(layer, nn.ReLU(), layer)
        self.found = {
            "named_modules()": [name for name, _ in self.net.named_modules()],
            "named_modules(remove_duplicate=False)": [name for name, _ in self.net.named_modules(remove_duplicate=False)],
            "named_parameters()": [name for name, _ in self.net.named_parameters()],
            "state_dict()": list(self.net.state_dict()),
        }

    def grid(self) -> Table:
        rows = tuple((call, ", ".join(name or "''" for name in names)) for call, names in self.found.items())
        return grid("", ("call", "names"), rows)


class _Start:
    """The start of a layer of so many inputs: by randn, and that of `nn.Linear`."""

    def __init__(self, width: int) -> None:
        outputs = max(WIDTHS)
        self.width, self.bound = width, width**-0.5
        self.kaiming = (2 / (1 + 5)) ** 0.5 * (3 / width) ** 0.5
        layer, x = nn.Linear(width, outputs), ad.randn(64, width)
        self.largest = layer.weight.detach().abs().max().item()
        with ad.no_grad():
            self.by_randn = MyLinear(width, outputs)(x).std().item()
            self.by_linear = layer(x).std().item()


UNLEARNED = ["t", "t, requires_grad=True", "t by register_buffer", "[nn.Linear(2, 1)]", "[nn.Parameter(t)]"]


def _checks(kept: _Kept, runs: dict[str, _Run], shared: _Shared, starts: list[_Start], net: nn.Module) -> tuple[Check, ...]:
    lost = [kind for kind, (parameters, _, _) in kept.found.items() if not parameters]
    listed, registered = runs.values()
    own, state = (shared.found[call] for call in ("named_parameters()", "state_dict()"))
    with ad.no_grad():
        flag = nn.Parameter(ad.zeros(2)).requires_grad
    saved = net.state_dict()["layer0.weight"]
    before = saved.tolist()
    net.layer0.weight.detach().add_(1)
    within = all(start.largest <= start.bound and abs(start.kaiming / start.bound - 1) < 1e-12 for start in starts)
    sizes = [start.by_linear for start in starts]
    return (
        Check("tensors, buffers and lists are not learned", f"{len(lost)} of {len(kept.found)} kinds", lost == UNLEARNED),
        Check("a list's weights have a gradient, and stay", f"moved by {listed.moved:g}", listed.moved == 0 != listed.gradient),
        Check(
            "in a ModuleList they move, and the loss is less", f"{registered.losses[-1]:.2g} < {listed.losses[-1]:.2g}",
            registered.moved > 0 and registered.losses[-1] < listed.losses[-1] < listed.losses[0],
        ),
        Check("a shared module has one set of parameters", f"{len(own)}, and {len(state)} names", 2 * len(own) == len(state)),
        Check("nn.Linear starts within Kaiming's bound", "1/sqrt(n)", within),
        Check("its output keeps its size", f"{min(sizes):.2f} to {max(sizes):.2f}", max(sizes) < 1.5 * min(sizes)),
        Check("a Parameter made under no_grad requires a gradient", "yes" if flag else "no", flag),
        Check("state_dict() is no copy: a step shows in it", "changed", saved.tolist() != before),
    )  # fmt: skip
