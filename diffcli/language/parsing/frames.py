"""What encloses expressions: parentheses, calls, and ``a if c else b``."""

from __future__ import annotations

from diffcli.errors import Source, Span
from diffcli.language.complaints.lazy import complaints
from diffcli.language.complaints.suggestions import Reads
from diffcli.language.parsing.calls import Call, Calls
from diffcli.language.parsing.stacks import FRAME, INFIX, NEGATE
from diffcli.language.syntax import CHOICE, NOT, Branches

ELSE = (CHOICE, "where")
FRAMES = {kind: (FRAME, kind) for kind in ("statement", "group", "call", "list", "index", "if")}
BRACKETS = frozenset(("list", "index"))


class Frames(Calls):
    """The part of the parser that opens and closes frames."""

    __slots__ = ("thens", "depth")

    def __init__(self, source: Source, reads: Reads) -> None:
        super().__init__(source, reads)
        self.thens: list[int] = []
        """For each open ``if``, the first node of what stands before it."""
        self.depth = 0
        """How many parentheses and brackets are open."""

    def lack(self, start: int, stop: int) -> None:
        """An operand is missing before what stands at ``start``."""
        if self.stray_at < self.positions[-1]:  # else it may be what that character was meant to be
            self.faults.append(complaints.missing_operand(self.source, Span(start, stop), self.positions[-1], self.depth))
        self.distrust()

    def distrust(self) -> None:
        """Something is wrong in the innermost frame: a call's arguments are not worth counting."""
        if self.operators[-1][1] == "call":
            self.calls[-1].doubtful = True

    def negate(self, start: int, stop: int) -> None:
        """``not``, which stands where a whole condition may stand: not after ``2*``, and not after an operand."""
        if not self.wants or self.operators[-1][0] > NOT:
            self.faults.append(complaints.misplaced_not(self.source, Span(start, stop), self.wants))
            if not self.wants:
                self.infix("and", start, start)
        self.push(NEGATE, start)
        self.wants = True

    # -- parentheses --------------------------------------------------------------------------------------------------

    def open_parenthesis(self, start: int) -> None:
        if self.pending is not None:
            name, name_start = self.pending
            self.pending = None
            self.calls.append(Call(name, name_start, len(self.operands), len(self.operations)))
            if self.stray_at == name_start - 1:
                self.calls[-1].doubtful = True  # x.sum() and the like
            self.push(FRAMES["call"], start)
        else:
            if not self.wants:
                self.missing_product(start)
            self.push(FRAMES["group"], start)
        self.firsts.append(len(self.operations))
        self.depth += 1
        self.wants = True

    def settle(self, position: int) -> None:
        """Complete the expression that ends at ``position``: fold it down to the frame that holds it."""
        if self.wants and not self.vacant():
            self.lack(position, position + 1)
            self.stand_in(position, position)
        self.fold(FRAME)
        while self.operators[-1][1] == "if":
            self.faults.append(complaints.missing_else(self.source, self.positions[-1]))
            self.turn_choice()
            self.stand_in(position, position)
            self.fold(FRAME)

    def vacant(self) -> bool:
        """Whether nothing stands here and nothing need to: ``f()`` has no operand and wants none."""
        if self.operators[-1][1] != "call":
            return False
        call = self.calls[-1]
        return len(self.operands) == call.base and not call.keywords

    def close_parenthesis(self, start: int, stop: int) -> None:
        if not self.depth:
            self.faults.append(complaints.unmatched(self.source, start))
            return
        if self.wants or self.operators[-1][0] != FRAME or self.operators[-1][1] == "if":
            self.settle(start)
        kind = self.operators[-1][1]
        if kind in BRACKETS:
            self.cross(start, stop)
            return
        self.operators.pop()
        opened = self.positions.pop()
        self.firsts.pop()
        self.depth -= 1
        if kind == "call":
            self.close_call(stop)
        else:
            # the carets of what is in parentheses take them in
            inner = self.operands[-1]
            self.starts[inner] = opened
            self.stops[inner] = stop
        self.wants = False

    def cross(self, start: int, stop: int) -> None:
        """A parenthesis closes while a bracket is open inside it."""
        raise NotImplementedError

    def comma(self, start: int, stop: int) -> None:
        self.settle(start)
        if self.operators[-1][1] != "call":
            self.other_comma(start, stop)
        else:
            call = self.calls[-1]
            if len(self.operands) == call.base:
                self.lack(start, stop)
                self.stand_in(start, start)
            call.firsts.append(len(self.operations))
        self.firsts[-1] = len(self.operations)
        self.wants = True

    def other_comma(self, start: int, stop: int) -> None:
        """A comma that does not end an argument of a call."""
        self.faults.append(complaints.stray_comma(self.source, Span(start, stop)))
        self.operands.pop()

    # -- choices: a if c else b -----------------------------------------------------------------------------------------

    def open_choice(self, start: int) -> None:
        self.fold(CHOICE)
        then = self.choices[-1].otherwise if self.operators[-1][0] == CHOICE else self.firsts[-1]
        self.thens.append(then)
        self.firsts.append(len(self.operations))
        self.push(FRAMES["if"], start)
        self.wants = True

    def turn_choice(self) -> None:
        """``else``: the condition is complete, and the frame of the ``if`` becomes an operator."""
        self.operators[-1] = ELSE
        self.choices.append(Branches(self.firsts.pop(), self.thens.pop(), len(self.operations)))
        self.wants = True

    def reach_else(self, start: int, stop: int) -> None:
        if self.wants:
            if next(operation for precedence, operation in reversed(self.operators) if precedence == FRAME) == "if":
                self.lack(start, stop)
            self.stand_in(start, start)
        self.fold(FRAME)
        if self.operators[-1][1] == "if":
            self.turn_choice()
        else:
            self.faults.append(complaints.misplaced_else(self.source, Span(start, stop)))
            self.push(INFIX["or"], start)
            self.wants = True
