"""The report of a sweep over steps: the errors, their picture, and what follows from both in words."""

from __future__ import annotations

import math
from typing import Any

from diffcli.language.complaints import shorten
from diffcli.reports.document import Block, Column, Document, Style, Table, Text, Value, Values, number
from diffcli.reports.step_size_figure import prime, step_size_figure
from diffcli.studies.error_theory import Theory
from diffcli.studies.quotients import UNITS, MethodSweep, Sample
from diffcli.studies.step_size import StepSizeResult

LONGEST = 400
"""A longer expression is shown with its middle left out."""

MUCH = 4.0
"""A rule that errs by more than so many times the best error is said to lose digits."""

LUCKY = 30.0
"""An error that is so many times below its envelope is small by luck."""

FAULTS = {"lost": "lost", "undefined": "undefined"}


def step_size_report(result: StepSizeResult, style: Style, full: bool = False, tidy: bool = False) -> Document:
    """The document of a sweep.

    ``full`` shows every step with estimates and predictions, a table for each method; ``tidy`` puts everything into tables
    for machines. Errors show the digits of the style.
    """
    point = ", ".join(f"{name} = {number(value)}" for name, value in result.at.items())
    sign = ":" if "; " in result.expression else " ="
    asked = f"moved along {result.variable}" + ", in single precision" * (result.dtype == "float32")
    head = Text(f"f({', '.join(result.at)}){sign} {shorten(result.expression, LONGEST)} at {point}, {asked}", "heading")
    if tidy:
        return Document((_result(result, style), _summary(result), _tidy(result)), _data(result))
    blocks: list[Block] = [head, *_reference(result)]
    digits = style.digits
    blocks += [_method_table(swept, digits) for swept in result.methods] if full else [_table(result, digits)]
    blocks += [Text(text, "dim") for text in _small_print(result, full)]
    blocks.append(step_size_figure(result, style))
    blocks.append(_result(result, style))
    blocks += [Text(text) for text in _verdict(result)]
    return Document(tuple(blocks), _data(result))


def _result(result: StepSizeResult, style: Style) -> Values:
    sign = "∂" if style.unicode else "d"
    label = f"{sign}f/{sign}{result.variable}"
    error = result.automatic_error
    remark = "by the rule of the table" if error is None else f"by reverse mode, with an error of {_about(error)}"
    return Values((Value(f"df/d{result.variable}", label, result.automatic, remark),))


def _reference(result: StepSizeResult) -> list[Text]:
    if result.slopes is not None and result.reference is None:
        return []
    if result.reference is None:
        return [Text(f"The derivative is not known, so there are no errors: {result.source}.")]
    return [Text(f"Errors are distances to f' = {result.digits}, from {result.source}.")]


# -- tables ------------------------------------------------------------------------------------------------------------


def _table(result: StepSizeResult, digits: int | None) -> Table:
    """A row a decade: the error of each method, or where there is none to know its estimate."""
    columns = [Column("h", numeric=True), *[Column(swept.method, numeric=True) for swept in result.methods]]
    samples = [swept.samples for swept in result.methods]
    rows = tuple(
        (_size(samples[0][position].step, digits), *[_cell(of[position], result.reference is not None, digits) for of in samples])
        for position in _one_a_decade([sample.step for sample in samples[0]])
    )
    title = "absolute error" if result.reference is not None else "the quotients themselves"
    return Table(title, tuple(columns), rows)


def _one_a_decade(steps: list[float]) -> list[int]:
    """The positions of the steps nearest to powers of ten."""
    decades = dict.fromkeys(round(math.log10(step)) for step in steps)
    return list(dict.fromkeys(
        min(range(len(steps)), key=lambda position: abs(math.log10(steps[position]) - decade)) for decade in decades
    ))  # fmt: skip


def _cell(sample: Sample, has_reference: bool, digits: int | None) -> str:
    if sample.estimate is None:
        return FAULTS[sample.fault]
    if not has_reference:
        return number(sample.estimate, 6)
    return f"{_size(sample.error, digits)} {sample.side or ' '}"


def _size(value: float | None, digits: int | None) -> str:
    """A size that spans many decades, with its power of ten."""
    if not value:
        return "" if value is None else "0"
    return number(value) if digits is None else f"{value:.{digits - 1}e}"


def _method_table(swept: MethodSweep, digits: int | None) -> Table:
    names = ("h", "estimate", "error", "truncation", "rounding", "")
    columns = tuple(Column(name, numeric=bool(name), full=name == "estimate") for name in names)
    rows = tuple(
        (
            _size(sample.step, digits), FAULTS[sample.fault] if sample.estimate is None else sample.estimate,
            *[_size(size, digits) for size in (sample.error, sample.truncation, sample.rounding)], sample.side,
        )
        for sample in swept.samples
    )  # fmt: skip
    return Table(f"{swept.method}: truncation and rounding are those of theory", columns, rows)


def _tidy(result: StepSizeResult) -> Table:
    names = ("method", "h", "estimate", "error", "truncation", "rounding", "side", "envelope", "fault")
    columns = tuple(Column(name, numeric=name not in ("method", "side", "fault")) for name in names)
    rows = tuple(
        (swept.method, of.step, of.estimate, of.error, of.truncation, of.rounding, of.side, of.envelope, of.fault)
        for swept in result.methods for of in swept.samples
    )  # fmt: skip
    return Table("", columns, rows)


def _summary(result: StepSizeResult) -> Table:
    names = ("method", "h* theory", "E* theory", "h best", "error best", "h usual", "error usual", "slope T", "slope R")
    columns = tuple(Column(name, numeric=name != "method") for name in names)
    rows = []
    for swept in result.methods:
        known = swept.theory
        best = swept.best[:2] if swept.best else (None, None)
        usual = swept.usual[:2] if swept.usual else (None, None)
        predicted = (known.best_step, known.best_error) if known else (None, None)
        rows.append((swept.method, *predicted, *best, *usual, *swept.slopes))
    return Table("", columns, tuple(rows))


def _small_print(result: StepSizeResult, full: bool) -> list[str]:
    faults = {sample.fault for swept in result.methods for sample in swept.samples}
    texts = []
    if any(swept.theory for swept in result.methods):
        texts.append("T: in theory truncation prevails, R: rounding does.")
    if "lost" in faults:
        texts.append(f"lost: {result.variable} + h is rounded so far that the step is lost.")
    if "undefined" in faults:
        texts.append("undefined: a value beside the point is undefined or not finite.")
    if any(map(_is_lucky, result.methods)):
        beside = "Where rounding prevails, errors at powers of two are smaller here than at steps beside them"
        texts.append(f"{beside}: f' h is a round number.")
    steps = len(result.methods[0].samples)
    if not full and len(_one_a_decade([sample.step for sample in result.methods[0].samples])) < steps:
        shown = "the one nearest to each power of ten is shown. --full shows all."
        texts.append(f"{steps} steps were tried, each a power of two; {shown}")
    return texts


def _is_lucky(swept: MethodSweep) -> bool:
    """Whether most errors on the side of rounding are far below their envelope."""
    samples = [sample for sample in swept.samples if sample.side == "R" and sample.envelope]
    lucky = [sample for sample in samples if sample.error is not None and LUCKY * sample.error < (sample.envelope or 0)]
    return swept.method != "complex" and len(lucky) > len(samples) / 2


# -- the verdict -------------------------------------------------------------------------------------------------------


def _verdict(result: StepSizeResult) -> list[str]:
    if result.slopes is not None and result.reference is None:
        return [_no_limit(result)]
    return [text for swept in result.methods if (text := _of_method(swept, result))]


def _no_limit(result: StepSizeResult) -> str:
    slopes = result.slopes
    known = [] if slopes is None else [
        f"{number(slope, 6)} on the {name}"
        for name, slope in (("left", slopes.left), ("right", slopes.right)) if slope is not None
    ]  # fmt: skip
    where = f"{result.variable} = {number(result.at[result.variable])}"
    if not known:
        return f"f has no derivative at {where}, so no step makes a difference quotient right."
    text = f"f has no derivative at {where}: its slope is {' and '.join(known)}"
    if len(known) == 1:
        return f"{text}, and unknown on the other side. No difference quotient is right, whatever its step."
    text += ". No difference quotient is right, whatever its step: "
    if slopes is not None and all(slope is not None and math.isfinite(slope) for slope in slopes[1:]):
        return text + "forward and backward ones tend to the slope of their side, central ones to the mean of both."
    return text + "the shorter the step, the steeper it gets."


def _of_method(swept: MethodSweep, result: StepSizeResult) -> str:
    best = swept.best
    if best is None:
        return f"{swept.method}: no step in this range gives a quotient."
    measured = f"an error of {_about(best.error)} at h = {best.step:.1e}"
    known = swept.theory
    if swept.lifted:
        names = ", ".join(swept.lifted)
        return f"complex: carried by its own rule, as in AD, for want of a complex form: {names}; measured, {measured}."
    if known is None:
        return f"{swept.method}: the best that was measured is {measured}; theory needs derivatives that are not known here."
    if swept.method == "complex":
        free = "any step" if math.isinf(known.best_step) else f"any step up to {known.best_step:.1e}"
        return f"complex: nothing cancels, so {free} will do; measured, {measured}."
    place = math.ulp(result.at[result.variable]) * UNITS[result.dtype] / UNITS["float64"]
    texts = [f"{swept.method}: {_theory_text(known, place)} Measured, the best is {measured}."]
    if swept.usual is not None:
        texts.append(_usual_text(swept, known, result))
    return " ".join(texts)


def _about(error: float) -> str:
    return "0" if error == 0 else f"{error:.1e}"


def _theory_text(known: Theory, place: float) -> str:
    """What theory says; ``place`` is the last place of x, beside which a shorter step is lost."""
    if not known.derivative:
        return "there is no truncation error here, so that the longer the step the better."
    if known.best_step == 0:
        return "there is no rounding error here, so that the shorter the step the better."
    text = f"theory says h* = {known.best_step:.1e} with an error of {known.best_error:.1e} at most."
    if known.best_step < place:
        text = f"theory says h* = {known.best_step:.1e}, a step that is lost beside x."
    if known.order != known.own_order:
        return f"{prime(known.own_order + 1)} is as good as 0 here, so it is of order {known.order}; {text}"
    return text


def _usual_text(swept: MethodSweep, known: Theory, result: StepSizeResult) -> str:
    best, usual = swept.best, swept.usual
    if best is None or usual is None:
        return ""
    rule = f"the usual rule {usual.rule} = {usual.step:.1e}"
    if usual.error <= MUCH * max(best.error, known.floor):
        return f"{rule[0].upper()}{rule[1:]} does about as well."
    derivative = f"{prime(known.order + 1)} = {known.derivative:.2g}"
    lost = f"{float(f'{usual.error / best.error:.2g}'):g} times as much" if best.error else "where none is needed"
    text = f"{rule[0].upper()}{rule[1:]} errs by {usual.error:.1e}, {lost}"
    if not known.derivative:
        return f"{text}, because it guards against truncation that is not there."
    if usual.step < best.step:
        return f"{text}: too short a step, because {derivative} is small beside the rounding."
    length = (abs(result.automatic) / abs(known.derivative)) ** (1 / known.order) if result.automatic else 0.0
    scale = f": f' changes over lengths of about {length:.2g}" if length else ""
    return f"{text}: too long a step, because {derivative}{scale}."


# -- data --------------------------------------------------------------------------------------------------------------


def _data(result: StepSizeResult) -> dict[str, Any]:
    reference = None
    if result.reference is not None:
        reference = {"value": result.reference, "digits": result.digits, "source": result.source}
    return {
        "schema": "diffcli/step-size@1",
        "expression": result.expression,
        "variable": result.variable,
        "at": result.at,
        "dtype": result.dtype,
        "value": result.value,
        "reference": reference,
        "automatic": {"value": result.automatic, "error": result.automatic_error},
        "noise": result.noise,
        "floor": result.floor,
        "slopes": None if result.slopes is None else {"left": result.slopes.left, "right": result.slopes.right},
        "methods": [_method_data(swept) for swept in result.methods],
        "notes": _notes_data(result),
    }


def _method_data(swept: MethodSweep) -> dict[str, Any]:
    known = swept.theory
    theory = None
    if known is not None:
        theory = {**known._asdict(), "best_step": known.best_step, "best_error": known.best_error}
    return {
        "method": swept.method,
        "theory": theory,
        "best": None if swept.best is None else {"step": swept.best.step, "error": swept.best.error},
        "usual": None if swept.usual is None else swept.usual._asdict(),
        "lifted": list(swept.lifted),
        "slopes": {"truncation": swept.slopes[0], "rounding": swept.slopes[1]},
        "samples": [{**sample._asdict(), "side": sample.side} for sample in swept.samples],
    }


def _notes_data(result: StepSizeResult) -> list[dict[str, Any]]:
    from diffcli.reports.diagnostics import as_data

    return [as_data(note) for note in result.notes]
