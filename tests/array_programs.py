"""Random programs with arrays whose shapes fit: a text, and the shape of what it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from programs import Choices

SHAPES: dict[str, tuple[int, ...]] = {"x": (3,), "y": (3,), "A": (2, 3), "B": (3, 2), "M": (3, 3), "s": (), "r": (1,), "C": (2, 1)}
"""The variables."""

CONSTANTS = {"2": (), "0.5": (), "-1": (), "[1, 2, 3]": (3,), "[0, 1]": (2,), "[[1], [2]]": (2, 1)}
FUNCTIONS = ("-#", "1/#", "#^2", "sin#", "exp#", "tanh#", "abs#", "relu#", "log#", "sqrt#", "sigmoid#", "softplus#", "floor#", "stop_gradient#")
OPERATORS = ("# + #", "# - #", "#*#", "#/#", "max(#, #)", "min(#, #)", "hypot(#, #)")
CHOICES = tuple(f"where(# {sign} {bound}, #, #)" for sign in (">", "<", ">=", "==", "!=") for bound in ("0", "1", "0.5"))
REDUCTIONS = ("sum", "mean", "prod", "max", "min", "norm", "logsumexp")
SLICES = {":": slice(None), "1:": slice(1, None), ":-1": slice(-1), "::-1": slice(None, None, -1), "::2": slice(None, None, 2)}


class Sized(NamedTuple):
    """A text with a shape."""

    text: str
    shape: tuple[int, ...]

    @property
    def inner(self) -> str:
        return f"({self.text})"


def common(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def filled(form: str, parts: Sequence[Sized]) -> str:
    texts = iter(parts)
    return "".join(next(texts).inner if character == "#" else character for character in form)


def expression(choices: Choices, depth: int) -> Sized:
    """A random expression. Where its parts do not fit each other, it is the first of them."""
    if not depth or not choices.number(8):
        table = choices.pick((SHAPES, SHAPES, CONSTANTS))
        text = choices.pick(tuple(table))
        return Sized(text, table[text])
    first = expression(choices, depth - 1)
    made = choices.pick(FORMS)(choices, first, depth - 1)
    return made or first


def applied(choices: Choices, first: Sized, depth: int) -> Sized:
    return Sized(filled(choices.pick(FUNCTIONS), [first]), first.shape)


def combined(choices: Choices, first: Sized, depth: int) -> Sized | None:
    second = expression(choices, depth)
    shape = common([first.shape, second.shape])
    return None if shape is None else Sized(filled(choices.pick(OPERATORS), [first, second]), shape)


def chosen(choices: Choices, first: Sized, depth: int) -> Sized | None:
    parts = [first, expression(choices, depth), expression(choices, depth)]
    shape = common([part.shape for part in parts])
    return None if shape is None else Sized(filled(choices.pick(CHOICES), parts), shape)


def reduced(choices: Choices, first: Sized, depth: int) -> Sized:
    name = choices.pick(REDUCTIONS)
    if not first.shape or choices.number(3) == 0:
        return Sized(f"{name}{first.inner}", ())
    axis, kept = choices.number(len(first.shape)), choices.number(3) == 0
    shape = (*first.shape[:axis], *[1] * kept, *first.shape[axis + 1 :])
    said = axis - len(first.shape) * choices.number(2)
    return Sized(f"{name}({first.text}, axis={said}{', keepdims=1' * kept})", shape)


def along(choices: Choices, first: Sized, depth: int) -> Sized | None:
    name = choices.pick(("softmax", "log_softmax", "cumsum"))
    return Sized(f"{name}({first.text}, axis={choices.number(len(first.shape))})", first.shape) if first.shape else None


def multiplied(choices: Choices, first: Sized, depth: int) -> Sized | None:
    second = expression(choices, depth)
    a, b = first.shape, second.shape
    if not a or not b or max(len(a), len(b)) > 2 or a[-1] != b[-2 if len(b) > 1 else 0]:
        return Sized(f"outer({first.text}, {second.text})", a + b) if len(a) == len(b) == 1 else None
    return Sized(f"{first.inner} @ {second.inner}", a[:-1] + b[1:])


def picked(choices: Choices, first: Sized, depth: int) -> Sized | None:
    key, shape = [], []
    for length in first.shape[: choices.number(len(first.shape)) + 1] if first.shape else ():
        if choices.number(5) < 2:
            key.append(str(choices.number(2 * length) - length))
        else:
            key.append(choices.pick(tuple(SLICES)))
            shape.append(len(range(length)[SLICES[key[-1]]]))
    return Sized(f"{first.inner}[{', '.join(key)}]", (*shape, *first.shape[len(key) :])) if key and 0 not in shape else None


def turned(choices: Choices, first: Sized, depth: int) -> Sized | None:
    """What is about matrices."""
    if len(first.shape) == 1:
        return Sized(f"diag{first.inner}", first.shape * 2)
    if len(first.shape) != 2:
        return None
    if first.shape[0] != first.shape[1] or choices.number(3) == 0:
        return Sized(f"{first.inner}.T", first.shape[::-1])
    name = choices.pick(("det", "inv", "trace", "diag"))
    return Sized(f"{name}{first.inner}", {"det": (), "trace": (), "diag": first.shape[:1]}.get(name, first.shape))


def joined(choices: Choices, first: Sized, depth: int) -> Sized | None:
    second = expression(choices, depth)
    if first.shape != second.shape or not first.shape:
        return None
    if choices.number(2):
        return Sized(f"stack({first.text}, {second.text})", (2, *first.shape))
    return Sized(f"concat({first.text}, {second.text})", (2 * first.shape[0], *first.shape[1:]))


def solved(choices: Choices, first: Sized, depth: int) -> Sized | None:
    """Systems of equations, convolutions, classes, and other shapes."""
    second = expression(choices, depth)
    a, b = first.shape, second.shape
    if len(a) == 2 and a[0] == a[1] and len(b) in (1, 2) and b[0] == a[0]:
        return Sized(f"solve({first.text}, {second.text})", b)
    if len(a) == len(b) == 1 and a[0] >= b[0]:
        return Sized(f"conv1d({first.text}, {second.text})", (a[0] - b[0] + 1,))
    if len(a) == 2 and choices.number(2):
        labels = ", ".join(str(choices.number(a[1])) for _ in range(a[0]))
        return Sized(f"cross_entropy({first.text}, [{labels}])", ())
    return Sized(f"reshape({first.text}, [-1, {a[-1]}])", (math.prod(a[:-1]), a[-1])) if a else None


FORMS: tuple[Any, ...] = (
    applied, applied, combined, combined, chosen, chosen, reduced, reduced, along, multiplied, multiplied, picked, picked, turned,
    joined, solved,
)  # fmt: skip


def program_of(content: bytes) -> str:
    """A program that is a number, from some bytes."""
    found = expression(Choices(content), 4)
    return f"sum({found.text})" if found.shape else found.text


def point_for(names: Sequence[str], kind: str, seed: int) -> dict[str, Any]:
    """A point for some of the variables: anywhere, or where there are zeros and ties."""
    random = np.random.default_rng(seed)
    drawn = {
        "anywhere": lambda shape: random.normal(size=shape),
        "ties": lambda shape: random.integers(-2, 3, size=shape) * 1.0,
        "positive": lambda shape: random.integers(1, 4, size=shape) * 1.0,
        "zeros": lambda shape: random.integers(0, 2, size=shape) * 1.0,
    }[kind]
    return {name: drawn(SHAPES[name]) for name in names}
