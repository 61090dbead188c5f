"""Command lines to type instead, whole and ready to paste."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import click

from diffcli.cli.summaries import COMMANDS, OTHER_NAMES
from diffcli.errors import DiffcliError, ExpressionError, UsageError, did_you_mean
from diffcli.language import Program
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


def with_whole_lines(fault: DiffcliError, arguments: Sequence[str]) -> DiffcliError:
    """An error of a command line that tells the right line, whole, or both where two may be meant, if there are any."""
    found = fault.diagnostics
    source = found[-1].source
    of_point = source is not None and source.label == "--at" and "@" not in source.text
    of_text = of_point or (isinstance(fault, ExpressionError) and bool(fault.mended or found[-1].code == "missing-value"))
    of_another = any(" is an option of " in help for help in found[-1].help)
    if of_another or not (of_text or isinstance(fault, UsageError)) or "--syntax" in arguments:  # what is loose in LaTeX is told in LaTeX
        return fault
    from diffcli.cli.loose_line import meant

    told = [f"{'or ' * bool(place)}{pasted(line)[1:-1]}" for place, line in enumerate(meant(arguments, fault if of_text else None))]
    if not told:
        return fault
    if of_point:
        found = (found[0]._replace(code="bad-value", message="a point is a list of name=value, with commas between"),)
    kept = [help for help in found[-1].help if not help.startswith(_REPLACED)]
    return type(fault)([*found[:-1], found[-1]._replace(help=(*told, *kept))])


_REPLACED = ("add --at", "write ", "or write ", "did you mean", "`diffcli", "one of: grad", "the command is")
"""How the help begins that a whole line makes needless."""


def for_no_option(name: str, context: click.Context) -> list[str]:
    """Help for an option that there is not: what it is called here, the command that has it, or one that is spelled nearly so."""
    known = _options(context.command)
    if here := [f"--{ours}" for ours, others in OTHER_NAMES.items() if name.strip("-") in others.split() and f"--{ours}" in known]:
        return [f"write {' or '.join(here)}"]
    program = context.find_root().command
    if isinstance(program, click.Group) and context.parent is not None:
        *owners, last = ["", *[each for each in COMMANDS if name in _options(program.get_command(context, each))]]
        if last:
            return [f"`{name}` is an option of {', '.join(owners[1:])}{' and ' * bool(owners[1:])}{last}"]
    return [*did_you_mean(name, [each for each in known if each != "--help"])]  # help is named below


def _options(command: click.Command | None) -> list[str]:
    return [name for option in command.params for name in (*option.opts, *option.secondary_opts)] if command else []


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
    fault.diagnostics = tuple(each._replace(help=(*each.help, *[help] * (each.code == "missing-value"))) for each in fault.diagnostics)
    return fault


def with_rows(fault: ExpressionError, expression: str, points: Sequence[str], options: Mapping[str, Any]) -> ExpressionError:
    """An error for several results, where the rows of a gradient are wanted, with the command that shows them."""
    if fault.diagnostics[0].code != "not-a-number" or options["mode"] not in ("forward", "reverse"):
        return fault
    names = ("wrt", "direction") if options["direction"] else ("wrt", "mode")
    given = [("at", text) for text in points] + [(name, options[name]) for name in names if options[name]]
    words = [expression, *[word for name, text in given for word in (f"--{name}", text)], "--trace"]
    help = f"its rows: {pasted(['jvp' if options['direction'] else 'jacobian', *words])}"
    return ExpressionError([each._replace(help=(*each.help, help)) for each in fault.diagnostics])
