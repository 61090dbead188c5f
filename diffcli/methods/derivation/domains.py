"""Where a function is defined, and where the rules of differentiation apply to it: conditions on its variables.

They come from the columns of the table, `domain` and `breaks`, with forms for the operands. A condition on one expression
and one bound is a set of the signs (less, equal, more) of their difference; so conditions are joined, negated and compared
as sets are, and what always holds is found by bounds of the expression. What is no such condition is not told at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from math import inf, sqrt

from diffcli._named import NamedTuple
from diffcli.errors import DiffcliError
from diffcli.language import parse
from diffcli.language.syntax import NUMBER
from diffcli.language.writing.printer import number_text, to_text
from diffcli.methods.derivation.derivation import derive
from diffcli.methods.derivation.expressions import Form, Forms
from diffcli.methods.derivation.orders import again
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import activity
from diffcli.operations import OPERATIONS
from diffcli.records.formulas import Domain
from diffcli.tape.running.evaluation import constant_values, replay
from diffcli.tape.running.rules import FLOAT, fold

LESS, EQUAL, MORE = 1, 2, 4
ANY = LESS | EQUAL | MORE
_SIGNS = {"lt": LESS, "le": LESS | EQUAL, "gt": MORE, "ge": MORE | EQUAL, "eq": EQUAL, "ne": LESS | MORE}
_SPELLED = {signs: f" {OPERATIONS[name].symbol} " for name, signs in _SIGNS.items()}

POLES = {"tan": "cos(a) != 0", "sec": "cos(a) != 0"} | {
    name: f"not ({OPERATIONS[name].breaks[0][1]})" for name in ("log", "log2", "log10", "log1p", "log_base", "atanh")
} | {"xlogy": "a == 0 or b > 0"}
"""Where values are finite, beside the table's domain: no float is a pole of tan, and log(0) is -inf there."""

BOUNDS = {
    "exp": (0, inf, True), "sigmoid": (0, 1, True), "softplus": (0, inf, True), "sech": (0, inf, True), "cosh": (1, inf, False),
    "abs": (0, inf, False), "sqrt": (0, inf, False), "square": (0, inf, False), "hypot": (0, inf, False),
    "sin": (-1, 1, False), "cos": (-1, 1, False), "tanh": (-1, 1, True), "erf": (-1, 1, True),
}  # fmt: skip
"""Between which numbers values lie; and whether they are none of these."""

_ODD = ("sqrt", "cbrt", "sinh", "tanh", "asinh", "atan", "asin", "expm1", "log1p", "erf")
RISING = {(name, 0.0): 0.0 for name in _ODD} | {("log", 0.0): 1.0, ("exp", 1.0): 0.0}
"""Where functions that only rise have a value, in their own domain."""

MOST_DIGITS = 6
"""No bound is computed that would have more: it would be rounded."""

MOST_ROWS = 200
"""Nothing is told of longer programs."""

LONGEST = 60
"""Longer conditions are not told."""


class Untold(Exception):
    """A condition is none that is told."""


class Relation(NamedTuple):
    """An expression and a bound, and which signs their difference may have."""

    form: Form
    bound: float
    signs: int


class Conditions:
    """Conditions that hold together, on the rows of a tape."""

    def __init__(self, problem: Problem) -> None:
        self.tape, self.forms = problem.tape, Forms()
        self.numbers = constant_values(self.tape)
        names = map(self.forms.name, self.tape.inputs)
        self.values = replay(self.tape, names, self.forms.constant, self.forms.applied)
        self.signs: dict[tuple[str, float], int] = {}
        """By the expression and the bound."""
        self.sides: dict[str, str] = {}
        """What stands on either side of the sign where a difference is compared with 0."""

    def require(self, slot: int, text: str) -> None:
        """Join what a text of the table says of a row."""
        row, operation = self.tape.operands_of(slot), OPERATIONS[self.tape.operation(slot)]
        if operation.variadic:
            if len(row) != 2:
                raise Untold
            text = "a != b"
        letters = ("a", "b") if operation.variadic else operation.parameters
        known = dict(zip((*letters, "y"), (*row, slot), strict=True))

        def leaf(argument: str | float) -> tuple[Form, float | None]:
            if isinstance(argument, str):
                return self.values[known[argument]], self.numbers[known[argument]]
            return self.forms.number(argument), argument

        def apply(name: str, operands: list[tuple[Form, float | None]], _: object) -> tuple[Form, float | None]:
            numbers = [number for _, number in operands]
            if None not in numbers:
                value = float(FLOAT.value(name)(*numbers))
                return self.forms.number(value), value
            decisive = {"and": 0.0, "or": 1.0}.get(name)
            if decisive is not None and decisive in numbers:
                return self.forms.number(decisive), decisive
            if decisive is not None and numbers != [None, None]:
                return operands[numbers.index(None)]
            return self.forms.combine(name, [form for form, _ in operands]), None

        form, holds = fold(parse(text), leaf, apply)
        if holds is None:
            self.join(form, True)
        elif not holds:
            raise Untold

    def join(self, form: Form, wanted: bool) -> None:
        """Join a condition, or what it denies."""
        operation, operands = self.forms.operations[form.node], [Form(node) for node in self.forms.children(form.node)]
        if operation == "not":
            self.join(operands[0], not wanted)
        elif operation == ("and" if wanted else "or"):
            for operand in operands:
                self.join(operand, wanted)
        else:
            found = self.relation(form)
            self.add(self.shorter(found if wanted else found._replace(signs=ANY ^ found.signs)))

    def relation(self, form: Form) -> Relation:
        """A condition as one on one expression and one bound."""
        forms, operation = self.forms, self.forms.operations[form.node]
        operands = [Form(node) for node in forms.children(form.node)]
        if operation in _SIGNS:
            left, right = operands
            if forms.operations[right.node] != NUMBER:
                left, right = forms.combine("sub", (left, right)), forms.zero
            value = forms.arguments[right.node]
            assert isinstance(value, float)
            return Relation(left, -value if right.negative else value, _SIGNS[operation])
        if operation not in ("and", "or"):
            raise Untold
        one, two = map(self.relation, operands)
        if one[:2] != two[:2]:
            raise Untold
        return one._replace(signs=one.signs & two.signs if operation == "and" else one.signs | two.signs)

    def shorter(self, found: Relation) -> Relation:
        """The same condition on a part of its expression: u > 1 for 2*u - 2 > 0."""
        while (part := self.part(found)) is not None and len(number_text(part.bound)) <= MOST_DIGITS:
            found = part
        return found

    def part(self, found: Relation) -> Relation | None:
        """The same condition on an operand, if it is one on a function of that."""
        forms, (form, bound, signs) = self.forms, found
        operation, children = forms.operations[form.node], [Form(child) for child in forms.children(form.node)]
        numbers = [forms.arguments[child.node] if forms.operations[child.node] == NUMBER else None for child in children]
        first, second = [*numbers, None, None][:2]
        linear: tuple[Form, float, float] | None = None  # an operand, a factor, and what is added
        if form.negative:
            linear = Form(form.node), -1.0, 0.0
        elif operation == "neg":
            linear = children[0], -1.0, 0.0
        elif operation in ("add", "sub") and isinstance(second, float):
            linear = children[0], 1.0, second if operation == "add" else -second
        elif operation in ("add", "sub") and isinstance(first, float):
            linear = children[1], 1.0 if operation == "add" else -1.0, first
        elif operation == "mul" and isinstance(first, float) and first:
            linear = children[1], first, 0.0
        if linear is not None:
            operand, factor, added = linear
            return Relation(operand, (bound - added) / factor + 0.0, signs if factor > 0 else _mirrored(signs))
        if (operation, bound) in RISING:
            return Relation(children[0], RISING[operation, bound], signs)
        if bound >= 0 and (operation == "square" or (operation == "pow" and second == 2.0)):
            return Relation(forms.applied("abs", children[:1]), sqrt(bound), signs)
        if operation == "abs" and bound == 0:
            if not signs & MORE:
                raise Untold  # at most single points
            return Relation(children[0], 0.0, ANY if signs & EQUAL else LESS | MORE)
        return None

    def add(self, found: Relation) -> None:
        """Join a relation; a product that is not 0 is one factor and the other."""
        node, bound, signs = found.form.node, found.bound, found.signs
        if self.forms.operations[node] in (*_SIGNS, "and", "or", "not"):
            raise Untold  # a truth as a number
        if bound == 0 and signs == LESS | MORE and self.forms.operations[node] in ("mul", "div"):
            for factor in self.forms.children(node):
                if self.forms.operations[node] == "mul" or factor == self.forms.children(node)[0]:
                    self.add(self.shorter(Relation(Form(factor), 0.0, signs)))
            return
        low, high, is_open = self.bounds(node)
        possible = ANY & ~(LESS if low >= bound else 0) & ~(MORE if high <= bound else 0)
        if low > bound or high < bound or (is_open and bound in (low, high)):
            possible &= ~EQUAL
        if possible & ~signs:
            key = to_text(self.forms, node), bound
            if self.forms.operations[node] == "sub":
                left, right = (to_text(self.forms, child) for child in self.forms.children(node))
                self.sides[key[0]] = f"{left}{{}}{right}"
            self.signs[key] = self.signs.get(key, ANY) & signs

    def bounds(self, node: int, depth: int = 8) -> tuple[float, float, bool]:
        """Between which numbers an expression lies, as far as is seen at a glance; and whether it is none of them."""
        forms, operation = self.forms, self.forms.operations[node]
        children = forms.children(node)
        if operation in BOUNDS:
            return BOUNDS[operation]
        value = forms.arguments[node]
        if operation == NUMBER and isinstance(value, float):
            return value, value, False
        if operation == "pow" and forms.operations[children[1]] == NUMBER and float(forms.arguments[children[1]]) % 2 == 0:  # type: ignore[arg-type]
            return 0.0, inf, False
        if operation == "mul" and children[0] == children[1]:
            return 0.0, inf, False
        if operation in ("add", "mul", "div") and depth:
            (low, high, is_open), (other_low, other_high, other_open) = (self.bounds(child, depth - 1) for child in children)
            if operation == "add":
                return low + other_low, high + other_high, is_open or other_open
            if low >= 0 and other_low >= 0:
                positive = (low > 0 or is_open) and (other_low > 0 or other_open) and (operation == "mul" or other_high < inf)
                return 0.0, inf, positive
        return -inf, inf, False

    def text(self) -> str:
        """The conditions, without those that others imply; empty if there are none."""
        told = []
        for (form, bound), signs in self.signs.items():
            others = [(limit, of) for (other, limit), of in self.signs.items() if other == form]
            above = any(limit > bound and not of & LESS for limit, of in others)
            below = any(limit < bound and not of & MORE for limit, of in others)
            implied = (above and signs & MORE) or (below and signs & LESS)
            if signs not in _SPELLED:
                raise Untold
            if not implied:
                alone = self.sides.get(form, "") if bound == 0 else ""
                told.append(alone.format(_SPELLED[signs]) if alone else f"{form}{_SPELLED[signs]}{number_text(bound)}")
        text = " and ".join(told)
        if len(text) > LONGEST:
            raise Untold
        return text


def _mirrored(signs: int) -> int:
    return signs & EQUAL | (MORE if signs & LESS else 0) | (LESS if signs & MORE else 0)


def domain_of(view: Problem, result: str, wanted: Sequence[tuple[str, ...]]) -> Domain:
    """Where a problem's result is defined, and where the rules give its derivatives by some variables; None where it is not told.

    >>> from diffcli.methods.problem.problem import ANYWHERE
    >>> domain_of(Problem("sqrt(x) + 1/(x - 2)", ANYWHERE), "f", [("x",)])
    Domain(result='f', condition='x >= 0 and x != 2', derivatives={('x',): 'x > 0 and x != 2'})
    """
    if len(view.tape.operations) > MOST_ROWS:
        return Domain(result, None, dict.fromkeys(wanted))
    twin = copy(view)
    twin.known, twin.values = False, constant_values(view.tape)
    return Domain(result, _told(twin, ()), {by: _told(twin, by) for by in wanted})


def _told(problem: Problem, by: tuple[str, ...]) -> str | None:
    """The conditions of a function, and of the rules for its derivatives by some variables, one after the other."""
    try:
        found = Conditions(problem)
        _join_rules(found, problem, by[:1])
        for number in range(1, len(by)):
            problem = again(problem, derive(problem, by[number - 1]).derivative)
            after = Conditions(problem)
            _join_rules(after, problem, by[number : number + 1])
            found.sides |= after.sides
            for key, signs in after.signs.items():
                found.signs[key] = found.signs.get(key, ANY) & signs
        return found.text()
    except (Untold, DiffcliError):
        return None


def _join_rules(found: Conditions, problem: Problem, by: tuple[str, ...]) -> None:
    """Join the domains of the rows that the result needs, and away from what breaks the rules for a derivative."""
    tape = problem.tape
    if len(tape.operations) > MOST_ROWS:
        raise Untold
    active = activity(tape, [problem.input_slot(name) for name in by])
    taken: dict[int, bool] = {tape.output: True}  # whether a row is needed wherever the result is
    derived = {tape.output} if by else set()
    for slot in reversed(tape.rows()):
        if slot not in taken:
            continue
        row, operation = tape.operands_of(slot), OPERATIONS[tape.operation(slot)]
        for position, operand in enumerate(row):
            taken[operand] = taken.get(operand, False) or (taken[slot] and not (operation.name == "where" and position))
        if slot in derived and operation.name != "stop_gradient":
            derived.update(row)
    for slot in tape.rows():
        if slot not in taken:
            continue
        row, operation = tape.operands_of(slot), OPERATIONS[tape.operation(slot)]
        before = dict(found.signs)
        texts = [operation.domain, POLES.get(operation.name, "")]
        if active[slot] and slot in derived:
            texts += [f"not ({condition})" for _, condition in operation.breaks]
            texts += ["a > 0"] * (operation.name == "pow" and bool(active[row[1]]))
        for text in filter(None, texts):
            found.require(slot, text)
        if not taken[slot] and found.signs != before:
            raise Untold  # it holds in a part only
