"""Changes in place: who may be changed, which gradients follow, and who notices."""

from __future__ import annotations

from semantics.record import each, facts, node_name, outcome, script


@script("which operations raise the version: those in place, one each; no others")
def versions(t):
    ways = {
        "add_": lambda x: x.add_(1.0), "sub_": lambda x: x.sub_(1.0), "mul_": lambda x: x.mul_(2.0), "div_": lambda x: x.div_(2.0), "zero_": lambda x: x.zero_(), "fill_": lambda x: x.fill_(3.0), "copy_": lambda x: x.copy_(t.zeros(2)), "relu_": lambda x: x.relu_(), "exp_": lambda x: x.exp_(), "clamp_": lambda x: x.clamp_(0.0, 1.0), "pow_": lambda x: x.pow_(2), "uniform_": lambda x: x.uniform_(0.0, 1.0), "normal_": lambda x: x.normal_(0.0, 1.0),
        "x[0] = 1": lambda x: x.__setitem__(0, 1.0), "x[mask] = 1": lambda x: x.__setitem__(x > 0.0, 1.0), "x[places] = 1": lambda x: x.__setitem__([0, 1], 1.0), "view changed": lambda x: x[0:1].add_(1.0), "detached changed": lambda x: x.detach().add_(1.0), "data changed": lambda x: x.data.add_(1.0),
        "x + 1": lambda x: x + 1.0, "sum": lambda x: x.sum(), "clone changed": lambda x: x.clone().add_(1.0), "reshaped": lambda x: x.reshape(2, 1), "twice": lambda x: x.add_(1.0).mul_(2.0),
    }  # fmt: skip

    def of(way):
        x = t.tensor([1.0, 2.0])
        way(x)
        return x._version

    return each(ways, of)


@script("views and what is detached share the counter; a clone and data have their own")
def shared_versions(t):
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]])
    ways = {
        "row": x[0],
        "column": x[:, 1],
        "T": x.T,
        "reshape": x.reshape(4),
        "detach": x.detach(),
        "view of a view": x[0][1:],
        "clone": x.clone(),
        "data": x.data,
        "picked": x[[0]],
        "result": x * 1.0,
    }
    x.add_(1.0)
    before = {name: way._version for name, way in ways.items()}
    ways["row"].mul_(2.0)
    return {"after x": before, "after row": {name: way._version for name, way in ways.items()}, "x": x._version, "x is": x}


@script("+= changes the tensor itself, y = y + 1 makes another one")
def plus_equals(t):
    def add_in_place(x):
        x += 1.0

    def add(x):
        x = x + 1.0

    one, other = t.tensor([1.0]), t.tensor([1.0])
    add_in_place(one)
    add(other)
    y = one
    y *= 5.0
    y -= 1.0
    y /= 3.0
    return {"in place": one, "not": other, "the same": y is one, "version": y._version}


@script("a leaf that requires a gradient may not be changed, but under no_grad")
def leaf_changed(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    record = {
        "add_": outcome(x.add_, 1.0), "zero_": outcome(x.zero_), "setitem": outcome(x.__setitem__, 0, 5.0), "+=": outcome(x.__iadd__, 1.0), "view": outcome(x[0:1].mul_, 2.0), "view of a view": outcome(x.reshape(2, 1)[0].mul_, 2.0), "uniform_": outcome(x.uniform_, 0.0, 1.0),
    }  # fmt: skip
    with t.no_grad():
        x.add_(1.0)
        x[0] = 9.0
        x[1:].mul_(2.0)
    (x * x).sum().backward()
    return {**record, "x": x.detach(), "version": x._version, **facts(x), "grad": x.grad}


@script("a leaf that requires none may be changed, and joins the graph with what it is given")
def plain_leaf_changed(t):
    w = t.tensor(3.0, requires_grad=True)
    x, y, z = t.zeros(2), t.zeros(2), t.ones(2)
    x.add_(1.0)
    y[0] = w
    z.mul_(w)
    (x + y * t.tensor([10.0, 1.0]) + z * z).sum().backward()
    return {"x": facts(x), "y": facts(y), "z": facts(z), "grad": w.grad, "leaf's node": node_name(z.grad_fn)}


@script("a result is changed, and the gradient goes through the change")
def result_changed(t):
    ways = {
        "mul_": lambda y, x: y.mul_(3.0), "add_ x": lambda y, x: y.add_(x), "mul_ x": lambda y, x: y.mul_(x), "mul_ y": lambda y, x: y.mul_(y), "add_ y": lambda y, x: y.add_(y), "sub_": lambda y, x: y.sub_(x * x), "div_ x": lambda y, x: y.div_(x), "pow_": lambda y, x: y.pow_(3), "exp_": lambda y, x: y.exp_(), "relu_": lambda y, x: y.relu_(), "sigmoid_": lambda y, x: y.sigmoid_(), "tanh_": lambda y, x: y.tanh_(), "sin_": lambda y, x: y.sin_(), "sqrt_": lambda y, x: y.add_(9.0).sqrt_(), "neg_": lambda y, x: y.neg_(), "clamp_": lambda y, x: y.clamp_(-1.0, 4.0), "clamp_ min": lambda y, x: y.clamp_(min=0.5), "zero_": lambda y, x: y.zero_(), "fill_": lambda y, x: y.fill_(2.0), "copy_": lambda y, x: y.copy_(x * x), "abs_": lambda y, x: y.abs_(),
        "+=": lambda y, x: y.__iadd__(1.0), "*= twice": lambda y, x: y.__imul__(2.0).__imul__(x), "add_ of one": lambda y, x: y.add_(x[0]), "mul_ of one": lambda y, x: y.mul_(x[1:]),
    }  # fmt: skip

    def of(way):
        x = t.tensor([1.5, -1.0], requires_grad=True)
        y = x * 2.0
        way(y, x)
        (y * t.tensor([1.0, 10.0])).sum().backward()
        return {"y": y.detach(), "grad": x.grad, "leaf": y.is_leaf, "version": y._version}

    return each(ways, of)


@script("the node of a changed tensor is that of the change")
def node_of_a_change(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2.0
    before = y.grad_fn
    y.add_(1.0)
    after = y.grad_fn
    return {"before": node_name(before), "after": node_name(after), "behind": after.next_functions[0][0] is before}


@script("what a node saved and has been changed since is refused in the backward; what it did not need is not")
def saved_and_changed(t):
    ways = {
        "y*y": lambda y, c: y * y, "y**2": lambda y, c: y**2, "sin": lambda y, c: y.sin(), "log": lambda y, c: y.log(), "1/y": lambda y, c: 1.0 / y, "c/y": lambda y, c: c / y, "matmul": lambda y, c: y @ y, "norm": lambda y, c: y.norm(), "prod": lambda y, c: y.prod(), "abs": lambda y, c: abs(y), "softplus by hand": lambda y, c: t.log1p(y.exp()), "max": lambda y, c: t.maximum(y, c),
        "y+1": lambda y, c: y + 1.0, "y*2": lambda y, c: y * 2.0, "y*c": lambda y, c: y * c, "y/c": lambda y, c: y / c, "sum": lambda y, c: y.sum(), "mean": lambda y, c: y.mean(), "exp": lambda y, c: y.exp(), "sigmoid": lambda y, c: y.sigmoid(), "tanh": lambda y, c: y.tanh(), "sqrt": lambda y, c: y.sqrt(), "relu": lambda y, c: t.relu(y), "softmax": lambda y, c: t.softmax(y, 0), "clone": lambda y, c: y.clone(), "stack": lambda y, c: t.stack([y, y]), "where": lambda y, c: t.where(c > 1.0, y, c), "neg": lambda y, c: -y, "picked": lambda y, c: y[[0, 0]],
    }  # fmt: skip

    def of(way):
        x, c = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([3.0, 4.0])
        y = x * 1.0
        z = way(y, c).sum()
        y.add_(1.0)
        found = outcome(z.backward)
        return found if found != "done" else {"grad": x.grad}

    return each(ways, of)


@script("operations that save their result notice when that is changed")
def result_saved_and_changed(t):
    ways = {
        "exp": lambda y: y.exp(),
        "sigmoid": lambda y: y.sigmoid(),
        "tanh": lambda y: y.tanh(),
        "sqrt": lambda y: y.sqrt(),
        "softmax": lambda y: t.softmax(y, 0),
        "relu": lambda y: t.relu(y),
        "sin": lambda y: y.sin(),
        "y*2": lambda y: y * 2.0,
        "y+1": lambda y: y + 1.0,
        "log": lambda y: y.log(),
        "1/y": lambda y: 1.0 / y,
        "square": lambda y: y**2,
    }

    def of(way):
        x = t.tensor([1.0, 2.0], requires_grad=True)
        z = way(x)
        z.add_(1.0)
        found = outcome(z.sum().backward)
        return found if found != "done" else {"grad": x.grad}

    return each(ways, of)


@script("a constant that was saved is watched too; the operand that was not needed is free to change")
def constants_changed(t):
    x, c, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([3.0, 4.0]), t.tensor([1.0, 2.0], requires_grad=True)
    y = (x * c).sum()
    c.add_(1.0)
    changed = outcome(y.backward)
    z = (w * t.tensor([3.0, 4.0])).sum()
    with t.no_grad():
        w.mul_(100.0)
    z.backward()
    return {"constant": changed, "w.grad": w.grad}


@script("a change after the backward, or before the use, harms nobody")
def changed_at_a_good_time(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    y.add_(1.0)
    z = (y * y).sum()
    z.backward()
    y.mul_(5.0)
    return {"grad": x.grad, "y": y.detach()}


@script("under no_grad versions count as ever: the backward notices")
def changed_under_no_grad(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    with t.no_grad():
        x.add_(1.0)
    version = x._version
    u = x * 1.0
    v = (u * u).sum()
    with t.no_grad():
        u.zero_()
    return {"leaf": outcome(y.backward), "version": version, "result": outcome(v.backward)}


@script("what is detached is watched, what is done to data goes unnoticed, and the gradient is wrong")
def changed_behind_the_back(t):
    x, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([1.0, 2.0], requires_grad=True)
    y, z = (x * x).sum(), (w * w).sum()
    x.detach().zero_()
    w.data.zero_()
    z.backward()
    return {"detached": outcome(y.backward), "data": w.grad}


@script("a view is changed: the whole follows, and so do the gradients")
def view_changed(t):
    ways = {
        "row": lambda y: y[0].mul_(3.0), "column": lambda y: y[:, 1].mul_(3.0), "corner": lambda y: y[0, 1].add_(1.0).mul_(2.0), "T": lambda y: y.T.mul_(t.tensor([[1.0, 2.0], [3.0, 4.0]])), "reshape": lambda y: y.reshape(4)[1:3].mul_(5.0), "chain": lambda y: y.T[0][1:].mul_(7.0), "zeroed": lambda y: y[0].zero_(), "filled": lambda y: y[:, 0].fill_(2.0), "exp": lambda y: y[1].exp_(), "square": lambda y: y[1].pow_(2), "by itself": lambda y: y[0].mul_(y[1]), "twice": lambda y: (y[0].mul_(2.0), y[0].mul_(3.0)), "overlapping": lambda y: (y[0].mul_(2.0), y[:, 0].mul_(3.0)),
    }  # fmt: skip

    def of(way):
        x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        y = x * 1.0
        way(y)
        (y * y).sum().backward()
        return {"y": y.detach(), "grad": x.grad, "version": y._version}

    return each(ways, of)


@script("the whole is changed: views that were made before follow")
def base_changed(t):
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1.0
    view, other = y[0:2], y[1:]
    before = node_name(view.grad_fn) is not None
    y.mul_(3.0)
    other.mul_(2.0)
    (view * t.tensor([1.0, 10.0])).sum().backward()
    return {"view": view.detach(), "other": other.detach(), "grad": x.grad, "before": before, "after": facts(view)}


@script("a view saved by a node notices a change of the whole, and the whole a change of the view")
def views_saved(t):
    def by(change):
        x = t.tensor([1.0, 2.0], requires_grad=True)
        y = x * 1.0
        view = y[0:1]
        z = (view * view).sum() + (y * y).sum()
        change(y, view)
        return outcome(z.backward)

    ways = {
        "base": lambda y, view: y.add_(1.0),
        "view": lambda y, view: view.add_(1.0),
        "other part": lambda y, view: y[1].add_(1.0),
        "clone": lambda y, view: view.clone().add_(1.0),
    }
    return each(ways, by)


@script("a view made where nothing is recorded may not be changed where that would be")
def view_made_under_no_grad(t):
    x, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor(3.0, requires_grad=True)
    y, plain = x * 1.0, t.zeros(2)
    with t.no_grad():
        view, of_leaf, of_plain = y[0:1], x[0:1], plain[0:1]
        flags = [view.requires_grad, of_leaf.requires_grad]
        view.mul_(2.0)
        of_leaf.mul_(2.0)
    return {
        "flags": flags,
        "view": outcome(view.mul_, 2.0),
        "of a leaf": outcome(of_leaf.mul_, 2.0),
        "of a constant": outcome(of_plain.mul_, 2.0),
        "joining": outcome(of_plain.mul_, w),
        "y": y.detach(),
        "x": x.detach(),
    }


@script("a view of a constant brings the whole into the graph")
def view_of_a_constant(t):
    w = t.tensor(3.0, requires_grad=True)
    whole = t.ones(3)
    part = whole[1:]
    part.mul_(w)
    (whole * t.tensor([1.0, 10.0, 100.0])).sum().backward()
    return {"whole": facts(whole), "part": facts(part), "grad": w.grad, "values": whole.detach()}


@script("elements that share memory are not changed")
def expanded(t):
    x = t.tensor([1.0])
    wide = x.expand(3)
    return {"mul_": outcome(wide.mul_, 2.0), "clone": wide.clone().mul_(2.0), "x": x}


@script("in place the shape and the kind stay as they are")
def shape_and_kind_stay(t):
    x, whole = t.tensor([1.0, 2.0]), t.tensor([1, 2], dtype=t.int64)
    less = t.tensor([1.0, 2.0], dtype=t.float32)
    less += t.tensor([0.1, 0.2])
    x.mul_(t.tensor([2], dtype=t.int64))
    return {
        "grown": outcome(x.add_, t.ones(3, 2)), "row": x.add_(t.tensor([1.0])), "float32 stays": less, "whole += 0.5": outcome(whole.add_, 0.5), "whole": whole, "whole += 1": whole.add_(1), "misfit": outcome(x.add_, t.ones(3)),
    }  # fmt: skip


@script("elements are written by keys of every kind: what was there before loses its gradient, the value gets it")
def setitem(t):
    keys = {
        "one": (0, 1),
        "row": 0,
        "column": (slice(None), 0),
        "slice": (slice(1, None), slice(1, None)),
        "all": Ellipsis,
        "places": [1],
        "mask": "mask",
    }

    def of(key):
        x, w = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), t.tensor(5.0, requires_grad=True)
        y = x * 1.0
        y[y > 2.5 if key == "mask" else key] = w * 2.0
        (y * y).sum().backward()
        return {"y": y.detach(), "x": x.grad, "w": w.grad, "version": y._version}

    return each(keys, of)


@script("values are repeated to fill a part, and refused where they do not fit")
def setitem_broadcasts(t):
    x, w = t.zeros(2, 3), t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x[:] = w
    x[1] += w
    (x * x).sum().backward()
    plain = t.zeros(2, 3)
    plain[:, 1] = t.tensor([5.0, 6.0])
    plain[0] = 7
    return {
        "x": x.detach(),
        "grad": w.grad,
        "plain": plain,
        "misfit": outcome(plain.__setitem__, 0, t.ones(2)),
        "out of range": outcome(plain.__setitem__, 5, 1.0),
    }


@script("y[0] += 1 and y[1:] *= 2 go through the view")
def augmented_parts(t):
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1.0
    y[0] += 1.0
    y[1:] *= 2.0
    (y * y).sum().backward()
    z = x * 1.0
    z[2] -= z[0] * x[1]
    return {"y": y.detach(), "grad": x.grad, "a part that was saved": outcome(z.sum().backward)}


@script("rows are exchanged")
def exchanged(t):
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x.clone()
    y[[0, 1]] = y[[1, 0]]
    (y * t.tensor([[1.0, 2.0], [30.0, 40.0]])).sum().backward()
    return {"y": y.detach(), "grad": x.grad}


@script("a total that is added to in a loop")
def running_total(t):
    x = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    total, best = t.zeros(()), t.zeros(3)
    for place in range(3):
        total += x[place] * x[place]
        best[place] = total
    best.sum().backward()
    return {"total": total.detach(), "best": best.detach(), "grad": x.grad, "version": total._version, "facts": facts(total)}


@script("a kept gradient is by what the tensor is now; a hook stays where it was put")
def kept_across_a_change(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0
    seen = []
    y.register_hook(lambda g: seen.append(["before", g.item()]))
    y.retain_grad()
    y.mul_(10.0)
    y.register_hook(lambda g: seen.append(["after", g.item()]))
    (y * 1.0).backward()
    return {"seen": seen, "y.grad": y.grad, "x.grad": x.grad}


@script("changes of gradients: clipping, and scaling")
def gradients_changed(t):
    x = t.tensor([3.0, 4.0], requires_grad=True)
    (x * x).sum().backward()
    size = x.grad.norm()
    x.grad.mul_(1.0 / size)
    clipped = x.grad.clone()
    x.grad.clamp_(max=0.7)
    return {"size": size, "clipped": clipped, "clamped": x.grad}


@script("numbers without axes are changed in place like any other")
def numbers_changed(t):
    x = t.tensor(2.0, requires_grad=True)
    y = x * 3.0
    y += 1.0
    y *= 2.0
    z = t.tensor(1.0)
    z -= 0.5
    w = t.tensor(7.0)
    w.fill_(3.0)
    w.copy_(x)
    (y + w).backward()
    return {"y": y.detach(), "grad": x.grad, "z": z, "versions": [y._version, z._version, w._version]}


@script("memory that is shared with what is detached shows every change")
def memory_shown(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    apart = y.detach()
    y.mul_(2.0)
    number = x.sum() * 1.0
    alone = number.detach()
    number.add_(5.0)
    return {"apart": apart, "alone": alone, "version": [apart._version, alone._version]}


@script("an operand that was made twice: in place on one use leaves the other's clone as it was")
def clone_escapes(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    z = (y.clone() ** 2).sum()
    y.add_(10.0)
    z.backward()
    return {"grad": x.grad}


@script("what is written to a place twice counts once, the last time")
def written_twice(t):
    source = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = t.zeros(3)
    y[[0, 0, 1]] = source
    (y * t.tensor([10.0, 100.0, 1000.0])).sum().backward()
    z = t.zeros(3, requires_grad=True) * 1.0
    places = (t.tensor([0, 0, 1], dtype=t.int64),)
    added = z.index_put_(places, source * 2.0, accumulate=True)
    return {"y": y.detach(), "grad": source.grad, "added": added.detach(), "itself": added is z}


@script("axes of length 1 in front of what is written do not count")
def axes_in_front(t):
    y, source = t.zeros(3), t.ones(1, 2, requires_grad=True)
    y[:2] = source
    (y * 3.0).sum().backward()
    return {"y": y.detach(), "grad": source.grad, "two of them": outcome(y.__setitem__, slice(2), t.ones(2, 2))}


@script("a comparison in place ends the past of a tensor")
def truths_in_place(t):
    x = t.tensor([1.0, -2.0], requires_grad=True)
    y = x * 3.0
    y.gt_(0.0)
    (y * 5.0).sum().backward()
    return {"y": y.detach(), "grad": x.grad}
