"""Which tensors are leaves, which require a gradient, and who has a node."""

from __future__ import annotations

from semantics.record import attempt, facts, node_name, outcome, script


@script("what is made is a leaf, and requires a gradient only if asked to")
def made(t):
    ways = {
        "tensor": t.tensor([1.0, 2.0]),
        "number": t.tensor(3.0, requires_grad=True),
        "zeros": t.zeros(2, 3),
        "ones": t.ones((2, 3), requires_grad=True),
        "full": t.full((2,), 7.0, requires_grad=True),
        "arange": t.arange(3.0),
        "linspace": t.linspace(0.0, 1.0, 3),
        "eye": t.eye(2),
        "zeros_like": t.zeros_like(t.randn(2)),
    }
    return {name: {**facts(way), "value": way, "grad": way.grad} for name, way in ways.items()}


@script("a result has a node if one operand requires a gradient")
def results(t):
    w, c = t.tensor(2.0, requires_grad=True), t.tensor(5.0)
    return {
        "of both": facts(w * c),
        "reflected": facts(3.0 - w),
        "of constants": facts(c * c + 1.0),
        "negated": facts(-w),
        "copied": facts(c.clone()),
    }


@script("detach leaves the graph and shares memory; clone stays in it and does not")
def detach_and_clone(t):
    w = t.tensor([1.0, 2.0], requires_grad=True)
    y = w * 2.0
    apart, copy, both = y.detach(), y.clone(), y.detach().clone()
    apart[0] = 9.0
    (copy * 3.0).sum().backward()
    return {
        "detach": facts(apart), "clone": facts(copy), "detach clone": facts(both), "y sees": y, "clone does not": copy.detach(), "nor both": both, "w.grad": w.grad,
    }  # fmt: skip


@script("a clone hands its gradient on to the original, and keeps none of its own")
def clone_hands_on(t):
    w = t.tensor([1.0, 2.0], requires_grad=True)
    copy = w.clone()
    (copy * copy).sum().backward()
    return {"leaf": copy.is_leaf, "w.grad": w.grad, "the same memory": attempt(lambda: copy.detach() is w)}


@script("requires_grad can be turned on and off on a leaf, by method and by attribute")
def flag_of_a_leaf(t):
    x = t.tensor([1.0])
    seen = [x.requires_grad]
    returned = x.requires_grad_()
    seen.append(x.requires_grad)
    x.requires_grad = False
    seen.append(x.requires_grad)
    x.requires_grad_(True)
    x.requires_grad_(False)
    seen.append(x.requires_grad)
    return {"flags": seen, "returns itself": returned is x, "result then": facts(x * 2.0)}


@script("a tensor that is no leaf cannot be told to require no gradient")
def flag_of_a_result(t):
    y = t.tensor([1.0], requires_grad=True) * 2.0
    return {
        "on": outcome(y.requires_grad_, True), "off": outcome(y.requires_grad_, False), "by attribute": outcome(setattr, y, "requires_grad", False), "still": facts(y),
    }  # fmt: skip


@script("a flag taken away after the forward keeps the gradient from arriving")
def flag_after_the_forward(t):
    x, w = t.tensor(3.0, requires_grad=True), t.tensor(2.0, requires_grad=True)
    y = x * w
    x.requires_grad_(False)
    y.backward()
    return {"y": facts(y), "x.grad": x.grad, "w.grad": w.grad}


@script("a flag given after the forward comes too late for what has been computed")
def flag_too_late(t):
    x = t.tensor(3.0)
    early = x * 2.0
    x.requires_grad_()
    late = x * 2.0
    late.backward()
    return {"early": facts(early), "late": facts(late), "x.grad": x.grad, "early.backward": outcome(early.backward)}


@script("detach().requires_grad_() is a new leaf: nothing reaches the old one")
def new_leaf(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    start = y.detach().requires_grad_()
    (start * start).sum().backward()
    return {"start": facts(start), "start.grad": start.grad, "x.grad": x.grad, "y": facts(y)}


@script("whole numbers, and yes and no, cannot require a gradient")
def kinds_that_cannot(t):
    whole, truth = t.tensor([1, 2], dtype=t.int64), t.tensor([True, False])
    return {
        "int64": outcome(whole.requires_grad_), "bool": outcome(truth.requires_grad_), "at once": outcome(t.tensor, [1, 2], dtype=t.int64, requires_grad=True),
        "attribute": outcome(setattr, whole, "requires_grad", True), "off is fine": outcome(whole.requires_grad_, False), "is floating": [whole.is_floating_point(), truth.is_floating_point()],
    }  # fmt: skip


@script("comparisons, argmax and the logical operations have no node, and whole numbers or yes and no")
def passive_results(t):
    x = t.tensor([3.0, 1.0, 2.0], requires_grad=True)
    found = {
        "lt": x < 2.0,
        "ge": x >= 2.0,
        "eq": x == 1.0,
        "and": (x > 1.0) & (x < 3.0),
        "not": ~(x > 1.0),
        "argmax": x.argmax(),
        "argmin": x.argmin(dim=0),
    }
    return {name: {**facts(one), "value": one} for name, one in found.items()}


@script("flat operations stay in the graph, with gradients of 0")
def flat_operations(t):
    record = {}
    for name in ("floor", "ceil", "round", "trunc", "sign"):
        x = t.tensor([0.7, -1.3], requires_grad=True)
        y = getattr(t, name)(x)
        y.sum().backward()
        record[name] = {**facts(y), "grad": x.grad}
    return record


@script("x.data is the memory alone: a leaf that requires nothing")
def data_of_a_tensor(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    x.data[0] = 5.0
    y = x * 2.0
    y.data.mul_(10.0)
    return {"data": facts(x.data), "x": x.detach(), "y": y.detach(), "y is still": facts(y)}


@script("a kind it has already is itself; another one is a recorded copy")
def kinds(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    less = x.to(t.float32)
    (less * less).sum().backward()
    whole = x.to(t.int64)
    return {
        "to itself": x.to(t.float64) is x, "double": x.double() is x, "float": x.float().dtype == t.float32, "less": {**facts(less), "value": less.detach()},
        "x.grad": x.grad, "whole": {**facts(whole), "value": whole}, "truth": (x > 1.5).double(),
    }  # fmt: skip


@script("numpy() refuses what requires a gradient; detach().numpy() shares the memory")
def to_numpy(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    array = x.detach().numpy()
    array[0] = 7.0
    plain = t.tensor([1.0, 2.0])
    plain.numpy()[1] = 8.0
    return {
        "refused": outcome(x.numpy),
        "of a result": outcome((x * 2.0).numpy),
        "x sees": x.detach(),
        "plain sees": plain,
        "list": x.tolist(),
    }


@script("from_numpy shares memory, both ways; tensor copies")
def from_numpy(t):
    import numpy as np

    array = np.array([1.0, 2.0])
    shared, copied = t.from_numpy(array), t.tensor(array)
    array[0] = 5.0
    shared[1] = 6.0
    return {"shared": shared, "copied": copied, "array": array.tolist(), "leaf": facts(shared)}


@script("item, float and tolist take numbers out of the graph")
def numbers_out(t):
    x = t.tensor([2.0], requires_grad=True)
    y = (x * 3.0).sum()
    return {
        "item": y.item(), "float": float(y), "one element": x.item(), "tolist": (x * 3.0).tolist(), "format": f"{y.item():.1f}",
        "of several": outcome(t.tensor([1.0, 2.0]).item), "truth of several": outcome(bool, t.tensor([1.0, 2.0])), "truth": bool(y > 5.0),
    }  # fmt: skip


@script("a node's name, and what is behind it")
def names_of_nodes(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    ways = {
        "mul": x * x,
        "add": x + 1.0,
        "sub": x - 1.0,
        "div": x / 2.0,
        "neg": -x,
        "pow": x**2,
        "exp": t.exp(x),
        "sum": x.sum(),
        "mean": x.mean(),
        "relu": t.relu(x),
        "clone": x.clone(),
        "sin": x.sin(),
        "log": x.log(),
        "tanh": t.tanh(x),
        "abs": abs(x),
        "sqrt": x.sqrt(),
        "softmax": t.softmax(x, 0),
        "prod": x.prod(),
        "stack": t.stack([x, x]),
    }
    return {name: node_name(way.grad_fn) for name, way in ways.items()}


@script("next_functions: who gets the operands' adjoints, in order; None for a constant")
def next_functions(t):
    x, w = t.tensor(2.0, requires_grad=True), t.tensor(3.0, requires_grad=True)
    y = x * w
    z = y + 1.0
    u = y - z

    def behind(tensor):
        return [(node_name(node), number) for node, number in tensor.grad_fn.next_functions]

    ends = [node for node, _ in y.grad_fn.next_functions]
    return {
        "of x*w": behind(y), "of y+1": behind(z)[:1], "of y-z": behind(u), "leaves": [end.variable is leaf for end, leaf in zip(ends, (x, w), strict=True)],
        "a leaf ends": len(ends[0].next_functions), "a constant": [node_name(node) for node, _ in (x * t.tensor(4.0)).grad_fn.next_functions],
        "same node": u.grad_fn.next_functions[0][0] is y.grad_fn, "one leaf, one end": (x * x).grad_fn.next_functions[0][0] == (x * x).grad_fn.next_functions[1][0],
        "a leaf has none": x.grad_fn is None, "stays the same": y.grad_fn is y.grad_fn,
    }  # fmt: skip


@script("the graph is built by what runs: a branch that is not taken is not in it")
def built_by_running(t):
    record = {}
    for start in (2.0, -2.0):
        x = t.tensor(start, requires_grad=True)
        y = x * x if x > 0 else x.exp()
        steps = 0
        while y.item() < 20.0 and steps < 3:
            y = y * 3.0
            steps += 1
        y.backward()
        record[str(start)] = {"node": node_name(y.grad_fn), "steps": steps, "grad": x.grad}
    return record


@script("randomly filled tensors can be leaves, and manual_seed repeats them")
def random_leaves(t):
    t.manual_seed(3)
    first = t.randn(3, requires_grad=True)
    t.manual_seed(3)
    again = t.randn(3)
    return {
        "first": facts(first),
        "again": facts(again),
        "the same": first.tolist() == again.tolist(),
        "rand": bool((t.rand(50) < 1.0).all()),
        "permutation": sorted(t.randperm(4).tolist()),
    }


@script("the gradient of a result is not kept, and whoever asks for it is told; numpy() under no_grad")
def what_is_not_kept(t):
    w = t.tensor([1.0, 2.0], requires_grad=True)
    y = w * 2.0
    before = attempt(lambda: y.grad)
    y.sum().backward()
    with t.no_grad():
        under = outcome(w.numpy)
    return {"before": before, "after": attempt(lambda: y.grad), "the leaf's": w.grad, "under no_grad": under}


@script("detach_ takes a tensor out of the graph, and a view is refused")
def detached_in_place(t):
    w = t.tensor([1.0, 2.0], requires_grad=True)
    y = w * 2.0
    returned = y.detach_()
    return {"itself": returned is y, "y": facts(y), "of a view": outcome((w * 3.0)[:1].detach_), "leaf": facts(w.detach_())}


@script("what shows a number is changed with it")
def views_of_numbers(t):
    x = t.tensor(1.5)
    data, apart, view = x.data, x.detach(), x[...]
    seen = []
    for change in (data.fill_, apart.fill_, view.fill_, x.fill_):
        change(len(seen) + 2.0)
        seen.append([one.item() for one in (x, data, apart, view)])
    return {"seen": seen, "versions": [x._version, data._version, apart._version, view._version], "array": x.numpy().item()}
