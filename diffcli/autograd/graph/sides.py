"""On which sides of kinks there are second derivatives: `decide_sides`, of the nodes beside those of a recorded pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diffcli.autograd.graph.core import Core, Node, edge_of, nodes_behind
from diffcli.autograd.graph.kinks import BesideNode, break_of, leaves_from
from diffcli.autograd.partial import plain
from diffcli.errors import AutogradError
from diffcli.operations.arithmetic import arrays, tensors

MOST_ALONE = 8
"""Of so many operations at kinks each is looked at alone, where those of all together do not agree."""

DIRECTIONS = 3
"""Along how many a point is moved, both ways."""

MIXED = 32
"""How often each kink is taken on a side of its own."""


def decide_sides(results: Sequence[Any], beside: Sequence[BesideNode]) -> None:
    """Find for each kink whether its sides agree on second derivatives, and a side that they are taken on."""
    kinks = [node for node in beside if node.there is not None]
    ends = [one for one in results if isinstance(edge_of(one), Node)]
    bent = _told_by_directions(beside)
    if bent and any(node.own_backward for node in nodes_behind(map(edge_of, ends))):
        bent = []  # nobody expects calls of a backward of their own for this
    sides = _agreed(ends, bent)
    if not sides and 1 < len(bent) <= MOST_ALONE:  # those that do not agree are left out
        sides = _agreed(ends, [node for node in bent if _agreed(ends, [node])])
    for node in kinks:
        node.side, node.apart = sides.get(node), node.there
        if node.side is not None:
            still = break_of(node.side[0])[1]
            node.apart = node.there & ~(node.bent & (True if still is None else ~still))
            node.apart = node.apart if arrays.any_true(node.apart) else None


def _told_by_directions(beside: Sequence[BesideNode]) -> list[BesideNode]:
    """The kinks of which a direction and its opposite show all sides: of two sides, or as a norm, and of smooth operands.

    A kink of what has a kink, and the largest of many, may have a side so narrow that no direction that is tried meets it.
    """
    found, broken = [], set()
    for node in beside:  # each after those behind it
        behind = any(edge in broken for edge in node.edges)
        if behind or node.there is not None:
            broken.add(node)
        many = node.kind == "tie" and (len(node.edges) > 2 or node.node.rule.row is not None)
        if not behind and not many and node.there is not None and arrays.any_true(node.bent):
            found.append(node)
    return found


def _agreed(ends: Sequence[Any], bent: Sequence[BesideNode]) -> dict[BesideNode, Any]:
    """A side of each kink, if all that are met along some directions agree, and all mixtures of them; else none."""
    sides: list[dict[BesideNode, Any]] = []
    known: dict[Core, Any] = {}
    try:
        for number in range(2 * DIRECTIONS + MIXED if bent else 0):
            if number < 2 * DIRECTIONS:
                sides.append(_sides_along(_random(ends, number // 2, 1.0 - number % 2 * 2.0), bent))
            elif sum(arrays.count_true(node.bent) for node in sides[0]) > 1:
                _mix(sides[0], sides[1], tensors.generator(number))
            else:
                break
            found = leaves_from(_random(ends, DIRECTIONS, 1.0))
            known = known or found
            if not all(_alike(known[leaf], found.get(leaf)) for leaf in known):
                return {}
    except AutogradError:  # a node has no second derivative: it says so when it is asked for one
        return {}
    finally:
        for node in bent:
            node.side, node.sought = None, False
    return sides[0] if sides else {}


def _sides_along(direction: Mapping[Any, Any], bent: Sequence[BesideNode]) -> dict[BesideNode, Any]:
    """The side of each kink, as far as it is met, along a direction; they are taken."""
    for node in bent:
        node.side, node.sought = None, True
    leaves_from(direction)
    for node in bent:
        node.sought = False
    return {node: node.side for node in bent if node.side is not None}


def _mix(first: Mapping[BesideNode, Any], other: Mapping[BesideNode, Any], source: Any) -> None:
    """Take each element at a kink on one of two sides by chance; those of the same operands on the same one.

    A second derivative is of second degree in the slopes at kinks of smooth operands. If it is not the same on all of their
    sides, one mixture in four shows it, at least: the least weight of a Reed-Muller code of order 2 (Muller 1954).
    """
    chosen: dict[Any, Any] = {}
    for node in first:
        key = node.edges, node.node.shape
        if key not in chosen:
            chosen[key] = tensors.plain(tensors.random(source, node.node.shape, tensors.FLOAT64) > 0)
        node.mix(first[node], other[node], chosen[key])


def _random(ends: Sequence[Any], seed: int, sign: float) -> dict[Any, Any]:
    source = tensors.generator(seed)
    return {edge_of(end): sign * tensors.random(source, end.shape, end.dtype) for end in ends}


def _alike(one: Any, other: Any) -> bool:
    """Whether two adjoints are equal but for rounding."""
    factor = 1e-4 if tensors.kind_of(plain(one)) == tensors.FLOAT32 else 1e-8
    size = arrays.largest_size([plain(one)])
    return other is not None and arrays.largest_size([plain(one) - plain(other)]) <= factor * size
