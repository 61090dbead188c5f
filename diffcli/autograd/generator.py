"""The generator of random numbers: a context variable, as the grad mode is.

`manual_seed` sets it for this thread or task; without it every run draws others.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from diffcli.operations.arithmetic import tensors

_source: ContextVar[Any] = ContextVar("random_source", default=None)


def manual_seed(seed: int) -> Any:
    """Restart the random numbers of this thread or task from a seed, and return their generator.

    >>> from diffcli.autograd import manual_seed, randn
    >>> _ = manual_seed(0); a = randn(2)
    >>> _ = manual_seed(0); b = randn(2)
    >>> (a == b).tolist()
    [True, True]
    """
    made = tensors.generator(seed)
    _source.set(made)
    return made


def source(generator: Any = None) -> Any:
    """The generator to draw from: the one given, or that of the context."""
    if generator is not None:
        return generator
    found = _source.get()
    if found is None:
        found = tensors.generator()
        _source.set(found)
    return found
