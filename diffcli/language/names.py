"""What each name of a program stands for: a parameter, something bound, a constant, or an input."""

from __future__ import annotations

from diffcli.errors import Diagnostic, Span
from diffcli.language import complaints
from diffcli.language.syntax import NAME, Program, Statement
from diffcli.operations import CONSTANTS, Operation, find_function


def signature(row: Operation) -> str:
    """How a function of the table is called, as text: ``leaky_relu(a, b=0.01)``."""
    return f"{row.spelling}({', '.join(row.operands)})"


class _Scope:
    """What is known so far, statement by statement."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.functions: dict[str, Statement] = {}
        self.free: dict[str, int] = {}
        """Names that nothing has bound, with the node of their first use."""


def resolve_names(program: Program, faults: list[Diagnostic], products: list[int]) -> None:
    """Fill ``program.inputs`` and ``program.constants``; complain of names that cannot be.

    A call of something that is plainly a variable, such as ``x(1 - x)``, is a product without its sign: the position of
    its parenthesis is added to ``products``.
    """
    scope = _Scope()
    callees = sorted(program.callees.items())
    later = {statement.name for statement in program.statements if statement.parameters is not None}
    reached = 0
    for statement in program.statements:
        uses = _names_used(program, statement)
        for name, node in uses.items():
            if name not in scope.bound and name not in (statement.parameters or ()):
                scope.free.setdefault(name, node)
        while reached < len(callees) and callees[reached][0] <= statement.root:
            _check_call(program, statement, callees[reached][0], scope, later, uses, faults, products)
            reached += 1
        if statement.name:
            _bind(program, statement, scope, faults)
    if program.statements and program.result.parameters is not None:
        faults.append(complaints.no_result(program))
    program.inputs = [name for name in scope.free if name not in CONSTANTS]
    program.constants = [name for name in scope.free if name in CONSTANTS]


def _names_used(program: Program, statement: Statement) -> dict[str, int]:
    """The names in a statement, in order of appearance, with the node of their first use."""
    nodes = range(statement.first, statement.root + 1)
    operations, arguments = program.operations, program.arguments
    backwards = {arguments[node]: node for node in reversed(nodes) if operations[node] == NAME}
    return {str(name): backwards[name] for name in sorted(backwards, key=backwards.__getitem__)}


def _bind(program: Program, statement: Statement, scope: _Scope, faults: list[Diagnostic]) -> None:
    name, span = statement.name, statement.name_span
    if name in scope.bound or name in scope.functions:
        faults.append(complaints.duplicate_name(program, span, name))
    elif name in scope.free and statement.parameters is None:
        faults.append(complaints.used_before_bound(program, program.span(scope.free[name]), name))
    if statement.parameters is None:
        scope.bound.add(name)
        return
    scope.functions[name] = statement
    for parameter in set(statement.parameters):
        if statement.parameters.count(parameter) > 1:
            faults.append(complaints.duplicate_name(program, span, parameter))


def _check_call(
    program: Program,
    statement: Statement,
    node: int,
    scope: _Scope,
    later: set[str],
    uses: dict[str, int],
    faults: list[Diagnostic],
    products: list[int],
) -> None:
    """A call of something that is not, or not with so many arguments, a function of the table."""
    name = program.callees[node]
    count = len(program.children(node))
    defined = scope.functions.get(name)
    if defined is not None and defined.parameters is not None:
        if len(defined.parameters) != count:
            faults.append(complaints.wrong_arity(program, node, name, f"{name}({', '.join(defined.parameters)})"))
    elif name == statement.name:
        faults.append(complaints.recursive(program, node, name))
    elif rows := find_function(name):
        faults.append(complaints.wrong_arity(program, node, name, " or ".join(map(signature, rows))))
    elif name in later:
        start = program.starts[node]
        faults.append(complaints.used_before_bound(program, Span(start, start + len(name)), name))
    elif count == 1 and _looks_like_a_variable(name, statement, scope, uses):
        products.append(program.source.text.index("(", program.starts[node]))
    else:
        faults.append(complaints.unknown_function(program, node, scope.functions))


def _looks_like_a_variable(name: str, statement: Statement, scope: _Scope, uses: dict[str, int]) -> bool:
    known = name in uses or name in scope.bound or name in scope.free or name in (statement.parameters or ())
    return known or name in CONSTANTS or name.rstrip("0123456789") in "xyztuvwabcdkmnpqrs"
