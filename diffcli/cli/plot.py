"""``diffcli plot``: a function and its derivative over a range of one variable."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION, INPUT, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.methods.points.ranges import LARGEST, Range
from diffcli.reports.plot import plot_report
from diffcli.studies.plot.plot import plot

EXAMPLES = (
    'diffcli plot "x^3 - 3*x"',
    'diffcli plot "tan(x)" --from -pi --to pi',
    'diffcli plot "a*sin(x)/x" --at a=2 --json',
    'diffcli plot "[sqrt(x), abs(x - 1)]" -o plot.svg',
)
END = Number(Range(-LARGEST, LARGEST, whole=False))


@as_command(
    EXPRESSION,
    shared("at", "Of the other variables; or where the range is chosen."),
    Option("--from", "low", group=INPUT, type=END, metavar="A", help="Where the range begins; chosen, if not given."),
    Option("--to", "high", group=INPUT, type=END, metavar="B", help="Where the range ends."),
    examples=EXAMPLES,
)
def command(run: Run, max_nodes: int, **options: Any) -> int:
    """Draw EXPR and its derivative over one variable, with its kinks, jumps, poles and gaps marked."""
    result = run.compute(plot, most_rows=max_nodes, progress=run.stage, **options)
    return run.report(plot_report(result, run.output.style), result.notes, [])
