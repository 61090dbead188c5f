"""Second derivatives by the engine where a kink, a tie, a jump or a pole is met on the way: the right number, or NaN and a warning.

The oracle is the Hessian of the same text, which is found from the sides of the point; where that says NaN, or the engine cannot
tell, the engine says NaN and names the operation.
"""

import math
import warnings

import numpy as np
import pytest

import diffcli
import diffcli.autograd as ad
import diffcli.nn.functional as F
from diffcli import nn

N = math.nan


def second(function, *given, kind="float64"):
    """The rows of the Hessian, one for each element of each operand, and the operations that warnings name."""
    inputs = [ad.tensor(one, requires_grad=True, dtype=getattr(ad, kind)) for one in given]
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        first = ad.grad(function(*inputs), inputs, create_graph=True)
        assert not met  # a first derivative follows the convention
        rows = []
        for one in first:
            for element in one.reshape(-1) if one.shape else [one]:
                known = element.requires_grad
                row = ad.grad(element, inputs, retain_graph=True, allow_unused=True) if known else [None] * len(inputs)
                rows.append([x for part, whole in zip(row, inputs, strict=True) for x in entries(part, whole)])
    assert all(each.category is ad.SecondDerivativeWarning for each in met)
    return rows, {str(each.message).split("`")[1] for each in met}


def entries(part, whole):
    return [0.0] * whole.numel() if part is None else part.reshape(-1).tolist() if part.shape else [part.item()]


CASES = [
    # text, the same of tensors, the point, what the engine says, the operations that it names
    ("norm(x)^2", lambda x: x.norm() ** 2, {"x": [0.0, 0.0]}, [[2, 0], [0, 2]], set()),
    ("norm(x)^2", lambda x: x.norm() ** 2, {"x": [3.0, 4.0]}, [[2, 0], [0, 2]], set()),
    ("sqrt(sum(x*x))^2", lambda x: (x * x).sum().sqrt() ** 2, {"x": [0.0, 0.0]}, [[N, N], [N, N]], {"sqrt"}),
    ("abs(x)^2", lambda x: abs(x) ** 2, {"x": 0.0}, [[2]], set()),
    ("abs(x)^3", lambda x: abs(x) ** 3, {"x": 0.0}, [[0]], set()),
    ("sum(abs(x)^2)", lambda x: (abs(x) ** 2).sum(), {"x": [0.0, 3.0]}, [[2, 0], [0, 2]], set()),
    ("abs(x)*abs(x)", lambda x: abs(x) * abs(x), {"x": 0.0}, [[2]], set()),
    ("abs(x)*abs(2*x)", lambda x: abs(x) * abs(2 * x), {"x": 0.0}, [[N]], {"abs"}),  # nobody sees that both turn at once
    ("cosh(norm(x))", lambda x: x.norm().cosh(), {"x": [0.0, 0.0]}, [[1, 0], [0, 1]], set()),
    ("elu(x)^2", lambda x: F.elu(x) ** 2, {"x": 0.0}, [[2]], set()),
    ("max(x, y)*min(x, y)", lambda x, y: ad.maximum(x, y) * ad.minimum(x, y), {"x": 0.0, "y": 0.0}, [[0, 1], [1, 0]], set()),
    ("relu(x)^3", lambda x: F.relu(x) ** 3, {"x": 0.0}, [[0]], set()),
    ("sum((x[1:] - x[:-1])^2 + abs(x[1:] - x[:-1])^2)", lambda x: ((x[1:] - x[:-1])**2 + abs(x[1:] - x[:-1]) ** 2).sum(),
     {"x": [1.0, 1.0, 1.0]}, [[4, -4, 0], [-4, 8, -4], [0, -4, 4]], set()),
    # where the sides of the axes agree, and others do not
    ("abs(x)*abs(y)", lambda x, y: abs(x) * abs(y), {"x": 0.0, "y": 0.0}, [[N, N], [N, N]], {"abs"}),
    ("abs(x + y)*abs(x - y)", lambda x, y: abs(x + y) * abs(x - y), {"x": 0.0, "y": 0.0}, [[N, N], [N, N]], {"abs"}),
    ("x*abs(x)", lambda x: x * abs(x), {"x": 0.0}, [[N]], {"abs"}),
    ("relu(x)*relu(y)", lambda x, y: F.relu(x) * F.relu(y), {"x": 0.0, "y": 0.0}, [[N, N], [N, N]], {"relu"}),
    ("abs(x)*(abs(y) + abs(z) - abs(y + z))", lambda x, y, z: abs(x) * (abs(y) + abs(z) - abs(y + z)),
     {"x": 0.0, "y": 0.0, "z": 0.0}, [[N] * 3] * 3, {"abs"}),
    ("sum(abs(x))^2", lambda x: abs(x).sum() ** 2, {"x": [0.0] * 6}, [[N] * 6] * 6, {"abs"}),
    # where a side is so narrow that no direction that is tried is on it
    ("relu(y - 1000*abs(x))^2", lambda x, y: F.relu(y - 1000 * abs(x)) ** 2, {"x": 0.0, "y": 0.0}, [[N, N], [N, N]], {"relu"}),
    ("relu(y - 1000*norm(x))^2", lambda x, y: F.relu(y - 1000 * x.norm()) ** 2, {"x": [0.0, 0.0], "y": 0.0}, [[N] * 3] * 3, {"relu"}),
    ("abs(x + y)*abs(x + y + (x - y)/10^6)", lambda x, y: abs(x + y) * abs(x + y + (x - y) / 10**6), {"x": 0.0, "y": 0.0},
     [[N, N], [N, N]], {"abs"}),
    ("max(x, -x, y/1000)^2", lambda x, y: ad.max(ad.stack([x, -x, y / 1000])) ** 2, {"x": 0.0, "y": 0.0}, [[N, N], [N, N]], {"amax"}),
    *[("relu(amin(x))^2", lambda x: F.relu(x.amin()) ** 2, {"x": [0.0] * n}, [[N] * n] * n, {"relu", "amin"}) for n in (2, 4, 7)],
    *[("relu(-amax(x))^2", lambda x: F.relu(-x.amax()) ** 2, {"x": [0.0] * n}, [[N] * n] * n, {"relu", "amax"}) for n in (2, 4, 7)],
    # of several, those that do agree
    ("norm(x)^2 + relu(y)^2", lambda x, y: x.norm() ** 2 + F.relu(y) ** 2, {"x": [0.0, 0.0], "y": 0.0},
     [[2, 0, 0], [0, 2, 0], [0, 0, N]], {"relu"}),
    # a kink within a kink: what the inner one does not take on a side is no way out for what is undefined
    ("abs(relu(x))*(1 - y)", lambda x, y: abs(F.relu(x)) * (1 - y), {"x": 0.0, "y": 0.0}, [[N, N], [N, 0]], {"abs"}),
    ("relu(abs(x))*y", lambda x, y: F.relu(abs(x)) * y, {"x": 0.0, "y": 1.0}, [[N, N], [N, 0]], {"relu"}),
    # jumps, and conditions at their boundary
    ("hypot(sign(y), x*y + 1/4)", lambda x, y: ad.hypot(ad.sign(y), x * y + 0.25), {"x": -1.0, "y": 0.0}, [[0, N], [N, N]], {"sign"}),
    ("x*(y + 1)^2*floor(y)", lambda x, y: x * (y + 1) ** 2 * ad.floor(y), {"x": 2.0, "y": -1.0}, [[0, N], [N, N]], {"floor"}),
    ("sign(x)*x^2", lambda x: ad.sign(x) * x**2, {"x": 0.0}, [[N]], {"sign"}),
    ("sign(x)*x^2", lambda x: ad.sign(x) * x**2, {"x": -1.0}, [[-2]], set()),
    ("sum(floor(x)*(x - 2)^2)", lambda x: (x.floor() * (x - 2.0) ** 2).sum(), {"x": [2.0, 2.5]}, [[N, 0], [0, 4]], {"floor"}),
    ("where(x > 0, x^2, -x^2)", lambda x: ad.where(x > 0, x**2, -(x**2)), {"x": 0.0}, [[N]], {"where"}),
    ("where(not(x > 0), x^2, -x^2)", lambda x: ad.where(~(x > 0), x**2, -(x**2)), {"x": 0.0}, [[N]], {"where"}),
    ("sum(where(x > 0, x^2, 0))", lambda x: ad.where(x > 0, x**2, 0.0).sum(), {"x": [0.0, 2.0]}, [[N, 0], [0, 2]], {"where"}),
    ("sum(where(x > 0 and x < 1, x^2, 2*x - 1))", lambda x: ad.where((x > 0) & (x < 1), x**2, 2 * x - 1).sum(), {"x": [0.5, 1.0, 2.0]},
     [[2, 0, 0], [0, N, 0], [0, 0, 0]], {"where"}),
    ("where(x == x, x^2, 0)", lambda x: ad.where(x == x, x**2, 0.0), {"x": 0.5}, [[2]], set()),
    ("sum(where(x > 0, x^2, 0))", lambda x: ((x > 0) * x**2).sum(), {"x": [0.0, 1.0]}, [[N, 0], [0, 2]], {"mul"}),
    ("sum(where(x > 0, x^2, 0))", lambda x: ((x > 0).double() * x**2).sum(), {"x": [0.0, 1.0]}, [[N, 0], [0, 2]], {"mul"}),
    ("(x > 0)*x^2", lambda x: (x > 0) * x**2, {"x": 0.5}, [[2]], set()),
    ("abs(x)", abs, {"x": 0.0}, [[N]], {"abs"}),
    ("relu(x)^2", lambda x: F.relu(x) ** 2, {"x": 0.0}, [[N]], {"relu"}),
    ("relu(x)^2", lambda x: F.relu(x) ** 2, {"x": -1.0}, [[0]], set()),
    ("hypot(x, y)^2", lambda x, y: ad.hypot(x, y) ** 2, {"x": 0.0, "y": 0.0}, [[2, 0], [0, 2]], set()),
    ("max(x, -x)^2", lambda x: ad.maximum(x, -x) ** 2, {"x": 0.0}, [[2]], set()),
    ("min(x, y)*x", lambda x, y: ad.minimum(x, y) * x, {"x": 2.0, "y": 2.0}, [[N, N], [N, N]], {"min"}),
    ("clip(x, 0, 1)^2", lambda x: x.clamp(0.0, 1.0) ** 2, {"x": 1.0}, [[N]], {"clip"}),
    ("leaky_relu(x)^2", lambda x: F.leaky_relu(x) ** 2, {"x": 0.0}, [[N]], {"leaky_relu"}),
    ("relu6(x)^2", lambda x: F.relu6(x) ** 2, {"x": 6.0}, [[N]], {"relu6"}),
    ("cbrt(x)^3", lambda x: ad.cbrt(x) ** 3, {"x": 0.0}, [[N]], {"cbrt"}),
    # the first derivative is smooth here, and has a corner
    ("elu(x)", F.elu, {"x": 0.0}, [[N]], {"elu"}),
    ("elu(x)", F.elu, {"x": -1.0}, [[math.exp(-1)]], set()),
    # the kink is in another factor, or further down
    ("abs(x)*z", lambda x, z: abs(x) * z, {"x": 0.0, "z": 2.0}, [[N, N], [N, 0]], {"abs"}),
    ("(3*abs(x) + 1)*z", lambda x, z: (3 * abs(x) + 1) * z, {"x": 0.0, "z": 2.0}, [[N, N], [N, 0]], {"abs"}),
    ("exp(norm(x))*z", lambda x, z: x.norm().exp() * z, {"x": [0.0, 0.0], "z": 2.0}, [[N] * 3, [N] * 3, [N, N, 0]], {"norm"}),
    # elements beside those at a kink, and what is not taken, keep their numbers
    ("sum(relu(x)^2)", lambda x: (F.relu(x) ** 2).sum(), {"x": [0.0, 3.0]}, [[N, 0], [0, 2]], {"relu"}),
    ("norm(x[0])^2 + norm(x[1])^2", lambda x: (x.norm(dim=1) ** 2).sum(), {"x": [[0.0, 0.0], [0.0, 4.0]]},
     [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]], set()),
    ("amax(x)^2", lambda x: x.amax() ** 2, {"x": [1.0, 1.0, 0.0]}, [[N, N, 0], [N, N, 0], [N, N, 0]], {"amax"}),
    ("sum(amax(x, axis=1)^2)", lambda x: (x.amax(1) ** 2).sum(), {"x": [[1.0, 1.0], [0.0, 3.0]]},
     [[N, N, 0, 0], [N, N, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]], {"amax"}),
    ("sum(where(x < 1, x*x, abs(x - 3)))", lambda x: ad.where(x < 1, x * x, abs(x - 3)).sum(), {"x": [0.0, 2.0]}, [[2, 0], [0, 0]], set()),
    ("sum(where(x > 1, abs(x), x*x))", lambda x: ad.where(x > 1, abs(x), x * x).sum(), {"x": [0.0, 2.0]}, [[2, 0], [0, 0]], set()),
    ("x[1]^2*abs(x[1])", lambda x: (x**2 * abs(x))[1], {"x": [0.0, 2.0]}, [[0, 0], [0, 12]], set()),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["float64", "float32"])
@pytest.mark.parametrize(
    "text, function, point, right, named", CASES, ids=[f"{case[0]} at {[*case[2].values()]}" for case in CASES]
)
def test_a_second_derivative_is_that_of_the_text_or_nan_with_a_warning(text, function, point, right, named, kind):
    rows, met = second(function, *point.values(), kind=kind)
    assert rows == [pytest.approx(row, rel=1e-5, abs=1e-6, nan_ok=True) for row in right]
    assert met == named
    expected = diffcli.hessian(text, point).hessian
    sizes = {name: np.size(value) for name, value in point.items()}
    blocks = [[np.reshape(np.asarray(expected[a][b], float), (sizes[a], sizes[b])) for b in point] for a in point]
    assert np.all(np.isnan(rows) | np.isclose(rows, np.block(blocks), rtol=1e-5, atol=1e-6))


def test_the_warning_names_the_operation_the_reason_and_a_way_out():
    x = ad.tensor([0.0, 3.0], requires_grad=True)
    (first,) = ad.grad((F.relu(x) ** 2).sum(), x, create_graph=True)
    text = (
        "second derivatives through `relu` are NaN where that has a kink: write a smooth function (softplus(x) for relu(x), "
        "x*x for abs(x)^2, sum(x*x) for norm(x)^2), or keep off that point"
    )
    with pytest.warns(ad.SecondDerivativeWarning) as met:
        first.sum().backward(retain_graph=True)
    assert {str(each.message) for each in met} == {text}
    assert issubclass(ad.SecondDerivativeWarning, RuntimeWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ad.SecondDerivativeWarning)
        with pytest.raises(ad.SecondDerivativeWarning):
            first.sum().backward()


def test_a_penalty_on_the_gradient_is_nan_at_a_unit_whose_sum_is_just_0_and_nowhere_else():
    inner, outer = nn.Linear(2, 2), nn.Linear(2, 1)
    with ad.no_grad():
        inner.weight[:] = [[1.0, -1.0], [1.0, 2.0]]
        inner.bias[:] = [0.0, 0.5]
        outer.weight[:] = [[3.0, 2.0]]
    x = ad.tensor([[1.0, 1.0]], requires_grad=True)
    result = outer(F.relu(inner(x))).sum()
    result.backward(retain_graph=True)  # the slope at the kink is 0 by convention, without a word
    assert inner.weight.grad.tolist() == [[0.0, 0.0], [2.0, 2.0]]
    inner.zero_grad()
    (slope,) = ad.grad(result, x, create_graph=True)
    result.backward(retain_graph=True)  # and so after a recorded pass through the same graph
    assert inner.weight.grad.tolist() == [[0.0, 0.0], [2.0, 2.0]]
    inner.zero_grad()
    outer.zero_grad()
    with pytest.warns(ad.SecondDerivativeWarning, match="`relu`"):
        (slope * slope).sum().backward()
    assert np.isnan(inner.weight.grad.numpy()[0]).all()
    assert inner.weight.grad.tolist()[1] == [8.0, 16.0]  # of (2 w)^2 by w, times 2


IN_PLACE = {
    "all of it": (lambda x: (x * 1.0).relu_(), [[N, 0], [0, 2]]),
    "a part": (lambda x: changed_part(x), [[N, 0], [N, 2]]),  # a change of a part knows of no elements that are absent
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_kink_that_is_met_in_place_is_met_all_the_same(name):
    change, right = IN_PLACE[name]
    rows, met = second(lambda x: (change(x) ** 2).sum(), [0.0, 3.0])
    assert rows == [pytest.approx(row, nan_ok=True) for row in right]
    assert met <= {"relu", "abs"} and met


def changed_part(x):
    made = x * 1.0
    made[0].abs_()
    return made


class Doubled(ad.Function):
    """Its backward is called for a first derivative, and never to see what stands on which side."""

    calls = 0

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, g):
        Doubled.calls += 1
        if Doubled.calls == 2:
            raise ValueError("called to look around")
        return 2 * g


def test_a_backward_of_the_user_is_not_called_to_look_for_sides():
    x = ad.tensor(0.0, requires_grad=True)
    (first,) = ad.grad(abs(Doubled.apply(x)) ** 2, x, create_graph=True)
    assert first.item() == 0.0
    assert Doubled.calls == 1
    Doubled.calls = 2
    with pytest.warns(ad.SecondDerivativeWarning, match="`abs`"):
        assert math.isnan(ad.grad(first, x)[0].item())
    assert Doubled.calls == 3


def test_third_derivatives_follow():
    x = ad.tensor([0.0, 2.0], requires_grad=True)
    with pytest.warns(ad.SecondDerivativeWarning, match="`abs`"):
        (first,) = ad.grad((abs(x) ** 3).sum(), x, create_graph=True)
        (next_one,) = ad.grad(first.sum(), x, create_graph=True)
        (third,) = ad.grad(next_one.sum(), x)
    assert next_one.tolist() == pytest.approx([N, 12.0], nan_ok=True)
    assert third.tolist() == pytest.approx([N, 6.0], nan_ok=True)


def test_a_recorded_pass_calls_each_hook_once_at_a_kink_too():
    called = []
    x = ad.tensor([0.0, 3.0], requires_grad=True)
    y = F.relu(x)
    y.register_hook(lambda g: called.append(g.tolist()))
    ad.grad((y * y).sum(), x, create_graph=True)
    assert called == [[0.0, 6.0]]


def put(y, key, value):
    y[key] = value
    return y


def changed(x):
    y = x * 1.0
    made = ad.where(y > 1, x**2, x**3)
    y.add_(1)  # what has been compared is another number now
    return made


def unrecorded(mask):
    with ad.no_grad():
        return mask.reshape(1, 3)[0]


TABLE = ad.tensor([1.0, 3.0])

MASKS = {
    # a program of x in which a comparison is led on, and which second derivatives are NaN at [1, 2, 0.5]
    "itself": (lambda x: ad.where(x > 1, x**2, x**3), "100"),
    "a slice": (lambda x: ad.where((x > 1)[::-1][::-1], x**2, x**3), "100"),
    "an element": (lambda x: ad.where((x > 1)[0], x**2, x**3), "111"),
    "another element": (lambda x: ad.where((x > 1)[1], x**2, x**3), "000"),
    "places": (lambda x: ad.where((x > 1)[[1, 0, 2]], x**2, x**3), "010"),
    "reshape": (lambda x: ad.where((x > 1).reshape(1, 3), x**2, x**3), "100"),
    "view": (lambda x: ad.where((x > 1).view(3), x**2, x**3), "100"),
    "flatten": (lambda x: ad.where((x.reshape(1, 3) > 1).flatten(), x**2, x**3), "100"),
    "squeeze": (lambda x: ad.where((x > 1).unsqueeze(0).squeeze(0), x**2, x**3), "100"),
    "t": (lambda x: ad.where((x.reshape(3, 1) > 1).t(), x**2, x**3), "100"),
    "transpose": (lambda x: ad.where((x.reshape(3, 1) > 1).transpose(0, 1).contiguous(), x**2, x**3), "100"),
    "permute": (lambda x: ad.where((x.reshape(3, 1) > 1).permute(1, 0), x**2, x**3), "100"),
    "expand": (lambda x: ad.where((x > 1).expand(2, 3), x**2, x**3), "100"),
    "broadcast in a choice": (lambda x: ad.where((x > 1).reshape(3, 1), (x**2).reshape(3, 1), 0.0), "100"),
    "stack": (lambda x: ad.where(ad.stack([x > 1, x > 9]), x**2, x**3), "100"),
    "cat": (lambda x: ad.where(ad.cat([(x > 9)[:1], (x >= 2)[1:]]), x**2, x**3), "010"),
    "diag": (lambda x: ad.diag((x > 1).double()).sum(0) * x**2, "000"),
    "and": (lambda x: ad.where((x > 1) & (x < 9), x**2, x**3), "100"),
    "and of what is false": (lambda x: ad.where((x > 1) & (x > 7), x**2, x**3), "000"),
    "or of what is true": (lambda x: ad.where((x > 1) | (x < 7), x**2, x**3), "000"),
    "or of both": (lambda x: ad.where((x > 1) | (x < 1), x**2, 0.0), "100"),
    "exclusive or": (lambda x: ad.where((x > 1) ^ (x > 9), x**2, x**3), "100"),
    "not": (lambda x: ad.where(~(x >= 1), x**2, x**3), "100"),
    "equal to a truth": (lambda x: ad.where((x > 1) == True, x**2, x**3), "100"),  # noqa: E712
    "any": (lambda x: ad.where((x > 2).any(), x**2, x**3), "111"),
    "any, decided": (lambda x: ad.where((x > 1).any(), x**2, x**3), "000"),
    "any along": (lambda x: ad.where(ad.stack([x > 1, x > 3]).any(0), x**2, x**3), "100"),
    "all": (lambda x: ad.where((x >= 0.5).all(), x**2, x**3), "111"),
    "all, decided": (lambda x: ad.where((x > 1).all(), x**2, x**3), "000"),
    "all along": (lambda x: ad.where(ad.stack([x > 1, x >= 0.5]).all(dim=0, keepdim=True), x**2, x**3), "100"),
    "a count": (lambda x: (x > 1).sum() * x**2, "000"),
    "single": (lambda x: ad.where((x > 1).float() > 0.5, x**2, x**3), "100"),
    "to a kind": (lambda x: (x > 1).to(ad.float64) * x**2, "100"),
    "a product": (lambda x: (x > 1) * x**2, "100"),
    "a sum": (lambda x: (x > 1) + x**2, "100"),
    "a difference": (lambda x: (1.0 - (x > 1).double()) * x**2, "000"),
    "a choice of constants": (lambda x: ad.where(x > 1, 1.0, 0.0) * x**2, "000"),
    "a scalar product": (lambda x: (x > 1).double() @ x**2, "111"),
    "a number": (lambda x: (x[0] > 1).double() * x[0] ** 2 + (x**2).sum(), "100"),
    "a sum with a number": (lambda x: (x[0] > 1).double().data + x[0] ** 2 + (x**2).sum(), "000"),
    "clone": (lambda x: ad.where((x > 1).clone(), x**2, x**3), "100"),
    "detach": (lambda x: ad.where((x > 1).detach(), x**2, x**3), "000"),
    "data": (lambda x: ad.where((x > 1).data, x**2, x**3), "000"),
    "unrecorded": (lambda x: ad.where(unrecorded(x > 1), x**2, x**3), "000"),
    "changed later": (changed, "100"),
    "a mask as an index": (lambda x: (x**2)[x >= 1], "000"),
    "a mask that leaves it out": (lambda x: (x**2)[x > 1], "000"),
    "a mask of an axis": (lambda x: (x**2).reshape(1, 3)[:, x > 1], "000"),
    "numbers as an index": (lambda x: TABLE[(x[:1] > 1).long()] * x[0] ** 2, "000"),
    "elements of constants": (lambda x: ad.tensor([2.0, 3.0, 4.0])[x > 1].sum() * x**2, "000"),
    "written over": (lambda x: put(x**2, x >= 1, 0.0), "000"),
    "not written over": (lambda x: put(x**2, x > 1, 0.0), "000"),
    "written of a value": (lambda x: put(x**2, x >= 1, 3 * (x**3)[x >= 1]), "000"),
    "written into a view": (lambda x: put((x**2)[1:], x[1:] >= 2, 0.0), "000"),
    "written into constants": (lambda x: put(ad.zeros(3), x > 1, 1.0) * x**2, "000"),
    "a mask written": (lambda x: put(ad.zeros(3), slice(0, 2), (x > 1)[:2]) * x**2, "100"),
    "a mask written over": (lambda x: put((x > 1).double(), 0, 1.0) * x**2, "000"),
    "a product in place": (lambda x: ad.ones(3).mul_(x > 1) * x**2, "000"),
    "a sum in place": (lambda x: (x**2).add_(x > 1), "100"),
    "logical_and": (lambda x: ad.where(ad.logical_and(x - 1, x), x**2, x**3), "100"),
    "logical_or": (lambda x: ad.where(ad.logical_or(x - 1, 0.0), x**2, x**3), "100"),
    "a number as a truth": (lambda x: (x - 1).bool() * x**2, "100"),
    "numbers as whole numbers": (lambda x: x.long() * x**2, "110"),
    "what is finite": (lambda x: ad.where(ad.isfinite(1 / (x - 1) ** 2), x**2, 0.0), "000"),
    "a constant": (lambda x: ad.where(x.detach() > 1, x**2, x**3), "000"),
}  # fmt: skip


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_knows_of_its_boundary_however_it_is_led_on(name):
    function, unknown = MASKS[name]
    rows, met = second(lambda x: function(x).sum(), [1.0, 2.0, 0.5])
    assert "".join(str(int(math.isnan(row[place]))) for place, row in enumerate(rows)) == unknown
    assert bool(met) == ("1" in unknown)
    for point in ([0.75, 1.75, 0.25], [1.25, 2.25, 0.75]):  # beside it every number is that of differences
        rows, met = second(lambda x: function(x).sum(), point)
        assert not met
        for place in range(3):
            assert rows[place][place] == pytest.approx(slope_by_differences(function, point, place), abs=1e-6)


def slope_by_differences(function, point, place):
    found = []
    for side in (1e-5, -1e-5):
        x = ad.tensor([one + side * (number == place) for number, one in enumerate(point)], requires_grad=True)
        found += [ad.grad(function(x).sum(), x)[0][place].item()]
    return (found[0] - found[1]) / 2e-5


def distances(x):
    squares = (x.unsqueeze(0) - x.unsqueeze(1)) ** 2
    same = (squares == 0.0).double()
    return (ad.sqrt(squares + same * 1e-16) * (1 - same)).sum()


def pruned(x):
    mask = x != 0
    with ad.no_grad():
        x *= mask
    return (x**3 + x**2).sum()


GENERIC = {
    # what is compared equals its bound all around the point, or a mask is a constant; the second derivative of the sum by hand
    "active units": (lambda x: (F.relu(x) ** 2).sum() / (F.relu(x) > 0).double().sum(), [-1.0, 2.0], [0, 2]),
    "active units that are picked": (lambda x: (F.relu(x) ** 2)[F.relu(x) > 0].mean(), [-1.0, 2.0], [0, 2]),
    "distances of pairs": (distances, [-1.0, 2.0], [0, 0]),
    "written over": (lambda x: (put(x * 1, x < 0, 0.0) ** 2).sum(), [-1.0, 2.0], [0, 2]),
    "a pruning mask": (pruned, [0.0, 2.0], [2, 14]),
    "a mask that is detached": (lambda x: (x * (x >= 1).detach() * x).sum(), [1.0, 2.0], [2, 2]),
}


@pytest.mark.parametrize("name", GENERIC)
def test_second_derivatives_are_there_where_no_side_is_another(name):
    function, point, right = GENERIC[name]
    rows, met = second(function, point)
    assert [sum(row) for row in rows] == pytest.approx(right)
    assert not met
