"""A tape as a text in diffcli's own language: one binding a row."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcli.language.writing.printer import number_text
from diffcli.operations import OPERATIONS
from diffcli.tape.tape import Tape


def as_text(tape: Tape, names: Sequence[str]) -> str:
    """The program of a tape of numbers, with names for its inputs; rows are t1, t2, ... Empty if a constant has no text.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> as_text(lower(parse("x*exp(-x) + 1")), ["a"])
    't1 = -a; t2 = exp(t1); t3 = a*t2; t3 + 1'
    """
    if not all(math.isfinite(constant) for constant in tape.constants):
        return ""

    def word(slot: int) -> str:
        if slot < 0:
            text = number_text(tape.constants[-1 - slot])
            return f"({text})" if text.startswith("-") else text
        return names[slot] if slot < tape.first_row else f"t{slot - tape.first_row + 1}"

    if not tape.first_row <= tape.output < tape.slots:
        return word(tape.results[0])
    lines = []
    for slot in range(tape.first_row, tape.output + 1):
        row = OPERATIONS[tape.operation(slot)]
        words = [word(operand) for operand in tape.operands_of(slot)]
        if not row.symbol:
            text = f"{row.spelling}({', '.join(words)})"
        elif len(words) == 1:
            text = f"{row.symbol} {words[0]}" if row.symbol == "not" else f"{row.symbol}{words[0]}"
        else:
            blank = "" if row.symbol in "*/^" else " "
            text = f"{words[0]}{blank}{row.symbol}{blank}{words[1]}"
        lines.append(text if slot == tape.output else f"{word(slot)} = {text}")
    return "; ".join(lines)
