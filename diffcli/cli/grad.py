"""``diffcli grad``: the value and gradient of a program at a point, with the traces."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.environment import write
from diffcli.cli.options import (
    EXPRESSION,
    QUIET,
    SHOWN,
    STRICT,
    Number,
    as_command,
    at,
    choice,
    full,
    kink,
    simplify,
    traced,
    wrt,
)
from diffcli.cli.run import Run
from diffcli.errors import ExpressionError
from diffcli.methods.gradient import compute
from diffcli.methods.options import METHODS, MODES, RULES, Options
from diffcli.methods.points.ranges import Range
from diffcli.records import GradientResult
from diffcli.reports.derivatives.gradient import gradient_report

EXAMPLES = (
    'diffcli grad "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5',
    'diffcli grad "-x^2" --at x=1 --mode forward',
    'diffcli grad "abs(x - 1)" --at x=1 --kink right -q',
    'diffcli grad "x*sin(x^2)" --at x=2 --mode symbolic --steps',
    "diffcli grad @model.dc --at x=1,y=pi/4 --json",
    "diffcli grad model.py:loss --at x=2,y=3",
)


@as_command(
    EXPRESSION,
    at("The point, as x=2,w=[1,pi/4],W=@w.npy,v=@data.csv:v or @point.json; may be given again."),
    wrt(),
    choice("--mode", "mode", MODES, "MODE", "reverse, forward, numeric or symbolic.", "reverse"),
    click.option("--seed", metavar="DIRECTION", help="forward: the derivative along a direction, as x=1,y=0.5."),
    choice("--method", "method", METHODS, "METHOD", "numeric: automatic, central, forward, backward, richardson, ridders or complex."),
    click.option("--order", type=Number(Range(1, 10)), metavar="P", help="numeric: the order of a stencil: 1 or 2; 2, 4, 6, 8 or 10 for a central one."),
    click.option("--step", type=Number(), metavar="H", help="numeric: the step, as 2^-10, if it is not to be chosen."),
    choice("--rule", "rule", RULES, "RULE", f"numeric: how the step of a stencil is chosen: {', '.join(RULES)}."),
    kink(),
    STRICT,
    click.option("--share", is_flag=True, help="Merge repeated subexpressions into one row."),
    simplify(),
    click.option("--steps", is_flag=True, help="symbolic: the derivation step by step."),
    click.option("--derivative-tape", is_flag=True, help="The program of value and gradient, row by row, and what it costs."),
    click.option("--no-trace", is_flag=True, help="Print the result without the traces."),
    full(f"Show every element of arrays, and every row of a trace longer than {SHOWN}."),
    click.option("--cost", is_flag=True, help="Count elementary operations."),
    click.option("--time", "timed", is_flag=True, help="Tell how long each stage took."),
    QUIET,
    examples=EXAMPLES,
)
def command(run: Run, no_trace: bool, timed: bool, steps: bool, derivative_tape: bool, **options: Any) -> int:
    """Value and gradient of EXPR at a point, with the traces that lead there."""
    output = run.output
    effort = run.effort(options["simplify"], options["mode"])
    asked = Options(
        steps=steps and not output.quiet, derivative_tape=derivative_tape and not output.quiet,
        progress=run.stage, **traced(run, not no_trace), **options | {"simplify": effort},
    )  # fmt: skip
    if asked.mode == "symbolic" and not run.point:
        from diffcli.cli.diff import show

        code = show(run, steps=steps, **{name: options[name] for name in ("wrt", "strict", "simplify", "max_nodes")})
    else:
        result = _computed(run, asked)
        document = gradient_report(result, output.style, run.seconds if timed else None, brief=no_trace)
        code = run.report(document, result.notes, [result.value, result.directional, *result.gradient.values()])
    if timed and not output.style.format.whole:
        stages = ", ".join(f"{stage} {taken * 1e3:.3g} ms" for stage, taken in run.seconds.items())
        write(run.environment.stderr, f"time: {stages}\n")
    return code


def _computed(run: Run, asked: Options) -> GradientResult:
    """The result; of several results the error says how to see their rows."""
    try:
        return run.compute(compute, asked)
    except ExpressionError as fault:
        if asked.mode in ("forward", "reverse") and [found.code for found in fault.diagnostics] == ["not-a-number"]:
            raise ExpressionError([fault.diagnostics[0]._replace(help=(*fault.diagnostics[0].help, _instead(run, asked)))]) from None
        raise


def _instead(run: Run, asked: Options) -> str:
    """The command line that shows the rows of a program with several results."""
    from shlex import join

    line = ["diffcli", "jvp" if asked.seed else "jacobian", str(run.expression)]
    line += [word for text in run.point for word in ("--at", text)]
    given = {"--seed": asked.seed, "--wrt": asked.wrt, "--mode": None if asked.seed else asked.mode}
    line += [str(word) for option, value in given.items() if value is not None for word in (option, value)]
    return f"its rows: {join([*line, '--trace'])}"
