"""What encloses expressions: parentheses, calls, and ``a if c else b``."""

from __future__ import annotations

from diffcli.errors import Source, Span
from diffcli.language.later import complaints
from diffcli.language.leaves import Leaves
from diffcli.language.mending import Reads
from diffcli.language.stacks import FRAME, INFIX, NEGATE
from diffcli.language.syntax import CALL, CHOICE, NOT, Branches
from diffcli.language.tokens import split_superscripts
from diffcli.operations import find_function

ELSE = (CHOICE, "where")
FRAMES = {kind: (FRAME, kind) for kind in ("statement", "group", "call", "if")}


class Call:
    """A call whose parenthesis is open."""

    __slots__ = ("name", "start", "name_stop", "base", "firsts", "doubtful")

    def __init__(self, name: str, start: int, base: int, first: int) -> None:
        self.name = name
        self.start = start
        self.name_stop = start + len(name)
        self.base = base
        """How many operands were waiting when it opened."""
        self.firsts = [first]
        """The first node of each argument so far."""
        self.doubtful = False
        """Whether its text is wrong, so that nothing can be said about how many arguments it has."""


class Frames(Leaves):
    """The part of the parser that opens and closes frames."""

    __slots__ = ("firsts", "calls", "thens", "depth", "pending", "functions", "doubtful")

    def __init__(self, source: Source, reads: Reads) -> None:
        super().__init__(source, reads)
        self.firsts: list[int] = []
        """For each open frame, the first node of the argument being read."""
        self.calls: list[Call] = []
        self.thens: list[int] = []
        """For each open ``if``, the first node of what stands before it."""
        self.depth = 0
        """How many parentheses are open."""
        self.pending: tuple[str, int] | None = None
        """A name before a parenthesis, and where it stands."""
        self.functions: dict[tuple[str, int], str] = {}
        """The row of the table that a name with so many arguments means, or ``call``."""
        self.doubtful: set[int] = set()
        """Nodes of calls whose text is wrong."""

    def lack(self, start: int, stop: int) -> None:
        """An operand is missing before what stands at ``start``."""
        if self.stray_at < self.positions[-1]:  # else it may be what that character was meant to be
            self.faults.append(complaints.missing_operand(self.source, Span(start, stop), self.positions[-1], self.depth))
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
        if self.wants and not self.empty_call():
            self.lack(position, position + 1)
            self.stand_in(position, position)
        self.fold(FRAME)
        while self.operators[-1][1] == "if":
            self.faults.append(complaints.missing_else(self.source, self.positions[-1]))
            self.turn_choice()
            self.stand_in(position, position)
            self.fold(FRAME)

    def empty_call(self) -> bool:
        """Whether a call has just been opened: ``f()`` has no operand and wants none."""
        return self.operators[-1][1] == "call" and len(self.operands) == self.calls[-1].base

    def close_parenthesis(self, start: int, stop: int) -> None:
        if not self.depth:
            self.faults.append(complaints.unmatched_parenthesis(self.source, start))
            return
        if self.wants or self.operators[-1][0] != FRAME or self.operators[-1][1] == "if":
            self.settle(start)
        _, kind = self.operators.pop()
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

    def close_call(self, stop: int) -> None:
        call = self.calls.pop()
        arguments = tuple(self.operands[call.base :])
        del self.operands[call.base :]
        if not call.name.isascii():
            self.unusual_call(call, stop)
        key = call.name, len(arguments)
        operation = self.functions.get(key)
        if operation is None:
            operation = self.functions[key] = self.find_operation(*key)
        self.emit(operation, arguments, call.start, stop)
        if operation == CALL:
            if call.name:
                self.program.callees[self.operands[-1]] = call.name
                self.program.called[self.operands[-1]] = Span(call.start, call.name_stop)
            if call.doubtful:
                self.doubtful.add(self.operands[-1])
        elif operation == "where":
            self.program.branches[self.operands[-1]] = Branches(*call.firsts)

    def unusual_call(self, call: Call, stop: int) -> None:
        """A function's name with characters beyond ASCII; ``sin²(x)`` is ``sin(x)^2``."""
        parts = split_superscripts(call.name)
        if len(parts) == 1 and parts[0][1] and find_function(parts[0][0]):
            base, exponent = parts[0]
            text = f"{base}{self.text[call.name_stop : stop]}^{exponent}"
            self.faults.append(complaints.superscript(self.source, Span(call.start, call.name_stop), text))
            call.name = base
        else:
            known = len(self.faults), self.stray_at
            name = self.unusual_name(call.name, call.start)
            call.name = name if (len(self.faults), self.stray_at) == known else ""  # said already

    def find_operation(self, name: str, count: int) -> str:
        """The row that a call means, or ``call`` where none takes so many arguments."""
        for row in find_function(name):
            least, most = row.arity
            if least <= count and (most is None or count <= most):
                return row.name
        return CALL

    def comma(self, start: int, stop: int) -> None:
        self.settle(start)
        if self.operators[-1][1] != "call":
            self.faults.append(complaints.stray_comma(self.source, Span(start, stop)))
            self.operands.pop()
        else:
            call = self.calls[-1]
            if len(self.operands) == call.base:
                self.lack(start, stop)
                self.stand_in(start, start)
            call.firsts.append(len(self.operations))
        self.firsts[-1] = len(self.operations)
        self.wants = True

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
