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
