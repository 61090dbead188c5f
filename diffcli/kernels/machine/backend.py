"""The back end of machine code: a tape as vector instructions, over the points of a batch."""

from __future__ import annotations

import ctypes
import sysconfig
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from llvmlite import ir

from diffcli.kernels import numpy, python
from diffcli.kernels.backends import Layout, Runner, guarded, picker, places
from diffcli.kernels.machine.emission import VECTORS, Emission
from diffcli.kernels.machine.engine import FUSED, INTEGER, POINTER, WIDTH, Code, repeated, settle
from diffcli.kernels.machine.entry import entry, given
from diffcli.kernels.machine.lanes import Lanes
from diffcli.kernels.machine.loop import Loop
from diffcli.kernels.machine.objects import ITEMS, array_of, fits
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape

EFFORT = 1
"""LLVM's level: one more takes a third longer to compile, and runs no faster."""
STRAIGHT = 4000
"""The most rows that have code of their own: LLVM takes 0.1 ms for each, and a loop over them is ready at once."""
ENOUGH = 300_000
"""The points after which a longer tape gets it too: then the loop, 3 to 10 times slower, has cost as much as LLVM would."""
FEW = 50
"""The points that are worked out again one by one, and not by NumPy."""

PIECE = 2**17
"""The most points between which an interrupt is not heard."""

BATCH = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)


def make(tape: Tape, layout: Layout, truths: frozenset[int] = frozenset()) -> Runner:
    """Machine code of a finished tape of numbers.

    Where operations are the user's own, they are Python's functions; a processor without fused products would compute those by
    software, and NumPy is faster.
    """
    if not FUSED:
        return numpy.make(tape, layout, truths)
    if not fits() or any(isinstance(name, OwnName) for name in tape.operations):
        return python.make(tape, layout, truths)
    return Machine(tape, layout, truths)


class Machine:
    """A tape as machine code, made when it is first called."""

    def __init__(self, tape: Tape, layout: Layout, truths: frozenset[int], width: int = 0) -> None:
        self.tape, self.layout, self.truths = tape, layout, truths
        self.width = width or WIDTH
        self.long = len(tape.operations) > STRAIGHT
        self.points = 0
        """How many points it has computed."""
        self.kinds: dict[tuple[frozenset[int], bool], tuple[Callable[[Sequence[Any], int, int], Any], bool]] = {}
        """The code for batches, by which inputs are one number for all points, and whether it is a loop over the rows."""

    @cached_property
    def careful(self) -> Runner:
        """What works out the points that vectors cannot."""
        return python.make(self.tape, self.layout, self.truths)

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        if sysconfig.get_config_var("Py_GIL_DISABLED"):
            return self.careful.entry(otherwise)
        if self.long:
            return guarded(otherwise, self.of_long, self.tape.first_row)
        return entry(self.tape, self.layout, otherwise)

    @cached_property
    def of_long(self) -> Callable[..., Any]:
        """One point of a long tape: a batch of it."""
        machine = Machine(given(self.tape, self.layout), 0, frozenset(), self.width)
        pick, wanted = picker(self.layout), places(self.layout)

        def found(*inputs: float) -> Any:
            results = np.empty((len(wanted), self.width))
            machine.batch(inputs, [*results])
            return pick(dict(zip(wanted, results[:, 0].tolist(), strict=True)))

        return found

    @property
    def source(self) -> str:
        return str(self.module(frozenset())[0])

    # -- batches -------------------------------------------------------------------------------------------------------

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        if not results:
            return
        arrays = [value if isinstance(value, np.ndarray) else np.array(value, np.float64) for value in inputs]
        same = frozenset(slot for slot, value in enumerate(arrays) if not value.ndim)
        kind = same, self.long and self.points <= ENOUGH
        if kind not in self.kinds:
            self.kinds[kind] = self.compiled(*kind)
        call, rescues = self.kinds[kind]
        count = len(results[0])
        whole = count - count % self.width
        self.points += count
        marks = np.zeros(-(-whole // self.width) if rescues else 0, np.uint8)
        held = (*arrays, *results, marks)
        if whole:
            numpy.in_pieces(lambda: partial(call, held), whole, self.width, PIECE, threads)
        if marks.any():
            self.rescue(arrays, results, marks)
        if whole < count:  # the points after the last whole vector, in a vector of their own
            rests = [np.empty(self.width, result.dtype) for result in results]
            self.batch([np.resize(value[whole:], self.width) if value.ndim else value for value in arrays], rests)
            for result, rest in zip(results, rests, strict=True):
                result[whole:] = rest[: count - whole]

    def rescue(self, arrays: Sequence[Any], results: Sequence[Any], marks: Any) -> None:
        """Work the marked points out again, one by one."""
        bits = np.unpackbits(marks[:, None], axis=1, bitorder="little")[:, : self.width].reshape(-1)
        points = np.flatnonzero(bits[: len(results[0])])
        again = [np.empty(len(points), result.dtype) for result in results]
        careful = self.careful if len(points) <= FEW else numpy.make(self.tape, self.layout, self.truths)
        careful.batch([value[points] if value.ndim else float(value) for value in arrays], again)
        for result, values in zip(results, again, strict=True):
            result[points] = values

    def compiled(self, same: frozenset[int], looped: bool) -> tuple[Callable[[Sequence[Any], int, int], Any], bool]:
        """``call(arrays, start, stop)``, of the inputs, the results and the marks; and whether it marks points."""
        if looped:
            return Loop(self.tape, same, self.width).call, True
        module, rescues = self.module(same)
        code = Code(str(module), EFFORT)
        run = BATCH(code.address("batch"))

        def call(held: Sequence[Any], start: int, stop: int, code: Code = code) -> None:
            """Hold on to the code and the arrays, of which machine code knows addresses alone."""
            run(start, stop, id(held) + ITEMS)

        return call, rescues

    def module(self, same: frozenset[int]) -> tuple[ir.Module, bool]:
        """The function for batches, and whether it marks points."""
        module = ir.Module("kernel")
        lanes = Lanes(module, self.width)
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [INTEGER, INTEGER, POINTER]), "batch")
        start, stop, table = function.args
        before, width = ir.IRBuilder(function.append_basic_block()), INTEGER(self.width)
        places = range(self.tape.first_row + len(self.tape.results) + 1)
        addresses = [array_of(before, table, INTEGER(place)) for place in places]
        emission = Emission(self.tape, lanes, addresses, self.truths, same, VECTORS)
        emission.before(before)
        most, all = INTEGER(emission.vectors), before.sdiv(before.sub(stop, start), width)
        with repeated(before, before.sdiv(before.add(all, before.sub(most, INTEGER(1))), most)) as (each, number):
            done = each.mul(number, most)
            left = each.sub(all, done)
            count = each.select(each.icmp_signed("<", left, most), left, most)
            emission.each(each, each.add(start, each.mul(done, width)), count)
        before.ret_void()
        settle(module)
        return module, lanes.rescues
