"""Ways by which a number may leave a recording: what Python and NumPy do with it has the right slope, or is refused, or is a branch.

The oracle is the function itself, run by plain Python on both sides of the point.
"""

from __future__ import annotations

import array
import asyncio
import bisect
import cmath
import collections
import concurrent.futures
import contextvars
import copy
import csv
import ctypes
import dataclasses
import datetime
import decimal
import fractions
import functools
import heapq
import io
import itertools
import json
import marshal
import math
import operator
import pickle
import random
import statistics
import struct
import threading

import numpy as np
import pytest

import diffcli

RIGHT, FLAT, BRANCH, REFUSED = "right", "flat", "branch", "refused"


@dataclasses.dataclass(frozen=True, order=True)
class Held:
    a: float


def by_a_thread(x):
    found = []
    thread = threading.Thread(target=lambda: found.append(x * x))
    thread.start()
    thread.join()
    return found[0]


def by_a_pool(x):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return sum(pool.map(lambda k: k * x * x, [1.0, 2.0]))


def by_a_coroutine(x):
    async def square():
        await asyncio.sleep(0)
        return x * x

    return asyncio.run(square())


def by_a_heap(x):
    heap = []
    for one in (3 * x, x * x, x):
        heapq.heappush(heap, one)
    return heapq.heappop(heap) * x


def by_a_cache(x):
    return functools.lru_cache(lambda y: y * y)(x)


def by_an_exception(x):
    try:
        raise ValueError(x)
    except ValueError as failure:
        return failure.args[0] * x


def by_a_context(x):
    kept = contextvars.ContextVar("kept")
    kept.set(x)
    return kept.get() * x


def matched(x):
    match x:
        case 1.0:
            return 3 * x
        case float():
            return x * x
        case _:
            return x


def matched_within(x):
    match [x, 1]:
        case [first, 1] if first > 1:
            return first * x
        case _:
            return x


def written_by_csv(x):
    file = io.StringIO()
    csv.writer(file).writerow([x])
    return float(file.getvalue()) * x


NUMBERS = [
    # rounding, and what Python makes whole numbers for
    (lambda x: math.floor(x) * x, FLAT), (lambda x: math.ceil(x) * x, FLAT), (lambda x: math.trunc(x) * x, FLAT), (lambda x: round(x) * x, FLAT),
    (lambda x: divmod(x, 0.5)[1] * x, RIGHT), (lambda x: divmod(5, x)[1] * x, RIGHT), (lambda x: x % 0.5 + x // 0.5, FLAT),
    (lambda x: len([1] * round(x)) * x, REFUSED), (lambda x: int(x) * x, REFUSED), (lambda x: round(x, 1) * x, REFUSED),
    (lambda x: operator.index(x) * x, REFUSED), (lambda x: x.__index__(), REFUSED), (lambda x: format(x, "d"), REFUSED),
    (lambda x: [1.0, 2.0][x], REFUSED), (lambda x: [1.0, 2.0][: x][0], REFUSED), (lambda x: len([1] * x), REFUSED), (lambda x: sum(range(x)), REFUSED),
    (lambda x: "abc"[math.floor(x)], REFUSED), (lambda x: chr(x), REFUSED), (lambda x: x.is_integer() * x, FLAT),
    (lambda x: x * x if x.is_integer() else 3 * x, BRANCH), (lambda x: x.as_integer_ratio()[0] * x, REFUSED), (lambda x: float.fromhex(x.hex()), REFUSED),
    # other kinds of numbers
    (lambda x: float(x) * x, REFUSED), (lambda x: complex(x).real, REFUSED), (lambda x: (x * 1j).imag, REFUSED), (lambda x: x.real * x, RIGHT),
    (lambda x: x.conjugate() * x + x.imag, RIGHT), (lambda x: abs(x) * +x, RIGHT), (lambda x: float(decimal.Decimal(x)), REFUSED), (lambda x: float(fractions.Fraction(x)), REFUSED),
    (lambda x: fractions.Fraction(1, 2) * x * x, RIGHT), (lambda x: np.float64(x) * x, REFUSED), (lambda x: np.float32(x) * x, REFUSED), (lambda x: np.longdouble(x) * x, REFUSED),
    (lambda x: np.float64(2.0) * x * x, RIGHT), (lambda x: np.float32(2.0) * x * x, RIGHT), (lambda x: ctypes.c_double(x).value, REFUSED),
    (lambda x: float.__mul__(x, x), REFUSED), (lambda x: float.__repr__(x), REFUSED), (lambda x: x.__float__(), REFUSED), (lambda x: x.__str__() and x * x, RIGHT),
    (lambda x: datetime.timedelta(seconds=x).total_seconds(), REFUSED),
    # bytes and other processes
    (lambda x: struct.unpack("d", struct.pack("d", x))[0], REFUSED), (lambda x: array.array("d", [x])[0], REFUSED), (lambda x: pickle.loads(pickle.dumps(x)), REFUSED),
    (lambda x: marshal.loads(marshal.dumps(x)), REFUSED), (lambda x: json.loads(json.dumps(x)), REFUSED), (written_by_csv, REFUSED),
    (lambda x: copy.copy(x) * x, RIGHT), (lambda x: copy.deepcopy([x])[0] * x, RIGHT),
    # functions of C, and of the standard library
    (lambda x: math.sin(x), REFUSED), (lambda x: math.pow(x, 2), REFUSED), (lambda x: math.fsum([x, x]), REFUSED), (lambda x: math.isclose(x, 1.0) * x, REFUSED),
    (lambda x: math.prod([x, x]), RIGHT), (lambda x: sum([x, x * x]), RIGHT), (lambda x: cmath.exp(x).real, REFUSED), (lambda x: math.frexp(x)[0], REFUSED),
    (lambda x: statistics.mean([x, 2 * x]), REFUSED), (lambda x: statistics.stdev([x, 2 * x, 4 * x]), REFUSED), (lambda x: statistics.median([x, 3 * x, 2 * x]) * x, BRANCH),
    (lambda x: statistics.NormalDist(x).pdf(0.0), REFUSED), (lambda x: random.Random(1).gauss(x, 1) * x, RIGHT), (lambda x: random.Random(x).random(), REFUSED),
    (lambda x: random.Random(1).choices([1.0, 2.0], [x, 1.0])[0] * x, REFUSED), (lambda x: functools.reduce(operator.mul, [x, x, 2.0]), RIGHT),
    (lambda x: list(itertools.accumulate([x, x]))[-1] * x, RIGHT), (lambda x: len(list(itertools.groupby([x, x, 2 * x]))) * x, BRANCH),
    (lambda x: len(list(itertools.takewhile(lambda k: k * x < 3, range(9)))) * x, BRANCH),
    # keys
    (by_a_cache, REFUSED), (lambda x: hash(x) * x, REFUSED), (lambda x: len({x, 2 * x}) * x, REFUSED), (lambda x: {x: x * x}[x], REFUSED),
    (lambda x: collections.Counter([x])[x] * x, REFUSED), (lambda x: hash(Held(x)) * x, REFUSED), (lambda x: {id(x): x * x}[id(x)], RIGHT),
    (lambda x: {1.5: x}.get(x, 3 * x), REFUSED), (lambda x: {True: x * x, False: x}[x > 1], REFUSED),
    # comparisons
    (lambda x: bisect.bisect([0.0, 1.0, 2.0], x) * x, BRANCH), (lambda x: sorted([x, 2 * x, -x])[0] * x, BRANCH), (by_a_heap, BRANCH),
    (lambda x: heapq.nlargest(1, [x, 2 * x])[0] * x, BRANCH), (lambda x: max(x, 2.0) * x, BRANCH), (lambda x: min([1.0, 2.25], key=lambda c: abs(c - x)) * x, BRANCH),
    (matched, BRANCH), (matched_within, BRANCH), (lambda x: x * x if x in [1.0, 2.0] else 3 * x, BRANCH), (lambda x: x * x if x in range(3) else 3 * x, BRANCH),
    (lambda x: x * x if 1 < x < 2 else 3 * x, BRANCH), (lambda x: bool(x) * x * x, BRANCH), (lambda x: x * x if not x else 3 * x, BRANCH), (lambda x: [2.0, 1.0].count(x) + x, BRANCH),
    (lambda x: [x, x * x][x > 1], BRANCH), (lambda x: x * x if (x > 1) is True else x * x * x, REFUSED), (lambda x: x * x if (x, 1) == (1.0, 1) else 3 * x, BRANCH),
    (lambda x: x * x if Held(x) < Held(2.0) else 3 * x, BRANCH), (lambda x: sum([x > 1, x > 2]) * x, FLAT), (lambda x: any([x > 2, x > 1]) * x * x, BRANCH),
    (lambda x: sorted([x, 2.0], key=functools.cmp_to_key(lambda a, b: (a > b) - (a < b)))[0] * x, BRANCH), (lambda x: sum(filter(None, [x, x * x])), BRANCH),
    (lambda x: x * x if str(x > 1) == "True" else 3 * x, BRANCH), (lambda x: x.__eq__(1.0) * x + x, FLAT),
    # other ways round
    (by_a_thread, RIGHT), (by_a_pool, RIGHT), (by_a_coroutine, RIGHT), (by_an_exception, RIGHT), (by_a_context, RIGHT), (lambda x: Held(x).a * x, RIGHT),
    (lambda x: functools.partial(operator.mul, x)(x), RIGHT), (lambda x: dataclasses.astuple(Held(x))[0] * x, RIGHT),
    # arrays of it
    (lambda x: np.array([x])[0] * x, RIGHT), (lambda x: np.asarray(x) * x, RIGHT), (lambda x: np.full(2, x).sum() * x, RIGHT), (lambda x: np.asarray(x, float) * x, REFUSED),
    (lambda x: np.array([x], np.float32)[0] * x, REFUSED), (lambda x: np.searchsorted([0, 1, 2], x) * x, REFUSED), (lambda x: np.interp(x, [0, 2], [0, 4]), REFUSED),
    (lambda x: np.round(x, 1) * x, REFUSED), (lambda x: np.linspace(0, x, 3).sum(), REFUSED), (lambda x: np.vectorize(lambda t: t * t)(x).item(), RIGHT),
]  # fmt: skip


def filled(x):
    a = np.zeros(2)
    a[0] = x[0]
    return a.sum()


def filled_like(x):
    a = np.empty_like(x)
    a[:] = x
    return a @ a


def added_in_place(x):
    a = np.zeros(2)
    a += x
    return a.sum()


ARRAYS = [
    (lambda x: np.frombuffer(x.tobytes()) @ x, REFUSED), (lambda x: pickle.loads(pickle.dumps(x)) @ x, REFUSED), (lambda x: copy.deepcopy(x) @ x, RIGHT),
    (lambda x: x.tolist()[0] * x[1], RIGHT), (lambda x: json.loads(json.dumps(x.tolist()))[0] * x[1], REFUSED), (lambda x: memoryview(x)[0] * x[1], REFUSED),
    (lambda x: np.array(x.data) @ x, REFUSED), (lambda x: x.view(np.int64).sum() * x[0], REFUSED), (lambda x: x.astype(np.float32) @ x, REFUSED), (lambda x: x.astype(str).astype(float) @ x, REFUSED),
    (lambda x: x.astype(int) @ x, REFUSED), (lambda x: np.asarray(x, float) @ x, REFUSED), (lambda x: np.fromiter(x, float) @ x, REFUSED), (lambda x: np.array(list(x)) @ x, RIGHT),
    (lambda x: np.save(io.BytesIO(), x) or x @ x, REFUSED), (lambda x: x.tofile("/dev/null"), REFUSED), (lambda x: x.ctypes.data * x.sum(), REFUSED), (lambda x: len(set(x)) * x[0], REFUSED),
    (filled, REFUSED), (filled_like, RIGHT), (added_in_place, REFUSED), (lambda x: np.multiply(x, x, out=np.zeros(2)).sum(), REFUSED),
    (lambda x: x[np.argsort(-x)][0], REFUSED), (lambda x: np.sort(x)[0], REFUSED), (lambda x: sorted(x)[0] * x[1], BRANCH), (lambda x: np.argmax(x) * x.sum(), FLAT), (lambda x: x[np.argmax(x)], REFUSED),
    (lambda x: x[x > 1.5].sum(), REFUSED), (lambda x: np.count_nonzero(x > 1) * x.sum(), REFUSED), (lambda x: x @ x if np.any(x > 0) else x.sum(), REFUSED), (lambda x: x @ x if 1.0 in x else 3 * x.sum(), BRANCH),
    (lambda x: len(np.unique(x)) * x.sum(), REFUSED), (lambda x: np.allclose(x, 1) * x.sum(), REFUSED), (lambda x: np.digitize(x, [1.5]).sum() * x.sum(), REFUSED),
    (lambda x: sum(float(one) * one for one in np.nditer(x)), REFUSED), (lambda x: sum(one * one for one in x.flat), REFUSED), (lambda x: sum(a * b for a, b in zip(x, x, strict=True)), RIGHT),
    (lambda x: np.signbit(x).sum() * x.sum(), REFUSED), (lambda x: np.sum(x, dtype=np.float32), REFUSED), (lambda x: np.add.accumulate(x).sum(), REFUSED), (lambda x: np.matrix(x).sum(), REFUSED),
    (lambda x: np.frompyfunc(lambda t: t * t, 1, 1)(x).sum(), REFUSED), (lambda x: (np.floor(x) + np.rint(x)) @ x, FLAT), (lambda x: (x == 1.0).sum() * x.sum(), FLAT),
]  # fmt: skip


def outcome(function, at):
    """What grad says of it, in a word, and the derivative by the one variable."""
    try:
        result = diffcli.grad(function, {"x": at})
    except diffcli.ExpressionError as fault:
        assert fault.diagnostics[0].code in ("untraceable", "python-error", "not-as-recorded", "bad-index"), diffcli.explain(fault)
        return REFUSED, None
    codes = {note.code for note in result.notes}
    assert codes <= {"python-branch", "flat"}, codes
    return BRANCH if "python-branch" in codes else FLAT if "flat" in codes else RIGHT, result.gradient["x"]


@pytest.mark.parametrize(("function", "expected"), NUMBERS)
def test_what_is_done_with_a_number_is_followed_or_refused(function, expected):
    found, slope = outcome(function, 1.75)
    assert found == expected
    if slope is not None:
        step = 2.0**-20
        assert slope == pytest.approx((function(1.75 + step) - function(1.75 - step)) / (2 * step), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("function", "expected"), ARRAYS)
def test_what_is_done_with_an_array_is_followed_or_refused(function, expected):
    x = np.array([1.25, 2.75])
    found, slope = outcome(function, x)
    assert found == expected
    if slope is not None:
        step = 2.0**-20
        moved = step * np.eye(2)
        assert slope == pytest.approx([(function(x + one) - function(x - one)) / (2 * step) for one in moved], rel=1e-6, abs=1e-6)
