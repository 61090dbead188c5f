"""The base of all parts of a model: a module has parameters, buffers and other modules, and a ``forward``.

What is assigned to an attribute is registered by its kind: a `Parameter` is learned, a module is part of the tree, anything
else (a plain tensor too) is an attribute as in any other object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partialmethod
from typing import Any, TypeVar

from diffcli.autograd.graph.core import Handle
from diffcli.autograd.modes import no_grad
from diffcli.autograd.signatures import wanted_kind
from diffcli.autograd.tensor import Tensor
from diffcli.errors import fault
from diffcli.nn.parameter import Parameter
from diffcli.nn.registry import Registry
from diffcli.operations.array_row import shape_text

Self = TypeVar("Self", bound="Module")


class Module(Registry):
    """A part of a model. A subclass makes its parts in ``__init__``, after ``super().__init__()``, and has a ``forward``.

    >>> from diffcli import nn
    >>> from diffcli.autograd import tensor
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(2.0)
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> scale(tensor(3.0))
    tensor(6.0, grad_fn=<MulBackward>)
    >>> [name for name, _ in scale.named_parameters()]
    ['factor']
    """

    training: bool

    def __init__(self) -> None:
        super().__init__()
        self.__dict__.update(training=True, _hooks_after={}, _hooks_before={})

    def forward(self, *arguments: Any, **options: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        for before in list(self._hooks_before.values()):
            changed = before(self, arguments)
            if changed is not None:
                arguments = changed if isinstance(changed, tuple) else (changed,)
        result = self.forward(*arguments, **options)
        for after in list(self._hooks_after.values()):
            changed = after(self, arguments, result)
            result = result if changed is None else changed
        return result

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, arguments)`` before each forward; what it returns, if anything, are the arguments."""
        return Handle(self._hooks_before, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, arguments, result)`` after each forward; what it returns, if anything, is the result."""
        return Handle(self._hooks_after, hook)

    # -- what there is ---------------------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all within it, each with its path; one that stands at two places comes once.

        Parameters
        ----------
        memo
            Modules that have come already; those that come are added.
        prefix
            Set before every path.
        remove_duplicate
            Whether a module that stands at several places comes once only.
        """
        memo = set() if memo is None else memo
        waiting: list[tuple[str, Module]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if module in memo:
                continue
            if remove_duplicate:
                memo.add(module)
            yield path, module
            inner = [(f"{path}.{name}" if path else name, part) for name, part in module._modules.items() if part is not None]
            waiting += reversed(inner)

    def modules(self) -> Iterator[Module]:
        """This module and all within it."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules just below, with their names."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules just below."""
        return (module for _, module in self.named_children())

    def _named(self, which: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        """The parameters or buffers, each with its path."""
        seen: set[int] = set()
        places = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in places:
            for name, tensor in module.__dict__[which].items():
                if tensor is None or id(tensor) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(tensor))
                yield f"{path}.{name}" if path else name, tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All that is learned, each with its path."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers, each with its path."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All that is learned."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, path: str) -> Module:
        """The module at a path, such as ``layers.0``; itself for the empty one."""
        found: Module = self
        for name in path.split(".") if path else ():
            inner = found._modules.get(name)
            if inner is None:
                raise AttributeError(f"{type(found).__name__} has no module {name!r}")
            found = inner
        return found

    def get_parameter(self, path: str) -> Parameter:
        """The parameter at a path, such as ``layers.0.weight``."""
        where, _, name = path.rpartition(".")
        module = self.get_submodule(where)
        found = module._parameters.get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__} has no parameter {name!r}")
        return found  # type: ignore[no-any-return]

    # -- what is done to all ---------------------------------------------------------------------------------------------

    def apply(self: Self, function: Callable[[Module], Any]) -> Self:
        """Call a function with every module within, inner ones first, and with itself."""
        for module in reversed(list(self._in_order())):
            function(module)
        return self

    def _in_order(self) -> Iterator[Module]:
        """So that in reverse children come before their parents, in their order."""
        waiting: list[Module] = [self]
        while waiting:
            module = waiting.pop()
            yield module
            waiting += module.children()

    def train(self: Self, mode: bool = True) -> Self:
        """Set training mode, in which dropout drops and batch norm uses the batch, for this module and all within it."""
        if not isinstance(mode, bool):
            raise fault("bad-module", f"train() takes True or False, not {mode!r}")
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self: Self) -> Self:
        """Set evaluation mode. It does not turn gradients off: that is what `diffcli.autograd.no_grad` does."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Set whether all parameters require a gradient; False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters, or set them to 0."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.detach().zero_()

    def to(self: Self, *given: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False) -> Self:
        """Convert all parameters and buffers of floating-point numbers to another kind. The device may be the CPU only."""
        dtype = wanted_kind(given, dtype, device)
        if dtype is None:
            return self
        with no_grad():
            for tensor in (*self.parameters(), *self.buffers()):
                if tensor.is_floating_point():
                    grad = tensor._grad
                    tensor.data = tensor.detach().to(dtype)
                    tensor._grad = None if grad is None else grad.to(dtype)
        return self

    type = to

    cpu = to
    cuda = partialmethod(to, device="cuda")  # refused there

    double = partialmethod(to, "float64")
    float = partialmethod(to, "float32")

    # -- state -----------------------------------------------------------------------------------------------------------

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Parameters and lasting buffers by their paths, outside of the graph; the memory is theirs."""
        found: dict[str, Tensor] = {}
        for path, module in self.named_modules(prefix=prefix.removesuffix("."), remove_duplicate=False):
            for held in (module._parameters, module._buffers):
                for name, tensor in held.items():
                    if tensor is not None and not (held is module._buffers and name in module._passing):
                        found[f"{path}.{name}" if path else name] = tensor.detach()
        return found

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> tuple[list[str], list[str]]:
        """Copy a state into the parameters and buffers.

        Returns
        -------
        missing, unexpected
            Paths that are in the module and not in the state, and vice versa.

        Raises
        ------
        AutogradError
            There are such, and ``strict`` does not allow it; or a shape is another one. Nothing is changed then.
        """
        own = self.state_dict()
        missing = [path for path in own if path not in state]
        unexpected = [path for path in state if path not in own]
        shapes = {path: tuple(state[path].shape) for path in own if path in state}
        wrong = [path for path, shape in shapes.items() if shape != own[path].shape]
        texts = [f"{path} is {shape_text(own[path].shape)}, and in the state {shape_text(shapes[path])}" for path in wrong]
        problems = [f"shapes differ: {text}" for text in texts]
        if strict and missing:
            problems.append(f"missing in the state: {', '.join(missing)}")
        if strict and unexpected:
            problems.append(f"unexpected in the state: {', '.join(unexpected)}")
        if problems:
            help = [] if wrong else ["strict=False takes what fits, and leaves the rest"]
            raise fault("bad-module", f"the state does not fit {type(self).__name__}", notes=problems, help=help)
        with no_grad():
            for path in shapes:
                own[path].copy_(state[path])
        return missing, unexpected

    # -- text ------------------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses, beside the modules within."""
        return ""

    def __repr__(self) -> str:
        """The tree of modules, a line each; built from the leaves up, without recursion."""
        texts: dict[int, str] = {}
        for module in reversed(list(self._in_order())):
            texts[id(module)] = module._own_text(texts)
        return texts[id(self)]

    def _own_text(self, texts: Mapping[int, str]) -> str:
        head, extra, lines = type(self).__name__, self.extra_repr(), self._part_lines(texts)
        if not lines and "\n" not in extra:
            return f"{head}({extra})"
        return f"{head}(\n" + "\n".join(map(_indented, [*([extra] if extra else []), *lines])) + "\n)"

    def _part_lines(self, texts: Mapping[int, str]) -> list[str]:
        return [f"({name}): {None if part is None else texts[id(part)]}" for name, part in self._modules.items()]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
