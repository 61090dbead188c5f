"""The derivation of a partial derivative, step by step: a rule of differentiation for every row that the result needs.

The steps stand in the order in which one derives by hand: the result first, then what its rule asks for, down to the
variable. They are named by the rows of the tape, so a step v₇, the tangent of v₇ and the adjoint of v₇ are about the same
value; a row that is needed twice is derived once, and referred to afterwards. Rules, formulas and results all come from
the partials in the table of operations, as the sweeps do (Griewank & Walther 2008, section 3.1, with letters for numbers).
"""

from __future__ import annotations

from collections.abc import Iterator

from diffcli._named import NamedTuple
from diffcli.language.writing.printer import to_text
from diffcli.methods.derivation.row_derivatives import RowDerivatives
from diffcli.methods.derivation.rules import CONSTANT, IDENTITY, INNER, Letters, letters_of, remark_of, rule_name
from diffcli.methods.problem.problem import Problem
from diffcli.methods.traces.expressions import Form
from diffcli.methods.traces.trace import IN_LATEX, UNICODE, Notation, kept_of
from diffcli.operations import OPERATIONS, Operation
from diffcli.records.derivations import Derivation, DerivationStep

LONGEST = 64
"""A derivative that would take more characters is written in terms of other rows: v₇ and v₇′."""

SHORT = 16
"""What takes no more characters is written out in it all the same."""

LONGEST_VALUE = 40
"""A value that would take more characters is not written out beside its row."""

LONGEST_TEXT = 400
"""A derivative that would take more characters is written as a program, in which repeated parts have names."""

RAILS = 40
"""For how many levels above a step it is kept whether they go on below it."""

REFERENCE = "derived above"
"""The rule of a step that refers to another."""


class _Place(NamedTuple):
    """A slot where it is met, in the order of the steps."""

    slot: int
    depth: int
    rails: tuple[bool, ...]
    again: bool


def derive(
    problem: Problem, variable: str, notation: Notation = UNICODE, most: int | None = None, implicit: str = ""
) -> Derivation:
    """The derivation of the partial derivative by one variable, of at ``most`` so many steps from the beginning and the end.

    The point of the problem decides which branch of a choice, and which piece of a function, is derived; at no point the pieces
    stay pieces, as in ``where(x > 0, 1, 0)``. The derivative of an ``implicit`` function of the variable stays, as ``y'``.

    >>> for step in derive(Problem("x*sin(x^2)", "x=2"), "x").steps:
    ...     print(step.depth * "  " + f"v{step.v}", step.rule, step.formula, step.result, sep=" | ")
    v3 | product | (f·g)′ = f′·g + f·g′ | sin(x^2) + x·(cos(x^2)·(2·x))
      v0 | identity | x′ = 1 | 1
      v2 | chain rule, sin | sin(u)′ = cos(u)·u′ | cos(x^2)·(2·x)
        v1 | power | (x^n)′ = n·x^(n - 1) | 2·x
    """
    return _Deriver(problem, variable, notation, implicit).derivation(most)


class _Deriver:
    def __init__(self, problem: Problem, variable: str, notation: Notation, implicit: str) -> None:
        self.problem, self.tape, self.notation, self.variable = problem, problem.tape, notation, variable
        tape = problem.tape
        self.slopes = RowDerivatives(problem, variable, implicit)
        self.forms, self.values = self.slopes.forms, self.slopes.values
        self.names = {slot: name for name, slot in reversed(tape.bindings.items()) if slot >= tape.first_row}
        self.prime = notation.prime
        dialect = notation.dialect._replace(juxtaposed=False)
        # log, as in the language: ln(x, 2) would be none of the two; LaTeX has a spelling for either
        self.dialect = dialect if notation is IN_LATEX else dialect._replace(functions={})

    def derivation(self, most: int | None) -> Derivation:
        output = self.tape.output
        places = list(self._places())
        self.slopes.derive(sorted({place.slot for place in places if self.slopes.is_derived(place.slot)}))
        kept, hidden = kept_of(len(places), most)
        steps = tuple(self._step(places[position]) for position in kept)
        slope = self.slopes.slope(output)
        fits = self.forms.weight(slope) <= LONGEST_TEXT
        text = to_text(self.forms, self.forms.plain(slope)) if fits else self.forms.text(slope, self._names())
        return Derivation(self.variable, steps, hidden, text, self.slopes.number(output))

    def _names(self) -> dict[int, str]:
        """Names of nodes in a program of the derivative: ``v7`` for a row, ``dv7`` for its derivative, ``t1`` for any other."""
        tape, mark = self.tape, ""
        while any(name.rstrip("0123456789") in (f"v{mark}", f"dv{mark}", f"t{mark}") for name in tape.inputs):
            mark += "_"  # the user's own
        named = {form.node: f"dv{mark}{tape.index(slot)}" for slot, form in self.slopes.known.items() if slot >= tape.first_row}
        named |= {self.values[slot].node: f"v{mark}{tape.index(slot)}" for slot in tape.rows()}
        return {-1: f"t{mark}"} | named

    # -- which rows, in which order -------------------------------------------------------------------------------------

    def _places(self) -> Iterator[_Place]:
        """Slots in the order of derivation; a row met again is not gone into, and anything else is shown only once."""
        seen: set[int] = set()
        waiting = [_Place(self.tape.output, 0, (), False)]
        while waiting:
            place = waiting.pop()
            again = place.slot in seen and self.slopes.is_derived(place.slot)
            yield place._replace(again=again)
            if again:
                continue
            seen.add(place.slot)
            below = [child for child in self.slopes.children(place.slot) if child not in seen or self.slopes.is_derived(child)]
            seen.update(child for child in below if not self.slopes.is_derived(child))  # shown here, and in no other place
            for child in reversed(below):
                rails = (*place.rails[1 - RAILS :], child != below[-1])
                waiting.append(_Place(child, place.depth + 1, rails, False))

    # -- a step --------------------------------------------------------------------------------------------------------------

    def _step(self, place: _Place) -> DerivationStep:
        slot, tape = place.slot, self.tape
        v = tape.index(slot) if slot < tape.slots else None
        children = () if place.again else tuple(map(tape.index, self.slopes.children(slot)))
        step = DerivationStep(
            v, REFERENCE, self._row_text(slot), "", self.names.get(slot, ""), "", "", "", self._result(slot),
            self.slopes.number(slot), children, v if place.again else None, place.depth, place.rails,
        )  # fmt: skip
        if place.again:
            return step
        if slot >= tape.first_row and self.forms.weight(self.values[slot]) <= LONGEST_VALUE:
            step = step._replace(value_text=self._text(self.values[slot]))
        if not self.slopes.depends[slot]:
            return step._replace(rule=CONSTANT, formula=f"c{self.prime} = 0")
        if slot < tape.first_row:
            if slot != self.slopes.input:
                variable = self.dialect.name(self.variable)
                return step._replace(rule=f"function of {self.variable}", formula=f"{step.row} = {step.row}({variable})")
            return step._replace(rule=IDENTITY, formula=f"{step.row}{self.prime} = 1")
        return self._with_rule(slot, step)

    def _with_rule(self, slot: int, step: DerivationStep) -> DerivationStep:
        row = self.tape.operands_of(slot)
        operation = OPERATIONS[self.tape.operation(slot)]
        letters = letters_of(self.problem, self.forms, slot, self.slopes.depends, self.slopes.input)
        applied = self.forms.applied(operation.name, letters.values)
        slope = self.slopes.assembled(slot, letters.values, letters.slopes, applied, in_letters=True)
        numbers = [self.problem.values[operand] for operand in row]
        ties = numbers.count(self.problem.values[slot]) if operation.variadic and self.problem.known else 1
        formula = f"{self._primed(self._text(applied), operation)} = {self._text(slope)}"
        moves = [bool(self.slopes.depends[operand]) for operand in row]
        rule = rule_name(operation, moves, letters.direct, ties)
        rule += ", branch taken" * (operation.name == "where" and self.problem.values[row[0]] is not None)
        words = [self._text(letter) for letter in letters.values]
        if operation.name == "where":
            words[0] = self._text(self._named(row[0], self.values[row[0]], "", LONGEST_VALUE))
        remark = remark_of(self.problem, self.dialect, slot, words, moves.index(True))
        return step._replace(rule=rule, formula=formula, let=self._let(row, letters), remark=remark)

    def _let(self, row: tuple[int, ...], letters: Letters) -> str:
        """What the inner function of a chain is."""
        if letters.inner is None or letters.direct or self.forms.arguments[letters.values[letters.inner].node] != INNER:
            return ""
        slot = row[letters.inner]
        names = [self._text(letters.values[letters.inner]), self.notation.value(self.tape.index(slot))]
        if slot >= self.tape.first_row and self.forms.weight(self.values[slot]) <= LONGEST_VALUE:
            names.append(self._text(self.values[slot]))
        return " = ".join(names)

    def _result(self, slot: int) -> str:
        """The derivative of a slot; in terms of other rows where it would be long."""
        full = self.slopes.slope(slot)
        if self.forms.weight(full) <= LONGEST or not self.slopes.is_derived(slot):
            return self._text(full)
        row = self.tape.operands_of(slot)
        for longest in (SHORT, 1):
            values = [self._named(operand, self.values[operand], "", longest) for operand in row]
            slopes = [self._named(operand, self.slopes.slope(operand), "'", longest) for operand in row]
            result = self._named(slot, self.values[slot], "", longest)
            short = self.slopes.assembled(slot, values, slopes, result)
            if self.forms.weight(short) <= LONGEST:
                break
        return self._text(short)

    def _named(self, slot: int, form: Form, prime: str, longest: int) -> Form:
        """A form, or where it is too long the name of what it stands for."""
        if slot < 0 or self.forms.weight(form) <= longest:
            return form
        return self.forms.name(f"v[{self.tape.index(slot)}]{prime}")

    # -- texts ---------------------------------------------------------------------------------------------------------------

    def _row_text(self, slot: int) -> str:
        """A row in terms of others: v₀·v₂."""
        if not self.tape.first_row <= slot < self.tape.slots:
            return self._text(self.values[slot])
        named = [self._named(operand, self.values[operand], "", 0) for operand in self.tape.operands_of(slot)]
        return self._text(self.forms.applied(self.tape.operation(slot), named))

    def _text(self, form: Form) -> str:
        return to_text(self.forms, self.forms.plain(form), self.dialect, self._spell)

    def _spell(self, name: str) -> str:
        """A name of a form in the notation: a variable, a constant, ``v[7]`` for a row; with a prime, its derivative."""
        bare = name.removesuffix("'")
        if bare.startswith("v["):
            text = self.notation.value(int(bare[2:-1]))
        else:
            text = self.notation.constants.get(bare) or self.dialect.name(bare)
        return text + (self.prime if bare != name else "")

    def _primed(self, text: str, operation: Operation) -> str:
        """The derivative of a text: (f·g)′, sqrt(u)′."""
        before, after = self.dialect.brackets
        if text.startswith(f"{operation.spelling}(") and not operation.symbol:
            before = after = ""
        return f"{before}{text}{after}{self.prime}"
