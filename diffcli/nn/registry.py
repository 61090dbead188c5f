"""What is assigned to the attributes of a module, by its kind: parameters, buffers, modules."""

from __future__ import annotations

from typing import Any
from weakref import ref

from diffcli.autograd.graph.core import Core
from diffcli.autograd.tensor import Tensor
from diffcli.errors import fault
from diffcli.nn.parameter import Parameter

STORES = {"parameter": "_parameters", "buffer": "_buffers", "module": "_modules"}
"""Where parts are held, by their kind."""


class Registry:
    """The base of `diffcli.nn.Module`: parts under names, which are read, set and deleted as attributes."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _passing: set[str]
    """The buffers that are no part of the state."""

    def __init__(self) -> None:
        self.__dict__.update(_parameters={}, _buffers={}, _modules={}, _passing=set())

    def __setattr__(self, name: str, value: Any) -> None:
        held = self.__dict__
        if "_modules" not in held:
            if isinstance(value, Parameter | Registry):
                kind = "parameter" if isinstance(value, Parameter) else "module"
                message = f"a {kind} is assigned to {type(self).__name__}.{name} before the module is set up"
                raise fault("bad-module", message, help=["call super().__init__() first in __init__"])
            object.__setattr__(self, name, value)
        elif isinstance(value, Parameter):
            self.register_parameter(name, value)
        elif isinstance(value, Registry):
            self.register_module(name, value)
        elif kind := next((kind for kind, store in STORES.items() if name in held[store]), ""):
            if value is not None and not (kind == "buffer" and isinstance(value, Core)):
                message = f"{type(self).__name__}.{name} is a {kind}, and a `{type(value).__name__}` is none"
                help = ["wrap it: nn.Parameter(...)"] if kind == "parameter" and isinstance(value, Core) else []
                raise fault("bad-module", message, help=[*help, f"or take the {kind} away first: del {name}"])
            held[STORES[kind]][name] = value
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        for known in STORES.values():
            found = self.__dict__.get(known, {})
            if name in found:
                return found[name]
        hint = "; call super().__init__() first in __init__" if "_modules" not in self.__dict__ else ""
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}{hint}")

    def __delattr__(self, name: str) -> None:
        for known in STORES.values():
            if name in self.__dict__.get(known, {}):
                del self.__dict__[known][name]
                self._passing.discard(name)
                return
        object.__delattr__(self, name)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_where"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Of a copy: its parts belong to it."""
        self.__dict__.update(state)
        for held in (self._parameters, self._modules):
            for name, part in held.items():
                if part is not None:
                    part.__dict__["_where"] = (ref(self), name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def _check_name(self, kind: str, name: str) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise fault("bad-module", f"the name of a {kind} is a text without dots, not {name!r}")
        own = type(self)
        if name in self.__dict__ or (hasattr(own, name) and name not in getattr(own, "__annotations__", {})):
            raise fault("bad-module", f"{own.__name__} has an attribute {name!r} that is no {kind}")

    def _register(self, kind: str, name: str, part: Any) -> None:
        """Have a part under a name, which stands for nothing else then."""
        self.__dict__.pop(name, None)
        self._check_name(kind, name)
        for other, store in STORES.items():
            if other != kind:
                self.__dict__[store].pop(name, None)
        self.__dict__[STORES[kind]][name] = part
        if part is not None:
            part.__dict__["_where"] = (ref(self), name)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Add a parameter under a name; None for one that could be there and is not."""
        if parameter is not None and not isinstance(parameter, Parameter):
            message = f"a `{type(parameter).__name__}` is no parameter"
            raise fault("bad-module", message, help=["wrap it: nn.Parameter(...)"])
        if parameter is not None and parameter.grad_fn is not None:
            raise fault("bad-module", f"parameter {name!r} is computed from something: a parameter is a leaf")
        self._register("parameter", name, parameter)

    def register_module(self, name: str, module: Any) -> None:
        """Add a module, or None, under a name."""
        if module is not None and not isinstance(module, Registry):
            raise fault("bad-module", f"a `{type(module).__name__}` is no module")
        self._register("module", name, module)

    add_module = register_module

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the module's state and is not learned, such as a running average."""
        if name in self._parameters or name in self._modules:
            raise fault("bad-module", f"{type(self).__name__} has an attribute {name!r} that is no buffer")
        if name not in self._buffers:
            self._check_name("buffer", name)
        if tensor is not None and not isinstance(tensor, Core):
            raise fault("bad-module", f"a buffer is a tensor or None, not a `{type(tensor).__name__}`")
        self._buffers[name] = tensor
        (self._passing.discard if persistent else self._passing.add)(name)
