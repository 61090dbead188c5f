"""Options that commands share, and how a command line is taken apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import click

from diffcli.cli.environment import Environment
from diffcli.cli.flags import HELP
from diffcli.cli.option_table import GROUPS, OUTPUT, ROWS, Option, long_name, shared
from diffcli.cli.option_types import Number
from diffcli.cli.output import tell, wants_json
from diffcli.cli.run import Run
from diffcli.errors import Diagnostic
from diffcli.errors.library_words import FORMER

_OPERATORS = frozenset("-+*/^()=<>")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


class Command(click.Command):
    """A command whose expression may begin with a minus sign, and whose help ends with examples."""

    def __init__(self, *args: Any, examples: Iterable[str] = (), **kwargs: Any) -> None:
        self.examples = tuple(examples)
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.separate(self.renamed(ctx, args)))

    def renamed(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments with the names that options have now; a former one is read, with a note."""
        former = FORMER.get(ctx.info_name or "", {})
        options = {name: option for option in self.params if isinstance(option, Option) for name in option.opts}
        renamed = list(args)
        for position, token in enumerate(args if former else ()):
            name, sign, value = token.partition("=")
            now = "--" + former.get(name[2:], "").replace("_", "-")
            if token == "--":
                break
            if not name.startswith("--") or now not in options:
                continue
            if name in options and not _is_beyond(options[name], value or "".join(args[position + 1 : position + 2])):
                continue
            renamed[position] = f"{now}{sign}{value}"
            if ctx.obj is not None:  # it is asked for, and not tried
                tell(ctx.obj, [Diagnostic("former-spelling", "note", f"{name} is now {now}")], wants_json(args))
        return renamed

    def separate(self, args: list[str]) -> list[str]:
        """The arguments with expressions such as ``-x^2`` behind ``--``, where click takes them for what they are."""
        options = {name: option for option in self.params if isinstance(option, click.Option) for name in option.opts}
        valued = {name for name, option in options.items() if not option.is_flag and not option.count}
        kept: list[str] = []
        expressions: list[str] = []
        takes_value = False
        for position, token in enumerate(args):
            if token == "--":
                return [*kept, *args[position:position + 1], *expressions, *args[position + 1 :]]
            if not takes_value and _is_expression(token, options.keys(), valued):
                expressions.append(token)
                continue
            kept.append(token)
            takes_value = not takes_value and token in valued
        return [*kept, "--", *expressions] if expressions else kept

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [each for each in self.params if isinstance(each, click.Option)]
        found = [(getattr(each, "group", OUTPUT), *(each.get_help_record(ctx) or ("", ""))) for each in options]
        widest = max(len(names) for _, names, _ in found)
        for group in GROUPS:
            if of_group := [(names.ljust(widest), help) for of, names, help in found if of == group]:
                with formatter.section(group):
                    formatter.write_dl(of_group)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {example}\n" for example in self.examples))


def _is_beyond(option: Option, value: str) -> bool:
    """Whether a value is greater than an option takes, as it was when the option was another."""
    most = option.type.range.most if isinstance(option.type, Number) else 0
    return value.isdecimal() and len(value) < 5 and int(value) > most


def _is_expression(token: str, options: Collection[str], valued: set[str]) -> bool:
    """Whether an argument that begins with a minus sign is an expression."""
    if len(token) < 2 or token[0] != "-":
        return False
    if token.startswith("--"):
        name = token[2:].partition("=")[0]
        return name[:1] not in _LETTERS or not _LETTERS.issuperset(name.replace("-", ""))
    if token[:2] in valued and token[2:3] not in _OPERATORS:
        return False  # an option, perhaps with its value, such as -oresult.tex
    flags = all(f"-{letter}" in options for letter in token[1:])
    return not flags or not _OPERATORS.isdisjoint(token[1:])


EXPRESSION = click.Argument(["expression"], metavar="EXPR")
PROGRAM_OR_FUNCTION = """\
    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it."""
"""What the help of a command says of `EXPRESSION`."""

BESIDE_EXPRESSION: tuple[str, ...] = ("syntax", "fix")
"""The options of every command that takes an expression."""

OF_REPORTS = ("digits", "decimals", "quiet", "format", "table", "json", "output", "width", "color")
"""The options of every command that prints a report, which are all."""


def as_command(*takes: str | click.Parameter, examples: Iterable[str], limits: bool = True) -> Callable[[Callable[..., int]], click.Command]:
    """A command of the options that it ``takes``, by name or its own, and those that every command has; its function is given a
    `Run` and its own options."""

    def decorate(function: Callable[..., int]) -> click.Command:
        def begin(environment: Environment, /, **given: Any) -> int:
            run = Run(environment, given)
            with run.limited():
                return function(run, **given)

        about, _, more = (function.__doc__ or "").partition("\n\n")
        inserted = [PROGRAM_OR_FUNCTION] if EXPRESSION in takes and "EXPR is" not in more else []
        of_limits = ("timeout", "max-nodes") if limits else ()
        beside = BESIDE_EXPRESSION if any(each.name == "expression" for each in takes if isinstance(each, click.Argument)) else ()
        parameters = _in_order(shared(each) if isinstance(each, str) else each for each in (*takes, *beside, *OF_REPORTS, *of_limits))
        help = "\n\n".join([about, *inserted, more])
        callback = click.pass_obj(begin)
        made = Command(None, callback=callback, params=parameters, help=help, examples=examples, add_help_option=False)
        return HELP(made)  # type: ignore[no-any-return]

    return decorate


def _in_order(parameters: Iterable[click.Parameter]) -> list[click.Parameter]:
    """Parameters as the help has them: by groups, and there by the table; a command's own behind the one that it names before."""
    places: dict[str, int] = {}
    keys = {}
    for parameter in parameters:
        group = getattr(parameter, "group", "")
        name = long_name(parameter.opts)
        places[group] = [*ROWS].index(name) if name in ROWS else places.get(group, -1)
        keys[parameter] = ("", *GROUPS).index(group), places[group]
    return sorted(keys, key=keys.__getitem__)
