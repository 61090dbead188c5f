"""A tape over many points as NumPy calls, a block of points at a time, in registers that are used again.

A block is computed as if all its values were finite, for that takes no care: NumPy says itself, at no price, when a quotient by
zero, an overflow or an invalid operation comes up. Then the block is computed again by the functions of
`diffcli.operations.arithmetic.arrays`, which know every special case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property, partial, reduce
from math import isfinite
from timeit import repeat
from typing import Any

import numpy as np

from diffcli.errors import Span
from diffcli.kernels.backends import Layout
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic import arrays
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import NUMPY
from diffcli.tape.running.evaluation import Values, constant_values, last_uses
from diffcli.tape.running.rules import FLOAT, Arithmetic, fold, parse_own

BLOCK = 10_000
"""The most points in a block: longer sums, BLAS hands to threads of its own."""

MEMORY = 2**22
"""How many bytes the columns of a block may take."""

TRUTHS = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip
"""Rows whose values are truths where nothing is undefined."""


def halved(angle: Any, out: Any) -> None:
    """Half of an angle; where that is no float, the block is left to care."""
    with np.errstate(under="raise"):
        np.multiply(angle, 0.5, out=out)


CALLS: dict[str, Callable[..., Any]] = {
    **{name: function for name, function in arrays.FUNCTIONS.items() if arrays.takes_memory(function) and name != "logaddexp"},
    **TRUTHS, "div": np.divide, "pow": np.power, "hypot": np.hypot, "copysign": np.copysign, "max": np.maximum, "min": np.minimum,
    "floor_divide": np.floor_divide, "halved": halved, "number": np.positive,
}  # fmt: skip
"""Rows that NumPy computes into an array that it is given, right as long as everything is finite."""

HONEST = frozenset((
    *TRUTHS, "add", "sub", "mul", "div", "neg", "square", "sqrt", "exp", "log", "abs", "sign", "floor", "ceil", "round", "trunc",
    "max", "min", "sin", "cos", "tan", "atan", "tanh", "asinh", "cbrt", "copysign", "where", "number", "halved",
))  # fmt: skip
"""Rows that make nothing infinite or undefined of finite operands without a word of NumPy's; others are looked at."""


def finite(column: Any) -> None:
    """Stop a block in which a value may be infinite or undefined."""
    if not isfinite(np.vdot(column, column)):
        raise FloatingPointError


CALLED = {name: function.__name__ if isinstance(function, np.ufunc) else name for name, function in CALLS.items()}
"""What a row is called in a source."""

NAMES: dict[str, Any] = {CALLED[name]: function for name, function in CALLS.items()}
NAMES |= {"array": np.array, "nan": np.nan, "inf": np.inf, "copyto": np.copyto, "putmask": np.putmask, "finite": finite}
"""What the names in a source stand for, but for constants and functions that NumPy does not have."""


FORMS = {
    "clip": "min(max(a, b), c)", "relu": "max(a, 0)",
    "sin": "t = tan(half); (t + t)/(1 + square(t))", "cos": "t = tan(a); copysign(1/sqrt(1 + square(t)), sin(a)*t)",
}  # fmt: skip
"""Rows by texts that are quicker and right where all is finite: sines by the tangent of ``half`` the angle."""

POWERS = {
    0.5: "sqrt(a + 0)", 1.0: "a", 1.5: "a*sqrt(a + 0)", 2.0: "square(a)", 3.0: "square(a)*a", 4.0: "square(square(a))",
}  # fmt: skip
"""Powers by the size of their exponents; a + 0 is not -0."""


@cache
def tangent_is_quick() -> bool:
    """Whether NumPy computes the tangent with the processor's vectors, and sines one by one."""
    angles = np.linspace(-3.0, 3.0, 2048)
    tangents, sines = (min(repeat(lambda: function(angles), number=1)) for function in (np.tan, np.sin))  # noqa: B023
    return 3 * tangents < sines


class Plain(Tape):
    """The calls that the rows of another tape come to as long as all is finite: each a row, and only once."""

    __slots__ = ("known", "functions", "decided")

    def __init__(self, tape: Tape, names: list[str]) -> None:
        super().__init__(tape.source, names)
        self.known: dict[tuple[str, tuple[int, ...]], int] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        """What NumPy does not have, by the name that it is called by."""
        self.decided = True
        """Whether nothing but a choice reads what is undefined everywhere."""

    def number(self, slot: int) -> float | None:
        return self.constants[-1 - slot] if slot < 0 else None

    def row(self, name: str, *operands: int) -> int:
        key = name, operands
        if key not in self.known:
            self.known[key] = self.append(name, operands, Span(0, 0))
        return self.known[key]

    def is_truth(self, slot: int) -> bool:
        return slot >= self.first_row and self.operation(slot) in TRUTHS

    def truth(self, slot: int) -> int:
        return slot if self.is_truth(slot) else self.row("ne", slot, self.constant(0.0))

    def value(self, slot: int) -> int:
        return self.row("number", slot) if self.is_truth(slot) else slot

    def emit(self, name: str, operands: Sequence[int]) -> int:
        """The slot of an operation applied to some slots."""
        numbers = [self.number(operand) for operand in operands]
        if None not in numbers:
            return self.constant(float(FLOAT.value(name)(*numbers)))
        self.decided &= all(number == number for number in (numbers[:1] if name == "where" else numbers))
        if name in ("and", "or", "not"):
            return self.row(name, *map(self.truth, operands))
        if name == "where":
            condition, then, otherwise = operands
            if numbers[0] is not None:
                return then if numbers[0] else otherwise
            return self.row(name, self.truth(condition), self.value(then), self.value(otherwise))
        operands = list(map(self.value, operands))
        if name == "stop_gradient":
            return operands[0]
        text = self.form(name, numbers)
        if text:
            return self.by_text(text, dict(zip(OPERATIONS[name].parameters, operands, strict=False)))
        if name not in CALLS:
            label = f"own{len(self.functions)}" if isinstance(name, OwnName) else name
            self.functions[label] = NUMPY.value(name)
            return self.row(label, *operands)
        return reduce(partial(self.row, name), operands) if name in ("max", "min") else self.row(name, *operands)

    def form(self, name: str, numbers: Sequence[float | None]) -> str:
        """The text by which a row is computed; empty if by a call."""
        if name == "pow" and (exponent := numbers[1]) is not None and abs(exponent) in POWERS:
            return f"1/({POWERS[-exponent]})" if exponent < 0 else POWERS[exponent]
        if name in FORMS:
            return FORMS[name] if name not in ("sin", "cos") or tangent_is_quick() else ""
        return "" if name in CALLS or name in arrays.FUNCTIONS or isinstance(name, OwnName) else FLOAT.form_of(OPERATIONS[name])

    def by_text(self, text: str, places: dict[str, int]) -> int:
        def leaf(argument: Any) -> int:
            if argument == "half":
                return self.row("halved", places["a"])
            return places[argument] if argument in places else self.constant(FLOAT.constants.get(argument, argument))

        return fold(parse_own(text), leaf, lambda name, operands, _: self.emit(name, operands))  # type: ignore[no-any-return]


def as_late(tape: Tape) -> list[int]:
    """The slots of the rows that results need, each as late as can be, so that few values wait to be read."""
    order: dict[int, None] = {}
    stack = [slot for slot in reversed(tape.results) if slot >= tape.first_row]
    while stack:
        slot = stack.pop()
        waiting = [operand for operand in tape.operands_of(slot) if operand >= tape.first_row and operand not in order]
        if waiting:
            stack += [slot, *reversed(waiting)]
        else:
            order[slot] = None
    return list(order)


class Plan:
    """A tape made ready for inputs some of which are one number for all points: then so is what depends on no others."""

    def __init__(self, tape: Tape, varying: Sequence[bool], truths: frozenset[int]) -> None:
        self.tape = tape
        self.values = constant_values(tape)
        varies = [*varying, *[False] * (tape.size - tape.first_row)]
        order = as_late(tape)
        for slot in order:
            varies[slot] = any(varies[operand] for operand in tape.operands_of(slot))
        self.varying = [slot for slot in order if varies[slot]]
        self.single = [slot for slot in order if not varies[slot] and self.values[slot] is None]
        """The rows that depend on the points, and those that do on inputs which are one number."""
        read = dict.fromkeys(operand % tape.size for slot in self.varying for operand in tape.operands_of(slot))
        read |= dict.fromkeys(slot % tape.size for slot in tape.results)
        self.given = [slot for slot in read if not varies[slot] and self.values[slot] is None]
        """What is one number, and read where there are points."""
        moving = [slot for slot in range(tape.first_row) if varies[slot]]
        plain = Plain(tape, [*[f"x{slot}" for slot in moving], *[f"u{slot}" for slot in self.given]])
        at = {slot: place for place, slot in enumerate([*moving, *self.given])}
        at |= {slot: plain.constant(value) for slot, value in enumerate(self.values) if value is not None and slot in read}
        for slot in self.varying:
            at[slot] = plain.emit(tape.operation(slot), [at[operand % tape.size] for operand in tape.operands_of(slot)])
        places = [at[slot % tape.size] for slot in tape.results]
        places = [plain.truth(slot) if place in truths else plain.value(slot) for place, slot in enumerate(places)]
        self.names = dict(enumerate(plain.inputs)) | {-1 - index: f"k{index}" for index in range(len(plain.constants))}
        self.free: dict[str, list[str]] = {"r": [], "b": []}
        self.counts = {"r": 0, "b": 0}
        wanted = {slot: f"o{place}" for place, slot in reversed([*enumerate(places)]) if slot >= plain.first_row}
        calls: list[str] = []
        for slot, last in zip(plain.rows(), last_uses(plain, places), strict=True):
            if slot not in last:
                calls += self.calls(plain, slot, last, wanted.get(slot, ""))
        calls += [f"copyto(o{place}, {self.names[slot]})" for place, slot in enumerate(places) if wanted.get(slot) != f"o{place}"]
        registers = [f"{kind}{index}" for kind, count in self.counts.items() for index in range(count)]
        columns = [*plain.inputs, *[f"o{place}" for place in range(len(places))], *registers]
        lines = [f"k{index} = array({value!r})" for index, value in enumerate(plain.constants)]
        self.source = "\n    ".join(["\n".join([*lines, f"def block({', '.join(columns)}):"]), *(calls or ["pass"])])
        namespace = NAMES | plain.functions
        exec(compile(self.source, "<kernel>", "exec"), namespace)
        self.block: Callable[..., None] = namespace["block"]
        self.decided = plain.decided

    def calls(self, plain: Plain, slot: int, last: Sequence[int], out: str) -> list[str]:
        """The calls of a row; the registers of values that nothing reads after it may hold its result."""
        name, operands = plain.operation(slot), plain.operands_of(slot)
        kind = "b" if name in TRUTHS else "r"
        late = [operand for operand in last if name == "where" and operand == operands[1]]  # read when the other one stands
        self.release(sorted(set(last) - set(late), key=lambda operand: operand == operands[-1]))
        if not out and not self.free[kind]:
            self.free[kind].append(f"{kind}{self.counts[kind]}")
            self.counts[kind] += 1
        self.names[slot] = out = out or self.free[kind].pop()
        self.release(late)
        given = [self.names[operand] for operand in operands]
        if name == "where":
            found = [f"copyto({out}, {given[2]})"] * (out != given[2]) + [f"putmask({out}, {given[0]}, {given[1]})"]
        elif name == "number":
            found = [f"copyto({out}, {given[0]})"]
        elif name in CALLS:
            found = [f"{CALLED[name]}({', '.join(given)}, out={out})"]
        else:
            found = [f"copyto({out}, {name}({', '.join(given)}))"]
        exact = name in HONEST and all(isfinite(plain.number(operand) or 0.0) for operand in operands)
        return found if exact else [*found, f"finite({out})"]

    def release(self, slots: Sequence[int]) -> None:
        for name in [self.names[slot] for slot in slots]:
            if name[0] in self.free:
                self.free[name[0]].append(name)

    def numbers(self, inputs: Sequence[Any]) -> Values:
        """The value of every slot that is one number for all points."""
        values, functions = [*inputs, *self.values[self.tape.first_row :]], FLOAT.row_functions(self.tape)
        for slot in self.single:
            values[slot] = functions[slot - self.tape.first_row](*[values[operand] for operand in self.tape.operands_of(slot)])
        return values

    @cached_property
    def careful(self) -> list[tuple[int, Callable[..., Any], tuple[int, ...], list[int]]]:
        """The rows that depend on the points: each a slot, its function, its operands, and what nothing reads after it."""
        tape, first = self.tape, self.tape.first_row
        functions, last = Arithmetic.row_functions(NUMPY, tape), last_uses(tape, tape.results)
        return [(slot, functions[slot - first], tape.operands_of(slot), last[slot - first]) for slot in sorted(self.varying)]

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
        self.plan = cache(lambda *varying: Plan(tape, varying, truths))

    @property
    def source(self) -> str:
        """What is called for a block of points if every input is an array."""
        return self.plan(*[True] * self.tape.first_row).source

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """See `diffcli.kernels.backends.Runner`; a point alone is computed by the Python source."""
        from diffcli.kernels import python

        return python.make(self.tape, self.layout, self.truths).entry(otherwise)

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """See `diffcli.kernels.backends.Runner`."""
        plan = self.plan(*[isinstance(given, np.ndarray) for given in inputs])
        points, width = len(results[0]), plan.counts["r"] + len(inputs) + len(results)
        count = -(-points // max(BLOCK // 4, min(BLOCK, MEMORY // 8 // width)))
        size = max(1, -(-points // max(1, count + -count % threads)))
        run = partial(run_blocks, plan, inputs, results, size)
        if threads == 1:
            run(range(0, points, size))
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, [range(thread * size, points, threads * size) for thread in range(threads)]))


def run_blocks(plan: Plan, inputs: Sequence[Any], results: Sequence[Any], size: int, starts: range) -> None:
    """Compute the blocks that start at some points."""
    floats, truths = np.empty((plan.counts["r"], size)), np.empty((plan.counts["b"], size), bool)
    values = plan.numbers(inputs)
    columns = [(slot, given) for slot, given in enumerate(inputs) if isinstance(given, np.ndarray)]
    singles = [np.array(values[slot]) for slot in plan.given]
    plainly = plan.decided and all(map(np.isfinite, singles))
    wait = patience = 0
    with arrays.quiet():
        for start in starts:
            found = [result[start : start + size] for result in results]
            given = [(slot, column[start : start + size]) for slot, column in columns]
            if plainly and not wait:
                try:
                    with np.errstate(divide="raise", over="raise", invalid="raise"):
                        for _, column in given:
                            finite(column)
                        registers = [*floats[:, : len(found[0])], *truths[:, : len(found[0])]]
                        plan.block(*[column for _, column in given], *singles, *found, *registers)
                    patience = 0
                    continue
                except FloatingPointError:
                    patience = wait = min(2 * patience + 1, 15)  # its neighbours are likely to be no better
            wait -= 1
            block = values.copy()
            for slot, column in given:
                block[slot] = column
            plan.carefully(block, found)


def make(tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> NumPyRunner:
    """Compile a finished tape of numbers: see `diffcli.kernels.backends`."""
    return NumPyRunner(tape, layout, truths)
