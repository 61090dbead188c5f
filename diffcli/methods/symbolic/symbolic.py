"""Symbolic differentiation by SymPy: a tape as SymPy objects, their derivative, and back onto a tape for its value.

SymPy objects are built one row at a time, with real symbols and exact numbers, and never from text. Operations whose
derivative is 0 by convention (floor, sign, stop_gradient) are held constant while SymPy differentiates, so that neither
Dirac deltas nor undecided derivatives arise from them. The derivative is evaluated as a diffcli program in floats, so
that it follows the conventions of the table and its failures are explained like any other.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import sympy

from diffcli.errors import Diagnostic, DiffcliError, LimitError, error
from diffcli.language import parse
from diffcli.language.syntax import COMPARISON
from diffcli.language.writing.printer import number_text, shorten
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.scalarise import point_of, scalarised
from diffcli.methods.symbolic.simplification import Simplifier
from diffcli.methods.symbolic.text import Expression, Undecided, is_nowhere, require_digits, to_latex, to_program_text
from diffcli.methods.symbolic.unasked import STEPS, operation
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.precise import CONSTANTS
from diffcli.records import SymbolicDerivative
from diffcli.tape import Tape
from diffcli.tape.lowering import MOST_ROWS, lower
from diffcli.tape.running.evaluation import evaluate, replay
from diffcli.tape.running.precise import precise_value, with_exact_constants
from diffcli.tape.running.rules import fold

LOST = 1e-6
"""The relative difference from the table's rules at which a form loses its digits."""

INSTEAD = {1: "grad --mode reverse", 2: "hessian --mode auto"}
"""What has the derivatives of an order at a point without SymPy."""

REFUSALS = (RecursionError, Undecided, TypeError, ValueError, NotImplementedError, ArithmeticError)
"""What SymPy raises where it cannot do something, such as comparing with an infinity of its own."""

_NAMED = {"pi": sympy.pi, "e": sympy.E, "tau": 2 * sympy.pi, "nan": sympy.nan}
_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": operator.pow,
}  # fmt: skip


class SympyBuilder:
    """SymPy objects for the rows of a tape, and for the definitions in the table."""

    def __init__(self) -> None:
        self.held: dict[Expression, Expression] = {}
        """Symbols that stand for what is held constant."""
        self.stored: dict[Expression, float] = {}
        """Symbols that stand for floats of the tape; see `read`."""

    def build(self, name: str, arguments: Sequence[Expression]) -> Expression:
        """The SymPy object of an operation."""
        row = OPERATIONS[name]
        if 0 < row.precedence <= COMPARISON:
            return getattr(sympy, row.sympy)(*map(as_number if row.precedence == COMPARISON else as_condition, arguments))
        if name == "where":
            condition, then, otherwise = arguments
            return sympy.Piecewise((as_number(then), as_condition(condition)), (as_number(otherwise), True))
        numbers = [as_number(argument) for argument in arguments]
        if name == "abs" and not numbers[0].is_extended_real:
            # SymPy's derivative of Abs is in parts of complex numbers unless it can prove the operand real
            (u,) = numbers
            return sympy.Piecewise((u, u > 0), (-u, u < 0), (0, True))
        if name == "pow" and all(number.is_Rational for number in numbers):
            require_digits(*numbers)
        if name in _OPERATORS:
            return _OPERATORS[name](*numbers)
        if row.sympy:
            built = operation(row.sympy, numbers)
        elif not row.definition:
            help = [f"give custom_rule a definition in diffcli's language, or use {INSTEAD[1]}"]
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

    def store(self, value: float, taken: Sequence[str]) -> Expression:
        """A float of the tape, exactly: as a fraction if that is short, else as a symbol."""
        if not math.isfinite(value):
            return exact(value)
        fraction = Fraction(value)
        if fraction.denominator < 1000 and abs(fraction.numerator) < 10**6:
            return sympy.Rational(fraction.numerator, fraction.denominator)
        name = f"stored{len(self.stored)}"
        while name in taken:
            name += "_"
        symbol = sympy.Symbol(name, positive=value > 0, negative=value < 0)
        self.stored[symbol] = value
        return symbol

    def define(self, text: str, names: dict[str, Expression]) -> Expression:
        """A definition of the table over SymPy operands."""

        def leaf(argument: str | float) -> Expression:
            if not isinstance(argument, str):
                return exact(argument)
            return names[argument] if argument in names else _NAMED[argument]

        return fold(parse(text), leaf, lambda name, operands, _: self.build(name, operands))

    def read(self, tape: Tape, stored: bool = False) -> tuple[Expression, list[Expression]]:
        """The result of a tape, and the symbols of its inputs.

        Numbers are what they say: 0.1 is 1/10, and pi is pi. Under ``stored`` they are what the tape holds; a float that
        is no short fraction is then a symbol of its own.
        """

        def constant(name: str, value: float) -> Expression:
            return self.store(value, tape.inputs) if stored else constant_of(name, value)

        symbols = [sympy.Symbol(name, real=True) for name in tape.inputs]
        return as_number(replay(tape, symbols, constant, self.build)[tape.output]), symbols

    def differentiate(self, tape: Tape, variable: str, stored: bool = False) -> Expression:
        """The derivative of the result of a tape along an input; ``stored`` as in `read`."""
        expression, symbols = self.read(tape, stored)
        return self.release(sympy.diff(expression, symbols[tape.inputs.index(variable)]))


def constant_of(name: str, value: float) -> Expression:
    """A constant of a tape as the number that it says, by its name if it has one."""
    return _NAMED[name] if name else exact(value)


def exact(value: float) -> Expression:
    """A float as the number that its shortest decimal says: 0.1 is 1/10."""
    if not math.isfinite(value):
        return sympy.Float(value)
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


@contextmanager
def sympy_limits(order: int) -> Iterator[None]:
    """What SymPy cannot do, as a `LimitError` that names what has derivatives of the order without it."""
    help = [f"use {INSTEAD[order]}"] if order in INSTEAD else []
    try:
        yield
    except RecursionError:
        raise LimitError([error("too-many-nodes", "the expression is nested too deeply for SymPy", help=help)]) from None
    except REFUSALS as failure:
        undecided = isinstance(failure, Undecided)
        message = f"SymPy {'leaves a derivative undecided' if undecided else 'cannot differentiate this'}: {failure}"
        raise LimitError([error("undecided-derivative", message, help=help)]) from None


def described(
    problem: Problem,
    variables: Sequence[str],
    raw: Expression,
    by_rules: float,
    most_nodes: int,
    simplifier: Simplifier,
    bent: bool = False,
) -> SymbolicDerivative:
    """A derivative as texts; and at a point with its value, and a warning where SymPy's form has none there.

    The same where the form loses the digits of ``by_rules``, the derivative by the rules of the table; but not at a kink
    (``bent``), where the form may well follow another rule.
    """
    times = [(variable, 1) for variable in variables] if len(variables) < 3 else Counter(variables).items()
    by = " and ".join(f"`{variable}`" + f" {count} times" * (count > 1) for variable, count in times)
    notes = simplifier.notes
    text = to_program_text(raw, most_nodes, problem.tape.inputs)
    simplified = simplifier.simplest(raw, by)
    latex = to_latex(raw if simplified is None else simplified)
    short = None if simplified is None else to_program_text(simplified, most_nodes, problem.tape.inputs)
    if short is not None and len(short) > len(text):
        simplified, short = raw, text
    if not problem.known:
        if is_nowhere(raw):
            notes.append(Diagnostic("symbolic-form", "warning", f"SymPy's derivative by {by} has no value anywhere"))
        return SymbolicDerivative(variables[-1], text, short, latex, math.nan)
    value = _text_value(problem, by, text, notes)
    rule = "by the rules of the table"
    if len(variables) > 2:
        rule = "worked out with 50 digits"
        by_rules = _exact_value(problem, by, text)
    if math.isnan(value) and math.isfinite(by_rules):
        text = to_program_text(lazily(raw), most_nodes, problem.at)
        value = _text_value(problem, by, text, notes)
    fault = ""
    if math.isfinite(by_rules) and math.isnan(value):
        fault = "has no value"
    elif math.isfinite(by_rules) and not bent and not abs(value - by_rules) <= LOST * max(abs(value), abs(by_rules)) < math.inf:
        exact = _exact_value(problem, by, text)
        fault = "" if abs(value - exact) <= LOST * abs(exact) else "loses its digits"
    if fault:
        kind = "second derivative" if len(variables) == 2 else "derivative"
        message = f"SymPy's form of the {kind} by {by} {fault} at this point"
        rule = f"{rule} it is {number_text(by_rules + 0.0)}" + f" ({INSTEAD.get(len(variables))})" * (len(variables) in INSTEAD)
        notes.append(Diagnostic("symbolic-form", "warning", message, notes=(f"its form: {shorten(text)}", rule)))
    return SymbolicDerivative(variables[-1], text, short, latex, value)


def lazily(expression: Expression) -> Expression:
    """The same with products as the branches of their choices, of which one that is 0 meets no infinity in the other factors."""

    def chosen(product: Expression) -> Expression:
        factors = sympy.Mul.make_args(product)
        for position, factor in enumerate(factors):
            rest = sympy.Mul(*factors[:position], *factors[position + 1 :])
            if isinstance(factor, STEPS):  # of max and min
                return sympy.Piecewise((0, factor.args[0] < 0), (product, True), evaluate=False)
            if isinstance(factor, sympy.Piecewise) and any(value == 0 for value, _ in factor.args):
                pairs = [(value if value == 0 else chosen(value * rest), condition) for value, condition in factor.args]
                return sympy.Piecewise(*pairs, evaluate=False)
        return product

    return expression.replace(lambda part: part.is_Mul, chosen)


def _text_value(problem: Problem, variable: str, text: str, notes: list[Diagnostic]) -> float:
    """The value of a derivative's text at the point, in the arithmetic of the rules, where a quotient by 0 is its limit."""
    derivative = _text_problem(problem, variable, text, notes)
    if derivative is None:
        return math.nan
    tape = derivative.tape
    return float(evaluate(tape.copy(derived_from=tape.first_row), derivative.point)[tape.output])


def _exact_value(problem: Problem, variable: str, text: str) -> float:
    """The value of a derivative's text worked out with 50 digits; NaN where there is none."""
    form = _text_problem(problem, variable, text, [])
    form = None if form is None else scalarised(form)  # it may speak of x[0], and x be an array
    exact = None if form is None else precise_value(form.tape, form.point)
    return math.nan if exact is None else float(exact)


def _text_problem(problem: Problem, variable: str, text: str, notes: list[Diagnostic]) -> Problem | None:
    try:
        program = parse(text, f"SymPy's derivative by {variable}")
        at = point_of(problem)  # it speaks of x[0], an element of x
        given = {name: value for name, value in at.items() if name in program.inputs or name in program.constants}
        return Problem(program, given)
    except DiffcliError as fault:  # a name of the user's that cannot stand in a text
        notes.extend(found._replace(severity="warning") for found in fault.diagnostics)
        return None


def symbolic_derivative(problem: Problem, variable: str) -> Any | None:
    """SymPy's derivative along a variable, in 50 digits (an mpf): a reference that shares no rule with the sweeps.

    Numbers that SymPy would read as short decimals, or as pi, stand in its expression as symbols, and take the exact value of
    the float on the tape when the derivative is evaluated. So what is evaluated is the program that the methods ran. None where
    SymPy has no derivative, or its form has no value at the point.

    >>> from diffcli.operations.arithmetic.precise import text
    >>> text(symbolic_derivative(Problem("sin(x)", {"x": 1}), "x"), 20)
    '0.5403023058681397174'
    """
    builder = SympyBuilder()
    try:
        text = to_program_text(builder.differentiate(problem.tape, variable, stored=True), MOST_ROWS, problem.at)
    except (*REFUSALS, LimitError):
        return None
    known = problem.at | {symbol.name: value for symbol, value in builder.stored.items()}
    form = with_exact_constants(lower(parse(text), given=known), CONSTANTS)  # what is still named pi comes from SymPy
    return precise_value(form, [known[name] for name in form.inputs])
