"""How often a wrong number is reported without a word, and how often a word is reported without need.

    python tests/benchmarks/silence.py [--size N] [--seed S] [--jobs J] [--show K]

Random programs are salted with pieces that lose digits: differences of nearly equal values, arguments far out, powers and
exponentials that under- or overflow, quotients of tiny numbers. Each is asked of one of the library's functions at a random
point, and every number of its answer is held against the same program in mpmath (`oracle.py`, which reads none of
diffcli's rules), to 50 digits with the point and the constants taken as exact floats.

    silent        a finite number whose relative error is above 1e-6, and no warning (an error above half the smallest float)
    few digits    the same with a warning: what the warnings are for
    false alarm   a `lost-digits` warning, and every number of the answer has a relative error below 1e-10
    no number     the answer is not finite, with its reason, or an error says so
    time          CPU time of `diffcli.grad` with the watch over that without it, for programs of a kind together

The aim: nothing silent, at most 1 % false alarms, at most 1.3 times the time.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from mpmath import mp, mpf

import diffcli
from diffcli.methods import gradient
from diffcli.tape import Tape, evaluate, lower

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracle import ORACLE, derivative_of, value_of  # the tests are no package

WRONG = 1e-6
RIGHT = 1e-10
"""Relative errors: above the one a number is wrong, below the other nothing need be said of it."""

CHUNK = 500
"""So many programs are drawn from one seed."""

FUNCTIONS = ("sin", "cos", "tan", "exp", "log", "sqrt", "atan", "tanh", "sinh", "cosh", "asinh", "sigmoid", "erf", "softplus")
BINARY = ("+", "-", "*", "/")
NAMES = ("x", "y", "z")

FARTHEST = {"exp": 1e4, "sinh": 1e4, "cosh": 1e4, "softplus": 1e4, "expm1": 1e4, "sigmoid": 1e4, "erf": 1e3, "tanh": 1e4}
"""Arguments beyond which mpmath would take its time."""


# -- the programs ------------------------------------------------------------------------------------------------------------

SALTS: tuple[str, ...] = (
    # nearly equal values
    "(1 - cos(s*{a}))/(s*{a})^2", "(exp(s*{a}) - 1 - s*{a})/s^2", "sqrt({a}^2 + s) - abs({a})", "(({a} + b) - b)", "(({a} + b)^2 - b^2)/b",
    "log(1 + s*{a})/s", "(sin({a})^2 + cos({a})^2 - 1 + s)", "(1/({a} + b) - 1/b)", "log({a} + b) - log(b)", "({a}*b - {c})*s",
    "tanh(s*{a}) - s*{a}", "(exp({a}) - exp({c}))", "({a} - {c})/({a} + {c})", "(s + 1)^{a} - 1", "cosh(s*{a}) - 1", "acos(1 - s*s*{a}^2)",
    "log(cosh(s*{a}))", "(({a}*b + 1) - {a}*b)", "{a}^3 - ({a} - s)^3",
    # arguments far out
    "sin(b*{a})", "cos(b*{a}^2)", "tan(b*{a})", "exp(sin(b*{a}))", "(1 + s)^(b*{a})", "({a} + 1.5)^b",
    # under- and overflow on the way
    "exp(-b*{a}^2)", "exp(-t*{a}^2)*exp(t*{a}^2)", "exp(t*{a})/(exp(t*{a}) + exp(t*{c}))", "log(exp(-t*{a}^2) + exp(-t*{c}^2))", "(s*{a})^20/s^20", "(b*{a})^30/b^30",
    "{a}*1e-200*1e-200*1e300", "sqrt((1e-170*{a})^2 + (1e-170*{c})^2)*1e170", "sqrt((1e170*{a})^2 + (1e170*{c})^2)*1e-170", "(1e-160*{a})*(1e-160*{c})*1e310",
    "{a}^12*{c}/{a}^11", "1/(1 + exp(-t*{a}))", "1 - sigmoid(t*{a})", "1 - tanh({a}*20)^2", "1 - erf({a}*5)", "log(sigmoid(-t*{a}))",
)  # fmt: skip
"""Pieces that lose digits for some numbers: s is small, b large, t some hundreds."""


def salted(source: random.Random, names: Sequence[str]) -> str:
    """One of the pieces, with its numbers."""
    text = source.choice(SALTS)
    for letter, low, high in (("s", -9, -1), ("b", 1, 10), ("t", 0, 3)):
        text = _with_number(text, letter, f"{10 ** source.uniform(low, high):.3g}")
    return f"({text.format(a=source.choice(names), c=source.choice(names))})"


def _with_number(text: str, letter: str, number: str) -> str:
    """The text with a number for a letter that stands alone."""
    out = []
    for index, character in enumerate(text):
        beside = text[index - 1 : index] + text[index + 1 : index + 2]
        alone = character == letter and not any(each.isalpha() or each in "{}" for each in beside)
        out.append(number if alone else character)
    return "".join(out)


def random_expression(source: random.Random, depth: int, names: Sequence[str]) -> str:
    """A random tree with a salted leaf here and there; every operator stands in parentheses."""
    if depth == 0:
        kind = source.random()
        if kind < 0.15:
            return salted(source, names)
        return source.choice(names) if kind < 0.8 else f"{10 ** source.uniform(-4, 4):.3g}"
    kind = source.random()
    if kind < 0.55:
        left, right = random_expression(source, depth - 1, names), random_expression(source, source.randrange(depth), names)
        if source.random() < 0.5:
            left, right = right, left
        return f"({left} {source.choice(BINARY)} {right})"
    inside = random_expression(source, depth - 1, names)
    if kind < 0.65:
        return f"({inside})^{source.choice((2, 3, 4, 5, 12, -1, -2, 0.5))}"
    return f"{source.choice(FUNCTIONS)}({inside})"


def _number(source: random.Random) -> float:
    """A coordinate: of the order of one, as a rule."""
    decades = source.uniform(-0.7, 0.7) if source.random() < 0.7 else source.uniform(-9, 6)
    return source.choice((1, 1, -1)) * float(f"{10**decades:.6g}")


def _exp(term: Any) -> Any:
    if abs(term) > FARTHEST["exp"]:
        raise ValueError("mpmath would take its time")
    return mp.exp(term)


REDUCTIONS: dict[str, tuple[str, Callable[[list[Any]], Any]]] = {
    "sum": ("sum({})", lambda terms: sum(terms, mpf(0))),
    "mean": ("mean({})", lambda terms: sum(terms, mpf(0)) / len(terms)),
    "prod": ("prod({})", lambda terms: mp.fprod(terms)),
    "norm": ("norm({})", lambda terms: mp.sqrt(sum((term * term for term in terms), mpf(0)))),
    "logsumexp": ("logsumexp({})", lambda terms: mp.log(sum(map(_exp, terms), mpf(0)))),
    "softmax": ("softmax({})[0]", lambda terms: _exp(terms[0]) / sum(map(_exp, terms), mpf(0))),
}
"""What makes a number of a vector: as text, and in mpmath."""


class Case(NamedTuple):
    """A question: the function that is asked, its program and point, and the exact numbers of the answer."""

    asked: str
    text: str
    at: dict[str, Any]
    truths: list[Any]


def _in_mpmath(tape: Tape) -> Callable[..., Any]:
    """A tape of numbers as a function of mpmath's numbers."""
    constants = list(reversed(tape.constants))

    def function(*inputs: Any) -> Any:
        values = [*inputs, *[None] * len(tape.operations), *[mpf(value) for value in constants]]
        for slot in tape.rows():
            values[slot] = ORACLE[tape.operation(slot)](*[values[operand] for operand in tape.operands_of(slot)])
        return values[tape.output]

    return function


def _tame(tape: Tape, point: Sequence[float]) -> bool:
    """Whether mpmath can be asked, and the program has a real value."""
    values = evaluate(tape, list(point))
    for slot in tape.rows():
        operands = [values[operand] for operand in tape.operands_of(slot)]
        if values[slot] != values[slot] or any(abs(operand) > FARTHEST.get(tape.operation(slot), 1e300) for operand in operands):
            return False
        if tape.operation(slot) == "pow" and abs(operands[1]) > 1e12:
            return False
    return True


def random_case(source: random.Random) -> Case | None:
    """A question with its exact answer; None where there is none, or nobody can tell."""
    names = NAMES[: source.choice((1, 1, 2, 3))]
    text = random_expression(source, source.randint(1, 4), names)
    if "{" in text:
        return None
    at: dict[str, Any] = {name: _number(source) for name in names}
    try:
        tape = lower(diffcli.parse(text), given=at)
    except diffcli.DiffcliError:
        return None
    inputs = [at[name] for name in tape.inputs]
    if not inputs or not _tame(tape, inputs):
        return None
    function = _in_mpmath(tape)
    asked = source.choices(ASKED, weights=WEIGHTS)[0]
    if asked == "taylor" and len(inputs) > 1:
        asked = "reverse"
    point: dict[str, Any] = {name: at[name] for name in tape.inputs}
    if asked == "arrays":
        vector = [float(f"{inputs[0] * source.uniform(0.2, 2):.6g}") for _ in range(source.choice((2, 3, 5)))]
        if not all(_tame(tape, [each, *inputs[1:]]) for each in vector):
            return None
        written, reduce = REDUCTIONS[source.choice(tuple(REDUCTIONS))]
        text, count = written.format(text), len(vector)
        whole = [*vector, *inputs[1:]]

        def function(*numbers: Any, elementwise: Callable[..., Any] = function) -> Any:
            return reduce([elementwise(each, *numbers[count:]) for each in numbers[:count]])

        point, inputs = {**point, tape.inputs[0]: vector}, whole
    try:
        return Case(asked, text, point, _TRUTHS.get(asked, _gradient)(function, inputs))
    except (ArithmeticError, TypeError, ValueError):
        return None  # not real beside the point, or more than 2,000 digits


def _gradient(function: Callable[..., Any], point: Sequence[float]) -> list[Any]:
    return [value_of(function, point), *[derivative_of(function, point, k) for k in range(len(point))]]


def _second(function: Callable[..., Any], point: Sequence[float]) -> list[Any]:
    count = range(len(point))
    return [*_gradient(function, point), *[derivative_of(function, point, *sorted((j, k))) for j in count for k in count]]


def _taylor(function: Callable[..., Any], point: Sequence[float]) -> list[Any]:
    return [value_of(function, point), derivative_of(function, point, 0), derivative_of(function, point, 0, 0) / 2]


_TRUTHS = {"hessian": _second, "taylor": _taylor}


# -- the questions -----------------------------------------------------------------------------------------------------------


def _numbers(*values: Any) -> list[float]:
    """The numbers of an answer, one after the other."""
    out: list[float] = []
    for value in values:
        if isinstance(value, (list, tuple)):
            out += _numbers(*value)
        elif hasattr(value, "shape"):
            out += [float(each) for each in value.ravel()]
        else:
            out.append(float(value))
    return out


def _by_gradient(case: Case, mode: str) -> tuple[list[float], Sequence[Any]]:
    found = diffcli.grad(case.text, case.at, mode=mode)
    return _numbers(found.value, *[found.gradient[name] for name in case.at]), found.notes


def _by_hessian(case: Case) -> tuple[list[float], Sequence[Any]]:
    found = diffcli.hessian(case.text, case.at)
    return _numbers(found.value, list(found.gradient.values()), found.matrix), found.notes


def _by_jacobian(case: Case) -> tuple[list[float], Sequence[Any]]:
    found = diffcli.jacobian(case.text, case.at)
    return _numbers(list(found.values.values()), found.matrix), found.notes


def _by_taylor(case: Case) -> tuple[list[float], Sequence[Any]]:
    found = diffcli.taylor(case.text, case.at, order=2)
    return _numbers(found.coefficients), found.notes


QUESTIONS: dict[str, tuple[float, Callable[[Case], tuple[list[float], Sequence[Any]]]]] = {
    "reverse": (0.5, lambda case: _by_gradient(case, "reverse")),
    "forward": (0.15, lambda case: _by_gradient(case, "forward")),
    "arrays": (0.15, lambda case: _by_gradient(case, "reverse")),
    "hessian": (0.1, _by_hessian),
    "jacobian": (0.05, _by_jacobian),
    "taylor": (0.05, _by_taylor),
}
"""How often each is asked, and how."""

ASKED = tuple(QUESTIONS)
WEIGHTS = [weight for weight, _ in QUESTIONS.values()]


class Verdict(NamedTuple):
    kind: str
    asked: str
    story: str


def relative_error(value: float, truth: Any) -> float:
    """The relative error of a float; 0 where no float is nearer."""
    distance = abs(mpf(value) - truth)
    if distance <= math.ulp(value) or distance <= mpf(2) ** -1074:
        return 0.0
    return float(min(distance / abs(truth), mpf(10) ** 300)) if truth else math.inf


def judge(case: Case) -> Verdict:
    """One question asked, and its answer held against the truth."""
    try:
        numbers, notes = QUESTIONS[case.asked][1](case)
    except diffcli.DiffcliError:
        return Verdict("no number", case.asked, "")
    except Exception as crash:
        return Verdict("crash", case.asked, f"{case.asked}: {case.text} at {case.at}: {crash!r}")
    told = [note.code for note in notes if note.severity == "warning"]
    if len(numbers) != len(case.truths):
        return Verdict("silent", case.asked, f"{len(numbers)} numbers for {len(case.truths)}: {case.text} at {case.at}")
    if not all(map(math.isfinite, numbers)):
        wrong = any(math.isfinite(one) and relative_error(one, truth) > WRONG for one, truth in zip(numbers, case.truths, strict=True))
        kind = "silent" if not told and (wrong or any(map(math.isnan, numbers))) else "no number"
        return Verdict(kind, case.asked, f"{case.text} at {case.at}: {numbers}")
    worst = max(relative_error(one, truth) for one, truth in zip(numbers, case.truths, strict=True))
    story = f"{case.asked}: {case.text} at {case.at}: {numbers}, off by {worst:.1e}, exactly {[mp.nstr(each, 8) for each in case.truths]}"
    if worst > WRONG:
        return Verdict("few digits" if told else "silent", case.asked, story)
    if worst < RIGHT and "lost-digits" in told:
        return Verdict("false alarm", case.asked, story)
    return Verdict("right", case.asked, story)


def chunk(seed: int, number: int, size: int) -> list[Verdict]:
    """The verdicts on the programs of one seed."""
    return [judge(case) for case in cases(seed, number, size)]


def cases(seed: int, number: int, size: int) -> Iterator[Case]:
    source = random.Random(f"{seed}:{number}")
    count = 0
    while count < size:
        case = random_case(source)
        if case is not None:
            count += 1
            yield case


# -- the table ---------------------------------------------------------------------------------------------------------------


def timed(seed: int, size: int) -> None:
    """The table of times: the same gradients with the watch and without it, by turns, the least of nine times of each."""
    spent: dict[str, list[tuple[float, float]]] = {"keep their digits": [], "lose digits": []}
    for case in cases(seed, 0, size):
        if case.asked in _TRUTHS or case.asked == "jacobian":
            continue
        try:
            found = diffcli.grad(case.text, case.at)
        except diffcli.DiffcliError:
            continue
        times: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(18):
            watched = turn % 2 == 0
            with nullcontext() if watched else without_watch():
                start = time.process_time_ns()
                diffcli.grad(case.text, case.at)
                times[watched].append((time.process_time_ns() - start) / 1000)
        kind = "lose digits" if any(note.code == "lost-digits" for note in found.notes) else "keep their digits"
        spent[kind].append((min(times[True]), min(times[False])))
    spent["all"] = [pair for pairs in spent.values() for pair in pairs]
    print(f"{'':20}{'programs':>10}{'with, us':>12}{'without, us':>13}{'ratio':>8}{'median ratio':>14}")
    for kind, pairs in spent.items():
        if pairs:
            mean_with, mean_without = (statistics.fmean(column) for column in zip(*pairs, strict=True))
            median = statistics.median(one / other for one, other in pairs)
            print(f"{kind:20}{len(pairs):10}{mean_with:12.0f}{mean_without:13.0f}{mean_with / mean_without:8.2f}{median:14.2f}")


@contextmanager
def without_watch() -> Iterator[None]:
    """Gradients that are not watched."""
    kept = gradient.watch_of, gradient.notes_of
    gradient.watch_of = gradient.notes_of = lambda *_: []  # type: ignore[assignment]
    try:
        yield
    finally:
        gradient.watch_of, gradient.notes_of = kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--time", type=int, default=0, help="measure the time of so many gradients in place of judging them")
    parser.add_argument("--show", type=int, default=10, help="how many of the silent ones and the false alarms are shown")
    options = parser.parse_args()
    if options.time:
        timed(options.seed, options.time)
        return
    sizes = [min(CHUNK, options.size - start) for start in range(0, options.size, CHUNK)]
    with ProcessPoolExecutor(options.jobs) as pool:
        verdicts = [one for part in pool.map(chunk, [options.seed] * len(sizes), range(len(sizes)), sizes) for one in part]
    kinds = ("right", "few digits", "no number", "false alarm", "silent", "crash")
    print(f"{'':10}" + "".join(f"{kind:>13}" for kind in ("programs", *kinds)))
    for asked in (*ASKED, "all"):
        counts = Counter(one.kind for one in verdicts if asked in (one.asked, "all"))
        print(f"{asked:10}" + "".join(f"{count:13}" for count in (counts.total(), *[counts[kind] for kind in kinds])))
    for kind in ("crash", "silent", "false alarm"):
        for one in [one for one in verdicts if one.kind == kind][: options.show]:
            print(f"{kind}: {one.story}")


if __name__ == "__main__":
    main()
