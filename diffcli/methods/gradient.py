"""The value and gradient of a program, by any of the methods, with everything worth saying about them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from diffcli.errors import Diagnostic, LimitError, as_stop
from diffcli.language.writing.printer import number_text
from diffcli.methods.nonsmooth.breaks import describe, find_breaks, overrides
from diffcli.methods.options import Options
from diffcli.methods.points.points import Point
from diffcli.methods.problem.problem import At, Problem, Target
from diffcli.methods.sweeps import forward
from diffcli.methods.sweeps.reverse import accumulate
from diffcli.methods.traces.trace import Tracer
from diffcli.records import Cost, Difference, GradientResult, Number, SymbolicDerivative, Trace, is_array, is_finite
from diffcli.tape.running.rules import Overrides

# What only one mode or option needs is imported where it is used: a gradient should not wait for fractions or SymPy.


def compute(target: Target, at: At, options: Options) -> GradientResult:
    """The value and gradient of a program at a point.

    Raises
    ------
    ExpressionError
        The text is not a program, or names and values do not fit it.
    DomainError
        The value is undefined at the point.
    NotDifferentiableError
        Something is not differentiable there, and `Options` asked for an error.
    LimitError
        A limit was reached before anything was known.
    """
    options.progress("evaluating")
    problem = Problem(target, at, wrt=options.wrt, share=options.share, most_rows=options.max_nodes)
    problem.require_number()
    if problem.tape.shapes is not None and options.mode == "reverse" and not (options.trace or options.cost):
        from diffcli.methods.problem.live_values import keep_needed_values  # numbers do not wait for it

        keep_needed_values(problem)
    if problem.value != problem.value:
        from diffcli.methods.nonsmooth import nonfinite as faults

        _keep_all_values(problem)
        faults.require_value(problem)
    breaks = find_breaks(problem)
    notes = [*problem.notes(), *problem.unused()]
    notes += describe(problem, breaks, options.kink if options.mode in ("reverse", "forward") else "", options.strict)
    replaced = overrides(problem, breaks, options.kink)
    options.progress("differentiating")
    if problem.tape.shapes is not None and options.mode in ("numeric", "symbolic"):
        answer = _through_numbers(problem, options, notes)
    else:
        answer = _METHODS[options.mode](problem, options, replaced, notes)
    return answer._replace(notes=tuple(notes))


def _through_numbers(problem: Problem, options: Options, notes: list[Diagnostic]) -> GradientResult:
    """The gradient of a program with arrays by a method that knows numbers only."""
    from diffcli.methods.problem.scalarise import gathered, in_numbers

    options.progress("writing the program out in numbers")
    answer = _METHODS[options.mode](in_numbers(problem), options, {}, notes)
    return answer._replace(at=problem.at, gradient=gathered(problem, answer.gradient))


def _answer(
    problem: Problem,
    options: Options,
    gradient: dict[str, float],
    *,
    trace: Trace | None = None,
    cost: Cost | None = None,
    differences: tuple[Difference, ...] = (),
    symbolic: tuple[SymbolicDerivative, ...] = (),
) -> GradientResult:
    return GradientResult(
        problem.expression(), options.mode, problem.at, problem.value, gradient,
        differences=differences, symbolic=symbolic, trace=trace, cost=cost,
    )  # fmt: skip


# -- the methods -------------------------------------------------------------------------------------------------------


def _reverse(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> GradientResult:
    adjoints = problem.adjoints
    steps = None
    if replaced or options.trace or options.cost:
        adjoints, steps = accumulate(problem.tape, problem.values, problem.active, overrides=replaced)
    found = {name: adjoints[problem.input_slot(name)] for name in problem.wrt}
    gradient = _numbers(problem, found, notes, own=steps is None)
    notes += explain(problem, gradient, replaced, notes)
    trace = None
    if options.trace and steps is not None:
        trace = Tracer(problem, options.notation, options.most_shown).with_adjoints(steps)
    cost = None
    if options.cost and steps is not None:
        from diffcli.methods.traces.cost import reverse_cost

        cost = reverse_cost(problem, steps)
    answer = _answer(problem, options, gradient, trace=trace, cost=cost)
    if options.derivative_tape:
        from diffcli.methods.traces.derivative_tape import derivative_tape

        options.progress("writing the derivative out")
        written = derivative_tape(problem, options.notation, options.most_shown, options.max_nodes)
        answer = answer._replace(derivative_tape=written)
    return answer


def _forward(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> GradientResult:
    inputs = problem.tape.inputs
    seed: Point | None = None
    if options.seed is not None:
        from diffcli.language.writing.array_text import direction_text
        from diffcli.methods.points.directions import read_direction

        seed = read_direction(options.seed, problem.at)
        seeds: list[Point] = [seed]
        labels = [direction_text(seed, 6)]
    elif problem.tape.shapes is None:
        seeds = [{name: 1.0} for name in problem.wrt]
        labels = list(problem.wrt)
    else:
        from diffcli.methods.problem.components import Elements  # numbers do not wait for it

        slots = {name: problem.input_slot(name) for name in problem.wrt}
        elements = Elements([(name, slot, problem.tape.shape(slot)) for name, slot in slots.items()])
        labels = elements.names
        seeds = [{inputs[slot]: seed for slot, seed in elements.seed([place]).items()} for place in range(len(elements))]
    sweeps = [
        forward.tangents(problem.tape, problem.values, [direction.get(name) for name in inputs], replaced) for direction in seeds
    ]
    output = problem.tape.output
    trace = Tracer(problem, options.notation, options.most_shown).with_tangents(labels, sweeps) if options.trace else None
    cost = None
    if options.cost:
        from diffcli.methods.traces.cost import forward_cost

        cost = forward_cost(problem, sweeps)
    if seed is not None:
        directional = float(sweeps[0][output] or 0.0)
        answer = _answer(problem, options, {}, trace=trace, cost=cost)
        notes += explain(problem, {"": directional}, replaced, notes)
        return answer._replace(directional=directional, seed=seed)
    found: dict[str, Any] = dict(zip(labels, [sweep[output] for sweep in sweeps], strict=True))
    if problem.tape.shapes is not None:
        found = elements.of([0.0 if slope is None else float(slope) for slope in found.values()])
    gradient = _numbers(problem, found, notes)
    notes += explain(problem, gradient, replaced, notes)
    return _answer(problem, options, gradient, trace=trace, cost=cost)


def _numeric(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> GradientResult:
    from diffcli.methods.differences.finite_difference import difference, no_difference

    found = []
    for position, name in enumerate(problem.wrt, 1):
        options.progress(f"differences along {name} ({position} of {len(problem.wrt)})")
        found.append(difference(problem, name, options.quotient, options.order, options.step, options.rule))
    differences = tuple(found)
    told = {slope.variable for note in notes for slope in note.slopes if None not in (slope.left, slope.right)}
    notes += [no_difference(found) for found in differences if not math.isfinite(found.estimate) and found.variable not in told]
    if not any(note.severity == "warning" for note in notes):
        notes += _disagreements(problem, differences)
    gradient = {found.variable: found.estimate for found in differences}
    notes += explain(problem, {}, replaced, notes)
    return _answer(problem, options, gradient, differences=differences)


def _disagreements(problem: Problem, differences: Sequence[Difference]) -> list[Diagnostic]:
    """A warning for every quotient that is further from the derivative by the table's rules than its error says."""
    notes = []
    for found in differences:
        exact = problem.adjoints[problem.input_slot(found.variable)] or 0.0
        error = found.error if found.error is not None else 1e-9 * abs(exact)
        if math.isfinite(exact) and abs(found.estimate - exact) > 4 * error + 1e-13 * abs(exact):
            message = f"the difference quotient along `{found.variable}` is further off than its error says"
            why = [f"by the rules of the table the derivative is {number_text(exact)} (--mode reverse)"]
            notes.append(Diagnostic("difference-off", "warning", message, notes=tuple(why)))
    return notes


def _symbolic(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> GradientResult:
    from diffcli.methods.symbolic.symbolic import differentiate

    derivations: tuple[Any, ...] = ()
    if options.steps:
        from diffcli.methods.derivation.derivation import derive

        options.progress("deriving step by step")
        derivations = tuple(derive(problem, name, options.notation, options.most_shown) for name in problem.wrt)
    found: list[SymbolicDerivative] = []
    try:
        differentiate(problem, found.append, notes, options.max_nodes, options.simplify, options.progress)
    except (LimitError, KeyboardInterrupt) as stopped:
        if not found and not derivations:
            raise
        why = as_stop(stopped)
        left = ", ".join(problem.wrt[len(found) :])
        notes.append(why._replace(notes=(f"not differentiated: {left}",)))
    gradient = {derivative.variable: derivative.value for derivative in found}
    if derivations:
        from diffcli.methods.derivation.symbolic_agreement import compare

        options.progress("comparing the derivation with SymPy's derivative")
        derivations = compare(problem, derivations, found, notes, options.progress)
    notes += explain(problem, {}, replaced, notes)
    return _answer(problem, options, gradient, symbolic=tuple(found))._replace(derivations=derivations)


_METHODS: dict[str, Callable[[Problem, Options, Overrides, list[Diagnostic]], GradientResult]] = {
    "reverse": _reverse, "forward": _forward, "numeric": _numeric, "symbolic": _symbolic,
}  # fmt: skip


def explain(problem: Problem, gradient: dict[str, float], overrides: Overrides, known: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What `diffcli.methods.nonsmooth.nonfinite.explain` says of a result that is not finite."""
    if math.isfinite(problem.value) and all(map(is_finite, gradient.values())):
        return []
    from diffcli.methods.nonsmooth import nonfinite as faults

    _keep_all_values(problem)
    return faults.explain(problem, gradient, overrides, known)


def _keep_all_values(problem: Problem) -> None:
    """What went wrong is found among all values of a tape."""
    if problem.tape.shapes is not None:
        from diffcli.methods.problem.live_values import keep_all_values

        keep_all_values(problem)


# -- what is worth saying ----------------------------------------------------------------------------------------------


def _numbers(problem: Problem, found: Mapping[str, Number | None], notes: list[Diagnostic], own: bool = False) -> Point:
    """Derivatives as numbers, or arrays of them, which may be changed if they are ``own``: no dependence is 0, and is said."""
    for name, derivative in found.items():
        if derivative is None:
            message = f"the result does not depend on `{name}` here, so the derivative is 0"
            notes.append(Diagnostic("no-dependence", "note", message))
    numbers = {name: 0.0 * problem.at[name] if derivative is None else derivative for name, derivative in found.items()}
    if not any(map(is_array, numbers.values())):
        return {name: float(derivative) + 0.0 for name, derivative in numbers.items()}
    from diffcli.operations.arithmetic.arrays import in_own_memory  # numbers do not wait for NumPy

    return in_own_memory(numbers, problem.values if own else None)
