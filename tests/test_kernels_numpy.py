"""A tape as NumPy calls: within 4 ulp of the interpreter in every row, with the same infinities and NaN, and in little memory."""

from __future__ import annotations

import gc
import itertools
import math
import signal
import sys
import threading
import time
import tracemalloc
import warnings
import weakref

import mpmath
import numpy as np
import pytest
from inside import OPERATIONS, Tape, evaluate, lower, make_numpy, parse, record, tangent_is_quick
from kernel_programs import EDGES, cases, derivative_tape, expected

import diffcli

FEW = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, np.inf, -np.inf, np.nan, 5e-324, 1e308, 1e17)
"""For operations of three operands."""


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def batch(tape: Tape, columns, truths=frozenset(), threads=1):
    """Every result of a tape at some points; a column may be one number for all of them."""
    count = max(np.size(column) for column in columns)
    results = [np.empty(count, bool if place in truths else float) for place in range(len(tape.results))]
    make_numpy(tape, 0, truths).batch(columns, results, threads)
    return results


def one_by_one(tape, points):
    """The same at points that are alone in their blocks, so that each is as plain as it can be."""
    runner = make_numpy(tape, 0)
    found = np.empty((len(points), len(tape.results)))
    for row, point in zip(found, points, strict=True):
        results = [np.empty(1) for _ in row]
        runner.batch([np.array([x]) for x in point], results)
        row[:] = np.concatenate(results)
    return found.T


def differ(found, wanted, ulps):
    """Which elements are further apart than some units in the last place."""
    with np.errstate(all="ignore"):
        near = np.abs(found - wanted) <= ulps * np.spacing(np.abs(wanted))
    return ~(near | (found == wanted) | (np.isnan(found) & np.isnan(wanted)))


def held(tape, points, ulps=4):
    """Hold a tape at some points, together and one by one, against the interpreter."""
    wanted = np.array([[evaluate(tape, point)[slot] for slot in tape.results] for point in points]).T
    columns = [np.array(column) for column in zip(*points, strict=True)]
    for way, found in (("together", np.array(batch(tape, columns))), ("alone", one_by_one(tape, points))):
        for result, place in np.argwhere(differ(found, wanted, ulps)):
            raise AssertionError((way, tape.operations, points[place], found[result, place], wanted[result, place]))


def of_one_row(row, relaxed):
    """A tape of one operation, as a program has it or as a rule has it, and points at which it is asked."""
    count = 2 if row.variadic else len(row.operands)
    names = "abc"[:count]
    tape = Tape(parse("a").source, list(names))
    tape.append(row.name, tuple(range(count)), lower(parse("-a")).span(1))
    tape.finish([count])
    if relaxed:
        tape.derived_from = count
    numbers = EDGES if count < 3 else FEW
    points = [list(point) for point in itertools.product(numbers, repeat=count)]
    return tape, points + [list(point) for point in row.points if len(point) == count]


@pytest.mark.parametrize("relaxed", [False, True], ids=["in a program", "in a rule"])
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_row_at_its_points_and_edges(name, relaxed):
    held(*of_one_row(OPERATIONS[name], relaxed))


def near(found, wanted):
    """Whether results of long programs are the same but for what a few roundings may grow to."""
    with np.errstate(all="ignore"):
        close = np.abs(found - wanted) <= 1e-7 * np.abs(wanted) + 1e-12
    return close | (found == wanted) | (np.isnan(found) & np.isnan(wanted))


def held_about(tape, points, about=""):
    wanted = np.array([[evaluate(tape, point)[slot] for slot in tape.results] for point in points]).T
    columns = [np.array(column) for column in zip(*points, strict=True)]
    for found in (np.array(batch(tape, columns)), one_by_one(tape, points)):
        for result, place in np.argwhere(~near(found, wanted)):
            raise AssertionError((about, points[place], found[result, place], wanted[result, place]))


def test_random_programs_with_choices_infinities_and_nan():
    for case in cases(400, seed=15):
        held_about(case.tape, case.points, case.text)


def test_derivatives_at_edges():
    """A choice whose other branch is undefined, ties, kinks, poles, powers: in a block of their own, and beside ordinary points."""
    for text in (
        "where(x > 0, log(x)*y, x*y^2)", "max(x, y)*min(x, 2*y)", "abs(x)*sqrt(y)", "x^y", "x^3/y", "sqrt(x)^3 - y^-2", "clip(x, -1, y)",
        "where(x and y, x/y, 1/x)", "relu(x)*sigmoid(y)", "hypot(x, y)", "atan2(x, y)", "copysign(x, y)", "xlogy(x, y)", "x*sin(1/y)",
        "where(not (x < y), 1/(x - y), exp(x))", "log(x)/log(y)", "gamma(x) + erf(y)", "mod(x, y) + floor(x)*y", "(0^-1)^(not x) + y", "x^0.5 + y^1.5 + x^4 - y^-1",
    ):  # fmt: skip
        tape, points = derivative_tape(text), [list(point) for point in itertools.product(EDGES, repeat=2)]
        held_about(tape, points, text)


@pytest.mark.parametrize("text", [
    "0*log(x)", "log(x)*0 + y", "(x/y)^0.5*(not 1)", "(not 10)*(250/y)", "where(x/y == x/y, 1, 2)", "(sqrt(x) < sqrt(x)) + y", "log(x) >= log(x)",
    "(log(x) <= log(x))*y", "where(y/x != y/x, 3, y)", "0*(0*sqrt(x)) + y", "where(0*(1/x) < 1, x, y)", "0*erf(x) + exp(x)*0",
])  # fmt: skip
def test_what_is_settled_where_all_is_finite_is_not_where_it_is_undefined(text):
    for tape in (lower(parse(text)), derivative_tape(text)):
        held(tape, [list(point) for point in itertools.product(EDGES, repeat=tape.first_row)])


def signed(edges):
    return [list(point) for point in itertools.product(edges, repeat=2)]


SEEN = [
    f"{seen.format(text)}"
    for seen in ("atan2({}, -1)", "copysign(3, {})")
    for text in ("ceil(x)", "trunc(x)", "round(x)", "floor(x)", "max(x, y)", "min(x, y)", "clip(x, y, 1)", "clip(x, -1, y)", "x*y", "-x",
                 "relu(x)", "x^0.5", "sqrt(x)", "abs(x)", "x + y", "x - y", "max(x, y, 0)", "sin(x)", "where(x > y, x, y)", "x^3", "sign(x)")
]  # fmt: skip


@pytest.mark.parametrize("text", SEEN)
def test_the_sign_of_zero_where_it_is_seen(text):
    held_about(lower(parse(text)), signed([0.0, -0.0, -0.5, -0.3, 0.2, -1.0, 1.0, 5e-324, -5e-324, 0.5]), text)


# -- sines by the tangent of half the angle --------------------------------------------------------------------------------


@pytest.mark.skipif(not tangent_is_quick(), reason="NumPy computes sines as fast as tangents here")
@pytest.mark.parametrize("text, exact", [("sin(a)", mpmath.sin), ("cos(a)", mpmath.cos)])
def test_sines_keep_their_digits(text, exact):
    source = np.random.default_rng(7)
    angles = np.concatenate([
        source.uniform(-7, 7, 800), source.uniform(-1e5, 1e5, 400), 10.0 ** source.uniform(5, 300, 200), 10.0 ** source.uniform(-300, -1, 200),
        np.arange(-200, 200) * (np.pi / 2), np.arange(-200, 200) * (np.pi / 4) * (1 + 1e-9), [5e-324, -5e-324, 1.5e-323, 2.5e-308],
    ])  # fmt: skip
    (found,) = batch(lower(parse(text)), [angles])
    with mpmath.workprec(1200):
        wanted = np.array([float(exact(mpmath.mpf(angle))) for angle in angles.tolist()])
    assert not differ(found, wanted, 4).any()
    assert "tan(" in make_numpy(lower(parse(text)), 0).source


# -- batches ---------------------------------------------------------------------------------------------------------------

TEXT = "log(x)*y + x*y*sin(x*y) + where(x > y, x/y, exp(-y))"
SOURCE = np.random.default_rng(3)


@pytest.mark.parametrize("count", [0, 1, 7, 4096, 16384, 16385, 50_001])
@pytest.mark.parametrize("threads", [1, 3])
def test_every_number_of_points(count, threads):
    tape, columns = derivative_tape(TEXT), [SOURCE.uniform(0.5, 3, count), SOURCE.uniform(0.5, 3, count)]
    results = batch(tape, columns, threads=threads)
    for place in {0, count // 3, count - 1} if count else ():
        wanted = expected(tape, [float(column[place]) for column in columns])
        assert not differ(np.array([result[place] for result in results]), np.array(wanted), 64).any()


def test_a_point_that_needs_care_leaves_the_others_as_they_are():
    tape, columns = derivative_tape("x/y + sqrt(x)"), [SOURCE.uniform(0.5, 3, 40_000), SOURCE.uniform(0.5, 3, 40_000)]
    clean = batch(tape, columns)
    columns[1][20_000] = 0.0
    for before, after in zip(clean, batch(tape, columns), strict=True):
        assert not np.isfinite(after[20_000]) or before[20_000] == after[20_000]
        assert np.delete(before == after, 20_000).all()


@pytest.mark.parametrize("one", [0, 1])
def test_an_input_may_be_one_number_for_all_points(one):
    """What depends on it alone is computed once, and whatever it is; also where that decides."""
    for number in (*EDGES, 2.5):
        for text in ("where(x > 1, log(x), 1/x)*y + x^y + y^x", "x*y", "max(x, 0)/y", "where(y, x, x*x)", "(x < y) + (not x)", "sin(x) + 0*y"):
            tape, points = derivative_tape(text), [0.5, 3.0, -1.0, 0.0, np.inf, np.nan]
            columns = [np.array(points), np.array(points)]
            columns[one] = number
            wanted = np.array([expected(tape, [number, p] if one == 0 else [p, number]) for p in points]).T
            assert not differ(np.array(batch(tape, columns)), wanted, 16).any(), (text, number)


def test_all_inputs_may_be_numbers():
    results = [np.empty(3), np.empty(3), np.empty(3)]
    make_numpy(derivative_tape("x/y"), 0).batch([1.0, 4.0], results)
    assert [result.tolist() for result in results] == [[0.25] * 3, [0.25] * 3, [-0.0625] * 3]


def test_truths_are_of_bool_and_what_is_undefined_holds():
    tape = lower(parse("x > 1; not x; x > 1 and x < 3"))
    tape = tape.copy(outputs=[1, 0, 3, tape.slots, tape.slots - 1])
    points = np.array([0.0, 2.0, np.nan, 5.0])
    found = batch(tape, [points], frozenset((0, 1, 2, 3, 4)))
    assert all(result.dtype == bool for result in found)
    wanted = np.array([[evaluate(tape, [x])[slot] != 0 for slot in tape.results] for x in points]).T
    assert (np.array(found) == wanted).all()
    assert (np.array(batch(tape, [points[:2]])) == [[0, 1], [0, 2], [0, 1], [3, 3], [0, 1]]).all()


def test_no_memory_of_the_size_of_the_batch():
    count, text = 400_000, "log(x)*y + sin(x*y)*exp(x - y) + tanh(x)/y"
    columns = [SOURCE.uniform(0.5, 3, count), SOURCE.uniform(0.5, 3, count)]
    for tape in (derivative_tape(text), derivative_tape(f"{text} + where(x > y, log(x - y), y)")):  # of which all blocks need care
        results = [np.empty(count) for _ in tape.results]
        runner = make_numpy(tape, 0)
        runner.batch([column[:100] for column in columns], [result[:100] for result in results])
        tracemalloc.start()
        runner.batch(columns, results)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2 * 2**20 < 8 * count


def test_a_register_is_used_again_as_soon_as_nothing_reads_it():
    source = make_numpy(lower(parse("exp(log(sqrt(x)*2) + 1)")), 0).source
    assert source == """\
def kernel():
    k0 = array(2.0)
    k1 = array(1.0)
    def block(x0, o0, r0):
        finite(x0)
        sqrt(x0, out=r0)
        multiply(r0, k0, out=r0)
        log(r0, out=r0)
        add(r0, k1, out=r0)
        exp(r0, out=o0)
    return block"""
    assert "r2" not in make_numpy(lower(parse(" + ".join(f"sqrt(x + {n})" for n in range(50)))), 0).source


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to threads")
def test_an_interrupt_does_not_wait_for_all_blocks():
    turns, seen = itertools.count(), list[int]()

    @diffcli.custom_rule(partials="1", at=[1.0, 2.0])
    def slow(a):
        if a == 7:
            turn = next(turns)
            seen.append(turn)
            time.sleep(0.0002)
            if turn == 3:
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return float(a)

    tape, points = record(lambda x: slow(x), {"x": 1.0}).tape, np.full(60_000, 7.0)
    with pytest.raises(KeyboardInterrupt):
        make_numpy(tape, 0).batch([points], [np.empty(len(points))], 2)
    assert len(seen) < 40_000


def test_a_kernel_is_freed_with_its_last_reference():
    runner = make_numpy(derivative_tape("x*log(y)"), 0)
    results = [np.empty(2) for _ in range(3)]
    runner.batch([np.ones(2), np.zeros(2)], results)
    plan, kernel = runner.plan(True, True), runner.plan(True, True).kernel
    watched = [weakref.ref(each) for each in (runner, plan, kernel)]
    gc.disable()
    try:
        del runner, plan, kernel
        assert [each() for each in watched] == [None] * 3
    finally:
        gc.enable()


def test_an_operation_of_ones_own():
    @diffcli.custom_rule(partials="1/(2*y)", at=[1.0, 2.0])
    def root(a):
        return math.sqrt(a) if a > 0 else 0.0

    (found,) = batch(record(lambda x: root(x) * 2, {"x": 1.0}).tape, [np.array([4.0, 9.0, -1.0, np.inf])])
    assert found.tolist() == [4, 6, 0, np.inf]


def test_blocks_within_blocks_have_memory_of_their_own():
    """The memory of a block is kept for the next one, and not for one that is computed on the way: by the function of an operation."""
    inner, points = make_numpy(lower(parse("erf(a)*a + exp(a)*a^2")), 0), np.linspace(0.5, 2.0, 500)

    @diffcli.custom_rule(partials="2", at=[1.0, 2.0])
    def asking(a):
        inner.batch([np.full(700, a)], [np.empty(700)])
        return 2.0 * a

    tape = record(lambda x: diffcli.exp(x) * asking(x) + x * x, {"x": 1.0}).tape
    for threads in (1, 2):
        (found,) = batch(tape, [points], threads=threads)
        assert found == pytest.approx(2 * points * np.exp(points) + points**2, rel=1e-15)


def test_a_point_alone_is_computed_by_the_python_source():
    kernel = make_numpy(derivative_tape("log(x)*y"), (0, (1, 2))).entry(lambda *given, **named: (given, named))
    assert kernel(1.0, 3.0) == (0.0, (3.0, 0.0))
    assert kernel(1.0, y=3) == ((1.0,), {"y": 3})
