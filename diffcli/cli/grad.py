"""``diffcli grad``: the value and gradient of a program at a point, with the traces."""

from __future__ import annotations

from typing import Any

from diffcli.cli.environment import write
from diffcli.cli.options import EXPRESSION, METHOD, SHOWN, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.gradient import compute
from diffcli.methods.options import METHODS, MODES, RULES, Options
from diffcli.methods.points.ranges import Range
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
    EXPRESSION, shared("at", needed=True), "wrt", shared("direction", "With --mode forward."),
    shared("mode", "reverse, forward, numeric or symbolic.", words=MODES, default="reverse"),
    shared("method", "automatic, central, forward, backward, richardson, ridders or complex.", words=METHODS),
    Option("--accuracy", group=METHOD, metavar="P", type=Number(Range(1, 10)), help="Order of a stencil's error: 1 or 2; 2, 4, 6, 8 or 10 for a central one."),
    Option("--step", group=METHOD, metavar="H", type=Number(), help="Step of a difference quotient, as 2^-10; chosen for you if left out."),
    Option("--rule", group=METHOD, metavar="RULE", words=RULES, help=f"How the step of a stencil is chosen: {', '.join(RULES)}."),
    "kink", "strict", "simplify", "share", "steps", shared("trace", default=True), "substituted", "time", "full",
    Option("--derivative-tape", group=SHOWN, help="The program of value and gradient, row by row, and what it costs."),
    Option("--cost", group=SHOWN, help="Counts of elementary operations."),
    examples=EXAMPLES,
)  # fmt: skip
def command(run: Run, trace: bool, timed: bool, steps: bool, derivative_tape: bool, **options: Any) -> int:
    """Value and gradient of EXPR at a point, with the traces that lead there."""
    output = run.output
    effort = run.effort(options["simplify"], options["mode"])
    asked = Options(
        trace=trace and not output.quiet, steps=steps and not output.quiet, derivative_tape=derivative_tape and not output.quiet,
        progress=run.stage, **run.rows(), **options | {"simplify": effort},
    )  # fmt: skip
    if asked.mode == "symbolic" and not run.point:
        from diffcli.cli.diff import show

        code = show(run, steps=steps, **{name: options[name] for name in ("wrt", "strict", "simplify", "max_nodes")})
    else:
        result = run.compute(compute, asked)
        document = gradient_report(result, output.style, run.seconds if timed else None, brief=not trace)
        code = run.report(document, result.notes, [result.value, result.directional, *result.gradient.values()])
    if timed and not output.style.format.whole:
        stages = ", ".join(f"{stage} {taken * 1e3:.3g} ms" for stage, taken in run.seconds.items())
        write(run.environment.stderr, f"time: {stages}\n")
    return code
