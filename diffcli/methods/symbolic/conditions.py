"""Where a function is defined, and where the rules of differentiation apply to it: conditions on its variables.

They come from the columns of the table, `domain` and `breaks`, with forms for the operands. A condition on one expression
and one bound is a set of the signs (less, equal, more) of their difference; so conditions are joined and negated as sets are.
What is no such condition is not told at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import inf, nan, sqrt

from diffcli.language import parse
from diffcli.language.syntax import NAME
from diffcli.language.writing.printer import number_text, to_text
from diffcli.methods.sweeps.reverse import activity
from diffcli.methods.traces.expressions import Form, Forms
from diffcli.operations import OPERATIONS
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import constant_values, replay
from diffcli.tape.running.rules import FLOAT, fold

LESS, EQUAL, MORE = 1, 2, 4
ANY = LESS | EQUAL | MORE
_SIGNS = {"lt": LESS, "le": LESS | EQUAL, "gt": MORE, "ge": MORE | EQUAL, "eq": EQUAL, "ne": LESS | MORE}
_NAMES = {signs: name for name, signs in _SIGNS.items()}

POLES = {"tan": "cos(a) != 0", "sec": "cos(a) != 0"} | {
    name: f"not ({OPERATIONS[name].breaks[0][1]})" for name in ("log", "log2", "log10", "log1p", "log_base", "atanh")
} | {"xlogy": "a == 0 or b > 0"}
"""Where values are finite, beside the table's domain: no float is a pole of tan, and log(0) is -inf there."""

LEAST = {
    **dict.fromkeys(("exp", "sigmoid", "softplus", "sech"), (0.0, True)), "cosh": (1.0, False),
    **dict.fromkeys(("abs", "sqrt", "square", "hypot"), (0.0, False)), **dict.fromkeys(("sin", "cos"), (-1.0, False)),
}  # fmt: skip
"""What values are at least; and whether they are always more."""

ROOTS = ("sqrt", "cbrt", "sinh", "tanh", "asinh", "atan", "asin", "expm1", "log1p", "erf")
"""What has the sign of its operand."""

MOST_DIGITS = 6
"""No bound is computed that would have more: it would be rounded."""

MOST_ROWS, LONGEST = 200, 60
"""Of programs with more rows nothing is told, and no condition with more characters."""


class Untold(Exception):
    """A condition is none that is told."""


class Conditions:
    """Conditions that hold together: for an expression and a bound the signs of their difference."""

    def __init__(self) -> None:
        self.forms = Forms()
        self.signs: dict[tuple[int, float], int] = {}

    def of_rows(self, tape: Tape, by: Sequence[int] = (), whole: bool = True) -> None:
        """Join the domains of the rows that the result needs, and away from what breaks the rules for a derivative.

        What is no such condition is left out if they need not be ``whole``.
        """
        if whole and len(tape.operations) > MOST_ROWS:
            raise Untold
        taken: dict[int, bool] = {tape.output: True}  # whether a row is needed wherever the result is
        derived = {tape.output} if by else set()
        for slot in filter(taken.__contains__, reversed(tape.rows())):
            row, name = tape.operands_of(slot), tape.operation(slot)
            for position, operand in enumerate(row):
                taken[operand] = taken.get(operand, False) or (taken[slot] and not (name == "where" and position))
            if slot in derived and name != "stop_gradient":
                derived.update(row)
        forms = replay(tape, map(self.forms.name, tape.inputs), self.forms.constant, self.forms.applied)
        numbers = constant_values(tape)
        values = [form if number is None else self.forms.number(number) for form, number in zip(forms, numbers, strict=True)]
        active = activity(tape, list(by))
        for slot in filter(taken.__contains__, tape.rows()):
            row, operation = tape.operands_of(slot), OPERATIONS[tape.operation(slot)]
            texts = [operation.domain, POLES.get(operation.name, "")]
            if active[slot] and slot in derived:
                if operation.variadic and len(row) > 2:
                    raise Untold
                breaks = [f"not ({condition})" for _, condition in operation.breaks]
                texts += ["a != b"] if operation.variadic else breaks
                texts += ["a > 0"] * (operation.name == "pow" and bool(active[row[1]]))
            before = dict(self.signs)
            letters = dict(zip((*"abc"[: len(row)], "y"), (values[operand] for operand in (*row[:3], slot)), strict=True))
            try:
                for text in filter(None, texts):
                    self.join(fold(parse(text), partial(self.leaf, letters), self.applied), True)
                if not taken[slot] and self.signs != before:
                    raise Untold  # it holds in a part only
            except Untold:
                if whole:
                    raise
                self.signs = before

    def leaf(self, letters: Mapping[str, Form], argument: str | float) -> Form:
        return letters[argument] if isinstance(argument, str) else self.forms.number(argument)

    def number(self, form: Form) -> float | None:
        value = self.forms.arguments[form.node]
        return (-value if form.negative else value) if isinstance(value, float) else None

    def applied(self, name: str, operands: Sequence[Form], _: object = None) -> Form:
        """An operation of a condition; of numbers it is computed, and a truth among them may decide."""
        numbers = [self.number(operand) for operand in operands]
        if None not in numbers:
            return self.forms.number(float(FLOAT.value(name)(*numbers)))
        if name in ("and", "or") and numbers != [None, None]:
            decided = float(name == "or")
            return self.forms.number(decided) if decided in numbers else operands[numbers.index(None)]
        return self.forms.combine(name, operands)

    def join(self, form: Form, wanted: bool) -> None:
        """Join a condition, or what it denies."""
        operation, operands = self.forms.operations[form.node], [Form(node) for node in self.forms.children(form.node)]
        if operation == "not":
            self.join(operands[0], not wanted)
        elif operation == ("and" if wanted else "or"):
            for operand in operands:
                self.join(operand, wanted)
        elif (truth := self.number(form)) is None:
            expression, bound, signs = self.relation(form)
            self.add(expression, bound, signs if wanted else ANY ^ signs)
        elif bool(truth) is not wanted:
            raise Untold

    def relation(self, form: Form) -> tuple[Form, float, int]:
        """A condition as one on one expression and one bound."""
        operation, (one, two) = self.forms.operations[form.node], map(Form, self.forms.children(form.node))
        if operation in _SIGNS:
            bound = self.number(two)
            return (self.applied("sub", (one, two)), 0.0, _SIGNS[operation]) if bound is None else (one, bound, _SIGNS[operation])
        if operation not in ("and", "or") or (first := self.relation(one))[:2] != (second := self.relation(two))[:2]:
            raise Untold
        return *first[:2], first[2] & second[2] if operation == "and" else first[2] | second[2]

    def add(self, form: Form, bound: float, signs: int) -> None:
        """Join which signs an expression less a bound may have."""
        part = self.part(form, bound, signs)
        if part is not None and len(number_text(part[1])) <= MOST_DIGITS:
            self.add(*part)
            return
        operation, factors = self.forms.operations[form.node], self.forms.children(form.node)
        if operation in (*_SIGNS, "and", "or", "not"):
            raise Untold  # a truth as a number
        if bound == 0 and signs == LESS | MORE and operation in ("mul", "div"):
            for factor in factors if operation == "mul" else factors[:1]:
                self.add(Form(factor), bound, signs)
            return
        node = self.forms.plain(form)
        least, is_more = self.least(node)
        possible = MORE if least > bound or (is_more and least == bound) else MORE | EQUAL if least == bound else ANY
        if possible & ~signs:
            self.signs[node, bound] = self.signs.get((node, bound), ANY) & signs

    def part(self, form: Form, bound: float, signs: int) -> tuple[Form, float, int] | None:
        """The same condition on an operand, if it is one on a linear function or a root of that: u > 1 for 2*u - 2 > 0."""
        operation, children = self.forms.operations[form.node], [Form(child) for child in self.forms.children(form.node)]
        mirrored = signs & EQUAL | (MORE if signs & LESS else 0) | (LESS if signs & MORE else 0)
        if form.negative or operation == "neg":
            return Form(form.node) if form.negative else children[0], 0.0 - bound, mirrored
        numbers = [self.number(child) for child in children]
        power = operation == "abs" or (operation == "pow" and (numbers[1] or 0.0) > 0)
        if bound == 0 and (operation in ROOTS or (power and signs == LESS | MORE)):
            return children[0], bound, signs
        if bound > 0 and operation == "pow" and numbers[1] == 2:
            return self.forms.applied("abs", children[:1]), sqrt(bound), signs
        if operation not in ("add", "sub", "mul") or numbers.count(None) != 1:
            return None
        position = numbers.index(None)
        number = numbers[1 - position] or 0.0
        if operation == "mul":
            limit, falls = bound / number if number else nan, number < 0
        else:
            falls = operation == "sub" and position == 1
            limit = number - bound if falls else bound - number if operation == "add" else bound + number
        if FLOAT.value(operation)(*[limit if each is None else each for each in numbers]) != bound:
            return None  # it was rounded
        return children[position], limit + 0.0, mirrored if falls else signs

    def least(self, node: int, depth: int = 8) -> tuple[float, bool]:
        """What an expression is at least, as far as is seen at a glance; and whether it is always more."""
        operation, children = self.forms.operations[node], self.forms.children(node)
        if operation in LEAST:
            return LEAST[operation]
        if (value := self.number(Form(node))) is not None:
            return value, False
        square = operation == "mul" and children[0] == children[1]
        if square or (operation == "pow" and (self.number(Form(children[1])) or 1.0) % 2 == 0):
            return 0.0, False
        if operation in ("add", "mul") and depth:
            (one, more), (two, other) = (self.least(child, depth - 1) for child in children)
            if operation == "add":
                return one + two, more or other
            if one >= 0 and two >= 0:
                return 0.0, (one > 0 or more) and (two > 0 or other)
        return -inf, False

    def lower_bounds(self) -> dict[str, float]:
        """Names that are no less than a number."""
        known = sorted((bound, node) for (node, bound), signs in self.signs.items() if not signs & LESS)
        return {str(self.forms.arguments[node]): bound for bound, node in known if self.forms.operations[node] == NAME}

    def text(self) -> str:
        """The conditions, without those that others on the same expression imply; empty if there are none."""
        told = []
        for (node, bound), signs in self.signs.items():
            others = [(limit, of) for (other, limit), of in self.signs.items() if other == node]
            above = signs & MORE and any(limit > bound and not of & LESS for limit, of in others)
            below = signs & LESS and any(limit < bound and not of & MORE for limit, of in others)
            if signs not in _NAMES:
                raise Untold
            if not above and not below:
                sides = self.forms.children(node) if self.forms.operations[node] == "sub" and bound == 0 else ()
                pair = sides or (node, self.forms.plain(self.forms.number(bound)))
                told.append(to_text(self.forms, self.forms.apply(_NAMES[signs], pair)))
        text = " and ".join(told)
        if len(text) > LONGEST:
            raise Untold
        return text
