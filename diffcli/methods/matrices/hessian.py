"""The Hessian of a program: forward mode over the tape of its gradient.

The gradient is a program like any other (`diffcli.methods.sweeps.transform`), and the Hessian is its Jacobian: each forward sweep
over it gives one column, or the sum of those of one colour (Griewank & Walther 2008, sections 5.4 and 8.4). Each pair of
mixed derivatives is computed once and stands in both its places, so that the matrix is symmetric to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from math import nan

from diffcli.errors import Diagnostic, ExpressionError, error
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.digits.watch import BY, Namer, Sweep, Swept, Watch
from diffcli.methods.matrices.jacobian import Matrix, evaluated, frozen, in_turn, require_room
from diffcli.methods.matrices.second_order import GradientProblem
from diffcli.methods.matrices.second_sides import Sides
from diffcli.methods.nonsmooth.beside import Beside
from diffcli.methods.nonsmooth.breaks import find_breaks
from diffcli.methods.nonsmooth.notes import AGREE, BROKEN, MAYBE, about_second, describe_breaks
from diffcli.methods.nonsmooth.one_sided import is_branched
from diffcli.methods.options import MatrixOptions
from diffcli.methods.problem.components import Components, as_blocks
from diffcli.methods.problem.problem import At, Problem, Target
from diffcli.methods.problem.scalarise import scalarised, structure, variables_of
from diffcli.methods.sweeps.colouring import colour_symmetric, recovery_table
from diffcli.methods.sweeps.sparsity import find_pattern, flow_of
from diffcli.methods.traces.cost import count_forward, function_cost
from diffcli.records.formulas import By
from diffcli.records.matrices import Groups, HessianCost, HessianResult, Pattern, SecondDifference, SymbolicSecond


def compute_hessian(target: Target, at: At, options: MatrixOptions) -> HessianResult:
    """The Hessian of a program at a point: what `diffcli.hessian` returns and raises."""
    system = evaluated(target, at, options)
    require_one(system)
    with system.placing():
        return hessian_of(system, options)


def gradient_of(system: Problem, options: MatrixOptions) -> tuple[GradientProblem, list[Diagnostic], Sides | None]:
    """The gradient of a system with one result as a tape, the notes on breaks of both, and its sides if there are any."""
    told, _ = describe_breaks(system, find_breaks(system), "", options.strict)
    options.progress("differentiating")
    gradient = GradientProblem(system.view(system.outputs[0]), options.max_nodes)
    told += gradient.describe_breaks(told)
    broken = any(note.code in BROKEN for note in told)
    numbers = _structure(gradient, options) if broken else None
    return gradient, told, None if numbers is None else Sides(numbers)


def hessian_of(system: Problem, options: MatrixOptions) -> HessianResult:
    """The Hessian of a system with one result."""
    columns = len(variables_of(system))
    require_room(columns, columns, options.max_nodes)
    gradient, told, sides = gradient_of(system, options)
    notes = [*system.notes(), *system.unused()]
    variables, value = gradient.variables, gradient.problem.value
    asked = HessianResult(
        system.expression(), options.mode, system.at, value, variables.of(gradient.gradient), {}, tuple(variables.names), (),
        of=system.question.of,
    )  # fmt: skip
    told_of: list[Diagnostic] = []
    numbers = _gradient_in(scalarised(gradient.problem), gradient, options) if options.mode in _MODES else gradient
    watch = watch_of(gradient.derived, BY, gradient.written_out)
    found = _MODES.get(options.mode, _by_sweeps)(numbers, asked, options, told_of, watch, sides)
    taken = options.mode != "numeric" or is_branched(gradient.problem)  # differences see the sides themselves
    swept = list[Swept]()
    if sides is not None:
        matrix = frozen(sides.hessian(found.matrix))
        found, swept = found._replace(gradient=variables.of(sides.values)), sides.swept_back()
        if taken:
            found = found._replace(matrix=matrix)
            swept += _columns_beside(sides, found)
    meaning = sides.fault or AGREE if sides is not None and taken else MAYBE
    notes += [*about_second(told, meaning, options.strict), *told_of]
    notes += notes_of(watch, options.strict, *swept) if options.watch else ()
    if options.mode != "numeric":
        bands = gradient.results.bands(found.matrix)
        notes += gradient.explain([[*chain.from_iterable(band)] for band in bands], notes)
    if options.eigenvalues:
        from diffcli.methods.matrices.stationary import with_eigenvalues  # whoever wants none does not wait for it

        options.progress("eigenvalues")
        smooth = meaning == AGREE or not any(note.code in BROKEN for note in told)
        slopes = gradient.gradient if sides is None else sides.values
        lost = any(note.code == "lost-digits" for note in notes)
        found = with_eigenvalues(found, gradient, slopes, watch, lost, smooth)
    return found._replace(hessian=as_blocks(variables, variables, found.matrix), notes=tuple(system.placed(notes)))


def require_one(system: Problem) -> None:
    """Refuse several results, or one that is an array: an `ExpressionError` with what to ask instead."""
    if len(system.outputs) == 1 and not system.outputs[0].shape:
        return
    names = [output.name for output in system.outputs]
    message = f"a Hessian is of one number, and there are several results: {', '.join(names[:8])}"
    help = f'choose one of them: --of "{system.texts.get(names[0], names[0])}"'
    if len(names) == 1:
        help = "choose an element of it, or make a number of it: sum(...)"
    raise ExpressionError([error("not-a-number", message, help=[help])])


# -- sweeps ------------------------------------------------------------------------------------------------------------------


def _by_sweeps(
    gradient: GradientProblem, asked: HessianResult, options: MatrixOptions, notes: list[Diagnostic], watch: Watch,
    sides: Sides | None,
) -> HessianResult:  # fmt: skip
    variables = gradient.variables
    options.progress("looking for the structure")
    pattern = cost = None
    groups: Groups = tuple((column,) for column in range(len(variables)))
    numbers = _structure(gradient, options)
    if numbers is not None:
        derived = numbers.derived
        flow = flow_of(derived.tape, derived.values)
        # each pair of variables in both its places
        half = find_pattern(derived.tape, flow, numbers.variables.slots, numbers.results.slots)
        both = [{*one, *other} for one, other in zip(half.rows, half.transposed().rows, strict=True)]
        pattern = Pattern(half.columns, tuple(tuple(sorted(row)) for row in both))
        groups = colour_symmetric(pattern)
        operations = count_forward(derived, flow, numbers.variables.slots, groups)
        cost = HessianCost(len(variables), function_cost(numbers.problem), function_cost(derived), len(groups), operations)
    matrix = sweep_symmetric(gradient, groups, pattern, options.progress, watch.swept_all)
    return asked._replace(mode="forward-over-reverse", matrix=frozen(matrix), pattern=pattern, groups=groups, cost=cost)


def _columns_beside(sides: Sides, found: HessianResult) -> list[Swept]:
    """The second derivatives that are those of the sides of the point, with the sweeps that they are of."""
    names, swept = found.columns, list[Swept]()
    for column in sides.bent:
        places = [(row, column) if row > column else (column, row) for row in range(len(names))]
        called = dict(zip(names, [_called(names, *place) for place in places], strict=True))
        swept += sides.swept({column: 1.0}, [found.matrix[row][column] for row in range(len(names))], called.__getitem__)
    return swept


def _structure(gradient: GradientProblem, options: MatrixOptions) -> GradientProblem | None:
    """The gradient in numbers if there are not too many, to see which elements depend on which."""
    numbers = structure(gradient.problem)
    return None if numbers is None else _gradient_in(numbers, gradient, options)


def _gradient_in(numbers: Problem, gradient: GradientProblem, options: MatrixOptions) -> GradientProblem:
    """The gradient of the program in numbers; the same if it has no arrays."""
    return gradient if numbers is gradient.problem else GradientProblem(numbers, options.max_nodes)


def sweep_symmetric(
    gradient: GradientProblem,
    groups: Groups,
    pattern: Pattern | None,
    progress: Callable[[str], None],
    watched: Callable[[Sequence[Swept]], None] = lambda _: None,
) -> Matrix:
    """The Hessian by forward sweeps over the gradient's tape, one for each group of columns."""
    variables = gradient.variables
    matrix = [[0.0] * len(variables) for _ in range(len(variables))]
    wanted = _wanted(groups, pattern, variables)
    pairs = zip(groups, wanted, strict=True)
    sweeps = (Sweep(variables.seed(group), True, name=_namer(variables.names, places)) for group, places in pairs)
    swept = in_turn(gradient.derived, sweeps, progress, len(groups), watched)
    for places, tangents in zip(wanted, swept, strict=True):
        found = gradient.results.numbers(tangents)
        for row, column in places:
            matrix[row][column] = matrix[column][row] = found[row] or 0.0
    return matrix


def _namer(names: Sequence[str], wanted: Sequence[tuple[int, int]]) -> Namer:
    """What a second derivative is called that a sweep has found by one of its two variables; nothing if it is not wanted."""
    return lambda arriving: next((_called(names, *place) for place in wanted if names[place[0]] == arriving), "")


def _called(names: Sequence[str], row: int, column: int) -> str:
    return f"the second derivative by `{names[column]}`" + (f" and `{names[row]}`" if row != column else "")


def _wanted(groups: Groups, pattern: Pattern | None, variables: Components) -> list[list[tuple[int, int]]]:
    """For each group the places to be filled from its sweep: of each pair the one below the diagonal, if it stands alone."""
    found: list[list[tuple[int, int]]] = [[] for _ in groups]
    if pattern is None:
        return [[(row, column) for row in range(column, len(variables))] for column in range(len(variables))]
    alone = recovery_table(pattern, groups)
    in_rows = [dict(zip(columns, numbers, strict=True)) for columns, numbers in zip(pattern.rows, alone, strict=True)]
    for row, columns in enumerate(pattern.rows):
        for column in columns:
            if column > row:
                break
            if in_rows[row][column] >= 0:
                found[in_rows[row][column]].append((row, column))
            else:
                found[in_rows[column][row]].append((column, row))
    return found


# -- differences and SymPy ---------------------------------------------------------------------------------------------------


def _exact(gradient: GradientProblem, options: MatrixOptions, sides: Sides | None) -> Matrix:
    """What the other modes give: the Hessian by the rules of the table, at a kink by the sides of the point."""
    found = sweep_symmetric(gradient, tuple((column,) for column in range(len(gradient.variables))), None, options.progress)
    return found if sides is None else sides.hessian(found)


def _numeric(
    gradient: GradientProblem, asked: HessianResult, options: MatrixOptions, notes: list[Diagnostic], watch: Watch,
    sides: Sides | None,
) -> HessianResult:  # fmt: skip
    from diffcli.methods.differences.finite_difference import uncertain
    from diffcli.methods.matrices.second_difference import second_difference

    names = gradient.problem.wrt
    exact = _exact(gradient, options, sides)
    found: list[SecondDifference] = []
    matrix = [[0.0] * len(names) for _ in names]
    for row, first in enumerate(names):
        for column, second in enumerate(names[: row + 1]):
            options.progress(f"second differences along {first} and {second}")
            each = second_difference(gradient.problem, second, first)
            found.append(each)
            matrix[row][column] = matrix[column][row] = each.estimate
            if each.estimate != each.estimate:
                message = f"differences give no reliable value of the second derivative by `{second}` and `{first}`"
                notes.append(Diagnostic("no-difference", "warning", message, notes=(each.reason,)))
            what, value = f"second derivative by `{second}` and `{first}`", gradient.problem.value
            notes += uncertain(each.estimate, each.error, what, each.parts, value, exact[row][column], order=2)
    return asked._replace(matrix=frozen(matrix), differences=tuple(found))


def _symbolic(
    gradient: GradientProblem, asked: HessianResult, options: MatrixOptions, notes: list[Diagnostic], watch: Watch,
    sides: Sides | None,
) -> HessianResult:  # fmt: skip
    from diffcli.methods.symbolic.formulas import differentiate
    from diffcli.methods.symbolic.simplification import Simplifier, keeping

    problem, names = gradient.problem, gradient.problem.wrt
    matrix = [[nan] * len(names) for _ in names]
    exact = _exact(gradient, options, sides)
    found: list[SymbolicSecond] = []
    smooth = not find_breaks(problem) and not find_breaks(gradient.derived)
    bent = any(note.severity == "warning" for note in notes)  # values by the rules of the table may well differ then
    places = [(row, column) for row in range(len(names)) for column in range(row + 1)]
    by_rules: dict[By, float] = {(names[column], names[row]): nan if bent else exact[row][column] for row, column in places}
    kept = keeping(notes, lambda: f"{len(places) - len(found)} second derivatives" if found else "")
    with kept, Simplifier(options.simplify, len(places), notes) as simplifier:
        derivatives = differentiate(problem, [*by_rules], simplifier, options.max_nodes, options.progress, by_rules)
        for (row, column), each in zip(places, derivatives, strict=True):
            found.append(SymbolicSecond(names[column], names[row], each))
            matrix[row][column] = matrix[column][row] = each.value
            if smooth:
                sweep = Sweep({gradient.variables.slots[column]: 1.0}, True, beside=Beside(gradient.derived))
                watch.judge(sweep, [(_called(names, row, column), gradient.results.slots[row], each.value)])
    return asked._replace(matrix=frozen(matrix), symbolic=tuple(found))


_MODES: dict[str, Callable[..., HessianResult]] = {"numeric": _numeric, "symbolic": _symbolic}

