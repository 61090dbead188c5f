"""A question at no point: what can be said of a program whatever its variables are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from diffcli.language import Program
from diffcli.methods.problem.problem import Problem, Question, _choose, names_in
from diffcli.tape.lowering import MOST_ROWS, lower
from diffcli.tape.running.evaluation import Values, start_values
from diffcli.tape.running.rules import FLOAT, Overrides


class Anywhere(Problem):
    """A program of numbers at no point: the values of its variables, and of what they are in, are None.

    ``given`` are names of constants that are variables all the same. Repeated parts are one row, unless ``share`` is off.

    >>> from diffcli.language import parse
    >>> Anywhere(parse("x^(1/2)")).values
    [None, 0.5, None, 2.0, 1.0]
    """

    known = False

    def __init__(
        self,
        program: Program,
        wrt: str | Sequence[str] | None = None,
        given: Collection[str] = (),
        share: bool = True,
        most_rows: int = MOST_ROWS,
    ) -> None:
        tape = lower(program, given=given, share=share, most_rows=most_rows)
        chosen = _choose(names_in(wrt, "wrt"), tape.inputs, "the expression")
        self._settle(Question(program, program), tape, dict.fromkeys(tape.inputs, float("nan")), chosen)

    @cached_property
    def values(self) -> Values:
        values = start_values(self.tape, [None] * self.tape.first_row)
        for slot, function in zip(self.tape.rows(), FLOAT.row_functions(self.tape), strict=True):
            operands = [values[operand] for operand in self.tape.operands_of(slot)]
            values[slot] = None if None in operands else function(*operands)
        return values

    def swept_forward(self, seeds: Mapping[int, Any], overrides: Overrides | None = None) -> Sequence[Any]:
        return [None] * self.tape.size
