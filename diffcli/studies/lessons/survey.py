"""What the lessons on forward and reverse mode share: an example (Baydin et al. 2018), and the same with n variables."""

from __future__ import annotations

from diffcli.methods.gradient import compute
from diffcli.methods.library import grad
from diffcli.methods.options import Options
from diffcli.methods.traces.trace import UNICODE
from diffcli.records import Cost, GradientResult, Trace
from diffcli.studies.lessons.record import Check, listed

TEXT = "ln(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2.0, "x2": 5.0}

SINE = 0.959
"""What slides print for sin 5, in the row of v3."""

CLOSE = 1e-12
"""Two ways to a derivative agree, relatively."""

name_of = UNICODE.value
"""A row of the trace by its name: v₋₁, v₀, v₁."""


def traced(mode: str) -> tuple[GradientResult, Trace, Cost]:
    """The example by a mode, with its trace and cost."""
    result = compute(TEXT, AT, Options(mode=mode, trace=True, cost=True))
    assert result.trace is not None and result.cost is not None
    return result, result.trace, result.cost


def with_variables(n: int) -> str:
    """The example with n variables in its product; with two it is the example itself.

    >>> with_variables(2), with_variables(4)
    ('ln(x1) + x1*x2 - sin(x2)', 'ln(x1) + x1*x2*x3*x4 - sin(x4)')
    """
    product = "*".join(f"x{i}" for i in range(1, n + 1))
    return f"ln(x1) + {product} - sin(x{n})"


def point(n: int) -> dict[str, float]:
    """Values about 1, so that a product of many stays near it."""
    return {f"x{i + 1}": 1 + (i % 4 - 1.5) / 10 for i in range(n)}


def costs(n: int, mode: str) -> tuple[GradientResult, Cost]:
    """The gradient of the example with n variables, and what was counted of it."""
    result = compute(with_variables(n), point(n), Options(mode=mode, cost=True))
    assert result.cost is not None
    return result, result.cost


def sizes(last: int) -> list[int]:
    """The n of a table: 2, as in the example, and powers of four up to the last."""
    return sorted({2, *[4**k for k in range(1, 8) if 4**k < last], last})


def agreement(gradient: dict[str, float], what: str, form: str = "") -> Check:
    """A check that a gradient is SymPy's."""
    exact = grad(TEXT, AT, mode="symbolic").gradient
    off = max(abs(gradient[name] - exact[name]) / abs(exact[name]) for name in exact)
    return Check(what, listed(gradient.values(), form), off < CLOSE)
