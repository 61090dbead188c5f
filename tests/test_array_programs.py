"""Random programs with arrays against themselves written out in numbers: values, gradients in both modes and as a tape, and
second derivatives; at kinks, ties, poles and in branches that are not taken, too.

What has one element of an array for a row there is structure here: that an element does not depend on another has to be
known, or 0 times an infinity makes it undefined.
"""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import tiers
from array_programs import SHAPES, point_for, program_of
from hypothesis import example, given
from hypothesis import strategies as st
from inside import activity, adjoints, evaluate, gradient_tape, lower, parse, tangents, write_out
from programs import Choices

often = tiers.often(400)
KINDS = ("anywhere", "ties", "positive", "zeros")

FOUND = {
    "behind an index": ("sum(sqrt(x)[1:])*s", "zeros"),
    "beside a direction": ("sum(sqrt(x)*y)", "zeros"),
    "a mask of another shape than the choice": ("sum(hypot(where(y > 0, C, x), s))", "ties"),
    "a choice between shapes by a number": ("sum(where(s > 0, x, M))", "ties"),
    "an input of a branch that is not taken": ("sum(where(s < 5, stop_gradient(A), hypot(C, x)^2))", "ties"),
    "inside of softmax": ("sum(where(A > 0, log_softmax(A*x, axis=1), 1))", "anywhere"),
    "inside of a product": ("sum(where(C > 0, (log(A) @ x) + 1, 0))", "zeros"),
    "inside of a sum so far": ("sum(where(x > 0, cumsum(log(x)), 0))", "zeros"),
    "an infinite slope of a number": ("sum(sqrt(M[-1]*norm(x)))", "zeros"),
    "the root of a norm with zeros in it": ("sqrt(norm(y))", "zeros"),
    "ties of three": ("max(x*y)^2 + sum(min(M, axis=0))", "ties"),
    "numbers that are lists": ("sum(-[1, 2, 3]*x) + ([1, 2, 3] + 1)[-1]*s", "ties"),
}
"""What random programs found once."""


def agree(found, expected, tolerance):
    """Equal where both are finite, which they are in the same places; and nothing is said where nothing is finite."""
    found, expected = np.ravel(found).astype(float), np.ravel(expected).astype(float)
    finite = np.isfinite(expected)
    scale = np.max(np.abs(expected[finite]), initial=1.0)
    assert np.array_equal(np.isfinite(found), finite), (found, expected)
    assert np.allclose(found[finite], expected[finite], rtol=tolerance, atol=tolerance * scale), (found, expected)


class Both:
    """A program on arrays, and the same in numbers."""

    def __init__(self, text, kind, seed):
        program = parse(text)
        self.tape = lower(program, shapes={name: SHAPES[name] for name in program.inputs})
        point = point_for(self.tape.inputs, kind, seed)
        self.operands = [point[name] if SHAPES[name] else float(point[name]) for name in self.tape.inputs]
        self.values = evaluate(self.tape, self.operands)
        self.value = self.values[self.tape.output]
        self.written = write_out(self.tape, self.values).tape if self.tape.shapes is not None else self.tape
        self.numbers = [float(number) for operand in self.operands for number in np.ravel(operand)]
        self.written_values = evaluate(self.written, self.numbers)

    def flat(self, parts):
        whole = [np.zeros(np.shape(operand)) if part is None else part for part, operand in zip(parts, self.operands, strict=True)]
        return np.concatenate([np.ravel(np.broadcast_to(part, np.shape(own))) for part, own in zip(whole, self.operands, strict=True)])

    def directions(self):
        """Along each element of each input: in the shapes of the inputs, and in numbers."""
        for place in range(len(self.numbers)):
            numbers = [float(place == other) for other in range(len(self.numbers))]
            left = iter(numbers)
            shaped = [np.reshape([next(left) for _ in range(np.size(own))], np.shape(own)) for own in self.operands]
            yield [part if np.ndim(part) else float(part) for part in shaped], numbers


def compare(text, kind, seed):
    """Every derivative of a program; whether there was something to compare."""
    both = Both(text, kind, seed)
    tape, written = both.tape, both.written
    if tape.shapes is None or not tape.inputs or not np.isfinite(both.value):
        return False
    if not np.isclose(both.written_values[written.output], both.value, rtol=1e-9, atol=1e-9):
        return False  # rounding has decided on which side of a jump they are
    inputs = range(len(both.numbers))
    expected = [bar or 0.0 for bar in adjoints(written, both.written_values, activity(written))[: len(inputs)]]
    agree(both.flat(adjoints(tape, both.values, activity(tape))[: tape.first_row]), expected, 1e-7)
    derived, plain = gradient_tape(tape, range(tape.first_row)), gradient_tape(written, inputs)
    derived_values, plain_values = evaluate(derived, both.operands), evaluate(plain, both.numbers)
    slots = [slot if slot < derived.slots else slot - derived.size for slot in derived.outputs[1:]]
    assert all(derived_values[slot] is not None for slot in slots)
    agree(both.flat([derived_values[slot] for slot in slots]), expected, 1e-7)
    moved, first, second = [], [], []
    for shaped, numbers in both.directions():
        moved.append(tangents(tape, both.values, shaped)[tape.output] or 0.0)
        found = tangents(derived, derived_values, shaped)
        first.append(both.flat([None if slot < 0 else found[slot] for slot in slots]))
        swept = tangents(plain, plain_values, numbers)
        second.append([(swept[slot] or 0.0) if slot < plain.slots else 0.0 for slot in plain.outputs[1:]])
    agree(moved, expected, 1e-7)
    if np.isfinite(expected).all():
        agree(first, second, 1e-6)
    return True


@often
@given(st.binary(min_size=8, max_size=80), st.sampled_from(KINDS), st.integers(0, 9))
@example(b"\x01\x01\x01", "zeros", 0)
def test_a_random_program_has_the_derivatives_of_its_numbers(content, kind, seed):
    compare(program_of(content), kind, seed)


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("seed", range(5))
def test_what_was_found_once(name, seed):
    text, kind = FOUND[name]
    compare(text, kind, seed)


def test_most_random_programs_are_compared_and_use_every_operation():
    random = Random(0)
    texts = [program_of(random.randbytes(80)) for _ in range(400)]
    used = {operation for text in texts for operation in parse(text).operations}
    assert {"amax", "amin", "softmax", "cumsum", "matmul", "index", "stack", "concat", "det", "inv", "diag", "where", "norm"} <= used
    assert {"solve", "conv1d", "cross_entropy", "reshape", "trace", "logsumexp", "prod", "mean"} <= used
    assert sum(compare(text, KINDS[place % 4], place) for place, text in enumerate(texts[:60])) > 30
    assert Choices(b"").number(5) == 0
