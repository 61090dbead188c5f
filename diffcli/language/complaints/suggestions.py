"""Wrong texts as they should be: what `diffcli.language.complaints.complaints` tells the user to write instead.

Nothing here runs for a text that is right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from diffcli.errors import Span
from diffcli.language.parsing.tokens import CALL, KEYWORDS, NAME, NUMBER, PASTED, SYMBOL, TOKEN
from diffcli.operations import is_function

Reads = Callable[[str], bool]
"""Whether a text has the form of a program."""

LONGEST = 200
"""The most characters of a corrected text."""


class Chain:
    """Comparisons in a row, ``a < b < c``, read as ``a < b and b < c``."""

    __slots__ = ("operands", "operators", "copy", "negated")

    def __init__(self, first: Span) -> None:
        self.operands = [first]
        self.operators: list[Span] = []
        self.copy = -1
        """The node that repeats the last operand so far, before the last operator."""
        self.negated = False
        """Whether ``not`` stands before it."""

    def corrected(self, text: str, last: Span) -> str:
        """``a < b and b < c`` in the user's own words, with the chain's last operand; empty if it is long."""
        if last.stop - self.operands[0].start > LONGEST:
            return ""
        words = [text[span.start : span.stop] for span in [*self.operands, last]]
        signs = [text[span.start : span.stop] for span in self.operators]
        mended = " and ".join(f"{left} {sign} {right}" for left, sign, right in zip(words, signs, words[1:], strict=False))
        return f"not ({mended})" if self.negated else mended


class Gaps:
    """Places where two operands stand side by side, and what belongs between them."""

    __slots__ = ("products", "applications")

    def __init__(self) -> None:
        self.products: list[Span] = []
        """From the end of a factor to the start of the next, with no sign between."""
        self.applications: list[tuple[Span, int]] = []
        """The name of a function, and where its operand starts, with no parenthesis between."""

    def __len__(self) -> int:
        return len(self.products) + len(self.applications)

    def forget(self, position: int) -> None:
        """Take back the last gap, if it ends there."""
        if self.products and self.products[-1].stop == position:
            self.products.pop()
        elif self.applications and self.applications[-1][1] == position:
            self.applications.pop()

    def sort(self) -> None:
        self.products = sorted(set(self.products))
        self.applications = sorted(set(self.applications))

    def within(self, span: Span) -> Gaps:
        """The gaps inside a range; both lists are sorted."""
        found = Gaps()
        low, high = (bisect_left(self.products, (place, -1)) for place in span)
        found.products = self.products[low:high]
        low, high = (bisect_left(self.applications, (Span(place, -1), -1)) for place in span)
        found.applications = self.applications[low:high]
        return found

    def filled(self, text: str, span: Span) -> str:
        """A range of the text with every sign and parenthesis that it lacks."""
        edits = [(*product, "*") for product in self.products]
        for name, operand in self.applications:
            stop = operand_stop(text, operand)
            edits += [(name.stop, operand, "("), (stop, stop, ")")]
        pieces = []
        position = span.start
        for start, stop, between in sorted(edits):
            pieces += [text[position:start], between]
            position = stop
        return "".join([*pieces, text[position : span.stop]])


def operand_stop(text: str, start: int) -> int:
    """Where the operand of a function written without parentheses ends, as one reads it: ``sin 2x^2 + 1``, ``sin x cos x``."""
    depth = 0
    stop = start
    applied = True  # whether what stands before is a function without parentheses
    for match in TOKEN.finditer(text, start):
        kind = match.lastindex
        if kind == SYMBOL:
            token = PASTED.get(match[SYMBOL], match[SYMBOL])
            depth += (token in "([") - (token in ")]")
            sign_of_exponent = token == "-" and text[stop - 1] in "^*"
            if depth < 0 or token == ";" or (not depth and token not in "^()[].T" and not sign_of_exponent):
                break
        elif kind in (NAME, CALL):
            name = match[NAME]
            function = is_function(name)
            if not depth and (name in KEYWORDS or (function and not applied)):
                break
            applied = function and kind == NAME
            stop = match.end()
            continue
        elif kind != NUMBER:
            break
        applied = False
        stop = match.end()
    return stop


def without_superscripts(parts: Iterable[tuple[str, str]]) -> str:
    """The parts of a name, from `diffcli.language.parsing.tokens.split_superscripts`, as a product of powers: ``x^2*y``."""
    return "*".join(raised(base or "x", exponent) for base, exponent in parts)


def raised(base: str, exponent: str) -> str:
    """A base with what stands raised after it.

    >>> raised("x", "2"), raised("W", "T"), raised("W", "2T")
    ('x^2', 'W.T', '(W^2).T')
    """
    power, transposed = exponent.removesuffix("T"), exponent.endswith("T")
    text = f"{base}^{power}" if power else base
    return f"{f'({text})' if power else text}.T" if transposed else text
