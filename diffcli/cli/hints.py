"""Command lines to type instead, whole and ready to paste."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import pairwise

import click

from diffcli.cli.summaries import COMMANDS, OTHER_NAMES, command_of
from diffcli.errors import DiffcliError, ExpressionError, UsageError, did_you_mean
from diffcli.methods.points.loose_points import WITH_UNIT
from diffcli.methods.problem.problem import ANYWHERE
from diffcli.methods.problem.system import System

_REPLACED = ("add --at", "write ", "or write ", "did you mean", "`diffcli", "one of: grad", "the command is")
"""How the help begins that a whole line makes needless."""
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
    first, last = fault.diagnostics[0], fault.diagnostics[-1]
    of_point = last.source is not None and last.source.label in ("--at", "--direction") and "@" not in last.source.text
    of_text = isinstance(fault, ExpressionError) and (of_point or fault.mended or last.code == "missing-value")
    of_another = any(" is an option of " in help for help in last.help)
    asked = of_text or isinstance(fault, UsageError) or last.code == "not-a-number"
    if of_another or not asked or "--syntax" in arguments:  # what is loose in LaTeX is told in LaTeX
        return fault
    from diffcli.cli.loose_line import fits, goes, meant

    lines = meant(arguments, fault if of_text else None) if last.code != "not-a-number" else []
    told = [f"{'or ' * bool(place)}{pasted(line)[1:-1]}" for place, line in enumerate(lines)]
    kept = [help for help in last.help if not (told and help.startswith(_REPLACED))]
    asks = lines and last.code == "missing-value" and lines[0][0] in FORMULAS and "--at" not in arguments
    if asks and isinstance(fault, ExpressionError) and goes(System, fault.program, ANYWHERE):
        command, *more = FORMULAS[lines[0][0]]
        chosen = [word for pair in pairwise(lines[0]) if pair[0] in ("--wrt", "--of") for word in pair]
        kept.append(f"or, for a formula without a point: {pasted([command, lines[0][1], *more, *chosen])}")
    if last.code == "not-a-number" and arguments[0] == "grad" and not {"numeric", "symbolic"} & {*arguments}:
        rest = [word for word in arguments[1:] if word not in ("--trace", "--no-trace")]
        mode = ["--mode", "reverse"] * ("--mode" not in " ".join(rest))
        rows = [["jvp", *rest, "--trace"], ["jacobian", *rest, *mode, "--trace"]]
        kept += [f"its rows: {pasted(line)}" for line in rows if fits(line)][:1]
    if last.source and of_point and told:
        kind = "point" if last.source.label == "--at" else "direction"
        without = ", and has no units" * bool(WITH_UNIT.search(last.source.text))
        first = last = first._replace(code="bad-value", message=f"a {kind} is a list of name=value, with commas between{without}")
    before = () if first is last else fault.diagnostics[:-1]
    return type(fault)([*before, last._replace(help=(*told, *kept))])


def for_no_option(name: str, context: click.Context) -> list[str]:
    """Help for an option that there is not: what it is called here, the command that has it, or one that is spelled nearly so."""
    known = _options(context.command)
    if here := [f"--{ours}" for ours, others in OTHER_NAMES.items() if name.strip("-") in others.split() and f"--{ours}" in known]:
        return [f"write {' or '.join(here)}"]
    if name.strip("-") in COMMANDS:
        return [f"the command is {name.strip('-')}"]
    if context.parent is not None:
        *owners, last = ["", *[each for each in COMMANDS if name in _options(command_of(each))]]
        if last:
            return [f"`{name}` is an option of {', '.join(owners[1:])}{' and ' * bool(owners[1:])}{last}"]
    return [*did_you_mean(name, [each for each in known if each != "--help"])]  # help is named below


def _options(command: click.Command) -> list[str]:
    return [name for option in command.params for name in (*option.opts, *option.secondary_opts)]
