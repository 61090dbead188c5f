"""How operations of arrays are written in NumPy's spelling, from their shapes and what is fixed in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any

from diffcli.operations.array_row import Fixed
from diffcli.tape.tape import Shape


def nested(part: Any) -> Any:
    return [nested(one) for one in part] if isinstance(part, tuple | list) else int(part)


def key_text(key: Sequence[Any], called: bool = False) -> str:
    """What stands between brackets, or is an argument. Beside arrays of places a number is one too: so torch orders axes as NumPy."""
    texts, beside = list[str](), any(not isinstance(part, int | slice) for part in key)
    for part in key:
        if not isinstance(part, slice):
            texts.append(f"np.asarray({nested([part] if isinstance(part, int) else part)})" if beside else str(part))
        elif called:
            texts.append(str(part))
        else:
            texts.append(re.sub(r"None|:$", "", f"{part.start}:{part.stop}:{1 if part.step is None else part.step}").removesuffix(":1"))
    return f"({', '.join(texts)},)" if called else ", ".join(texts) or "..."


def turned(key: Sequence[Any], shape: Shape) -> tuple[tuple[int, ...], list[Any]]:
    """The axes along which a key steps back, and the key of an array that has been turned round along them."""
    axes, found = list[int](), list[Any]()
    for axis, (part, length) in enumerate(zip(key, shape, strict=False)):
        if isinstance(part, slice) and (part.step or 1) < 0:
            places = range(*part.indices(length))
            axes.append(axis)
            start = length - 1 - places.start
            part = slice(start, start + len(places) * -places.step, -places.step)
        found.append(part)
    return tuple(axes), found


def axis_text(axis: Sequence[int], count: int) -> str:
    """The axes of a reduction as an argument; empty where they are all of so many."""
    return "" if len(axis) == count else f", axis={axis[0] if len(axis) == 1 else tuple(axis)}"


CALLS = {name: f"np.{name}({{0}})" for name in ("diag", "trace")} | {"matmul": "({0} @ {1})", "outer": "np.outer({0}, {1})"}
CALLS |= {"conv1d": "conv1d({0}, {1})", "inv": "inv({0})", "solve": "solve({0}, {1})"}
CALLS |= {"det": "det({0})", "cofactor": "cofactor({0})", "cross_entropy": "cross_entropy({0}, {1})"}
"""What has nothing fixed."""

OF_A_NUMBER = {"norm": "np.abs({0})", "softmax": "np.ones_like({0})", "others": "np.ones_like({0})", "log_softmax": "np.zeros_like({0})"}
OF_A_NUMBER |= {"argmax": "np.zeros_like({0})", "argmin": "np.zeros_like({0})", "centred": "{0} - {0} * {1}", "less_share": "{0} - {1} * {0}"}
"""What goes along axes, of what has none; if it is not itself."""


def array_template(name: str, shapes: Sequence[Shape], shape: Shape, fixed: Fixed, turns: bool) -> str:
    """How an operation of arrays is written, if not as a function of its name. With ``turns``, no slice steps back."""
    own, axis, kept = shapes[0], fixed.get("axis"), fixed.get("keepdims")
    if axis == () and name not in ("concat", "stack"):
        return OF_A_NUMBER.get(name, "{0}")
    if name in ("sum", "mean", "amax", "amin", "prod"):
        if name == "prod" and len(axis) > 1:  # torch takes one at a time
            inner = array_template(name, shapes, shape, {**fixed, "axis": axis[1:]}, turns)
            return array_template(name, shapes, shape, {**fixed, "axis": axis[:1]}, turns).format(inner)
        return f"np.{name}({{0}}{', axis=' + str(axis[0]) if name == 'prod' else axis_text(axis, 0 if kept else len(own))}{', keepdims=True' * bool(kept)})"
    if name in ("argmax", "argmin"):
        return f"float64(np.{name}({{0}}, axis={axis[0]}{', keepdims=True' * bool(kept)}))"
    if name in ("norm", "logsumexp"):
        return f"{name}({{0}}, {axis})" if kept else f"np.reshape({name}({{0}}, {axis}), {shape})"
    if name in ("softmax", "log_softmax", "centred", "less_share"):
        return f"{name}({', '.join([f'{{{k}}}' for k in range(len(shapes))])}, {axis})"
    if name == "cumsum":
        return "np.flip(np.cumsum(np.flip({0}, %s), axis=%s), %s)" % (axis, axis[0], axis) if fixed["backwards"] else f"np.cumsum({{0}}, axis={axis[0]})"
    if name == "others":
        order = [place for place in range(len(own)) if place not in axis] + [*axis]
        if order == [*range(len(own))] and len(axis) == 1:
            return "others({0})"
        moved = tuple(own[place] for place in order)
        flat = (*moved[: len(own) - len(axis)], prod(own[place] for place in axis))
        back = tuple(order.index(place) for place in range(len(own)))
        return f"np.transpose(np.reshape(others(np.reshape(np.transpose({{0}}, {tuple(order)}), {flat})), {moved}), {back})"
    if name in ("concat", "stack"):
        places = "".join([f"{{{k}}}, " for k in range(len(shapes))])
        return f"np.{'concatenate' if name == 'concat' else name}(({places}), axis={axis})"
    if name == "transpose":
        return f"np.transpose({{0}}, {tuple(fixed['axes'] or range(len(own))[::-1])})"
    if name in ("reshape", "broadcast"):
        return f"np.{name}{'_to' * (name == 'broadcast')}({{0}}, {shape})"
    if name == "sum_to":
        ahead = len(own) - len(shape)
        axes = [*range(ahead), *[ahead + place for place, length in enumerate(shape) if length == 1 != own[ahead + place]]]
        text = f"np.sum({{0}}{axis_text(axes, len(own))})" if axes else "{0}"
        return f"np.reshape({text}, {shape})" if len(own) - len(axes) != len(shape) else text
    if name == "one_hot":
        return f"one_hot({{0}}, {fixed['classes']})"
    if name not in ("index", "scatter", "put"):
        return CALLS.get(name, "")
    key, whole = fixed["key"], shape if name == "scatter" else own
    axes, key = turned(key, whole) if turns else ((), key)
    turn = f"np.flip({{}}, {axes})" if axes else "{}"
    if name == "index":
        return f"{turn.format('{0}')}[{key_text(key)}]"
    first = turn.format("{0}") + ", {1}" if name == "put" else "{0}"
    return turn.format(f"{name}({first}, {key_text(key, True)}{f', {shape}' * (name == 'scatter')})")
