"""Options that commands share, and how a command line is taken apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import click

from diffcli.cli.environment import WIDEST, Environment
from diffcli.cli.flags import HELP, Decorator
from diffcli.cli.run import Run
from diffcli.errors import ExpressionError, UsageError, did_you_mean, error
from diffcli.methods.points.ranges import MAX_NODES, POSITIVE, TIMEOUT, Range, read_constant
from diffcli.records import finite_float

_OPERATORS = frozenset("-+*/^()=<>")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


class Command(click.Command):
    """A command whose expression may begin with a minus sign, and whose help ends with examples."""

    def __init__(self, *args: Any, examples: Iterable[str] = (), **kwargs: Any) -> None:
        self.examples = tuple(examples)
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self.separate(args))

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

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {example}\n" for example in self.examples))


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


class Choice(click.Choice[str]):
    """A choice by name, with the nearest name when it is none of them."""

    def __init__(self, kind: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(tuple(known))
        self.kind = kind
        self.aliases = aliases or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.choices:
            return str(value)
        if value in self.aliases:
            return self.aliases[value]
        help = [*did_you_mean(str(value), self.choices), f"one of: {', '.join(self.choices)}"]
        raise UsageError([error("unknown-choice", f"there is no {self.kind} `{value}`", help=help)])


class Number(click.ParamType[Any]):
    """A number in a range, as a constant expression, or ``full`` where that will do."""

    name = "NUMBER"

    def __init__(self, range: Range = POSITIVE, full: bool = False) -> None:
        self.range, self.full = range, full

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or (self.full and value == "full"):
            return value
        assert param is not None
        label = param.opts[0]
        try:
            is_whole = self.range.whole and value.isdecimal() and len(value) < 20
            number = int(value) if is_whole else finite_float(read_constant(value, label))
        except (ExpressionError, OverflowError, ValueError):
            help = ["write a number, or an expression without variables such as 2^-10"]
            help += [f"or {label} full"] * self.full
            raise UsageError([error("bad-value", f"{label} is `{value[:40]}`, not {self.range}", help=help)]) from None
        whole = self.range.whole and float(number).is_integer()
        return self.range.require(label, int(number) if whole else number)


def EXPRESSION(function: Any) -> Any:
    """The expression, and how it is written."""
    from diffcli.language.parsing.parser import SYNTAXES

    return click.argument("expression", metavar="EXPR")(choice("--syntax", "syntax", SYNTAXES, "SYNTAX", "How EXPR is written: plain, or latex.", "plain")(function))


PROGRAM_OR_FUNCTION = """\
    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it."""
"""What the help of a command says of `EXPRESSION`."""

OF: Decorator = click.option("--of", metavar="RESULTS", help='The results, as names of the program or expressions in them: "u; v^2".')
STRICT: Decorator = click.option("--strict", is_flag=True, help="Exit with 5 where the function is not differentiable.")
QUIET: Decorator = click.option("-q", "--quiet", is_flag=True, help="Print the result alone: a name, a tab, a number.")

VERIFY: Decorator = click.option("--no-verify", "verify", flag_value=False, default=True, help="Do not run a Python function by plain Python too.")
SPARSITY: Decorator = click.option("--sparsity", is_flag=True, help="Draw which entries may differ from 0.")
TRACE: Decorator = click.option("--trace", is_flag=True, help="Show the rows of the sweeps.")


def at(help: str = "The point, as x=2,y=pi/4; may be given again.") -> Decorator:
    """The point, and whether a Python function is held against its recording there."""
    point = click.option("--at", multiple=True, metavar="POINT", help=help)
    return lambda function: point(VERIFY(function))


def wrt(help: str = "Variables to differentiate by; all, if not given.") -> Decorator:
    return click.option("--wrt", metavar="NAMES", help=help)


def kink() -> Decorator:
    from diffcli.methods.nonsmooth.breaks import POLICIES

    return choice("--kink", "policy", POLICIES, "POLICY", "At a kink: min-norm, mean, left, right, nan, error.", "min-norm")


def simplify() -> Decorator:
    from diffcli.methods.options import EFFORTS

    return choice("--simplify", "simplify", EFFORTS, "EFFORT", "symbolic: full, fast (within 2 seconds) or none.", "fast")


def full(help: str = "Show every row and column of a large matrix, or element of an array.") -> Decorator:
    return click.option("--full", is_flag=True, help=help)


def choice(option: str, kind: str, known: Iterable[str], metavar: str, help: str, default: str | None = None) -> Decorator:
    """An option that is one of the ``known`` words; its default is shown."""
    return click.option(option, type=Choice(kind, known), metavar=metavar, help=help, default=default, show_default=default is not None)


def timeout() -> Decorator:
    return click.option("--timeout", type=Number(TIMEOUT), default=60.0, metavar="S", help="Stop after S seconds; 0 is never.", show_default=True)


def output_options(digits: bool) -> list[Decorator]:
    """The options of every command that prints a report; without ``digits``, for a command that has a use of its own for it."""
    from diffcli.reports.formats import ALIASES, FORMATS, OFFERED

    shown = click.option("--digits", type=Number(Range(1, 17), full=True), metavar="N", default=6, help="Significant digits in tables, or full.", show_default=True)
    return [
        click.option("-f", "--format", "format", type=Choice("format", FORMATS, ALIASES), metavar="FORMAT", help=f"{OFFERED}."),
        click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
        click.option("-o", "--output", metavar="FILE", help="Write to a file; its suffix says the format."),
        *([shown] if digits else []),
        click.option("--width", type=Number(Range(20, WIDEST)), metavar="N", help="Width of tables, if not that of the terminal."),
        click.option("--color", type=Choice("color setting", ("auto", "always", "never")), metavar="WHEN", default="auto", help="auto, always or never."),
    ]  # fmt: skip


def max_nodes() -> Decorator:
    return click.option("--max-nodes", type=Number(MAX_NODES), default=10_000_000, metavar="N", help="The longest tape or derivative to build.", show_default=True)


def as_command(*options: Decorator, examples: Iterable[str], digits: bool = True, limits: bool = True) -> Callable[[Callable[..., int]], click.Command]:
    """A command of its own ``options`` and those that every command has; its function is given a `Run` and its own options."""

    def decorate(function: Callable[..., int]) -> click.Command:
        def begin(environment: Environment, /, **given: Any) -> int:
            run = Run(environment, given)
            with run.limited():
                return function(run, **given)

        about, _, more = (function.__doc__ or "").partition("\n\n")
        inserted = [PROGRAM_OR_FUNCTION] if EXPRESSION in options and "EXPR is" not in more else []
        begin.__doc__ = "\n\n".join([about, *inserted, more])
        decorated: Callable[..., Any] = click.pass_obj(begin)
        for option in reversed([*options, *output_options(digits), *([timeout(), max_nodes()] if limits else []), HELP]):
            decorated = option(decorated)
        return click.command(cls=Command, examples=examples, add_help_option=False)(decorated)

    return decorate
