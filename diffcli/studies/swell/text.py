"""The text of a node of a graph, in diffcli's language, without writing out what nobody reads.

What a node is written with depends on the node alone, so the length of its text is a sum over its operands' lengths: one
pass counts, exactly, the characters of a text that no disk would hold; and the beginning is written by a walk that stops.
"""

from __future__ import annotations

from functools import partial

from diffcli.language.writing.printer import node_parts, written
from diffcli.studies.swell.counts import SharedGraph

LONGEST = 400
"""Characters of a text that are shown."""


class Texts:
    """The texts of a graph's nodes."""

    def __init__(self, graph: SharedGraph) -> None:
        self.graph = graph
        self.known: list[tuple[int, int]] = []
        """The length of each node's text, and how tightly it binds, of as many nodes as have been asked for."""

    def length(self, node: int) -> int:
        """How many characters the text has."""
        known = self.known
        for asked in range(len(known), node + 1):
            parts, binds = node_parts(self.graph, asked)
            total = 0
            for part in parts:
                if isinstance(part, str):
                    total += len(part)
                else:
                    length, bound = known[part[0]]
                    total += length + 2 * (bound < part[1])
            known.append((total, binds))
        return known[node][0]

    def beginning(self, node: int, most: int = LONGEST) -> str:
        """The text, or as many characters of it."""
        return written(node, partial(node_parts, self.graph), room=most)[:most]
