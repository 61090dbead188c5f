"""The options: one table of those that several commands take, and how a command line is taken apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from importlib import import_module
from typing import Any

import click

from diffcli.cli.environment import WIDEST, Environment, without_reader
from diffcli.cli.flags import HELP, at_tab
from diffcli.cli.output import tell, wants_json
from diffcli.cli.run import Run
from diffcli.errors import Diagnostic, ExpressionError, did_you_mean, refusal
from diffcli.errors.library_words import FORMER
from diffcli.methods.points.ranges import MAX_NODES, POSITIVE, TIMEOUT, Range, read_constant
from diffcli.records import finite_float
from diffcli.reports.formats import ALIASES, FORMATS, OFFERED

GROUPS = INPUT, METHOD, SHOWN, OUTPUT, LIMITS = ("Input", "Method", "What to show", "Output", "Limits")
"""The groups of options in the help of a command."""


class Choice(click.Choice[str]):
    """A choice by name, with the nearest name when it is none of them."""

    def __init__(self, kind: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(tuple(known))
        self.kind = kind
        self.aliases = aliases or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in (*self.choices, *self.aliases):
            return str(self.aliases.get(value, value))
        help = [*did_you_mean(str(value), self.choices), f"one of: {', '.join(self.choices)}"]
        raise refusal("unknown-choice", f"there is no {self.kind} `{value}`", *help)


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
            help = [] if self.range.whole else ["write a number, or an expression without variables such as 2^-10"]
            help += [f"{label} full shows them all"] * self.full
            raise refusal("bad-value", f"{label} is `{value[:40]}`, not {self.range}", *help) from None
        whole = self.range.whole and float(number).is_integer()
        return self.range.require(label, int(number) if whole else number)


def _row(names: str, group: str, help: str, **given: Any) -> tuple[str, str, str, dict[str, Any]]:
    return names, group, help, given


ROWS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    row[0].split()[-1].partition("/")[0].strip("-"): row
    for row in (
        _row("--at", INPUT, "The point, as x=2,w=[1,pi/4],W=@w.npy or @point.json; may be given again.", metavar="POINT", multiple=True),
        _row("--wrt", INPUT, "Variables to differentiate by; |all, if not given.", metavar="NAMES"),
        _row("--direction", INPUT, "The direction, as x=1,y=0.5; variables left out do not move.", metavar="DIRECTION"),
        _row("--of", INPUT, 'The results, as names of the program, f1 ... fm, or expressions: "u; v^2".', metavar="RESULTS"),
        _row("--seed", INPUT, "Where random numbers begin.", metavar="N", type=Number(Range(0, 2**63 - 1))),
        _row("--syntax", INPUT, "How EXPR is written: plain or latex.", metavar="SYNTAX", words="language.parsing.parser.SYNTAXES", default="plain"),
        _row("--fix", INPUT, "Read a loose EXPR as it was meant, and say so."),
        _row("verify --no-verify", INPUT, "Skip the second, unrecorded run that checks a Python function.", flag_value=False, default=True, show_default=False),
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
        _row("--substituted", SHOWN, "Show traces with numbers put in, and rows for y and the adjoints of x."),
        _row("--sparsity", SHOWN, "Draw which entries may differ from 0."),
        _row("timed --time", SHOWN, "How long each stage took."),
        _row("--full", SHOWN, "Every row, column, element and node of what is long."),
        _row("--digits", SHOWN, "Significant digits, or full; 6, if not given.", metavar="N", type=Number(Range(1, 17), full=True)),
        _row("--decimals", SHOWN, "Digits after the point, in place of --digits.", metavar="N", type=Number(Range(0, 17))),
        _row("-q --quiet", OUTPUT, "Print the result alone: a name, a tab, a value."),
        _row("-f --format", OUTPUT, f"{OFFERED}.", metavar="FORMAT", type=Choice("format", FORMATS, ALIASES)),
        _row("--table", OUTPUT, "CSV of this table instead of the result.", metavar="NAME"),
        _row("as_json --json", OUTPUT, "The same as --format json."),
        _row("-o --output", OUTPUT, "Write to a file; its suffix says the format.", metavar="FILE"),
        _row("--width", OUTPUT, "Width of tables, if not that of the terminal.", metavar="N", type=Number(Range(20, WIDEST))),
        _row("--color", OUTPUT, "auto, always or never.", metavar="WHEN", type=Choice("color setting", ("auto", "always", "never")), default="auto", show_default=False),
        _row("--timeout", LIMITS, "Stop after S seconds; 0 is never.", metavar="S", type=Number(TIMEOUT), default=60),
        _row("--max-nodes", LIMITS, "The longest tape or derivative to build.", metavar="N", type=Number(MAX_NODES), default=10_000_000),
    )
}  # fmt: skip
"""The options that several commands take, by name: how they are spelled, the group of the help, what they do (behind | the usual end
of that), and what else they are made of."""


SEPARATORS = {"NAMES": ",", "DIRECTION": ",", "WEIGHTS": ",", "RESULTS": "; "}
"""What stands between the values of an option that is given several times; any other option is given once."""


class Option(click.Option):
    """An option in a group of the help, which says where it is needed; without a metavar it is a flag."""

    def __init__(self, *names: str, group: str, help: str, words: Iterable[str] | None = None, kind: str = "", needed: bool = False, **given: Any) -> None:
        self.group, self.needed = group, needed
        if isinstance(words, str):  # a table that is not loaded for other commands
            module, _, table = words.rpartition(".")
            words = getattr(import_module(f"diffcli.{module}"), table)
        if words is not None:
            given["type"] = Choice(kind or names[-1].strip("-"), words)
        if "metavar" not in given:
            given["is_flag"] = True
        if given.get("metavar") in ("POINT", "DIRECTION", "NAMES", "FILE"):
            given["shell_complete"] = at_tab
        given.setdefault("show_default", given.get("default") is not None)
        super().__init__(names, help=help, **given)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        own, self.multiple = self.multiple, not self.is_flag  # every value that is given, and not the last one alone
        super().add_to_parser(parser, ctx)
        self.multiple = own

    def handle_parse_result(self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]) -> tuple[Any, list[str]]:
        values = opts.get(self.name or "")
        if isinstance(values, list) and not self.multiple:
            if len(values) > 1 and self.metavar not in SEPARATORS:
                raise refusal("usage", f"{self.opts[-1]} is given {len(values)} times", "give it once")
            opts = {**opts, str(self.name): SEPARATORS.get(str(self.metavar), "").join(values)}
        return super().handle_parse_result(ctx, opts, args)

    def get_help_extra(self, ctx: click.Context) -> Any:
        extra = super().get_help_extra(ctx)
        return {**extra, "required": "needed"} if self.needed or self.required else extra


def shared(name: str, more: str = "", **own: Any) -> Option:
    """The option of a row, with ``more`` to say where its meaning differs, and what is a command's ``own``, such as a default."""
    names, group, help, given = ROWS[name]
    always, _, usually = help.partition("|")
    return Option(*names.split(), group=group, help=f"{always.strip()} {more or usually}".strip(), **given | own)


_OPERATORS = frozenset("-+*/^()=<>")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
MORE_DIGITS = frozenset(map(str, range(18, 2001)))
"""What ``--digits`` took when it was ``--exact-digits``, and takes no longer."""


class Command(click.Command):
    """A command whose expression may begin with a minus sign, and whose help ends with examples."""

    def __init__(self, *args: Any, examples: Iterable[str] = (), **kwargs: Any) -> None:
        self.examples = tuple(examples)
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing and args and args[-1].startswith("--"):
            args = args[:-1]  # the value of this option is being typed
        return super().parse_args(ctx, self.separate(self.renamed(ctx, args)))

    def renamed(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments with the names that options have now; a former one is read, with a note."""
        former, args = FORMER.get(ctx.info_name or "", {}), [*args]
        for place, token in enumerate(args if former else ()):
            name, sign, value = token.partition("=")
            now = former.get(name[2:]) if name.startswith("--") else None
            if now and (name != "--digits" or (value or "".join(args[place + 1 : place + 2])) in MORE_DIGITS):
                args[place] = f"--{now.replace('_', '-')}{sign}{value}"
                if ctx.obj is not None:  # it is asked for, and not tried
                    note = Diagnostic("former-spelling", "note", f"{name} is now --{now.replace('_', '-')}")
                    tell(ctx.obj, [note], wants_json(args))
        return args

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


EXPRESSION = click.Argument(["expression"], metavar="EXPR", shell_complete=at_tab)
EXPRESSION_OR_NONE = click.Argument(["expression"], metavar="[EXPR]", required=False, shell_complete=at_tab)
PROGRAM_OR_FUNCTION = """\
    EXPR is an expression, @FILE, or - for standard input. FILE.py:NAME is a Python function: the file is imported, which runs
    it, because you name it."""
"""What the help of a command says of `EXPRESSION`."""

OF_REPORTS = ("digits", "decimals", "quiet", "format", "table", "json", "output", "width", "color")
"""The options of every command that prints a report, which are all."""


def as_command(
    *takes: str | click.Parameter, examples: Iterable[str], limits: bool = True, own_file: bool = False
) -> Callable[[Callable[..., int]], click.Command]:
    """A command of the options that it ``takes``, by name or its own, and those that every command has; its function is given a
    `Run` and its own options. What ``-o`` names is a file of the command's ``own``, its ``path``, or else the report's."""

    def decorate(function: Callable[..., int]) -> click.Command:
        def begin(environment: Environment, /, **given: Any) -> int:
            if own_file:
                given["path"] = given.pop("output")
            run = Run(environment, given)
            with run.limited():
                try:
                    return function(run, **given)
                except BrokenPipeError:  # click would end by 1
                    return without_reader()

        about, _, more = (function.__doc__ or "").partition("\n\n")
        inserted = [PROGRAM_OR_FUNCTION] if EXPRESSION in takes and "EXPR is" not in more else []
        of_limits = ("timeout", "max-nodes") if limits else ()
        beside = ("syntax", "fix") if any(getattr(each, "name", "") == "expression" for each in takes) else ()
        names = (*takes, *beside, *(("no-verify",) if {EXPRESSION, EXPRESSION_OR_NONE} & {*takes} else ()), *OF_REPORTS, *of_limits)
        parameters = [shared(each) if isinstance(each, str) else each for each in names]
        parameters.sort(key=lambda each: GROUPS.index(each.group) if isinstance(each, Option) else -1)
        help = "\n\n".join([about, *inserted, more])
        callback = click.pass_obj(begin)
        made = Command(None, callback=callback, params=parameters, help=help, examples=examples, add_help_option=False)
        return HELP(made)  # type: ignore[no-any-return]

    return decorate
