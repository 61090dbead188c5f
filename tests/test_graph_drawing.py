"""Pictures of graphs: boxes, labels and lines that do not get in each other's way, and texts that other programs read."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import tiers
from console import run
from hypothesis import given
from inside import (
    GAP,
    LOOKS,
    PAPER,
    Edge,
    Graph,
    Node,
    Path,
    Style,
    Words,
    dot,
    dot_text,
    fold_graph,
    graph_of,
    mermaid,
    mermaid_text,
    parse,
    picture_svg,
    port_height,
)
from inside import graph_picture as picture
from inside import lay_out_graph as lay_out
from programs import plainly, points, programs

often = tiers.often(120)
STYLE = Style(80, 6)


def graph_at(statements, point):
    program = parse(plainly(statements))
    try:
        return graph_of(program, {name: point[name] for name in program.inputs} or None).graph
    except Exception:
        return graph_of(program).graph


def boxes_of(path):
    xs, ys = zip(*path.corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def overlap(one, other):
    return one[0] < other[2] - 0.01 and other[0] < one[2] - 0.01 and one[1] < other[3] - 0.01 and other[1] < one[3] - 0.01


def rectangles(drawn, graph):
    """The boxes of nodes, without the second border of results, and the grounds of labels."""
    filled = [item for item in drawn.items if isinstance(item, Path) and item.fill and len(item.corners) > 4]
    labels = [boxes_of(item) for item in filled if item.color == PAPER]
    boxes = [boxes_of(item) for item in filled if item.color != PAPER]
    outer = [box for box in boxes if (box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3) not in boxes]
    assert len(outer) == len(graph.nodes)
    return outer, labels


@often
@given(programs(), points)
def test_nothing_overlaps(statements, point):
    graph = fold_graph(graph_at(statements, point), 60)
    drawn = picture("title", graph, ("note",), STYLE)
    boxes, labels = rectangles(drawn, graph)
    apart = [*boxes, *labels]
    for number, one in enumerate(apart):
        assert min(one) >= 0 and one[2] <= drawn.width and one[3] <= drawn.height
        assert not any(overlap(one, other) for other in apart[:number])


@often
@given(programs(), points)
def test_no_line_runs_through_a_box(statements, point):
    graph = fold_graph(graph_at(statements, point), 60)
    drawn = picture("title", graph, (), STYLE)
    boxes, _ = rectangles(drawn, graph)
    for item in drawn.items:
        if isinstance(item, Path) and not item.fill:
            inner = [((x + to_x) / 2, (y + to_y) / 2) for (x, y), (to_x, to_y) in pairwise(item.corners)]
            for x, y in [*item.corners, *inner]:
                assert not any(left + 0.1 < x < right - 0.1 and up + 0.1 < y < low - 0.1 for left, up, right, low in boxes)


@often
@given(programs(), points)
def test_texts_stay_inside_their_boxes(statements, point):
    """Every letter at 0.62 of its size: an estimate on the safe side for the fonts that are named."""
    graph = fold_graph(graph_at(statements, point), 60)
    drawn = picture("title", graph, (), STYLE)
    boxes, labels = rectangles(drawn, graph)
    for words in drawn.items:
        if isinstance(words, Words) and words.anchor == "middle":
            half = len(words.text) * words.size * 0.6 / 2
            held = [box for box in (*boxes, *labels) if box[0] <= words.x <= box[2] and box[1] <= words.y <= box[3]]
            assert len(held) == 1
            assert held[0][0] <= words.x - half and words.x + half <= held[0][2]


@often
@given(programs(), points)
def test_svg_dot_and_mermaid_can_be_read(statements, point):
    graph = fold_graph(graph_at(statements, point), 60)
    root = ElementTree.fromstring(picture_svg(picture("a < b & c", graph, (), STYLE), "a < b & c"))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "a < b & c" and len(texts) >= len(graph.nodes)
    assert read_dot(dot(graph, "title", STYLE)) == (len(graph.nodes), len(graph.edges))
    assert read_mermaid(mermaid(graph, "title", STYLE)) == (len(graph.nodes), len(graph.edges))


QUOTED = r'"(?:[^"\\\n]|\\.)*"'
ATTRIBUTES = rf"\[(?:\w+=(?:\w+|{QUOTED})(?:, )?)*\]"
DOT_LINE = re.compile(rf"  (?:(?P<node>n\d+) {ATTRIBUTES}|(?P<edge>n\d+ -> n\d+)(?: {ATTRIBUTES})?|\w+=(?:\w+|{QUOTED})|(?:node|edge) {ATTRIBUTES});")


def read_dot(text):
    """The number of nodes and edges of a DOT text, by its grammar as far as it is used."""
    first, *lines, last = text.splitlines()
    assert (first, last) == ("digraph {", "}")
    found = [DOT_LINE.fullmatch(line) for line in lines]
    assert all(found), [line for line, match in zip(lines, found, strict=True) if not match]
    return sum(bool(match["node"]) for match in found), sum(bool(match["edge"]) for match in found)


INSIDE = r'"(?:[^"#<>&`;\\$%*{}\n]|#\d+;|<br>)*"'
MERMAID_NODE = re.compile(rf"  n\d+(?:\(\[{INSIDE}\]\)|\[{INSIDE}\]|\[\[{INSIDE}\]\]|\({INSIDE}\))")
MERMAID_EDGE = re.compile(rf"  n\d+ (?:-->|-\.->)(?:\|{INSIDE}\|)? n\d+")
MERMAID_LOOK = re.compile(r"  class(?:Def \w+ [\w:#,. -]+| n\d+(?:,n\d+)* \w+)")


def read_mermaid(text):
    lines = text.splitlines()
    assert lines[:4] == ["---", lines[1], "---", "flowchart LR"] and lines[1].startswith('title: "')
    rest = lines[4:]
    counts = [sum(bool(form.fullmatch(line)) for line in rest) for form in (MERMAID_NODE, MERMAID_EDGE, MERMAID_LOOK)]
    assert sum(counts) == len(rest), [line for line in rest if not any(form.fullmatch(line) for form in (MERMAID_NODE, MERMAID_EDGE, MERMAID_LOOK))]
    return counts[0], counts[1]


NASTY = ['"] ; n0 -> n9 [label="', "a\\", "\\N", "</text><script>", "&amp;", "<b>", "#quot;", "`x`", "%%{init}%%", "$$x$$", "a\nb", "\x1b[1m", "end", "[[x]]"]


@pytest.mark.parametrize("text", NASTY)
def test_a_user_s_text_stays_text(text):
    graph = Graph((Node("v0", "input", name=text), Node("v1", "operation", text, text=text)), (Edge(0, 1, label=text, number=1.0),), (1,))
    assert read_dot(dot(graph, text, STYLE)) == (2, 1)
    assert read_mermaid(mermaid(graph, text, STYLE)) == (2, 1)
    root = ElementTree.fromstring(picture_svg(picture(text, graph, (), STYLE), text))
    assert {element.tag.partition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "path", "text"}


def test_escapes():
    assert dot_text(["a\\l", 'b"', "&lt;"]) == r'"a\\l\nb\"\n&amp;lt;"'
    assert mermaid_text(["#1;", "x^2 > 3"]) == "#35;1#59;<br>x#94;2 #62; 3"


def test_kinds_differ_in_shape_and_colour_in_every_format():
    assert len({look.stroke + look.fill for look in LOOKS.values()}) == len(LOOKS)
    text = run('graph "x*pi + 1" --at x=1 -f mermaid').stdout
    assert all(shape in text for shape in ('n0(["', 'n1["constant pi', '[["result'))
    svg = run('graph "x*pi + 1" --at x=1 -f svg').stdout
    assert svg.count("stroke-dasharray") == 4, "two boxes of constants and the two edges from them"
    for words in ("input: round ends, blue;", "constant: dashed, grey;", "operation: plain;", "result: double", "orange"):
        assert words in svg


def test_contrast_of_text_on_every_ground():
    """WCAG 2.1 asks for 4.5; the ground is given, so that a dark page does not change it."""

    def luminance(color):
        parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for look in LOOKS.values():
        assert (luminance(look.fill) + 0.05) / (luminance("#222222") + 0.05) > 10
        assert (luminance("#FFFFFF") + 0.05) / (luminance(look.stroke) + 0.05) > 3


def test_a_chain_is_straight_and_a_shared_operand_has_one_trunk():
    chain = graph_of("sin(sin(sin(x)))").graph
    boxes = lay_out(chain, [(50.0, 30.0)] * 4, [0.0] * 3).boxes
    assert len({box.y for box in boxes}) == 1 and [box.x for box in boxes] == sorted(box.x for box in boxes)
    fan = graph_of("x + sin(sin(sin(x))) + x*exp(sin(sin(x)))", None, share=True).graph
    layout = lay_out(fan, [(50.0, 60.0)] * len(fan.nodes), [0.0] * len(fan.edges))
    starts = [trunk[0] for trunk in layout.trunks]
    assert len(set(starts)) == len(starts), "lines of one operand part only behind the columns that they pass together"


def test_boxes_are_moved_apart_no_more_than_needed():
    leaves = Graph((*[Node(f"c{k}", "constant") for k in range(5)], Node("v1", "operation")), tuple(Edge(k, 5, k) for k in range(5)), (5,))
    boxes = lay_out(leaves, [(50.0, 20.0)] * 5 + [(50.0, port_height(5))], [0.0] * 5).boxes
    gaps = [other.y - one.y - one.height for one, other in pairwise(boxes[:5])]
    assert gaps == pytest.approx([GAP] * 4)
    assert boxes[5].y + boxes[5].height / 2 == pytest.approx(boxes[2].y + boxes[2].height / 2)


def test_the_tree_of_a_sum_has_no_crossing_and_operands_in_their_order():
    graph = graph_of("sin(a)*cos(b) + exp(c)*tan(d)").graph
    boxes = lay_out(graph, [(50.0, 50.0)] * len(graph.nodes), [0.0] * len(graph.edges)).boxes
    heights = {node.name: box.y for node, box in zip(graph.nodes, boxes, strict=True) if node.name}
    assert sorted(heights, key=heights.__getitem__) == ["a", "b", "c", "d"]


def test_the_same_bytes_every_time():
    for format in ("svg", "dot", "mermaid", "table"):
        first, second = (run(f'graph "x*sin(y) + max(x, y, 2)" --at x=1,y=5 -f {format}').stdout for _ in range(2))
        assert first == second != ""
