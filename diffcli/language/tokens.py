"""Text to tokens: one regular expression, one match a token, positions kept.

The last group of a match says what it is (`SYMBOL`, `NAME`, `CALL`, `NUMBER`, `STRAY`); a comment matches no group. What a PDF pastes for an operator (``− × · ÷ ≤``) is that operator; subscript digits are digits.
"""

from __future__ import annotations

import re

SYMBOL, NAME, CALL, NUMBER, STRAY = 1, 2, 3, 4, 5

TOKEN = re.compile(
    r"[^\S\n]*"
    r"(?:([-+/^(),;\n]|\*\*?|[<>=!]=|[=<>−–×·⋅∗÷≤≥≠])"
    # the text of a name before a parenthesis is in the group of names, its parenthesis in the group of calls
    r"|([^\W\d]\w*)(?=[^\S\n]*(\()?)"
    r"|((?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)"
    r"|\#[^\n]*"
    r"|(\S))"
)

PASTED: dict[str, str] = {
    "**": "^", "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=",
}  # fmt: skip
"""Other spellings of a symbol."""

KEYWORDS = frozenset(("if", "else", "and", "or", "not"))

_SUBSCRIPTS = {0x2080 + digit: str(digit) for digit in range(10)}
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_FROM_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def plain_name(name: str) -> str:
    """A name with subscript digits as digits, and the sign for pi as its name: ``x₁`` is ``x1``."""
    if name.isascii():
        return name
    return "pi" if name == "π" else name.translate(_SUBSCRIPTS)


def superscript(name: str) -> tuple[str, str] | None:
    """The base and the exponent when a name ends in superscript digits: ``x²`` gives ``("x", "2")``."""
    found = _SUPERSCRIPT.search(name)
    return (name[: found.start()], found.group().translate(_FROM_SUPERSCRIPT)) if found else None
