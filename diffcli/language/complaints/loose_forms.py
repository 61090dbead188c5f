"""How texts that are pasted, or written as on paper, are written here: the table of rules by which a text is mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import normalize

from diffcli.language.parsing.tokens import FACTORS, KEYWORDS
from diffcli.operations import ARRAY_NAMES, CONSTANTS, FUNCTION_NAMES, is_function

NAME = r"(?!(?:if|else|and|or|not|then|mod)\b)[^\W\d]\w*+"
NUMBER = r"(?:\d[\d_]*+\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?"
INNER = r"[^()]*+"
for _ in range(4):
    INNER = rf"(?:[^()]|\({INNER}\))*+"
GROUP = rf"\({INNER}\)"
LEAF = rf"(?>-?(?:{NUMBER}|{NAME}))"
BEGIN = r"(?<![^\W\d])"
"""Where no letter stands before: ``2sin``."""
FUNCTION = rf"(?:{'|'.join(sorted([*FUNCTION_NAMES, *ARRAY_NAMES], key=len, reverse=True))})"
INVERTIBLE = r"(?:(?:sin|cos|tan|cot|sec|csc)h?|ln|log(?:2|10)?|exp)"
SHORT = r"(?:(?:sin|cos|tan)h?|ln|exp|sqrt)"
PRIMARY = rf"(?>(?!(?:[{FACTORS}]\d*|{'|'.join(CONSTANTS)})\s*\(){NAME} ?{GROUP}|{NAME}(?:\[[^\[\]]*\]|\.T\b)*+|{NUMBER}|{GROUP})"
POWER = rf"(?>{PRIMARY}(?:\s*(?:\^|\*\*)\s*-?{PRIMARY})*)"
TERM = rf"(?>{POWER}(?:\s*[*/]\s*{POWER})*)"
SUM = rf"(?>-?\s*{TERM}(?:\s*[-+]\s*{TERM})*)"
COMPARE = r"(?:[<>=!]=|[<>≤≥≠])"
APPLIED = rf"(?>{POWER}(?:\s*(?!{FUNCTION}\b){POWER})*)"
"""What a function without parentheses is applied to: factors without signs, up to the next function."""
CHAIN = rf"[ \t]*((?>(?:[ \t]*{POWER})+))"
BODY = r"((?:-\s*)?[\w(√\[](?:[^|‖\n;]*?[\w)\]!°])?)"
"""What stands between bars."""
MODULES = r"(?:np|numpy|math|cmath|Math|torch|nn|F|functional|jnp|jax|tf|tensorflow|sp|sympy|scipy|special|std|linalg|mpmath|mp)"
RAISED = "⁰¹²³⁴-⁹⁺⁻⁽⁾ⁿⁱˣʸᵃᵇᵏᵐᵖᵗ"


def _plain(match: re.Match[str]) -> str:
    return normalize("NFKC", match[0])


def _raised(match: re.Match[str]) -> str:
    power = _plain(match).replace("−", "-")
    following = " " * match.string[match.end() :][:1].isalnum()
    return f"^{power if re.fullmatch(r'-?(?:[0-9]+|[a-z])', power) else f'({power})'}{following}"


def _whole(match: re.Match[str]) -> str:
    """A whole number: hexadecimal, or with marks between its thousands."""
    return str(int(match[0], 0)) if match[0][1:2].isalpha() else re.sub(r"\D", "", match[0])


def _inverse(match: re.Match[str]) -> str:
    """``sin^-1`` and ``log^-1`` as the inverse function."""
    return {"log": "exp", "ln": "exp", "exp": "log", "log2": "exp2", "log10": "exp10"}.get(match[1], f"a{match[1]}") + match[2]


def _array(match: re.Match[str]) -> str:
    """``[1 2; 3 4]``."""
    rows = [f"[{', '.join(row.split())}]" for row in match[1].split(";")]
    return rows[0] if len(rows) == 1 else f"[{', '.join(rows)}]"


def _letters(match: re.Match[str]) -> str:
    """``xy`` as a product."""
    word = match[2]
    return match[0] if is_function(word) or word in CONSTANTS or word in KEYWORDS else "*".join([match[1], *word])


Meaning = str | Callable[[re.Match[str]], str] | None
Rule = tuple[str, str, Meaning] | tuple[str, str, Meaning, Meaning]

# fmt: off
LOOSE: tuple[Rule, ...] = (
    # what shows that a rule may hold, the pattern, what it means; and its second reading. None: it is no rule for that reading
    # -- characters
    ("", r"[\"“”„«»`\u200b-\u200d\u2060\ufeff\xad]", ""), ("", r"(?<=\d)(?=[¼-¾⅐-⅞])", " "), ("", r"[！-～\u3000¼-¾⅐-⅞]", _plain),
    ("ᵀ", rf"([{RAISED}]+)ᵀ", r"ᵀ\1"), ("ᵀ", "ᵀ", ".T"), ("", rf"[{RAISED}]+", _raised), ("", "[’′]", "'"), ("º", "º", "°"), ("—", "—", "-"), ("", "[•✕]", "*"), ("", "[÷∕]", "/"),
    ("【", "【", "["), ("】", "】", "]"), ("∧", "∧", " and "), ("∨", "∨", " or "), ("¬", "¬", " not "), ("π", r"(?<=\w)π", " π"), ("π", r"π(?=\w)", "π "),
    # -- what is not of the formula
    ("#", r"#[^\n]*", ""), ("$", r"\$", ""),
    ("import", r"\A\s*(?:import|from)\s[^;\n]*[;\n]", ""),
    ("\n", r"(?:\.\.\.|\\|_)?[ \t]*\n\s*(?=[*/^])|(?<=[-+*/^,])[ \t]*(?:\.\.\.|\\)?[ \t]*\n\s*", " "),
    ("=", r"\A\s*=+", ""), ("", r"(?:(?<![=<>!])=|(?<![\d.])\.)\s*\Z", ""), (":=", r":=", "="),
    (":", r"\A\s*(?:lambda\s+[\w, ]+:|def\s+\w+\s*\([\w, ]*\)\s*:)(?:\s*return\b)?", ""),
    ("(", r"\A\s*(?:function\s*|@)\([\w, ]*\)", ""), ("", r"\A\s*\(?[\w, ]+\)?\s*(?:->|↦|→|⟼)", ""),
    ("=>", r"\A\s*\(?[\w, ]+\)?\s*=>", "", None), ("/", r"\A\s*(?:d\s*/\s*d|∂\s*/\s*∂)\s*[^\W\d]\w*\s*", ""),
    # -- numbers
    ("[", rf"\[\s*(-?{NUMBER}(?:[ ;]+-?{NUMBER})+)\s*\]", _array), ("[", rf"\[\s*({LEAF}(?:[ ;]+{LEAF})+)\s*\]", _array, None),
    ("0", r"\b0(?:[xX][\da-fA-F]+|[bB][01]+)\b", _whole), ("", r"(\b\d+\.?\d*|\.\d+)[dD]([-+]?\d+)\b", r"\1e\2"),
    ("10", rf"({NUMBER})\s*[xX]\s*10\s*(?:\^|\*\*)\s*[({{]?([-+−]?\d+)[)}}]?", r"\1e\2"),
    (".", r"(\d\.\d*|\.\d+)[fFlL]\b", r"\1"), ("", r"(?<![\w.,'])\d{1,3}(?:[ \xa0\u202f']\d{3})+(?!\w)", _whole),
    ("%", r"%(?=(?:pi|e)\b)", ""), ("%", rf"({NUMBER})\s*%(?=\s*(?:[-+*/^),;\]]|\Z))", r"(\1/100)"),
    ("°", rf"({PRIMARY})\s*°", r"(\1*pi/180)"), ("⁄", r"(\d) (\d)⁄(\d+)", r"(\1 + \2/\3)"), ("⁄", r"(\d+)⁄(\d+)", r"(\1/\2)"),
    # -- signs
    (".", r"(?<=[\w)\]])( ?)\.(?= ?[-+*/^])", r"\1"), ("&", r"\s*&&?\s*", " and "),
    ("<>", "<>", "!="), ("=<", "=<", "<="), ("=>", "=>", ">="), ("===", "===", "=="),
    ("AND", r"\bAND\b", "and"), ("OR", r"\bOR\b", "or"), ("NOT", r"\bNOT\b", "not"),
    ("!", rf"({PRIMARY})!(?![=!])", r"gamma(\1 + 1)"), ("!", r"(?<![\w)\]!] )(?<![\w)\]!])!(?=\s*[\w(])", " not "),
    ("%", rf"({TERM})\s*%\s*(?!of\b)({PRIMARY})", r"mod(\1, \2)"), ("mod", rf"({TERM})\s+mod\s+({PRIMARY})", r"mod(\1, \2)"),
    ("//", rf"({TERM})\s*//\s*({PRIMARY})", r"floor_divide(\1, \2)"),
    ("not", rf"\bnot\s+((?:{SUM}\s*{COMPARE}\s*){{2,}}{SUM})", r"not (\1)"),
    ("", rf"({SUM})(\s*{COMPARE}\s*)({SUM})(?=\s*{COMPARE})", r"\1\2\3 and \3"),
    # -- brackets and bars
    ("^{", r"\^\s*\{(\w+)\}", r"^\1 "), ("^{", r"\^\s*\{([^{}]*)\}", r"^(\1)"), ("_{", r"(?<!log)_\{(\w+)\}", r"_\1"),
    ("{", r"(?<!_)\{([^{}]*)\}", r"(\1)"), ("[", rf"(?i){BEGIN}({FUNCTION})\[([^\[\]]*)\]", r"\1(\2)"),
    ("|", rf"(?<![\w)\]] )(?<![\w)\]])\|\|\s*{BODY}\s*\|\|", r"norm(\1)"), ("‖", rf"‖\s*{BODY}\s*‖", r"norm(\1)"),
    ("|", r"(?<=[\w)\]])\s+\|\s+(?=[\w(!])(?!\w+\s*=[^=])", " or "), ("|", rf"(?<![\w)\]]\|)(?<![\w)\]] \|)\|\s*{BODY}\s*\|", r" abs(\1)"),
    ("||", r"(?<=[\w)\]])\s*\|\|\s*(?=[\w(!])", " or "), ("⌊", r"⌊([^⌊⌋]*)⌋", r"floor(\1)"), ("⌈", r"⌈([^⌈⌉]*)⌉", r"ceil(\1)"),
    # -- functions
    ("::", r"\b\w+::", ""), (".", rf"\b(?:{MODULES}\.)+([pP][iI]|[eE])\b", lambda match: match[1].lower()),
    (".", rf"\b(?:{MODULES}\.)+(?=[^\W\d])", ""), ("P", r"\b(?:M_PI|PI|Pi)\b(?!\s*[\[(])", "pi"),
    (".", rf"({PRIMARY})\.(?!T\b)([^\W\d]\w*)\(\s*\)", r"\2(\1)"), (".", rf"({PRIMARY})\.(?!T\b)([^\W\d]\w*)\((?=[^)])", r"\2(\1, "),
    (".T", rf"{BEGIN}({FUNCTION})\.T\s*({GROUP})", r"\1\2.T"), ("∛", rf"∛\s*({PRIMARY})", r"cbrt(\1)"),
    ("√", rf"√\s*({PRIMARY})((?:\s?\^\s*{PRIMARY})?(?:{PRIMARY})*)", r"sqrt(\1)\2", r"sqrt(\1\2)"),
    ("log_", rf"\blog_\{{?(\w+?)\}}?\s*\(({INNER})\)", r"log(\2, \1)"), ("log_", rf"\blog_\{{?(\w+?)\}}?\s+({APPLIED})", r"log(\2, \1)"),
    ("base", rf"\blog\(({SUM}),\s*base\s*=\s*({LEAF})\)", r"log(\1, \2)"), ("log", rf"\blog([3-9])\s*\(({INNER})\)", r"log(\2, \1)"),
    (",", rf"\A\s*({FUNCTION})\s+([^\s(,;=][^,;=]*,[^;=]*)\Z", r"\1(\2)"), ("2", rf"\b(atan2|arctan2)\s+({LEAF})\s+({LEAF})", r"\1(\2, \3)"),
    ("-", rf"{BEGIN}({INVERTIBLE})\s*(?:\^|\*\*)\s*(?:-\s*1\b|\(\s*-\s*1\s*\))(\s*)(?={PRIMARY})", _inverse, None),
    ("exp", rf"\bexp\s*(?:\^|\*\*)\s*(-?{NUMBER})\s*({NAME})", r"exp(\1)*\2", r"exp(\1*\2)"),
    ("exp", rf"\bexp\s*(?:\^|\*\*)\s*(?!-\s*1\b)(-?{POWER})(?!\s*[\w(])", r"exp(\1)"),
    ("", rf"{BEGIN}({FUNCTION})\s*(?:\^|\*\*)\s*(-?\w+|{GROUP})\s*({GROUP})", r"\1\3^\2"),
    ("", rf"{BEGIN}({FUNCTION})\s*(?:\^|\*\*)\s*(-?\w+|{GROUP})\s*({APPLIED})", r"\1(\3)^\2"),
    ("", rf"{BEGIN}(?!rsqrt\b)([xyztrkmn])({SHORT})(?=[xy]?\b)", r"\1*\2"),
    ("sqrt", rf"{BEGIN}sqrt(\d+)([xy])(?=\b|{SHORT})(?!\s*\()", r"sqrt(\1)*\2", r"sqrt(\1*\2)"), ("", rf"{BEGIN}({SHORT})(\d*[xy])(?=\b|{SHORT})(?!\s*\()", r"\1(\2)"),
    ("log", rf"{BEGIN}(log)(\d*[xy])\b(?!\s*\()", r"\1(\2)", None), ("arc ", r"\barc\s+(?=[a-z])", "arc"),
    # -- choices
    ("?", r"\(([^()?;]+?)\s*\?\s*([^?;]+?)\s*:\s*([^?:;]+)\)", r"where(\1, \2, \3)"),
    ("?", r"\A([^?;]+?)\s*\?\s*([^?;]+?)\s*:\s*([^?:;]+)\Z", r"where(\1, \2, \3)"),
    ("", r"(?i)\bif\s+(.+?)\s+then\s+(.+?)\s+else\s+([^;\n)]+)", r"where(\1, \2, \3)"),
    ("", r"(?i)\bif\s*\((?=[^()]*(?:\([^()]*\)[^()]*)*,)", "where("),
)

APPLICATIONS: tuple[Rule, ...] = (
    ("(", rf"{BEGIN}({FUNCTION})\s+(?!\(|{FUNCTION}\s)({POWER}(?:\s*(?!\(|{FUNCTION}\b){POWER})*)\s*({GROUP})", r"\1(\2)*\3", r"\1(\2*\3)"),
    ("", rf"{BEGIN}({FUNCTION})\s+(?!\(|{FUNCTION}\s)({APPLIED})(\s*[*/]\s*{POWER})", r"\1(\2)\3", r"\1(\2\3)"),
    ("", rf"{BEGIN}({FUNCTION})\s+(?!\(|{FUNCTION}\s)({APPLIED})", r"\1(\2)"),
)
"""Functions without their parentheses, where no name of the program is theirs."""

PRODUCTS: tuple[Rule, ...] = (
    ("^", rf"((?:\be|\b\d+)\s*(?:\^|\*\*)\s*-?)({NUMBER})({NAME}(?:\^{PRIMARY})?)", r"\1\2*\3", r"\1(\2*\3)"),
    ("/", rf"((?:\A|[-+(,;=<>])\s*)({POWER})\s*/\s*({POWER}){CHAIN}", r"\1(\2/\3)*\4", r"\1\2/(\3*\4)"),
    ("/", rf"/\s*({POWER}){CHAIN}", r"/\1*\2", r"/(\1*\2)"), ("", rf"((?<![\w.]){NUMBER}|\)) ?([a-z]{{2,3}})\b(?! ?\()", None, _letters),
)
"""Where a product without its sign may be meant in two ways, once functions have their parentheses."""
