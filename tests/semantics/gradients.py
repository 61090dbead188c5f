"""Where gradients arrive, how they add up, and what None says that 0 does not."""

from __future__ import annotations

from semantics.record import attempt, each, outcome, script


@script("two backward passes add up, in the same tensor")
def accumulation(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    first, once = x.grad, x.grad.clone()
    (x * x).sum().backward()
    return {"once": once, "twice": x.grad, "one tensor": x.grad is first, "grad needs none": x.grad.requires_grad}


@script("a gradient is cleared by None, or by zero_()")
def clearing(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    (x * 3.0).sum().backward()
    x.grad.zero_()
    zeroed = x.grad.clone()
    (x * 4.0).sum().backward()
    after_zero = x.grad.clone()
    x.grad = None
    none = x.grad
    (x * 5.0).sum().backward()
    return {"zeroed": zeroed, "after zero": after_zero, "none": none, "after none": x.grad}


@script("a gradient can be set, to a tensor of the same shape")
def setting(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    x.grad = t.tensor([10.0, 20.0])
    (x * 2.0).sum().backward()
    return {"added": x.grad, "another shape": outcome(setattr, x, "grad", t.tensor([1.0, 2.0, 3.0])), "kept": x.grad}


@script("None is no dependence, 0 is a dependence without effect")
def none_or_zero(t):
    x, w, v, u = (t.tensor([1.0, 2.0], requires_grad=True) for _ in range(4))
    y = (x * 0.0 + w.detach() * x + t.floor(u)).sum()
    y.backward()
    return {"x": x.grad, "detached": w.grad, "unused": v.grad, "flat": u.grad}


@script("the branch of where that is not taken gets zeros, not None")
def none_or_zero_of_where(t):
    x, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([5.0, 6.0], requires_grad=True)
    t.where(t.tensor([True, True]), x, w).sum().backward()
    return {"taken": x.grad, "not taken": w.grad}


@script("adjoints from several uses add up before they are handed on")
def diamond(t):
    x = t.tensor(3.0, requires_grad=True)
    y = x * 2.0
    z = y * y + y + t.sin(y)
    z.backward()
    return {"grad": x.grad}


@script("a chain of diamonds has 2^30 paths, and 30 nodes")
def many_paths(t):
    x = t.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(30):
        y = y + y
    y.backward()
    return {"grad": x.grad}


@script("one tensor as both operands: each place contributes")
def shared_operands(t):
    ways = {
        "x*x": lambda x: x * x,
        "x+x": lambda x: x + x,
        "x-x": lambda x: x - x,
        "x/x": lambda x: x / x,
        "x**x": lambda x: x**x,
        "max": lambda x: t.maximum(x, x),
        "outer": lambda x: t.outer(x, x),
        "dot": lambda x: x @ x,
        "stack": lambda x: t.stack([x, x, x]) * 2.0,
    }

    def of(way):
        x = t.tensor([2.0, 3.0], requires_grad=True)
        way(x).sum().backward()
        return x.grad

    return each(ways, of)


@script("an operand that was repeated to fit gets the sum of its adjoints, in its own shape")
def broadcasting(t):
    shapes = {
        "row": ((3,), (2, 3)),
        "column": ((2, 1), (2, 3)),
        "both": ((2, 1), (1, 3)),
        "number": ((), (2, 3)),
        "one": ((1,), (2, 3)),
        "axes": ((4, 1, 3), (2, 1)),
    }

    def of(pair):
        left, right = pair
        a, b = t.ones(left) * 2.0, t.ones(right) * 3.0
        a.requires_grad_()
        b.requires_grad_()
        y = a * b + a - b / a
        y.sum().backward()
        return {"shape": tuple(y.shape), "a": a.grad, "b": b.grad}

    return each(shapes, of)


@script("shapes that do not fit are refused")
def shapes_that_do_not_fit(t):
    a, b, m = t.ones(3), t.ones(2), t.ones(2, 3)
    return {
        "add": outcome(lambda: a + b), "mul": outcome(lambda: m * b), "matmul": outcome(lambda: m @ m), "vector": outcome(lambda: m @ b),
        "reshape": outcome(lambda: m.reshape(4, 2)), "expand": outcome(lambda: m.expand(2, 4)), "add in place": outcome(lambda: b.add_(m)),
    }  # fmt: skip


@script("reductions, along axes and over all, with and without the axis kept")
def reductions(t):
    ways = {
        "sum": lambda x: x.sum(), "sum 0": lambda x: x.sum(dim=0), "sum kept": lambda x: x.sum(dim=1, keepdim=True), "sum of two": lambda x: x.sum(dim=(0, 1)), "sum -1": lambda x: x.sum(-1),
        "mean": lambda x: x.mean(), "mean 1": lambda x: x.mean(1), "mean kept": lambda x: x.mean(dim=0, keepdim=True), "prod": lambda x: x.prod(), "prod 1": lambda x: x.prod(dim=1),
        "logsumexp": lambda x: t.logsumexp(x, 1), "logsumexp kept": lambda x: t.logsumexp(x, dim=0, keepdim=True), "max": lambda x: x.max(), "min": lambda x: x.min(),
        "var": lambda x: x.var(), "var 1": lambda x: x.var(dim=1), "biased": lambda x: x.var(dim=0, unbiased=False), "std kept": lambda x: x.std(dim=1, keepdim=True),
        "norm": lambda x: x.norm(), "norm 1": lambda x: x.norm(dim=1), "cumsum": lambda x: x.cumsum(1), "softmax": lambda x: t.softmax(x, dim=1), "log_softmax": lambda x: t.log_softmax(x, dim=0),
    }  # fmt: skip

    def of(way):
        x = t.tensor([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]], requires_grad=True)
        y = way(x)
        (y * y).sum().backward()
        return {"shape": tuple(y.shape), "value": y.detach(), "grad": x.grad}

    return each(ways, of)


@script("products of matrices and vectors, and of batches of them")
def products(t):
    shapes = {
        "matrices": ((2, 3), (3, 2)),
        "vector right": ((2, 3), (3,)),
        "vector left": ((2,), (2, 3)),
        "vectors": ((3,), (3,)),
        "batch": ((4, 2, 3), (4, 3, 2)),
        "batch and matrix": ((4, 2, 3), (3, 2)),
        "matrix and batch": ((2, 3), (4, 3, 2)),
    }

    def of(pair):
        left, right = pair
        a = (t.arange(float(_count(left))).reshape(left) / 4.0).requires_grad_()
        b = (t.arange(float(_count(right))).reshape(right) / 8.0 - 1.0).requires_grad_()
        y = a @ b
        (y * y).sum().backward()
        return {"shape": tuple(y.shape), "a": a.grad, "b": b.grad}

    return each(shapes, of)


def _count(shape):
    count = 1
    for length in shape:
        count *= length
    return count


@script("what only changes the shape hands adjoints back in the old one")
def shapes(t):
    ways = {
        "reshape": lambda x: x.reshape(3, 2), "view": lambda x: x.view(6), "reshape -1": lambda x: x.reshape(-1, 2), "flatten": lambda x: x.flatten(), "T": lambda x: x.T, "t": lambda x: x.t(), "transpose": lambda x: x.transpose(0, 1), "permute": lambda x: x.permute(1, 0),
        "unsqueeze": lambda x: x.unsqueeze(1), "squeeze": lambda x: x.unsqueeze(0).squeeze(0), "expand": lambda x: x.unsqueeze(0).expand(4, 2, 3), "expand -1": lambda x: x[:, :1].expand(-1, 5), "None": lambda x: x[None, :, None],
    }  # fmt: skip

    def of(way):
        x = t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
        y = way(x)
        weights = t.arange(float(y.numel())).reshape(tuple(y.shape))
        (y * y * weights).sum().backward()
        return {"shape": tuple(y.shape), "grad": x.grad}

    return each(ways, of)


@script("stack and cat give each piece its part of the adjoint")
def pieces(t):
    a, b = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([3.0, 4.0], requires_grad=True)
    (t.cat([a, b, a]) * t.arange(6.0)).sum().backward()
    (t.stack([a, b], dim=1) * t.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    m = t.ones(2, 2).requires_grad_()
    (t.cat([m, 2.0 * m], dim=1) * t.arange(8.0).reshape(2, 4)).sum().backward()
    return {"a": a.grad, "b": b.grad, "m": m.grad}


@script("an index picks, and the adjoint goes back to where it was picked")
def indexing(t):
    keys = {
        "one": 1,
        "last": -1,
        "slice": slice(1, None),
        "step": slice(None, None, 2),
        "dots": (Ellipsis, 0),
        "column": (slice(None), 1),
        "corner": (2, 1),
        "new axis": (None, 1),
        "places": [2, 0],
        "rows and columns": ([0, 2], [1, 0]),
    }

    def of(key):
        x = t.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
        y = x[key]
        (y * y).sum().backward()
        return {"value": y.detach(), "grad": x.grad}

    return each(keys, of)


@script("what is picked several times gets all of its adjoints")
def repeated_indices(t):
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[t.tensor([0, 0, 2, 0], dtype=t.int64)] * t.tensor([1.0, 10.0, 100.0, 1000.0])).sum().backward()
    m = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    m[[1, 1, 0]][:, [0, 0]].sum().backward()
    return {"x": x.grad, "m": m.grad}


@script("a mask picks what it covers")
def masks(t):
    x = t.tensor([[1.0, -2.0], [-3.0, 4.0]], requires_grad=True)
    y = x[x > 0.0]
    (y * y).sum().backward()
    rows = t.tensor([True, False])
    (x[rows] * 100.0).sum().backward()
    return {
        "value": y.detach(),
        "grad": x.grad,
        "nothing": x[x > 9.0].detach(),
        "too long": outcome(lambda: x[t.tensor([True, False, True])]),
    }


@script("indices out of range, and too many of them, are refused")
def indices_out_of_range(t):
    x = t.ones(2, 3)
    return {
        "int": outcome(lambda: x[2]),
        "negative": outcome(lambda: x[-3]),
        "too many": outcome(lambda: x[0, 0, 0]),
        "places": outcome(lambda: x[[0, 5]]),
        "no index": outcome(lambda: x[1.5]),
        "of a number": outcome(lambda: t.tensor(1.0)[0]),
    }


@script("going through rows, and unpacking")
def going_through(t):
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * 10.0 + second).sum().backward()
    return {
        "grad": x.grad,
        "len": len(x),
        "sum of rows": sum(row.sum() for row in x).item(),
        "a number has no length": outcome(len, t.tensor(1.0)),
    }


@script("backward starts from one element, or from the gradient that is given")
def several_elements(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    refused = outcome((x * x).backward)
    (x * x).backward(t.tensor([1.0, 10.0]))
    vector = x.grad.clone()
    (x * x).backward(gradient=t.ones(2))
    one = t.tensor([[3.0]], requires_grad=True)
    (one * one).backward()
    (one * one).sum().backward(t.tensor(10.0))
    return {"refused": refused, "vector": vector, "added": x.grad, "one element": one.grad}


@script("a gradient of another shape is refused, even one that would broadcast")
def gradient_of_another_shape(t):
    x = t.tensor([[1.0, 2.0]], requires_grad=True)
    y = x * 2.0
    record = {
        name: outcome(y.backward, gradient)
        for name, gradient in {"longer": t.ones(1, 3), "flat": t.ones(2), "number": t.tensor(1.0)}.items()
    }
    return {**record, "of a number": outcome(y.sum().backward, t.ones(1)), "grad": x.grad}


@script("a gradient that is given belongs to the caller")
def gradient_of_the_caller(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    given = t.tensor([1.0, 10.0])
    (x + 0.0).backward(given)
    x.backward(given)
    x.grad.mul_(2.0)
    first = x.grad.clone()
    given.mul_(3.0)
    new = t.tensor([1.0, 2.0], requires_grad=True)
    new.backward(given)
    new.grad.zero_()
    return {"first": first, "still": x.grad, "given": given}


@script("leaves that share an adjoint get memory of their own")
def gradients_apart(t):
    x, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([3.0, 4.0], requires_grad=True)
    ((x + w) * 2.0).sum().backward()
    x.grad.zero_()
    return {"x": x.grad, "w": w.grad}


@script("the backward of a leaf itself, and of what needs no gradient")
def backward_of_a_leaf(t):
    x = t.tensor(2.0, requires_grad=True)
    x.backward()
    x.backward()
    return {
        "grad": x.grad,
        "of a constant": outcome(t.tensor(2.0).backward),
        "of its detached": outcome((x * 2.0).detach().backward),
    }


@script("inputs= says which tensors get their gradient; the others keep what they have")
def chosen_inputs(t):
    x, w, v = (t.tensor(start, requires_grad=True) for start in (2.0, 3.0, 4.0))
    y = x * w
    (y * y).backward(inputs=[x])
    one = [x.grad, w.grad]
    z = x * w
    (z * v).backward(inputs=[z, v])
    return {"x only": one, "after z and v": [x.grad, w.grad, z.grad, v.grad]}


@script("inputs= that nothing depends on, that need no gradient, or that are none")
def inputs_amiss(t):
    x, w = t.tensor(2.0, requires_grad=True), t.tensor(3.0, requires_grad=True)
    return {
        "unrelated": outcome((x * x).backward, inputs=[w]),
        "w.grad": w.grad,
        "x.grad": x.grad,
        "needs none": outcome((x * x).backward, inputs=[t.tensor(1.0)]),
        "empty": outcome((x * x).backward, inputs=[]),
        "alone": outcome((x * x).backward, inputs=x),
        "then": x.grad,
    }


@script("retain_grad keeps the gradient of a tensor that is no leaf, and is nothing new to a leaf")
def retain_grad(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    x.retain_grad()
    y = x * 3.0
    before = y.retains_grad
    y.retain_grad()
    y.retain_grad()
    z = (y * y).sum()
    z.retain_grad()
    z.backward()
    return {
        "x": x.grad,
        "y": y.grad,
        "z": z.grad,
        "flags": [before, y.retains_grad, x.retains_grad],
        "needs none": outcome(t.tensor(1.0).retain_grad),
    }


@script("a kept gradient adds up too, and can be cleared")
def retained_gradients_add_up(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0
    y.retain_grad()
    (y * y).backward(retain_graph=True)
    (y * 1.0).backward()
    twice = y.grad.clone()
    y.grad = None
    return {"twice": twice, "cleared": y.grad}


@script("retain_grad after a tensor was used is not too late")
def retain_grad_late(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0
    z = y * y
    y.retain_grad()
    z.backward()
    return {"y": y.grad, "x": x.grad}


@script("a long chain needs no stack")
def deep(t):
    x = t.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y * 1.0001 + 0.0
    y.backward()
    return {"grad": x.grad}


@script("a gradient is of the kind and shape of its leaf")
def kind_of_a_gradient(t):
    x = t.tensor([1.0, 2.0], dtype=t.float32, requires_grad=True)
    w = t.tensor([[3.0], [4.0]], requires_grad=True)
    y = x * w
    y.sum().backward()
    return {"y": y.detach(), "x": x.grad, "w": w.grad}


@script("a loss of a linear layer: dL/dX = dL/dY W^T and dL/dW = X^T dL/dY")
def linear_layer(t):
    x = t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    w = t.tensor([[1.0, -1.0], [0.5, 2.0], [-2.0, 0.0]], requires_grad=True)
    y = x @ w
    y.retain_grad()
    t.relu(y).pow(2).sum().backward()
    return {
        "dY": y.grad,
        "dX": x.grad,
        "dW": w.grad,
        "dX agrees": attempt(lambda: bool((x.grad == y.grad @ w.detach().T).all())),
        "dW agrees": attempt(lambda: bool((w.grad == x.detach().T @ y.grad).all())),
    }


@script("ln(x1) + x1*x2 - sin(x2) at (2, 5), the slides' function")
def the_slides(t):
    x1, x2 = t.tensor(2.0, requires_grad=True), t.tensor(5.0, requires_grad=True)
    y = t.log(x1) + x1 * x2 - t.sin(x2)
    y.backward()
    return {"y": y.item(), "x1": x1.grad, "x2": x2.grad}
