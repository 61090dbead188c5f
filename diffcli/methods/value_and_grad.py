"""`diffcli.value_and_grad`: a Python function with its gradient, as a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

from diffcli.errors import UsageError, error
from diffcli.methods.gradient import compute
from diffcli.methods.options import Options


def value_and_grad(
    function: Callable[..., Any],
    *,
    wrt: str | Sequence[str] | None = None,
    mode: str = "reverse",
    kink: str = "min-norm",
    strict: bool = False,
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
    options = Options(mode=mode, wrt=wrt, kink=kink, strict=strict)

    def call(*arguments: Any, **named: Any) -> tuple[Any, dict[str, Any]]:
        result = compute(program, program.signature.bind(*arguments, **named).arguments, options)
        return result.value, result.gradient

    return update_wrapper(call, function)
