"""Programs with arrays beside PyTorch and JAX, in double precision: values, gradients, and second derivatives.

An optional group: a framework that is not installed skips its tests. Where diffcli answers otherwise on purpose, the case
stands in `ON_PURPOSE`, with the reason.
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pytest

from diffcli.language import parse
from diffcli.methods.forward import tangents
from diffcli.methods.reverse import activity, adjoints
from diffcli.methods.transform import gradient_tape
from diffcli.tape import evaluate, lower

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")

V, W, M = {"x": (4,)}, {"A": (2, 3)}, {"A": (3, 3)}
XY = {"x": (3,), "y": (3,)}

# text, shapes, the same for PyTorch (t) and for JAX (n is jax.numpy, j is jax)
CASES: dict[str, tuple[str, dict[str, tuple[int, ...]], str, str]] = {
    "sum": ("sum(sin(A), axis=0) @ [1, 2, 3]", W, "t.sin(A).sum(0) @ t.tensor([1., 2, 3], dtype=A.dtype)", "n.sin(A).sum(0) @ n.array([1., 2, 3])"),
    "mean": ("mean(A^2, axis=1) @ [1, -2]", W, "(A**2).mean(1) @ t.tensor([1., -2], dtype=A.dtype)", "(A**2).mean(1) @ n.array([1., -2])"),
    "prod": ("prod(x)", V, "x.prod()", "n.prod(x)"),
    "prod along": ("sum(prod(A, axis=0)^2)", W, "(A.prod(0)**2).sum()", "(n.prod(A, 0)**2).sum()"),
    "max": ("max(A)*sum(max(A, axis=1))", W, "A.max()*A.max(1).values.sum()", "A.max()*A.max(1).sum()"),
    "min": ("sum(min(A, axis=0)^3)", W, "(A.min(0).values**3).sum()", "(A.min(0)**3).sum()"),
    "norm": ("norm(x)*x[0] + sum(norm(x*x))", V, "x.norm()*x[0] + (x*x).norm()", "n.linalg.norm(x)*x[0] + n.linalg.norm(x*x)"),
    "logsumexp": ("logsumexp(3*x) + sum(logsumexp(outer(x, x), axis=1))", V, "t.logsumexp(3*x, 0) + t.logsumexp(t.outer(x, x), 1).sum()", "j.nn.logsumexp(3*x) + j.nn.logsumexp(n.outer(x, x), 1).sum()"),
    "softmax": ("softmax(x) @ (x^2)", V, "t.softmax(x, 0) @ x**2", "j.nn.softmax(x) @ x**2"),
    "log_softmax": ("log_softmax(A, axis=0)[1, 2]", W, "t.log_softmax(A, 0)[1, 2]", "j.nn.log_softmax(A, 0)[1, 2]"),
    "cumsum": ("cumsum(x)^2 @ [1, 2, 3, 4]", V, "t.cumsum(x, 0)**2 @ t.tensor([1., 2, 3, 4], dtype=x.dtype)", "n.cumsum(x)**2 @ n.array([1., 2, 3, 4])"),
    "matmul": ("sum(tanh(A @ A.T @ A))", W, "t.tanh(A @ A.T @ A).sum()", "n.tanh(A @ A.T @ A).sum()"),
    "vectors": ("(x @ y)*(y @ y) + sum(outer(x, y)^2)", XY, "(x @ y)*(y @ y) + (t.outer(x, y)**2).sum()", "(x @ y)*(y @ y) + (n.outer(x, y)**2).sum()"),
    "det": ("det(A)", M, "t.det(A)", "n.linalg.det(A)"),
    "inv": ("sum(inv(A)*A.T)", M, "(t.linalg.inv(A)*A.T).sum()", "(n.linalg.inv(A)*A.T).sum()"),
    "solve": ("sum(solve(A, x)^2)", {"A": (3, 3), "x": (3,)}, "(t.linalg.solve(A, x)**2).sum()", "(n.linalg.solve(A, x)**2).sum()"),
    "trace and diag": ("trace(A @ A)*sum(diag(A)^2) + sum(diag(A[0]) @ A)", M, "t.trace(A @ A)*(t.diag(A)**2).sum() + (t.diag(A[0]) @ A).sum()", "n.trace(A @ A)*(n.diag(A)**2).sum() + (n.diag(A[0]) @ A).sum()"),
    "cross_entropy": ("cross_entropy(A^2, [2, 0])", W, "t.nn.functional.cross_entropy(A**2, t.tensor([2, 0]))", "-j.nn.log_softmax(A**2)[n.array([0, 1]), n.array([2, 0])].mean()"),
    "pieces": ("concat(x[1:], x[::-1]^2) @ concat(x, [1, 2, 3])", V, "t.cat([x[1:], x.flip(0)**2]) @ t.cat([x, t.tensor([1., 2, 3], dtype=x.dtype)])", "n.concatenate([x[1:], x[::-1]**2]) @ n.concatenate([x, n.array([1., 2, 3])])"),
    "shapes": ("sum(reshape(stack(x, y), [3, 2]) @ reshape(x*y, [1, 3])[0, :2])", XY, "(t.stack([x, y]).reshape(3, 2) @ (x*y).reshape(1, 3)[0, :2]).sum()", "(n.stack([x, y]).reshape(3, 2) @ (x*y).reshape(1, 3)[0, :2]).sum()"),
    "broadcast": ("sum((A + x)*exp(A[:, :1]))", {"A": (2, 3), "x": (3,)}, "((A + x)*t.exp(A[:, :1])).sum()", "((A + x)*n.exp(A[:, :1])).sum()"),
    "where": ("sum(where(x > 0, x^3, exp(x)))", V, "t.where(x > 0, x**3, t.exp(x)).sum()", "n.where(x > 0, x**3, n.exp(x)).sum()"),
    "convolution": ("sum(conv1d(x, [1, -2, 0.5]*x[0])^2)", V, "(t.nn.functional.conv1d(x[None, None], (t.tensor([1., -2, .5], dtype=x.dtype)*x[0])[None, None])**2).sum()", "(n.convolve(x, (n.array([1., -2, .5])*x[0])[::-1], 'valid')**2).sum()"),
    "two layers": ("cross_entropy(tanh(X @ W + b) @ U, [1, 0])", {"X": (2, 3), "W": (3, 4), "b": (4,), "U": (4, 2)}, "t.nn.functional.cross_entropy(t.tanh(X @ W + b) @ U, t.tensor([1, 0]))", "-j.nn.log_softmax(n.tanh(X @ W + b) @ U)[n.array([0, 1]), n.array([1, 0])].mean()"),
    "attention": ("sum(softmax(Q @ K.T, axis=1) @ U)", {"Q": (2, 3), "K": (2, 3), "U": (2, 3)}, "(t.softmax(Q @ K.T, 1) @ U).sum()", "(j.nn.softmax(Q @ K.T, 1) @ U).sum()"),
    "rosenbrock": ("sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", V, "(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2).sum()", "(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2).sum()"),
    "functions": ("sum(gelu(x) + softplus(y)*sigmoid(x) + erf(x*y) + atan2(x, y) + hypot(x, y))", XY, "(t.nn.functional.gelu(x) + t.nn.functional.softplus(y)*t.sigmoid(x) + t.erf(x*y) + t.atan2(x, y) + t.hypot(x, y)).sum()", "(j.nn.gelu(x, approximate=False) + j.nn.softplus(y)*j.nn.sigmoid(x) + j.scipy.special.erf(x*y) + n.arctan2(x, y) + n.hypot(x, y)).sum()"),
}

# text, point, our gradient, and what the framework has: NaN through what is not taken, or another convention
ON_PURPOSE = [
    ("sum(where(x > 0, log(x), 0))", [0.0, 2.0], [0.0, 0.5], "t.where(x > 0, t.log(x), t.zeros_like(x)).sum()", [float("nan"), 0.5], "a branch that is not taken is no dependence"),
    ("sum(where(x > 0, sqrt(x), 0))", [0.0, 4.0], [0.0, 0.25], "t.where(x > 0, t.sqrt(x), t.zeros_like(x)).sum()", [float("nan"), 0.25], "a branch that is not taken is no dependence"),
    ("sum(clip(x, 0, 1))", [0.0, 1.0], [0.0, 0.0], "t.clamp(x, t.zeros_like(x), t.ones_like(x)).sum()", None, "at a bound the slope of least norm"),
    ("min(x)*max(x)", [2.0, 2.0], [2.0, 2.0], "x.min()*x.max()", [2.0, 2.0], "equal shares at a tie: here both agree"),
    ("sum(sinc(x))", [0.0, 1.0], [0.0, -1.0], "t.sinc(x).sum()", [0.0, -1.0], "here both agree"),
]


def ours(name):
    """Value, gradient, and Hessian times a direction; and the point and the direction."""
    text, shapes, *_ = CASES[name]
    random = np.random.default_rng([1, *name.encode()])
    tape = lower(parse(text), shapes=shapes)
    point = {variable: random.normal(size=shapes[variable]) for variable in tape.inputs}
    along = {variable: random.normal(size=shapes[variable]) for variable in tape.inputs}
    values = evaluate(tape, list(point.values()))
    bars = adjoints(tape, values, activity(tape))
    derived = gradient_tape(tape, list(range(tape.first_row)))
    moved = tangents(derived, evaluate(derived, list(point.values())), list(along.values()))
    second = [np.zeros(shapes[variable]) if moved[slot] is None else moved[slot] for variable, slot in zip(tape.inputs, derived.outputs[1:], strict=True)]
    return float(values[tape.output]), bars[: tape.first_row], second, point, along


def close(found, expected, tolerance=1e-9):
    for one, other in zip(found, expected, strict=True):
        other = np.asarray(other)
        assert np.allclose(one, other, rtol=tolerance, atol=tolerance * max(1.0, float(np.max(np.abs(other))))), (one, other)


@needs_torch
@pytest.mark.parametrize("name", CASES)
def test_beside_pytorch(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch as t

        value, gradient, second, point, along = ours(name)
        names = {variable: t.tensor(number, dtype=t.float64, requires_grad=True) for variable, number in point.items()}
        result = eval(CASES[name][2], {"t": t, **names})
        found = t.autograd.grad(result, list(names.values()), create_graph=True, allow_unused=True)
        total = sum((bar * t.tensor(along[variable])).sum() for variable, bar in zip(names, found, strict=True) if bar is not None)
        moved = t.autograd.grad(total, list(names.values()), allow_unused=True)
    close([value], [result.item()], 1e-12)
    close(gradient, [bar.detach().numpy() for bar in found])
    close(second, [np.zeros_like(point[variable]) if bar is None else bar.numpy() for variable, bar in zip(names, moved, strict=True)])


@needs_jax
@pytest.mark.parametrize("name", CASES)
def test_beside_jax(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jax as j
        import jax.numpy as n

        j.config.update("jax_enable_x64", True)
        value, gradient, second, point, along = ours(name)

        def function(*arguments):
            return eval(CASES[name][3], {"j": j, "n": n, **dict(zip(point, arguments, strict=True))})

        at, direction = tuple(map(n.asarray, point.values())), tuple(map(n.asarray, along.values()))
        slots = tuple(range(len(at)))
        expected, bars = j.value_and_grad(function, argnums=slots)(*at)
        moved = j.jvp(j.grad(function, argnums=slots), at, direction)[1]
    close([value], [float(expected)], 1e-12)
    close(gradient, bars)
    close(second, moved)


@pytest.mark.parametrize("case", ON_PURPOSE, ids=lambda case: case[0])
@needs_torch
def test_where_we_answer_otherwise_on_purpose(case):
    import diffcli

    text, at, right, theirs, known, reason = case
    assert np.array_equal(diffcli.grad(text, {"x": at}).gradient["x"], right), reason
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch as t

        x = t.tensor(at, dtype=t.float64, requires_grad=True)
        (found,) = t.autograd.grad(eval(theirs, {"t": t, "x": x}), [x])
    if known is not None:
        assert np.allclose(found.numpy(), known, equal_nan=True), "PyTorch has changed its mind: the table is to be told"
