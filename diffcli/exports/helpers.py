"""Functions that are brought along: operations that a language does not have, or has with other special cases, written once.

They are written in `diffcli.exports.values`: as `diffcli.exports.special_cases` has them, or by the text of the table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from diffcli.errors import refusal
from diffcli.exports.special_cases import CALLED, FORMS, SPECIAL, of_gamma_family
from diffcli.exports.spelling import OPERATORS, Language
from diffcli.exports.values import Body, Value
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.special.formulas import Pieces
from diffcli.operations.arithmetic.special.gamma import polygamma
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.rules import FLOAT, fold, parse_own

MOST_ORDER = 20
"""The largest order of polygamma, whose terms are written out."""

COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")


class Helpers:
    """The functions that a program brings along, in the order in which they call each other."""

    def __init__(self, language: Language) -> None:
        self.language = language
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
            texts = [f"{{{place}}}" for place in places]
            while texts[1:]:  # two by two, since parsers have a limit of nests
                last = texts[-1:] if len(texts) % 2 else []
                texts = [f"{called}({a}, {b})" for a, b in zip(texts[::2], texts[1::2], strict=False)] + last
            return texts[0]
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
            return Value(body, body.language.opposite.format(values[0].text))
        if not any(isinstance(value, Value) for value in values):
            return FLOAT.value(operation)(*values)
        return body.apply(operation, *values)

    body.give(fold(parse_own(FLOAT.form_of(row)), leaf, apply, lambda _, value: value))
