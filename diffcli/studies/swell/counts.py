"""A hash-consed graph of expressions: equal expressions are one node, so that l_n and l_n' take linear time and room.

A node is an operation and the numbers of its operands; operands have smaller numbers, so that one pass upwards counts
what the expression would be if it were written out: size(node) = 1 + Σ size(operand), in big integers, and no tree is ever
built. Differentiation keeps one tangent a node and takes its rules from the table, as the sweeps over a tape do: that is
why on a graph symbolic and automatic differentiation take the same operations (Laue 2019, arXiv 1904.02990).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial, reduce

from diffcli.errors import LimitError, Source, counted, error
from diffcli.language import Program, parse
from diffcli.language.syntax import COMPARISON, NAME, NUMBER, Branches
from diffcli.language.writing.printer import LANGUAGE, node_parts, pieces
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import replay
from diffcli.tape.running.rules import FLOAT, RESULT, SEED, TIES, Term, fold, terms

WHOLE = frozenset(("add", "sub", "mul", "div"))
"""Operations whose rule is written whole, (u·v)' = u'·v + u·v', even where an operand is a constant."""

LONGEST = 400
"""Characters of a text that are shown."""


class SharedGraph(Program):
    """Nodes in the order in which they were made, operands before what uses them: the columns of a program."""

    def __init__(self, most_nodes: int) -> None:
        super().__init__(Source("", "graph"))
        self.operands: list[tuple[int, ...]] = []
        self.sizes: list[int] = []
        """The nodes of each expression, written out as a tree."""
        self.most_nodes = most_nodes
        self._known: dict[object, int] = {}

    def node(self, operation: str, operands: tuple[int, ...]) -> int:
        """The node of an operation; the one there is, if there is one."""
        found = self._known.get((operation, operands))
        return self._add(operation, operands, operands, operands) if found is None else found

    def number(self, value: float) -> int:
        return self._leaf(NUMBER, value + 0.0, repr(value + 0.0))

    def name(self, name: str) -> int:
        return self._leaf(NAME, name, name)

    def _leaf(self, kind: str, label: str | float, key: str) -> int:
        found = self._known.get((kind, key))
        return self._add(kind, label, (), key) if found is None else found

    def _add(self, operation: str, argument: tuple[int, ...] | str | float, operands: tuple[int, ...], key: object) -> int:
        if len(self.operations) >= self.most_nodes:
            help = ["raise the limit with --max-nodes N, if memory allows"]
            raise LimitError([error("too-many-nodes", f"the graph has more than {counted(self.most_nodes, 'node')}", help=help)])
        self.operations.append(operation)
        self.arguments.append(argument)
        self.operands.append(operands)
        self.sizes.append(1 + sum([self.sizes[operand] for operand in operands]))
        node = self._known[operation, key] = len(self.operations) - 1
        if operation == "where":
            self.branches[node] = Branches(0, 1, 2)  # written as a function
        return node

    def value(self, node: int) -> float | None:
        """The value of a number; None of anything else."""
        argument = self.arguments[node]
        return argument if isinstance(argument, float) else None

    def replay(self, tape: Tape, inputs: Sequence[int]) -> tuple[int, list[int]]:
        """The node of a tape's result, with nodes for its inputs; and the node of every row, operands first."""
        nodes = replay(
            tape, inputs, lambda name, value: self.name(name) if name else self.number(value),
            lambda operation, operands: self.node(operation, tuple(operands)),
        )  # fmt: skip
        return nodes[tape.output], nodes[tape.first_row : tape.slots]


class Texts:
    """The texts of a graph's nodes, in diffcli's language, without writing out what nobody reads.

    What a node is written with depends on the node alone, so the length of its text is a sum over its operands' lengths: one
    pass counts, exactly, the characters of a text that no disk would hold; and the beginning is written by a walk that stops.
    """

    def __init__(self, graph: SharedGraph) -> None:
        self.parts_of = partial(node_parts, graph, LANGUAGE, LANGUAGE.name, {})
        self.known: list[tuple[int, int]] = []
        """The length of each node's text, and how tightly it binds, of as many nodes as have been asked for."""

    def length(self, node: int) -> int:
        """How many characters the text has."""
        known = self.known
        for asked in range(len(known), node + 1):
            parts, binds = self.parts_of(asked)
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
        text = ""
        for piece in pieces(node, self.parts_of):
            text += piece
            if len(text) >= most:
                break
        return text[:most]


class Reach:
    """How many distinct nodes stand under some roots, counted as the roots grow: each node is visited once."""

    def __init__(self, graph: SharedGraph) -> None:
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

    def __init__(self, graph: SharedGraph, variable: int, fold: bool) -> None:
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
        row = OPERATIONS[operation]
        parameters = row.parameters
        for position, term in enumerate(terms(operation, len(operands))):
            operand = operands[position]
            if term is None or (operation not in WHOLE and operand not in self.known):
                continue
            names = dict(zip(parameters, [operand] if row.variadic else operands, strict=True))
            if row.variadic:
                names[TIES] = self._ties(node)
            names |= {SEED: self.of(operand), RESULT: node}
            total = self._join(total, term, names)
        return total

    def _ties(self, node: int) -> int:
        """How many operands equal the result, as a sum of comparisons, which are 1 where they hold."""
        graph = self.graph
        equal = [graph.node("eq", (operand, node)) for operand in graph.operands[node]]
        return reduce(lambda total, one: graph.node("add", (total, one)), equal)

    def _join(self, total: int | None, term: Term, names: dict[str, int]) -> int:
        """A sum with one more term; one that begins with a change of sign is subtracted."""
        unsigned = None if total is None else _without_sign(term)
        built: int = fold(term.program if unsigned is None else unsigned, partial(self._leaf, names), self._decided)
        if total is None:
            return built
        return self.make("add" if unsigned is None else "sub", (total, built))

    def _leaf(self, names: dict[str, int], leaf: str | float) -> int:
        if not isinstance(leaf, str):
            return self.graph.number(leaf)
        if leaf == "nan":  # which the language has no name for
            return self.graph.node("div", (self.zero, self.zero))
        return names[leaf] if leaf in names else self.graph.name(leaf)

    def _decided(self, operation: str, row: Sequence[int], _: object = None) -> int:
        """An operation of a rule, where a condition between constants is decided: x^2 takes the branch of its exponent."""
        graph, operands = self.graph, tuple(row)
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
        if left is not None and right is not None and operation in ("add", "sub", "mul"):
            return graph.number(FLOAT.value(operation)(left, right))
        if operation == "mul" and 0 in values:
            return self.zero
        if (operation, left) in (("add", 0), ("mul", 1)):
            return b
        if (operation, right) in (("add", 0), ("sub", 0), ("mul", 1), ("div", 1), ("pow", 1)):
            return a
        if (operation, left) == ("div", 0):
            return self.zero
        return self._folded("neg", (b,)) if (operation, left) == ("sub", 0) else graph.node(operation, operands)


@cache
def _without_sign(term: Term) -> Program | None:
    """A term without the change of sign that it begins with; None if it begins with none."""
    *bindings, body = term.program.source.text.split(";")
    return parse(";".join([*bindings, body.strip()[1:]])) if body.strip().startswith("-") else None
