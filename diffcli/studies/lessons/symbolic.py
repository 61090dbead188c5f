"""Symbolic differentiation: rules applied by a machine, the swell of what they write, and where it comes from."""

from __future__ import annotations

from diffcli.language import parse
from diffcli.language.writing.printer import number_text
from diffcli.methods.derivation.derivation import derive
from diffcli.methods.problem.problem import Problem
from diffcli.methods.symbolic.swell import STEPS, Iterates
from diffcli.methods.value import evaluate
from diffcli.records.blocks import Table
from diffcli.records.figures import Axis
from diffcli.records.swell import Counts, Request
from diffcli.studies.claims.claims import judge_claims, read_claims
from diffcli.studies.lessons.record import Check, Question, Settings, Told, curves, grid
from diffcli.studies.swell.accuracy import accuracy
from diffcli.studies.swell.map import DEMOS
from diffcli.studies.swell.swell import Progress, swell

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
"""Table 1 of Baydin et al. 2018: l_n, its derivative, and that in simplified form. It is compared with our own."""

FUNCTIONS = ("x; c", "x", "c*x", "x^n", "exp(x)", "ln(x)", "sin(x)", "cos(x)", "tan(x)")
"""The functions whose derivatives one knows by heart; that of the first is c."""

KINDS = (("l_n", "forms", "value"), ("l_n'", "forms", "derivative"), ("simplified", "simplified", "simplified"))

AT = 0.9

COMPARED = 8
"""The n at which the simplified form is evaluated."""


def lesson(settings: Settings) -> Told:
    last = settings.sized()
    recurrence = DEMOS["logistic"]
    counted = swell(Request(recurrence, last, {}, 0, 10_000_000, forms=False), Progress(lambda stage: None, lambda result: None))
    counts = counted.counts
    yield "Differentiating a formula is mechanical. Every function has a rule:"
    yield _functions()
    yield "A rule for a sum, a product or a composition asks for the derivatives of its parts. For 4 x (1 - x):"
    yield _rules()
    yield "This is one step of the logistic map, l_{n+1} = 4 l_n (1 - l_n) with l_1 = x. Its iterates swell:"
    yield [_forms()]
    yield from _growth(counts)
    lost = accuracy(recurrence, COMPARED, {"x": AT})
    yield f"""Simplifying does not help. At x = {number_text(AT)} the simplified l_{COMPARED}' has a relative error of
    {_error(lost.expanded)}, since its large terms cancel; that of the tape is {_error(lost.tape)}."""
    errors = f"errors {_error(lost.tape)}, {_error(lost.expanded)}"
    kept = (lost.tape or 0) < 1e-13 < 1e-6 < (lost.expanded or 0)
    yield Check(f"l_{COMPARED}': the tape keeps its digits, simplified loses", errors, kept)
    before, after = [row for row in counts if row.n <= 10][-2:]
    yield Question(
        'diffcli swell "sin(l)*l" --n 6',
        f"How much larger is the derivative of l_{after.n} than that of l_{before.n}, as a tree and on a tape?",
        f"""As a tree more than twice as large: {after.derivative_tree} nodes and {before.derivative_tree}. On a tape
        {_operations(after) - _operations(before)} operations larger: {_operations(after)} and {_operations(before)}.""",
    )


def _functions() -> Table:
    """The derivatives of single functions, three beside each other."""
    steps = [derive(Problem(text, dict.fromkeys(parse(text).inputs, 2.0)), "x").steps[0] for text in FUNCTIONS]
    cells = [cell for step in steps for cell in (step.value_text or step.row, step.result)]
    return grid("", ("f", "f'") * 3, [tuple(cells[start : start + 6]) for start in range(0, len(cells), 6)])


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


def _operations(of: Counts) -> int:
    """Those of l_n and its derivative on a tape."""
    return of.tape.function + of.tape.reverse


def _growth(counts: tuple[Counts, ...]) -> Told:
    points = {
        "nodes of the tree of l_n'": [(of.n, of.derivative_tree or 0) for of in counts],
        "operations on a tape": [(of.n, _operations(of)) for of in counts if of.n > 1],
    }
    last = counts[-1]
    yield curves("size of the derivative", Axis("n"), Axis("size", log=True), points, rows=7)
    yield f"""Written out, the derivative of l_{last.n} has {last.derivative_tree:.3g} nodes, but only {last.graph} of them are
    different: a tree writes l_n again wherever it is used, and a graph points to it. So the rules are not the cause of swell;
    writing them out as trees is. Automatic differentiation applies the same rules to numbers, on a tape: a row for each
    operation."""
    proved = [str(n) for n in SLIDE if set(_slide_verdicts(n)) == {"proved"}]
    yield Check("the survey's table is right in all columns", f"n = {', '.join(proved)}: proved", len(proved) == len(SLIDE))
    closed = [(6 * 2 ** (of.n - 1) - 5, 9 * (of.n - 1) * 2 ** (of.n - 1) + 1) for of in counts]
    laws = [(of.value_tree, of.derivative_tree) == sizes for of, sizes in zip(counts, closed, strict=True)]
    yield Check("trees: 6*2^(n-1) - 5, 9(n-1)*2^(n-1) + 1 nodes", f"{sum(laws)} of {len(laws)} n", all(laws))
    linear = all(of.tape.function == 3 * (of.n - 1) for of in counts)
    yield Check("tape: 3(n - 1) rows", f"{last.tape.function} at n = {last.n}", linear)


def _error(error: float | None) -> str:
    return "more than a float holds" if error is None else f"{error:.1g}"


def _slide_verdicts(n: int) -> list[str]:
    """Whether the row of the survey's table is the iterate and its derivative, proved by SymPy where it can be."""
    nested = f"{MAP}; {'f(' * (n - 1)}x{')' * (n - 1)}"
    value, *derivatives = SLIDE[n]
    verdicts = []
    for text in (nested, value):  # equal derivatives and one equal value: they are the same
        problem = Problem(text, {"x": AT})
        verdicts += [judge_claims(problem, read_claims(claim, problem))[0].verdict for claim in derivatives]
    if abs(float(evaluate(nested, {"x": AT})) - float(evaluate(value, {"x": AT}))) > 1e-12:
        verdicts.append("wrong")
    return verdicts
