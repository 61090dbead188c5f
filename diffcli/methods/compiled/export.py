"""`diffcli.export`: a program and its derivatives as source in another language."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from math import inf, isfinite, prod
from typing import Any

from diffcli.errors import did_you_mean, refusal
from diffcli.errors.library_words import for_library
from diffcli.exports.helpers import Helpers
from diffcli.exports.languages import language_of
from diffcli.exports.spelling import Program as Written
from diffcli.exports.spelling import Result, Test, identifiers
from diffcli.exports.writer import SourceWriter
from diffcli.language import Program
from diffcli.methods.compiled.compile import compile as compiled
from diffcli.methods.compiled.flags import Flag
from diffcli.methods.compiled.making import MOST_IN_NUMBERS, arguments_of, parts_of
from diffcli.methods.compiled.tapes import Part, derived, folded
from diffcli.methods.points.ranges import MAX_NODES
from diffcli.methods.problem.components import inputs_of
from diffcli.methods.problem.problem import ANYWHERE, At, Target, as_program
from diffcli.methods.problem.system import System
from diffcli.methods.sweeps.rounding import value_errors
from diffcli.records import element_names
from diffcli.tape import Tape
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import evaluate
from diffcli.tape.tape import Shape


@for_library
def export(
    target: Target,
    to: str,
    *,
    at: At | None = None,
    wrt: str | Sequence[str] | None = None,
    of: str | Sequence[str] | None = None,
    order: int = 1,
    directions: bool = False,
    name: str = "f",
    qualifier: str = "",
    test: bool = False,
    max_nodes: int = MOST_ROWS,
) -> str:
    """A program and its derivatives as a function in another language, which needs nothing but that language's own library.

    Parameters
    ----------
    target
        A program as text, what `diffcli.parse` returned, or a Python function without branches on its values.
    to
        The language: ``python``, ``c``, ``cpp``, ...
    at
        A point as `diffcli.grad` has it. Needed for arrays, of which the shapes count, for functions, and for ``test``.
    wrt, of, order, directions
        As `diffcli.compile` has them: order 0 is the value alone, 1 the gradient or Jacobian too, 2 the Hessian too; with
        ``directions`` the last of them is a product with a direction, further arguments called ``dx`` for ``x``.
    name
        What the function is called.
    qualifier
        What stands before functions, of C and C++: ``"__host__ __device__"``.
    test
        Whether to append a main program that calls the function at the point, compares, and ends with 0, or 1.
    max_nodes
        The longest tape to build.

    Returns
    -------
    The source. Arrays are flat, row by row, where the language has no others. Its comment says what the arguments and the
    results are, and how exact.

    Raises
    ------
    ExpressionError, LimitError, UsageError
        As `diffcli.compile`; and what the language cannot say.

    Notes
    -----
    The rows are those that `diffcli.compile` runs (reverse mode, Griewank & Walther 2008, chapter 3), with the same special
    cases: each row within 4 ulp of it, with the same infinities and NaN. Special functions that a language lacks are brought
    along.

    Examples
    --------
    >>> print(export("x*y", "python", name="area").split("import math")[1].strip())
    def area(x, y):
        x = float(x)
        y = float(y)
        return x * y, (y, x)
    """
    if type(order) is not int or order not in (0, 1, 2) or (directions and not order):
        raise refusal("bad-value", f"there is no export of order {order!r}", "one of: 0, 1, 2; 1 or 2 with --directions")
    MAX_NODES.require("max_nodes", max_nodes)
    language = language_of(to)
    if qualifier:
        if language.qualifier is None:
            raise refusal("usage", "a qualifier stands before functions of C and C++ alone")
        language = copy(language)
        language.qualifier = f"{qualifier} "
        language.header = language.header.removeprefix("static " * ("static" in qualifier.split()))
    program = as_program(target)
    if at is None and type(program) is not Program:
        raise refusal("usage", "a Python function is recorded at a point", "give one: --at x=2,y=5")
    where: Any = ANYWHERE if at is None else at
    system = System(program, where, of=of, wrt=wrt, most_rows=max_nodes)
    for unknown in [each for each in system.tape.inputs if at is None and each not in program.inputs]:
        help = did_you_mean(unknown, [*program.inputs, *system.tape.bindings])
        raise refusal("unknown-name", f"the program has no `{unknown}`", *help)
    if not name.isidentifier() or identifiers([name], language, "") != {name: name}:
        raise refusal("bad-value", f"`{name}` cannot be the name of a function there", "give another name")
    if test and at is None:
        raise refusal("usage", "a test needs a point", "give one: --at x=2,y=5")
    inputs, sizes, _, moving = arguments_of(system, "d" * bool(directions))
    shapes = dict(zip(inputs, sizes, strict=True))
    more = [element for each in moving for element in element_names(each, shapes[each])]
    names = identifiers(shapes, language, name)
    arguments = [(names[each], shape) for each, shape in shapes.items()]
    tape, form = tape_of(system, language, order, more, max_nodes)
    scalarised = tape.shapes is None
    elements = [element for each, shape in arguments for element in language.elements(each, shape if scalarised else ())]
    if directions and not moving:
        raise refusal("usage", "the program has no variable to move", "leave --directions out")
    kinds = results_of(system, order, bool(directions))
    if language.branches:
        helpers = Helpers(language)
        writer = (language.writer or SourceWriter)(tape, language, elements, helpers)
        waiting = iter(writer.results)
        results = [Result(kind, shape, [next(waiting) for _ in range(prod(shape))]) for kind, shape in kinds]
    else:
        from diffcli.exports.arrays import ArrayHelpers, ArrayWriter, result_texts  # other languages do not wait for it

        helpers = ArrayHelpers(language)
        writer = ArrayWriter(tape, language, elements, helpers)
        texts = result_texts(writer, arguments, form if order else [form])
        results = [Result(kind, (), [text]) for (kind, _), text in zip(kinds, texts, strict=True)]
        if test and not scalarised:
            tape, _ = tape_of(system, None, order, more, max_nodes)
    checked = test_of(tape, system) if test else None
    if checked and (loses_digits(program, system, of, order, max_nodes) or is_vague(checked, prod(kinds[-1][1]) * (order == 2))):
        message = "results lose digits at this point, so that a test there would tell little"
        raise refusal("lost-digits", message, "give another point; `diffcli grad` says where they are lost")
    spelled = {each: names[each] if language.all_letters else each for each in system.wrt}
    by = [one for each in system.wrt for one in element_names(spelled[each], shapes[each] if language.branches else ())]
    remarks = remarks_of(system, language, names, shapes, results, by, not scalarised)
    taken = language.taken(arguments, scalarised)
    helpers.bring_sources("\n".join(taken))
    brought = [*helpers.made.values()]
    written = Written(name, remarks, arguments, [*taken, *writer.lines], writer.names, results, brought, checked, by)
    return "\n".join(language.program(written)) + "\n"


def tape_of(system: System, language: Any, order: int, more: Sequence[str], most_rows: int) -> tuple[Tape, Any]:
    """The tape of all results, and their form, which is a kernel's in a language of arrays.

    There arrays stay what they are if what is wanted can be had and said so. Else all is numbers, row by row.
    """
    listed, shaped = bool(system.texts) or len(system.outputs) > 1, any(output.shape for output in system.outputs)
    if order == 2:
        from diffcli.methods.matrices.hessian import require_one  # a gradient does not wait for it

        require_one(system)
    arrays = language is not None and not language.branches
    tape, values, wrt = decided(system, MOST_IN_NUMBERS * (not arrays or order == 2 or bool(more) or (order and shaped)))
    if tape.shapes is not None:
        found, form, _ = derived(tape, values, listed, wrt, order, most_rows)
        missing = language.unsaid(found)
        if not missing:
            return found, form
        tape, values, wrt = decided(system, MOST_IN_NUMBERS, f", and `{missing}` of arrays cannot be exported")
    tape = folded(tape, [slot for own, _ in values for slot in own], more)
    waiting = iter(tape.results)
    values = [([next(waiting) for _ in own], shape) for own, shape in values]
    if not arrays:
        values, wrt = ([([slot], ()) for own, _ in parts for slot in own] for parts in (values, wrt))
    seeds = range(tape.first_row - len(more), tape.first_row)
    return derived(tape, values, listed, wrt, order, most_rows, seeds)[:2]


def decided(system: System, most_rows: int, why: str = "") -> tuple[Tape, Sequence[Part], Sequence[Part]]:
    """What `parts_of` finds, if it is the same at every point."""
    parts = parts_of(system, most_rows)
    if parts is None:
        what = f"an operation of it reads values, as inv and solve do, or it has more than {MOST_IN_NUMBERS} rows"
        raise refusal("usage", f"the program cannot be written out in numbers{why}: {what}")
    if parts[3]:
        message = "the function branches on its values, so that one tape is not all of it"
        raise refusal("usage", message, "write diffcli.where(condition, a, b) in place of if")
    return parts[:3]


def results_of(system: System, order: int, directions: bool) -> list[tuple[str, Shape]]:
    """What a function hands back: what each thing is, and its shape row by row."""
    several = bool(system.texts) or len(system.outputs) > 1 or bool(system.outputs[0].shape)
    values: Shape = (sum(prod(output.shape) for output in system.outputs),) if several else ()
    variables: Shape = (sum(prod(system.tape.shape(system.input_slot(name))) for name in system.wrt),)
    slopes = "jacobian" if several else "gradient", values + variables
    found = [("values" if several else "value", values), slopes, ("hessian", variables * 2)][: order + 1]
    if directions:
        found[-1] = "product", found[-1][1][:-1]
    return found


def test_of(tape: Tape, system: System) -> Test:
    """The results at the point of a system, as numbers; directions are 1."""
    point = [0.0 if number is None else float(number) for number in inputs_of(system.tape).numbers(system.values)]
    point += [1.0] * (tape.first_row - len(point))
    values = evaluate(tape, point)
    bounds = value_errors(tape, values)
    found = [float(values[slot]) for slot in tape.results]
    tolerances = []
    for slot, value in zip(tape.results, found, strict=True):
        while slot >= tape.first_row and tape.operation(slot) == "where":  # a slope under the condition that there is a value
            condition, then, otherwise = tape.operands_of(slot)
            slot = then if values[condition] else otherwise
        bound = bounds[slot] if slot < tape.slots else 0.0
        allowed = 8 * (bound if bound < inf else 1e-9 * abs(value)) + 1e-15 * abs(value)
        tolerances.append(allowed if isfinite(value) else 0.0)  # an infinity is to be that
    return Test(point, found, tolerances)


def loses_digits(target: Target, system: System, of: Any, order: int, most_rows: int) -> bool:
    """Whether a kernel has the flag of lost digits at the point of a system."""
    options: dict[str, Any] = {"of": of, "wrt": system.wrt, "order": min(order, 1), "max_nodes": most_rows}
    return bool(compiled(target, at=system.at, flags="digits", **options).flags(*system.at.values()) & Flag.DIGITS)


def is_vague(test: Test, last: int) -> bool:
    """Whether one of the last results, which are second derivatives, may be off by more than it is."""
    pairs = list(zip(test.expected, test.tolerances, strict=True))[len(test.expected) - last :]
    return any(allowed > abs(value) for value, allowed in pairs)


def remarks_of(
    system: System, language: Any, names: dict[str, str], shapes: dict[str, Shape], results: Sequence[Result], by: Sequence[str],
    whole: bool,
) -> list[str]:  # fmt: skip
    """The comment above a function; of arrays as a ``whole``, which are one point, without what is said of many points."""
    from diffcli import __version__

    first, *rest = system.expression().splitlines()
    arguments, flat = list[str](), " row by row" * language.branches
    for name, shape in shapes.items():
        of = f" for {name}" * (names[name] != name)
        arguments.append(names[name] + of + f", {' by '.join(map(str, shape))} numbers{flat}" * bool(shape))
    lines = [first if rest else f"f = {first}", *rest, "", f"arguments: {'; '.join(arguments) or 'none'}"]
    told = f"results: {', '.join(result.name for result in results)}"
    lines.append(told + f"; derivatives by {', '.join(by)}" * (len(results) > 1))
    if named := [output.name for output in system.outputs if output.name in system.tape.bindings]:
        lines.append(f"values: {', '.join(named)}")
    return [*lines, *language.accuracy, *language.remarks[whole:], f"Written by diffcli {__version__}."]
