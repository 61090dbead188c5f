"""The tapes that kernels run: of a value, of derivatives, and of products with them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import prod

from diffcli._named import NamedTuple
from diffcli.kernels.form import Form, Leaf
from diffcli.methods.sweeps.transform import ForwardTransform, ReverseTransform, Transform
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


class Results:
    """The results of a tape, put down one after another in a form."""

    def __init__(self) -> None:
        self.slots: list[int] = []

    def leaf(self, slots: Sequence[int], shape: Shape) -> Leaf:
        self.slots += slots
        return Leaf(len(self.slots) - prod(shape), shape)

    def parts(self, slots: Sequence[int], parts: Sequence[Part]) -> list[Form]:
        """Elements one after another, in the shapes of some parts."""
        waiting = iter(slots)
        return [self.leaf([next(waiting) for _ in own], shape) for own, shape in parts]

    def blocks(self, matrix: Sequence[Sequence[int]], rows: Sequence[Part], columns: Sequence[Part]) -> list[Form]:
        """The entries of a matrix: for each part of its rows a list with a block for each part of its columns."""
        found: list[Form] = []
        first = 0
        for own, shape in rows:
            band, start, line = matrix[first : first + len(own)], 0, list[Form]()
            for others, other in columns:
                entries = [row[start : start + len(others)] for row in band]
                line.append(self.leaf([*chain.from_iterable(entries)], shape + other))
                start += len(others)
            found.append(line)
            first += len(own)
        return found


def derived(
    tape: Tape, values: Sequence[Part], listed: bool, wrt: Sequence[Part], order: int, seeds: Sequence[int], most_rows: int
) -> Derived:
    """The tape of some values of a tape of numbers, and of their derivatives of an order, by the inputs ``wrt``.

    With ``seeds``, an input for each element of ``wrt``, the last of them are those along the direction that these give.
    Several values are ``listed``: they come as tuples.
    """
    variables = [slot for own, _ in wrt for slot in own]
    wanted = [slot for own, _ in values for slot in own]
    found, count = Results(), len(wanted)
    transform: Transform
    if not order:
        form = found.parts(wanted, values)
        return Derived(tape.copy().finish(found.slots, several=True), form if listed else form[0])
    if order == 1 and (seeds or len(variables) < count):
        transform = forward = ForwardTransform(tape, most_rows)
        if seeds:
            along = forward.sweep(dict(zip(variables, seeds, strict=True)), wanted)
            form = [*found.parts(wanted, values), *found.parts(along, values)]
        else:
            one = forward.build.constant(1.0)
            columns = [forward.sweep({slot: one}, wanted) for slot in variables]
            rows = [[column[row] for column in columns] for row in range(count)]
    else:
        transform = reverse = ReverseTransform(tape, variables, most_rows=most_rows)
        rows = [reverse.sweep(slot) for slot in wanted]
    if order == 1 and not seeds:
        form = [*found.parts(wanted, values), *found.blocks(rows, values, wrt)]
    if order == 1:
        half = len(values)
        form = [form[:half], form[half:]] if listed else form
        return Derived(transform.build.finished(found.slots).tape, form)
    tape = transform.finish([*wanted, *rows[0]]).tape
    value, *gradient = tape.results
    forward = ForwardTransform(tape, most_rows)
    form = [*found.parts([value], values), found.parts(gradient, wrt)]
    if seeds:
        form.append(found.parts(forward.sweep(dict(zip(variables, seeds, strict=True)), gradient), wrt))
    else:
        form.append(found.blocks(_symmetric(forward, variables, gradient), wrt, wrt))
    return Derived(forward.build.finished(found.slots).tape, form)


def _symmetric(forward: ForwardTransform, variables: Sequence[int], gradient: Sequence[int]) -> list[list[int]]:
    """The Hessian from the tape of a gradient: each pair of mixed derivatives is computed once."""
    one = forward.build.constant(1.0)
    columns = [forward.sweep({slot: one}, gradient[place:]) for place, slot in enumerate(variables)]
    places = range(len(variables))
    return [[columns[min(one, other)][abs(one - other)] for other in places] for one in places]


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
