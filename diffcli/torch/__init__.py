"""PyTorch's names over `diffcli.autograd` and `diffcli.nn`: a script for PyTorch runs with its imports alone changed.

    >>> import diffcli.torch as torch
    >>> import diffcli.torch.nn.functional as F
    >>> from diffcli.torch import nn
    >>> x = torch.tensor([3.0, -4.0], device="cpu", requires_grad=True)
    >>> y = F.relu(x).pow(2)
    >>> y.grad_fn._saved_exponent
    2.0
    >>> y.sum().backward()
    >>> x.grad
    tensor([6., 0.])

Each name is that of the engine; the table in `diffcli.torch.names` says where it is. Numbers are float64, whole ones in `tensor`
too, unless a ``dtype`` is given. A name that PyTorch has and diffcli has not is an `AttributeError` that says so.
"""

from __future__ import annotations

import sys
from functools import wraps
from importlib.machinery import ModuleSpec
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

from diffcli.autograd import creation
from diffcli.autograd.devices import device as known_device
from diffcli.errors import nearest
from diffcli.torch.names import INSTEAD, MISSING, MODULES, NAMES


def _find(module: str, name: str) -> Any:
    """What a name in one of PyTorch's modules is."""
    whole, near = f"{module}.{name}", ""
    try:
        if whole in NAMES or not name.startswith("_"):
            found = resolve_name(NAMES.get(whole, f"{MODULES[module]}:{name}"))
            return _placed(found) if found is creation.__dict__.get(name) else found
    except AttributeError:
        if name in INSTEAD or name in MISSING.split():
            instead = f": {INSTEAD[name]}" if name in INSTEAD else ""
            raise AttributeError(f"{whole} is a name of PyTorch's that is not here{instead}") from None
        near = "".join(f"; did you mean {one!r}?" for one in nearest(name, _names(module))[:1])
    raise AttributeError(f"{module} has no {name!r}{near}")


def _placed(function: Any) -> Any:
    """What makes tensors, with an argument more: the ``device``, which is the CPU."""

    @wraps(function)
    def made(*given: Any, device: Any = None, **options: Any) -> Any:
        known_device(device or "cpu")
        return function(*given, **options)

    return made if callable(function) else function


def _names(module: str) -> list[str]:
    own = [path.rpartition(".")[2] for path in (*NAMES, *MODULES) if path.rpartition(".")[0] == module]
    home = resolve_name(MODULES[module])
    return sorted({*own, *(dir(home) if "__dir__" in vars(home) else getattr(home, "__all__", dir(home)))})


def _door(path: str) -> ModuleType:
    """One of PyTorch's modules, empty: its names are looked up when they are asked for."""
    made = sys.modules[f"diffcli.{path}"] = ModuleType(f"diffcli.{path}", f"The names of ``{path}``; see `diffcli.torch`.")
    made.__dict__.update(__getattr__=lambda name: _find(path, name), __dir__=lambda: _names(path), __path__=[])
    made.__spec__ = ModuleSpec(made.__name__, None, is_package=True)
    return made


def __getattr__(name: str) -> Any:
    return _find("torch", name)


def __dir__() -> list[str]:
    return _names("torch")


for _path in MODULES:
    if _path != "torch":  # ``import diffcli.torch.nn.functional`` finds them
        setattr(sys.modules[f"diffcli.{_path.rpartition('.')[0]}"], _path.rpartition(".")[2], _door(_path))
