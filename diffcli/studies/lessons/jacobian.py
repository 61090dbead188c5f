"""The Jacobian: columns by forward sweeps, rows by reverse sweeps, which of them are fewer, and when both are too many."""

from __future__ import annotations

from itertools import product

from diffcli.methods.library_matrices import jacobian, jvp, vjp
from diffcli.records.figures import Axis
from diffcli.records.matrices import SweepCount
from diffcli.studies.lessons.record import Check, Question, Settings, Told, curves, grid

TEXT = "[x1*x2 + sin(x3), x1*exp(x2*x3)]"
AT = {"x1": 2.0, "x2": 0.5, "x3": 1.0}
RESULTS = ("f1", "f2")
ACCURATE = 1e-14
"""Two roundings of an entry or so, relative to it."""

TRUNK = 24
"""Operations between the inputs and the results, through which every sweep passes."""

TOGETHER = 16
"""Inputs and results together, where they are weighed against each other."""


def lesson(settings: Settings) -> Told:
    columns = {name: jvp(TEXT, AT, {name: 1}).product for name in AT}
    rows = {name: vjp(TEXT, AT, {name: 1}).product for name in RESULTS}
    symbolic = jacobian(TEXT, AT, mode="symbolic")
    places = list(product(RESULTS, AT))
    exact = [float(symbolic.jacobian[result][name]) for result, name in places]
    yield f"""With n inputs and m results the derivative is a matrix of m rows and n columns, J_ij = ∂f_i/∂x_j. For (f1, f2) =
    {TEXT} at (2, 0.5, 1), a forward sweep is seeded at one input and gives a column:"""
    yield grid("", ("forward, seed", *RESULTS), [(name, *columns[name].values()) for name in AT])
    yield _agree("the columns make SymPy's matrix", [float(columns[name][result]) for result, name in places], exact)
    yield "A reverse sweep is seeded at one result and gives a row:"
    yield grid("", ("reverse, seed", *AT), [(name, *rows[name].values()) for name in RESULTS])
    yield _agree("the rows make SymPy's matrix", [float(rows[result][name]) for result, name in places], exact)
    yield from _weighed()
    texts = {(result, found.variable): found.simplified or found.unsimplified for result, found in symbolic.symbolic}
    yield [grid("the same by SymPy", ("", *AT), [(result, *[texts[result, name] for name in AT]) for result in RESULTS])]
    chain = _chain(settings.sized())
    forward, reverse = chain.forward.sweeps, chain.reverse.sweeps
    yield f"""Reverse mode wins where m < n, and a loss has m = 1 and as many inputs as there are weights. A sparse matrix takes
    fewer sweeps still. In f_i = x_{{i-1}} x_i x_{{i+1}}, with {chain.inputs} inputs and results, each result depends on its
    neighbours only. Columns without a common row share a sweep, and {forward} sweeps do the work of {chain.inputs}."""
    found = f"{forward} forward, {reverse} reverse"
    yield Check("three colours are enough for neighbours", found, forward == reverse == 3)
    yield Question(
        'diffcli jacobian "[a*b, b*c, c*d, d*a]" --at a=1,b=2,c=3,d=4 --sparsity',
        "How many sweeps does the Jacobian of 3 results of 1000 inputs take by each mode, if nothing in it is known to be 0?",
        "1000 by forward mode, a column each; 3 by reverse mode, a row each.",
    )


def _weighed() -> Told:
    """More inputs against more results."""
    weighed = [_weigh(n, TOGETHER - n) for n in (1, 4, 7, 8, 9, 12, 15)]
    operations = {
        "forward": [(of.inputs, of.forward.operations) for of in weighed],
        "reverse": [(of.inputs, of.reverse.operations) for of in weighed],
    }
    yield f"""So the matrix takes n forward sweeps, or m reverse sweeps. Which are fewer operations? Counted for a product of n
    inputs sent through {TRUNK} sines, and m multiples of the result, with n + m = {TOGETHER}:"""
    yield curves("operations for the whole Jacobian", Axis("n"), Axis("operations"), operations, rows=8)
    cheaper = [of.cheaper for of in weighed]
    found = f"{cheaper.count('forward')} and {cheaper.count('reverse')} of {len(weighed)}"
    right = all(of.cheaper == ("forward" if of.inputs < of.outputs else "reverse") for of in weighed if of.inputs != of.outputs)
    yield Check("cheaper: forward if n < m, reverse if m < n", found, right)


def _weigh(n: int, m: int) -> SweepCount:
    """What either mode takes for n inputs and m results, none of which is independent of any."""
    names = [f"x{i}" for i in range(1, n + 1)]
    results = ", ".join(f"{j}*t" for j in range(1, m + 1))
    trunk = "sin(" * TRUNK + "*".join(names) + ")" * TRUNK
    return _sweeps(f"t = {trunk}; [{results}]", dict.fromkeys(names, 1.1))


def _chain(n: int) -> SweepCount:
    """Every result of three neighbours, or of as many as there are."""
    results = ["*".join(f"x{k}" for k in (i - 1, i, i + 1) if 1 <= k <= n) for i in range(1, n + 1)]
    return _sweeps(f"[{', '.join(results)}]", {f"x{i}": 1 + i / n for i in range(1, n + 1)})


def _sweeps(text: str, at: dict[str, float]) -> SweepCount:
    count = jacobian(text, at).sweeps
    assert count is not None
    return count


def _agree(claim: str, found: list[float], exact: list[float]) -> Check:
    off = max(abs(one - right) / abs(right) for one, right in zip(found, exact, strict=True))
    return Check(claim, f"{len(found)} entries, off by {off:.1g} at most", off <= ACCURATE)
