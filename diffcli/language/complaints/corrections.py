"""What to write instead of a wrong text: `diffcli.language.complaints.complaints` asks."""

from __future__ import annotations

from diffcli.errors import Span
from diffcli.language.parsing.tokens import CALL, KEYWORDS, NAME, TOKEN
from diffcli.operations import ARRAY_FUNCTIONS, ARRAY_SIGNATURES, CONSTANTS, REDUCED, find_function, is_function

LONGEST = 200
"""The most characters of a corrected text."""

CHOOSE = "write a if condition else b, or where(condition, a, b)"
"""How a choice is written."""

INSTEAD: dict[str, str] = {
    "∞": "infinity is not a number to compute with; use a large one, such as 1e300",
    "\\": "write functions by their name, as in sin(x)",
    ".": "a number has a digit beside its decimal point; functions are written as sum(x), the transpose as x.T",
    "∂": "diffcli computes derivatives, it does not read them: write the function itself",
    "?": CHOOSE,
    "∫": "write the function itself; diffcli does not integrate",
    "|": "write abs(x) for |x|, and `or` between conditions", "&": "write `and`", "!": "write `not`, or gamma(n + 1) for n!",
    "'": "a derivative is what diffcli computes: write the function itself; the transpose is x.T",
}  # fmt: skip
"""What to write in place of a character, where the whole text cannot be told."""
INSTEAD |= dict.fromkeys("{}（）", "write parentheses; an array is written in brackets, as [1, 2]")
INSTEAD |= dict.fromkeys("₀₁₂₃₄₅₆₇₈₉", "a subscript stands after a name, as in x₁")


def implicit(text: str, sign: Span) -> str:
    """The variable of which the derivative is probably wanted in a text whose last statement is an equation; empty if it is none.

    >>> implicit("r = 5; x^2 + y^2 = r^2", Span(17, 18)), implicit("x^2 = 25", Span(4, 5)), implicit("2*t = s; 3", Span(4, 5))
    ('y', '', '')
    """
    before, after = text[: sign.start], text[sign.stop :]
    last = ";" not in after.rstrip(" ;") and "\n" not in after.strip() and "=" not in before.rpartition(";")[2] + after
    if not last or "/d" in before or "[" in text or any(part.count("(") != part.count(")") for part in (before, after)):
        return ""
    words = [match[NAME] for match in TOKEN.finditer(f"{before} {after}") if match[NAME] and not match[CALL]]
    names = [word for word in dict.fromkeys(words) if word not in KEYWORDS and not is_function(word) and word not in CONSTANTS]
    return "" if len(names) < 2 else "y" if "y" in names else names[-1]


def call_forms(name: str, reduced: bool = False) -> list[str]:
    """How a function of the language is called, as text; ``reduced``: along an axis, so that ``max`` is the one of an array.

    >>> call_forms("elu"), call_forms("max"), call_forms("max", reduced=True)
    (['elu(a)', 'elu(a, b)'], ['max(a, b, c)'], ['max(a)', 'max(a, axis=0)'])
    """
    rows = find_function(name)
    reductions = [REDUCED[row.name] for row in rows if row.name in REDUCED and reduced]
    if rows and not reductions:
        counts = [count for row in rows for count in ([3] if row.variadic else range(row.arity[0], len(row.operands) + 1))]
        return [f"{name}({', '.join('abc'[:count])})" for count in counts]
    row = (reductions or [ARRAY_FUNCTIONS[name]])[0]
    if row in ("reshape", "broadcast", "one_hot"):
        return [f"{name}(a, {'3' if row == 'one_hot' else '[2, 3]'})"]
    _, most, keywords = ARRAY_SIGNATURES[row]
    letters = ", ".join("abc"[: 3 if most is None else most])
    return [f"{name}({letters})"] + [f"{name}({letters}, axis=0)"] * ("axis" in keywords)
