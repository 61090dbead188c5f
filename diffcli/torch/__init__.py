"""PyTorch's names over `diffcli.autograd` and `diffcli.nn`: a script for PyTorch runs with its imports alone changed.

    >>> import diffcli.torch as torch
    >>> import diffcli.torch.nn.functional as F
    >>> x = torch.tensor([3.0, -4.0], device="cpu", requires_grad=True)
    >>> F.relu(x).pow(2).sum().backward()
    >>> x.grad
    tensor([6., 0.])

The table in `diffcli.torch.names` says what each name is. Numbers are float64, whole ones in `tensor` too, unless a ``dtype`` is
given. A name that PyTorch has and diffcli has not is an `AttributeError` that says so.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

from diffcli.errors.foreign_names import missing
from diffcli.torch.names import MODULES, NAMES


def _find(module: str, name: str) -> Any:
    """What a name in one of PyTorch's modules is."""
    whole = f"{module}.{name}"
    try:
        if whole in NAMES or not name.startswith("_"):
            return resolve_name(NAMES.get(whole, f"{MODULES[module]}:{name}"))
    except AttributeError:
        pass
    raise AttributeError(missing(f"{whole} is not here", name, _names(module)))


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
