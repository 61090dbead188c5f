"""An expression as it is read, token by token: its operators, and what encloses it.

It is always in one of two states: it wants an operand, or it wants an operator. An operator first folds everything that
binds tighter; a chain of one precedence is folded as a whole when it ends, so that all its operands stand before its
operators. What is open (a statement, a parenthesis, a call, a bracket, an ``if``) is a *frame* among the operators.
"""

from __future__ import annotations

from diffcli.errors import Span
from diffcli.language.parsing.mistakes import Mistakes
from diffcli.language.parsing.names import Functions
from diffcli.language.parsing.stacks import (
    CALLED,
    ELSE,
    FRAME,
    GROUP,
    IF,
    INDEX,
    INFIX,
    LIST,
    NEGATE,
    Bracket,
    Call,
    Stacks,
)
from diffcli.language.parsing.tokens import TOKEN, Keyword, is_raised
from diffcli.language.syntax import CALL, CHOICE, NAME, NOT, PRODUCT, Branches, Program
from diffcli.operations import is_function


class Expression(Stacks):
    """What has been read of a statement's expression."""

    __slots__ = ("text", "mistakes", "depth", "firsts", "thens", "calls", "brackets", "functions")

    def __init__(self, program: Program, mistakes: Mistakes, functions: Functions) -> None:
        super().__init__(program)
        self.text = program.source.text
        self.mistakes = mistakes
        self.functions = functions
        self.depth = 0
        """How many parentheses and brackets are open."""
        self.firsts: list[int] = []
        """For each open frame, the first node of the argument being read."""
        self.thens: list[int] = []
        """For each open ``if``, the first node of what stands before it."""
        self.calls: list[Call] = []
        self.brackets: list[Bracket] = []

    # -- operators and operands -----------------------------------------------------------------------------------------

    def infix(self, token: str, start: int) -> None:
        operator = INFIX[token]
        self.fold(operator[0])
        self.push(operator, start)

    def refuse_chains(self) -> None:
        """Report every chain of comparisons so far: ``a < b < c``."""
        for positions in self.chained:
            signs = [match.span() for match in (TOKEN.match(self.text, position) for position in positions) if match]
            self.mistakes.complain.of("chain", *[Span(*sign) for sign in signs])
        self.chained.clear()

    def negate(self, start: int, stop: int) -> None:
        """``not``, which stands where a whole condition may stand: not after ``2*``, and not after an operand."""
        if not self.wants or self.operators[-1][0] > NOT:
            self.mistakes.complain.of("not an operand" if self.wants else "not an operator", Span(start, stop))
            if not self.wants:
                self.infix("and", start)
        self.push(NEGATE, start)

    def missing_product(self, position: int) -> None:
        """Two operands with nothing between them are read as a product, and said to be wrong."""
        self.mistakes.gap(self.operands[-1], position)
        if self.operators[-1][0] >= PRODUCT:
            self.fold(PRODUCT)
        self.push(INFIX["*"], position)

    def unusual_name(self, token: str, start: int) -> str:
        before = self.program.span(self.operands[-1]) if self.wants and self.operands else None
        return self.mistakes.unusual_name(token, start, before)

    def transpose(self, start: int, stop: int) -> None:
        if self.wants:
            self.mistakes.stray(".", start)
            self.stand_in(start + 1, stop, NAME, "T")
        else:
            self.emit("transpose", self.take(-1), -1, stop)

    def lack(self, start: int, stop: int) -> None:
        """An operand is missing before what stands at ``start``."""
        if self.mistakes.stray_at < self.positions[-1]:  # else it may be what that character was meant to be
            self.mistakes.complain.missing_operand(Span(start, stop), self.positions[-1], self.depth)
        self.distrust()

    def distrust(self) -> None:
        """Something is wrong in the innermost frame: a call's arguments are not worth counting."""
        if self.operators[-1] is CALLED:
            self.calls[-1].doubtful = True

    # -- frames ---------------------------------------------------------------------------------------------------------

    def open_parenthesis(self, start: int, stop: int) -> None:
        if not self.wants:
            self.missing_product(start)
        self.open_frame(GROUP, start)

    def open_call(self, token: str, token_start: int, start: int) -> None:
        """A function's name with its parenthesis."""
        call = Call(token, token_start, len(self.operands), len(self.operations))
        call.doubtful = self.mistakes.stray_at == token_start - 1  # x.sum() and the like
        self.calls.append(call)
        self.open_frame(CALLED, start)

    def open_bracket(self, start: int, stop: int) -> None:
        """After an operand it opens an index, elsewhere a list of entries."""
        self.brackets.append(Bracket(not self.wants, self.depth + 1, len(self.operands)))
        self.open_frame(LIST if self.wants else INDEX, start)

    def open_frame(self, frame: tuple[int, str], start: int) -> None:
        self.operators.append(frame)
        self.positions.append(start)
        self.firsts.append(len(self.operations))
        self.depth += 1
        self.wants = True

    def innermost(self) -> Bracket | None:
        """The last bracket that is open, unless a parenthesis is open inside it."""
        return self.brackets[-1] if self.brackets and self.brackets[-1].depth == self.depth else None

    def vacant(self) -> bool:
        """Whether nothing stands here and nothing need to: ``f()`` wants no operand, and neither does a colon."""
        if self.operators[-1] is INDEX:
            return bool(self.brackets[-1].colons)
        if self.operators[-1] is not CALLED:
            return False
        call = self.calls[-1]
        return len(self.operands) == call.base and not call.keywords

    def settle(self, position: int) -> None:
        """Complete the expression that ends at ``position``: fold it down to the frame that holds it."""
        if self.wants and not self.vacant():
            self.lack(position, position + 1)
            self.stand_in(position, position)
        self.fold(FRAME)
        while self.operators[-1] is IF:
            self.mistakes.complain.of("if", Span(self.positions[-1], self.positions[-1] + 2))
            self.turn_choice()
            self.stand_in(position, position)
            self.fold(FRAME)

    def close(self, start: int, stop: int) -> None:
        """``)``, or a ``bracket`` ``]``: what is open inside it is closed with it."""
        if not self.depth:
            self.mistakes.complain.of(self.text[start], Span(start, stop))
            return
        bracket = self.text[start] == "]"
        if bracket and self.wants:
            self.refuse_empty(start, stop)
        frame = self.operators[-1]
        if self.wants or frame[0] != FRAME or frame is IF:
            self.settle(start)
            frame = self.operators[-1]
        if (frame is LIST or frame is INDEX) != bracket:
            self.close_inner(bracket, start)
        self.close_frame(stop)

    def close_inner(self, bracket: bool, start: int) -> None:
        """Close what the text leaves open inside the last bracket, or parenthesis; if there is none, that is the mistake."""
        if not (len(self.brackets) if bracket else self.depth - len(self.brackets)):
            opened = self.positions[-1]
            opening, closing, expected = self.text[opened], self.text[start], "]" if self.text[opened] == "[" else ")"
            places = Span(start, start + 1), Span(opened, opened + 1)
            self.mistakes.complain.of("closed by", *places, opening=opening, closing=closing, expected=expected)
            self.distrust()
            return
        while (self.innermost() is not None) != bracket:
            self.leave_open(start)

    def refuse_empty(self, start: int, stop: int) -> None:
        """``[]`` and ``x[]``."""
        bracket = self.innermost()
        empty = bracket and self.operators[-1][0] == FRAME and not bracket.key and not bracket.colons
        if bracket and empty and len(self.operands) == bracket.base:
            if self.mistakes.stray_at < self.positions[-1]:  # else it may be what that character was meant to be
                self.mistakes.complain.of("index" if bracket.is_index else "array", Span(self.positions[-1], stop))
            self.stand_in(start, start)

    def leave_open(self, position: int) -> None:
        """Close the innermost parenthesis or bracket, which the text leaves open at ``position``."""
        self.mistakes.complain.unclosed(self.positions[-1], position, self.operators[-1] is CALLED)
        self.distrust()
        self.close_frame(position)
        self.settle(position)

    def close_frame(self, stop: int) -> None:
        """Close the innermost parenthesis or bracket, whose last expression is settled."""
        frame = self.operators.pop()
        opened = self.positions.pop()
        self.firsts.pop()
        self.depth -= 1
        if frame is GROUP:
            # the carets of what is in parentheses take them in
            inner = self.operands[-1]
            self.starts[inner], self.stops[inner] = opened, stop
        elif frame is CALLED:
            self.close_call(self.calls.pop(), stop)
        elif frame is LIST:
            self.emit("stack", self.take(self.brackets.pop().base), opened, stop)
        else:
            bracket = self.brackets.pop()
            self.end_part(bracket)
            self.program.keys[len(self.operations)] = tuple(bracket.key)
            self.emit("index", self.take(bracket.base - 1), -1, stop)
        self.wants = False

    # -- inside them: commas and colons ---------------------------------------------------------------------------------

    def comma(self, start: int, stop: int) -> None:
        self.settle(start)
        if self.operators[-1] is CALLED:
            call = self.calls[-1]
            if len(self.operands) == call.base:
                self.lack(start, stop)
                self.stand_in(start, start)
        elif (bracket := self.innermost()) is None:
            self.mistakes.complain.of(",", Span(start, stop))
            self.operands.pop()
        elif bracket.is_index:
            self.end_part(bracket)
        self.firsts[-1] = len(self.program)
        self.wants = True

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
            self.mistakes.stray(":", start)
            return
        if not self.wants or self.operators[-1] is not INDEX:
            self.settle(start)
        if len(bracket.colons) == 2:
            self.mistakes.complain.of("third colon", Span(start, stop))
            del self.operands[bracket.begun :]
        else:
            bracket.colons.append(len(self.operands) > bracket.begun)
            bracket.begun = len(self.operands)
        self.firsts[-1] = len(self.program)
        self.wants = True

    # -- choices: a if c else b -----------------------------------------------------------------------------------------

    def open_choice(self, start: int, stop: int) -> None:
        """``if``: what stands before it is taken if the condition behind it holds."""
        if self.wants:
            self.lack(start, stop)
            self.stand_in(start, start)
        self.fold(CHOICE)
        then = self.choices[-1].otherwise if self.operators[-1][0] == CHOICE else self.firsts[-1]
        self.thens.append(then)
        self.firsts.append(len(self.operations))
        self.push(IF, start)

    def turn_choice(self) -> None:
        """``else``: the condition is complete, and the frame of the ``if`` becomes an operator."""
        self.operators[-1] = ELSE
        self.choices.append(Branches(self.firsts.pop(), self.thens.pop(), len(self.operations)))
        self.wants = True

    def reach_else(self, start: int, stop: int) -> None:
        if self.wants:
            if next(operator for operator in reversed(self.operators) if operator[0] == FRAME) is IF:
                self.lack(start, stop)
            self.stand_in(start, start)
        self.fold(FRAME)
        if self.operators[-1] is IF:
            self.turn_choice()
        else:
            self.mistakes.complain.of("else", Span(start, stop))
            self.push(INFIX["or"], start)

    # -- calls ----------------------------------------------------------------------------------------------------------

    def close_call(self, call: Call, stop: int) -> None:
        arguments, name = self.take(call.base), call.token
        if not name.isascii():
            name = self.unusual_function(call, stop)
        if call.keywords:
            operation, arguments = self.with_keywords(call, name, call.keywords, arguments)
        else:
            operation = self.functions.find(name, len(arguments))
        node = len(self.operations)
        if operation == CALL:
            if name:
                self.program.callees[node] = name
                self.program.called[node] = Span(call.start, call.start + len(call.token))
            if call.doubtful:
                self.mistakes.doubtful.add(node)
        elif operation == "where":
            condition, then, _ = arguments
            self.program.branches[node] = Branches(call.first, condition + 1, then + 1)
        self.emit(operation, arguments, call.start, stop)

    def unusual_function(self, call: Call, stop: int) -> str:
        """The name of a function that has characters beyond ASCII; ``sin²(x)`` is ``sin(x)^2``."""
        mistakes, token = self.mistakes, call.token
        base = "".join([character for character in token if not is_raised(character)])
        if base != token and is_function(base):
            mistakes.superscripts(token, call.start)
            return base
        known = len(mistakes.faults), mistakes.stray_at
        name = self.unusual_name(token, call.start)
        return name if (len(mistakes.faults), mistakes.stray_at) == known else ""  # said already

    def with_keywords(
        self, call: Call, name: str, keywords: list[Keyword], arguments: tuple[int, ...]
    ) -> tuple[str, tuple[int, ...]]:
        """The row that a call with keywords means, and its arguments with the values of the keywords last."""
        functions = self.functions
        values = {keyword.place: keyword.name for keyword in keywords}
        first = len(arguments) - len(values)
        names = {keyword.name for keyword in keywords}
        row, known = functions.reduction(name, names)
        if len(names) < len(keywords) or not names.issubset(known) or [*values] != [*range(first, len(arguments))]:
            self.mistakes.complain.of_keywords(name, keywords, arguments, known)
            call.doubtful = True
            given = tuple([argument for place, argument in enumerate(arguments) if place not in values])
            return functions.find(name, len(given)), given
        self.program.keywords[len(self.operations)] = tuple(values.values())
        return functions.fitting(row, first), arguments
