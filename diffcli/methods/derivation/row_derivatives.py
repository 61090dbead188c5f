"""The derivatives of a tape's rows as forms: what each rule asks for, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import isfinite

from diffcli.methods.derivation.rules import IN_ANY_NUMBER, TEXTBOOK
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import activity
from diffcli.methods.traces.expressions import Form, Forms
from diffcli.methods.traces.trace import formula_of
from diffcli.operations import OPERATIONS
from diffcli.tape.running.evaluation import replay
from diffcli.tape.running.formulas import Formula
from diffcli.tape.running.rules import FLOAT, RESULT, SEED, TIES, Term, terms


@cache
def _textbook_term(name: str, position: int) -> Term:
    return Term(OPERATIONS[name], TEXTBOOK[name][position])


class RowDerivatives:
    """Values and derivatives along one variable, written out in the variables, and the rules that make them."""

    def __init__(self, problem: Problem, variable: str, implicit: str = "") -> None:
        self.problem, self.tape = problem, problem.tape
        self.input = problem.input_slot(variable)
        moving = [problem.input_slot(name) for name in (variable, implicit) if name]
        self.depends = activity(self.tape, moving)
        """One flag a slot: whether the variable is in it."""
        self.tangents = problem.swept_forward({self.input: 1.0})
        self.forms = Forms()
        self.values = replay(self.tape, map(self.forms.name, self.tape.inputs), self.forms.constant, self.forms.applied)
        """The form of every slot, and of the constants at the end, where their negative slots find them."""
        self.known: dict[int, Form] = {self.input: self.forms.one}
        """The derivative of every row that was derived."""
        self.known |= {slot: self.forms.name(f"{implicit}'") for slot in moving[1:]}

    def derive(self, slots: Sequence[int]) -> None:
        """Derive rows, which come in evaluation order."""
        for slot in slots:
            row = self.tape.operands_of(slot)
            values, slopes = [self.values[operand] for operand in row], [self.slope(operand) for operand in row]
            self.known[slot] = self.assembled(slot, values, slopes, self.values[slot])

    def slope(self, slot: int) -> Form:
        """The derivative of a slot; 0 for what has none."""
        return self.known.get(slot, self.forms.zero)

    def number(self, slot: int) -> float | None:
        """The derivative of a slot at the point, if there is one."""
        tangent = self.tangents[slot]
        return None if not self.problem.known else 0.0 if tangent is None else float(tangent) + 0.0

    def is_derived(self, slot: int) -> bool:
        """Whether a slot is a row with the variable in it, and so has a rule."""
        return self.tape.first_row <= slot < self.tape.slots and bool(self.depends[slot])

    def children(self, slot: int) -> list[int]:
        """The rows and inputs that the rule of a row goes on to; a constant among them if it is more than a number."""
        if not self.is_derived(slot):
            return []
        row = self.tape.operands_of(slot)
        moving = {row[position] for position, _ in self.terms(slot)}
        fixed = set() if not moving or self.tape.operation(slot) == "where" else {o for o in row if not self.depends[o]}
        return [operand for operand in dict.fromkeys(row) if operand >= 0 and (operand in moving or operand in fixed)]

    def terms(self, slot: int) -> list[tuple[int, Term]]:
        """The operands through which the variable reaches a row, with their terms; not those whose partial is just 0."""
        name, row = self.tape.operation(slot), self.tape.operands_of(slot)
        arguments, known = [self.problem.values[operand] for operand in (*row, slot)], FLOAT.terms(name, len(row))
        found = []
        for position, (term, function) in enumerate(zip(terms(name, len(row)), known, strict=True)):
            if term is None or function is None or not self.depends[row[position]]:
                continue  # it does not depend on this operand
            if self.problem.known and function(1.0, *arguments) is None:
                continue  # nor does it take it
            if name in TEXTBOOK:
                term = _textbook_term(name, position)
            whole = name == "where" or (term.row.variadic and not self.problem.known)  # its choice is not of the partial's
            if whole or "where" not in term.program.operations or not self._vanishes(slot, position, term):
                found.append((position, term))
        return found

    def _vanishes(self, slot: int, position: int, term: Term) -> bool:
        """Whether a term is 0 in the piece that is taken."""
        formula = formula_of(self.problem, slot, position, term)
        return self._put(slot, position, formula, {SEED: self.forms.name("g")}) == self.forms.zero

    def assembled(
        self, slot: int, values: Sequence[Form], slopes: Sequence[Form], result: Form, in_letters: bool = False
    ) -> Form:
        """The derivative of a row by its rule, from forms for its operands, their derivatives and its value.

        In letters nothing is computed with constants: n·u^(n - 1), where the result reads 2·u.
        """
        name = self.tape.operation(slot)
        if name == "where":
            holds = self.problem.values[self.tape.operands_of(slot)[0]]
            if holds is not None:
                return slopes[1 if holds else 2]
            return slopes[1] if slopes[1] == slopes[2] else self.forms.applied("where", (values[0], *slopes[1:]))
        if OPERATIONS[name].variadic and not self.problem.known:
            return self._of_largest(name, values, slopes, result)
        if name == "div" and slopes[1] != self.forms.zero:
            return self._quotient(values, slopes)
        total = self.forms.zero
        for position, term in self.terms(slot):
            formula = formula_of(self.problem, slot, position, term)
            if in_letters:
                numbers = () if term.row.name in IN_ANY_NUMBER else formula.constants
                formula = Formula(term, formula.environment, (TIES,) if term.row.variadic else numbers)
            names = {SEED: slopes[position], RESULT: result}
            if term.row.variadic:
                names |= {term.row.parameters[0]: values[position], TIES: self.forms.number(formula.environment[TIES])}
            else:
                names |= dict(zip(term.row.parameters, values, strict=True))
            total = self.forms.combine("add", (total, self._put(slot, position, formula, names)))
        return total

    def _of_largest(self, name: str, values: Sequence[Form], slopes: Sequence[Form], result: Form) -> Form:
        """The derivative of max or min, as a choice; equal operands, and their shares, are left to the point."""
        forms, slope = self.forms, slopes[-1]
        for value, own in zip(values[-2::-1], slopes[-2::-1], strict=True):
            pair = (value, values[1]) if len(values) == 2 else (value, result)
            sign = ("gt" if len(values) == 2 else "ge") if name == "max" else ("lt" if len(values) == 2 else "le")
            slope = own if own == slope else forms.applied("where", (forms.applied(sign, pair), own, slope))
        return slope

    def _quotient(self, values: Sequence[Form], slopes: Sequence[Form]) -> Form:
        """(f′·g - f·g′)/g^2, as everybody knows it; the terms of the table are the same, and do not overflow."""
        forms = self.forms
        (f, g), (f_slope, g_slope) = values, slopes
        above = forms.combine("sub", (forms.combine("mul", (f_slope, g)), forms.combine("mul", (f, g_slope))))
        return forms.combine("div", (above, forms.combine("pow", (g, forms.number(2.0)))))

    def _put(self, slot: int, position: int, formula: Formula, names: dict[str, Form]) -> Form:
        """A term with forms for its names; the derivative stands first where its operand does, as in f′·g + f·g′."""
        tangent = self.tangents[self.tape.operands_of(slot)[position]]  # None at no point
        self.forms.keeps_zeros = tangent is not None and not isfinite(tangent)
        form = self.forms.put(formula, names, inner_last=(self.tape.operation(slot), position) != ("mul", 0))
        self.forms.keeps_zeros = False
        return form
