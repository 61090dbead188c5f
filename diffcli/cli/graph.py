"""``diffcli graph``: the computational graph of a program, with values, adjoints and local partial derivatives."""

from __future__ import annotations

from typing import Any

from diffcli.cli.options import EXPRESSION, as_command, shared
from diffcli.cli.output import exit_code
from diffcli.cli.run import SHOWN, Run
from diffcli.reports.graph.graph import graph_report
from diffcli.studies.graph.of_tape import graph_of

EXAMPLES = (
    'diffcli graph "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5',
    'diffcli graph "t = x*y; t*exp(-t)"',
    'diffcli graph "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5 -f svg -o graph.svg',
    'diffcli graph "sum(tanh(W @ x))" --at "W=[[1,2],[3,4]],x=[1,-1]" -f mermaid',
    'diffcli graph "max(x, y)^2" --at x=1,y=1 --json',
)


@as_command(
    EXPRESSION, shared("at", "Without it the structure alone is shown."), "wrt", "kink", "strict", "share", "full",
    examples=EXAMPLES,
)  # fmt: skip
def command(run: Run, **options: Any) -> int:
    """The computational graph of EXPR: values, adjoints, and the partial derivative on each edge.

    A node that several others use is drawn once. Formats: a tree; svg, png and pdf draw the graph; dot and mermaid are for
    other programs.
    """
    with run.at_work() as stage:
        result = graph_of(run.read(), run.point, progress=stage, **options)
        stage("drawing")
        run.output.print(graph_report(result, run.output.style, None if run.full else SHOWN), result.notes)
    results = [dict(result.graph.nodes[place].numbers).get("value") for place in result.graph.results]
    return exit_code(result.notes, [*results, *result.gradient.values()])
