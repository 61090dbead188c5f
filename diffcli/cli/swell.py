"""``diffcli swell``: how the derivative of an iterated map grows, and why automatic differentiation does not."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Choice, Command, limit_options, output_options
from diffcli.cli.output import Output, exit_code
from diffcli.cli.reading import read_program
from diffcli.errors import UsageError, error
from diffcli.methods.points.points import read_point
from diffcli.reports.formats import PICTURE
from diffcli.reports.swell.live import live
from diffcli.reports.swell.swell import swell_report
from diffcli.studies.swell.map import DEMOS, MOST_ITERATIONS, Recurrence, check_point, default_point, of_program
from diffcli.studies.swell.swell import Request, swell

MOST_DRAWN = 500
"""Up to this n a figure has a point for each."""

EXAMPLES = (
    "diffcli swell --n 4",
    'diffcli swell "r*l*(1 - l)" --var l --n 8 --at x=0.3,r=3.7',
    "diffcli swell --demo newton --sizes --time",
    "diffcli swell --n 1000 --budget 0 --json",
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("expression", metavar="[MAP]", required=False)
@click.option("--n", "n", type=click.IntRange(1, MOST_ITERATIONS), metavar="N", default=4, help="The last l_n.", show_default=True)
@click.option("--var", "state", metavar="NAME", help="The variable that MAP is iterated in, if it has several.")
@click.option("--demo", type=Choice("demo", DEMOS), metavar="NAME", help="logistic (if no MAP is given), newton, nested or speelpenning.")
@click.option("--at", metavar="POINT", help="Where to compare accuracy, as x=0.9; 0.9 for the logistic map.")
@click.option("--sizes", is_flag=True, help="Show every size in place of the expressions.")
@click.option("--full", is_flag=True, help="Show every row of a long table, and count the largest gradients.")
@click.option("--budget", type=click.FloatRange(0), metavar="S", help="Seconds for what SymPy is measured at; 0 is none.  [default: 5, or 1 from n = 100 on]")
@click.option("--time", "timed", is_flag=True, help="Tell how long each step took.")
@output_options
@limit_options
@click.pass_obj
def command(
    environment: Environment,
    /,
    expression: str | None,
    n: int,
    state: str | None,
    demo: str | None,
    at: str | None,
    sizes: bool,
    full: bool,
    budget: float | None,
    timed: bool,
    timeout: float,
    max_nodes: int,
    **options: Any,
) -> int:
    """How the derivative of an iterated map swells: as a tree, shared, simplified, and on the tape.

    MAP is the next value in terms of the last, as "4*l*(1 - l)": an expression, @FILE, or - for standard input. l_1 is the
    variable x, and the derivative of l_n is taken by it. Sizes are counted exactly; SymPy is measured within --budget.
    """
    output = Output.of(environment, **options)
    recurrence = _recurrence(environment, expression, state, demo)
    point = _point(recurrence, at)
    if budget is None:  # for a long table SymPy is a few rows at most, which nobody should wait for
        budget = 5.0 if n < 100 else 1.0
    drawn = output.style.format.audience == PICTURE
    sizes = sizes or drawn
    rows = full or (drawn and n <= MOST_DRAWN)
    request = Request(recurrence, n, point, budget, max_nodes, forms=not sizes, full=rows, whole=full)
    with _all_digits():
        with time_limit(timeout), live(environment.stderr, environment.variables) as progress:
            result = swell(request, progress)
        output.print(swell_report(result, output.style, sizes, timed), result.notes)
    return exit_code(result.notes, [] if result.lost is None else [math.nan])


@contextmanager
def _all_digits() -> Iterator[None]:
    """Let integers of any length be written: those that are counted here are no longer than their trees are deep."""
    most = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(most)


def _recurrence(environment: Environment, expression: str | None, state: str | None, demo: str | None) -> Recurrence:
    """The map that is asked for; the logistic map, if none is."""
    if expression is None:
        if state is not None:
            raise UsageError([error("usage", "--var names the variable of a MAP, and there is none", help=["leave it out"])])
        return DEMOS[demo or "logistic"]
    if demo is not None:
        raise UsageError([error("usage", "a MAP and --demo contradict each other", help=["give one of them"])])
    return of_program(read_program(expression, environment, functions=False), state)


def _point(recurrence: Recurrence, at: str | None) -> dict[str, float]:
    if at is None:
        return default_point(recurrence)
    if recurrence.fresh:
        message = "this demo has no point: its accuracy is not in question"
        raise UsageError([error("usage", message, help=["leave --at out"])])
    return check_point(recurrence, read_point(at)[0])
