"""No argument is ever dropped: what a function of tensors or of `diffcli.nn` does not know is refused, and what it knows counts."""

from __future__ import annotations

import inspect
import math
import re

import numpy as np
import pytest
from console import plainly
from inside import SIGNATURES, Signature

import diffcli.autograd as ad
import diffcli.nn.functional as F
from diffcli import nn
from diffcli.nn import functional, init, optim

X = [[0.5, 0.25], [0.125, 0.75]]
NAN = float("nan")

OF_ANY_NUMBER = {"cat", "concat", "concatenate", "stack", "max", "min", "maximum", "minimum", "fmax", "fmin", "fmax_", "fmin_", "maximum_", "minimum_", "max_", "min_"}
"""Functions of as many operands as one likes."""
OF_A_SHAPE = {"zeros", "ones", "empty", "rand", "randn", "reshape", "view", "expand", "permute", "broadcast_to", "Sequential"}
"""Functions whose last arguments are a shape, an order or parts: tensors are refused as such."""
RECORDS = {"GradCheck", "GradCheckEntry", "AutogradError", "Function", "Tensor", "AccumulateGrad", "Counter", "Node", "SecondDerivativeWarning", "diffcli_apply", "kind", "apply"}


def callables():
    places = {"ad": ad, "x": ad.Tensor, "F": functional, "init": init, "nn": nn, "optim": optim}
    for where, place in places.items():
        names = {*dir(place), *(dir(ad) if place is functional else ())}
        for name in sorted(names):
            found = None if name.startswith("_") or name in RECORDS else getattr(place, name, None)
            if callable(found) and inspect.getmodule(found) and str(inspect.getmodule(found).__name__).startswith("diffcli"):
                yield pytest.param(found, id=f"{where}.{name}")


@pytest.mark.parametrize("function", list(callables()))
def test_an_unknown_argument_is_refused_by_name(function):
    said = []
    for count in range(4):
        with pytest.raises((TypeError, ad.AutogradError)) as caught:
            function(*[ad.tensor(X) for _ in range(count)], bogus=1)
        said.append(str(caught.value))
    assert any("'bogus'" in text for text in said), said


@pytest.mark.parametrize("function", list(callables()))
def test_a_surplus_argument_is_refused(function, request):
    name = request.node.callspec.id.partition(".")[2]
    if name in OF_ANY_NUMBER:
        return
    with pytest.raises((TypeError, ad.AutogradError)) as caught:
        function(*[ad.tensor(X) for _ in range(12)])
    assert "argument" in str(caught.value) or "two kinds" in str(caught.value) or name in OF_A_SHAPE | {"Conv2d"}, str(caught.value)


TEXTS = {
    "a slip": (lambda x: x.sum(dmi=0), "sum() has no argument 'dmi': did you mean `dim`?"),
    "unlike any": (lambda x: ad.log(x, bogus=1), "log() has no argument 'bogus': it has input, base"),
    "NumPy's": (lambda x: x.var(ddof=0), "var() has no argument 'ddof': use correction"),
    "where to write": (lambda x: ad.add(x, x, out=x), "add() has no argument 'out': use copy_() to write the result into a tensor"),
    "how to round": (lambda x: ad.div(x, x, rounding_mode="floor"), "div() has no argument 'rounding_mode': use floor() or trunc() of the quotient"),
    "too many": (lambda x: ad.det(x, x), "det() takes 1 argument by place, and has got 2"),
    "by name alone": (lambda x: x.add(x, 2), "add() takes 2 arguments by place, and has got 3"),
    "twice": (lambda x: x.sum(0, dim=1), "sum() has got its argument 'dim' twice"),
    "missing": (lambda x: ad.atan2(x), "atan2() lacks its argument 'other'"),
    "of a module": (lambda x: nn.LeakyReLU(slope=0.1), "LeakyReLU() has no argument 'slope': it has negative_slope, inplace"),
    "of a kind": (lambda x: x.to("float32", "float64"), "to() is given two kinds of numbers, float32 and float64"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_the_whole_text_of_a_refusal(name):
    call, text = TEXTS[name]
    with pytest.raises(TypeError) as caught:
        call(ad.tensor(X))
    assert plainly(caught.value) == text


A = np.array([[1.5, -2.0, 0.25], [-0.75, 3.0, -1.0]])
L = np.log1p
SETTINGS = {
    "negative_slope": (lambda x: F.leaky_relu(x, negative_slope=0.5), np.where(A > 0, A, 0.5 * A)), "slope by place": (lambda x: F.leaky_relu(x, 0.25), np.where(A > 0, A, 0.25 * A)),
    "alpha of elu": (lambda x: F.elu(x, alpha=0.1), np.where(A > 0, A, 0.1 * np.expm1(A))), "alpha of add": (lambda x: ad.add(x, x * x, alpha=3), A + 3 * A**2),
    "alpha of sub": (lambda x: x.sub(1.0, alpha=0.5), A - 0.5), "alpha in place": (lambda x: x.clone().sub_(x * x, alpha=2), A - 2 * A**2), "beta and alpha": (lambda x: ad.addmm(x[:, :2], x, x.T, beta=2, alpha=0.5), 2 * A[:, :2] + 0.5 * A @ A.T),
    "beta": (lambda x: F.softplus(x, beta=2), L(np.exp(2 * A)) / 2), "threshold": (lambda x: F.softplus(x, threshold=1), np.where(A > 1, A, L(np.exp(A)))),
    "bounds": (lambda x: F.hardtanh(x, min_val=-1.5, max_val=0.5), np.clip(A, -1.5, 0.5)), "a lower bound": (lambda x: x.clip(min=0), np.maximum(A, 0)), "an upper bound": (lambda x: x.clamp(max=0.5), np.minimum(A, 0.5)), "None for a bound": (lambda x: x.clamp(None, 0.5), np.minimum(A, 0.5)),
    "bounds of their own": (lambda x: x.clamp(min=x * 0.5, max=ad.tensor([[0.4], [1.0]])), np.clip(A, A * 0.5, [[0.4], [1.0]])), "a bound of its own": (lambda x: ad.clip(x, x.T.T * 0.0), np.maximum(A, 0)), "in place": (lambda x: x.clone().clamp_(max=-x), np.minimum(A, -A)),
    "unbiased": (lambda x: x.var(unbiased=False), A.var()), "unbiased by place": (lambda x: x.var(False), A.var()), "correction": (lambda x: x.std(1, correction=0, keepdim=True), A.std(1, keepdims=True)), "a larger correction": (lambda x: x.var(1, correction=2), A.var(1, ddof=2)),
    "p": (lambda x: x.norm(1), np.abs(A).sum()), "p and dim": (lambda x: x.norm(3, dim=1), (np.abs(A) ** 3).sum(1) ** (1 / 3)), "p is inf": (lambda x: x.norm(p=float("inf"), dim=0, keepdim=True), np.abs(A).max(0, keepdims=True)), "p is -inf": (lambda x: x.norm(float("-inf")), np.abs(A).min()), "p is 0": (lambda x: x.norm(0), 6.0), "fro": (lambda x: x.norm("fro"), np.linalg.norm(A)),
    "p of tiny numbers": (lambda x: (x * 1e-200).norm(3) * 1e200, np.abs(A**3).sum() ** (1 / 3)), "p of huge numbers": (lambda x: (x * 1e200).norm(1.5, dim=0) * 1e-200, (np.abs(A) ** 1.5).sum(0) ** (2 / 3)), "p below 0": (lambda x: x.norm(-1), 1 / (1 / np.abs(A)).sum()), "p of nothing": (lambda x: x[:0].norm(3), 0.0),
    "axis": (lambda x: x.sum(axis=0, keepdims=True), A.sum(0, keepdims=True)), "dtype": (lambda x: x.sum(dim=1, dtype="float64"), A.sum(1)), "several axes": (lambda x: x.mean(dim=(0, 1)), A.mean()), "dim of stack": (lambda x: ad.stack((x, x), dim=2), np.stack((A, A), 2)), "dim of cat": (lambda x: ad.cat(tensors=[x, x], dim=1), np.concatenate((A, A), 1)),
    "a diagonal above": (lambda x: ad.diag(x, 1), np.diag(A, 1)), "a diagonal below": (lambda x: x.diag(diagonal=-1), np.diag(A, -1)), "on a diagonal above": (lambda x: ad.diag(x[0], 2), np.diag(A[0], 2)), "on a diagonal below": (lambda x: ad.diag(x[0], offset=-1), np.diag(A[0], -1)),
    "a base": (lambda x: ad.log(x.abs(), 2), np.log2(np.abs(A))), "a base by name": (lambda x: ad.log(x.abs(), base=10), np.log10(np.abs(A))), "other": (lambda x: x.maximum(other=0.5), np.maximum(A, 0.5)), "input": (lambda x: ad.softmax(input=x, dim=0), np.exp(A) / np.exp(A).sum(0)),
    "exponent": (lambda x: x.pow(exponent=3), A**3), "equal_nan": (lambda x: float(ad.allclose(x / 0.0 * 0.0, x / 0.0 * 0.0, equal_nan=True)) + 0 * x, 1 + 0 * A), "inplace": (lambda x: F.relu(x.clone(), inplace=True), np.maximum(A, 0)), "no inplace": (lambda x: F.relu(x, False), np.maximum(A, 0)),
    "exclusive or": (lambda x: ad.logical_xor(x > 0, [[2.0, 0.0, 0.0]]), (A > 0) ^ [True, False, False]), "not": (lambda x: ad.logical_not(ad.tensor([0.0, 2.0, float("nan")])), [True, False, False]), "exclusive or in place": (lambda x: x.clone().logical_xor_(1.0), np.zeros((2, 3))),
    "place of all": (lambda x: x.argmax(), A.argmax()), "place kept": (lambda x: x.argmin(keepdim=True), np.array([[A.argmin()]])), "place along": (lambda x: x.argmax(dim=0), A.argmax(0)), "largest": (lambda x: x.max(1)[0], A.max(1)), "its place": (lambda x: x.max(1)[1], A.argmax(1)), "smallest": (lambda x: x.min(dim=-1, keepdim=True).values, A.min(1, keepdims=True)), "whole": (lambda x: ad.max(x), A.max()), "of two": (lambda x: ad.max(x, -x), np.abs(A)), "of several": (lambda x: ad.min(x, 0.0, -x), -np.abs(A)),
    "NaN is passed over": (lambda x: ad.fmax(x / 0.0 * 0.0, x) + x.fmin(x / 0.0 * 0.0), 2 * A), "fmin of two": (lambda x: ad.fmin(x, -x), -np.abs(A)), "approximate": (lambda x: F.gelu(x, approximate="tanh"), A / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (A + 0.044715 * A**3)))),
    "no axes are all": (lambda x: x.sum(dim=()), A.sum()), "fill_value by name": (lambda x: ad.full_like(x, fill_value=3.0, dtype="float32"), np.full((2, 3), 3.0)), "and of truths": (lambda x: (x > 0) & (x < 1) | ~(x < 2) ^ True, (A > 0) & (A < 1) | ~(A < 2) ^ True),
    "randint": (lambda x: ad.randint(1, (2, 3)) + 0.0 * x, 0 * A), "fill_value": (lambda x: ad.full(size=(2, 3), fill_value=2.5, device="cpu"), np.full((2, 3), 2.5)), "full_like": (lambda x: ad.full_like(x, 3.0), np.full((2, 3), 3.0)),
    "contiguous": (lambda x: x.T.contiguous().view(6), A.T.ravel()), "nothing along an axis": (lambda x: F.softmax(ad.ones(5, 0), -1), np.ones((5, 0))), "no logs along an axis": (lambda x: F.log_softmax(ad.ones(5, 0), dim=1), np.ones((5, 0))),
}  # fmt: skip
"""What a setting changes, and the result in NumPy."""


WRONG = {
    "& of numbers": (lambda x: x & x, "& | ^ ~ are of yes and no, not of numbers\n  help: compare first, as in (x > 0) & (y > 0)"),
    "~ of whole numbers": (lambda x: ~ad.tensor([1], dtype="int64"), "& | ^ ~ are of yes and no, not of numbers\n  help: compare first, as in (x > 0) & (y > 0)"),
    "| with a number": (lambda x: (x > 0) | 2, "& | ^ ~ are of yes and no, not of numbers\n  help: compare first, as in (x > 0) & (y > 0)"),
    "approximate": (lambda x: F.gelu(x, approximate="erf"), "approximate is 'none' or 'tanh', not 'erf'"),
    "a fraction of an axis": (lambda x: x.sum(dim=1.5), "dim is a whole number, not 1.5"),
    "a fraction of a length": (lambda x: ad.zeros(2.5), "a length is a whole number from 0 to 2^63 - 1, not 2.5"),
    "zeros_like": (lambda x: ad.zeros_like(x, 5.0), "zeros_like() takes one argument by place"),
    "full_like": (lambda x: ad.full_like(x), "full_like() takes a tensor and a number by place"),
    "a generator for inplace": (lambda x: F.dropout(x, 0.5, True, object()), "inplace is True or False, not a `object`; a generator is given by name"),
    "no reduction": (lambda x: F.nll_loss(x, [0, 1], x[0]), "a reduction is 'mean', 'sum' or 'none', not tensor([0.5 , 0.25])\n  help: give other settings by their names: weight=..."),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_the_whole_text_of_a_setting_that_is_wrong(name):
    call, text = WRONG[name]
    with pytest.raises((TypeError, ad.AutogradError)) as caught:
        call(ad.tensor(X))
    assert plainly(caught.value) == text


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_counts(name):
    call, expected = SETTINGS[name]
    found = np.asarray(call(ad.tensor(A)))
    assert found.shape == np.shape(expected)
    assert np.allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in SETTINGS if SETTINGS[name][0](ad.tensor(A, requires_grad=True)).requires_grad])
def test_a_setting_counts_in_the_gradient(name):
    assert ad.gradcheck(lambda x: SETTINGS[name][0](x), ad.tensor(A, requires_grad=True))


def test_the_extremes_along_an_axis_have_names():
    values, indices = ad.tensor(A).max(dim=0)
    assert (values.tolist(), indices.tolist(), str(indices.dtype)) == ([1.5, 3.0, 0.25], [0, 1, 0], "int64")
    assert repr(ad.tensor([2.0, 1.0]).min(0)) == "Extremes(values=tensor(1.0), indices=tensor(1, dtype=int64))"


def test_a_device_that_there_is_not_is_refused_wherever_tensors_are_made():
    for made in (lambda d: ad.zeros(2, device=d), lambda d: ad.tensor(1.0, device=d), lambda d: ad.randn(2, device=d), lambda d: ad.ones_like(ad.zeros(2), device=d)):
        assert made("cpu").numel() in (1, 2)
        with pytest.raises(ad.AutogradError, match="there is no device 'cuda' here"):
            made("cuda")


# -- what is taken out of the graph, and what shows a number --------------------------------------------------------------------


def test_detach_in_place_takes_a_tensor_out_of_the_graph():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    assert y.detach_() is y
    assert (y.requires_grad, y.is_leaf, y.grad_fn) == (False, True, None)
    assert not x.detach_().requires_grad
    with pytest.raises(ad.AutogradError, match="is a view, and shares its place in the graph"):
        y[:1].detach_()


def test_truths_in_place_end_the_past_of_a_tensor():
    x = ad.tensor([1.0, -2.0], requires_grad=True)
    y = x * 3
    y.gt_(0.0)
    (y * 5).sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([1.0, 0.0], [0.0, 0.0])


LOOKS = {
    "data": lambda x: x.data, "detach": lambda x: x.detach(), "a view": lambda x: x[...], "an empty key": lambda x: x[()], "a view of a view": lambda x: x[...][...],
    "detached data": lambda x: x.data.detach(), "squeeze": lambda x: x.squeeze(), "reshape": lambda x: x.reshape(()),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize("name", LOOKS)
def test_a_look_at_a_number_shows_it_and_leaves_it_a_number(name, kind):
    x = ad.tensor(1.5, dtype=kind)
    before = type(x._value)
    look = LOOKS[name](x)
    assert type(x._value) is type(look._value) is before
    look.fill_(2.5)
    assert (x.item(), look.item()) == (2.5, 2.5)
    x.mul_(2.0)
    assert (x.item(), look.item()) == (5.0, 5.0)
    assert x._version == (1 if "data" in name else 2)
    array = look.detach().numpy()
    array[...] = 7.0
    assert (x.item(), look.item(), (x + 1.0).item()) == (7.0, 7.0, 8.0)


@pytest.mark.parametrize("name", [name for name in LOOKS if "data" not in name])
def test_a_change_of_a_number_that_was_saved_is_noticed(name):
    x = ad.tensor(1.5, requires_grad=True)
    for change in (lambda y: LOOKS[name](y).detach(), lambda y: y.detach()):
        y = x * 2.0
        look = change(y)
        z = y * y
        look.fill_(3.0)
        with pytest.raises(ad.AutogradError, match="changed in place since"):
            z.backward()


def test_a_view_of_a_number_is_recorded_in_place():
    x = ad.tensor(3.0, requires_grad=True)
    y = x * 2.0
    y[...].mul_(5.0)
    (y * y).backward()
    assert (y.item(), x.grad.item()) == (30.0, 2 * 30.0 * 10.0)


def test_numbers_in_memory_have_the_derivatives_of_numbers():
    for value in (0.7, 2.5):
        x = ad.from_numpy(np.array(value)).requires_grad_()
        ad.lgamma(x).backward()
        y = ad.tensor(value, requires_grad=True)
        ad.lgamma(y).backward()
        assert (x.item(), x.grad.item()) == (value, y.grad.item())


def test_the_kind_of_a_sum_is_the_one_asked_for():
    x = ad.tensor([1.5, 2.5])
    assert [str(x.sum(dtype=kind).dtype) for kind in ("float32", "float64", "int64")] == ["float32", "float64", "int64"]
    assert str(ad.softmax(x, dim=0, dtype="float32").dtype) == "float32"


SLOPES_AT_AN_EDGE = {
    # at 0, where a norm has a corner, the slope of least norm
    **{f"norm of {p}": (lambda x, p=p: x.norm(p), [0.0, 0.0], [0.0, 0.0]) for p in (1, 1.5, 2, 3, 4, float("inf"))},
    "norm of 3, of rows": (lambda x: ad.stack([x, x + 1]).norm(3, dim=1), [0.0, 0.0], [2.0 ** (-2 / 3)] * 2),
    # a value that is undefined is NaN, and so is its slope
    **{name: (lambda x, name=name: getattr(x, name)(), [1.0, NAN], [NAN, NAN]) for name in ("max", "min", "amax", "amin", "norm")},
    "min along": (lambda x: ad.stack([x, x * 0 + 2]).min(1)[0], [1.0, NAN], [NAN, NAN]),
}


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("name", SLOPES_AT_AN_EDGE)
def test_the_slope_at_an_edge(name, kind):
    call, at, expected = SLOPES_AT_AN_EDGE[name]
    x = ad.tensor(at, dtype=kind, requires_grad=True)
    call(x).sum().backward()
    assert np.allclose(x.grad.numpy(), expected, rtol=1e-6, equal_nan=True), x.grad


# -- what may be given for a tensor ----------------------------------------------------------------------------------------------

POINTS = [np.array([0.25, 0.5]), np.array([[0.25, 0.5], [0.75, 0.125]]), np.array(0.25)]
FORMS = {
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()) if a.ndim else a.tolist(),
    "list of tensors": lambda a: [ad.tensor(row) for row in a] if a.ndim else a.tolist(),
    "array": lambda a: a.copy(),
    "number of NumPy's": lambda a: a if a.ndim else np.float64(a),
}
NO_TENSORS = {
    # by chance, of shapes, of several operands in a list, and what gives a memory, a kind or a mode
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "dropout", "zeros", "ones", "empty", "full", "eye", "arange", "linspace",
    "cat", "concat", "concatenate", "stack", "from_numpy", "tensor", "as_tensor", "manual_seed", "set_grad_enabled", "inference_mode", "gradcheck",
    "backward", "grad", "enable_grad", "no_grad", "reshape", "view", "expand", "broadcast_to", "permute",
}  # fmt: skip


def functions():
    for where, place in (("ad", ad), ("F", functional)):
        for name in sorted(set(dir(place)) - NO_TENSORS):
            found = getattr(place, name, None)
            ours = callable(found) and str(getattr(found, "__module__", "")).startswith("diffcli.")
            if ours and not name.startswith(("_", "check_")) and not inspect.isclass(found) and name not in RECORDS:
                yield pytest.param(found, id=f"{where}.{name}")


def outcome(function, operands):
    try:
        made = function(*operands)
    except (ad.AutogradError, TypeError) as refused:
        assert isinstance(refused, ad.AutogradError) or re.search("argument|by place", str(refused)), refused
        return "refused"
    made = made if isinstance(made, tuple) else (made,)
    return [(str(getattr(one, "dtype", type(one))), one.tolist() if isinstance(one, ad.Tensor) else one) for one in made]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", list(functions()))
def test_what_becomes_a_tensor_is_taken_for_one(function):
    for point in POINTS:
        for count in (1, 2, 3):
            wanted = outcome(function, [ad.tensor(point) for _ in range(count)])
            for form, made in FORMS.items():
                found = outcome(function, [made(point) for _ in range(count)])
                assert str(found) == str(wanted) or (wanted == "refused" and function.__name__ == "max"), (form, point.shape, count, found, wanted)


GIVEN = {
    "any": (lambda: ad.any([0.0, 0.0]), False), "any of lists": (lambda: ad.any([[0, 0], [0, 2]], 1), [False, True]), "all": (lambda: ad.all((1.0, 0.0)), False), "by name": (lambda: ad.all(input=[1.0, 2.0]), True),
    "isnan": (lambda: ad.isnan([NAN, 1.0]), [True, False]), "equal": (lambda: ad.equal([1.0], np.array([1.0])), True), "max": (lambda: ad.max(ad.tensor([2.0, 3.0]), [1.0, 4.0]), [2.0, 4.0]), "of lists alone": (lambda: ad.max([2.0, 3.0], [1.0, 4.0]), [2.0, 4.0]),
    "reshape": (lambda: ad.reshape([1.0, 2.0], 2, 1), [[1.0], [2.0]]), "expand": (lambda: ad.expand([1.0, 2.0], 2, 2), [[1.0, 2.0]] * 2), "permute": (lambda: ad.permute([[1.0, 2.0]], 1, 0), [[1.0], [2.0]]), "view_as": (lambda: ad.tensor([1.0, 2.0]).view_as([[0], [0]]), [[1.0], [2.0]]),
    "like": (lambda: ad.zeros_like([1.0, 2.0]), [0.0, 0.0]), "a loss": (lambda: F.mse_loss([1.0, 2.0], (0.0, 4.0), "sum"), 5.0), "labels": (lambda: F.nll_loss([[-1.0, -2.0]], [1]), 2.0), "weights": (lambda: F.nll_loss([[-1.0, -2.0]], [1], "sum", [1.0, 3.0]), 6.0), "logical_and": (lambda: ad.logical_and([1.0, 0.0, NAN], 2.0), [True, False, True]),
    "of a kind": (lambda: ad.sum([1.0, 2.0], dtype="float32"), 3.0), "in place": (lambda: F.relu([1.0, -2.0], inplace=True), [1.0, 0.0]), "a formula in place": (lambda: F.hardtanh([1.0, -2.0], -0.5, 0.5, True), [0.5, -0.5]),
    "a bound": (lambda: ad.clip([1.0, 2.0], np.array([1.5, 1.5]), np.array([3.0, 1.75])), [1.5, 1.75]), "a base": (lambda: ad.log([8.0, 9.0], np.array([2.0, 3.0])), [3.0, 2.0]),
}  # fmt: skip


@pytest.mark.parametrize("name", GIVEN)
def test_lists_and_arrays_are_numbers(name):
    made, right = GIVEN[name]
    found = made()
    assert (found.tolist() if isinstance(found, ad.Tensor) else found) == (pytest.approx(right) if not isinstance(right, list) or ("view" not in name and not isinstance(right[0], list)) else right)


# -- what a setting may be ---------------------------------------------------------------------------------------------------------

NO_WHOLE = (True, np.True_, 1.0, 1.5, NAN, np.float64(1.0), "1", object, 1j, (True,), [1.5], ("0",))
NO_FLAG = (1, 0.0, np.int64(1), "True", [True], NAN)
NO_NUMBER = ("1", [1.0], (1.0,), 1j, np.array([1.0]), np.datetime64("2020-01-01"))


def settings():
    """Every setting of every function with a signature, with how its other arguments are filled in."""
    for function, (text, _) in SIGNATURES.items():
        signature = Signature(function, text)
        for name, reader in signature.readers.items():
            rest = {one: ad.tensor(X) for one, default in signature.template.items() if not isinstance(default, (int, float, str, type(None))) and one not in ("dim", "tensors")}
            yield pytest.param(function, name, reader.func.__name__, rest | ({"tensors": [ad.tensor(X)] * 2} if "tensors" in signature.names else {}), id=f"{function}({name})")


@pytest.mark.parametrize("function, name, kind, rest", list(settings()))
def test_a_setting_of_another_kind_is_refused(function, name, kind, rest):
    wanted, wrong = {"flag": ("True or False", NO_FLAG), "number": ("a number", NO_NUMBER)}.get(kind, ("a whole number", NO_WHOLE))
    for value in wrong:
        if kind == "flag" and name == "keepdim" and function in ("max", "min"):
            rest = rest | {"dim": 0}
        shown = value[0] if isinstance(value, (list, tuple)) and kind == "axes" else value
        with pytest.raises(ad.AutogradError) as caught:
            getattr(functional, function)(**rest, **{name: value})
        assert plainly(caught.value) == f"{name} is {wanted}, not {shown!r}"


@pytest.mark.parametrize("function, name, kind, rest", [case for case in settings() if case.values[2] in ("axes", "whole")])
def test_whole_numbers_of_every_kind_are_whole_numbers(function, name, kind, rest):
    right = getattr(functional, function)(**rest, **{name: (1,) if name == "shape" else 1})
    for value in (np.int64(1), np.uint8(1), ad.tensor(1, dtype="int64"), ad.tensor(1.0)):
        found = getattr(functional, function)(**rest, **{name: value})
        assert str(found) == str(right)


ODDITIES = [0, -1, True, None, "x", (0, 1), [], 2.5, np.int64(0), [1, 2], ad.tensor([1.0, 2.0]), np.array([1.0, 2.0]), object(), "float32"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("function", SIGNATURES)
def test_no_argument_brings_about_an_error_of_python_s(function):
    signature = Signature(function, SIGNATURES[function][0])
    first, *others = signature.names
    for given in ([1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]], 2.0, [], [True, False], ad.tensor([1, 2], dtype="int64"), "a", None, object()):
        for name in others:
            for value in ODDITIES:
                rest = {one: [1.0, 2.0] for one in others if signature.least > signature.names.index(one) and one not in (name, "dim")}
                outcome(lambda: getattr(functional, function)(**{first: [given, given] if first == "tensors" else given}, **rest, **{name: value}), [])  # noqa: B023


UNSIGNED = "reshape view flatten ravel squeeze unsqueeze permute transpose swapaxes t expand broadcast_to expand_as view_as reshape_as isnan isfinite contiguous equal allclose zeros ones full eye arange linspace randint zeros_like full_like tensor as_tensor from_numpy"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", UNSIGNED.split())
def test_no_arguments_by_place_bring_about_an_error_of_python_s(name):
    for first in ([[1.0, 2.0], [3.0, 4.0]], 2.0, [], *ODDITIES):
        for second in ((), *((one,) for one in (*ODDITIES, NAN))):
            for third in ((), (0,), (None,), (True,), ("x",), (2.5,)):
                outcome(getattr(ad, name), (first, *second, *third))


IMAGES, KERNELS = [[[[1.0, 2.0], [3.0, 4.0]]]], [[[[1.0]]]]
LENGTH = "a length is a whole number from 0 to 2^63 - 1, not "
REFUSED = {
    "max(True)": (lambda x: x.max(True), "dim is a whole number, not True"), "a pair of truths": (lambda x: x.min((True, False)), "dim is a whole number, not True"), "sum(True)": (lambda x: x.sum(True), "dim is a whole number, not True"), "out of range": (lambda x: x.sum(2), "sum: there is no axis 2: it has 2 axes\n  help: axes are counted from 0, so its axes are 0 to 1"),
    "squeeze": (lambda x: x.squeeze(1.0), "an axis is a whole number, not 1.0"), "unsqueeze": (lambda x: x.unsqueeze(None), "an axis is a whole number, not None"), "flatten": (lambda x: x.flatten("0"), "an axis is a whole number, not '0'"), "transpose": (lambda x: x.transpose(True, False), "an axis is a whole number, not True"), "one of two": (lambda x: x.transpose(1), "an axis is a whole number, not None"), "permute": (lambda x: x.permute(0, 1.0), "an axis is a whole number, not 1.0"), "size": (lambda x: x.size(True), "an axis is a whole number, not True"), "size out of range": (lambda x: x.size(2), "there is no axis 2 of a tensor of 2 × 2\n  help: they go from -2 to 1"),
    "reshape": (lambda x: x.reshape(True, -1), "a length is a whole number, not True"), "expand": (lambda x: x.expand(-3, 2, 2), "a length is a whole number from -1 to 2^63 - 1, not -3"), "zeros": (lambda x: ad.zeros(-3), LENGTH + "-3"), "ones": (lambda x: ad.ones(2, True), LENGTH + "True"), "too long": (lambda x: ad.zeros(10**30), LENGTH + f"{10**30}"), "an array without axes": (lambda x: ad.zeros(np.array(0.5)), LENGTH + "array(0.5)"), "full": (lambda x: ad.full((2.0,), 1.0), LENGTH + "2.0"), "fill_value": (lambda x: ad.full((2,), "1"), "fill_value is a number, not '1'"), "no fill_value": (lambda x: ad.full((2,), None), "fill_value is a number, not None"), "full_like": (lambda x: ad.full_like(x, [1.0]), "fill_value is a number, not [1.0]"),
    "eye": (lambda x: ad.eye(True), LENGTH + "True"), "linspace": (lambda x: ad.linspace(0.0, "1", 3), "end is a number, not '1'"), "steps": (lambda x: ad.linspace(0.0, 1.0, 2.5), "steps is a whole number from 0 to 2^63 - 1, not 2.5"), "arange": (lambda x: ad.arange(None), "end is a number, not None"), "randperm": (lambda x: ad.randperm(True), "the count is a whole number from 0 to 2^63 - 1, not True"), "randint": (lambda x: ad.randint(3, 3, (2,)), "high is a whole number from 4 to 2^63 - 1, not 3"), "low": (lambda x: ad.randint(0.5, 3, (2,)), "low is a whole number, not 0.5"), "requires_grad": (lambda x: ad.tensor(1.0, requires_grad="no"), "requires_grad is True or False, not 'no'"),
    "p": (lambda x: x.norm([1.0]), "p is a number, not [1.0]"), "correction": (lambda x: x.var(0, correction="1"), "correction is a number, not '1'"), "slope and place": (lambda x: F.relu(x, inplace=1), "inplace is True or False, not 1"), "training": (lambda x: F.dropout(x, 0.5, "yes"), "training is True or False, not 'yes'"), "drop": (lambda x: F.dropout(x, "0.5"), "p is a number, not '0.5'"), "eps": (lambda x: F.batch_norm(x, None, None, training=True, eps="1"), "eps is a number, not '1'"), "groups": (lambda x: F.conv2d(IMAGES, KERNELS, groups=True), "groups is a whole number from 1 to 2^63 - 1, not True"), "stride": (lambda x: F.conv2d(IMAGES, KERNELS, stride=True), "stride is a whole number of at least 1, or two of them, not True"),
    "margin": (lambda x: F.multi_margin_loss(x, [0, 1], "1"), "margin is a number, not '1'"), "smoothing": (lambda x: F.cross_entropy(x, [0, 1], label_smoothing="1"), "label_smoothing is a number, not '1'"), "ignore_index": (lambda x: F.cross_entropy(x, [0, 1], ignore_index=0.5), "ignore_index is a whole number, not 0.5"), "an array for a reduction": (lambda x: F.cross_entropy(x, [0, 1], np.array([1.0])), "a reduction is 'mean', 'sum' or 'none', not array([1.])\n  help: give other settings by their names: weight=..."),
    "shapes to compare": (lambda x: ad.allclose(x, [1.0, 2.0, 3.0]), "eq: shapes do not fit: 2 × 2 and 3 elements\n  help: their axes are compared from the last: 2 and 3 are neither equal nor 1"), "equal_nan": (lambda x: ad.allclose(x, x, equal_nan="yes"), "equal_nan is True or False, not 'yes'"), "no end": (lambda x: ad.arange(float("inf")), "end is a finite number, not inf"), "no start": (lambda x: ad.linspace(NAN, 1.0, 3), "start is a finite number, not nan"), "a batch": (lambda x: F.batch_norm(x[0], None, None, training=True), "batch norm is of batch × features, and any axes more, not of 2 elements"),
    "num_classes": (lambda x: F.one_hot([0, 1], True), "num_classes is a whole number from -1 to 2^63 - 1, not True"), "few classes": (lambda x: F.one_hot([0, 1], 1), "a label is 1, and with 1 classes labels are the whole numbers from 0 to 0"), "NaN": (lambda x: F.one_hot([0, NAN]), "a label is nan, and labels are whole numbers from 0 on"), "infinite": (lambda x: F.one_hot([0, float("inf")]), "a label is inf, and labels are whole numbers from 0 on"), "below 0": (lambda x: F.one_hot([0, -1]), "a label is -1, and labels are whole numbers from 0 on"), "a fraction": (lambda x: F.one_hot([0.5, 1]), "a label is 0.5, and labels are whole numbers from 0 on"), "large": (lambda x: F.one_hot([1e300]), "a label is 1e+300, and labels are whole numbers from 0 on"),
    "an infinite label": (lambda x: F.cross_entropy(x, [0, float("inf")]), "a label is inf, and with 2 classes labels are the whole numbers from 0 to 1"), "one weight": (lambda x: F.nll_loss(x, [0, 1], weight=[1.0]), "weights are one number for each of 2 classes, not 1 element"), "weights in a column": (lambda x: F.cross_entropy(x, [0, 1], weight=[[1.0], [2.0]]), "weights are one number for each of 2 classes, not 2 × 1"),
    "an infinite index": (lambda x: x[[float("inf")]], "a tensor of 2 × 2 is indexed with a `list`: an index is a whole number, a slice, or a tensor of whole numbers or of yes and no"), "a large index": (lambda x: x[ad.tensor([1e300])], "a tensor of 2 × 2 is indexed with a tensor of 1 element: an index is a whole number, a slice, or a tensor of whole numbers or of yes and no"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", REFUSED)
def test_the_whole_text_of_what_is_no_axis_no_length_no_flag_no_number_and_no_label(name):
    call, text = REFUSED[name]
    with pytest.raises(ad.AutogradError) as caught:
        call(ad.tensor([[0.5, 0.25], [0.125, 0.75]]))
    assert plainly(caught.value) == text


def test_whole_numbers_of_numpy_s_are_axes_lengths_and_strides():
    x = ad.tensor(A)
    assert x.max(np.int64(1)).indices.tolist() == A.argmax(1).tolist()
    assert (x.size(np.int64(1)), ad.zeros(np.int64(2), np.uint8(3)).shape, x.reshape(np.array([3, 2])).shape) == (3, (2, 3), (3, 2))
    assert F.conv2d(IMAGES, KERNELS, stride=np.int64(2), padding=(np.int32(0), 0)).shape == (1, 1, 1, 1)
    assert F.one_hot([0, 2], np.int64(4)).shape == (2, 4) and F.one_hot([], 3).shape == (0, 3)
    assert F.cross_entropy([[1.0, 2.0], [3.0, 4.0]], [0, -1], ignore_index=np.int64(-1)).item() == pytest.approx(math.log1p(math.e))
