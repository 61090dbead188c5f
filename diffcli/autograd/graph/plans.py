"""What is the same for all operations of one kind on operands of the same shapes: found once, for value and backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Any

from diffcli.autograd.rules import Rule
from diffcli.errors import AutogradError, fault
from diffcli.operations.array_row import Fixed, Shape, ShapeError, broadcast_shapes
from diffcli.tape.running.array_rules import BY_COLUMNS, NUMPY, ArrayRule


class Plan:
    """A rule, the shapes of its operands, and what is fixed in it.

    Raises
    ------
    ShapeError
        The operands do not fit each other, or what is fixed does not fit them.
    """

    __slots__ = ("rule", "shapes", "shape", "fixed", "value", "_reads", "_adjoints")

    def __init__(self, rule: Rule, shapes: tuple[Shape, ...], fixed: Fixed) -> None:
        self.rule, self.shapes = rule, shapes
        self.fixed: Fixed | None = None
        """What is fixed in an array operation beside its operands, with its defaults."""
        self.value = rule.value
        """Its value, of arrays."""
        if rule.row is None:
            self.shape = shapes[0] if shapes.count(shapes[0]) == len(shapes) else broadcast_shapes(shapes)
        else:
            self.fixed = rule.defaults | fixed
            self.shape = rule.row.shape(shapes, self.fixed)
            self.value = partial(rule.value, **self.fixed) if self.fixed else rule.value
        self._reads: dict[tuple[bool, ...], tuple[bool, ...]] = {}
        self._adjoints: dict[tuple[int, bool], tuple[ArrayRule, Callable[..., Any] | None, bool]] = {}

    def reads(self, edges: Sequence[Any]) -> tuple[bool, ...]:
        """Whether the rules of those operands that have edges read each operand, and last the result."""
        kind = tuple([edge is not None for edge in edges])
        found = self._reads.get(kind)
        if found is None:
            positions = tuple([position for position, there in enumerate(kind) if there])
            if self.rule.row is None:
                found = read_by(self.rule, positions)
            else:
                read = frozenset().union(*[self.adjoint(position)[0].reads() for position in positions])
                found = (*[position in read for position in range(len(kind))], -1 in read)
            self._reads[kind] = found
        return found

    def adjoint(self, position: int, by_columns: bool = False) -> tuple[ArrayRule, Callable[..., Any] | None, bool]:
        """What an array operation hands on to an operand: the rule, as a function (None: nothing), and if that is all of it.

        Products of matrices may be asked for ``by_columns``, in the memory of which a transposition shows rows.
        """
        found = self._adjoints.get((position, by_columns))
        if found is None:
            row = self.rule.row
            assert row is not None and self.fixed is not None
            rule = ArrayRule(row, self.shapes, self.shape, self.fixed, position)
            function = (BY_COLUMNS if by_columns else NUMPY).row_term(rule, "adjoint")
            found = self._adjoints[position, by_columns] = rule, function, not (row.present or rule.leaves_out)
        return found


@cache
def read_by(rule: Rule, positions: tuple[int, ...]) -> tuple[bool, ...]:
    """Whether the terms by some operands of an elementwise operation read each operand, and last the result."""
    read = frozenset() if rule.passive else frozenset().union(*[rule.reads[position] for position in positions])
    return (*[position in read for position in range(len(rule.operands))], -1 in read)


_SIMPLE = frozenset((int, bool, str, type(None)))


def plan_of(rule: Rule, shapes: Sequence[Shape], fixed: Fixed) -> Plan:
    """The plan of an operation, with what is wrong in words."""
    try:
        if not fixed:
            return _kept(rule, tuple(shapes))
        kinds = {type(part) for one in fixed.values() for part in (one if type(one) is tuple else (one,))}
        if kinds <= _SIMPLE and (bool not in kinds or int not in kinds):  # what is equal is then the same
            return _kept(rule, tuple(shapes), bool in kinds, *fixed.items())
        return Plan(rule, tuple(shapes), fixed)
    except ShapeError as misfit:
        raise shapes_do_not_fit(rule.name, misfit) from None


@lru_cache(maxsize=4096)
def _kept(rule: Rule, shapes: tuple[Shape, ...], _: bool = False, *fixed: tuple[str, Any]) -> Plan:
    return Plan(rule, shapes, dict(fixed))


def shapes_do_not_fit(name: str, misfit: ShapeError) -> AutogradError:
    return fault(misfit.code, f"{name}: {misfit.message}", help=misfit.help)
