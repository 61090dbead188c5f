"""Products with a Jacobian or a Hessian, each by one sweep: the matrix is never made.

J v is a forward sweep with the seed v, w'J a reverse sweep with the seed w (Griewank & Walther 2008, sections 3.1 and 3.2), and
H v a forward sweep over the tape of the gradient with the seed v (Pearlmutter 1994; Griewank & Walther 2008, section 5.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from diffcli.errors import Diagnostic, ExpressionError, UsageError, counted, error
from diffcli.methods.digits.notes import notes_of, watch_of
from diffcli.methods.digits.watch import BY, Sweep, Swept
from diffcli.methods.matrices.hessian import gradient_of, require_one
from diffcli.methods.matrices.jacobian import evaluated, kinks_of
from diffcli.methods.nonsmooth.beside import Beside
from diffcli.methods.nonsmooth.notes import AGREE, MAYBE, about_second
from diffcli.methods.nonsmooth.system_notes import explain_rows
from diffcli.methods.options import MatrixOptions
from diffcli.methods.points.directions import read_direction
from diffcli.methods.points.points import with_semicolons
from diffcli.methods.problem.components import Components
from diffcli.methods.problem.problem import At, Problem, Target
from diffcli.methods.problem.scalarise import scalarised, variables_of
from diffcli.methods.traces.trace import trace_of_sweeps
from diffcli.records import Difference, Number
from diffcli.records.matrices import ProductResult

Direction = str | Mapping[str, object]
Weights = str | Sequence[object] | Mapping[str, object]


def compute_jvp(target: Target, at: At, direction: Direction, options: MatrixOptions) -> ProductResult:
    """The Jacobian times a direction, what `diffcli.jvp` returns: how each result starts to change along it."""
    system = evaluated(target, at, options)
    seed = read_direction(direction, system.at)
    with system.placing():
        notes, replaced, sides = kinks_of(system, options)
    rows = Components(system.outputs)
    along = Sweep(by_slot(system, seed), True, replaced, "the derivative of `{}` along the direction".format)
    differences, swept = tuple[tuple[str, Difference], ...](), list[Swept]()
    if options.mode == "numeric":
        differences = _differences(system, seed, notes)
        found = rows.of([each.estimate for _, each in differences])
    else:
        options.progress("one forward sweep")
        tangents = system.swept_forward(along.seeds, replaced)
        found, swept = rows.whole(tangents), [(along, tangents)]
    if sides.rows:
        steps, variables = [seed.get(name) for name in system.tape.inputs], variables_of(system)
        taken = [variables.along(sides.rows[name], steps) if name in sides.rows else None for name in rows.names]
        numbers = _by_place(system).numbers([*found.values()])
        found = rows.of([number or 0.0 if one is None else one for number, one in zip(numbers, taken, strict=True)])
        swept += [(along._replace(seeds=sides.seeds(variables.numbers(steps)), overrides={}, beside=sides), taken)]
    notes += explain_rows(system, [[entry] for entry in found.values()], replaced, notes) if options.by_rules else []
    notes += notes_of(watch_of(system), options.strict, *swept)
    trace = trace_of_sweeps(system, swept[:1], _label(seed), options) if options.trace else None
    return _result("jvp", options.mode, system, seed, found, notes)._replace(differences=differences, trace=trace)


def compute_vjp(target: Target, at: At, weights: Weights | None, options: MatrixOptions) -> ProductResult:
    """Weights of the results times the Jacobian, what `diffcli.vjp` returns: the gradient of their sum, so weighted."""
    system = evaluated(target, at, options)
    seed = read_weights(system, weights)
    with system.placing():
        notes, replaced, sides = kinks_of(system, options)
    options.progress("one reverse sweep")
    columns = variables_of(system)
    rest, taken = _apart(system, seed, sides)
    back = Sweep(_weights_by_slot(system, rest), False, replaced, "the rest of the derivative by `{}`".format if taken else BY)
    adjoints = system.swept_back(back.started(), replaced) if rest else [None] * system.tape.size
    found, swept = columns.whole(adjoints), [(back, adjoints)] if rest else []
    if taken:
        row = [sum(weight * sides.rows[name][column] for name, weight in taken.items()) for column in range(len(columns))]
        found = {name: found[name] + part for name, part in columns.of(row).items()}
        named = "the part beside the point of the derivative by `{}`".format if rest else BY
        swept += [(Sweep(_weights_by_slot(sides.problem, taken), name=named, beside=sides), row)]
    notes += explain_rows(system, [found.values()] * len(system.outputs), replaced, notes)
    notes += notes_of(watch_of(system), options.strict, *swept)
    trace = trace_of_sweeps(system, [(back, adjoints)], (), options) if options.trace else None
    return _result("vjp", "reverse", system, seed, found, notes)._replace(trace=trace)


def compute_hvp(target: Target, at: At, direction: Direction, options: MatrixOptions) -> ProductResult:
    """The Hessian times a direction, what `diffcli.hvp` returns: how the gradient starts to change along it."""
    system = evaluated(target, at, options)
    require_one(system)
    seed = read_direction(direction, system.at)
    with system.placing():
        gradient, told, sides = gradient_of(system, options)
    options.progress("one forward sweep over the gradient")
    along = Sweep(by_slot(system, seed), True, {}, "the Hessian times the direction, by `{}`,".format)
    tangents = gradient.derived.swept_forward(along.seeds)
    found = gradient.results.whole(tangents)
    swept = [(along, tangents)]
    if sides is not None:
        steps = [step or 0.0 for step in gradient.variables.numbers([along.seeds.get(slot) for slot in range(len(system.at))])]
        row = sides.product(steps)
        found, swept = gradient.variables.of(row), sides.swept(dict(enumerate(steps)), row, along.name)
    meaning = MAYBE if sides is None else sides.fault or AGREE
    notes = [*system.notes(), *system.unused(), *about_second(told, meaning, options.strict)]
    notes += gradient.explain([[entry] for entry in found.values()], notes)
    notes += notes_of(watch_of(gradient.derived, "".format, gradient.written_out), options.strict, *swept)
    trace = trace_of_sweeps(gradient.derived, [(along, tangents)], _label(seed), options, "df/d{}") if options.trace else None
    return _result("hvp", "forward-over-reverse", system, seed, found, notes)._replace(trace=trace)


def _label(direction: Mapping[str, Number]) -> list[str]:
    from diffcli.language.writing.array_text import direction_text  # whoever wants no trace does not wait for it

    return [direction_text(direction, 6)]


def by_slot(problem: Problem, direction: Mapping[str, Number]) -> dict[int, Number]:
    """A direction by the slots of the inputs that it moves."""
    return {problem.input_slot(name): step for name, step in direction.items()}


def _result(
    kind: str, mode: str, system: Problem, seed: dict[str, Number], product: dict[str, Number], notes: list[Diagnostic]
) -> ProductResult:
    values = {output.name: system.value_of(output) for output in system.outputs}
    about = tuple(system.placed(notes)), system.question.of, system.texts
    return ProductResult(kind, system.expression(), mode, system.at, values, seed, product, *about)


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
        view = numbers.view(output)
        sampler = DirectionSampler(view, steps)
        each = automatic_difference(sampler, "t")
        notes += doubts_of(each._replace(variable=f"t, of {output.name}"), view.value, sampler.slope())
        found.append((output.name, each))
    return tuple(found)


def _by_place(system: Problem) -> Components:
    """The elements of the results, whose slots are their places among them."""
    return Components([(output.name, place, output.shape) for place, output in enumerate(system.outputs)])


def _apart(system: Problem, weights: Mapping[str, Number], sides: Beside) -> tuple[Mapping[str, Number], dict[str, float]]:
    """Weights without those of what is known beside the point, and these by element."""
    parts = _by_place(system)
    given = dict(zip(parts.names, parts.numbers([weights.get(output.name) for output in system.outputs]), strict=True))
    taken = {name: weight for name, weight in given.items() if weight and name in sides.rows}
    if not taken:
        return weights, {}
    rest = [0.0 if name in taken else weight or 0.0 for name, weight in given.items()]
    pairs = zip(parts.of(rest).items(), parts.bands(rest), strict=True)
    return {name: weight for (name, weight), band in pairs if any(band)}, taken


# -- weights -----------------------------------------------------------------------------------------------------------------


def read_weights(system: Problem, given: Weights | None, label: str = "--weights") -> dict[str, Number]:
    """The weight of each result: numbers in their order, such as ``1, 0, 2``, or by name, ``u=1, v=[0, 1]``.

    Results that are not named have the weight 0. More or fewer numbers than results are refused, and what `read_direction` does.
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
        own = {text: name for name, text in system.texts.items() if text.isidentifier()}  # so a result may be called, too
        found = read_direction(given, results | {text: results[name] for text, name in own.items()}, label, "result")
        weights = {own.get(name, name): weight for name, weight in found.items()}
        if len(weights) < len(found):
            raise UsageError([error("usage", "a result has two weights, by its name and by its text", help=["give it one"])])
        return weights
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


