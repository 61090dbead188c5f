"""Names and numbers, and what to make of those that are misspelled, or that stand side by side."""

from __future__ import annotations

from diffcli.errors import Source, Span
from diffcli.language.complaints.lazy import complaints
from diffcli.language.complaints.suggestions import Gaps, Reads, without_superscripts
from diffcli.language.parsing.stacks import INFIX, Stacks
from diffcli.language.parsing.tokens import TOKEN, is_name, plain_name, split_superscripts
from diffcli.language.syntax import NAME, NUMBER, PRODUCT
from diffcli.operations import is_function

INFINITY, NAN = float("inf"), float("nan")


class Leaves(Stacks):
    """The part of the parser that reads leaves."""

    __slots__ = ("gaps", "strays", "stray_at")

    def __init__(self, source: Source, reads: Reads) -> None:
        super().__init__(source, reads)
        self.gaps = Gaps()
        """Where two operands stand side by side."""
        self.strays: dict[str, list[Span]] = {}
        """Where each character stands that is not part of the language."""
        self.stray_at = -2
        """Where the last of them stands."""

    def stray(self, character: str, start: int) -> None:
        self.strays.setdefault(character, []).append(Span(start, start + 1))
        self.stray_at = start

    def number(self, token: str, start: int) -> float:
        try:
            value = float(token)
        except ValueError:
            value = NAN
        if value < INFINITY:
            return value
        self.faults.append(complaints.malformed_number(self.source, Span(start, start + len(token)), value))
        return 1.0

    def unusual_name(self, token: str, start: int) -> str:
        """A name with characters beyond ASCII, as it is called in the tree."""
        parts = split_superscripts(token)
        if parts[0][1]:
            if not parts[0][0] and self.wants and self.operands:
                # an exponent alone, after something that is no name, and has been taken for a factor
                self.gaps.forget(start)
                base = self.program.span(self.operands[-1])
                if base.stop == start:
                    parts[0] = self.text[base.start : base.stop], parts[0][1]
            if parts[0][0] or self.stray_at != start - 1:  # else it is the end of x⁻¹
                span = Span(start, start + len(token))
                self.faults.append(complaints.superscript(self.source, span, without_superscripts(parts)))
            return token
        name = plain_name(token)
        if is_name(name):
            return name
        wrong = [place for place, part in enumerate(token) if not is_name("x" * bool(place) + plain_name(part))]
        for place in wrong or [0]:
            self.stray(token[place], start + place)
        return token

    def missing_product(self, position: int) -> None:
        """Two operands with nothing between them are read as a product, and said to be wrong."""
        last = self.operands[-1]
        gap = Span(self.stops[last], position)
        if self.stray_at >= gap.start:
            pass  # what stands between them is a character that is not of the language
        elif gap.start == position and self.text[position] == "." and self.operations[last] == NUMBER:
            self.two_points(Span(self.starts[last], position))
        elif self.operations[last] == NAME and self.text[gap.start - 1] != ")" and is_function(str(self.arguments[last])):
            self.gaps.applications.append((self.program.span(last), position))
        else:
            self.gaps.products.append(gap)
        if self.operators[-1][0] >= PRODUCT:
            self.fold(PRODUCT)
        self.push(INFIX["*"], position)
        self.wants = True

    def two_points(self, before: Span) -> None:
        """A number goes on with a second decimal point: ``1.2.3``."""
        if self.faults and self.faults[-1].code == "malformed-number" and self.faults[-1].marks[0].span.stop == before.stop:
            before = self.faults.pop().marks[0].span
        following = TOKEN.match(self.text, before.stop)
        assert following is not None
        self.faults.append(complaints.malformed_number(self.source, Span(before.start, following.end()), NAN))
