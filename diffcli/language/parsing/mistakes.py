"""What is wrong with a text, collected while it is read as if it were right; and the leaves that only look wrong."""

from __future__ import annotations

from diffcli.errors import Diagnostic, Span
from diffcli.language.parsing.tokens import NUMBER as NUMBER_TOKEN
from diffcli.language.parsing.tokens import TOKEN, is_name, is_raised, plain_name
from diffcli.language.syntax import NAME, NUMBER, Program
from diffcli.operations import is_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from diffcli.language.complaints.complaints import Complaints
    from diffcli.language.complaints.mending import Trial

NAN = float("nan")


class Mistakes:
    """Everything that is wrong with one text."""

    __slots__ = ("program", "text", "trial", "faults", "products", "applications", "strays", "stray_at", "doubtful")

    def __init__(self, program: Program, trial: Trial | None) -> None:
        self.program = program
        self.text = program.source.text
        self.trial = trial
        """What says what is wrong with a text that may be written instead; None for such a text itself."""
        self.faults: list[Diagnostic] = []
        self.products: list[Span] = []
        """Gaps from the end of a factor to the start of the next, with no sign between."""
        self.applications: list[tuple[Span, int]] = []
        """The name of a function, and where its operand starts, with no parenthesis between."""
        self.strays: dict[str, list[Span]] = {}
        """Where each character stands that is not part of the language."""
        self.stray_at = -2
        """Where the last of them stands."""
        self.doubtful: set[int] = set()
        """Nodes of calls whose text is wrong, so that their arguments are not worth counting."""

    @property
    def complain(self) -> Complaints:
        """What reports a mistake, in words."""
        from diffcli.language.complaints.complaints import Complaints  # a right text never loads it

        return Complaints(self.program, self.faults, self.trial)

    def __bool__(self) -> bool:
        return bool(self.faults or self.products or self.applications or self.strays)

    def report(self) -> None:
        """Raise every error at once, if there is one."""
        if self:
            self.complain.of_strays(self.strays)
            self.complain.of_gaps(self.products, self.applications)
        if not self.program.statements and not self.faults:
            self.complain.of("empty")
        if self.faults:
            self.complain.raise_in_order()

    # -- leaves ---------------------------------------------------------------------------------------------------------

    def stray(self, character: str, start: int) -> None:
        self.strays.setdefault(character, []).append(Span(start, start + 1))
        self.stray_at = start

    def unusual_name(self, token: str, start: int, before: Span | None = None) -> str:
        """A name with characters beyond ASCII, as it is called in the tree; ``before`` is the factor that it follows."""
        raised = [place for place, character in enumerate(token) if is_raised(character)]
        if raised:
            if not raised[0] and before is not None:
                # an exponent alone, after something that is no name, and has been taken for a factor
                self.forget_gap(start)
            if raised[0] or self.stray_at != start - 1:  # else it is the end of x⁻¹
                self.superscripts(token, start)
            return token
        name = plain_name(token)
        if is_name(name):
            return name
        wrong = [place for place, part in enumerate(token) if not is_name("x" * bool(place) + plain_name(part))]
        for place in wrong or [0]:
            self.stray(token[place], start + place)
        return token

    def superscripts(self, token: str, start: int) -> None:
        """A name or call with raised characters."""
        self.complain.of("transpose" if "ᵀ" in token else "exponent", Span(start, start + len(token)))

    # -- gaps: operands side by side ------------------------------------------------------------------------------------

    def gap(self, last: int, position: int) -> None:
        """The operand ``last`` is followed by another one, with nothing of the language between them."""
        program, text = self.program, self.text
        gap = Span(program.stops[last], position)
        if self.stray_at >= gap.start:
            return  # what stands between them is a character that is not of the language
        operation = program.operations[last]
        if gap.start == position and text[position] == "." and operation == NUMBER:
            self.two_points(Span(program.starts[last], position))
        elif operation == NAME and text[gap.start - 1] != ")" and is_function(str(program.arguments[last])):
            self.applications.append((program.span(last), position))
        else:
            self.products.append(gap)

    def forget_gap(self, position: int) -> None:
        """Take back the last gap, if it ends there."""
        if self.products and self.products[-1].stop == position:
            self.products.pop()
        elif self.applications and self.applications[-1][1] == position:
            self.applications.pop()

    def two_points(self, before: Span) -> None:
        """A number goes on with a second decimal point: ``1.2.3``."""
        if self.faults and self.faults[-1].code == "malformed-number" and self.faults[-1].marks[0].span.stop == before.stop:
            before = self.faults.pop().marks[0].span
        following = TOKEN.match(self.text, before.stop)
        assert following is not None
        self.complain.malformed_number(Span(before.start, following.end(NUMBER_TOKEN)), NAN)
