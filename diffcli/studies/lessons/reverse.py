"""Reverse mode: adjoints flow from the result to the inputs, contributions add up, and one sweep gives the whole gradient."""

from __future__ import annotations

from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.traces.trace import UNICODE
from diffcli.records import AdjointStep, Cost, Trace
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis
from diffcli.studies.lessons.record import Check, Erratum, Question, Settings, Told, curves, grid, listed
from diffcli.studies.lessons.survey import AT, CLOSE, TEXT, agreement, costs, name_of, sizes, traced

BOUND = 5
"""The cheap gradient principle: with sums and products, f and its gradient take at most 5 times f (Baur & Strassen 1983)."""


def lesson(settings: Settings) -> Told:
    result, trace, cost = traced("reverse")
    gradient: dict[str, Any] = result.gradient
    yield f"""Forward mode asks how every value changes with one input. Reverse mode asks how the result y changes with every
    value v: that is the adjoint v̄ = ∂y/∂v. The program runs forward once and keeps its values; then the adjoints are computed
    from the result back to the inputs, beginning with ȳ₁ = 1. For f = {TEXT} at (2, 5):"""
    yield _table(trace)
    yield agreement(gradient, "one sweep gives SymPy's derivatives")
    overwritten = _overwritten(trace)
    wrong, right = (listed(numbers.values(), ".4g") for numbers in (overwritten, gradient))
    yield f"""x1 and x2 are each used twice, so two contributions reach each adjoint. They are added: the multivariable chain rule
    is a sum over paths. A program that overwrites them instead gets ({wrong}) in place of ({right})."""
    summed = _summed(trace.adjoint)
    added = all(abs(summed[row.v] - gradient[row.name]) < CLOSE for row in trace.primal if row.operation == "input")
    yield Check("contributions add up to the adjoints", right, added)
    yield Check("overwriting them is wrong", wrong, all(overwritten[name] != gradient[name] for name in gradient))
    yield _label_slip(trace)
    yield from _growth(settings.sized(), cost)
    contributions = [(step.term, step.source) for step in trace.adjoint if step.target == 0 and step.source is not None]
    terms = " + ".join(f"{term:.4g} (from {name_of(source)})" for term, source in contributions)
    yield Question(
        f'diffcli grad "{TEXT}" --at x1=2,x2=5 --substituted',
        "Why can the adjoint of v₀ not be computed before those of v₂ and v₃?",
        f"""v₂ and v₃ both use v₀, and v̄₀ is the sum of what they contribute: {terms}. Before both are known, a part of the sum
        is missing.""",
    )


def _growth(last: int, cost: Cost) -> Told:
    """What the gradient takes beside f, as the variables become more."""
    by_size = {n: (costs(n, "forward"), costs(n, "reverse")) for n in sizes(last)}
    forward, back = ([(n, found[place][1]) for n, found in by_size.items()] for place in (0, 1))
    ratios = {name: [(n, of.ratio) for n, of in found] for name, found in (("forward", forward), ("reverse", back))}
    yield f"""One sweep gives both derivatives, with {cost.sweep} operations beside the {cost.function} of f. With n inputs, as in
    ln(x1) + x1 x2 ... xn - sin(xn), it is still one: at n = {last}, f and its gradient take {back[-1][1].ratio:.3g} times the
    operations of f, and {forward[-1][1].ratio:.3g} times by forward mode. This is why networks can be trained. The price is
    memory: the values of the forward run are kept until the sweep has used them."""
    yield [
        curves("f and its gradient, as a multiple of f", Axis("n", log=True), Axis("times f", log=True), ratios),
        grid(
            "operations of f, and multiples of them that f and its gradient take",
            ("n", "f takes", "forward sweeps", "forward/f", "reverse sweeps", "reverse/f"),
            [
                (n, one.function, one.sweeps, one.ratio, other.sweeps, other.ratio)
                for (n, one), (_, other) in zip(forward, back, strict=True)
            ],
            digits=3,
        ),
    ]
    (one, _), (other, large) = by_size[last]
    off = max(abs(other.gradient[name] / one.gradient[name] - 1) for name in one.gradient)
    yield Check(f"reverse = forward at n = {last}", f"relative difference {off:.0e}", off < CLOSE and large.sweeps == 1)
    most = max(of.ratio for _, of in back)
    yield Check(f"f and gradient take at most {BOUND} times f", f"{most:.2f} at most, {large.ratio:.2f} at {last}", most <= BOUND)


def _table(trace: Trace) -> Table:
    rows: list[tuple[Any, ...]] = []
    for step in trace.adjoint:
        source = "the seed" if step.source is None else name_of(step.source)
        rows.append((UNICODE.adjoint(step.target), source, step.formula, step.term, step.value))
    sums = _summed(trace.adjoint)
    for number in range(1, len(AT) + 1):
        v = number - len(AT)
        rows.append((f"x̄{UNICODE.numeral(number)}", "", UNICODE.adjoint(v), None, sums[v]))
    return grid("adjoint trace, in order of execution", ("adjoint", "from", "becomes", "contribution", "value"), tuple(rows))


def _overwritten(trace: Trace) -> dict[str, float]:
    """The gradient of a program that writes each contribution over the one before."""
    last = {step.target: step.term for step in trace.adjoint}
    return {row.name: float(last[row.v]) for row in trace.primal if row.operation == "input"}


def _label_slip(trace: Trace) -> Erratum:
    """The row that adds to the adjoint of v₀ what comes from the product."""
    steps = {(step.target, step.source): step for step in trace.adjoint}
    right = steps[0, 2]
    mislabelled = steps[-1, 2].term  # v̄₂·∂v₂/∂v₋₁, taken at its word
    before = float(right.value) - float(right.term)
    return Erratum(
        "v̄₀ = v̄₀ + v̄₂ ∂v₂/∂v₋₁ = v̄₀ + v̄₂ × v₋₁ = 1.716.",
        f"the partial is ∂v₂/∂v₀ = v₋₁ = {number_text(AT['x1'])}, and only the label is wrong. ∂v₂/∂v₋₁ is v₀ = "
        f"{number_text(AT['x2'])}, and would give {before:.3f} + {number_text(float(mislabelled))} = "
        f"{before + float(mislabelled):.3f} instead of {float(right.value):.3f}.",
    )


def _summed(steps: tuple[AdjointStep, ...]) -> dict[int, float]:
    sums: dict[int, float] = {}
    for step in steps:
        sums[step.target] = sums.get(step.target, 0.0) + float(step.term)
    return sums
