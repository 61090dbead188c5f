"""`diffcli.custom_rule`: an operation of the user's own, with its own rule, held against its values before it is used."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from typing import Any, NoReturn

from diffcli.errors import DiffcliError, ExpressionError, Mark, Source, Span, UsageError, counted, error
from diffcli.language import parse
from diffcli.language.syntax import CALL, NAME, NUMBER, Program
from diffcli.language.writing.printer import number_text, to_text
from diffcli.methods.problem.problem import Problem
from diffcli.methods.rule_check import hold_against_differences
from diffcli.methods.traces.expressions import Forms
from diffcli.operations import CONSTANTS, OPERATIONS, Operation, row_of
from diffcli.operations.custom_operations import OwnName
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import replay
from diffcli.tape.running.rules import ABSENT, RESULT

LETTERS = "abcdfhkmnpqrsuvwxz"
"""What the operands are called in the row, as in the rows of the table."""

LONGEST = 200
"""The most operations of a definition that is taken from the function itself."""

Partial = str | Callable[..., Any]
Points = Sequence[float | Sequence[float]]


def custom_rule(
    *, partials: Partial | Sequence[Partial] | Mapping[str, Partial], at: Points, definition: str = ""
) -> Callable[[Callable[..., float]], Callable[..., Any]]:
    """Make a function of floats an operation of its own, with its own partial derivatives.

    Parameters
    ----------
    partials
        The partial derivative by each parameter, in terms of the parameters and of the result ``y``: a text in diffcli's
        language (``absent`` is no dependence), or a function written with diffcli's functions; one for each parameter, in a
        list or by name.
    at
        Points at which the partials are compared with differences of the values: a number, or one for each parameter.
    definition
        The function as a text, for SymPy and for more digits; that of a function of operators and diffcli's functions is
        known.

    Returns
    -------
    A decorator. The function works on numbers as before, and is one row under its own name where it is recorded, whatever it
    calls inside.

    Raises
    ------
    ExpressionError
        A partial is no program, or not the derivative of the values: with the numbers of both, and the likely slip.
    UsageError
        Parameters, partials and points do not fit each other.

    Examples
    --------
    >>> import math
    >>> @custom_rule(partials="y*(1 - y)", at=[-1.0, 0.5])
    ... def logistic(x):
    ...     return 1/(1 + math.exp(-x))
    >>> from diffcli.methods.library import grad
    >>> grad(lambda x: 3*logistic(x), {"x": 0.0}).gradient
    {'x': 0.75}

    A wrong rule does not get far:

    >>> @custom_rule(partials="sin(x)", at=[0.5])  # doctest: +ELLIPSIS
    ... def cosine(x):
    ...     return math.cos(x)
    Traceback (most recent call last):
    ...
    diffcli.errors.ExpressionError: the partial of `cosine` by `x` is not the derivative of its values
      ...
    """

    return lambda function: _applied(function, _own_operation(function, partials, at, definition))


def _applied(function: Callable[..., float], name: OwnName) -> Callable[..., Any]:
    """A function as the operation of a name."""
    from diffcli.tape.recording.functions import apply_row

    signature = inspect.signature(function)

    def call(*operands: Any, **named: Any) -> Any:
        bound = signature.bind(*operands, **named)
        bound.apply_defaults()
        return apply_row(name, *bound.args)

    return update_wrapper(call, function)


def _own_operation(function: Callable[..., float], partials: Any, at: Points, definition: str) -> OwnName:
    """The name of the operation, which carries its row."""
    name = OwnName(getattr(function, "__name__", "custom").replace("<lambda>", "custom"))
    parameters = _parameters(function, name)
    try:
        points = [tuple(map(float, point)) if isinstance(point, Sequence) else (float(point),) for point in at]
    except (TypeError, ValueError):
        points = []
    if not points or any(len(point) != len(parameters) for point in points):
        _refuse(f"`at` has to give points of {counted(len(parameters), 'number')}, for `{name}`", "a list of them: at=[0.5, 2.0]")
    name.function = _total(function, name)
    letters = tuple(LETTERS[: len(parameters)])
    given = _by_parameter(partials, parameters, name)
    sources = [Source(text if isinstance(text, str) else "", f"the partial by {parameter}") for parameter, text in given.items()]
    texts = [
        _canonical(rule, parameters, letters, source) if isinstance(rule, str) else _recorded(rule, parameters, points, name)
        for rule, source in zip(given.values(), sources, strict=True)
    ]
    if not isinstance(definition, str):
        _refuse(f"the definition of `{name}` is a text")
    source = Source(definition, "the definition")
    definition = _canonical(definition, parameters, letters, source) if definition else _definition(function, points[0], letters)
    radius = " | ".join(f"max(abs({letter}), 1)/16" for letter in letters)  # nothing is known of how far its series goes
    name.row = Operation(
        name, letters, tuple(texts), (inspect.getdoc(function) or "an own operation").partition("\n")[0], tuple(points),
        definition=definition, radius=radius,
    )  # fmt: skip
    hold_against_differences(name, parameters, sources)
    return name


def _refuse(message: str, *help: str) -> NoReturn:
    raise UsageError([error("usage", message, help=help)])


def _parameters(function: Callable[..., float], name: str) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        _refuse(f"the parameters of `{name}` cannot be read", "wrap it in a function of Python's own: def f(x): ...")
    if any(parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in parameters.values()):
        _refuse(f"`{name}` takes any number of arguments; an operation has a fixed number of operands")
    if not 1 <= len(parameters) <= len(LETTERS):
        _refuse(f"`{name}` has {len(parameters)} parameters; an operation has 1 to {len(LETTERS)} operands")
    if RESULT in parameters:
        _refuse(f"`{name}` has a parameter `{RESULT}`, which is the result in a rule", "call the parameter something else")
    return list(parameters)


def _by_parameter(partials: Any, parameters: Sequence[str], name: str) -> dict[str, Partial]:
    if isinstance(partials, Mapping):
        unknown = [key for key in partials if key not in parameters]
        missing = [key for key in parameters if key not in partials]
        if unknown or missing:
            _refuse(f"partials are wanted by {', '.join(parameters)} of `{name}`", 'a parameter without influence has "absent"')
        partials = [partials[key] for key in parameters]
    listed = list(partials) if isinstance(partials, Sequence) and not isinstance(partials, str) else [partials]
    if len(listed) != len(parameters):
        _refuse(f"`{name}` has {len(parameters)} parameters and {len(listed)} partials", "give one for each parameter")
    if not all(isinstance(partial, str) or callable(partial) for partial in listed):
        _refuse(f"a partial of `{name}` is a text or a function")
    return dict(zip(parameters, listed, strict=True))


def _total(function: Callable[..., float], name: str) -> Callable[..., float]:
    """The function as one that never raises where it is undefined."""

    def value(*operands: float) -> float:
        try:
            result = function(*operands)
        except (ArithmeticError, ValueError):
            return math.nan
        try:
            return math.nan if isinstance(result, complex) else float(result)
        except (TypeError, ValueError):
            _refuse(f"`{name}` returned a `{type(result).__name__}`, and an operation gives a number")

    return value


# -- texts -------------------------------------------------------------------------------------------------------------------


def _canonical(text: str, parameters: Sequence[str], letters: Sequence[str], source: Source) -> str:
    """A user's text in the table's own names: only those are ever compiled."""
    if text.strip() == ABSENT:
        return ABSENT
    program = parse(text, source.label)
    _no_arrays(source, program.operations, program.span)
    words = dict(zip(parameters, letters, strict=True))
    words |= {RESULT: RESULT, ABSENT: ABSENT}
    lines = []
    for number, statement in enumerate(program.statements, 1):
        if statement.parameters is not None:
            raise ExpressionError([error("usage", "a rule has no functions of its own", source, Mark(statement.span))])
        body = to_text(program, statement.root, name=lambda word: words.get(word) or _constant(word, program))
        if statement is not program.result:
            words[statement.name] = f"t{number}"
            body = f"t{number} = {body}"
        lines.append(body)
    return "; ".join(lines)


def _constant(word: str, program: Program) -> str:
    if word in CONSTANTS:
        return number_text(CONSTANTS[word])
    mark = program.mark(program.arguments.index(word))
    help = ["a rule is written in the parameters of the function, and its result y"]
    raise ExpressionError([error("unknown-variable", f"there is no parameter `{word}`", program.source, mark, help=help)])


def _recorded(partial: Callable[..., Any], parameters: Sequence[str], points: Sequence[tuple[float, ...]], name: OwnName) -> str:
    """The text of a partial that is a function: what it does, which must not depend on the point."""
    wanted = inspect.signature(partial).parameters
    given = dict(zip([*parameters, RESULT], [*points[0], name.function(*points[0])], strict=True))
    names = dict(zip([*parameters, RESULT], [*LETTERS[: len(parameters)], RESULT], strict=True))
    if set(wanted) == set(parameters) | {RESULT} or set(wanted) == set(parameters):
        recorded = Problem(partial, {parameter: given[parameter] for parameter in wanted})
    else:
        _refuse(f"a partial of `{name}` is a function of {', '.join(parameters)}, and of {RESULT} if it needs the result")
    if recorded.tape.decisions:
        help = ("write the choice as diffcli.where(condition, a, b)",)
        faults = [note._replace(severity="error", code="untraceable", notes=(), help=help) for note in recorded.notes()]
        raise ExpressionError(faults)
    _of_numbers(recorded.tape)
    return as_text(recorded.tape, [names[parameter] for parameter in wanted])


def _definition(function: Callable[..., float], point: Sequence[float], letters: Sequence[str]) -> str:
    """The function as a text, if it can be recorded whole; empty if not."""
    names = list(inspect.signature(function).parameters)
    try:
        tape = Problem(function, dict(zip(names, point, strict=True)), most_rows=LONGEST).tape
        _of_numbers(tape)
    except DiffcliError:
        return ""
    return "" if tape.decisions else as_text(tape, letters)


def _of_numbers(tape: Tape) -> None:
    """Refuse what a rule of numbers cannot have: arrays, several results, constants without a text."""
    _no_arrays(tape.source, tape.operations, lambda row: tape.span(tape.first_row + row))
    if tape.outputs or not all(not getattr(one, "shape", ()) and math.isfinite(one) for one in tape.constants):
        raise ExpressionError([error("usage", "a rule gives one number, of finite constants", tape.source)])


def _no_arrays(source: Source, operations: Sequence[str], span: Callable[[int], Span]) -> None:
    for row, name in enumerate(operations):
        if name not in OPERATIONS and name not in (NUMBER, NAME, CALL):
            help = ["a rule is written in functions of numbers; of an array it is applied to each element"]
            message = f"`{row_of(name).spelling if name not in ('len', 'shape') else name}` is of arrays, which a rule has not"
            raise ExpressionError([error("usage", message, source, Mark(span(row)), help=help)])


def as_text(tape: Tape, names: Sequence[str]) -> str:
    """The program of a tape of numbers, with names for its inputs.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> as_text(lower(parse("x*exp(-x) + 1")), ["a"])
    'a*exp(-a) + 1'
    """

    forms = Forms()
    values = replay(tape, map(forms.name, names), forms.constant, forms.applied)
    return forms.text(values[tape.results[0]], {})
