"""Modules and parameters: freezing, updating, and the slides' net of four layers in three modes."""

from __future__ import annotations

from semantics.record import attempt, facts, outcome, script


def net3(t, sizes):
    class MyLinear(t.nn.Module):
        def __init__(self, rows, columns, shift):
            super().__init__()
            start = (t.arange(float(rows * columns)) * 0.37 + shift).sin().reshape(rows, columns)
            self.weight = t.nn.Parameter(start)

        def forward(self, input):
            return t.matmul(input, self.weight)

    class Net3(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer0 = MyLinear(sizes[0], sizes[1], 0.0)
            self.layer1 = MyLinear(sizes[1], sizes[2], 1.0)
            self.layer2 = MyLinear(sizes[2], sizes[3], 2.0)
            self.layer3 = MyLinear(sizes[3], 1, 3.0)

        def forward(self, x):
            x = t.relu(self.layer0(x))
            x = t.relu(self.layer1(x))
            x = t.relu(self.layer2(x))
            return self.layer3(x)

    return Net3()


@script("the slides' net of four layers: the same numbers in three modes, a graph in one")
def four_layers(t):
    net, x = net3(t, [3, 4, 4, 4]), (t.arange(6.0) * 0.5).cos().reshape(2, 3)
    default = net(x)
    with t.no_grad():
        without = net(x)
    with t.inference_mode():
        inference = net(x)
    default.sum().backward()
    record = {
        name: {**facts(made), "value": made.detach(), "inference": made.is_inference()}
        for name, made in {"default": default, "no-grad": without, "inference": inference}.items()
    }
    return {**record, "gradients": {name: one.grad for name, one in net.named_parameters()}}


@script("a layer is frozen: its gradient stays None, those before it still get theirs")
def frozen_layer(t):
    net, x = net3(t, [3, 4, 4, 4]), (t.arange(6.0) * 0.5).cos().reshape(2, 3).requires_grad_()
    net.layer3.requires_grad_(False)
    net.layer1.weight.requires_grad_(False)
    net(x).sum().backward()
    return {
        **{name: one.grad for name, one in net.named_parameters()},
        "x": x.grad,
        "flags": [one.requires_grad for one in net.parameters()],
    }


@script("a parameter requires a gradient, is a leaf, and is found; a tensor as attribute is not")
def parameters(t):
    class Holder(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = t.nn.Parameter(t.ones(2))
            self.plain = t.ones(2)
            self.fixed = t.nn.Parameter(t.ones(1), requires_grad=False)

    holder = Holder()
    with t.no_grad():
        under = t.nn.Parameter(t.ones(1))
    return {
        "names": [name for name, _ in holder.named_parameters()],
        "weight": facts(holder.weight),
        "fixed": facts(holder.fixed),
        "under no_grad": facts(under),
        "of a result": facts(t.nn.Parameter(holder.weight * 2.0)),
        "not a parameter": outcome(setattr, holder, "weight", t.ones(2)),
        "removed": attempt(lambda: setattr(holder, "fixed", None)),
    }


@script("training by hand: gradients cleared, backward, an update under no_grad")
def trained_by_hand(t):
    net, x = net3(t, [3, 4, 4, 4]), (t.arange(12.0) * 0.5).cos().reshape(4, 3)
    target, losses = x.sum(1, keepdim=True), []
    for _ in range(4):
        loss = ((net(x) - target) ** 2).mean()
        net.zero_grad()
        loss.backward()
        with t.no_grad():
            for one in net.parameters():
                one -= 0.01 * one.grad
        losses.append(loss.item())
    return {
        "losses": losses,
        "versions": [one._version for one in net.parameters()],
        "leaves": [one.is_leaf for one in net.parameters()],
    }


@script("eval() leaves the grad mode alone: results are recorded as before")
def eval_is_no_grad_mode(t):
    net, x = net3(t, [3, 4, 4, 4]), t.ones(1, 3)
    flags = [net.training]
    net.eval()
    y = net(x)
    flags.append(net.training)
    return {"flags": flags, "y": facts(y), "mode": t.is_grad_enabled(), "children": [child.training for child in net.children()]}


@script("running averages move in training, if they are tracked")
def running_averages(t):
    x, record = t.tensor([[1.0, 2.0], [3.0, 5.0]]), {}
    for name, settings in {"tracked": {}, "not": {"track_running_stats": False}, "plain": {"momentum": None}, "still": {"momentum": 0.0}}.items():
        norm = t.nn.BatchNorm1d(2, **settings).to(t.float64)
        trained = [norm(x).detach(), norm(2.0 * x).detach()]
        held = {key: value.double() for key, value in norm.state_dict().items()}
        record[name] = {"trained": trained, "held": held, "evaluated": norm.eval()(x).detach()}
    norm.train().track_running_stats = False
    norm(3.0 * x)
    return {**record, "turned off": norm.running_mean}
