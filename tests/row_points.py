"""Points at which the tests hold each row of both tables: against 50-digit arithmetic, differences and scalar arithmetic.

Those of an elementwise row are away from kinks and poles. Those of an array row are operands, as nested lists, and last a
dictionary of what is fixed where something is.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any


def _points(*values: float) -> tuple[tuple[float, ...], ...]:
    return tuple((value,) for value in values)


ANY = _points(-2.5, -0.3, 1e-6, 0.7, 3.0)
POSITIVE = _points(1e-300, 1e-3, 0.7, 1.5, 40.0, 1e200)
UNIT = _points(-0.9, -0.3, 1e-6, 0.5, 1 - 1e-10)
PAIRS = ((-2.5, 0.7), (0.3, -4.0), (1e-6, 3.0), (2.0, 1.5))
UPPER = ((2.0, 1.5), (0.7, -1.2), (1e-6, 3.0), (40.0, 0.5))

VECTORS = (([1.0, -2.0, 0.5],), ([3.0],), ([0.3, 0.7, -1.1, 2.0],))
MATRIX = [[0.5, -1.5, 2.0], [1.25, 0.75, -0.5]]
REDUCED_POINTS = (*VECTORS, (MATRIX,), (MATRIX, {"axis": 0}), (MATRIX, {"axis": 1, "keepdims": 1}), (MATRIX, {"axis": -1}))
ALONG_POINTS = (*VECTORS, (MATRIX, {"axis": 0}), (MATRIX, {"axis": 1}))
SQUARE = [[2.0, 0.5, -1.0], [0.25, -1.5, 0.75], [1.0, 0.5, 3.0]]
SINGULAR = [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, -1.0]]
IMAGE = [[[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]], [[1.0, 3.0, -2.0], [0.75, -1.25, 0.5]]]
SQUARES = (([[2.0]],), ([[2.0, 0.5], [-1.0, 3.0]],), (SQUARE,))

POINTS: defaultdict[str, Any] = defaultdict(tuple)
"""The points, by the names of the rows."""

POINTS |= {
    "add": PAIRS,
    "sub": PAIRS,
    "mul": PAIRS,
    "div": PAIRS + ((1e-200, 1e-200),),
    "neg": ANY,
    "pow": UPPER,
    "square": ANY,
    "reciprocal": ANY,
    "exp": ANY,
    "expm1": ANY + _points(-50.0),
    "log": POSITIVE,
    "log_base": UPPER[::2] + ((8.0, 3.0),),
    "log2": POSITIVE,
    "log10": POSITIVE,
    "log1p": _points(-0.9, 1e-12, 0.5, 1e10),
    "logaddexp": PAIRS + ((800.0, 799.0),),
    "xlogy": UPPER[:1] + ((-3.0, 0.2), (0.5, 40.0)),
    "sqrt": POSITIVE,
    "cbrt": ANY + _points(-8.0),
    "hypot": PAIRS + ((1e200, 1e200), (1e-200, 3e-200)),
    "sin": ANY,
    "cos": ANY,
    "tan": ANY,
    "sec": ANY,
    "csc": ANY,
    "cot": ANY,
    "asin": UNIT,
    "acos": UNIT,
    "atan": ANY + _points(1e200),
    "atan2": PAIRS + ((1e200, 1e200),),
    "sinpi": ANY,
    "cospi": ANY,
    "sinc": ANY + _points(0.39, 0.41),
    "sinh": ANY,
    "cosh": ANY,
    "tanh": ANY + _points(20.0),
    "sech": ANY + _points(-20.5, 740.0),
    "csch": ANY + _points(-20.5, 740.0),
    "coth": ANY + _points(20.0),
    "asinh": ANY + _points(1e200),
    "acosh": _points(1 + 1e-10, 1.5, 40.0, 1e200),
    "atanh": UNIT,
    "logcosh": ANY + _points(800.0),
    "erf": ANY,
    "erfc": ANY + _points(8.0),
    "gamma": _points(-2.5, -0.3, 1e-3, 0.7, 3.0, 20.5),
    "lgamma": _points(1e-3, 0.7, 3.0, 20.5, 1e10),
    "digamma": _points(-2.5, -0.3, 1e-3, 0.7, 3.0, 20.5, 1e10),
    "polygamma": ((1.0, 0.7), (1.0, 20.5), (2.0, 3.0), (3.0, -0.3)),
    "sigmoid": ANY + _points(-40.0, 40.0),
    "softplus": ANY + _points(-40.0, 800.0),
    "relu": _points(-2.5, 0.7),
    "leaky_relu": ((-2.5, 0.1), (0.7, 0.1)),
    "relu6": _points(-2.5, 0.7, 7.0),
    "hardtanh": _points(-2.5, 0.7, 7.0),
    "elu": ((-2.5, 0.5), (0.7, 2.0)),
    "gelu": ANY + _points(-10.0),
    "silu": ANY + _points(-40.0),
    "abs": ANY,
    "max": PAIRS + ((1.0, 3.0, 2.0),),
    "min": PAIRS + ((1.0, 3.0, 2.0),),
    "clip": ((0.5, 0.0, 1.0), (-1.0, 0.0, 1.0), (2.0, 0.0, 1.0)),
    "sign": _points(-2.5, 0.7),
    "copysign": PAIRS,
    "floor": ANY[:2] + ANY[3:4],
    "ceil": ANY[:2] + ANY[3:4],
    "round": ANY[1:2] + ANY[3:],
    "trunc": ANY[:2] + ANY[3:4],
    "mod": PAIRS,
    "fmod": PAIRS,
    "floor_divide": PAIRS,
    "where": ((1.0, 0.3, 2.0), (0.0, 0.3, 2.0)),
    "stop_gradient": ANY,
    "lt": PAIRS,
    "le": PAIRS,
    "gt": PAIRS,
    "ge": PAIRS,
    "eq": PAIRS,
    "ne": PAIRS,
    "and": ((1.0, 0.0), (1.0, 1.0)),
    "or": ((1.0, 0.0), (0.0, 0.0)),
    "not": _points(0.0, 1.0),
}  # fmt: skip

POINTS |= {
    "sum": REDUCED_POINTS,
    "mean": REDUCED_POINTS,
    "prod": (*REDUCED_POINTS, ([0.0, 2.0, 3.0],), ([0.0, 0.0, 3.0],)),
    "amax": REDUCED_POINTS,
    "amin": REDUCED_POINTS,
    "norm": (*REDUCED_POINTS, ([3e200, 4e200],), ([3e-200, 4e-200],)),
    "logsumexp": (*REDUCED_POINTS, ([700.0, 699.0, -700.0],)),
    "softmax": (*ALONG_POINTS, ([700.0, 699.0, -700.0],)),
    "log_softmax": (*ALONG_POINTS, ([700.0, 699.0, 0.0],)),
    "cumsum": ALONG_POINTS,
    "cross_entropy": ((MATRIX, [2.0, 0.0]), ([1.0, -2.0, 0.5], 1.0)),
    "matmul": ((MATRIX, SQUARE), ([1.0, 2.0, -3.0], SQUARE), (MATRIX, [1.0, 2.0, -3.0]), ([1.0, 2.0, -3.0], [0.5, 4.0, 2.0]), ([MATRIX, MATRIX], SQUARE), ([[MATRIX]], [SQUARE, SQUARE])),
    "outer": (([1.0, 2.0], [3.0, -4.0, 0.5]),),
    "conv1d": (([1.0, 2.0, -3.0, 0.5, 4.0], [0.5, -1.0]), ([1.0, 2.0], [3.0, 4.0])),
    "transpose": ((MATRIX,), ([1.0, 2.0],), ([MATRIX, MATRIX], {"axes": (1, 0, 2)})),
    "trace": ((SQUARE,), (MATRIX,)),
    "diag": (([1.0, 2.0],), (SQUARE,), (MATRIX,)),
    "det": (*SQUARES, (SINGULAR,), ([[0.0, 0.0], [0.0, 0.0]],)),
    "inv": SQUARES,
    "solve": ((SQUARE, [1.0, 2.0, -1.0]), (SQUARE, [[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]), ([[2.0]], [3.0])),
    "reshape": ((MATRIX, {"shape": (3, 2)}), (MATRIX, {"shape": (-1,)}), ([1.0], {"shape": ()})),
    "concat": (([1.0, 2.0], [3.0]), (MATRIX, MATRIX, {"axis": 1}), (MATRIX, SQUARE)),
    "stack": ((1.0, 2.0), ([1.0, 2.0], [3.0, 4.0]), ([1.0, 2.0], [3.0, 4.0], {"axis": 1})),
    "index": (([1.0, 2.0, 3.0], {"key": (1,)}), (MATRIX, {"key": (0,)}), (MATRIX, {"key": (slice(None), 2)}), (MATRIX, {"key": (slice(None, None, -1), slice(1, None))}), ([1.0, 2.0, 3.0], {"key": ((0, 0, 2),)})),
    "broadcast": (([1.0, 2.0], {"shape": (3, 2)}), (2.0, {"shape": (2, 2)}), ([[1.0], [2.0]], {"shape": (2, 3)})),
    "sum_to": ((MATRIX, {"shape": (3,)}), (MATRIX, {"shape": (2, 1)}), (MATRIX, {"shape": ()})),
    "scatter": (([1.0, 2.0], {"key": ((0, 0),), "shape": (3,)}), (2.0, {"key": (1, 2), "shape": (2, 3)}), ([1.0, 2.0], {"key": (slice(None, None, 2),), "shape": (3,)})),
    "put": (([1.0, 2.0, 3.0], 5.0, {"key": (1,)}), (MATRIX, [7.0, 8.0], {"key": (slice(None), 1)}), (MATRIX, 0.5, {"key": (slice(None), (0, 2))}), (MATRIX, [[7.0], [8.0]], {"key": (slice(None, None, -1), slice(1, None))})),
    "others": (*ALONG_POINTS, ([0.0, 2.0, 3.0],), ([0.0, 0.0, 3.0, 4.0],)),
    "cofactor": (*SQUARES, (SINGULAR,)),
    "conv2d": (([IMAGE], [IMAGE, IMAGE], {"window": ((1, 1), ((1, 1), (0, 1)), (1, 1), 1)}), ([IMAGE, IMAGE], [[[[1.0, -2.0]]], [[[0.5, 3.0]]]], {"window": ((2, 1), ((0, 0), (1, 0)), (1, 2), 2)})),
    "conv2d_input": (([[[[2.0, -1.0, 0.5]]]], [[[[1.0, -2.0], [0.5, 3.0]]]], {"window": ((2, 1), ((1, 0), (0, 0)), (1, 1), 1), "shape": (1, 1, 2, 4)}),),
    "conv2d_weight": (([IMAGE], [[[[2.0], [0.5]]]], {"window": ((1, 1), ((0, 0), (0, 0)), (1, 2), 1), "shape": (1, 2, 1, 2)}),),
}  # fmt: skip
