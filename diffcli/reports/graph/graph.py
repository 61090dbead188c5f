"""The report of a graph: the tree in words for people, tables of nodes and edges, the picture, and the data."""

from __future__ import annotations

from typing import Any

from diffcli.language.writing.printer import shorten
from diffcli.records.blocks import Block, Document, Table, Text, Value, Values, numbers, texts
from diffcli.records.figures import Drawing
from diffcli.records.graph import Graph, GraphResult, fold_graph
from diffcli.reports.arrays import summary_data
from diffcli.reports.document import data_of, heading, partial
from diffcli.reports.formats import PERSON, PICTURE, TREES, Style
from diffcli.reports.graph.text import tree_lines

LONGEST_TITLE = 120
"""A longer expression is shown in the title of a picture with its middle left out."""


def graph_report(result: GraphResult, style: Style, most: int | None) -> Document:
    """The document of a graph; nodes beyond the ``most`` that are shown to people are counted."""
    title = _title(result, style)
    data = _data(result)
    folded = fold_graph(result.graph, most)
    if style.format.audience == PICTURE:
        head = title[0]
        assert isinstance(head, Text)
        notes = tuple(filter(None, (_meaning(result), _hidden(folded))))
        return Document((), data, Drawing(shorten(head.text, LONGEST_TITLE), folded, notes))
    blocks: list[Block] = list(title)
    if style.format.draws == TREES:
        blocks.append(Text("\n".join(tree_lines(folded, style)), "code"))
        blocks += [Text(line, "dim") for line in (_hidden(folded), _meaning(result)) if line]
    else:
        blocks += _tables(folded if style.format.audience == PERSON else result.graph)
        blocks += [Text(line, "dim") for line in (_hidden(folded),) if line]
    if result.at is not None and result.value is not None:
        slopes = [partial("f", name, slope, style.partial) for name, slope in result.gradient.items()]
        blocks.append(Values((Value("f", "f", result.value), *slopes)))
    return Document(tuple(blocks), data, main="nodes")


def _title(result: GraphResult, style: Style) -> list[Block]:
    if result.at is not None:
        return heading(result.expression, result.at, "", style.exact)
    names = [node.name for node in result.graph.nodes if node.kind == "input"]
    return heading(result.expression, dict.fromkeys(names, 0.0), "structure", anywhere=True)


def _hidden(graph: Graph) -> str:
    shown = sum(node.kind != "folded" for node in graph.nodes)
    if graph.hidden:
        return f"... {graph.hidden} of {graph.hidden + shown} nodes are not shown; --full shows all"
    return "... some operands are not shown; --full shows all" if shown < len(graph.nodes) else ""


_ON_EDGES = {"": "the partial derivative of a node by its operand", "adds": "what a node adds to the adjoint of its operand"}
"""What a number on an edge is, by its label."""


def _meaning(result: GraphResult) -> str:
    """What the numbers on edges are."""
    if result.at is None or not result.graph.edges:
        return ""
    if result.remark:
        return result.remark
    labels = {edge.label for edge in result.graph.edges if edge.number is not None}
    meanings = [words for label, words in _ON_EDGES.items() if label in labels]
    return f"on an edge: {', or '.join(meanings)}" if meanings else ""


def _tables(graph: Graph) -> list[Block]:
    """Nodes and edges, a row each."""
    nodes = []
    for node, role in zip(graph.nodes, graph.kinds(), strict=True):
        known = dict(node.numbers)
        words = (node.id, role, node.operation, node.name, node.text or node.remark)
        nodes.append((*words, known.get("value"), known.get("adjoint")))
    edges = []
    for edge in graph.edges:
        what = "" if edge.number is None else edge.label or "partial"
        edges.append((graph.nodes[edge.operand].id, graph.nodes[edge.user].id, edge.position, what, edge.number))
    node_columns = (*texts("node", "kind", "operation", "name", "text"), *numbers("value", "adjoint"))
    edge_columns = (*texts("from", "to"), *numbers("operand"), *texts("what"), *numbers("number"))
    return [Table("nodes", node_columns, tuple(nodes)), Table("edges", edge_columns, tuple(edges))]


def _data(result: GraphResult) -> dict[str, Any]:
    """The object of ``diffcli/graph@1``; large arrays by their shape, norm and range."""
    graph = result.graph
    nodes = [
        data_of(
            node, "id kind operation name text span shape value adjoint remark", shape=node.shape or (),
            **{name: summary_data(dict(node.numbers).get(name)) for name in ("value", "adjoint")},
            **{name: getattr(node, name) or None for name in ("operation", "name", "text", "remark")},
        )
        for node in graph.nodes
    ]  # fmt: skip
    edges = [
        {
            "from": graph.nodes[edge.operand].id, "to": graph.nodes[edge.user].id, "operand": edge.position,
            "partial": None if edge.label else summary_data(edge.number),
            "adds": summary_data(edge.number) if edge.label else None, "depends": edge.depends,
        }
        for edge in graph.edges
    ]  # fmt: skip
    return data_of(
        result, "schema expression at value gradient results nodes edges remark notes", schema="diffcli/graph@1",
        results=[graph.nodes[place].id for place in graph.results], nodes=nodes, edges=edges, remark=result.remark or None,
    )  # fmt: skip
