"""A loose text as the language writes it: ``2xsin^2 x`` is ``2*x*sin(x)^2``. What is open is read in two ways.

A text is rewritten by rules, and its gaps are filled, until the parser finds nothing wrong with it. A mended text is advice, and
what ``--fix`` reads: a rule holds only where its pattern has one meaning, or says both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, ExpressionError, Span
from diffcli.language.complaints.corrections import LONGEST
from diffcli.language.complaints.loose_forms import APPLICATIONS, APPLIED, GROUP, LOOSE, PRODUCTS, TERM, Rule
from diffcli.language.complaints.other_names import readings
from diffcli.language.syntax import CALL, Program
from diffcli.language.writing.printer import GREEK_LETTERS
from diffcli.operations import CONSTANTS, is_function

MOST = 2000
"""The most characters of a text that is mended."""

ROUNDS = 60

IMAGINARY = re.compile(r"\b\d[\d.]*[jJ]\b")


class Wrong(NamedTuple):
    """What the parser finds wrong with a text; gaps as in `diffcli.language.parsing.mistakes.Mistakes`."""

    program: Program
    faults: list[Diagnostic]
    products: list[Span]
    applications: list[tuple[Span, int]]


Trial = Callable[[str], Wrong | None]
"""What reads a text and says what is wrong with it; None if nothing is."""


def mend(text: str, trial: Trial) -> tuple[str, ...]:
    """The text as it should be; two where its meaning is open, none where it is not known."""
    if re.search(r"\\[a-zA-Z]", text):
        return _from_latex(text, trial)
    if len(text) > MOST or IMAGINARY.search(text):
        return ()
    trial = cache(trial)  # the two readings differ in few texts, or in none
    found = [_mended(text, reading, trial) for reading in (0, 1)]
    return tuple(dict.fromkeys(_on_one_line(text, trial) for text in found if text))


def _from_latex(text: str, trial: Trial) -> tuple[str, ...]:
    """The text that is meant by one in LaTeX, without the parentheses around single names and numbers."""
    from diffcli.language.parsing.latex import LatexReader

    try:
        found = re.sub(r"(?<![\w\])])\(([\w.]+)\)", r"\1", LatexReader(text, "").read().text)
    except ExpressionError:
        return ()
    return () if trial(found) else (found,)


def _mended(text: str, reading: int, trial: Trial) -> str:
    for _ in range(ROUNDS):
        text = re.sub(r"[ \t]+", " ", text).strip()
        wrong = trial(text)
        if wrong is None:
            return re.sub(rf"\(({GROUP})\)", r"\1", re.sub(r"(\^-?) ", r"\1", text).replace("π", "pi"))
        changed = _step(text, reading, wrong)
        if changed == text or len(changed) > 2 * MOST:
            return ""
        text = changed
    return ""


def _on_one_line(text: str, trial: Trial) -> str:
    joined = [re.sub(r"\s*;?\s*\n\s*", between, text) for between in ("; ", " ")] if "\n" in text else []
    return next((line for line in joined if len(line) <= LONGEST and trial(line) is None), text)


def _step(text: str, reading: int, wrong: Wrong) -> str:
    """The text with the first of its faults mended that can be."""
    changed = _by_rules(LOOSE, text, reading)
    if changed != text or words(wrong.program, [*wrong.products, *[Span(name.stop, stop) for name, stop in wrong.applications]]):
        return changed
    steps: tuple[Callable[[], str], ...] = (
        lambda: _by_name(text, reading, wrong),
        lambda: _by_commas(text, reading, wrong),
        lambda: _by_rules(APPLICATIONS if wrong.applications else (), text, reading),
        lambda: _by_rules(PRODUCTS, text, reading),
        lambda: _with_signs(text, wrong.products),
        lambda: _as_expression(text, wrong),
    )
    return next((changed for step in steps if (changed := step()) != text), text)


def words(program: Program, gaps: Iterable[Span]) -> list[str]:
    """The words of a sentence beside the gaps of a text: those that the language, the program and mathematics do not know."""
    text, found = program.source.text, list[str]()
    for start, stop in [gap for gap in gaps if gap.start < gap.stop]:
        before = re.search(r"[^\W\d]\w*\Z", text[max(start - 40, 0) : start])
        after = re.match(r"[^\W\d]\w*", text[stop : stop + 40])
        found += [match[0] for match in (before, after) if match]
    found = [word for word in found if len(word) > 1 and word.isalpha() and not is_function(word) and not readings(word, 1)]
    if not found:
        return []
    own = {name for statement in program.statements for name in (statement.name, *(statement.parameters or ()))}
    return [word for word in found if word not in own | {*CONSTANTS, *GREEK_LETTERS.values()}]


def _with_signs(text: str, products: list[Span]) -> str:
    for start, stop in sorted(set(products), reverse=True):
        text = f"{text[:start]}*{text[stop:]}"
    return text


def _pick(found: list[str], reading: int) -> str:
    return found[min(reading, len(found) - 1)]


def _by_rules(rules: tuple[Rule, ...], text: str, reading: int) -> str:
    for shown, pattern, *meanings in rules:
        meaning = meanings[min(reading, len(meanings) - 1)]
        text = re.sub(pattern, meaning, text) if meaning is not None and shown in text else text
    return text


def _by_name(text: str, reading: int, wrong: Wrong) -> str:
    """Functions by the name that they have here."""
    program = wrong.program
    own = {statement.name for statement in program.statements}
    for gap in reversed(wrong.products):
        applied = re.search(r"[^\W\d]\w*\Z", text[: gap.start])
        found = readings(applied[0], 1) if applied and gap.stop > gap.start and applied[0] not in own else []
        if not applied or not found or is_function(applied[0]):
            continue
        if is_function(found[0]):
            return f"{text[: applied.start()]}{_pick(found, reading)}{text[gap.start :]}"
        if given := re.compile(rf"\s*({APPLIED})(?!\s*[*/])").match(text, gap.start):
            return f"{text[: gap.start]}({given[1]}){text[given.end() :]}"
    for node in sorted(program.callees, key=lambda node: -program.called[node].start):
        name, (start, stop) = program.callees[node], program.called[node]
        given = re.match(rf"\s*({GROUP})", text[stop:])
        if name in own or program.operations[node] != CALL or not given or any(gap.start == stop for gap in wrong.products):
            continue
        arguments = [argument.strip() for argument in re.findall(rf"((?:[^(),\[\]]|{GROUP}|\[[^\[\]]*\])+)", given[1][1:-1])]
        if found := readings(name, len(arguments)):
            called, end = _called(_pick(found, reading), arguments), stop + given.end()
            simple = re.fullmatch(rf"(?:\w+\*)?\w+{GROUP}|\w+", called) or (start, end) == (0, len(text))
            return f"{text[:start]}{called if simple else f'({called})'}{text[end:]}"
    return text


def _called(template: str, arguments: list[str]) -> str:
    """A function, or what stands for it, with its arguments."""
    if not re.search(r"\b[abc]\b", template):
        return f"{template}({', '.join(arguments)})"
    given = [each if re.fullmatch(rf"[\w.]+|\w*{GROUP}", each) else f"({each})" for each in arguments]
    return re.sub(r"\b[abc]\b", lambda match: given["abc".index(match[0])], template)


def _by_commas(text: str, reading: int, wrong: Wrong) -> str:
    """Commas that separate nothing: of decimals, of thousands, or of the entries of an array without its brackets."""
    codes = ("stray-comma", "wrong-number-of-arguments")
    places = [mark.span for fault in wrong.faults if fault.code in codes for mark in fault.marks]
    for match in re.finditer(r"(?<![\w.,])\d+(?:[.,]\d+)+(?![\d.,])", text):
        number, found = match[0], []
        if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", number):
            found.append(number.replace(",", ""))
        if re.fullmatch(r"(?:\d{1,3}(?:\.\d{3})+|\d+),\d+", number):
            found.append(number.replace(".", "").replace(",", "."))
        if found and any(place.start < match.end() and match.start() < place.stop for place in places):
            return f"{text[: match.start()]}{_pick(found, reading)}{text[match.end() :]}"
    bare = any(fault.code == "stray-comma" for fault in wrong.faults)
    return f"[{text[1:-1] if re.fullmatch(GROUP, text) else text}]" if bare else text


def _as_expression(text: str, wrong: Wrong) -> str:
    """A function that is defined and not used, and an equation, as what is computed."""
    codes = {fault.code for fault in wrong.faults}
    before, _, last = text.rpartition(";") if ";" in text else text.rpartition("\n")
    for name, parameters, *_ in wrong.program.statements if "no-result" in codes else ():
        if parameters and name == last.strip():
            return f"{text}({', '.join(parameters)})"
    sides = re.fullmatch(r"([^=]*[^<>!=])=([^=]+)", last)
    if not sides or re.search(r"\bd\w?\s*/\s*d\w\b", sides[1]):
        return text
    left, right = (side.strip() for side in sides.groups())
    if codes & {"misplaced-equals", "cannot-assign"}:
        if re.search(r"[\[<>|]", last) or any(side.count("(") != side.count(")") for side in (left, right)):
            return text
        right = "" if re.fullmatch(r"0*\.?0*", right) else f" - {right}" if re.fullmatch(TERM, right) else f" - ({right})"
        return f"{before}{';' * bool(before)} {left}{right}"
    if "no-result" in codes:
        return f"{text}; {wrong.program.result.call}" if before else right
    return text
