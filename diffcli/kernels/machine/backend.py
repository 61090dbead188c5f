"""The back end of machine code: a tape as vector instructions, over the points of a batch."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Thread
from typing import Any

import numpy as np
from llvmlite import ir

from diffcli.kernels import python
from diffcli.kernels.backends import Layout, Runner
from diffcli.kernels.machine.emission import BYTE, DOUBLE, INTEGER, POINTER, emit
from diffcli.kernels.machine.engine import Code, processor
from diffcli.kernels.machine.entry import entry, fits
from diffcli.kernels.machine.lanes import Lanes
from diffcli.tape import Tape

EFFORT = 1
SHARE = 4096
"""The fewest points that a thread is started for."""

Batch = Callable[[int, int, Any, Any, Any], int]
BATCH = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


def make(tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> Runner:
    """Machine code of a finished tape of numbers."""
    return Machine(tape, layout, truths)


class Machine:
    """A tape as machine code, made when it is first called."""

    def __init__(self, tape: Tape, layout: Layout, truths: frozenset[int], width: int = 0) -> None:
        self.tape, self.layout, self.truths = tape, layout, truths
        self.width = width or processor().width
        self.kinds: dict[frozenset[int], tuple[Code, Batch, bool]] = {}
        """The code for batches, by which inputs are one number for all points."""

    @cached_property
    def careful(self) -> Runner:
        """What works out the points that vectors cannot."""
        return python.make(self.tape, self.layout, self.truths)

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        if not fits():
            return self.careful.entry(otherwise)
        return entry(self.tape, self.layout, lambda: self.careful, otherwise)

    @property
    def source(self) -> str:
        return str(self.module(frozenset())[0])

    # -- batches -------------------------------------------------------------------------------------------------------

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        arrays = [np.asarray(value, dtype=np.float64) for value in inputs]
        uniform = frozenset(slot for slot, value in enumerate(arrays) if value.ndim == 0)
        count = len(results[0]) if results else 0
        code, call, rescues = kind = self.kinds.get(uniform) or self.compiled(uniform)
        self.kinds[uniform] = kind
        whole = count - count % self.width
        marks = np.zeros(-(-count // self.width) if rescues else 0, dtype=np.uint8)
        given, filled, marked = addresses(arrays), addresses(results), marks.ctypes.data
        threads = max(1, min(threads, whole // SHARE))
        borders = [whole * part // threads // self.width * self.width for part in range(threads + 1)]
        others = [
            Thread(target=call, args=(start, stop, given, filled, marked))
            for start, stop in zip(borders[1:-1], borders[2:], strict=True)
        ]
        for thread in others:
            thread.start()
        call(0, borders[1], given, filled, marked)
        if whole < count:
            ends = [value if value.ndim == 0 else self.padded(value[whole:]) for value in arrays]
            rests = [np.empty(self.width, result.dtype) for result in results]
            call(0, self.width, addresses(ends), addresses(rests), marked + whole // self.width)
            for result, rest in zip(results, rests, strict=True):
                result[whole:] = rest[: count - whole]
        for thread in others:
            thread.join()
        if rescues and marks.any():
            self.rescue(arrays, results, marks)

    def padded(self, values: Any) -> Any:
        return np.concatenate([values, np.full(self.width - len(values), values[-1])])

    def rescue(self, arrays: Sequence[Any], results: Sequence[Any], marks: Any) -> None:
        """Work the marked points out again, one by one."""
        count = len(results[0])
        points = np.flatnonzero(np.unpackbits(marks[:, None], axis=1, bitorder="little")[:, : self.width].ravel()[:count])
        again = [np.empty(len(points), result.dtype) for result in results]
        self.careful.batch([value if value.ndim == 0 else value[points] for value in arrays], again)
        for result, values in zip(results, again, strict=True):
            result[points] = values

    def compiled(self, uniform: frozenset[int]) -> tuple[Code, Batch, bool]:
        module, rescues = self.module(uniform)
        code = Code(str(module), EFFORT)
        return code, BATCH(code.address("batch")), rescues

    def module(self, uniform: frozenset[int]) -> tuple[ir.Module, bool]:
        """The function ``batch(start, stop, inputs, results, marks)``, and whether it marks any points."""
        module = ir.Module("kernel")
        lanes = Lanes(module, self.width)
        vector = ir.VectorType(DOUBLE, self.width)
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [INTEGER, INTEGER, POINTER, POINTER, POINTER]), "batch")
        start, stop, inputs, results, marks = function.args
        before, loop, after = (ir.IRBuilder(function.append_basic_block(name)) for name in ("before", "loop", "after"))
        point = loop.phi(INTEGER)
        values = []
        for slot in range(self.tape.first_row):
            array = before.load(before.gep(inputs, [INTEGER(slot)], source_etype=POINTER), typ=POINTER)
            if slot in uniform:
                values.append(spread(before, before.load(array, typ=DOUBLE), vector))
            else:
                values.append(loop.load(loop.gep(array, [point], source_etype=DOUBLE), align=8, typ=vector))

        def place(same: bool) -> None:
            lanes.builder = before if same else loop

        found = emit(self.tape, lanes, values, place, uniform)
        for place_, value in enumerate(found):
            array = before.load(before.gep(results, [INTEGER(place_)], source_etype=POINTER), typ=POINTER)
            if place_ in self.truths:
                value = loop.zext(lanes.truth(value), ir.VectorType(BYTE, self.width))
                loop.store(value, loop.gep(array, [point], source_etype=BYTE), align=1)
            else:
                loop.store(lanes.number(value), loop.gep(array, [point], source_etype=DOUBLE), align=8)
        if lanes.rescue is not None:
            bits = loop.zext(loop.bitcast(lanes.rescue, ir.IntType(self.width)), BYTE)
            loop.store(bits, loop.gep(marks, [loop.udiv(point, INTEGER(self.width))], source_etype=BYTE))
        following = loop.add(point, INTEGER(self.width))
        point.add_incoming(start, before.block)
        point.add_incoming(following, loop.block)
        before.cbranch(before.icmp_signed("<", start, stop), loop.block, after.block)
        loop.cbranch(loop.icmp_signed("<", following, stop), loop.block, after.block)
        after.ret_void()
        return module, lanes.rescue is not None


def spread(builder: ir.IRBuilder, number: ir.Value, vector: ir.VectorType) -> ir.Value:
    """A number in every lane."""
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), number, INTEGER(0))
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None))


def addresses(arrays: Sequence[Any]) -> Any:
    """Where the numbers of arrays stand, as a table of pointers."""
    return (ctypes.c_void_p * len(arrays))(*[array.__array_interface__["data"][0] for array in arrays])
