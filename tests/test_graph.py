"""The graph of a program: what its nodes and edges say, how it is folded, and how it is printed."""

from __future__ import annotations

import json
import math
import re
import time

import numpy as np
import pytest
import tiers
from console import run, transcript
from hypothesis import assume, given
from inside import Edge, Graph, Node, Style, fold_graph, graph_of, parse, tree_lines
from programs import SMOOTH, given_point, plainly, points, programs

import diffcli

often = tiers.often(150)
EXAMPLE = "ln(x1) + x1*x2 - sin(x2)"


def ids(graph):
    return [node.id for node in graph.nodes]


def numbers(graph, label):
    return {node.id: dict(node.numbers).get(label) for node in graph.nodes}


def test_the_graph_of_the_lecture():
    found = graph_of(EXAMPLE, "x1=2,x2=5")
    graph = found.graph
    assert ids(graph) == ["v-1", "v0", "v1", "v2", "v3", "v4", "v5"]
    assert [node.operation for node in graph.nodes] == ["", "", "log", "mul", "sin", "add", "sub"]
    assert [node.kind for node in graph.nodes] == ["input"] * 2 + ["operation"] * 5
    edges = [(graph.nodes[edge.operand].id, graph.nodes[edge.user].id, edge.number) for edge in graph.edges]
    assert edges == [
        ("v-1", "v1", 0.5), ("v-1", "v2", 5.0), ("v0", "v2", 2.0), ("v0", "v3", math.cos(5)),
        ("v1", "v4", 1.0), ("v2", "v4", 1.0), ("v4", "v5", 1.0), ("v3", "v5", -1.0),
    ]  # fmt: skip
    assert numbers(graph, "adjoint")["v0"] == found.gradient["x2"] == 2 - math.cos(5)
    assert graph.results == (6,)


@often
@given(programs(rows=SMOOTH, depth=4), points)
def test_adjoints_are_the_sums_over_edges_of_partial_times_adjoint(statements, point):
    """The chain rule on the graph alone, which knows nothing of sweeps; and the gradient that it ends in."""
    program = parse(plainly(statements))
    at = given_point(program, point)
    assume(at)
    try:
        found = graph_of(program, at)
        gradient = diffcli.grad(program, at).gradient
    except diffcli.DiffcliError:
        return
    sums = dict.fromkeys(found.graph.results, 1.0)
    for edge in reversed(found.graph.edges):
        if edge.number is not None and edge.user in sums:
            sums[edge.operand] = sums.get(edge.operand, 0.0) + edge.number * sums[edge.user]
    for place, node in enumerate(found.graph.nodes):
        adjoint = dict(node.numbers).get("adjoint")
        if adjoint is not None and math.isfinite(adjoint) and abs(adjoint) < 1e100:
            assert sums.get(place, 0.0) == pytest.approx(adjoint, rel=1e-9, abs=1e-200)
    assert repr(found.gradient) == repr(gradient)


@often
@given(programs(), points)
def test_every_operand_stands_before_its_user_and_every_node_is_there_once(statements, point):
    program = parse(plainly(statements))
    graph = graph_of(program).graph
    assert len(set(ids(graph))) == len(graph.nodes)
    assert all(edge.operand < edge.user for edge in graph.edges)
    assert [edge[1:3] for edge in graph.edges] == sorted(edge[1:3] for edge in graph.edges)
    text = "\n".join(tree_lines(graph, Style(100)))
    heads = [line for line in text.splitlines() if re.search(r"v[₋₀-₉]+ ", line) and not line.endswith("(above)")]
    rows = sum(node.id.startswith("v") for node in graph.nodes)
    assert sum(bool(re.search(r"(^|─ |unused |result )v[₋₀-₉]+ ", line)) for line in heads) == rows


def test_without_a_point_there_are_no_numbers_and_with_one_there_are():
    bare = graph_of("x*y + 2")
    assert (bare.at, bare.value, bare.gradient) == (None, None, {})
    assert numbers(bare.graph, "value") == {"v-1": None, "v0": None, "v1": None, "c1": 2.0, "v2": None}
    assert all(edge.number is None for edge in bare.graph.edges)
    assert graph_of("2*3").value == 6.0


def test_what_no_chosen_variable_reaches_is_constant():
    found = graph_of("x*y + sin(y)*2", "x=2,y=3", wrt="x")
    kinds = {node.id: node.kind for node in found.graph.nodes}
    assert kinds == {"v-1": "input", "v0": "constant", "v1": "operation", "v2": "constant", "c1": "constant", "v3": "constant", "v4": "operation"}
    assert numbers(found.graph, "adjoint") == {"v-1": 3.0, "v0": None, "v1": 1.0, "v2": None, "c1": None, "v3": None, "v4": 1.0}
    assert found.gradient == {"x": 3.0}
    loose = [edge.depends for edge in found.graph.edges if found.graph.nodes[edge.operand].id in ("v0", "v2", "c1", "v3")]
    assert loose == [False] * 5


def test_a_branch_that_is_not_taken():
    found = graph_of("where(x > 0, x, log(x))", "x=2")
    (untaken,) = [node for node in found.graph.nodes if node.operation == "log"]
    assert (untaken.numbers, untaken.remark) == ((), "not taken")
    assert [edge.number for edge in found.graph.edges if edge.depends] == [1.0]


def test_the_policy_at_a_kink_is_on_the_edge():
    assert [graph_of("abs(x)", "x=0", kink=policy).graph.edges[0].number for policy in ("min-norm", "left", "right")] == [0, -1, 1]
    assert [note.code for note in graph_of("abs(x)", "x=0").notes] == ["kink"]
    with pytest.raises(diffcli.NotDifferentiableError):
        graph_of("abs(x)", "x=0", strict=True)


def test_arrays_tell_what_arrives():
    found = graph_of("sum(W @ x)", {"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "x": np.array([1.0, 2.0])})
    assert [node.shape for node in found.graph.nodes] == [(2, 2), (2,), (2,), None]
    to_w, to_x, _ = found.graph.edges
    assert (to_w.label, to_w.number.tolist(), to_x.number.tolist()) == ("adds", [[1, 2], [1, 2]], [4, 6])
    assert found.gradient["x"].tolist() == [4, 6]


@pytest.mark.parametrize("text", ["2*x^2*y", "where(x > 0, x*y, y)", "abs(x - 3)*y", "x*floor(y)"])
def test_an_array_beside_numbers_leaves_their_edges_as_they_are(text):
    alone, beside = graph_of(text, "x=3,y=2").graph, graph_of(f"sum(v)*({text})", "x=3,y=2,v=[1]").graph

    def edges(graph):
        names = [(node.operation, node.name) for node in graph.nodes]
        return [(names[edge.operand], names[edge.user], *edge[2:]) for edge in graph.edges]

    assert [edge for edge in edges(alone) if edge not in edges(beside)] == []


def test_several_results_have_values_and_no_adjoints():
    found = graph_of("[x*y, x]", "x=2,y=3")
    assert "no adjoints" in found.remark and found.value.tolist() == [6, 2]
    pair = graph_of(lambda x: (x * x, 2 * x), {"x": 3.0})
    assert len(pair.graph.results) == 2 and "there are 2 results" in pair.remark
    assert not any("adjoint" in dict(node.numbers) for node in pair.graph.nodes)


def test_a_python_function_is_recorded_once():
    calls = []

    def f(x):
        calls.append(1)
        return x * x

    assert graph_of(f, {"x": 3.0}, verify=False).gradient == {"x": 6.0}
    assert len(calls) == 1


# -- folding -------------------------------------------------------------------------------------------------------------


def test_folding_keeps_what_is_near_the_result_and_counts_the_rest():
    whole = graph_of("+".join(f"sin(x{k})" for k in range(50))).graph
    small = fold_graph(whole, 10)
    kept = [node for node in small.nodes if node.kind != "folded"]
    assert len(kept) == 10 and small.hidden == len(whole.nodes) - 10
    assert small.nodes[small.results[0]] == whole.nodes[whole.results[0]]
    assert [edge[:2] for edge in small.edges if not edge.operand < edge.user] == []
    assert fold_graph(whole, len(whole.nodes)) is whole and fold_graph(whole, None) is whole


def test_many_edges_between_few_nodes_are_folded_too():
    graph = graph_of(f"max({', '.join(['x'] * 1000)})").graph
    small = fold_graph(graph, 20)
    assert len(small.edges) == 81 and small.nodes[1].remark == "920 operands not shown"
    assert "... some operands are not shown; --full shows all" in run(["graph", "--at", "x=1", f"max({', '.join(['x'] * 1000)})"]).stdout


MANY = tiers.size(20_000)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["sin(" * MANY + "x" + ")" * MANY, "+".join(["x*y"] * MANY)], ids=["deep", "long"])
@pytest.mark.parametrize("format", ["table", "svg", "dot", "mermaid"])
def test_very_many_nodes(text, format, tmp_path):
    path = tmp_path / "program"
    path.write_text(text)
    start = time.process_time()
    point = "x=1" if "y" not in text else "x=1,y=2"
    outcome = run(["graph", f"@{path}", "--at", point, "-f", format, "--timeout", "0"])
    assert outcome.exit == 0 and len(outcome.stdout) < 1_000_000
    assert time.process_time() - start < 15  # it takes two: a quadratic step would take many minutes
    if format in ("table", "svg"):
        hidden, nodes = map(int, re.findall(r"\.\.\. (\d+) of (\d+) nodes are not shown; --full shows all", outcome.stdout)[0])
        assert nodes in (MANY + 1, 2 * MANY + 1) and nodes - 1000 < hidden < nodes


def test_full_shows_every_node():
    text = "+".join(f"sin(x{k})" for k in range(120))
    folded, full = run(["graph", text]), run(["graph", text, "--full"])
    assert "... 159 of 359 nodes are not shown; --full shows all" in folded.stdout
    assert "not shown" not in full.stdout and full.stdout.count("input x") == 120
    assert len(json.loads(run(["graph", text, "--json"]).stdout)["nodes"]) == 359


# -- as it is printed ----------------------------------------------------------------------------------------------------

PRINTED = {
    "example": f'graph "{EXAMPLE}" --at x1=2,x2=5',
    "structure": 'graph "t = x*y; t*exp(-t)"',
    "kink": 'graph "max(x, y)^2" --at x=1,y=1',
    "arrays": 'graph "sum(tanh(W @ x))" --at "W=[[1,2],[3,4]],x=[1,-1]"',
    "unused": 'graph "u = 2*x; f(a) = a*a; f(x)" --at x=3',
    "untaken": 'graph "x if x > 0 else log(x)" --at x=2 --width 60',
    "wrt": 'graph "pi*x*sin(y)^2" --at x=2,y=3 --wrt y',
    "several": 'graph "[x*y, x]" --at x=2,y=3',
    "constant": 'graph "2*pi"',
    "narrow": f'graph "{EXAMPLE}" --at x1=2,x2=5 --width 30 --digits full',
    "dot": f'graph "{EXAMPLE}" --at x1=2,x2=5 -f dot',
    "mermaid": f'graph "{EXAMPLE}" --at x1=2,x2=5 -f mermaid',
    "svg": 'graph "x*y + 2" --at x=2,y=3 -f svg',
    "json": 'graph "abs(x)*2" --at x=0 --json',
    "plain": 'graph "x*y" --at x=2,y=3 -f plain',
    "csv": 'graph "x*y" --at x=2,y=3 -f csv',
    "markdown": 'graph "x*y" --at x=2,y=3 -f markdown',
    "latex": 'graph "x*y" --at x=2,y=3 -f latex',
    "missing": 'graph "x*y" --at x=2',
    "unknown": 'graph "x*y" --at x=2,y=3,z=4',
    "undefined": 'graph "log(x)" --at x=-1',
    "shapeless": 'graph "sum(W @ x)"',
    "syntax": 'graph "x +"',
    "strict": 'graph "abs(x)" --at x=0 --strict',
    "other-report": 'taylor "exp(x)" -f dot',
    "limit": 'graph "sin(x)*sin(x)" --max-nodes 2',
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed(name, golden):
    golden(f"graph/{name}.txt", transcript(PRINTED[name]))


def test_an_ascii_stream_gets_ascii(golden):
    outcome = run(f'graph "{EXAMPLE}" --at x1=2,x2=5', encoding="ascii")
    golden("graph/ascii.txt", outcome.stdout)
    for format in ("dot", "mermaid", "svg"):
        named = run(f'graph "β*x" --at β=1,x=2 -f {format}', encoding="ascii").stdout
        assert {"dot": "input &#946;", "mermaid": "input #946;", "svg": "input &#946;"}[format] in named


@pytest.mark.parametrize("width", [36, 50, 80])
def test_a_narrow_terminal_wraps_lines_between_words_only(width):
    text = run(f'graph "{EXAMPLE} + 1/3*x1^2" --at x1=2,x2=5 --digits full --width {width}').stdout
    wide = run(f'graph "{EXAMPLE} + 1/3*x1^2" --at x1=2,x2=5 --digits full --width 200').stdout
    digits = re.compile(r"\d+\.\d{6,}")
    assert sorted(digits.findall(text)) == sorted(digits.findall(wide))
    assert all(len(line) <= width or re.search(r"\d{12,}|\(above\)", line) for line in text.splitlines())


def test_a_deep_branch_is_told_by_its_depth():
    text = run(["graph", "sin(" * 60 + "x" + ")" * 60]).stdout
    assert "v₀ input x  depth 60\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_json_keeps_every_node_and_digit():
    data = json.loads(run('graph "1/3*x" --at x=1 --json').stdout)
    assert list(data) == ["schema", "expression", "at", "value", "gradient", "results", "nodes", "edges", "remark", "notes"]
    assert data["schema"] == "diffcli/graph@1" and data["results"] == ["v2"]
    assert [list(node) for node in data["nodes"]] == [
        ["id", "kind", "operation", "name", "text", "span", "shape", "value", "adjoint", "remark"]
    ] * 5
    assert data["edges"][-1] == {"from": "v0", "to": "v2", "operand": 1, "partial": 1 / 3, "adds": None, "depends": True}
    assert json.loads(run('graph "sqrt(x)" --at x=0 --json').stdout)["edges"][0]["partial"] == "inf"


def test_exit_codes():
    assert run('graph "sqrt(x)" --at x=0').exit == 4
    assert run('graph "abs(x)" --at x=0 --strict').exit == 5
    assert run('graph "x" --format tiff').exit == 2


def test_a_python_function_needs_a_point(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("def loss(x, y):\n    t = x * y\n    return t * t\n")
    outcome = run(["graph", f"{path}:loss", "--at", "x=2,y=3"])
    assert "result v₂ mul  t * t  value 36  adjoint 1" in outcome.stdout
    assert outcome.stdout.count("(above)") == 1 and outcome.exit == 0
    refused = run(["graph", f"{path}:loss"])
    assert (refused.stdout, refused.exit) == ("", 3)
    assert "no value for `x` and `y`" in refused.stderr


@pytest.mark.parametrize("text", ["a = x^1e300^2; [x, a]", "a = x*1e300*1e300; [a - a, x]"])
def test_infinities_beside_arrays_bring_no_warning_of_numpys(text):
    assert "Warning" not in run(["graph", text, "--at", "x=3"]).stderr


def test_a_graph_of_something_else_is_told_in_the_same_words():
    leaf = Node("w", "input", name="weight", shape=(3,))
    nodes = (leaf, Node("n1", "operation", "MulBackward"), Node("n2", "operation", "SumBackward", remark="released"))
    graph = Graph(nodes, (Edge(0, 1), Edge(0, 1, 1), Edge(1, 2)), (2,))
    assert tree_lines(graph, Style(80)) == [
        "result n2 SumBackward  released",
        "└─ n1 MulBackward",
        "   ├─ w input weight  shape 3",
        "   └─ w input weight (above)",
    ]
