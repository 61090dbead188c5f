"""The table of options: what several commands take has one row, and so the same name, metavar, help and place in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import click

from diffcli.cli.environment import WIDEST
from diffcli.cli.option_types import Choice, Number
from diffcli.methods.points.ranges import MAX_NODES, TIMEOUT, Range
from diffcli.reports.formats import ALIASES, FORMATS, OFFERED


def long_name(names: Sequence[str]) -> str:
    """How a table calls an option: its last name, without what turns it off.

    >>> long_name(["-q", "--quiet"]), long_name(["--trace/--no-trace"])
    ('quiet', 'trace')
    """
    return names[-1].partition("/")[0].strip("-")


GROUPS = INPUT, METHOD, SHOWN, OUTPUT, LIMITS = ("Input", "Method", "What to show", "Output", "Limits")
"""The groups of options in the help of a command."""


Words = str | Iterable[str]
"""The words that a choice is among, or the table of `diffcli` that holds them, imported where the option is taken."""

Row = tuple[str, str, str, dict[str, Any]]
"""An option: its names, the group in which it stands, what it does, and what else it is made of."""


def _row(names: str, group: str, help: str, **given: Any) -> Row:
    return names, group, help, given


ROWS: dict[str, Row] = {
    long_name(row[0].split()): row
    for row in (
        _row("--at", INPUT, "The point, as x=2,w=[1,pi/4],W=@w.npy or @point.json; may be given again.", metavar="POINT", multiple=True),
        _row("--syntax", INPUT, "How EXPR is written: plain or latex.", metavar="SYNTAX", words="language.parsing.parser.SYNTAXES", kind="syntax", default="plain"),
        _row("--wrt", INPUT, "Variables to differentiate by; |all, if not given.", metavar="NAMES"),
        _row("--direction", INPUT, "The direction, as x=1,y=0.5; variables left out do not move.", metavar="DIRECTION"),
        _row("--of", INPUT, 'The results, as names of the program or expressions in them: "u; v^2".', metavar="RESULTS"),
        _row("--seed", INPUT, "Where random numbers begin.", metavar="N", type=Number(Range(0, 2**63 - 1))),
        _row("--fix", INPUT, "Read a loose EXPR as it was meant, and say so."),
        _row("verify --no-verify", INPUT, "Do not run a Python function by plain Python too.", flag_value=False, default=True, show_default=False),
        _row("--mode", METHOD, "How derivatives are taken:", metavar="MODE"),
        _row("--method", METHOD, "Difference quotients:", metavar="METHOD"),
        _row("--order", METHOD, "The order of", metavar="N"),
        _row("--kink", METHOD, "At a kink: min-norm, mean, left, right, nan, error.", metavar="POLICY", words="methods.nonsmooth.breaks.POLICIES", kind="policy", default="min-norm"),
        _row("--strict", METHOD, "Exit with 5 where the function is not differentiable."),
        _row("--simplify", METHOD, "Formulas: full, fast (within 2 seconds) or none.", metavar="EFFORT", words="methods.options.EFFORTS", default="fast"),
        _row("--share", METHOD, "Merge repeated subexpressions into one."),
        _row("--hessian", METHOD, "Second derivatives, as a matrix."),
        _row("--steps", SHOWN, "The derivation of formulas, step by step."),
        _row("--trace/--no-trace", SHOWN, "Whether the rows of the sweeps are shown.", default=False),
        _row("--substituted", SHOWN, "Formulas of traces with numbers in them: 1*5 + 0*2; y and the adjoints of x below."),
        _row("--sparsity", SHOWN, "Draw which entries may differ from 0."),
        _row("timed --time", SHOWN, "How long each stage took."),
        _row("--full", SHOWN, "Every row, column, element and node of what is long."),
        _row("--digits", SHOWN, "Significant digits, or full; 6, if not given.", metavar="N", type=Number(Range(1, 17), full=True)),
        _row("--decimals", SHOWN, "Digits after the point, in place of --digits.", metavar="N", type=Number(Range(0, 17))),
        _row("-q --quiet", OUTPUT, "Print the result alone: a name, a tab, a value."),
        _row("-f --format", OUTPUT, f"{OFFERED}.", metavar="FORMAT", type=Choice("format", FORMATS, ALIASES)),
        _row("--table", OUTPUT, "One table of the report alone, in place of the result in CSV.", metavar="NAME"),
        _row("as_json --json", OUTPUT, "The same as --format json."),
        _row("-o --output", OUTPUT, "Write to a file; its suffix says the format.", metavar="FILE"),
        _row("--width", OUTPUT, "Width of tables, if not that of the terminal.", metavar="N", type=Number(Range(20, WIDEST))),
        _row("--color", OUTPUT, "auto, always or never.", metavar="WHEN", type=Choice("color setting", ("auto", "always", "never")), default="auto", show_default=False),
        _row("--timeout", LIMITS, "Stop after S seconds; 0 is never.", metavar="S", type=Number(TIMEOUT), default=60),
        _row("--max-nodes", LIMITS, "The longest tape or derivative to build.", metavar="N", type=Number(MAX_NODES), default=10_000_000),
    )
}  # fmt: skip
"""The options that several commands take, by name, in their order."""


class Option(click.Option):
    """An option in a group of the help, which says where it is needed; without a metavar it is a flag."""

    def __init__(self, *names: str, group: str, help: str, words: Words | None = None, kind: str = "", needed: bool = False, **given: Any) -> None:
        self.group, self.needed = group, needed
        if isinstance(words, str):
            module, _, table = words.rpartition(".")
            words = getattr(import_module(f"diffcli.{module}"), table)
        if words is not None:
            given["type"] = Choice(kind or long_name(names), words)
        if "metavar" not in given:
            given["is_flag"] = True
        given.setdefault("show_default", given.get("default") is not None)
        super().__init__(names, help=help, **given)

    def get_help_extra(self, ctx: click.Context) -> Any:
        extra = super().get_help_extra(ctx)
        return {**extra, "required": "needed"} if self.needed or self.required else extra


def shared(name: str, more: str = "", **own: Any) -> Option:
    """The option of a row, with ``more`` to say where its meaning differs, and what is a command's ``own``, such as a default."""
    names, group, help, given = ROWS[name]
    always, _, usually = help.partition("|")
    return Option(*names.split(), group=group, help=f"{always.strip()} {more or usually}".strip(), **given | own)
