"""The report of a sweep over steps: the errors, their picture, and what follows from both in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from diffcli.records.blocks import Block, Column, Document, Table, Text, Values, numbers, texts
from diffcli.records.step_size import MethodSweep, QuotientSample, StepSizeResult
from diffcli.reports.document import LONGEST, data_of, number, partial
from diffcli.reports.formats import PROGRAM, Style
from diffcli.reports.step_size.figure import step_size_figure
from diffcli.reports.step_size.text import about, definitions, has_errors, is_beyond, luck, question, verdict


def step_size_report(result: StepSizeResult, style: Style, full: bool = False) -> Document:
    """The document of a sweep.

    ``full`` shows every step with estimates and predictions, a table for each method; programs get all of it
    in two tables. Errors show the digits of the style.
    """
    if style.format.audience == PROGRAM:
        return Document((_result(result, style), _summary(result), _tidy(result)), _data(result), main="steps")
    asked = f"moved along {result.variable}" + ", in single precision" * (result.dtype == "float32")
    blocks: list[Block] = [Text(f"{question(result, LONGEST)}, {asked}", "heading"), *_reference(result)]
    if not is_beyond(result) and any(of.estimate is not None for swept in result.methods for of in swept.samples):
        digits = style.digits
        blocks += [_method_table(swept, result, digits) for swept in result.methods] if full else [_table(result, digits)]
        blocks += [Text(text, "dim") for text in _small_print(result, full)]
        blocks.append(step_size_figure(result, style))
        blocks += [Text(text, "dim") for text in definitions(result, style.unicode)]
    blocks.append(_result(result, style))
    blocks += [Text(text) for text in verdict(result)]
    return Document(tuple(blocks), _data(result))


def _result(result: StepSizeResult, style: Style) -> Values:
    error = result.automatic_error
    if error is not None:
        mode = "by reverse mode" + " in double precision" * (result.dtype == "float32")
        remark = f"{mode}, with an error of {about(error)}"
    else:
        remark = "beyond the range of a float" if is_beyond(result) else "by the rule of the table"
    return Values((partial("f", result.variable, result.automatic, style.partial, remark),))


def _reference(result: StepSizeResult) -> list[Text]:
    if result.slopes is not None and result.reference is None:
        return []
    if result.reference is None:
        return [Text(f"The derivative is not known, so there are no errors: {result.source}.")]
    if is_beyond(result):
        return [Text(f"f' = {result.digits} is beyond the range of a float. It is from {result.source}.")]
    return [Text(f"Errors are distances to f' = {result.digits}, from {result.source}.")]


def _table(result: StepSizeResult, digits: int | None) -> Table:
    """A row a decade: the error of each method, or where there is none to know its estimate."""
    columns = numbers("h", *[swept.method for swept in result.methods])
    samples = [{sample.step: sample for sample in swept.samples} for swept in result.methods]
    known = has_errors(result)
    steps = _one_a_decade(result.shown)
    rows = tuple((_size(step, digits), *[_cell(of[step], known, digits) for of in samples]) for step in steps)
    return Table("absolute error" if known else "the quotients themselves", columns, rows, name="quotients")


def _one_a_decade(steps: Sequence[float]) -> list[float]:
    """The steps nearest to powers of ten."""
    decades = dict.fromkeys(round(math.log10(step)) for step in steps)
    return list(dict.fromkeys(min(steps, key=lambda step: abs(math.log10(step) - decade)) for decade in decades))


def _shown(swept: MethodSweep, result: StepSizeResult) -> list[QuotientSample]:
    return [sample for sample in swept.samples if sample.step in result.shown]


def _cell(sample: QuotientSample, has_reference: bool, digits: int | None) -> str:
    if sample.estimate is None:
        return sample.fault
    if not has_reference:
        return number(sample.estimate, 6)
    return f"{_size(sample.error, digits)} {sample.side or ' '}"


def _size(value: float | None, digits: int | None) -> str:
    """A size that spans many decades, with its power of ten."""
    if not value:
        return "" if value is None else "0"
    return number(value) if digits is None else f"{value:.{digits - 1}e}"


def _method_table(swept: MethodSweep, result: StepSizeResult, digits: int | None) -> Table:
    names = ("h", "estimate", "error", "truncation", "rounding", "")
    columns = tuple(Column(name, numeric=bool(name), full=name == "estimate") for name in names)
    rows = tuple(
        (
            _size(sample.step, digits), sample.fault if sample.estimate is None else sample.estimate,
            *[_size(size, digits) for size in (sample.error, sample.truncation, sample.rounding)], sample.side,
        )
        for sample in _shown(swept, result)
    )  # fmt: skip
    return Table(f"{swept.method}: truncation and rounding are those of theory", columns, rows)


def _tidy(result: StepSizeResult) -> Table:
    measured = numbers("h", "estimate", "error", "truncation", "rounding")
    columns = (*texts("method"), *measured, *texts("side"), *numbers("typical error"), *texts("fault"))
    rows = tuple(
        (swept.method, of.step, of.estimate, of.error, of.truncation, of.rounding, of.side, of.typical_error, of.fault)
        for swept in result.methods for of in _shown(swept, result)
    )  # fmt: skip
    return Table("", columns, rows, name="steps")


def _summary(result: StepSizeResult) -> Table:
    ends = ("h best", "error best", "typical best", "h usual", "error usual", "typical usual", "slope T", "slope R")
    columns = (*texts("method"), *numbers("h* theory", "E* theory", *ends))
    rows = []
    for swept in result.methods:
        known = swept.theory
        best = swept.best[:3] if swept.best else (None, None, None)
        usual = swept.usual[:3] if swept.usual else (None, None, None)
        predicted = (known.best_step, known.best_error) if known else (None, None)
        rows.append((swept.method, *predicted, *best, *usual, *swept.slopes))
    return Table("", columns, tuple(rows), name="summary")


def _small_print(result: StepSizeResult, full: bool) -> list[str]:
    shown = [sample for swept in result.methods for sample in _shown(swept, result)]
    faults = {sample.fault for sample in shown}
    texts = []
    if any(sample.side for sample in shown):
        texts.append("T: in theory truncation prevails, R: rounding does.")
    if "lost" in faults:
        texts.append(f"lost: {result.variable} + h is rounded so far that the step is lost.")
    if "undefined" in faults:
        texts.append("undefined: a value beside the point is undefined or not finite.")
    texts += luck(result)
    tried, listed = len(result.methods[0].samples), len(result.shown)
    nearest = "the one nearest to each power of ten is shown"
    if not full and len(_one_a_decade(result.shown)) < listed == tried:
        texts.append(f"{tried} steps were tried, each a power of two; {nearest}. --full shows all.")
    elif listed < tried:
        texts.append(f"{tried} steps were tried, each a power of two; {listed} are shown.")
    return texts


def _data(result: StepSizeResult) -> dict[str, Any]:
    reference = None
    if result.reference is not None:
        reference = {"value": result.reference, "digits": result.digits, "source": result.source}
    return data_of(
        result, "schema expression variable at dtype value reference automatic noise floor slopes steps_tried methods notes",
        schema="diffcli/step-size@1", reference=reference, automatic={"value": result.automatic, "error": result.automatic_error},
        slopes=result.slopes and data_of(result.slopes, "left right"), steps_tried=len(result.methods[0].samples),
        methods=[_method_data(swept, result) for swept in result.methods],
    )  # fmt: skip


def _method_data(swept: MethodSweep, result: StepSizeResult) -> dict[str, Any]:
    known = swept.theory
    return data_of(
        swept, "method theory best usual lifted slopes samples",
        theory=known and {**known._asdict(), **data_of(known, "best_step best_error")},
        best=swept.best and data_of(swept.best, "step error typical_error"),
        slopes=dict(zip(("truncation", "rounding"), swept.slopes, strict=True)),
        samples=[{**sample._asdict(), "side": sample.side} for sample in _shown(swept, result)],
    )  # fmt: skip
