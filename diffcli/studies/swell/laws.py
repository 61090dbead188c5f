"""Closed forms for the logistic map l_{n+1} = 4·l_n·(1 - l_n), l_1 = x.

With N = 2^(n-1): l_n = (1 - T_N(1 - 2x))/2, a Chebyshev polynomial, since 4·s²·(1 - s²) is the double angle of s = sin.
The form that is multiplied out has N terms, none of them 0, and so 3N - 4 operations. The other sizes of what SymPy makes
of it are laws fitted to measurements, which hold for every n that was measured (tree and distinct nodes from 3 to 19,
operations from 3 to 12, after CSE from 5 to 18), and are not proved; so a number from them is marked as predicted.
"""

from __future__ import annotations

from collections.abc import Callable

LAWS: dict[str, tuple[int, Callable[[int], int]]] = {
    "tree": (3, lambda n: (5 * n * n + 5 * n - 18) * 2**n // 8 + 2),
    "operations": (3, lambda n: (5 * n * n + 5 * n - 18) * 2**n // 16),
    "distinct": (3, lambda n: (n * n + 11 * n - 8) // 2),
    "cse": (5, lambda n: 2 * n * n - 5),
    "simplified": (2, lambda n: 3 * 2 ** (n - 1) - 4),
}
"""For each measured size of SymPy's l_n', from which n on its law holds, and the law."""


def law(name: str, n: int) -> int | None:
    """The size that a law gives, where there is one that holds.

    >>> law("operations", 19), law("cse", 4)
    (61669376, None)
    """
    first, formula = LAWS[name]
    return formula(n) if n >= first else None


def chebyshev(n: int) -> list[int]:
    """The coefficients of l_n, of x^1 first, by their recurrence: an oracle for every other way to them.

    c_1 = N², c_{k+1} = -4·c_k·(N + k)·(N - k)/((2k + 1)(2k + 2)), from the hypergeometric form of T_N.

    >>> chebyshev(3)
    [16, -80, 128, -64]
    """
    size = 2 ** (n - 1)
    coefficients = [size * size]
    for k in range(1, size):
        coefficients.append(-4 * coefficients[-1] * (size + k) * (size - k) // ((2 * k + 1) * (2 * k + 2)))
    return coefficients
