"""Tensors in single precision and in every layout of memory: what is right in float64, in rows, is right in all of them.

The oracle is the same program in float64 on arrays that stand in rows, which other tests hold against mpmath, NumPy and
PyTorch. Each program is differentiated by a plain pass, by a recorded one, and twice.
"""

from __future__ import annotations

import importlib.util
import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from console import plainly
from inside import ARRAYS, OPERATIONS, apply

import diffcli.autograd as ad
import diffcli.nn.functional as F
from diffcli import nn

KINDS = ("float64", "float32")
TOLERANCE = {"float64": 1e-10, "float32": 3e-3}

LAYOUTS = {
    "rows": lambda a: a.copy(),
    "sliced": lambda a: np.repeat(a, 2, axis=0)[::2] if a.ndim else a.copy(),
    "negative strides": lambda a: a[::-1].copy()[::-1] if a.ndim else a.copy(),
    "transposed": lambda a: a.T.copy().T,
    "expanded": lambda a: np.broadcast_to(a[:1], a.shape) if a.ndim else a.copy(),
}


def everything(program, arrays):
    """The results of a program, and its derivatives: by a recorded pass, by a pass through that, and by a plain pass."""
    inputs = [ad.from_numpy(array).requires_grad_() for array in arrays]
    result = program(*inputs)
    found = [result.detach()]
    if not result.requires_grad:
        return found
    total = (result * result).sum()
    first = ad.grad(total, inputs, create_graph=True, allow_unused=True)
    moved = [(one * one).sum() for one in first if one is not None and one.requires_grad]
    second = ad.grad(moved, inputs, retain_graph=True, allow_unused=True) if moved else ()
    total.backward()
    return found + [None if one is None else one.detach() for one in (*first, *second, *(one.grad for one in inputs))]


def holds(program, arrays, kind, layout):
    made = [LAYOUTS[layout](array.astype(kind)) for array in arrays]
    expected = everything(program, [np.array(array, dtype="float64") for array in made])
    for place, (found, right) in enumerate(zip(everything(program, made), expected, strict=True)):
        assert (found is None) == (right is None), place
        if found is None:
            continue
        assert str(found.dtype) == kind, place
        found, right = found.numpy(), right.numpy()
        assert found.shape == right.shape, place
        size = max(1.0, float(np.abs(right[np.isfinite(right)]).max(initial=0.0)))
        assert np.allclose(found, right, rtol=TOLERANCE[kind], atol=TOLERANCE[kind] * size, equal_nan=True), (place, found, right)


# -- every row of both tables ---------------------------------------------------------------------------------------------------


def in_range(point):
    """Whether a point means the same in single precision: not within rounding of a pole, and no power of it overflows."""
    return all(1e-2 < abs(x) < 15 and not 0 < abs(abs(x) - 1) < 1e-3 for x in point)


def operands_of(row):
    """Operands of 2 × 3 elements, of the points of an elementwise row."""
    points = [point for point in row.points if in_range(point)] or [row.points[0]]
    count = 2 if row.variadic else len(row.operands)
    return [np.array([points[k % len(points)][place] for k in range(6)]).reshape(2, 3) for place in range(count)]


REACHED = {
    "whole": lambda y, x: y,
    "behind an index": lambda y, x: y[0],
    "behind a mask": lambda y, x: y[y == y],
    "in a choice": lambda y, x: ad.where(x > 0.0, y, x),
}
"""How a result is used: some of its adjoints know which elements are there."""

SMOOTH = [name for name, row in OPERATIONS.items() if not row.flat and name != "where"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SMOOTH)
def test_an_elementwise_row_in_every_layout_and_use(name, kind):
    operands = operands_of(OPERATIONS[name])
    for layout in LAYOUTS:
        for use in REACHED.values():
            holds(lambda *x, use=use: use(apply(name, x), x[0]), operands, kind, layout)
    holds(lambda *x: apply(name, [x[0], *(one[0] for one in x[1:])]), operands, kind, "rows")
    holds(lambda *x: apply(name, x), [operand[:0] for operand in operands], kind, "rows")
    holds(lambda *x: apply(name, x), [operand[0, 0] for operand in operands], kind, "rows")


@pytest.mark.filterwarnings("ignore::diffcli.errors.SecondDerivativeWarning")  # rows that are all the same tie
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name for name, row in ARRAYS.items() if row.points])
def test_an_array_row_in_every_layout(name, kind):
    for point in ARRAYS[name].points:
        fixed = point[-1] if isinstance(point[-1], dict) else {}
        operands = [np.array(one, dtype=float) for one in (point[:-1] if fixed else point)]
        if any(not 1e-10 < np.abs(one).max() < 100 for one in operands):
            continue
        for layout in [one for one in LAYOUTS if one != "expanded" or name not in ("inv", "solve")]:  # rows that are all the same
            holds(lambda *x, fixed=fixed: apply(name, x, **fixed), operands, kind, layout)
            holds(lambda *x, fixed=fixed: (lambda y: y[0] if y.shape else y)(apply(name, x, **fixed)), operands, kind, layout)


# -- functions, methods and losses ----------------------------------------------------------------------------------------------


def changed(change):
    """A program that changes a copy of its operand in place."""

    def program(t, F, x):
        y = x * 1.0
        change(t, F, y, x)
        return y

    return program


def assign(key, value):
    return changed(lambda t, F, y, x: y.__setitem__(key(y) if callable(key) else key, value(x)))


PROGRAMS = {
    "var": lambda t, F, x: x.var(), "var of rows": lambda t, F, x: x.var(1, unbiased=False), "std": lambda t, F, x: x.std(0, keepdim=True),
    "sum of magnitudes": lambda t, F, x: x.norm(1), "third norm": lambda t, F, x: x.norm(3, dim=1), "largest": lambda t, F, x: x.norm(float("inf"), dim=0),
    "max": lambda t, F, x: x.max(1)[0], "min": lambda t, F, x: x.min(dim=0, keepdim=True).values, "clamp": lambda t, F, x: x.clamp(min=-0.3),
    "softplus": lambda t, F, x: F.softplus(x, 2.0, 1.0), "hardtanh": lambda t, F, x: F.hardtanh(x, -0.3, 0.4), "elu": lambda t, F, x: F.elu(x, 0.1),
    "leaky_relu": lambda t, F, x: F.leaky_relu(x, negative_slope=0.5), "add": lambda t, F, x: x.add(x * x, alpha=2), "sub": lambda t, F, x: x.sub(x * x, alpha=0.5),
    "addmm": lambda t, F, x: t.addmm(x[:, :3], x, x.T, beta=2, alpha=0.5), "a diagonal": lambda t, F, x: t.diag(x, 1), "on a diagonal": lambda t, F, x: t.diag(x[0], -2),
    "cat": lambda t, F, x: t.cat([x, x * x], 1), "stack": lambda t, F, x: t.stack([x, x * x], -1), "flatten": lambda t, F, x: x.flatten(),
    "contiguous": lambda t, F, x: x.T.contiguous().view(2, 6), "expand": lambda t, F, x: x[:, :1].expand(3, 5), "permute": lambda t, F, x: x.permute(1, 0).unsqueeze(1),
    "places": lambda t, F, x: x[[0, 0, 2]], "mask": lambda t, F, x: x[x > 0], "places and a slice": lambda t, F, x: x[t.tensor([1, 0], dtype=t.int64), 1:],
    "a matrix product behind an index": lambda t, F, x: (x @ x.T)[0], "truths": lambda t, F, x: x * t.logical_xor(x > 0, x < 0.5),
    "a choice of a root": lambda t, F, x: t.where(x > 0, x.abs().sqrt(), 0.0), "a choice of logs": lambda t, F, x: t.where(x > 0, x.abs().log(), x.exp()),
    "linear": lambda t, F, x: F.linear(x, x, x[:, 0]), "batch_norm": lambda t, F, x: F.batch_norm(x, None, None, x[0], x[1], True),
    "mse": lambda t, F, x: F.mse_loss(x, x * x), "l1": lambda t, F, x: F.l1_loss(x, x * x, reduction="sum"), "labels": lambda t, F, x: F.cross_entropy(x, t.tensor([0, 3, 1], dtype=t.int64)),
    "weighed labels": lambda t, F, x: F.cross_entropy(x, t.tensor([0, 3, 1], dtype=t.int64), weight=x[0].detach().exp(), label_smoothing=0.1),
    "labels left out": lambda t, F, x: F.cross_entropy(x, t.tensor([0, -100, 1], dtype=t.int64)), "nll": lambda t, F, x: F.nll_loss(x, t.tensor([0, 3, 1], dtype=t.int64), reduction="none"),
    "margins": lambda t, F, x: F.multi_margin_loss(x, t.tensor([0, 3, 1], dtype=t.int64)), "hinge": lambda t, F, x: F.hinge_loss(x, x.sign()),
    "logits": lambda t, F, x: F.binary_cross_entropy_with_logits(x, x.sigmoid(), pos_weight=x[0].detach().exp()),
    "add in place": changed(lambda t, F, y, x: y.add_(x, alpha=3)), "a row in place": changed(lambda t, F, y, x: y[0].mul_(x[1])),
    "exp in place": changed(lambda t, F, y, x: y.exp_()), "clamp in place": changed(lambda t, F, y, x: y.clamp_(max=0.3)),
    "leaky_relu in place": changed(lambda t, F, y, x: F.leaky_relu(y, 0.3, inplace=True)), "a view of a view": changed(lambda t, F, y, x: y.T[1:3].sub_(x.T[0])),
    "a column is written": assign((slice(None), 1), lambda x: x[:, 0]), "a mask is written": assign(lambda y: y > 0, lambda x: 0.0),
    "numbers under a mask": assign(lambda y: y > 0, lambda x: (x * x)[x > 0]), "places written twice": assign([0, 0, 1], lambda x: x),
    "pairs written twice": assign(([0, 0, 1], [1, 1, 2]), lambda x: x[:, 0]), "one row for all": assign([0, 0, 1], lambda x: x[0]),
    "twice in a view": changed(lambda t, F, y, x: y[:, 1:].T.__setitem__([0, 0], x[:2, :3])), "an axis in front": assign(slice(2), lambda x: (x * x)[None, :2]),
    "added at places": changed(lambda t, F, y, x: y.index_put_((t.tensor([0, 0, 1], dtype=t.int64), t.tensor([1, 1, 2], dtype=t.int64)), x[:, 0], accumulate=True)),
    "put at places": changed(lambda t, F, y, x: y.index_put_((t.tensor([0, 0, 1], dtype=t.int64),), x[0])), "filled": changed(lambda t, F, y, x: y[:, 0].fill_(x[0, 0])),
    "truths in place": changed(lambda t, F, y, x: y[0].gt_(0.1)), "copied": changed(lambda t, F, y, x: y.copy_(x * x)),
}  # fmt: skip

MATRIX = np.random.default_rng(0).normal(size=(3, 4))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_in_every_layout(name, kind):
    for layout in LAYOUTS:
        if layout != "expanded":  # ties
            holds(lambda x: PROGRAMS[name](ad, F, x), [MATRIX], kind, layout)


OURS_ALONE = {"hinge", "places written twice", "pairs written twice", "one row for all", "twice in a view", "put at places"}
"""PyTorch has no such loss, and says that what is written to a place twice is not determined."""


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(PROGRAMS.keys() - OURS_ALONE))
def test_a_program_beside_pytorch(name, kind):
    import torch

    program, matrix = PROGRAMS[name], MATRIX.astype(kind)
    x, y = ad.from_numpy(matrix.copy()).requires_grad_(), torch.from_numpy(matrix.copy()).requires_grad_()
    found, expected = program(ad, F, x), program(torch, torch.nn.functional, y)
    assert (str(found.dtype), found.shape) == (str(expected.dtype).removeprefix("torch."), tuple(expected.shape))
    (found * found).sum().backward()
    (expected * expected).sum().backward()
    for one, other in ((found, expected), (x.grad, y.grad)):
        one, other = one.detach().numpy(), other.detach().numpy()
        assert one.dtype == other.dtype
        assert np.allclose(one, other, rtol=1e-9 if kind == "float64" else 1e-3, atol=1e-9 if kind == "float64" else 1e-3)


OPTIMISERS = {
    "SGD": lambda w: nn.optim.SGD(w, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda w: nn.optim.Adam(w, lr=0.1, amsgrad=True, weight_decay=0.1),
    "AdamW": lambda w: nn.optim.AdamW(w, lr=0.1, maximize=True),
}


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("start", [1.5, [[1.0, 2.0], [3.0, 4.0]]])
def test_an_optimiser_keeps_the_kind(name, start):
    ends = {}
    for kind in KINDS:
        w = nn.Parameter(ad.tensor(start, dtype=kind))
        optimiser = OPTIMISERS[name]([w])
        for _ in range(3):
            optimiser.zero_grad()
            (w * w).sum().backward()
            optimiser.step()
        held = [one for state in optimiser.state.values() for one in state.values() if isinstance(one, ad.Tensor)]
        assert {str(one.dtype) for one in (w, w.grad, *held)} == {kind}
        ends[kind] = np.asarray(w.detach())
    assert np.allclose(ends["float32"], ends["float64"], rtol=1e-5)


def test_single_precision_reads_no_memory_of_another_kind():
    x = ad.tensor([[1, 2], [3, 4]], dtype="float32", requires_grad=True)
    (x @ x)[0].sum().backward()
    assert x.grad.tolist() == [[4.0, 8.0], [2.0, 2.0]]


KINDS_OF_RESULTS = {
    "float32 * 2": (lambda one, two: one * 2, "float32"), "2.0 / float32": (lambda one, two: 2.0 / one, "float32"),
    "float32 + list": (lambda one, two: one + [1.0, 2.0], "float32"), "float32 + float64": (lambda one, two: one + two, "float64"),
    "float32 + number": (lambda one, two: one + ad.tensor(2.0), "float32"), "float32 + int64": (lambda one, two: one + ad.tensor([1, 2], dtype="int64"), "float32"),
    "int64 + number32": (lambda one, two: ad.tensor([1, 2], dtype="int64") + one.sum(), "float32"), "float32 + NumPy's number": (lambda one, two: one + np.float64(2), "float32"),
    "float32 + NumPy's array": (lambda one, two: one + np.ones(2), "float64"), "labels": (lambda one, two: F.cross_entropy(one, [0]), "float32"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS_OF_RESULTS)
def test_the_kind_of_a_result(name):
    program, kind = KINDS_OF_RESULTS[name]
    one = ad.tensor([[1.0, 2.0]] if name == "labels" else [1.0, 2.0], dtype="float32")
    assert str(program(one, ad.tensor([1.0, 2.0])).dtype) == kind


def test_a_hook_does_not_change_the_kind():
    x = ad.tensor([1.0, 2.0], dtype="float32", requires_grad=True)
    x.register_hook(lambda g: g.double() * 3)
    (x * x).sum().backward()
    assert (x.grad.tolist(), str(x.grad.dtype)) == ([6.0, 12.0], "float32")


# -- whole numbers ---------------------------------------------------------------------------------------------------------------

MANY = 2**53


def whole(*numbers):
    return ad.tensor(list(numbers), dtype="int64")


EXACT = {
    "compared with a number": (lambda: whole(MANY + 1) == MANY, [False]), "compared with a large one": (lambda: whole(MANY) == MANY + 1, [False]),
    "compared with a tensor": (lambda: whole(MANY + 1) == whole(MANY + 1), [True]), "indexed": (lambda: whole(1, MANY + 5)[1:], [MANY + 5]),
    "stacked": (lambda: ad.stack([whole(MANY + 5), whole(1)]), [[MANY + 5], [1]]), "small": (lambda: whole(3, 4) * 5, [15.0, 20.0]),
    "times a fraction": (lambda: whole(2**40) * 1e20, [2**40 * 1e20]), "a function": (lambda: whole(50).exp() > 5e21, [True]),
    "made double": (lambda: whole(MANY + 1).double(), [float(MANY)]),
}  # fmt: skip
ROUNDED = {
    "add": lambda: whole(MANY + 1) + 0, "add up to it": lambda: whole(MANY - 1) + 1, "mul": lambda: whole(2**40) * whole(2**40), "pow": lambda: whole(3) ** 40,
    "sum": lambda: whole(MANY - 1, 2, 1 - MANY).sum(), "matmul": lambda: whole(2**30) @ whole(2**30), "argmax": lambda: whole(MANY + 5, 1).argmax(),
    "eq": lambda: whole(MANY + 1) == ad.tensor([1.0]), "abs": lambda: whole(-(2**63)).abs(),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_whole_numbers_are_exact(name):
    found, expected = EXACT[name]
    assert found().tolist() == expected


@pytest.mark.parametrize("name", ROUNDED)
def test_whole_numbers_that_would_be_rounded_are_refused(name):
    with pytest.raises(ad.AutogradError) as caught:
        ROUNDED[name]()
    assert plainly(caught.value) == (
        f"{name.partition(' ')[0]}: whole numbers of 2^53 and more are not exact in floating point, in which tensors compute\n"
        "  help: use double() first if they may be rounded"
    )


def test_whole_numbers_in_place_are_exact_or_refused():
    count = whole(MANY - 2)
    count += 1
    assert count.tolist() == [MANY - 1]
    with pytest.raises(ad.AutogradError, match="are not exact"):
        count += 1


# -- whole numbers that floats do not hold -----------------------------------------------------------------------------------------

ODD, HUGE = MANY + 1, 10**400
NOT_EXACT = (
    "whole numbers of 2^53 and more are not exact in floating point, and there is one that is not\n"
    "  help: say dtype='int64' to keep them, or 'float64' to round them"
)
TOO_LARGE = "float64 does not hold every number that is given: one is too large, or NaN"
NUMBER, PAIR = ad.tensor(1.0), ad.tensor([1.0, 2.0])


def with_item(value):
    made = PAIR.clone()
    made[0] = value
    return made


PLACES = {
    "tensor": ad.tensor, "a list": lambda n: ad.tensor([n]), "beside a fraction": lambda n: ad.tensor([n, 0.5]), "nested": lambda n: ad.tensor([(1, 2.5), (3, n)]), "as_tensor": ad.as_tensor,
    "times a number": lambda n: NUMBER * n, "times a number on the right": lambda n: n * NUMBER, "plus": lambda n: PAIR + n, "less": lambda n: n - PAIR, "by": lambda n: PAIR / n, "recorded": lambda n: PAIR.clone().requires_grad_() * n, "power": lambda n: PAIR**n, "of a power": lambda n: n**NUMBER, "rest": lambda n: PAIR % n, "a list of them": lambda n: PAIR * [n, n],
    "in single precision": lambda n: PAIR.float() * n, "maximum": lambda n: ad.maximum(PAIR, n), "choice": lambda n: ad.where(PAIR > 1, n, PAIR), "clamp": lambda n: PAIR.clamp(min=n), "clamp in place": lambda n: PAIR.clone().clamp_(max=n), "slope": lambda n: F.leaky_relu(PAIR, n), "alpha": lambda n: ad.add(PAIR, PAIR, alpha=n), "add_": lambda n: PAIR.clone().add_(n), "fill_": lambda n: PAIR.clone().fill_(n), "item": with_item,
    "full": lambda n: ad.full((2,), n), "full_like": lambda n: ad.full_like(PAIR, n), "arange": lambda n: ad.arange(0, n, abs(n)), "linspace": lambda n: ad.linspace(0, n, 3), "of whole numbers": lambda n: ad.tensor([1], dtype="int64") + n, "adjoint": lambda n: (NUMBER.clone().requires_grad_() * 2.0).backward(n),
}  # fmt: skip


AS_FLOATS = {
    "times a number", "times a number on the right", "plus", "less", "by", "recorded", "power", "of a power", "rest", "in single precision",
    "maximum", "choice", "clamp", "clamp in place", "slope", "alpha", "add_", "fill_", "item",
}  # fmt: skip
"""Where a whole number of Python's meets tensors of floats, and counts as it does beside Python's own."""


@pytest.mark.parametrize("place", sorted(AS_FLOATS))
def test_a_whole_number_beside_floats_is_rounded_as_python_rounds_it(place):
    for number in (ODD, -ODD, 10**23, 2**63 - 1):
        assert str(PLACES[place](number)) == str(PLACES[place](float(number)))


def test_a_series_with_factorials():
    x = ad.tensor(0.5)
    assert sum(x**n / math.factorial(n) for n in range(24)).item() == pytest.approx(math.exp(0.5), rel=1e-15)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("place", PLACES)
def test_a_whole_number_that_no_float_is_is_refused_wherever_it_is_given(place):
    for wrong, text in ((ODD, NOT_EXACT), (-ODD, NOT_EXACT), (2**63 - 1, NOT_EXACT), (2**64 - 1, NOT_EXACT), (HUGE, TOO_LARGE), (-HUGE, TOO_LARGE)):
        if place in {"adjoint", *AS_FLOATS} and text == NOT_EXACT:
            continue  # it becomes of the kind of the result
        with pytest.raises(ad.AutogradError) as caught:
            PLACES[place](wrong)
        assert plainly(caught.value) == text
    for right in (MANY, -MANY, 2**60, 2**64) if place != "of whole numbers" else ():
        assert str(PLACES[place](right)) == str(PLACES[place](float(right)))


@pytest.mark.parametrize("wrong", [np.int64(ODD), np.uint64(2**64 - 1), np.array([2**63 - 1]), np.array([1, 2**64 - 1], dtype="uint64"), [np.int64(ODD), 0.5], np.array([ODD, 1], dtype=object)], ids=repr)
def test_whole_numbers_of_numpy_s_are_refused_alike(wrong):
    for made in (ad.tensor, lambda n: PAIR * n, lambda n: PAIR + n):
        with pytest.raises(ad.AutogradError) as caught:
            made(wrong)
        assert plainly(caught.value) == NOT_EXACT


@pytest.mark.parametrize("number", [ODD, -ODD, MANY, 2**63 - 1, 2**64, HUGE, -HUGE], ids=lambda n: f"{float(n):g}" if abs(n) < 1e300 else "huge")
def test_whole_numbers_of_any_size_are_compared_as_they_are(number):
    given = [float(MANY), MANY + 2.0, -float(MANY), float(2**63), 1.8e308, -1.8e308, float("nan"), 0.5]
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        relation = getattr(operator, name)
        right = [relation(one, number) for one in given]  # of Python's numbers, exactly
        assert relation(ad.tensor(given), number).tolist() == right
        assert [relation(ad.tensor(one, requires_grad=True), number).item() for one in given] == right
        assert getattr(ad, name)(number, ad.tensor(given)).tolist() == [relation(number, one) for one in given]


HELD = {
    "kept": (lambda: ad.tensor([ODD], dtype="int64"), [ODD]), "kept throughout": (lambda: ad.full((2,), ODD, dtype="int64"), [ODD, ODD]), "rounded": (lambda: ad.tensor(ODD, dtype="float64"), float(MANY)), "cut off": (lambda: ad.tensor([1.5, -1.5], dtype="int64"), [1, -1]), "the largest": (lambda: ad.tensor(np.array([2**63 - 1], dtype="uint64"), dtype="int64"), [2**63 - 1]), "half precision": (lambda: ad.tensor(np.float16(2.5), dtype="int64"), 2), "objects": (lambda: ad.tensor(np.array([1, 2.5], dtype=object)), [1.0, 2.5]),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", HELD)
def test_what_a_kind_holds_it_keeps(name):
    made, right = HELD[name]
    assert made().tolist() == right


NOT_HELD = {
    "NaN": lambda: ad.tensor([0.0, float("nan")]).long(), "infinite": lambda: ad.tensor(float("inf")).to("int64"), "large": lambda: ad.tensor([1e300], dtype="int64"), "too large": lambda: ad.tensor(2**64, dtype="int64"), "unsigned": lambda: ad.tensor(np.uint64(2**63), dtype="int64"), "written": lambda: ad.tensor([1], dtype="int64").fill_(float("nan")), "throughout": lambda: ad.full((2,), 1e30, dtype="int64"), "huge": lambda: ad.tensor(HUGE, dtype="int64"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", NOT_HELD)
def test_what_a_kind_does_not_hold_is_refused(name):
    with pytest.raises(ad.AutogradError) as caught:
        NOT_HELD[name]()
    assert plainly(caught.value) == "int64 does not hold every number that is given: one is too large, or NaN"


@pytest.mark.parametrize("wrong", [Fraction(1, 3), Decimal("0.1"), 1j, "1", b"1", None, np.datetime64("2020-01-01"), np.str_("1")], ids=repr)
def test_what_is_no_number_is_refused(wrong):
    text = f"a `{type(wrong).__name__}` is no number and no array of numbers"
    for made in (ad.tensor, lambda n: PAIR.clone().fill_(n), lambda n: ad.maximum(PAIR, n), lambda n: ad.where(PAIR > 1, n, PAIR), with_item):
        with pytest.raises(ad.AutogradError) as caught:
            made(wrong)
        assert plainly(caught.value) == text
    for operation in (operator.mul, operator.add, operator.gt):  # a text is not repeated, either
        with pytest.raises((TypeError, ad.AutogradError)):
            operation(NUMBER, wrong)
    with pytest.raises(ad.AutogradError, match="the lists hold something else than numbers"):
        ad.tensor([1.0, wrong])
