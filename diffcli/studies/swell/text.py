"""The text of a node of a graph, in diffcli's language, without writing out what nobody reads.

What a node is written with depends on the node alone, so the length of its text is a sum over its operands' lengths: one
pass counts, exactly, the characters of a text that no disk would hold; and the beginning is written by a walk that stops.
"""

from __future__ import annotations

from diffcli.language.syntax import ATOM, NAME, NEGATION, NUMBER
from diffcli.language.writing.printer import LANGUAGE, Parts, call_parts, number_text, operator_parts
from diffcli.operations import OPERATIONS
from diffcli.studies.swell.counts import SharedGraph

LONGEST = 400
"""Characters of a text that are shown."""


class Texts:
    """The texts of a graph's nodes."""

    def __init__(self, graph: SharedGraph) -> None:
        self.graph = graph
        self.lengths: list[int] = []
        """The length of each node's text, of as many nodes as have been asked for."""

    def length(self, node: int) -> int:
        """How many characters the text has."""
        for known in range(len(self.lengths), node + 1):
            total = 0
            for part in self._parts(known)[0]:
                total += len(part) if isinstance(part, str) else self.lengths[part[0]] + 2 * (self._binds(part[0]) < part[1])
            self.lengths.append(total)
        return self.lengths[node]

    def beginning(self, node: int, most: int = LONGEST) -> str:
        """The text, or as many characters of it."""
        pieces: list[str] = []
        room = most
        waiting: Parts = [(node, 0)]
        while waiting and room > 0:
            part = waiting.pop()
            if isinstance(part, str):
                pieces.append(part)
                room -= len(part)
                continue
            parts, binds = self._parts(part[0])
            waiting += reversed(["(", *parts, ")"] if binds < part[1] else parts)
        return "".join(pieces)[:most]

    def _binds(self, node: int) -> int:
        value = self.graph.value(node)
        if value is not None:
            return NEGATION if value < 0 else ATOM
        row = OPERATIONS.get(self.graph.operations[node])
        return row.precedence if row is not None and row.symbol else ATOM

    def _parts(self, node: int) -> tuple[Parts, int]:
        operation, operands = self.graph.operations[node], self.graph.operands[node]
        if operation in (NUMBER, NAME):
            label = self.graph.labels[node]
            return [label if isinstance(label, str) else number_text(label)], self._binds(node)
        row = OPERATIONS.get(operation)
        if row is None or not row.symbol:
            return call_parts(operation if row is None else row.spelling, operands), ATOM
        return operator_parts(row.precedence, LANGUAGE.symbols[operation], operands)
