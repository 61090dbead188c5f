"""``diffcli swell``: how the derivative of an iterated map grows, and why automatic differentiation does not."""

from __future__ import annotations

import math
import sys

import click

from diffcli.cli.flags import at_tab
from diffcli.cli.options import INPUT, LIMITS, SHOWN, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.errors import refusal
from diffcli.methods.points.points import read_point
from diffcli.methods.points.ranges import TIMEOUT, Range
from diffcli.records.swell import Request
from diffcli.reports.formats import PICTURE
from diffcli.reports.swell.live import live
from diffcli.reports.swell.swell import swell_report
from diffcli.studies.swell.map import DEMOS, MOST_ITERATIONS, Recurrence, check_point, default_point, of_program
from diffcli.studies.swell.swell import swell

MOST_DRAWN = 500
"""Up to this n a figure has a point for each."""

EXAMPLES = (
    "diffcli swell --n 4",
    'diffcli swell "r*l*(1 - l)" --wrt l --n 8 --at x=0.3,r=3.7',
    "diffcli swell --demo newton --sizes --time",
    "diffcli swell --n 1000 --budget 0 --json",
)


@as_command(
    click.Argument(["expression"], metavar="[MAP]", required=False, shell_complete=at_tab),
    shared("at", "Where accuracy is compared; 0.9 for the logistic map."),
    shared("wrt", "one, in which MAP is iterated."),
    Option("--n", group=INPUT, type=Number(Range(1, MOST_ITERATIONS)), metavar="N", default=4, help="The last l_n."),
    Option("--demo", group=INPUT, words=DEMOS, metavar="NAME", help="logistic (if no MAP is given), newton, nested or speelpenning."),
    Option("--sizes", group=SHOWN, help="Every size in place of the expressions."),
    "time",
    "full",
    Option("--budget", group=LIMITS, type=Number(TIMEOUT), metavar="S", help="Seconds for what SymPy is measured at; 0 is none.  [default: 5, or 1 from n = 100 on]"),
    examples=EXAMPLES,
)
def command(
    run: Run, n: int, wrt: str | None, demo: str | None, sizes: bool, budget: float | None, timed: bool, max_nodes: int
) -> int:
    """How the derivative of an iterated map swells: as a tree, shared, simplified, and on the tape.

    MAP is the next value in terms of the last, as "4*l*(1 - l)": an expression, @FILE, or - for standard input. l_1 is the
    variable x, and the derivative of l_n is taken by it. Sizes are counted exactly; SymPy is measured within --budget.
    """
    recurrence = _recurrence(run, wrt, demo)
    if run.point and recurrence.fresh:
        raise refusal("usage", "this demo has no point: its accuracy is not in question", "leave --at out")
    point = check_point(recurrence, read_point(run.point)) if run.point else default_point(recurrence)
    if budget is None:  # for a long table SymPy is a few rows at most, which nobody should wait for
        budget = 5.0 if n < 100 else 1.0
    output = run.output
    drawn = output.style.format.audience == PICTURE
    sizes = sizes or drawn
    rows = run.full or (drawn and n <= MOST_DRAWN)
    request = Request(recurrence, n, point, budget, max_nodes, forms=not sizes, full=rows, whole=run.full)
    most = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)  # the integers that are counted here are no longer than their trees are deep
    try:
        with live(run.environment.stderr, run.environment.variables) as progress:
            result = swell(request, progress)
        document = swell_report(result, output.style, sizes, timed)
        return run.report(document, result.notes, [] if result.undefined_from is None else [math.nan])
    finally:
        sys.set_int_max_str_digits(most)


def _recurrence(run: Run, state: str | None, demo: str | None) -> Recurrence:
    """The map that is asked for; the logistic map, if none is."""
    if run.expression is None:
        if state is not None:
            raise refusal("usage", "--wrt names the variable of a MAP, and there is none", "leave it out")
        return DEMOS[demo or "logistic"]
    if demo is not None:
        raise refusal("usage", "a MAP and --demo contradict each other", "give one of them")
    return of_program(run.read(functions=False), state)
