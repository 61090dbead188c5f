"""One point: machine code that Python calls as it calls its own built-in functions.

A call with floats reads them where they lie, runs the instructions of the tape, and makes the floats and tuples of the
results: nothing of it is interpreted. What else a call may bring goes to a function of Python's.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from llvmlite import ir

from diffcli.kernels.backends import Layout, Runner
from diffcli.kernels.machine.emission import BYTE, DOUBLE, INTEGER, POINTER, Emission
from diffcli.kernels.machine.engine import Code, settle
from diffcli.kernels.machine.lanes import Lanes
from diffcli.kernels.machine.objects import CONTENT, LEAF, TYPE, address_of, boxes, builtin
from diffcli.tape import Tape


def shape_of(layout: Layout) -> tuple[list[int], list[int]]:
    """A layout as the codes that `BOXES` reads, and the positions of the numbers in their order.

    >>> shape_of((0, (1, 2)))
    ([2, -1, 2, -1, -1], [0, 1, 2])
    """
    if isinstance(layout, int):
        return [LEAF], [layout]
    parts = [shape_of(part) for part in layout]
    return [len(layout), *chain(*[codes for codes, _ in parts])], [*chain(*[numbers for _, numbers in parts])]


class Otherwise:
    """What a call is that brings something else than floats, or a point that machine code leaves; it keeps the code alive."""

    def __init__(self, otherwise: Callable[..., Any], careful: Callable[[], Runner], count: int, kept: list[Any]) -> None:
        self.otherwise, self.careful, self.count, self.kept = otherwise, careful, count, kept

    def __call__(self, /, *inputs: Any, **names: Any) -> Any:
        if names or len(inputs) != self.count or any(type(value) is not float for value in inputs):
            return self.otherwise(*inputs, **names)
        return self.careful().entry(self.otherwise)(*inputs)


def entry(tape: Tape, layout: Layout, careful: Callable[[], Runner], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """A built-in function of Python's that computes one point."""
    codes, numbers = shape_of(layout)
    # LLVM needs a quarter of the time for code that takes 1.0 to 1.3 times as long
    code = Code(str(module_of(given(tape, numbers), codes)), effort=0)
    kept: list[Any] = [code]
    return builtin(code.address("entry"), Otherwise(otherwise, careful, tape.first_row, kept), kept)


def given(tape: Tape, numbers: list[int]) -> Tape:
    """The same tape with the results alone that are handed back, in their order: what is for batches only is not computed."""
    places = tape.outputs or [tape.output]
    return tape.copy(outputs=[places[position] for position in numbers])


def module_of(tape: Tape, codes: list[int]) -> ir.Module:
    """The function ``entry(self, arguments, count, names)``."""
    module = ir.Module("point")
    function = ir.Function(module, ir.FunctionType(POINTER, [POINTER, POINTER, INTEGER, POINTER]), "entry")
    own, arguments, count, names = function.args
    start, look, point, give, leave = (
        ir.IRBuilder(function.append_basic_block(name)) for name in ("start", "look", "point", "give", "leave")
    )
    wanted = start.and_(
        start.icmp_signed("==", count, INTEGER(tape.first_row)), start.icmp_signed("==", names, POINTER(None))
    )

    def argument(builder: ir.IRBuilder, slot: int) -> ir.Value:
        return builder.load(builder.gep(arguments, [INTEGER(slot)], source_etype=POINTER), typ=POINTER)

    def load(builder: ir.IRBuilder, slot: int) -> ir.Value:
        return builder.load(builder.gep(argument(builder, slot), [INTEGER(CONTENT)], source_etype=BYTE), typ=DOUBLE)

    def store(builder: ir.IRBuilder, position: int, value: Any) -> None:
        builder.store(lanes.number(value), builder.gep(room, [INTEGER(position)]))

    right = ir.IntType(1)(1)
    for slot in range(tape.first_row):
        kind = look.load(look.gep(argument(look, slot), [INTEGER(TYPE)], source_etype=BYTE), typ=INTEGER)
        right = look.and_(right, look.icmp_signed("==", kind, INTEGER(id(float))))
    room = start.alloca(DOUBLE, size=INTEGER(len(tape.results)))
    lanes = Lanes(module, 1)
    emission = Emission(tape, lanes, load, store)
    emission.before(start)
    last = emission.each(point)
    look.cbranch(right, point.block, leave.block)
    if lanes.rescue is None:
        last.branch(give.block)
    else:
        last.cbranch(lanes.rescue, leave.block, give.block)
    box(module, give, room, codes)
    call = ir.FunctionType(POINTER, [POINTER, POINTER, INTEGER, POINTER])
    leave.ret(leave.call(called(leave, address_of("PyObject_Vectorcall"), call), [own, arguments, count, names], tail=True))
    start.cbranch(wanted, look.block, leave.block)
    settle(module)
    return module


def called(builder: ir.IRBuilder, address: int, kind: ir.FunctionType) -> ir.Value:
    """A function that stands at an address of this process."""
    return builder.inttoptr(INTEGER(address), kind.as_pointer())


def box(module: ir.Module, give: ir.IRBuilder, room: ir.Value, codes: list[int]) -> None:
    """Return the numbers in ``room`` as Python's floats, in tuples of the shape."""
    if codes == [LEAF]:
        kind = ir.FunctionType(POINTER, [DOUBLE])
        give.ret(give.call(called(give, address_of("PyFloat_FromDouble"), kind), [give.load(room)], tail=True))
        return
    shape = ir.GlobalVariable(module, ir.ArrayType(INTEGER, len(codes)), "shape")
    shape.global_constant, shape.initializer = True, ir.Constant(shape.value_type, codes)
    shapes, numbers = give.alloca(POINTER), give.alloca(POINTER)
    give.store(give.bitcast(shape, POINTER), shapes)
    give.store(give.bitcast(room, POINTER), numbers)
    give.ret(give.call(called(give, boxes().address("box"), ir.FunctionType(POINTER, [POINTER, POINTER])), [shapes, numbers]))
