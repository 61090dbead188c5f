"""``diffcli step-size``: the error of difference quotients against their step."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Choice, Command, Names, Number, limit_options, output_options
from diffcli.cli.output import Output, exit_code
from diffcli.cli.progress import progress
from diffcli.cli.reading import read_program

EXAMPLES = (
    "diffcli step-size",
    'diffcli step-size "exp(x)*sin(x)" --at x=1 --method central,central4',
    'diffcli step-size "x^2*y" --at x=3,y=2 --var x --json',
    'diffcli step-size "sin(x)" --at x=1 -o plot.svg',
)


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("expression", metavar="[EXPR]", required=False)
@click.option("--at", multiple=True, metavar="POINT", help="The point, as x=2,y=pi/4; may be given again.")
@click.option("--var", "variable", metavar="NAME", help="The variable to move, if there are several.")
@click.option("--method", "methods", type=Names(), metavar="NAMES", help="forward, backward, central, central4, central6, central8, central10, complex; several with commas.")
@click.option("--per-decade", type=click.FloatRange(0.1, 4), metavar="N", default=4, help="Steps in a decade to show, rounded to powers of two; 4 is all that are tried.", show_default=True)
@click.option("--largest", type=Number(), metavar="H", help="The longest step, if not max(1, |x|).")
@click.option("--smallest", type=Number(), metavar="H", help="The shortest step, if not the unit roundoff of the longest.")
@click.option("--dtype", type=Choice("arithmetic", ("float64", "float32")), metavar="DTYPE", default="float64", help="float64 or float32.", show_default=True)
@click.option("--full", is_flag=True, help="Show every step, with estimates and predictions.")
@output_options
@limit_options
@click.pass_obj
def command(
    environment: Environment,
    /,
    expression: str | None,
    at: tuple[str, ...],
    methods: list[str] | None,
    full: bool,
    timeout: float,
    max_nodes: int,
    **options: Any,
) -> int:
    """Error of difference quotients of EXPR against the step: measured, predicted and drawn.

    EXPR is an expression, @FILE, or - for standard input. Without it the sweep is that of a survey: the logistic map
    l4 at x = 0.2 (Baydin et al. 2018, figure 3).
    """
    names = ("format", "as_json", "output", "digits", "width", "color")
    output = Output.of(environment, **{name: options.pop(name) for name in names})
    from diffcli.reports.step_size.step_size import step_size_report
    from diffcli.studies.step_size.step_size import DEFAULT, DEFAULT_AT, sweep

    with time_limit(timeout), progress(environment) as stage:
        stage("reading")
        program = DEFAULT if expression is None else read_program(expression, environment)
        point: Any = ",".join(at) if any(text.strip() for text in at) else DEFAULT_AT if expression is None else {}
        result = sweep(program, point, methods=methods, most_rows=max_nodes, progress=stage, **options)
    style = output.style
    if click.get_current_context().get_parameter_source("digits") is click.core.ParameterSource.DEFAULT:
        style = style._replace(digits=3 if full else 2)  # errors are known by their magnitude
    document = step_size_report(result, style, full)
    output.print(document, result.notes)
    sides = () if result.slopes is None else result.slopes[1:]
    return exit_code(result.notes, [result.value, result.reference, *sides])
