"""SymPy's derivatives, asked for once a tape and evaluated at any number of points."""

from __future__ import annotations

import math
from collections.abc import Callable

from diffcli.errors import Diagnostic, DiffcliError, LimitError, as_stop
from diffcli.language import parse
from diffcli.methods.problem.problem import Problem
from diffcli.records import SymbolicDerivative
from diffcli.studies.agreement.verdict import TOLERANCE
from diffcli.tape import Tape, lower
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import Evaluator


class Forms:
    """The forms that SymPy finds for the derivatives of problems in numbers."""

    def __init__(self) -> None:
        self.known: dict[object, dict[str, Evaluator]] = {}
        self.refused: dict[object, str] = {}

    def values(self, problem: Problem) -> dict[str, float]:
        """What the forms that are known already come to at the point of a problem."""
        forms = self.known.get(_key(problem.tape), {})
        points = {name: [problem.at.get(each, math.nan) for each in form.tape.inputs] for name, form in forms.items()}
        return {name: float(forms[name](point)[0]) for name, point in points.items()}

    def derivatives(
        self, problem: Problem, notes: list[Diagnostic], progress: Callable[[str], None]
    ) -> tuple[dict[str, float], str]:
        """SymPy's values, and why there are no more of them; it is asked again where there may be something to say of a form."""
        key, values = _key(problem.tape), self.values(problem)
        by_rules = {name: problem.adjoints[problem.input_slot(name)] or 0.0 for name in problem.wrt}
        near = [abs(values.get(name, math.nan) - right) <= TOLERANCE * abs(right) < math.inf for name, right in by_rules.items()]
        if key in self.refused or all(near):
            return values, self.refused.get(key, "")
        from diffcli.methods.symbolic.formulas import gradient_of
        from diffcli.methods.symbolic.simplification import NONE, Simplifier

        found: list[SymbolicDerivative] = []
        reported: list[Diagnostic] = list(notes)
        why = ""
        try:
            found.extend(gradient_of(problem, Simplifier(NONE, 0, reported), MOST_ROWS, progress))
            if key not in self.known:
                tapes = {each.variable: lower(parse(each.unsimplified), given=problem.at) for each in found}
                self.known[key] = {name: Evaluator(tape.copy(derived_from=tape.first_row)) for name, tape in tapes.items()}
        except (LimitError, KeyboardInterrupt) as stopped:  # the other methods are still worth having
            stop = as_stop(stopped)
            why = stop.message
            if stop.code in ("timeout", "interrupted"):
                notes.append(stop._replace(notes=("SymPy's derivatives are not known",)))
            elif not found:
                self.refused[key] = why
        except DiffcliError:  # a name of the user's that cannot stand in a text
            pass
        notes += [note for note in reported if note not in notes and note.code == "symbolic-form"]
        return {derivative.variable: derivative.value for derivative in found}, why


def _key(tape: Tape) -> object:
    """What two tapes have in common that have the same derivatives."""
    numbers = tuple([each for each in tape.constants if isinstance(each, float)])  # an array that nothing uses is no matter
    return (*tape.inputs, tuple(tape.operations), tuple(tape.operands), numbers)
