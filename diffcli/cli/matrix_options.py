"""The options that jacobian, hessian and the products share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from diffcli.cli.environment import Environment
from diffcli.cli.options import Choice, Names
from diffcli.cli.output import Output
from diffcli.methods.nonsmooth.breaks import POLICIES

Function = TypeVar("Function", bound=Callable[..., Any])

OF = click.option("--of", metavar="RESULTS", help='The results, as names of the program or expressions in them: "u; v^2".')


def point_options(wrt: bool = True, kink: bool = True) -> Callable[[Function], Function]:
    """EXPR, where, by which variables, and what to do at a kink."""
    chosen = [
        click.argument("expression", metavar="EXPR"),
        click.option("--at", multiple=True, metavar="POINT", help="The point, as x=2,y=pi/4; may be given again."),
    ]  # fmt: skip
    if wrt:
        chosen.append(click.option("--wrt", type=Names(), help="Variables to differentiate by; all, if not given."))
    if kink:
        chosen.append(click.option("--kink", type=Choice("policy", POLICIES), metavar="POLICY", default="min-norm", help="At a kink: min-norm, mean, left, right, nan, error.", show_default=True))
    chosen += [
        click.option("--strict", is_flag=True, help="Exit with 5 where the function is not differentiable."),
        click.option("--full", is_flag=True, help="Show every row and column of a large matrix, or element of an array."),
        click.option("-q", "--quiet", is_flag=True, help="Print the result alone: a name, a tab, a number."),
    ]  # fmt: skip

    def decorate(function: Function) -> Function:
        for option in reversed(chosen):
            function = option(function)
        return function

    return decorate


def take_output(environment: Environment, options: dict[str, Any]) -> Output:
    """Where and how to print, from the options, which it takes out."""
    names = ("format", "as_json", "quiet", "output", "digits", "width", "color")
    output = Output.of(environment, **{name: options.pop(name) for name in names})
    output.style = output.style._replace(full=options.pop("full"))
    return output


def point_of(at: tuple[str, ...]) -> Any:
    """The point, as its parts were given."""
    return at
