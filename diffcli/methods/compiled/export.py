"""`diffcli.export`: a program and its derivatives as source in another language."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Any

from diffcli.errors import refusal
from diffcli.errors.library_words import for_library
from diffcli.exports.helpers import Helpers
from diffcli.exports.languages import language_of
from diffcli.exports.spelling import Program as Written
from diffcli.exports.spelling import Result, Test, identifiers
from diffcli.exports.writer import SourceWriter
from diffcli.language import Program
from diffcli.methods.compiled.making import MOST_IN_NUMBERS, parts_of
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
        return x * y, (y, x)
    """
    if order not in (0, 1, 2) or (directions and not order):
        raise refusal("bad-value", f"there is no export of order {order!r}", "one of: 0, 1, 2; with directions 1 or 2")
    MAX_NODES.require("max_nodes", max_nodes)
    language = language_of(to)
    program = as_program(target)
    where: Any = ANYWHERE if at is None and type(program) is Program else at
    system = System(program, where, of=of, wrt=wrt, most_rows=max_nodes)
    if not name.isidentifier() or not name.isascii() or name in language.reserved:
        raise refusal("bad-value", f"`{name}` cannot be the name of a function there", "give another name")
    if test and at is None:
        raise refusal("usage", "a test needs a point", "give one: at={...}")
    shapes = dict(zip(system.tape.inputs, map(system.tape.shape, range(system.tape.first_row)), strict=True))
    moving = {f"d{each}": shapes[each] for each in system.wrt} if directions else {}
    clash = [each for each in moving if each in shapes]
    if clash:
        raise refusal("usage", f"`{clash[0]}` is a variable, and the direction of one", "call the variable something else")
    more = [element for each, shape in moving.items() for element in element_names(each, shape)]
    names = identifiers([*shapes, *moving], language, name)
    arguments = [(names[each], shape) for each, shape in (shapes | moving).items()]
    if language.branches:
        elements = [language.element(each, shape, place) for each, shape in arguments for place in range(prod(shape))]
        tape, counts = tape_of(system, order, more, max_nodes)
        helpers = Helpers(language, qualifier)
        writer = SourceWriter(tape, language, elements, helpers)
        results = results_of(writer.results, counts, order, bool(directions))
    else:
        helpers, writer, results = in_arrays(system, language, arguments, order, more, max_nodes)
        tape = writer.tape if writer.tape.shapes is None or not test else tape_of(system, order, more, max_nodes)[0]
    checked = test_of(tape, system, bool(directions)) if test else None
    remarks = remarks_of(system, language, names, shapes | moving, results, writer.tape.shapes is not None)
    written = Written(name, remarks, arguments, writer.lines, writer.names, results, [*helpers.made.values()], qualifier, checked)
    return "\n".join(language.program(written)) + "\n"


def in_arrays(
    system: System, language: Any, arguments: Sequence[tuple[str, Shape]], order: int, more: Sequence[str], most_rows: int
) -> tuple[Helpers, SourceWriter, list[Result]]:
    """A program in a language of arrays: as it is if what is wanted can be had so, else in numbers; in the form of a kernel."""
    from diffcli.exports.arrays import ArrayHelpers, ArrayWriter, result_texts, unsaid  # other languages do not wait for it

    listed = bool(system.texts) or len(system.outputs) > 1
    wide = order == 2 or bool(more) or (order == 1 and any(output.shape for output in system.outputs))
    tape, values, wrt = decided(parts_of(system, MOST_IN_NUMBERS * wide))
    if tape.shapes is not None:
        whole, form, _ = derived(tape, values, listed, wrt, order, most_rows)
        missing = unsaid(whole, language)
        if missing:
            tape, values, wrt = decided(parts_of(system, MOST_IN_NUMBERS), f", and `{missing}` of arrays cannot be exported")
    if tape.shapes is None:
        tape = folded(tape, [slot for own, _ in values for slot in own], more)
        waiting = iter(tape.results)
        values = [([next(waiting) for _ in own], shape) for own, shape in values]
        seeds = range(tape.first_row - len(more), tape.first_row)
        whole, form, _ = derived(tape, values, listed, wrt, order, most_rows, seeds)
    elements = [name for name, _ in arguments]
    if whole.shapes is None:
        elements = [language.element(name, shape, place) for name, shape in arguments for place in range(prod(shape))]
    helpers = ArrayHelpers(language)
    writer = ArrayWriter(whole, language, elements, helpers)
    forms: Any = form if order else [form]
    slopes = "jacobian" if listed or (wide and order == 1) else "gradient"
    names = ["values" if listed else "value", slopes, "hessian"][: len(forms)]
    names[-1] = "product" if more else names[-1]
    texts = result_texts(writer, arguments, forms)
    return helpers, writer, [Result(name, (), [text]) for name, text in zip(names, texts, strict=True)]


def decided(parts: Any, why: str = "") -> tuple[Tape, list[Part], list[Part]]:
    """What `parts_of` found, if it found something that is the same at every point."""
    if parts is None:
        raise refusal("usage", f"the program cannot be written out in numbers, in at most {MOST_IN_NUMBERS} rows{why}")
    tape, values, wrt, decisions = parts
    if decisions:
        message = "the function branches on its values, so that one tape is not all of it"
        raise refusal("usage", message, "write diffcli.where(condition, a, b) in place of if")
    return tape, values, wrt


def tape_of(system: System, order: int, more: Sequence[str], most_rows: int) -> tuple[Tape, tuple[int, int]]:
    """The tape of all results, row by row, how many values there are (0 of one that is no list), and how many variables."""
    tape, values, wrt = decided(parts_of(system, MOST_IN_NUMBERS))
    outputs = [slot for own, _ in values for slot in own]
    listed = bool(system.texts) or len(system.outputs) > 1 or bool(values[0][1])
    if order == 2 and (listed or len(outputs) > 1):
        from diffcli.methods.matrices.hessian import require_one  # a gradient does not wait for it

        require_one(system)
    numbers = folded(tape, outputs, more)
    variables = [([slot], ()) for own, _ in wrt for slot in own]
    seeds = range(numbers.first_row - len(more), numbers.first_row)
    own = [([slot], ()) for slot in numbers.results]
    whole, _, _ = derived(numbers, own, listed, variables, order, most_rows, seeds)
    return whole, (len(outputs) if listed else 0, len(variables))


def results_of(texts: Sequence[str], counts: tuple[int, int], order: int, directions: bool) -> list[Result]:
    """What a function hands back, of the texts of all numbers."""
    values, variables = counts
    shapes: list[tuple[str, Shape]] = [("values" if values else "value", (values,) if values else ())]
    if order:
        last = order == 1
        product = directions and last
        own: Shape = () if product else (variables,)
        shapes.append(("product" if product else "jacobian" if values else "gradient", ((values,) if values else ()) + own))
    if order == 2:
        shapes.append(("product", (variables,)) if directions else ("hessian", (variables, variables)))
    waiting = iter(texts)
    return [Result(name, shape, [next(waiting) for _ in range(prod(shape))]) for name, shape in shapes]


def test_of(tape: Tape, system: System, directions: bool) -> Test:
    """The results at the point of a system, as numbers; directions are 1."""
    point = [float(number or 0.0) for number in inputs_of(system.tape).numbers(system.values)]
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
        tolerances.append(8 * (bound if bound < inf else 1e-9 * abs(value)) + 1e-15 * abs(value))
    return Test(point, found, tolerances)


ACCURACY = """\
Each row is within 4 units in the last place of its function's value (6 between the poles of gamma and its relatives, which
lose digits beside their roots there), with the same infinities and NaN: NaN is what is undefined.""".splitlines()


def remarks_of(
    system: System, language: Any, names: dict[str, str], shapes: dict[str, Shape], results: Sequence[Result], whole: bool
) -> list[str]:
    """The comment above a function; of arrays as a ``whole``, which are one point, without what is said of many points."""
    from diffcli import __version__

    first, *rest = system.expression().splitlines()
    arguments, flat = list[str](), " row by row" * language.branches
    for name, shape in shapes.items():
        of = f" for {name}" * (names[name] != name)
        arguments.append(names[name] + of + f", {' by '.join(map(str, shape))} numbers{flat}" * bool(shape))
    by = [element for name in system.wrt for element in element_names(name, shapes[name] if language.branches else ())]
    lines = [first if rest else f"f = {first}", *rest, "", f"arguments: {'; '.join(arguments) or 'none'}"]
    told = f"results: {', '.join(result.name for result in results)}"
    lines.append(told + f"; derivatives by {', '.join(by)}" * (len(results) > 1))
    return [*lines, *ACCURACY, *language.remarks[whole:], f"Written by diffcli {__version__}."]
