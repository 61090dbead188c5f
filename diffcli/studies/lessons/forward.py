"""Forward mode: every value with its tangent, row by row; one sweep for a direction, and so n sweeps for a gradient."""

from __future__ import annotations

from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.library_matrices import jvp
from diffcli.methods.traces.trace import UNICODE
from diffcli.records import Trace
from diffcli.records.blocks import Table
from diffcli.studies.lessons.record import Check, Erratum, Question, Settings, Told, grid
from diffcli.studies.lessons.survey import AT, CLOSE, SINE, TEXT, agreement, costs, name_of, traced


def lesson(settings: Settings) -> Told:
    result, trace, cost = traced("forward")
    gradient: dict[str, Any] = result.gradient
    yield f"""Forward mode computes a second number beside every value v: its tangent v̇, the rate at which v changes when an
    input changes. Each operation knows its partial derivatives, so its tangent follows from those of its operands. The tangents
    of the inputs are the seed. With n inputs, l operations and m results, v₁₋ₙ ... v₀ are the inputs, v₁ ... vₗ the operations in
    the order in which they run, and the last m of these are the results y₁ ... yₘ. For f = {TEXT} at (2, 5), seeded at x1 and
    then at x2:"""
    yield _table(trace)
    yield _sine_slip(trace, float(result.value))
    yield _numbering_slip(trace)
    both = float(jvp(TEXT, AT, {"x1": 1, "x2": 1}).product["f"])
    last = settings.sized()
    large = costs(last, "forward")[1]
    yield f"""There is no step h: a tangent is rounded as any other value is, and has no other error. One sweep takes any
    direction: with both seeds 1 it gives {number_text(both)}, the sum of the two columns. But a gradient takes a sweep for each
    input. For ln(x1) + x1 x2 ... xn - sin(xn) with n = {last}, f and its gradient take {large.ratio:.0f} times the operations of
    f; not {last} times, because tangents that are 0 are left out. Forward mode is the right choice for few inputs, and too slow
    for a network with millions."""
    yield agreement(gradient, "the tangents are SymPy's derivatives")
    yield Check("seeds (1, 1): the sum of the columns", number_text(both), abs(both - sum(gradient.values())) < CLOSE)
    yield Check("a sweep for each input", f"{cost.sweeps} of {len(AT)}", cost.sweeps == len(AT))
    yield Check(f"{last} variables cost more than {last / 4:g} times f", f"{large.ratio:.1f} times", large.ratio > last / 4)
    yield Question(
        'diffcli grad "ln(x) + x*y - sin(y)" --at x=2,y=5 --mode forward --substituted',
        "How many forward sweeps does the gradient of a function of 10 inputs take? And its derivative along (1, ..., 1)?",
        f"""{costs(10, "forward")[1].sweeps} for the gradient, one for each input. One for the derivative along a direction: the
        direction is the seed, and the sweep adds the columns up on its way.""",
    )


def _sine_slip(trace: Trace, value: float) -> Erratum:
    """The sign of a sine, which is wrong twice."""
    sine = next(row for row in trace.primal if row.operation == "sin")
    before: Any = next(row.value for row in trace.primal if row.v == sine.v + 1)
    return Erratum(
        f"{name_of(sine.v)} = sin 5 = {SINE}, and in the row of the result {before:.3f} + {SINE} = {value:.3f}.",
        f"sin 5 = {sine.value:.3f}, and {before:.3f} - ({sine.value:.3f}) = {value:.3f}. Two errors in sign cancel: with {SINE} "
        f"in {name_of(sine.v)}, {name_of(sine.v + 1)} - {name_of(sine.v)} would be {before - SINE:.3f}.",
    )


def _numbering_slip(trace: Trace) -> Erratum:
    """The indices of the results, which are counted from 1 instead of 0."""
    *_, before, last = trace.primal
    return Erratum(
        "the results are y_{m-k} = v_{l-k}, for k = 1, ..., m.",
        f"k runs from 0 to m - 1. Here m = 1 and l = {last.v}, so k = 0 gives y₁ = {name_of(last.v)} = {last.value:.3f}; k = 1 "
        f"would give y₀ = {name_of(before.v)} = {before.value:.3f}, and y₁ would have no value.",
    )


def _table(trace: Trace) -> Table:
    columns = ("v", "primal", "value", "tangent", *[f"seed {seed}" for seed in trace.seeds])
    rows = [
        (name_of(row.v), row.formula, row.value, move.formula, *[tangent or 0.0 for tangent in move.tangents])
        for row, move in zip(trace.primal, trace.tangent, strict=True)
    ]  # fmt: skip
    _, _, value, _, *tangents = rows[-1]
    result = ("y₁", name_of(trace.primal[-1].v), value, UNICODE.tangent(trace.primal[-1].v), *tangents)
    return grid("primal and tangent trace", columns, (*rows, result))
