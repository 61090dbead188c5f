"""Square brackets: the entries of an array, ``[a, b]``, and the parts of an index, ``W[1, :]``; and the transpose, ``W.T``."""

from __future__ import annotations

from diffcli.errors import Source, Span
from diffcli.language.complaints.lazy import array_complaints, complaints
from diffcli.language.complaints.suggestions import Reads
from diffcli.language.parsing.frames import FRAMES, Frames
from diffcli.language.parsing.stacks import FRAME
from diffcli.language.syntax import NAME


class Bracket:
    """A bracket that is open."""

    __slots__ = ("is_index", "depth", "base", "begun", "colons", "key")

    def __init__(self, is_index: bool, depth: int, base: int) -> None:
        self.is_index = is_index
        self.depth = depth
        """How many parentheses and brackets are open, with this one."""
        self.base = base
        """How many operands were waiting when it opened; the last of them is what an index is of."""
        self.begun = base
        """The same for the piece of an index that is being read; commas and colons separate pieces."""
        self.colons: list[bool] = []
        """For each colon so far between two commas, whether an operand stands before it."""
        self.key: list[str | tuple[bool, bool, bool]] = []
        """What stands between commas so far, as in `diffcli.language.syntax.Key`."""


class Brackets(Frames):
    """The part of the parser that reads what is in brackets."""

    __slots__ = ("brackets",)

    def __init__(self, source: Source, reads: Reads) -> None:
        super().__init__(source, reads)
        self.brackets: list[Bracket] = []

    def innermost(self) -> Bracket | None:
        """The last bracket that is open, unless a parenthesis is open inside it."""
        return self.brackets[-1] if self.brackets and self.brackets[-1].depth == self.depth else None

    def transpose(self, start: int, stop: int) -> None:
        if self.wants:
            self.stray(".", start)
            self.stand_in(start + 1, stop)
            self.operations[-1], self.arguments[-1] = NAME, "T"
        else:
            self.emit("transpose", (self.operands.pop(),), -1, stop)

    def open_bracket(self, start: int) -> None:
        """After an operand it opens an index, elsewhere a list of entries."""
        is_index = not self.wants
        self.depth += 1
        self.brackets.append(Bracket(is_index, self.depth, len(self.operands)))
        self.push(FRAMES["index" if is_index else "list"], start)
        self.firsts.append(len(self.operations))
        self.wants = True

    def close_bracket(self, start: int, stop: int) -> None:
        if not self.depth:
            self.faults.append(complaints.unmatched(self.source, start))
            return
        if self.wants:
            self.refuse_empty(start, stop)
        self.settle(start)
        if not self.brackets:
            self.faults.append(array_complaints.mismatched(self.source, self.positions[-1], start))
            self.distrust()
        while self.brackets and self.innermost() is None:
            self.leave_open(start)
        self.close_frame(stop)

    def cross(self, start: int, stop: int) -> None:
        if self.depth == len(self.brackets):
            self.faults.append(array_complaints.mismatched(self.source, self.positions[-1], start))
            self.close_frame(stop)
            return
        while self.innermost():
            self.leave_open(start)
        self.close_parenthesis(start, stop)

    def refuse_empty(self, start: int, stop: int) -> None:
        """``[]`` and ``x[]``."""
        bracket = self.innermost()
        empty = bracket and self.operators[-1][0] == FRAME and not bracket.key and not bracket.colons
        if bracket and empty and len(self.operands) == bracket.base:
            if self.stray_at < self.positions[-1]:  # else it may be what that character was meant to be
                complaint = array_complaints.empty_index if bracket.is_index else array_complaints.empty_array
                self.faults.append(complaint(self.source, Span(self.positions[-1], stop)))
            self.stand_in(start, start)

    def leave_open(self, position: int) -> None:
        """Close the innermost parenthesis or bracket, which the text leaves open at ``position``."""
        call = self.operators[-1][1] == "call"
        self.faults.append(complaints.unclosed(self.source, self.positions[-1], position, call))
        self.distrust()
        self.close_frame(position)
        self.settle(position)

    def close_frame(self, stop: int) -> None:
        """Close the innermost parenthesis or bracket, whose last expression is settled."""
        bracket = self.innermost()
        if bracket is None:
            self.close_parenthesis(stop, stop)
            return
        self.brackets.pop()
        self.operators.pop()
        self.firsts.pop()
        self.depth -= 1
        opened = self.positions.pop()
        base = bracket.base - bracket.is_index
        if bracket.is_index:
            self.end_part(bracket)
            self.program.keys[len(self.operations)] = tuple(bracket.key)
        arguments = tuple(self.operands[base:])
        del self.operands[base:]
        if bracket.is_index:
            self.emit("index", arguments, -1, stop)
        else:
            self.emit("stack", arguments, opened, stop)
        self.wants = False

    # -- inside them ----------------------------------------------------------------------------------------------------

    def vacant(self) -> bool:
        """In a slice, nothing need stand beside a colon."""
        if self.operators[-1][1] == "index":
            return bool(self.brackets[-1].colons)
        return super().vacant()

    def other_comma(self, start: int, stop: int) -> None:
        bracket = self.innermost()
        if bracket is None:
            super().other_comma(start, stop)
        elif bracket.is_index:
            self.end_part(bracket)

    def end_part(self, bracket: Bracket) -> None:
        """What stands between two commas of an index is complete."""
        if bracket.colons:
            start, end, step, *_ = [*bracket.colons, len(self.operands) > bracket.begun, False]
            bracket.key.append((start, end, step))
        else:
            bracket.key.append("i")
        bracket.colons = []
        bracket.begun = len(self.operands)

    def colon(self, start: int, stop: int) -> None:
        bracket = self.innermost()
        if bracket is None or not bracket.is_index:
            self.stray(":", start)
            return
        if not self.wants or self.operators[-1][1] != "index":
            self.settle(start)
        if len(bracket.colons) == 2:
            self.faults.append(array_complaints.third_colon(self.source, Span(start, stop)))
            del self.operands[bracket.begun :]
        else:
            bracket.colons.append(len(self.operands) > bracket.begun)
            bracket.begun = len(self.operands)
        self.firsts[-1] = len(self.operations)
        self.wants = True
