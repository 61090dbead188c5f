"""The value and gradient of a program, by any of the methods, with everything worth saying about them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from diffcli.errors import Diagnostic, ExpressionError
from diffcli.language import Program
from diffcli.language.writing.printer import number_text
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.digits.watch import Namer, Sweep, Swept
from diffcli.methods.nonsmooth.breaks import elements_reached, find_breaks
from diffcli.methods.nonsmooth.system_notes import explain_rows, require_values
from diffcli.methods.options import Options
from diffcli.methods.points.points import Point
from diffcli.methods.problem.problem import At, Problem, Target, as_program
from diffcli.methods.traces.trace import beside_rules, trace_of_sweeps
from diffcli.records import Difference, GradientResult, Number, SymbolicDerivative, is_array
from diffcli.tape.running.rules import Overrides

if TYPE_CHECKING:
    from diffcli.methods.nonsmooth.beside import Beside

# What only one mode or option needs is imported where it is used: a gradient should not wait for fractions or SymPy.


def compute(target: Target, at: At, options: Options) -> GradientResult:
    """The value and gradient of a program at a point: what `diffcli.grad` returns and raises."""
    options.progress("evaluating")
    program = as_program(target, options.verify)
    try:
        problem = Problem(program, at, wrt=options.wrt, share=options.share, most_rows=options.max_nodes)
    except ExpressionError as fault:
        if options.mode != "numeric":
            raise
        return _by_plain_calls(program, at, options, fault)
    problem.require_number()
    if problem.tape.shapes is not None and options.mode == "reverse" and not (options.trace or options.cost):
        from diffcli.methods.problem.live_values import keep_live_values  # numbers do not wait for it

        keep_live_values(problem)
    return of_problem(problem, options)


def of_problem(problem: Problem, options: Options, asks_rules: bool = True) -> GradientResult:
    """What `compute` returns and raises of a problem whose result is one number: all that print its gradient ask this.

    Notes speak of ``--kink`` and ``--strict`` where they can be asked for.
    """
    require_values(problem)
    notes = [*problem.notes(), *problem.unused()]
    replaced: Overrides = {}
    sides = None
    breaks = find_breaks(problem)
    if breaks:
        from diffcli.methods.nonsmooth.notes import describe_breaks  # most programs do not wait for it

        policy = options.kink if asks_rules and options.mode in ("reverse", "forward") else ""
        told, replaced = describe_breaks(problem, breaks, policy, options.strict)
        notes += told
        from diffcli.methods.nonsmooth.beside import beside

        sides = beside(problem, replaced, notes, options.mode)
    options.progress("differentiating")
    if problem.tape.shapes is None or options.mode in ("reverse", "forward"):
        answer = _METHODS[options.mode](problem, options, replaced, notes)
    else:
        from diffcli.methods.problem.scalarise import gathered, scalarised  # for the methods that know numbers only

        options.progress("writing the program out in numbers")
        answer = _METHODS[options.mode](scalarised(problem), options, {}, notes)
        answer["gradient"] = gathered(problem, answer["gradient"])
    swept = answer.pop("swept", [])
    if sides is not None and sides.rows:
        swept += [_take_sides(problem, sides, answer, notes)]
        if options.trace or options.derivative_tape or options.mode == "symbolic":
            notes[:] = beside_rules(notes)
    notes += notes_of(watch_of(problem), options.strict, *swept) if options.watch else ()
    known = (problem.expression(), options.mode, problem.at, problem.value)
    return GradientResult(*known, notes=tuple(notes), recorded=problem.function is not None, **answer)


# -- the methods -------------------------------------------------------------------------------------------------------


Answer = dict[str, Any]
"""What a method finds, by the names of the fields of a `GradientResult`; and what is ``swept``, for the watch on digits."""

ALONG: Namer = "the derivative along the direction".format


def _take_sides(problem: Problem, sides: Beside, answer: Answer, notes: list[Diagnostic]) -> Swept:
    """Put the derivatives of the sides of the point in place of those by the rules; with the sweep that they are of."""
    from diffcli.methods.nonsmooth.beside import ABOUT_THE_RULES
    from diffcli.methods.problem.scalarise import variables_of

    (row,) = sides.rows.values()
    variables = variables_of(problem)
    notes[:] = [note for note in notes if note.code not in ABOUT_THE_RULES]
    if "seed" in answer:
        steps = [answer["seed"].get(name) for name in problem.tape.inputs]
        answer["directional"] = along = variables.along(row, steps)
        return Sweep(sides.seeds(variables.numbers(steps)), True, name=ALONG, beside=sides), [along]
    gradient = variables.of(row)
    answer["gradient"] = {name: gradient[name] for name in answer["gradient"]}
    return Sweep({sides.problem.outputs[0].slot: 1.0}, beside=sides), row


def _reverse(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> Answer:
    seeds = {problem.tape.output: 1.0}
    adjoints = problem.swept_back(seeds, replaced) if replaced else problem.adjoints
    found = {name: adjoints[problem.input_slot(name)] for name in problem.wrt}
    gradient = with_zeros(problem, found, notes, own=not replaced)
    notes += explain_rows(problem, [gradient.values()], replaced, notes)
    answer: Answer = {"gradient": gradient, "swept": [(Sweep(seeds, False, replaced), adjoints)]}
    if options.trace:
        answer["trace"] = trace_of_sweeps(problem, answer["swept"], (), options)
    if options.cost:
        from diffcli.methods.traces.cost import reverse_cost

        answer["cost"] = reverse_cost(problem)
    if options.derivative_tape:
        from diffcli.methods.traces.derivative_tape import derivative_tape

        options.progress("writing the derivative out")
        answer["derivative_tape"] = derivative_tape(problem, options)
    return answer


def _forward(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> Answer:
    from diffcli.methods.problem.scalarise import variables_of  # reverse mode does not wait for it

    seed: Point | None = None
    if options.direction is not None:
        from diffcli.methods.points.directions import read_direction

        seed = read_direction(options.direction, problem.at)
        seeds = [{problem.input_slot(name): step for name, step in seed.items()}]
    else:
        elements = variables_of(problem)
        seeds = [elements.seed([place]) for place in range(len(elements))]
    sweeps = [problem.swept_forward(direction, replaced) for direction in seeds]
    output = problem.tape.output
    names = [ALONG] if seed is not None else [f"the derivative by `{name}`".replace("{", "{{").format for name in elements.names]
    named = zip(seeds, names, sweeps, strict=True)
    answer: Answer = {"gradient": {}, "swept": [(Sweep(start, True, replaced, name), sweep) for start, name, sweep in named]}
    if options.trace:
        from diffcli.language.writing.array_text import direction_text

        labels = elements.names if seed is None else [direction_text(seed, 6)]
        answer["trace"] = trace_of_sweeps(problem, answer["swept"], labels, options)
    if options.cost:
        from diffcli.methods.traces.cost import forward_cost

        answer["cost"] = forward_cost(problem, seeds)
    if seed is not None:
        directional = float(sweeps[0][output] or 0.0)
        notes += explain_rows(problem, [[directional]], replaced, notes)
        return answer | {"directional": directional, "seed": seed}
    gradient = with_zeros(problem, elements.derivatives([sweep[output] for sweep in sweeps]), notes)
    notes += explain_rows(problem, [gradient.values()], replaced, notes)
    return answer | {"gradient": gradient}


def _numeric(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> Answer:
    from diffcli.methods.differences.finite_difference import difference, doubts_of

    found = []
    for position, name in enumerate(problem.wrt, 1):
        options.progress(f"differences along {name} ({position} of {len(problem.wrt)})")
        found.append(difference(problem, name, options.quotient, options.accuracy, options.step, options.rule))
    differences = tuple(found)
    told = {slope.variable for note in notes for slope in note.slopes if None not in (slope.left, slope.right)}
    warned = any(note.severity == "warning" for note in notes)
    for each in differences:
        off = [] if warned else _disagreement(problem, each)
        slope = problem.adjoints[problem.input_slot(each.variable)] or 0.0
        heard = each.variable not in told or math.isfinite(each.estimate)
        notes += off or (doubts_of(each, problem.value, slope) if heard else ())
    gradient = {found.variable: found.estimate for found in differences}
    notes += explain_rows(problem, [()], replaced, notes)
    return {"gradient": gradient, "differences": differences}


def _by_plain_calls(program: Program, at: At, options: Options, fault: ExpressionError) -> GradientResult:
    """The gradient of a function that cannot be recorded, for which there is only what it returns."""
    from diffcli.methods.differences.finite_difference import difference_of
    from diffcli.methods.differences.plain_calls import in_place_of_recording
    from diffcli.methods.problem.remarks import not_a_number

    calls = in_place_of_recording(program, at, options.wrt, fault, options.progress)
    if calls.shapes != [()]:
        raise ExpressionError([not_a_number(calls.shapes[0], len(calls.shapes))])
    by = partial(difference_of, method=options.quotient, order=options.accuracy, step=options.step, rule=options.rule)
    (row,) = table = calls.jacobian(by)
    notes = tuple(calls.notes(table, options.strict))
    gradient = calls.columns.of([each.estimate for each in row])
    name, at = calls.function.name, calls.at
    return GradientResult(name, "numeric", at, calls.base[0], gradient, notes, differences=tuple(row), recorded=True)


def _disagreement(problem: Problem, found: Difference) -> list[Diagnostic]:
    """A warning for a quotient that is further from the derivative by the table's rules than its error says."""
    exact = problem.adjoints[problem.input_slot(found.variable)] or 0.0
    error = found.error if found.error is not None else 1e-9 * abs(exact)
    if not (math.isfinite(exact) and abs(found.estimate - exact) > 4 * error + 1e-13 * abs(exact)):
        return []
    message = f"the difference quotient along `{found.variable}` misses the derivative by more than its error bar"
    why = f"by the rules of the table the derivative is {number_text(exact)} (--mode reverse)"
    return [Diagnostic("difference-off", "warning", message, notes=(why,))]


def _symbolic(problem: Problem, options: Options, replaced: Overrides, notes: list[Diagnostic]) -> Answer:
    from diffcli.methods.nonsmooth.beside import Beside
    from diffcli.methods.symbolic.formulas import gradient_of
    from diffcli.methods.symbolic.simplification import Simplifier, keeping

    derivations: tuple[Any, ...] = ()
    if options.steps:
        from diffcli.methods.derivation.derivation import derive

        options.progress("deriving step by step")
        derivations = tuple(derive(problem, name, options.notation, options.most_shown) for name in problem.wrt)
    found: list[SymbolicDerivative] = []
    kept = keeping(notes, lambda: ", ".join(problem.wrt[len(found) :]) if found or derivations else "")
    with kept, Simplifier(options.simplify, len(problem.wrt), notes) as simplifier:
        found.extend(gradient_of(problem, simplifier, options.max_nodes, options.progress))
    gradient = {derivative.variable: derivative.value for derivative in found}
    if derivations:
        from diffcli.methods.derivation.symbolic_agreement import compare

        options.progress("comparing the derivation with SymPy's derivative")
        derivations = compare(problem, derivations, found, notes, options.progress)
    by_rules = {name: problem.adjoints[problem.input_slot(name)] or 0.0 for name in gradient}
    notes += explain_rows(problem, [by_rules.values()], replaced, notes)
    slopes = [None if find_breaks(problem) else gradient.get(name) for name in problem.wrt]
    swept = [(Sweep({problem.tape.output: 1.0}, beside=Beside(problem)), slopes)]
    return {"gradient": gradient, "symbolic": tuple(found), "derivations": derivations, "swept": swept}


_METHODS: dict[str, Callable[[Problem, Options, Overrides, list[Diagnostic]], Answer]] = {
    "reverse": _reverse, "forward": _forward, "numeric": _numeric, "symbolic": _symbolic,
}  # fmt: skip


# -- what is worth saying ----------------------------------------------------------------------------------------------


def with_zeros(problem: Problem, found: Mapping[str, Number | None], notes: list[Diagnostic], own: bool = False) -> Point:
    """Derivatives as numbers, or arrays of them, which may be changed if they are ``own``: no dependence is 0, and is said."""
    for name, derivative in found.items():
        if derivative is None or _is_apart(problem, name, derivative):
            message = f"the result does not depend on `{name}` here, so the derivative is 0"
            notes.append(Diagnostic("no-dependence", "note", message))
    numbers = {name: 0.0 * problem.at[name] if derivative is None else derivative for name, derivative in found.items()}
    if not any(map(is_array, numbers.values())):
        return {name: float(derivative) + 0.0 for name, derivative in numbers.items()}
    from diffcli.operations.arithmetic.arrays import in_own_memory  # numbers do not wait for NumPy

    return in_own_memory(numbers, problem.values if own else None)


def _is_apart(problem: Problem, name: str, derivative: Any) -> bool:
    """Whether a derivative of a program with arrays is 0 because every path is behind a branch that is not taken."""
    if problem.tape.shapes is None or (derivative.any() if is_array(derivative) else derivative):
        return False
    there: Any = elements_reached(problem).get(problem.input_slot(name), True)
    return not (there.any() if is_array(there) else there)
