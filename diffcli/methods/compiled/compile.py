"""`diffcli.compile`: a program and its derivatives as a kernel, which is made once and called often."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from diffcli.errors import refusal
from diffcli.errors.library_words import for_library
from diffcli.kernels.backends import AUTO, module_of
from diffcli.language import Program, parse
from diffcli.methods.compiled.kernel import Kernel
from diffcli.methods.compiled.making import Asked, kept, made, of_function
from diffcli.methods.points.points import as_point
from diffcli.methods.points.ranges import MAX_NODES
from diffcli.methods.problem.problem import ANYWHERE, At, Target, as_program, names_in
from diffcli.methods.problem.system import System
from diffcli.tape.lowering import MOST_ROWS

MOST_KEPT = 64
"""How many kernels are kept to be used again."""


@for_library
def compile(
    target: Target,
    *,
    at: At | None = None,
    wrt: str | Sequence[str] | None = None,
    of: str | Sequence[str] | None = None,
    order: int = 1,
    directions: bool | str = False,
    batch: str | Sequence[str] = (),
    backend: str = AUTO,
    flags: str = "",
    max_nodes: int = MOST_ROWS,
) -> Kernel:
    """A program and its derivatives as a kernel: a function of numbers and arrays that is made once and called often.

    Parameters
    ----------
    target
        A program as text, what `diffcli.parse` returned, or a Python function.
    at
        For a program with arrays, a point as `diffcli.grad` has it, of which only the shapes count: a variable that it does not
        give is a number. A Python function is recorded there; with ``wrt``, its other arguments are held, whatever they are.
    wrt
        The variables to differentiate by; all, in order of appearance, if not given.
    of
        The results that are wanted, in place of the program's, as `diffcli.jacobian` has it.
    order
        0 for the value alone, 1 for the gradient too, 2 for the Hessian too.
    directions
        Products with a direction in place of the last matrix. The direction is further arguments, called by ``wrt`` with a ``d``
        before, or what is given here: ``directions="v_"``.
    batch
        Of a program with arrays, the variables that may have axes of points before their own. Of one with numbers alone, all.
    backend
        ``python`` (generated source, for single points), ``numpy``, ``llvm`` (machine code, with ``diffcli[jit]``), ``jax``, or
        ``auto``, which chooses among the first three by the length of the program and the number of points.
    flags
        ``"digits"`` to look for lost digits too.
    max_nodes
        The longest tape to build.

    Returns
    -------
    A `Kernel`: ``k(x, y)``, with the variables in order of appearance or by name, returns the value, ``(value, gradient)`` or
    ``(value, gradient, Hessian)``, tuples of floats; of several results the values and the Jacobian. For a variable with axes a
    slope is an array. Arrays given for numbers are points: they are broadcast together, and each number of the result is an
    array. ``out=`` takes arrays for the result, in its form; ``threads=`` says how many work on the points.

    What is undefined at a point is NaN there, and no error; at a kink the derivative is what the rules of the table give.
    `Kernel.flags`, and ``flags`` of the tuple that is the result of many points, say where either is so.

    Raises
    ------
    ExpressionError, LimitError, UsageError
        As `diffcli.jacobian`; and a Python function that takes more than 32 ways through its branches, each of which is a
        recording. What cannot be written out in numbers (labels, pivots, more than 20,000 rows) has gradients of numbers only.
    MissingExtraError
        The back end needs a package that is not installed, or does not load.

    Notes
    -----
    The value and the gradient are one tape (reverse mode, Griewank & Walther 2008, chapter 3), common parts shared, constants
    folded; a Jacobian with more results than variables, products and Hessians are by forward mode over it (section 5.4). The
    results of ``python`` are those of its tape's rows bit for bit, those of the others within 4 ulp in each row.

    Examples
    --------
    >>> k = compile("ln(x1) + x1*x2 - sin(x2)")
    >>> k(2.0, 5.0)
    (11.652071455223084, (5.5, 1.7163378145367738))
    >>> values, (by_x1, by_x2) = k([1, 2, 4], 5)
    >>> by_x1
    array([6.  , 5.5 , 5.25])

    >>> compile("x^2*y", order=2)(3.0, 2.0)
    (18.0, (12.0, 9.0), ((4.0, 6.0), (6.0, 0.0)))
    >>> compile("[x*y, sin(x)]", directions=True)(0.0, 2.0, 1.0, 0.0)
    ((0.0, 0.0), (2.0, 1.0))

    With arrays, for two points at once:

    >>> k = compile("sum((W @ x)^2)", at={"W": [[1, 2], [3, 4]], "x": [1, 1]}, wrt="x", batch="x")
    >>> values, (slopes,) = k([[1, 2], [3, 4]], [[1, 0], [0, 1]])
    >>> values, slopes.shape
    (array([10., 20.]), (2, 2))

    Outside of the domain there is no number, and no error:

    >>> compile("log(x)")(-1.0)
    (nan, (nan,))
    """
    if order not in (0, 1, 2) or (directions and not order):
        products = "jvp, with directions=, takes order 1, hvp order 2" if directions else "one of: 0, 1, 2"
        raise refusal("bad-value", f"there is no kernel of order {order!r}", products)
    if flags not in ("", "digits"):
        raise refusal("unknown-choice", f"there is no flag {flags!r} to ask for", 'flags="digits" looks for lost digits too')
    MAX_NODES.require("max_nodes", max_nodes)
    if backend != AUTO:
        module_of(backend)
    program = as_program(target)
    shapes: Any = None
    if type(program) is not Program:
        shapes = ANYWHERE if at is None else kept(at)
    elif at is not None:
        shapes = tuple((name, getattr(value, "shape", ())) for name, value in as_point(at, copy=False).items())
    names, many = names_in(wrt, "wrt"), names_in(batch, "batch") or ()
    results = of if of is None or isinstance(of, str) else "; ".join(names_in(of, "of") or ())
    along = "d" * directions if isinstance(directions, bool) else directions
    if not isinstance(along, str) or not f"{along}x".isidentifier():
        help = 'write directions=True, or what stands before the names of variables: directions="v_"'
        raise refusal("bad-value", f"{directions!r} begins no name", help)
    variables = None if names is None else tuple(names)
    text = program.source.text if type(program) is Program else target
    make = kernel_of if type(program) is Program else of_function
    return make(Asked(text, shapes, variables, results, int(order), along, tuple(many), backend, max_nodes, flags))


@lru_cache(MOST_KEPT)
def kernel_of(asked: Asked) -> Kernel:
    """The kernel of a text; the same one as long as it is kept."""
    program, at = parse(asked.text), ANYWHERE
    if asked.at is not None:
        from diffcli.operations.arithmetic.array_files import basis  # numbers do not wait for it

        at = dict.fromkeys(program.inputs, 0.0) | {name: basis(shape, []) if shape else 0.0 for name, shape in asked.at}
    system = System(program, at, of=asked.of, wrt=asked.wrt, most_rows=asked.most_rows)
    return made(system, kernel_of, asked)
