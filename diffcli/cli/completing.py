"""What Tab offers in a shell, by what the metavar of an argument or option says that it is; and how bash asks for it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

from diffcli.errors import DiffcliError
from diffcli.language import parse
from diffcli.methods.points.file_text import read_text
from diffcli.operations import ARRAY_NAMES, FUNCTION_NAMES


def offers(context: click.Context, metavar: str, incomplete: str) -> list[CompletionItem]:
    """What may stand in place of an incomplete word."""
    if metavar == "FILE":
        return [CompletionItem(incomplete, type="file")]
    head = incomplete[: max(incomplete.rfind(sign) for sign in ",;") + 1]
    last = incomplete[len(head) :].lstrip()
    before, at, path = last.rpartition("@")
    found: Iterable[str]
    if at and re.fullmatch(r"(\w+=)?", before):  # a file of values, or a program
        found = (f"{head}{before}@{name}" for name in _files(path))
    elif metavar in ("EXPR", "MAP"):
        found = _expressions(incomplete)
    else:
        sign = "" if metavar == "NAMES" else "="
        known = _variables(context.params.get("expression") or "") if incomplete.count("[") == incomplete.count("]") else []
        given = re.findall(r"(\w+) *[=,;]", head)
        found = (f"{head}{name}{sign}" for name in known if name.startswith(last) and name not in given)
    return [CompletionItem(text) for text in found]


def _expressions(text: str) -> Iterator[str]:
    """The function that is being typed, in an expression or in a file of Python."""
    path, colon, name = text.rpartition(":")
    if colon and path.endswith(".py"):
        yield from (f"{path}:{found.name}" for found in _functions(path) if found.name.startswith(name))
        return
    if typed := re.search(r"[^\W\d]\w*$", text):
        names = sorted({*FUNCTION_NAMES, *ARRAY_NAMES})
        yield from (f"{text[: typed.start()]}{name}(" for name in names if name.startswith(typed[0]))
    yield from (f"{path}:" if path.endswith(".py") else path for path in _files(text) if path.endswith((".py", "/")))


def _variables(expression: str) -> list[str]:
    """The variables of a program; none, where it cannot be read."""
    path, _, name = expression.rpartition(":")
    if path.endswith(".py"):
        return [each.arg for found in _functions(path) if found.name == name for each in found.args.posonlyargs + found.args.args]
    try:
        return parse(read_text(expression[1:], "") if expression.startswith("@") else expression).inputs
    except DiffcliError:
        return []


def _functions(path: str) -> list[ast.FunctionDef]:
    """The functions of a file, which is read and does not run."""
    try:
        return [found for found in ast.parse(read_text(path, "")).body if isinstance(found, ast.FunctionDef)]
    except (DiffcliError, SyntaxError):
        return []


def _files(begun: str) -> list[str]:
    """The files and folders whose paths begin so."""
    folder, name = os.path.split(begun)
    try:
        found = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    kept = [entry for entry in found if entry.name.startswith(name) and entry.name.startswith(".") == name.startswith(".")]
    return [os.path.join(folder, entry.name) + "/" * entry.is_dir() for entry in kept]


@add_completion_class
class Bash(BashComplete):
    """As click asks bash, but by the line as it is typed: bash itself takes words apart at ``=`` and ``:``."""

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        if [[ $type == file ]]; then
            compopt -o default
        else
            COMPREPLY+=("$value")
            [[ $value == *[=:/\\(] ]] && compopt -o nospace
        fi
    done < <(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_CWORD="$2" %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        *words, last = split_arg_string(f"{os.environ['COMP_WORDS']}\0")  # the mark stands where the last word ends, be it empty
        incomplete = last[:-1]
        value = incomplete.partition("=")[2] if incomplete.startswith("--") else incomplete
        self.there = len(value or incomplete) - len(os.environ["COMP_CWORD"])  # what bash takes for a word of its own
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type},{item.value[max(self.there, 0) :]}"
