"""How operations of arrays are written in NumPy's spelling, from their shapes and what is fixed in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from diffcli.operations.array_row import Fixed
from diffcli.tape.tape import Shape

PLAIN = {name: f"{name}({{0}}, {{axis}})" for name in ("softmax", "log_softmax")} | {
    **{name: f"{name}({{0}}, {{1}}, {{axis}})" for name in ("centred", "less_share")},
    **{name: f"np.{name}({{0}})" for name in ("diag", "trace")}, "matmul": "({0} @ {1})", "outer": "np.outer({0}, {1})",
    "inv": "inv({0})", "solve": "solve({0}, {1})", "reshape": "np.reshape({0}, {shape})",
    "broadcast": "np.broadcast_to({0}, {shape})", "concat": "np.concatenate([{all}], axis={axis})",
    "stack": "np.stack([{all}], axis={axis})", "scatter": "scatter({0}, ({key},), {shape})",
    "index": "{0}[{key}]", "transpose": "np.transpose({0}, {axes})",
}  # fmt: skip
REDUCTIONS = {name: f"np.{name}({{0}}{{along}})" for name in ("sum", "mean", "amax", "amin", "prod")} | {
    name: f"float64(np.{name}({{0}}{{along}}))" for name in ("argmax", "argmin")
}


def array_template(name: str, shapes: Sequence[Shape], shape: Shape, fixed: Fixed, turns: bool) -> str:
    """How an operation of arrays is written; empty if it cannot be said. Slices step back if it ``turns``."""
    own, axis, kept = shapes[0], fixed.get("axis"), bool(fixed.get("keepdims"))
    if axis == ():
        return "{0}" if name in ("sum", "mean", "prod", "amax", "amin", "logsumexp", "cumsum") else ""
    if name in REDUCTIONS:
        if name == "prod" and axis is not None and len(axis) > 1 and (kept or len(axis) < len(own)):
            return ""  # torch takes one axis, or all
        along = f", axis={axis[0] if len(axis) == 1 else axis}" if axis and (kept or len(axis) < len(own)) else ""
        return REDUCTIONS[name].replace("{along}", along + ", keepdims=True" * kept)
    if name in ("norm", "logsumexp"):
        return f"{name}({{0}}, {axis})" if kept else f"np.reshape({name}({{0}}, {axis}), {shape})"
    if name == "cumsum" and axis:
        text = f"np.cumsum({'np.flip({0}, ' + str(axis) + ')' if fixed['backwards'] else '{0}'}, axis={axis[0]})"
        return f"np.flip({text}, {axis})" if fixed["backwards"] else text
    if name == "sum_to":
        ahead = len(own) - len(shape)
        axes = (*range(ahead), *[ahead + place for place, length in enumerate(shape) if length == 1 != own[ahead + place]])
        text = f"np.sum({{0}}{f', axis={axes}' * (len(axes) < len(own))})" if axes else "{0}"
        return text if len(own) - len(axes) == len(shape) else f"np.reshape({text}, {shape})"
    scatters = name == "scatter"
    key = key_text(fixed["key"], shape if scatters else own, turns, scatters) if "key" in fixed else "-"
    given = {"axis": axis, "shape": shape, "key": key, "all": ", ".join([f"{{{place}}}" for place in range(len(shapes))])}
    given["axes"] = tuple(fixed.get("axes") or range(len(own))[::-1])
    text = PLAIN.get(name, "") if key else ""
    for part, value in given.items():
        text = text.replace(f"{{{part}}}", str(value))
    return text


def key_text(key: Sequence[Any], shape: Shape, turns: bool, written: bool = False) -> str:
    """The parts of a key. Beside arrays of places a number is one too, so that torch has the axes in NumPy's order."""
    parts = [*key]
    for place, (part, length) in enumerate(zip(key, shape, strict=False)):
        if isinstance(part, slice) and not turns and (part.step or 1) < 0:
            parts[place] = tuple(range(*part.indices(length)))
    looked_up = [part for part in parts if not isinstance(part, int | slice)]
    if looked_up and parts != [*key] and sum(not isinstance(part, slice) for part in parts) > 1:
        return ""  # places would go together that are each by itself
    texts = [str(part) if isinstance(part, slice) and written else text_of(part, bool(looked_up)) for part in parts]
    return ", ".join(texts) or "..."


def text_of(part: Any, beside: bool) -> str:
    if isinstance(part, slice):
        ends = ":".join(["" if one is None else str(one) for one in (part.start, part.stop)])
        return ends if part.step is None else f"{ends}:{part.step}"
    if isinstance(part, int):
        return f"np.asarray([{part}])" if beside else str(part)
    return f"np.asarray({json.dumps(part)})"
