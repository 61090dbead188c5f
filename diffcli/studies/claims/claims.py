"""Derivatives worked out by hand, compared with the right ones: proved, or disproved by a point, with the likely slip.

A claim is compared with the derivative by the rules of the table at points where both are defined and smooth. One point
where they differ, by more than the rounding of either, disproves it; what agrees everywhere is put to SymPy for a proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice

from diffcli._named import NamedTuple
from diffcli.errors import ExpressionError, Mark, error
from diffcli.language import Program
from diffcli.language.writing.printer import number_text
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.gradient import of_problem
from diffcli.methods.nonsmooth.breaks import NOT_DIFFERENTIABLE, find_breaks
from diffcli.methods.nonsmooth.one_sided import slopes_of
from diffcli.methods.options import Options
from diffcli.methods.problem.problem import Linearisation, Problem
from diffcli.methods.problem.scalarise import scalarised
from diffcli.operations.array_row import shape_text
from diffcli.records import GradientResult, element_names
from diffcli.records.agreement import ClaimVerdict, Comparison
from diffcli.studies.claims.comparison import CLEAR, Function, compared, judged, nice_points, points_about
from diffcli.studies.claims.observations import Observation
from diffcli.studies.claims.slip_search import find_slip
from diffcli.studies.claims.text import read_claims as read_claims  # the two are used together

VERDICTS = {
    "proved": "it is the derivative, wherever both are defined",
    "wrong": "it is not the derivative",
    "right at the point": "it is the value of the derivative at this point",
    "at the point only": "it has the right value at this point, and is not the derivative",
    "not decided": "it agrees with the derivative wherever it was tried, which is no proof",
    "not readable": "it is no claim about the expression",
}
"""What a claim can turn out to be."""

HALF = 2.0**-26
"""A number that has half of the digits of a float right is right."""

ENOUGH = 24
"""At how many points a claim has to agree before it is put to SymPy."""

MOST_TRIED = 120
"""How many points are looked at, at most: a function may be undefined at most of them."""

MOST_EVALUATED = 2_000_000
"""How many rows are evaluated in this, at most."""

OBSERVED = 8
"""At how many points a slip has to explain a claim."""


def judge_claims(
    problem: Problem,
    claims: dict[str, Program],
    progress: Callable[[str], None] = lambda stage: None,
    at_given: bool = True,
    rtol: float | None = None,
) -> list[ClaimVerdict]:
    """What each of the claims that `read_claims` returned turns out to be, in their order.

    Unless somebody asked for the point (``at_given``), a claim that is right there alone is plainly wrong. Where somebody did,
    a number is about the derivative there, from which it may be off by ``rtol`` beside its size.

    >>> problem = Problem("x^3", {"x": 2})
    >>> (verdict,) = judge_claims(problem, read_claims("3*x^3", problem))
    >>> verdict.verdict, verdict.slip, verdict.right
    ('wrong', 'power rule: the exponent of x^3 is to be reduced by 1', '3*x^2')
    """
    written = [(program, claims_in_numbers(problem, name, program)) for name, program in claims.items()]
    return [*chain.from_iterable(judged_in_turn(problem, written, progress, at_given, rtol))]


def judged_in_turn(
    problem: Problem,
    claims: Sequence[tuple[Program, dict[str, Problem]]],
    progress: Callable[[str], None],
    at_given: bool,
    rtol: float | None = None,
) -> Iterator[list[ClaimVerdict]]:
    """The verdicts on claims, each given with itself in numbers, by variable; any number of them may be by one variable."""
    written = scalarised(problem)
    wrt = [*dict.fromkeys(chain.from_iterable(numbers for _, numbers in claims))]
    numbers = Linearisation(written, written.tape, wrt=wrt, values=written.values)
    function, found = Function(numbers.tape), of_problem(numbers, Options(), asks_rules=False)
    told = [] if at_given else [note for note in found.notes if note.code == "lost-digits"]
    for program, claimed in claims:
        text, verdicts = " ".join(program.source.text.split()), []
        for variable, claim in claimed.items():
            value, slope = float(found.gradient[variable]), _slope(numbers, variable, found)
            judge = _Judge(numbers, function, variable, text, value, slope, claim.value, Function(claim.tape), progress, at_given)
            notes = notes_of(watch_of(claim, f"the claim for `{variable}`".format), False)
            verdict = judge.verdict()
            if at_given and not claim.tape.inputs and verdict.verdict != "proved":
                verdict = _at_the_point(numbers, verdict, slope, HALF if rtol is None else rtol)
            verdicts.append(verdict._replace(notes=(*told, *notes)))
        yield verdicts


def _slope(problem: Problem, variable: str, found: GradientResult) -> float | None:
    """The derivative at the point; None where there is none, or no finite one."""
    slope = float(found.gradient[variable])
    if any(each.kind in NOT_DIFFERENTIABLE for each in find_breaks(problem)):
        left, right = slopes_of(problem, problem.input_slot(variable))
        slope = math.nan if left is None or right is None or not math.isclose(left, right, rel_tol=1e-9) else right
    return slope if math.isfinite(slope) else None


def _at_the_point(problem: Problem, found: ClaimVerdict, slope: float | None, rtol: float) -> ClaimVerdict:
    """The verdict on a number, which is right where it is the derivative at the point, or between the slopes of a kink."""
    left, right = slopes_of(problem, problem.input_slot(found.variable)) if slope is None else (slope, slope)
    if left is None or right is None or not math.isfinite(left + right + found.claimed):
        return found
    nearest = min(max(found.claimed, min(left, right)), max(left, right))
    off = abs(found.claimed - nearest) / (max(abs(found.claimed), abs(nearest)) or 1.0)
    if off <= rtol:
        return found._replace(verdict="right at the point", counterexample=None, slip="")
    hint = f"it agrees to {int(-math.log10(off))} digits; --rtol says how far it may be off"
    return found._replace(slip=hint) if off < CLEAR else found


def claims_in_numbers(problem: Problem, variable: str, program: Program) -> dict[str, Problem]:
    """A claim as a problem of its own: one number, or of a variable that is an array, one for each of its elements."""
    claim = Problem(program, {name: value for name, value in problem.at.items() if name in program.free})
    name = variable.partition("[")[0]
    wanted = problem.tape.shape(problem.input_slot(name)) if variable == name else ()
    if claim.outputs[0].shape != wanted:
        message = f"the derivative by `{variable}` is {shape_text(wanted)}, and the claim {shape_text(claim.outputs[0].shape)}"
        raise ExpressionError([error("shape-mismatch", message, program.source, Mark(program.result.span))])
    numbers = scalarised(claim)
    return dict(zip(element_names(variable, wanted), map(numbers.view, numbers.outputs), strict=True))


class _Judge(NamedTuple):
    """One claim on its way to a verdict."""

    problem: Problem
    function: Function
    variable: str
    text: str
    value: float
    """What is shown as the derivative at the point of the problem."""
    slope: float | None
    """The derivative there, if there is one."""
    claimed: float
    """The value of the claim there."""
    claim: Function
    progress: Callable[[str], None]
    at_given: bool

    @property
    def tries(self) -> int:
        """How many points are looked at."""
        rows = len(self.problem.tape.operations) + len(self.claim.tape.operations)
        return max(4, min(MOST_TRIED, MOST_EVALUATED // (rows + 1)))

    def verdict(self) -> ClaimVerdict:
        from diffcli.methods.symbolic.claim_proof import NOTHING, decide, derivative_text

        self.progress(f"comparing the claim for {self.variable} at points")
        tape, claimed = self.problem.tape, self.claimed
        agreeing, counterexample = self._compare()
        slip, decision = "", NOTHING
        if self.slope is not None and not math.isfinite(claimed):
            counterexample = Comparison(dict(self.problem.at), math.nan, self.slope, math.inf)
            point = ", ".join(f"{name} = {number_text(x)}" for name, x in self.problem.at.items())
            slip = f"it has no value at {'this point' if self.at_given else point}, where the derivative has one"
        if counterexample is None:
            self.progress(f"SymPy compares the claim for {self.variable}")
            decision = decide(tape, self.variable, self.claim.tape)
            counterexample = self._confirmed(decision.witness)
        kind = "proved" if decision.proved else "not decided"
        right = decision.right
        if counterexample is not None:
            here = self._compared(self.problem.at) if self.at_given else None
            kind = "at the point only" if here is not None and here.agrees else "wrong"
            slip = slip or find_slip(self.problem, self.variable, self._observations())[0]
            self.progress(f"SymPy differentiates along {self.variable}")
            right = right or derivative_text(tape, tape.output, self.variable)
        worst = max((found.difference for found in agreeing), default=1.0)
        digits = min(15, int(-math.log10(max(worst, 1e-16))))
        return ClaimVerdict(
            self.variable, self.text, kind, claimed, self.value, counterexample, slip, right, len(agreeing), digits
        )  # fmt: skip

    def _right(self, at: Mapping[str, float]) -> float | None:
        """The derivative at a point; None on a break that no slope is known for."""
        if at == self.problem.at:
            return self.slope
        sample = self.function.sample(at)
        return sample.derivative(self.variable) if sample.is_smooth else None

    def _compared(self, at: Mapping[str, float]) -> Comparison | None:
        """The claim beside the derivative; None where either is undefined, or more digits do not tell."""
        found = compared(self.claim, self._right(at), at)
        return judged(self.function.tape, self.variable, self.claim.tape, found)

    def _compare(self) -> tuple[list[Comparison], Comparison | None]:
        """The points at which the claim agrees, up to the first at which it does not."""
        agreeing: list[Comparison] = []
        at = self.problem.at
        points = islice(chain(nice_points(at), [at], points_about(at, 1)), self.tries)
        for found in filter(None, map(self._compared, points)):
            if not found.agrees:
                return agreeing, found
            agreeing.append(found)
            if len(agreeing) == ENOUGH:
                break
        return agreeing, None

    def _confirmed(self, witness: dict[str, float] | None) -> Comparison | None:
        """Where SymPy sees a difference, if it is one of defined values; variables that it does not name may be any."""
        if witness is None:
            return None
        found = self._compared({name: witness.get(name, x) for name, x in self.problem.at.items()})
        return found if found is not None and not found.agrees else None

    def _observations(self) -> list[Observation]:
        """The function and the claim at random points, for `find_slip`."""
        found: list[Observation] = []
        for at in islice(points_about(self.problem.at, 2), self.tries):
            sample, claim = self.function.sample(at), self.claim.sample(at)
            seen = compared(self.claim, self._right(at), at)
            if seen is None or not (sample.is_smooth and claim.is_smooth):
                continue
            names = [name for name in self.problem.tape.inputs if name != self.variable]
            others = [("variable", name, [sample.derivative(name)]) for name in names]
            slope = claim.derivative(self.variable)
            x = [at[self.variable]]
            found.append(Observation(x, sample.value, [seen.claimed], [seen.right], [0.0], others, sample, slope))
            if len(found) == OBSERVED:
                break
        return found if 2 * len(found) >= OBSERVED else []
