"""A claimed gradient in whatever form it comes, as numbers by the names of the elements that they are derivatives by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, UsageError, error
from diffcli.language import Program
from diffcli.methods.points.points import unknown_name
from diffcli.methods.problem.system import System
from diffcli.operations.array_row import shape_text
from diffcli.records import element_names, is_array
from diffcli.tape.recording.python_function import PythonFunction

UNIT = 2.0**-52
"""The distance of floats beside 1."""

_UNITS = {"float32": 2.0**-23, "float16": 2.0**-10}
"""The same of shorter floats of NumPy."""

Shape = tuple[int, ...]


class Claim(NamedTuple):
    """What claims a gradient: a function, a program, programs by the names of elements, or numbers."""

    source: PythonFunction | Program | Mapping[str, Program] | Any
    name: str
    """What reports call it."""
    with_value: bool = False
    """Whether it gives ``(value, gradient)``."""
    hessian: bool = False

    @property
    def what(self) -> str:
        return "Hessian" if self.hessian else "gradient"

    @property
    def moves(self) -> bool:
        """Whether it can be asked at another point."""
        return isinstance(self.source, PythonFunction | Program) or self.are_programs

    @property
    def are_programs(self) -> bool:
        source = self.source
        return isinstance(source, Mapping) and bool(source) and all(isinstance(each, Program) for each in source.values())

    def at(self, point: Mapping[str, Any], shapes: Mapping[str, Shape], parameters: Sequence[str]) -> Claimed:
        """What it claims at a point of the function, which has these ``parameters``, of derivatives by variables of these shapes.

        Raises
        ------
        ExpressionError
            What it gives has not the shape of the gradient.
        """
        given = self._given(point, parameters)
        value = None
        if self.with_value:
            if not isinstance(given, tuple | list) or len(given) != 2:
                raise self._unfit(f"`{self.name}` gives {_kind(given)}, not a pair (value, {self.what})")
            value, given = given
            value = _leaf(f"the value of {self.name}", value)
        arranged = self._matrix(given, shapes) if self.hessian else self._parts(given, shapes)
        return Claimed(arranged, value, _unit(given))

    def _given(self, point: Mapping[str, Any], parameters: Sequence[str]) -> Any:
        source = self.source
        if isinstance(source, PythonFunction):
            return source.returned(self._arguments(source, point, parameters))
        if self.are_programs:
            programs: Mapping[str, Program] = source
            return {name: self._of(program, point)[0] for name, program in programs.items()}
        if isinstance(source, Program):
            found = self._of(source, point)
            return found if len(found) > 1 else found[0]
        return source

    def _of(self, program: Program, point: Mapping[str, Any]) -> list[Any]:
        system = System(program, {name: value for name, value in point.items() if name in program.free})
        return [system.value_of(output) for output in system.outputs]

    def _arguments(self, function: PythonFunction, point: Mapping[str, Any], parameters: Sequence[str]) -> dict[str, Any]:
        """The point by the names of its own parameters: by name, or by place where it calls them otherwise."""
        if set(function.inputs) <= point.keys():
            return {name: value for name, value in point.items() if name in function.signature.parameters}
        own = [*function.signature.parameters]
        wanted = [name for name in parameters if name in point]
        if not len(function.inputs) <= len(wanted) <= len(own):
            message = f"`{self.name}` takes {', '.join(own) or 'nothing'}, and the point has {', '.join(wanted)}"
            raise UsageError([error("usage", message, help=["give it the parameters of the function"])])
        return {own: point[name] for own, name in zip(own, wanted, strict=False)}

    # -- shapes ----------------------------------------------------------------------------------------------------------

    def _parts(self, given: Any, shapes: Mapping[str, Shape]) -> dict[str, float]:
        """A gradient by the names of elements: a mapping by names, parts by place, or one array for all of them."""
        if isinstance(given, Mapping):
            return self._by_name(given, shapes)
        if len(shapes) == 1:
            ((name, shape),) = shapes.items()
            if isinstance(given, tuple | list) and len(given) == 1 and shape != (1,):
                given = given[0]
            return self._named(name, given, shape)
        if isinstance(given, tuple | list) or is_array(given):
            if len(given) == len(shapes):
                return self._by_name(dict(zip(shapes, given, strict=True)), shapes)
            numbers = _flat(self.what, given) if is_array(given) or not any(map(is_array, given)) else []
            if len(numbers[1:2]) and len(numbers[1]) == sum(map(prod, shapes.values())):
                return dict(zip(self.elements(shapes), numbers[1], strict=True))
        count = f"{len(shapes)} variables: {', '.join(shapes)}"
        parts = len(given) if isinstance(given, tuple | list) or is_array(given) else 1
        message = f"the {self.what} of {self.name} has {parts} part{'s' * (parts != 1)}, and there are {count}"
        raise self._unfit(message, "give a part for each variable, in their order, a mapping from names, or choose some by --wrt")

    def _by_name(self, given: Mapping[str, Any], shapes: Mapping[str, Shape]) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, part in given.items():
            variable = name.partition("[")[0]
            if variable not in shapes or (name != variable and name not in element_names(variable, shapes[variable])):
                raise ExpressionError([unknown_name(name, shapes, f"the {self.what}")])
            found |= self._named(name, part, shapes[variable] if name == variable else ())
        return found

    def _named(self, name: str, part: Any, shape: Shape) -> dict[str, float]:
        own, numbers = _flat(f"the {self.what} by {name}", part)
        if own != shape and not (not own and prod(shape) == 1):
            turned = " (it is transposed)" if own == shape[::-1] else ""
            message = f"the {self.what} by `{name}` is {shape_text(own)}, and `{name}` is {shape_text(shape)}{turned}"
            raise self._unfit(message)
        return dict(zip(element_names(name, shape), numbers, strict=True))

    def _matrix(self, given: Any, shapes: Mapping[str, Shape]) -> dict[str, float]:
        """Second derivatives by the names of pairs: one matrix of all elements, or blocks by names or places."""
        names = self.elements(shapes)
        if not isinstance(given, Mapping):
            if len(shapes) > 1 and len(given) == len(shapes) and not all(shape == () for shape in shapes.values()):
                given = {name: dict(zip(shapes, row, strict=True)) for name, row in zip(shapes, given, strict=True)}
            else:
                own, numbers = _flat(f"the {self.what}", given)
                wanted = [(len(names),) * 2, *(shape * 2 for shape in list(shapes.values()) if len(shapes) == 1)]
                if own not in wanted:
                    raise self._unfit(f"the {self.what} is {shape_text(own)}, and there are {len(names)} variables")
                return dict(zip([pair_name(a, b) for a in names for b in names], numbers, strict=True))
        found: dict[str, float] = {}
        for first, row in given.items():
            for second, block in row.items():
                if first not in shapes or second not in shapes:
                    raise ExpressionError([unknown_name(first if first not in shapes else second, shapes, f"the {self.what}")])
                pair = pair_name(first, second)
                numbers = [*self._named(pair, block, shapes[first] + shapes[second]).values()]
                rows, columns = (element_names(name, shapes[name]) for name in (first, second))
                found |= dict(zip([pair_name(a, b) for a in rows for b in columns], numbers, strict=True))
        return found

    def elements(self, shapes: Mapping[str, Shape]) -> list[str]:
        """The names of the elements of all variables."""
        return [element for name, shape in shapes.items() for element in element_names(name, shape)]

    def _unfit(self, message: str, *help: str) -> ExpressionError:
        marks: tuple[Any, ...] = ()
        if isinstance(self.source, Program) and not isinstance(self.source, PythonFunction):
            marks = (self.source.source,)
        return ExpressionError([error("shape-mismatch", message, *marks, help=help)])


class Claimed(NamedTuple):
    """What is claimed at a point."""

    numbers: dict[str, float]
    """By the names of elements, or of pairs of them for second derivatives."""
    value: float | None
    unit: float
    """The distance beside 1 of the floats that it was computed in."""


def pair_name(first: str, second: str) -> str:
    """The name of a second derivative."""
    return f"{first},{second}"


def _flat(name: str, given: Any) -> tuple[Shape, list[float]]:
    """The shape of numbers however they are nested, and the numbers."""
    if not isinstance(given, list | tuple) and not is_array(given):
        return (), [_leaf(name, given)]
    from diffcli.methods.points.arrays import as_array
    from diffcli.operations.arithmetic.array_files import flat

    array = as_array(name, given, _leaf)
    return getattr(array, "shape", ()), flat(array)


def _leaf(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ExpressionError([error("bad-result", f"{name} is {_kind(value)}, not a number")]) from None


def _kind(value: Any) -> str:
    return "None" if value is None else f"a `{type(value).__name__}`"


def _unit(given: Any) -> float:
    """The coarsest distance of floats among what is given."""
    inner = given.values() if isinstance(given, Mapping) else given if isinstance(given, tuple | list) else ()
    own = _UNITS.get(str(getattr(given, "dtype", "")).rpartition(".")[2], UNIT)
    return max([own, *map(_unit, inner)]) if not inner or len(inner) <= 1000 else own
