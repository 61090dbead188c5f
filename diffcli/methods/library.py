"""The public functions of the library for one result: `diffcli.grad` and its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, overload

from diffcli.errors import ExpressionError, UsageError, error
from diffcli.errors.library_words import for_library
from diffcli.methods.gradient import compute
from diffcli.methods.nothing_to_say import plain_gradient
from diffcli.methods.options import JvpOptions, MatrixOptions, Options
from diffcli.methods.points.ranges import POSITIVE
from diffcli.methods.problem.problem import At, Target
from diffcli.records import Array, Difference, GradientResult, Trace, is_array
from diffcli.tape.lowering import MOST_ROWS

if TYPE_CHECKING:
    from diffcli.records.matrices import Differences, JacobianResult, ProductResult


@partial(for_library, short=plain_gradient)
def grad(
    target: Target,
    at: At,
    *,
    mode: str = "reverse",
    wrt: str | Sequence[str] | None = None,
    direction: str | Mapping[str, object] | None = None,
    kink: str = "min-norm",
    strict: bool = False,
    method: str | None = None,
    accuracy: int | None = None,
    step: float | None = None,
    rule: str | None = None,
    steps: bool = False,
    simplify: str = "fast",
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
) -> GradientResult:
    """The value and gradient of a program at a point.

    Parameters
    ----------
    target
        A program as text, what `diffcli.parse` returned, or a Python function of numbers. A function is run once at the
        point, with traced numbers: operators, `diffcli`'s functions and NumPy's are recorded, loops and branches run as
        Python runs them, and every branch on a value is a note.
    at
        A number or an array for each variable: a mapping (to numbers, nested lists, NumPy arrays, or texts), or text such as
        ``"x=2, w=[1, pi/4], W=@weights.npy"``: constant expressions and files (``.npy``, ``.npz``, ``.csv``, ``.tsv``,
        ``.json``); ``"@point.json"`` is a whole point.
    mode
        ``reverse`` or ``forward`` (automatic differentiation), ``numeric`` (differences) or ``symbolic`` (SymPy).
    wrt
        The variables to differentiate by, as names or one text ``"x, y"``; all, in order of appearance, if not given. The
        other arguments of a Python function are passed on to it as they are.
    direction
        For forward mode: a direction, with a number or an array for each variable that moves; the derivative along it is
        ``directional``.
    kink, strict
        What to use where the function has a corner: ``min-norm``, ``mean``, ``left``, ``right``, ``nan`` or ``error``; and
        whether everything that is not differentiable is an error.
    method, accuracy, step, rule
        For numeric mode, those of `diffcli.methods.differences.finite_difference.difference`.
    steps
        For symbolic mode: the derivation of each partial derivative too, step by step, as ``derivations``.
    simplify
        For symbolic mode: ``fast`` (what SymPy is done with in 2 seconds for all derivatives together), ``full`` (whatever it can
        do, which may take hours) or ``none``. Values come from the unsimplified derivative.
    max_nodes
        The longest tape, or symbolic derivative, to build.
    verify
        Run a Python function by plain Python too, and refuse a recording whose value is another; where it writes a number into a
        text, also record it beside the point, and refuse it if it reads the text again.

    Returns
    -------
    A record with ``value``, ``gradient`` (name to float, or to an array of the shape of the variable; 0.0 where the result
    does not depend on it) and ``notes``: every kink, tie, pole, jump, flat operation and point branch that touches the
    result. A derivative that is undefined is NaN, with a note that says why.

    Raises
    ------
    ExpressionError, UsageError
        The text is not a program, names and values do not fit it, or an argument is none of the known words.
    DomainError, NotDifferentiableError
        The value is undefined at the point; or it is not differentiable there, under ``strict`` or ``kink="error"``.
    LimitError
        ``max_nodes`` was reached.

    Notes
    -----
    Reverse mode takes one sweep for the whole gradient (Linnainmaa 1970), at most 5 times the operations of f
    (Baur & Strassen 1983); forward mode one sweep for each variable. See Griewank & Walther (2008), chapter 3.

    Examples
    --------
    >>> grad("x^2 * y", {"x": 3, "y": 2}).gradient
    {'x': 12.0, 'y': 9.0}
    >>> grad("sum(x^2)", {"x": [1, 2, 3]}).gradient["x"].tolist()
    [2.0, 4.0, 6.0]

    At a corner the result says so, and gives the slopes on the two sides:

    >>> result = grad("abs(x)", "x=0")
    >>> result.gradient, [note.code for note in result.notes], result.notes[0].slopes
    ({'x': 0.0}, ['kink'], (Slopes(variable='x', left=-1.0, right=1.0),))
    """
    options = Options(
        mode=mode, wrt=wrt, direction=direction, kink=kink, strict=strict, method=method, accuracy=accuracy, step=step, rule=rule,
        steps=steps, simplify=simplify, max_nodes=max_nodes, verify=verify,
    )  # fmt: skip
    return compute(target, at, options)


def value_and_grad(
    function: Callable[..., Any],
    *,
    wrt: str | Sequence[str] | None = None,
    mode: str = "reverse",
    kink: str = "min-norm",
    strict: bool = False,
    verify: bool = True,
) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """A function that returns the value of a Python function together with its gradient.

    Parameters
    ----------
    function
        Takes numbers, and returns a number. It is run at each call, with traced numbers.
    wrt
        The parameters to differentiate by; all that a call gives a value, if not given. The others may be anything.
    mode, kink, strict
        As for `diffcli.grad`. Its notes are not returned, so give ``strict`` where a kink is to be an error.
    verify
        As for `diffcli.grad`: at the first call, and where the function takes other branches than in any call before.

    Returns
    -------
    A function of the same arguments that returns ``(value, gradient)``, the gradient by the names of parameters. It raises
    what `diffcli.grad` raises.

    Raises
    ------
    UsageError
        What is given is no function.

    Examples
    --------
    >>> f = value_and_grad(lambda width, height=2.0: width*height)
    >>> f(3.0)
    (6.0, {'width': 2.0})
    >>> f(3.0, height=4.0)
    (12.0, {'width': 4.0, 'height': 3.0})

    Only numbers that the derivative is wanted for are traced:

    >>> def power(x, count):
    ...     result = 1
    ...     for _ in range(count):
    ...         result = result*x
    ...     return result
    >>> value_and_grad(power, wrt="x")(2.0, 3)
    (8.0, {'x': 12.0})
    """
    from diffcli.tape.recording.python_function import PythonFunction

    if not callable(function):
        message = f"value_and_grad takes a function, not a `{type(function).__name__}`"
        raise UsageError([error("usage", message, help=["for an expression in text: diffcli.grad(text, at)"])])
    program = PythonFunction(function)
    program.verify, program.verified = verify, set() if verify else None
    options = for_library(Options)(mode=mode, wrt=wrt, kink=kink, strict=strict, watch=strict)

    def call(*arguments: Any, **named: Any) -> tuple[Any, dict[str, Any]]:
        result = compute(program, program.signature.bind(*arguments, **named).arguments, options)
        return result.value, result.gradient

    return update_wrapper(for_library(call), function)


@overload
def difference(function: Callable[[float], float], x: float, *, derivative: int = 1, step: float | None = None) -> Difference: ...


@overload
def difference(
    function: Callable[..., Any], x: Mapping[str, Any] | Sequence[Any] | Array, *, derivative: int = 1, step: float | None = None,
    wrt: str | Sequence[str] | None = None,
) -> Differences: ...


@for_library
def difference(
    function: Callable[..., Any],
    x: Any,
    *,
    derivative: int = 1,
    step: float | None = None,
    wrt: str | Sequence[str] | None = None,
) -> Difference | Differences:
    """The derivatives of a Python function at a point by differences of plain calls, each with an estimated error bar.

    Nothing is recorded: the function may use ``math``, SciPy, compiled code or files, and adapt its loops to the values.

    Parameters
    ----------
    function
        Takes a float, an array, or arguments by name, and returns a number, an array, or a list of numbers. Outside its domain
        it may return NaN or raise an exception. It is handed copies of arrays.
    x
        The point: a float, or an array (also as nested lists), which the function takes; or a mapping of the names of its
        parameters to numbers and arrays, as `diffcli.grad` has it.
    derivative
        1 or 2; of an array the second derivatives are those by each element twice.
    step
        The first step of the extrapolation; about a third of the size of the element, or of 1, if not given.
    wrt
        Of a mapping, the names to differentiate by; all, if not given. The other arguments may be anything.

    Returns
    -------
    For a float, a record with ``estimate``, ``error``, ``order``, ``step``, ``evaluations`` and ``reason``. Of a function that
    is not a program diffcli sees values only: their noise is estimated (Moré & Wild 2011), and what happens between them is
    unknown, so ``bound`` is False: the bar is an estimate. Where nothing agrees the estimate is NaN; at a kink ``left`` and
    ``right`` are the slopes on the two sides.

    Else a record with ``value``, and by variable ``estimates`` and ``bars``, each a number or an array of the shape of the result
    and then of the variable; ``evaluations``, how often the function was called, some 10 to 30 times for each element whatever
    the number of results; ``notes``, and ``differences``, with one record for each entry. An array is called by the name of the
    function's first parameter.

    Examples
    --------
    >>> from math import hypot, sin
    >>> found = difference(sin, 1.0)
    >>> abs(found.estimate - 0.5403023058681398) <= found.error < 1e-12
    True
    >>> found = difference(abs, 0.0)
    >>> found.estimate, found.left, found.right
    (nan, -1.0, 1.0)
    >>> round(difference(sin, 1.0, derivative=2).estimate, 9)
    -0.841470985
    >>> found = difference(lambda x, y: [hypot(x, y), x/y], {"x": 3.0, "y": 4.0})
    >>> found.value, found.estimates["x"].round(9), bool(found.bars["x"].max() < 1e-12)
    (array([5.  , 0.75]), array([0.6 , 0.25]), True)
    >>> difference(lambda w: sin(w[0]) + w @ w, [0.0, 2.0]).estimates["w"].round(9)
    array([1., 4.])

    Raises
    ------
    DomainError
        The function is undefined at the point.
    ExpressionError
        It raises an exception there, returns no numbers, or results of another shape beside the point.
    UsageError
        The point is not finite, the step not a positive number, or ``derivative`` neither 1 nor 2.
    """
    from diffcli.methods.differences.plain_calls import difference_of_number, differences_by_name

    faults = []
    if not callable(function):
        faults.append(f"a difference is of a Python function, not of a `{type(function).__name__}`")
    if derivative not in (1, 2):
        faults.append(f"there is no difference for the derivative of kind {derivative}: it is 1 or 2")
    if faults:
        raise UsageError([error("bad-value", message) for message in faults])
    if step is not None:
        POSITIVE.require("the step", step)
    if isinstance(x, Mapping | list | tuple) or is_array(x):
        return differences_by_name(function, x, wrt, step, derivative)
    return difference_of_number(function, x, step, derivative)


@for_library
def trace(
    target: Target,
    at: At,
    *,
    mode: str = "reverse",
    wrt: str | Sequence[str] | None = None,
    direction: str | Mapping[str, object] | None = None,
    kink: str = "min-norm",
    verify: bool = True,
) -> Trace:
    """The evaluation trace of a program: every value, and its tangents (``forward``) or the adjoint steps (``reverse``).

    Parameters and errors are those of `grad`; ``mode`` is ``reverse`` or ``forward``. Of several results it has the sweeps of
    `jacobian`, or that of `jvp` along a direction.

    Returns
    -------
    A record whose rows carry the usual indices: ..., -1, 0 for the inputs, 1, 2, ... for the operations; with the ``notes``
    of `grad`.

    Examples
    --------
    >>> for step in trace("x*y", {"x": 2, "y": 5}).adjoint:
    ...     print(step.target, step.formula, step.value)
    1 ȳ₁ 1.0
    -1 v̄₁·v₀ 5.0
    0 v̄₁·v₋₁ 2.0
    """
    if mode not in ("reverse", "forward"):
        raise UsageError([error("unknown-choice", f"there is no trace of {mode} mode", help=["one of: reverse, forward"])])
    given: dict[str, Any] = {"kink": kink, "verify": verify, "trace": True}
    result: GradientResult | JacobianResult | ProductResult
    try:
        result = compute(target, at, Options(mode=mode, wrt=wrt, direction=direction, **given))
    except ExpressionError as fault:
        if [found.code for found in fault.diagnostics] != ["not-a-number"]:
            raise
        from diffcli.methods.matrices.jacobian import compute_jacobian  # the trace of a number does not wait for it
        from diffcli.methods.matrices.products import compute_jvp

        several = MatrixOptions(mode=mode, wrt=wrt, **given)
        along = JvpOptions(**given)
        result = compute_jacobian(target, at, several) if direction is None else compute_jvp(target, at, direction, along)
    assert result.trace is not None
    return result.trace._replace(notes=result.notes)
