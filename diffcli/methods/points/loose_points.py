"""What was meant by a text that is no point: ``x:2``, ``x=1 y=2``, ``{"x": 1}``, ``(1, 2)``, ``x=1,5``, ``x=1.5 m``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import product

from diffcli.errors import ExpressionError
from diffcli.language import parse

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NAME = re.compile(rf"""["']?(?<![\w.@/\\])([^\W\d]\w*)["']?(?:\s*(?:==|:=|[=:→]|->)\s*|\s+(?={_NUMBER}))""")
"""A name with what stands between it and its value."""
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_TWO = re.compile(rf"{_NUMBER}\s*,\s*[-+]?\d{{1,2}}")
WITH_UNIT = re.compile(rf"({_NUMBER})\s*(?!(?:(?:pi|π|e|deg|degrees?|grad)\b|x\d))[^\W\d][\w/^*.·²³-]*$")
"""A number with a unit, which it is read without."""
_GAPS = " \t\r\n,;&"
_PAIRS = ("{}", "()", "[]", '""', "''")


def readings(text: str, names: Sequence[str] = ()) -> list[str]:
    """What a loose text means as a point of these variables, as texts that `read_point` takes: one, two, or none.

    >>> readings("x:1 y:2"), readings('{"x": 1.5}'), readings("(1, 2)", ["x", "y"]), readings("x=1,5")
    (['x=1,y=2'], ['x=1.5'], ['x=1,y=2'], ['x=[1,5]', 'x=1.5'])
    """
    bare = text.strip(_GAPS)
    while len(bare) > 1 and bare[0] + bare[-1] in _PAIRS:
        bare = bare[1:-1].strip(_GAPS)
    found = [*_NAME.finditer(bare)]
    starts = [*[match.start() for match in found], len(bare)]
    given = [match[1] for match in found]
    values = [bare[match.end() : end].strip(_GAPS + "\"'") for match, end in zip(found, starts[1:], strict=True)]
    left = [name for name in names if name not in given]
    if len({*given}) < len(given):
        return []
    if bare[: starts[0]]:  # no names
        values = re.split(r"[,;&\s]+", bare)
        if found or not names or not all(_meanings(value, ()) for value in values):
            return []
        if len(names) == 1:
            values = [bare]
        elif len(names) != len(values):
            return [",".join(f"{name}=..." for name in names)]
        given = left
    elif left and values and len(parts := values[-1].split(",")) == len(left) + 1 and not _THOUSANDS.fullmatch(values[-1]):
        given, values = given + left, values[:-1] + parts  # x=1,2 of x and y
    chosen = product(*[_meanings(value, given) for value in values]) if values else ()
    return [",".join(f"{name}={value.strip()}" for name, value in zip(given, one, strict=True)) for one in chosen][:2]


def _meanings(value: str, known: Collection[str]) -> list[str]:
    """What a loose value means, which may refer to ``known`` names."""
    try:
        return [value] if value.startswith("@") or all(name in known for name in parse(value).inputs) else []
    except ExpressionError as fault:
        mended = [text for text in fault.mended if not parse(text).inputs]
    if re.search(r"\d\s+[-+]?\d", value):  # 1 000 is a number, 2 3 are two
        mended = [text for text in mended if "*" not in text]
    if angle := re.fullmatch(rf"({_NUMBER})\s*(?:deg|degrees?|grad)", value):
        mended = [f"{angle[1]}*pi/{200 if value.endswith('grad') else 180}"]
    return [f"[{value}]"] * bool(_TWO.fullmatch(value)) + (mended or WITH_UNIT.findall(value)[:1])
