"""``diffcli grad``: the value and gradient of a program at a point, with the traces."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import click

from diffcli.cli.environment import Environment, write
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Choice, Command, Names, Number, limit_options, output_options
from diffcli.cli.output import Output, exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_program
from diffcli.methods.gradient import compute
from diffcli.methods.nonsmooth.breaks import POLICIES
from diffcli.methods.options import METHODS, MODES, RULES, Options
from diffcli.methods.traces.trace import NOTATIONS
from diffcli.reports.derivatives.gradient import gradient_report
from diffcli.reports.formats import PERSON

SHOWN = 200
"""How many rows of a trace a table shows."""

EXAMPLES = (
    'diffcli grad "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5',
    'diffcli grad "-x^2" --at x=1 --mode forward',
    'diffcli grad "abs(x - 1)" --at x=1 --kink right -q',
    'diffcli grad "x*sin(x^2)" --at x=2 --mode symbolic --steps',
    "diffcli grad @model.dc --at x=1,y=pi/4 --json",
    "diffcli grad model.py:loss --at x=2,y=3",
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("expression", metavar="EXPR")
@click.option("--at", multiple=True, metavar="POINT", help="The point, as x=2,w=[1,pi/4],W=@w.npy or @point.json; may be given again.")
@click.option("--wrt", type=Names(), help="Variables to differentiate by; all, if not given.")
@click.option("--mode", type=Choice("mode", MODES), metavar="MODE", default="reverse", help="reverse, forward, numeric or symbolic.", show_default=True)
@click.option("--seed", metavar="DIRECTION", help="forward: the derivative along a direction, as x=1,y=0.5.")
@click.option("--method", type=Choice("method", METHODS), metavar="METHOD", help="numeric: automatic, central, forward, backward, richardson, ridders or complex.")
@click.option("--order", type=int, metavar="P", help="numeric: the order of a stencil: 1 or 2; 2, 4, 6, 8 or 10 for a central one.")
@click.option("--step", type=Number(), metavar="H", help="numeric: the step, as 2^-10, if it is not to be chosen.")
@click.option("--rule", type=Choice("rule", RULES), metavar="RULE", help=f"numeric: how the step of a stencil is chosen: {', '.join(RULES)}.")
@click.option("--kink", type=Choice("policy", POLICIES), metavar="POLICY", default="min-norm", help="At a kink: min-norm, mean, left, right, nan, error.", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 5 where the function is not differentiable.")
@click.option("--share", is_flag=True, help="Merge repeated subexpressions into one row.")
@click.option("--steps", is_flag=True, help="symbolic: the derivation step by step.")
@click.option("--derivative-tape", is_flag=True, help="The program of value and gradient, row by row, and what it costs.")
@click.option("--no-trace", is_flag=True, help="Print the result without the traces.")
@click.option("--full", is_flag=True, help=f"Show every element of arrays, and every row of a trace longer than {SHOWN}.")
@click.option("--cost", is_flag=True, help="Count elementary operations.")
@click.option("--time", "timed", is_flag=True, help="Tell how long each stage took.")
@click.option("-q", "--quiet", is_flag=True, help="Print the result alone: a name, a tab, a number.")
@output_options
@limit_options
@click.pass_obj
def command(
    environment: Environment,
    /,
    expression: str,
    at: tuple[str, ...],
    no_trace: bool,
    full: bool,
    timed: bool,
    timeout: float,
    **options: Any,
) -> int:
    """Value and gradient of EXPR at a point, with the traces that lead there.

    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it.
    """
    names = ("format", "as_json", "quiet", "output", "digits", "width", "color")
    output = Output.of(environment, **{name: options.pop(name) for name in names})
    output.style = output.style._replace(full=full)
    windowed = output.style.format.audience == PERSON and not full
    asked = Options(
        trace=not no_trace and not output.quiet, most_shown=SHOWN if windowed else None,
        notation=NOTATIONS[output.style.notation], **options,
    )  # fmt: skip
    asked.steps = asked.steps and not output.quiet
    asked.derivative_tape = asked.derivative_tape and not output.quiet
    seconds: dict[str, float] = {}
    with time_limit(timeout), progress(environment) as stage:
        asked.progress = stage
        start = perf_counter()
        stage("reading")
        program = read_program(expression, environment)
        seconds["parse"] = perf_counter() - start
        result = compute(program, ",".join(at) if any(text.strip() for text in at) else {}, asked)
        seconds["compute"] = perf_counter() - start - seconds["parse"]
    document = gradient_report(result, output.style, seconds if timed else None, brief=no_trace)
    output.print(document, result.notes)
    if timed and not output.style.format.whole:
        stages = ", ".join(f"{stage} {taken * 1e3:.3g} ms" for stage, taken in seconds.items())
        write(environment.stderr, f"time: {stages}\n")
    return exit_code(result.notes, [result.value, result.directional, *result.gradient.values()])
