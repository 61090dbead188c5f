"""One point: machine code that Python calls as it calls its own built-in functions.

A call with floats reads them where they lie, runs the instructions of the tape, and makes the floats and tuples of the
results: nothing of it is interpreted. What else a call may bring goes to a function of Python's.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from collections.abc import Callable
from functools import cache
from typing import Any

from llvmlite import ir

from diffcli.kernels.backends import Layout, Runner
from diffcli.kernels.machine.emission import BYTE, DOUBLE, INTEGER, POINTER, Emission
from diffcli.kernels.machine.engine import Code
from diffcli.kernels.machine.lanes import Lanes
from diffcli.tape import Tape

TYPE, NUMBER = 8, 16
"""Where a float of CPython's has its type and its number, in bytes."""
FAST, KEYWORDS = 0x80, 0x02
"""How a built-in function takes its arguments: METH_FASTCALL | METH_KEYWORDS."""
LEAF = -1
"""One number, in the shape of a result; n in it is a tuple of the n that follow, and -2 - n one of n numbers."""

BOXES = """
define ptr @row(ptr %values, i64 %count) {{
start:
  %tuple = call ptr {tuple}(i64 %count)
  %failed = icmp eq ptr %tuple, null
  %empty = icmp eq i64 %count, 0
  %over = or i1 %failed, %empty
  br i1 %over, label %end, label %each
each:
  %k = phi i64 [ 0, %start ], [ %next, %put ]
  %place = getelementptr double, ptr %values, i64 %k
  %number = load double, ptr %place
  %item = call ptr {float}(double %number)
  %none = icmp eq ptr %item, null
  br i1 %none, label %drop, label %put
put:
  %slot = getelementptr ptr, ptr %tuple, i64 %k
  %items = getelementptr i8, ptr %slot, i64 {items}
  store ptr %item, ptr %items
  %next = add i64 %k, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %each, label %end
drop:
  call void {drop}(ptr %tuple)
  ret ptr null
end:
  ret ptr %tuple
}}

define ptr @box(ptr %shapes, ptr %numbers) {{
start:
  %shape = load ptr, ptr %shapes
  %code = load i64, ptr %shape
  %after = getelementptr i64, ptr %shape, i64 1
  store ptr %after, ptr %shapes
  %several = icmp sge i64 %code, 0
  br i1 %several, label %nest, label %flat
flat:
  %values = load ptr, ptr %numbers
  %one = icmp eq i64 %code, {leaf}
  %length = sub i64 -2, %code
  %count = select i1 %one, i64 1, i64 %length
  %rest = getelementptr double, ptr %values, i64 %count
  store ptr %rest, ptr %numbers
  br i1 %one, label %leaf, label %leaves
leaf:
  %value = load double, ptr %values
  %float = tail call ptr {float}(double %value)
  ret ptr %float
leaves:
  %row = tail call ptr @row(ptr %values, i64 %count)
  ret ptr %row
nest:
  %tuple = call ptr {tuple}(i64 %code)
  %failed = icmp eq ptr %tuple, null
  %empty = icmp eq i64 %code, 0
  %over = or i1 %failed, %empty
  br i1 %over, label %end, label %each
each:
  %k = phi i64 [ 0, %nest ], [ %next, %put ]
  %item = call ptr @box(ptr %shapes, ptr %numbers)
  %none = icmp eq ptr %item, null
  br i1 %none, label %drop, label %put
put:
  %slot = getelementptr ptr, ptr %tuple, i64 %k
  %items = getelementptr i8, ptr %slot, i64 {items}
  store ptr %item, ptr %items
  %next = add i64 %k, 1
  %more = icmp slt i64 %next, %code
  br i1 %more, label %each, label %end
drop:
  call void {drop}(ptr %tuple)
  ret ptr null
end:
  ret ptr %tuple
}}
"""
"""Doubles as a tuple, and as nested tuples of a shape; both places move on. Null where there is no memory."""


class Method(ctypes.Structure):
    """PyMethodDef: what Python knows of a built-in function."""

    _fields_ = (("name", ctypes.c_char_p), ("code", ctypes.c_void_p), ("flags", ctypes.c_int), ("text", ctypes.c_char_p))


@cache
def fits() -> bool:
    """Whether Python's objects lie as they do in CPython with its lock."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED") or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    number, pair = 0.1 + 0.2, (0.1 + 0.2, LEAF)
    inside = (
        ctypes.c_void_p.from_address(id(number) + TYPE).value == id(float),
        ctypes.c_double.from_address(id(number) + NUMBER).value == number,
        ctypes.c_void_p.from_address(id(pair) + tuple.__basicsize__).value == id(pair[0]),
        hasattr(ctypes.pythonapi, "PyObject_Vectorcall"),
    )
    return all(inside)


def address_of(name: str) -> int:
    """Where a function of Python's own begins."""
    return int(ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)


@cache
def boxes() -> Code:
    """The functions that make tuples: the same for every kernel."""
    names = {"float": "PyFloat_FromDouble", "tuple": "PyTuple_New", "drop": "Py_DecRef"}
    places = {name: f"inttoptr (i64 {address_of(function)} to ptr)" for name, function in names.items()}
    return Code(BOXES.format(**places, items=tuple.__basicsize__, leaf=LEAF), effort=1)


def shape_of(layout: Layout) -> tuple[list[int], list[int]]:
    """A layout as the codes that `BOXES` reads, and the positions of the numbers in their order.

    >>> shape_of((0, (1, 2)))
    ([2, -1, -4], [0, 1, 2])
    """
    if isinstance(layout, int):
        return [LEAF], [layout]
    codes, numbers, flat = [len(layout)], list[int](), True
    for part in layout:
        inner, places = shape_of(part)
        flat = flat and inner == [LEAF]
        codes += inner
        numbers += places
    return [-2 - len(layout)] if flat else codes, numbers


class Otherwise:
    """What a call is that brings something else than floats, or a point that machine code leaves; it keeps the code alive."""

    def __init__(self, otherwise: Callable[..., Any], careful: Callable[[], Runner], count: int, kept: list[Any]) -> None:
        self.otherwise, self.careful, self.count, self.kept = otherwise, careful, count, kept

    def __call__(self, *inputs: Any, **names: Any) -> Any:
        if names or len(inputs) != self.count or any(type(value) is not float for value in inputs):
            return self.otherwise(*inputs, **names)
        return self.careful().entry(self.otherwise)(*inputs)


def entry(tape: Tape, layout: Layout, careful: Callable[[], Runner], otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """A built-in function of Python's that computes one point."""
    codes, numbers = shape_of(layout)
    code = Code(str(module_of(tape, codes, numbers)), effort=1)
    method = Method(b"kernel", code.address("entry"), FAST | KEYWORDS, None)
    kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    own = Otherwise(otherwise, careful, tape.first_row, [code, method])
    function: Callable[..., Any] = kind(("PyCFunction_NewEx", ctypes.pythonapi))(ctypes.addressof(method), own, None)
    return function


def module_of(tape: Tape, codes: list[int], numbers: list[int]) -> ir.Module:
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
        return builder.load(builder.gep(argument(builder, slot), [INTEGER(NUMBER)], source_etype=BYTE), typ=DOUBLE)

    def store(builder: ir.IRBuilder, position: int, value: Any) -> None:
        for place in places.get(position, ()):
            builder.store(lanes.number(value), builder.gep(room, [INTEGER(place)]))

    right = ir.IntType(1)(1)
    for slot in range(tape.first_row):
        kind = look.load(look.gep(argument(look, slot), [INTEGER(TYPE)], source_etype=BYTE), typ=INTEGER)
        right = look.and_(right, look.icmp_signed("==", kind, INTEGER(id(float))))
    room = start.alloca(DOUBLE, size=INTEGER(max(1, len(numbers))))
    places: dict[int, list[int]] = {}
    for place, position in enumerate(numbers):
        places.setdefault(position, []).append(place)
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
