"""``diffcli step-size``: the error of difference quotients against their step."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION_OR_NONE, METHOD, SHOWN, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.points.ranges import Range
from diffcli.reports.step_size.step_size import step_size_report
from diffcli.studies.step_size.step_size import DEFAULT, DEFAULT_AT, sweep

EXAMPLES = (
    "diffcli step-size",
    'diffcli step-size "exp(x)*sin(x)" --at x=1 --method central,central4',
    'diffcli step-size "x^2*y" --at x=3,y=2 --wrt x --json',
    'diffcli step-size "sin(x)" --at x=1 -o plot.svg',
)


@as_command(
    EXPRESSION_OR_NONE,
    shared("at", needed=True),
    shared("wrt", "one, to be named if there are several."),
    shared("method", "forward, backward, central, central4, central6, central8, central10, complex; several with commas."),
    Option("--largest", group=METHOD, type=Number(), metavar="H", help="The longest step, if not max(1, |x|)."),
    Option("--smallest", group=METHOD, type=Number(), metavar="H", help="The shortest step, if not the unit roundoff of the longest."),
    Option("--dtype", group=METHOD, kind="arithmetic", words=("float64", "float32"), metavar="DTYPE", default="float64", help="float64 or float32."),
    Option("--per-decade", group=SHOWN, type=Number(Range(0.1, 4, whole=False)), metavar="N", default=4, help="Steps in a decade, rounded to powers of two; 4 is all that are tried."),
    "full",
    examples=EXAMPLES,
)
def command(run: Run, max_nodes: int, **options: Any) -> int:
    """Error of difference quotients of EXPR against the step: measured, predicted and drawn.

    EXPR is an expression, @FILE, or - for standard input. Without it the sweep is that of a survey: the logistic map
    l4 at x = 0.2 (Baydin et al. 2018, figure 3).
    """
    if run.expression is None:
        run.expression, run.point = DEFAULT, run.point or DEFAULT_AT
    options["methods"] = options.pop("method")
    result = run.compute(sweep, most_rows=max_nodes, progress=run.stage, **options)
    style = run.output.style
    if not style.asked or style.decimals is not None:
        style = style._replace(digits=3 if run.full else 2)  # errors are known by their magnitude
    document = step_size_report(result, style, run.full)
    sides = () if result.slopes is None else result.slopes[1:]
    return run.report(document, result.notes, [result.value, result.reference, *sides])
