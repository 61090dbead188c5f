"""Objects of Python's as machine code sees them: where their parts lie, tuples of floats, and functions that Python calls."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from diffcli.kernels.machine.engine import Code

TYPE, CONTENT = 8, 16
"""Where an object of CPython's has its type, and a float its number, an array of NumPy's the address of its numbers: in bytes."""
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

define ptr @fill(ptr %own, ptr %arguments, i64 %count, ptr %names) {{
start:
  %first = load ptr, ptr %arguments
  %inside = getelementptr i8, ptr %first, i64 {content}
  %table = load ptr, ptr %inside
  br label %each
each:
  %k = phi i64 [ 1, %start ], [ %next, %put ]
  %more = icmp slt i64 %k, %count
  br i1 %more, label %put, label %end
put:
  %place = getelementptr ptr, ptr %arguments, i64 %k
  %array = load ptr, ptr %place
  %within = getelementptr i8, ptr %array, i64 {content}
  %numbers = load ptr, ptr %within
  %before = getelementptr ptr, ptr %table, i64 %k
  %entry = getelementptr i8, ptr %before, i64 -8
  store ptr %numbers, ptr %entry
  %next = add i64 %k, 1
  br label %each
end:
  %address = tail call ptr {whole}(ptr %table)
  ret ptr %address
}}
"""
"""Doubles as nested tuples of a shape (``box``): both places move on, and null is returned where there is no memory. And the
addresses of the numbers of arrays, filled into a table (``fill``), whose own address is returned."""


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
        ctypes.c_double.from_address(id(number) + CONTENT).value == number,
        ctypes.c_void_p.from_address(id(pair) + tuple.__basicsize__).value == id(pair[0]),
        hasattr(ctypes.pythonapi, "PyObject_Vectorcall"),
    )
    return all(inside)


def address_of(name: str) -> int:
    """Where a function of Python's own begins."""
    return int(ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0)


@cache
def boxes() -> Code:
    """The functions that are the same for every kernel."""
    names = {"float": "PyFloat_FromDouble", "tuple": "PyTuple_New", "drop": "Py_DecRef", "whole": "PyLong_FromVoidPtr"}
    places = {name: f"inttoptr (i64 {address_of(function)} to ptr)" for name, function in names.items()}
    return Code(BOXES.format(**places, items=tuple.__basicsize__, leaf=LEAF, content=CONTENT), effort=1)


def builtin(address: int, own: Any, kept: list[Any]) -> Callable[..., Any]:
    """A built-in function whose code stands at an address, and is given ``own``, which holds on to what is ``kept``."""
    method = Method(b"kernel", address, FAST | KEYWORDS, None)
    kept.append(method)
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    function: Callable[..., Any] = make(("PyCFunction_NewEx", ctypes.pythonapi))(ctypes.addressof(method), own, None)
    return function


@cache
def fill() -> Callable[..., int]:
    """``fill(table, *arrays)``: writes where the numbers of arrays stand into a table, and returns where that stands."""
    array = np.zeros(1)
    if fits() and ctypes.c_void_p.from_address(id(array) + CONTENT).value == address_of_numbers(array):
        kept: list[Any] = [boxes()]
        return builtin(kept[0].address("fill"), kept, kept)

    def slowly(table: Any, *arrays: Any) -> int:
        table[: len(arrays)] = list(map(address_of_numbers, arrays))
        return address_of_numbers(table)

    return slowly


def address_of_numbers(array: Any) -> int:
    return int(array.__array_interface__["data"][0])
