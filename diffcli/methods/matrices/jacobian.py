"""The Jacobian of a program: a column a forward sweep, or a row a reverse sweep, whichever is cheaper.

For f: Rⁿ → Rᵐ a forward sweep with the seed e_j gives the column j of J, a reverse sweep with the seed e_i its row i (Griewank
& Walther 2008, chapter 3). Columns that share no row go together (section 8.1, and Curtis, Powell & Reid 1974), and so do
rows that share no column: as many sweeps as colours find the whole matrix, each entry to the same last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from math import isfinite
from typing import Any

from diffcli.errors import Diagnostic, ExpressionError, LimitError, error
from diffcli.language import Program
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.digits.watch import Sweep, Swept
from diffcli.methods.nonsmooth.beside import ABOUT_THE_RULES, Beside, beside
from diffcli.methods.nonsmooth.breaks import find_breaks
from diffcli.methods.nonsmooth.notes import describe_breaks
from diffcli.methods.nonsmooth.system_notes import explain_rows, require_values
from diffcli.methods.options import MatrixOptions
from diffcli.methods.problem.components import Components, as_blocks
from diffcli.methods.problem.problem import At, Problem, Target, as_program
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.methods.problem.system import System
from diffcli.methods.traces.structure import structure_of
from diffcli.methods.traces.trace import beside_rules, trace_of_sweeps
from diffcli.records import Difference, SymbolicDerivative
from diffcli.records.matrices import Groups, JacobianResult, Pattern
from diffcli.tape.running.rules import Overrides

Matrix = Sequence[Sequence[float]]

Answer = dict[str, Any]
"""What a mode finds, by the names of the fields of a `JacobianResult`, and the ``watch`` that has seen it."""

MOST_AT_ONCE = 1_000_000
"""How many elements the adjoints or tangents of sweeps that go together have at most."""

MOST_NAMES = 8
"""How many names a note lists."""


def compute_jacobian(target: Target, at: At, options: MatrixOptions) -> JacobianResult:
    """The Jacobian of a program at a point: what `diffcli.jacobian` returns and raises."""
    program = as_program(target, options.verify)
    try:
        system = evaluated(program, at, options)
    except ExpressionError as fault:
        if options.mode == "numeric":
            return _by_plain_calls(program, at, options, fault)
        raise
    with system.placing():
        return jacobian_of(system, options)


def evaluated(target: Target, at: At, options: MatrixOptions) -> System:
    """The system that a matrix, or a product with one, is asked of."""
    options.progress("evaluating")
    system = System(as_program(target, options.verify), at, of=options.of, wrt=options.wrt, most_rows=options.max_nodes)
    with system.placing():
        require_values(system)
    return system


def kinks_of(system: Problem, options: MatrixOptions) -> tuple[list[Diagnostic], Overrides, Beside]:
    """The notes of a system, the terms that the policy at kinks takes in place of the table's, and what the sides give."""
    told, replaced = describe_breaks(system, find_breaks(system), options.kink if options.by_rules else "", options.strict)
    sides = beside(system, replaced, told, options.mode)
    if sides.rows and options.trace:
        told = beside_rules(told)
    return [*system.notes(), *system.unused(), *told], replaced, sides


def jacobian_of(system: Problem, options: MatrixOptions) -> JacobianResult:
    """The Jacobian of a system."""
    rows, columns = Components(system.outputs), variables_of(system)
    require_room(len(rows), len(columns), options.max_nodes)
    notes, replaced, sides = kinks_of(system, options)
    found = _MODES.get(options.mode, _by_sweeps)(system, rows, columns, options, replaced, notes)
    matrix = frozen([sides.rows.get(name, row) for name, row in zip(rows.names, found.pop("matrix"), strict=True)])
    if sides.rows:
        notes = [note for note in notes if note.code not in ABOUT_THE_RULES]
    there = [output for output in sides.problem.outputs if output.name in sides.rows]
    names = [f"the derivative of `{output.name}` by `{{}}`".format for output in there]
    swept = [Sweep({output.slot: 1.0}, name=name, beside=sides) for output, name in zip(there, names, strict=True)]
    watch = found.pop("watch")
    notes += notes_of(watch, options.strict, *zip(swept, sides.rows.values(), strict=True)) if options.watch else ()
    bands = rows.bands(matrix) if options.mode != "numeric" else [()] * len(rows.parts)
    lost = [[*chain.from_iterable([row for row in band if not isfinite(sum(row))])] for band in bands]
    notes += explain_rows(system, lost, replaced, notes)
    values = {output.name: system.value_of(output) for output in system.outputs}
    asked: Answer = {"mode": options.mode, "of": system.question.of, "texts": system.texts, "notes": tuple(system.placed(notes))}
    return JacobianResult(
        expression=system.expression(), at=system.at, values=values, jacobian=as_blocks(rows, columns, matrix),
        rows=tuple(rows.names), columns=tuple(columns.names), matrix=matrix, **asked | found,
    )  # fmt: skip


def frozen(matrix: Matrix) -> tuple[tuple[float, ...], ...]:
    """A matrix as a record holds it."""
    return tuple(map(tuple, matrix))


def require_room(rows: int, columns: int, most: int) -> None:
    """Refuse a matrix that is too large to be written down: a `LimitError`."""
    if rows * columns > most:
        message = f"the matrix would have {rows} × {columns} entries, more than {most}"
        help = ["products with it need no matrix: see jvp, vjp and hvp", "choose variables with --wrt, or raise --max-nodes"]
        raise LimitError([error("too-many-nodes", message, help=help)])


# -- sweeps ------------------------------------------------------------------------------------------------------------------


def _by_sweeps(
    system: Problem, rows: Components, columns: Components, options: MatrixOptions, replaced: Overrides, notes: list[Diagnostic]
) -> Answer:
    options.progress("looking for the structure")
    mode = options.mode
    pattern, by_column, by_row, count = structure_of(system, rows, columns)
    if mode == "auto":
        mode = count.cheaper if count is not None else "forward" if len(by_column) < len(by_row) else "reverse"
    groups = tuple(sorted(by_column if mode == "forward" else by_row, key=min))  # in the order of the matrix, as in a trace
    watch, swept = watch_of(system), list[Swept]()

    def watched(some: Sequence[Swept]) -> None:
        watch.swept_all(some)
        if options.trace:
            swept.extend(some)

    matrix = sweep_groups(system, rows, columns, mode, groups, pattern, replaced, options, watched)
    notes += _independent(pattern, columns.names)
    answer: Answer = {"mode": mode, "matrix": matrix, "pattern": pattern, "groups": groups, "sweeps": count, "watch": watch}
    if options.trace:
        names = [", ".join(columns.names[column] for column in group) for group in groups] if mode == "forward" else []
        answer["trace"] = trace_of_sweeps(system, swept, names, options)
    return answer


def sweep_groups(
    system: Problem,
    rows: Components,
    columns: Components,
    mode: str,
    groups: Groups,
    pattern: Pattern | None,
    replaced: Overrides,
    options: MatrixOptions,
    watched: Callable[[Sequence[Swept]], None],
) -> Matrix:
    """The Jacobian by forward sweeps, one for each group of columns, or by reverse sweeps, one for each group of rows."""
    forward, seeded, arriving, entries = False, rows, columns, pattern and pattern.rows
    if mode == "forward":
        forward, seeded, arriving, entries = True, columns, rows, pattern and pattern.transposed().rows
    matrix = [[0.0] * len(columns) for _ in range(len(rows))]
    sweeps = (
        Sweep(seeded.seed(group), forward, replaced, _namer(group, rows, columns, forward, entries)) for group in groups
    )
    swept = in_turn(system, sweeps, options.progress, len(groups), watched, alone=options.trace)
    for group, derivatives in zip(groups, swept, strict=True):
        found = arriving.numbers(derivatives)
        for one in group:
            if mode == "reverse" and len(group) == 1 and len(entries[one] if entries else found) == len(found):
                matrix[one] = [number or 0.0 for number in found]  # 0 has no sign
                continue
            for place in entries[one] if entries is not None else range(len(arriving)):
                row, column = (place, one) if mode == "forward" else (one, place)
                matrix[row][column] = found[place] or 0.0
    return matrix


def in_turn(
    problem: Problem,
    sweeps: Iterable[Sweep],
    progress: Callable[[str], None],
    count: int,
    watched: Callable[[Sequence[Swept]], None],
    alone: bool = False,
) -> Iterator[Sequence[Any]]:
    """What so many sweeps of one kind find, when they have been watched: over arrays many together, if none is ``alone``."""
    started, done = iter(sweeps), 0
    at_once = 1 if alone or problem.tape.shapes is None else max(1, MOST_AT_ONCE // max(1, problem.tape.elements))
    while some := list(islice(started, at_once)):
        forward, overrides, done = some[0].forward, some[0].overrides, done + len(some)
        progress(f"{'forward' if forward else 'reverse'} sweep {done} of {count}")
        if problem.tape.shapes is None or overrides:
            one_sweep = problem.swept_forward if forward else problem.swept_back
            found = [one_sweep(sweep.seeds, overrides) for sweep in some]
        else:
            from diffcli.methods.sweeps.array_sweeps import ArraySweep  # numbers do not wait for NumPy

            ends = [output.slot for output in problem.outputs] if forward else [*map(problem.input_slot, problem.wrt)]
            together = ArraySweep(forward, problem.tape, problem.values, problem.active, whole=False)
            found = together.together([sweep.seeds for sweep in some], ends)
        watched(list(zip(some, found, strict=True)))
        yield from found


def _namer(group: Sequence[int], rows: Components, columns: Components, forward: bool, entries: Any) -> Callable[[str], str]:
    """What an entry is called that a sweep has found for one of a group of columns, or of rows."""
    seeded, arriving = (columns, rows) if forward else (rows, columns)

    def name(found: str) -> str:
        place = arriving.names.index(found)
        one = seeded.names[next((one for one in group if entries is None or place in entries[one]), group[0])]
        return "the derivative of `{}` by `{}`".format(*((found, one) if forward else (one, found)))

    return name


def _independent(pattern: Pattern | None, columns: Sequence[str]) -> list[Diagnostic]:
    """A note on the variables on which no result depends."""
    if pattern is None:
        return []
    reached = {column for row in pattern.rows for column in row}
    alone = [f"`{name}`" for column, name in enumerate(columns) if column not in reached]
    if not alone:
        return []
    listed = ", ".join(alone[:MOST_NAMES]) + (f" and {len(alone) - MOST_NAMES} more" if len(alone) > MOST_NAMES else "")
    derivatives = "derivative is" if len(alone) == 1 else "derivatives are"
    message = f"no result depends on {listed} here, so the {derivatives} 0"
    return [Diagnostic("no-dependence", "note", message)]


# -- differences and SymPy -------------------------------------------------------------------------------------------------------


def _numeric(
    system: Problem, rows: Components, columns: Components, options: MatrixOptions, replaced: Overrides, notes: list[Diagnostic]
) -> Answer:
    from diffcli.methods.differences.finite_difference import difference, doubts_of

    found: list[tuple[str, Difference]] = []
    matrix: list[list[float]] = []
    numbers = scalarised(system)
    for output in numbers.outputs:
        view = numbers.view(output)
        matrix.append([])
        for name in numbers.wrt:
            options.progress(f"differences of {output.name} along {name}")
            partial = difference(view, name)
            found.append((output.name, partial))
            matrix[-1].append(partial.estimate)
            notes += doubts_of(partial, view.value, view.adjoints[view.input_slot(name)] or 0.0)
    return {"matrix": matrix, "differences": tuple(found), "watch": watch_of(system)}


def _by_plain_calls(program: Program, at: At, options: MatrixOptions, fault: ExpressionError) -> JacobianResult:
    """The Jacobian of a function that cannot be recorded, for which there is only what it returns."""
    from diffcli.methods.differences.plain_calls import in_place_of_recording

    calls = in_place_of_recording(program, at, options.wrt, fault, options.progress)
    rows, columns = calls.rows, calls.columns
    require_room(len(rows), len(columns), options.max_nodes)
    table = calls.jacobian()
    matrix = frozen([[each.estimate for each in row] for row in table])
    return JacobianResult(
        calls.function.name, "numeric", calls.at, rows.of(calls.base), as_blocks(rows, columns, matrix), tuple(rows.names),
        tuple(columns.names), matrix, tuple(calls.notes(table, options.strict)), differences=calls.named(table),
    )  # fmt: skip


def _symbolic(
    system: Problem, rows: Components, columns: Components, options: MatrixOptions, replaced: Overrides, notes: list[Diagnostic]
) -> Answer:
    from diffcli.methods.symbolic.formulas import gradient_of
    from diffcli.methods.symbolic.simplification import Simplifier, keeping

    found: list[tuple[str, SymbolicDerivative]] = []
    matrix: list[list[float]] = []
    numbers = scalarised(system)
    watch = watch_of(system)
    with Simplifier(options.simplify, len(rows) * len(columns), notes) as simplifier:
        for output in numbers.outputs:
            matrix.append([])
            with keeping(notes, lambda: f"{numbers.outputs[len(matrix) - 1].name} by all variables" if found else ""):
                for partial in gradient_of(numbers.view(output), simplifier, options.max_nodes, options.progress):
                    found.append((output.name, partial))
                    matrix[-1].append(partial.value)
            matrix[-1] += [float("nan")] * (len(columns) - len(matrix[-1]))
            if not find_breaks(numbers):
                name = f"the derivative of `{output.name}` by `{{}}`".format
                watch.beside(Sweep({output.slot: 1.0}, name=name, beside=Beside(numbers)), matrix[-1])
    return {"matrix": matrix, "symbolic": tuple(found), "watch": watch}


_MODES: dict[str, Callable[..., Answer]] = {"numeric": _numeric, "symbolic": _symbolic}
