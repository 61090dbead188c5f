"""The strong zero: a structural absence never meets an infinity or a NaN.

What no result depends on has no adjoint, and what no direction moves has no tangent. For a number that is None, and a sweep
hands nothing on. Of an array it may be so for some elements alone (of a branch that is not taken, beside the one that an
index picks), and a *mask* says which elements are present; None stands for all of them. An absent element stays 0 whatever
its row computes there. What a row hands on under a mask stands here once, for the sweeps over arrays, the nodes of
`diffcli.autograd`, and the rows of a derivative tape; they differ in how a mask is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.operations.arithmetic import arrays
from diffcli.operations.arithmetic.array_functions import sum_to
from diffcli.tape.running.array_rules import NUMPY, ArrayRule
from diffcli.tape.running.rules import RESULT


class StrongZero:
    """Masks in NumPy's arrays; another arithmetic overrides how they are computed, and not what is done with them."""

    def masked(self, mask: Any, value: Any) -> Any:
        """A value whose absent elements are 0."""
        return arrays.masked(mask, value)

    def both(self, mask: Any, other: Any) -> Any:
        return mask & other

    def summed(self, value: Any, own: tuple[int, ...], shape: tuple[int, ...]) -> Any:
        """The sum over the axes along which an operand of a shape was repeated to that of the result, ``own``."""
        return sum_to(arrays.full(own, value), shape)

    def summed_mask(self, mask: Any, own: tuple[int, ...], shape: tuple[int, ...]) -> Any:
        return self.summed(mask * 1.0, own, shape) != 0

    def reachable(self, rule: ArrayRule, kind: str, mask: Any | None) -> Any | None:
        """`ArrayRule.reachable`; None for all elements."""
        return partly(rule.reachable(kind, mask))

    def picked(self, rule: ArrayRule, operands: list[Any]) -> Any:
        """Which elements of the operand a row takes that leaves the others, from the operand and the result."""
        return NUMPY.bound(rule.row.present, (*rule.parameters, RESULT), rule.names)(*operands) != 0

    # -- what a row hands on -------------------------------------------------------------------------------------------

    def of_array_row(
        self, rule: ArrayRule, mask: Any | None, operands: list[Any], apply: Callable[..., Any]
    ) -> tuple[Any, Any | None]:
        """What ``apply`` makes of the operands and the result of an array row, as its adjoint rule by one operand says.

        No element of them is read that only absent elements meet: of an operand those count that something present depends
        on, of the result those that depend on such elements: the list is masked in place.
        """
        taken = self.picked(rule, operands) if rule.row.present else None
        if mask is None and taken is None:  # what is left out is 0 already
            return apply(*operands), self.reachable(rule, "adjoint", None) if rule.leaves_out else None
        for place in rule.reads() if mask is not None else ():
            needed = self.reachable(rule.about(max(place, 0)), "adjoint", mask)
            if place < 0 and needed is not None:
                needed = self.reachable(rule.about(0), "tangent", needed)
            if needed is not None:
                operands[place] = self.masked(needed, operands[place])
        there = None if mask is None else self.reachable(rule, "adjoint", mask)
        there = taken if there is None else there if taken is None else self.both(there, taken)
        term = apply(*operands)
        return term if there is None else self.masked(there, term), there

    def of_choice(self, taken: Any, adjoint: Any, mask: Any | None) -> tuple[Any, Any]:
        """What a choice for each element hands on to the elements that are taken."""
        there = taken if mask is None else self.both(mask, taken)
        return self.masked(there, adjoint), there

    def fitted(
        self, term: Any, mask: Any | None, own: tuple[int, ...], shape: tuple[int, ...]
    ) -> tuple[Any, Any | None]:
        """A term in the shape of what it goes to: an element is present if one is of those that are summed to it."""
        if own == shape:
            return term, mask
        return self.summed(term, own, shape), None if mask is None else self.summed_mask(mask, own, shape)


IN_ARRAYS = StrongZero()


def partly(mask: Any) -> Any | None:
    """A mask; None if all elements are present."""
    return mask if arrays.any_true(mask == 0) else None
