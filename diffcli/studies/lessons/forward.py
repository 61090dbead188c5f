"""Forward mode: every value with its tangent, row by row; one sweep a direction, and so n sweeps for a gradient."""

from __future__ import annotations

from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.library import grad
from diffcli.records import Trace
from diffcli.records.blocks import Table
from diffcli.studies.lessons.record import Check, Erratum, Lesson, Settings, grid
from diffcli.studies.lessons.survey import AT, CLOSE, SINE, TEXT, agreement, costs, name_of, sizes, traced


def lesson(settings: Settings) -> Lesson:
    result, trace, cost = traced("forward")
    gradient: dict[str, Any] = result.gradient
    both = grad(TEXT, AT, mode="forward", direction={"x1": 1, "x2": 1}).directional
    assert both is not None
    by_size = {n: costs(n, "forward")[1] for n in sizes(settings.sized())}
    sine = next(row for row in trace.primal if row.operation == "sin")
    without: Any = next(row.value for row in trace.primal if row.v == sine.v + 1)
    parts = (
        f"""Beside every value v the program computes its tangent v̇, how fast v moves when an input moves. The input's own
        tangent, the seed, is 1; each row knows its partial derivatives, so its tangent follows from those above it. This is f =
        {TEXT} at (2, 5), with the seed at x1, and again with the seed at x2:""",
        _table(trace),
        Erratum(
            f"{name_of(sine.v)} = sin 5 = {SINE}, and in the row of the result 10.693 + {SINE} = 11.652.",
            f"sin 5 = {sine.value:.3f}, and 10.693 - ({sine.value:.3f}) = {result.value:.3f}. Two slips in sign, of which one "
            f"repairs the other: with {SINE} in {name_of(sine.v)} the rule, v₄ - v₃, would give {without - SINE:.3f}.",
        ),
        f"""No step h and no limit: a tangent is rounded as any value is, and that is all. And a sweep takes any direction: with
        both seeds 1 it gives {number_text(both)}, the sum of the two columns, for the price of one. But it takes one direction
        only, and a gradient has as many as there are inputs. Counted, for the same f with a product of n factors, ln(x1) + x1 x2
        ... xn - sin(xn):""",
        grid(
            "elementary operations of f and of its whole gradient",
            ("n", "f", "sweeps", "f and sweeps", "as a multiple of f"),
            tuple((n, of.function, of.sweeps, of.function + of.sweep, of.ratio) for n, of in by_size.items()),
            digits=3,
        ),
        "The multiple grows with n. One column of the lecture's Jacobian a sweep: good for few inputs, ruin for a network.",
    )
    last = max(by_size)
    checks = (
        agreement(gradient, "the tangents are SymPy's derivatives"),
        Check("seeds (1, 1): the sum of the columns", number_text(both), abs(both - sum(gradient.values())) < CLOSE),
        Check("a sweep for each input", f"{cost.sweeps} of {len(AT)}", cost.sweeps == len(AT)),
        Check(
            f"{last} variables cost more than {last / 4:g} times f", f"{by_size[last].ratio:.1f} times",
            by_size[last].ratio > last / 4,
        ),
    )  # fmt: skip
    return Lesson(parts, checks, 'diffcli grad "sin(x*y)" --at x=2,y=5 --mode forward --direction x=1,y=1')


def _table(trace: Trace) -> Table:
    columns = ("v", "primal", "value", "tangent", *[f"seed {seed}" for seed in trace.seeds])
    rows = [
        (name_of(row.v), row.formula, row.value, move.formula, *[tangent or 0.0 for tangent in move.tangents])
        for row, move in zip(trace.primal, trace.tangent, strict=True)
    ]  # fmt: skip
    return grid("primal and tangent trace", columns, tuple(rows))
