"""A kernel: a compiled tape as a function of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import MethodType
from typing import Any

from diffcli.errors import ExpressionError, counted, refusal
from diffcli.methods.compiled.flags import Flag
from diffcli.methods.compiled.form import Made
from diffcli.methods.points.points import unknown_name
from diffcli.methods.points.ranges import THREADS


class Kernel:
    """What `diffcli.compile` returns: a function of numbers and arrays, for one point and for many.

    ``inputs`` are the names of its arguments in order, ``wrt`` those that it differentiates by, ``order`` the order of its
    derivatives, ``outputs`` those of its results, ``backend`` what was asked for, ``source`` what was generated. It pickles by
    its program.

    >>> import diffcli
    >>> k = diffcli.compile("x^2*y", wrt="x")
    >>> k.inputs, k.wrt, k(3.0, y=2.0)
    (('x', 'y'), ('x',), (18.0, (12.0,)))
    >>> k.fun_and_jac([3.0], 2.0)
    (18.0, array([12.]))
    """

    def __new__(cls, *_: Any, **__: Any) -> Kernel:
        """A kernel of a class of its own, whose ``__call__`` is compiled: a call of floats costs nothing beside it."""
        own = {"__module__": cls.__module__, "__doc__": cls.__doc__, "__signature__": property(_signature)}
        return object.__new__(type(cls.__name__, (cls,), own))

    def __init__(self, made: Made, system: Any) -> None:
        self._made, asked = made, made.asked
        self.inputs = made.names
        self.wrt, self.order, self.directions = tuple(system.wrt), asked.order, asked.directions
        self.backend = asked.backend if made.runner is not None else "arrays"
        self.text = system.expression()
        self.outputs = tuple(output.name for output in system.outputs)

    @cached_property
    def _calls(self) -> Any:
        """What calls it with arrays."""
        from diffcli.methods.compiled.calls import Calls  # numbers do not wait for NumPy

        return Calls(self._made, lambda *point: self._entry(*point))

    @cached_property
    def _entry(self) -> Callable[..., Any]:
        """The compiled function of one point; from when it is first needed on, a call is a call of it."""
        entry: Callable[..., Any] = self._made.runner(1).entry(MethodType(Kernel.__call__, self))
        if not any(self._made.shapes):
            type(self).__call__ = staticmethod(entry)  # type: ignore[method-assign]
        return entry

    @property
    def source(self) -> str:
        """What was generated for one point, to read; empty where nothing was, and arrays are computed as they are."""
        return "" if self._made.runner is None else str(self._made.runner(1).source)

    def __repr__(self) -> str:
        return f"<Kernel of {self.text}: {', '.join(self.inputs)}; order {self.order}, {self.backend}>"

    def flags(self, /, *values: Any, **named: Any) -> Any:
        """What is to be said of a point, a `diffcli.Flag`, or of many, an array of their bits: see `diffcli.Flag`.

        >>> import diffcli
        >>> diffcli.compile("abs(x)/y").flags(0.0, 2.0)
        <Flag.KINK: 1>
        """
        found = self._calls(self._bound(values, named), None, 1, flags=True)
        return found if found.shape else Flag(int(found))

    # -- one flat vector -------------------------------------------------------------------------------------------------

    def fun(self, x: Any, /, *others: Any, **named: Any) -> Any:
        """The value, or a vector of all values, for one vector ``x`` of the variables in ``wrt``, and the other arguments."""
        return self._flat(0, x, others, named)[0]

    def jac(self, x: Any, /, *others: Any, **named: Any) -> Any:
        """The derivatives by ``x``: a vector for one value, a matrix with a row for each for several."""
        return self._flat(1, x, others, named)[1]

    def fun_and_jac(self, x: Any, /, *others: Any, **named: Any) -> tuple[Any, Any]:
        """What `fun` and `jac` return."""
        value, slopes = self._flat(1, x, others, named)
        return value, slopes

    def hess(self, x: Any, /, *others: Any, **named: Any) -> Any:
        """The matrix of the second derivatives by ``x``."""
        return self._flat(2, x, others, named)[2]

    def _flat(self, *asked: Any) -> list[Any]:
        from diffcli.methods.compiled.calls import answers  # numbers do not wait for NumPy

        return answers(self, *asked)

    # -- calls -----------------------------------------------------------------------------------------------------------

    def __call__(self, /, *values: Any, **named: Any) -> Any:
        """The results at one point, of numbers, or at many, of arrays."""
        out = threads = None
        if named:
            out = named.pop("out", None) if "out" not in self.inputs else None
            threads = named.pop("threads", None) if "threads" not in self.inputs else None
        threads = 1 if threads is None else THREADS.require("threads", threads)
        if named or len(values) != len(self.inputs):
            values = self._bound(values, named)
        if out is not None or self._made.runner is None or any(self._made.shapes) or not all(map(_is_number, values)):
            return self._calls(values, out, threads)
        try:
            numbers = [*map(float, values)]
        except (TypeError, ValueError, OverflowError):
            return self._calls(values, out, threads)  # which says what is wrong
        return self._entry(*numbers)

    def _bound(self, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments in order."""
        wanted = self.inputs
        each = f"give a value for each of: {', '.join(wanted)}"
        unknown = [name for name in named if name not in wanted]
        if unknown:
            raise ExpressionError([unknown_name(name, wanted, "the kernel", kind="argument") for name in unknown])
        twice = [name for name in wanted[: len(values)] if name in named]
        if twice:
            raise refusal("usage", f"`{twice[0]}` is given twice, by its place and by its name", each)
        missing = [name for name in wanted[len(values) :] if name not in named]
        if missing or len(values) > len(wanted):
            message = f"{counted(len(wanted), 'argument')} wanted, and {len(values) + len(named)} given"
            raise refusal("usage", message, each)
        return (*values, *[named[name] for name in wanted[len(values) :]])

    def __reduce__(self) -> tuple[Callable[..., Kernel], tuple[Any]]:
        return self._made.make, (self._made.asked,)

    def __copy__(self, _: Any = None) -> Kernel:
        return self  # nothing of it changes

    __deepcopy__ = __copy__


def _signature(kernel: Kernel) -> Any:
    """What a kernel takes, for who asks for its parameters: `inspect.signature`, and so SciPy."""
    from inspect import Parameter, Signature
    from keyword import iskeyword

    names = [f"{name}_" if iskeyword(name) else name for name in kernel.inputs]
    options = [name for name in ("out", "threads") if name not in names]
    return Signature(
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        + [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in options]
    )


def _is_number(value: Any) -> bool:
    """Whether a value is one number, and no array, of which NumPy need not be asked."""
    return isinstance(value, (int, float)) or (getattr(value, "shape", None) is None and hasattr(value, "__float__"))
