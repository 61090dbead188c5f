"""Modules and parameters in rows and under names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from diffcli.autograd.graph.core import Core
from diffcli.errors import AutogradError, fault
from diffcli.nn.module import Module
from diffcli.nn.parameter import Parameter
from diffcli.operations.array_row import shape_text


class _Holder(Module):
    """What holds parts of one kind."""

    _kind = "module"

    @property
    def _parts(self) -> dict[str, Any]:
        return self.__dict__[f"_{self._kind}s"]  # type: ignore[no-any-return]

    def _put(self, name: str, part: Any) -> None:
        if self._kind == "module":
            self.register_module(name, part)
            return
        if not isinstance(part, Core):
            raise fault("bad-module", f"a `{type(part).__name__}` is no tensor", help=["make it with nn.Parameter(...)"])
        self.register_parameter(name, part if isinstance(part, Parameter) else Parameter(part))

    def __len__(self) -> int:
        return len(self._parts)

    def _part_lines(self, texts: Mapping[int, str]) -> list[str]:
        if self._kind == "module" or not self._parts:
            return super()._part_lines(texts)
        return [f"({name}): Parameter of {shape_text(one.shape)}, {one.dtype}" for name, one in self._parts.items()]


class _Row(_Holder):
    """Parts in a row, counted from 0."""

    def __init__(self, parts: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(parts)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts.values())

    def __contains__(self, part: object) -> bool:
        return any(part is one for one in self)

    def _key(self, place: int) -> str:
        count = len(self)
        if not -count <= place < count:
            raise IndexError(f"there is no {self._kind} {place} in {type(self).__name__}, which has {count}")
        return list(self._parts)[place]

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return type(self)(list(self)[place])
        return self._parts[self._key(place)]

    def __setitem__(self, place: int, part: Any) -> None:
        self._put(self._key(place), part)

    def __delitem__(self, place: int) -> None:
        gone = self._key(place)
        self._replace([part for name, part in self._parts.items() if name != gone])

    def _replace(self, parts: list[Any]) -> None:
        """Have these parts in place of those that are there, counted anew."""
        held = dict(self._parts)
        self._parts.clear()
        try:
            self.extend(parts)
        except AutogradError:
            self._parts.clear()
            self._parts.update(held)
            raise

    def append(self, part: Any) -> Any:
        """Add a part at the end."""
        place = len(self)
        while str(place) in self._parts:  # a name of the user's own
            place += 1
        self._put(str(place), part)
        return self

    def extend(self, parts: Iterable[Any]) -> Any:
        """Add parts at the end."""
        for part in parts:
            self.append(part)
        return self

    def insert(self, place: int, part: Any) -> None:
        """Add a part before another one."""
        kept = list(self)
        kept.insert(place, part)
        self._replace(kept)


class _Named(_Holder, MutableMapping[str, Any]):
    """Parts under names. Two of them are the same only if they are one."""

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(self, parts: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(parts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __getitem__(self, name: str) -> Any:
        return self._parts[name]

    def __setitem__(self, name: str, part: Any) -> None:
        self._put(name, part)

    def __delitem__(self, name: str) -> None:
        del self._parts[name]


class ModuleList(_Row):
    """Modules in a row. A Python list would hide them: their parameters would not be found.

    >>> from diffcli import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 3), nn.ReLU()])
    >>> layers
    ModuleList(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """


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


class ModuleDict(_Named):
    """Modules under names."""


class ParameterList(_Row):
    """Parameters in a row; a tensor becomes one.

    >>> from diffcli import nn
    >>> from diffcli.autograd import zeros
    >>> weights = nn.ParameterList([zeros(2), zeros(2, 3)])
    >>> [name for name, _ in weights.named_parameters()], len(weights)
    (['0', '1'], 2)
    """

    _kind = "parameter"


class ParameterDict(_Named):
    """Parameters under names; a tensor becomes one."""

    _kind = "parameter"
