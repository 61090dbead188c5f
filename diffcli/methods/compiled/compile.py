"""`diffcli.compile`: a program and its derivatives as a kernel, which is made once and called often."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import MissingExtraError, UsageError, did_you_mean, error, refusal
from diffcli.errors.library_words import for_library
from diffcli.kernels.backends import BACKENDS, Runner
from diffcli.kernels.form import Form, layout_of
from diffcli.language import parse
from diffcli.methods.compiled.kernel import Kernel
from diffcli.methods.compiled.tapes import derived
from diffcli.methods.problem.problem import ANYWHERE, Target, as_program, names_in
from diffcli.methods.problem.system import System
from diffcli.tape import Tape
from diffcli.tape.lowering import MOST_ROWS

AUTO = "auto"
MOST_KEPT = 64
"""How many kernels are kept to be used again."""


class _Asked(NamedTuple):
    """What a kernel is made from: it is kept, and pickled, by this."""

    text: str
    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    wrt: tuple[str, ...] | None
    of: str | None
    order: int
    backend: str
    most_rows: int


@for_library
def compile(
    target: Target,
    *,
    wrt: str | Sequence[str] | None = None,
    of: str | Sequence[str] | None = None,
    order: int = 1,
    backend: str = AUTO,
    max_nodes: int = MOST_ROWS,
) -> Kernel:
    """A program and its derivatives as a kernel: a function of numbers and arrays.

    >>> k = compile("ln(x1) + x1*x2 - sin(x2)")
    >>> k(2.0, 5.0)
    (11.652071455223084, (5.5, 1.7163378145367738))
    """
    if order not in (0, 1):
        raise refusal("bad-value", f"there is no kernel of order {order!r}", "one of: 0, 1, 2")
    if backend != AUTO:
        module_of(backend)
    program = as_program(target)
    names = names_in(wrt, "wrt")
    results = of if of is None or isinstance(of, str) else "; ".join(names_in(of, "of") or ())
    asked = _Asked(
        program.source.text, (), None if names is None else tuple(names), results, order, backend,
        max_nodes,
    )  # fmt: skip
    return _kernel(*asked)


@lru_cache(MOST_KEPT)
def _kernel(*given: Any) -> Kernel:
    asked = _Asked(*given)
    system = System(parse(asked.text), ANYWHERE, of=asked.of, wrt=asked.wrt, most_rows=asked.most_rows)
    listed = bool(system.texts) or len(system.outputs) > 1
    tape, form = derived(system, listed, asked.order, asked.most_rows)
    arguments = tape.inputs
    return Kernel(
        tape, form, arguments, [()] * len(arguments), frozenset(arguments), Runners(tape, form, asked.backend), (_kernel, given)
    )


class Runners:
    """The back ends of a kernel, each made when it is first needed."""

    def __init__(self, tape: Tape, form: Form, backend: str) -> None:
        self.tape, self.form, self.backend = tape, form, backend
        self.made: dict[str, Runner] = {}

    def __call__(self, points: int) -> Runner:
        name = self.backend if self.backend != AUTO else "python"
        if name not in self.made:
            self.made[name] = module_of(name).make(self.tape, layout_of(self.form))
        return self.made[name]


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
    except ImportError as fault:
        if fault.name is None or fault.name.partition(".")[0] != row.needs:
            raise
        install = f'pip install "diffcli[{row.extra}]"'
        message = f"the back end `{name}` needs {row.needs}, which is not installed"
        raise MissingExtraError([error("missing-extra", message, help=[install, "backend=numpy needs nothing else"])]) from None
