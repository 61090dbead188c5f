"""The base of optimisers: groups of parameters with their settings, the state of each parameter, and the step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from diffcli.autograd.creation import zeros_like
from diffcli.autograd.graph.core import Core
from diffcli.autograd.modes import enable_grad, no_grad
from diffcli.autograd.tensor import Tensor
from diffcli.errors import AutogradError, fault

Group = dict[str, Any]
"""Settings by their names, and under ``params`` the parameters that they are for."""


class Optimizer:
    """The base of optimisers. A subclass has an ``update``, which is called under `diffcli.autograd.no_grad`.

    Attributes
    ----------
    param_groups
        Groups of parameters, each with settings of its own; a setting may be changed between steps:
        ``optimizer.param_groups[0]["lr"] = 0.01``.
    state
        The state of each parameter, such as its momentum.
    """

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[Group] = []
        if isinstance(params, Core | Mapping):
            what = "tensor" if isinstance(params, Core) else "group"
            message = f"an optimiser takes parameters in a list, and was given one {what}"
            raise unfit(message, "use [w], or model.parameters()")
        given = list(params)
        if not given:
            raise unfit("an optimiser without parameters would do nothing", "give it model.parameters()")
        for group in given if isinstance(given[0], Mapping) else [{"params": given}]:
            self.add_param_group(group)

    def check(self, group: Group) -> None:
        """Refuse settings that cannot be."""

    def update(self, parameter: Any, grad: Any, state: dict[str, Any], group: Group) -> None:
        """Change a parameter in place by its gradient."""
        raise NotImplementedError(f"{type(self).__name__} needs a method update")

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own, such as layers that are thawed during training.

        Raises
        ------
        AutogradError
            There is no such setting, or something is no leaf, no tensor, or there already.
        """
        if not isinstance(group, Mapping) or "params" not in group:
            raise unfit("a group is a dictionary with its parameters under 'params'")
        if unknown := [name for name in group if name != "params" and name not in self.defaults]:
            known = ", ".join(self.defaults)
            raise unfit(f"{type(self).__name__} has no setting {unknown[0]!r}", f"its settings are {known}")
        params = group["params"]
        listed = [params] if isinstance(params, Core) else [one[1] if isinstance(one, tuple) else one for one in params]
        known_ids = {id(one) for known_group in self.param_groups for one in known_group["params"]}
        for one in listed:
            if not isinstance(one, Tensor):
                raise unfit(f"an optimiser changes tensors, and a `{type(one).__name__}` is none")
            if not one.is_leaf:
                message = "an optimiser changes leaves, and this tensor is computed from others: a change of it would be lost"
                raise unfit(message, "give it what the tensor is computed from")
            if id(one) in known_ids:
                name = f"`{one.name}`" if one.name else "a parameter"
                raise unfit(f"{name} is there twice, and each step would change it twice")
            known_ids.add(id(one))
        complete = {"params": listed, **self.defaults, **{name: value for name, value in group.items() if name != "params"}}
        self.check(complete)
        self.param_groups.append(complete)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters, or set them to 0: `backward` adds to them."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None if set_to_none or parameter.grad is None else zeros_like(parameter.grad)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure
            Computes the loss and its gradients anew; called first, and what it returns is returned.
        """
        loss = None
        with no_grad():
            if closure is not None:
                with enable_grad():
                    loss = closure()
            for group in self.param_groups:
                for parameter in group["params"]:
                    grad = parameter.grad
                    if grad is not None:
                        remembered = self.state.get(parameter, {})
                        self.update(parameter, -grad if group["maximize"] else grad, remembered, group)
                        if remembered:
                            self.state[parameter] = remembered
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with parameters by their numbers, to resume from later."""
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            own = [numbers.setdefault(id(one), len(numbers)) for one in group["params"]]
            groups.append({**{name: value for name, value in group.items() if name != "params"}, "params": own})
        state = {numbers[id(parameter)]: dict(remembered) for parameter, remembered in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Resume from a `state_dict` of an optimiser of the same kind with as many parameters.

        Raises
        ------
        AutogradError
            Its groups are of other sizes.
        """
        groups = state_dict["param_groups"]
        sizes = [len(group["params"]) for group in groups]
        own = [len(group["params"]) for group in self.param_groups]
        if sizes != own:
            raise unfit(f"the state is of groups of {sizes} parameters, and this optimiser has groups of {own}")
        named: dict[int, Tensor] = {}
        for group, saved in zip(self.param_groups, groups, strict=True):
            named |= dict(zip(saved["params"], group["params"], strict=True))
            group.update({name: value for name, value in saved.items() if name != "params"})
        self.state = {named[number]: {name: _copied(value) for name, value in remembered.items()}
                      for number, remembered in state_dict["state"].items()}  # fmt: skip

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _copied(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value


def unfit(message: str, *help: str) -> AutogradError:
    return fault("bad-optimiser", message, help=help)


def check_range(group: Group, *names: str, below: float = float("inf")) -> None:
    """Refuse settings that are less than 0, or not less than a bound."""
    for name in names:
        if not 0 <= group[name] < below:
            bounds = "0 or more" if below == float("inf") else f"0 or more and less than {below:g}"
            raise unfit(f"{name} is {group[name]}, and has to be {bounds}")
