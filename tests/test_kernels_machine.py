"""Machine code of a tape: each row within 4 ulp of the interpreter's, at every point and special case."""

from __future__ import annotations

import gc
import math
import os
import random
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from inside import FLOAT, lower, parse
from kernel_programs import bits, cases, derivative_tape, expected

import diffcli

pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")

from inside import ENOUGH, LEAF, MACHINE_WIDTH, STRAIGHT, Loop, Machine, given, places, shape_of

WIDTHS = [width for width in (2, 4, 8) if width <= MACHINE_WIDTH]
ULPS = 4


def of(text, width=0, **changed):
    """The machine code of a program's value and gradient."""
    tape = derivative_tape(text)
    count = tape.first_row
    return Machine(tape, changed.get("layout", (0, tuple(range(1, count + 1)))), changed.get("truths", frozenset()), width)


def computed(machine, points, threads=1):
    """The results of a batch, one tuple for each point."""
    columns = [np.array(column, dtype=np.float64) for column in zip(*points, strict=True)]
    results = [np.full(len(points), 7.25) for _ in machine.tape.results]
    machine.batch(columns, results, threads)
    return [tuple(row) for row in zip(*(result.tolist() for result in results), strict=True)]


def refuse(*inputs, **names):
    raise AssertionError((inputs, names))


def near(found, want, scale=0.0):
    """Within so many units in the last place; what is no number, or infinite, is the same."""
    if want != want or found != found:
        return want != want and found != found
    if math.isinf(want) or math.isinf(found):
        return want == found
    return abs(found - want) <= ULPS * math.ulp(max(abs(want), scale))


def with_every_row(tape):
    """The same tape with all its rows as results, those of branches that are not taken too."""
    return tape.copy(outputs=list(range(tape.slots)), skips=[])


def check_rows(tape, values):
    """Hold every row against the function of floats, at the operands that the machine has computed itself.

    A product that goes straight into a sum is not rounded before: so a sum is held to the size of its terms.
    """
    known = [*values, *reversed(tape.constants)]
    for slot, function in zip(tape.rows(), FLOAT.row_functions(tape), strict=True):
        operands = [known[operand] for operand in tape.operands_of(slot)]
        want = function(*operands)
        scale = max(map(abs, operands)) if tape.operation(slot) in ("add", "sub") else 0.0
        assert near(values[slot], want, scale if math.isfinite(scale) else 0.0), (tape.operation(slot), operands, values[slot], want)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_row_of_random_programs_is_the_interpreters_in_a_batch(width):
    for case in cases(40, seed=width):
        tape = with_every_row(case.tape)
        for values in computed(Machine(tape, 0, frozenset(), width), case.points):
            check_rows(tape, values)


def test_every_row_of_random_programs_is_the_interpreters_at_one_point():
    for case in cases(60, seed=15):
        tape = with_every_row(case.tape)
        entry = Machine(tape, tuple(range(tape.slots)), frozenset()).entry(refuse)
        for point in case.points:
            check_rows(tape, entry(*point))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", range(18))
def test_a_batch_of_any_length_is_filled_and_nothing_beside_it(width, count):
    machine = of("x*y + exp(x)/y", width)
    x, y = np.linspace(-1, 1, count), np.linspace(2, 3, count)
    room = [np.full(count + 8, -9.0) for _ in range(3)]
    machine.batch([x, y], [each[3 : 3 + count] for each in room])
    for each, want in zip(room, (x * y + np.exp(x) / y, y + np.exp(x) / y, x - np.exp(x) / y**2), strict=True):
        assert np.allclose(each[3 : 3 + count], want, rtol=1e-14, atol=1e-15)
        assert (each[:3] == -9).all() and (each[3 + count :] == -9).all()


@pytest.mark.parametrize("rule", [False, True], ids=["program", "derivative"])
def test_quotients_with_one_divisor_are_those_of_floats(rule):
    tape = lower(parse("a = x/y; b = (x + 1)/y; c = x/49; d = (0 - x)/y; a + b + c + d"))
    tape = tape.copy(outputs=[slot for slot in tape.rows() if tape.operation(slot) == "div"], derived_from=tape.first_row if rule else None)
    machine = Machine(tape, (0, 1, 2, 3), frozenset())
    source = random.Random(5)
    edges = [0.0, -0.0, 1.0, 49.0, math.inf, -math.inf, math.nan, 5e-324, 1e-310, -2e-308, -1e308, 1.7e308, 3.0]
    points = [[a, b] for a in edges for b in edges] + [[source.gauss(0, 9)] * 2 for _ in range(500)]
    points += [[source.gauss(0, 9) * 10.0 ** source.randrange(-200, 200), source.gauss(0, 9)] for _ in range(2000)]
    for found, (x, y) in zip(computed(machine, points), points, strict=True):
        wanted = expected(tape, [x, y])
        if rule:  # by one reciprocal
            assert all(map(near, found, wanted)) and [bits(0 * each) for each in found] == [bits(0 * each) for each in wanted], (x, y, found)
        else:
            assert len(wanted) == 4 and list(map(bits, found)) == list(map(bits, wanted)), (x, y, found, wanted)


@pytest.mark.parametrize("same", [{0}, {1}, {0, 1}])
def test_an_input_that_is_one_number_is_the_same_for_all_points(same):
    machine = of("log(x)*y + x/y")
    source = random.Random(3)
    columns = [[source.uniform(0.5, 3)] * 21 if place in same else [source.uniform(0.5, 3) for _ in range(21)] for place in (0, 1)]
    inputs = [np.array(column[0] if place in same else column) for place, column in enumerate(columns)]
    results = [np.empty(21) for _ in range(3)]
    machine.batch(inputs, results)
    assert [tuple(row) for row in np.array(results).T.tolist()] == computed(machine, list(zip(*columns, strict=True)))


def test_a_number_may_be_a_plain_float():
    machine = of("x*y")
    results = [np.empty(5) for _ in range(3)]
    machine.batch([2.0, np.arange(5.0)], results)
    assert results[0].tolist() == [0, 2, 4, 6, 8] and results[2].tolist() == [2.0] * 5


def test_arrays_need_not_stand_at_a_border_of_the_memory():
    machine = of("x*x")
    raw = np.zeros(8 * 41 + 1, np.uint8)[1:].view(np.float64)
    raw[:] = np.arange(41.0)
    results = [np.empty(8 * 41 + 3, np.uint8)[3:].view(np.float64) for _ in range(2)]
    machine.batch([raw], results)
    assert (results[0] == np.arange(41.0) ** 2).all() and (results[1] == 2 * np.arange(41.0)).all()


def test_results_that_are_constants_inputs_or_stand_twice():
    tape = lower(parse("x + 2"))
    tape = tape.copy(outputs=[tape.output, tape.size - 1, 0, tape.output])
    machine = Machine(tape, (0, (1, 2), 3), frozenset())
    assert computed(machine, [[3.0]] * 11) == [(5.0, 2.0, 3.0, 5.0)] * 11
    assert machine.entry(refuse)(3.0) == (5.0, (2.0, 3.0), 5.0)


def test_a_result_that_is_a_truth_is_written_as_one():
    tape = lower(parse("x > 1"))
    machine = Machine(tape, 0, frozenset({0}))
    results = [np.zeros(19, bool)]
    x = np.array([*range(18), math.nan])
    machine.batch([x], results)
    assert results[0].tolist() == [*(x[:18] > 1).tolist(), True]  # NaN is not 0


@pytest.mark.parametrize(("text", "most"), [("*".join(["x", "y"] * 40), 3), ("sin(sin(sin(sin(x))))*y", 2), ("(x + 3)*2", 1)])
def test_a_loop_gives_up_the_place_of_what_is_read_no_more(text, most):
    loop = Loop(lower(parse(text)), frozenset(), WIDTHS[-1])
    assert loop.size <= most and all(place < (most + len(loop.constants)) * loop.block for place in loop.places.values())


@pytest.mark.parametrize("number", [2.0, np.float64(2), np.array(2.0), 1e300])
def test_points_that_vectors_cannot_compute_are_computed_one_by_one(number):
    machine = of("sin(x)*y + cos(y)")
    x = np.array([0.1 * k if k % 5 else 1e300 for k in range(1, 200)])
    results = [np.empty(199) for _ in range(3)]
    machine.batch([x, number], results)
    for k, each in enumerate(x.tolist()):
        assert results[0][k] == pytest.approx(math.sin(each) * number + math.cos(number), rel=1e-14)
        assert results[1][k] == pytest.approx(math.cos(each) * number, rel=1e-14)


SEVERAL = "sin(x) + " + " + ".join(f"exp(y/{k})*tanh(z*{k})/(y + z*{k})" for k in range(1, 7))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("same", [None, 2.5])
@pytest.mark.parametrize("count", [1, 7, 63, 64, 65, 129, 500])
def test_a_program_of_several_blocks_at_any_number_of_points(count, same, width):
    tape, source = derivative_tape(SEVERAL), random.Random(count)
    value, _, *slopes = tape.results  # without cos(x), of which the same points are marked
    machine = Machine(tape.copy(outputs=[value, *slopes]), 0, frozenset(), width)
    points = [[1e300 if place % 61 == 9 else source.uniform(-3, 3), source.uniform(1, 2), same or source.uniform(1, 2)] for place in range(count)]
    *columns, last = map(np.array, zip(*points, strict=True))
    results = [np.full(count, 7.25) for _ in range(3)]
    machine.batch([*columns, same or last], results)
    for point, found in zip(points, np.transpose(results).tolist(), strict=True):
        assert found == pytest.approx(expected(machine.tape, point), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_share_nothing(threads):
    machine = of("sqrt(x)*y + x/y")
    count = 50_003
    x, y = np.linspace(1, 2, count), np.linspace(-3, 5, count)
    alone, together = ([np.empty(count) for _ in range(3)] for _ in range(2))
    machine.batch([x, y], alone)
    machine.batch([x, y], together, threads)
    for one, other in zip(alone, together, strict=True):
        assert (one == other).all()


# -- one point ---------------------------------------------------------------------------------------------------------------


def test_one_point_computes_no_result_that_is_not_handed_back():
    tape = lower(parse("exp(x) + y"))
    tape = tape.copy(outputs=[tape.output, tape.first_row])
    machine = Machine(tape, 0, frozenset())
    assert len(given(tape, 0).results) == 1 and given(tape, (1, (1,))).results == [tape.first_row] * 2
    assert machine.entry(refuse)(0.0, 2.0) == 3.0 and Machine(tape, (1, (1, 0)), frozenset()).entry(refuse)(0.0, 2.0) == (1.0, (1.0, 3.0))


def seen(*inputs, **names):
    return inputs, names


NOT_FLOATS = [
    ((1, 2.0), {}), ((1.0,), {}), ((), {}), ((1.0, 2.0, 3.0), {}), ((1.0, True), {}), ((np.float64(1), 2.0), {}),
    ((np.arange(3.0), 2.0), {}), ((1.0,), {"y": 2.0}), ((1.0, 2.0), {"out": None}), ((None, "a"), {}),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "names"), NOT_FLOATS)
def test_a_call_with_anything_but_floats_goes_on_as_it_is(inputs, names):
    entry = of("x*y").entry(seen)
    found = entry(*inputs, **names)
    assert found[1] == names and len(found[0]) == len(inputs)
    assert all(one is other for one, other in zip(found[0], inputs, strict=True))


def test_what_a_call_raises_elsewhere_is_raised():
    def wrong(*inputs):
        raise LookupError("nothing here")

    with pytest.raises(LookupError, match="nothing here"):
        of("x*y").entry(wrong)(1, 2)


SHAPES = [
    (0, [LEAF], [0]), ((), [0], []), ((2, 0), [2, LEAF, LEAF], [2, 0]), ((0, (1, 2)), [2, LEAF, 2, LEAF, LEAF], [0, 1, 2]),
    ((0, (1,), ((2, 3), (3, 4))), [3, LEAF, 1, LEAF, 2, 2, LEAF, LEAF, 2, LEAF, LEAF], [0, 1, 2, 3, 3, 4]), (((), (0,)), [2, 0, 1, LEAF], [0]),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "codes", "numbers"), SHAPES)
def test_a_layout_is_codes_and_positions(layout, codes, numbers):
    assert shape_of(layout) == codes and places(layout) == numbers


@pytest.mark.parametrize("layout", [layout for layout, *_ in SHAPES])
@pytest.mark.parametrize("straight", [STRAIGHT, 0])
def test_results_are_nested_as_the_layout_is(layout, straight, monkeypatch):
    monkeypatch.setattr("diffcli.kernels.machine.backend.STRAIGHT", straight)
    tape = lower(parse("\n".join(f"a{place} = x + {place}" for place in range(1, 6)) + "\na1+a2+a3+a4+a5"))
    tape = tape.copy(outputs=list(tape.rows())[:5])

    def filled(part):
        return 10.0 + part + 1 if isinstance(part, int) else tuple(map(filled, part))

    assert Machine(tape, layout, frozenset()).entry(refuse)(10.0) == filled(layout)


def test_a_call_keeps_no_object_and_loses_none():
    entry = of("x*y + x").entry(seen)
    x, y, other = 1.5 + math.pi, 2.5 + math.pi, object()
    before = [sys.getrefcount(each) for each in (x, y, other, entry)]
    for _ in range(1000):
        entry(x, y)
        entry(x, other)
    assert [sys.getrefcount(each) for each in (x, y, other, entry)] == before
    value, gradient = entry(x, y)
    plain = (x * 0.3, y * 0.3)
    assert sys.getrefcount(gradient) == sys.getrefcount(plain) and sys.getrefcount(value) == 2
    assert list(map(sys.getrefcount, gradient)) == list(map(sys.getrefcount, plain))


def test_results_do_not_pile_up():
    entry, point = of("x*y*z*x").entry(refuse), (1.1, 2.2, 3.3)
    for _ in range(100):
        entry(*point)
    before = sys.getallocatedblocks()
    for _ in range(5000):
        entry(*point)
    assert sys.getallocatedblocks() - before < 50


def test_a_function_lives_as_long_as_somebody_has_it_and_no_longer():
    def other():
        return None

    machine = of("x*y")
    entry, gone = machine.entry(other), weakref.ref(other)
    del machine, other
    gc.collect()
    assert entry(2.0, 3.0) == (6.0, (3.0, 2.0)) and gone() is not None
    del entry
    gc.collect()
    assert gone() is None


def test_what_overflows_on_the_way_does_so_behind_a_shared_reciprocal():
    kernel = diffcli.compile("x^-1 + y/x + z/x", backend="llvm")
    _, (by_x, by_y, _) = kernel(np.full(16, 2.3e-308), 1.0, -1.0)
    assert np.isnan(by_x).all()
    assert by_y.tolist() == [1 / 2.3e-308] * 16
    found = diffcli.compile("x/z + y/z", wrt="z", backend="llvm")(x=np.full(16, -1.0), y=1.0, z=3.0)
    assert found[1][0].tolist() == [0.0] * 16


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc")
def test_kernels_are_freed():
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    def once(k):
        machine = of(f"x*y + {k}")
        machine.entry(refuse)(1.0, 2.0)
        computed(machine, [[1.0, 2.0]])

    for k in range(30):
        once(k)
    before = resident()
    for k in range(100):
        once(30 + k)
    assert resident() - before < 100 * 20_000  # a kernel that stays takes more than 100 kB


def test_a_kernel_that_is_let_go_of_while_threads_run_it_ends_well():
    x = np.linspace(1, 2, 400_000)
    results = [[np.empty_like(x) for _ in range(2)] for _ in range(2)]
    machine = of("log(x)*exp(x)/sqrt(x)")
    threads = [threading.Thread(target=machine.batch, args=([x], results[k])) for k in range(2)]
    for thread in threads:
        thread.start()
    del machine
    gc.collect()
    for thread in threads:
        thread.join()
    assert np.allclose(results[0][0], np.log(x) * np.exp(x) / np.sqrt(x), rtol=1e-14) and (results[0][1] == results[1][1]).all()


# -- long programs -----------------------------------------------------------------------------------------------------------


def long_program(count):
    """Rows that are read again far away, so that many values wait at a time."""
    source = random.Random(count)
    lines = ["a0 = x + y", "a1 = x*y"]
    for k in range(2, count):
        one, other = source.randrange(max(0, k - 9), k), source.randrange(k)
        form = source.choice(("a{0}*0.5 + a{1}*0.25", "a{0} - a{1}*0.5", "a{0}*a{1}/(1 + a{1}*a{1})", "a{0}/(2 + a{1}*a{1})"))
        lines.append(f"a{k} = " + form.format(one, other))
    return "\n".join([*lines, f"a{count - 1} + a{count // 2}"])


@pytest.mark.parametrize("count", [100, 700, 2500])
def test_a_long_program_is_computed_as_a_short_one(count):
    tape = derivative_tape(long_program(count))
    machine = Machine(tape, tuple(range(3)), frozenset())
    entry = machine.entry(refuse)
    points = [[0.3 + 0.01 * k, 1.2 - 0.02 * k] for k in range(13)]
    found = computed(machine, points)
    for point, values in zip(points, found, strict=True):
        assert values == pytest.approx(expected(tape, point), rel=1e-9)
        assert entry(*point) == pytest.approx(expected(tape, point), rel=1e-9)


@pytest.mark.parametrize(("count", "called"), [(1, False), (60, True)])
def test_functions_that_are_called_often_are_not_put_in_line(count, called):
    text = " + ".join(f"gamma(x + {k})*y^(x - {k})" for k in range(count))
    machine, point = of(text), (1.3, 0.7)
    assert ("noinline" in machine.source) == called
    assert computed(machine, [point] * 9)[4] == pytest.approx(expected(machine.tape, point), rel=1e-13)
    value, gradient = machine.entry(refuse)(*point)
    assert [value, *gradient] == pytest.approx(expected(machine.tape, point), rel=1e-13)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_kernels_go_on_in_a_forked_process():
    machine = of("exp(x)*y")
    before, entry = computed(machine, [[0.5, 2.0]] * 20_000, 2), machine.entry(refuse)
    child = os.fork()
    if not child:
        same = computed(machine, [[0.5, 2.0]] * 20_000, 2) == before and entry(0.5, 2.0)[0] == of("exp(x)*y").entry(refuse)(0.5, 2.0)[0]
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.fixture
def looped(monkeypatch):
    """Any tape goes through the loop for long ones."""
    monkeypatch.setattr("diffcli.kernels.machine.backend.STRAIGHT", 0)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_row_of_random_programs_is_the_interpreters_in_a_loop(looped, width):
    for case in cases(40, seed=100 + width):
        tape = with_every_row(case.tape)
        machine = Machine(tape, tuple(range(tape.slots)), frozenset(), width)
        entry = machine.entry(refuse)
        for point, values in zip(case.points, computed(machine, case.points), strict=True):
            check_rows(tape, values)
            check_rows(tape, entry(*point))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 511, 512, 513, 20_011])
def test_a_loop_computes_any_number_of_points(looped, count, threads):
    machine = of("x*y + exp(x)/y")
    x, y = np.linspace(-1, 1, count), np.linspace(2, 3, count)
    room = [np.full(count + 8, -9.0) for _ in range(3)]
    machine.batch([x, y], [each[3 : 3 + count] for each in room], threads)
    for each, want in zip(room, (x * y + np.exp(x) / y, y + np.exp(x) / y, x - np.exp(x) / y**2), strict=True):
        assert np.allclose(each[3 : 3 + count], want, rtol=1e-14, atol=1e-15)
        assert (each[:3] == -9).all() and (each[3 + count :] == -9).all()


def test_a_loop_takes_numbers_for_all_points_constants_and_truths(looped):
    tape = lower(parse("x*y > 3"))
    tape = tape.copy(outputs=[tape.output, 0, tape.size - 1, tape.first_row])
    results = [np.zeros(70, bool), *(np.zeros(70) for _ in range(3))]
    Machine(tape, 0, frozenset({0})).batch([2.0, np.arange(70.0)], results)
    assert results[0].tolist() == (2 * np.arange(70.0) > 3).tolist()
    assert (results[1] == 2).all() and (results[2] == 3).all() and (results[3] == 2 * np.arange(70.0)).all()


def test_points_that_a_loop_cannot_compute_are_computed_one_by_one(looped):
    machine = of("sin(x)*y")
    x = np.array([0.1 * k if k % 5 else 1e300 for k in range(1, 200)])
    results = [np.empty(199) for _ in range(3)]
    machine.batch([x, 2.0], results)
    for k, number in enumerate(x.tolist()):
        assert results[0][k] == pytest.approx(2 * math.sin(number), rel=1e-14)
        assert results[1][k] == pytest.approx(2 * math.cos(number), rel=1e-14)
    assert machine.entry(refuse)(1e300, 2.0)[0] == 2 * math.sin(1e300)


def test_a_long_tape_gets_code_of_its_own_when_it_is_used_much():
    machine = of(long_program(STRAIGHT // 4))
    assert machine.long
    columns, results = [np.full(1003, 0.3), np.full(1003, 1.2)], [np.empty(1003) for _ in range(3)]
    machine.batch(columns, results)
    before = [result.copy() for result in results]
    machine.points = ENOUGH + 1
    machine.batch(columns, results)
    assert [*machine.kinds] == [(frozenset(), True), (frozenset(), False)]
    for one, other in zip(before, results, strict=True):
        assert other == pytest.approx(one, rel=1e-9)


@pytest.mark.parametrize(("inputs", "names"), NOT_FLOATS)
def test_a_call_of_a_long_tape_with_anything_but_floats_goes_on_as_it_is(looped, inputs, names):
    entry = of("x*y").entry(seen)
    assert entry(*inputs, **names)[1] == names and len(entry(*inputs, **names)[0]) == len(inputs)
    assert entry(2.0, 3.0) == (6.0, (3.0, 2.0))


@pytest.mark.parametrize("threads", [1, 4])
def test_an_interrupt_is_heard_and_harms_nothing(threads):
    script = f"""
import signal, threading, numpy as np, os, diffcli
k = diffcli.compile("sin(x)*exp(-x)*tanh(x)/(1 + x^2)", backend="llvm")
x = np.linspace(0.0, 3.0, 2_000_000)
want = k(x)[0][:100].copy()
heard = 0
for _ in range(5):
    timer = threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        while True:
            k(x, threads={threads})
    except KeyboardInterrupt:
        heard += 1
    timer.join()
    np.ones(len(x)).sum()
assert (k(x)[0][:100] == want).all()
print(heard)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr
