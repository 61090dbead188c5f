"""A claimed gradient in whatever form it comes, asked at a point, as numbers in the order of the elements."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial, wraps
from math import prod
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, UsageError, error, refusal
from diffcli.language import Program, parse
from diffcli.language.parsing.tokens import plain_name
from diffcli.methods.points.arrays import Ragged, as_array, flatten
from diffcli.methods.points.data_texts import parse_json
from diffcli.methods.points.file_text import read_text
from diffcli.methods.points.files import read_binary, read_value
from diffcli.methods.points.points import read_point, unknown_name
from diffcli.methods.problem.components import Components, as_blocks
from diffcli.methods.problem.problem import Problem
from diffcli.methods.problem.system import System
from diffcli.operations import CONSTANTS
from diffcli.operations.array_row import shape_text
from diffcli.records import element_names, is_array
from diffcli.studies.claims.text import read_claims
from diffcli.tape.recording.python_function import PythonFunction

_NUMBERS = (".npy", ".npz", ".csv", ".tsv")
"""Files of numbers beside JSON."""


class Claim(NamedTuple):
    """What is claimed of derivatives at a point."""

    name: str
    """What reports call it."""
    at: Callable[[Mapping[str, Any]], Any]
    """The claim at a point, in its own form."""
    moves: bool = True
    """Whether it can be asked at another point, and is not the same numbers."""


def as_claim(given: Any, function: Program, point: Mapping[str, Any], kind: str = "gradient") -> Claim:
    """A claim about the ``gradient`` or ``hessian`` of a function that has a value for each of its parameters at a point.

    It may be a function of the same parameters; a text: a program ``"[2*x*y, x^2]"``, derivatives ``"x: 2*x*y, y: x^2"``,
    ``"@FILE"`` with either, a file of numbers (JSON, ``.npy``, CSV), or one for each name, ``"x=@x.npy, w=@w.npy"``; or numbers.

    >>> as_claim("x: 2*x*y, y: x^2", parse("x^2*y"), {"x": 1.0, "y": 2.0}).at({"x": 3.0, "y": 2.0})
    {'x': 12.0, 'y': 9.0}
    """
    name = "the numbers given"
    if isinstance(given, str):
        given, name = _of_text(given.strip(), point, kind), given.strip().removeprefix("@")
    elif callable(given) and not isinstance(given, Program):
        try:
            given = PythonFunction(given)
        except ExpressionError:  # it takes any arguments, as what a decorator or another library makes does
            name = getattr(given, "__name__", "the function given")
            return Claim(name, lambda point: given(*[point[name] for name in _order(function, point)]))
    if isinstance(given, PythonFunction):
        return Claim(given.name, partial(_answer, given, function))
    if isinstance(given, Program):
        return Claim(name, partial(_value, given), moves=bool(point.keys() & given.free))
    if isinstance(given, Mapping) and given and all(isinstance(one, Program) for one in given.values()):
        moves = any(point.keys() & program.free for program in given.values())
        return Claim(name, lambda point: {name: _value(program, point) for name, program in given.items()}, moves)
    return Claim(name, lambda point: given, moves=False)


def without_gradient(function: PythonFunction) -> PythonFunction:
    """The value of a function that returns ``(value, gradient)``."""

    @wraps(function.function)
    def value(*arguments: Any, **named: Any) -> Any:
        answer = function.function(*arguments, **named)
        return answer[0] if isinstance(answer, tuple | list) and answer else answer

    alone = PythonFunction(value, function.name, function.label, function.surroundings)
    alone.verify = function.verify
    return alone


def _of_text(text: str, point: Mapping[str, Any], kind: str) -> Any:
    path = text.removeprefix("@").strip().strip('"')
    suffix = os.path.splitext(path)[1].lower()
    head, equals, _ = text.partition("=")
    if equals and plain_name(head.strip()) in point and not re.search("[;\n]|==", text):
        return read_point(text, "--against")
    if suffix in _NUMBERS:
        return read_binary(path, kind, "", keep=True) if suffix == ".npy" else read_value(path, kind)
    if suffix == ".json":
        data = parse_json(read_text(path), path)
        if isinstance(data, dict) and "schema" in data and kind not in data:
            raise refusal("bad-data", f"{path} is a result of diffcli without a {kind}")
        return data[kind] if isinstance(data, dict) and "schema" in data else data
    label = "--against"
    if text.startswith("@") or (suffix and os.path.isfile(path)):
        text, label = read_text(path, "write @FILE for a file of formulas, and FILE.py:NAME for a function"), path
    if ":" in text and not text.startswith("["):
        return read_claims(text, Problem(" + ".join(f"sum({name})" for name in point), point), label)
    return parse(text, label)


def _value(program: Program, point: Mapping[str, Any]) -> Any:
    for name in program.free:
        if name not in point and name not in CONSTANTS:
            place = program.source, program.mark(program.arguments.index(name))
            raise ExpressionError([unknown_name(name, point, "the function", place)])
    system = System(program, {name: value for name, value in point.items() if name in program.free})
    values = [system.value_of(output) for output in system.outputs]
    return values if len(values) > 1 else values[0]


def _answer(claim: PythonFunction, function: Program, point: Mapping[str, Any]) -> Any:
    """What a function claims, which takes the point by the names of its parameters, or by place if it calls them otherwise."""
    own = [*claim.signature.parameters]
    if set(claim.inputs) <= point.keys():
        return claim.answer({name: value for name, value in point.items() if name in own})
    given = _order(function, point)
    if not len(claim.inputs) <= len(given) <= len(own):
        message = f"`{claim.name}` takes {', '.join(own) or 'nothing'}, and the point has {', '.join(given)}"
        raise UsageError([error("usage", message, help=["give it the parameters of the function"])])
    return claim.answer({name: point[each] for name, each in zip(own, given, strict=False)})


def _order(function: Program, point: Mapping[str, Any]) -> list[str]:
    """The names of a point in the order of the parameters."""
    own = function.signature.parameters if isinstance(function, PythonFunction) else function.inputs
    return [name for name in own if name in point]


# -- numbers in order --------------------------------------------------------------------------------------------------------


def arranged(given: Any, parts: Components, what: str) -> list[float | None]:
    """What is claimed of the elements of some variables, or pairs of them, in order; None where nothing is.

    It comes by the names of variables or elements, by the place of the variables, or as one array for all of them.

    >>> parts = Components([("x", 0, ()), ("w", 1, (2,))])
    >>> arranged({"w": [3, 4]}, parts, "gradient"), arranged((1, [3, 4]), parts, "gradient")
    ([None, 3.0, 4.0], [1.0, 3.0, 4.0])
    """
    shapes = {name: shape for name, _, shape in parts.parts}
    found: dict[str, float | None] = dict.fromkeys(parts.names)
    for name, part in (given if isinstance(given, Mapping) else _by_place(given, parts, what)).items():
        if name not in shapes and name not in found:
            raise ExpressionError([unknown_name(name, shapes, f"the {what}")])
        is_number = not isinstance(part, list | tuple) and not is_array(part)
        array: Any = as_number(f"{what} by `{name}`", part) if is_number else as_array(what, part, as_number)
        own, shape = getattr(array, "shape", ()), shapes.get(name, ())
        if own != shape and not prod(own) == prod(shape) == 1:
            turned = " (it is transposed)" * (own == shape[::-1])
            message = f"the {what} by `{name}` is {shape_text(own)}, and should be {shape_text(shape)}{turned}"
            raise ExpressionError([error("shape-mismatch", message)])
        found |= zip(element_names(name, shape), Components([(name, 0, own)]).numbers([array]), strict=True)
    if all(number is None for number in found.values()):
        raise ExpressionError([error("bad-result", f"the {what} is empty", help=[f"its variables: {', '.join(shapes)}"])])
    return [*found.values()]


def _by_place(given: Any, parts: Components, what: str) -> dict[str, Any]:
    names = [name for name, _, _ in parts.parts]
    if len(names) == 1:
        return {names[0]: given[0] if isinstance(given, tuple) and len(given) == 1 else given}
    count = len(given) if isinstance(given, tuple | list) or is_array(given) else 1
    for known in (names, parts.names):
        if count == len(known):
            return dict(zip(known, given, strict=True))
    message = f"the {what} has {count} part{'s' * (count > 1)}, and there are {len(names)} variables: {', '.join(names)}"
    help = ["give a part for each variable, in their order; or by name; or choose some of them by --wrt"]
    raise ExpressionError([error("shape-mismatch", message, help=help)])


def parts_of(at: Mapping[str, Any], names: list[str], hessian: bool = False) -> Components:
    """The variables, or pairs of them, with the shapes of the derivatives by them."""
    shapes = {name: getattr(at[name], "shape", ()) for name in names}
    if hessian:
        shapes = {f"{first},{second}": shapes[first] + shapes[second] for first in names for second in names}
    return Components([(name, place, shape) for place, (name, shape) in enumerate(shapes.items())])


def by_pairs(given: Any, variables: Components) -> Any:
    """Second derivatives as derivatives by pairs of variables: of a matrix of all elements, or of blocks in rows or by names."""
    size = len(variables)
    with suppress(Ragged):
        shape, entries = flatten([given], "the Hessian")
        if shape == (1, size, size):
            numbers = [as_number("Hessian", entry) for entry in entries]
            given = as_blocks(variables, variables, [numbers[row * size : (row + 1) * size] for row in range(size)])
    if len(variables.parts) == 1 and not isinstance(given, Mapping):
        return given
    rows = given if isinstance(given, Mapping) else _by_place(given, variables, "Hessian")
    return {
        f"{first},{second}": block
        for first, row in rows.items()
        for second, block in (row if isinstance(row, Mapping) else _by_place(row, variables, f"Hessian by `{first}`")).items()
    }


def without(given: Any, names: set[str]) -> Any:
    """What is claimed by name, without what is claimed of some names and their elements."""
    if not isinstance(given, Mapping):
        return given
    return {name: without(part, names) for name, part in given.items() if str(name).partition("[")[0] not in names}


def as_number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ExpressionError([error("bad-result", f"the {name} is a `{type(value).__name__}`, not a number")]) from None
