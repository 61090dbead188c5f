"""Flags that print a text and end the program.

click has them too, but its own ask gettext for their help at every start, which takes longer than a gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

WIDEST = 100
"""The widest help, in characters."""


def say(context: click.Context, shows: Callable[[click.Context], str]) -> None:
    """Print a text where the results of the program go, as wide as that is."""
    stream = context.obj and context.obj.stdout
    context.terminal_width = max(min(context.obj.width(stream), WIDEST) - 2, 50) if stream else None
    click.echo(shows(context), stream)


def eager_flag(*names: str, help: str, shows: Callable[[click.Context], str]) -> Callable[[Any], Any]:
    """A flag that prints the text that ``shows`` makes."""

    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            say(context, shows)
            context.exit()

    return click.option(*names, is_flag=True, expose_value=False, is_eager=True, help=help, callback=show)


def at_tab(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """What Tab offers for a parameter, by its metavar."""
    from diffcli.cli.completing import offers  # only a shell asks

    return offers(context, (parameter.metavar or "").strip("[]"), incomplete)


def among(known: Iterable[str]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What Tab offers for one of some names."""
    return lambda context, parameter, incomplete: [name for name in known if name.startswith(incomplete)]


HELP = eager_flag("-h", "--help", help="Show this message and exit.", shows=click.Context.get_help)
