"""One check of gradients, from the inputs to the record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import product
from operator import itemgetter
from random import Random
from typing import Any

from diffcli._named import NamedTuple
from diffcli.autograd.gradcheck.function import Checked, Numbers, array_like, numbers_of, weighted
from diffcli.autograd.gradcheck.judge import DOUBLE, SINGLE, judge
from diffcli.autograd.gradcheck.record import RIGHT, GradCheck, GradCheckEntry, Place
from diffcli.autograd.graph.core import edge_of
from diffcli.errors import counted, fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import Shape, size

MOST_PAIRS = 1024
"""With more pairs of an element of an output and one of the inputs than that, directions are compared."""

DIRECTIONS = 3
LARGEST = 5
SOME = f"random weights, {DIRECTIONS} directions, and the largest and some other elements"

NO_INPUT = "no input requires a gradient, so there is none to check"


class Row(NamedTuple):
    """What a comparison is of: an element of an output, or a weighted sum of all."""

    of: Place
    gradients: list[Numbers | None]
    """By each leaf."""
    picked: Callable[[Numbers], float]
    """The number from the elements of the output."""


class Line(NamedTuple):
    """How a leaf is moved: one element of it, or all along a direction."""

    element: Place
    x: float
    """Where the point is on the line."""
    at: Callable[[float], Any]
    """The value of the leaf at a place on the line."""
    slope: Callable[[Numbers], float]
    """The derivative along the line, from the gradient."""


class Check:
    """One check, from the inputs to the record."""

    def __init__(
        self, function: Callable[..., Any], given: list[Any], held: dict[str, Any], every: bool | None, random: Random
    ) -> None:
        self.random, self.every = random, every
        self.entries: list[GradCheckEntry] = []
        self.faults: list[str] = []
        self.how: list[str] = []
        self.precision = DOUBLE
        self.steady = True
        """Whether the function does the same each time: otherwise its values show nothing of its derivative."""
        self.single: Checked | None = None
        self.checked = Checked(function, given, held)
        if not self.checked.leaves:
            raise fault("gradcheck", NO_INPUT, help=["make the inputs with requires_grad=True"])
        if any(tensors.kind_of(value) == tensors.FLOAT32 for value in self.checked.point):
            self._choose_precision(function, given, held)

    def _choose_precision(self, function: Callable[..., Any], given: list[Any], held: dict[str, Any]) -> None:
        """Single precision is judged in double, where seven digits more can be known, if the function can do so."""
        double = Checked(function, given, held, tensors.FLOAT64)
        try:
            able = all(tensors.kind_of(one._value) != tensors.FLOAT32 for one in double.recorded())
        except (TypeError, ValueError, RuntimeError):
            able = False
        if able:
            self.single, self.checked = self.checked, double
            self.how.append("inputs in float32 were checked in float64, and their gradients in float32 against those")
        else:
            self.precision = SINGLE
            self.how.append("the function computes in float32: its gradients are checked to three digits")

    def run(self) -> GradCheck:
        outputs = self._steady()
        floats = [(number, one) for number, one in enumerate(outputs) if one.is_floating_point()]
        if not floats:
            message = "the function returns no tensor of real numbers"
            raise fault("gradcheck", message, help=["return a tensor, or a list of them"])
        alone = len(outputs) == 1
        recorded = [pair for pair in floats if edge_of(pair[1]) is not None]
        for number, _ in floats if recorded else ():
            if number not in {one for one, _ in recorded}:
                self.how.append(f"output {number} requires no gradient, and was not checked")
        for number, output in (recorded or floats) if self.steady else ():
            self._of_output(number, "output" if alone else f"output {number}", output)
        if self.checked.changes:
            self.faults.append("the function returns other shapes beside the point than at it")
        passed = not self.faults and all(entry.verdict in RIGHT for entry in self.entries)
        return GradCheck(passed, tuple(self.entries), tuple(self.faults), tuple(dict.fromkeys(self.how)))

    def _steady(self) -> list[Any]:
        """The outputs, once it is known that the function does the same each time, and leaves its inputs alone."""
        checked = self.checked
        before = checked.contents()
        first = checked.recorded()
        for (name, old), (_, now) in zip(before, checked.contents(), strict=True):
            if old != now:
                self.faults.append(f"the function changes {name} in place")
        second = checked.recorded()
        if len(first) != len(second):
            self.steady = False
            self.faults.append(f"the function is not deterministic: it returned {len(first)} tensors, and then {len(second)}")
            return first
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            name = "the output" if len(first) == 1 else f"output {number}"
            if repr(numbers_of(one._value)) != repr(numbers_of(other._value)):
                self.steady = False
                self.faults.append(f"the function is not deterministic: {name} is another one each time, for the same inputs")
            elif edge_of(one) is not None and one.is_floating_point():
                weights = weights_of(self.random, one.numel())
                pairs = zip(checked.gradients(one, weights), checked.gradients(other, weights), checked.names, strict=True)
                for found, again, leaf in pairs:
                    if repr(found) != repr(again):
                        self.faults.append(f"the gradient of {name} by {leaf} is another one each time, for the same inputs")
        return first

    def _of_output(self, number: int, name: str, output: Any) -> None:
        """Compare <w, J v>, where w picks an element of the output or weighs all, and v one of a leaf or a direction."""
        checked = self.checked
        every = output.numel() * sum(map(size, checked.shapes)) <= MOST_PAIRS if self.every is None else self.every
        weights = weights_of(self.random, output.numel())
        combined = checked.gradients(output, weights)
        if every:
            rows = [Row(of, checked.of_element(output, of), itemgetter(k)) for k, of in enumerate(_indices(output.shape))]
            factors, total = weights, combined
        else:
            rows = [Row(None, combined, lambda values: weighted(values, weights))]
            factors, total = [-3.0], checked.gradients(output, [-3.0 * weight for weight in weights])
        moves = [self._moves(row.gradients) for row in rows]
        for leaf, label in enumerate(checked.names):
            self._linear(name, leaf, rows, factors, total[leaf])
            for line in self._lines(leaf, None if every else (combined[leaf] or ())):
                values = cache(lambda x, line=line, leaf=leaf: checked.values({leaf: line.at(x)}, number))
                for row, moved in zip(rows, moves, strict=True):

                    def along(x: float, row: Row = row, values: Callable[[float], Numbers] = values) -> float:
                        return row.picked(values(x)) if values(x) else math.nan

                    own = row.gradients[leaf]
                    gradient = None if own is None else line.slope(own)
                    found = judge(along, line.x, gradient or 0.0, self.precision, own is not None, moved)
                    found = found._replace(output=name, output_index=row.of, input=label, input_index=line.element)
                    self.entries.append(found._replace(gradient=gradient))
            elements = counted(size(checked.shapes[leaf]), "element")
            self.how.append(f"{label} of {elements}: {'every element' if every else SOME} against differences")
        if self.single is not None:
            self._in_single(number, name, weights, combined)

    def _moves(self, gradients: Sequence[Numbers | None]) -> float:
        """The sum of |x dy/dx| over all inputs, as far as it is known."""
        return math.fsum(
            abs(x * slope)
            for value, slopes in zip(self.checked.point, gradients, strict=True)
            for x, slope in zip(numbers_of(value), slopes or (), strict=False)
            if math.isfinite(x * slope)
        )

    def _linear(self, name: str, leaf: int, rows: Sequence[Row], factors: Numbers, total: Numbers | None) -> None:
        """A gradient is linear in the adjoint that it starts from: a backward that forgets to multiply by it is not."""
        known = [row.gradients[leaf] for row in rows]
        for place, found in enumerate(total or ()):
            terms = [factor * own[place] for factor, own in zip(factors, known, strict=True) if own is not None]
            largest = math.fsum(map(abs, terms)) if all(map(math.isfinite, terms)) else math.inf
            if len(terms) == len(known) and abs(math.fsum(terms) - found) > 1e4 * self.precision.unit * largest:
                self.faults.append(
                    f"the gradient of {name} by {self.checked.names[leaf]} is not linear in the adjoint that it starts from: "
                    "a backward has to multiply by it"
                )
                return

    def _lines(self, leaf: int, gradient: Sequence[float] | None) -> Iterator[Line]:
        """Every element of a leaf; or, given its gradient, random directions, and the largest and some other elements."""
        value, shape = self.checked.point[leaf], self.checked.shapes[leaf]
        point, indices = numbers_of(value), list(_indices(shape))
        chosen: Iterable[int] = range(len(point))
        if gradient is not None:
            for _ in range(DIRECTIONS):
                direction = [self.random.gauss(0.0, 1.0) * (abs(x) or 1.0) for x in point]
                yield Line(None, 1.0, partial(_moved, value, direction), partial(weighted, weights=direction))
            order = sorted(range(len(gradient)), key=lambda place: -abs(gradient[place]))
            others = [self.random.randrange(len(point)) for _ in range(LARGEST if point else 0)]
            chosen = dict.fromkeys(order[:LARGEST] + others)
        for place in chosen:
            yield Line(indices[place], point[place], partial(_replaced, value, place), itemgetter(place))

    def _in_single(self, number: int, name: str, weights: Numbers, double: list[Numbers | None]) -> None:
        """The gradients in single precision beside those in double."""
        assert self.single is not None
        output = self.single.recorded()[number]
        for leaf, (found, expected) in enumerate(zip(self.single.gradients(output, weights), double, strict=True)):
            if found is None or expected is None:
                continue
            largest = max((abs(one) for one in expected if math.isfinite(one)), default=0.0)
            for index, one, other in zip(_indices(self.checked.shapes[leaf]), found, expected, strict=True):
                if math.isfinite(other) and largest < 3e38 and not abs(one - other) <= SINGLE.tolerance * largest:
                    self.faults.append(
                        f"the gradient of {name} by {self.checked.names[leaf]}{list(index) if index else ''} is {one!r} in "
                        f"float32, and {other!r} in float64"
                    )
                    break


def weights_of(random: Random, count: int) -> Numbers:
    """Adjoints of different sizes and signs, none of them 0 or 1."""
    return [random.choice((-1.0, 1.0)) * random.uniform(0.5, 1.5) for _ in range(count)]


def _indices(shape: Shape) -> Iterator[tuple[int, ...]]:
    return product(*map(range, shape))


def _replaced(value: Any, place: int, x: float) -> Any:
    """A value with another number for one element."""
    array = tensors.array_of(value).copy()
    array.reshape(-1)[place] = x
    return array


def _moved(value: Any, direction: Numbers, t: float) -> Any:
    """A value moved along a direction, by 0 at t = 1."""
    moved = [x + (t - 1) * step for x, step in zip(numbers_of(value), direction, strict=True)]
    return tensors.as_kind(array_like(moved, tensors.shape_of(value)), tensors.kind_of(value))
