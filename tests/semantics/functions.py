"""Custom functions: a forward and a backward of one's own."""

from __future__ import annotations

from semantics.record import attempt, each, facts, node_name, outcome, script


def legendre(t):
    """The function of the notes."""

    class LegendrePolynomial(t.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    return LegendrePolynomial


def function(t, forward, backward):
    return type("Made", (t.Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


@script("the Legendre polynomial of the notes: values, gradients, and a second derivative through its backward")
def legendre_polynomial(t):
    x = t.tensor([0.5, -1.0, 2.0], requires_grad=True)
    y = legendre(t).apply(x)
    (g,) = t.grad(y.sum(), x, create_graph=True)
    (h,) = t.grad(g.sum(), x)
    legendre(t).apply(x).sum().backward()
    return {"y": y.detach(), "node": node_name(y.grad_fn), "g": g.detach(), "h": h, "grad": x.grad, **facts(y)}


@script("without an operand that requires a gradient, or under no_grad, nothing is recorded")
def custom_not_recorded(t):
    apply = legendre(t).apply
    w = t.tensor(2.0, requires_grad=True)
    with t.no_grad():
        without = apply(w)
    return {"constant": facts(apply(t.tensor(2.0))), "no_grad": facts(without), "default": facts(apply(w))}


@script("needs_input_grad says which gradients are wanted; None for what has none")
def needs_input_grad(t):
    seen = []

    def forward(ctx, a, b, scale):
        ctx.save_for_backward(a, b)
        ctx.scale = scale
        return a * b * scale

    def backward(ctx, g):
        seen.append(list(ctx.needs_input_grad))
        a, b = ctx.saved_tensors
        return g * b * ctx.scale, g * a * ctx.scale if ctx.needs_input_grad[1] else None, None

    x, c, w = t.tensor(2.0, requires_grad=True), t.tensor(3.0), t.tensor(4.0, requires_grad=True)
    made = function(t, forward, backward)
    made.apply(x, c, 10.0).backward()
    made.apply(x, w, 10.0).backward()
    return {"seen": seen, "x": x.grad, "w": w.grad, "c": c.grad}


@script("None for an operand that requires a gradient: none arrives")
def none_from_a_backward(t):
    made = function(t, lambda ctx, a, b: a * b, lambda ctx, g: (g * 5.0, None))
    x, w = t.tensor(2.0, requires_grad=True), t.tensor(3.0, requires_grad=True)
    made.apply(x, w).backward()
    return {"x": x.grad, "w": w.grad}


@script("several results: those that are not used bring zeros")
def several_results(t):
    seen = []

    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2.0, a * a

    def backward(ctx, g, h):
        (a,) = ctx.saved_tensors
        seen.append([g.tolist(), h.tolist()])
        return g * 2.0 + h * 2.0 * a

    made = function(t, forward, backward)
    x = t.tensor([1.0, 3.0], requires_grad=True)
    double, square = made.apply(x)
    numbers = [number for _, number in (double + square).grad_fn.next_functions]
    (double + square).sum().backward()
    first = x.grad.clone()
    made.apply(x)[1].sum().backward()
    return {"seen": seen, "both": first, "then": x.grad, "numbers": numbers}


@script("a backward that returns too few or too many gradients, or one of another shape, is refused")
def gradients_amiss(t):
    ways = {
        "too few": lambda ctx, g: g,
        "too many": lambda ctx, g: (g, g, g),
        "nones in excess": lambda ctx, g: (g, g, None),
        "shape": lambda ctx, g: (t.ones(3), g),
        "repeated": lambda ctx, g: (t.ones(4, 2), g),
        "one": lambda ctx, g: (t.ones(1), g),
    }

    def of(backward):
        x, w = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([1.0, 2.0], requires_grad=True)
        found = outcome(function(t, lambda ctx, a, b: a + b, backward).apply(x, w).sum().backward)
        return found if found != "done" else {"x": x.grad, "w": w.grad}

    return each(ways, of)


@script("what was saved and has been changed in place since is refused, input and result alike")
def saved_for_backward_and_changed(t):
    def of(kind):
        def forward(ctx, a):
            y = a.exp()
            ctx.save_for_backward(a if kind == "input" else y)
            return y

        def backward(ctx, g):
            (saved,) = ctx.saved_tensors
            return g * (saved.exp() if kind == "input" else saved)

        x = t.tensor([0.5, 1.0], requires_grad=True)
        a = x * 1.0
        y = function(t, forward, backward).apply(a)
        good = t.grad(y.sum(), x, retain_graph=True)[0]
        (a if kind == "input" else y).add_(1.0)
        return {"good": good, "changed": outcome(y.sum().backward)}

    return each({"input": "input", "result": "result"}, of)


@script("saved tensors are freed after a backward, unless the graph is kept")
def saved_for_backward_and_freed(t):
    x = t.tensor(2.0, requires_grad=True)
    y = legendre(t).apply(x)
    y.backward(retain_graph=True)
    y.backward()
    stateless = function(t, lambda ctx, a: a * 2.0, lambda ctx, g: g * 2.0).apply(x)
    stateless.backward()
    return {"again": outcome(y.backward), "saved nothing": outcome(stateless.backward), "grad": x.grad}


@script("a result marked as not differentiable is outside of the graph")
def not_differentiable(t):
    def forward(ctx, a):
        places = (a > 0.0).double()
        ctx.mark_non_differentiable(places)
        ctx.save_for_backward(places)
        return a * places, places

    def backward(ctx, g, of_places):
        (places,) = ctx.saved_tensors
        return g * places

    x = t.tensor([1.0, -2.0], requires_grad=True)
    y, places = function(t, forward, backward).apply(x)
    y.sum().backward()
    return {"y": facts(y), "places": facts(places), "value": places, "grad": x.grad}


@script("forward runs where nothing is recorded; so does backward, unless create_graph asks for it")
def modes_of_a_function(t):
    seen = []

    def forward(ctx, a):
        seen.append(["forward", t.is_grad_enabled()])
        return a * 3.0

    def backward(ctx, g):
        seen.append(["backward", t.is_grad_enabled(), g.requires_grad])
        return g * 3.0

    x = t.tensor(2.0, requires_grad=True)
    made = function(t, forward, backward)
    made.apply(x).backward()
    t.grad(made.apply(x) ** 2, x, create_graph=True)
    return {"seen": seen}


@script("a straight-through estimator, and a gradient reversed")
def made_up_gradients(t):
    through = function(t, lambda ctx, a: t.round(a), lambda ctx, g: g)
    reverse = function(t, lambda ctx, a: a * 1.0, lambda ctx, g: -g)
    x = t.tensor([0.4, 1.6], requires_grad=True)
    (through.apply(x) * t.tensor([1.0, 10.0])).sum().backward()
    first = x.grad.clone()
    reverse.apply(x).sum().backward()
    return {"through": first, "then reversed": x.grad}


@script("errors of a forward or a backward come out as they are, and modes are given back")
def errors_of_functions(t):
    def broken(ctx, *given):
        raise KeyError("broken")

    x = t.tensor(2.0, requires_grad=True)
    y = function(t, lambda ctx, a: a * 2.0, broken).apply(x)
    return {
        "forward": outcome(function(t, broken, broken).apply, x),
        "backward": outcome(y.backward),
        "mode": t.is_grad_enabled(),
        "grad": x.grad,
    }


@script("a function that returns its operand, and one that returns what is no tensor")
def odd_results(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    itself = function(t, lambda ctx, a: a, lambda ctx, g: g * 7.0).apply(x)
    itself.sum().backward()
    mixed = attempt(lambda: function(t, lambda ctx, a: (a * 2.0, "words"), lambda ctx, g, _: g * 2.0).apply(x)[1])
    return {"itself": facts(itself), "grad": x.grad, "is x": itself is x, "mixed": mixed}


@script("hooks and kept gradients on the result of a custom function")
def hooks_on_a_custom_result(t):
    x = t.tensor(2.0, requires_grad=True)
    y = legendre(t).apply(x)
    y.retain_grad()
    y.register_hook(lambda g: g * 2.0)
    (y * 3.0).backward()
    return {"y": y.grad, "x": x.grad}
