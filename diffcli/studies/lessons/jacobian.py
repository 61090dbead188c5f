"""The Jacobian: columns by forward sweeps, rows by reverse sweeps, which of them are fewer, and when both are too many."""

from __future__ import annotations

from diffcli.methods.library_matrices import jacobian, jvp, vjp
from diffcli.records.figures import Axis
from diffcli.records.matrices import SweepCount
from diffcli.studies.lessons.record import Check, Lesson, Parts, Settings, curves, grid

TEXT = "[x1*x2 + sin(x3), x1*exp(x2*x3)]"
AT = {"x1": 2.0, "x2": 0.5, "x3": 1.0}
RESULTS = ("f1", "f2")
ACCURATE = 1e-14
"""Two roundings of an entry or so, relative to it."""

TRUNK = 24
"""Operations between the inputs and the results, through which every sweep passes."""

TOGETHER = 16
"""Inputs and results together, where they are weighed against each other."""

Matrix = dict[tuple[str, str], float]


def lesson(settings: Settings) -> Lesson:
    columns = {name: jvp(TEXT, AT, {name: 1}).product for name in AT}
    rows = {name: vjp(TEXT, AT, {name: 1}).product for name in RESULTS}
    by_columns = {(result, name): float(columns[name][result]) for result in RESULTS for name in AT}
    by_rows = {(result, name): float(rows[result][name]) for result in RESULTS for name in AT}
    symbolic = jacobian(TEXT, AT, mode="symbolic")
    exact = {(result, name): float(symbolic.jacobian[result][name]) for result in RESULTS for name in AT}
    weighed = [_weigh(n, TOGETHER - n) for n in (1, 4, 7, 8, 9, 12, 15)]
    chain = _chain(settings.sized())
    texts = {(result, found.variable): found.simplified or found.unsimplified for result, found in symbolic.symbolic}
    operations = {
        "forward": [(of.inputs, of.forward.operations) for of in weighed],
        "reverse": [(of.inputs, of.reverse.operations) for of in weighed],
    }
    parts: Parts = (
        f"""With n inputs and m results the derivative is a matrix of m rows and n columns, J_ij = ∂f_i/∂x_j. For (f1, f2) =
        {TEXT} at (2, 0.5, 1), a forward sweep is seeded at one input and gives a column:""",
        grid("", ("forward, seed", *RESULTS), tuple((name, *columns[name].values()) for name in AT)),
        "A reverse sweep is seeded at one result and gives a row:",
        grid("", ("reverse, seed", *AT), tuple((name, *rows[name].values()) for name in RESULTS)),
        f"""So the matrix takes n forward sweeps, or m reverse sweeps. Which are fewer operations? Counted for a product of n
        inputs sent through {TRUNK} sines, and m multiples of the result, with n + m = {TOGETHER}:""",
        curves("operations for the whole Jacobian", Axis("n"), Axis("operations"), operations, rows=8),
        [grid("the same by SymPy", ("", *AT), tuple((result, *[texts[result, name] for name in AT]) for result in RESULTS))],
        f"""Reverse mode wins where m < n, and a loss has m = 1 and as many inputs as there are weights. A sparse matrix takes
        fewer sweeps still. In f_i = x_{{i-1}} x_i x_{{i+1}}, with {chain.inputs} inputs and results, each result depends on its
        neighbours only. Columns without a common row share a sweep, and {chain.forward.sweeps} sweeps do the work of
        {chain.inputs}.""",
    )
    crossed = [count.cheaper for count in weighed]
    checks = (
        _agree("the columns make SymPy's matrix", by_columns, exact),
        _agree("the rows make SymPy's matrix", by_rows, exact),
        Check(
            "cheaper: forward if n < m, reverse if m < n",
            f"{crossed.count('forward')} and {crossed.count('reverse')} of {len(weighed)}",
            all(of.cheaper == ("forward" if of.inputs < of.outputs else "reverse") for of in weighed if of.inputs != of.outputs),
        ),
        Check(
            "three colours are enough for neighbours", f"{chain.forward.sweeps} forward, {chain.reverse.sweeps} reverse",
            chain.forward.sweeps == chain.reverse.sweeps == 3,
        ),
    )  # fmt: skip
    return Lesson(
        parts, checks, 'diffcli jacobian "[a*b, b*c, c*d, d*a]" --at a=1,b=2,c=3,d=4 --sparsity',
        "How many sweeps does the Jacobian of 3 results of 1000 inputs take by each mode, if nothing in it is known to be 0?",
        "1000 by forward mode, a column each; 3 by reverse mode, a row each.",
    )  # fmt: skip



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


def _agree(claim: str, found: Matrix, exact: Matrix) -> Check:
    off = max(abs(found[place] - exact[place]) / abs(exact[place]) for place in exact)
    return Check(claim, f"{len(found)} entries, off by {off:.1g} at most", off <= ACCURATE)
