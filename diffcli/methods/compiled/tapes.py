"""The tapes that kernels run: of a value, of derivatives, and of products with them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcli._named import NamedTuple
from diffcli.kernels.form import Form
from diffcli.methods.sweeps.transform import ForwardTransform, ReverseTransform
from diffcli.operations import row_of
from diffcli.tape import Tape
from diffcli.tape.building.building import Builder
from diffcli.tape.running.rules import FLOAT
from diffcli.tape.tape import Shape

Part = tuple[Sequence[int], Shape]
"""A result or a variable: the slots of its elements, row by row, and its shape."""


class Derived(NamedTuple):
    """A tape of numbers with results, and the form in which they are handed back."""

    tape: Tape
    form: Form
    slopes: int | None = None
    """Where the rows of the highest derivatives begin, if not where those of all derivatives do: those before may break."""


class Results:
    """The results of a tape, put down one after another in a form."""

    def __init__(self) -> None:
        self.slots: list[int] = []

    def parts(self, slots: Sequence[int], parts: Sequence[Part]) -> list[Form]:
        """Elements one after another, in the shapes of some parts."""
        self.slots += slots
        return [shape for _, shape in parts]

    def blocks(self, matrix: Sequence[Sequence[int]], rows: Sequence[Part], columns: Sequence[Part]) -> list[Form]:
        """The entries of a matrix: for each part of its rows a list with a block for each part of its columns."""
        bands = iter(matrix)
        for own, _ in rows:
            band, start = [next(bands) for _ in own], 0
            for others, _ in columns:
                self.slots += [slot for row in band for slot in row[start : start + len(others)]]
                start += len(others)
        return [[shape + other for _, other in columns] for _, shape in rows]


def derived(
    tape: Tape, values: Sequence[Part], listed: bool, wrt: Sequence[Part], order: int, seeds: Sequence[int], most_rows: int
) -> Derived:
    """The tape of some values of a tape of numbers, and of their derivatives of an order, by the inputs ``wrt``.

    With ``seeds``, an input for each element of ``wrt``, the last of them are those along the direction that these give.
    Several values are ``listed``: they come as tuples.
    """
    variables, wanted = ([slot for own, _ in each for slot in own] for each in (wrt, values))
    along = dict(zip(variables, seeds, strict=True)) if seeds else {}
    if order == 2:
        return _second(tape, values, wrt, variables, along, most_rows)
    found = Results()
    form = found.parts(wanted, values)
    if not order:
        return Derived(tape.copy().finish(found.slots, several=True), form if listed else form[0])
    if along:
        forward = ForwardTransform(tape, most_rows, strict_zeros=True)
        build, ends = forward.build, forward.sweep(along, wanted)
        slopes = found.parts([_defined(build, value, [end])[0] for value, end in zip(wanted, ends, strict=True)], values)
    else:
        build, rows = _jacobian(tape, wanted, variables, most_rows)
        slopes = found.blocks([_defined(build, value, row) for value, row in zip(wanted, rows, strict=True)], values, wrt)
    return Derived(build.finished(found.slots).tape, [form, slopes] if listed else [form[0], slopes[0]])


def _defined(build: Builder, value: int, slopes: Sequence[int]) -> list[int]:
    """Derivatives of a value, undefined where it is: 1/x is no slope of log(x) at -1."""
    row = max(value, build.first_row)
    if value < build.first_row or not any(row_of(name).domain for name in build.operations[: value + 1 - build.first_row]):
        return [*slopes]
    build.scope, span, undefined = build.root, build.span(row), build.constant(math.nan)
    holds = build.emit("eq", (value, value), span)
    return [build.emit("where", (holds, slope, undefined), span) for slope in slopes]


def _jacobian(
    tape: Tape, wanted: Sequence[int], variables: Sequence[int], most_rows: int
) -> tuple[Builder, Sequence[Sequence[int]]]:
    """The rows of a Jacobian: by forward mode, where there are more results than variables."""
    if len(variables) < len(wanted):
        forward = ForwardTransform(tape, most_rows, strict_zeros=True)
        columns = _columns(forward, variables, [wanted] * len(variables))
        return forward.build, [[column[row] for column in columns] for row in range(len(wanted))]
    reverse = ReverseTransform(tape, variables, most_rows=most_rows, strict_zeros=True)
    return reverse.build, [reverse.sweep(slot) for slot in wanted]


def _columns(forward: ForwardTransform, variables: Sequence[int], wanted: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each variable the derivatives of some slots by it."""
    one = forward.build.constant(1.0)
    return [forward.sweep({slot: one}, slots) for slot, slots in zip(variables, wanted, strict=True)]


def _second(
    tape: Tape, values: Sequence[Part], wrt: Sequence[Part], variables: Sequence[int], along: dict[int, int], most_rows: int
) -> Derived:
    """Forward mode over the tape of a gradient; each pair of mixed derivatives is computed once."""
    ((own, _),) = values
    reverse = ReverseTransform(tape, variables, most_rows=most_rows, strict_zeros=True)
    forward = ForwardTransform(reverse.finish([*own, *reverse.sweep(own[0])]).tape, most_rows, strict_zeros=True)
    value, *gradient = forward.tape.results
    forward_from = forward.build.slots
    found, places = Results(), range(len(variables))
    build = forward.build
    ends = forward.sweep(along, gradient) if along else []
    columns = [] if along else _columns(forward, variables, [gradient[place:] for place in places])
    form: list[Form] = [*found.parts([value], values), found.parts(_defined(build, value, gradient), wrt)]
    if along:
        form.append(found.parts(_defined(build, value, ends), wrt))
    else:
        columns = [_defined(build, value, column) for column in columns]
        matrix = [[columns[min(one, other)][abs(one - other)] for other in places] for one in places]
        form.append(found.blocks(matrix, wrt, wrt))
    finished = forward.build.finished(found.slots)
    slopes = 1 + max(slot for old, slot in finished.slots.items() if old < forward_from)
    return Derived(finished.tape, form, slopes)


def folded(tape: Tape, outputs: Sequence[int], more: Sequence[str] = (), constants: bool = True) -> Tape:
    """A tape of numbers with some of its slots as results, without rows that nothing needs, that constants make, or that are
    there already; and with ``more`` inputs behind its own. Rows of ``constants`` stay where their rounding is asked for.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> tape = lower(parse("x*sqrt(2*pi)"))
    >>> folded(tape, tape.results).operations
    ['mul']
    """
    build = Builder(tape)
    known: dict[int, int] = {slot: slot - tape.size for slot in range(tape.slots, tape.size)}
    rows: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for row, slot in enumerate(tape.rows()):
        operands = tuple([known.get(operand, operand) for operand in tape.operands[row]])
        build.operands[row] = operands
        found = [same for same in rows.get((tape.operations[row], operands), ()) if build.scopes[same].holds(build.scopes[slot])]
        rows.setdefault((tape.operations[row], operands), []).append(slot)
        if found:
            known[slot] = found[0]
        elif constants and all(operand < 0 for operand in operands) and tape.operations[row] != "where":
            value = FLOAT.strict(tape.operations[row])(*[build.constants[-1 - operand] for operand in operands])
            known[slot] = build.constant(float(value))
    return build.finished([known.get(slot, slot) for slot in outputs], more).tape
