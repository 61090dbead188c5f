"""Anything at all as a program, at any point, by any method: an answer comes out or an error of the family, and no text
that a diagnostic points into is shorter than where it points.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import tiers
from console import run
from hypothesis import given
from hypothesis import strategies as st
from inside import (
    CODES,
    METHODS,
    MOST,
    POLICIES,
    RULES,
    DiffcliError,
    ExpressionError,
    Options,
    Source,
    compute,
    parse,
    program_text,
    read_point,
)
from programs import SMOOTH, VARIABLES, given_point, plainly, points, programs

# -- texts ---------------------------------------------------------------------------------------------------------------

PIECES = (
    *"xyfg12.,;()+-*/^=<>!&|#'\"%:@_ \n\t\r\\", "**", "==", "<=", "!=", " if ", " else ", " and ", " or ", "not ", "x1", "1e5",
    "1__0", "sin", "sin(", "max(", "where(", "f(x) = ", "y = ", "pi", "e", "²", "₁", "⁻", "π", "−", "×", "·", "½", "ⁿ", "\ufeff",
    "\u200b", "\u0304", "\x00", "𝑥", "\u2028", "1.5", ".5.", "5.", "~", "日", "[", "[", "]", "]", "[:", ".T", "sum(", "axis=", " @ ",
)  # fmt: skip


def decoded(content, encoding):
    return content.decode(encoding, "ignore")


def mutated(statements, changes):
    """A program with tokens taken away, doubled, exchanged or put in."""
    tokens = re.findall(r"\w+|\s+|.", plainly(statements))
    for kind, place, piece in changes:
        place %= len(tokens) + 1
        if kind == "insert":
            tokens.insert(place, piece)
        elif tokens and kind == "delete":
            del tokens[place % len(tokens)]
        elif tokens and kind == "double":
            tokens.insert(place, tokens[place % len(tokens)])
        elif tokens:
            other = (place + 1) % len(tokens)
            place %= len(tokens)
            tokens[place], tokens[other] = tokens[other], tokens[place]
    return "".join(tokens)


changes = st.lists(
    st.tuples(st.sampled_from(("insert", "delete", "double", "exchange")), st.integers(0, 400), st.sampled_from(PIECES)),
    min_size=1, max_size=3,
)  # fmt: skip
TEXTS = {
    "pieces": st.lists(st.sampled_from(PIECES), max_size=24).map("".join),
    "any characters": st.text(max_size=30),
    "latin-1": st.binary(max_size=40).map(lambda content: decoded(content, "latin-1")),
    "utf-8": st.binary(max_size=40).map(lambda content: decoded(content, "utf-8")),
    "programs with mistakes": st.builds(mutated, programs(depth=4), changes),
}


def check(diagnostics, *texts):
    """What every diagnostic is: of a known code, printable, pointing into one of the texts."""
    for found in diagnostics:
        assert found.code in CODES
        assert found.severity in ("error", "warning", "note")
        for line in (found.message, *found.notes, *found.help, *(mark.label for mark in found.marks)):
            assert line == line.strip() and "\n" not in line, found
            line.encode()
        for mark in found.marks:
            assert found.source is not None and found.source.text in texts
            assert 0 <= mark.span.start <= mark.span.stop <= len(found.source.text), found


def read(text):
    """The program, or None and a checked error."""
    source = Source(text.removeprefix("\ufeff"))
    try:
        program = parse(text)
    except ExpressionError as error:
        check(error.diagnostics, source.text)
        assert 1 <= len(error.diagnostics) <= MOST
        assert {found.severity for found in error.diagnostics} == {"error"}
        return None
    for node in range(len(program)):
        assert 0 <= program.starts[node] < program.stops[node] <= len(source.text)
    return program


@pytest.mark.parametrize("kind", TEXTS)
@tiers.often(2000)
@given(data=st.data())
def test_any_text_is_a_program_or_an_error(kind, data):
    program = read(data.draw(TEXTS[kind]))
    if program is not None:
        again = parse(program_text(program))
        assert again == program and again.inputs == program.inputs


@tiers.often(800)
@given(TEXTS["pieces"], st.sampled_from(("x=", "", "x=1,y=")))
def test_any_point_is_read_or_an_error(text, start):
    try:
        point = read_point(start + text)
    except DiffcliError as error:
        check(error.diagnostics, start + text, (start + text).removeprefix("\ufeff"))
    else:
        assert point.keys() == point.places.keys()
        assert all(math.isfinite(number) for number in point.values())


# -- computing -----------------------------------------------------------------------------------------------------------

AUTOMATIC = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(("reverse", "forward")), "kink": st.sampled_from(list(POLICIES)), "strict": st.booleans(),
        "share": st.booleans(), "trace": st.booleans(), "cost": st.booleans(),
    }
)  # fmt: skip
FEW = [("add", 2), ("sin", 1), ("exp", 1), ("log", 1), ("abs", 1), ("max", 2), ("sqrt", 1), ("floor", 1), ("atan2", 2)]


def answered(text, program, at, options):
    """The answer, checked, or None after a checked error."""
    try:
        result = compute(program, at, Options(max_nodes=10_000, **options))
    except DiffcliError as error:
        check(error.diagnostics, text)
        return None
    check(result.notes, text)
    assert list(result.gradient) == program.inputs
    assert all(isinstance(slope, float) for slope in result.gradient.values())
    assert isinstance(result.value, float) and not math.isnan(result.value)
    return result


@tiers.often(1500)
@given(programs(), points, AUTOMATIC)
def test_automatic_differentiation_answers_or_says_why_not(statements, point, options):
    text = plainly(statements)
    program = parse(text)
    answered(text, program, given_point(program, point), options)


@pytest.mark.parametrize("method", METHODS)
@tiers.often(250)
@given(programs(depth=4), points)
def test_differences_answer_or_say_why_not(method, statements, point):
    text = plainly(statements)
    program = parse(text)
    answered(text, program, given_point(program, point), {"mode": "numeric", "method": method})


@pytest.mark.parametrize("rule", RULES)
@tiers.often(60)
@given(programs(depth=4), points)
def test_step_rules_answer_or_say_why_not(rule, statements, point):
    text = plainly(statements)
    program = parse(text)
    answered(text, program, given_point(program, point), {"mode": "numeric", "rule": rule})


@tiers.often(100)
@given(programs(rows=FEW, depth=3, variables=VARIABLES[:2]), points)
def test_sympy_answers_or_says_why_not(statements, point):
    text = plainly(statements)
    program = parse(text)
    answered(text, program, given_point(program, point), {"mode": "symbolic", "simplify": False})


@tiers.often(800)
@given(TEXTS["programs with mistakes"], points, AUTOMATIC)
def test_a_program_with_mistakes_that_can_be_read_is_computed(text, point, options):
    program = read(text)
    if program is not None:
        at = {name: point.get(name, 1.5) for name in program.inputs}
        answered(program.source.text, program, at, options)


@tiers.often(400)
@given(programs(rows=SMOOTH, depth=4), points)
def test_both_modes_give_the_same_value_and_reach_the_same_variables(statements, point):
    text = plainly(statements)
    program = parse(text)
    at = given_point(program, point)
    one, two = (answered(text, program, at, {"mode": mode}) for mode in ("reverse", "forward"))
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert one.value == two.value
        assert [note for note in one.notes if note.code == "no-dependence"] == [
            note for note in two.notes if note.code == "no-dependence"
        ]


# -- command lines ---------------------------------------------------------------------------------------------------------


def test_random_command_lines_end_well(tmp_path, monkeypatch):
    """A few of those that ``tests/benchmarks/fuzz.py`` makes, of which it runs as many as one likes."""
    monkeypatch.syspath_prepend(Path(__file__).parent / "benchmarks")
    import fuzz

    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    fuzz.prepare(tmp_path / "in")
    for number in range(tiers.examples(600)):
        arguments, given = fuzz.command_line(7, number)
        outcome = fuzz.run(arguments, **given)
        assert not fuzz.fault(outcome), (number, arguments, outcome)


@pytest.mark.parametrize(
    ("command", "exit"),
    [
        ("jacobian 'cos([1, 2]) or acosh(trunc(-y))' --at y=2", 0),
        ("jacobian '((e) if z/t else z) or [x, y]' --at e=2.5,x=3,y=0.7,z=0.7,t=0", 0),
        ("hvp 'a = z; 1e300*W*logsumexp([1, 2]^2**-y, axis=0)' --at W=0,y=2,z=1 --direction W=2.5,y=0.7,z=0", None),
        ("graph '[1, 2]'", 0),
        ("check 'cospi(x^2)' --at x=[1,2]", 1),
        ("lesson symbolic --timeout 0.05", 6),
        ("check 'a = [1, 2]; f(t) = t*-W; W' --at W=1", 0),
        ("check '[x, y]/softplus(acosh(csch(y)))' --claim x", 3),
    ],
)
def test_command_lines_that_were_crashes(command, exit):
    outcome = run(command)
    assert outcome.exit != 70 and exit in (outcome.exit, None), outcome
