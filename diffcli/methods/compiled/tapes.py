"""The tapes that kernels run: of a value, of derivatives, and of products with them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcli.methods.compiled.form import Form
from diffcli.methods.sweeps.transform import ForwardTransform, ReverseTransform
from diffcli.operations import is_settled, row_of
from diffcli.tape import Tape
from diffcli.tape.building.building import Builder
from diffcli.tape.running.rules import FLOAT
from diffcli.tape.tape import Shape

Part = tuple[Sequence[int], Shape]
"""A result or a variable: the slots of its elements, row by row, and its shape."""


def derived(
    tape: Tape,
    values: Sequence[Part],
    listed: bool,
    wrt: Sequence[Part],
    order: int,
    most_rows: int,
    seeds: Sequence[int] = (),
    kept: Sequence[int] = (),
) -> tuple[Tape, Form, int | None]:
    """The tape of some values of another tape, and of their derivatives of an order, by the inputs ``wrt``; and their form.

    Last, where the rows of the highest derivatives begin, if not where those of all derivatives do: those before may break.

    With ``seeds``, an input for each element of ``wrt``, the last of them are those along the direction that these give.
    Several values are ``listed``: they come as tuples. Of arrays there are gradients of numbers alone. Slots that are ``kept``
    are further results, in no form.
    """
    variables, wanted = ([slot for own, _ in each for slot in own] for each in (wrt, values))
    shapes: list[Form] = [shape for _, shape in values]
    form: list[Form] = [shapes if listed and order < 2 else shapes[0]]
    if not order:
        return tape.copy().finish([*wanted, *kept], several=True), form[0], None
    results, columns = wanted, wrt
    if order == 2:  # the Jacobian of the gradient
        reverse = ReverseTransform(tape, variables, most_rows=most_rows, strict_zeros=True)
        tape = reverse.finish([*wanted, *reverse.sweep(*wanted), *kept]).tape
        results, kept = tape.results[: 1 + len(variables)], tape.results[1 + len(variables) :]
        wanted, values, listed = results[1:], wrt, True
        form.append([shape for _, shape in wrt])
    along = dict(zip(variables, seeds, strict=True)) if seeds else {}
    build, matrix = _jacobian(tape, wanted, variables, along, order == 2, most_rows)
    owners = results[:1] * len(matrix) if order == 2 else wanted
    matrix = [_defined(build, owner, row) for owner, row in zip(owners, matrix, strict=True)]
    if order == 2:
        results = [results[0], *_defined(build, results[0], results[1:])]
    if along:
        columns = [([0], ())]
    slots, bands = _blocks(matrix, values, columns)
    last: list[Form] = [band[0] for band in bands] if along else [*bands]
    finished = build.finished([*results, *slots, *kept])
    slopes = 1 + max(slot for old, slot in finished.slots.items() if old < tape.slots) if order == 2 else None
    return finished.tape, [*form, last if listed else last[0]], slopes


def _defined(build: Builder, value: int, slopes: Sequence[int]) -> list[int]:
    """Derivatives of a value, undefined where it is: 1/x is no slope of log(x) at -1."""
    row = max(value, build.first_row)
    if value < build.first_row or not any(row_of(name).domain for name in build.operations[: value + 1 - build.first_row]):
        return [*slopes]
    build.scope, span, undefined = build.root, build.span(row), build.constant(math.nan)
    holds = build.emit("eq", (value, value), span)
    return [build.emit("where", (holds, slope, undefined), span) for slope in slopes]


def _jacobian(
    tape: Tape, wanted: Sequence[int], variables: Sequence[int], along: dict[int, int], symmetric: bool, most_rows: int
) -> tuple[Builder, Sequence[Sequence[int]]]:
    """The rows of a Jacobian, or of its product with a direction: by reverse mode, unless forward mode is sooner done.

    Of a symmetric one each pair of entries is computed once.
    """
    if not (along or symmetric) and (tape.shapes is not None or len(variables) >= len(wanted)):
        reverse = ReverseTransform(tape, variables, most_rows=most_rows, strict_zeros=tape.shapes is None)
        return reverse.build, [reverse.sweep(slot) for slot in wanted]
    forward = ForwardTransform(tape, most_rows, strict_zeros=True)
    columns: list[list[int]] = []
    for place, seeds in enumerate([along] if along else [{slot: forward.build.constant(1.0)} for slot in variables]):
        known = [column[place] for column in columns] if symmetric else []
        columns.append([*known, *forward.sweep(seeds, wanted[len(known) :])])
    return forward.build, [[column[row] for column in columns] for row in range(len(wanted))]


def _blocks(
    matrix: Sequence[Sequence[int]], rows: Sequence[Part], columns: Sequence[Part]
) -> tuple[list[int], list[list[Form]]]:
    """The entries of a matrix, and their form: for each part of its rows a list with a block for each part of its columns."""
    slots, bands = list[int](), iter(matrix)
    for own, _ in rows:
        band, start = [next(bands) for _ in own], 0
        for others, _ in columns:
            slots += [slot for row in band for slot in row[start : start + len(others)]]
            start += len(others)
    return slots, [[shape + other for _, other in columns] for _, shape in rows]


def folded(tape: Tape, outputs: Sequence[int], more: Sequence[str] = (), constants: bool = True) -> Tape:
    """A tape of numbers with some of its slots as results, without rows that nothing needs, that constants make, or that are
    there already; and with ``more`` inputs behind its own. Rows of ``constants`` stay where their rounding is asked for, and
    where that is not the same in every arithmetic: cos(1) - cos(x) is 0 at 1 if one arithmetic computes both.

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
            continue
        name = tape.operations[row]
        if constants and all(operand < 0 for operand in operands) and name != "where" and is_settled(name):
            value = FLOAT.strict(name)(*[build.constants[-1 - operand] for operand in operands])
            known[slot] = build.constant(float(value))
    return build.finished([known.get(slot, slot) for slot in outputs], more).tape
