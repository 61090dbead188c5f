"""What is given to operations: its value, where its adjoint goes, and whether it is at the boundary of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from diffcli.autograd.graph.core import Core, Edge, counter_of, edge_of
from diffcli.autograd.rules import Plan, Rule
from diffcli.errors import AutogradError, fault
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import Shape


def operand_value(given: Any, compared: bool = False) -> Any:
    """The value of an operand, whatever it is: whole numbers of Python's are floats, as beside its floats, unless compared."""
    if isinstance(given, Core):
        return given._value
    kind = type(given)
    if kind is float:
        return given
    if kind is bool or (kind is int and (not compared or -9007199254740992 <= given <= 9007199254740992)):  # 2^53
        try:
            return float(given)
        except OverflowError:
            return value_of(given)
    return tensors.exactly(given) if kind is int else value_of(given)


def value_of(data: Any, kind: Any = None) -> Any:
    """`tensors.from_data`, with what is wrong in words."""
    try:
        return tensors.from_data(data, kind)
    except OverflowError:
        message = "whole numbers of 2^53 and more are not exact in floating point, and there is one that is not"
        raise fault("not-numbers", message, help=["say dtype='int64' to keep them, or 'float64' to round them"]) from None
    except (TypeError, ValueError):
        raise no_number(data) from None


def no_number(given: Any) -> AutogradError:
    if isinstance(given, list | tuple):
        return fault("not-numbers", "the lists hold something else than numbers, or are of different lengths")
    return fault("not-numbers", f"a `{type(given).__name__}` is no number and no array of numbers")


def edges_of(given: Sequence[Any]) -> tuple[Edge, ...] | None:
    """Where the adjoints of the operands of an operation go; None if none of them requires a gradient."""
    edges: list[Edge] = []
    recorded = False
    for one in given:
        edge: Edge = None
        if isinstance(one, Core):
            edge = edge_of(one) if one._base is not None else one._node or (one if one._flag else None)
            recorded = recorded or edge is not None
        edges.append(edge)
    return tuple(edges) if recorded else None


# -- comparisons at their boundary ----------------------------------------------------------------------------------------


def boundary_of(known: Rule, given: Sequence[Any], shape: Shape, plan: Plan | None) -> Any:
    """Which elements of a result are others on the sides of a comparison that is met at its boundary; None if none is."""
    same: Any = False
    if known.truth and known.name not in CONNECTIVES and given[0] is not given[1] and edges_of(given) is not None:
        same = arrays.meet(*[operand_value(one, True) for one in given])
    found = [] if same is False else [arrays.full(shape, same)]
    if not marked(given):
        return found[0] if found else None
    met = {place: one._boundary for place, one in enumerate(given) if isinstance(one, Core) and one._boundary is not None}
    if known.name in CONNECTIVES:  # the other one may decide
        values = [(operand_value(one) != 0, met.get(place, False)) for place, one in enumerate(given)]
        least, most = known.value(*[one & ~there for one, there in values]), known.value(*[one | there for one, there in values])
        found.append(arrays.full(shape, least != most))
    elif known.row is not None and plan is not None:
        found += [plan.adjoint(place)[0].reachable("tangent", there) for place, there in met.items()]
    else:
        found += [arrays.full(shape, there) for there in met.values()]
    return reduce(or_, found)


CONNECTIVES = frozenset(("and", "or", "not"))


def marked(given: Sequence[Any]) -> bool:
    """Whether one of some operands is at the boundary of a comparison."""
    for one in given:  # noqa: SIM110  (the hot path)
        if isinstance(one, Core) and one._boundary is not None:
            return True
    return False


def set_boundary(made: Core, there: Any) -> None:
    """Say which elements of a tensor are at the boundary of a comparison; numbers then no longer take the quick ways."""
    if there is not None and arrays.any_true(there):
        made._boundary = there
        counter_of(made)
    elif made._boundary is not None:
        made._boundary = None
