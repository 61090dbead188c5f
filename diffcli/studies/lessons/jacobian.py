"""The Jacobian: columns by forward sweeps, rows by reverse sweeps, which of them are fewer, and when both are too many."""

from __future__ import annotations

from diffcli.methods.library_matrices import jacobian, jvp, vjp
from diffcli.records.blocks import Table
from diffcli.records.matrices import SweepCount
from diffcli.studies.lessons.record import Check, Lesson, Settings, grid

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
    parts = (
        f"""With n inputs and m results the derivative is a matrix, J_ij = ∂f_i/∂x_j, m rows of n. Neither mode finds it at once.
        Take (f1, f2) = {TEXT} at (2, 0.5, 1). A forward sweep moves one input and sees all results: a column.""",
        grid("forward: a column a sweep", ("seed", *RESULTS), tuple((f"e_{name}", *columns[name].values()) for name in AT)),
        "A reverse sweep asks for one result and reaches all inputs: a row.",
        grid("reverse: a row a sweep", ("seed", *AT), tuple((f"e_{name}", *rows[name].values()) for name in RESULTS)),
        grid("the same by SymPy", ("", *AT), tuple((result, *[texts[result, name] for name in AT]) for result in RESULTS)),
        f"""So forward takes n sweeps, reverse m. Which are fewer? Counted, for t = x1 x2 ... xn sent through {TRUNK} sines, and
        the results t, 2 t, ..., m t, with n + m = {TOGETHER}:""",
        _counts(weighed),
        f"""They cross where n = m. A loss has m = 1 and millions of inputs: at that end of the table nothing but reverse mode
        will do. And yet the count can be beaten. In f_i = x_{{i-1}} x_i x_{{i+1}}, with {chain.inputs} inputs and as many
        results, each result sees but its neighbours: columns that share no row can share a sweep, and the {chain.inputs} x
        {chain.outputs} matrix takes {chain.forward.sweeps} sweeps, not {chain.inputs}.""",
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
    return Lesson(parts, checks, 'diffcli jacobian "[a*b, b*c, c*d, d*a]" --at a=1,b=2,c=3,d=4 --sparsity')


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


def _counts(weighed: list[SweepCount]) -> Table:
    rows = tuple(
        (of.inputs, of.outputs, of.forward.sweeps, of.forward.operations, of.reverse.sweeps, of.reverse.operations, of.cheaper)
        for of in weighed
    )  # fmt: skip
    columns = ("n", "m", "forward sweeps", "operations", "reverse sweeps", "operations", "chosen")
    return grid("sweeps for the whole Jacobian, and their operations", columns, rows)


def _agree(claim: str, found: Matrix, exact: Matrix) -> Check:
    off = max(abs(found[place] - exact[place]) / abs(exact[place]) for place in exact)
    return Check(claim, f"{len(found)} entries, off by {off:.1g} at most", off <= ACCURATE)
