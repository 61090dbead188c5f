"""A function in the making: its lines, and the numbers in it as texts, for whatever language it is written in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from diffcli.exports.spelling import OPERATORS, Lines, bare
from diffcli.operations.arithmetic.special.formulas import Elementary, Pieces

SHORT = 20
"""How long the text of a value may be that has no name."""

ARITHMETIC = ("add", "sub", "mul", "raw div")


def _operation(name: str, swapped: bool = False) -> Callable[[Value, Any], Value]:
    return lambda value, other: value.body.apply(name, *((other, value) if swapped else (value, other)))


def _comparison(name: str) -> Callable[[Value, Any], Value]:
    return lambda value, other: value.body.compare(name, value, other)


class Value:
    """A number, or a truth, in the function that is being written."""

    def __init__(self, body: Body, text: str) -> None:
        self.body, self.text = body, text

    __add__, __sub__, __mul__, __truediv__ = map(_operation, ARITHMETIC)
    __radd__, __rsub__, __rmul__, __rtruediv__ = (_operation(name, swapped=True) for name in ARITHMETIC)
    __lt__, __le__, __gt__, __ge__, equals, differs = map(_comparison, ("lt", "le", "gt", "ge", "eq", "ne"))

    def __neg__(self) -> Value:
        return self.body.apply("neg", self)

    def __abs__(self) -> Value:
        return self.body.apply("abs", self)

    def __or__(self, other: Value) -> Value:
        return Value(self.body, self.body.language.either(self.text, other.text))

    def __and__(self, other: Value) -> Value:
        return Value(self.body, f"({self.text} {self.body.language.junction} {other.text})")


class Body:
    """The lines of a function that is being written."""

    def __init__(self, helpers: Any, name: str) -> None:
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
        for line in self.language.returned:
            self.write(line.format(text) + self.language.end)

    def when(self, condition: Value, value: Callable[[], Any]) -> None:
        """Hand back a value under a condition."""
        if not self.language.branches:
            self.cases.append((condition, value()))
            return
        self.written.blocks.add(len(self.written.lines))
        self.write(self.language.opened.format(condition.text))
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

    def pieces(self, a: Value, pieces: Pieces, kind: Elementary) -> Any:
        """The last piece; those before it are handed back where they hold."""
        *others, (_, last) = pieces
        for upper, formula in others:
            self.when(a < upper, lambda formula=formula: formula(a, kind))  # type: ignore[misc]
        return last(a, kind)

    def finished(self, parameters: Sequence[str]) -> list[str]:
        """The whole function."""
        return self.language.function(self.name, parameters, *self.written.pruned())  # type: ignore[no-any-return]

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
