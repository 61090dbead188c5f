"""A tape with arrays written out in numbers: a row for every element of every operation.

What reads tapes of numbers reads array programs through it: SymPy, differences with their error bars, 50-digit arithmetic,
Taylor series, one-sided slopes, sparsity. An element of an input is an input, called as the language calls it: ``W[0,1]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import inf, isfinite
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import LimitError, Span, error
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import cells
from diffcli.operations.arithmetic.cells import Cell
from diffcli.operations.array_row import size
from diffcli.operations.arrays import ARRAYS
from diffcli.records import element_names
from diffcli.tape.running.array_rules import parsed_rule, whole
from diffcli.tape.running.rules import FLOAT, fold
from diffcli.tape.tape import Skip, Tape

MOST_WRITTEN = 200_000
"""The most rows of a tape that is written out, if no other limit is given."""


class Written(NamedTuple):
    """A tape of numbers, and where the elements of a tape with arrays stand on it."""

    tape: Tape
    slots: dict[int, tuple[int, ...]]
    """For each slot of the other tape, and each constant that is a result, the slots of its elements, row by row."""

    def of(self, tape: Tape, result: int) -> list[int]:
        """Where the elements of a result of the other tape stand, which may be a constant."""
        own = self.slots[result if result < tape.slots else result - tape.size]
        return [slot if slot >= 0 else slot + self.tape.size for slot in own]


class PointNeededError(Exception):
    """How an operation is written out depends on the values of its operands."""


def write_out(tape: Tape, values: Sequence[Any] | None, most_rows: int = MOST_WRITTEN) -> Written:
    """The tape in numbers, from a tape with arrays and its values: labels and pivots are what they are there.

    Without values it is right at every point; where there is no such tape, that is a `PointNeededError`.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import evaluate, lower
    >>> from diffcli.operations.arithmetic.arrays import as_array
    >>> tape = lower(parse("sum(x^2)"), shapes={"x": (2,)})
    >>> written = write_out(tape, evaluate(tape, [as_array([3.0, 4.0])]))
    >>> written.tape.inputs, written.tape.operations, written.slots[2]
    (['x[0]', 'x[1]'], ['pow', 'pow', 'add'], (4,))
    """
    return _Writer(tape, values, most_rows).run()


class _Writer:
    def __init__(self, tape: Tape, values: Sequence[Any] | None, most_rows: int) -> None:
        self.old, self.old_values, self.most_rows = tape, values, most_rows
        names = [name for slot, name in enumerate(tape.inputs) for name in element_names(name, tape.shape(slot))]
        self.new = Tape(tape.source, names)
        self.numbers: list[float] = []
        """The value of every new slot."""
        self.span = Span(0, 0)
        self.there: dict[int, Any] = {}
        """The cells of every old slot."""

    def run(self) -> Written:
        old, new = self.old, self.new
        first = 0
        for slot in range(old.first_row):
            count = size(old.shape(slot))
            self.there[slot] = cells.of([self.cell(first + k) for k in range(count)], old.shape(slot))
            if self.old_values is not None:
                self.numbers += map(float, cells.listed(self.old_values[slot]))
            first += count
        starts = []
        for slot in old.rows():
            starts.append(new.slots)
            self.span = old.span(slot)
            operands = [self.array(operand) for operand in old.operands_of(slot)]
            self.there[slot] = self.row(old.operation(slot), operands, old.parameters.get(slot, {}))
        starts.append(new.slots)
        for skip in old.skips:
            start, stop = starts[skip.start - old.first_row], starts[skip.stop - old.first_row]
            if start < stop:
                new.skips.append(Skip(start, stop, self.slots(skip.condition)[0], skip.when))
        new.decisions = [self.slots(slot)[0] for slot in old.decisions]
        bound = [slot for slot in old.bindings.values() if slot < 0]
        new.bindings = {name: self.slots(slot)[0] for name, slot in old.bindings.items() if not old.shape(slot)}
        known = {slot: self.slots(slot) for slot in (*self.there, *old.results, *bound)}
        flat = [place for slot in old.results for place in known[slot]]
        return Written(new.finish(flat, several=len(flat) > 1), known)

    def cell(self, slot: int) -> Cell:
        return Cell(slot, self.emit)

    def array(self, slot: int) -> Any:
        """The cells of an old slot, or of a constant."""
        if slot >= 0:
            return self.there[slot]
        value = self.old.constants[-1 - slot]
        name = self.old.constant_names.get(slot, "")
        return cells.of([self.constant(float(number), name) for number in cells.listed(value)], cells.shape_of(value))

    def slots(self, slot: int) -> tuple[int, ...]:
        return tuple(cell.slot for cell in cells.listed(self.array(slot)))

    def constant(self, value: float, name: str = "") -> Cell:
        return self.cell(self.new.constant(value, name))

    def number(self, cell: Cell) -> float:
        if cell.slot >= 0 and self.old_values is None:
            raise PointNeededError
        return self.new.constants[-1 - cell.slot] if cell.slot < 0 else self.numbers[cell.slot]

    def emit(self, name: str, *operands: Any) -> Cell:
        """A row of numbers."""
        row = tuple([(operand if isinstance(operand, Cell) else self.constant(float(operand))) for operand in operands])
        if len(self.new.operations) >= self.most_rows:
            message = f"written out in numbers the program has more than {self.most_rows} rows"
            help = ["automatic differentiation needs no writing out: --mode reverse"]
            raise LimitError([error("too-many-nodes", message, self.old.source, help=help)])
        if self.old_values is not None:
            function = FLOAT.strict(name)
            self.numbers.append(float(function(*[self.number(operand) for operand in row])))
        return self.cell(self.new.append(name, tuple([operand.slot for operand in row]), self.span))

    # -- operations -----------------------------------------------------------------------------------------------------

    def row(self, name: str, operands: list[Any], fixed: dict[str, Any]) -> Any:
        if name in OPERATIONS:
            return cells.applied(lambda *row: self.emit(name, *row), operands)
        row = ARRAYS[name]
        if row.flat:  # of what it is at the point: a constant
            return cells.computed(name, [cells.applied(self.number, [operand]) for operand in operands], fixed, self.constant)
        if (of_group := getattr(self, f"group_{name}", None)) is not None:
            return cells.grouped(operands[0], of_group, **fixed)
        if (special := getattr(self, f"write_{name}", None)) is not None:
            return special(*operands, **fixed)
        if name in cells.WRITTEN:
            return cells.computed(name, operands, fixed, self.constant)
        assert row.definition, f"{name} cannot be written out"
        shapes = [cells.shape_of(operand) for operand in operands]
        names = fixed | row.names(shapes, fixed, 0)
        return self.defined(row.definition, names | dict(zip(row.parameters, operands, strict=True)))

    def defined(self, text: str, names: dict[str, Any]) -> Any:
        """An operation by its definition in the table."""

        def apply(operation: str, values: list[Any], keywords: dict[str, Any]) -> Any:
            if operation == "neg" and isinstance(values[0], int):
                return -values[0]
            if operation in ARRAYS:
                keywords = ARRAYS[operation].defaults | keywords
                ARRAYS[operation].shape([cells.shape_of(value) for value in values], keywords)
            return self.row(operation, values, keywords)

        return fold(parsed_rule(text), lambda leaf: names[leaf] if isinstance(leaf, str) else whole(leaf), apply)

    def group_amax(self, group: list[Cell]) -> Cell:
        return self.emit("max", *group)

    def group_amin(self, group: list[Cell]) -> Cell:
        return self.emit("min", *group)

    def group_norm(self, group: list[Cell]) -> Cell:
        """By squares, unless they are too large or too small, or all of them 0."""
        if len(group) < 2:
            return self.emit("abs", group[0]) if group else self.constant(0.0)
        if self.old_values is None or not 1e-100 < max(map(abs, map(self.number, group))) < 1e100:
            return self.chained("hypot", group)
        return self.emit("sqrt", self.chained("add", [cell * cell for cell in group]))

    def group_logsumexp(self, group: list[Cell]) -> Cell:
        """From the largest on: so that what is -inf is added to something that is not."""
        if self.old_values is None:
            largest, rest = self.above_largest(group)
            return largest + rest
        return self.chained("logaddexp", sorted(group, key=self.number, reverse=True))

    def above_largest(self, group: list[Cell]) -> tuple[Cell, Cell]:
        """The largest of some, through which no derivative goes, and by how much the log of their exponentials' sum is above it.

        An infinite one counts as 0.
        """
        largest = self.emit("stop_gradient", self.emit("max", *group))
        largest = self.emit("where", self.emit("lt", self.emit("abs", largest), inf), largest, 0.0)
        total = self.chained("add", [self.emit("exp", cell - largest) for cell in group])
        return largest, self.emit("log", total)

    def write_softmax(self, a: Any, axis: tuple[int, ...]) -> Any:
        return cells.along(a, lambda group: self.shares(group, range(len(group)), "exp", "sigmoid"), axis)

    def write_log_softmax(self, a: Any, axis: tuple[int, ...]) -> Any:
        return cells.along(a, lambda group: [-share for share in self.shares(group, range(len(group)), "neg", "softplus")], axis)

    def shares(self, group: list[Cell], wanted: Sequence[int], of_log: str, of_most: str) -> list[Cell]:
        """Functions of the log of elements' shares; of most of the whole, by its distance to what the others are together."""
        if self.old_values is None:
            largest, above = self.above_largest(group)
            return [self.emit(of_log, group[place] - largest - above) for place in wanted]
        total = self.group_logsumexp(group)
        found = []
        for place in wanted:
            own, others = group[place], group[:place] + group[place + 1 :]
            if self.number(own) - self.number(total) > -0.5 and isfinite(max(map(self.number, others), default=inf)):
                rest = self.group_logsumexp(others)
                found.append(self.emit(of_most, own - rest if of_most == "sigmoid" else rest - own))
            else:
                found.append(self.emit(of_log, own - total))
        return found

    def chained(self, name: str, group: list[Cell]) -> Cell:
        """An operation of two operands from the first of some to the last."""
        total = group[0]
        for cell in group[1:]:
            total = self.emit(name, total, cell)
        return total

    def write_cross_entropy(self, a: Any, b: Any) -> Any:
        logits = cells.listed(a)
        labels, classes = list(map(self.number, cells.listed(b))), cells.shape_of(a)[-1]
        losses = []
        for place, label in enumerate(labels):
            row = logits[place * classes : (place + 1) * classes]
            known = [int(label)] if label in range(classes) else []
            losses += self.shares(row, known, "neg", "softplus") or [self.constant(float("nan"))]
        return cells.of([self.emit("div", self.chained("add", losses), float(len(labels)))], ())

    def write_det(self, a: Any) -> Any:
        """By elimination, as far as there are pivots to divide by, and the rest, or all of a small matrix, by cofactors."""
        rows = [list(row) for row in a]
        large = rows if len(rows) > 6 else []
        largest = max([abs(self.number(cell)) for row in large for cell in row], default=0.0)
        least = len(rows) * 2.0**-52 * largest  # what is below is rounding: the matrix may be singular there
        factors: list[Cell] = []
        while len(rows) > 6:
            place, column = self.pivot(rows, 1)
            if abs(self.number(rows[place][column])) <= least:
                place, column = self.pivot(rows, len(rows))
            if abs(self.number(rows[place][column])) <= least:
                break
            others = rows.pop(place)
            pivot = others.pop(column)
            factors.append(-pivot if (place + column) % 2 else pivot)
            others = [cell / pivot for cell in others]
            rows = [self.reduced([*row[:column], *row[column + 1 :]], row[column], others) for row in rows]
        return cells.of([self.chained("mul", [*factors, self.determinant(rows)])], ())

    def pivot(self, rows: list[list[Cell]], columns: int) -> tuple[int, int]:
        """The row and the column of the number that is largest in the first columns."""
        places = [(row, column) for column in range(columns) for row in range(len(rows))]
        return max(places, key=lambda place: abs(self.number(rows[place[0]][place[1]])))

    def reduced(self, row: list[Cell], factor: Cell, others: list[Cell]) -> list[Cell]:
        """A row less a multiple of another."""
        return [cell - factor * other for cell, other in zip(row, others, strict=True)]

    def determinant(self, rows: list[list[Cell]]) -> Cell:
        """By cofactors along the first row and those below, each computed once; nothing is divided by."""

        @cache
        def of_columns(columns: tuple[int, ...]) -> Cell:
            row = rows[len(rows) - len(columns)]
            total = row[columns[0]]
            for place, column in enumerate(columns if len(columns) > 1 else ()):
                term = row[column] * of_columns(columns[:place] + columns[place + 1 :])
                total = total - term if place % 2 else total + term if place else term
            return total

        return of_columns(tuple(range(len(rows)))) if rows else self.constant(1.0)

    def write_inv(self, a: Any) -> Any:
        return self.write_solve(a, self.row("diag", [cells.of([self.constant(1.0)] * len(a), (len(a),))], {}))

    def write_solve(self, a: Any, b: Any) -> Any:
        """Gauss and Jordan, with the pivots that are largest at the point."""
        shape = cells.shape_of(b)
        right = [[cell] for cell in b] if len(shape) == 1 else b
        rows = [[*one, *other] for one, other in zip(a, right, strict=True)]
        for column in range(len(rows)):
            best = column + self.pivot([row[column:] for row in rows[column:]], 1)[0]
            rows[column], rows[best] = rows[best], rows[column]
            pivot, *others = rows[column][column:]
            rows[column][column + 1 :] = [cell / pivot for cell in others]
            for row in range(len(rows)):
                if row != column:
                    later = rows[row][column + 1 :]
                    rows[row][column + 1 :] = self.reduced(later, rows[row][column], rows[column][column + 1 :])
        return cells.of([cell for row in rows for cell in row[len(rows) :]], shape)
