"""A tape over many points as NumPy calls, a block of points at a time, in registers that are used again.

A block is computed as if all its values were finite, for that takes no care: NumPy says itself, at no price, when a quotient by
zero, an overflow or an invalid operation comes up. Then the block is computed again by the functions of
`diffcli.operations.arithmetic.arrays`, which know every special case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, lru_cache, partial
from math import isfinite
from typing import Any

import numpy as np

from diffcli.kernels.backends import Layout
from diffcli.kernels.finite import CALLED, HONEST, NAMES, SEES_SIGNS, SIGNED, TRUTHS, Plain
from diffcli.operations.arithmetic.special.arrays import BLOCK, memory
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Evaluator, constant_values, last_uses
from diffcli.tape.tape import Shape

MEMORY = 2**22
"""How many bytes the columns of a block may take."""

SHARE = 4096
"""The fewest points that a thread is started for."""


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
    """A tape as a source for inputs some of which are one number for all points: what depends on those alone is computed once.

    The rest is computed for each block, in registers, which hold another value as soon as nothing reads theirs any more.
    """

    def __init__(self, tape: Tape, varying: Sequence[bool], truths: frozenset[int]) -> None:
        constants, at = constant_values(tape), {slot: slot for slot in range(tape.first_row)}
        plain = Plain(tape, [f"{'x' if varies else 'n'}{slot}" for slot, varies in enumerate(varying)])

        def place(slot: int) -> int:
            slot %= tape.size
            if slot not in at:
                at[slot] = plain.constant(constants[slot])
            return at[slot]

        for slot in as_late(tape):
            number = constants[slot]
            # what is constant in a program is computed by NumPy, as what it meets is
            if number is None or (slot < tape.program_stop and isfinite(number)):
                at[slot] = plain.emit(tape.operation(slot), [place(operand) for operand in tape.operands_of(slot)])
        slots = [place(slot) for slot in tape.results]
        slots = [plain.truth(slot) if position in truths else plain.value(slot) for position, slot in enumerate(slots)]
        self.decided = plain.decided and (plain.signless or SIGNED.keys().isdisjoint(tape.operations))
        self.names = dict(enumerate(plain.inputs)) | {-1 - index: f"k{index}" for index in range(len(plain.constants))}
        self.head, self.body = ([f"finite({name})" for name in plain.inputs if name[0] == kind] for kind in "nx")
        self.head += [f"k{index} = array({value!r})" for index, value in enumerate(plain.constants)]
        self.free: dict[str, list[str]] = {"r": [], "b": []}
        self.registers: list[str] = []
        outputs = [f"o{position}" for position in range(len(slots))]
        wanted = dict(zip(reversed(slots), reversed(outputs), strict=True))
        live = {*as_late(plain.finish([*slots, *plain.assumed], several=True))}
        for slot, last in zip(plain.rows(), last_uses(plain, slots), strict=True):
            if slot in live:
                self.write(plain, slot, last, wanted.get(slot, ""))
            else:
                self.release(last)
        pairs = zip(outputs, [self.names[slot] for slot in slots], strict=True)
        self.body += [f"copyto({out}, {name})" for out, name in pairs if name != out]
        once, columns = ([name for name in plain.inputs if name[0] == kind] for kind in "nx")
        head = [f"def kernel({', '.join(once)}):", *self.head, f"def block({', '.join([*columns, *outputs, *self.registers])}):"]
        self.source = "\n    ".join([*head, *[f"    {line}" for line in self.body], "return block"])
        namespace = NAMES | plain.functions
        exec(compile(self.source, "<kernel>", "exec"), namespace)
        self.kernel: Callable[..., Callable[..., None]] = namespace.pop("kernel")
        self.carefully = lru_cache(4)(partial(carefully, tape))

    def write(self, plain: Plain, slot: int, last: Sequence[int], out: str) -> None:
        """Write the calls of a row; its result may stand where a value stood that nothing reads after it."""
        name, operands = plain.operation(slot), plain.operands_of(slot)
        given = [self.names[operand] for operand in operands]
        call, lines = f"{CALLED.get(name, name)}({', '.join(given)}", self.body
        if all(operand[0] in "kns" for operand in given):
            out, lines = f"s{slot}", self.head
            lines.append(f"{out} = {call})")
        else:
            late = [operand for operand in last if name == "where" and operand == operands[1]]  # read when the other one stands
            self.release(sorted(set(last) - set(late), key=lambda operand: operand == operands[-1]))
            out = out or self.register("b" if name in TRUTHS else "r")
            self.release(late)
            if name == "where" and [str(plain.number(operand)) for operand in operands[1:]] == ["1.0", "0.0"]:
                lines.append(f"copyto({out}, {given[0]})")  # a truth as a number
            elif name == "where":
                choose = f"putmask({out}, {given[0]}, {given[1]})"
                if given[0][0] in "kns":  # one truth for all points
                    choose = f"copyto({out}, {given[1]}, where={given[0]})"
                lines += [f"copyto({out}, {given[2]})"] * (out != given[2]) + [choose]
            else:
                lines.append(f"{call}, out={out})" if name in CALLED else f"copyto({out}, {call}))")
        self.names[slot] = out
        if name not in HONEST or not all(isfinite(plain.number(operand) or 0.0) for operand in operands):
            lines.append(f"finite({out})")

    def register(self, kind: str) -> str:
        if not self.free[kind]:
            self.free[kind].append(f"{kind}{len(self.registers)}")
            self.registers += self.free[kind]
        return self.free[kind].pop()

    def release(self, slots: Sequence[int]) -> None:
        for name in [self.names[slot] for slot in slots if slot in self.names]:
            if name[0] in self.free:
                self.free[name[0]].append(name)


def carefully(tape: Tape, length: int) -> Evaluator:
    """What computes a block of so many points with all their special cases: every row, of branches that are not taken too."""
    shapes: list[Shape] = [(length,)] * tape.first_row
    for row in tape.operands:
        shapes.append((length,) if any(operand >= 0 and shapes[operand] for operand in row) else ())
    found = Evaluator(tape.copy(shapes=shapes, skips=[]))
    if not SEES_SIGNS.isdisjoint(tape.operations):
        found.functions = [SIGNED.get(name, function) for name, function in zip(tape.operations, found.functions, strict=True)]
    return found


class NumPyRunner:
    """A tape as NumPy calls.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> kernel = make(lower(parse("log(x)*y")), 0)
    >>> print(kernel.source)
    def kernel():
        def block(x0, x1, o0, r0):
            finite(x0)
            finite(x1)
            log(x0, out=r0)
            multiply(r0, x1, out=o0)
        return block
    >>> result = np.empty(3)
    >>> kernel.batch([np.array([1.0, 0.0, -1.0]), 2.0], [result])
    >>> result
    array([  0., -inf,  nan])
    """

    def __init__(self, tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> None:
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
        points, width = len(results[0]), len(plan.registers) + len(inputs) + len(results)
        count = -(-points // max(BLOCK // 4, min(BLOCK, MEMORY // 8 // width)))
        size = max(1, -(-points // max(1, count + -count % threads)))
        in_pieces(partial(worker, plan, inputs, results), points, size, size, threads)


def in_pieces(worker: Callable[[], Callable[[int, int], None]], points: int, unit: int, piece: int, threads: int) -> None:
    """Compute all points, in as many threads as it is worth, and in pieces, between which an interrupt is heard.

    Each thread has a worker, which computes from one point to another; threads share the points between whole units.
    """
    parts, going = max(1, min(threads, points // SHARE)), [True]

    def run(start: int, stop: int) -> None:
        compute = worker()
        for first in range(start, stop, piece):
            if going:
                compute(first, min(first + piece, stop))

    if parts == 1:
        return run(0, points)
    borders = [points * part // parts // unit * unit for part in range(parts)] + [points]
    with ThreadPoolExecutor(parts - 1) as pool:
        try:
            others = pool.map(run, borders[1:], borders[2:])
            run(0, borders[1])
            list(others)
        finally:
            going.clear()


def worker(plan: Plan, inputs: Sequence[Any], results: Sequence[Any]) -> Callable[[int, int], None]:
    """What computes a block of points."""
    block, wait, patience = None, 0, 0
    watched = partial(np.errstate, divide="raise", over="raise", invalid="raise", under="ignore")
    with suppress(FloatingPointError), watched():
        block = plan.kernel(*[given for given in inputs if not isinstance(given, np.ndarray)]) if plan.decided else None

    def compute(start: int, stop: int) -> None:
        nonlocal wait, patience
        part = slice(start, stop)
        found = [result[part] for result in results]
        columns = [given[part] for given in inputs if isinstance(given, np.ndarray)]
        if block is not None and not wait:
            try:
                with watched(), memory(len(plan.registers), stop - start) as rows:
                    named = zip(plan.registers, rows, strict=True)
                    block(*columns, *found, *[row.view(bool)[: len(row)] if name[0] == "b" else row for name, row in named])
                patience = 0
                return
            except FloatingPointError:
                patience = wait = min(2 * patience + 1, 15)  # its neighbours are likely to be no better
        wait -= 1
        point = [given[part] if isinstance(given, np.ndarray) else np.full(len(found[0]), given) for given in inputs]
        for result, value in zip(found, plan.carefully(len(found[0]))(point), strict=True):
            np.copyto(result, np.not_equal(value, 0) if result.dtype == bool else value)

    return compute


make = NumPyRunner
"""See `diffcli.kernels.backends`."""
