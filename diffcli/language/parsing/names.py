"""What each name of a program stands for: a parameter, something bound, a constant, or an input."""

from __future__ import annotations

from collections.abc import Set

from diffcli.errors import Diagnostic, Span
from diffcli.language.complaints.lazy import array_complaints, complaints
from diffcli.language.complaints.suggestions import Gaps
from diffcli.language.syntax import NAME, Program, Statement
from diffcli.operations import ARRAY_FUNCTIONS, CONSTANTS, FUNCTION_NAMES, REDUCED, Operation, find_function, is_function

MOST_SEARCHES = 100
"""How many unknown functions are looked for among those that look like them."""


def call_forms(name: str, row: Operation) -> list[str]:
    """How a function of the table is called, as text: ``elu(a)`` and ``elu(a, b)``; ``max(a, b, c)``, for any number."""
    least, most = (3, 3) if row.variadic else row.arity
    letters = ("a", "b", "c") if row.variadic else row.parameters
    return [f"{name}({', '.join(letters[:count])})" for count in range(least, (most or least) + 1)]


def _forms(name: str, reduced: bool) -> list[str]:
    """How a function of the language is called; ``reduced``: with keywords, so that ``max`` is the one of an array."""
    rows = find_function(name)
    row = next((REDUCED[row.name] for row in rows if row.name in REDUCED), "") if reduced else ""
    if row or not rows:
        return array_complaints.array_forms(name, row or ARRAY_FUNCTIONS[name])
    return [form for row in rows for form in call_forms(name, row)]


class _Scope:
    """What is known so far, statement by statement."""

    def __init__(self, program: Program) -> None:
        self.bound: dict[str, Span] = {}
        self.functions: dict[str, Statement] = {}
        self.free: dict[str, int] = {}
        """Names that nothing has bound, with the node of their first use."""
        self.later = {statement.name: statement for statement in reversed(program.statements) if statement.parameters is not None}
        """The functions of the whole program."""
        self.unknown: dict[str, tuple[str, ...]] = {}
        """What is told to write in place of functions that are not there; the search is slow."""


def resolve_names(program: Program, faults: list[Diagnostic], gaps: Gaps, doubtful: Set[int]) -> None:
    """Fill ``program.free``; complain of names that cannot be.

    A call of something that is plainly a variable, such as ``x(1 - x)``, is a product without its sign: it is added to
    ``gaps``, and so is what was taken there for a function but is a name that the program binds. Nothing is said about the
    number of arguments of calls that are ``doubtful``.
    """
    scope = _Scope(program)
    callees = list(program.callees)
    reached = 0
    operations, arguments, bound, free = program.operations, program.arguments, scope.bound, scope.free
    for statement in program.statements:
        parameters = frozenset(statement.parameters or ())
        for node in range(statement.first, statement.root + 1):
            if operations[node] == NAME and arguments[node] not in bound and arguments[node] not in parameters:
                free.setdefault(str(arguments[node]), node)
        while reached < len(callees) and callees[reached] <= statement.root:
            fault = _check_call(program, statement, callees[reached], scope, gaps)
            if fault and not (fault.code == "wrong-number-of-arguments" and callees[reached] in doubtful):
                faults.append(fault)
            reached += 1
        if statement.name:
            _bind(program, statement, scope, faults)
    if program.statements and program.result.parameters is not None:
        faults.append(complaints.no_result(program))
    program.free = list(free)
    if gaps.applications:
        text = program.source.text
        variables = {gap for gap in gaps.applications if text[gap[0].start : gap[0].stop] in bound}
        gaps.products += [Span(name.stop, operand) for name, operand in variables]
        gaps.applications = [gap for gap in gaps.applications if gap not in variables]


def _bind(program: Program, statement: Statement, scope: _Scope, faults: list[Diagnostic]) -> None:
    name, span = statement.name, statement.name_span
    if name in scope.bound:
        faults.append(complaints.duplicate_name(program, span, scope.bound[name], name))
    elif name in scope.functions:
        faults.append(complaints.duplicate_name(program, span, scope.functions[name].name_span, name))
    elif name in scope.free and statement.parameters is None:
        node = scope.free[name]
        if statement.first <= node <= statement.root:
            faults.append(complaints.bound_by_itself(program, program.span(node), name))
        else:
            faults.append(complaints.used_before_bound(program, program.span(node), span, name))
    if statement.parameters is None:
        scope.bound.setdefault(name, span)
        return
    scope.functions.setdefault(name, statement)
    seen: set[str] = set()
    for parameter in statement.parameters:
        if parameter in seen:
            faults.append(complaints.duplicate_parameter(program, span, parameter))
            break
        seen.add(parameter)


def _check_call(program: Program, statement: Statement, node: int, scope: _Scope, gaps: Gaps) -> Diagnostic | None:
    """A call of something that is not, or not with so many arguments, a function of the table."""
    name, span = program.callees[node], program.called[node]
    keywords = program.keywords.get(node, ())
    count = len(program.children(node)) - len(keywords)
    defined = scope.functions.get(name)
    if defined is not None and defined.parameters is not None:
        form = f"{name}({', '.join(defined.parameters)})"
        if keywords:
            return array_complaints.no_keywords(program, node, form)
        return None if len(defined.parameters) == count else complaints.wrong_arity(program, node, [form])
    if name == statement.name and statement.parameters is not None:
        return complaints.recursive(program, node)
    if is_function(name):
        return complaints.wrong_arity(program, node, _forms(name, bool(keywords)))
    if name in scope.later:
        return complaints.used_before_bound(program, span, scope.later[name].name_span, name)
    if count == 1 and not keywords and _looks_like_a_variable(name, statement, scope):
        gaps.products.append(Span(span.stop, program.source.text.index("(", span.stop)))
        return None
    if name not in scope.unknown:
        searched = [*scope.functions, *FUNCTION_NAMES, *ARRAY_FUNCTIONS] if len(scope.unknown) < MOST_SEARCHES else ()
        scope.unknown[name] = complaints.did_you_mean(name, searched)
    return complaints.unknown_function(program, node, scope.unknown[name])


def _looks_like_a_variable(name: str, statement: Statement, scope: _Scope) -> bool:
    known = name in scope.bound or name in scope.free or name in (statement.parameters or ())
    return known or name in CONSTANTS or name.rstrip("0123456789") in set("xyztuvwabcdkmnpqrs")
