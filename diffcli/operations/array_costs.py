"""How many elementary operations the array operations take, by the names of their rows.

They are those of the operation written out in numbers: sums, products, quotients and functions, one each; comparisons and
what only moves elements about are free. A count is made of the operands' shapes and the result's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from diffcli.operations.array_row import Shape, size

Count = Callable[[Sequence[Shape], Shape], int]


def _summed(operands: Sequence[Shape], result: Shape) -> int:
    return max(size(operands[0]) - size(result), 0)


def _each(times: int) -> Count:
    """So many for each element of the operand."""
    return lambda operands, result: times * size(operands[0])


def _products(operands: Sequence[Shape], result: Shape) -> int:
    """Products along the inner axis, and their sums."""
    return size(result) * max(2 * operands[0][-1] - 1, 0)


def _windows(operands: Sequence[Shape], result: Shape) -> int:
    return size(result) * (2 * operands[1][0] - 1)


def _eliminated(right: int) -> Count:
    """Elimination of a square matrix: two thirds of n^3, and twice n^2 for each column that it is solved for.

    ``right`` is 1 if the columns are as many as the rows, 0 if there are none.
    """
    return lambda operands, result: 2 * operands[0][0] ** 3 // 3 + 2 * right * operands[0][0] ** 3


def _solved(operands: Sequence[Shape], result: Shape) -> int:
    return 2 * operands[0][0] ** 3 // 3 + 2 * operands[0][0] * size(result)


ARRAY_COSTS: dict[str, Count] = {
    "sum": _summed, "sum_to": _summed, "prod": _summed, "mean": _each(1), "norm": _each(2), "logsumexp": _each(2),
    "softmax": _each(3), "log_softmax": _each(3), "cumsum": _each(1), "cross_entropy": _each(2),
    "trace": lambda operands, result: operands[0][0] - 1,
    "matmul": _products, "outer": lambda operands, result: size(result), "conv1d": _windows,
    "det": _eliminated(0), "inv": _eliminated(1), "solve": _solved,
    "others": _each(3), "others_along": _each(9), "cofactor": _eliminated(1), "cofactor_along": _eliminated(2),
}  # fmt: skip
"""The counts; operations that are not here are free."""
