"""Rows of the table of array operations on tapes of their own, and random programs with arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from inside import ARRAYS, ArrayOperation, Source, Tape


def default(text: str) -> Any:
    value = text.partition("=")[2]
    return None if value == "none" else int(value)


def row_tape(row: ArrayOperation, point: tuple[Any, ...]) -> tuple[Tape, list[Any]]:
    """A tape with one row, and its operands, from a point of the table."""
    fixed = {text.partition("=")[0]: default(text) for text in row.fixed if "=" in text}
    if isinstance(point[-1], dict):
        *point, given = point  # type: ignore[assignment]
        fixed |= given
    operands = [np.asarray(operand, dtype=float) for operand in point]
    tape = Tape(Source(row.name), [f"a{place}" for place in range(len(operands))])
    tape.shapes = [operand.shape for operand in operands]
    shape = row.shape(tape.shapes, fixed)
    tape.operations, tape.operands = [row.name], [tuple(range(len(operands)))]
    tape.starts.append(0)
    tape.stops.append(len(row.name))
    tape.parameters = {len(operands): fixed}
    tape.shapes = [*tape.shapes, shape]
    tape.output = len(operands)
    return tape, operands


def cases(inner: bool = True) -> list[Any]:
    """Every row at every one of its points."""
    return [
        pytest.param(row, point, id=f"{row.name}-{number}")
        for row in ARRAYS.values()
        for number, point in enumerate(row.points)
        if inner or not row.inner
    ]


PROGRAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "linear layer": ("Y = X @ W; sum(Y*G)", {"X": (2, 3), "W": (3, 2), "G": (2, 2)}),
    "two layers": ("cross_entropy(tanh(X @ W + b) @ V, [0, 2])", {"X": (2, 3), "W": (3, 4), "b": (4,), "V": (4, 3)}),
    "relu layers": ("sum(relu(relu(X @ W) @ V)^2)", {"X": (3, 2), "W": (2, 4), "V": (4, 1)}),
    "least squares": ("r = X @ w - y; r @ r/2", {"X": (4, 2), "w": (2,), "y": (4,)}),
    "ridge": ("norm(X @ w - y) + 0.1*sum(w^2)", {"X": (4, 2), "w": (2,), "y": (4,)}),
    "rosenbrock": ("sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)", {"x": (5,)}),
    "mixture": (
        "z = (reshape(x, [len(x), 1]) - m)/exp(s); -sum(logsumexp(log_softmax(a) - s - z^2/2, axis=1))",
        {"x": (4,), "m": (3,), "s": (3,), "a": (3,)},
    ),
    "attention": ("sum(softmax(Q @ K.T/sqrt(2), axis=1) @ V * R)", {"Q": (3, 2), "K": (3, 2), "V": (3, 2), "R": (3, 2)}),
    "log determinant": ("log(det(A @ A.T + [[2, 0], [0, 2]]))", {"A": (2, 3)}),
    "quadratic form": ("x @ inv(A @ A.T + [[2, 0], [0, 2]]) @ x", {"A": (2, 3), "x": (2,)}),
    "solve": ("sum(solve(A @ A.T + [[2, 0], [0, 2]], x)^2)", {"A": (2, 3), "x": (2,)}),
    "batch norm": ("c = X - mean(X, axis=0); sum(c/sqrt(mean(c^2, axis=0) + 0.1)*G)", {"X": (4, 2), "G": (4, 2)}),
    "convolution": ("sum(tanh(conv1d(x, k))*w)", {"x": (6,), "k": (3,), "w": (4,)}),
    "path": ("sum(cumsum(sin(x))^2)", {"x": (5,)}),
    "products": ("prod(1 + x^2) + sum(prod(W, axis=1))", {"x": (3,), "W": (2, 3)}),
    "largest": ("max(x*y) + sum(max(W, axis=0)) + min(x)", {"x": (3,), "y": (3,), "W": (2, 3)}),
    "choice of elements": ("sum(where(x > 0, log(1 + x^2), x*y))", {"x": (4,), "y": (4,)}),
    "broadcast": ("sum((a + B)*c - B/(2 + d^2))", {"a": (3,), "B": (2, 3), "c": (2, 1), "d": ()}),
    "pieces": ("concat(x, y*2)[1:4] @ stack(x, y)[1, :3]", {"x": (3,), "y": (3,)}),
    "trace": ("trace(A @ B) + sum(diag(A)*diag(x)[0, 0])", {"A": (3, 3), "B": (3, 3), "x": (3,)}),
    "outer": ("sum(outer(x, y)*W) + sum(W.T @ x)", {"x": (2,), "y": (3,), "W": (2, 3)}),
    "hypot": ("sum(hypot(x, y)) + sum(atan2(x, y)) + sum(max(x, y, 0.5))", {"x": (3,), "y": (3,)}),
    "number chooses": ("sum(sqrt(x)) if s > 100 else sum(x^3)*s", {"x": (3,), "s": ()}),
    "functions": ("f(v) = tanh(v)*v; sum(f(x)) + f(s)", {"x": (3,), "s": ()}),
}
"""Programs that are numbers, with the shapes of their variables."""


def point_of(name: str, seed: int = 0) -> dict[str, Any]:
    """A point for a program, the same on every run."""
    random = np.random.default_rng([seed, *name.encode()])
    return {variable: random.normal(size=shape) for variable, shape in PROGRAMS[name][1].items()}
