"""From a program and what is asked of it to a kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, DiffcliError, ExpressionError, LimitError, error, refusal
from diffcli.errors.library_words import for_library
from diffcli.kernels.backends import AUTO
from diffcli.methods.compiled.flags import marked
from diffcli.methods.compiled.form import Form, Made, layout_of
from diffcli.methods.compiled.kernel import Kernel
from diffcli.methods.compiled.tapes import Part, derived, folded
from diffcli.methods.compiled.ways import Way, Ways, decisions_of, guard
from diffcli.methods.points.points import unknown_name
from diffcli.methods.problem.components import inputs_of
from diffcli.methods.problem.problem import as_program, subject_of
from diffcli.methods.problem.system import System
from diffcli.records import Number, element_names, is_array
from diffcli.tape import Tape
from diffcli.tape.running.evaluation import Evaluator
from diffcli.tape.tape import Shape

MOST_IN_NUMBERS = 20_000
"""The most rows of a program with arrays that is written out in numbers."""
MOST_BEFORE_ARRAYS = 5_000
"""The same where whole arrays will do: of more rows they are as fast at many points, and faster at one."""


class Asked(NamedTuple):
    """What a kernel is made from: it is kept, and pickled, by this."""

    text: Any
    """A program as text; or a Python function, and then ``at`` is a point."""
    at: Any
    """The shapes of the variables, with their names; None where all are numbers."""
    wrt: tuple[str, ...] | None
    of: str | None
    order: int
    directions: str
    batch: tuple[str, ...]
    backend: str
    most_rows: int
    flags: str


def made(system: System, make: Callable[[Asked], Kernel], asked: Asked) -> Kernel:
    """The kernel of a system; ``make`` makes it again in another process, where it has been sent to."""
    if asked.order == 2:
        from diffcli.methods.matrices.hessian import require_one  # a gradient does not wait for it

        require_one(system)
    help = f'choose what the directions of variables are called: directions="{asked.directions}_"'
    names, shapes, batch, moving = arguments_of(system, asked.directions, asked.batch, help)
    listed = bool(system.texts) or len(system.outputs) > 1
    ask = partial(notes_at, system, asked)
    again = make, asked, cache(lambda order: made(system, make, asked._replace(order=order)))
    wide = asked.order and any(output.shape for output in system.outputs)
    as_numbers = asked.backend != AUTO or asked.directions or asked.order == 2 or wide or system.tape.decisions
    parts = parts_of(system, MOST_IN_NUMBERS if as_numbers else MOST_BEFORE_ARRAYS)
    if parts is None:
        if as_numbers:
            raise no_numbers(asked.backend)
        tape, values, wrt, _ = parts_of(system, 0)  # type: ignore[misc]  # as it is
        tape, form, _ = derived(tape, values, listed, wrt, asked.order, asked.most_rows)
        evaluate = Evaluator(tape, tape.outputs)
        return Kernel(Made(names, shapes, batch, form, None, evaluate, [], ask, *again), system)
    more = [element for along in moving for element in element_names(along, shapes[names.index(along)])]
    tape, values, wrt, decisions = parts
    outputs, digits = [slot for own, _ in values for slot in own], asked.flags == "digits"
    numbers = folded(tape, [*outputs, *decisions], more, constants=not digits)
    waiting = iter(numbers.results)
    values = [([next(waiting) for _ in own], shape) for own, shape in values]
    seeds = range(numbers.first_row - len(more), numbers.first_row)
    whole, form, slopes = derived(numbers, values, listed, wrt, asked.order, asked.most_rows, seeds, [*waiting])
    flagged = marked(whole, [slot for own, _ in wrt for slot in own], digits, slopes, len(decisions))
    ways = [Way(guard(tape, decisions, more) if decisions else None, flagged, layout_of(form), asked.backend)]
    runner: Any = ways[0].runner
    if system.function is not None:
        runner = Ways(len(outputs), ways, partial(way_at, system, asked, form), partial(plain_at, system))
    return Kernel(Made(names, shapes, batch, form, runner, None, ways, ask, *again), system)


def arguments_of(
    system: System, directions: str, batch: Sequence[str] = (), help: str = "call the variable something else"
) -> tuple[tuple[str, ...], tuple[Shape, ...], frozenset[str], list[str]]:
    """What the kernel of a system is called with, as `Made` has it, and the directions of variables among it."""
    shapes = dict(zip(system.tape.inputs, map(system.tape.shape, range(system.tape.first_row)), strict=True))
    unknown = [name for name in batch if name not in shapes]
    if unknown:
        raise ExpressionError([unknown_name(name, shapes, subject_of(system.program)) for name in unknown])
    moving = {name: directions + name for name in system.wrt} if directions else {}
    clash = [name for name in moving.values() if name in shapes]
    if clash:
        raise refusal("usage", f"`{clash[0]}` is a variable, and the direction of one", help)
    many = {*(batch if any(shapes.values()) else shapes)}
    many |= {moving[name] for name in moving if name in many}
    shapes |= {along: shapes[name] for name, along in moving.items()}
    return tuple(shapes), tuple(shapes.values()), frozenset(many), [*moving.values()]


def kept(value: Any) -> Any:
    """A value as it is now: arrays are copied, in lists and dictionaries too."""
    if type(value) in (list, tuple):
        return type(value)(map(kept, value))
    if type(value) is dict:
        return {name: kept(one) for name, one in value.items()}
    return value.copy() if is_array(value) and hasattr(value, "copy") else value


@for_library
def of_function(asked: Asked) -> Kernel:
    """The kernel of a Python function."""
    try:
        system = System(as_program(asked.text), asked.at, of=asked.of, wrt=asked.wrt, most_rows=asked.most_rows)
    except DiffcliError as fault:
        found = [each._replace(help=tuple(help for help in each.help if "--no-verify" not in help)) for each in fault.diagnostics]
        raise type(fault)(found) from fault.__cause__  # a kernel is held against its function always
    return made(system, of_function, asked)


def point_of(system: System, numbers: Sequence[float]) -> dict[str, Any]:
    """The point with some numbers for all arguments, one after another, and with what a function holds."""
    own = inputs_of(system.tape)
    return (system.function.held if system.function is not None else {}) | own.of(numbers[: len(own)])


def plain_at(system: System, numbers: Sequence[float]) -> list[Number] | None:
    """What a Python function gives in plain Python; None where it raises, because it is undefined there."""
    own = inputs_of(system.tape)
    try:
        return system.function.plain(own.of(numbers[: len(own)]))  # type: ignore[union-attr]
    except DiffcliError as fault:
        if isinstance(fault.__cause__, ArithmeticError | ValueError):
            return None
        raise


def way_at(system: System, asked: Asked, form: Form, numbers: Sequence[float]) -> Way:
    """The way of a point through a Python function, which is to be what it was when its first one was recorded."""
    from diffcli.methods.problem.verification import apart  # texts do not wait for it
    from diffcli.tape.recording.python_function import flattened

    recording: Any = system.recording
    now = plain_at(system, flattened(recording.values[: system.tape.first_row]))
    if now is not None and apart(recording, now):
        message = f"`{system.expression()}` has another value now than when it was compiled, and is to take another way"
        raise refusal("not-as-recorded", message, "compile it again, or make an argument of what changes")
    other = of_function(asked._replace(at=point_of(system, numbers)))
    if other._made.form != form:
        message = f"`{system.expression()}` returns results of another number or shape at other points"
        raise refusal("bad-result", message, "return as many numbers whichever branch is taken")
    return other._made.ways[0]


@for_library
def notes_at(system: System, asked: Asked, point: Sequence[float]) -> Sequence[Diagnostic]:
    """What the interpreter says of a program at a point, from the numbers of all arguments."""
    from diffcli.methods.matrices.hessian import compute_hessian  # a kernel does not wait for what few points ask
    from diffcli.methods.matrices.jacobian import compute_jacobian
    from diffcli.methods.options import HessianOptions, MatrixOptions

    if system.function is not None and plain_at(system, point) is None:
        return [error("domain", "the function raises at this point")]
    program, at = system.question.written, point_of(system, point)
    options: dict[str, Any] = {"wrt": asked.wrt, "max_nodes": asked.most_rows, "watch": asked.flags == "digits"}
    if asked.order == 2:
        notes = compute_hessian(program, at, HessianOptions(of=asked.of, **options)).notes
    else:
        notes = compute_jacobian(program, at, MatrixOptions(of=asked.of, **options)).notes
    return [note for note in notes if note.code != "lost-digits" or options["watch"]]


def parts_of(system: System, most_rows: int) -> tuple[Tape, list[Part], list[Part], dict[int, float]] | None:
    """The tape of a system, its results, the variables to differentiate by, and what decided on which rows stand here at all.

    It is written out in numbers, right at every point, where it can be in so many rows; None where it cannot. With no rows
    it stays as it is.
    """
    tape = found = system.tape

    def of(slot: int) -> list[int]:
        return [slot - tape.size * (slot >= tape.slots)]

    if most_rows and tape.shapes is not None:
        from diffcli.tape.building.scalarising import PointNeededError, write_out  # numbers do not wait for it

        try:
            written = write_out(tape, None, most_rows)
        except (PointNeededError, LimitError):
            return None
        found, of = written.tape, partial(written.of, tape)
    values: list[Part] = [(of(output.slot), output.shape) for output in system.outputs]
    wrt: list[Part] = [(of(slot), tape.shape(slot)) for slot in map(system.input_slot, system.wrt)]
    return found, values, wrt, {of(slot)[0]: value for slot, value in decisions_of(system).items()}


def no_numbers(backend: str) -> DiffcliError:
    """Why there is no kernel of a program that cannot be written out in numbers."""
    what = f"an operation of it reads values, or it has more than {MOST_IN_NUMBERS} rows in numbers"
    help = ["array by array there are values, and gradients of numbers: order=1 of sum(...), or order=0"]
    help += [f'leave backend="{backend}" out for that'] * (backend != AUTO)
    return refusal("usage", f"the program cannot be written out in numbers: {what}", *help)
