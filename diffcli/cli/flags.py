"""Flags that print a text and end the program.

click has them too, but its own ask gettext for their help at every start, which takes longer than a gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Any], Any]


def eager_flag(*names: str, help: str, shows: Callable[[click.Context], str]) -> Decorator:
    """A flag that prints the text that ``shows`` makes."""

    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            click.echo(shows(context), color=context.color)
            context.exit()

    return click.option(*names, is_flag=True, expose_value=False, is_eager=True, help=help, callback=show)


HELP = eager_flag("-h", "--help", help="Show this message and exit.", shows=click.Context.get_help)
