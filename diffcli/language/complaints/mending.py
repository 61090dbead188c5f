"""A loose text as the language writes it: ``2xsin^2 x`` is ``2*x*sin(x)^2``. What is open is read in two ways.

A text is rewritten by rules, and its gaps are filled, until the parser finds nothing wrong with it. A mended text is advice, and
what ``--fix`` reads; so a rule holds only where its pattern has one meaning, or is a pair of readings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from unicodedata import decomposition, normalize

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, Span, nearest
from diffcli.language.complaints.corrections import LONGEST, filled
from diffcli.language.complaints.other_names import is_missing, readings
from diffcli.language.parsing.tokens import FACTORS
from diffcli.language.syntax import CALL, Program
from diffcli.operations import ARRAY_NAMES, CONSTANTS, FUNCTION_NAMES, is_function

MOST = 2000
"""The most characters of a text that is mended."""

ROUNDS = 60

NAME = r"(?!(?:if|else|and|or|not|then|mod)\b)[^\W\d]\w*+"
NUMBER = r"(?:\d[\d_]*+\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?"
INNER = r"[^()]*+"
for _ in range(4):
    INNER = rf"(?:[^()]|\({INNER}\))*+"
LEAF = rf"(?>-?(?:{NUMBER}|{NAME}))"
GROUP = rf"\({INNER}\)"
BEGIN = r"(?<![^\W\d])"
"""Where no letter stands before: ``2sin``."""
FUNCTION = rf"(?:{'|'.join(sorted(FUNCTION_NAMES, key=len, reverse=True))})"
PRIMARY = rf"(?>(?!(?:[{FACTORS}]\d*|{'|'.join(CONSTANTS)})\s*\(){NAME} ?{GROUP}|{NAME}|{NUMBER}|{GROUP})"
POWER = rf"(?>{PRIMARY}(?:\s*(?:\^|\*\*)\s*-?{PRIMARY})*)"
TERM = rf"(?>{POWER}(?:\s*[*/]\s*{POWER})*)"
SUM = rf"(?>-?\s*{TERM}(?:\s*[-+]\s*{TERM})*)"
COMPARE = r"(?:[<>=!]=|[<>≤≥≠])"
APPLIED = rf"(?>{POWER}(?:\s*(?!{FUNCTION}\b){POWER})*)"
"""What a function without parentheses is applied to: factors without signs, up to the next function."""
CHAIN = rf"(?>(?:[ \t]*{POWER})+)"
BODY = r"((?:-\s*)?[\w(√](?:[^|‖\n;]*?[\w)\]!°])?)"
"""What stands between bars."""
SHORT = r"(?:(?:sin|cos|tan)h?|ln|exp|sqrt)"
BASE = r"_\{?(\w+?)\}?"
MODULES = r"(?:np|numpy|math|cmath|Math|torch|nn|F|functional|jnp|jax|tf|tensorflow|sp|sympy|scipy|special|std|linalg|mpmath|mp)"


def _whole(match: re.Match[str]) -> str:
    """A whole number: hexadecimal, or with marks between its thousands."""
    return str(int(match[0], 0)) if match[0][1:2].isalpha() else re.sub(r"\D", "", match[0])


def _array(match: re.Match[str]) -> str:
    """``[1 2; 3 4]``"""
    rows = [f"[{', '.join(row.split())}]" for row in match[1].split(";")]
    return rows[0] if len(rows) == 1 else f"[{', '.join(rows)}]"


# fmt: off
Meaning = str | Callable[[re.Match[str]], str] | None
Rule = tuple[str, str, Meaning] | tuple[str, str, Meaning, Meaning]

LOOSE: tuple[Rule, ...] = (
    # what shows that a rule may hold, the pattern, what it means; and what else it may mean: None, if it means nothing
    # -- what is not of the formula
    ("#", r"#[^\n]*", ""), ("$", r"\$", ""),
    ("\n", r"(?:\.\.\.|\\|_)?[ \t]*\n\s*(?=[*/^])|(?<=[-+*/^,])[ \t]*(?:\.\.\.|\\)?[ \t]*\n\s*", " "),
    ("=", r"\A\s*=+", ""), ("", r"(?:(?<![=<>!])=|(?<![\d.])\.)\s*\Z", ""), (":=", r":=", "="),
    (":", r"\A\s*(?:lambda\s+[\w, ]+:|def\s+\w+\s*\([\w, ]*\)\s*:)(?:\s*return\b)?", ""),
    ("(", r"\A\s*(?:function\s*|@)\([\w, ]*\)", ""), ("", r"\A\s*\(?[\w, ]+\)?\s*(?:->|↦|→|⟼)", ""),
    ("=>", r"\A\s*\(?[\w, ]+\)?\s*=>", "", None),
    ("/", r"\A\s*(?:d\s*/\s*d|∂\s*/\s*∂)\s*[^\W\d]\w*\s*", ""),
    # -- numbers
    ("[", rf"\[\s*(-?{NUMBER}(?:[ ;]+-?{NUMBER})+)\s*\]", _array), ("[", rf"\[\s*({LEAF}(?:[ ;]+{LEAF})+)\s*\]", _array, None),
    ("0", r"\b0(?:[xX][\da-fA-F]+|[bB][01]+)\b", _whole), ("", r"(\b\d+\.?\d*|\.\d+)[dD]([-+]?\d+)\b", r"\1e\2"),
    ("10", rf"({NUMBER})\s*[xX]\s*10\s*(?:\^|\*\*)\s*[({{]?([-+−]?\d+)[)}}]?", r"\1e\2"),
    (".", r"(\d\.\d*|\.\d+)[fFlL]\b", r"\1"), ("", r"(?<![\w.,'])\d{1,3}(?:[ \xa0\u202f']\d{3})+(?!\w)", _whole),
    ("%", r"%(?=(?:pi|e)\b)", ""), ("%", rf"({NUMBER})\s*%(?=\s*(?:[-+*/^),;\]]|\Z))", r"(\1/100)"),
    ("°", rf"({PRIMARY})\s*°", r"(\1*pi/180)"), ("⁄", r"(\d) (\d)⁄(\d+)", r"(\1 + \2/\3)"), ("⁄", r"(\d+)⁄(\d+)", r"(\1/\2)"),
    # -- signs
    (".", r"(?<=[\w)\]])( ?)\.(?= ?[-+*/^])", r"\1"), ("π", r"(?<=\w)π", " π"), ("π", r"π(?=\w)", "π "),
    ("&", r"\s*&&?\s*", " and "), ("<>", "<>", "!="), ("=<", "=<", "<="), ("=>", "=>", ">="), ("===", "===", "=="),
    ("AND", r"\bAND\b", "and"), ("OR", r"\bOR\b", "or"), ("NOT", r"\bNOT\b", "not"),
    ("!", rf"({PRIMARY})!(?![=!])", r"gamma(\1 + 1)"), ("!", r"(?<![\w)\]!] )(?<![\w)\]!])!(?=\s*[\w(])", " not "),
    ("%", rf"({TERM})\s*%\s*({PRIMARY})", r"mod(\1, \2)"), ("mod", rf"({TERM})\s+mod\s+({PRIMARY})", r"mod(\1, \2)"),
    ("//", rf"({TERM})\s*//\s*({PRIMARY})", r"floor_divide(\1, \2)"),
    ("not", rf"\bnot\s+((?:{SUM}\s*{COMPARE}\s*){{2,}}{SUM})", r"not (\1)"),
    ("", rf"({SUM})(\s*{COMPARE}\s*)({SUM})(?=\s*{COMPARE})", r"\1\2\3 and \3"),
    # -- brackets
    ("^{", r"\^\s*\{(\w+)\}", r"^\1 "), ("^{", r"\^\s*\{([^{}]*)\}", r"^(\1)"), ("_{", r"(?<!log)_\{(\w+)\}", r"_\1"), ("{", r"(?<!_)\{([^{}]*)\}", r"(\1)"),
    ("[", rf"(?i){BEGIN}({FUNCTION})\[([^\[\]]*)\]", r"\1(\2)"),
    ("|", rf"(?<![\w)\]] )(?<![\w)\]])\|\|\s*{BODY}\s*\|\|", r"norm(\1)"), ("‖", rf"‖\s*{BODY}\s*‖", r"norm(\1)"),
    ("|", r"(?<=[\w)\]])\s+\|\s+(?=[\w(!])", " or "), ("|", rf"(?<![\w)\]]\|)(?<![\w)\]] \|)\|\s*{BODY}\s*\|", r" abs(\1)"),
    ("||", r"(?<=[\w)\]])\s*\|\|\s*(?=[\w(!])", " or "),
    ("⌊", r"⌊([^⌊⌋]*)⌋", r"floor(\1)"), ("⌈", r"⌈([^⌈⌉]*)⌉", r"ceil(\1)"),
    # -- functions
    ("::", r"\b\w+::", ""), (".", rf"\b(?:{MODULES}\.)+([pP][iI]|[eE])\b", lambda match: match[1].lower()), (".", rf"\b(?:{MODULES}\.)+(?=[^\W\d])", ""),
    ("P", r"\b(?:M_PI|PI|Pi)\b(?!\s*[\[(])", "pi"),
    (".", rf"({PRIMARY})\.(?!T\b)([^\W\d]\w*)\(\s*\)", r"\2(\1)"), (".", rf"({PRIMARY})\.(?!T\b)([^\W\d]\w*)\((?=[^)])", r"\2(\1, "),
    (".T", rf"{BEGIN}({FUNCTION})\.T\s*({GROUP})", r"\1\2.T"),
    ("√", rf"√\s*({PRIMARY})((?:\s?\^\s*{PRIMARY})?(?:{PRIMARY})*)", r"sqrt(\1)\2", r"sqrt(\1\2)"), ("∛", rf"∛\s*({PRIMARY})", r"cbrt(\1)"),
    ("log_", rf"\blog{BASE}\s*\(({INNER})\)", r"log(\2, \1)"), ("log_", rf"\blog{BASE}\s+({APPLIED})", r"log(\2, \1)"),
    ("-", rf"{BEGIN}({FUNCTION})\s*(?:\^|\*\*)\s*(?:-\s*1\b|\(\s*-\s*1\s*\))(\s*)(?={PRIMARY})", r"a\1\2", None),
    ("", rf"{BEGIN}({FUNCTION})\s*(?:\^|\*\*)\s*(-?\w+|{GROUP})\s*({GROUP})", r"\1\3^\2"),
    ("", rf"{BEGIN}({FUNCTION})\s*(?:\^|\*\*)\s*(-?\w+|{GROUP})\s*({APPLIED})", r"\1(\3)^\2"),
    ("", rf"{BEGIN}([xyt])({SHORT})(?=[xy]?\b)", r"\1*\2"), ("", rf"{BEGIN}({SHORT})(\d*[xy])(?=\b|{SHORT})(?!\s*\()", r"\1(\2)"),
    ("log", rf"{BEGIN}(log)(\d*[xy])\b(?!\s*\()", r"\1(\2)", None), ("arc ", r"\barc\s+(?=[a-z])", "arc"),
    ("", rf"{BEGIN}({FUNCTION})\s+(?!\()({APPLIED})(\s*[*/]\s*{POWER})", r"\1(\2)\3", r"\1(\2\3)"),
    # -- choices
    ("?", r"\(([^()?;]+?)\s*\?\s*([^?;]+?)\s*:\s*([^?:;]+)\)", r"where(\1, \2, \3)"), ("?", r"\A([^?;]+?)\s*\?\s*([^?;]+?)\s*:\s*([^?:;]+)\Z", r"where(\1, \2, \3)"),
    ("", r"(?i)\bif\s+(.+?)\s+then\s+(.+?)\s+else\s+([^;\n)]+)", r"where(\1, \2, \3)"),
    ("", r"(?i)\bif\s*\((?=[^()]*(?:\([^()]*\)[^()]*)*,)", "where("),
)  # fmt: skip
"""How texts that are pasted, or written as on paper, are written here."""

PRODUCTS: tuple[Rule, ...] = (
    ("^", rf"((?:\be|\b\d+)\s*(?:\^|\*\*)\s*-?)({NUMBER})({NAME}(?:\^{PRIMARY})?)", r"\1\2*\3", r"\1(\2*\3)"),
    ("/", rf"((?:\A|[-+(,;=<>])\s*)({POWER})\s*/\s*({POWER})({CHAIN})", r"\1(\2/\3)*\4", r"\1\2/(\3*\4)"),
    ("/", rf"/\s*({POWER})({CHAIN})", r"/\1*\2", r"/(\1*\2)"),
)
"""Where a product without its sign may be meant in two ways, once functions have their parentheses."""
# fmt: on

_SINGLE = str.maketrans(
    {"【": "[", "】": "]", "—": "-", "•": "*", "✕": "*", "∧": " and ", "∨": " or ", "¬": " not ", "’": "'", "′": "'", "º": "°"}
    | dict.fromkeys('"“”„«»`\u200b\u200c\u200d\u2060\ufeff\xad', "")
)


class Wrong(NamedTuple):
    """What the parser finds wrong with a text."""

    program: Program
    faults: list[Diagnostic]
    products: list[Span]
    """As in `diffcli.language.parsing.mistakes.Mistakes`, and so are these:"""
    applications: list[tuple[Span, int]]


Step = Callable[[str, int, Wrong], str]
"""What makes a text better, in the first or the second reading."""


def mend(text: str, trial: Callable[[str], Wrong | None]) -> tuple[str, ...]:
    """The text as it should be; two where its meaning is open, none where it is not known.

    ``trial`` reads a text and says what is wrong with it, None if nothing is.
    """
    if len(text) > MOST or re.search(r"\b\d[\d.]*[jJ]\b", text):  # there are no complex numbers
        return ()
    found = [_mended(_plain(text), reading, trial) for reading in (0, 1)]
    return tuple(dict.fromkeys(_on_one_line(text, trial) for text in found if text))


def _on_one_line(text: str, trial: Callable[[str], Wrong | None]) -> str:
    joined = [re.sub(r"\s*;?\s*\n\s*", between, text) for between in ("; ", " ")] if "\n" in text else []
    return next((line for line in joined if len(line) <= LONGEST and trial(line) is None), text)


def _mended(text: str, reading: int, trial: Callable[[str], Wrong | None]) -> str:
    for _ in range(ROUNDS):
        text = re.sub(r"[ \t]+", " ", text).strip()
        wrong = trial(text)
        if wrong is None:
            return re.sub(rf"\(({GROUP})\)", r"\1", text.replace("^ ", "^").replace("π", "pi"))
        for step in STEPS:
            changed = step(text, reading, wrong)
            if changed != text:
                break
        if changed == text or len(changed) > 2 * MOST:
            return ""
        text = changed
    return ""


def _plain(text: str) -> str:
    """A text without marks that only printers need; full-width characters are plain, raised ones stand after ``^``."""
    def kind(character: str) -> str:
        return "" if character.isascii() else decomposition(character).partition(" ")[0]

    parts: list[str] = []
    for raised, characters in groupby(text.translate(_SINGLE), lambda character: kind(character) == "<super>"):
        part = "".join(characters)
        power = normalize("NFKC", part).replace("−", "-")
        bare = power.removesuffix("T")
        if raised:
            parts += [".T"] * (bare != power) + [f"^{bare}" if re.fullmatch(r"-?(?:\d+|\w)", bare) else f"^({bare})"] * bool(bare)
        else:
            parts += [" "] * bool(parts and part[0].isalnum())
            parts += [normalize("NFKC", each) if kind(each) in ("<wide>", "<fraction>") else each for each in re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", part)]
    return "".join(parts)


def _by(rules: tuple[Rule, ...]) -> Step:
    """A step that rewrites a text by the first rule that holds."""
    def step(text: str, reading: int, wrong: Wrong) -> str:
        for shown, pattern, *meanings in rules:
            meaning = meanings[min(reading, len(meanings) - 1)]
            if meaning is not None and shown in text:
                changed = re.sub(pattern, meaning, text)
                if changed != text:
                    return changed
        return text

    return step


def _renamed(text: str, reading: int, wrong: Wrong) -> str:
    """Functions by the name that they have here."""
    program = wrong.program
    own = {statement.name for statement in program.statements}
    for gap in reversed(wrong.products):
        applied = re.search(r"[^\W\d]\w*\Z", text[: gap.start])
        if not applied or gap.stop == gap.start or applied[0] in own or is_function(applied[0]):
            continue
        found = readings(applied[0], 1) or [*_near(applied[0]), applied[0]] * (len(applied[0]) > 3)
        if found and is_function(found[0]) and found[min(reading, len(found) - 1)] != applied[0]:
            return f"{text[: applied.start()]}{found[min(reading, len(found) - 1)]}{text[gap.start :]}"
    for node in sorted(program.callees, key=lambda node: -program.called[node].start):
        name, (start, stop) = program.callees[node], program.called[node]
        if name in own or program.operations[node] != CALL or any(gap.start == stop for gap in wrong.products):
            continue
        arguments, end = _arguments(text, text.index("(", stop))
        found = readings(name, len(arguments)) or ([] if is_function(name) else _split(name, text) or _near(name))
        if found:
            called = _called(found[min(reading, len(found) - 1)], arguments)
            alone = re.search(r"(?:\A|[-+(,;=\[\n])\s*\Z", text[:start]) and re.match(r"\s*(?:[-+),;\]\n]|\Z)", text[end:])
            simple = re.fullmatch(rf"(?:\w+\*)?\w+{GROUP}|\w+", called) or (alone and text[:start].rstrip()[-1:] != "-")
            return f"{text[:start]}{called if simple else f'({called})'}{text[end:]}"
    return text


def _split(name: str, text: str) -> list[str]:
    """``xsin`` as a factor and a function."""
    found = re.fullmatch(rf"([a-z]|{'|'.join(CONSTANTS)})(\w\w+)", name)
    known = found and is_function(found[2]) and (found[1] in "xyt" or re.search(rf"(?<!\w){found[1]}(?!\w)", text) or found[1] in CONSTANTS)
    return [f"{found[1]}*{found[2]}"] if found and known else []


def _near(name: str) -> list[str]:
    near = [] if is_missing(name) else nearest(name, [*FUNCTION_NAMES, *ARRAY_NAMES])
    return near if len(near) == 1 else []


def _arguments(text: str, opened: int) -> tuple[list[str], int]:
    """The arguments of a call, and where it ends."""
    depth, begun, found = 0, opened + 1, []
    for place in range(opened, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if not depth or (depth == 1 and text[place] == ","):
            found.append(text[begun:place].strip())
            begun = place + 1
        if not depth:
            return found if any(found) else [], begun
    return [], opened


def _called(template: str, arguments: list[str]) -> str:
    """A function, or what stands for it, with its arguments."""
    if not re.search(r"\b[abc]\b", template):
        return f"{template}({', '.join(arguments)})"

    def given(match: re.Match[str]) -> str:
        argument = arguments["abc".index(match[0])]
        inside = match.string[: match.start()][-1:] in ("(", " ") and match.string[match.end() :][:1] in (",", ")")
        return argument if inside or template == "a" or re.fullmatch(rf"[\w.]+|\w*{GROUP}", argument) else f"({argument})"

    return re.sub(r"\b[abc]\b", given, template)


def _by_commas(text: str, reading: int, wrong: Wrong) -> str:
    """Commas that separate nothing: of decimals, of thousands, or of the entries of an array without its brackets."""
    places = [mark.span for fault in wrong.faults if fault.code in ("stray-comma", "wrong-number-of-arguments") for mark in fault.marks]
    for found in re.finditer(r"(?<![\w.,])\d+(?:[.,]\d+)+(?![\d.,])", text):
        if any(place.start < found.end() and found.start() < place.stop for place in places) and "," in found[0]:
            number = found[0]
            groups = re.fullmatch(r"[1-9]\d{0,2}((,\d{3})+)(\.\d+)?", number)
            if groups and (len(groups[1]) > 4 or groups[3] or not reading):
                number = number.replace(",", "")
            elif number.count(",") == 1 and (groups or "." not in number or re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", number)):
                number = number.replace(".", "").replace(",", ".")
            return f"{text[: found.start()]}{number}{text[found.end() :]}"
    if any(fault.code == "stray-comma" for fault in wrong.faults):
        return f"[{text[1:-1] if re.fullmatch(GROUP, text) else text}]"
    return text


def _with_parentheses(text: str, reading: int, wrong: Wrong) -> str:
    return filled(text, Span(0, len(text)), (), wrong.applications)


def _with_signs(text: str, reading: int, wrong: Wrong) -> str:
    """Every sign that is missing; ``xy`` beside a gap may be two factors."""
    changed = filled(text, Span(0, len(text)), wrong.products, ())
    for gap in reversed(wrong.products if reading else ()):
        letters = re.match(r"[a-z]{2,3}(?![\w(])", text[gap.stop :])
        if letters and not is_function(letters[0]) and letters[0] not in CONSTANTS:
            changed = re.sub(rf"(?<=\*){letters[0]}\b(?!\()", "*".join(letters[0]), changed)
    return changed


def _as_expression(text: str, reading: int, wrong: Wrong) -> str:
    """A function that is defined and not used, and an equation, as what is computed."""
    codes = {fault.code for fault in wrong.faults}
    before, _, last = text.rpartition(";") if ";" in text else text.rpartition("\n")
    sides = re.fullmatch(r"([^=]*[^<>!=])=([^=]+)", last)
    if "no-result" in codes and "cannot-assign" not in codes and sides:
        name, parameters, *_ = wrong.program.result
        return f"{text}; {name}({', '.join(parameters or ())})" if before else sides[2].strip()
    whole = sides and not re.search(r"[\[<>]", last) and all(side.count("(") == side.count(")") for side in sides.groups())
    if codes & {"misplaced-equals", "cannot-assign"} and sides and whole:
        left, right = (side.strip() for side in sides.groups())
        right = "" if re.fullmatch(r"0*\.?0*", right) else f" - {right}" if re.fullmatch(TERM, right) else f" - ({right})"
        return f"{before}{';' * bool(before)} {left}{right}"
    return text

STEPS: tuple[Step, ...] = (
    _by(LOOSE), _renamed, _by_commas, _with_parentheses, _by(PRODUCTS), _with_signs, _as_expression,
)  # fmt: skip
