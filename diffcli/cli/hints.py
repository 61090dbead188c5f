"""Command lines to type instead, whole and ready to paste."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import click

from diffcli.cli.summaries import ALIASES, COMMANDS
from diffcli.errors import DiffcliError, ExpressionError, did_you_mean, nearest
from diffcli.language import Program, parse
from diffcli.methods.problem.problem import ANYWHERE
from diffcli.methods.problem.system import System

FORMULAS = {"grad": ("diff",), "jacobian": ("diff",), "hessian": ("diff", "--hessian")}
"""What gives as a formula what a command gives at a point."""


def pasted(words: Sequence[str]) -> str:
    """A command line as a shell takes it.

    >>> pasted(["diff", "x^2 + 1", "--wrt", "x"]), pasted(["diff", "x", "--at", "x=$X"])
    ('`diffcli diff "x^2 + 1" --wrt x`', "`diffcli diff x --at 'x=$X'`")
    """
    return f"`{' '.join(['diffcli', *map(_quoted, words)])}`"


def _quoted(word: str) -> str:
    safe = shlex.quote(word)
    return safe if safe == word or set(word) & set('"$`!\\') else f'"{word}"'


def for_no_command(args: Sequence[str]) -> list[str]:
    """Help for arguments that begin with no command: an alias of one, a slip of the pen, or an expression."""
    word, rest = args[0], [each for each in args[1:] if each != "--steps"]
    alias, *_ = nearest(word, [*COMMANDS, *ALIASES]) or [""]
    if alias in ALIASES:
        command, *more = ALIASES[alias].split()
        if command == "grad" and "--at" not in rest:
            command = "diff"
        return [f"the command is {command}: {pasted([command, *(rest or ['EXPR']), *more])}"]
    near = did_you_mean(word, COMMANDS)
    if not near and _is_expression(word):
        return [f"for its derivative: {pasted(['diff', *args])}"]
    return [*near, f"one of: {', '.join(COMMANDS)}"]


OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "--at": ("--point", "--x0", "--values", "--where", "--eval"),
    "--wrt": ("--variable", "--variables", "--var", "--vars", "--by", "--respect-to", "--with-respect-to"),
    "--direction": ("--seed", "--tangent", "--vector", "--along", "--dir"),
    "--weights": ("--seed", "--cotangent", "--vector", "--adjoint", "--cotangents"),
    "--of": ("--results", "--outputs"),
    "--accuracy": ("--order", "--acc"),
    "--step": ("--h", "--eps", "--epsilon", "--dx", "--step-size"),
    "--mode": ("--backend", "--engine", "--via", "--ad"),
    "--digits": ("--precision", "--prec", "--significant", "--sig", "--sigfigs", "--figures"),
    "--exact-digits": ("--precision", "--dps", "--mp"),
    "--decimals": ("--dp", "--places", "--decimal", "--round", "--fixed"),
    "--rtol": ("--tol", "--tolerance", "--atol", "--eps"),
    "--random": ("--samples", "--trials", "--count", "--number"),
    "--output": ("--out", "--save", "--file", "--to-file"),
    "--format": ("--fmt", "--output-format", "--type", "--to", "--as"),
    "--trace": ("--verbose", "-v", "--show-trace", "--work"),
    "--steps": ("--explain", "--show-steps", "--verbose", "-v"),
    "--quiet": ("--silent", "-s", "--brief", "--short", "--value-only"),
    "--color": ("--colour", "--no-color", "--no-colour"),
    "--timeout": ("--time-limit", "--max-time", "--limit"),
    "--max-nodes": ("--max-rows", "--limit", "--max-size"),
    "--from": ("--min", "--xmin", "--start", "--range"),
    "--to": ("--max", "--xmax", "--stop", "--end"),
    "--version": ("-V",),
}
"""What options are called elsewhere."""


def for_no_option(name: str, context: click.Context) -> list[str]:
    """Help for an option that there is not: what it is called here, the command that has it, or one that is spelled nearly so."""
    known = _options(context.command)
    if here := [option for option, others in OTHER_NAMES.items() if name in others and option in known]:
        return [f"write {' or '.join(here)}"]
    program = context.find_root().command
    assert isinstance(program, click.Group)
    owners = [each for each in COMMANDS if name in _options(program.get_command(context, each))]
    if owners:
        return [f"`{name}` is an option of {' and '.join([', '.join(owners[:-1]), owners[-1]][len(owners) == 1 :])}"]
    return [*did_you_mean(name, [each for each in known if each != "--help"])]  # help is named below


def _options(command: click.Command | None) -> list[str]:
    return [name for option in command.params for name in (*option.opts, *option.secondary_opts)] if command else []


def _is_expression(text: str) -> bool:
    try:
        parse(text)
    except DiffcliError:
        return False
    return not text.replace("-", "").isalpha()


def with_formula(fault: ExpressionError, program: Program, expression: str) -> ExpressionError:
    """An error of a command without a point, with the command for formulas where that answers."""
    context = click.get_current_context()
    given = {name: value for name in ("wrt", "of") if (value := context.params.get(name))}
    if context.info_name not in FORMULAS:
        return fault
    command, *more = FORMULAS[context.info_name]
    words, without = [word for name, value in given.items() for word in (f"--{name}", value)], " without a point"
    try:
        System(program, ANYWHERE, **given)
    except DiffcliError as other:  # arrays, and Python functions, have formulas at a point alone
        if other.diagnostics[0].code != "missing-value":
            return fault
        words, without = [*words, "--at", ",".join(f"{name}=..." for name in program.inputs)], ""
    help = f"or, for a formula{without}: {pasted([command, expression, *more, *words])}"
    told = [each._replace(help=(*each.help, *[help] * (each.code == "missing-value"))) for each in fault.diagnostics]
    return ExpressionError(told)


def with_rows(fault: ExpressionError, expression: str, points: Sequence[str], options: Mapping[str, Any]) -> ExpressionError:
    """An error for several results, where the rows of a gradient are wanted, with the command that shows them."""
    if fault.diagnostics[0].code != "not-a-number" or options["mode"] not in ("forward", "reverse"):
        return fault
    names = ("wrt", "direction") if options["direction"] else ("wrt", "mode")
    given = [("at", text) for text in points] + [(name, options[name]) for name in names if options[name]]
    words = [expression, *[word for name, text in given for word in (f"--{name}", text)], "--trace"]
    help = f"its rows: {pasted(['jvp' if options['direction'] else 'jacobian', *words])}"
    return ExpressionError([each._replace(help=(*each.help, help)) for each in fault.diagnostics])
