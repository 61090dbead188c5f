"""`diffcli.evaluate`: the value of a program, and nothing more; and `diffcli.parse`."""

from __future__ import annotations

from typing import Any

from diffcli.errors.library_words import for_library
from diffcli.language.parsing import parser
from diffcli.methods.nonsmooth.system_notes import require_values
from diffcli.methods.points.points import as_point
from diffcli.methods.points.ranges import MAX_NODES
from diffcli.methods.problem.problem import At, Target, as_program
from diffcli.methods.problem.system import System
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import Evaluator

parse = for_library(parser.parse)


@for_library
def evaluate(target: Target, at: At, *, strict: bool = False, max_nodes: int = MOST_ROWS, verify: bool = True) -> Any:
    """The value of a program at a point, with no derivative.

    Parameters
    ----------
    target, at
        As for `diffcli.grad`; the result may be an array, and there may be several.
    strict
        Whether a value that has lost digits is an error: a number alone cannot say so. All values are kept for it.
    max_nodes
        The longest tape to build.
    verify
        As for `diffcli.grad`.

    Returns
    -------
    A float, or an array of float64; for a program that ends in a list of numbers, or a Python function that returns a list,
    a list of them. An element of an array that is undefined is NaN.

    Raises
    ------
    ExpressionError, DomainError, NotDifferentiableError, LimitError
        As `diffcli.grad`; of an array, some elements may be undefined.

    Notes
    -----
    Every array of a program is given up after its last use, so that a long chain holds two of them and not one for each
    step: what a derivative needs is not kept. A Python function is recorded all the same, with everything it computes.

    Examples
    --------
    >>> evaluate("x^2 * y", {"x": 3, "y": 2}), evaluate("[x + y, x*y]", "x=3, y=2")
    (18.0, [5.0, 6.0])
    >>> evaluate("W @ x", {"W": [[1, 2], [3, 4]], "x": [1, -1]}).tolist()
    [-1.0, -1.0]

    What is undefined is no number:

    >>> evaluate("log(x)", "x=-1")
    Traceback (most recent call last):
    diffcli.errors.DomainError: `log` is undefined here
      │ log(x)
      │ ^^^^^^ x = -1
      = note: its domain: x > 0

    What has lost its digits is one all the same, unless that is to be an error:

    >>> evaluate("(x + 1) - 1", "x=1e-17")
    0.0
    >>> evaluate("(x + 1) - 1", "x=1e-17", strict=True)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    diffcli.errors.NotDifferentiableError: the value has no right digit: 0, and it is 1e-17
      ...
    """
    MAX_NODES.require("max_nodes", max_nodes)
    point = as_point(at, copy=False)  # no result is left that keeps it
    system = System(as_program(target, verify), point, most_rows=max_nodes)
    if system.recording is not None or strict:
        found = [system.values[output.slot] for output in system.outputs]
    else:
        found = Evaluator(system.tape, [output.slot for output in system.outputs])(system.point)
    values = [value + 0.0 if output.shape else float(value) + 0.0 for value, output in zip(found, system.outputs, strict=True)]
    if any(value != value for value, output in zip(values, system.outputs, strict=True) if not output.shape):
        require_values(system)
    if strict:
        from diffcli.methods.digits.notes import notes_of, watch_of  # a plain value does not wait for it

        notes_of(watch_of(system), strict)
    is_list = system.program is not system.question.written if system.recording is None else bool(system.tape.outputs)
    return values if is_list else values[0]
