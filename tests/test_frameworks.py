"""Programs with arrays beside PyTorch and JAX, in double precision: values, gradients, tangents, and second derivatives.

An optional group (``pip install -e '.[test,frameworks]'``): a framework that is not installed skips its tests. Where diffcli
answers otherwise on purpose, the case stands in `ON_PURPOSE`, with the reason.
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pytest
from inside import ARRAY_FUNCTIONS, activity, adjoints, evaluate, gradient_tape, lower, parse, tangents

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
    "places": ("sum(one_hot([2, 0], 3)*A) + argmax(A[0])*A[1, 1] + sum(argmin(A, axis=0)*A[0])", W, "A[0, 2] + A[1, 0] + A[0].argmax()*A[1, 1] + (A.argmin(0)*A[0]).sum()", "A[0, 2] + A[1, 0] + A[0].argmax()*A[1, 1] + (A.argmin(0)*A[0]).sum()"),
    "norms along": ("sum(norm(A, axis=1)^3) + sum(norm(A, axis=0, keepdims=1)*A)", W, "(A.norm(dim=1)**3).sum() + (A.norm(dim=0, keepdim=True)*A).sum()", "(n.linalg.norm(A, axis=1)**3).sum() + (n.linalg.norm(A, axis=0, keepdims=True)*A).sum()"),
    "softmax along": ("sum(softmax(A, axis=0)*A^2) + sum(log_softmax(A)[:, 1])", W, "(t.softmax(A, 0)*A**2).sum() + t.log_softmax(A, 1)[:, 1].sum()", "(j.nn.softmax(A, 0)*A**2).sum() + j.nn.log_softmax(A, 1)[:, 1].sum()"),
    "quadratic form": ("x @ inv(A @ A.T + [[2, 0], [0, 2]]) @ x + log(det(A @ A.T + [[2, 0], [0, 2]]))", {"A": (2, 3), "x": (2,)}, "x @ t.linalg.inv(A @ A.T + 2*t.eye(2, dtype=x.dtype)) @ x + t.logdet(A @ A.T + 2*t.eye(2, dtype=x.dtype))", "x @ n.linalg.inv(A @ A.T + 2*n.eye(2)) @ x + n.linalg.slogdet(A @ A.T + 2*n.eye(2))[1]"),
    "solve of a matrix": ("sum(solve(A, B.T)*B.T)", {"A": (3, 3), "B": (2, 3)}, "(t.linalg.solve(A, B.T)*B.T).sum()", "(n.linalg.solve(A, B.T)*B.T).sum()"),
    "normalised layer": ("c = X - mean(X, axis=0); sum(c/sqrt(mean(c^2, axis=0) + 0.1)*G)", {"X": (4, 2), "G": (4, 2)}, "((X - X.mean(0))/t.sqrt(((X - X.mean(0))**2).mean(0) + 0.1)*G).sum()", "((X - X.mean(0))/n.sqrt(((X - X.mean(0))**2).mean(0) + 0.1)*G).sum()"),
    "mixture": ("-sum(logsumexp(log_softmax(a) - (reshape(x, [4, 1]) - m)^2/2, axis=1))", {"x": (4,), "m": (3,), "a": (3,)}, "-t.logsumexp(t.log_softmax(a, 0) - (x[:, None] - m)**2/2, 1).sum()", "-j.nn.logsumexp(j.nn.log_softmax(a) - (x[:, None] - m)**2/2, 1).sum()"),
    "two layers": ("cross_entropy(tanh(X @ W + b) @ U, [1, 0])", {"X": (2, 3), "W": (3, 4), "b": (4,), "U": (4, 2)}, "t.nn.functional.cross_entropy(t.tanh(X @ W + b) @ U, t.tensor([1, 0]))", "-j.nn.log_softmax(n.tanh(X @ W + b) @ U)[n.array([0, 1]), n.array([1, 0])].mean()"),
    "attention": ("sum(softmax(Q @ K.T, axis=1) @ U)", {"Q": (2, 3), "K": (2, 3), "U": (2, 3)}, "(t.softmax(Q @ K.T, 1) @ U).sum()", "(j.nn.softmax(Q @ K.T, 1) @ U).sum()"),
    "rosenbrock": ("sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", V, "(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2).sum()", "(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2).sum()"),
    "functions": ("sum(gelu(x) + softplus(y)*sigmoid(x) + erf(x*y) + atan2(x, y) + hypot(x, y))", XY, "(t.nn.functional.gelu(x) + t.nn.functional.softplus(y)*t.sigmoid(x) + t.erf(x*y) + t.atan2(x, y) + t.hypot(x, y)).sum()", "(j.nn.gelu(x, approximate=False) + j.nn.softplus(y)*j.nn.sigmoid(x) + j.scipy.special.erf(x*y) + n.arctan2(x, y) + n.hypot(x, y)).sum()"),
}

NAN, INF = float("nan"), float("inf")
ABSENT = "what an element does not depend on meets no infinity (tests/test_array_edges.py, NOT_THERE)"
LEAST = "at a kink the subgradient of least norm (tests/test_conventions.py)"
SHARES = "equal shares at a tie (tests/test_conventions.py)"
SCALED = "a norm whose squares are out of range is that of what is scaled (operations/arithmetic/array_functions.py)"

# text, point, our gradient, PyTorch and what it has, JAX and what it has, why; None: the same as ours
ON_PURPOSE = [
    ("sqrt(x)[1]", [0, 4], [0, 0.25], "t.sqrt(x)[1]", [NAN, 0.25], "n.sqrt(x)[1]", [NAN, 0.25], ABSENT),
    ("sum(where(x > 0, log(x), 0))", [0, 2], [0, 0.5], "t.where(x > 0, t.log(x), 0*x).sum()", [NAN, 0.5], "n.where(x > 0, n.log(x), 0*x).sum()", [NAN, 0.5], ABSENT),
    ("sum(where(x > 0, sqrt(x), 0))", [0, 4], [0, 0.25], "t.where(x > 0, t.sqrt(x), 0*x).sum()", [NAN, 0.25], "n.where(x > 0, n.sqrt(x), 0*x).sum()", [NAN, 0.25], ABSENT),
    ("sum(where(x > 0, cumsum(log(x)), 0))", [1, 0], [1, 0], "t.where(x > 0, t.cumsum(t.log(x), 0), 0*x).sum()", [1, NAN], "n.where(x > 0, n.cumsum(n.log(x)), 0*x).sum()", [1, NAN], ABSENT),
    ("sum(where(x != 0, sin(x)/x, 1))", [0, 1], [0, np.cos(1) - np.sin(1)], "t.where(x != 0, t.sin(x)/x, 1 + 0*x).sum()", [NAN, np.cos(1) - np.sin(1)], "n.where(x != 0, n.sin(x)/x, 1 + 0*x).sum()", [NAN, np.cos(1) - np.sin(1)], ABSENT),
    ("norm(x)", [0, 0], [0, 0], "x.norm()", None, "n.linalg.norm(x)", [NAN, NAN], LEAST),
    ("sum(hypot(x, x))", [0, 3], [0, 2**0.5], "t.hypot(x, x).sum()", [NAN, 2**0.5], "n.hypot(x, x).sum()", [1, 2**0.5], LEAST),
    ("sum(abs(x))", [0, -3], [0, -1], "t.abs(x).sum()", None, "n.abs(x).sum()", [1, -1], LEAST),
    ("sum(relu(x))", [0, 3], [0, 1], "t.relu(x).sum()", None, "j.nn.relu(x).sum()", None, LEAST),
    ("sum(clip(x, 0, 1))", [0, 1], [0, 0], "t.clamp(x, 0, 1).sum()", [1, 1], "n.clip(x, 0, 1).sum()", [0.5, 0.5], LEAST),
    ("sum(max(x, 2))", [2, 1], [0.5, 0], "t.maximum(x, 0*x + 2).sum()", None, "n.maximum(x, 2.0).sum()", None, SHARES),
    ("max(x)", [2, 2, 1], [0.5, 0.5, 0], "x.max()", None, "n.max(x)", None, SHARES),
    ("sum(max(outer([1, 1], x), axis=1))", [2, 2], [1, 1], "t.outer(t.ones(2, dtype=x.dtype), x).max(1).values.sum()", [2, 0], "n.outer(n.ones(2), x).max(1).sum()", None, SHARES),
    ("prod(x)", [0, 2, 3], [6, 0, 0], "x.prod()", None, "n.prod(x)", None, "the product of the others, which divides by nothing"),
    ("det(outer(x, x))", [1, 2], [0, 0], "t.det(t.outer(x, x))", None, "n.linalg.det(n.outer(x, x))", None, "cofactors, which a singular matrix has too"),
    ("norm(x)", [3e200, 4e200], [0.6, 0.8], "x.norm()", [0, 0], "n.linalg.norm(x)", [0, 0], SCALED),
    ("norm(x)", [3e-200, 4e-200], [0.6, 0.8], "x.norm()", [0, 0], "n.linalg.norm(x)", [INF, INF], SCALED),
    ("sum(sqrt(x))", [0, 4], [INF, 0.25], "t.sqrt(x).sum()", None, "n.sqrt(x).sum()", None, "a pole is infinite, and told (tests/test_conventions.py)"),
    ("sum(x^0)", [0, 3], [0, 0], "(x**0).sum()", None, "(x**0.0).sum()", [NAN, 0], "a power of 0 is flat (tests/test_conventions.py)"),
    ("sum(sinc(x))", [0, 1], [0, -1], "t.sinc(x).sum()", None, "n.sinc(x).sum()", None, "smooth at 0"),
]  # fmt: skip


def ours(name):
    """Value, gradient, tangent, and Hessian times a direction; and the point and the direction."""
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
    tangent = tangents(tape, values, list(along.values()))[tape.output]
    return float(values[tape.output]), bars[: tape.first_row], tangent, second, point, along


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

        value, gradient, tangent, second, point, along = ours(name)
        names = {variable: t.tensor(number, dtype=t.float64, requires_grad=True) for variable, number in point.items()}
        result = eval(CASES[name][2], {"t": t, **names})
        found = t.autograd.grad(result, list(names.values()), create_graph=True, allow_unused=True)
        total = sum((bar * t.tensor(along[variable])).sum() for variable, bar in zip(names, found, strict=True) if bar is not None)
        moved = t.autograd.grad(total, list(names.values()), allow_unused=True) if total.requires_grad else [None] * len(names)
    close([value], [result.item()], 1e-12)
    close([tangent], [0.0 if total is None else total.item()])
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
        value, gradient, tangent, second, point, along = ours(name)

        def function(*arguments):
            return eval(CASES[name][3], {"j": j, "n": n, **dict(zip(point, arguments, strict=True))})

        at, direction = tuple(map(n.asarray, point.values())), tuple(map(n.asarray, along.values()))
        slots = tuple(range(len(at)))
        expected, bars = j.value_and_grad(function, argnums=slots)(*at)
        moved = j.jvp(j.grad(function, argnums=slots), at, direction)[1]
        onward = j.jvp(function, at, direction)[1]
    close([value], [float(expected)], 1e-12)
    close([tangent], [onward])
    close(gradient, bars)
    close(second, moved)


def test_every_operation_on_arrays_stands_beside_them():
    used = {operation for text, *_ in CASES.values() for operation in parse(text).operations}
    assert set(ARRAY_FUNCTIONS.values()) - {"len", "shape", "broadcast"} <= used


@pytest.mark.parametrize("case", ON_PURPOSE, ids=lambda case: f"{case[0]} at {case[1]}")
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_what_we_answer(case, mode):
    import diffcli

    text, at, right = case[:3]
    found = diffcli.grad(text, {"x": np.array(at, dtype=float)}, mode=mode).gradient["x"]
    assert np.allclose(found, right, rtol=1e-14, atol=1e-300), case[-1]


@needs_torch
@pytest.mark.parametrize("case", ON_PURPOSE, ids=lambda case: f"{case[0]} at {case[1]}")
def test_what_pytorch_answers(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch as t

        x = t.tensor(case[1], dtype=t.float64, requires_grad=True)
        (found,) = t.autograd.grad(eval(case[3], {"t": t, "x": x}), [x])
    assert np.allclose(found.numpy(), case[4] or case[2], rtol=1e-12, equal_nan=True), "PyTorch has changed its mind: tell the table"


@needs_jax
@pytest.mark.parametrize("case", ON_PURPOSE, ids=lambda case: f"{case[0]} at {case[1]}")
def test_what_jax_answers(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jax as j
        import jax.numpy as n

        j.config.update("jax_enable_x64", True)
        found = j.grad(lambda x: eval(case[5], {"j": j, "n": n, "x": x}))(n.array(case[1], dtype=float))
    assert np.allclose(found, case[6] or case[2], rtol=1e-12, equal_nan=True), "JAX has changed its mind: tell the table"
