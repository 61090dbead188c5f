"""``diffcli graph``: the computational graph of a program, with values, adjoints and local partial derivatives."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Choice, Command, Names, limit_options, output_options
from diffcli.cli.output import Output, exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_program
from diffcli.methods.nonsmooth.breaks import POLICIES

SHOWN = 200
"""How many nodes people are shown."""

EXAMPLES = (
    'diffcli graph "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5',
    'diffcli graph "t = x*y; t*exp(-t)"',
    'diffcli graph "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5 -f svg -o graph.svg',
    'diffcli graph "sum(tanh(W @ x))" --at "W=[[1,2],[3,4]],x=[1,-1]" -f mermaid',
    'diffcli graph "max(x, y)^2" --at x=1,y=1 --json',
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("expression", metavar="EXPR")
@click.option("--at", multiple=True, metavar="POINT", help="The point, as x=2,w=[1,pi/4]; without it the structure alone is shown.")
@click.option("--wrt", type=Names(), help="Variables to differentiate by; what none of them reaches is constant.")
@click.option("--kink", type=Choice("policy", POLICIES), metavar="POLICY", default="min-norm", help="At a kink: min-norm, mean, left, right, nan, error.", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 5 where the function is not differentiable.")
@click.option("--share", is_flag=True, help="Merge repeated subexpressions into one node.")
@click.option("--full", is_flag=True, help=f"Show every node of a graph with more than {SHOWN}.")
@output_options
@limit_options
@click.pass_obj
def command(
    environment: Environment,
    /,
    expression: str,
    at: tuple[str, ...],
    wrt: list[str] | None,
    kink: str,
    strict: bool,
    share: bool,
    full: bool,
    timeout: float,
    max_nodes: int,
    **options: Any,
) -> int:
    """The computational graph of EXPR: values, adjoints, and the partial derivative on each edge.

    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it.

    A node that several others use is drawn once. Formats: a tree; svg, png and pdf draw the graph; dot and mermaid are for
    other programs.
    """
    output = Output.of(environment, **options)
    output.style = output.style._replace(full=full)
    from diffcli.reports.graph.graph import graph_report
    from diffcli.studies.graph.of_tape import graph_of

    with time_limit(timeout), progress(environment) as stage:
        stage("reading")
        program = read_program(expression, environment)
        point = ",".join(text for text in at if text.strip())
        result = graph_of(program, point, wrt=wrt, kink=kink, strict=strict, share=share, max_nodes=max_nodes, progress=stage)
        stage("drawing")
        document = graph_report(result, output.style, None if full else SHOWN)
        output.print(document, result.notes)
    return exit_code(result.notes, [result.value, *result.gradient.values()])
