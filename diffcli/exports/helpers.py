"""Functions that are brought along: operations that a language does not have, or has with other special cases, written once.

They are written in `diffcli.exports.values`: as `diffcli.exports.special_cases` has them, or by the text of the table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from diffcli.errors import refusal
from diffcli.exports.special_cases import CALLED, FORMS, of_gamma_family
from diffcli.exports.spelling import OPERATORS, Language
from diffcli.exports.values import Body, Value
from diffcli.kernels.python import COMPARISONS
from diffcli.operations import OPERATIONS
from diffcli.operations.arithmetic.special.formulas import Pieces
from diffcli.operations.arithmetic.special.gamma import polygamma
from diffcli.operations.custom_operations import OwnName
from diffcli.tape.running.rules import FLOAT, fold, parse_own

MOST_ORDER = 20
"""The largest order of polygamma, whose terms are written out."""


class Helpers:
    """The functions that a program brings along, in the order in which they call each other."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.made: dict[str, list[str]] = {}
        self.known_pieces: dict[tuple[str, int], tuple[str, Pieces]] = {}

    def template(self, name: str, numbers: Sequence[float | None], strict: bool = False) -> str:
        """How an operation is written, where some operands are numbers; of a program itself if ``strict``."""
        key = beside_a_number(name, numbers)
        found = self.language.operations.get(key) or OPERATORS.get(key)
        if found is not None:
            self.bring_sources(found)
            return found
        if isinstance(name, OwnName):
            raise refusal("usage", f"the operation `{name}` is one of your own, and has no source to export")
        places = range(len(numbers))
        if name in ("max", "min"):  # of any number of operands, of an axis with one element too
            called = self.bring(name, numbers[:2], strict) if places[1:] else ""
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
        called, form = CALLED.get(kind, f"{name}_of"), FORMS.get(kind) or partial(by_text, name)
        if name == "polygamma":
            if numbers[0] not in range(MOST_ORDER + 1):
                raise refusal("usage", f"polygamma is exported for whole orders from 0 to {MOST_ORDER} that are numbers")
            order = int(numbers[0] or 0)
            if not order:
                return self.bring("digamma", numbers[1:], strict)
            called, form = f"polygamma_of_order_{order}", partial(of_gamma_family, pieces=polygamma(order)[0], largest=11 + order)
        if called not in self.made:
            body, parameters = Body(self, called), "abc"[name == "polygamma" : len(numbers)]
            body.give(form(body, *[Value(body, parameter) for parameter in parameters]))
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
            body.give(body.pieces(Value(body, "a"), pieces, body.elementary(largest)))
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


def by_text(name: str, body: Body, *operands: Value) -> Any:
    """A row by its text in the table."""
    row = OPERATIONS[name]
    names = FLOAT.constants | dict(zip(row.parameters, operands, strict=False))

    def apply(operation: str, values: list[Any], _: Any) -> Any:
        if operation in COMPARISONS:
            return body.compare(operation, *values)
        if operation == "where":
            return body.choose(*values)
        if operation in ("and", "or"):
            return values[0] & values[1] if operation == "and" else values[0] | values[1]
        if operation == "not":
            return Value(body, body.language.opposite.format(values[0].text))
        if not any(isinstance(value, Value) for value in values):
            return FLOAT.value(operation)(*values)
        return body.apply(operation, *values)

    return fold(parse_own(FLOAT.form_of(row)), lambda argument: names.get(argument, argument), apply)
