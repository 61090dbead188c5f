"""The values that options take: a word of a few, or a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from diffcli.errors import ExpressionError, UsageError, did_you_mean, error
from diffcli.methods.points.ranges import POSITIVE, Range, read_constant
from diffcli.records import finite_float


class Choice(click.Choice[str]):
    """A choice by name, with the nearest name when it is none of them."""

    def __init__(self, kind: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(tuple(known))
        self.kind = kind
        self.aliases = aliases or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in self.choices:
            return str(value)
        if value in self.aliases:
            return self.aliases[value]
        help = [*did_you_mean(str(value), self.choices), f"one of: {', '.join(self.choices)}"]
        raise UsageError([error("unknown-choice", f"there is no {self.kind} `{value}`", help=help)])


class Number(click.ParamType[Any]):
    """A number in a range, as a constant expression, or ``full`` where that will do."""

    name = "NUMBER"

    def __init__(self, range: Range = POSITIVE, full: bool = False) -> None:
        self.range, self.full = range, full

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or (self.full and value == "full"):
            return value
        assert param is not None
        label = param.opts[0]
        try:
            is_whole = self.range.whole and value.isdecimal() and len(value) < 20
            number = int(value) if is_whole else finite_float(read_constant(value, label))
        except (ExpressionError, OverflowError, ValueError):
            help = [] if self.range.whole else ["write a number, or an expression without variables such as 2^-10"]
            help += [f"{label} full shows them all"] * self.full
            raise UsageError([error("bad-value", f"{label} is `{value[:40]}`, not {self.range}", help=help)]) from None
        whole = self.range.whole and float(number).is_integer()
        return self.range.require(label, int(number) if whole else number)
