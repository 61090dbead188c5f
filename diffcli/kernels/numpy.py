"""A tape over many points as NumPy calls, a block of points at a time, in registers that are used again.

Every block is computed as if all its values were finite, for that takes no care: NumPy says itself, at no price, when a quotient
by zero, an overflow or an invalid operation comes up. Then the block is computed again with the functions of
`diffcli.operations.arithmetic.arrays`, which know every special case.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property, reduce
from math import isfinite
from typing import Any, TypeAlias

import numpy as np

from diffcli.kernels.backends import Layout
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.evaluation import Values, constant_values, last_uses
from diffcli.tape.running.rules import FLOAT, Arithmetic, fold, parse_own

Place: TypeAlias = "int | str"
"""Where a value stands: a row by its number, all else by its name: an input, a constant, what is one number for all points."""

BLOCK = 16384
"""The most points in a block."""

MEMORY = 2**20
"""How many bytes the columns of a block may take, so that they stay near the processor."""


def halved(angle: Any, out: Any) -> None:
    """Half of an angle; where that is no float, the block is left to care."""
    with np.errstate(under="raise"):
        np.multiply(angle, 0.5, out=out)


TRUTHS = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip
"""Rows whose values are truths where nothing is undefined."""

CALLS: dict[str, Callable[..., Any]] = {
    **{name: function for name, function in arrays.FUNCTIONS.items() if isinstance(function, np.ufunc) and name != "logaddexp"},
    **TRUTHS, "div": np.divide, "pow": np.power, "hypot": np.hypot, "copysign": np.copysign, "max": np.maximum, "min": np.minimum,
    "floor_divide": np.floor_divide, "halved": halved,
}  # fmt: skip
"""Rows that NumPy computes into an array that it is given, right as long as everything is finite."""

HONEST = frozenset((
    *TRUTHS, "add", "sub", "mul", "div", "neg", "square", "sqrt", "exp", "log", "abs", "sign", "floor", "ceil", "round", "trunc",
    "max", "min", "sin", "cos", "tan", "atan", "tanh", "asinh", "cbrt", "copysign", "where", "number", "halved",
))  # fmt: skip
"""Rows that make nothing infinite or undefined of finite operands without a word of NumPy's; others are looked at."""


@cache
def tangent_is_quick() -> bool:
    """Whether NumPy computes the tangent with the processor's vectors, and sines one by one."""
    angles = np.linspace(-3.0, 3.0, 2048)

    def seconds(function: Callable[..., Any]) -> float:
        start = time.perf_counter()
        function(angles)
        return time.perf_counter() - start

    return 3 * min(seconds(np.tan) for _ in range(5)) < min(seconds(np.sin) for _ in range(5))


def finite(column: Any) -> None:
    """Stop a block in which a value may be infinite or undefined."""
    if not isfinite(np.vdot(column, column)):
        raise FloatingPointError


NAMES: dict[str, Any] = {function.__name__: function for function in CALLS.values()}
NAMES |= {"array": np.array, "nan": np.nan, "inf": np.inf, "copyto": np.copyto, "putmask": np.putmask, "finite": finite}
"""What the names in a source stand for, but for constants and functions that NumPy does not have."""


class Rows:
    """The calls that a tape comes to: rows of which NumPy computes each, in their simplest form and only once."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, tuple[Place, ...]]] = []
        self.known: dict[tuple[str, tuple[Place, ...]], int] = {}
        self.numbers: dict[Place, float] = {}
        """The values of constants."""
        self.constants: dict[str, str] = {}
        """Their names, by how they are written."""
        self.functions: dict[str, Callable[..., Any]] = {}
        """What NumPy does not have, by the name that it is called by."""
        self.plain = True
        """Whether nothing is decided by what is undefined everywhere."""

    def number(self, value: float) -> Place:
        """The place of a constant."""
        name = self.constants.setdefault(repr(value), f"k{len(self.constants)}")
        self.numbers[name] = value
        return name

    def row(self, name: str, *operands: Place) -> int:
        """The place of a row; of one that is there already, if there is."""
        key = name, operands
        if key not in self.known:
            self.known[key] = len(self.rows)
            self.rows.append(key)
        return self.known[key]

    def is_truth(self, place: Place) -> bool:
        return isinstance(place, int) and self.rows[place][0] in TRUTHS

    def truth(self, place: Place) -> Place:
        return place if self.is_truth(place) else self.row("ne", place, self.number(0.0))

    def value(self, place: Place) -> Place:
        return self.row("number", place) if self.is_truth(place) else place

    def emit(self, name: str, operands: Sequence[Place]) -> Place:
        """The place of an operation applied to some places."""
        numbers = [self.numbers.get(operand) for operand in operands]
        if None not in numbers:
            return self.number(FLOAT.value(name)(*numbers))
        if (name in TRUTHS or name == "where") and any(number != number for number in numbers[: 1 if name == "where" else None]):
            self.plain = False
        if name in ("and", "or", "not"):
            return self.row(name, *map(self.truth, operands))
        if name == "where":
            condition, a, b = operands
            if numbers[0] is not None:
                return a if numbers[0] else b
            return self.row(name, self.truth(condition), self.value(a), self.value(b))
        return self._of_numbers(name, list(map(self.value, operands)), numbers)

    def _of_numbers(self, name: str, operands: list[Place], numbers: list[float | None]) -> Place:
        if name == "stop_gradient":
            return operands[0]
        if name in ("max", "min"):
            return reduce(lambda a, b: self.row(name, a, b), operands)
        if name == "clip":
            return self.row("min", self.row("max", *operands[:2]), operands[2])
        if name == "relu":
            return self.row("max", operands[0], self.number(0.0))
        if name == "pow" and numbers[1] is not None:
            return self._power(operands[0], numbers[1]) or self.row(name, *operands)
        if name in ("sin", "cos") and tangent_is_quick():
            return self._circular(name, operands[0])
        if name not in CALLS and name not in arrays.FUNCTIONS and not isinstance(name, OwnName):
            return self._by_form(name, operands)
        if name not in CALLS:
            label = f"own{len(self.functions)}" if isinstance(name, OwnName) else name
            self.functions[label] = NUMPY.value(name)
            return self.row(label, *operands)
        return self.row(name, *operands)

    def _power(self, a: Place, exponent: float) -> Place | None:
        """a to a small exponent by products and roots; None if it is another."""
        size = abs(exponent)
        if size not in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0):
            return None
        found = a
        if size % 1:
            found = self.row("sqrt", self.row("add", a, self.number(0.0)))  # of -0 it is 0
            found = found if size == 0.5 else self.row("mul", a, found)
        elif size > 1:
            square = self.row("square", a)
            found = square if size == 2 else self.row("mul", square, a) if size == 3 else self.row("square", square)
        return found if exponent > 0 else self.row("div", self.number(1.0), found)

    def _circular(self, name: str, a: Place) -> Place:
        """The sine by the tangent of half the angle; the cosine by that of the angle, with the sign that the sine tells."""
        one = self.number(1.0)
        half = self.row("tan", self.row("halved", a))
        sine = self.row("div", self.row("add", half, half), self.row("add", self.row("square", half), one))
        if name == "sin":
            return sine
        tangent = self.row("tan", a)
        size = self.row("div", one, self.row("sqrt", self.row("add", self.row("square", tangent), one)))
        return self.row("copysign", size, self.row("mul", sine, tangent))

    def _by_form(self, name: str, operands: list[Place]) -> Place:
        row = OPERATIONS[name]
        places = dict(zip(row.parameters, operands, strict=True))

        def leaf(argument: Any) -> Place:
            return places[argument] if argument in places else self.number(FLOAT.constants.get(argument, argument))

        return fold(parse_own(FLOAT.form_of(row)), leaf, lambda name, operands, _: self.emit(name, operands))  # type: ignore[no-any-return]


class Writer:
    """The lines of a block: a register for each row until nothing reads it any more, and results where they are wanted."""

    def __init__(self, rows: Rows, results: Sequence[Place]) -> None:
        self.rows = rows
        self.names: dict[Place, str] = {}
        self.free: dict[str, list[str]] = {"r": [], "b": []}
        self.counts = {"r": 0, "b": 0}
        self.lines: list[str] = []
        self.wanted: dict[int, str] = {}
        for position, place in enumerate(results):
            if isinstance(place, int):
                self.wanted.setdefault(place, f"o{position}")
        order = self._order()
        for index, last in zip(order, self._last_reads(order), strict=True):
            self.row(index, last)
        for position, place in enumerate(results):
            if not isinstance(place, int) or self.wanted[place] != f"o{position}":
                self.lines.append(f"copyto(o{position}, {self.name(place)})")

    def _order(self) -> list[int]:
        """The rows that results need: each as late as can be, so that few are waiting."""
        order: dict[int, None] = {}
        stack = [*reversed(self.wanted)]
        while stack:
            index = stack.pop()
            waiting = [operand for operand in self.rows.rows[index][1] if isinstance(operand, int) and operand not in order]
            if waiting:
                stack += [index, *reversed(waiting)]
            else:
                order[index] = None
        return list(order)

    def _last_reads(self, order: list[int]) -> list[list[int]]:
        """For each row in an order the rows that nothing reads after it."""
        seen: set[Place] = set(self.wanted)
        found = []
        for index in reversed(order):
            reads = [operand for operand in dict.fromkeys(self.rows.rows[index][1]) if isinstance(operand, int)]
            found.append([operand for operand in reads if operand not in seen])
            seen.update(reads)
        return found[::-1]

    def name(self, place: Place) -> str:
        return self.names[place] if isinstance(place, int) else place

    def row(self, index: int, last: Sequence[int]) -> None:
        name, operands = self.rows.rows[index]
        kind = "b" if name in TRUTHS else "r"
        late = [operand for operand in last if name == "where" and operand == operands[1]]  # which is read when the other stands
        self._release(sorted(set(last) - set(late), key=lambda place: place == operands[-1]))
        out = self.wanted.get(index) or (self.free[kind].pop() if self.free[kind] else self._new(kind))
        self._release(late)
        self.names[index] = out
        self.lines += self._calls(name, list(map(self.name, operands)), out)
        if name not in HONEST or any(not isfinite(self.rows.numbers.get(operand, 0.0)) for operand in operands):
            self.lines.append(f"finite({out})")

    def _release(self, places: Sequence[int]) -> None:
        for place in places:
            name = self.names[place]
            if name[0] in self.free:
                self.free[name[0]].append(name)

    def _new(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind] - 1}"

    def _calls(self, name: str, operands: list[str], out: str) -> list[str]:
        if name == "number":
            return [f"copyto({out}, {operands[0]})"]
        if name == "where":
            start = [] if out == operands[2] else [f"copyto({out}, {operands[2]})"]
            return [*start, f"putmask({out}, {operands[0]}, {operands[1]})"]
        if name in CALLS:
            return [f"{CALLS[name].__name__}({', '.join(operands)}, out={out})"]
        return [f"copyto({out}, {name}({', '.join(operands)}))"]


class Plan:
    """A tape made ready for inputs some of which are one number for all points: then so is what depends on no others."""

    def __init__(self, tape: Tape, varying: Sequence[bool], truths: frozenset[int]) -> None:
        self.tape = tape
        values = constant_values(tape)
        rows = Rows()
        at: list[Any] = [f"x{slot}" if varies else None for slot, varies in enumerate(varying)]
        at += [None] * len(tape.operations) + [rows.number(value) for value in reversed(tape.constants)]
        self.varying: list[int] = []
        self.single: list[int] = []
        """The rows that depend on the points, and those that do on inputs which are one number."""
        self.given: list[int] = []
        """What is one number and read by a row that depends on the points."""

        def place(slot: int) -> Place:
            if at[slot] is None:
                self.given.append(slot % tape.size)
                at[slot] = f"u{slot % tape.size}"
            return at[slot]  # type: ignore[no-any-return]

        moves = [*varying, *[False] * (tape.size - tape.first_row)]
        for slot in tape.rows():
            operands = tape.operands_of(slot)
            moves[slot] = any(moves[operand] for operand in operands)
            if moves[slot]:
                self.varying.append(slot)
                at[slot] = rows.emit(tape.operation(slot), [place(operand) for operand in operands])
            elif values[slot] is not None:
                at[slot] = rows.number(values[slot])
            else:
                self.single.append(slot)
        self.values = values
        results = [place(slot) for slot in tape.results]
        results = [rows.truth(at) if position in truths else rows.value(at) for position, at in enumerate(results)]
        writer, self.plain = Writer(rows, results), rows.plain
        self.floats, self.bools = writer.counts["r"], writer.counts["b"]
        columns = [*[f"x{slot}" for slot in range(tape.first_row) if varying[slot]], *[f"u{slot}" for slot in self.given]]
        columns += [f"o{position}" for position in range(len(results))]
        columns += [f"{kind}{index}" for kind, count in writer.counts.items() for index in range(count)]
        lines = [f"{name} = array({text})" for text, name in rows.constants.items()]
        lines += [f"def block({', '.join(columns)}):", *[f"    {line}" for line in writer.lines or ["pass"]]]
        self.source = "\n".join(lines)
        namespace = NAMES | rows.functions
        exec(compile(self.source, "<kernel>", "exec"), namespace)
        self.block: Callable[..., None] = namespace["block"]
        self.single_functions = FLOAT.row_functions(tape)

    def numbers(self, inputs: Sequence[Any]) -> Values:
        """The value of every slot that is one number for all points."""
        values = [*inputs, *self.values[self.tape.first_row :]]
        for slot in self.single:
            function = self.single_functions[slot - self.tape.first_row]
            values[slot] = function(*[values[operand] for operand in self.tape.operands_of(slot)])
        return values

    @cached_property
    def careful(self) -> list[tuple[int, Callable[..., Any], tuple[int, ...], list[int]]]:
        """The rows that depend on the points: each a slot, its function, its operands, and what nothing reads after it."""
        functions = Arithmetic.row_functions(NUMPY, self.tape)
        last = last_uses(self.tape, self.tape.results)
        first = self.tape.first_row
        return [(slot, functions[slot - first], self.tape.operands_of(slot), last[slot - first]) for slot in self.varying]

    def carefully(self, values: Values, results: Sequence[Any]) -> None:
        """Compute a block of points with all their special cases."""
        for slot, function, operands, last in self.careful:
            values[slot] = function(*[values[operand] for operand in operands])
            for unread in last:
                values[unread] = None
        for result, slot in zip(results, self.tape.results, strict=True):
            np.copyto(result, np.not_equal(values[slot], 0) if result.dtype == bool else values[slot])


class NumPyRunner:
    """A tape as NumPy calls.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> kernel = make(lower(parse("log(x)*y")), 0)
    >>> print(kernel.source)
    def block(x0, x1, o0, r0):
        log(x0, out=r0)
        multiply(r0, x1, out=o0)
    >>> result = np.empty(3)
    >>> kernel.batch([np.array([1.0, 0.0, -1.0]), 2.0], [result])
    >>> result
    array([  0., -inf,  nan])
    """

    def __init__(self, tape: Tape, layout: Layout, truths: frozenset[int]) -> None:
        self.tape, self.layout, self.truths = tape, layout, truths
        self.plans: dict[tuple[bool, ...], Plan] = {}

    @property
    def source(self) -> str:
        """What is called for a block of points if every input is an array."""
        return self.plan((True,) * self.tape.first_row).source

    def plan(self, varying: tuple[bool, ...]) -> Plan:
        if varying not in self.plans:
            self.plans[varying] = Plan(self.tape, varying, self.truths)
        return self.plans[varying]

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`; a point alone is computed by the Python source."""
        from diffcli.kernels import python

        return python.make(self.tape, self.layout, self.truths).entry(otherwise)

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`."""
        if not results or not len(results[0]):
            return
        columns = [isinstance(given, np.ndarray) for given in inputs]
        given = [
            given.copy() if varies and any(np.may_share_memory(given, result) for result in results) else given
            for given, varies in zip(inputs, columns, strict=True)
        ]
        plan = self.plan(tuple(columns))
        blocks = Blocks(plan, given, results, threads)
        if threads == 1:
            blocks.run(0)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(blocks.run, range(threads)))


class Blocks:
    """A batch, block by block."""

    def __init__(self, plan: Plan, inputs: Sequence[Any], results: Sequence[Any], threads: int) -> None:
        self.plan, self.results, self.threads = plan, results, threads
        self.columns = [(slot, given) for slot, given in enumerate(inputs) if isinstance(given, np.ndarray)]
        self.values = plan.numbers(inputs)
        self.singles = [np.array(self.values[slot]) for slot in plan.given]
        self.plainly = plan.plain and all(np.isfinite(single) for single in self.singles)
        most = MEMORY // 8 // max(1, plan.floats + len(self.columns) + len(results))
        self.points = len(results[0])
        count = -(-self.points // max(BLOCK // 4, min(BLOCK, most)))
        count += -count % threads
        self.size = -(-self.points // count)

    def run(self, thread: int) -> None:
        """Compute every block that is a thread's."""
        plan, size = self.plan, self.size
        floats, bools = np.empty((plan.floats, size)), np.empty((plan.bools, size), bool)
        wait = patience = 0
        with arrays.quiet():
            for start in range(thread * size, self.points, self.threads * size):
                part = slice(start, min(start + size, self.points))
                length = part.stop - start
                columns = [column[part] for _, column in self.columns]
                results = [result[part] for result in self.results]
                if self.plainly and not wait:
                    try:
                        with np.errstate(divide="raise", over="raise", invalid="raise"):
                            for column in columns:
                                finite(column)
                            plan.block(*columns, *self.singles, *results, *floats[:, :length], *bools[:, :length])
                        patience = 0
                        continue
                    except FloatingPointError:
                        patience = wait = min(2 * patience + 1, 15)  # its neighbours are likely to be no better
                wait -= 1
                values = self.values.copy()
                for (slot, _), column in zip(self.columns, columns, strict=True):
                    values[slot] = column
                plan.carefully(values, results)


def make(tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> NumPyRunner:
    """Compile a finished tape of numbers: see `diffcli.kernels.backends`."""
    return NumPyRunner(tape, layout, truths)
