"""The graph of functions behind a tensor, as a record: nodes, edges, leaves, and what is saved."""

from __future__ import annotations

import pytest
from console import plainly
from inside import Edge, Style, graph_of_tensor, tree_lines

import diffcli.autograd as ad


def leaf(value, name=None):
    made = ad.tensor(value, requires_grad=True)
    made.name = name
    return made


def drawn(tensor, unicode=True):
    return "\n".join(tree_lines(graph_of_tensor(tensor), Style(width=78, unicode=unicode)))


def test_the_lectures_example_is_a_tree_in_which_what_is_shared_is_drawn_once():
    x1, x2 = leaf(2.0, "x1"), leaf(5.0, "x2")
    y = ad.log(x1) + x1 * x2 - ad.sin(x2)
    tree = """\
result v₅ sub  SubBackward  saves nothing
├─ v₃ add  AddBackward  saves nothing
│  ├─ v₁ log  LogBackward  saves a = x1
│  │  └─ v₋₁ input x1  AccumulateGrad  value 2
│  └─ v₂ mul  MulBackward  saves a = x1, b = x2
│     ├─ v₋₁ input x1 (above)
│     └─ v₀ input x2  AccumulateGrad  value 5
└─ v₄ sin  SinBackward  saves a = x2
   └─ v₀ input x2 (above)"""
    assert drawn(y) == tree
    y.backward()
    after = tree.replace("saves a = x1, b = x2", "freed").replace("saves a = x1", "freed").replace("saves a = x2", "freed")
    assert drawn(y) == after.replace("value 2", "value 2  grad 5.5").replace("value 5", "value 5  grad 1.71634")


def test_nodes_are_in_the_order_in_which_they_ran_and_edges_lead_to_earlier_ones():
    x, w = leaf([1.0, 2.0], "x"), leaf([[3.0], [4.0]])
    hidden = (x @ w).exp()
    graph = graph_of_tensor(hidden * x.sum() + hidden)
    assert [(node.id, node.kind, node.operation or node.name) for node in graph.nodes] == [
        ("v-1", "input", "x"), ("v0", "input", "leaf 2"), ("v1", "operation", "matmul"), ("v2", "operation", "exp"),
        ("v3", "operation", "sum"), ("v4", "operation", "mul"), ("v5", "operation", "add"),
    ]  # fmt: skip
    assert graph.edges == tuple(
        Edge(*edge) for edge in [(0, 2, 0), (1, 2, 1), (2, 3, 0), (0, 4, 0), (3, 5, 0), (4, 5, 1), (5, 6, 0), (3, 6, 1)]
    )
    assert (graph.results, graph.nodes[1].shape) == ((6,), (2, 1))
    assert [node.remark for node in graph.nodes[2:5]] == ["saves a = x, b = leaf 2", "saves result", "saves nothing"]


def test_a_constant_has_no_edge_and_positions_stay_those_of_operands():
    x = leaf(2.0, "x")
    graph = graph_of_tensor(3 * x)
    assert (len(graph.nodes), graph.edges) == (2, (Edge(0, 1, 1),))


def test_one_use_twice_is_two_edges_to_one_node():
    x = leaf(3.0, "x")
    graph = graph_of_tensor(x * x)
    assert graph.edges == (Edge(0, 1, 0), Edge(0, 1, 1))


def test_a_leaf_alone_is_a_graph_of_one_node():
    graph = graph_of_tensor(leaf(3.0, "x"))
    assert ([node.name for node in graph.nodes], graph.edges, graph.results) == (["x"], (), (0,))


def test_custom_functions_changes_in_place_and_several_results_are_nodes_too():
    class Both(ad.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a)
            return a + 1, a * 2

        @staticmethod
        def backward(ctx, first, second):
            return first + 2 * second

    x = leaf([1.0, 2.0], "x")
    first, second = Both.apply(x)
    y = first * second
    y[0] = 0.0
    graph = graph_of_tensor(y)
    assert [node.operation or node.name for node in graph.nodes][:2] == ["x", "Both"]
    assert [(edge.operand, edge.user) for edge in graph.edges][:3] == [(0, 1), (1, 2), (1, 2)]
    assert graph.nodes[1].remark == "saves tensor0 = x"


def test_a_deep_graph_needs_no_stack_of_calls():
    x = leaf(1.0, "x")
    y = x
    for _ in range(5000):
        y = y * 1.0001
    graph = graph_of_tensor(y)
    assert (len(graph.nodes), len(graph.edges), graph.results) == (5001, 5000, (5000,))


def test_what_has_no_graph_is_refused():
    with pytest.raises(ad.AutogradError) as raised:
        graph_of_tensor(ad.tensor(1.0) * 2)
    assert plainly(raised.value) == (
        "nothing that the tensor was computed from requires a gradient: there is no graph to draw\n"
        "  help: make what you differentiate by with requires_grad=True"
    )
