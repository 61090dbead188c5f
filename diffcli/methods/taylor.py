"""The Taylor polynomial of a program along one variable, with the notes on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, ExpressionError, LimitError, as_stop, error, refusal
from diffcli.errors.library_words import for_library
from diffcli.language import parse
from diffcli.language.writing.printer import number_text
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.digits.shaken import ShakenWatch
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.nonsmooth.beside import Beside
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks
from diffcli.methods.nonsmooth.nonfinite import require_value
from diffcli.methods.nonsmooth.notes import describe
from diffcli.methods.nonsmooth.one_sided import Side, side_along
from diffcli.methods.points.points import GivenPoint, as_point
from diffcli.methods.points.ranges import MAX_NODES, Range
from diffcli.methods.problem.problem import At, Problem, Target, as_program
from diffcli.methods.problem.scalarise import point_of, scalarised
from diffcli.methods.sweeps.one_sided_series import LENGTH, Undecided, alike, coefficient, nan
from diffcli.methods.sweeps.point_rows import PointRows
from diffcli.methods.sweeps.series import expand
from diffcli.records.matrices import TaylorResult
from diffcli.tape.lowering import MOST_ROWS

ORDER = Range(0, 1000)

LAST_DERIVATIVE = 170
"""The factorial of a larger number is beyond the range of a float."""


@for_library
def taylor(
    target: Target,
    at: At | None = None,
    wrt: str | None = None,
    order: int = 6,
    *,
    exact: bool = False,
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
    progress: Callable[[str], None] = lambda stage: None,
) -> TaylorResult:
    """The Taylor coefficients of a program along one variable, and its derivatives of every order up to one.

    Parameters
    ----------
    target
        A program, as text or parsed, or a Python function of numbers.
    at
        The point, as for `diffcli.grad`. The variable itself may be left out, and is 0 then.
    wrt
        The variable; it may be left out if there is only one.
    order
        The highest power, at most 1000.
    exact
        Whether the coefficients are to be given as exact numbers too, 1/3 and sin(1)/2, where SymPy has them.
    max_nodes, verify, progress
        The longest tape to build, with the rows of the partials; as for `diffcli.grad`; and what is called with each stage as
        it begins.

    Returns
    -------
    A record with ``coefficients``, ``derivatives``, the ``polynomial`` as a text that diffcli reads, and ``notes``: every kink,
    tie, pole, jump and branch that touches the result; derivatives end with order 170, as 171! is beyond the range of a float.
    Under ``exact`` also ``exact``, the coefficients as texts that diffcli reads, in which 0.1 is 1/10 and the point is what its
    text says; None where there is no such number; and ``exact_polynomial``, if there are all. At a kink the coefficients are
    those on which the two sides agree, and NaN from the first on which they do not; there is no polynomial then.

    Raises
    ------
    ExpressionError, DomainError, LimitError
        As `diffcli.grad`.
    UsageError
        The order is no whole number from 0 to 1000, or the variable is not given and there are several.

    Notes
    -----
    Exact up to rounding: Taylor arithmetic on the tape, from the rules of the table (Griewank & Walther 2008, section 13.2),
    with neither symbols nor differences.

    Examples
    --------
    >>> taylor("exp(x)*y", {"y": 2}, "x", 3).coefficients
    (2.0, 2.0, 1.0, 0.3333333333333333)
    >>> taylor("sqrt(x)", "x=4", order=2).polynomial
    'h = x - 4; 2 + 0.25*h - 0.015625*h^2'
    >>> taylor("sin(x)", "x=pi/4", order=3, exact=True).exact
    ('sqrt(2)/2', 'sqrt(2)/2', '-sqrt(2)/4', '-sqrt(2)/12')
    """
    return compute_taylor(as_program(target, verify), at, wrt, order, max_nodes, progress, exact)


def compute_taylor(
    target: Target, at: At | None, wrt: str | None, order: int, max_nodes: int, progress: Callable[[str], None],
    exact: bool = False,
) -> TaylorResult:  # fmt: skip
    """What `taylor` returns, with options as the command line spells them."""
    ORDER.require("order", order)
    MAX_NODES.require("max_nodes", max_nodes)
    if wrt is not None and not isinstance(wrt, str):
        raise refusal("usage", f"the variable is a name, not {wrt!r}")
    program = as_program(target)
    variable = _variable(list(program.inputs), wrt)
    progress("evaluating")
    base = variable.partition("[")[0].strip()
    point = as_point({} if at is None else at)
    if base not in point:
        point = GivenPoint({**point, base: 0.0}, point.places)
    problem = Problem(program, point, wrt=[base], most_rows=max_nodes)
    if problem.tape.shapes is not None or base != variable:
        problem, variable = _scalarised(problem, variable, max_nodes)
    progress("expanding")
    found = expansion(problem, variable, order, max_nodes)
    if exact:
        progress("expanding in exact numbers")
        found = _with_exact(found, problem, at, max_nodes)
    return found


def _with_exact(found: TaylorResult, problem: Problem, at: At | None, max_nodes: int) -> TaylorResult:
    """The same with exact numbers, as far as they are known."""
    from diffcli.methods.symbolic.exact_series import exact_series  # most series do not wait for SymPy

    try:
        texts, center = exact_series(problem, at, found.variable, found.coefficients, max_nodes)
    except (LimitError, KeyboardInterrupt) as stopped:
        why = as_stop(stopped)._replace(notes=("no coefficient is known as an exact number",))
        return found._replace(exact=(None,) * len(found.coefficients), notes=(*found.notes, why))
    found = found._replace(exact=tuple(texts))
    if missing := [str(order) for order, text in enumerate(texts) if text is None]:
        missing[8:] = missing[8:] and ["..."]
        message = f"no short exact number is known for the coefficients of order {', '.join(missing)}"
        return found._replace(notes=(*found.notes, Diagnostic("not-exact", "note", message)))
    return found._replace(exact_polynomial=polynomial_text([text or "" for text in texts], found.variable, center))


def expansion(problem: Problem, variable: str, order: int, max_nodes: int) -> TaylorResult:
    require_value(problem)
    breaks = find_breaks(problem)
    notes = [*problem.notes(), *describe(problem, breaks, "", False)]
    slot = problem.input_slot(variable)
    moving = {slot: [float(problem.at[variable]), 1.0]}
    rows = PointRows(problem.tape, problem.values, moving, max_nodes)
    found = expand(rows, problem.tape, moving, order)
    left = right = None
    called = "the coefficient of order {}".format
    series = Sweep({slot: 1.0}, True, name=called, order=order)
    two_sided = any(each.kind in _TWO_SIDED for each in breaks) or rows.on_boundary
    first = next((k for k, number in enumerate(found) if not math.isfinite(number)), None)
    overflows = not two_sided and first is not None and _is_finite_exactly(problem, series._replace(order=first))
    if two_sided or not (overflows or first is None):
        sides = [_on_side(problem, slot, side, order) for side in (-1.0, 1.0)]
        found = _settled(found, sides, notes)
        if any(number != number for number in found):
            left, right = (side and side.finite for side in sides)
        there = Sweep({slot: 1.0}, True, {}, called, order, Beside(problem, step={slot: 1.0 if right else -1.0}))
        notes += notes_of(watch_of(problem), False, (there, [None, *found[1:]]))
    else:
        last = max(k for k, number in enumerate(found) if math.isfinite(number) or k == first)  # after it there are no numbers
        notes += notes_of(ShakenWatch(problem), False, (series._replace(order=last), found))
    coefficients = tuple(number + 0.0 for number in found)
    derivatives = tuple(math.factorial(k) * 1.0 * number for k, number in enumerate(coefficients[: LAST_DERIVATIVE + 1]))
    polynomial = None
    if all(map(math.isfinite, coefficients)):
        polynomial = polynomial_text(coefficients, variable, float(problem.at[variable]))
    else:
        notes.append(_not_finite(coefficients, overflows))
    return TaylorResult(
        problem.expression(), variable, dict(point_of(problem)), order, coefficients, derivatives, polynomial, left, right,
        tuple(notes),
    )  # fmt: skip


def _scalarised(problem: Problem, variable: str, most_rows: int) -> tuple[Problem, str]:
    """A problem with arrays in numbers, of which one is expanded in: an element, ``x[0]``, or a variable that is a number."""
    problem.require_number()
    numbers = scalarised(problem, most_rows)
    wanted = "".join(variable.split())
    if wanted not in numbers.at:
        help = [f"one of its elements, as in --wrt {next((name for name in numbers.wrt), 'x[0]')}"]
        raise ExpressionError([error("unknown-variable", f"`{variable}` is no number to expand in", help=help)])
    return numbers, wanted


_TWO_SIDED = NOT_DIFFERENTIABLE - {"pole"}
"""Kinds of break on whose sides the function may be smooth."""


class _OnSide(NamedTuple):
    """The coefficients on a side, NaN where they are not known, none if the domain ends there."""

    side: Side
    coefficients: tuple[float, ...]

    @property
    def finite(self) -> tuple[float, ...] | None:
        return self.coefficients if self.coefficients and all(map(math.isfinite, self.coefficients)) else None


def _on_side(problem: Problem, slot: int, step: float, order: int) -> _OnSide | None:
    """The series on one side; None if nothing is known."""
    try:
        side = side_along(problem, {slot: step}, order + LENGTH)
    except Undecided:
        return None
    found = side.values[side.results[0]]
    return _OnSide(side, () if found != found else tuple([step**k * coefficient(found, k) + 0.0 for k in range(order + 1)]))


def _settled(found: Sequence[float], sides: Sequence[_OnSide | None], notes: list[Diagnostic]) -> list[float]:
    """The coefficients on which both sides agree, one of which may be beyond the domain; NaN from the first that differs."""
    known = [side for side in sides if side is not None and side.coefficients]
    settled = [found[0]]
    for k, number in enumerate(found) if None not in sides and known else ():
        one, other = known[0].coefficients[k], known[-1].coefficients[k]
        on_the_way = [coefficient(value, k) for each in known for value in each.side.values if value is not None]
        if not alike(one, other, on_the_way) if k else any(each.side.jumps() for each in known):
            if math.isfinite(one) and math.isfinite(other):
                message = f"the derivative of order {k} differs on the two sides" if k else "the value jumps here"
                notes.append(Diagnostic("kink" if k else "jump", "warning", message))
            settled += [one] * (k > 0 and one == other)  # infinite on both
            break
        settled += [number if math.isclose(number, one, rel_tol=1e-9) else one] * (k > 0)
    return [*settled, *[nan] * len(found)][: len(found)]


def _variable(inputs: Sequence[str], given: str | None) -> str:
    if given is not None:
        return given  # whether there is such a variable is for `Problem` to say
    if len(inputs) == 1:
        return inputs[0]
    if not inputs:
        raise refusal("usage", "the expression has no variable to expand it in")
    message = f"there are several variables ({', '.join(inputs)}), and a Taylor polynomial is along one"
    raise refusal("usage", message, f"name it with --wrt {inputs[0]}")


def _is_finite_exactly(problem: Problem, series: Sweep) -> bool:
    """Whether the coefficients of a series are finite where no number overflows, the last of which is not in floats."""
    from diffcli.methods.digits.exact import Again  # most series do not wait for it
    from diffcli.operations.arithmetic import precise

    found = Again(problem).read(series, range((series.order or 0) + 1)).found
    return all(each is not None and precise.is_finite(each) for each in found)


def _not_finite(coefficients: Sequence[float], overflows: bool) -> Diagnostic:
    order = next(k for k, number in enumerate(coefficients) if not math.isfinite(number))
    what = "the value" if not order else f"the derivative of order {order}"
    why = "overflows, or what leads to it does" if overflows else "is not finite here"
    code = "overflow" if overflows else "no-coefficient"
    return Diagnostic(code, "warning", f"{what} {why}, so there is no Taylor polynomial of that order")


def polynomial_text(coefficients: Sequence[float | str], variable: str, center: float | str) -> str:
    """A polynomial in the distance to a point, as a program; of floats, or of exact numbers as texts.

    >>> polynomial_text([1.0, -1.0, 0.0, 2.5], "x", 0.0), polynomial_text([0.0, 1.0], "h", -1.5), polynomial_text([0.0], "x", 1.0)
    ('1 - x + 2.5*x^3', 't = h + 1.5; t', '0')
    >>> polynomial_text(["1 + e", "-sin(1)/2"], "x", "pi/4")
    'h = x - pi/4; (1 + e) - sin(1)/2*h'
    """
    centered = center in (0, "0")
    h = variable if centered else "t" if variable == "h" else "h"
    text = sum_text((number, f"{h}^{k}" if k > 1 else h * k) for k, number in enumerate(coefficients))
    return text if centered or h not in text else f"{h} = {distance_text(variable, center)[1:-1]}; {text}"


def sum_text(terms: Iterable[tuple[float | str, str]]) -> str:
    """A sum of numbers times factors, as a program."""
    text = ""
    for number, factor in terms:
        if number not in (0, "0"):
            negative, size = signed(number)
            term = size if not factor else factor if size == "1" else f"{size}*{factor}"
            text += f" {'-' if negative else '+'} {term}" if text else f"{'-' * negative}{term}"
    return text or "0"


def distance_text(variable: str, center: float | str) -> str:
    """The distance of a variable to a point, as a factor: (x - 3), or x."""
    negative, size = signed(center)
    return variable if center in (0, "0") else f"({variable} {'+' if negative else '-'} {size})"


def signed(number: float | str) -> tuple[bool, str]:
    """Whether a minus stands before a number, and what stands behind it, as a factor."""
    if not isinstance(number, str):
        return number < 0, number_text(abs(number))
    if parse(number).operations[-1] in ("add", "sub"):
        return False, f"({number})"
    return number.startswith("-"), number.removeprefix("-")
