"""Symbolic differentiation by SymPy: a tape as SymPy objects, their derivative, and back onto a tape for its value.

SymPy objects are built one row at a time, with real symbols and exact numbers, and never from text. Operations whose
derivative is 0 by convention (floor, sign, stop_gradient) are held constant while SymPy differentiates, so that neither
Dirac deltas nor undecided derivatives arise from them. The derivative is evaluated as a diffcli program in floats, so
that it follows the conventions of the table and its failures are explained like any other.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import sympy

from diffcli.errors import Diagnostic, DiffcliError, LimitError, error
from diffcli.language import parse
from diffcli.language.syntax import NAME, NUMBER, Program
from diffcli.language.writing.printer import number_text, shorten
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import point_of
from diffcli.methods.symbolic.text import Undecided, to_latex, to_program_text
from diffcli.operations import OPERATIONS
from diffcli.records import SymbolicDerivative
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import evaluate, run
from diffcli.tape.running.rules import FLOAT

Expression = Any
"""A SymPy expression; SymPy ships no types."""

LOST = 1e-6
"""The relative difference from the table's rules at which a form is said to lose its digits."""

_NAMED = {"pi": sympy.pi, "e": sympy.E, "tau": 2 * sympy.pi, "nan": sympy.nan}
_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": operator.pow,
}  # fmt: skip
_RELATIONS: dict[str, Callable[..., Any]] = {
    "lt": sympy.Lt, "le": sympy.Le, "gt": sympy.Gt,
    "ge": sympy.Ge, "eq": sympy.Eq, "ne": sympy.Ne,
}  # fmt: skip


class Builder:
    """SymPy objects for the rows of a tape, and for the definitions in the table."""

    def __init__(self) -> None:
        self.held: dict[Expression, Expression] = {}
        """Symbols that stand for what is held constant."""
        self.stored: dict[Expression, float] = {}
        """Symbols that stand for floats of the tape; see `read`."""

    def build(self, name: str, arguments: Sequence[Expression]) -> Expression:
        """The SymPy object of an operation."""
        row = OPERATIONS[name]
        if name in _RELATIONS:
            return _RELATIONS[name](*map(as_number, arguments))
        if name in ("and", "or", "not"):
            return {"and": sympy.And, "or": sympy.Or, "not": sympy.Not}[name](*map(as_condition, arguments))
        if name == "where":
            condition, then, otherwise = arguments
            return sympy.Piecewise((as_number(then), as_condition(condition)), (as_number(otherwise), True))
        numbers = [as_number(argument) for argument in arguments]
        if name == "abs" and not numbers[0].is_extended_real:
            # SymPy's derivative of Abs is in parts of complex numbers unless it can prove the operand real
            (u,) = numbers
            return sympy.Piecewise((u, u > 0), (-u, u < 0), (0, True))
        if name in _OPERATORS:
            return _OPERATORS[name](*numbers)
        if row.sympy:
            built = getattr(sympy, row.sympy)(*numbers)
        elif not row.definition:
            help = ["give custom_rule a definition in diffcli's language, or use --mode reverse"]
            raise LimitError([error("undecided-derivative", f"SymPy knows nothing of `{row.name}`", help=help)])
        else:
            built = self.define(row.definition, dict(zip(row.parameters, numbers, strict=False)))
        return self.hold(built) if row.flat or name == "stop_gradient" else built

    def hold(self, expression: Expression) -> Expression:
        """A symbol that is constant for every derivative, in place of an expression."""
        if not expression.free_symbols:
            return expression
        symbol = sympy.Dummy("held", real=True)
        self.held[symbol] = expression
        return symbol

    def release(self, expression: Expression) -> Expression:
        """An expression with everything held written out again."""
        while expression.free_symbols & self.held.keys():
            expression = expression.xreplace(self.held)
        return expression

    def store(self, value: float, number: int, taken: Sequence[str]) -> Expression:
        """A float of the tape, exactly: as a fraction if that is short, else as a symbol."""
        fraction = Fraction(value)
        if fraction.denominator < 1000 and abs(fraction.numerator) < 10**6:
            return sympy.Rational(fraction.numerator, fraction.denominator)
        name = f"stored{number}"
        while name in taken:
            name += "_"
        symbol = sympy.Symbol(name, positive=value > 0, negative=value < 0)
        self.stored[symbol] = value
        return symbol

    def define(self, text: str, names: dict[str, Expression]) -> Expression:
        """A definition of the table over SymPy operands."""
        program: Program = parse(text)
        built: list[Expression] = []
        bound = {statement.root: statement.name for statement in program.statements}
        for node, operation in enumerate(program.operations):
            if node - 1 in bound:
                names = {**names, bound[node - 1]: built[-1]}
            argument = program.arguments[node]
            if operation == NUMBER:
                built.append(exact(float(argument)))  # type: ignore[arg-type]
            elif operation == NAME:
                built.append(names[str(argument)] if argument in names else _NAMED[str(argument)])
            else:
                built.append(self.build(operation, [built[child] for child in program.children(node)]))
        return built[-1]

    def read(self, tape: Tape, stored: bool = False) -> tuple[Expression, list[Expression]]:
        """The result of a tape, and the symbols of its inputs.

        Numbers are what they say: 0.1 is 1/10, and pi is pi. Under ``stored`` they are what the tape holds; a float that
        is no short fraction is then a symbol of its own.
        """
        symbols = [sympy.Symbol(name, real=True) for name in tape.inputs]
        constants = [
            self.store(value, len(self.stored), tape.inputs) if stored
            else _NAMED[tape.constant_names[-1 - index]] if -1 - index in tape.constant_names else exact(value)
            for index, value in enumerate(tape.constants)
        ]  # fmt: skip
        built: list[Expression] = [*symbols, *[None] * len(tape.operations), *reversed(constants)]
        for slot in tape.rows():
            built[slot] = self.build(tape.operation(slot), [built[operand] for operand in tape.operands_of(slot)])
        return as_number(built[tape.output]), symbols


def exact(value: float) -> Expression:
    """A float as the number that its shortest decimal says: 0.1 is 1/10."""
    fraction = Fraction(repr(value))
    return sympy.Rational(fraction.numerator, fraction.denominator)


def as_number(expression: Expression) -> Expression:
    """A condition used as a number is 1 where it holds, else 0."""
    return sympy.Piecewise((1, expression), (0, True)) if _is_condition(expression) else expression


def as_condition(expression: Expression) -> Expression:
    """A number used as a condition holds where it is not 0."""
    return expression if _is_condition(expression) else sympy.Ne(expression, 0)


def _is_condition(expression: Expression) -> bool:
    return isinstance(expression, sympy.logic.boolalg.Boolean) and not isinstance(expression, sympy.Symbol)


def differentiate(
    problem: Problem,
    keep: Callable[[SymbolicDerivative], None],
    notes: list[Diagnostic],
    most_nodes: int,
    simplify: bool,
    progress: Callable[[str], None],
) -> None:
    """SymPy's partial derivatives, one a variable, handed to ``keep`` as they are done.

    A limit that strikes while a derivative is simplified leaves the unsimplified one, with a note.

    Raises
    ------
    LimitError
        A limit struck before a derivative was known, or the expression is too deep or too large for SymPy.
    """
    builder = Builder()
    bent = any(note.severity == "warning" for note in notes)
    with sympy_limits("reverse"):
        expression, symbols = builder.read(problem.tape)
        for position, name in enumerate(problem.wrt, 1):
            progress(f"SymPy differentiates along {name} ({position} of {len(problem.wrt)})")
            symbol = symbols[problem.input_slot(name)]
            raw = builder.release(sympy.diff(expression, symbol))
            progress(f"SymPy simplifies the derivative along {name} ({position} of {len(problem.wrt)})")
            simplified = simplest(raw, notes) if simplify else None
            simplify = simplify and simplified is not None  # what took too long once will do so again
            text = to_program_text(raw, most_nodes, problem.at)
            short = to_program_text(simplified, most_nodes, problem.at) if simplified is not None else None
            value = _value(problem, name, text, notes, bent)
            keep(SymbolicDerivative(name, text, short, to_latex(raw if simplified is None else simplified), value))


@contextmanager
def sympy_limits(instead: str) -> Iterator[None]:
    """What SymPy cannot do, as a `LimitError` that names the mode to use instead."""
    try:
        yield
    except RecursionError:
        help = [f"use --mode {instead}, which has no such limit"]
        raise LimitError([error("too-many-nodes", "the expression is nested too deeply for SymPy", help=help)]) from None
    except Undecided as undecided:
        message = f"SymPy leaves a derivative undecided: {undecided}"
        raise LimitError([error("undecided-derivative", message, help=[f"use --mode {instead}"])]) from None
    except (TypeError, ValueError, NotImplementedError, ZeroDivisionError) as failure:
        # SymPy refuses some objects outright, such as a comparison with an infinity of its own
        message = f"SymPy cannot differentiate this: {failure}"
        raise LimitError([error("undecided-derivative", message, help=[f"use --mode {instead}"])]) from None


def simplest(raw: Expression, notes: list[Diagnostic]) -> Expression | None:
    """An expression simplified; None, with a note, where that fails or is stopped."""
    kept = "the derivative is exact, but not simplified"
    try:
        return sympy.simplify(raw)
    except LimitError as limit:
        notes.append(limit.diagnostics[0]._replace(severity="warning", notes=(kept,)))
    except KeyboardInterrupt:
        notes.append(Diagnostic("interrupted", "warning", "interrupted", notes=(kept,)))
    except RecursionError:
        raise
    except Exception as failure:  # SymPy's simplify can fail in ways of its own; the derivative stands without it
        message = f"SymPy could not simplify the derivative ({type(failure).__name__})"
        notes.append(Diagnostic("not-simplified", "note", message))
    return None


def _value(problem: Problem, variable: str, text: str, notes: list[Diagnostic], bent: bool) -> float:
    """The value of a derivative's text at the point, with a warning where SymPy's form has none or loses its digits.

    At a kink (``bent``) the form may well follow another rule than the table, and is not compared.
    """
    value = text_value(problem, variable, text, notes)
    problems = ""
    exact = problem.adjoints[problem.input_slot(variable)] or 0.0
    if math.isnan(value):
        problems = "has no value" if math.isfinite(exact) else ""
    elif not bent and math.isfinite(exact) and abs(value - exact) > LOST * max(abs(value), abs(exact)):
        problems = "loses its digits"
    if problems:
        message = f"SymPy's form of the derivative by `{variable}` {problems} at this point"
        rule = f"by the rules of the table it is {number_text(exact + 0.0)} (--mode reverse)"
        notes.append(Diagnostic("symbolic-form", "warning", message, notes=(f"its form: {shorten(text)}", rule)))
    return value


def text_value(problem: Problem, variable: str, text: str, notes: list[Diagnostic]) -> float:
    """The value of a derivative's text at the point, in the arithmetic of the rules, where a quotient by 0 is its limit."""
    try:
        program = parse(text, f"SymPy's derivative by {variable}")
        at = point_of(problem)  # it speaks of x[0], an element of x
        given = {name: value for name, value in at.items() if name in program.inputs or name in program.constants}
        derivative = Problem(program, given)
    except DiffcliError as fault:  # a name of the user's that cannot stand in a text
        notes.extend(found._replace(severity="warning") for found in fault.diagnostics)
        return math.nan
    tape = derivative.tape
    if tape.shapes is None:
        return float(run(tape, derivative.point, list(map(FLOAT.value, tape.operations)))[tape.output])
    tape.derived_from = tape.first_row
    return float(evaluate(tape, derivative.point)[tape.output])
