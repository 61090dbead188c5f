"""How long a graph lives, hooks on it, and derivatives of derivatives."""

from __future__ import annotations

from semantics.record import attempt, each, node_name, outcome, script

ONCE = {
    "x+c": lambda t, x, c: x + c, "x-c": lambda t, x, c: c - x, "-x": lambda t, x, c: -x, "x*2": lambda t, x, c: x * 2.0, "x*c": lambda t, x, c: x * c, "x*x": lambda t, x, c: x * x, "x/2": lambda t, x, c: x / 2.0, "2/x": lambda t, x, c: 2.0 / x, "x**2": lambda t, x, c: x**2, "exp": lambda t, x, c: x.exp(), "log": lambda t, x, c: x.log(), "sin": lambda t, x, c: x.sin(), "tanh": lambda t, x, c: x.tanh(), "sigmoid": lambda t, x, c: x.sigmoid(), "relu": lambda t, x, c: t.relu(x), "abs": lambda t, x, c: abs(x), "sqrt": lambda t, x, c: x.sqrt(), "floor": lambda t, x, c: t.floor(x),
    "sum": lambda t, x, c: x.sum(), "mean": lambda t, x, c: x.mean(dim=0), "prod": lambda t, x, c: x.prod(), "max": lambda t, x, c: x.max(), "logsumexp": lambda t, x, c: t.logsumexp(x, 0), "softmax": lambda t, x, c: t.softmax(x, 1), "cumsum": lambda t, x, c: x.cumsum(0), "norm": lambda t, x, c: x.norm(),
    "x@c": lambda t, x, c: x @ c, "reshape": lambda t, x, c: x.reshape(-1), "T": lambda t, x, c: x.T, "clone": lambda t, x, c: x.clone(), "x[0]": lambda t, x, c: x[0], "x[[0]]": lambda t, x, c: x[[0, 0]], "x[mask]": lambda t, x, c: x[x > 1.5], "cat": lambda t, x, c: t.cat([x, c]), "stack": lambda t, x, c: t.stack([x, c]), "expand": lambda t, x, c: x.unsqueeze(0).expand(3, 2, 2), "where": lambda t, x, c: t.where(c > 2.0, x, c), "maximum": lambda t, x, c: t.maximum(x, c), "clamp": lambda t, x, c: x.clamp(0.5, 2.5), "to": lambda t, x, c: x.to(t.float32),
}  # fmt: skip


@script("a second backward fails where something had been saved, and not where nothing had")
def second_time(t):

    def of(way):
        x, c = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), t.tensor([[4.0, 3.0], [2.0, 1.0]])
        y = way(t, x + 0.0, c)
        gradient = t.ones_like(y)
        y.backward(gradient)
        return outcome(y.backward, gradient)

    return each(ONCE, of)


@script("retain_graph keeps what was saved, until a pass without it")
def retain_graph(t):
    x = t.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    return {"three times": x.grad, "and again": outcome(y.backward), "then": x.grad}


@script("a part that two results share is freed by the backward of one")
def shared_part_freed(t):
    x = t.tensor(3.0, requires_grad=True)
    shared = x * x
    one, other = shared + 1.0, shared * 2.0
    one.backward()
    return {"other": outcome(other.backward), "x.grad": x.grad}


@script("a sum of both results, or retain_graph, goes through a shared part as often as is needed")
def shared_part_kept(t):
    x, w = t.tensor(3.0, requires_grad=True), t.tensor(3.0, requires_grad=True)
    shared = x * x
    (shared + 1.0 + shared * 2.0).backward()
    shared = w * w
    (shared + 1.0).backward(retain_graph=True)
    (shared * 2.0).backward()
    return {"x": x.grad, "w": w.grad}


@script("a graph that was freed says so for its other operands as well")
def freed_for_grad(t):
    x, w = t.tensor(3.0, requires_grad=True), t.tensor(2.0, requires_grad=True)
    y = x * w
    (first,) = t.grad(y, x)
    return {"first": first, "by the other": outcome(t.grad, y, w), "by backward": outcome(y.backward)}


@script("what a node saved is the operand itself, until it is released")
def saved_tensors(t):
    x = t.tensor(3.0, requires_grad=True)
    y = x**2

    def saved():
        return y.grad_fn.saved["a"] if hasattr(y.grad_fn, "saved") else y.grad_fn._saved_self

    record = {"value": saved().detach(), "equal": bool(saved() == x)}
    y.backward()
    return {**record, "after": attempt(saved)}


# -- hooks -----------------------------------------------------------------------------------------------------------------


@script("hooks are called in the order they came, each with what the last one returned")
def hooks_in_order(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.register_hook(lambda g: g * 10.0)
    y.register_hook(lambda g: g + 1.0)
    y.register_hook(lambda g: seen.append(g.item()))
    (y * y).backward()
    return {"seen": seen, "x.grad": x.grad}


@script("a hook on a leaf sees the gradient of this pass alone, and replaces it")
def hook_on_a_leaf(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    seen = []
    handle = x.register_hook(lambda g: (seen.append(g.tolist()), g * 2.0)[1])
    (x * x + x).sum().backward()
    (x * 3.0).sum().backward()
    handle.remove()
    (x * 100.0).sum().backward()
    return {"seen": seen, "grad": x.grad}


@script("a hook on a result sees the sum over all of its uses, once")
def hook_on_a_result(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 5.0 + t.sin(y) * 0.0 + y * y).backward()
    return {"seen": seen}


@script("a kept gradient is what the hooks left, whichever came first")
def hooks_and_retain_grad(t):
    record = {}
    for first in ("hook", "retain"):
        x = t.tensor(2.0, requires_grad=True)
        y = x * 3.0
        if first == "retain":
            y.retain_grad()
        y.register_hook(lambda g: g * 10.0)
        if first == "hook":
            y.retain_grad()
        (y * 1.0).backward()
        record[first] = {"y": y.grad, "x": x.grad}
    return record


@script("hooks are removed once, and again without harm; a hook on what needs no gradient is refused")
def hooks_amiss(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0
    seen = []
    handle = y.register_hook(lambda g: seen.append("called"))
    handle.remove()
    handle.remove()
    y.backward()
    z = x * 3.0
    z.register_hook(lambda g: t.ones(4))
    return {"seen": seen, "needs none": outcome(t.tensor(1.0).register_hook, lambda g: g), "another shape": outcome(z.backward)}


@script("hooks run where nothing is recorded, unless the pass is")
def modes_in_hooks(t):
    x = t.tensor(2.0, requires_grad=True)
    seen = []
    y = x * x
    y.register_hook(lambda g: seen.append([t.is_grad_enabled(), g.requires_grad]))
    z = y * y
    z.backward(retain_graph=True)
    z.backward(create_graph=True)
    with t.no_grad():
        (x * x).requires_grad_(False)
    return {"seen": seen}


@script("an error in a hook comes out, and the next pass is as ever")
def error_in_a_hook(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0

    def broken(g):
        raise KeyError("of the hook")

    handle = y.register_hook(broken)
    z = y + 1.0
    first = outcome(z.backward)
    handle.remove()
    return {"first": first, "grad": x.grad, "mode": t.is_grad_enabled()}


# -- grad, and derivatives of derivatives ----------------------------------------------------------------------------------


@script("grad returns gradients and adds nothing to any .grad")
def grad(t):
    x, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor(3.0, requires_grad=True)
    y = x * w
    gx, gw, gy = t.grad((y * y).sum(), [x, w, y])
    return {"x": gx, "w": gw, "y": gy, "x.grad": x.grad, "w.grad": w.grad, "recorded": gx.requires_grad}


@script("grad by what is not used is refused, or None")
def unused(t):
    x, w = t.tensor(1.0, requires_grad=True), t.tensor(2.0, requires_grad=True)
    gx, gw = t.grad(x * 5.0, [x, w], allow_unused=True)
    return {
        "refused": outcome(t.grad, x * 5.0, [x, w]),
        "x": gx,
        "w": gw,
        "constant": outcome(t.grad, x * 5.0, t.tensor(1.0)),
        "of a constant": outcome(t.grad, t.tensor(1.0), x),
    }


@script("grad of several outputs is that of their sum, each with its weight")
def several_outputs(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)

    def outputs():
        return [x.sum(), x * x]

    (first,) = t.grad(outputs(), x, grad_outputs=[t.tensor(10.0), t.tensor([1.0, 100.0])])
    (second,) = t.grad(outputs(), x, grad_outputs=[None, t.ones(2)])
    return {
        "weighted": first, "one is 1": second, "needs weights": outcome(t.grad, outputs(), x), "too few": outcome(t.grad, outputs(), x, grad_outputs=[t.tensor(1.0)]),
        "shape": outcome(t.grad, outputs(), x, grad_outputs=[t.tensor(1.0), t.ones(3)]),
    }  # fmt: skip


@script("grad by itself, twice by the same, and by something in the middle")
def grad_by_the_same(t):
    x = t.tensor(3.0, requires_grad=True)
    y = x * x
    z = y * y
    itself = t.grad(z, z)[0]
    twice = t.grad(x * x, [x, x])
    (middle,) = t.grad(z, y)
    return {"itself": itself, "twice": twice, "middle": middle}


@script("create_graph: gradients that can be differentiated, three times over")
def higher_derivatives(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x**4 + t.sin(x)
    values = []
    for _ in range(4):
        (y,) = t.grad(y, x, create_graph=True)
        values.append(y.item())
    return {"values": values, "recorded": y.requires_grad}


@script("without create_graph a gradient is a constant")
def no_second_without_create_graph(t):
    x = t.tensor(2.0, requires_grad=True)
    (g,) = t.grad(x**3, x)
    return {"requires": g.requires_grad, "again": outcome(t.grad, g, x)}


@script("a Hessian, row by row")
def hessian(t):
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x[0] ** 2 * x[1] + t.exp(x[2] * x[0]) + (x * x.flip(0) if hasattr(x, "flip") else x * x[[2, 1, 0]]).sum()
    (g,) = t.grad(y, x, create_graph=True)
    rows = [t.grad(g[place], x, retain_graph=True)[0] for place in range(3)]
    return {"gradient": g.detach(), "hessian": t.stack(rows)}


SECOND = {
    "exp": lambda t, x: x.exp(), "log": lambda t, x: x.log(), "sin": lambda t, x: x.sin(), "tanh": lambda t, x: x.tanh(), "sigmoid": lambda t, x: t.sigmoid(x), "sqrt": lambda t, x: x.sqrt(), "1/x": lambda t, x: 1.0 / x, "x/x": lambda t, x: x / (1.0 + x), "x**x": lambda t, x: x**x, "x**3": lambda t, x: x**3, "relu": lambda t, x: t.relu(x) ** 2, "abs": lambda t, x: abs(x) ** 3, "softmax": lambda t, x: t.softmax(x, 1) ** 2, "log_softmax": lambda t, x: t.log_softmax(x, 0) ** 2, "logsumexp": lambda t, x: t.logsumexp(x, 1), "matmul": lambda t, x: x @ x @ x, "sum": lambda t, x: x.sum(0) ** 3, "mean": lambda t, x: x.mean(1, keepdim=True) ** 3, "prod": lambda t, x: x.prod(), "norm": lambda t, x: x.norm(), "var": lambda t, x: x.var(dim=0) ** 2,
    "reshape": lambda t, x: x.reshape(-1) ** 3, "T": lambda t, x: x.T @ x**2, "index": lambda t, x: x[0] ** 3 * x[1], "places": lambda t, x: x[[0, 0, 1]] ** 3, "mask": lambda t, x: x[x > 0.8] ** 3, "where": lambda t, x: t.where(x > 1.0, x**3, x**2), "cat": lambda t, x: t.cat([x, x**2]) ** 2, "stack": lambda t, x: t.stack([x, x * x]) ** 2, "broadcast": lambda t, x: (x[0] * x) ** 2, "expand": lambda t, x: (x[:1].expand(3, 2) * x[1, 0]) ** 2, "clone": lambda t, x: x.clone() ** 3, "max": lambda t, x: x.max() ** 3, "cumsum": lambda t, x: x.cumsum(0) ** 3, "outer": lambda t, x: t.outer(x[0], x[1]) ** 2, "clamp": lambda t, x: x.clamp(0.6, 1.4) ** 3, "det": lambda t, x: t.det(x) ** 2, "erf": lambda t, x: t.erf(x),
}  # fmt: skip


@script("second derivatives of every kind of operation: a Hessian times a vector")
def second_derivatives(t):

    def of(way):
        x = t.tensor([[0.5, 1.25], [0.75, 1.5]], requires_grad=True)
        y = way(t, x).sum()
        (g,) = t.grad(y, x, create_graph=True)
        return t.grad((g * t.tensor([[1.0, 2.0], [3.0, 4.0]])).sum(), x, allow_unused=True)[0]

    return each(SECOND, of)


@script("a linear function has no second derivative: None, not 0")
def second_of_linear(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    (g,) = t.grad((3.0 * x).sum(), x, create_graph=True)
    (h,) = t.grad((x * x).sum(), x, create_graph=True)
    return {
        "first": g.detach(),
        "recorded": g.requires_grad,
        "recorded of square": h.requires_grad,
        "second": t.grad(h.sum(), x)[0],
    }


@script("backward(create_graph=True) leaves a .grad that can be differentiated")
def backward_with_create_graph(t):
    x = t.tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    first = x.grad
    node = first.grad_fn is not None
    x.grad = None
    first.backward()
    return {"first": first.detach(), "recorded": node, "second": x.grad}


@script("recorded gradients add up too")
def recorded_gradients_add_up(t):
    x = t.tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    total = x.grad
    x.grad = None
    total.backward()
    return {"total": total.detach(), "second": x.grad}


@script("a penalty on the gradient, as in training: the parameters learn through the derivative")
def gradient_penalty(t):
    x, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([0.5, -1.0], requires_grad=True)
    y = t.tanh((x * w).sum())
    (g,) = t.grad(y, x, create_graph=True)
    ((g * g).sum() + y).backward()
    return {"x.grad": x.grad, "w.grad": w.grad}


@script("a graph of the derivative keeps the first one alive")
def create_graph_keeps(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * x * x
    t.grad(y, x, create_graph=True)
    return {"again": t.grad(y, x)[0], "then": outcome(t.grad, y, x), "node": node_name(y.grad_fn)}
