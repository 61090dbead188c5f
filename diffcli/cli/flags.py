"""Flags that print a text and end the program.

click has them too, but its own ask gettext for their help at every start, which takes longer than a gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Any], Any]


WIDEST = 100
"""The widest help, in characters."""


def say(context: click.Context, shows: Callable[[click.Context], str]) -> None:
    """Print a text where the results of the program go, as wide as that is."""
    stream = context.obj and context.obj.stdout
    context.terminal_width = max(min(context.obj.width(stream), WIDEST) - 2, 50) if stream else None
    click.echo(shows(context), stream)


def eager_flag(*names: str, help: str, shows: Callable[[click.Context], str]) -> Decorator:
    """A flag that prints the text that ``shows`` makes."""

    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            say(context, shows)
            context.exit()

    return click.option(*names, is_flag=True, expose_value=False, is_eager=True, help=help, callback=show)


HELP = eager_flag("-h", "--help", help="Show this message and exit.", shows=click.Context.get_help)
