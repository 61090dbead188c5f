"""What arrives at a value from several rows, under several conditions, added up.

A contribution is a slot and the scope in which it is evaluated. Contributions of one scope are added as they come. Those of
different scopes are joined when all of them have arrived: ``where(condition, contribution, 0)`` in the scope around. If
none of them need be there, the sum goes into a scope of its own that asks whether one is: what is not there is no
dependence, and must not meet an infinity further on.
"""

from __future__ import annotations

from heapq import heappop, heappush

from diffcli.errors import Span
from diffcli.tape.building.building import Builder
from diffcli.tape.building.scopes import Scope, common


class Accumulation:
    """The contribution to every slot of a tape from each scope, as far as it has not been used yet."""

    def __init__(self, build: Builder) -> None:
        self.build = build
        self.waiting: dict[int, dict[Scope, int]] = {}
        self.present: dict[int, int] = {}
        """For a contribution that only some elements of an array have, the slot that says which."""

    def add(self, target: int, scope: Scope, slot: int, span: Span) -> None:
        """Add the value in ``slot``, which is there if the conditions of ``scope`` hold, to what arrives at ``target``."""
        arrived = self.waiting.setdefault(target, {})
        if scope in arrived:
            self.build.scope = scope
            slot = self.total(arrived[scope], slot, span)
        arrived[scope] = slot

    def total(self, one: int, other: int, span: Span) -> int:
        """The sum of two contributions of one scope; an element is there if it is in one of them."""
        slot = self.build.emit("add", (one, other), span)
        if one in self.present and other in self.present:
            from diffcli.tape.building.array_building import either  # numbers do not wait for it

            there = either(self.build, self.present[one], self.present[other], span)
            if there is not None:
                self.present[slot] = there
        return slot

    def take(self, target: int, span: Span) -> tuple[int, Scope] | None:
        """The sum of what arrived at a slot and the scope in which it is there; None if nothing did."""
        arrived = self.waiting.pop(target, None)
        if arrived is None:
            return None
        if len(arrived) == 1:
            ((scope, slot),) = arrived.items()
            return slot, scope
        return _Join(self.build, arrived, span).run()

    def take_number(self, target: int, span: Span) -> int:
        """The sum of what arrived at a slot as a number: 0 where nothing did."""
        taken = self.take(target, span)
        if taken is None:
            return self.build.constant(0.0)
        return self.number(*taken, span)

    def number(self, slot: int, scope: Scope, span: Span) -> int:
        """A sum that is there in a scope, as a number: 0 where it is not."""
        while scope.parent is not None:
            self.build.scope = scope.parent
            slot = _select(self.build, scope, slot, span)
            scope = scope.parent
        return slot


def _select(build: Builder, scope: Scope, slot: int, span: Span, other: int | None = None) -> int:
    """A value of a scope in the scope around it: ``other``, or 0, where the condition does not hold."""
    beside = build.constant(0.0) if other is None else other
    then, otherwise = (slot, beside) if scope.when else (beside, slot)
    return build.emit("where", (scope.condition, then, otherwise), span)


class _Join:
    """Brings contributions together, from the innermost scopes outwards."""

    def __init__(self, build: Builder, arrived: dict[Scope, int], span: Span) -> None:
        self.build, self.span = build, span
        self.values = dict(arrived)
        self.present: dict[Scope, int | None] = dict.fromkeys(arrived)
        """Whether the value of a scope is there: a slot to ask; None if it always is."""
        self.top = common(arrived)
        self.queue: list[tuple[int, int, Scope]] = []
        self.expected = 0
        for scope in arrived:
            self.expect(scope)

    def expect(self, scope: Scope) -> None:
        self.expected += 1
        heappush(self.queue, (-scope.depth, self.expected, scope))

    def run(self) -> tuple[int, Scope]:
        while self.queue:
            scope = heappop(self.queue)[2]
            if scope in self.values and scope is not self.top:
                self.lift(scope)
        asked = self.present[self.top]
        if asked is None:
            return self.values[self.top], self.top
        inside = self.top.inside(asked, True)
        assert inside is not None
        return self.values[self.top], inside

    def lift(self, scope: Scope) -> None:
        """Move the value of a scope, and that of what stands on the other side of its condition, to the scope around."""
        build, span = self.build, self.span
        around = scope.parent
        assert around is not None
        other = around.below.get((scope.condition, not scope.when))
        value, present = self.values.pop(scope), self.present.pop(scope)
        other_value = other_present = None
        alone = other is None or other not in self.values
        if other is not None and not alone:
            other_value, other_present = self.values.pop(other), self.present.pop(other)
        build.scope = around
        value = _select(build, scope, value, span, other_value)
        asked: int | None = None
        if alone or present is not None or other_present is not None:
            one = build.constant(1.0)
            here, there = one if present is None else present, one if other_present is None else other_present
            asked = _select(build, scope, here, span, None if alone else there)
        if around not in self.values:
            self.values[around], self.present[around] = value, asked
            self.expect(around)
            return
        before = self.present[around]
        self.values[around] = build.emit("add", (self.values[around], value), span)
        self.present[around] = None if before is None or asked is None else build.emit("or", (before, asked), span)
