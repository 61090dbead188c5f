"""``diffcli ast``: the syntax tree of a program."""

from __future__ import annotations

import click

from diffcli.cli.options import as_command
from diffcli.cli.run import SHOWN, Run
from diffcli.reports.formats import PERSON
from diffcli.reports.tree import tree_report

EXAMPLES = (
    'diffcli ast "ln(x1) + x1*x2 - sin(x2)"', 'diffcli ast "-x^2" --json', 'diffcli ast "a = x^2; a*exp(-a)" -f latex',
    'diffcli ast "sum(W[0, :] @ x, axis=0)"',
)  # fmt: skip


@as_command(click.Argument(["expression"], metavar="EXPR"), "full", examples=EXAMPLES)
def command(run: Run, max_nodes: int) -> int:
    """The syntax tree of EXPR: operations, places in the text, names bound.

    EXPR is an expression, @FILE, or - for standard input.
    """
    style = run.output.style
    with run.at_work():
        most = None if run.full or style.format.audience != PERSON else SHOWN
        run.output.print(tree_report(run.read(functions=False), style, most, max_nodes))
    return 0
