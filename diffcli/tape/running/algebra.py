"""Reading a tape in any algebra: what its rows are as SymPy objects, polynomials, nodes of a graph, or counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from diffcli.tape.tape import Tape

T = TypeVar("T")


def replay(
    tape: Tape, inputs: Iterable[T], constant: Callable[[str, float], T], apply: Callable[[str, list[T]], T]
) -> list[T]:
    """What every slot is, and every constant at the end, where its negative slot finds it; all branches are replayed.

    Parameters
    ----------
    inputs
        What the inputs are.
    constant
        What a constant is, by its name (empty if it has none) and its value.
    apply
        What a row is, by its operation and what its operands are.

    >>> from diffcli.language import parse
    >>> from diffcli.tape import lower
    >>> replay(lower(parse("x*x + pi")), ["x"], lambda name, value: name, lambda name, row: f"{name}({', '.join(row)})")
    ['x', 'mul(x, x)', 'add(mul(x, x), pi)', 'pi']
    """
    constants = [constant(tape.constant_names.get(-1 - index, ""), value) for index, value in enumerate(tape.constants)]
    known: list[Any] = [*inputs, *[None] * len(tape.operations), *reversed(constants)]
    for slot, (operation, row) in enumerate(zip(tape.operations, tape.operands, strict=True), tape.first_row):
        known[slot] = apply(operation, [known[operand] for operand in row])
    return known
