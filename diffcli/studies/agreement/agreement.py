"""Do the methods agree? Each partial derivative by every method, side by side, with a verdict and a reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from diffcli.errors import Diagnostic, ExpressionError, LimitError
from diffcli.errors.library_words import for_library
from diffcli.methods.differences.automatic_difference import automatic_difference
from diffcli.methods.differences.complex_step import complex_difference
from diffcli.methods.differences.finite_difference import difference
from diffcli.methods.differences.sampling import Sampler
from diffcli.methods.digits.lost import LOST, Lost, judged, note_of
from diffcli.methods.digits.watch import Watch
from diffcli.methods.nonsmooth.beside import beside
from diffcli.methods.nonsmooth.breaks import find_breaks
from diffcli.methods.nonsmooth.nonfinite import require_value
from diffcli.methods.nonsmooth.notes import describe
from diffcli.methods.nonsmooth.system_notes import require_values
from diffcli.methods.points.ranges import MAX_NODES, Range
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import At, Problem, Target, as_program
from diffcli.methods.problem.scalarise import gathered, scalarised, variables_of
from diffcli.records.agreement import Agreement, Way
from diffcli.studies.agreement.forms import Forms
from diffcli.studies.agreement.verdict import TOLERANCE, floors, judge_partial
from diffcli.tape.lowering import MOST_ROWS

WAYS = ("reverse", "forward", "symbolic", "numeric", "complex")
FUNCTION = "function"
"""One more for a Python function: differences of what it returns for plain numbers, which know nothing of the recording."""

SHORTER = (2.0**-10, 2.0**-20)
"""First steps beside the size of a variable, where the differences of a function are not its derivative over a longer one."""

Progress = Callable[[str], None]

Sweeps = dict[str, tuple[float, float]]
"""The derivatives of one result by reverse and forward mode, by variable."""


@for_library
def check(
    target: Target,
    at: At,
    *,
    wrt: str | Sequence[str] | None = None,
    exact_digits: int | None = None,
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
) -> Agreement:
    """Every partial derivative by every method, with a verdict and its reason.

    Parameters
    ----------
    target, at, wrt, max_nodes, verify
        As for `diffcli.grad`.
    exact_digits
        How many digits the exact derivative, with which the methods are compared, is to have; 50, if not given.

    Returns
    -------
    A record with ``passed``, ``notes``, and ``checks``: for each variable its ``verdict`` (``agree``, ``disagree``, or where
    there is no derivative ``kink``, ``jump``, ``pole`` or ``edge``), ``reason``, ``explanation``, ``exact`` (an mpmath
    number) and ``ways``, each with ``value``, ``bar`` and ``error``: of a Python function there is one more, ``function``, by
    differences of what it returns for plain numbers.

    Raises
    ------
    ExpressionError, DomainError, LimitError
        As `diffcli.grad`.

    Examples
    --------
    >>> result = check("x*sin(y)", {"x": 2, "y": 1})
    >>> result.passed, [found.verdict for found in result.checks]
    (True, ['agree', 'agree'])

    A derivative that cancellation has spoiled is recognised:

    >>> (found,) = check("(1 - cos(x))/x^2", {"x": 1e-5}).checks
    >>> found.verdict, found.reason, f"{float(found.exact):.4e}"
    ('disagree', 'cancellation', '-8.3333e-07')
    """
    MAX_NODES.require("max_nodes", max_nodes)
    if exact_digits is not None:
        Range(17, 2000).require("exact_digits", exact_digits)
    problem = Problem(as_program(target, verify), at, wrt=wrt, most_rows=max_nodes)
    problem.require_number()
    require_value(problem)
    return agreement_of(problem, exact_digits)


def agreements_of(system: Problem, digits: int | None = None, progress: Progress = lambda stage: None) -> list[Agreement]:
    """Every partial derivative of every result by every method: an `Agreement` for each result, or element of one.

    >>> from diffcli.methods.problem.system import System
    >>> found = agreements_of(System("[x*y, sin(x)]", {"x": 2, "y": 5}))
    >>> [(agreement.name, agreement.passed) for agreement in found]
    [('f1', True), ('f2', True)]
    """
    require_values(system)
    numbers = scalarised(system)
    sweeps = _array_sweeps(system)
    found = []
    for place, output in enumerate(numbers.outputs):
        progress(f"checking {output.name}")
        agreement = agreement_of(numbers.view(output), digits, progress, sweeps[place] if sweeps else None)
        agreement = agreement._replace(name=output.name, at=system.at, expression=system.expression())
        found.append(agreement._replace(text=system.texts.get(output.name, "")))
        if any(note.code in ("timeout", "interrupted") for note in agreement.notes):
            break  # what is known is kept
    return found


def agreement_of(
    problem: Problem,
    digits: int | None = None,
    progress: Progress = lambda stage: None,
    sweeps: Sweeps | None = None,
    forms: Forms | None = None,
) -> Agreement:
    """Every partial derivative by every method of a problem whose value is defined, as `check` returns it.

    Of ``digits`` 0 are none; ``sweeps`` are the derivatives by reverse and forward mode, where they are known already: those of
    the arrays of which this is one element; ``forms`` are SymPy's derivatives.
    """
    whole = problem
    notes = [*whole.notes(), *describe(whole, find_breaks(whole), "", False)]
    problem = scalarised(whole)
    breaks = find_breaks(problem)
    found = _by_all_methods(problem, notes, progress, forms)
    if problem is not whole:
        (sweeps,) = _array_sweeps(whole)
    for variable, swept in (sweeps or {}).items():
        found[variable][:2] = [Way(name, value) for name, value in zip(WAYS, swept, strict=False)]
    if breaks:
        _take_sides(problem, found, notes)
    checks, lost = [], list[Lost]()
    known = floors(problem)
    for variable in problem.wrt:
        progress(f"judging along {variable}")
        floor = known[problem.input_slot(variable)]
        try:
            checked, reason = judge_partial(problem, variable, breaks, found[variable], digits, floor)
        except LimitError as limit:  # without the exact derivative, the methods are compared with each other
            notes.append(limit.diagnostics[0]._replace(severity="warning", notes=("the exact derivative is not known",)))
            digits = 0  # nor will those of the others be
            checked, reason = judge_partial(problem, variable, breaks, found[variable], digits, floor)
        checks.append(checked)
        lost += [reason.lost] if reason.lost is not None and reason.lost.error > LOST else []
    of_value = judged(problem, [doubt for doubt in Watch(problem).doubts if doubt.slot == problem.tape.output])
    for each in (lost, [one for one in of_value if one.exact is not None]):
        notes += [note_of(problem, each)] if each else []
    return Agreement(problem.expression(), whole.at, problem.value, tuple(checks), tuple(notes))


# -- the methods -------------------------------------------------------------------------------------------------------------


def _by_all_methods(
    problem: Problem, notes: list[Diagnostic], progress: Progress, forms: Forms | None
) -> dict[str, list[Way]]:
    """The derivatives, not judged yet, by variable."""
    symbolic, why = (forms or Forms()).derivatives(problem, notes, progress)
    itself = problem.function is not None and "stop_gradient" not in problem.tape.operations  # which plain Python moves
    found: dict[str, list[Way]] = {}
    for position, variable in enumerate(problem.wrt, 1):
        progress(f"differentiating along {variable} ({position} of {len(problem.wrt)})")
        slot = problem.input_slot(variable)
        tangent = problem.swept_forward({slot: 1.0})[problem.tape.output]
        numeric, imaginary = difference(problem, variable), complex_difference(problem, variable)
        lifted = imaginary.reason.partition("; ")[2]
        why_not = "" if math.isfinite(numeric.estimate) else numeric.reason
        found[variable] = [
            Way("reverse", problem.adjoints[slot] or 0.0),
            Way("forward", tangent or 0.0),
            Way("symbolic", symbolic.get(variable), remark="" if variable in symbolic else why),
            Way("numeric", numeric.estimate, numeric.error, why_not, sides=(numeric.left, numeric.right)),
            Way("complex", imaginary.estimate, imaginary.error, lifted),
            *([_of_function(problem, variable)] if itself else []),
        ]
    return found


def _take_sides(problem: Problem, found: dict[str, list[Way]], notes: list[Diagnostic]) -> None:
    """Where only the sides of the point have a slope, the ways that know of them have it, as `grad` has."""
    for row in beside(problem, {}, notes).rows.values():
        for ways, slope in zip(found.values(), row, strict=True):
            own = ways[0].value
            ways[:3] = [way._replace(value=slope) for way in ways[:3]]
            for place in (3, 4):  # a recording that is moved keeps its branch; so does a complex step
                if ways[place].value == own != slope:
                    ways[place] = ways[place]._replace(value=None, bar=None, remark="its branch is for this point alone")


def _of_function(problem: Problem, variable: str) -> Way:
    """The derivative of a Python function itself, whose branches move with the variable; the bar is an estimate."""
    from diffcli.tape.recording.python_function import flattened  # a program does not wait for it

    whole, slope = problem.whole or problem, problem.adjoints[problem.input_slot(variable)] or 0.0

    def value(x: float) -> float:
        assert problem.function is not None
        try:
            point = {**whole.at, **gathered(whole, {**problem.at, variable: x})}
            return flattened(problem.function.plain(point))[problem.flat_index]
        except ExpressionError:
            return math.nan

    sampler = Sampler(value, float(problem.at[variable]))
    for first in (None, *[abs(sampler.x or 1.0) * share for share in SHORTER]):
        found = automatic_difference(sampler, variable, first)
        if not abs(found.estimate - slope) > 2 * (found.error or 0.0):
            break  # or the first step was longer than what the function describes, say a period
    bar = None if found.error is None else max(4 * found.error, TOLERANCE * abs(found.estimate))
    return Way(FUNCTION, found.estimate, bar, found.reason * (bar is None), sides=(found.left, found.right))


def _array_sweeps(problem: Problem) -> list[Sweeps]:
    """For each element of the results its derivatives by both sweeps over the arrays themselves; empty without arrays."""
    if problem.tape.shapes is None:
        return []
    rows, columns = Components(problem.outputs), variables_of(problem)
    moved = [rows.numbers(problem.swept_forward(columns.seed([place]))) for place in range(len(columns))]
    found = []
    for place in range(len(rows)):
        swept = columns.numbers(problem.swept_back(rows.seed([place])))
        pairs = [(float(adjoint or 0.0), float(tangents[place] or 0.0)) for adjoint, tangents in zip(swept, moved, strict=True)]
        found.append(dict(zip(columns.names, pairs, strict=True)))
    return found
