"""A graph in words: how nodes, numbers and edges are written in every drawing, and the tree for the terminal."""

from __future__ import annotations

import re
import textwrap

from diffcli.methods.traces.trace import ASCII, UNICODE
from diffcli.records.graph import Edge, Graph, Node
from diffcli.reports.document import number
from diffcli.reports.formats import Style

DEEPEST = 24
"""Branches are drawn down to this depth; below it all nodes stand in one column, with their depth as a number."""

WIDEST_ARRAY = 24
"""An array that is wider as text is shown by its norm."""

_TIED = "\0"
"""Stands for a blank at which a line is not broken."""

_VALUE = re.compile(r"v(-?\d+)")


def id_text(id: str, unicode: bool) -> str:
    """The name of a node; with an index, if it is a ``v`` with a number.

    >>> id_text("v-1", True), id_text("v-1", False), id_text("c2", True)
    ('v₋₁', 'v[-1]', 'c2')
    """
    found = _VALUE.fullmatch(id)
    return id if found is None else (UNICODE if unicode else ASCII).value(int(found[1]))


def head_text(node: Node, style: Style, result: bool = False) -> str:
    """What a node is: ``result v₂ mul``, ``input x``, ``constant pi``."""
    if node.kind == "folded":
        return node.remark
    if node.kind == "constant" and not node.operation:
        value = dict(node.numbers).get("value")
        named = node.name or ("" if value is None else number(value, style.exact, WIDEST_ARRAY))
        own = id_text(node.id, style.unicode) + " " if node.id.startswith("v") else ""
        return f"{'result ' * result}{own}constant {named}"
    words = [id_text(node.id, style.unicode)]
    if node.kind == "input":
        words += ["input", node.name]
    else:
        words += [f"{node.name} =" * bool(node.name), "constant" * (node.kind == "constant"), node.operation]
    return " ".join(filter(None, ["result" * result, *words]))


def number_lines(node: Node, style: Style) -> list[str]:
    """The numbers of a node, each with what it is; a remark; the lengths of an array."""
    if node.kind == "folded":
        return []
    lines = []
    if node.shape is not None:
        from diffcli.language.writing.array_text import shape_text

        lines.append(f"shape {shape_text(node.shape)}")
    for label, value in node.numbers:
        if label == "value" and node.kind == "constant" and not node.operation and not node.id.startswith("v") and not node.name:
            continue  # it is its own name
        lines.append(f"{label} {number(value, style.rounded(), WIDEST_ARRAY)}")
    return lines + [node.remark] * bool(node.remark)


def edge_text(edge: Edge, style: Style) -> str:
    """What stands on an edge: the partial derivative, or what the operand's adjoint gets; empty if nothing is known."""
    if edge.number is None:
        return ""
    return f"{edge.label} {number(edge.number, style.rounded(), WIDEST_ARRAY)}".strip()


def tree_lines(graph: Graph, style: Style) -> list[str]:
    """A line or more for each node, operands below what is made of them; the second time a node is only referred to."""
    return _Tree(graph, style).lines


class _Tree:
    def __init__(self, graph: Graph, style: Style) -> None:
        self.graph, self.style = graph, style
        self.corner, self.tee, self.bar = ("└─", "├─", "│  ") if style.unicode else ("`-", "|-", "|  ")
        self.deepest = min(DEEPEST, max((style.width - 40) // 3, 4))
        self.operands = graph.operands()
        self.results = set(graph.results)
        self.drawn = bytearray(len(graph.nodes))
        self.lines: list[str] = []
        for root in graph.roots():
            self._draw(root)

    def _draw(self, root: int) -> None:
        """A root, and everything below it that is not drawn yet."""
        waiting: list[tuple[int, Edge | None, str, bool, int]] = [(root, None, "", True, 0)]
        while waiting:
            place, edge, prefix, last, depth = waiting.pop()
            again = bool(self.drawn[place])
            operands = [] if again else self.operands[place]
            if edge is None:
                branch = inner = ""
            else:
                label = edge_text(edge, self.style)
                branch = f"{prefix}{self.corner if last else self.tee}{f'[{label}]' * bool(label)} "
                inner = prefix + ("   " if last else self.bar)
            below = inner if depth < self.deepest else prefix
            self._write(place, branch, inner + ("   " if not operands or depth >= self.deepest else self.bar), again, depth)
            self.drawn[place] = 1
            for position in range(len(operands) - 1, -1, -1):
                found = operands[position]
                waiting.append((found.operand, found, below, position == len(operands) - 1, depth + 1))

    def _write(self, place: int, branch: str, below: str, again: bool, depth: int) -> None:
        node, style = self.graph.nodes[place], self.style
        root = "unused " * (not branch and place not in self.results)
        parts = [root + head_text(node, style, place in self.results)]
        if again:
            parts[0] += " (above)"
        else:
            # a number stays on the line of its label
            parts += [node.text] * bool(node.text) + [line.replace(" ", _TIED, 1) for line in number_lines(node, style)]
        if depth > self.deepest:
            parts.append(f"depth {depth}")
        line = branch
        for count, part in enumerate(parts):
            gap = "" if not count or line == below else "  "
            if count and len(line) + len(gap) + len(part) > style.width:
                self.lines.append(line)
                broken = textwrap.wrap(part, max(style.width - len(below), 14), break_long_words=False, break_on_hyphens=False)
                self.lines += [below + piece.replace(_TIED, " ") for piece in broken[:-1]]
                line, gap, part = below, "", broken[-1]
            line += gap + part.replace(_TIED, " ")
        self.lines.append(line)
