"""SymPy's derivatives, asked for once a tape and evaluated at any number of points."""

from __future__ import annotations

from diffcli.errors import DiffcliError, LimitError
from diffcli.language import parse
from diffcli.methods.problem.problem import Problem
from diffcli.records import SymbolicDerivative
from diffcli.tape import lower
from diffcli.tape.lowering import MOST_ROWS
from diffcli.tape.running.evaluation import Evaluator

Known = tuple[dict[str, Evaluator], str]
"""The derivatives by variable, or why there are none."""


class Forms:
    """The forms that SymPy finds for the derivatives of problems in numbers.

    >>> forms = Forms()
    >>> [forms.values(Problem("x*sin(y)", {"x": x, "y": 0.0})) for x in (2.0, 3.0)]
    [({'x': 0.0, 'y': 2.0}, ''), ({'x': 0.0, 'y': 3.0}, '')]
    """

    def __init__(self) -> None:
        self.known: dict[object, Known] = {}

    def values(self, problem: Problem) -> tuple[dict[str, float], str]:
        """Their values at the point of a problem, as far as there are any; or why there are no forms."""
        tape = problem.tape
        key = (*tape.inputs, tuple(tape.operations), tuple(tape.operands), tuple(tape.constants))
        if key not in self.known:
            self.known[key] = _asked(problem)
        forms, why = self.known[key]
        return {name: float(form([problem.at[each] for each in form.tape.inputs])[0]) for name, form in forms.items()}, why


def _asked(problem: Problem) -> Known:
    from diffcli.methods.symbolic.simplification import NONE, Simplifier
    from diffcli.methods.symbolic.symbolic import differentiate

    found: list[SymbolicDerivative] = []
    try:
        differentiate(problem, found.append, [], MOST_ROWS, Simplifier(NONE, 0, []), lambda stage: None)
        tapes = {each.variable: lower(parse(each.unsimplified), given=problem.at) for each in found}
    except LimitError as limit:
        if limit.diagnostics[0].code == "timeout":
            raise
        return {}, limit.diagnostics[0].message
    except DiffcliError:  # a name of the user's that cannot stand in a text
        return {}, ""
    readable = {name: tape for name, tape in tapes.items() if problem.at.keys() >= set(tape.inputs)}  # `inf` is a name to them
    return {name: Evaluator(tape.copy(derived_from=tape.first_row)) for name, tape in readable.items()}, ""
