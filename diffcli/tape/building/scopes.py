"""Scopes: under which choices a row is evaluated.

A scope is a chain of conditions, each with the truth that it must have; a row of the scope is evaluated if all of them
hold. Scopes form a tree whose root has no condition. Two places of a tape under the same conditions are one scope, however
far apart they stand, and a row of a scope may be used in every scope below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Scope:
    """The rows that are evaluated if ``condition`` (a slot) has the truth ``when``, and those of ``parent`` are.

    >>> root = Scope()
    >>> inside = root.inside(3, True)
    >>> assert inside is not None
    >>> inside is root.inside(3, True), inside.inside(3, True) is inside, inside.inside(3, False)
    (True, True, None)
    """

    __slots__ = ("parent", "condition", "when", "depth", "jump", "below", "known")

    def __init__(self, parent: Scope | None = None, condition: int = -1, when: bool = True) -> None:
        self.parent, self.condition, self.when = parent, condition, when
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.jump: Scope = self if parent is None else parent.further
        """A scope further up, so that any one up there is found in a number of steps logarithmic in the depth (Myers 1983)."""
        self.below: dict[tuple[int, bool], Scope] = {}
        self.known: dict[int, list[Scope]] = {} if parent is None else parent.known
        """All the scopes of the tree by their conditions."""
        if parent is not None:
            self.known.setdefault(condition, []).append(self)

    @property
    def further(self) -> Scope:
        """Where the jump of a scope right below leads."""
        twice = self.jump.jump
        return twice if self.depth - self.jump.depth == self.jump.depth - twice.depth else self

    def inside(self, condition: int, when: bool) -> Scope | None:
        """The scope of what also asks for a condition: this one, if it does already; None if nothing can be in it."""
        known = self.below.get((condition, when))
        if known is not None:
            return known
        for scope in self.known.get(condition, ()):
            if scope.holds(self):
                return self if scope.when == when else None
        known = self.below[condition, when] = Scope(self, condition, when)
        return known

    def chain(self, depth: int = 0) -> Iterator[Scope]:
        """This scope and those around it that are deeper than ``depth``, the innermost first; never the root."""
        scope = self
        while scope.parent is not None and scope.depth > depth:
            yield scope
            scope = scope.parent

    def at_depth(self, depth: int) -> Scope:
        """The scope of that depth around this one."""
        scope = self
        while scope.depth > depth and scope.parent is not None:
            scope = scope.jump if scope.jump.depth >= depth else scope.parent
        return scope

    def holds(self, other: Scope) -> bool:
        """Whether the rows of another scope, which stands below this one, are evaluated only if those of this one are."""
        return self.depth <= other.depth and other.at_depth(self.depth) is self


def common(scopes: Iterable[Scope]) -> Scope:
    """The innermost scope around all of some."""
    found: Scope | None = None
    for scope in scopes:
        if found is None:
            found = scope
            continue
        other = scope.at_depth(min(found.depth, scope.depth))
        found = found.at_depth(other.depth)
        while found is not other:
            assert found.parent is not None and other.parent is not None
            apart = found.jump is not other.jump
            found, other = (found.jump, other.jump) if apart else (found.parent, other.parent)
    assert found is not None
    return found
