"""The table of back ends: what a tape is compiled to.

A back end's module has ``make(tape, layout, truths)``, which compiles a finished tape of numbers to a `Runner`. Programs with
arrays are written out in numbers before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from diffcli._named import NamedTuple

Layout: TypeAlias = "int | tuple[Layout, ...]"
"""How the results of a tape are handed back for one point: their positions among ``Tape.results``, nested as the tuples are.

``0`` is the first result alone, ``(0, (1, 2))`` a value and a gradient. What is not in it is computed for many points only.
"""


def places(layout: Layout) -> list[int]:
    """The positions in a layout, from left to right."""
    return [layout] if isinstance(layout, int) else [place for part in layout for place in places(part)]


def nested(layout: Layout, numbers: Iterator[float]) -> Any:
    """Numbers, in the order of these positions, in the layout.

    >>> nested((0, (1, 2)), iter([5.0, 6.0, 7.0]))
    (5.0, (6.0, 7.0))
    """
    return next(numbers) if isinstance(layout, int) else tuple([nested(part, numbers) for part in layout])


class Runner(Protocol):
    """A tape that is compiled."""

    @property
    def source(self) -> str:
        """What was generated, to read: Python source, LLVM's IR, JAX's expression."""

    def entry(self, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the inputs that returns the results of one point in the layout.

        It takes a float for each input, by place; a call with anything else goes to ``otherwise``, as it is.
        """

    def batch(self, inputs: Sequence[Any], results: Sequence[Any], threads: int = 1) -> None:
        """Fill an array of N numbers for each result of the tape, of bool for a truth, from inputs.

        An input is a contiguous array of N numbers, or one number for all points. No warning is given.
        """


class Backend(NamedTuple):
    """A row of the table."""

    name: str
    module: str
    """Where ``make`` is."""
    needs: str = ""
    """The module of another project that it needs."""
    extra: str = ""
    """The extra of diffcli that brings that."""


BACKENDS = {
    row.name: row
    for row in (
        Backend("python", "diffcli.kernels.python"),
        Backend("numpy", "diffcli.kernels.numpy"),
        Backend("llvm", "diffcli.kernels.machine.backend", "llvmlite", "jit"),
        Backend("jax", "diffcli.kernels.jax", "jax", "frameworks"),
    )
}
