"""The public functions of the library for several results and second derivatives: `diffcli.jacobian` and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.errors.library_words import for_library
from diffcli.methods.matrices.hessian import compute_hessian
from diffcli.methods.matrices.jacobian import compute_jacobian
from diffcli.methods.matrices.products import Direction, Weights, compute_hvp, compute_jvp, compute_vjp
from diffcli.methods.options import HessianOptions, JvpOptions, MatrixOptions
from diffcli.methods.problem.problem import At, Target
from diffcli.records.matrices import HessianResult, JacobianResult, ProductResult
from diffcli.tape.lowering import MOST_ROWS


@for_library
def jacobian(
    target: Target,
    at: At,
    *,
    of: str | Sequence[str] | None = None,
    wrt: str | Sequence[str] | None = None,
    mode: str = "auto",
    kink: str = "min-norm",
    strict: bool = False,
    simplify: str = "fast",
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
) -> JacobianResult:
    """The derivatives of every result of a program by every variable.

    Parameters
    ----------
    target
        As for `diffcli.grad`: a program, whose results are the entries of the list that it ends in, or a Python function that
        returns a list of numbers.
    at, wrt, kink, strict, simplify, verify
        As for `diffcli.grad`.
    of
        The results that are wanted, in place of the program's: names in it, or expressions, as text ``"u; v^2"`` or a list.
    mode
        ``auto`` (``forward`` or ``reverse``, whichever takes fewer operations, counted), ``numeric`` (differences with error
        bars) or ``symbolic`` (SymPy).
    max_nodes
        The longest tape to build, and the most entries of a matrix.

    Returns
    -------
    A record with ``values``, ``jacobian[result][variable]`` (for arrays, an array of the shape of the result and then the
    variable), the same as ``matrix`` with the names of its ``rows`` and ``columns``, ``notes`` as of `diffcli.grad`,
    ``pattern`` (which entries may not be 0), ``groups`` (what shared a sweep) and ``sweeps`` (what either mode costs).

    Raises
    ------
    ExpressionError, DomainError, NotDifferentiableError, LimitError, UsageError
        As `diffcli.grad`.

    Notes
    -----
    A forward sweep gives a column, a reverse sweep a row (Griewank & Walther 2008, chapter 3). Columns that share no row are
    found by one sweep, and so are rows that share no column (Curtis, Powell & Reid 1974).

    Examples
    --------
    >>> result = jacobian("[x*y, sin(x), exp(y)]", {"x": 2, "y": 0})
    >>> result.jacobian["f1"], result.jacobian["f3"]
    ({'x': 0.0, 'y': 2.0}, {'x': 0.0, 'y': 1.0})
    >>> jacobian("r = x^2 + y^2; r", "x=3,y=4", of="r; r*x").jacobian["f2"]
    {'x': 43.0, 'y': 24.0}

    Four columns, two sweeps:

    >>> jacobian("[a*b, b*c, c*d]", "a=1,b=2,c=3,d=4").groups
    ((0, 2), (1, 3))
    """
    options = MatrixOptions(
        mode=mode, of=of, wrt=wrt, kink=kink, strict=strict, simplify=simplify, max_nodes=max_nodes, verify=verify
    )
    return compute_jacobian(target, at, options)


@for_library
def hessian(
    target: Target,
    at: At,
    *,
    of: str | None = None,
    wrt: str | Sequence[str] | None = None,
    mode: str = "auto",
    strict: bool = False,
    simplify: str = "fast",
    max_nodes: int = MOST_ROWS,
    verify: bool = True,
) -> HessianResult:
    """The second derivatives of a program by every pair of variables.

    Parameters and errors are those of `jacobian`; of several results ``of`` chooses one.

    Parameters
    ----------
    mode
        ``auto`` (forward mode over the tape of the gradient), ``numeric`` (second differences with error bars) or ``symbolic``
        (SymPy).
    strict
        Raise where the function or its gradient is not differentiable.

    Returns
    -------
    A record with ``value``, ``gradient``, ``hessian[a][b]`` (for arrays, an array of the shape of the one and then the other),
    the same as ``matrix`` with the names of its ``columns``, symmetric to the last bit; ``notes``, also on kinks of the first
    derivative; ``eigenvalues`` and ``definiteness``, and where the gradient is zero ``point``: a minimum, maximum or saddle, or
    undecided; ``pattern``, ``groups`` (the columns that shared a sweep) and ``cost``.

    Notes
    -----
    Forward over reverse: Griewank & Walther (2008), section 5.4; columns from shared sweeps by a star colouring (Coleman &
    Moré 1984; Gebremedhin, Manne & Pothen 2005).

    Examples
    --------
    >>> hessian("x^2*y", {"x": 3, "y": 2}).hessian
    {'x': {'x': 4.0, 'y': 6.0}, 'y': {'x': 6.0, 'y': 0.0}}

    >>> found = hessian("x^2 - y^2", {"x": 0, "y": 0})
    >>> found.eigenvalues, found.stationary, found.point
    ((-2.0, 2.0), 'zero', 'saddle')

    A function may be smooth, and its second derivative jump:

    >>> hessian("elu(x)", "x=0").notes[0].message
    'the first derivative of `elu` has a corner or a jump here'
    """
    options = HessianOptions(
        mode=mode, of=of, wrt=wrt, strict=strict, simplify=simplify, max_nodes=max_nodes, verify=verify, eigenvalues=True
    )
    return compute_hessian(target, at, options)


@for_library
def jvp(
    target: Target,
    at: At,
    direction: Direction,
    *,
    of: str | Sequence[str] | None = None,
    mode: str = "forward",
    kink: str = "min-norm",
    strict: bool = False,
    verify: bool = True,
) -> ProductResult:
    """The Jacobian times a direction, by one forward sweep: how every result starts to change along it.

    Parameters and errors are those of `jacobian`. See Griewank & Walther (2008), section 3.1.

    Parameters
    ----------
    direction
        The direction, as a mapping or text ``"x=1, y=0.5"``; variables that are left out do not move.
    mode
        ``forward``, or ``numeric`` for differences along the direction.

    Returns
    -------
    A record with ``product`` (by result), ``values`` and ``notes``; for numeric mode also ``differences`` with error bars.

    Examples
    --------
    >>> jvp("[x*y, x + y]", {"x": 2, "y": 5}, {"x": 1}).product
    {'f1': 5.0, 'f2': 1.0}
    """
    return compute_jvp(target, at, direction, JvpOptions(mode=mode, of=of, kink=kink, strict=strict, verify=verify))


@for_library
def vjp(
    target: Target,
    at: At,
    weights: Weights | None = None,
    *,
    of: str | Sequence[str] | None = None,
    wrt: str | Sequence[str] | None = None,
    kink: str = "min-norm",
    strict: bool = False,
    verify: bool = True,
) -> ProductResult:
    """Weights of the results times the Jacobian, by one reverse sweep: the gradient of the weighted sum.

    Parameters and errors are those of `jacobian`. See Griewank & Walther (2008), section 3.2.

    Parameters
    ----------
    weights
        The weights: a number for each result in order, or numbers by name; 1 for a single result, if not given.

    Returns
    -------
    A record with ``product`` (by variable), ``values`` and ``notes``.

    Examples
    --------
    >>> vjp("[x*y, x + y]", {"x": 2, "y": 5}, [1, 10]).product
    {'x': 15.0, 'y': 12.0}
    >>> vjp("[x*y, x + y]", {"x": 2, "y": 5}, {"f2": 1}).product
    {'x': 1.0, 'y': 1.0}
    """
    return compute_vjp(target, at, weights, MatrixOptions(of=of, wrt=wrt, kink=kink, strict=strict, verify=verify))


@for_library
def hvp(
    target: Target,
    at: At,
    direction: Direction,
    *,
    of: str | None = None,
    wrt: str | Sequence[str] | None = None,
    strict: bool = False,
    verify: bool = True,
) -> ProductResult:
    """The Hessian times a direction, by one forward sweep over the tape of the gradient; the matrix is never made.

    Parameters and errors are those of `hessian`. The cost is a small multiple of that of the gradient (Pearlmutter 1994;
    Griewank & Walther 2008, section 5.4).

    Parameters
    ----------
    direction
        As a mapping or text ``"x=1, y=0.5"``; variables that are left out do not move.

    Returns
    -------
    A record with ``product`` (by variable), ``values`` and ``notes``.

    Examples
    --------
    >>> hvp("x^2*y", {"x": 3, "y": 2}, {"x": 1, "y": 1}).product
    {'x': 10.0, 'y': 6.0}
    """
    return compute_hvp(target, at, direction, MatrixOptions(of=of, wrt=wrt, strict=strict, verify=verify))
