"""Which back end runs a kernel: the one that was asked for, or the one that is fastest there."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from diffcli.errors import MissingExtraError, UsageError, did_you_mean, error
from diffcli.kernels.backends import BACKENDS, Runner
from diffcli.methods.compiled.form import Form, layout_of
from diffcli.tape import Tape

AUTO = "auto"


FEW_POINTS = 32
"""Up to so many points Python computes one after another sooner than NumPy begins."""
MANY_POINTS, MUCH_WORK = 2_500, 250_000
"""Points, and rows times points, from which on machine code makes up for its making within some 50 calls."""


class Runners:
    """The back ends of a kernel, each made when it is first needed."""

    def __init__(self, tape: Tape, form: Form, truths: frozenset[int], backend: str) -> None:
        self.tape, self.form, self.truths, self.backend = tape, form, truths, backend
        self.made: dict[str, Runner] = {}

    def __call__(self, points: int) -> Runner:
        """What runs so many points."""
        name = self.backend if self.backend != AUTO else best(len(self.tape.operations), points)
        if name not in self.made:
            self.made[name] = module_of(name).make(self.tape, layout_of(self.form), self.truths)
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
        install = f'pip install "diffcli[{row.extra}]"'
        message = f"the back end `{name}` needs {row.needs}, which {why}"
        raise MissingExtraError([error("missing-extra", message, help=[install, 'backend="numpy" needs nothing else'])]) from None
