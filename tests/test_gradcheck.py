"""gradcheck: faults that it finds, right gradients that it leaves alone, and the engine held against it, row by row."""

from __future__ import annotations

import math

import numpy as np
import pytest
from array_rows import default
from inside import ARRAYS, OPERATIONS, AutogradError, apply

import diffcli.autograd as ad

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


@pytest.mark.parametrize(
    "name", ["sin", "exp", "tanh", "log", "sqrt", "square", "mul", "div", "pow", "softplus", "hypot", "atan2", "sigmoid"]
)
def test_rows_have_second_derivatives(name):
    point = next(point for point in OPERATIONS[name].points if all(0.01 < abs(x) < 20 for x in point))
    found = check(lambda *operands: apply(name, operands), *[leaf([x, 1.1 * x]) for x in point], order=2)
    assert found.order == 2
    assert found, str(found)


# -- planted faults ------------------------------------------------------------------------------------------------------------

MATRIX = [[1.0, 2.0], [0.5, -1.0]]
FAULTS = {
    "wrong factor": (custom(lambda x: x**3, lambda g, x: g * 2 * x**2), [[1.0, 2.0]]),
    "slightly wrong factor": (custom(lambda x: x * math.pi, lambda g, x: g * 3.1415926), [[1.0, 2.0]]),
    "wrong sign": (custom(lambda x: x.cos(), lambda g, x: g * x.sin()), [[1.0, 2.0]]),
    "missing term": (custom(lambda x: x * x.exp(), lambda g, x: g * x.exp()), [[1.0, 2.0]]),
    "missing term of two": (custom(lambda x, y: x * y + y, lambda g, x, y: (g * y, g * x)), [[1.0, 2.0], [3.0, 4.0]]),
    "missing factor, tiny": (custom(lambda x: 1e-9 * x**2, lambda g, x: g * 1e-9 * x), [[1.0, 2.0]]),
    "missing factor, very tiny": (custom(lambda x: 1e-200 * x**2, lambda g, x: g * 1e-200 * x), [[1.0, 2.0]]),
    "no derivative, tiny beside the value": (custom(lambda x: 1 + 1e-9 * x, lambda g, x: g * 0.0), [[1.0, 2.0]]),
    "wrong at a large point": (custom(lambda x: x**2, lambda g, x: g * x), [[1e12, 1e150]]),
    "wrong at a small point": (custom(lambda x: x**2, lambda g, x: g * x), [[1e-12, 1e-150]]),
    "transposed": (custom(lambda a, b: a @ b, lambda g, a, b: (g @ b, a.T @ g)), [MATRIX, [[3.0, 1.0], [-2.0, 0.5]]]),
    "saves the wrong thing": (custom(lambda x: x.exp(), lambda g, x: g * x), [[1.0, 2.0]]),
    "one element of many": (custom(lambda x: x.sin(), lambda g, x: g * (x.cos() + 1e-3 * (x == 2.0))), [[1.0, 2.0, 3.0]]),
    "relu that passes all": (custom(lambda x: x.relu(), lambda g, x: g), [[-1.0, 2.0]]),
    "outside of the slopes of a kink": (custom(lambda x: x.relu(), lambda g, x: g * (1.5 - (x > 0))), [[0.0]]),
    "not a number": (custom(lambda x: x * 2, lambda g, x: g * math.nan), [[1.0]]),
    "cut": (lambda x: x.detach() * 3, [[1.0]]),
    "cut in part": (lambda x, y: x.detach() * 3 + y, [[1.0], [2.0]]),
}


@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name, every):
    function, data = FAULTS[name]
    found = check(function, *[leaf(one) for one in data], every=every)
    assert not found
    assert any(entry.verdict == "disagrees" for entry in found.entries), str(found)


def test_what_is_wrong_is_raised_with_both_numbers():
    function, data = FAULTS["wrong sign"]
    with pytest.raises(AutogradError) as caught:
        ad.gradcheck(function, leaf(data[0]))
    assert str(caught.value).splitlines()[0] == "2 of 4 gradients wrong"
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "gradcheck"
    assert diagnostic.notes[0].startswith(
        "d output[0] / d input 0[0]: disagrees. Gradient 0.8414709848078965, differences -0.841470984808 ± "
    )


def test_a_broadcast_that_is_not_summed_is_found():
    """The engine itself sums what a custom function leaves in the shape of the result, so the fault takes a wrong shape."""
    function = custom(lambda x, y: x + y, lambda g, x, y: (g, g.sum() * (y * 0 + 1)))
    found = check(function, leaf([[1.0], [2.0]]), leaf([1.0, 2.0, 3.0]))
    assert verdicts(found)[(0, 0), (1,)] == "disagrees"


def test_a_backward_that_ignores_its_adjoint_is_found():
    found = check(custom(lambda x: x**2, lambda g, x: 2 * x), leaf(3.0))
    assert [entry.verdict for entry in found.entries] == ["agrees"]
    assert found.faults == (
        "the gradient of output by input 0 is not linear in the adjoint that it starts from: a backward has to multiply by it",
    )
    assert not found
    assert not check(custom(lambda x: x**2, lambda g, x: 2 * x), leaf(3.0), every=False)


def test_random_results_are_found():
    found = check(lambda x: x + ad.rand(2), leaf([1.0, 2.0]))
    assert found.faults == ("the function is not deterministic: the output is another one each time, for the same inputs",)
    assert found.entries == ()


def test_random_gradients_are_found():
    found = check(custom(lambda x: x * 1.0, lambda g, x: g * ad.rand(2)), leaf([1.0, 2.0]))
    assert "the gradient of the output by input 0 is another one each time, for the same inputs" in found.faults


def test_a_change_of_the_inputs_is_found():
    def function(x, y):
        y += 1
        return x * y

    given = leaf([1.0]), ad.tensor([2.0])
    found = check(function, *given)
    assert "the function changes input 1 in place" in found.faults
    assert given[1].tolist() == [2.0], "the caller's own tensor stays as it is"


def test_what_cannot_be_checked_is_an_error():
    with pytest.raises(AutogradError, match="no input requires a gradient, so there is none to check"):
        ad.gradcheck(lambda x: x, ad.tensor([1.0]))
    with pytest.raises(AutogradError, match="the function returns no tensor of real numbers"):
        ad.gradcheck(lambda x: x > 0, leaf([1.0]))
    with pytest.raises(AutogradError, match="order is 3: it is 1 or 2"):
        ad.gradcheck(lambda x: x, leaf([1.0]), order=3)


def test_an_undefined_value_cannot_be_judged():
    found = check(lambda x: x.log(), leaf([-1.0]))
    assert not found
    assert found.entries[0].verdict == "cannot be judged"
    assert found.entries[0].reason == "the output is nan here"


# -- what is right -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("size", [1e-200, 1e-150, 1e-12, 1e-9, 1.0, 1e6, 1e12, 1e13, 1e150])
def test_a_right_gradient_passes_at_every_size(size, every):
    found = check(lambda x: x * (x.abs() / size), leaf([size, -2.3 * size]), every=every)
    assert found, str(found)


def test_a_tiny_derivative_beside_a_large_value_passes():
    assert check(lambda x: 1 + 1e-9 * x.sin(), leaf([1.0, 2.0]))


def test_several_inputs_and_outputs_and_passive_ones():
    def function(x, labels, y):
        return x @ y, (x * y).sum(), labels

    found = check(function, leaf([1.0, 2.0]), ad.tensor([1, 0], dtype="int64"), leaf([3.0, 4.0]))
    assert found, str(found)
    assert {entry.output for entry in found.entries} == {"output 0", "output 1"}
    assert {entry.input for entry in found.entries} == {"input 0", "input 2"}


def test_an_output_without_a_gradient_is_told():
    found = check(lambda x: (x * 2, x.detach()), leaf([1.0]))
    assert found
    assert "output 1 requires no gradient, and was not checked" in found.how


def test_many_elements_are_compared_by_directions():
    ad.manual_seed(1)
    x, w = ad.randn(20, 30), ad.randn(30, 10).requires_grad_()
    found = check(lambda x, w: (x @ w).tanh(), x, w)
    assert found, str(found)
    assert sum(entry.input_index is None for entry in found.entries) == 3
    assert found.how == (
        "input 1 of 300 elements: random weights, 3 directions, and the largest and some other elements against differences",
    )


def test_a_module_is_checked_with_its_parameters_and_keeps_them():
    class Layer:
        def __init__(self):
            self.weight, self.bias = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([0.5, -0.5])

        def named_parameters(self):
            return [("weight", self.weight), ("bias", self.bias)]

        def __call__(self, x):
            return (x @ self.weight + self.bias).tanh()

    layer = Layer()
    found = check(layer, ad.tensor([0.3, -0.2]), order=2)
    assert found, str(found)
    assert {"weight", "bias"} <= {entry.input for entry in found.entries}
    assert layer.weight.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert layer.weight.grad is None


def test_a_derivative_beyond_the_floats_is_infinite():
    assert check(lambda x: 1e300 * x.log(), leaf([1e-20]))


def test_works_without_grad_mode():
    with ad.no_grad():
        assert check(lambda x: x.sin(), leaf([1.0]))


# -- kinks, jumps, poles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_every_subgradient_of_relu_is_right(slope):
    function = custom(lambda x: x.relu(), lambda g, x: g * slope)
    found = check(function, leaf([0.0]))
    assert found, str(found)
    (entry,) = found.entries
    assert entry[7:10] == ("kink", 0.0, 1.0)


SPECIAL = {
    "relu": (lambda x: x.relu(), [0.0], "kink"),
    "abs": (lambda x: x.abs(), [0.0], "kink"),
    "ties of max": (lambda x: x.max(), [2.0, 2.0, 1.0], "kink"),
    "clip at its lower bound": (lambda x: x.clamp(0.0, 1.0), [0.0], "kink"),
    "clip at its upper bound": (lambda x: x.clamp(0.0, 1.0), [1.0], "kink"),
    "where": (lambda x: ad.where(x > 0, x, -x), [0.0], "kink"),
    "floor at an integer": (lambda x: x.floor(), [2.0], "jump"),
    "sign": (lambda x: x.sign(), [0.0], "jump"),
    "a number times floor": (lambda x: x * x.floor(), [2.0], "jump"),
    "sqrt": (lambda x: x.sqrt(), [0.0], "pole"),
    "cbrt": (lambda x: x.cbrt(), [0.0], "pole"),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_kinks_jumps_and_poles_are_told(name):
    function, data, verdict = SPECIAL[name]
    found = check(function, leaf(data))
    assert found, str(found)
    assert verdict in {entry.verdict for entry in found.entries}
    assert f": {verdict}. Gradient" in str(found)


def test_a_gradient_that_no_side_of_a_jump_has_is_wrong():
    function = custom(lambda x: x.floor(), lambda g, x: g)
    assert check(function, leaf([2.0])).entries[0].verdict == "disagrees"
    assert check(function, leaf([2.5])).entries[0].verdict == "disagrees"


def test_a_sum_of_kinks_that_is_smooth_is_found_wrong():
    """relu(x) - relu(-x) is x: choosing 0 for both at 0 is no subgradient."""
    (entry,) = check(lambda x: x.relu() - (-x).relu(), leaf([0.0])).entries
    assert (entry.verdict, entry.gradient) == ("disagrees", 0.0)
    assert abs(entry.difference - 1) <= entry.error


def test_a_jump_in_the_gradient_is_told_in_the_second_derivative():
    found = check(lambda x: (x.relu() ** 2).sum(), leaf([1.0, -1.0]), order=2)
    assert found, str(found)
    assert check(lambda x: x.relu().sum(), leaf([0.0]), order=2).entries[0].verdict == "jump"


# -- kinds of numbers ----------------------------------------------------------------------------------------------------------


def test_single_precision_is_checked_in_double():
    found = check(lambda x: (x**2).exp(), leaf([1.0, 0.5], "float32"))
    assert found, str(found)
    assert "inputs in float32 were checked in float64, and their gradients in float32 against those" in found.how
    assert all(entry.error < 1e-9 for entry in found.entries)
    assert not check(custom(lambda x: x**3, lambda g, x: g * 2.9 * x**2), leaf([1.0], "float32"))


def test_a_function_that_computes_in_single_precision_is_checked_in_it():
    found = check(lambda x: (x.float() ** 2).exp(), leaf([1.0, 0.5], "float32"))
    assert found, str(found)
    assert "the function computes in float32: its gradients are checked to three digits" in found.how
    assert not check(custom(lambda x: x.float() ** 3, lambda g, x: g * 2.9 * x**2), leaf([1.0], "float32"))


def test_a_gradient_that_is_wrong_in_single_precision_only_is_found():
    function = custom(lambda x: x**2, lambda g, x: g * 2 * x * (1 if x.dtype == "float64" else 1.01))
    found = check(function, leaf([1.0, 2.0], "float32"))
    assert len(found.faults) == 1
    assert "in float32, and" in found.faults[0]


# -- second derivatives --------------------------------------------------------------------------------------------------------


def test_a_wrong_second_derivative_is_found():
    class Cubed(ad.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x.detach() * x

    assert check(Cubed.apply, leaf([1.0, 2.0]))
    found = check(Cubed.apply, leaf([1.0, 2.0]), order=2)
    assert not found
    assert found.summary == "gradcheck: 2 of 8 second derivatives wrong"


def test_a_gradient_that_is_nan_in_single_precision_only_is_found():
    function = custom(lambda x: x**2, lambda g, x: g * 2 * x * (1 if x.dtype == "float64" else math.nan))
    found = check(function, leaf([1.0], "float32"))
    assert len(found.faults) == 1
    assert found.faults[0].startswith("the gradient of output by input 0[0] is nan in float32, and ")


def test_an_input_without_elements_is_checked_along_directions():
    found = check(lambda x, y: x.sum() + (y * y).sum(), leaf(np.zeros(0)), leaf([1.0, 2.0]), every=False)
    assert found, str(found)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[x > 1.0] * 2.0,
        lambda x: [x, x] if x.sum().item() > 3.0 else [x],
        lambda x: x.reshape(-1, 1) if x[0].item() > 1.0 else x * 1.0,
    ],
    ids=["elements", "results", "axes"],
)
def test_a_shape_that_changes_beside_the_point_is_told(function):
    found = check(function, leaf([1.0, 2.0]))
    assert "the function returns other shapes beside the point than at it" in found.faults
