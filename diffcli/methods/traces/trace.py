"""A tape's sweeps as records: the primal, tangent and adjoint traces of Baydin et al. (2018), Tables 2 and 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import Diagnostic
from diffcli.language import Program
from diffcli.language.writing.printer import LATEX, MATHEMATICS, PLAIN_MATHEMATICS, Dialect, number_text, to_text
from diffcli.methods.problem.problem import Problem
from diffcli.methods.sweeps.reverse import Step, accumulate
from diffcli.operations import OPERATIONS, row_of
from diffcli.records import AdjointStep, Operand, PrimalRow, TangentRow, Trace, is_array, plain
from diffcli.tape import Tape
from diffcli.tape.running.formulas import Formula
from diffcli.tape.running.rules import ABSENT, RESULT, SEED, TIES, Term, terms

_TOO_LONG = 60
"""A formula longer than this is written with the partial's name instead of its rule."""


class Notation(NamedTuple):
    """How values, tangents and adjoints are written, and with which spelling of formulas."""

    dialect: Dialect
    value_form: str
    tangent_form: str
    adjoint_form: str
    result_form: str
    """How the adjoint of a result is written, by its number."""
    partial: str
    """The sign of a partial derivative."""
    digits: str = "-0123456789"
    """How the characters of an index are written."""
    constants: Mapping[str, str] = {}
    prime: str = "'"
    """The mark of a derivative."""

    def numeral(self, index: int) -> str:
        return str(index).translate(str.maketrans("-0123456789", self.digits))

    def value(self, index: int) -> str:
        return self.value_form.format(self.numeral(index))

    def tangent(self, index: int) -> str:
        return self.tangent_form.format(self.numeral(index))

    def adjoint(self, index: int) -> str:
        return self.adjoint_form.format(self.numeral(index))

    def operand(self, operand: Operand) -> str:
        if operand.v is not None:
            return self.value(operand.v)
        if operand.name:
            return self.constants.get(operand.name, operand.name)
        assert operand.constant is not None
        if is_array(operand.constant):
            from diffcli.language.writing.array_text import short_text  # few programs have arrays

            return short_text(operand.constant)
        text = self.dialect.number(operand.constant)
        return f"({text})" if text.startswith("-") else text


UNICODE = Notation(MATHEMATICS, "v{}", "v̇{}", "v̄{}", "ȳ{}", "∂", "₋₀₁₂₃₄₅₆₇₈₉", {"pi": "π", "tau": "τ"}, "′")
ASCII = Notation(PLAIN_MATHEMATICS, "v[{}]", "dot v[{}]", "bar v[{}]", "bar y[{}]", "d")
IN_LATEX = Notation(
    LATEX, "v_{{{}}}", r"\dot{{v}}_{{{}}}", r"\bar{{v}}_{{{}}}", r"\bar{{y}}_{{{}}}", r"\partial ",
    constants={"pi": r"\pi", "tau": r"\tau"},
)  # fmt: skip
NOTATIONS = {"unicode": UNICODE, "ascii": ASCII, "latex": IN_LATEX}
"""By the names that the table of formats has for them."""


def kept_of(count: int, most: int | None) -> tuple[list[int], int]:
    """Which of so many rows a long trace keeps, ``most`` of them from either end, and how many it leaves out."""
    if most is None or count <= most:
        return list(range(count)), 0
    head = most // 2
    return [*range(head), *range(count - most + head, count)], count - most


@cache
def _application(operation: str, letters: tuple[str, ...]) -> Program:
    """An operation applied to names, as a program."""
    from diffcli.methods.traces.expressions import Forms  # a value does not wait for it

    forms = Forms()
    forms.applied(operation, list(map(forms.name, letters)))
    return forms


def formula_of(problem: Problem, slot: int, position: int, term: Term) -> Formula:
    """The formula of the term of a row by one of its operands, at the row's values; an array stands for many of them."""
    row = problem.tape.operands_of(slot)
    result, *numbers = [problem.values[place] for place in (slot, *row)]
    if problem.tape.shapes is not None:
        result, *numbers = [None if is_array(found) else plain(found) for found in (result, *numbers)]
    operation = term.row
    environment: dict[str, Any] = {SEED: 1.0, RESULT: result}
    if operation.variadic:
        ties = None if result is None else float(numbers.count(result))
        environment |= {operation.parameters[0]: numbers[position], TIES: ties}
        return Formula(term, environment, () if ties is None else (TIES,))
    environment |= dict(zip(operation.parameters, numbers, strict=True))
    constants = [name for name, operand in zip(operation.parameters, row, strict=True) if operand < 0]
    return Formula(term, environment, constants)


def operand_of(tape: Tape, slot: int) -> Operand:
    """A value as an operand: by its index, or as the constant that it is."""
    if slot >= 0:
        return Operand(tape.index(slot))
    return Operand(None, tape.constants[-1 - slot], tape.constant_names.get(slot, ""))


class Tracer:
    """Builds the records of a problem's trace, in the notation of some options."""

    def __init__(self, problem: Problem, options: Any, results: str = "") -> None:
        """``results`` is how a result is called that has no name, with ``{}`` for what the problem calls it."""
        self.problem, self.tape = problem, problem.tape
        self.notation: Notation = options.notation
        self.most: int | None = options.most_shown
        self.slots, self.hidden_rows = kept_of(self.tape.slots, self.most)
        self.names = {slot: name for name, slot in reversed(self.tape.bindings.items()) if slot >= 0}
        self.names |= dict(enumerate(self.tape.inputs))
        for output in problem.outputs if results else ():
            if self.names.get(output.slot, "[").startswith("["):  # the entries of a list have no name of their own
                self.names[output.slot] = results.format(output.name)

    def primal(self, *, tangent: tuple[TangentRow, ...] = (), seeds: tuple[str, ...] = ()) -> Trace:
        tape = self.tape
        rows = tuple(map(self._primal_row, self.slots))
        output = tape.index(tape.output) if tape.output < tape.slots else None
        results = tuple(tape.index(each.slot) if 0 <= each.slot < tape.slots else None for each in self.problem.outputs)
        return Trace(len(tape.inputs), rows, output, seeds, tangent, hidden=(self.hidden_rows, 0), results=results)

    def with_tangents(self, seeds: Sequence[str], sweeps: Sequence[Sequence[Any]]) -> Trace:
        rows = []
        for slot in self.slots:
            tangents = tuple(plain(sweep[slot]) for sweep in sweeps)
            rows.append(TangentRow(self.tape.index(slot), self._tangent_formula(slot), tangents))
        return self.primal(tangent=tuple(rows), seeds=tuple(seeds))

    def with_adjoints(self, sweeps: Sequence[Any]) -> Trace:
        """The trace of reverse sweeps, one after another, each with the adjoints of results that it begins with, by slot."""
        trace, tape, problem = self.primal(), self.tape, self.problem
        started, reached = list[tuple[Any, int]](), set[int]()
        for number, sweep in enumerate(sweeps):
            seeds = sweep.started()
            inside = {slot: seed for slot, seed in seeds.items() if 0 <= slot < tape.slots}
            steps = accumulate(tape, problem.values, problem.active, seeds, sweep.overrides)[1]
            started += [(each, number) for each in (*inside.items(), *steps)]
            reached.update(inside, [step.target for step in steps])
        kept, hidden = kept_of(len(started), self.most)
        shown = [started[position] for position in kept]
        made = [(self._adjoint_step(each) if isinstance(each, Step) else self._seed(*each), sweep) for each, sweep in shown]
        records = [step._replace(sweep=sweep) for step, sweep in made]
        unreached = tuple(tape.index(slot) for slot in self.slots if slot not in reached)
        return trace._replace(adjoint=tuple(records), unreached=unreached, hidden=(self.hidden_rows, hidden))

    # -- rows -----------------------------------------------------------------------------------------------------------

    def _words(self, slots: Sequence[int]) -> list[str]:
        return [self.notation.operand(operand_of(self.tape, slot)) for slot in slots]

    def _primal_row(self, slot: int) -> PrimalRow:
        tape = self.tape
        value = self.problem.values[slot]
        number = plain(value)
        name = self.names.get(slot, "")
        if slot < tape.first_row:
            return PrimalRow(tape.index(slot), "input", (), self.notation.dialect.name(name), number, name, None)
        operation = tape.operation(slot)
        operands = tuple(operand_of(tape, operand) for operand in tape.operands_of(slot))
        words = {f"a{position}": self.notation.operand(operand) for position, operand in enumerate(operands)}
        if operation not in OPERATIONS:
            from diffcli.methods.traces.array_formulas import row_text  # numbers do not wait for it

            formula = row_text(tape, slot, words, self.notation.dialect)
        else:
            program = _application(operation, tuple(words))
            formula = to_text(program, len(program) - 1, self.notation.dialect, lambda name: words.get(name, name))
        return PrimalRow(tape.index(slot), str(operation), operands, formula, number, name, tape.span(slot))

    def _tangent_formula(self, slot: int) -> str:
        tape = self.tape
        if slot < tape.first_row or self.problem.values[slot] is None:
            return ""
        row = tape.operands_of(slot)
        chooses = tape.operation(slot) == "where" and not tape.shape(row[0])  # an array does for each element
        untaken = 1 + bool(self.problem.values[row[0]]) if chooses else None
        parts = [
            self._term(slot, position, "tangent", self.notation.tangent(tape.index(operand)))
            for position, operand in enumerate(row) if operand >= 0 and position != untaken
        ]  # fmt: skip
        return " + ".join(filter(None, parts)).replace("+ -", "- ")

    def _term(self, slot: int, position: int, kind: str, other: str) -> str:
        """What a row adds by an operand as a formula: ``other`` times the partial. Empty if there is no dependence."""
        row = self.tape.operands_of(slot)
        if self.tape.operation(slot) not in OPERATIONS:
            from diffcli.methods.traces.array_formulas import rule_formula

            read = row[position : position + 1] if row_of(self.tape.operation(slot)).variadic else row
            words = self._words(read)
            result = self.notation.value(self.tape.index(slot))
            return rule_formula(self.tape, slot, position, kind, other, words, result, self.notation.dialect)
        term = terms(self.tape.operation(slot), len(row))[position]
        if term is None:
            return ""
        operation = term.row
        (own,) = self._words(row[position : position + 1])
        formula = formula_of(self.problem, slot, position, term)
        if operation.variadic:
            names = {operation.parameters[0]: own}
            if formula.environment[TIES] is not None:
                names[TIES] = number_text(formula.environment[TIES])
        else:
            names = dict(zip(operation.parameters, self._words(row), strict=True))
        names |= {SEED: other, RESULT: self.notation.value(self.tape.index(slot)), ABSENT: "0"}  # what is not taken is 0
        text = formula.text(self.notation.dialect, names)
        if len(text) > _TOO_LONG or len(term.program.statements) > 1:
            above, below = self.notation.value(self.tape.index(slot)), own
            partial = self.notation.partial
            text = f"{other}{self.notation.dialect.symbols['mul']}{partial}{above}/{partial}{below}"
        if kind == "adjoint" and self.tape.shape(slot) != self.tape.shape(row[position]):
            from diffcli.methods.traces.array_formulas import summed_text

            text = summed_text(text, self.tape.shape(slot), self.tape.shape(row[position]), self.notation.dialect)
        return text

    def _seed(self, slot: int, seed: Any) -> AdjointStep:
        """The adjoint of a result with which a reverse sweep begins."""
        places = [number for number, output in enumerate(self.problem.outputs, 1) if output.slot == slot] or [1]
        formula = " + ".join(self.notation.result_form.format(self.notation.numeral(number)) for number in places)
        return AdjointStep(self.tape.index(slot), None, 0, formula, plain(seed), plain(seed))

    def _adjoint_step(self, step: Step) -> AdjointStep:
        tape = self.tape
        target = tape.index(step.target)
        text = self._term(step.source, step.position, "adjoint", self.notation.adjoint(tape.index(step.source)))
        if not step.first:
            text = f"{self.notation.adjoint(target)} + {text}".replace("+ -", "- ")
        return AdjointStep(target, tape.index(step.source), step.position, text, plain(step.term), plain(step.total))


WRITTEN = "its trace, tape or formula is by the rules of the table, and may show another"
"""What is said beside a derivative that is the slope of the sides."""


def beside_rules(notes: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Notes with that beside each slope."""
    return [note._replace(notes=(*note.notes, WRITTEN)) if note.slopes else note for note in notes]


def trace_of_sweeps(
    problem: Problem, swept: Sequence[tuple[Any, Sequence[Any]]], names: Sequence[str], options: Any, results: str = "{}"
) -> Trace:
    """The trace of what sweeps of one direction (`diffcli.methods.digits.watch.Sweep`) have found; forward ones have names."""
    tracer = Tracer(problem, options, results if len(problem.outputs) > 1 or results != "{}" else "")
    if all(sweep.forward for sweep, _ in swept):
        return tracer.with_tangents(names, [found for _, found in swept])
    return tracer.with_adjoints([sweep for sweep, _ in swept])
