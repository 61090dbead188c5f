"""Expression swell: the survey's table, laws of growth, the measuring process, accuracy, and the command."""

from __future__ import annotations

import json
import math
import re
import sys
import time
from fractions import Fraction
from io import StringIO

import pytest
import sympy
from console import run, transcript
from hypothesis import given
from hypothesis import strategies as st
from inside import (
    DEMOS,
    FORMATS,
    LAWS,
    OPERATIONS,
    SIZES,
    STEPS,
    Cell,
    DiffcliError,
    DomainError,
    Iterates,
    LimitError,
    Problem,
    Progress,
    Reach,
    Request,
    Style,
    Tangents,
    Texts,
    Worker,
    accuracy,
    activity,
    adjoints,
    answer,
    big,
    default_point,
    error,
    evaluate,
    forward_cost,
    frame,
    iterated,
    law,
    lost,
    lower,
    measure,
    of_program,
    parse,
    render,
    require_values,
    reverse_cost,
    schema_of,
    shown,
    swell,
    swell_data,
    swell_measured,
    swell_report,
    tape_costs,
    tree_sizes,
)
from inside import SharedGraph as Graph
from inside import SympyBuilder as Builder

LOGISTIC = DEMOS["logistic"]
QUIET = Progress(lambda stage: None, lambda result: None)


def study(recurrence=LOGISTIC, n=4, budget=0.0, **more):
    return swell(Request(recurrence, n, default_point(recurrence), budget, 10**7, **more), QUIET)


# -- the survey's table ------------------------------------------------------------------------------------------------

# Baydin, Pearlmutter, Radul & Siskind (2018), Table 1, with the products and powers of diffcli's language
TABLE_1 = {
    1: ("x", "1", "1"),
    2: ("4*x*(1 - x)", "4*(1 - x) - 4*x", "4 - 8*x"),
    3: (
        "16*x*(1 - x)*(1 - 2*x)^2",
        "16*(1 - x)*(1 - 2*x)^2 - 16*x*(1 - 2*x)^2 - 64*x*(1 - x)*(1 - 2*x)",
        "16*(1 - 10*x + 24*x^2 - 16*x^3)",
    ),
    4: (
        "64*x*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2",
        "128*x*(1 - x)*(-8 + 16*x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2) + 64*(1 - x)*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2"
        " - 64*x*(1 - 2*x)^2*(1 - 8*x + 8*x^2)^2 - 256*x*(1 - x)*(1 - 2*x)*(1 - 8*x + 8*x^2)^2",
        "64*(1 - 42*x + 504*x^2 - 2640*x^3 + 7040*x^4 - 9984*x^5 + 7168*x^6 - 2048*x^7)",
    ),
}  # fmt: skip


def symbolic(text):
    return Builder().read(lower(parse(text)))[0]


def test_the_survey_table_is_printed_as_in_the_survey():
    data = json.loads(run("swell --n 4 --json --budget 60").stdout)
    forms = {(form["n"], form["kind"]): form for form in data["forms"]}
    for n, texts in TABLE_1.items():
        for kind, text in zip(("value", "derivative", "simplified"), texts, strict=True):
            form = forms[n, kind]
            assert parse(form["text"]) == parse(text)
            assert (form["text"], form["length"], form["nested"]) == (text, len(text), False)


@pytest.mark.parametrize("n", TABLE_1)
def test_the_columns_of_the_survey_table_agree_with_each_other(n):
    value, derivative, simplified = map(symbolic, TABLE_1[n])
    exact = sympy.diff(value, sympy.Symbol("x", real=True))
    assert sympy.expand(exact - derivative) == 0
    assert sympy.expand(derivative - simplified) == 0


def chebyshev(n: int) -> list[int]:
    """The coefficients of l_n of the logistic map, of x^1 first, by their recurrence: an oracle for every other way to them.

    With N = 2^(n-1): l_n = (1 - T_N(1 - 2x))/2, a Chebyshev polynomial, since 4·s²·(1 - s²) is the double angle of s = sin;
    c_1 = N², c_{k+1} = -4·c_k·(N + k)·(N - k)/((2k + 1)(2k + 2)), from the hypergeometric form of T_N.
    """
    size = 2 ** (n - 1)
    coefficients = [size * size]
    for k in range(1, size):
        coefficients.append(-4 * coefficients[-1] * (size + k) * (size - k) // ((2 * k + 1) * (2 * k + 2)))
    return coefficients


@pytest.mark.parametrize("n", range(1, 8))
def test_the_simplified_form_is_the_chebyshev_polynomial(n):
    """l_n = (1 - T_N(1 - 2x))/2 with N = 2^(n-1); SymPy's own T_N is the third opinion."""
    x = sympy.Symbol("x", real=True)
    closed = sympy.Poly((1 - sympy.chebyshevt(2 ** (n - 1), 1 - 2 * x)) / 2, x)
    assert [int(c) for c in reversed(closed.all_coeffs())][1:] == chebyshev(n)
    polynomial = Iterates("4*l*(1 - l)", "l", ["x"], 1, "").polynomial(n).as_expr()
    assert sympy.Poly(polynomial, x) == closed
    if n < 6:
        found = answer(Iterates("4*l*(1 - l)", "l", ["x"], 1, ""), n, "simplified")["texts"]["simplified"]
        assert found[1] > 400 or sympy.Poly(symbolic(found[0]), x) == closed.diff(x)


@pytest.mark.parametrize(("n", "digits"), [(2, 1), (3, 3), (4, 6), (5, 13), (6, 25), (7, 50), (8, 99), (10, 393)])
def test_the_digits_of_the_expanded_form_double_with_each_iteration(n, digits):
    coefficients = [power * coefficient for power, coefficient in enumerate(chebyshev(n), 1)]
    assert len(coefficients) == 2 ** (n - 1) and 0 not in coefficients
    assert max(len(str(abs(coefficient))) for coefficient in coefficients) == digits


# -- counting ------------------------------------------------------------------------------------------------------------


def test_the_laws_of_the_logistic_map_hold():
    for row in study(n=12).counts:
        n = row.n
        if n > 1:
            assert row.value_tree == 3 * 2**n - 5
            assert row.derivative_tree == 9 * (n - 1) * 2 ** (n - 1) + 1
            assert (row.graph, row.folded_graph) == (10 * n - 6, 8 * n - 6)
            assert row.folded_tree < row.derivative_tree
        assert row.tape.function == 3 * (n - 1)
        assert row.tape.forward <= 5 * (n - 1) and row.tape.reverse <= 6 * (n - 1)


@pytest.mark.slow
def test_the_laws_of_sympy_hold():
    iterates = Iterates("4*l*(1 - l)", "l", ["x"], 1, "")
    for n in range(1, 11):
        sizes = {}
        for step in ("derivative", "cse", "simplified"):
            sizes |= answer(iterates, n, step)["sizes"]
        for name in LAWS:
            assert law(name, n) in (None, sizes[name]), (n, name)
        assert n == 1 or tree_sizes([iterates.value(n)])[0] == 5 * 2 ** (n - 1) - 2
    assert law("tree", 19) == 123_338_754 and law("distinct", 19) == 281


def test_a_thousand_iterations_are_counted_exactly():
    last = json.loads(run("swell --n 1000 --budget 0 --json").stdout)["rows"][-1]
    assert last["derivative_tree"] == 9 * 999 * 2**999 + 1
    assert last["graph"] == 9994


def test_numbers_may_have_more_digits_than_python_writes_by_default():
    most = sys.get_int_max_str_digits()
    outcome = run('swell "l*l*l*l" --n 7500 --budget 0')
    exponent = int(7499 * math.log10(4) + math.log10(2))  # of the tree's 2*4^(n-1) - 1 nodes
    assert outcome.exit == 0 and exponent > most and re.search(rf"7500 +\d\.\de{exponent} ", outcome.stdout)
    assert sys.get_int_max_str_digits() == most


def graphs(recurrence, n, fold):
    """The graph of l_n and l_n' by one variable, and their nodes."""
    graph = Graph(10**6)
    state = graph.name(recurrence.start)
    tangent = Tangents(graph, state, fold)
    names = {name: graph.name(name) for name in recurrence.parameters}
    step = recurrence.step()
    for _ in range(n - 1):
        state, nodes = graph.replay(step, [{**names, recurrence.state: state}[name] for name in step.inputs])
        tangent.extend(nodes)
    return graph, state, tangent.of(state)


MAPS = [
    "4*l*(1 - l)", "(l + 2/l)/2", "sin(l)", "exp(-l^2)", "l^a + a^l", "max(l, a, 1)*min(l, 2)", "where(l > 0.5, 2 - 2*l, l/a)",
    "s = l^2; s*s - a*s", "f(t) = t*cos(t); f(f(l))", "clip(l, 0, 1) + abs(l - a)", "floor(l) + l*a", "stop_gradient(l)*l",
    "sinc(l)", "elu(l - a)", "hypot(l, a)", "-l", "l", "a", "2", "pi*l", "-(-l)", "l - (a - l)", "2^-l^2", "l*l*l/l/l",
    "asin(l/4)", "log(3 + l, 2 + a)", "(l > a)*l", "x + l",
]  # fmt: skip


def recurrence_of(text):
    program = parse(text)
    return of_program(program, "l" if "l" in program.inputs else None)


@pytest.mark.parametrize("fold", [False, True], ids=["naive", "folded"])
@pytest.mark.parametrize("text", [text for text in MAPS if "l" in parse(text).inputs])
def test_the_text_of_a_graphs_derivative_is_the_derivative(text, fold):
    """The derivative that is counted is a right one: as a program of its own it has the tape's value."""
    recurrence = recurrence_of(text)
    point = {"x": 0.7, "a": 1.25, "l": 0.7}
    for n in (2, 3):
        graph, state, derivative = graphs(recurrence, n, fold)
        texts = Texts(graph)
        for node in (state, derivative):
            assert len(texts.beginning(node, 10**7)) == texts.length(node)
        tape, _ = iterated(recurrence, n)
        values = evaluate(tape, [point[name] for name in tape.inputs])
        exact = adjoints(tape, values, activity(tape, [0]))[0] or 0.0
        for node, expected in ((state, values[tape.output]), (derivative, exact)):
            program = parse(texts.beginning(node, 10**7))
            found = Problem(program, {name: point[name] for name in program.inputs}).value
            assert math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12), (n, texts.beginning(node))


def test_every_operation_of_the_table_has_a_right_derivative_on_the_graph():
    checked = 0
    for row in OPERATIONS.values():
        if row.symbol or row.name in ("where", "polygamma"):
            continue
        operands = row.points[0]
        names = [f"a{position}" for position in range(1, len(operands))]
        recurrence = of_program(parse(f"{row.spelling}({', '.join(['l', *names])})"), "l")
        point = dict(zip(["x", *names], operands, strict=True))
        graph, _, derivative = graphs(recurrence, 2, True)
        tape, _ = iterated(recurrence, 2)
        exact = adjoints(tape, evaluate(tape, [point[name] for name in tape.inputs]), activity(tape, [0]))[0] or 0.0
        program = parse(Texts(graph).beginning(derivative, 10**6))
        found = Problem(program, {name: point[name] for name in program.inputs}).value
        assert math.isclose(found, exact, rel_tol=1e-12), row.name
        checked += 1
    assert checked > 50


@given(st.recursive(st.sampled_from(["l", "a", "2"]), lambda inner: st.builds("({0} {1} {2})".format, inner, st.sampled_from("+-*/^"), inner), max_leaves=12))
def test_a_tree_that_is_counted_is_the_tree_that_is_parsed(text):
    """Without sharing: as many nodes as the text has names, numbers and operators."""
    graph, state, _ = graphs(recurrence_of(f"l*0 + {text}"), 2, False)
    assert graph.sizes[state] == len(parse(f"l*0 + {text}"))


def test_distinct_nodes_are_counted_as_the_roots_grow():
    graph = Graph(100)
    a, b = graph.name("a"), graph.name("b")
    total, product = graph.node("add", (a, b)), graph.node("mul", (a, b))
    reach = Reach(graph)
    assert [reach.count([total]), reach.count([graph.node("mul", (total, a))]), reach.count([product])] == [3, 4, 3]


@pytest.mark.parametrize("name", DEMOS)
def test_the_operations_on_the_tape_are_those_of_the_whole_tape(name):
    """The sum over the steps against a count on the program written out, one statement a step."""
    recurrence, n = DEMOS[name], 5
    names = recurrence.names(n)
    point = {name: 0.3 + position / 7 for position, name in enumerate(names)}
    lines = [f"s1 = {recurrence.start}"]
    for index in range(2, n + 1):
        step = DEMOS[name].text.replace(recurrence.state, f"s{index - 1}") if recurrence.state == "l" else f"(s{index - 1} + a/s{index - 1})/2"
        step = step.replace("sis1n", "sin")
        lines.append(f"s{index} = {step.replace('y', f'x{index}')}")
    lines.append(f"s{n}")
    problem = Problem("\n".join(lines), point, wrt=recurrence.wanted(n))
    inputs = problem.tape.inputs
    forward = forward_cost(problem, [(inputs.index(wanted),) for wanted in recurrence.wanted(n)])
    reverse = reverse_cost(problem)
    *_, last = tape_costs(recurrence, point, n)
    assert tuple(last) == (reverse.function, forward.sweep, reverse.sweep)


def whole_cost(recurrence, point, n):
    """The counts on the one tape of l_n."""
    text = "f(" * (n - 1) + recurrence.start + ")" * (n - 1)
    problem = Problem(parse(f"f({recurrence.state}) = {recurrence.text}; {text}"), point, wrt=[recurrence.start])
    forward = forward_cost(problem, [(problem.tape.inputs.index(recurrence.start),)])
    reverse = reverse_cost(problem)
    return reverse.function, forward.sweep, reverse.sweep


def test_every_operation_of_the_table_is_counted_as_on_the_whole_tape():
    checked = set()
    for row in OPERATIONS.values():
        for operands in [row.points[0], [0.9, *row.points[0][1:]]]:
            names = [f"a{position}" for position in range(1, len(operands))]
            if row.symbol:
                continue
            recurrence = of_program(parse(f"{row.spelling}({', '.join(['l', *names])})"), "l")
            point = dict(zip(["x", *names], operands, strict=True))
            tape, _ = iterated(recurrence, 2)
            moves = adjoints(tape, evaluate(tape, [point[name] for name in tape.inputs]), activity(tape, [0]))[0]
            if lost(recurrence, 4, point) is not None or moves is None:  # what is not taken ends the sweeps, as in a choice
                continue
            for n in (2, 3, 4):
                *_, last = tape_costs(recurrence, point, n)
                assert tuple(last) == whole_cost(recurrence, point, n), (row.name, point, n)
            checked.add(row.name)
    assert len(checked) > 45 and "sinc" in checked


def test_the_tape_of_an_iterated_map_with_a_choice():
    tape, slots = iterated(of_program(parse("where(l > 0.5, 2 - 2*l, 2*l)")), 4)
    values = evaluate(tape, [0.3])
    assert [values[slot] for slot in slots] == [0.3, 0.6, 0.8, pytest.approx(0.4)]


# -- accuracy ------------------------------------------------------------------------------------------------------------


def exact_derivative(n, x):
    """l_n' in rational arithmetic, by dual numbers."""
    value, slope = Fraction(x), Fraction(1)
    for _ in range(n - 1):
        value, slope = 4 * value * (1 - value), 4 * slope * (1 - 2 * value)
    return slope


def test_errors_are_those_of_rational_arithmetic():
    for n in range(2, 10):
        truth = exact_derivative(n, 0.9)
        found = accuracy(LOGISTIC, n, {"x": 0.9})
        assert found.exact == pytest.approx(float(truth), rel=1e-15)
        coefficients = [Fraction(0), *map(Fraction, chebyshev(n))]
        total = 0.0
        for power in range(len(coefficients) - 1, 0, -1):
            total = total * 0.9 + float(power * coefficients[power])
        assert found.expanded == pytest.approx(abs(float((Fraction(total) - truth) / truth)), rel=1e-9, abs=1e-29)
        assert found.tape < 1e-14
    assert accuracy(LOGISTIC, 6, {"x": 0.9}).expanded == pytest.approx(1e5, rel=0.1)


def test_a_map_that_is_no_polynomial_has_no_expanded_form():
    found = accuracy(DEMOS["newton"], 3, {"x": 1.0, "a": 2.0})
    assert (found.expanded, found.exact) == (None, pytest.approx(-1 / 36))
    assert accuracy(of_program(parse("log(l)")), 3, {"x": 0.5}) == (3, None, None, None), "undefined"
    assert accuracy(LOGISTIC, 4, {"x": 0.5}) == (4, 0.0, None, None), "0 has no relative error"
    assert accuracy(of_program(parse("1e200*l")), 3, {"x": 1.0}) == (3, math.inf, None, None)


def test_expansion_is_not_simplification_is_said_where_it_shows():
    assert "Expansion is not simplification" in run("swell --n 6 --budget 0").stdout
    assert "Expansion" not in run("swell --demo newton --n 4 --budget 0").stdout
    assert "meaningless in double precision" in run("swell --n 50 --budget 0").stdout
    assert "meaningless" not in run('swell "3*l*(1 - l)" --at x=0.9 --n 50 --budget 0').stdout


# -- where there is a value ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("l/0", "l/0"), ("3 + l*(1/(2 - 2))", "(1/(2 - 2))"), ("log(-1)*l", "log(-1)"), ("log(l, 1)", "log(l, 1)"),
        ("log(l - 3) + l/0", "l/0"), ("f(t) = t/0; f(l)", "t/0"), ("sqrt(-2)^l", "sqrt(-2)"), ("a*l/(1 - 1)", "a*l/(1 - 1)"), ("where(l > 9, l/0, l) + log(-1)*l", "log(-1)"), ("(l/0 > 1)*l", "l/0"),
    ],
)  # fmt: skip
def test_a_map_without_a_value_anywhere_is_refused(text, where):
    with pytest.raises(DomainError) as caught:
        require_values(recurrence_of(text))
    found = caught.value.diagnostics[0]
    assert found.source.text[slice(*found.span)] == where
    assert found.notes == ("the map has no value anywhere, so there is nothing to differentiate",)


@pytest.mark.parametrize("text", [*MAPS[:-1], "where(l > 0.5, l/2, l/0)", "1/l", "log(-l)", "asin(l - 500)", "0*l", "s = l/0; l"])
def test_a_map_that_has_a_value_somewhere_is_not_refused(text):
    if "l" in parse(text).inputs:
        require_values(recurrence_of(text))


def test_no_operation_of_the_table_is_refused():
    for row in OPERATIONS.values():
        operands = ["l", *[f"a{position}" for position in range(1, len(row.points[0]))]]
        if not row.symbol:
            require_values(of_program(parse(f"{row.spelling}({', '.join(operands)})"), "l"))


@pytest.mark.parametrize(
    ("text", "x", "n", "code"),
    [
        ("log(l)", 0.5, 3, "domain"), ("log(l)", 1.0, 3, "pole"), ("l^2", 3.0, 11, "overflow"), ("1/l", 0.0, 2, "division-by-zero"),
        ("exp(l)", 1.0, 5, "overflow"), ("1 + 2*exp(l)", 1.0, 4, "overflow"), ("l - sqrt(l)", 0.25, 3, "domain"), ("4*l*(1 - l)", 0.9, None, ""),
        ("where(l > 0.5, l/2, l/0)", 0.75, 3, "division-by-zero"),
    ],
)  # fmt: skip
def test_the_first_iterate_without_a_value_is_named(text, x, n, code):
    recurrence = of_program(parse(text))
    found = lost(recurrence, 40, {"x": x})
    assert (found and found[0], found[1].code if found else "") == (n, code)
    if found:
        why = found[1]
        assert f"from n = {n} on l_n has no" in why.message and why.severity == "warning" and why.marks
        tape, slots = iterated(recurrence, n)
        values = evaluate(tape, [x])
        assert [math.isfinite(values[slot]) for slot in slots] == [True] * (n - 1) + [False]
        assert lost(recurrence, n - 1, {"x": x}) is None


def test_the_errors_end_where_the_value_does():
    outcome = run('swell "exp(l)" --n 8 --at x=1 --budget 0 --json')
    data = json.loads(outcome.stdout)
    assert [row["n"] for row in data["accuracy"]] == [2, 3, 4] and data["undefined_from"] == 5
    assert len(data["rows"]) == 8 and data["notes"][0]["code"] == "overflow" and outcome.exit == 4
    assert json.loads(run("swell --n 3 --budget 0 --json").stdout)["undefined_from"] is None


def test_a_derivative_of_0_has_no_error_and_says_so():
    outcome = run("swell --at x=0.5 --budget 0")
    assert "Without an error: where l_n' is 0" in outcome.stdout and outcome.exit == 0
    assert "Without an error" not in run("swell --budget 0").stdout


# -- measuring -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_does_not_finish_is_stopped_and_predicted():
    outcome = run("swell --n 50 --sizes --budget 2")
    text = " ".join(outcome.stdout.split())
    assert outcome.exit == 0
    assert re.search(r"SymPy was stopped after \d+\.\d s at n = \d+ \(", text) and "* predicted by a law, not measured." in text
    last = [line for line in outcome.stdout.splitlines() if line.startswith("50 ")][-2]  # the last is of errors
    assert last.split() == ["50", *[f"{big(law(name, 50))}*" for name in ("tree", "distinct", "operations", "simplified", "cse")]]


@pytest.mark.parametrize("n", [14, 1000])
@pytest.mark.parametrize("text", ["4*l*(1 - l)", "3*l*(1 - l)", "sin(l)"])
def test_what_was_not_measured_leaves_the_table_a_table(text, n):
    """Whatever became of the tasks, 80 columns are enough for every size, and the words stand below."""
    cells = {(row, step): Cell(row, step, "done", 0.1, dict.fromkeys(SIZES, 10**9 * row)) for row in (1, 2) for step in STEPS}
    cells[3, "derivative"] = Cell(3, "derivative", "stopped", 123.456)
    cells |= {(row, "simplified"): Cell(row, "simplified", "failed", reason="NotImplementedError") for row in range(3, 10)}
    result = study(of_program(parse(text)), n)._replace(cells=cells)
    text = render(swell_report(result, Style(), sizes=True), Style())
    assert re.search(r"n +tree +distinct +unsimplified +simplified +after CSE\n─+\n", text)
    assert "stopped after 123.5 s at n = 3 (differentiate)" in " ".join(text.split())
    assert "failed, NotImplementedError, at n = 3, 4, 5, 6, 7, ... (simplify)" in " ".join(text.split())
    assert ("predicted by a law" in text) == result.logistic
    assert ("stopped " in text.partition("after CSE")[2].partition("tree, distinct")[0]) == (not result.logistic)


@pytest.mark.parametrize(("text", "words"), [("4*l*(1 - l)", "stopped after 1.2 s, 1.4e8 predicted"), ("3*l*(1 - l)", "stopped after 1.2 s")])
def test_only_a_law_predicts(text, words):
    cells = {(4, "derivative"): Cell(4, "derivative", "done", 0.1, dict.fromkeys(SIZES, 82)), (20, "derivative"): Cell(20, "derivative", "stopped", 1.23)}
    result = study(of_program(parse(text)), 100)._replace(cells=cells)
    table = next(block for block in swell_report(result, Style(format=FORMATS["csv"])).blocks if getattr(block, "title", "").endswith("measured"))
    rows = {row[0]: row[1] for row in table.rows}
    exact = words.replace("1.4e8", str(law("operations", 20)))
    assert (rows["4"], rows["20"]) == ("82", exact)
    assert rows.get("100") == (f"{law('operations', 100)} predicted" if "predicted" in words else None)
    states = {row["n"]: row["sympy"]["operations"]["state"] for row in swell_data(result._replace(request=result.request._replace(budget=1.0)), False)["rows"]}
    assert (states[4], states[20], states[100]) == (("measured", "predicted", "predicted") if "predicted" in words else ("measured", "stopped", "unknown"))


class Scripted:
    """A worker that never answers a derivative."""

    def __init__(self, recurrence, tasks):
        known = {"seconds": 0.0, "sizes": dict.fromkeys(SIZES, 1)}
        self.answers = [{"ready": True}, *[None if step == "derivative" else known for _, step in tasks]]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def receive(self, seconds):
        return self.answers.pop(0)


def test_larger_tasks_of_a_kind_that_was_stopped_are_not_tried(monkeypatch):
    monkeypatch.setattr(swell_measured, "Worker", Scripted)
    tasks = [(4, "simplified"), (40, "derivative"), (40, "cse"), (40, "forms"), (50, "derivative"), (50, "simplified")]
    kept = []
    measure(LOGISTIC, tasks, 60.0, kept.append, lambda stage: None)
    assert [(cell.n, cell.step, cell.state) for cell in kept] == [
        (4, "simplified", "done"), (40, "derivative", "stopped"), (40, "forms", "done"), (50, "simplified", "done"),
    ]  # fmt: skip


def test_the_worker_is_gone_when_it_is_left():
    with Worker(LOGISTIC, [(40, "derivative")]) as worker:
        assert worker.receive(60) == {"ready": True}
        assert worker.receive(0.1) is None
        assert worker.process.poll() is None
    assert worker.process.poll() is not None


def test_the_worker_ends_when_its_pipe_is_closed():
    with Worker(LOGISTIC, [(40, "derivative")]) as worker:
        assert worker.receive(60) == {"ready": True}
        worker.process.stdin.close()
        assert worker.process.wait(60) == 1


@pytest.mark.parametrize("program", ["/no/such/program", "/bin/false", "", None])
def test_a_process_that_cannot_be_started_leaves_the_counts(program, monkeypatch):
    monkeypatch.setattr(sys, "executable", program)
    outcome = run("swell --n 3")
    assert outcome.exit == 0 and "sizes, counted" in outcome.stdout and "SymPy" not in outcome.stdout
    assert outcome.stderr.strip() == "note[not-measured]: SymPy was not measured: its process could not start"
    assert [note["code"] for note in json.loads(run("swell --n 3 --json").stdout)["notes"]] == ["not-measured"]


def test_a_process_that_dies_failed_and_did_not_take_too_long(monkeypatch):
    class Dying(Worker):
        """One that is killed once it is ready."""

        def receive(self, seconds):
            message = super().receive(seconds)
            if message == {"ready": True}:
                self.process.kill()
            return message

    monkeypatch.setattr(swell_measured, "Worker", Dying)
    kept = []
    measure(LOGISTIC, [(40, "derivative"), (40, "cse")], 60.0, kept.append, lambda stage: None)
    assert kept == [Cell(40, "derivative", "failed", reason="its process ended")]


def test_what_strikes_while_the_process_starts_does_not_leave_it_behind(monkeypatch):
    def struck(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(swell_measured.Thread, "start", struck)
    worker = Worker(LOGISTIC, [(40, "derivative")])
    assert worker.process is None
    with pytest.raises(KeyboardInterrupt), worker:
        pass
    assert worker.process.returncode is not None


@pytest.mark.parametrize(
    ("text", "n", "step", "found"),
    [
        ("r*l*(1 - l)", 3, "forms", "r^2*x*(1 - x)*(1 - r*x + r*x^2)"),
        ("l/2 + l^2", 2, "forms", "1/2*x*(1 + 2*x)"),
        ("l^2 - 2", 2, "forms", "-(2 - x^2)"),
        ("-l", 2, "forms", "-x"),
        ("0*l", 2, "forms", "0"),
        ("sin(l)", 2, "forms", "not a polynomial"),
        ("l^-1", 2, "forms", "not a polynomial"),
        ("pi*l", 2, "forms", "not a polynomial"),
        ("sin(l)", 3, "simplified", "cos(x)*cos(sin(x))"),
        ("floor(l)*l", 2, "simplified", "floor(x)"),
    ],
)
def test_forms_of_other_maps(text, n, step, found):
    recurrence = recurrence_of(text)
    iterates = Iterates(text, recurrence.state, recurrence.names(n), 1, "")
    outcome = answer(iterates, n, step)
    assert outcome.get("failed") or next(iter(outcome["texts"].values()))[0] == found
    assert outcome.get("failed", found) == found


@pytest.mark.parametrize("format", ["table", "json"])
def test_an_interrupt_keeps_the_rows_that_are_done(format, monkeypatch):
    class Interrupted(Scripted):
        def receive(self, seconds):
            if len(self.answers) < 5:
                raise KeyboardInterrupt
            return super().receive(seconds)

    monkeypatch.setattr(swell_measured, "Worker", Interrupted)
    outcome = run(f"swell --n 40 --sizes -f {format}")
    assert outcome.exit == 130
    assert "interrupted" in (outcome.stderr if format == "table" else outcome.stdout)
    assert "the counts are exact and complete; SymPy was measured up to n = 8" in (
        " ".join(outcome.stderr.split()) if format == "table" else outcome.stdout
    )
    assert big(9 * 39 * 2**39 + 1) in outcome.stdout if format == "table" else json.loads(outcome.stdout)["rows"][-1]["n"] == 40


def test_a_time_limit_keeps_the_rows_that_are_done():
    outcome = run("swell --n 40 --budget 60 --timeout 1")
    assert outcome.exit == 6
    assert "warning[timeout]" in outcome.stderr and "sizes, counted" in outcome.stdout
    assert "what is predicted says so" in " ".join(outcome.stderr.split())
    few = run("swell --n 4 --budget 0 --max-nodes 20")
    assert few.exit == 6 and "warning[too-many-nodes]" in few.stderr
    assert "the counts are exact, and go up to n = 2; nothing else was done" in few.stderr
    assert run("swell --max-nodes 1").stdout == ""


def test_a_stop_while_errors_are_compared_says_how_far_they_go(monkeypatch):
    from inside import swell_module as module

    def patient(recurrence, n, at):
        if n > 3:
            raise LimitError([error("timeout", "stopped after 1 s")])
        return accuracy(recurrence, n, at)

    monkeypatch.setattr(module, "accuracy", patient)
    note = study(n=6, budget=1.0).notes[0]
    assert note.notes == ("the counts are exact and complete; errors are compared up to n = 3, and SymPy was not measured",)


def test_a_terminal_sees_the_table_fill(monkeypatch):
    from inside import swell_live

    class Terminal(StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(swell_live, "PATIENCE", 0.01)
    stream = Terminal()
    with swell_live.live(stream, {}) as progress:
        progress.stage("counting")
        progress.show(study(n=12))
        progress.stage("SymPy: derivative at n = 3")
        time.sleep(0.4)
    assert "SymPy: derivative at n = 3 ..." in stream.getvalue() and "41473" in stream.getvalue()
    with swell_live.live(Terminal(), {"TERM": "dumb"}) as progress:
        progress.stage("counting")


# -- the command ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("example", "swell --n 4 --budget 60"),
        ("sizes", "swell --n 1000 --sizes --budget 0"),
        ("newton", "swell --demo newton --n 3 --budget 60"),
        ("speelpenning", "swell --demo speelpenning --n 4 --budget 60 --sizes"),
        ("csv", "swell --n 20 --budget 0 --sizes -f csv"),
        ("latex", "swell --n 3 --budget 60 -f latex"),
        ("unknown-demo", "swell --demo logstic"),
        ("too-few", "swell --n 0"),
        ("no-variable", 'swell "4"'),
        ("which-variable", 'swell "r*l*(1 - l)"'),
        ("not-a-variable", 'swell "r*l*(1 - l)" --wrt k'),
        ("lonely-var", "swell --wrt l"),
        ("two-maps", 'swell "x^2" --demo newton'),
        ("missing-value", 'swell "r*l" --wrt l --at x=1'),
        ("surplus-value", 'swell "r*l" --wrt l --at x=1,r=2,s=2'),
        ("pointless", "swell --demo speelpenning --at x1=2"),
        ("undefined-from", 'swell "log(l)" --n 4 --at x=0.5 --budget 0'),
        ("undefined-anywhere", 'swell "l/0"'),
        ("starting-value", 'swell "cos(t)" --at t=0.3'),
        ("nothing-swells", 'swell "l + x" --wrt l --budget 0'),
        ("large-gradient", "swell --demo speelpenning --n 1000 --budget 0 --sizes"),
    ],
)
def test_what_the_command_prints(name, command, golden):
    golden(f"swell/{name}.txt", transcript(command))


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", ["60", "80"])
@pytest.mark.parametrize("name", DEMOS)
def test_it_fits_the_terminal(name, width, encoding):
    outcome = run(f"swell --demo {name} --n {60 if name == 'speelpenning' else 200} --budget 0", encoding=encoding, COLUMNS=width)
    assert outcome.exit == 0
    assert max(map(len, outcome.stdout.splitlines())) <= int(width)
    assert encoding != "ascii" or outcome.stdout.isascii()


def test_the_figure_holds_the_counted_sizes(tmp_path):
    path = tmp_path / "swell.svg"
    assert run(["swell", "--n", "2000", "--budget", "0", "-o", str(path)]).exit == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<svg") or "<svg" in text[:200]
    assert "written out" in text and "reverse mode" in text and "SymPy" not in text


SVG = Style(format=FORMATS["svg"])


def test_the_figure_starts_at_1_and_has_what_sympy_was_measured_for():
    cells = {(n, step): Cell(n, step, "done", 0.1, dict.fromkeys(SIZES, n - 1)) for n in (1, 2, 3) for step in STEPS}
    cells[4, "derivative"] = Cell(4, "derivative", "stopped", 1.0)
    result = study(n=300)._replace(cells=cells)
    figure = swell_report(result, SVG).blocks[-1]
    drawn = {series.name: series.points for series in figure.series}
    assert drawn["l_n' by SymPy, unsimplified (operations, measured)"] == ((2.0, 1.0), (3.0, 2.0)), "0 has no logarithm"
    assert len(drawn) == 6, "as many as there are colours"
    for number in (1, 300):
        shorter = swell_report(result._replace(counts=result.counts[:number]), SVG).blocks[-1]
        scales = frame(shorter, 10, 10)
        assert scales.y.low == 0 and scales.x.low == 0
        assert all(0 <= point.y <= 1 for series in shorter.series for point in scales.points(series))


def test_json_has_the_documented_keys_in_order():
    data = json.loads(run("swell --n 3 --json --budget 60 --time").stdout)
    assert list(data) == ["schema", "map", "state", "start", "n", "at", "budget", "rows", "forms", "accuracy", "undefined_from", "notes", "timing"]
    assert data["schema"] == "diffcli/swell@1"
    documented = schema_of("swell")["properties"]
    assert [*documented] == [*data] and [*documented["rows"]["items"]["properties"]] == [*data["rows"][0]]
    assert "timing" not in json.loads(run("swell --n 2 --json --budget 0").stdout)


def test_the_examples_in_help_run():
    from inside import EXAMPLES

    for example in EXAMPLES:
        assert run(example.removeprefix("diffcli ") + " --budget 0" * ("--budget" not in example)).exit == 0, example


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4*l*(1 - l)", "The swell is of the tree"), ("l + l", "The swell is of the tree"), ("sin(l)", "The swell is of the tree"),
        ("l + x", "Nothing swells"), ("-l", "Nothing swells"), ("2*l", "Only products"), ("a*l + b", "Only products"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("n", [4, 5, 60])
def test_the_message_is_true_of_the_map(text, words, n):
    result = study(of_program(parse(text), "l"), n)
    report = " ".join(block.text for block in swell_report(result, Style()).blocks if hasattr(block, "text"))
    assert [start for start in ("The swell is of the tree", "Nothing swells", "Only products") if start in report] == [words]


def test_few_rows_tell_what_swells_only_where_l_n_does():
    assert "The swell is of the tree" in run("swell --n 3 --budget 0").stdout
    for command in ("swell --n 2", 'swell "sin(l)" --n 3', 'swell "-l" --n 3'):
        assert "swell" not in run(f"{command} --budget 0").stdout.lower().partition("\n")[2]


def test_a_large_gradient_is_counted_on_demand(monkeypatch):
    monkeypatch.setattr("diffcli.studies.swell.swell.LARGEST_GRADIENT", 1000)
    whole, part = (study(DEMOS["speelpenning"], 50, whole=whole).counts for whole in (True, False))
    assert part[-1].graph is None
    assert [row for row in part if row.graph is not None] == list(whole[: len(part) - 1])
    assert whole[-1].tape == part[-1].tape and whole[-1].graph == 50**2 + 5 * 50 - 3
    assert study(n=200, whole=False).counts[-1].graph is not None, "only gradients are that large"


def test_the_same_words_are_printed_again():
    assert run("swell --n 30 --budget 0 --json") == run("swell --n 30 --budget 0 --json")


def test_rows_are_chosen_and_all_are_shown_on_demand():
    assert shown(1, False) == [1] and shown(25, False) == [*range(1, 11), 20, 25]
    assert "are not shown" in run("swell --n 30 --budget 0").stdout
    assert "are not shown" not in run("swell --n 30 --budget 0 --full").stdout


@given(st.integers(0, 10**400))
def test_big_numbers_are_rounded_from_their_digits(value):
    text = big(value)
    if "e" not in text:
        assert int(text) == value
    else:
        mantissa, _, exponent = text.partition("e")
        rounded = Fraction(mantissa) * 10 ** int(exponent)
        assert abs(rounded - value) * 20 <= Fraction(11, 10) * 10 ** int(exponent)
        assert 1 <= Fraction(mantissa) < 10


def test_a_map_in_its_own_variable_is_still_the_logistic_map():
    assert of_program(parse("4*x*(1 - x)")).is_logistic()
    assert not of_program(parse("4*x*(2 - x)")).is_logistic()
    assert of_program(parse("x*l"), "l").start == "l", "x is taken"
    with pytest.raises(DiffcliError):
        of_program(parse("2"))
