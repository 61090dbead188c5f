"""Where diffcli.autograd answers otherwise than PyTorch on purpose: what it answers, and why.

A literal table. What PyTorch answers stands in ``tests/golden/semantics.json``; if the two agree one day, the tests ask
for the line to be taken out.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

NAN = "nan"

OPERAND = "the rule of the table reads the operand, where PyTorch's reads the result"
RESULT = "the rule of the table reads the result, where PyTorch's reads the operand"
COPIED = "a change in place keeps a copy of what it overwrites and needs itself: the gradient is right instead of refused"
LEAST = "at a kink the subgradient of least norm (tests/test_conventions.py)"
SHARES = "equal shares at a tie, along an axis as everywhere else (tests/test_conventions.py)"
ABSENT = "what an element does not depend on meets no infinity (tests/test_array_edges.py)"
WHOLE = "arithmetic is in floating point: whole numbers, and yes and no, are to pick with"
KEYS = "a key is no tensor that is saved for the backward, so there is nothing to free"
SAYS_SO = "the mode is told as it is: nothing is recorded"
TASKS = "the mode belongs to the task, not to the thread"
FIRST = "a change that is refused is refused before anything is written"
SHOWN = "what shows the memory of a tensor made in inference mode is no more changed outside than that is"
VIEWS = "what is made under no_grad requires no gradient, views too"
STUMBLE = "PyTorch stumbles over its own message about the shapes"
UNDEFINED = "a value that is undefined is NaN, and so is its slope"

NO_SECOND = "a rule for the slope at a kink tells nothing of the second derivative: NaN and a warning (tests/test_double_backward.py)"
AGREED = "the second derivatives on all sides of the kink agree (tests/test_double_backward.py)"
HANDED_ON = "None would say that no gradient has arrived; it has, and was handed on: retain_grad() keeps it"
UNSEEN = "what is done to the array changes what a graph may have saved, under no_grad too, and no version tells of it"
LAST = "what is overwritten does not reach the result, so its gradient is 0"

ON_PURPOSE: dict[str, dict[str, tuple[Any, str]]] = {
    "second time": {"x[[0]]": ("done", KEYS), "x[mask]": ("done", KEYS)},
    "several outputs": {"shape": ("error: bad-gradient", STUMBLE)},
    "result changed": {"mul_ y": ({"y": [9.0, 4.0], "grad": [12.0, -80.0], "leaf": False, "version": 1}, COPIED)},
    "view changed": {"by itself": ({"y": [[3.0, 8.0], [3.0, 4.0]], "grad": [[18.0, 64.0], [12.0, 40.0]], "version": 1}, COPIED)},
    "saved and changed": dict.fromkeys(("1/y", "sigmoid", "tanh", "relu"), ("error: changed-in-place", OPERAND)),
    "result saved and changed": {
        "sigmoid": ({"grad": [0.19661193324148185, 0.10499358540350649]}, OPERAND),
        "tanh": ({"grad": [0.41997434161402614, 0.07065082485316448]}, OPERAND),
        "relu": ({"grad": [1.0, 1.0]}, OPERAND),
        "1/y": ("error: changed-in-place", RESULT),
    },
    "view made under no grad": {
        "flags / 0": (False, VIEWS),
        "flags / 1": (False, VIEWS),
        "of a leaf": ("error: leaf-in-place", "that it shows a leaf is the nearer reason"),
    },
    "no grad": {"view / requires_grad": (False, VIEWS)},
    "kinks": {
        "clamp": ([0.0, 0.0], LEAST),
        "clamp min": ([0.0, 1.0], LEAST),
        "hypot at 0": ([0.0, 2**0.5], LEAST),
    },
    "second at kinks": {
        "relu(x)^2": ([NAN, 2.0], NO_SECOND),
        "abs(x)^2": ([2.0, 2.0], AGREED),
        "norm(x)^2": ([2.0, 2.0], AGREED),
        "maximum(x, -x)^2": ([2.0, 2.0], AGREED),
        "clamp": ([NAN, 2.0], NO_SECOND),
    },
    "ties": {"along": ([[0.5, 0.5], [0.0, 1.0]], SHARES), "along min": ([[0.5, 1.0], [0.5, 0.0]], SHARES)},
    "poles": {
        "1/x": ([NAN, -0.25], UNDEFINED),
        "sqrt at one": ([0.0, 0.25], ABSENT),
        "where of log": ([1.0, 0.5], ABSENT),
    },
    "whole numbers": {
        "made of ints": ([1.0, 2.0], "numbers are given to be differentiated by; dtype='int64' keeps them"),
        "arange": ([0.0, 1.0, 2.0], "numbers are made to be differentiated by; dtype='int64' makes whole ones"),
        "int64 + int64": ([2.0, 4.0, 8.0], WHOLE),
        "int64 * 2": ([2.0, 4.0, 8.0], WHOLE),
        "sum": (7.0, WHOLE),
        "sum of bool": (2.0, WHOLE),
        "max": (4.0, WHOLE),
    },
    "what is not kept": {
        "before": ("error: not-a-leaf", HANDED_ON),
        "after": ("error: not-a-leaf", HANDED_ON),
        "under no_grad": ("error: leaves-the-graph", UNSEEN),
    },
    "written twice": {"grad": ([0.0, 10.0, 100.0], LAST)},
    "enable grad in inference": {"mode / 0": (False, SAYS_SO)},
    "tasks": {"beside it": (True, TASKS), "and then": (True, TASKS)},
    "inference tensors used": {"c / w": ({"grad": [-2.0, -0.75], "inference": False}, RESULT)},
    "inference tensors changed": {"c": ([70.0, 30.0], FIRST)},
    "inference escapes": {
        "version": (0, "a new tensor has not been changed yet"),
        "apart changed": ("error: inference-tensor", SHOWN),
    },
}
"""Script, place in its record (``key / key``), and there: our answer, and the reason."""


def changed(record: dict[str, Any], script: str, table: dict[str, dict[str, tuple[Any, str]]] = ON_PURPOSE) -> dict[str, Any]:
    """PyTorch's record of a script, with our answers where they are others on purpose."""
    record = deepcopy(record)
    for place, (ours, _) in table.get(script, {}).items():
        *above, last = place.split(" / ") if place not in record else [place]
        part: Any = record
        for key in above:
            part = part[key]
        part[int(last) if isinstance(part, list) else last] = ours
    return record
