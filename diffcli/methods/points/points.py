"""The point at which to differentiate: ``x=2, w=[1, pi/4], W=@weights.npy`` as text, or a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from diffcli.errors import Diagnostic, ExpressionError, Mark, Source, Span, UsageError, did_you_mean, error
from diffcli.language import Program, parse
from diffcli.language.parsing.tokens import TOKEN
from diffcli.records import Number, finite_float, is_array
from diffcli.tape import evaluate, lower

if TYPE_CHECKING:
    from diffcli.methods.points.files import Reference

# What only arrays and files need is imported where they are met: a scalar point does not wait for NumPy.


Point = dict[str, Number]


class GivenPoint(Point):
    """Names and their values, each a finite float or an array of float64; and where texts give them."""

    def __init__(self, values: Mapping[str, Number] | None = None, places: dict[str, tuple[Source, Mark]] | None = None) -> None:
        super().__init__(values or {})
        self.places = {} if places is None else places
        """Of a mapping there are none."""

    def place(self, name: str) -> tuple[Source, Mark] | tuple[()]:
        """Where a name gets its value, as `diffcli.errors.error` takes it; empty for a mapping."""
        return self.places.get(name, ())


def as_point(at: str | Sequence[str] | Mapping[str, object], label: str = "--at", copy: bool = True) -> GivenPoint:
    """A point given as a text, several texts, or a mapping: see `read_point` and `check_mapping`."""
    if isinstance(at, (dict, Mapping)):
        return check_mapping(at, copy)
    are_texts = isinstance(at, str) or (isinstance(at, (list, tuple)) and all(isinstance(text, str) for text in at))
    if not are_texts:
        what = "a direction" if "direction" in label else "a point"
        message = f"{what} is a mapping of names to values, or text, not a `{type(at).__name__}`"
        raise UsageError([error("usage", message, help=['write {"x": 2.0}, or "x=2"'])])
    return read_point(at, label)


# -- texts -------------------------------------------------------------------------------------------------------------


def read_point(given: str | Sequence[str], label: str = "--at", called: str = "") -> GivenPoint:
    """Names and values from text such as ``x=2, w=[1, pi/4]``; values are constant expressions, or stand in files.

    Several texts give one point, each with names of its own: a value may refer to those of the texts before it. Values that
    are given by themselves take precedence of those in a file with a whole point. A file that cannot be used is a `UsageError`,
    and an `ExpressionError` what is no list of ``name=value``, or no finite number or array of them. That a value is none is said
    of what it is ``called``, if it is not by its name, and points nowhere.

    >>> read_point("x=2, y=cos(pi)")
    {'x': 2.0, 'y': -1.0}
    >>> read_point(["x=2  # radius", "y=x^2"])
    {'x': 2.0, 'y': 4.0}
    """
    references: list[tuple[Reference, Source]] = []
    texts = [given] if isinstance(given, str) else given
    programs: list[tuple[str, Source]] = []
    for source in [Source(text, label) for text in texts if text.strip()]:
        found: list[Reference] = []
        programs.append((with_semicolons(source.text, found), source))
        references += [(one, source) for one in found]
    point = GivenPoint()
    places = point.places
    named: set[str] = set()
    if references:
        from diffcli.methods.points.files import read_references

        for name, value in read_references(references, places, named).items():
            point[name] = _expression(name, value) if isinstance(value, str) else value
    for written, source in programs:
        if references and not written.strip(" \t\n;"):
            continue
        program = _read_program(written, source, point)
        values = _values(program, source, point)
        for statement in program.statements:
            name = statement.name
            if name in named:
                from diffcli.methods.points.files import bound_twice

                raise ExpressionError([bound_twice(name, source, statement.name_span)])
            place = () if called else (source, Mark(statement.span))
            values[name] = as_number(called or name, values[name], *place)
            places[name] = source, Mark(statement.name_span)
        named.update(values)
        point.update(values)
    return point


def _read_program(written: str, source: Source, known: Point) -> Program:
    """The statements of a point: each binds a name, and refers to those before it and to ``known`` ones only."""
    if (place := written.find("...")) >= 0:
        raise ExpressionError([_bad_value("a number is to stand in place of `...`", source, Mark(Span(place, place + 3)))])
    try:
        program = parse(written, source.label)
    except ExpressionError as fault:
        raise ExpressionError([_as_value_fault(found, source) for found in fault.diagnostics]) from None
    unnamed = [each for each in program.statements if not each.name or each.parameters is not None]
    faults = [_bad_value("write name=value", source, Mark(each.span)) for each in unnamed]
    for name in [each for each in program.inputs if each not in known]:
        why = "is not a finite number" if name.lower() in ("inf", "infinity", "nan") else "has no value here"
        faults.append(_bad_value(f"`{name}` {why}", source, program.mark(program.arguments.index(name))))
    if faults:
        raise ExpressionError(faults)
    return program


def _values(program: Program, source: Source, known: Point) -> dict[str, Any]:
    """The values of a point's statements, in full."""
    if "stack" in program.operations:
        from diffcli.methods.points.arrays import require_even

        require_even(program, source)
    shapes = {name: getattr(value, "shape", ()) for name, value in known.items()}
    try:
        tape = lower(program, given=known, shapes=shapes)
    except ExpressionError as fault:
        raise ExpressionError([found._replace(source=source) for found in fault.diagnostics]) from None
    values = evaluate(tape, [known[name] for name in tape.inputs])
    if not tape.operations:
        return {name: values[slot] for name, slot in tape.bindings.items()}
    from diffcli.methods.points.computed import computed

    return dict(zip(tape.bindings, computed(tape, values, [*tape.bindings.values()]), strict=True))


def _expression(name: str, text: str, called: str = "") -> Number:
    """The value of a constant expression that is given for a name, and nothing beside it."""
    point = read_point(f"{name}={text}", "at", called)
    if len(point) != 1:
        raise ExpressionError([_bad_value(f"the value of `{called or name}` is `{text}`, not one value", None)])
    return next(iter(point.values()))


def with_semicolons(text: str, references: list[Reference] | None = None) -> str:
    """The text with the commas between statements as semicolons, so that it is a program of the same length.

    What refers to a file is left out of it, as blanks, and put into ``references``, if these are wanted.

    >>> with_semicolons("u, max(v, w)")
    'u; max(v, w)'
    """
    characters = list(text)
    with_files = references is not None and "@" in text
    depth = position = 0
    while True:
        if references is not None and with_files and depth <= 0 and (position == 0 or characters[position - 1] in ";\n"):
            from diffcli.methods.points.files import find_reference

            found = find_reference(text, position)
            if found is not None:
                references.append(found[0])
                characters[position : found[1]] = " " * (found[1] - position)
                position = found[1]
        match = TOKEN.match(text, position)
        if match is None or match.end() == position:
            return "".join(characters)
        position = match.end()
        token = match[match.lastindex or 0]
        depth += (token in ("(", "[")) - (token in (")", "]"))
        if token == "," and depth <= 0:
            characters[position - 1] = ";"


# -- a mapping ---------------------------------------------------------------------------------------------------------


def check_mapping(at: Mapping[str, object], copy: bool = True) -> GivenPoint:
    """A point given as a mapping, with every value as a float or an array of float64.

    Texts are constant expressions; nested lists and tuples, and whatever offers itself as a NumPy array, are arrays. They
    are copied, so that a result keeps its point for ever, unless nobody will look at it (``copy``). What is not a finite number,
    nor an array of them, is an `ExpressionError`.
    """
    if isinstance(at, GivenPoint):
        return at
    point = GivenPoint()
    for name, value in at.items():
        if type(value) is float and value - value == 0:
            point[name] = value
        else:
            point[name] = _expression(name, value) if isinstance(value, str) else as_number(name, value, copy=copy)
    return point


def as_number(name: str, value: Any, source: Source | None = None, *marks: Mark, copy: bool = True) -> Number:
    """A number, an array, or nested lists, as a finite float or an array of them; where it stands is for the complaint."""
    if not isinstance(value, list | tuple) and not is_array(value):
        return to_float(name, value, source, *marks)
    from diffcli.methods.points.arrays import as_array, element
    from diffcli.operations.arithmetic.array_files import first_nonfinite

    array: Any = as_array(name, value, lambda name, number: to_float(name, number, source, *marks), copy)
    if (index := first_nonfinite(array)) is not None:
        to_float(element(name, index), float(array[index]), source, *marks)
    return array


def to_float(name: str, value: Any, source: Source | None = None, *marks: Mark) -> float:
    """A number, or the text of a constant expression, as a finite float; what else it is called is for the complaint."""
    if hasattr(value, "dtype") and not isinstance(value, float | str):  # NumPy makes a float of a date, and of 1 + 2j
        from diffcli.methods.points.arrays import as_array
        from diffcli.operations.arithmetic.array_files import is_foreign

        value = value if is_foreign(value) else as_array(name, value, to_float)
    if isinstance(value, str):
        text, value = value, _expression("value", value, name)  # the name may be that of an element
        if is_array(value):
            raise ExpressionError([_bad_value(f"the value of `{name}` is `{text}`, not a finite number", None)])
    try:
        return finite_float(value)
    except (OverflowError, ValueError) as fault:
        raise ExpressionError([_bad_value(f"the value of `{name}` is {fault}", source, *marks)]) from None


# -- what is wrong with a point ----------------------------------------------------------------------------------------


def only_numbers(point: Mapping[str, Number]) -> dict[str, float]:
    """The point, where every value of it is a number; an `ExpressionError` where one is an array."""
    arrays = [name for name, value in point.items() if is_array(value)]
    if arrays:
        raise ExpressionError([error("bad-value", f"`{name}` is an array, where a number is needed") for name in arrays])
    return dict(point)


def unknown_name(
    name: str, known: Iterable[str], subject: str, place: tuple[Source, Mark] | tuple[()] = (), kind: str = "variable"
) -> Diagnostic:
    """An error for a name that is none of the variables, or of what else there is of a kind."""
    help = did_you_mean(name, known) or [f"its {kind}s: {', '.join(known) or 'none'}"]
    return error("unknown-variable", f"{subject} has no {kind} `{name}`", *place, help=help)


def _as_value_fault(found: Diagnostic, source: Source) -> Diagnostic:
    """A complaint about a program, as one about a list of values."""
    if found.code == "duplicate-name":
        return found._replace(source=source, help=("give one value for each name",))
    return found._replace(source=source, message=found.message.replace("`;`", "`,`"), help=_help(source))


def _help(source: Source | None) -> tuple[str, ...]:
    label = source.label if source else "at"
    example = "x=2,w=[1,pi/4]" if source and "[" in source.text else "x=2,y=pi/4"
    return (f"write names with their values, separated by commas: {label} {example}",)


def _bad_value(message: str, source: Source | None, *marks: Mark) -> Diagnostic:
    return error("bad-value", message, source, *marks, help=_help(source))
