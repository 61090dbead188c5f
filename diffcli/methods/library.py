"""The public functions of the library: `diffcli.grad` and `diffcli.trace`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffcli.errors import UsageError, error
from diffcli.language import Program
from diffcli.methods.gradient import Options, compute
from diffcli.methods.problem import At
from diffcli.records import GradientResult, Trace
from diffcli.tape.lowering import MOST_ROWS


def grad(
    target: str | Program,
    at: At,
    *,
    mode: str = "reverse",
    wrt: str | Sequence[str] | None = None,
    seed: str | Mapping[str, object] | None = None,
    kink: str = "min-norm",
    strict: bool = False,
    method: str | None = None,
    step: float | None = None,
    max_nodes: int = MOST_ROWS,
) -> GradientResult:
    """The value and gradient of a program at a point.

    Parameters
    ----------
    target
        A program as text, or what `diffcli.parse` returned.
    at
        A number for each variable: a mapping, or text such as ``"x=2, y=pi/4"``. Values may be constant expressions.
    mode
        ``reverse`` or ``forward`` (automatic differentiation), ``numeric`` (differences) or ``symbolic`` (SymPy).
    wrt
        The variables to differentiate by, as names or one text ``"x, y"``; all, in order of appearance, if not given.
    seed
        For forward mode: the direction of a directional derivative, returned as ``directional``.
    kink
        What to use where the function has a corner: ``min-norm``, ``mean``, ``left``, ``right``, ``nan`` or ``error``.
    strict
        Raise where the function is not differentiable.
    method, step
        For numeric mode: ``central`` (if not given), ``forward``, ``backward`` or ``complex``, and a step in place of the
        chosen one.
    max_nodes
        The longest tape, or symbolic derivative, to build.

    Returns
    -------
    A record with ``value``, ``gradient`` (name to float; 0.0 where the result does not depend on a variable) and
    ``notes``: every kink, tie, pole, jump, flat operation and point branch that touches the result. A derivative that
    is undefined is NaN, with a note that says why.

    Raises
    ------
    ExpressionError
        The text is not a program, or names and values do not fit it.
    DomainError
        The value is undefined at the point.
    NotDifferentiableError
        Under ``strict`` or ``kink="error"``.
    LimitError
        ``max_nodes`` was reached.
    UsageError
        An argument is none of the known words.

    Notes
    -----
    Reverse mode takes one sweep for the whole gradient (Linnainmaa 1970), at most 5 times the operations of f
    (Baur & Strassen 1983); forward mode one sweep for each variable. See Griewank & Walther (2008), chapter 3.

    Examples
    --------
    >>> grad("x^2 * y", {"x": 3, "y": 2}).gradient
    {'x': 12.0, 'y': 9.0}

    At a corner the result says so, and gives the slopes on the two sides:

    >>> result = grad("abs(x)", "x=0")
    >>> result.gradient, [note.code for note in result.notes], result.notes[0].slopes
    ({'x': 0.0}, ['kink'], (Slopes(variable='x', left=-1.0, right=1.0),))
    """
    options = Options(
        mode=mode, wrt=wrt, seed=seed, kink=kink, strict=strict, method=method, step=step, max_nodes=max_nodes
    )  # fmt: skip
    return compute(target, at, options)


def trace(
    target: str | Program,
    at: At,
    *,
    mode: str = "reverse",
    wrt: str | Sequence[str] | None = None,
    seed: str | Mapping[str, object] | None = None,
    kink: str = "min-norm",
) -> Trace:
    """The evaluation trace of a program: every value, and its tangents (``forward``) or the adjoint steps (``reverse``).

    Parameters and errors are those of `grad`; ``mode`` is ``reverse`` or ``forward``.

    Returns
    -------
    A record whose rows carry the lecture's indices: ..., -1, 0 for the inputs, 1, 2, ... for the operations.

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
    result = compute(target, at, Options(mode=mode, wrt=wrt, seed=seed, kink=kink, trace=True))
    assert result.trace is not None
    return result.trace
