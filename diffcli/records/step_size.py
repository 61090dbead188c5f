"""The records of the study of step sizes."""

from __future__ import annotations

import math

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, Slopes


class Theory(NamedTuple):
    """The predicted error at a step h: ``constant * |derivative| * h^order + noise/h + floor``."""

    order: int
    """The power p of the step in the truncation error at this point."""
    own_order: int
    """That of the method in general; less than ``order`` where a derivative is 0."""
    constant: float
    """C: the truncation error over h^p and the derivative."""
    derivative: float
    """That of kind p + 1 at the point; 0 if none was found that adds to the error."""
    noise: float
    """S delta: the error of the weighted sum of values by rounding; 0 for the complex step, which subtracts nothing."""
    floor: float
    """The rounding that no step avoids: that of a derivative propagated by AD."""

    def truncation(self, step: float) -> float:
        size = self.constant * abs(self.derivative)
        try:
            return size * step**self.order if size else 0.0
        except OverflowError:
            return math.inf

    def rounding(self, step: float) -> float:
        return self.noise / step + self.floor

    @property
    def best_step(self) -> float:
        """h*, at which truncation and rounding together are least; inf where there is no truncation.

        (S delta / (p C |f^(p+1)|))^(1/(p+1)), or the longest step whose truncation is below the floor, if that is longer.
        """
        size = self.constant * abs(self.derivative)
        if not size:
            return math.inf
        balanced = (self.noise / (self.order * size)) ** (1 / (self.order + 1))
        return float(max(balanced, (self.floor / size) ** (1 / self.order)))

    @property
    def best_error(self) -> float:
        """E*, the sum at h*: (1 + 1/p) S delta/h*, and the floor; without truncation, the floor alone."""
        step = self.best_step
        return self.floor if math.isinf(step) or not step else self.truncation(step) + self.rounding(step)


class QuotientSample(NamedTuple):
    """One method at one step."""

    step: float
    estimate: float | None
    """None where there is no quotient: see ``fault``."""
    error: float | None
    """Its distance to the reference; None where there is no reference."""
    truncation: float | None
    rounding: float | None
    """What theory predicts; None where it predicts nothing."""
    typical_error: float | None
    """The 90 % quantile of the errors at steps about this one."""
    fault: str = ""
    """``lost``: the step is lost beside x; ``undefined``: a value beside x is not finite."""

    @property
    def side(self) -> str:
        """Which error prevails in theory: ``T`` for truncation, ``R`` for rounding."""
        if self.truncation is None or self.rounding is None or self.fault:
            return ""
        return "T" if self.truncation > self.rounding else "R" if self.rounding else ""


class Choice(NamedTuple):
    """A step, the error there and the typical error near it; ``rule`` says where the step is from."""

    step: float
    error: float | None
    """None where there is no quotient at this very step."""
    typical_error: float
    rule: str = ""


class MethodSweep(NamedTuple):
    """One method at all steps."""

    method: str
    theory: Theory | None
    samples: tuple[QuotientSample, ...]
    best: Choice | None
    """The step with the least typical error."""
    usual: Choice | None
    """The step that is usually taken without knowing f."""
    slopes: tuple[float | None, float | None]
    """d log(error) / d log(h) where truncation prevails, and where rounding does."""
    lifted: tuple[str, ...] = ()
    """For the complex step: the operations without a complex form, which are carried by their own rules as in AD."""


class StepSizeResult(NamedTuple):
    """A sweep over steps, for each of several methods."""

    expression: str
    variable: str
    at: dict[str, float]
    dtype: str
    value: float
    reference: float | None
    """The derivative, rounded; None at a kink, jump or pole, inf beyond the range of a float: then there are no errors."""
    digits: str
    """The derivative with twenty digits, as text."""
    source: str
    """Where the reference is from, in words."""
    shown: tuple[float, ...]
    """The steps that tables and pictures show, of all that were tried."""
    automatic: float
    """The derivative by reverse mode in floats."""
    automatic_error: float | None
    noise: float
    """A bound on the rounding error of one value."""
    floor: float
    """u |f'|: one rounding of the derivative."""
    slopes: Slopes | None
    """The one-sided slopes, at a kink, jump or pole."""
    methods: tuple[MethodSweep, ...]
    notes: tuple[Diagnostic, ...]
