"""A kernel: a compiled tape as a function of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.errors import ExpressionError, counted, refusal
from diffcli.kernels.backends import Runner
from diffcli.kernels.form import Form
from diffcli.methods.points.points import unknown_name
from diffcli.tape import Tape
from diffcli.tape.tape import Shape


class Kernel:
    """What `diffcli.compile` returns: a function of numbers and arrays, for one point and for many."""

    def __new__(cls, *_: Any, **__: Any) -> Kernel:
        """A kernel of a class of its own, whose ``__call__`` is compiled: a call of floats costs nothing beside it."""
        return object.__new__(type(cls.__name__, (cls,), {"__module__": cls.__module__, "__doc__": cls.__doc__}))

    def __init__(
        self,
        tape: Tape,
        form: Form,
        arguments: Sequence[str],
        shapes: Sequence[Shape],
        batch: frozenset[str],
        runner: Callable[[int], Runner],
        again: tuple[Callable[..., Kernel], tuple[Any, ...]],
    ) -> None:
        self.arguments, self.shapes, self.batch = tuple(arguments), tuple(shapes), batch
        self.form, self.count, self.truths = form, len(tape.results), frozenset[int]()
        self.runner, self._again = runner, again
        self._entry = runner(1).entry(self._general)
        type(self).__call__ = staticmethod(self._entry)  # type: ignore[method-assign]

    def __call__(self, *values: Any, out: Any = None, threads: int = 1, **named: Any) -> Any:
        """The results at one point, of floats, or at many, of arrays."""
        return self._general(*values, out=out, threads=threads, **named)

    def point(self, numbers: Sequence[float]) -> Any:
        """The results of one point from the numbers of all arguments, one after another."""
        return self._entry(*numbers)

    def _general(self, *values: Any, out: Any = None, threads: int = 1, **named: Any) -> Any:
        """A call with anything but a float for each argument by its place."""
        if named or len(values) != len(self.arguments):
            values = self._bound(values, named)
        if out is None and all(map(_is_number, values)) and not any(self.shapes):
            return self.point([_as_float(name, value) for name, value in zip(self.arguments, values, strict=True)])
        from diffcli.kernels.calls import called  # numbers do not wait for NumPy

        return called(self, values, out, threads)

    def _bound(self, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments in order."""
        wanted = self.arguments
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
