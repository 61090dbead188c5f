"""What Tab offers in a shell, by what the metavar of an argument or option says that it is; and how bash asks for it."""

from __future__ import annotations

import os
import re
from glob import escape, glob

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

# The language is imported where a word of it is being typed: the names of commands do not wait for it.


def offers(context: click.Context, metavar: str, incomplete: str) -> list[str]:
    """What may stand in place of an incomplete word: files, the function that is being typed, or variables of the expression."""
    if metavar == "FILE":
        return _files(incomplete)
    head, name = re.fullmatch(r"(?s)(.*[,;]\s*)?(.*)", incomplete).groups("")  # type: ignore[union-attr]
    if file := re.fullmatch(r"((?:\w+=)?@)(.*)", name):
        return [f"{head}{file[1]}{path}" for path in _files(file[2])]
    if metavar in ("EXPR", "MAP"):
        before, typed = re.fullmatch(r"(?s)(.*?)((?<!\w)[^\W\d]\w*)?", incomplete).groups("")  # type: ignore[union-attr]
        from diffcli.operations import ARRAY_NAMES, FUNCTION_NAMES

        known = sorted({*FUNCTION_NAMES, *ARRAY_NAMES}) if typed else []
        scripts = [path for path in _files(incomplete) if path.endswith((".py", "/"))]
        return [*[f"{before}{name}(" for name in known if name.startswith(typed)], *scripts]
    if incomplete.count("[") > incomplete.count("]"):
        return []  # within an array
    given = re.findall(r"(\w+) *[=,;]", head)
    variables = [each for each in _variables(context.params.get("expression") or "") if each not in given]
    return [f"{head}{each}{'=' * (metavar != 'NAMES')}" for each in variables if each.startswith(name)]


def _variables(expression: str) -> list[str]:
    """The variables of a program; none, where it cannot be read."""
    from diffcli.errors import DiffcliError
    from diffcli.language import parse
    from diffcli.methods.points.file_text import read_text

    try:
        return parse(read_text(expression[1:], "") if expression.startswith("@") else expression).inputs
    except DiffcliError:
        return []


def _files(begun: str) -> list[str]:
    return [path + "/" * os.path.isdir(path) for path in sorted(glob(f"{escape(begun)}*"))]


@add_completion_class
class Bash(BashComplete):
    """As click asks bash, but by the line as it is typed, which bash takes apart at ``=`` and ``:``."""

    source_template = (
        BashComplete.source_template.replace('"${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD', '"${COMP_LINE:0:COMP_POINT}" COMP_CWORD="$2"')
        .replace("COMPREPLY+=($value)", 'COMPREPLY+=("$value"); [[ $value == *[=:/\\(] ]] && compopt -o nospace')
    )  # fmt: skip

    def get_completion_args(self) -> tuple[list[str], str]:
        *words, last = split_arg_string(f"{os.environ['COMP_WORDS']}\0")  # the mark stands where the last word ends, be it empty
        value = last[:-1].partition("=")[2] if last.startswith("--") else last[:-1]
        self.there = max(len(value) - len(os.environ["COMP_CWORD"]), 0)  # what bash takes for a word of its own
        return words[1:], last[:-1]

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type},{item.value[self.there:]}"
