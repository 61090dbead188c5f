"""A command line as it was meant: every word is put where it belongs."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import click

from diffcli.cli.options import Number
from diffcli.cli.python_file import as_python_target
from diffcli.cli.summaries import ALIASES, COMMANDS, OTHER_NAMES, command_of, options_of
from diffcli.errors import DiffcliError, ExpressionError, nearest, refusal
from diffcli.language import Program, parse
from diffcli.language.parsing.equation import parse_equation
from diffcli.methods.points.loose_points import readings
from diffcli.methods.points.points import read_point
from diffcli.methods.points.ranges import read_constant
from diffcli.methods.problem.system import System
from diffcli.operations import is_function

Words = list[str]

_DASHES = "-—–−‐‑―"
_CURLY = str.maketrans(dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚", "'"))
_BEFORE = frozenset(("$", "%", ">", ">>>", "#", "uv", "run", "uvx", "python", "python3", "py", "-m", "diffcli"))
_BARE = frozenset(("at", "where", "wrt", "by", "mode"))
"""What is an option without its dashes too."""
_OF_A_NUMBER = frozenset(("grad", "hessian", "hvp"))
_AT_A_POINT = _OF_A_NUMBER | {"jacobian", "jvp", "vjp"}
_ASSIGNED = re.compile(r"[^\W\d]\w*\s*(?:==|:=|[=:])\s*(.+)", re.DOTALL)
_OPEN = re.compile(r".*(?:[-+*/^=,;:(\[{<>&|]|\b(?:if|else|and|or|not))", re.DOTALL)
_FACTOR = re.compile(r"(?:.*[-+*(=,;])?\s*[\d.]+", re.DOTALL)
_GOES_ON = re.compile(r"[-+*/^=,;:)\]}<>&|!²³]|(?:if|else|and|or|where)\b")
_RANGE = re.compile(r"[\[(]?(.+?)(?:\.\.+|[:,;])(.+?)[\])]?")
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
    if not words or {"-h", "--help", "--version"} & {*words} or (fits([*arguments]) and fault is None):
        return []
    lines = dict.fromkeys(map(tuple, _lines(words, fault if isinstance(fault, ExpressionError) else ExpressionError([]))))
    found = [[*line] for line in lines if fits([*line])]
    return [] if [*arguments] in found else found[:2]


def goes(function: Callable[..., Any], *given: Any) -> bool:
    try:
        function(*given)
    except (click.ClickException, DiffcliError):
        return False
    return True


def fits(line: Words) -> bool:
    return line[0] in COMMANDS and goes(command_of(line[0]).make_context, line[0], line[1:])


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _lines(words: Words, fault: ExpressionError) -> Iterator[Words]:
    """What a line may stand for, the likeliest first."""
    names = [word.lstrip(_DASHES).lower() for word in words]
    place = next((place for place, name in enumerate(names) if name in COMMANDS), None)
    is_word = place != 0 and names[0].replace("-", "").isalpha() and words[0][0] != "-"
    near = nearest(names[0], [*COMMANDS, *ALIASES])[:1] if is_word else []
    called, *more = ALIASES.get(near[0], near[0]).split() if near else [""] if place is None else [names[place]]
    rest = words[1:] if near else [word for each, word in enumerate(words) if each != place]
    dashed = [word for word in rest if word in [f"--{each}" for each in COMMANDS] and word not in options_of(command_of(called))] if called else []
    if dashed:  # grad --hessian
        called, rest = dashed[0][2:], [word for word in rest if word not in dashed]
    if not called or near == ["gradient"]:
        called = "grad" if _sorted("grad", rest)[1] else "diff"
    if called.startswith("-"):
        return
    if not any(each.name == "expression" for each in command_of(called).params):
        yield [called, *more, *rest]
        return
    texts, points, given = _sorted(called, rest)
    read = parse_equation if "--implicit" in words else parse
    for text, program in _expressions(_parted(called, _joined(texts, called), given), fault.mended, read):
        if place is None and not near and not points and text.isidentifier():
            if is_function(text):
                yield ["functions", text]
            return  # any word is an expression
        if called in _OF_A_NUMBER and program and program.operations[program.result.root] == "stack":
            called = "jacobian"
        needed = called in _AT_A_POINT or any(each.code == "missing-value" for each in fault.diagnostics)
        for point in _points(points, fault.program if program is None else program, needed, called in _OF_A_NUMBER):
            for options in product(*given):
                said = [_of_direction(option, program) for option in options]
                yield [called, text, *point, *more, *[word for option in said for word in option]]


def _of_direction(option: Words, program: Program | None) -> Words:
    """An option with its value; a loose direction as it was meant."""
    if option[0] != "--direction" or program is None or goes(read_point, option[1]):
        return option
    return [option[0], *readings(option[1], program.inputs)[:1]]


def _joined(texts: Words, command: str) -> Words:
    """The words of expressions, those in one text that an operator, a function or an open bracket holds together."""
    listing = sorted(name for name in os.listdir() if not name.startswith("."))
    for start in range(1, len(texts) - len(listing) if listing else 0):
        if sorted(texts[start : start + len(listing)]) == listing:  # the shell has put the files in the place of *
            texts = [*texts[:start], "*", *texts[start + len(listing) :]]
    found: Words = []
    for text in texts:
        before = found[-1] if found else ""
        last = re.split(r"[^\w.]", before)[-1]
        is_open = before.count("(") > before.count(")") or before.count("[") > before.count("]")
        is_open |= bool(_OPEN.fullmatch(before) or (_FACTOR.fullmatch(before) and not text[:1].isdigit())) or is_function(last)
        if before and (is_open or (_GOES_ON.match(text) and not (command == "plot" and goes(read_constant, text)))):
            found[-1] = f"{before} {text}"
        else:
            found.append(text)
    return found


def _parted(command: str, texts: Words, given: list[list[Words]]) -> str:
    """The expression among the texts; the others go where they belong, to options in ``given``; nothing where there is no place."""
    first, *more = texts or [""]
    names = [each.strip(",") for each in more if re.search(rf"(?<![^\W\d]){re.escape(each.strip(','))}(?!\w)", first) and each[:1].isalpha()]
    numbers = [each for each in more if goes(read_constant, each)]
    rest = [each for each in more if each.strip(",") not in names and each not in numbers]
    options = options_of(command_of(command))
    if names and "--wrt" in options:
        given.append([["--wrt", ",".join(names)]])
        names = []
    for option in ("--order", "--from", "--to"):
        if numbers and option in options and (option != "--from" or len(numbers) == 2):
            given.append([[option, numbers.pop(0)]])
    if "--claim" in options and not names and len(rest + numbers) == 1:
        given.append([["--claim", claim] for claim, _ in _expressions((rest + numbers)[0])])
        return first
    if rest and not names and not numbers and all(not re.fullmatch(r"[\w.]*", each) and goes(parse, each) for each in [first, *rest]):
        return f"[{', '.join([first, *rest])}]"
    return "" if names or numbers or rest else _unquoted(first)


def _expressions(text: str, mended: Sequence[str] = (), read: Callable[[str], Program] = parse) -> list[tuple[str, Program | None]]:
    """What a loose text means that is an expression, each text with its program if it is not in a file."""
    if text == "-" or text.startswith("@") or as_python_target(text):
        return [(each, None) for each in mended or [text]]
    try:
        return [(text, read(text))]
    except ExpressionError as fault:
        return [(each, read(each)) for each in fault.mended]


def _points(texts: Words, program: Program | None, needed: bool, number: bool) -> Iterator[Words]:
    """The point, with ``...`` for what is missing of a needed one."""
    names = [] if program is None else program.inputs
    for point in readings(",".join(texts), names) if texts else [""]:
        given = re.findall(r"([^\W\d]\w*)=", point)
        for name in [each for each in names if each not in given]:  # X=1 of x, x_1=2 of x1, theta=3 of θ
            for other in [each for each in given if each not in names and _letters(each) == _letters(name)]:
                point = re.sub(rf"\b{other}=", f"{name}=", point)
                given[given.index(other)] = name
        missing = [f"{name}=..." for name in names if needed and name not in given]
        whole = ",".join([*[point] * bool(point), *missing])
        usable = set(given) <= set(names) if "..." in whole else type(program) is not Program or goes(_ask, program, whole, number)
        if usable or not whole:
            yield ["--at", whole] if whole else []


def _letters(name: str) -> str:
    """A name without what one forgets of it: capitals, underscores, and how a Greek letter looks."""
    return "".join(each if each.isascii() else unicodedata.name(each, "").split()[-1] for each in name.replace("_", "")).lower()


def _ask(program: Program, point: str, number: bool) -> None:
    if System(program, point).outputs[0].shape and number:
        raise refusal("not-a-number", "an array")


def _sorted(command: str, words: Words) -> tuple[Words, Words, list[list[Words]]]:
    """The words of a line: those of the expression, those of the point, and for each option the ways to say it."""
    options = {name.lstrip("-"): one for name, one in options_of(command_of(command)).items() if one.expose_value}
    texts: Words = []
    points: Words = []
    given: list[list[Words]] = []
    rest = [*words]
    while rest:
        word = rest.pop(0)
        dashed = word[:1] in _DASHES or (word in _BARE and bool(rest))
        stem, equals, value = word.lstrip(_DASHES).partition("=")
        others = [ours for ours, others in OTHER_NAMES.items() if stem in others.split()]
        other = [] if stem in "".join(texts) else [*others, *(nearest(stem, options) if word[1:2] in _DASHES else [])]
        name = next((name for name in [stem.lower(), *other] if dashed and name in options), "")
        if equals and dashed:
            rest.insert(0, value)
        assigned = _ASSIGNED.fullmatch(word)
        if dashed and not name and stem.isidentifier() and rest and goes(read_constant, rest[0]):
            points.append(f"{stem}={rest.pop(0)}")
        elif name == "at":
            most = next((place for place, each in enumerate(rest) if each[:1] in _DASHES), len(rest)) - (not texts)
            count = next((n for n in range(most, 1, -1) if readings(" ".join(rest[:n]))), 1)
            points.append(" ".join(rest[:count]))
            del rest[:count]
        elif name:
            given.append(_ways(name, options[name], texts, rest))
        elif dashed and len(stem) > 1 and stem.replace("-", "").isidentifier():
            given.append([[word]])
        elif assigned and not dashed and goes(read_constant, assigned[1]):
            points.append(word)
        elif word != "--":
            texts.append(word)
    return texts, points, given


def _ways(name: str, option: click.Option, texts: Words, rest: Words) -> list[Words]:
    """How an option is said, with its value, which is taken from the words that follow it."""
    label = f"--{name}" if len(name) > 1 else f"-{name}"
    if option.is_flag or not rest:
        return [[label]]
    value = rest.pop(0)
    while rest and ((name == "wrt" and texts and rest[0].strip(",").isidentifier()) or (name == "weights" and goes(read_constant, rest[0]))):
        value = f"{value.strip(',')},{rest.pop(0)}"
    if name == "from" and (ends := _RANGE.fullmatch(value)):
        return [[label, ends[1], "--to", ends[2]]]
    if isinstance(option.type, Number) and not goes(read_constant, value):
        return [[label, each] for each, _ in _expressions(value)]
    choices = getattr(option.type, "choices", ())
    if not choices or value in choices or value in getattr(option.type, "aliases", ()):
        return [[label, value.strip(",")]]
    modes = [mode for mode, words in _MODES.items() if name == "mode" and value.lower() in words.split()]
    return [[label, *way.split()] for way in modes or nearest(value, choices)[:1]]
