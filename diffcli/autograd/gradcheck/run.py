"""One check of gradients, from the inputs to the record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from random import Random
from typing import Any

from diffcli.autograd.gradcheck.function import Checked, Numbers, array_like, numbers_of, same, weighted
from diffcli.autograd.gradcheck.judge import DOUBLE, SINGLE, judge
from diffcli.autograd.gradcheck.record import RIGHT, GradCheck, GradCheckEntry, Place
from diffcli.autograd.graph.core import edge_of, new
from diffcli.errors import fault
from diffcli.operations.arithmetic import tensors
from diffcli.operations.array_row import Shape

MOST_PAIRS = 1024
"""With more pairs of an element of an output and one of the inputs than that, directions are compared."""

DIRECTIONS = 3
LARGEST = 5
SOME = f"random weights, {DIRECTIONS} directions, and the largest and some other elements"

NO_INPUT = "no input requires a gradient, so there is none to check"


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
        """Whether the function does the same each time: otherwise its values tell nothing of its derivative."""
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
            raise fault(
                "gradcheck", "the function returns no tensor of real numbers", help=["return a tensor, or a list of them"]
            )
        alone = len(outputs) == 1
        recorded = [pair for pair in floats if edge_of(pair[1]) is not None]
        for number, _ in floats if recorded else ():
            if number not in {one for one, _ in recorded}:
                self.how.append(f"output {number} requires no gradient, and was not checked")
        for number, output in (recorded or floats) if self.steady else ():
            self._of_output(number, "output" if alone else f"output {number}", output)
        passed = not self.faults and all(entry.verdict in RIGHT for entry in self.entries)
        return GradCheck(passed, tuple(self.entries), tuple(self.faults), tuple(dict.fromkeys(self.how)))

    # -- how the function behaves ------------------------------------------------------------------------------------------

    def _steady(self) -> list[Any]:
        """The outputs, once it is known that the function does the same each time, and leaves its inputs alone."""
        checked = self.checked
        before = checked.contents()
        first = checked.recorded()
        for name in checked.changed(before):
            self.faults.append(f"the function changes {name} in place")
        second = checked.recorded()
        if len(first) != len(second):
            self.steady = False
            self.faults.append(f"the function is not deterministic: it returned {len(first)} tensors, and then {len(second)}")
            return first
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            name = "the output" if len(first) == 1 else f"output {number}"
            if not same(numbers_of(one), numbers_of(other)):
                self.steady = False
                self.faults.append(f"the function is not deterministic: {name} is another one each time, for the same inputs")
            elif edge_of(one) is not None and one.is_floating_point():
                weights = weights_of(self.random, one.numel())
                pairs = zip(checked.gradients(one, weights), checked.gradients(other, weights), checked.names, strict=True)
                for found, again, leaf in pairs:
                    if not same(found, again):
                        self.faults.append(f"the gradient of {name} by {leaf} is another one each time, for the same inputs")
        return first

    # -- an output ---------------------------------------------------------------------------------------------------------

    def _of_output(self, number: int, name: str, output: Any) -> None:
        size = output.numel()
        total = sum(size_of(shape) for shape in self.checked.shapes)
        every = size * total <= MOST_PAIRS if self.every is None else self.every
        indices = _indices(output.shape) if every else ()
        rows = [self.checked.of_element(output, index) for index in indices]
        moves = [self._moves(row) for row in rows]
        weights = weights_of(self.random, size)
        combined = self.checked.gradients(output, weights)
        twice = self.checked.gradients(output, [-3.0 * weight for weight in weights])
        for leaf, shape in enumerate(self.checked.shapes):
            if every:
                self._linear(name, leaf, [row[leaf] for row in rows], weights, combined[leaf])
                self._elements(number, name, output, leaf, rows, moves)
            else:
                self._linear(name, leaf, [combined[leaf]], [-3.0], twice[leaf])
                self._directions(number, name, weights, leaf, combined[leaf])
            how = "every element" if every else SOME
            self.how.append(f"{self.checked.names[leaf]} of {_elements_text(shape)}: {how} against differences")
        if self.single is not None:
            self._in_single(number, name, weights, combined)

    def _moves(self, row: Sequence[Numbers | None]) -> float:
        """The sum of |x dy/dx| over all inputs, as far as it is known."""
        return math.fsum(
            abs(x * slope)
            for value, slopes in zip(self.checked.point, row, strict=True)
            for x, slope in zip(numbers_of(new(value)), slopes or (), strict=False)
            if math.isfinite(x * slope)
        )

    def _linear(self, name: str, leaf: int, rows: Sequence[Numbers | None], weights: Numbers, combined: Numbers | None) -> None:
        """A gradient is linear in the adjoint that it starts from: a backward that forgets to multiply by it is not."""
        if combined is None or any(row is None for row in rows):
            return
        for place, found in enumerate(combined):
            terms = [weight * row[place] for weight, row in zip(weights, rows, strict=True) if row is not None]
            size = math.fsum(map(abs, terms)) if all(map(math.isfinite, terms)) else math.nan
            if abs(math.fsum(terms) - found) > 1e4 * self.precision.unit * size if math.isfinite(size) else False:
                self.faults.append(
                    f"the gradient of {name} by {self.checked.names[leaf]} is not linear in the adjoint that it starts from: "
                    "a backward has to multiply by it"
                )
                return

    def _elements(self, number: int, name: str, output: Any, leaf: int, rows: list[list[Numbers | None]], moves: Numbers) -> None:
        """Every element of the output by every element of an input; the values are computed once for all outputs."""
        shape, inputs = tensors.shape_of(output._value), self.checked.shapes[leaf]
        for place, index in enumerate(_indices(inputs)):
            known: dict[float, Numbers] = {}
            for k, of in enumerate(_indices(shape)):
                row = rows[k][leaf]

                def along(x: float, k: int = k, place: int = place, known: dict[float, Numbers] = known) -> float:
                    if x not in known:
                        known[x] = self._values(number, leaf, place, x)
                    return known[x][k] if known[x] else math.nan

                x = numbers_of(new(self.checked.point[leaf]))[place]
                self._entry(name, of, leaf, index, None if row is None else row[place], along, x, moves[k])

    def _values(self, number: int, leaf: int, place: int, x: float) -> Numbers:
        """An output with another number for one element of an input; nothing where the function is undefined."""
        array = tensors.mutable(self.checked.point[leaf])
        array.reshape(-1)[place] = x
        return self._output({leaf: array}, number)

    def _output(self, moved: dict[int, Any], number: int) -> Numbers:
        try:
            return self.checked.values(moved)[number]
        except (ArithmeticError, ValueError):
            return []

    def _directions(self, number: int, name: str, weights: Numbers, leaf: int, gradient: Numbers | None) -> None:
        """A weighted sum of an output along random directions, and by some elements of an input."""
        point = numbers_of(new(self.checked.point[leaf]))
        shape = self.checked.shapes[leaf]
        kind = tensors.kind_of(self.checked.point[leaf])
        for _ in range(DIRECTIONS):
            direction = [self.random.gauss(0.0, 1.0) * (abs(x) or 1.0) for x in point]

            def along(t: float, direction: Numbers = direction) -> float:
                moved = [x + (t - 1) * step for x, step in zip(point, direction, strict=True)]
                return _sum(self._output({leaf: tensors.as_kind(array_like(moved, shape), kind)}, number), weights)

            slope = None if gradient is None else weighted(gradient, direction)
            self._entry(name, None, leaf, None, slope, along, 1.0)
        order = sorted(range(len(point)), key=lambda place: -abs(gradient[place])) if gradient is not None else []
        chosen = dict.fromkeys([*order[:LARGEST], *(self.random.randrange(len(point)) for _ in range(LARGEST))])
        indices = list(_indices(shape))
        for place in chosen:

            def by_element(x: float, place: int = place) -> float:
                return _sum(self._values(number, leaf, place, x), weights)

            self._entry(name, None, leaf, indices[place], None if gradient is None else gradient[place], by_element, point[place])

    def _entry(
        self,
        name: str,
        of: Place,
        leaf: int,
        index: Place,
        gradient: float | None,
        along: Callable[[float], float],
        x: float,
        moves: float = 0.0,
    ) -> None:
        found = judge(along, x, gradient or 0.0, self.precision, gradient is not None, moves)
        self.entries.append(
            GradCheckEntry(
                name, of, self.checked.names[leaf], index, gradient, found.difference, found.error, found.verdict, found.left,
                found.right, found.reason,
            )
        )  # fmt: skip

    def _in_single(self, number: int, name: str, weights: Numbers, double: list[Numbers | None]) -> None:
        """The gradients in single precision beside those in double."""
        assert self.single is not None
        output = self.single.recorded()[number]
        for leaf, (found, expected) in enumerate(zip(self.single.gradients(output, weights), double, strict=True)):
            if found is None or expected is None:
                continue
            largest = max((abs(one) for one in expected if math.isfinite(one)), default=0.0)
            for index, one, other in zip(_indices(self.checked.shapes[leaf]), found, expected, strict=True):
                if abs(one - other) > SINGLE.tolerance * largest and math.isfinite(other) and largest < 3e38:
                    self.faults.append(
                        f"the gradient of {name} by {self.checked.names[leaf]}{list(index) if index else ''} is {one!r} in "
                        f"float32, and {other!r} in float64"
                    )
                    break


def _sum(numbers: Numbers, weights: Numbers) -> float:
    return weighted(numbers, weights) if numbers else math.nan


def weights_of(random: Random, count: int) -> Numbers:
    """Adjoints of different sizes and signs, none of them 0 or 1."""
    return [random.choice((-1.0, 1.0)) * random.uniform(0.5, 1.5) for _ in range(count)]


def size_of(shape: Shape) -> int:
    return math.prod(shape)


def _indices(shape: Shape) -> Iterator[tuple[int, ...]]:
    return product(*map(range, shape))


def _elements_text(shape: Shape) -> str:
    count = size_of(shape)
    return f"{count} element{'s' * (count != 1)}"
