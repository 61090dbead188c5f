"""The point at which to differentiate: ``x=2, y=pi/4`` as text, or a mapping."""

from __future__ import annotations

import math
from collections.abc import Mapping

from diffcli.errors import Diagnostic, ExpressionError, Mark, Source, error
from diffcli.language import parse
from diffcli.language.tokens import PASTED, SYMBOL, TOKEN
from diffcli.tape import evaluate, lower

Point = dict[str, float]


def read_point(text: str, label: str = "--at") -> tuple[Point, dict[str, Mark], Source]:
    """Names and values from text such as ``x=2, y=pi/4``; values are constant expressions.

    Returns
    -------
    The values, where each name stands, and the text as a source for diagnostics.

    Raises
    ------
    ExpressionError
        The text is not a list of ``name=value``, or a value is not a finite number.

    >>> read_point("x=2, y=cos(pi)")[0]
    {'x': 2.0, 'y': -1.0}
    """
    source = Source(text, label)
    try:
        program = parse(_as_program(text), label)
    except ExpressionError as fault:
        raise ExpressionError([_as_value_fault(found, source) for found in fault.diagnostics]) from None
    faults = []
    for statement in program.statements:
        if not statement.name or statement.parameters is not None:
            faults.append(_bad_value("write name=value", source, Mark(statement.span)))
    for name in program.inputs:
        node = program.arguments.index(name)
        faults.append(_bad_value(f"`{name}` has no value here", source, program.mark(node)))
    if faults:
        raise ExpressionError(faults)
    tape = lower(program)
    values = evaluate(tape, [])
    point = {name: float(values[slot]) for name, slot in tape.bindings.items()}
    marks = {statement.name: Mark(statement.name_span) for statement in program.statements}
    for statement in program.statements:
        if not math.isfinite(point[statement.name]):
            message = f"the value of `{statement.name}` is {point[statement.name]}, not a finite number"
            raise ExpressionError([_bad_value(message, source, Mark(statement.span))])
    return point, marks, source


def _as_value_fault(found: Diagnostic, source: Source) -> Diagnostic:
    """A complaint about a program, as one about a list of values."""
    if found.code == "duplicate-name":
        return found._replace(source=source, help=("give one value for each name",))
    return found._replace(source=source, message=found.message.replace("`;`", "`,`"), help=_help(source.label))


def _help(label: str) -> tuple[str, ...]:
    return (f"write names with their values, separated by commas: {label} x=2,y=pi/4",)


def _bad_value(message: str, source: Source | None, *marks: Mark) -> Diagnostic:
    return error("bad-value", message, source, *marks, help=_help(source.label if source else "at"))


def _as_program(text: str) -> str:
    """The text with the commas between assignments as semicolons, so that it is a program of the same length."""
    characters = list(text)
    depth = 0
    for match in TOKEN.finditer(text):
        if match.lastindex == SYMBOL:
            token = PASTED.get(match[SYMBOL], match[SYMBOL])
            depth += (token == "(") - (token == ")")
            if token == "," and depth <= 0:
                characters[match.end() - 1] = ";"
    return "".join(characters)


def check_mapping(at: Mapping[str, object]) -> Point:
    """A point given as a mapping, with every value as a float; texts are constant expressions.

    Raises
    ------
    ExpressionError
        A value is not a finite number.
    """
    point: Point = {}
    for name, value in at.items():
        if isinstance(value, str):
            point[name] = read_point(f"{name}={value}", "at")[0][name]
            continue
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ExpressionError([_bad_value(f"the value of `{name}` is {value!r}, not a finite number", None)])
        point[name] = number
    return point


