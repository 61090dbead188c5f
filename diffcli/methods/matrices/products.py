"""Products with a Jacobian or a Hessian, each by one sweep: the matrix is never made.

J v is a forward sweep with the seed v, w'J a reverse sweep with the seed w (Griewank & Walther 2008, sections 3.1 and 3.2), and
H v a forward sweep over the tape of the gradient with the seed v (Pearlmutter 1994; Griewank & Walther 2008, section 5.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from diffcli.errors import Diagnostic, ExpressionError, UsageError, counted, error
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.digits.watch import Sweep
from diffcli.methods.matrices.hessian import gradient_of, require_one
from diffcli.methods.matrices.jacobian import evaluated, kinks_of
from diffcli.methods.nonsmooth.notes import rows_of_sides
from diffcli.methods.nonsmooth.system_notes import AGREE, MAYBE, about_second, explain_rows
from diffcli.methods.options import MatrixOptions
from diffcli.methods.points.directions import read_direction
from diffcli.methods.points.points import with_semicolons
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import At, Problem, Target
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.records import Difference, Number
from diffcli.records.matrices import ProductResult

Direction = str | Mapping[str, object]
Weights = str | Sequence[object] | Mapping[str, object]


def compute_jvp(target: Target, at: At, direction: Direction, options: MatrixOptions, label: str = "seed") -> ProductResult:
    """The Jacobian times a direction, what `diffcli.jvp` returns: how each result starts to change along it."""
    system = evaluated(target, at, options)
    seed = read_direction(direction, system.at, label)
    with system.placing():
        notes, replaced = kinks_of(system, options)
    rows = Components(system.outputs)
    if options.mode == "numeric":
        differences = _differences(system, seed, notes)
        notes += notes_of(watch_of(system), options.strict)
        found = rows.of([each.estimate for _, each in differences])
        return _result("jvp", options.mode, system, seed, found, notes)._replace(differences=differences)
    options.progress("one forward sweep")
    along = Sweep(by_slot(system, seed), True, replaced, "the derivative of `{}` along the direction".format)
    tangents = system.swept_forward(along.seeds, replaced)
    found = rows.whole(tangents)
    steps = [seed.get(name) for name in system.tape.inputs]
    found |= {name: variables_of(system).along(row, steps) for name, row in rows_of_sides(system, replaced, notes).items()}
    notes += explain_rows(system, [[entry] for entry in found.values()], replaced, notes)
    notes += notes_of(watch_of(system), options.strict, (along, tangents))
    return _result("jvp", options.mode, system, seed, found, notes)


def compute_vjp(target: Target, at: At, weights: Weights | None, options: MatrixOptions, label: str = "seed") -> ProductResult:
    """Weights of the results times the Jacobian, what `diffcli.vjp` returns: the gradient of their sum, so weighted."""
    system = evaluated(target, at, options)
    seed = read_weights(system, weights, label)
    with system.placing():
        notes, replaced = kinks_of(system, options)
    options.progress("one reverse sweep")
    back = Sweep(_weights_by_slot(system, seed), False, replaced)
    adjoints = system.swept_back(back.started(), replaced)
    columns = variables_of(system)
    sides = {name: columns.of(row) for name, row in rows_of_sides(system, replaced, notes).items() if seed.get(name)}
    rest = Sweep(_weights_by_slot(system, {name: weight for name, weight in seed.items() if name not in sides})).started()
    unswept = [None] * len(system.tape.inputs)
    found = columns.whole(adjoints if not sides else system.swept_back(rest, replaced) if rest else unswept)
    for name, gradient in sides.items():
        found = {variable: slope + seed[name] * gradient[variable] for variable, slope in found.items()}
    notes += explain_rows(system, [found.values()] * len(system.outputs), replaced, notes)
    notes += notes_of(watch_of(system), options.strict, (back, adjoints))
    return _result("vjp", "reverse", system, seed, found, notes)


def compute_hvp(target: Target, at: At, direction: Direction, options: MatrixOptions, label: str = "direction") -> ProductResult:
    """The Hessian times a direction, what `diffcli.hvp` returns: how the gradient starts to change along it."""
    system = evaluated(target, at, options)
    require_one(system, "a Hessian")
    seed = read_direction(direction, system.at, label)
    with system.placing():
        gradient, told, sides = gradient_of(system, options)
    options.progress("one forward sweep over the gradient")
    along = Sweep(by_slot(system, seed), True, {}, "the Hessian times the direction, by `{}`,".format)
    tangents = gradient.derived.swept_forward(along.seeds)
    found = gradient.results.whole(tangents)
    if sides is not None:
        steps = [step or 0.0 for step in gradient.variables.numbers([along.seeds.get(slot) for slot in range(len(system.at))])]
        found = gradient.variables.of(sides.product(steps))
    meaning = MAYBE if sides is None else sides.fault or AGREE
    notes = [*system.notes(), *system.unused(), *about_second(told, meaning, options.strict)]
    notes += gradient.explain([[entry] for entry in found.values()], notes)
    notes += notes_of(watch_of(gradient.derived, "".format, gradient.written_out), options.strict, (along, tangents))
    return _result("hvp", "forward-over-reverse", system, seed, found, notes)


def by_slot(problem: Problem, direction: Mapping[str, Number]) -> dict[int, Number]:
    """A direction by the slots of the inputs that it moves."""
    return {problem.input_slot(name): step for name, step in direction.items()}


def _result(
    kind: str, mode: str, system: Problem, seed: dict[str, Number], product: dict[str, Number], notes: list[Diagnostic]
) -> ProductResult:
    values = {output.name: system.value_of(output) for output in system.outputs}
    placed = tuple(system.placed(notes))
    return ProductResult(kind, system.expression(), mode, system.at, values, seed, product, placed, system.question.of)


def _differences(system: Problem, seed: Mapping[str, Any], notes: list[Diagnostic]) -> tuple[tuple[str, Difference], ...]:
    """The derivative of each result along a direction by differences."""
    from diffcli.methods.differences.automatic_difference import automatic_difference
    from diffcli.methods.differences.finite_difference import doubts_of
    from diffcli.methods.differences.sampling import DirectionSampler

    moving = Components([(name, slot, getattr(seed[name], "shape", ())) for slot, name in enumerate(seed)])
    steps = {name: step or 0.0 for name, step in zip(moving.names, moving.numbers(list(seed.values())), strict=True)}
    numbers = scalarised(system)
    found = []
    for output in numbers.outputs:
        if not any(steps.values()):
            still = Difference("t", "central", 0.0, (), 0.0, 0.0, "the direction does not move the point")
            found.append((output.name, still))
            continue
        each = automatic_difference(DirectionSampler(numbers.view(output), steps), "t")
        notes += doubts_of(each._replace(variable=f"t, of {output.name}"))
        found.append((output.name, each))
    return tuple(found)


# -- weights -----------------------------------------------------------------------------------------------------------------


def read_weights(system: Problem, given: Weights | None, label: str) -> dict[str, Number]:
    """The weight of each result: numbers in their order, such as ``1, 0, 2``, or by name, ``u=1, v=[0, 1]``.

    Results that are not named have the weight 0.

    Raises
    ------
    ExpressionError
        A name is no result, there are more or fewer numbers than results, or a shape differs from that of its result.
    """
    names = [output.name for output in system.outputs]
    if given is None:
        if len(names) == 1 and not system.outputs[0].shape:
            return {names[0]: 1.0}
        listed = ", ".join(names[:8])
        help = [f"give a number for each, in order, or by name: {label} {names[0]}=1"]
        raise ExpressionError([error("missing-value", f"no weights for the results {listed}", help=help)])
    results = {output.name: system.value_of(output) for output in system.outputs}
    if isinstance(given, Mapping) or (isinstance(given, str) and "=" in given):  # no comparison stands in a weight
        return read_direction(given, results, label, "result")
    if not isinstance(given, Iterable):
        raise UsageError([error("usage", f"weights are numbers in a list, a mapping or a text, not a `{type(given).__name__}`")])
    if isinstance(given, str):
        given = with_semicolons(given).split(";") if given.strip() else []
    texts = [part.strip() if isinstance(part, str) else part for part in given]
    if len(texts) != len(names):
        there = "there is" if len(texts) == 1 else "there are"
        message = f"{there} {counted(len(texts), 'weight')} and {counted(len(names), 'result')}: {', '.join(names[:8])}"
        raise ExpressionError([error("bad-value", message, help=["give a number for each, in order, or some by name"])])
    return read_direction(dict(zip(names, texts, strict=True)), results, label, "result")


def _weights_by_slot(system: Problem, weights: Mapping[str, Number]) -> dict[int, Any]:
    """Weights by slot, those of all the results that stand there."""
    found: dict[int, Any] = {}
    for output in system.outputs:
        if output.name in weights:
            found[output.slot] = (*found.get(output.slot, ()), weights[output.name])
    return found


