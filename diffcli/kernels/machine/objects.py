"""Objects of Python's as machine code sees them: where their parts lie, tuples of floats, and functions that Python calls."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from diffcli.kernels.machine.engine import BYTE, INTEGER, POINTER, Code

CONTENT = object.__basicsize__
TYPE, ITEMS = CONTENT - 8, tuple.__basicsize__
"""Where an object of CPython's has its type, and a float its number, an array of NumPy's the address of its numbers, and a tuple
the addresses of its items: in bytes."""
FAST, KEYWORDS = 0x80, 0x02
"""How a built-in function takes its arguments: METH_FASTCALL | METH_KEYWORDS."""
LEAF = -1
"""One number, in the shape of a result; n in it is a tuple of the n that follow."""

BOXES = """
define ptr @box(ptr %shapes, ptr %numbers) {{
start:
  %shape = load ptr, ptr %shapes
  %code = load i64, ptr %shape
  %after = getelementptr i64, ptr %shape, i64 1
  store ptr %after, ptr %shapes
  %one = icmp eq i64 %code, {leaf}
  br i1 %one, label %leaf, label %nest
leaf:
  %values = load ptr, ptr %numbers
  %rest = getelementptr double, ptr %values, i64 1
  store ptr %rest, ptr %numbers
  %value = load double, ptr %values
  %float = tail call ptr {float}(double %value)
  ret ptr %float
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
"""Doubles as nested tuples of a shape (``box``): both places move on, and null is returned where there is no memory."""


class Method(ctypes.Structure):
    """PyMethodDef: what Python knows of a built-in function."""

    _fields_ = (("name", ctypes.c_char_p), ("code", ctypes.c_void_p), ("flags", ctypes.c_int), ("text", ctypes.c_char_p))


@cache
def fits() -> bool:
    """Whether Python's objects lie as they do in CPython."""
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    pair = number, array = 0.1 + 0.2, np.zeros(1)
    return (
        word(id(number) + TYPE) == id(float)
        and ctypes.c_double.from_address(id(number) + CONTENT).value == number
        and word(id(pair) + ITEMS + 8) == id(array)
        and word(id(array) + CONTENT) == address_of_numbers(array)
    )


def word(address: int) -> int:
    """The 64 bits that stand at an address."""
    return ctypes.c_int64.from_address(address).value


def array_of(builder: ir.IRBuilder, table: ir.Value, place: ir.Value) -> ir.Value:
    """Where the numbers of an array of a tuple stand."""
    array = builder.load(builder.gep(table, [place], source_etype=POINTER), typ=POINTER)
    return builder.load(builder.gep(array, [INTEGER(CONTENT)], source_etype=BYTE), typ=POINTER)


def address_of(name: str) -> int:
    """Where a function of Python's own begins."""
    return int(ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)


@cache
def boxes() -> Code:
    """The function that is the same for every kernel."""
    names = {"float": "PyFloat_FromDouble", "tuple": "PyTuple_New", "drop": "Py_DecRef"}
    places = {name: f"inttoptr (i64 {address_of(function)} to ptr)" for name, function in names.items()}
    return Code(BOXES.format(**places, items=ITEMS, leaf=LEAF), effort=1)


def builtin(code: Code, name: str, own: Any) -> Callable[..., Any]:
    """A function of some code as a built-in one, which is given ``own``; that holds on to all of it."""
    method = Method(b"kernel", code.address(name), FAST | KEYWORDS, None)
    own.kept = code, method
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    function: Callable[..., Any] = make(("PyCFunction_NewEx", ctypes.pythonapi))(ctypes.addressof(method), own, None)
    return function


def address_of_numbers(array: Any) -> int:
    return int(array.__array_interface__["data"][0])
