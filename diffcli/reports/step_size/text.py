"""The words of a sweep over steps: what was asked, what the letters mean, and what follows for each method."""

from __future__ import annotations

import math

from diffcli.errors import Slopes
from diffcli.language.writing.printer import shorten
from diffcli.records.step_size import Choice, MethodSweep, StepSizeResult, Theory
from diffcli.reports.document import number, point_text
from diffcli.studies.step_size.difference_quotients import UNITS

MUCH = 4.0
"""A rule whose typical error is more than so many times the least is said to lose digits."""

LUCKY = 30.0
"""An error that is so many times below the typical one is small by luck."""


def question(result: StepSizeResult, longest: int) -> str:
    """The function, shortened to a number of letters, and the point."""
    sign = ":" if "; " in result.expression else " ="
    return f"f({', '.join(result.at)}){sign} {shorten(result.expression, longest)} at {point_text(result.at)}"


def has_errors(result: StepSizeResult) -> bool:
    """Whether there is a derivative to measure the quotients by."""
    return result.reference is not None and math.isfinite(result.reference)


def is_beyond(result: StepSizeResult) -> bool:
    """Whether the derivative is known, and beyond the range of a float."""
    return result.reference is not None and not math.isfinite(result.reference)


def definitions(result: StepSizeResult, unicode: bool) -> list[str]:
    """What the letters in the picture and in the verdict stand for."""
    if not has_errors(result):
        return []
    known = [swept.theory for swept in result.methods if swept.theory is not None and swept.method != "complex"]
    texts = [f"u = {UNITS[result.dtype]:.1e}: the unit roundoff of {result.dtype}; eps = 2 u."]
    if any(theory.noise for theory in known):
        texts.append(f"{'δ' if unicode else 'delta'} = {result.noise:.1e}: a bound on the rounding error of one value of f.")
    if any(0 < theory.best_step < math.inf for theory in known):
        texts.append("h*, E*: the step at which the error is least in theory, and that error.")
    return [*texts, "Typical error near h: nine of ten steps about h err by no more."]


def luck(result: StepSizeResult) -> list[str]:
    """Why many errors are far below theory, if they are."""
    if not any(map(_is_lucky, result.methods)):
        return []
    beside = "Where rounding prevails, errors at powers of two are smaller here than at steps beside them"
    return [f"{beside}: f' h is a round number."]


def _is_lucky(swept: MethodSweep) -> bool:
    """Whether most errors on the side of rounding are far below the typical one."""
    samples = [sample for sample in swept.samples if sample.side == "R" and sample.typical_error]
    lucky = [sample for sample in samples if sample.error is not None and LUCKY * sample.error < (sample.typical_error or 0)]
    return swept.method != "complex" and len(lucky) > len(samples) / 2


def about(error: float) -> str:
    """An error, by its magnitude."""
    return "0" if error == 0 else f"{error:.1e}"


def prime(kind: int) -> str:
    """The name of a derivative.

    >>> prime(2), prime(5)
    ("f''", 'f^(5)')
    """
    return "f" + "'" * kind if kind <= 3 else f"f^({kind})"


def verdict(result: StepSizeResult) -> list[str]:
    """What follows from theory and measurement, a paragraph for each method."""
    if result.slopes is not None and result.reference is None:
        return [_no_limit(result, result.slopes)]
    if is_beyond(result):
        return ["No difference quotient is near f', whatever its step."]
    return [_of_method(swept, result) for swept in result.methods]


def _no_limit(result: StepSizeResult, slopes: Slopes) -> str:
    sides = (("left", slopes.left), ("right", slopes.right))
    known = [f"{number(slope, 6)} on the {name}" for name, slope in sides if slope is not None]
    where = f"{result.variable} = {number(result.at[result.variable])}"
    if not known:
        return f"f has no derivative at {where}, so no step makes a difference quotient right."
    text = f"f has no derivative at {where}: its slope is {' and '.join(known)}"
    if len(known) == 1:
        return f"{text}, and unknown on the other side. No difference quotient is right, whatever its step."
    text += ". No difference quotient is right, whatever its step: "
    if all(slope is not None and math.isfinite(slope) for _, slope in sides):
        return text + "forward and backward ones tend to the slope of their side, central ones to the mean of both."
    return text + "the shorter the step, the steeper it gets."


def _of_method(swept: MethodSweep, result: StepSizeResult) -> str:
    best = swept.best
    if best is None:
        return f"{swept.method}: no step in this range gives a quotient."
    measured = f"the best step is {best.step:.1e}, with {_typical(best)}"
    known = swept.theory
    if swept.lifted:
        names = ", ".join(swept.lifted)
        return f"complex: carried by its own rule, as in AD, for want of a complex form: {names}. Measured, {measured}."
    if known is None:
        return f"{swept.method}: measured, {measured}; theory needs derivatives that are not known here."
    if swept.method == "complex":
        free = "any step" if math.isinf(known.best_step) else f"any step up to {known.best_step:.1e}"
        return f"complex: nothing cancels, so {free} will do. Measured, {measured}."
    place = math.ulp(result.at[result.variable]) * UNITS[result.dtype] / UNITS["float64"]
    texts = [f"{swept.method}: {_theory_text(known, place, result.variable)} Measured, {measured}."]
    if swept.usual is not None:
        texts.append(_usual_text(best, swept.usual, known, result))
    return " ".join(texts)


def _typical(choice: Choice) -> str:
    """The typical error near a step, and the error at the step itself where it is another."""
    typical = about(choice.typical_error)
    measured = typical if choice.error is None else about(choice.error)
    return f"a typical error of {typical}" + f" ({measured} at the step itself)" * (measured != typical)


def _theory_text(known: Theory, place: float, variable: str) -> str:
    """What theory says; ``place`` is the last place of the variable, beside which a shorter step is lost."""
    if not known.derivative:
        return "there is no truncation error here, so that the longer the step the better."
    if known.best_step == 0:
        return "there is no rounding error here, so that the shorter the step the better."
    text = f"theory says h* = {known.best_step:.1e} with an error of at most E* = {known.best_error:.1e}."
    if known.best_step < place:
        text = f"theory says h* = {known.best_step:.1e}, a step that is lost beside {variable}."
    if known.order != known.own_order:
        return f"{prime(known.own_order + 1)} is as good as 0 here, so it is of order {known.order}; {text}"
    return text


def _usual_text(best: Choice, usual: Choice, known: Theory, result: StepSizeResult) -> str:
    rule = f"The usual rule {usual.rule}, as a power of two {usual.step:.1e},"
    if usual.typical_error <= MUCH * max(best.typical_error, known.floor):
        return f"{rule} does about as well."
    derivative = f"{prime(known.order + 1)} = {known.derivative:.2g}"
    times = usual.typical_error / best.typical_error if best.typical_error else math.inf
    lost = f"{float(f'{times:.2g}'):g} times as much" if math.isfinite(times) else "where none is needed"
    text = f"{rule} has {_typical(usual)}, {lost}"
    if not known.derivative:
        return f"{text}, because it guards against truncation that is not there."
    if usual.step < best.step:
        return f"{text}: too short a step, because {derivative} is small beside the rounding."
    length = (abs(result.automatic) / abs(known.derivative)) ** (1 / known.order) if result.automatic else 0.0
    scale = f" (f' changes over lengths of about {length:.2g})" if length else ""
    return f"{text}: too long a step, because {derivative}{scale}."
