"""Symbolic differentiation: rules applied by a machine, the swell of what they write, and what it is a property of."""

from __future__ import annotations

from diffcli.language.writing.printer import number_text
from diffcli.methods.derivation.derivation import derive
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.swell import STEPS, Iterates
from diffcli.methods.value import evaluate
from diffcli.records.blocks import Table
from diffcli.records.swell import Accuracy, Counts, Request
from diffcli.studies.claims.claims import judge_claims, read_claims
from diffcli.studies.lessons.record import Check, Lesson, Settings, grid
from diffcli.studies.swell.accuracy import accuracy
from diffcli.studies.swell.map import DEMOS, iterated
from diffcli.studies.swell.swell import Progress, swell
from diffcli.tape import Tape

MAP = "f(l) = 4*l*(1 - l)"

SLIDE = {
    2: ("4*x*(1 - x)", "4*(1 - x) - 4*x", "4 - 8*x"),
    3: (
        "16*x*(1 - x)*(1 - 2*x)^2",
        "16*(1 - x)*(1 - 2*x)^2 - 16*x*(1 - 2*x)^2 - 64*x*(1 - x)*(1 - 2*x)",
        "16*(1 - 10*x + 24*x^2 - 16*x^3)",
    ),
    4: (
        "64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2",
        """128*x*(1 - x)*(-8 + 16*x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2) + 64*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2 - 64*x*(1 -
        2*x)^2*(1 - 8*x + 8*x^2)^2 - 256*x*(1 - x)*(1 - 2*x)*(1 - 8*x + 8*x^2)^2""",
        "64*(1 - 42*x + 504*x^2 - 2640*x^3 + 7040*x^4 - 9984*x^5 + 7168*x^6 - 2048*x^7)",
    ),
}
"""The lecture's table, as it is printed: l_n, its derivative, and that in simplified form. It is held against our own."""

KINDS = (("l_n", "forms", "value"), ("l_n'", "forms", "derivative"), ("simplified", "simplified", "simplified"))

AT = 0.9

COMPARED = 8
"""The n at which the simplified form is evaluated."""


def lesson(settings: Settings) -> Lesson:
    last = settings.sized()
    recurrence = DEMOS["logistic"]
    counted = swell(Request(recurrence, last, {}, 0, 10_000_000, forms=False), Progress(lambda stage: None, lambda result: None))
    counts = counted.counts
    tape, _ = iterated(recurrence, last)
    lost = accuracy(recurrence, COMPARED, {"x": AT})
    parts = (
        """To differentiate a formula is mechanical: every node of its tree has a rule, and the rule says what to ask of the nodes
        below. This is all of it, for one step of the logistic map, l2 = 4 x (1 - x):""",
        _rules(),
        "Now iterate: l_{n+1} = 4 l_n (1 - l_n), l_1 = x. This is the lecture's table, recomputed:",
        _forms(),
        "It swells. How fast? Every formula counted exactly, and none of them written down:",
        _sizes(counts),
        f"""The derivative of l_{last}, written out, has {_size(counts[-1].derivative_tree)} nodes, but only {counts[-1].graph} of
        them are different, together with those of l_{last}: a tree writes l_n again wherever it is used, a graph points to it. So
        swell is no property of the derivative, nor of its rules, but of trees. A tape shares by nature: automatic differentiation
        applies the same rules to numbers, and pays per row.""",
        f"""And simplification is no way out: at x = {number_text(AT)} the simplified l_{COMPARED}' is off by a factor of
        {_error(lost.expanded)}, the tape by {_error(lost.tape)} (relative). Multiplied out, the terms cancel.""",
    )
    return Lesson(parts, _checks(counts, tape, lost), 'diffcli swell "sin(l)*l" --n 6')


def _rules() -> Table:
    steps = derive(Problem(SLIDE[2][0], {"x": AT}), "x").steps
    rows = tuple((step.value_text or step.row, step.rule, step.formula, step.result) for step in steps)
    return grid("the rules at work", ("node", "rule", "which is", "derivative"), rows)


def _forms() -> Table:
    demo = DEMOS["logistic"]
    iterates = Iterates(demo.text, demo.state, ["x"], 1, "")
    rows = []
    for n in (1, *SLIDE):
        answers = {step: STEPS[step](iterates, n)["texts"] for step in ("forms", "simplified")}
        rows += [(n if kind == "value" else None, title, answers[step][kind][0]) for title, step, kind in KINDS]
    return grid("", ("n", "form", "expression"), tuple((str(n) if n else None, *rest) for n, *rest in rows))


def _sizes(counts: tuple[Counts, ...]) -> Table:
    shown = [row for row in counts if row.n in (1, 2, 3, 4, 10, 20, 50) or row is counts[-1]]
    columns = ("n", "l_n written out", "l_n' written out", "shared", "tape of l_n", "with l_n'")
    rows = tuple(
        (str(row.n), row.value_tree, row.derivative_tree, row.graph, row.tape.function, row.tape.function + row.tape.reverse)
        for row in shown
    )  # fmt: skip
    return grid("nodes of formulas, operations of tapes", columns, rows, digits=3)


def _size(size: int | None) -> str:
    return f"{size:.2g}" if size is not None and size > 10**6 else str(size)


def _error(error: float | None) -> str:
    return "more than a float holds" if error is None else f"{error:.1g}"


def _checks(counts: tuple[Counts, ...], tape: Tape, lost: Accuracy) -> tuple[Check, ...]:
    verdicts = {n: _slide_verdicts(n) for n in SLIDE}
    proved = [str(n) for n, found in verdicts.items() if set(found) == {"proved"}]
    laws = [row.n for row in counts if (row.value_tree, row.derivative_tree) == _law(row.n)]
    linear = [row.n for row in counts if row.tape.function == 3 * (row.n - 1)]
    errors = f"errors {_error(lost.tape)}, {_error(lost.expanded)}"
    kept = (lost.tape or 0) < 1e-13 < 1e-6 < (lost.expanded or 0)
    return (
        Check("the lecture's table is right in all columns", f"n = {', '.join(proved)}: proved", len(proved) == len(SLIDE)),
        Check("trees: 6*2^(n-1) - 5, 9(n-1)*2^(n-1) + 1 nodes", f"{len(laws)} of {len(counts)} n", len(laws) == len(counts)),
        Check("tape: 3(n - 1) rows", f"{len(tape.operations)} at n = {counts[-1].n}", len(linear) == len(counts)),
        Check(f"l_{COMPARED}': the tape keeps its digits, simplified loses", errors, kept),
    )


def _law(n: int) -> tuple[int, int]:
    """The nodes of l_n and of l_n', written out: in closed form."""
    return 6 * 2 ** (n - 1) - 5, 9 * (n - 1) * 2 ** (n - 1) + 1


def _slide_verdicts(n: int) -> list[str]:
    """Whether the row of the lecture's table is the iterate and its derivative, proved by SymPy where it can be."""
    nested = f"{MAP}; {'f(' * (n - 1)}x{')' * (n - 1)}"
    value, *derivatives = SLIDE[n]
    verdicts = []
    for text in (nested, value):  # equal derivatives and one equal value: they are the same
        problem = Problem(text, {"x": AT})
        verdicts += [judge_claims(problem, read_claims(claim, problem))[0].verdict for claim in derivatives]
    if abs(float(evaluate(nested, {"x": AT})) - float(evaluate(value, {"x": AT}))) > 1e-12:
        verdicts.append("wrong")
    return verdicts
