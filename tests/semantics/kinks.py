"""Gradients at kinks, ties, poles and bounds; and the kinds of numbers that results have."""

from __future__ import annotations

import warnings

from semantics.record import attempt, each, facts, outcome, script

INF = float("inf")


def gradients(t, ways):
    def of(way):
        function, start = way
        x = t.tensor(start, requires_grad=True)
        y = function(x)
        (y if y.ndim == 0 else y.sum()).backward()
        return x.grad

    return each(ways, of)


@script("kinks: where the slopes on both sides differ")
def kinks(t):
    return gradients(t, {
        "relu": (t.relu, [0.0, -1.0, 1.0]), "abs": (abs, [0.0, -2.0]), "sign": (t.sign, [0.0, 1.0]), "leaky by hand": (lambda x: t.where(x > 0, x, 0.1 * x), [0.0, 1.0]), "relu of minus": (lambda x: t.relu(x) - t.relu(-x), [0.0, 2.0]), "abs of square": (lambda x: abs(x * x), [0.0]),
        "norm at 0": (lambda x: x.norm(), [0.0, 0.0]), "sqrt of squares": (lambda x: (x * x).sum().sqrt(), [0.0, 0.0]), "clamp inside": (lambda x: x.clamp(0.0, 1.0), [0.5, -1.0, 2.0]), "clamp": (lambda x: x.clamp(0.0, 1.0), [0.0, 1.0]), "clamp min": (lambda x: x.clamp(min=0.0), [0.0, 1.0]), "hypot at 0": (lambda x: t.hypot(x, x), [0.0, 1.0]),
    })  # fmt: skip


@script("second derivatives at kinks, ties and poles")
def second_at_kinks(t):
    def of(way):
        function, start = way
        x = t.tensor(start, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (g,) = t.grad(function(x).sum(), x, create_graph=True)
            return t.grad(g.sum(), x)[0]

    return each({
        "relu(x)^2": (lambda x: t.relu(x) ** 2, [0.0, 3.0]), "abs(x)^2": (lambda x: abs(x) ** 2, [0.0, -3.0]), "norm(x)^2": (lambda x: x.norm() ** 2, [0.0, 0.0]), "sqrt of squares": (lambda x: (x * x).sum().sqrt() ** 2, [0.0, 0.0]), "maximum(x, -x)^2": (lambda x: t.maximum(x, -x) ** 2, [0.0, 3.0]), "clamp": (lambda x: x.clamp(0.0, 1.0) ** 2, [1.0, 0.5]), "not taken": (lambda x: t.where(x > 1.0, abs(x), x * x), [0.0, 3.0]),
    }, of)  # fmt: skip


@script("ties: who gets the adjoint of a greatest element")
def ties(t):
    def values(found):
        return found.values if hasattr(found, "values") and not callable(getattr(found, "values", None)) else found

    return gradients(t, {
        "maximum": (lambda x: t.maximum(x, t.tensor([2.0, 0.0])), [2.0, 1.0]), "minimum": (lambda x: t.minimum(x, t.tensor([2.0, 0.0])), [2.0, 1.0]), "max": (lambda x: x.max(), [3.0, 3.0, 1.0]), "min": (lambda x: x.min(), [3.0, 1.0, 1.0]), "one": (lambda x: x.max(), [3.0, 2.0]), "along": (lambda x: values(x.max(dim=1)), [[2.0, 2.0], [1.0, 3.0]]), "along min": (lambda x: values(x.min(dim=0)), [[2.0, 2.0], [2.0, 3.0]]),
    })  # fmt: skip


@script("poles, and zeros of powers and products")
def poles(t):
    return gradients(t, {
        "sqrt": (lambda x: x.sqrt(), [0.0, 4.0]), "log": (lambda x: x.log(), [0.0, 2.0]), "1/x": (lambda x: 1.0 / x, [0.0, 2.0]), "x**0": (lambda x: x**0, [0.0, 3.0]), "x**1": (lambda x: x**1, [0.0, 3.0]), "x**2": (lambda x: x**2, [0.0, -3.0]), "x**0.5": (lambda x: x**0.5, [4.0]), "(-2)**3": (lambda x: x**3.0, [-2.0]), "prod": (lambda x: x.prod(), [0.0, 2.0, 3.0]), "prod of two zeros": (lambda x: x.prod(), [0.0, 0.0, 3.0]), "sqrt at one": (lambda x: x.sqrt()[1], [0.0, 4.0]), "where of log": (lambda x: t.where(x > 0.0, t.log(x), x), [0.0, 2.0]), "softmax of much": (lambda x: t.softmax(x, 0)[0], [1000.0, 0.0]), "logsumexp": (lambda x: t.logsumexp(x, 0), [1000.0, 1000.0]), "sigmoid": (t.sigmoid, [800.0, -800.0]), "std of one value": (lambda x: x.std(), [2.0, 2.0]),
    })  # fmt: skip


@script("kinds: a tensor with axes decides over one without, and Python's numbers over none")
def kinds_of_results(t):
    less, more = t.tensor([1.0, 2.0], dtype=t.float32), t.tensor([1.0, 2.0])
    small, large = t.tensor(3.0, dtype=t.float32), t.tensor(3.0)
    whole, truth = t.tensor([1, 2], dtype=t.int64), t.tensor([True, False])
    return {
        name: attempt(lambda way=way: str(way().dtype).removeprefix("torch."))
        for name, way in {
            "float32 + float64": lambda: less + more, "float32 * number64": lambda: less * large, "float64 * number32": lambda: more * small, "number32 + number64": lambda: small + large, "float32 * 2.0": lambda: less * 2.0, "float32 * 2": lambda: less * 2, "float32 + int64": lambda: less + whole, "float64 + bool": lambda: more + truth, "float32 ** 2": lambda: less**2, "float32 > 1": lambda: less > 1.0, "sin float32": lambda: less.sin(), "sum float32": lambda: less.sum(), "matmul float32": lambda: less @ less, "int64 / 2": lambda: whole / 2, "bool & bool": lambda: truth & truth, "where": lambda: t.where(truth, less, less), "cat": lambda: t.cat([less, less]), "int64 indexed": lambda: whole[0], "float": lambda: t.tensor([1.5, 2.0]), "bools": lambda: truth, "ones_like": lambda: t.ones_like(less), "double": lambda: less.double(),
        }.items()
    }  # fmt: skip


@script("arithmetic of whole numbers, and of yes and no")
def whole_numbers(t):
    whole, truth = t.tensor([1, 2, 4], dtype=t.int64), t.tensor([True, True, False])
    return {
        "made of ints": t.tensor([1, 2]),
        "arange": t.arange(3),
        "int64 + int64": whole + whole,
        "int64 * 2": whole * 2,
        "sum": whole.sum(),
        "sum of bool": truth.sum(),
        "max": whole.max(),
        "mean as double": truth.double().mean(),
        "equal": whole == 2,
    }


@script("a gradient in float32 flows through float64, and comes back in float32")
def kinds_of_gradients(t):
    x = t.tensor([1.0, 2.0], dtype=t.float32, requires_grad=True)
    w = t.tensor([0.1, 0.2], requires_grad=True)
    n = t.tensor(3.0, requires_grad=True)
    y = x * w + x * n
    y.sum().backward()
    return {
        "y": y.detach(),
        "x": x.grad,
        "w": w.grad,
        "n": n.grad,
        "another kind given": outcome((x * 2.0).backward, t.tensor([1.0, 2.0])),
        "x then": x.grad,
    }


@script("what is no number, or ragged, is refused")
def no_numbers(t):
    return {
        "text": isinstance(attempt(t.tensor, "words"), str),
        "ragged": isinstance(attempt(t.tensor, [[1.0], [1.0, 2.0]]), str),
        "none": isinstance(attempt(t.tensor, [None]), str),
        "add text": isinstance(attempt(lambda: t.ones(2) + "1"), str),
        "empty": facts(t.tensor([])),
        "empty sum": t.tensor([]).sum(),
    }


@script("accuracy has no gradient: whole numbers and comparisons lead out of the graph; cross entropy has one")
def accuracy(t):
    logits = t.tensor([[2.0, 1.0], [0.5, 1.5], [1.0, 0.0]], requires_grad=True)
    labels = t.tensor([0, 1, 1], dtype=t.int64)
    right = logits.argmax(1) == labels
    accuracy = right.double().mean()
    loss = -t.log_softmax(logits, dim=1)[[0, 1, 2], labels].mean()
    loss.backward()
    return {
        "right": right,
        "accuracy": accuracy,
        **facts(accuracy),
        "backward": outcome(accuracy.backward),
        "loss": loss.item(),
        "grad": logits.grad,
        "infinite": INF,
    }


@script("the largest along an axis, and its place")
def extremes(t):
    x = t.tensor([[1.0, 5.0, 2.0], [7.0, 0.0, 3.0]], requires_grad=True)
    largest, least = x.max(1), x.min(dim=0, keepdim=True)
    (largest[0] * t.tensor([2.0, 3.0])).sum().backward()
    return {
        "values": largest.values.detach(), "places": largest.indices, "least": least.values.detach(), "their places": least[1], "grad": x.grad,
        "of all": x.max().detach(), "place of all": x.argmax(), "place along": x.argmin(dim=1, keepdim=True), "of two": t.max(x, 2.0 * x).detach(),
    }  # fmt: skip


@script("logical operations ask whether numbers are 0")
def truths_of_numbers(t):
    a, b = t.tensor([2.0, 0.0, float("nan"), 0.0]), t.tensor([1.0, 1.0, 0.0, 0.0])
    return {
        "and": t.logical_and(a, b), "or": t.logical_or(a, b), "xor": t.logical_xor(a, b), "not": t.logical_not(a), "in place": a.clone().logical_xor_(b),
        "a contiguous view": t.arange(6.0).reshape(2, 3).transpose(0, 1).contiguous().view(6),
    }  # fmt: skip
