"""The table of back ends: what a tape is compiled to, and which one runs a kernel: the one asked for, or the fastest there.

A back end's module has ``make(tape, layout, truths)``, which compiles a finished tape of numbers to a `Runner`. Programs with
arrays are written out in numbers before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from operator import itemgetter
from typing import Any, Protocol, TypeAlias

from diffcli._named import NamedTuple
from diffcli.errors import MissingExtraError, UsageError, did_you_mean, error, missing_extra
from diffcli.tape import Tape

Layout: TypeAlias = "int | tuple[Layout, ...]"
"""How the results of a tape are handed back for one point: their positions among ``Tape.results``, nested as the tuples are.

``0`` is the first result alone, ``(0, (1, 2))`` a value and a gradient. What is not in it is computed for many points only.
"""


def places(layout: Layout) -> list[int]:
    """The positions in a layout, from left to right."""
    return [layout] if isinstance(layout, int) else [place for part in layout for place in places(part)]


def picker(layout: Layout) -> Callable[[Any], Any]:
    """What makes the tuples of a layout from what stands at its positions.

    >>> picker((0, (1, 2)))("abc")
    ('a', ('b', 'c'))
    """
    if isinstance(layout, int):
        return itemgetter(layout)
    if len(layout) > 1 and all(isinstance(part, int) for part in layout):
        return itemgetter(*layout)
    picks = [picker(part) for part in layout]
    return lambda values: tuple([pick(values) for pick in picks])


def guarded(otherwise: Callable[..., Any], careful: Callable[..., Any], count: int) -> Callable[..., Any]:
    """A function of so many floats that leaves what is something else to another one."""
    kinds = [float] * count

    def entry(*inputs: Any, **names: Any) -> Any:
        if names or [*map(type, inputs)] != kinds:
            return otherwise(*inputs, **names)
        return careful(*inputs)

    return entry


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

AUTO = "auto"

FEW_POINTS = 32
"""Up to so many points Python computes one after another sooner than NumPy begins."""
MANY_POINTS, MUCH_WORK = 2_500, 250_000
"""Points, and rows times points, from which on machine code makes up for its making within some 50 calls."""


class Runners:
    """The back ends of a kernel, each made when it is first needed, for a tape whose last result is a truth."""

    def __init__(self, tape: Tape, layout: Layout, backend: str) -> None:
        self.tape, self.layout, self.backend = tape, layout, backend
        self.made: dict[str, Runner] = {}

    def __call__(self, points: int) -> Runner:
        """What runs so many points."""
        name = self.backend if self.backend != AUTO else best(len(self.tape.operations), points)
        if name not in self.made:
            last = len(self.tape.results) - 1
            self.made[name] = module_of(name).make(self.tape, self.layout, frozenset((last,)))
        return self.made[name]


def best(rows: int, points: int) -> str:
    """The back end that is fastest for a tape of so many rows at so many points, of those that load.

    >>> best(20, 1), best(20, 1000)
    ('python', 'numpy')
    """
    if points >= MANY_POINTS and rows * points >= MUCH_WORK:
        with suppress(MissingExtraError):
            module_of("llvm")
            return "llvm"
    return "python" if points <= FEW_POINTS else "numpy"


def module_of(name: str) -> Any:
    """The module of a back end, or the reason why there is none."""
    row = BACKENDS.get(name)
    if row is None:
        names = [AUTO, *BACKENDS]
        help = did_you_mean(name, names) or (f"one of: {', '.join(names)}",)
        raise UsageError([error("unknown-choice", f"there is no back end `{name}`", help=help)])
    try:
        if row.needs:
            import_module(row.needs)
        return import_module(row.module)
    except (ImportError, OSError) as fault:
        missing = getattr(fault, "name", None) or row.needs
        if not row.needs or missing.partition(".")[0] != row.needs:
            raise
        is_there = missing != row.needs or not isinstance(fault, ModuleNotFoundError)
        why = f"does not load: {fault}" if is_there else "is not installed"
        message = f"the back end `{name}` needs {row.needs}, which {why}"
        raise missing_extra(message, row.extra, 'backend="numpy" needs nothing else') from None
