"""The grad modes: whether operations are recorded.

The mode is a context variable, so that each thread and each asynchronous task has its own. A mode is a context
(``with no_grad(): ...``) and a decorator (``@no_grad()``, or ``@no_grad``), and gives back what it found when it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any, TypeVar

Wrapped = TypeVar("Wrapped", bound=Callable[..., Any])

DEFAULT, NO_GRAD, INFERENCE = 2, 1, 0
"""Everything is recorded; nothing is; nothing is, and what is made can never be."""

mode: ContextVar[int] = ContextVar("grad_mode", default=DEFAULT)


_found: ContextVar[tuple[int, ...]] = ContextVar("modes_found", default=())
"""The modes to go back to when the contexts that are open end, the innermost last."""


class in_mode:
    """A mode whatever the one around it, for passes and functions of the engine's own."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted

    def __enter__(self) -> None:
        self._token = mode.set(self._wanted)

    def __exit__(self, *_: object) -> None:
        mode.reset(self._token)


class _Mode(ContextDecorator):
    """A mode as a context that may be entered again and again, and as a decorator, with parentheses or without."""

    wanted = DEFAULT

    def __new__(cls, given: Any = None) -> Any:
        made = super().__new__(cls)
        if not callable(given):
            return made
        made.__init__()  # type: ignore[misc]
        return made(given)

    def __init__(self, given: Any = None) -> None:
        self._given: tuple[Any, ...] = ()

    def __enter__(self) -> None:
        _found.set((*_found.get(), mode.get()))
        mode.set(self._next(mode.get()))

    def __exit__(self, *_: object) -> None:
        *before, found = _found.get()
        _found.set(tuple(before))
        mode.set(found)

    def _next(self, now: int) -> int:
        """The mode to be in; in inference mode the others have no effect."""
        return now if now == INFERENCE else self.wanted

    def _recreate_cm(self) -> _Mode:
        """The same, for a call of a decorated function, which may be called within itself."""
        return type(self)(*self._given)

    def __call__(self, function: Wrapped) -> Wrapped:
        if isgeneratorfunction(function):
            return _generator_in(self, function)  # type: ignore[return-value]
        return super().__call__(function)


def _generator_in(entered: _Mode, function: Callable[..., Any]) -> Callable[..., Any]:
    """A generator whose body runs in a mode, and whose caller does not between its steps."""

    @wraps(function)
    def inside(*arguments: Any, **options: Any) -> Any:
        steps = function(*arguments, **options)
        step, given = steps.send, None
        while True:
            try:
                with entered._recreate_cm():
                    found = step(given)
            except StopIteration as ended:
                return ended.value
            try:
                step, given = steps.send, (yield found)
            except BaseException as fault:
                step, given = steps.throw, fault

    return inside


class no_grad(_Mode):
    """Nothing is recorded: results need no gradient, whatever their operands do. They may be used in a graph later.

    >>> from diffcli.autograd import no_grad, tensor
    >>> w = tensor(2.0, requires_grad=True)
    >>> with no_grad():
    ...     y = w * 3
    >>> y.requires_grad
    False
    """

    wanted = NO_GRAD


class enable_grad(_Mode):
    """Within `no_grad`, operations are recorded again; within `inference_mode` they are not."""

    wanted = DEFAULT


class set_grad_enabled(_Mode):
    """Recording on or off, from the call on; as a context, until it ends.

    >>> from diffcli.autograd import is_grad_enabled, set_grad_enabled
    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, flag: bool) -> None:
        self._given = (flag,)
        self.wanted = DEFAULT if flag else NO_GRAD
        self._before: int | None = mode.get()
        mode.set(self._next(mode.get()))

    def __enter__(self) -> None:
        if self._before is not None:  # it goes back to what was before the call
            _found.set((*_found.get(), self._before))
            self._before = None
            mode.set(self._next(mode.get()))
        else:
            super().__enter__()

    def __call__(self, function: Wrapped) -> Wrapped:
        if self._before is not None:  # a decorator changes nothing around it
            mode.set(self._before)
            self._before = None
        return super().__call__(function)


class inference_mode(_Mode):
    """Nothing is recorded, and what is made here can never be part of a graph: no versions are counted for it.

    ``inference_mode(False)`` is the default mode inside of an inference mode.

    >>> from diffcli.autograd import inference_mode, tensor
    >>> with inference_mode():
    ...     y = tensor(2.0) * 3
    >>> y.is_inference()
    True
    """

    def __init__(self, flag: Any = True) -> None:
        self._given = (flag,)

    def _next(self, now: int) -> int:
        return INFERENCE if self._given[0] else DEFAULT


def is_grad_enabled() -> bool:
    """Whether operations are recorded here."""
    return mode.get() == DEFAULT


def is_inference_mode_enabled() -> bool:
    """Whether this runs in inference mode."""
    return mode.get() == INFERENCE
