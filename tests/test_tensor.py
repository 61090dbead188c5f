"""The define-by-run engine against the tape, against formulas, and at sizes at which a recursive one would fall over."""

from __future__ import annotations

import copy
import doctest
import gc
import importlib
import math
import pkgutil
import random
import threading
import warnings
import weakref

import numpy as np
import pytest
import tiers
from inside import OPERATIONS, AutogradError, HessianResult, apply

import diffcli
import diffcli.autograd as ad
from diffcli import nn

# -- random programs: the tape is the oracle ------------------------------------------------------------------------------

UNARY = ("sin", "cos", "exp", "tanh", "sigmoid", "softplus", "square", "atan", "relu", "abs", "log1p", "sinh", "gelu")
BINARY = ("add", "sub", "mul", "div", "hypot", "max", "atan2")


def random_program(seed):
    """A function of two numbers that applies random rows to what it has so far: numbers, traced numbers or tensors."""
    source = random.Random(seed)
    steps = []
    for size in range(2, 14):
        if source.random() < 0.5:
            steps.append((source.choice(UNARY), (source.randrange(size),)))
        else:
            steps.append((source.choice(BINARY), (source.randrange(size), source.randrange(size))))

    def program(x, y):
        known = [x, y]
        for name, places in steps:
            operands = [known[place] for place in places]
            if name == "add":
                made = operands[0] + operands[1]
            elif name == "sub":
                made = operands[0] - operands[1]
            elif name == "mul":
                made = operands[0] * operands[1] * 0.5
            elif name == "div":
                made = operands[0] / (operands[1] * operands[1] + 1.0)
            elif name == "log1p":
                made = diffcli.log1p(operands[0] * operands[0])
            elif name in ("exp", "sinh"):
                made = getattr(diffcli, name)(diffcli.tanh(operands[0]))
            else:
                made = getattr(diffcli, name)(*operands)
            known.append(made)
        return sum(known[2:], 0.0)

    return program


@pytest.mark.parametrize("seed", range(60))
def test_numbers_have_the_gradient_of_the_tape(seed):
    program = random_program(seed)
    point = {"x": 0.7 - 0.01 * seed, "y": -0.4 + 0.02 * seed}
    expected = diffcli.grad(program, point, mode="reverse")
    x, y = (ad.tensor(value, requires_grad=True) for value in point.values())
    result = program(x, y)
    assert result.item() == expected.value, "the same functions of the same numbers"
    result.backward()
    found = [0.0 if one.grad is None else one.grad.item() for one in (x, y)]
    assert found == pytest.approx(list(expected.gradient.values()), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("seed", range(60, 90))
def test_arrays_are_numbers_side_by_side(seed):
    program = random_program(seed)
    xs, ys = np.random.default_rng(seed).normal(size=(2, 3, 4))
    x, y = ad.tensor(xs, requires_grad=True), ad.tensor(ys, requires_grad=True)
    program(x, y).sum().backward()
    for place in np.ndindex(3, 4):
        a, b = ad.tensor(xs[place], requires_grad=True), ad.tensor(ys[place], requires_grad=True)
        program(a, b).backward()
        for whole, one in ((x, a), (y, b)):
            if one.grad is not None:
                assert whole.grad.tolist()[place[0]][place[1]] == pytest.approx(
                    one.grad.item(), rel=1e-11, abs=1e-11, nan_ok=True
                )


@pytest.mark.parametrize("seed", range(90, 110))
def test_second_derivatives_are_those_of_the_tape(seed):
    program = random_program(seed)
    point = {"x": 0.3, "y": 0.8}
    expected = diffcli.hessian(program, point)
    assert isinstance(expected, HessianResult)
    x, y = (ad.tensor(value, requires_grad=True) for value in point.values())
    first = ad.grad(program(x, y), [x, y], create_graph=True, allow_unused=True)
    rows = []
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        for one in first:
            known = one is not None and one.requires_grad
            entries = ad.grad(one, [x, y], retain_graph=True, allow_unused=True) if known else (None, None)
            rows.append([0.0 if entry is None else entry.item() for entry in entries])
    wanted = [[row[name] for name in point] for row in expected.hessian.values()]
    undefined = np.isnan(rows)  # where a kink or tie is met, and then a warning says so
    assert {each.category for each in met} == ({ad.SecondDerivativeWarning} if undefined.any() else set())
    assert np.all(undefined | np.isclose(rows, wanted, rtol=1e-10, atol=1e-10))


def test_the_lectures_function_at_its_point():
    x1, x2 = ad.tensor(2.0, requires_grad=True), ad.tensor(5.0, requires_grad=True)
    y = ad.log(x1) + x1 * x2 - ad.sin(x2)
    y.backward()
    assert (y.item(), x1.grad.item(), x2.grad.item()) == (11.652071455223084, 5.5, 1.7163378145367738)
    assert y.grad_fn.name == "SubBackward"
    assert [node.name for node, _ in y.grad_fn.next_functions] == ["AddBackward", "SinBackward"]


# -- sizes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_chain_of_very_many_nodes_is_gone_through_and_freed():
    x = ad.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(tiers.size(1_000_000)):
        y = y + 1e-6
    y.backward()
    assert x.grad.item() == 1.0
    del y
    z = x
    for _ in range(tiers.size(200_000)):
        z = z * 1.0
    del z  # never gone through


def test_each_node_is_visited_once():
    x = ad.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1000):
        y = (y + y) * 0.5  # 2^1000 ways from here to x
    y.backward()
    assert x.grad.item() == 1.0


def test_what_was_saved_is_released_by_the_backward_pass():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    saved = weakref.ref(y.detach().numpy())
    z = (y * y).sum()
    del y
    gc.collect()
    assert saved() is not None
    z.backward()
    gc.collect()
    assert saved() is None
    with pytest.raises(ad.AutogradError, match="what MulBackward had saved for that is freed"):
        _ = z.grad_fn.next_functions[0][0].saved


@pytest.mark.slow
@pytest.mark.parametrize("mode", [ad.no_grad, ad.inference_mode])
def test_nothing_is_kept_where_nothing_is_recorded(mode):
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    gc.collect()
    with mode():
        before = sum(isinstance(one, ad.Node) for one in gc.get_objects())
        y = x
        for _ in range(50):
            y = (y * x).sin()
        after = sum(isinstance(one, ad.Node) for one in gc.get_objects())
    assert after == before
    assert y.grad_fn is None


# -- infinities that do not leak -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "point", "gradient"),
    [
        (lambda x: ad.where(x > 0, x.sqrt(), 0.0), [0.0, 4.0], [0.0, 0.25]),
        (lambda x: ad.where(x > 0, x.log(), x * 2.0), [0.0, 0.5, -1.0], [2.0, 2.0, 2.0]),
        (lambda x: x.sqrt()[1:], [0.0, 4.0], [0.0, 0.25]),
        (lambda x: x.sqrt()[ad.tensor([1, 1])], [0.0, 4.0], [0.0, 0.5]),
        (lambda x: ad.where(x > 1, 1 / (x - x), x * 3), [0.5], [3.0]),
        (lambda x: ad.where(x.sum() > 0, x.sqrt(), x), [-1.0, 0.0], [1.0, 1.0]),
        (lambda x: ad.where(x > 0, (x * x).sqrt().log(), 0.0), [0.0, 2.0], [0.0, 0.5]),
        (lambda x: ad.norm(ad.where(x > 0, x, 0.0)), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: x.relu().sqrt(), [-1.0, 4.0], [0.0, 0.25]),
        (lambda x: (x.sqrt() - 1).relu(), [0.0, 4.0], [0.0, 0.25]),
        (lambda x: ad.max(x.sqrt() - 1, 0.0 * x), [0.0, 4.0], [0.0, 0.25]),
        (lambda x: x.clamp(min=1.0) + (x.sqrt() - 1).clamp(min=0.0), [0.0, 4.0], [0.0, 1.25]),
        (lambda x: (x.sqrt() - 1).max(), [0.0, 4.0], [0.0, 0.25]),
        (lambda x: ad.min(x.log(), 5.0 - x.reciprocal()).relu(), [0.0, 2.0], [0.0, 0.5]),
        (lambda x: (x.sqrt().reshape(1, 2).T @ ad.ones(1, 2) - 1).relu(), [0.0, 4.0], [0.0, 0.5]),
        (lambda x: ad.stack([x.sqrt() - 1, x])[0].relu() * ad.ones(3, 2), [0.0, 4.0], [0.0, 0.75]),
        (lambda x: (1 / x).prod() * 0.0 + ad.where(x == 0, 1.0, x.reciprocal()), [0.0, 2.0], [math.nan, math.nan]),
    ],
    ids=["sqrt", "log", "slice", "places", "division", "number", "deep", "norm", "relu", "under relu", "max", "clamp", "largest", "min", "matmul", "stack", "reached"],
)
@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_what_is_not_taken_is_0_whatever_it_meets(program, point, gradient, kind):
    x = ad.tensor(point, requires_grad=True, dtype=kind)
    program(x).sum().backward()
    assert x.grad.tolist() == pytest.approx(gradient, nan_ok=True)


def test_a_number_that_is_not_taken_is_0_too():
    x = ad.tensor(0.0, requires_grad=True)
    ad.where(x > 1, x.sqrt(), x * 3).backward()
    assert x.grad.item() == 3.0


@pytest.mark.parametrize("program", [lambda x: (x.sqrt() - 1).relu(), lambda x: ad.max(x.sqrt(), 2.0), lambda x: x.sqrt().clamp(1.0, 2.0), lambda x: (x - 1).relu().sqrt()])
def test_a_number_that_is_not_taken_has_the_gradient_0(program):
    x = ad.tensor(0.0, requires_grad=True)
    program(x).backward()
    assert x.grad.item() == 0.0


# -- memory ----------------------------------------------------------------------------------------------------------------


def leaves(*values):
    return [ad.tensor(value, requires_grad=True) for value in values]


def test_two_leaves_never_share_a_gradient():
    a, b = leaves([1.0, 2.0], [3.0, 4.0])
    total = a + b
    total[0].backward(retain_graph=True)
    total[1].backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([1.0, 1.0], [1.0, 1.0])
    c, d = leaves([1.0], [2.0])
    (c + d).sum().backward(create_graph=True)
    with ad.no_grad():
        c.grad.mul_(5.0)
    assert (c.grad.tolist(), d.grad.tolist()) == ([5.0], [1.0])
    weights = ad.tensor([1.0, 1.0])
    e = ad.tensor([1.0, 2.0], requires_grad=True)
    e.clone().backward(weights)
    e.grad.zero_()
    assert weights.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("order", [False, True], ids=["rows", "columns"])
def test_a_reshape_that_is_changed_is_followed_in_any_layout(order):
    x = ad.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    weights = ad.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    b = x * 1
    b.reshape(-1).mul_(2.0)
    ((b.T * weights) if order else (b * weights.T)).sum().backward()
    assert x.grad.tolist() == [[2.0, 6.0, 10.0], [4.0, 8.0, 12.0]]
    y = ad.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    turned = y.T * 2
    view = turned.T.reshape(-1)
    turned.mul_(3.0)
    (view * ad.arange(1, 7)).sum().backward()
    assert y.grad.tolist() == [[6.0, 12.0, 18.0], [24.0, 30.0, 36.0]]


def test_what_is_repeated_is_followed_when_it_is_changed():
    (x,) = leaves([1.0, 2.0])
    b = x * 1
    repeated = b.expand(3, 2)
    b.mul_(2.0)
    repeated.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


@pytest.mark.parametrize(
    "change",
    [lambda y, x: y.pow_(3.0), lambda y, x: y.mul_(x), lambda y, x: y.mul_(y), lambda y, x: y.sin_()],
    ids=["pow", "x", "y", "sin"],
)
@pytest.mark.parametrize("value", [3.0, [3.0]], ids=["number", "array"])
def test_second_derivatives_go_through_changes_in_place(change, value):
    (x,) = leaves(value)
    plain = {0: lambda v: v**3, 1: lambda v: v * v, 2: lambda v: v * v, 3: lambda v: v.sin()}
    y = x.clone()
    change(y, x)
    (first,) = ad.grad((y * x).sum(), x, create_graph=True)
    (second,) = ad.grad(first.sum(), x)
    (z,) = leaves(value)
    place = next(k for k in plain if plain[k](z).tolist() == y.tolist())
    (one,) = ad.grad((plain[place](z) * z).sum(), z, create_graph=True)
    (other,) = ad.grad(one.sum(), z)
    assert np.array(second.tolist()) == pytest.approx(np.array(other.tolist()))


def test_places_that_are_changed_after_an_index_do_not_matter():
    x = ad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    places = ad.tensor([0, 1], dtype="int64")
    picked = x[places]
    places.add_(1)
    picked.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "observe",
    [lambda s: s.retain_grad(), lambda s: s.register_hook(lambda g: None), lambda s: None],
    ids=["retain_grad", "hook", "nothing"],
)
def test_to_look_does_not_change_what_is_seen(observe):
    x = ad.tensor([0.0, 4.0], requires_grad=True)
    root = x.sqrt()
    observe(root)
    ad.where(x > 0, root.clone(), ad.zeros(2)).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


@pytest.mark.parametrize(
    "step",
    [lambda y: (y + 1.0).relu() - 1.0, lambda y: ad.where(y > -1, y, 0.0), lambda y: y[[0, 1]], lambda y: (y[[0, 1]] + y.clip(-1, 9)) / 2],
    ids=["relu", "choice", "index", "two paths"],
)
def test_what_is_there_is_found_at_any_depth(step):
    x = ad.tensor([0.0, 4.0], requires_grad=True)
    y = x.sqrt()  # only here a slope is infinite, and asks for all choices behind it
    for _ in range(3000):
        y = step(y)
    y.sum().backward()
    assert x.grad.tolist() == [math.inf, 0.25]


@pytest.mark.parametrize("recorded", [False, True])
def test_what_has_been_written_over_is_not_there(recorded):
    x = ad.tensor([1.0, 0.0], requires_grad=True)
    y = 0.0 * x
    y[[0, 0]] = x  # the second counts, and its root has an infinite slope
    (slope,) = ad.grad(y[0].sqrt(), x, create_graph=recorded)
    assert slope.tolist() == [0.0, math.inf]


def test_a_number_stays_a_number_when_numpy_looks_at_it():
    x = ad.tensor(2.0)
    assert np.asarray(x).tolist() == 2.0
    assert np.stack([x, x]).tolist() == [2.0, 2.0]
    assert np.array(x, dtype="float32").dtype == "float32"
    assert type(x._value) is float
    x.numpy()[...] = 3.0  # which shares the memory
    assert x.item() == 3.0


def test_twins_of_a_number_that_are_gone_are_forgotten():
    x = ad.tensor(2.0)
    kept = [x.detach() for _ in range(5)]
    for _ in range(1000):
        x.detach()
    x.add_(1.0)
    assert len(x._twins) < 20
    assert [one.item() for one in kept] == [3.0] * 5


def test_an_array_of_a_tensor_is_its_own_if_it_is_asked_for():
    x = ad.tensor([1.0, 2.0])
    np.array(x)[0] = 9.0
    assert x.tolist() == [1.0, 2.0]
    np.asarray(x)[0] = 9.0
    assert x.tolist() == [9.0, 2.0]


def test_a_custom_function_leaves_no_cycle():
    class Twice(ad.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    gc.collect()
    gc.disable()
    try:
        operand = ad.tensor([1.0], requires_grad=True) * 1
        gone = weakref.ref(operand)
        result = Twice.apply(operand)
        del operand, result
        assert gone() is None
    finally:
        gc.enable()


def test_a_hook_is_removed_once():
    x = ad.tensor([1.0], requires_grad=True)
    handle = x.register_hook(lambda g: g * 2)
    handle.remove()
    x.register_hook(lambda g: g * 3)
    handle.remove()
    x.sum().backward()
    assert x.grad.tolist() == [3.0]


def test_what_is_no_number_compares_as_in_python():
    nan = ad.tensor(float("nan"))
    assert [bool(way) for way in (nan < 1, nan > 1, nan <= 1, nan >= 1, nan == nan, nan != nan)] == [False] * 5 + [True]
    assert not bool(ad.isfinite(nan))


def test_one_mode_is_entered_by_two_threads_at_once():
    frozen, inside, states = ad.no_grad(), threading.Barrier(2), []

    def work():
        with frozen:
            inside.wait()
            states.append(ad.is_grad_enabled())
        states.append(ad.is_grad_enabled())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == [False, False, True, True]


def test_a_copy_of_a_leaf_is_a_leaf_of_its_own():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    x.sum().backward()
    other = copy.deepcopy(x)
    with ad.no_grad():
        x.zero_()
    assert (other.tolist(), other.requires_grad, other.grad.tolist()) == ([1.0, 2.0], True, [1.0, 1.0])


# -- kinds of numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in ("and", "or", "not", "stop_gradient")])
def test_every_row_keeps_single_precision(name):
    row = OPERATIONS[name]
    point = row.points[-1] if name != "polygamma" else row.points[0]
    operands = [ad.tensor([value, value], dtype="float32", requires_grad=True) for value in point if abs(value) < 1e30]
    if len(operands) < len(point):
        operands = [ad.tensor([value, value], dtype="float32", requires_grad=True) for value in row.points[0]]
    result = apply(name, operands)
    if result.dtype == ad.bool:
        return
    assert result.dtype == ad.float32
    result.sum().backward()
    assert all(one.grad is None or one.grad.dtype == ad.float32 for one in operands)


def test_kinds_meet_as_in_the_table_of_promotion():
    single, double = ad.tensor([1.0], dtype="float32"), ad.tensor([1.0])
    assert (single * 2.0).dtype == ad.float32
    assert (single.sum() * 2.0 + 1).dtype == ad.float32, "Python's numbers go with any kind"
    assert (single * double).dtype == ad.float64
    assert (single * ad.tensor(2.0)).dtype == ad.float32, "a number without axes makes no array more precise"
    assert (ad.tensor([1], dtype="int64") + 1).dtype == ad.float64
    assert (single > 0).dtype == ad.bool
    assert single.argmax().dtype == ad.int64


# -- the functions of diffcli are those of tensors -------------------------------------------------------------------------


def test_functions_of_diffcli_take_tensors():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    (diffcli.sum(diffcli.softmax(x, axis=0) * x) + diffcli.max(x) + diffcli.norm(x)).backward()
    other = ad.tensor([1.0, 2.0], requires_grad=True)
    ((ad.softmax(other, dim=0) * other).sum() + other.max() + ad.norm(other)).backward()
    assert x.grad.tolist() == other.grad.tolist()


def test_an_operation_of_ones_own_is_recorded_too():
    @diffcli.custom_rule(partials="3*a^2", at=[0.5, 2.0])
    def cube(a):
        return a**3

    x = ad.tensor(2.0, requires_grad=True)
    y = cube(x)
    y.backward()
    assert (y.item(), x.grad.item()) == (8.0, 12.0)


def test_backward_starts_from_several_tensors():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    ad.backward([x.sum(), x * x], [None, ad.tensor([1.0, 10.0])])
    assert x.grad.tolist() == [1 + 2 * 1.0, 1 + 10 * 2 * 2.0]
    with pytest.raises(AutogradError, match="there are 2 outputs and 1 adjoint in grad_tensors"):
        ad.backward([x.sum(), x * x], [None])


@pytest.mark.parametrize("name", ["var", "std", "sum"])
def test_no_argument_is_dropped(name):
    with pytest.raises(TypeError, match="has no argument 'weights'"):
        getattr(ad.tensor([1.0, 2.0, 4.0]), name)(weights=[1.0, 1.0, 2.0])


def test_no_submodule_stands_for_a_function():
    """A function of the package and a method of a tensor are one: no file may take the name of either."""
    for package in (ad, nn):
        for found in pkgutil.iter_modules(package.__path__):
            named = getattr(package, found.name, None)
            is_function = found.name in dir(ad) or hasattr(ad.Tensor, found.name)
            assert callable(named) or not is_function, f"{package.__name__}.{found.name}"


@pytest.mark.parametrize("name", ["", ".creation", ".function", ".generator", ".graph.backward", ".modes", ".rules", ".tensor"])
def test_examples_of_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(f"diffcli.autograd{name}"))
    assert result.failed == 0
    assert result.attempted > 0
