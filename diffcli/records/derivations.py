"""The records of a derivative that is written out: as a derivation, step by step, or as a program."""

from __future__ import annotations

from diffcli._named import NamedTuple
from diffcli.records import Number, Operand, Trace


class DerivationStep(NamedTuple):
    """One value and its derivative. Texts are in the notation that was asked for."""

    v: int | None
    """Its index, 1 for the first row; None for a constant."""
    rule: str
    row: str
    """How it is computed from other rows: ``v₀·v₂``; the name of an input."""
    value_text: str
    """The same written out in the variables; empty where that is long, or nothing new."""
    name: str
    """What the program calls it, if anything."""
    let: str
    """What the inner function u of a chain is."""
    formula: str
    """The rule in letters."""
    remark: str
    """What decided on the rule, as a word and a formula: ``for u <= 0``, ``as v₂ > v₁``."""
    result: str
    """The derivative, assembled."""
    value: float | None
    """The derivative at the point: the tangent of the row; None without a point."""
    children: tuple[int, ...]
    """The rows that the rule goes on to, in order."""
    refers_to: int | None
    """The row itself, where it is derived above and not here again."""
    depth: int
    rails: tuple[bool, ...]
    """For each level above (the lowest, if there are many) and for its own, whether more follows there."""


class SymbolicAgreement(NamedTuple):
    """How a derivation was compared with SymPy's derivative."""

    verdict: str
    """``proved``, ``at the point``, ``differs`` or ``not compared``."""
    digits: int | None = None
    """To how many digits the two agree at the point, by their values in floats."""
    elsewhere: bool = False
    """Whether there are other points at which the two are known to differ."""


class Derivation(NamedTuple):
    """The derivation of one partial derivative. Steps left out of the middle are counted in ``hidden``."""

    variable: str
    steps: tuple[DerivationStep, ...]
    hidden: int
    derivative: str
    """The whole of it, in diffcli's language; empty if that would be very long."""
    value: float | None
    agreement: SymbolicAgreement = SymbolicAgreement("not compared")
    result: str = "f"
    by: tuple[str, ...] = ()
    """The variables of the derivative, of which ``variable`` is the last; empty for one of the first order."""
    of: str = ""
    """The derivative that was derived here, in diffcli's language; empty for the function itself."""
    solved: tuple[tuple[str, str], ...] = ()
    """What is done with it where the variable of ``result`` is given by an equation, of which ``of`` is the left side less the
    right one: words, and a formula in the notation. The ``derivative`` is in terms of its slope then, as ``y'``."""


class DerivativeTape(NamedTuple):
    """The rows of f, followed by those of its gradient; values are numbered anew."""

    trace: Trace
    """Its rows, as those of a primal trace."""
    adjoints: tuple[tuple[int, ...], ...]
    """For each of the rows, the indices of the values whose adjoint it is."""
    first: int
    """The index of the first row of the gradient."""
    outputs: tuple[tuple[str, Operand, Number], ...]
    """The results: ``f`` and ``df/d...``, where each stands, and its number."""
    function: int
    """The elementary operations of f."""
    together: int
    """Those of value and gradient together."""

    @property
    def ratio(self) -> float:
        """Operations of value and gradient over those of f; NaN for a program without operations."""
        return self.together / self.function if self.function else float("nan")
