"""A kernel: a compiled tape as a function of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, counted, refusal
from diffcli.kernels.backends import Runner
from diffcli.kernels.form import Form
from diffcli.methods.points.points import unknown_name
from diffcli.tape import Tape
from diffcli.tape.tape import Shape


class Arguments(NamedTuple):
    """What a kernel is called with."""

    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    """The shape of each for one point."""
    batch: frozenset[str]
    """Those that may have axes of points before their own."""


class Kernel:
    """What `diffcli.compile` returns: a function of numbers and arrays, for one point and for many."""

    def __new__(cls, *_: Any, **__: Any) -> Kernel:
        """A kernel of a class of its own, whose ``__call__`` is compiled: a call of floats costs nothing beside it."""
        return object.__new__(type(cls.__name__, (cls,), {"__module__": cls.__module__, "__doc__": cls.__doc__}))

    def __init__(
        self,
        arguments: Arguments,
        form: Form,
        tape: Tape,
        system: Any,
        asked: Any,
        again: tuple[Callable[..., Kernel], tuple[Any, ...]],
        runner: Callable[[int], Runner] | None = None,
        evaluate: Callable[[Sequence[Any]], list[Any]] | None = None,
    ) -> None:
        self.arguments, self.form, self.count, self.truths = arguments, form, len(tape.results), frozenset[int]()
        self.runner, self.evaluate, self._again = runner, evaluate, again
        self.wrt, self.order = tuple(system.wrt), asked.order
        self._entry = self._general if runner is None else runner(1).entry(self._general)
        if not any(arguments.shapes):
            type(self).__call__ = staticmethod(self._entry)  # type: ignore[method-assign]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the arguments, in order."""
        return self.arguments.names

    def __call__(self, *values: Any, out: Any = None, threads: int = 1, **named: Any) -> Any:
        """The results at one point, of floats, or at many, of arrays."""
        return self._general(*values, out=out, threads=threads, **named)

    def point(self, numbers: Sequence[float]) -> Any:
        """The results of one point from the numbers of all arguments, one after another."""
        return self._entry(*numbers)

    def _general(self, *values: Any, out: Any = None, threads: int = 1, **named: Any) -> Any:
        """A call with anything but a float for each argument by its place."""
        if named or len(values) != len(self.inputs):
            values = self._bound(values, named)
        if out is None and self.runner is not None and not any(self.arguments.shapes) and all(map(_is_number, values)):
            return self.point([_as_float(name, value) for name, value in zip(self.inputs, values, strict=True)])
        from diffcli.kernels.calls import called  # numbers do not wait for NumPy

        return called(self, values, out, threads)

    def _bound(self, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments in order."""
        wanted = self.inputs
        takes = f"a kernel of {', '.join(wanted) or 'no variables'}"
        unknown = [name for name in named if name not in wanted]
        if unknown:
            raise ExpressionError([unknown_name(name, wanted, "the kernel", kind="argument") for name in unknown])
        twice = [name for name in wanted[: len(values)] if name in named]
        if twice:
            raise refusal("usage", f"`{twice[0]}` is given twice, by its place and by its name", takes)
        missing = [name for name in wanted[len(values) :] if name not in named]
        if missing or len(values) > len(wanted):
            message = f"{counted(len(wanted), 'argument')} wanted, and {len(values) + len(named)} given"
            raise refusal("usage", message, f"give a value for each of: {', '.join(wanted)}")
        return (*values, *[named[name] for name in wanted[len(values) :]])

    def __reduce__(self) -> tuple[Callable[..., Kernel], tuple[Any, ...]]:
        return self._again


def _is_number(value: Any) -> bool:
    """Whether a value is one number, and no array, of which NumPy need not be asked."""
    return isinstance(value, int | float) or (getattr(value, "shape", None) is None and hasattr(value, "__float__"))


def _as_float(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as fault:
        raise refusal("bad-value", f"`{name}` is no number: {fault}", "give a number, or an array of numbers") from None
