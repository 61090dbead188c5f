"""Text to tokens: one regular expression, one match a token, positions kept.

The last group of a match says what it is: a name with the parenthesis of a call or the sign behind it, a number with its
sign, another symbol, a stray character; a comment, and the blanks at the end, match no group. What a PDF pastes for an
operator (``− × · ÷ ≤``) is that operator; subscript digits are digits.
"""

from __future__ import annotations

import re

from diffcli._named import NamedTuple
from diffcli.errors import Span

SYMBOL, NAME, CALL, NAME_SIGN, NUMBER, NUMBER_SIGN, STRAY = 1, 2, 3, 4, 5, 6, 7

TOKEN = re.compile(
    r"[^\S\n]*"
    r"(?:([-+/^(),;\n\[\]@:]|\*\*?|[<>=!]=|[=<>−–‐×·⋅∙∗÷∕≤≥≠]|\.T(?!\w))"
    # the name of a function is in the group of names, its parenthesis in the group of calls
    r"|([^\W\d]\w*)(?:[^\S\n]*(?:(\()|([-+/^]|\*\*?)))?"
    r"|((?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)(?:[^\S\n]*([-+/^]|\*\*?))?"
    r"|\#[^\n]*"
    r"|(\S)"
    # without this, a million blanks at the end would be tried from each of them
    r"|\Z)"
)

PASTED: dict[str, str] = {
    "**": "^", "−": "-", "–": "-", "‐": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/",
    "≤": "<=", "≥": ">=", "≠": "!=",
}  # fmt: skip
"""Other spellings of a symbol."""

KEYWORDS = frozenset(("if", "else", "and", "or", "not"))

FACTORS = "xyztuvwabcdkmnpqrs"
"""Letters, maybe with a number behind them, that are factors rather than functions before a parenthesis."""


class Keyword(NamedTuple):
    """``name=`` before an argument."""

    name: str
    span: Span
    place: int
    """How many arguments stand before that one."""


def plain_name(name: str) -> str:
    """A name as it is known: in the compatibility form NFKC, as Python's names are, and the sign for pi as its name.

    >>> plain_name("x₁"), plain_name("π"), plain_name("𝜃")
    ('x1', 'pi', 'θ')
    """
    if name.isascii():
        return name
    # here and not at the top, so that an ASCII program does not load it
    from unicodedata import normalize

    plain = normalize("NFKC", name)
    return "pi" if plain == "π" else plain


def is_name(name: str) -> bool:
    """Whether a plain name is one that the language can say; ``Ŀ`` and ``𝐢𝐟`` are none, for L· and if are not.

    >>> is_name("x1"), is_name("½"), is_name(plain_name("Ŀ")), is_name(plain_name("𝐢𝐟"))
    (True, False, False, False)
    """
    return name.isidentifier() and name.replace("_", "a").isalnum() and name not in KEYWORDS


def is_raised(character: str) -> bool:
    """Whether a character is a superscript.

    >>> is_raised("²"), is_raised("2")
    (True, False)
    """
    from unicodedata import decomposition

    return decomposition(character).startswith("<super>")
