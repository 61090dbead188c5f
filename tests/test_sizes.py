"""Programs that are large or deep, held against what they must come to, and against half of themselves.

Nothing here is timed. That work grows no faster than the text is checked by counting the steps of the interpreter.
"""

from __future__ import annotations

import math
import sys
import tracemalloc

import pytest
import tiers
from inside import (
    LATEX,
    MOST,
    ExpressionError,
    HessianOptions,
    Options,
    accumulate,
    activity,
    adjoints,
    compute,
    compute_hessian,
    evaluate,
    lower,
    parse,
    program_text,
    tangents,
    taylor,
    to_text,
)

X = 0.5


def nested(opening, middle, closing, count):
    return opening * count + middle + closing * count


def identity(count):
    return X, 1.0


def tower(count):
    y = 0.6411857445049865  # y = x^y
    return y, y * y / (X * (1 - y * math.log(X)))


SHAPES = {
    # name: (the text for a size, the value and the derivative at x = 0.5, the size)
    "flat sum": (lambda n: " + ".join(["x"] * n), lambda n: (n * X, n), 200_000),
    "flat signs": (lambda n: "".join(" +-"[1 + i % 2] + "x" for i in range(n)), lambda n: (0.0, 0.0), 50_000),
    "flat product": (lambda n: "*".join(["x"] * n), lambda n: (0.0, 0.0), 200_000),
    "flat quotient": (lambda n: "/".join(["x"] * n), lambda n: (math.inf, None), 20_000),
    "flat conditions": (lambda n: " and ".join(["x < 1"] * n), lambda n: (True, None), 50_000),
    "flat choices": (lambda n: " + ".join(["where(x > 0, x, -x)"] * n), lambda n: (n * X, n), 10_000),
    "parentheses": (lambda n: nested("(", "x", ")", n), identity, 100_000),
    "unary minus": (lambda n: "-" * n + "x", identity, 100_000),
    "unary plus": (lambda n: "+" * n + "x", identity, 100_000),
    "not": (lambda n: "not " * n + "x", lambda n: (True, None), 100_000),
    "powers": (lambda n: "^".join(["x"] * n), tower, 50_000),
    "powers of powers": (lambda n: nested("(", "x", ")^1", n), identity, 50_000),
    "sums to the right": (lambda n: nested("x + (", "x", ")", n), lambda n: ((n + 1) * X, n + 1), 30_000),
    "sums to the left": (lambda n: nested("(", "x", " + x)", n), lambda n: ((n + 1) * X, n + 1), 30_000),
    "choices after else": (lambda n: "1 if x < 0 else " * n + "x", identity, 100_000),
    "choices before if": (lambda n: nested("(", "x", " if x > 0 else 1)", n), identity, 20_000),
    "choices as conditions": (lambda n: nested("x if (", "x", ") else 1", n), identity, 20_000),
    "where, last operand": (lambda n: nested("where(x < 0, 1, ", "x", ")", n), identity, 50_000),
    "where, middle operand": (lambda n: nested("where(x > 0, ", "x", ", 1)", n), identity, 20_000),
    "where, condition": (lambda n: nested("where(", "x", ", x, 1)", n), identity, 20_000),
    "calls": (lambda n: nested("sin(", "x", ")", n), lambda n: (math.sqrt(3 / n), 8 * (3 / n) ** 1.5), 100_000),
    "calls with two operands": (lambda n: nested("max(0, ", "x", ")", n), identity, 50_000),
    "the largest of many": (lambda n: "max(" + ", ".join(f"x*{i}" for i in range(n)) + ")", lambda n: (X * (n - 1), n - 1), 100_000),
    "the smallest of many": (lambda n: "min(" + ", ".join(f"x + {i}" for i in range(n)) + ")", lambda n: (X, 1), 20_000),
    "the largest of equal ones": (lambda n: "max(" + ", ".join(["x"] * n) + ")", identity, 100_000),
    "a list of many": (lambda n: "sum([" + ", ".join(f"x*{i}" for i in range(n)) + "])", lambda n: (X * n * (n - 1) / 2, n * (n - 1) / 2), 20_000),
    "own function": (lambda n: "f(u) = u + 1\n" + nested("f(", "x", ")", n), lambda n: (X + n, 1), 50_000),
    "functions of functions": (
        lambda n: "f0(u) = u\n" + "".join(f"f{i}(u) = f{i - 1}(u) + 1\n" for i in range(1, n + 1)) + f"f{n}(x)",
        lambda n: (X + n, 1), 20_000),
    "bindings": (lambda n: "v0 = x\n" + "".join(f"v{i} = v{i - 1} + x\n" for i in range(1, n)), lambda n: (n * X, n), 20_000),
    "statements": (lambda n: "x;" * n + "2*x", lambda n: (1.0, 2.0), 50_000),
    "many inputs": (lambda n: "x" + "".join(f" + 0*y{i}" for i in range(n)), identity, 20_000),
    "blanks": (lambda n: " " * n + "x" + " \t" * n, identity, 500_000),
    "empty lines": (lambda n: "\n" * n + "x" + "\r\n" * n, identity, 100_000),
    "comments": (lambda n: "x # " + "(" * n, identity, 500_000),
}  # fmt: skip


def sweeps(program, share=False):
    """The value at x, and the derivative by each sweep."""
    tape = lower(program, share=share)
    values = evaluate(tape, [X] * len(tape.inputs))
    place = tape.inputs.index("x")
    seed = [1.0 if name == "x" else None for name in tape.inputs]
    active = activity(tape)
    derivatives = (
        tangents(tape, values, seed)[tape.output],
        adjoints(tape, values, active)[place],
        accumulate(tape, values, active)[0][place],
    )
    return values[tape.output], derivatives


def close(one, two):
    return math.isinf(one) or math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_large_and_deep_programs_come_to_what_they_must(shape):
    text, expected, whole = SHAPES[shape]
    size = tiers.size(whole)
    value, derivative = expected(size)
    program = parse(text(size))
    assert len(program_text(program)) > 0
    found_value, found_derivatives = sweeps(program)
    assert close(found_value, value)
    assert derivative is None or all(close(found or 0.0, derivative) for found in found_derivatives)


def steps_of(action):
    """How many instructions the interpreter takes, of all the Python code that an action runs."""
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


MANY = {
    "the largest": lambda n: "max(" + ", ".join(f"x*{i}" for i in range(n)) + ")",
    "a list": lambda n: "sum([" + ", ".join(f"x*{i}" for i in range(n)) + "])",
    "joined": lambda n: "sum(concat(" + ", ".join(f"[x*{i}]" for i in range(n)) + "))",
}
READINGS = {
    "gradient": lambda text: compute(text, {"x": X}, Options()),
    "gradient forward": lambda text: compute(text, {"x": X}, Options(mode="forward")),
    "trace": lambda text: compute(text, {"x": X}, Options(trace=True)),
    "numeric": lambda text: compute(text, {"x": X}, Options(mode="numeric")),
    "hessian": lambda text: compute_hessian(text, {"x": X}, HessianOptions()),
    "taylor": lambda text: taylor(text, {"x": X}, order=2),
}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("kind", MANY)
def test_rows_of_many_operands_take_steps_in_proportion_to_them(kind, reading):
    READINGS[reading](MANY[kind](20))
    single, double = (steps_of(lambda n=n: READINGS[reading](MANY[kind](n))) for n in (60, 120))
    assert double < 2.6 * single


def test_many_names_take_no_look_through_all_of_them_each():
    """At a kink along every one, with none of them given, and with one left out: a look through all for each takes hours."""
    names = [f"x{i}" for i in range(tiers.size(100_000))]
    text = " + ".join(f"abs({name})" for name in names)
    found = compute(text, dict.fromkeys(names, 0.0), Options())
    assert set(found.gradient.values()) == {0.0}
    with pytest.raises(ExpressionError, match=f"no value for `x0`, .* and {len(names) - 8} more"):
        compute(text, {}, Options())
    with pytest.raises(ExpressionError, match=f"^no value for `{names[-1]}`\n"):
        compute(text, dict.fromkeys(names[:-1], 0.0), Options())


def everything(text):
    program = parse(text)
    assert parse(program_text(program)) == program
    assert to_text(program, None, LATEX)
    sweeps(program)
    sweeps(program, share=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_no_faster_than_the_text(shape):
    text, _, _ = SHAPES[shape]
    everything(text(10))  # what is compiled on first use
    single, double = (steps_of(lambda n=n: everything(text(n))) for n in (40, 80))
    assert double < 2.005 * single


WRONG = {
    # name: (the text for a size, how many errors, None for the most)
    "open": (lambda n: "(" * n + "x", None),
    "open calls": (lambda n: "sin(" * n + "x", None),
    "closed": (lambda n: "x" + ")" * n, None),
    "products": (lambda n: " ".join(["x"] * n), 1),
    "products in lines": (lambda n: "\n".join(["2x"] * n), None),
    "nested products": (lambda n: nested("2(", "x", ")", n), 1),
    "calls that are products": (lambda n: nested("x(", "x", ")", n), 1),
    "functions without parentheses": (lambda n: "sin " * 4 * n + "x", None),
    "the same in lines": (lambda n: "\n".join(["sin x"] * n), None),
    "strays": (lambda n: "$" * n, 1),
    "strays between names": (lambda n: "x@" * n, 1),
    "many kinds of strays": (lambda n: "".join(chr(0x2800 + i % 256) for i in range(n)), None),
    "chained comparisons": (lambda n: "<".join(["x"] * n), 1),
    "nested chains": (lambda n: nested("(", "x<x<x", "<x<x)", n), None),
    "commas": (lambda n: "x" + ",x" * n, None),
    "commas in a call": (lambda n: "max(" + "," * n + ")", None),
    "equals": (lambda n: "=".join(["x"] * n), None),
    "lines in an open parenthesis": (lambda n: "(" + "\nx=1" * n, None),
    "products in open parentheses": (lambda n: "(" * 10 + "\nx" * n, 10),
    "open lines": (lambda n: "\n".join(["x = (1"] * n), None),
    "missing operands": (lambda n: "+*" * n, None),
    "missing operands in lines": (lambda n: "x +\n" * n, None),
    "else": (lambda n: "else " * n, None),
    "if": (lambda n: "x if " * n, None),
    "if alone": (lambda n: "if " * n, None),
    "not": (lambda n: "x not " * n, None),
    "not after a sign": (lambda n: "-not " * n + "x", None),
    "superscripts": (lambda n: "x²+" * n + "1", None),
    "superscripts after a number": (lambda n: "2²+" * n + "1", None),
    "one long superscript": (lambda n: "x²" * n, 1),
    "numbers": (lambda n: "1__0+" * n + "1", None),
    "points": (lambda n: "1" + ".1" * n, 1),
    "unknown functions": (lambda n: "+".join(f"foo{i}(x,y)" for i in range(n)), None),
    "one unknown function": (lambda n: "+".join(["foo(x,y)"] * n), None),
    "names bound twice": (lambda n: "x=1\n" * n, None),
    "recursive functions": (lambda n: "".join(f"f{i}(x)=f{i}(x)\n" for i in range(n)) + "1", None),
    "parameters": (lambda n: "f(" + ",".join(f"x{i}" for i in range(n)) + ",x1)=1;2", 1),
    "odd names": (lambda n: "½" * n, 1),
    "numbers of arguments": (lambda n: "+".join(["sin(x,y)"] * n), None),
    "functions of the language": (lambda n: "sin(x)=1\n" * n + "1", None),
    "targets": (lambda n: "2=1\n" * n, None),
}


@pytest.mark.parametrize("shape", WRONG)
def test_large_and_deep_texts_that_are_wrong(shape):
    text, expected = WRONG[shape]
    with pytest.raises(ExpressionError) as caught:
        parse(text(tiers.size(10_000)))
    assert len(caught.value.diagnostics) == (expected or MOST)


@pytest.mark.parametrize("shape", WRONG)
def test_work_on_wrong_texts_grows_no_faster_than_they_do(shape):
    text, _ = WRONG[shape]

    def attempt(size):
        with pytest.raises(ExpressionError):
            parse(text(size))

    attempt(150)
    single, double = (steps_of(lambda n=n: attempt(n)) for n in (150, 300))
    assert double < 2.005 * single


def memory_of(action):
    """The bytes that what an action returns holds on to."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = action()
        return result, tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


MEMORY = {
    # name: (a text with that many rows or a few more, the rows)
    "sums": (lambda n: " + ".join(["x"] * (n + 1)), 200_000),
    "products and functions": (lambda n: " + ".join(f"sin(x{i % 7})*y" for i in range(n // 3 + 1)), 200_000),
    "bindings": (lambda n: "v0 = x\n" + "\n".join(f"v{i} = v{i - 1}*x + {i % 90}" for i in range(1, n // 2 + 1)), 40_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("shape", MEMORY)
def test_a_row_of_a_tape_takes_at_most_180_bytes(shape):
    text, rows = MEMORY[shape]
    program = parse(text(rows))
    tape, size = memory_of(lambda: lower(program))
    assert len(tape.operations) >= rows
    assert size <= 180 * len(tape.operations)


@pytest.mark.parametrize("shape", MEMORY)
def test_a_node_of_a_program_takes_at_most_250_bytes(shape):
    text = MEMORY[shape][0](20_000)
    program, size = memory_of(lambda: parse(text))
    assert size <= 250 * len(program)


@pytest.mark.slow
def test_a_million_terms():
    program = parse("+".join(["x"] * 1_000_000))
    tape = lower(program)
    values = evaluate(tape, [X])
    assert values[tape.output] == 500_000
    assert adjoints(tape, values, activity(tape))[0] == 1_000_000
