"""``diffcli functions``: the table of operations, for people and for scripts."""

from __future__ import annotations

import click

from diffcli.cli.flags import among
from diffcli.cli.options import as_command
from diffcli.cli.run import Run
from diffcli.errors import did_you_mean, refusal
from diffcli.language.parsing.tokens import PASTED
from diffcli.operations import ARRAY_NAMES, CONSTANTS, FUNCTION_NAMES, OPERATIONS, Operation, find_function, is_function
from diffcli.operations.array_row import ArrayOperation
from diffcli.reports.functions import ARRAY_ROWS, find_array_rows, functions_report

EXAMPLES = ("diffcli functions", "diffcli functions log", "diffcli functions --json")


@as_command(click.Argument(["name"], required=False, shell_complete=among([*FUNCTION_NAMES, *ARRAY_NAMES])), examples=EXAMPLES, limits=False)
def command(run: Run, name: str | None) -> int:
    """The operations of the language: rule, domain, and where each is not differentiable.

    With NAME, everything about one of them.
    """
    rows, of_arrays = _find(name) if name else (list(OPERATIONS.values()), list(ARRAY_ROWS))
    run.output.print(functions_report(rows, of_arrays, run.output.style, detailed=bool(name)))
    return 0


def _find(name: str) -> tuple[list[Operation], list[ArrayOperation]]:
    """The rows of a function, or of an operator by its sign: those of numbers, and those of arrays."""
    found = find_function(name) or [row for row in OPERATIONS.values() if PASTED.get(name, name) in (row.symbol, row.name)]
    of_arrays = find_array_rows(name)
    if not found and not of_arrays:
        help = [*did_you_mean(name, [*FUNCTION_NAMES, *ARRAY_NAMES]), "`diffcli functions` lists them all"]
        if is_function(stem := name.partition("(")[0]):
            help = [f"`diffcli functions {stem}` says everything about the function"]
        if name in CONSTANTS:
            help = [f"`{name}` is a constant: {CONSTANTS[name]!r}"]
        raise refusal("unknown-topic", f"there is no function `{name}`", *help)
    return found, of_arrays
