"""Functions that are brought along: operations that a language does not have, or has with other special cases, written once.

They are written in `Value`, a text in the making: as functions of such texts (`FORMS`), by the text of the table, or by the
pieces of `diffcli.operations.arithmetic.special`; and printed in any language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from diffcli.errors import refusal
from diffcli.exports.lacking import LACKING
from diffcli.exports.spelling import OPERATORS, Language, Lines, bare
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces
from diffcli.operations.arithmetic.special.gamma import DIGAMMA, GAMMA, GAMMA_RIGHT, LGAMMA, _sine, polygamma
from diffcli.operations.arithmetic.special.normal import ERF_OF_SIZE, ERFC, GELU
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.rules import FLOAT, fold, parse_own

MOST_ORDER = 20
"""The largest order of polygamma, whose terms are written out."""

SHORT = 20
"""How long the text of a value may be that has no name."""


class Value:
    """A number, or a truth, in the function that is being written."""

    def __init__(self, body: Body, text: str) -> None:
        self.body, self.text = body, text

    def __add__(self, other: Any) -> Value:
        return self.body.apply("add", self, other)

    def __radd__(self, other: Any) -> Value:
        return self.body.apply("add", other, self)

    def __sub__(self, other: Any) -> Value:
        return self.body.apply("sub", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self.body.apply("sub", other, self)

    def __mul__(self, other: Any) -> Value:
        return self.body.apply("mul", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self.body.apply("mul", other, self)

    def __truediv__(self, other: Any) -> Value:
        return self.body.apply("raw div", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self.body.apply("raw div", other, self)

    def __neg__(self) -> Value:
        return self.body.apply("neg", self)

    def __abs__(self) -> Value:
        return self.body.apply("abs", self)

    def __lt__(self, other: Any) -> Value:
        return self.body.compare("lt", self, other)

    def __le__(self, other: Any) -> Value:
        return self.body.compare("le", self, other)

    def __gt__(self, other: Any) -> Value:
        return self.body.compare("gt", self, other)

    def __ge__(self, other: Any) -> Value:
        return self.body.compare("ge", self, other)

    def equals(self, other: Any) -> Value:
        return self.body.compare("eq", self, other)

    def differs(self, other: Any) -> Value:
        return self.body.compare("ne", self, other)

    def __or__(self, other: Value) -> Value:
        return Value(self.body, self.body.language.either(self.text, other.text))

    def __and__(self, other: Value) -> Value:
        return Value(self.body, f"({self.text} {self.body.language.junction} {other.text})")


class Body:
    """The lines of a function that is being written."""

    def __init__(self, helpers: Helpers, name: str) -> None:
        self.helpers, self.language, self.name = helpers, helpers.language, name
        self.written = Lines(self.language.closed)
        self.count, self.depth, self.parts = 0, 0, 0
        self.latest = ""
        """The text of the value that was named last."""
        self.cases: list[tuple[Value, Any]] = []
        """Conditions, and what is handed back under them, where a language has no blocks for that."""

    def text(self, value: Any) -> str:
        return value.text if isinstance(value, Value) else self.language.literal(float(value))

    def apply(self, name: str, *operands: Any) -> Value:
        numbers = [None if isinstance(operand, Value) else float(operand) for operand in operands]
        return self.value(self.helpers.template(name, numbers).format(*map(self.text, operands)))

    def value(self, text: str, short: int = SHORT) -> Value:
        """A value that may be mentioned often: what is long gets a name."""
        if len(text) > short:
            self.count += 1
            name = f"t{self.count}"
            self.written.owners[len(self.written.lines)] = name
            self.latest = bare(text)
            self.write(self.language.assigned(name, self.latest, self.depth > 0))
            text = name
        return Value(self, text)

    def compare(self, name: str, a: Any, b: Any) -> Value:
        return Value(self, self.language.relation(name, self.text(a), self.text(b)))

    def choose(self, condition: Value, a: Any, b: Any) -> Value:
        return self.value(self.language.choose(condition.text, self.text(a), self.text(b)))

    def write(self, line: str) -> None:
        self.written.lines.append("    " * self.depth + line)

    def give(self, value: Any) -> None:
        while self.cases:
            condition, other = self.cases.pop()
            value = self.choose(condition, other, value)
        text, last = bare(self.text(value)), len(self.written.lines) - 1
        if self.written.owners.get(last) == text:  # the last line was to name it
            self.written.lines.pop()
            self.written.owners.pop(last)
            text = self.latest
        for line in self.language.returned(self.name, text):
            self.write(line)

    def when(self, condition: Value, value: Callable[[], Any]) -> None:
        """Hand back a value under a condition."""
        if not self.language.branches:
            self.cases.append((condition, value()))
            return
        self.written.blocks.add(len(self.written.lines))
        self.write(self.language.opened(condition.text))
        self.depth += 1
        self.give(value())
        self.depth -= 1
        if self.language.closed:
            self.write(self.language.closed)

    def polynomial(self, coefficients: Sequence[float], x: Value) -> Value:
        """By Horner's rule, in one expression a line."""
        x = self.value(x.text, 0) if "(" in x.text else x
        value = self.language.literal(coefficients[0])
        for coefficient in coefficients[1:]:
            value = OPERATORS["add"].format(OPERATORS["mul"].format(value, self.text(x)), self.language.literal(coefficient))
            if len(value) > self.language.long:
                value = self.value(value).text
        return self.value(value, 0)

    def pieces(self, a: Value, pieces: Pieces, kind: Elementary) -> None:
        """Hand back the piece that holds."""
        *others, (_, last) = pieces
        for upper, formula in others:
            self.when(a < upper, lambda formula=formula: formula(a, kind))  # type: ignore[misc]
        self.give(last(a, kind))

    def finished(self, parameters: Sequence[str]) -> list[str]:
        """The whole function."""
        return self.language.function(self.name, parameters, *self.written.pruned(), self.helpers.qualifier)

    def elementary(self, largest: int = 0) -> Elementary:
        """What the formulas of special functions need."""

        def in_pieces(a: Value, pieces: Pieces) -> Value:
            name = self.helpers.bring_pieces(self, pieces, largest)
            return self.value(f"{name}({a.text})")

        def known(condition: Value, a: Any, b: Any) -> Any:
            """Where a formula does not know it is left with the digits that it has."""
            return b if isinstance(a, float) and a != a else self.choose(condition, a, b)

        def of(name: str) -> Callable[[Any], Any]:
            return lambda a: self.apply(name, a)

        return Elementary(
            self.polynomial, of("exp"), of("log"), of("log1p"), of("erf"),
            power=lambda a, b: self.apply("raw pow", a, b), absolute=abs, nearest=of("round"),
            least=lambda a, most: self.choose(a > most, most, a), choose=known, largest=lambda _: largest, in_pieces=in_pieces,
            each=lambda *_: math.nan,
        )  # fmt: skip


class Helpers:
    """The functions that a program brings along, in the order in which they call each other."""

    def __init__(self, language: Language, qualifier: str = "") -> None:
        self.language, self.qualifier = language, qualifier
        self.made: dict[str, list[str]] = {}
        self.known_pieces: dict[tuple[str, int], tuple[str, Pieces]] = {}

    def template(self, name: str, numbers: Sequence[float | None], strict: bool = False) -> str:
        """How an operation is written, where some operands are numbers; of a program itself if ``strict``."""
        key, operations = beside_a_number(name, numbers), self.language.operations
        if strict and key == name and (f"strict {name}" in FORMS or f"strict {name}" in operations):
            key = f"strict {name}"
        found = operations.get(key) or OPERATORS.get(key)
        if found is not None:
            self.bring_sources(found)
            return found
        if isinstance(name, OwnName):
            raise refusal("usage", f"the operation `{name}` is one of your own, and has no source to export")
        if name in self.language.missing:
            raise refusal("usage", f"`{name}` cannot be exported: {self.language.missing[name]}")
        if name in ("max", "min") and len(numbers) == 1:  # of an axis with one element
            return "{0}"
        places = [*range(len(numbers))]
        if name in ("max", "min") and len(numbers) > 2:
            called = self.bring(name, numbers[:2], strict)
            return reduce(lambda text, place: f"{called}({text}, {{{place}}})", places[1:], "{0}")
        called = self.bring(name, numbers, strict)
        return f"{called}({', '.join(f'{{{place}}}' for place in places[name == 'polygamma' :])})"

    def bring_sources(self, template: str) -> None:
        for name, source in self.language.sources.items():
            if re.search(rf"(?<![\w.]){name}\(", template) and name not in self.made:
                self.made[name] = []
                self.bring_sources(source.partition("\n")[2])
                del self.made[name]  # it stands behind what it calls
                self.made[name] = source.strip("\n").split("\n")

    def bring(self, name: str, numbers: Sequence[float | None], strict: bool) -> str:
        """The name of a function for an operation, which is written if it is not yet."""
        kind = f"strict {name}" if strict and f"strict {name}" in FORMS else name
        called = CALLED.get(kind, f"{name}_of")
        if name == "polygamma":
            order = numbers[0]
            if order is None or order != int(order) or not 0 <= order <= MOST_ORDER:
                raise refusal("usage", f"polygamma is exported for whole orders from 0 to {MOST_ORDER} that are numbers")
            if order == 0:
                return self.bring("digamma", numbers[1:], strict)
            called = f"polygamma_of_order_{int(order)}"
        if called not in self.made:
            body, count = Body(self, called), len(numbers)
            parameters = ["abc"[place] for place in range(count)] if name not in ("max", "min") else ["a", "b"]
            values = [Value(body, parameter) for parameter in parameters]
            self.made[called] = []
            if name == "polygamma":
                of_gamma_family(body, values[1], polygamma(int(order or 0))[0], 11 + int(order or 0))
                parameters = parameters[1:]
            elif kind in FORMS:
                body.give(FORMS[kind](body, *values))
            elif name in SPECIAL:
                SPECIAL[name](body, *values)
            else:
                by_text(body, name, values)
            del self.made[called]  # it stands behind what it calls
            self.made[called] = body.finished(parameters)
        return called

    def bring_pieces(self, owner: Body, pieces: Pieces, largest: int = 0) -> str:
        """The name of a function of some pieces, a part of another one."""
        key = owner.name, id(pieces)
        if key not in self.known_pieces:
            owner.parts += 1
            name = f"{owner.name}_part{owner.parts}"
            self.known_pieces[key] = name, pieces  # kept, so that no others have its id
            body = Body(self, name)
            body.pieces(Value(body, "a"), pieces, body.elementary(largest))
            self.made[name] = body.finished(["a"])
        return self.known_pieces[key][0]


def beside_a_number(name: str, numbers: Sequence[float | None]) -> str:
    """The raw operation that will do where a number rules out its special cases."""
    if name == "div" and numbers[1] and math.isfinite(numbers[1]):
        return "raw div"
    if name == "pow":
        base, exponent = numbers
        if exponent == 2:
            return "square"
        if (exponent is not None and 0 < exponent < math.inf) or (base is not None and 0 < base < math.inf and base != 1):
            return "raw pow"
    return name


def by_text(body: Body, name: str, operands: Sequence[Value]) -> None:
    """A row by its text in the table."""
    row = OPERATIONS[name]
    names = dict(zip(row.parameters, operands, strict=False))

    def leaf(argument: Any) -> Any:
        found = names.get(argument)
        return FLOAT.constants.get(argument, argument) if found is None else found

    def apply(operation: str, values: list[Any], _: Any) -> Any:
        if operation in COMPARED:
            a, b = values
            return body.compare(operation, a, b)
        if operation == "where":
            condition, a, b = values
            return body.choose(condition, a, b)
        if operation in ("and", "or"):
            return values[0] & values[1] if operation == "and" else values[0] | values[1]
        if operation == "not":
            return Value(body, body.language.negated(values[0].text))
        if not any(isinstance(value, Value) for value in values):
            return FLOAT.value(operation)(*values)
        return body.apply(operation, *values)

    body.give(fold(parse_own(FLOAT.form_of(row)), leaf, apply, lambda _, value: value))


COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")


# -- special cases, as in `diffcli.operations.arithmetic.floats` -----------------------------------------------------------


def undefined(*values: Value) -> Value:
    found = values[0].differs(values[0])
    for value in values[1:]:
        found = found | value.differs(value)
    return found


def power(m: Body, a: Value, b: Value, pole: float = math.inf) -> Value:
    m.when(undefined(a, b), lambda: math.nan)
    m.when(a.equals(0.0) & (b < 0.0), lambda: pole)
    return m.apply("raw pow", a, b)


def remainder(m: Body, a: Value, b: Value) -> Value:
    """With the sign of the divisor, as Python's; 0 too."""
    m.when(b.equals(0.0), lambda: math.nan)
    rest = m.value(m.apply("raw fmod", a, b).text, 0)
    m.when(rest.equals(0.0), lambda: m.apply("raw copysign", 0.0, b))
    return m.choose(m.compare("ne", m.choose(rest < 0.0, 1.0, 0.0), m.choose(b < 0.0, 1.0, 0.0)), rest + b, rest)


def floor_quotient(m: Body, a: Value, b: Value) -> Value:
    """As Python's: of what is left when the remainder is taken off, so that it is a whole number."""
    m.when(b.equals(0.0), lambda: math.nan)
    rest = m.value(m.apply("raw fmod", a, b).text, 0)
    whole = m.value(((a - rest) / b).text, 0)
    beyond = m.compare("ne", m.choose(rest < 0.0, 1.0, 0.0), m.choose(b < 0.0, 1.0, 0.0))
    whole = m.choose(rest.equals(0.0), whole, m.choose(beyond, whole - 1.0, whole))
    m.when(whole.equals(0.0), lambda: m.apply("raw copysign", 0.0, a / b))
    floor = m.value(m.apply("floor", whole).text, 0)
    return m.choose(whole - floor > 0.5, floor + 1.0, floor)


def both(m: Body, a: Value, b: Value) -> Value:
    return m.choose(a.equals(0.0) | b.equals(0.0), 0.0, m.choose(undefined(a, b), math.nan, 1.0))


def either(m: Body, a: Value, b: Value) -> Value:
    holds = (a.differs(0.0) & a.equals(a)) | (b.differs(0.0) & b.equals(b))
    return m.choose(holds, 1.0, m.choose(undefined(a, b), math.nan, 0.0))


def clipped(m: Body, a: Value, b: Value, c: Value) -> Value:
    m.when(undefined(a, b, c), lambda: math.nan)
    above = m.choose(b > a, b, a)
    return m.choose(c < above, c, above)


FORMS: dict[str, Callable[..., Any]] = {
    "div": lambda m, a, b: a / m.choose(b.equals(0.0), 0.0, b),
    "strict div": lambda m, a, b: m.choose(b.equals(0.0), math.nan, a / b),
    "pow": power, "strict pow": lambda m, a, b: power(m, a, b, math.nan),
    "hypot": lambda m, a, b: m.choose(undefined(a, b), math.nan, m.apply("raw hypot", a, b)),
    "copysign": lambda m, a, b: m.choose(undefined(b), math.nan, m.apply("raw copysign", a, b)),
    "sign": lambda m, a: m.choose(a > 0.0, 1.0, m.choose(a < 0.0, -1.0, m.choose(a.equals(0.0), 0.0, math.nan))),
    "max": lambda m, a, b: m.choose(a >= b, a, m.choose(a < b, b, math.nan)),
    "min": lambda m, a, b: m.choose(a <= b, a, m.choose(a > b, b, math.nan)),
    "clip": clipped, "mod": remainder, "floor_divide": floor_quotient,
    "fmod": lambda m, a, b: m.choose(b.equals(0.0), math.nan, m.apply("raw fmod", a, b)),
    "and": both, "or": either,
    "not": lambda m, a: m.choose(undefined(a), math.nan, m.choose(a.equals(0.0), 1.0, 0.0)),
}  # fmt: skip
FORMS |= LACKING

CALLED = {
    "raw pow": "signed_power_of", "raw copysign": "size_of_sign",
    "div": "limit_quotient", "strict div": "quotient", "pow": "limit_power", "strict pow": "power_of", "max": "larger_of",
    "min": "smaller_of", "and": "both_of", "or": "either_of",
}  # fmt: skip
"""What functions are called that are brought along, if not by the row and ``_of``: no language has one of such a name itself."""


def of_gamma_family(m: Body, a: Value, pieces: Pieces, largest: int = 0) -> None:
    """A function with poles at 0, -1, -2, ..., by its pieces, which lose digits beside its roots left of 0."""
    m.when(undefined(a), lambda: math.nan)
    m.when((a <= 0.0) & m.apply("floor", a).equals(a), lambda: math.nan)
    m.pieces(a, pieces, m.elementary(largest))


def odd(m: Body, a: Value) -> None:
    size = m.value(abs(a).text, 0)
    name = m.helpers.bring_pieces(m, ERF_OF_SIZE)
    m.give(m.apply("raw copysign", m.value(f"{name}({size.text})"), a))


def far_below(a: Any, m: Elementary) -> Any:
    """The gamma function where mpmath is asked elsewhere: its reflection, in quotients, as a product may be beyond the range."""
    return math.pi / (_sine(a, m) * -a) / m.in_pieces(-a, GAMMA_RIGHT)


WHOLE_GAMMA: Pieces = (GAMMA[0], (GAMMA[1][0], far_below), *GAMMA[2:])

SPECIAL: dict[str, Callable[..., None]] = {
    "erf": odd, "erfc": lambda m, a: m.pieces(a, ERFC, m.elementary()), "gelu": lambda m, a: m.pieces(a, GELU, m.elementary()),
    "gamma": lambda m, a: of_gamma_family(m, a, WHOLE_GAMMA), "lgamma": lambda m, a: of_gamma_family(m, a, LGAMMA),
    "digamma": lambda m, a: of_gamma_family(m, a, DIGAMMA),
}  # fmt: skip
