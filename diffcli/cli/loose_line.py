"""A command line as it was meant: every word is put where it belongs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import product
from typing import Any

import click

from diffcli.cli.python_file import as_python_target
from diffcli.cli.summaries import ALIASES, COMMANDS, OTHER_NAMES
from diffcli.errors import DiffcliError, ExpressionError, UsageError, error, nearest
from diffcli.language import Program, parse
from diffcli.language.parsing.equation import parse_equation
from diffcli.methods.points.loose_points import readings
from diffcli.methods.points.ranges import read_constant
from diffcli.methods.problem.system import System

Words = list[str]

_DASHES = "-—–−‐‑―"
_CURLY = str.maketrans(dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚", "'"))
_BEFORE = frozenset(("$", "%", ">", ">>>", "#", "uv", "run", "uvx", "python", "python3", "py", "-m", "diffcli"))
_BARE = frozenset(("at", "where", "wrt", "by", "mode"))
"""What is an option without its dashes too."""
_OF_A_NUMBER = frozenset(("grad", "hessian", "hvp"))
_AT_A_POINT = _OF_A_NUMBER | {"jacobian", "jvp", "vjp"}
_ASSIGNED = re.compile(r"[^\W\d]\w*\s*(?:==|:=|[=:])\s*(.+)", re.DOTALL)
_MODES = {
    "reverse": "backward backprop adjoint ad auto automatic", "forward": "tangent dual ad auto automatic",
    "numeric": "numerical fd finite difference finite-difference finite-differences", "numeric --method backward": "backward",
    "numeric --method central": "central", "symbolic": "sympy exact analytic analytical formula",
}  # fmt: skip
"""Other words for the modes."""


def meant(arguments: Sequence[str], fault: DiffcliError | None = None) -> list[Words]:
    """The right lines for a loose one, at most two; none if there is none, or its words are right and no ``fault`` is in a text."""
    words = [_unquoted(word.translate(_CURLY)) for word in arguments]
    while words and words[0] in _BEFORE:
        del words[0]
    if not words or {"-h", "--help", "--version"} & {*words} or (_fits([*arguments]) and fault is None):
        return []
    found: list[Words] = []
    for line in _lines(words, fault if isinstance(fault, ExpressionError) else ExpressionError([])):
        if line not in found and _fits(line):
            found.append(line)
    return [] if [*arguments] in found else found[:2]


def _goes(function: Callable[..., Any], *given: Any) -> bool:
    try:
        function(*given)
    except (click.ClickException, DiffcliError):
        return False
    return True


def _fits(line: Words) -> bool:
    return line[0] in COMMANDS and _goes(_command(line[0]).make_context, line[0], line[1:])


def _command(name: str) -> click.Command:
    command: click.Command = import_module(f"diffcli.cli.{COMMANDS[name][0]}").command
    return command


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _lines(words: Words, fault: ExpressionError) -> Iterator[Words]:
    """What a line may stand for, the likeliest first."""
    names = [word.lstrip(_DASHES).lower() for word in words]
    place = next((place for place, name in enumerate(names) if name in COMMANDS), None)
    near = nearest(names[0], [*COMMANDS, *ALIASES]) if place != 0 and names[0].replace("-", "").isalpha() and words[0][0] != "-" else []
    called, *more = ([ALIASES.get(near[0], near[0])] if near else ["" if place is None else names[place]])[0].split() or [""]
    rest = words[1:] if near else [word for each, word in enumerate(words) if each != place]
    loose = _Loose(_command(called or "grad"), rest)
    if called and not loose.takes_expression:
        yield [called, *more, *rest]
        return
    if not called or (called == "grad" and near and near[0] in ALIASES):
        called = "grad" if loose.points else "diff"
    for text, program in _expressions(loose.texts, fault.mended, parse_equation if "--implicit" in words else parse):
        if place is None and not near and not loose.points and text.isidentifier():
            return  # any word is an expression
        if called in _OF_A_NUMBER and program and len(program.statements) > 1 and not program.statements[-2].name:
            called = "jacobian"
        names = [*(program.inputs if program else fault.variables)]
        needed = called in _AT_A_POINT or any(each.code == "missing-value" for each in fault.diagnostics)
        for point in _points(loose.points, program, names, needed, called in _OF_A_NUMBER):
            for options in product(*loose.options):
                yield [called, text, *point, *more, *[word for option in options for word in option]]


def _expressions(texts: Words, mended: Sequence[str], read: Callable[[str], Program]) -> list[tuple[str, Program | None]]:
    """What the words of an expression mean, each text with its program if it is not in a file."""
    listing = sorted(name for name in os.listdir() if not name.startswith("."))
    for start in range(1, len(texts) - len(listing) if listing else 0):
        if sorted(texts[start : start + len(listing)]) == listing:  # the shell has put the files in the place of *
            texts = [*texts[:start], "*", *texts[start + len(listing) :]]
    text = _unquoted(" ".join(texts))
    if text == "-" or text.startswith("@") or as_python_target(text):
        return [(each, None) for each in mended or [text]]
    try:
        return [(text, read(text))]
    except ExpressionError as fault:
        if len(texts) > 1 and all(not re.fullmatch(r"[\w.]*", each) and _goes(parse, each) for each in texts):
            return [("; ".join(texts), parse("; ".join(texts)))]
        return [(each, read(each)) for each in fault.mended]


def _points(texts: Words, program: Program | None, names: Sequence[str], needed: bool, number: bool) -> Iterator[Words]:
    """The point, with ``...`` for what is missing of a needed one."""
    for point in readings(",".join(texts), names) if texts else [""]:
        given = re.findall(r"([^\W\d]\w*)=", point)
        missing = [f"{name}=..." for name in names if needed and name not in given]
        whole = ",".join([*[point] * bool(point), *missing])
        if ("..." in whole and set(given) <= set(names)) or not (program and whole) or _goes(_ask, program, whole, number):
            yield ["--at", whole] if whole else []


def _ask(program: Program, point: str, number: bool) -> None:
    if System(program, point).outputs[0].shape and number:
        raise UsageError([error("not-a-number", "an array")])


class _Loose:
    """The words of a line: those of the expression, those of the point, and for each option the ways to say it."""

    def __init__(self, command: click.Command, words: Words) -> None:
        self.texts: Words = []
        self.points: Words = []
        self.options: list[list[Words]] = []
        self.takes_expression = any(one.name == "expression" for one in command.params)
        options = [one for one in command.params if isinstance(one, click.Option) and one.expose_value]
        self.named = {name.lstrip("-"): (name, one) for one in options for name in (*one.opts, *one.secondary_opts)}
        while words:
            words = words[self._take(*words) :]

    def _take(self, word: str, *following: str) -> int:
        """Put a word where it belongs, and those that belong to it; how many these are."""
        dashed, (stem, equals, value) = word[:1] in _DASHES or (word in _BARE and following), word.lstrip(_DASHES).partition("=")
        values = (value,) if equals else following
        others = [name for name, others in OTHER_NAMES.items() if stem in others.split()]
        other = [] if stem in "".join(self.texts) else [*others, *(nearest(stem, self.named) if word[1:2] in _DASHES else [])]
        known = next((name for name in [stem.lower(), *other] if dashed and name in self.named), "")
        assigned = _ASSIGNED.fullmatch(word)
        if known:
            name, option = self.named[known]
            if not option.is_flag:
                return (not equals) + self._take_value(name, option, values)
            self.options.append([[name]])
        elif dashed and stem.isidentifier() and values and _goes(read_constant, values[0]):
            self.points.append(f"{stem}={values[0]}")
            return 1 + (not equals)
        elif assigned and _goes(read_constant, assigned[1]):
            self.points.append(word)
        elif dashed and len(stem) > 1 and stem.replace("-", "").isidentifier():
            return self._take_value(word, None, ())
        elif word != "--":
            self.texts.append(word)
        return 1

    def _take_value(self, name: str, option: click.Option | None, values: Sequence[str]) -> int:
        """Put an option with its value where it belongs; how many words that are beside its name."""
        choices, count = getattr(option and option.type, "choices", ()), 1
        value = values[0] if values else ""
        ways = [[name, *values[:1]]]
        if name == "--at":
            most = next((place for place, word in enumerate(values) if word[:1] in _DASHES), len(values)) - (not self.texts)
            count = next((n for n in range(most, 1, -1) if readings(" ".join(values[:n]))), 1)
            self.points.append(" ".join(values[:count]))
            return count
        if name == "--wrt":
            while self.texts and values[count : count + 1] and values[count].strip(",").isidentifier():
                count += 1
            ways = [[name, ",".join(re.findall(r"\w+", " ".join(values[:count])))]]
        elif choices and value not in choices and value not in getattr(option and option.type, "aliases", ()):
            ways = [f"--mode {mode}".split() for mode, words in _MODES.items() if name == "--mode" and value.lower() in words.split()]
            ways = ways or [[name, near] for near in nearest(value, choices)[:1]]
        self.options.append(ways)
        return count
