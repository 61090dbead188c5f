"""Calls: the arguments of a function, its keywords, and the row of the table that it means."""

from __future__ import annotations

from diffcli.errors import Source, Span
from diffcli.language.complaints.lazy import array_complaints, complaints
from diffcli.language.complaints.suggestions import Reads, raised
from diffcli.language.parsing.leaves import Leaves
from diffcli.language.parsing.tokens import split_superscripts
from diffcli.language.syntax import CALL, NAME, Branches
from diffcli.operations import ARRAY_FUNCTIONS, ARRAY_SIGNATURES, REDUCED, find_function, is_function

KEYWORDS = frozenset(keyword for *_, keywords in ARRAY_SIGNATURES.values() for keyword in keywords)
"""Every keyword that some function of the language takes."""


class Keyword:
    """``name=`` before an argument."""

    __slots__ = ("name", "span", "place")

    def __init__(self, name: str, span: Span, place: int) -> None:
        self.name = name
        self.span = span
        self.place = place
        """How many arguments stand before that one."""


class Call:
    """A call whose parenthesis is open."""

    __slots__ = ("name", "start", "name_stop", "base", "firsts", "keywords", "doubtful")

    def __init__(self, name: str, start: int, base: int, first: int) -> None:
        self.name = name
        self.start = start
        self.name_stop = start + len(name)
        self.base = base
        """How many operands were waiting when it opened."""
        self.firsts = [first]
        """The first node of each argument so far."""
        self.keywords: list[Keyword] | None = None
        self.doubtful = False
        """Whether its text is wrong, so that nothing can be said about how many arguments it has."""


class Calls(Leaves):
    """The part of the parser that reads calls."""

    __slots__ = ("firsts", "calls", "pending", "functions", "doubtful")

    def __init__(self, source: Source, reads: Reads) -> None:
        super().__init__(source, reads)
        self.firsts: list[int] = []
        """For each open frame, the first node of the argument being read."""
        self.calls: list[Call] = []
        self.pending: tuple[str, int] | None = None
        """A name before a parenthesis, and where it stands."""
        self.functions: dict[tuple[str, int], str] = {}
        """The row of a table that a name with so many arguments means, or ``call``."""
        self.doubtful: set[int] = set()
        """Nodes of calls whose text is wrong."""

    def close_call(self, stop: int) -> None:
        call = self.calls.pop()
        arguments = tuple(self.operands[call.base :])
        del self.operands[call.base :]
        if not call.name.isascii():
            self.unusual_call(call, stop)
        if call.keywords:
            operation, arguments = self.with_keywords(call, call.keywords, arguments)
        else:
            key = call.name, len(arguments)
            found = self.functions.get(key)
            if found is None:
                found = self.functions[key] = self.find_operation(*key)
            operation = found
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
        if len(parts) == 1 and parts[0][1] and is_function(parts[0][0]):
            base, exponent = parts[0]
            text = raised(f"{base}{self.text[call.name_stop : stop]}", exponent)
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
                return REDUCED.get(row.name, row.name) if count == 1 else row.name
        return self.fitting(ARRAY_FUNCTIONS.get(name, ""), count)

    def fitting(self, row: str, count: int) -> str:
        """The row of an array function if it takes so many arguments, else ``call``."""
        least, most, _ = ARRAY_SIGNATURES.get(row, (count + 1, 0, ()))
        return row if least <= count and (most is None or count <= most) else CALL

    # -- keywords: sum(x, axis=0) ---------------------------------------------------------------------------------------

    def keyword(self) -> bool:
        """Whether what stands before ``=`` is a keyword of the innermost call; it is taken back as a name if so."""
        node = len(self.operations) - 1
        plain = self.operations[node] == NAME and self.text[self.starts[node]] != "("
        if self.operators[-1][1] != "call" or not plain or self.firsts[-1] != node:
            return False
        name = str(self.arguments[node])
        if name not in KEYWORDS and self.begins_line(self.starts[node]):
            return False  # the parenthesis should have been closed on the line before
        call = self.calls[-1]
        self.operands.pop()
        call.keywords = call.keywords or []
        call.keywords.append(Keyword(name, self.program.span(node), len(self.operands) - call.base))
        self.forget(node)
        return True

    def with_keywords(self, call: Call, keywords: list[Keyword], arguments: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        """The row that a call with keywords means, and its arguments with the values of the keywords last."""
        values = {keyword.place: keyword.name for keyword in keywords}
        first = len(arguments) - len(values)
        given = tuple([argument for place, argument in enumerate(arguments) if place not in values])
        rows = [REDUCED[row.name] for row in find_function(call.name) if row.name in REDUCED]
        row = rows[0] if rows else ARRAY_FUNCTIONS.get(call.name, "")
        faults = [
            *array_complaints.misplaced_keywords(self.program, keywords, arguments),
            *array_complaints.repeated_keywords(self.source, keywords),
        ]
        if is_function(call.name):
            known = ARRAY_SIGNATURES[row][2] if row else ()
            faults += array_complaints.unknown_keywords(self.source, call.name, keywords, known)
        if faults:
            self.faults += faults
            call.doubtful = True
            return self.find_operation(call.name, len(given)), given
        self.program.keywords[len(self.operations)] = tuple(values.values())
        return self.fitting(row, first), arguments

    # -- what statements know -------------------------------------------------------------------------------------------

    def begins_line(self, position: int) -> bool:
        """Whether only blanks stand before it on its line, which is not the first."""
        while position and self.text[position - 1] != "\n":
            position -= 1
            if not self.text[position].isspace():
                return False
        return position > 0

    def forget(self, first: int) -> None:
        """Take nodes back, from ``first`` on."""
        program = self.program
        for column in (program.operations, program.arguments, program.starts, program.stops):
            del column[first:]
        for table in (program.callees, program.called, program.branches, program.keys, program.keywords):
            while table and next(reversed(table)) >= first:
                table.popitem()
