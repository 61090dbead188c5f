"""A row of the tables applied to tensors: the value, and a node of the graph if one of them requires a gradient.

The operators of numbers without axes are made here too, each with a fast path for floats: that is the hot path of a
program of a million scalar operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.autograd.graph.core import Core, counter_of, new, refuse_inference, show_number, version_of
from diffcli.autograd.graph.operands import boundary_of, edges_of, marked, operand_value, set_boundary, value_of
from diffcli.autograd.graph.operation_nodes import NEITHER, NOTHING, ArrayNode, NumberNode, OperationNode, versions_of
from diffcli.autograd.modes import DEFAULT, INFERENCE, mode
from diffcli.autograd.rules import INDEX_RESULTS, Plan, Rule, plan_of, read_by, rule
from diffcli.errors import fault
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.operations.array_row import Fixed

_create = object.__new__
_mode_of = mode.get


def apply(name: str, given: Sequence[Any], **fixed: Any) -> Any:
    """A row of either table applied to tensors, numbers, arrays and lists."""
    return apply_rule(rule(name, len(given)), given, fixed)


def apply_rule(known: Rule, given: Sequence[Any], fixed: Fixed) -> Any:
    """The same, of a rule."""
    truth, now = known.truth, _mode_of()
    values = [
        one._value if isinstance(one, Core) else one if one.__class__ is float else operand_value(one, truth) for one in given
    ]
    value, plan, given = compute(known, given, values, fixed)
    if known.view and not tensors.is_array(values[0]) and not tensors.shape_of(value):
        value = values[0]  # a number is its own view
    made = _create(Core.kind)
    made._value = value
    if now == INFERENCE:
        made._made_in_inference = True
    if known.view:
        share_memory(made, given[0], values[0], plan.value if plan is not None else known.value)
    if now != DEFAULT:
        return made
    edges = None if known.passive else edges_of(given)
    if edges is not None:
        made._node = record(known, plan, given, edges, values, value)
    elif known.leads and (truth or marked(given)):
        set_boundary(made, boundary_of(known, given, made.shape, plan))
    return made


def compute(
    known: Rule, given: Sequence[Any], values: list[Any], fixed: Fixed, over: bool = False
) -> tuple[Any, Plan | None, Sequence[Any]]:
    """The value of an operation, its plan, and the operands, in its kind of numbers as ``values`` become.

    Numbers alone have no plan. The value takes the memory of the first operand, where it can and ``over`` says that it may.
    """
    kind, shapes = tensors.one_kind(values)
    whole = False
    if shapes is None or (kind is tensors.FLOAT32 and _has_numbers(given)) or not (known.quick or known.truth):
        plan, given, kind, whole = _in_one_kind(known, given, values, fixed)
    elif known.number is not None and not known.truth and kind is not tensors.FLOAT32 and not any(shapes):
        values[:] = map(tensors.as_number, values)
        return known.number(*values), None, given
    else:
        plan = plan_of(known, shapes, fixed)
        if over and plan.shape == shapes[0] and known.takes_memory and tensors.is_array(values[0]) and values[0].flags.writeable:
            return arrays.quietly(known.value, *values, out=values[0]), plan, given
    value = plan.value(*values) if known.view else arrays.quietly(plan.value, *values)
    if known.truth:
        return tensors.truth(value), plan, given
    if whole:  # no partial sum is larger than that of the magnitudes
        _exact(known, [value, plan.value(*map(abs, values))])
    if not plan.shape or (kind is not None and value.dtype is not kind):
        value = tensors.plain(value)
        value = value if kind is None else tensors.as_kind(value, kind)
    return value if known.view or known.takes_memory else tensors.in_memory_of_its_own(value, values), plan, given


def _has_numbers(given: Sequence[Any]) -> bool:
    """Whether some are numbers in double precision, which a graph has to lead back to where others are not."""
    return any(isinstance(one, Core) and one._value.__class__ is float for one in given)


def _in_one_kind(
    known: Rule, given: Sequence[Any], values: list[Any], fixed: Fixed
) -> tuple[Plan, Sequence[Any], Any, bool]:
    """The plan of an operation on numbers of whatever kinds, which become of one kind; the kind of its result, and whether that
    holds whole numbers which floats may have rounded.
    """
    if known.view and fixed.get("shape") and not tensors.is_array(values[0]) and isinstance(given[0], Core):
        values[0] = given[0]._memory()  # type: ignore[attr-defined]  # a view of a number shows it too
    plan = plan_of(known, list(map(tensors.shape_of, values)), fixed)
    if known.moves and all(tensors.kind_of(value) not in FLOATING for value in values):
        return plan, given, None, False
    whole = _all_whole(known, given, values)
    if known.truth:
        return plan, given, None, False
    # numbers of Python's, and lists of them, go with any kind
    own = [one for one, what in zip(values, given, strict=True) if isinstance(what, Core) or getattr(what, "shape", None)]
    kind = tensors.common_kind(own)
    given = [_in_kind(one, values, position, kind, known.view) for position, one in enumerate(given)]
    return plan, given, tensors.INT64 if known.name in INDEX_RESULTS else kind, whole and known.keeps_whole


def _all_whole(known: Rule, given: Sequence[Any], values: list[Any]) -> bool:
    """Whether all operands are whole numbers, which are compared as such; those that meet others have to be exact as floats."""
    whole = [tensors.kind_of(value) == tensors.INT64 for value in values]
    if not any(whole):
        return False
    alone = all(is_whole or type(one) is int for is_whole, one in zip(whole, given, strict=True))
    if alone and known.truth:
        values[:] = [one if type(one) is int else value for one, value in zip(given, values, strict=True)]
    else:
        _exact(known, [value for value, is_whole in zip(values, whole, strict=True) if is_whole])
        for one in given:
            if alone and type(one) is int:
                value_of(one)  # which refuses what floats would round
    return alone


def _exact(known: Rule, values: Sequence[Any]) -> None:
    """Refuse whole numbers that floating point, in which everything is computed, may have rounded."""
    if any(map(tensors.beyond_whole, values)):
        message = f"{known.name}: whole numbers of 2^53 and more are not exact in floating point, in which tensors compute"
        raise fault("not-numbers", message, help=["use double() first if they may be rounded"])


FLOATING = (tensors.FLOAT64, tensors.FLOAT32)


def _in_kind(one: Any, values: list[Any], position: int, kind: Any, view: bool) -> Any:
    """An operand in the kind of the result; its value too."""
    value = values[position]
    if value.__class__ is float:
        if kind == tensors.FLOAT64 or not isinstance(one, Core):
            return one  # a number of Python's goes with any kind
    elif value.dtype == kind:
        if not value.ndim and kind == tensors.FLOAT64 and not view:
            values[position] = float(value)
        return one
    made: Any = one
    if isinstance(one, Core):
        made = one.to(kind)  # type: ignore[attr-defined]
    values[position] = made._value if isinstance(one, Core) else tensors.as_kind(value, kind)
    return made


def record(
    known: Rule, plan: Plan | None, given: Sequence[Any], edges: tuple[Any, ...], values: Sequence[Any], value: Any
) -> OperationNode:
    """The node of an operation, with what its rule will read; numbers alone have no plan."""
    if plan is None:
        reads = read_by(known, tuple([position for position, edge in enumerate(edges) if edge is not None]))
    else:
        reads = plan.reads(edges)
    kept: list[Any] = []  # tensors themselves, other values; None for what is not read
    changed = False
    for one, own, read in zip(given, values, reads):  # noqa: B905  (the result comes last)
        if not isinstance(one, Core):
            kept.append(own if read or known.jumps else None)
        elif read:
            if one._made_in_inference:
                raise refuse_inference(one, known.label.removesuffix("Backward").lower())
            kept.append(one)
            changed = changed or one._counter is not None or (plan is None and own is not one._value)
        elif one._boundary is None:
            kept.append(own if known.jumps else None)
        else:
            kept.append(new(own))  # whatever becomes of the operand, the result stands on a break
            kept[-1]._boundary = one._boundary
    saved = tuple(kept)
    if len(kept) < 3 and kept[0] is kept[-1] is None:
        saved = NOTHING if len(kept) == 1 else NEITHER
    node: Any = (NumberNode if plan is None else ArrayNode)(known, edges, saved, value if reads[-1] else None)
    if changed:
        node.versions = versions_of(saved)
    if plan is not None:
        node.plan = plan
    return node  # type: ignore[no-any-return]


def share_memory(made: Core, given: Any, value: Any, view: Callable[[Any], Any]) -> None:
    """Mark a result as a view, if it is one."""
    is_number = isinstance(given, Core) and not tensors.is_array(given._value) and not tensors.is_array(made._value)
    if not is_number and not (isinstance(given, Core) and tensors.shares(made._value, given._value)):
        made._value = tensors.in_memory_of_its_own(made._value, (value,))
        return
    made._base = given if given._base is None else given._base
    made._views = (*given._views, view)
    if given._made_in_inference:
        made._made_in_inference = True
        return
    made._made_in_inference = False
    if is_number:
        show_number(made, given, given._family)
    made._counter = given._counter if is_number else counter_of(given)
    made._seen = version_of(made)
    made._made_without_grad = _mode_of() != DEFAULT


# -- numbers without axes --------------------------------------------------------------------------------------------------


def is_special(number: Core) -> bool:
    """Whether a number that has been changed is a view too, or at the boundary of a comparison."""
    return number._base is not None or number._boundary is not None


def binary(name: str) -> Callable[[Any, Any], Any]:
    """The operator of a row with two operands, ``a`` a tensor."""
    known = rule(name, 2)
    function = known.number
    assert function is not None
    first, second, both = (read_by(known, positions) for positions in ((0,), (1,), (0, 1)))

    def general(a: Any, b: Any) -> Any:
        return apply_rule(known, (a, b), {}) if is_operand(b) else NotImplemented

    def operation(a: Any, b: Any) -> Any:
        x = a._value
        counter = a._counter
        if x.__class__ is not float or (counter is not None and is_special(a)):
            return general(a, b)
        other: Any = None
        kept: Any = b
        if isinstance(b, Core):
            y = b._value
            if y.__class__ is not float or b._made_in_inference or (b._counter is not None and is_special(b)):
                return general(a, b)
            counter = counter or b._counter
            other = b._node or (b if b._flag else None)
        elif b.__class__ is float:
            y = b
        elif b.__class__ is int and -9007199254740992 <= b <= 9007199254740992:
            y = kept = float(b)
        else:
            return general(a, b)
        value = function(x, y)
        made = _create(Core.kind)
        made._value = value
        now = _mode_of()
        if now != DEFAULT:
            if now == INFERENCE:
                made._made_in_inference = True
            return made
        own = a._node or (a if a._flag else None)
        if own is None and other is None:
            return made
        if a._made_in_inference:
            return apply_rule(known, (a, b), {})
        reads_a, reads_b, reads_y = both if own is not None and other is not None else first if other is None else second
        saved = (a if reads_a else None, kept if reads_b else None) if reads_a or reads_b else NEITHER
        made._node = NumberNode(known, (own, other), saved, value if reads_y else None)
        if counter is not None and saved is not NEITHER:
            made._node.versions = versions_of(saved)
        return made

    operation.__name__ = name
    if not known.passive:
        return operation
    return lambda a, b: NotImplemented if isinstance(b, str | bytes) else general(a, b)


def reflected(name: str) -> Callable[[Any, Any], Any]:
    """The operator with a tensor on its right."""
    known = rule(name, 2)
    return lambda b, a: apply_rule(known, (a, b), {}) if is_operand(a) else NotImplemented


def is_operand(given: Any) -> bool:
    """Whether something can be an operand of an operator: a number, an array, a list."""
    return isinstance(given, _OPERANDS) or hasattr(given, "dtype")


_OPERANDS = (Core, float, int, list, tuple, str, bytes)


def unary(name: str) -> Callable[[Any], Any]:
    """The operator or function of a row with one operand."""
    known = rule(name, 1)
    function = known.number
    if function is None or known.passive or known.jumps:
        return lambda a: apply_rule(known, (a,), {})
    reads_a, reads_y = read_by(known, (0,))

    def operation(a: Any) -> Any:
        x = a._value if isinstance(a, Core) else None
        if x.__class__ is not float or a._made_in_inference or (a._counter is not None and is_special(a)):
            return apply_rule(known, (a,), {})
        value = function(x)
        made = _create(Core.kind)
        made._value = value
        own = a._node or (a if a._flag else None)
        now = _mode_of()
        if own is not None and now == DEFAULT:
            made._node = NumberNode(known, (own,), (a,) if reads_a else NOTHING, value if reads_y else None)
            if a._counter is not None and reads_a:
                made._node.versions = versions_of(made._node.operands)
        elif now == INFERENCE:
            made._made_in_inference = True
        return made

    operation.__name__ = name
    return operation
