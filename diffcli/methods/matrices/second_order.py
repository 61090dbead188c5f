"""The gradient of a problem as a tape, at the point: what second derivatives are swept from.

And what is worth saying of them: where the gradient itself has a corner or a jump, there may be no second derivative even if
f is smooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import Any

from diffcli.errors import Diagnostic, NotDifferentiableError
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks
from diffcli.methods.problem.components import Elements
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps import forward
from diffcli.methods.sweeps.reverse import activity, adjoints
from diffcli.methods.sweeps.transform import transform_reverse
from diffcli.operations import row_of
from diffcli.records import Number
from diffcli.tape import evaluate
from diffcli.tape.lowering import MOST_ROWS

_SAYS = {
    "pole": "the first derivative of `{name}` has a pole here",
    "jump": "the first derivative of `{name}` jumps here",
}
_BENT = "the first derivative of `{name}` has a corner or a jump here"

_LARGEST = frozenset(("max", "min", "amax", "amin"))
"""Operations whose derivative asks which operand equals the result: one always does, and a tie is told of f itself."""

MOST_EXPLAINED = 3
"""How many rows of a Hessian are asked why an entry is not finite."""


class GradientProblem:
    """A problem and the tape of its gradient (`diffcli.methods.sweeps.transform`), evaluated at the same point.

    >>> found = GradientProblem(Problem("x^2*y", {"x": 3, "y": 2}))
    >>> found.gradient, found.sweep({"x": 1.0})
    ([12.0, 9.0], {'x': 4.0, 'y': 6.0})
    """

    def __init__(self, problem: Problem, most_rows: int = MOST_ROWS) -> None:
        tape = problem.tape
        slots = [problem.input_slot(name) for name in problem.wrt]
        self.problem = problem
        self.variables = Elements([(tape.inputs[slot], slot, tape.shape(slot)) for slot in slots])
        self.derived = copy(problem)
        """The gradient's tape and values in the place of the problem's own."""
        self.derived.__class__ = Problem
        found = transform_reverse(tape, slots, problem.active, most_rows=most_rows)
        self.derived.tape = found.tape
        self.derived.values = evaluate(found.tape, problem.point)
        self.derived.active = activity(found.tape, slots)
        self.results = Elements([
            (name, slot, shape) for (name, _, shape), slot in zip(self.variables.parts, found.tape.outputs[1:], strict=True)
        ])  # fmt: skip
        """The elements of the gradient."""
        seeds = dict.fromkeys((slot for _, slot, _ in self.results.parts), 1.0)
        self.derived._adjoints = adjoints(found.tape, self.derived.values, self.derived.active, seeds=seeds)

    @property
    def gradient(self) -> list[float]:
        return [float(number or 0.0) + 0.0 for number in self.results.numbers(self.derived.values)]

    def sweep(self, direction: dict[str, Number]) -> dict[str, Number]:
        """The Hessian times a direction, by one forward sweep."""
        return self.results.whole(self._tangents([direction.get(name) for name in self.derived.tape.inputs]))

    def swept(self, seed: Sequence[Any]) -> list[float]:
        """The same element by element for a seed, which has a tangent for each input."""
        return [float(number or 0.0) + 0.0 for number in self.results.numbers(self._tangents(seed))]

    def _tangents(self, seed: Sequence[Any]) -> Sequence[Any]:
        return forward.tangents(self.derived.tape, self.derived.values, seed)

    def tell_breaks(self, known: Sequence[Diagnostic], strict: bool) -> list[Diagnostic]:
        """A warning for each place at which the gradient breaks, of those that are not known already.

        Raises
        ------
        NotDifferentiableError
            There are some, and they are to be errors.
        """
        tape = self.derived.tape
        told = {note.span for note in known}
        names = {self.problem.tape.span(slot): self.problem.tape.operation(slot) for slot in self.problem.tape.rows()}
        found: list[Diagnostic] = []
        for slot, kind, *_ in find_breaks(self.derived):
            if kind not in NOT_DIFFERENTIABLE or slot < (tape.derived_from or 0) or tape.span(slot) in told:
                continue
            if names.get(tape.span(slot)) in _LARGEST:
                continue
            told.add(tape.span(slot))
            row = row_of(names.get(tape.span(slot), tape.operation(slot)))
            message = _SAYS.get(kind, _BENT).format(name=row.symbol or row.spelling)
            notes = ["the second derivative follows the rule that the gradient takes at this point"]
            help = ["--strict makes this an error (exit code 5)"]
            found.append(self.derived.warning("second-kink", message, slot, "", notes, help))
        if found and strict:
            raise NotDifferentiableError([note._replace(severity="error", notes=(), help=()) for note in found])
        return found

    def explain(self, matrix: Sequence[Sequence[float]], known: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Why entries of the Hessian, or of a product with it, are not finite."""
        if all(math.isfinite(entry) for row in matrix for entry in row) or not self.results.are_numbers:
            return []
        if any(note.severity == "warning" for note in known):
            return []  # that is why
        from diffcli.methods.nonsmooth import nonfinite as faults

        found: list[Diagnostic] = []
        if self.problem.tape.shapes is None and not all(map(math.isfinite, [self.problem.value, *self.gradient])):
            first = dict(zip(self.results.names, self.gradient, strict=True))
            found += faults.explain(self.problem, first, {}, known)
            if found:
                return found  # what spoils the first derivatives spoils the second
        for slot, row in zip(self.results.slots, matrix, strict=True):
            if all(map(math.isfinite, row)) or len(found) >= MOST_EXPLAINED:
                continue
            view = copy(self.derived)
            view.tape = copy(self.derived.tape)
            view.tape.output, view.tape.outputs, view._adjoints = slot, [], None
            found += faults.explain(view, {"": math.nan}, {}, [*known, *found])
        return found
