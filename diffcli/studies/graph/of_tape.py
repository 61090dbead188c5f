"""The graph of a program, from its tape: with values, adjoints and local partial derivatives at a point, or without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.errors import ExpressionError
from diffcli.language import Program
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.gradient import of_problem
from diffcli.methods.nonsmooth.breaks import find_breaks
from diffcli.methods.nonsmooth.notes import describe_breaks
from diffcli.methods.nonsmooth.policies import overrides
from diffcli.methods.nonsmooth.system_notes import explain_rows, require_values
from diffcli.methods.options import GraphOptions, Options
from diffcli.methods.problem.problem import At, Linearisation, Output, Problem, Target, as_program, one_line
from diffcli.methods.problem.remarks import unused
from diffcli.methods.sweeps.reverse import Adjoints, Step, accumulate, activity
from diffcli.operations import OPERATIONS
from diffcli.records import Number, is_array, plain
from diffcli.records.graph import Edge, Graph, GraphResult, Node
from diffcli.tape import Tape, lower
from diffcli.tape.running.evaluation import Values, arithmetic_of
from diffcli.tape.running.rules import FLOAT, Overrides

LONGEST = 40
"""The user's own words for a node, if they are longer, are shown with their middle left out."""


def graph_of(target: Target, at: At | None = None, **options: Any) -> GraphResult:
    """The graph of a program: at a point with numbers, without a point its structure.

    All is as for `diffcli.grad`, with the options of `diffcli.methods.options.GraphOptions`. A Python function has no structure
    without a point.

    >>> found = graph_of("x*x + 1", {"x": 3.0})
    >>> [node.id for node in found.graph.nodes], found.gradient
    (['v0', 'v1', 'c1', 'v2'], {'x': 6.0})
    >>> [(edge.operand, edge.user, edge.number) for edge in found.graph.edges]
    [(0, 1, 3.0), (0, 1, 3.0), (1, 3, 1.0), (2, 3, None)]
    """
    asked = GraphOptions(**options)
    program = as_program(target, asked.verify)
    if not at and type(program) is Program and program.inputs and asked.wrt is None:
        asked.progress("building the graph")
        tape = _lowered(program, asked.share, asked.max_nodes)
        return GraphResult(one_line(program), None, _TapeGraph(tape, activity(tape)).build(), notes=tuple(unused(program, False)))
    asked.progress("evaluating")
    return _at_point(Problem(program, at or {}, wrt=asked.wrt, share=asked.share, most_rows=asked.max_nodes), asked)


def _at_point(problem: Problem, asked: GraphOptions) -> GraphResult:
    remark = _without_adjoints(problem)
    if remark:
        return _of_values(problem, asked, remark)
    found = of_problem(problem, Options(kink=asked.kink, strict=asked.strict, progress=asked.progress))
    asked.progress("building the graph")
    replaced = overrides(problem, find_breaks(problem), asked.kink)
    adjoints, steps = accumulate(problem.tape, problem.values, problem.active, overrides=replaced)
    if all(note.code != "no-dependence" for note in found.notes):  # the slopes of the sides may be other adjoints
        for name in problem.wrt:
            adjoints[problem.input_slot(name)] = found.gradient[name]
    graph = _TapeGraph(problem.tape, problem.active, problem.values, replaced, adjoints, steps).build()
    return GraphResult(found.expression, found.at, graph, found.value, found.gradient, found.notes)


def _of_values(problem: Problem, asked: GraphOptions, remark: str) -> GraphResult:
    """The graph without adjoints, of one array or several results."""
    tape = problem.tape
    outputs = [Output(f"f{place}", slot, tape.shape(slot)) for place, slot in enumerate(tape.outputs, 1)]
    system = Linearisation(problem, tape, values=problem.values, active=problem.active, outputs=outputs or problem.outputs)
    require_values(system)
    told, replaced = describe_breaks(system, find_breaks(system), asked.kink, asked.strict)
    notes = [*system.notes(), *system.unused(), *told, *notes_of(watch_of(system), asked.strict)]
    notes += explain_rows(system, [()] * len(system.outputs), replaced, notes)
    graph = _TapeGraph(tape, problem.active, problem.values, replaced).build()
    value = None if tape.outputs else problem.values[tape.output]
    return GraphResult(problem.expression(), problem.at, graph, value, {}, tuple(notes), remark)


def _lowered(program: Program, share: bool, max_nodes: int) -> Tape:
    """The tape of a program without a point, on which every variable is a number."""
    try:
        return lower(program, share=share, most_rows=max_nodes)
    except ExpressionError as refused:
        help = "without a point every variable is a number; give arrays with --at"
        shaped = ("shape-mismatch", "bad-index", "bad-axis")
        raise ExpressionError([
            fault._replace(help=(*fault.help, help)) if fault.code in shaped else fault for fault in refused.diagnostics
        ]) from None  # fmt: skip


def _without_adjoints(problem: Problem) -> str:
    """Why there are no adjoints: they are derivatives of a number."""
    tape = problem.tape
    several = f"there are {len(tape.outputs)} results" if tape.outputs else ""
    if not several and is_array(problem.values[tape.output]):
        several = "the result is an array"
    return f"no adjoints: they are derivatives of one number, and {several}" if several else ""


class _TapeGraph:
    """Nodes and edges of a tape, in evaluation order. A constant has a node for each operation that uses it."""

    def __init__(
        self,
        tape: Tape,
        active: bytearray,
        values: Values | None = None,
        replaced: Overrides | None = None,
        adjoints: Adjoints | None = None,
        steps: Sequence[Step] = (),
    ) -> None:
        self.tape, self.active, self.values, self.replaced, self.adjoints = tape, active, values, replaced or {}, adjoints
        self.terms = {(step.source, step.position): step.term for step in steps}
        self.names = {slot: name for name, slot in reversed(tape.bindings.items()) if slot >= 0}
        self.names |= dict(enumerate(tape.inputs))
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.places: dict[int, int] = {}
        self.constants = 0

    def build(self) -> Graph:
        for slot in range(self.tape.slots):
            own: dict[int, int] = {}
            operands = self.tape.operands_of(slot)
            for operand in operands:
                if operand < 0 and operand not in own:
                    own[operand] = self._constant(operand)
            user = self.places[slot] = len(self.nodes)
            self.nodes.append(self._node(slot))
            for position, operand in enumerate(operands):
                place = own[operand] if operand < 0 else self.places[operand]
                self.edges.append(self._edge(slot, position, operand, Edge(place, user, position)))
        results = [self.places[slot] if slot >= 0 else self._constant(slot) for slot in self.tape.results]
        return Graph(tuple(self.nodes), tuple(self.edges), tuple(results))

    def _constant(self, slot: int) -> int:
        value = self.tape.constants[-1 - slot]
        name = self.tape.constant_names.get(slot, "")
        self.constants += 1
        shape = self.tape.shape(slot) or None
        self.nodes.append(Node(f"c{self.constants}", "constant", name=name, numbers=(("value", value),), shape=shape))
        return len(self.nodes) - 1

    def _node(self, slot: int) -> Node:
        tape = self.tape
        is_input = slot < tape.first_row
        kind = "constant" if not self.active[slot] else "input" if is_input else "operation"
        numbers: list[tuple[str, Number]] = []
        remark = ""
        if self.values is not None:
            value = self.values[slot]
            if value is None:
                remark = "not taken"
            else:
                numbers.append(("value", plain(value)))
            adjoint = None if self.adjoints is None or not self.active[slot] else self.adjoints[slot]
            if adjoint is not None:
                numbers.append(("adjoint", plain(adjoint) + 0.0))
        span = None if is_input or not tape.span(slot).stop else tape.span(slot)
        return Node(
            f"v{tape.index(slot)}", kind, "" if is_input else str(tape.operation(slot)), self.names.get(slot, ""),
            "" if span is None else _words(tape.source.text, *span), tuple(numbers), remark, span, tape.shape(slot) or None,
        )  # fmt: skip

    def _edge(self, slot: int, position: int, operand: int, edge: Edge) -> Edge:
        if not self.active[operand]:
            return edge._replace(depends=False)
        if self.values is None:
            return edge
        if self.values[slot] is None:
            return edge._replace(depends=False)
        row, name = self.tape.operands_of(slot), self.tape.operation(slot)
        if name not in OPERATIONS or any(map(self.tape.shape, (slot, *row))):  # a partial would be a matrix
            term = self.terms.get((slot, position))
            known = self.adjoints is not None
            return edge._replace(label="adds" if term is not None else "", number=term, depends=term is not None or not known)
        function = (self.replaced.get(slot) or FLOAT.terms(name, len(row)))[position]
        with arithmetic_of(self.tape).numbers.quiet():
            partial = function(1.0, *[self.values[other] for other in row], self.values[slot]) if function else None
        if partial is None:
            return edge._replace(depends=False)
        return edge._replace(number=float(partial) + 0.0)


def _words(text: str, start: int, stop: int) -> str:
    """The user's own words on one line; of long ones the two ends, without reading what is between."""
    if stop - start > 4 * LONGEST:
        return f"{' '.join(text[start : start + 24].split())} ... {' '.join(text[stop - 12 : stop].split())}"
    words = " ".join(text[start:stop].split())
    return words if len(words) <= LONGEST else f"{words[:24]} ... {words[-12:]}"
