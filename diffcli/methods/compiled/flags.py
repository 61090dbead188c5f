"""What is to be said of a point: `diffcli.Flag`, on the tape for all points, and by the interpreter where there is something.

The conditions of the table's breaks become rows of the tape, each under the choices under which its own row is computed, and so
does whether a result is finite. Their sum is one more result, a truth: a *mark*, which is false where nothing can be said. What
is said of a marked point the interpreter decides, since a break need not touch the derivative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntFlag
from functools import reduce
from itertools import compress

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic, Span
from diffcli.methods.sweeps.reverse import activity
from diffcli.operations import row_of
from diffcli.tape import Tape
from diffcli.tape.building.accumulation import Accumulation
from diffcli.tape.building.building import Builder, parsed
from diffcli.tape.running.rules import RESULT, TIES


class Flag(IntFlag):
    """What a kernel says of a point, as bits that are joined by ``|``; 0 says that there is nothing to say.

    The slopes of its sides differ there (``KINK``), or operands of max or min are equal (``TIE``); the value may jump (``JUMP``);
    a slope is infinite (``POLE``); the point is outside of the domain (``DOMAIN``); a result is infinite or NaN (``NONFINITE``),
    or has lost digits (``DIGITS``, which are looked for with ``flags="digits"``).

    >>> Flag(5), Flag.KINK in Flag(5)
    (<Flag.KINK|JUMP: 5>, True)
    """

    KINK = 1
    TIE = 2
    JUMP = 4
    POLE = 8
    DOMAIN = 16
    NONFINITE = 32
    DIGITS = 64


OF_CODES = {
    "kink": Flag.KINK, "second-kink": Flag.KINK, "tie": Flag.TIE, "pole": Flag.POLE, "lost-digits": Flag.DIGITS,
    "jump": Flag.JUMP, "branch": Flag.JUMP, "point-branch": Flag.JUMP,
}  # fmt: skip
"""The flags of notes by their codes. A result that is not finite is seen to be so, whatever the reason."""

JUMPS = ("jump", "branch", "point-branch")
"""The kinds of break at which the interpreter looks at the sides of a point."""

MANY = 100
"""Conditions of jumps, of more of which it is not looked up on which inputs they depend: it may be all."""


class Marked(NamedTuple):
    """A tape whose last result is the mark."""

    tape: Tape
    jumps: tuple[tuple[int, tuple[int, ...]], ...]
    """The slots of the conditions at which sides are looked at, and the inputs on which each depends."""
    doubt: int | None
    """The slot of the condition under which digits are in doubt."""


def marked(tape: Tape, wrt: Sequence[int], digits: bool = False, slopes: int | None = None, kept: int = 0) -> Marked:
    """A tape with one more result: whether there is anything to say of a point, nonzero or NaN.

    ``wrt`` are the inputs by which derivatives are taken. Breaks are not looked for in the rows of the highest derivatives, which
    begin at ``slopes`` (if not given, where those of all derivatives do); lost digits are. The last results that are ``kept``
    are none: breaks in them decide on a way.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> marked(lower(parse("x*abs(y)")), [0, 1]).tape.operations
    ['abs', 'mul', 'eq', 'mul', 'add']
    """
    build, span = Builder(tape), Span(0, len(tape.source.text))
    sums, active, results = Accumulation(build), activity(tape, [*wrt]), tape.results[: len(tape.results) - kept]
    if digits:
        from diffcli.methods.compiled.doubts import Doubts  # most kernels do not wait for it

        doubts = Doubts(build, lambda condition: sums.add(1, build.scope, condition, span))
        for result in results:
            doubts.of(result)
        doubt = sums.take_number(1, span)
        sums.add(0, build.root, doubt, span)
    jumps: list[tuple[int, int]] = []
    for slot in range(tape.first_row, slopes or tape.program_stop):
        if not active[slot]:
            continue
        build.scope = build.scopes[slot]
        for kind, condition in _conditions(build, slot, active):
            if build.number(condition) != 0:
                sums.add(0, build.scopes[slot], condition, tape.span(slot))
                jumps += [(condition, slot)] if kind in JUMPS else []
    build.scope = build.root
    total = reduce(lambda one, other: build.emit("add", (one, other), span), results)
    sums.add(0, build.root, build.emit("mul", (build.constant(0.0), total), span), span)  # NaN, if one of them is not finite
    found = build.finished([*results, sums.take_number(0, span)])
    jumps = [(condition, slot) for condition, slot in jumps if found.slots.get(condition, -1) >= 0]
    every = tuple(range(tape.first_row))
    needed = [build.live([slot])[0] if len(jumps) <= MANY else [1] * tape.first_row for _, slot in jumps]
    there = [(found.slots[condition], tuple(compress(every, live))) for (condition, _), live in zip(jumps, needed, strict=True)]
    asked = found.slots.get(doubt, -1) if digits else -1
    return Marked(found.tape, tuple(there), asked if asked >= 0 else None)


def _conditions(build: Builder, slot: int, active: bytearray) -> Iterable[tuple[str, int]]:
    """The kinds of break of a row, each with the slot of its condition."""
    name, operands = build.row(slot)
    row, span = row_of(name), build.span(slot)
    if name == "where" and active[operands[0]] and not row_of(build.row(operands[0])[0] or "add").flat:
        yield "point-branch", build.emit("eq", (operands[0], build.constant(0.0)), span)
    for kind, text in row.breaks:
        names = {TIES: build.ties(slot)} if row.variadic else dict(zip(row.parameters, operands, strict=True))
        condition = build.lower(parsed(text), names | {RESULT: slot}, span)
        if condition is not None:
            yield kind, condition


def flags_of(notes: Iterable[Diagnostic]) -> Flag:
    """The flags of notes, or of the diagnostics of an error."""
    found = Flag(0)
    for note in notes:
        found |= Flag.DOMAIN if note.severity == "error" else OF_CODES.get(note.code, Flag(0))
    return found
