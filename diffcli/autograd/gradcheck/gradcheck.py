"""Gradients of functions of tensors held against differences."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from diffcli.autograd.gradcheck.function import Checked, array_like, outputs_of
from diffcli.autograd.gradcheck.record import GradCheck
from diffcli.autograd.gradcheck.run import Check, weights_of
from diffcli.autograd.graph.backward import gradients
from diffcli.autograd.graph.core import Core, edge_of, new
from diffcli.autograd.modes import enable_grad
from diffcli.errors import fault
from diffcli.operations.arithmetic import tensors


def gradcheck(
    function: Callable[..., Any],
    inputs: Any = (),
    *,
    order: int = 1,
    every: bool | None = None,
    seed: int = 0,
    raise_exception: bool = True,
) -> GradCheck:
    """Hold the gradients of a function of tensors against differences of its values.

    Every partial derivative of the outputs y by the inputs x that require a gradient is compared with an extrapolated
    difference quotient (Richardson 1911), which comes with an error bar: what is left of its truncation, and the rounding of f,
    estimated from its values (Moré & Wild 2011). The two must lie within the bars, relative to their own size. At a kink any
    number between the slopes on the two sides is right (Clarke 1983). Where there are many elements, <w, J v> is compared for
    random w and v, and the largest and some other elements of the gradient J'w of the weighted sum <w, y>.

    Parameters
    ----------
    function
        Takes tensors and returns one, or several in a list or tuple. A module is checked with its parameters.
    inputs
        The arguments: a tensor, or a sequence. They are copied. Single precision is checked in double, if the function can.
    order
        1, or 2 to check the derivatives of the gradients as well, by the inputs and by the adjoint of each output.
    every
        Whether every element is compared; if not given, those of up to 1024 pairs.
    seed
        Of random weights and directions.
    raise_exception
        Whether what is wrong is raised; otherwise it stands in the record.

    Returns
    -------
    A record, true if all is right, with ``entries`` and ``faults``; ``str`` makes a report of it.

    Raises
    ------
    AutogradError
        A derivative is wrong, missing, or cannot be judged; the function is not deterministic, changes its inputs, or has a
        backward that is not linear in the adjoint. An error of the function itself comes as it is.

    >>> import diffcli.autograd as ad
    >>> x = ad.tensor([0.0, 2e-9, 3e12], requires_grad=True)
    >>> print(ad.gradcheck(lambda x: (x * x).relu(), x))
    gradcheck: every gradient is right (9 derivatives compared)
    input 0 of 3 elements: every element against differences
    """
    given = [inputs] if isinstance(inputs, Core) else list(inputs)
    if order not in (1, 2):
        raise fault("gradcheck", f"order is {order}: it is 1 or 2")
    found = Check(function, given, _parameters(function), every, Random(seed)).run()
    if order == 2 and found.passed:
        twice, arguments = _gradient_function(function, given, Random(seed + 1))
        found = Check(twice, arguments, _parameters(function), every, Random(seed)).run()._replace(order=2)
    if raise_exception and not found.passed:
        raise fault("gradcheck", found.summary.removeprefix("gradcheck: "), notes=list(found.lines()))
    return found


def _parameters(function: Any) -> dict[str, Any]:
    """The parameters of a module that require a gradient, by name."""
    named = getattr(function, "named_parameters", None)
    return {name: one for name, one in named() if edge_of(one) is not None} if callable(named) else {}


def _gradient_function(function: Callable[..., Any], given: list[Any], random: Random) -> tuple[Callable[..., Any], list[Any]]:
    """The function that makes gradients of the inputs, and of an adjoint for each output."""
    held = list(_parameters(function).values())
    ends = [one for one in Checked(function, given, _parameters(function)).recorded() if edge_of(one) is not None]
    adjoints = []
    for number, end in enumerate(ends):
        shape, kind = tensors.shape_of(end._value), tensors.kind_of(end._value)
        made = new(tensors.as_kind(array_like(weights_of(random, end.numel()), shape), kind))
        made._flag, made.name = True, f"adjoint {number}"
        adjoints.append(made)
    count = len(given)

    def gradient(*arguments: Any) -> list[Any]:
        with enable_grad():
            before, weights = arguments[:count], arguments[count:]
            outputs = [one for one in outputs_of(function(*before)) if edge_of(one) is not None]
            leaves = [one for one in before if isinstance(one, Core) and edge_of(one) is not None] + held
            found = gradients(outputs, leaves, weights, None, True, True, breaks=False)
            return [one for one in found if one is not None]

    return gradient, [*given, *adjoints]
