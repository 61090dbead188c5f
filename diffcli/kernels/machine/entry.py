"""One point: machine code that Python calls as it calls its own built-in functions.

A call with floats reads them where they lie, runs the instructions of the tape, and makes the floats and tuples of the
results: nothing of it is interpreted. What else a call may bring goes to a function of Python's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

from llvmlite import ir

from diffcli.kernels.backends import Layout, guarded, places
from diffcli.kernels.machine.emission import Emission
from diffcli.kernels.machine.engine import BYTE, DOUBLE, INTEGER, POINTER, Code, settle
from diffcli.kernels.machine.lanes import Lanes
from diffcli.kernels.machine.objects import CONTENT, LEAF, TYPE, address_of, boxes, builtin
from diffcli.kernels.python import carefully
from diffcli.tape import Tape


def shape_of(layout: Layout) -> list[int]:
    """A layout as the codes that `BOXES` reads.

    >>> shape_of((0, (1, 2)))
    [2, -1, 2, -1, -1]
    """
    return [LEAF] if isinstance(layout, int) else [len(layout), *chain(*map(shape_of, layout))]


def entry(tape: Tape, layout: Layout, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """A built-in function of Python's that computes one point."""
    # LLVM needs a quarter of the time for code that takes 1.0 to 1.3 times as long
    code = Code(str(module_of(given(tape, layout), shape_of(layout))), effort=0)
    return builtin(code, "entry", guarded(otherwise, partial(carefully, tape, layout), tape.first_row))


def given(tape: Tape, layout: Layout) -> Tape:
    """The same tape with the results alone that are handed back, in their order: what is for batches only is not computed."""
    outputs = tape.outputs or [tape.output]
    return tape.copy(outputs=[outputs[position] for position in places(layout)])


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

    right, room, addresses = ir.IntType(1)(1), start.alloca(DOUBLE, size=INTEGER(len(tape.results))), []
    for slot in range(tape.first_row):
        number = look.load(look.gep(arguments, [INTEGER(slot)], source_etype=POINTER), typ=POINTER)
        kind = look.load(look.gep(number, [INTEGER(TYPE)], source_etype=BYTE), typ=INTEGER)
        right = look.and_(right, look.icmp_signed("==", kind, INTEGER(id(float))))
        addresses.append(look.gep(number, [INTEGER(CONTENT)], source_etype=BYTE))
    addresses += [look.gep(room, [INTEGER(position)]) for position in range(len(tape.results))]
    lanes = Lanes(module, 1)
    emission = Emission(tape, lanes, addresses)
    emission.before(start)
    look.cbranch(right, point.block, leave.block)
    emission.alone(point)
    if lanes.rescue is None:
        point.branch(give.block)
    else:
        point.cbranch(lanes.rescue, leave.block, give.block)
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
    shape = ir.GlobalVariable(module, ir.ArrayType(INTEGER, len(codes)), "shape")
    shape.global_constant, shape.initializer = True, ir.Constant(shape.value_type, codes)
    shapes, numbers = give.alloca(POINTER), give.alloca(POINTER)
    give.store(give.bitcast(shape, POINTER), shapes)
    give.store(give.bitcast(room, POINTER), numbers)
    give.ret(give.call(called(give, boxes().address("box"), ir.FunctionType(POINTER, [POINTER, POINTER])), [shapes, numbers]))
