"""What can be asked of a Jacobian, a Hessian, or a product with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from diffcli.errors import UsageError, did_you_mean, error
from diffcli.methods.nonsmooth.breaks import POLICIES
from diffcli.tape.lowering import MOST_ROWS

JACOBIAN_MODES = {
    "auto": "forward or reverse, whichever takes fewer operations",
    "forward": "automatic differentiation, a sweep for each column, or each colour of columns",
    "reverse": "automatic differentiation, a sweep backwards for each row, or each colour of rows",
    "numeric": "finite differences, each with an error bar",
    "symbolic": "SymPy's derivatives, and their values",
}
"""The ways to a Jacobian, for ``--mode``."""

HESSIAN_MODES = {
    "auto": "automatic differentiation, forward sweeps over the tape of the gradient",
    "numeric": "second differences, each with an error bar",
    "symbolic": "SymPy's second derivatives, and their values",
}

JVP_MODES = {
    "forward": "automatic differentiation, one sweep",
    "numeric": "finite differences along the direction, each with an error bar",
}


class MatrixOptions:
    """Everything that can be asked; see `diffcli.jacobian` and its neighbours for what each means.

    Raises
    ------
    UsageError
        A word is none of the known ones, or does not go with another.
    """

    def __init__(
        self,
        *,
        mode: str | None = None,
        modes: Mapping[str, str] = JACOBIAN_MODES,
        wrt: str | Sequence[str] | None = None,
        of: str | Sequence[str] | None = None,
        kink: str = "min-norm",
        strict: bool = False,
        max_nodes: int = MOST_ROWS,
        simplify: bool = True,
    ) -> None:
        mode = next(iter(modes)) if mode is None else mode
        for name, given, known in (("mode", mode, modes), ("kink", kink, POLICIES)):
            if given not in known:
                hints = did_you_mean(given, known)
                _refuse(f"there is no {name} `{given}`", *hints, f"one of: {', '.join(known)}")
        if kink not in ("min-norm", "error") and mode in ("numeric", "symbolic"):
            _refuse(f"a rule for kinks is for automatic differentiation, not for {mode}", "leave --kink or --mode out")
        self.mode, self.wrt, self.of = mode, wrt, of
        self.kink, self.strict = kink, strict
        self.max_nodes, self.simplify = max_nodes, simplify
        self.progress: Callable[[str], None] = lambda stage: None
        """Told of each stage as it begins."""

    @property
    def by_rules(self) -> bool:
        """Whether derivatives come from the rules of the table."""
        return self.mode not in ("numeric", "symbolic")


def _refuse(message: str, *help: str) -> None:
    raise UsageError([error("unknown-choice", message, help=help)])
