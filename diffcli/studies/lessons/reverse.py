"""Reverse mode: adjoints flow from the result to the inputs, contributions add up, and one sweep gives the whole gradient."""

from __future__ import annotations

from typing import Any

from diffcli.language.writing.printer import number_text
from diffcli.methods.traces.trace import UNICODE
from diffcli.records import AdjointStep, Trace
from diffcli.records.blocks import Table
from diffcli.studies.lessons.record import Check, Erratum, Lesson, Settings, grid, listed
from diffcli.studies.lessons.survey import AT, CLOSE, TEXT, agreement, costs, name_of, sizes, traced

BOUND = 5
"""The cheap gradient principle: with sums and products, f and its gradient take at most 5 times f (Baur & Strassen 1983)."""


def lesson(settings: Settings) -> Lesson:
    result, trace, cost = traced("reverse")
    gradient: dict[str, Any] = result.gradient
    overwritten = _overwritten(trace)
    wrong, right = (listed(numbers.values(), ".4g") for numbers in (overwritten, gradient))
    by_size = {n: (costs(n, "forward"), costs(n, "reverse")) for n in sizes(settings.sized())}
    parts = (
        f"""Forward mode asks how an input moves every value. Reverse mode asks the opposite: how does the result y move with each
        value v? That is its adjoint v̄ = ∂y/∂v. The program runs forwards once, and is remembered; then the adjoints are passed
        on backwards, from ȳ = 1. For f = {TEXT} at (2, 5):""",
        _table(trace),
        f"""Mind the last two rows. x1 and x2 are both used twice, so two contributions arrive at each, and they add up, since the
        multivariable chain rule is a sum over paths. A program that overwrites them instead gets ({wrong}) for ({right}).""",
        _label_slip(trace),
        f"""Both derivatives came out of one sweep, {cost.sweep} operations beside the {cost.function} of f. With n inputs, as
        ln(x1) + x1 x2 ... xn - sin(xn), it is still one sweep:""",
        grid(
            "operations of f, and multiples of them that f and its gradient take",
            ("n", "f takes", "forward sweeps", "forward/f", "reverse sweeps", "reverse/f"),
            tuple(
                (n, of.function, of.sweeps, of.ratio, back.sweeps, back.ratio)
                for n, ((_, of), (_, back)) in by_size.items()
            ),
            digits=3,
        ),
        """The whole gradient costs about as much as three values of f, whatever n is: the reason why networks of any size can be
        trained. The price is memory: the forward values must be kept until the sweep has come back to them.""",
    )  # fmt: skip
    return Lesson(
        parts, _checks(trace, gradient, overwritten, by_size),
        f'diffcli grad "{TEXT}" --at x1=2,x2=5 --mode reverse --cost',
    )  # fmt: skip


def _table(trace: Trace) -> Table:
    rows = []
    for step in trace.adjoint:
        source = "the seed" if step.source is None else name_of(step.source)
        rows.append((UNICODE.adjoint(step.target), source, step.formula, step.term, step.value))
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
        f"the label is to be ∂v₂/∂v₀, which is v₋₁ = {number_text(AT['x1'])}, as the lecture then computes. ∂v₂/∂v₋₁ is v₀ = "
        f"{number_text(AT['x2'])}, and taken at its word would give {before:.3f} + {number_text(float(mislabelled))} = "
        f"{before + float(mislabelled):.3f} for {float(right.value):.3f}.",
    )


def _checks(trace: Trace, gradient: dict[str, Any], overwritten: dict[str, float], by_size: dict[int, Any]) -> tuple[Check, ...]:
    last = max(by_size)
    (forward, _), (reverse, cost) = by_size[last]
    off = max(abs(reverse.gradient[name] / forward.gradient[name] - 1) for name in forward.gradient)
    ratios = [back.ratio for _, (_, back) in by_size.values()]
    summed = _summed(trace.adjoint)
    wrong, right = (listed(numbers.values(), ".4g") for numbers in (overwritten, gradient))
    added = all(abs(summed[row.v] - gradient[row.name]) < CLOSE for row in trace.primal if row.operation == "input")
    return (
        agreement(gradient, "one sweep gives SymPy's derivatives"),
        Check("contributions add up to the adjoints", right, added),
        Check("overwriting them is wrong", wrong, all(overwritten[name] != gradient[name] for name in gradient)),
        Check(f"reverse = forward at n = {last}", f"relative difference {off:.0e}", off < CLOSE and cost.sweeps == 1),
        Check(
            f"f and gradient take at most {BOUND} times f", f"{max(ratios):.2f} at most, {ratios[-1]:.2f} at {last}",
            max(ratios) <= BOUND,
        ),
    )  # fmt: skip


def _summed(steps: tuple[AdjointStep, ...]) -> dict[int, float]:
    sums: dict[int, float] = {}
    for step in steps:
        sums[step.target] = sums.get(step.target, 0.0) + float(step.term)
    return sums
