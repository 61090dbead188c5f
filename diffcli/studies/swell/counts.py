"""A hash-consed graph of expressions: equal expressions are one node, so that l_n and l_n' take linear time and room.

A node is an operation and the numbers of its operands; operands have smaller numbers, so that one pass upwards counts
what the expression would be if it were written out: size(node) = 1 + Σ size(operand), in big integers, and no tree is ever
built. Differentiation keeps one tangent a node and takes its rules from the table, as the sweeps over a tape do: that is
why on a graph symbolic and automatic differentiation take the same operations (Laue 2019, arXiv 1904.02990).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from diffcli.errors import LimitError, error
from diffcli.language.syntax import COMPARISON, NAME, NUMBER, Program
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.running.rules import FLOAT, RESULT, SEED, TIES, terms

WHOLE = frozenset(("add", "sub", "mul", "div"))
"""Operations whose rule is written whole, (u·v)' = u'·v + u·v', even where an operand is a constant."""

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
}  # fmt: skip


class Graph:
    """Nodes in the order in which they were made, operands before what uses them."""

    def __init__(self, most_nodes: int) -> None:
        self.operations: list[str] = []
        self.operands: list[tuple[int, ...]] = []
        self.labels: dict[int, str | float] = {}
        """The name, or the value, of each leaf."""
        self.sizes: list[int] = []
        """The nodes of each expression, written out as a tree."""
        self.most_nodes = most_nodes
        self._known: dict[object, int] = {}

    def __len__(self) -> int:
        return len(self.operations)

    def node(self, operation: str, operands: tuple[int, ...]) -> int:
        """The node of an operation; the one there is, if there is one."""
        key = (operation, operands)
        found = self._known.get(key)
        if found is None:
            sizes = self.sizes
            found = self._known[key] = self._add(operation, operands, 1 + sum([sizes[operand] for operand in operands]))
        return found

    def number(self, value: float) -> int:
        return self._leaf(NUMBER, value + 0.0, repr(value + 0.0))

    def name(self, name: str) -> int:
        return self._leaf(NAME, name, name)

    def _leaf(self, kind: str, label: str | float, key: str) -> int:
        found = self._known.get((kind, key))
        if found is None:
            found = self._known[kind, key] = self._add(kind, (), 1)
            self.labels[found] = label
        return found

    def _add(self, operation: str, operands: tuple[int, ...], size: int) -> int:
        if len(self.operations) >= self.most_nodes:
            help = ["raise the limit with --max-nodes N, if memory allows"]
            raise LimitError([error("too-many-nodes", f"the graph has more than {self.most_nodes} nodes", help=help)])
        self.operations.append(operation)
        self.operands.append(operands)
        self.sizes.append(size)
        return len(self.operations) - 1

    def value(self, node: int) -> float | None:
        """The value of a number; None of anything else."""
        return self.labels[node] if self.operations[node] == NUMBER else None  # type: ignore[return-value]

    def replay(self, tape: Tape, inputs: Sequence[int]) -> tuple[int, list[int]]:
        """The node of a tape's result, with nodes for its inputs; and the node of every row, operands first."""
        constants = [
            self.name(tape.constant_names[-1 - index]) if -1 - index in tape.constant_names else self.number(value)
            for index, value in enumerate(tape.constants)
        ]
        nodes = [*inputs, *[0] * len(tape.operations), *reversed(constants)]
        for slot, (operation, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
            nodes[slot] = self.node(operation, tuple([nodes[operand] for operand in row]))
        return nodes[tape.output], nodes[tape.first_row : tape.slots]


class Reach:
    """How many distinct nodes stand under some roots, counted as the roots grow: each node is visited once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.marked: set[int] = set()
        self.roots: list[int] = []

    def count(self, roots: Sequence[int]) -> int:
        """The distinct nodes under the roots. Those under the roots before are kept, if all of these are reached again."""
        missed = set(self.roots) - set(roots)
        waiting, operands, marked = list(roots), self.graph.operands, self.marked
        while waiting:
            node = waiting.pop()
            if node in marked:
                missed.discard(node)
            else:
                marked.add(node)
                waiting += operands[node]
        self.roots = list(roots)
        if missed:
            self.marked, self.roots = set(), []
            return self.count(roots)
        return len(marked)


class Tangents:
    """The derivatives of a graph's nodes by one of its names, each made once and shared.

    With ``fold`` a zero or a one is dropped from sums and products, and arithmetic of constants is done; without it every
    rule is written out as a textbook has it, (4·l)' = 0·l + 4·l'.
    """

    def __init__(self, graph: Graph, variable: int, fold: bool) -> None:
        self.graph, self.fold = graph, fold
        self.zero = graph.number(0)
        self.make = self._folded if fold else graph.node
        self.known: dict[int, int] = {variable: graph.number(1)}
        """The tangent of every node that depends on the variable."""

    def of(self, node: int) -> int:
        return self.known.get(node, self.zero)

    def extend(self, nodes: Sequence[int]) -> None:
        """Differentiate nodes, operands first."""
        operands, known = self.graph.operands, self.known
        for node in nodes:
            if node not in known and any(operand in known for operand in operands[node]):
                tangent = self._differentiate(node)
                if tangent is not None:
                    known[node] = tangent

    def _differentiate(self, node: int) -> int | None:
        """The sum over the operands of tangent times partial; None where no rule leads through."""
        operation, operands = self.graph.operations[node], self.graph.operands[node]
        if operation == "where":
            condition, then, otherwise = operands
            return self.make("where", (condition, self.of(then), self.of(otherwise)))
        total: int | None = None
        for position, term in enumerate(terms(operation, len(operands))):
            operand = operands[position]
            if term is None or (operation not in WHOLE and operand not in self.known):
                continue
            names = dict(zip(OPERATIONS[operation].parameters, operands, strict=False))
            if OPERATIONS[operation].variadic:
                names = {OPERATIONS[operation].parameters[0]: operand, TIES: self._ties(node)}
            names |= {SEED: self.of(operand), RESULT: node}
            total = self._join(total, term.program, names)
        return total

    def _ties(self, node: int) -> int:
        """How many operands equal the result, as a sum of comparisons, which are 1 where they hold."""
        graph = self.graph
        equal = [graph.node("eq", (operand, node)) for operand in graph.operands[node]]
        return reduce(lambda total, one: graph.node("add", (total, one)), equal)

    def _join(self, total: int | None, program: Program, names: dict[str, int]) -> int:
        """A sum with one more term; one that begins with a change of sign is subtracted."""
        sign = _leading_sign(program)
        built = self._build(program, names, sign if total is not None else -1)
        if total is None:
            return built
        return self.make("add" if sign < 0 else "sub", (total, built))

    def _build(self, program: Program, names: dict[str, int], unsigned: int) -> int:
        """The nodes of a rule's text; the change of sign at its node ``unsigned`` is left to the caller."""
        graph = self.graph
        names = dict(names)
        built: list[int] = []
        for statement in program.statements:
            for node in range(statement.first, statement.root + 1):
                operation, argument = program.operations[node], program.arguments[node]
                if operation == NUMBER:
                    built.append(graph.number(float(argument)))  # type: ignore[arg-type]
                elif operation == NAME:
                    built.append(names[str(argument)] if argument in names else self._constant(str(argument)))
                else:
                    operands = tuple([built[child] for child in program.children(node)])
                    built.append(operands[0] if node == unsigned else self._decided(operation, operands))
            names[statement.name] = built[statement.root]
        return built[-1]

    def _constant(self, name: str) -> int:
        """A constant of a rule; nan, which the language has no name for, is 0/0."""
        return self.graph.node("div", (self.zero, self.zero)) if name == "nan" else self.graph.name(name)

    def _decided(self, operation: str, operands: tuple[int, ...]) -> int:
        """An operation of a rule, where a condition between constants is decided: x^2 takes the branch of its exponent."""
        graph = self.graph
        if operation == "where":
            condition = graph.value(operands[0])
            if condition is not None:
                return operands[1] if condition else operands[2]
        elif 0 < OPERATIONS[operation].precedence <= COMPARISON:
            values = [graph.value(operand) for operand in operands]
            if None not in values:
                return graph.number(float(FLOAT.value(operation)(*values)))
        return self.make(operation, operands)

    def _folded(self, operation: str, operands: tuple[int, ...]) -> int:
        """A node without zeros and ones that change nothing."""
        graph = self.graph
        values = [graph.value(operand) for operand in operands]
        if operation == "neg" and values[0] is not None:
            return graph.number(-values[0])
        if len(operands) != 2 or operation not in ("add", "sub", "mul", "div", "pow"):
            return graph.node(operation, operands)
        a, b = operands
        left, right = values
        if left is not None and right is not None and operation in _ARITHMETIC:
            return graph.number(_ARITHMETIC[operation](left, right))
        if operation == "mul" and 0 in values:
            return self.zero
        if (operation, left) in (("add", 0), ("mul", 1)):
            return b
        if (operation, right) in (("add", 0), ("sub", 0), ("mul", 1), ("div", 1), ("pow", 1)):
            return a
        if (operation, left) == ("div", 0):
            return self.zero
        return self._folded("neg", (b,)) if (operation, left) == ("sub", 0) else graph.node(operation, operands)


def _leading_sign(program: Program) -> int:
    """The node of the change of sign that a term begins with; -1 if it begins with none."""
    node = program.result.root
    while program.operations[node] in ("mul", "div"):
        node = program.children(node)[0]
    return node if program.operations[node] == "neg" else -1
