"""Modules and parameters in rows and under names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from diffcli.autograd.graph.core import Core
from diffcli.errors import fault
from diffcli.nn.module import Module, indented
from diffcli.nn.parameter import Parameter
from diffcli.operations.array_row import shape_text


class ModuleList(Module):
    """Modules in a row. A Python list would hide them: their parameters would not be found.

    >>> from diffcli import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 3), nn.ReLU()])
    >>> layers
    ModuleList(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _key(self, place: int) -> str:
        count = len(self)
        if not -count <= place < count:
            raise IndexError(f"there is no module {place} in {type(self).__name__}, which has {count}")
        return str(list(self._modules)[place])

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return type(self)(list(self._modules.values())[place])
        return self._modules[self._key(place)]

    def __setitem__(self, place: int, module: Module) -> None:
        self.register_module(self._key(place), module)

    def __delitem__(self, place: int) -> None:
        gone = self._key(place)
        self._replace([module for name, module in self._modules.items() if name != gone])

    def _replace(self, modules: list[Module]) -> None:
        """Have these modules in place of those that are there, counted anew."""
        if wrong := [module for module in modules if not isinstance(module, Module)]:
            raise fault("bad-module", f"a `{type(wrong[0]).__name__}` is no module")
        self._modules.clear()
        self.extend(modules)

    def __contains__(self, module: object) -> bool:
        return any(module is part for part in self)

    def append(self, module: Module) -> Any:
        """Add a module at the end."""
        place = len(self)
        while str(place) in self._modules:  # a name of the user's own
            place += 1
        self.register_module(str(place), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, place: int, module: Module) -> None:
        """Add a module before another one."""
        kept = list(self._modules.values())
        kept.insert(place, module)
        self._replace(kept)


class Sequential(ModuleList):
    """Modules one after the other: each gets the result of the one before.

    They come one by one, or in a dictionary with their names.

    >>> from diffcli import nn
    >>> from diffcli.autograd import ones
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> net(ones(2, 4)).shape
    (2, 1)
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.register_module(name, module)
        else:
            self.extend(modules)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return type(self)(dict(list(self._modules.items())[place]))
        return super().__getitem__(place)


class ModuleDict(Module):
    """Modules under names."""

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __getitem__(self, name: str) -> Any:
        return self._modules[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.register_module(name, module)

    def __delitem__(self, name: str) -> None:
        del self._modules[name]

    def keys(self) -> Iterable[str]:
        return self._modules.keys()  # type: ignore[no-any-return]

    def values(self) -> Iterable[Any]:
        return self._modules.values()  # type: ignore[no-any-return]

    def items(self) -> Iterable[tuple[str, Any]]:
        return self._modules.items()  # type: ignore[no-any-return]

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules under their names."""
        for name, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[name] = module

    def pop(self, name: str) -> Any:
        """Take a module out."""
        return self._modules.pop(name)


def _as_parameter(value: Any) -> Parameter:
    if isinstance(value, Parameter):
        return value
    if isinstance(value, Core):
        return Parameter(value)
    raise fault("bad-module", f"a `{type(value).__name__}` is no tensor", help=["make it with nn.Parameter(...)"])


def _line(name: str, parameter: Parameter) -> str:
    return f"({name}): Parameter of {shape_text(parameter.shape)}, {parameter.dtype}"


class ParameterList(Module):
    """Parameters in a row; a tensor becomes one.

    >>> from diffcli import nn
    >>> from diffcli.autograd import zeros
    >>> weights = nn.ParameterList([zeros(2), zeros(2, 3)])
    >>> [name for name, _ in weights.named_parameters()], len(weights)
    (['0', '1'], 2)
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())

    def __getitem__(self, place: int | slice) -> Any:
        found = list(self._parameters.values())[place]
        return type(self)(found) if isinstance(place, slice) else found

    def __setitem__(self, place: int, value: Any) -> None:
        self.register_parameter(str(range(len(self))[place]), _as_parameter(value))

    def append(self, value: Any) -> ParameterList:
        """Add a parameter at the end."""
        self.register_parameter(str(len(self)), _as_parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add parameters at the end."""
        for value in values:
            self.append(value)
        return self

    def __repr__(self) -> str:
        lines = [_line(name, parameter) for name, parameter in self._parameters.items()]
        return "ParameterList(\n" + "\n".join(map(indented, lines)) + "\n)" if lines else "ParameterList()"

    def _own_text(self, texts: Mapping[int, str]) -> str:
        return repr(self)


class ParameterDict(Module):
    """Parameters under names; a tensor becomes one."""

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(values)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __contains__(self, name: object) -> bool:
        return name in self._parameters

    def __getitem__(self, name: str) -> Any:
        return self._parameters[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.register_parameter(name, _as_parameter(value))

    def __delitem__(self, name: str) -> None:
        del self._parameters[name]

    def keys(self) -> Iterable[str]:
        return self._parameters.keys()  # type: ignore[no-any-return]

    def values(self) -> Iterable[Parameter]:
        return self._parameters.values()  # type: ignore[no-any-return]

    def items(self) -> Iterable[tuple[str, Parameter]]:
        return self._parameters.items()  # type: ignore[no-any-return]

    def update(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add parameters under their names."""
        for name, value in values.items() if isinstance(values, Mapping) else values:
            self[name] = value

    def __repr__(self) -> str:
        lines = [_line(name, parameter) for name, parameter in self._parameters.items()]
        return "ParameterDict(\n" + "\n".join(map(indented, lines)) + "\n)" if lines else "ParameterDict()"

    def _own_text(self, texts: Mapping[int, str]) -> str:
        return repr(self)
