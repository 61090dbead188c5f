"""Statements: ``name = expression``, ``f(x) = expression``, or an expression."""

from __future__ import annotations

from diffcli.errors import Source, Span
from diffcli.language.complaints.lazy import complaints
from diffcli.language.complaints.suggestions import Reads
from diffcli.language.parsing.brackets import Brackets
from diffcli.language.parsing.frames import FRAMES
from diffcli.language.parsing.stacks import FRAME, INFIX
from diffcli.language.parsing.tokens import CALL, TOKEN, plain_name
from diffcli.language.parsing.tokens import NAME as NAME_TOKEN
from diffcli.language.syntax import NAME, NOT, Statement
from diffcli.operations import is_function


class Statements(Brackets):
    """The part of the parser that begins and ends statements."""

    __slots__ = ("binding",)

    def __init__(self, source: Source, reads: Reads) -> None:
        super().__init__(source, reads)
        self.binding: tuple[str, tuple[str, ...] | None, Span] | None = None
        """What the present statement binds: a name, the parameters of a function, the place."""

    def open_statement(self, start: int) -> None:
        self.push(FRAMES["statement"], start)
        self.firsts.append(len(self.operations))
        self.binding = None
        self.wants = True

    def close_statement(self, stop: int) -> None:
        """The end of a statement: whatever is still open is an error."""
        if self.wants and not self.operands and len(self.operators) == 1 and self.binding is None:
            self.firsts.clear()
            self.operators.clear()
            self.positions.clear()
            return
        self.settle(stop)
        if self.depth:
            self.close_all(stop)
        if self.chains:
            self.finish_chains()
        first = self.firsts.pop()
        self.operators.clear()
        self.positions.clear()
        root = self.operands.pop()
        self.operands.clear()
        name, parameters, name_span = self.binding or ("", None, Span(self.starts[first], self.starts[first]))
        start = name_span.start if self.binding else min(self.starts[first], self.starts[root])
        self.program.statements.append(Statement(name, parameters, first, root, name_span, Span(start, self.stops[root])))

    def close_all(self, stop: int) -> None:
        """Close the parentheses and brackets that are open at the end of a statement."""
        frames = zip(self.positions, self.operators, strict=True)
        outermost = next(place for place, (precedence, kind) in frames if kind not in ("statement", "if") and precedence == FRAME)
        # the lines after it were not meant to be inside it, so they are not factors of what stands before them
        self.gaps.products = [gap for gap in self.gaps.products if gap.stop < outermost or not self.begins_line(gap.stop)]
        while self.depth:
            self.leave_open(stop)

    def finish_chains(self) -> None:
        """Say of every chain of comparisons in the statement that it is one."""
        nodes = range(self.chains[0].copy, len(self.operations))
        rights = dict(children for children in map(self.program.children, nodes) if len(children) == 2)
        for chain in self.chains:
            last = self.program.span(rights[chain.copy])
            self.faults.append(complaints.chained_comparison(self.source, chain, last, self.reads))
        self.chains.clear()

    # -- the sign = -----------------------------------------------------------------------------------------------------

    def assign(self, start: int, stop: int) -> None:
        """``=``: what stands before it in the statement is a name, or a function with its parameters."""
        if self.depth:
            if self.keyword():
                self.wants = True
                return
            self.begin_again()
        if self.binding is not None or len(self.operators) > 1:
            self.faults.append(complaints.misplaced_equals(self.source, Span(start, stop)))
            self.fold(NOT)
            self.push(INFIX["=="], start)
        else:
            if self.chains:
                self.finish_chains()
            self.binding = self.target(self.operands[-1])
            self.forget(self.firsts[0])
            self.operands.clear()
        self.wants = True

    def target(self, root: int) -> tuple[str, tuple[str, ...] | None, Span]:
        """What a statement binds whose left side is the tree under ``root``."""
        program = self.program
        span = program.span(root)
        if program.operations[root] == NAME:
            return str(program.arguments[root]), None, span
        opening = TOKEN.match(self.text, span.start)
        assert opening is not None
        name = plain_name(opening[NAME_TOKEN]) if opening.lastindex == CALL else ""
        if not name or is_function(name):
            self.faults.append(complaints.cannot_assign(program, root, name))
            return "", None, span
        children = program.children(root)
        if root not in program.keywords and all(program.operations[child] == NAME for child in children):
            return name, tuple([str(program.arguments[child]) for child in children]), span
        self.faults.append(complaints.cannot_assign(program, root, ""))
        return name, tuple([f"a{place}" for place in range(1, len(children) + 1)]), span  # other names, but as many

    # -- a parenthesis that should have been closed on the line before --------------------------------------------------

    def begin_again(self) -> None:
        """Within open parentheses, ``=`` after a name that begins a line begins a statement there."""
        node = len(self.operations) - 1
        if self.operands[-1] != node or self.operations[node] != NAME or not self.begins_line(self.starts[node]):
            return
        name, start, stop = self.arguments[node], self.starts[node], self.stops[node]
        self.forget(node)
        self.operands.pop()
        self.wants = True
        if self.positions[-1] == start:  # it was taken for a factor of what stands before it
            self.operators.pop()
            self.positions.pop()
            self.gaps.forget(start)
            self.wants = False
        self.close_statement(self.text.rindex("\n", 0, start))
        self.open_statement(start)
        self.stand_in(start, stop)
        self.operations[-1], self.arguments[-1] = NAME, name
