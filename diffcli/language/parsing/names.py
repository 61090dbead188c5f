"""What each name of a program stands for: a function, a parameter, something bound, a constant, or an input."""

from __future__ import annotations

from collections.abc import Collection

from diffcli.errors import Span, did_you_mean
from diffcli.language.parsing.mistakes import Mistakes
from diffcli.language.parsing.tokens import FACTORS
from diffcli.language.syntax import CALL, NAME, Program, Statement
from diffcli.operations import (
    ARRAY_FUNCTIONS,
    ARRAY_NAMES,
    ARRAY_SIGNATURES,
    CONSTANTS,
    FUNCTION_NAMES,
    REDUCED,
    find_function,
    is_function,
)

MOST_SEARCHES = 100
"""How many unknown functions are looked for among those that look like them."""


class Functions:
    """The functions of the language: which row of a table a call means."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], str] = {}
        """The rows that have been found."""

    def find(self, name: str, count: int) -> str:
        """The row of a name with so many arguments, or ``call`` where none takes so many."""
        found = self.known.get((name, count)) or self.search(name, count)
        if found != CALL:  # or what is no function would be kept for ever
            self.known[name, count] = found
        return found

    def search(self, name: str, count: int) -> str:
        for row in find_function(name):
            least, most = row.arity
            if least <= count and (most is None or count <= most):
                return REDUCED.get(row.name, row.name) if count == 1 else row.name
        return self.fitting(ARRAY_FUNCTIONS.get(name, ""), count)

    def fitting(self, row: str, count: int) -> str:
        """The row of an array function if it takes so many arguments, else ``call``."""
        least, most, _ = ARRAY_SIGNATURES.get(row, (count + 1, 0, ()))
        return row if least <= count and (most is None or count <= most) else CALL

    def reduction(self, name: str, keywords: Collection[str]) -> tuple[str, Collection[str]]:
        """The row that a name with keywords means, and the keywords that it takes; any, if it is no function."""
        rows = [REDUCED[row.name] for row in find_function(name) if row.name in REDUCED]
        row = rows[0] if rows else ARRAY_FUNCTIONS.get(name, "")
        return row, ARRAY_SIGNATURES[row][2] if row else () if is_function(name) else keywords


FUNCTIONS = Functions()
"""Those that everyone may call."""


class _Scope:
    """What is known so far, statement by statement."""

    def __init__(self, program: Program, mistakes: Mistakes) -> None:
        self.program = program
        self.mistakes = mistakes
        self.bound: dict[str, Statement] = {}
        self.functions: dict[str, Statement] = {}
        self.free: dict[str, int] = {}
        """Names that nothing has bound, with the node of their first use."""
        self.later = {statement.name: statement for statement in reversed(program.statements) if statement.parameters is not None}
        """The functions of the whole program."""
        self.unknown: dict[str, tuple[str, ...]] = {}
        """The suggestions for functions that do not exist; the search is slow."""

    def bind(self, statement: Statement) -> None:
        name, span, parameters = statement.name, statement.name_span, statement.parameters
        if first := self.bound.get(name) or self.functions.get(name):
            self.mistakes.complain.of("twice", span, first.name_span, name=name)
        elif name in self.free and parameters is None:
            used = self.program.span(self.free[name])
            itself = statement.first <= self.free[name] <= statement.root
            self.mistakes.complain.of(*("by itself", used) if itself else ("used before", used, span), name=name)
        (self.bound if parameters is None else self.functions).setdefault(name, statement)
        again = next((each for place, each in enumerate(parameters or ()) if each in parameters[:place]), None)  # type: ignore[index]
        if again is not None:
            self.mistakes.complain.of("parameters", span, name=again)

    def check_call(self, statement: Statement, node: int) -> None:
        """A call of something that is not, or not with so many arguments, a function of the table."""
        program, mistakes = self.program, self.mistakes
        name, span = program.callees[node], program.called[node]
        keywords = program.keywords.get(node, ())
        count = len(program.children(node)) - len(keywords)
        defined = self.functions.get(name)
        if defined is not None and defined.parameters is not None:
            if keywords or len(defined.parameters) != count:
                mistakes.complain.arguments(node, defined.parameters, node in mistakes.doubtful)
        elif name == statement.name and statement.parameters is not None:
            mistakes.complain.recursive(node)
        elif is_function(name):
            mistakes.complain.arguments(node, None, node in mistakes.doubtful)
        elif name in self.later:
            mistakes.complain.of("used before", span, self.later[name].name_span, name=name)
        elif count == 1 and not keywords and (
            name in self.bound or name in self.free or name in (statement.parameters or ()) or name in CONSTANTS
            or name.rstrip("0123456789") in [*FACTORS]
        ):  # fmt: skip
            mistakes.products.append(Span(span.stop, program.source.text.index("(", span.stop)))
        else:
            if name not in self.unknown:
                searched = [*self.functions, *FUNCTION_NAMES, *ARRAY_NAMES] if len(self.unknown) < MOST_SEARCHES else []
                self.unknown[name] = did_you_mean(name, searched, 1)
            mistakes.complain.unknown_function(node, self.unknown[name])


def resolve_names(program: Program, mistakes: Mistakes) -> None:
    """Fill ``program.free``; complain of names that cannot be.

    A call of something that is plainly a variable, such as ``x(1 - x)``, is a product without its sign, and so is what was
    taken for the application of a function but is a name that the program binds.
    """
    scope = _Scope(program, mistakes)
    callees = list(program.callees)
    reached = 0
    operations, arguments, bound, free = program.operations, program.arguments, scope.bound, scope.free
    for statement in program.statements:
        parameters = frozenset(statement.parameters or ())
        for node in range(statement.first, statement.root + 1):
            if operations[node] == NAME and arguments[node] not in bound and arguments[node] not in parameters:
                free.setdefault(str(arguments[node]), node)
        while reached < len(callees) and callees[reached] <= statement.root:
            scope.check_call(statement, callees[reached])
            reached += 1
        if statement.name:
            scope.bind(statement)
    for node in program.keys:  # Sin[x]
        base, *entries = program.children(node)
        name = str(arguments[base])
        if operations[base] == NAME and name in free and not name.islower() and is_function(name.lower()) and entries:
            mistakes.complain.of("indexed", program.span(base), name=name, written=name.lower())
    for name in scope.functions.keys() & free.keys():
        mistakes.complain.of("not applied", program.span(free[name]), name=name, call=scope.functions[name].call)
    if program.statements and program.result.parameters is not None:
        mistakes.complain.of("only defined", program.result.name_span, call=program.result.call)
    program.free = list(free)
    if mistakes.applications:
        text = program.source.text
        variables = {gap for gap in mistakes.applications if text[gap[0].start : gap[0].stop] in bound}
        mistakes.products += [Span(name.stop, operand) for name, operand in variables]
        mistakes.applications = [gap for gap in mistakes.applications if gap not in variables]
