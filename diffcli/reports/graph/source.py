"""A graph as text for other programs to draw: DOT for Graphviz, and Mermaid, which GitHub and others draw inside Markdown."""

from __future__ import annotations

import json
import re

from diffcli.records.graph import Graph
from diffcli.reports.formats import Style
from diffcli.reports.graph.picture import LOOKS, node_lines
from diffcli.reports.graph.text import edge_text
from diffcli.reports.plots.picture import INK

DOT_SHAPES = {
    "input": 'shape=box, style="rounded,filled"', "constant": 'shape=box, style="dashed,filled"',
    "operation": 'shape=box, style="filled"', "result": 'shape=box, peripheries=2, style="filled"',
    "folded": 'shape=box, style="dotted,filled"',
}  # fmt: skip

MERMAID_SHAPES = {
    "input": '(["{}"])', "constant": '["{}"]', "operation": '["{}"]', "result": '[["{}"]]', "folded": '("{}")',
}  # fmt: skip


def dot(graph: Graph, title: str, style: Style) -> str:
    """The text of a DOT file. Nodes are called n0, n1, ... in the order of the graph.

    >>> from diffcli.records.graph import Edge, Node
    >>> graph = Graph((Node("v0", "input", name="x"), Node("v1", "operation", "sin")), (Edge(0, 1, number=1.0),), (1,))
    >>> print(dot(graph, "f", Style()).splitlines()[-2])
      n0 -> n1 [label="1"];
    """
    lines = [
        "digraph {", "  rankdir=LR;", "  labelloc=t;", '  bgcolor="#FFFFFF";', f"  label={dot_text([title], style.unicode)};",
        f'  node [fontname="Helvetica", fontsize=12, fontcolor="{INK}"];',
        f'  edge [fontname="Helvetica", fontsize=10, fontcolor="{INK}", color="{INK}"];',
    ]  # fmt: skip
    for place, (node, kind) in enumerate(zip(graph.nodes, graph.kinds(), strict=True)):
        text = dot_text(node_lines(node, style, kind), style.unicode)
        look = LOOKS[kind]
        lines.append(f'  n{place} [label={text}, {DOT_SHAPES[kind]}, color="{look.stroke}", fillcolor="{look.fill}"];')
    for edge in graph.edges:
        label = edge_text(edge, style)
        parts = [f"label={dot_text([label], style.unicode)}"] * bool(label) + ["style=dashed"] * (not edge.depends)
        attributes = f" [{', '.join(parts)}]" if parts else ""
        lines.append(f"  n{edge.operand} -> n{edge.user}{attributes};")
    return "\n".join([*lines, "}"]) + "\n"


def dot_text(lines: list[str], unicode: bool = True) -> str:
    r"""Lines as a quoted string of DOT, which reads backslashes and the entities of HTML.

    >>> print(dot_text(['a "b" & c\\n', "β"], False))
    "a \"b\" &amp; c\\n\n&#946;"
    """
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") for line in map(_one_line, lines)]
    text = '"' + "\\n".join(escaped) + '"'
    return text if unicode else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def mermaid(graph: Graph, title: str, style: Style) -> str:
    """The text of a Mermaid flowchart, with the nodes of a DOT file: ``n0(["v₀ input x"])``."""
    heading = json.dumps(_one_line(title), ensure_ascii=not style.unicode)  # which is how YAML writes a text, too
    lines = ["---", f"title: {heading}", "---", "flowchart LR"]
    members: dict[str, list[str]] = {}
    for place, (node, kind) in enumerate(zip(graph.nodes, graph.kinds(), strict=True)):
        members.setdefault(kind, []).append(f"n{place}")
        text = mermaid_text(node_lines(node, style, kind), style.unicode)
        lines.append(f"  n{place}{MERMAID_SHAPES[kind].format(text)}")
    for edge in graph.edges:
        label = edge_text(edge, style)
        arrow = "-->" if edge.depends else "-.->"
        written = f'|"{mermaid_text([label], style.unicode)}"|' if label else ""
        lines.append(f"  n{edge.operand} {arrow}{written} n{edge.user}")
    dashes = {"constant": ",stroke-dasharray:5 3", "folded": ",stroke-dasharray:2 3"}
    for kind, look in LOOKS.items():
        if kind in members:
            lines.append(f"  classDef {kind} fill:{look.fill},stroke:{look.stroke},color:{INK}{dashes.get(kind, '')}")
            lines.append(f"  class {','.join(members[kind])} {kind}")
    return "\n".join(lines) + "\n"


def mermaid_text(lines: list[str], unicode: bool = True) -> str:
    """Lines as the inside of a quoted text of Mermaid: what it could take for its own is a character's number.

    >>> mermaid_text(["x1*x2", 'a "b" < 2'])
    'x1#42;x2<br>a #34;b#34; #60; 2'
    """
    kept = r"[^\w .,:=+/()\[\]'-]" if unicode else r"[^a-zA-Z0-9_ .,:=+/()\[\]'-]"
    texts = [re.sub(kept, lambda found: f"#{ord(found[0])};", _one_line(line)) for line in lines]
    return "<br>".join(texts)


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
