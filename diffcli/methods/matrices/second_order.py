"""The gradient of a problem as a tape, at the point: what second derivatives are swept from.

And what is worth saying of them: where the gradient itself has a corner or a jump, there may be no second derivative even if
f is smooth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from diffcli.errors import Diagnostic
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks
from diffcli.methods.nonsmooth.notes import SECOND
from diffcli.methods.nonsmooth.system_notes import explain_rows
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import Linearisation, Output, Problem
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.methods.sweeps.transform import ReverseTransform
from diffcli.operations import row_of
from diffcli.records import Number
from diffcli.tape.lowering import MOST_ROWS

_SAYS = {
    "pole": "the first derivative of `{name}` has a pole here",
    "jump": "the first derivative of `{name}` jumps here",
}
_BENT = "the first derivative of `{name}` has a corner or a jump here"

_LARGEST = frozenset(("max", "min", "amax", "amin"))
"""Operations whose derivative asks which operand equals the result: one always does, and a tie is reported of f itself."""


class GradientProblem:
    """A problem and the tape of its gradient (`diffcli.methods.sweeps.transform`), evaluated at the same point.

    >>> found = GradientProblem(Problem("x^2*y", {"x": 3, "y": 2}))
    >>> found.gradient, found.swept({0: 1.0})
    ([12.0, 9.0], [4.0, 6.0])
    """

    def __init__(self, problem: Problem, most_rows: int = MOST_ROWS) -> None:
        self.problem = problem
        self.variables = variables_of(problem)
        inputs = [slot for _, slot, _ in self.variables.parts]
        found = ReverseTransform(problem.tape, inputs, problem.active, most_rows=most_rows).run()
        slots = found.tape.outputs[1:]
        outputs = [Output(name, slot, shape) for (name, _, shape), slot in zip(self.variables.parts, slots, strict=True)]
        self.derived = Linearisation(problem, found.tape, outputs=outputs)
        """The gradient, by its own tape."""
        self.results = Components(self.derived.outputs)
        wheres = [slot for slot in problem.tape.rows() if problem.tape.operation(slot) == "where"]
        self.conditions = {found.values.get(problem.tape.operands_of(slot)[0]) for slot in wheres}
        """The slots on the gradient's tape of what decides in f: what is to say of those is said of f."""

    def written_out(self) -> Problem:
        """The gradient of the program written out in numbers."""
        return GradientProblem(scalarised(self.problem)).derived

    @property
    def gradient(self) -> list[float]:
        return [number or 0.0 for number in self.results.numbers(self.derived.values)]  # 0 has no sign

    def swept(self, seeds: Mapping[int, Any]) -> list[float]:
        """The elements of the Hessian times a direction, which has a tangent for each input that moves, by slot."""
        return [number or 0.0 for number in self.results.numbers(self.derived.swept_forward(seeds))]

    def describe_breaks(self, known: Sequence[Diagnostic]) -> list[Diagnostic]:
        """A warning for each place at which the gradient breaks, of those that are not known already."""
        tape = self.derived.tape
        known_spans = {note.span for note in known}
        names = {self.problem.tape.span(slot): self.problem.tape.operation(slot) for slot in self.problem.tape.rows()}
        found: list[Diagnostic] = []
        for slot, kind, *_ in find_breaks(self.derived):
            if kind not in NOT_DIFFERENTIABLE or slot < (tape.derived_from or 0) or tape.span(slot) in known_spans:
                continue
            is_known = kind == "point-branch" and tape.operands_of(slot)[0] in self.conditions
            if is_known or names.get(tape.span(slot)) in _LARGEST:
                continue
            known_spans.add(tape.span(slot))
            row = row_of(names.get(tape.span(slot), tape.operation(slot)))
            message = _SAYS.get(kind, _BENT).format(name=row.symbol or row.spelling)
            found.append(self.derived.warning(SECOND, message, slot))
        return found

    def explain(self, rows: Sequence[Collection[Number]], known: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Why the value, a first derivative, or an entry of the Hessian or of a product with it is not finite."""
        if any(note.severity == "warning" for note in known):
            return []  # that is why
        first = explain_rows(self.problem, [self.gradient], {}, known)
        return first or explain_rows(self.derived, rows, {}, known)  # what spoils the first derivatives spoils the second
