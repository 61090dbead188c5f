"""A syntax tree onto a tape.

The nodes of a program stand in evaluation order, so a stretch of them is lowered by one loop. Two kinds of node break
the stretch: a choice, whose parts become ranges of rows that are skipped when not taken, and a call of the program's
own function, whose body is lowered again with the arguments for its parameters. What is still to be done waits on an
explicit stack.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import ChainMap
from collections.abc import Collection, Mapping, MutableMapping
from typing import Any

from diffcli.errors import LimitError, counted, error
from diffcli.language.syntax import NAME, NUMBER, Program, Statement
from diffcli.operations import CONSTANTS, OPERATIONS
from diffcli.tape.tape import Shape, Skip, Tape

MOST_ROWS = 10_000_000
"""The default limit on the nodes of a program, and so on the rows of its tape: about 2.5 GB."""


def lower(
    program: Program,
    *,
    given: Collection[str] = (),
    share: bool = False,
    most_rows: int = MOST_ROWS,
    shapes: Mapping[str, Shape] | None = None,
) -> Tape:
    """The tape of a program, one row for each operation as it is written.

    Parameters
    ----------
    program
        What `diffcli.language.parse` returned.
    given
        Names of constants (``pi``, ``e``, ``tau``) that are inputs all the same, because the point gives them.
    share
        Merge repeated subexpressions into one row, where the first of them is evaluated whenever the other is.
    most_rows
        The most nodes to lower, the names and numbers among them, and those of a function once for each call. There are
        always fewer rows.
    shapes
        The shapes of inputs that are arrays; all others are numbers.

    Raises
    ------
    ExpressionError
        Shapes do not fit each other.
    LimitError
        The program, with every call of a function written out, has more nodes than that.
    """
    tape = _Lowering(program, given, share, most_rows).run()
    if not any((shapes or {}).values()) and OPERATIONS.keys() >= set(tape.operations):
        return tape
    from diffcli.tape.shapes import with_shapes  # a program of numbers does not wait for it

    return with_shapes(tape, [(shapes or {}).get(name, ()) for name in tape.inputs])


KEPT_NODES = 20_000
"""The most nodes of a program whose tape is kept with it."""


def lowered(program: Program, given: Mapping[str, Any], share: bool = False, most_rows: int = MOST_ROWS) -> Tape:
    """The tape of a program where names have the values that are given; the last one is kept with a program that is not long."""
    shapes = {name: shape for name, value in given.items() if (shape := getattr(value, "shape", ()))}
    question = share, most_rows, tuple([name for name in CONSTANTS if name in given]), shapes
    known: tuple[object, Tape] | None = program.kept.get(lowered)
    if known is not None and known[0] == question:
        return known[1]
    tape = lower(program, given=given, share=share, most_rows=most_rows, shapes=shapes)
    if len(program) <= KEPT_NODES:
        program.kept[lowered] = question, tape
    return tape


class _Lowering:
    def __init__(self, program: Program, given: Collection[str], share: bool, most_rows: int) -> None:
        self.program = program
        self.tape = Tape(program.source, [name for name in program.free if name not in CONSTANTS or name in given])
        self.most_nodes = most_rows
        self.nodes = 0
        """How many nodes have been lowered, those of a function once for each call."""
        self.slots = [0] * len(program)
        """The slot of each node's value."""
        self.environment: MutableMapping[str, int] = {name: slot for slot, name in enumerate(self.tape.inputs)}
        """The slot of each name in reach."""
        self.calls: list[MutableMapping[str, int]] = []
        """For each call being written out, the names in reach outside."""
        self.open_skips: list[int] = []
        self.numbers: dict[float, int] = {}
        """The slot of each number in the text, which has no sign."""
        self.shared: dict[tuple[object, ...], int] | None = {} if share else None
        """Rows that may be used again: those that are evaluated whenever the row to come is."""
        self.shared_in_branches: list[list[tuple[object, ...]]] = []
        """For each branch that is open, the rows that may not be used any more when it closes."""
        for name in program.constants:
            if name not in given:
                self.environment[name] = self.tape.constant(CONSTANTS[name], name)
        unusual = program.operations if share else [program.operations[node] for node in (*program.keys, *program.keywords)]
        self.special = SPECIAL.union(unusual) if unusual else SPECIAL
        """Operations whose rows may be more or less than their operands."""
        self.functions: dict[str, Statement] = {}
        self.breaks, self.choices = self.find_breaks()

    def find_breaks(self) -> tuple[list[int], dict[int, list[int]]]:
        """Nodes at which a stretch ends: calls, and where choices begin (outermost first at one place)."""
        choices: dict[int, list[int]] = {}
        for node in sorted(self.program.branches, reverse=True):
            branches = self.program.branches[node]
            choices.setdefault(min(branches.condition, branches.then), []).append(node)
        return sorted({*choices, *self.program.callees}), choices

    def run(self) -> Tape:
        tape = self.tape
        for statement in self.program.statements:
            if statement.parameters is not None:
                self.functions[statement.name] = statement
                continue
            self.lower_range(statement.first, statement.root + 1)
            slot = self.slots[statement.root]
            if statement.name:
                self.environment[statement.name] = tape.bindings[statement.name] = slot
        return tape.finish([slot])

    # -- the work still to be done ------------------------------------------------------------------------------------

    def lower_range(self, start: int, stop: int) -> None:
        """Lower nodes ``start`` to ``stop``. A waiting item is a method with its arguments."""
        if not self.breaks:
            self.straight(start, stop)
            return
        waiting: list[tuple[object, ...]] = [(self.stretch, start, stop, 0)]
        while waiting:
            action, *arguments = waiting.pop()
            following = action(*arguments)  # type: ignore[operator]
            if following:
                waiting.extend(reversed(following))

    def stretch(self, start: int, stop: int, expanded: int) -> list[tuple[object, ...]]:
        """Lower nodes up to the next break; of the choices that begin at ``start``, ``expanded`` are open already."""
        at = bisect_left(self.breaks, start)
        while at < len(self.breaks) and self.breaks[at] < stop:
            node = self.breaks[at]
            begun = self.choices.get(node, [])
            skip = expanded if node == start else 0
            if len(begun) > skip:
                self.straight(start, node)
                return self.choice(begun[skip], node, skip + 1, stop)
            if node in self.program.callees:
                self.straight(start, node)
                return [*self.call(node), (self.stretch, node + 1, stop, 0)]
            at += 1
        self.straight(start, stop)
        return []

    def choice(self, node: int, start: int, expanded: int, stop: int) -> list[tuple[object, ...]]:
        condition, then, otherwise = self.program.children(node)
        firsts = self.program.branches[node]

        def part(first: int, root: int) -> tuple[object, ...]:
            return self.stretch, first, root + 1, expanded if first == start else 0

        return [
            part(firsts.condition, condition),
            (self.open_branch, condition, True), part(firsts.then, then), (self.close_branch,),
            (self.open_branch, condition, False), part(firsts.otherwise, otherwise), (self.close_branch,),
            (self.straight, node, node + 1),
            (self.stretch, node + 1, stop, 0),
        ]  # fmt: skip

    def open_branch(self, condition: int, when: bool) -> None:
        self.open_skips.append(len(self.tape.skips))
        self.tape.skips.append(Skip(self.tape.slots, -1, self.slots[condition], when))
        self.shared_in_branches.append([])

    def close_branch(self) -> None:
        skips = self.tape.skips
        index = self.open_skips.pop()
        if skips[index].start == self.tape.slots:
            del skips[index]  # no row to skip: the branch is a name or a number
        else:
            skips[index] = skips[index]._replace(stop=self.tape.slots)
        for row in self.shared_in_branches.pop():
            assert self.shared is not None
            del self.shared[row]

    def call(self, node: int) -> list[tuple[object, ...]]:
        """A call: its body once more, with the arguments for the parameters."""
        function = self.functions[self.program.callees[node]]
        assert function.parameters is not None
        arguments = [self.slots[child] for child in self.program.children(node)]
        bindings = dict(zip(function.parameters, arguments, strict=True))
        return [(self.enter, bindings), (self.stretch, function.first, function.root + 1, 0), (self.leave, node, function.root)]

    def enter(self, bindings: dict[str, int]) -> None:
        """Put parameters in reach, and the caller's out of it: a body sees its own and the program's names only."""
        self.calls.append(self.environment)
        self.environment = ChainMap(bindings, self.calls[0])
        self.count(1)

    def leave(self, node: int, root: int) -> None:
        self.environment = self.calls.pop()
        self.slots[node] = self.slots[root]

    # -- a stretch of nodes ---------------------------------------------------------------------------------------------

    def straight(self, start: int, stop: int) -> None:
        """The loop that builds rows; no choice begins and nothing is called between ``start`` and ``stop``."""
        if start == stop:
            return
        program, tape, slots, environment, numbers = self.program, self.tape, self.slots, self.environment, self.numbers
        operations, operands, first_row, special, rows = tape.operations, tape.operands, tape.first_row, self.special, []
        self.count(stop - start)
        columns: Any = zip(program.operations[start:stop], program.arguments[start:stop])  # noqa: B905 (hot loop)
        for node, (operation, arguments) in enumerate(columns, start):
            if operation == NAME:
                slots[node] = environment[arguments]
                continue
            if operation == NUMBER:
                slots[node] = numbers.get(arguments) or self.number(arguments)
                continue
            if len(arguments) == 2:
                a, b = arguments
                row: tuple[int, ...] = slots[a], slots[b]
            else:
                row = tuple([slots[argument] for argument in arguments])
            if operation in special:
                slot, row = self.unlike_its_operands(node, operation, row)
                if slot is not None:
                    slots[node] = slot
                    continue
            slots[node] = first_row + len(operations)
            operations.append(operation)
            operands.append(row)
            rows.append(node)
        tape.starts.extend(map(program.starts.__getitem__, rows))
        tape.stops.extend(map(program.stops.__getitem__, rows))

    def unlike_its_operands(self, node: int, operation: str, row: tuple[int, ...]) -> tuple[int | None, tuple[int, ...]]:
        """The slot of a row that need not be there, if it need not; and its operands with those that are left out."""
        tape = self.tape
        if operation == "neg" and row[0] < 0 and row[0] not in tape.constant_names:
            return tape.constant(-tape.constants[-1 - row[0]]), row  # a negative number is a constant
        if operation in DEFAULTED:
            known = OPERATIONS[operation]
            left_out = known.defaults[len(row) - len(known.operands) :] if len(row) < len(known.operands) else ()
            row += tuple(map(tape.constant, left_out))
        columns: tuple[tuple[str, Mapping[int, Any]], ...] = ("key", self.program.keys), ("keywords", self.program.keywords)
        fixed = {what: column[node] for what, column in columns if node in column}
        if self.shared is not None:
            same = (operation, row, *fixed.values())
            found = self.shared.setdefault(same, tape.slots)
            if found < tape.slots:
                return found, row
            if self.shared_in_branches:
                self.shared_in_branches[-1].append(same)
        if fixed:
            tape.parameters[tape.slots] = fixed
        return None, row

    def number(self, value: float) -> int:
        slot = self.numbers[value] = self.tape.constant(value)
        return slot

    def count(self, nodes: int) -> None:
        """Count nodes before they are lowered; a call counts too, or f1(f1(x)) and so on would never end."""
        self.nodes += nodes
        if self.nodes > self.most_nodes:
            written = ", with its functions written out" if self.calls else ""
            message = f"the program has more than {counted(self.most_nodes, 'node')}{written}"
            help = ["raise the limit with --max-nodes N, if memory allows"]
            raise LimitError([error("too-many-nodes", message, self.program.source, help=help)])


DEFAULTED = frozenset(row.name for row in OPERATIONS.values() if row.defaults)
"""Operations with operands that may be left out."""

SPECIAL = DEFAULTED | {"neg"}
"""These, and the one that may be part of a number."""
