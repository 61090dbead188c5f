"""gradcheck: faults that it finds, right gradients that it leaves alone, and the engine held against it, row by row."""

from __future__ import annotations

import math

import numpy as np
import pytest
from array_rows import default

import diffcli.autograd as ad
from diffcli.autograd.apply import apply
from diffcli.errors import AutogradError
from diffcli.operations import OPERATIONS
from diffcli.operations.arrays import ARRAYS

LABELS = {"cross_entropy", "one_hot"}
"""Rows whose operands after the first are labels."""


PASSIVE = {"stop_gradient", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not"}
"""Elementwise rows whose results are no real numbers, or have no gradient on purpose."""


def leaf(data, dtype=None):
    return ad.tensor(data, dtype=dtype, requires_grad=True)


def check(function, *inputs, **options):
    return ad.gradcheck(function, inputs, raise_exception=False, **options)


def verdicts(found):
    return {(entry.output_index, entry.input_index): entry.verdict for entry in found.entries if entry.verdict != "agrees"}


def custom(value, adjoints):
    """A custom function of its value and its adjoints: functions of the arguments, and of g and the arguments."""

    class Made(ad.Function):
        @staticmethod
        def forward(ctx, *arguments):
            ctx.save_for_backward(*arguments)
            return value(*arguments)

        @staticmethod
        def backward(ctx, grad):
            return adjoints(grad, *ctx.saved_tensors)

    return Made.apply


# -- the engine ----------------------------------------------------------------------------------------------------------------


def element_cases():
    """Every row at every one of its points."""
    return [
        pytest.param(row.name, point, id=f"{row.name}-{number}")
        for row in OPERATIONS.values()
        if row.name not in PASSIVE
        for number, point in enumerate(row.points)
    ]


def array_cases():
    return [
        pytest.param(row, point, id=f"{row.name}-{number}") for row in ARRAYS.values() for number, point in enumerate(row.points)
    ]


def is_active(name, place):
    """Whether a row can be differentiated by an operand: not by the order of a polygamma."""
    return not (name == "polygamma" and place == 0)


@pytest.mark.parametrize(("name", "point"), element_cases())
def test_every_elementwise_row_has_the_derivative_of_its_values(name, point):
    def function(*operands):
        return apply(name, operands)

    found = check(function, *[ad.tensor(float(x), requires_grad=is_active(name, place)) for place, x in enumerate(point)])
    assert found, str(found)


@pytest.mark.parametrize(("row", "point"), array_cases())
def test_every_row_of_arrays_has_the_derivative_of_its_values(row, point):
    *operands, fixed = (*point, {}) if not isinstance(point[-1], dict) else point
    fixed = {text.partition("=")[0]: default(text) for text in row.fixed if "=" in text} | fixed
    inputs = [
        ad.tensor(np.asarray(operand, dtype=float), requires_grad=row.name not in LABELS or place == 0)
        for place, operand in enumerate(operands)
    ]
    found = check(lambda *given: apply(row.name, given, **fixed), *inputs)
    assert found, str(found)


@pytest.mark.parametrize(("name", "point"), element_cases())
def test_every_elementwise_row_broadcasts_and_sums(name, point):
    """The first operand is a column of three, the others rows of two: gradients come in the shapes of the operands."""
    inputs = [
        ad.tensor(np.full((3, 1) if place == 0 else (2,), x), requires_grad=is_active(name, place))
        for place, x in enumerate(point)
    ]
    found = check(lambda *operands: apply(name, operands), *inputs)
    assert found, str(found)
