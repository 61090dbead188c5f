"""``diffcli ast``: the syntax tree of a program."""

from __future__ import annotations

from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.limits import time_limit
from diffcli.cli.options import Command, limit_options, output_options
from diffcli.cli.output import Output
from diffcli.cli.reading import read_program
from diffcli.reports.formats import PERSON
from diffcli.reports.tree import tree_report

SHOWN = 200
"""How many nodes a table shows."""

EXAMPLES = (
    'diffcli ast "ln(x1) + x1*x2 - sin(x2)"', 'diffcli ast "-x^2" --json', 'diffcli ast "a = x^2; a*exp(-a)" -f latex',
    'diffcli ast "sum(W[0, :] @ x, axis=0)"',
)  # fmt: skip


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("expression", metavar="EXPR")
@click.option("--full", is_flag=True, help=f"Show every node of a tree with more than {SHOWN}.")
@output_options
@limit_options
@click.pass_obj
def command(environment: Environment, /, expression: str, full: bool, timeout: float, max_nodes: int, **options: Any) -> int:
    """The syntax tree of EXPR: operations, places in the text, names bound.

    EXPR is an expression, @FILE, or - for standard input.
    """
    output = Output.of(environment, **options)
    with time_limit(timeout):
        program = read_program(expression, environment, functions=False)
        most = None if full or output.style.format.audience != PERSON else SHOWN
        output.print(tree_report(program, output.style, most, max_nodes))
    return 0
