"""The rules of the tables on tensors: a backward pass that is recorded itself, for derivatives of derivatives.

The texts are those that every other arithmetic uses. Here each operation in them is applied to tensors, and so leaves a
node of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.autograd.graph.apply import apply_rule
from diffcli.autograd.graph.core import Node, new, summed_to
from diffcli.autograd.graph.operation_nodes import OperationNode
from diffcli.autograd.graph.view_nodes import WrittenNode
from diffcli.autograd.rules import rule
from diffcli.operations.arithmetic import arrays, tensors
from diffcli.tape.running.array_rules import ArrayArithmetic, parsed_rule
from diffcli.tape.running.rules import ABSENT, OPERATORS, Function


def _ties_of(*operands: Any) -> Any:
    return new(tensors.plain(arrays.ties_of(*[one._value if hasattr(one, "_value") else one for one in operands])))


class _Tensors(ArrayArithmetic):
    """Tensors."""

    def value(self, name: str) -> Function:
        return lambda *operands, **fixed: apply_rule(rule(name, len(operands), strict=False), operands, fixed)


TENSORS = _Tensors({}, constants={ABSENT: 0.0, "ties_of": _ties_of}, operators=OPERATORS, numbers=arrays, read=parsed_rule)


def recorded_adjoints(node: Node, g: Any) -> Sequence[Any]:
    """The adjoint of each operand that has an edge, from that of the result: tensors, recorded themselves."""
    if isinstance(node, WrittenNode):
        part = node.view.recorded_of(g)
        before, *others = recorded_adjoints(node.inner, part)
        rest = g - node.view.recorded_spread(part)
        return (rest if before is None else rest + node.view.recorded_spread(before), *others)
    if not isinstance(node, OperationNode):
        return node.recorded_adjoints(g)
    node.values()  # they are as they were
    operands = node.operands
    result = None
    if node.result is not None:
        result = new(node.result)
        result._node = node
    return [None if edge is None else _term(node, position, g, operands, result) for position, edge in enumerate(node.edges)]


def _term(node: OperationNode, position: int, g: Any, operands: Sequence[Any], result: Any) -> Any:
    """What an operand receives of the adjoint of the result."""
    shape = node.shapes[position]
    if node.rule.row is None:
        function = TENSORS.terms(node.rule.name, len(operands))[position]
    else:
        function = TENSORS.row_term(node.plan.adjoint(position)[0], "adjoint")
    term = 0.0 if function is None else function(g, *operands, result)
    if not hasattr(term, "_value"):
        return new(tensors.full(shape, term, tensors.kind_of(g._value)))
    return summed_to(term, shape).to(tensors.kind_of(g._value))
