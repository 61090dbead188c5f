"""How the scripts are written, run, and told: outcomes as plain data, errors as the situation that brought them about.

A script is a function of a framework ``t`` (PyTorch, or `diffcli.autograd`) that uses what both have, and returns a record:
names of outcomes and what came out. Records of both are compared; those of PyTorch are kept in ``tests/golden/semantics.json``.
"""

from __future__ import annotations

import inspect
import json
import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Script(NamedTuple):
    """One question of semantics."""

    name: str
    shows: str
    function: Callable[[Any], dict[str, Any]]


SCRIPTS: dict[str, Script] = {}


def script(shows: str) -> Callable[[Callable[[Any], dict[str, Any]]], Callable[[Any], dict[str, Any]]]:
    """Enter a function into the table, by its name."""

    def enter(function: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
        name = function.__name__.replace("_", " ").strip()
        assert name not in SCRIPTS, f"two scripts are called {name!r}"
        SCRIPTS[name] = Script(name, shows, function)
        return function

    return enter


# -- frameworks ------------------------------------------------------------------------------------------------------------


class Framework:
    """A framework with the few things that the two keep in different places under one name."""

    def __init__(self, module: Any, **also: Any) -> None:
        self._module = module
        self.__dict__.update(also)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def pytorch() -> Framework:
    import torch

    return Framework(torch, name="PyTorch", grad=torch.autograd.grad, Function=torch.autograd.Function)


def diffcli() -> Framework:
    import diffcli.autograd as ad

    kinds = {name: name for name in ("float64", "float32", "int64", "bool")}
    return Framework(ad, name="diffcli", nn=_Later("diffcli.nn"), **kinds)


class _Later:
    """A module that is imported when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        from importlib import import_module

        return getattr(import_module(self._name), name)


def run(name: str, framework: Framework) -> dict[str, Any]:
    """The record of a script, as plain data."""
    assert framework.is_grad_enabled(), "an earlier script has left a grad mode behind"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = SCRIPTS[name].function(framework)
    assert framework.is_grad_enabled() and not framework.is_inference_mode_enabled(), f"{name} leaves a grad mode behind"
    return {key: plain(outcome) for key, outcome in record.items()}


# -- what scripts say ------------------------------------------------------------------------------------------------------


def attempt(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What a call returns ("done" for None), or the situation of its error."""
    try:
        found = function(*arguments, **options)
    except Exception as error:
        return f"error: {situation(error)}"
    return "done" if found is None else found


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Whether a call works: "done", or the situation of its error."""
    found = attempt(function, *arguments, **options)
    return found if isinstance(found, str) and found.startswith("error: ") else "done"


def each(ways: dict[str, Any], function: Callable[[Any], Any]) -> dict[str, Any]:
    """What a function returns of each of several things, by their names; or the situation of its error."""
    return {name: attempt(function, way) for name, way in ways.items()}


def node_name(node: Any) -> str | None:
    """The name of a node of the graph, without PyTorch's number for the overload."""
    if node is None:
        return None
    name = getattr(node, "name", None)
    return name if isinstance(name, str) else re.sub(r"\d+$", "", type(node).__name__)


def facts(tensor: Any) -> dict[str, Any]:
    """What a tensor's place in the graph is."""
    return {"leaf": tensor.is_leaf, "requires_grad": tensor.requires_grad, "grad_fn": tensor.grad_fn is not None}


def plain(outcome: Any) -> Any:
    """An outcome as JSON can hold it: tensors as lists, led by their kind where that is not float64."""
    if hasattr(outcome, "grad_fn") and hasattr(outcome, "tolist"):
        kind = str(outcome.dtype).removeprefix("torch.")
        numbers = plain(outcome.tolist())
        return numbers if kind == "float64" else {kind: numbers}
    if isinstance(outcome, float) and not math.isfinite(outcome):
        return repr(outcome)
    if isinstance(outcome, dict):
        return {str(key): plain(own) for key, own in outcome.items()}
    if isinstance(outcome, list | tuple):
        return [plain(own) for own in outcome]
    assert outcome is None or isinstance(outcome, bool | int | float | str), f"a record cannot hold {outcome!r}"
    return outcome


def same(one: Any, other: Any) -> bool:
    """Whether two outcomes are the same: numbers to rounding, -0 and 0 alike."""
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, int | float):
        if isinstance(one, dict) and isinstance(other, dict):
            loose = "float32" in one
            return one.keys() == other.keys() and all(
                _near(one[key], other[key], 1e-5) if loose else same(one[key], other[key]) for key in one
            )
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(same, one, other))
        return type(one) is type(other) and one == other
    return _near(one, other, 1e-11)


def _near(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_near(*pair, tolerance) for pair in zip(one, other, strict=True))
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return type(one) is type(other) and math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


GOLDEN = Path(__file__).parent.parent / "golden" / "semantics.json"


def as_lines(records: dict[str, Any]) -> str:
    """Records as JSON, a script a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(record)}" for name, record in records.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


# -- situations ------------------------------------------------------------------------------------------------------------

PYTORCH_SAYS = [
    ("backward through the graph a second time", "freed-graph"),
    ("after they have already been freed", "freed-graph"),
    ("has been modified by an inplace operation", "changed-in-place"),
    ("a leaf Variable that requires grad", "leaf-in-place"),
    ("A view was created in no_grad mode", "view-in-place"),
    ("Can't detach views in-place", "view-in-place"),
    ("the number of sizes provided", "shape-mismatch"),
    ("A view was created in inference mode", "view-in-place"),
    ("more than one element of the written-to tensor", "shared-elements"),
    ("Inference tensors cannot be saved for backward", "inference-tensor"),
    ("Inplace update to inference tensor", "inference-tensor"),
    ("Inference tensors do not track version counter", "inference-tensor"),
    ("Setting requires_grad=True on inference tensor", "inference-tensor"),
    ("does not require grad and does not have a grad_fn", "no-graph"),
    ("One of the differentiated Tensors does not require grad", "no-graph"),
    ("One of the differentiated Tensors given as 'inputs'", "no-graph"),
    ("cannot register a hook on a tensor that doesn't require", "no-graph"),
    ("can't retain_grad on Tensor that has requires_grad=False", "no-graph"),
    ("grad can be implicitly created only for scalar", "needs-gradient"),
    ("Mismatch in shape: grad_output", "bad-gradient"),
    ("returned an invalid gradient", "bad-function"),
    ("returned an incorrect number of gradients", "bad-function"),
    ("has changed the size of value", "bad-gradient"),
    ("(torch.nn.Parameter or None expected)", "bad-module"),
    ("attempting to assign a gradient of size", "bad-gradient"),
    ("tensors and 1 gradients", "bad-gradient"),
    ("not have been used in the graph", "unused-input"),
    ("cannot be empty", "unused-input"),
    ("can only change requires_grad flags of leaf", "not-a-leaf"),
    ("you can only change requires_grad flags of leaf", "not-a-leaf"),
    ("Can't call numpy() on Tensor that requires grad", "leaves-the-graph"),
    ("floating point", "not-differentiable-kind"),
    ("can require gradients", "not-differentiable-kind"),
    ("a Tensor with 2 elements cannot be converted to Scalar", "needs-one-element"),
    ("Boolean value of Tensor with more than one value", "needs-one-element"),
    ("must match the size of tensor", "shape-mismatch"),
    ("shapes cannot be multiplied", "shape-mismatch"),
    ("is invalid for input of size", "shape-mismatch"),
    ("doesn't match the broadcast shape", "shape-mismatch"),
    ("shape mismatch: value tensor", "shape-mismatch"),
    ("size mismatch, got input", "shape-mismatch"),
    ("must match the existing size", "shape-mismatch"),
    ("can't be cast to the desired output type", "kind-in-place"),
    ("out of bounds", "bad-index"),
    ("is out of range", "bad-index"),
    ("tensors used as indices", "bad-index"),
    ("only integers, slices", "bad-index"),
    ("does not match the shape of the indexed tensor", "bad-index"),
    ("too many indices", "bad-index"),
    ("invalid index of a 0-dim tensor", "bad-index"),
]
"""Words of PyTorch's messages that tell a situation from others, and the code that diffcli has for it."""


def situation(error: Exception) -> str:
    """What brought an error about: diffcli's code for it, for PyTorch's errors too; else the error's type."""
    diagnostics = getattr(error, "diagnostics", None)
    if diagnostics:
        return diagnostics[0].code
    text = str(error)
    if type(error).__module__ == "builtins" and isinstance(error, RuntimeError | IndexError | TypeError | ValueError):
        for words, code in PYTORCH_SAYS:
            if words in text:
                return code
    return type(error).__name__


def shows_something() -> list[str]:
    """The scripts that do not say what they show, or return nothing."""
    return [
        name for name, script in SCRIPTS.items() if len(script.shows) < 10 or "return" not in inspect.getsource(script.function)
    ]
