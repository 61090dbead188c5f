"""The parser and the printer, held against the grammar written out as data, and against trees made without them."""

from __future__ import annotations

import re
import unicodedata
from itertools import cycle

import pytest
import tiers
from hypothesis import given
from hypothesis import strategies as st
from inside import (  # fmt: skip
    CALL,
    CONSTANTS,
    FUNCTION_NAMES,
    LATEX,
    MATHEMATICS,
    NAME,
    NUMBER,
    OPERATIONS,
    PLAIN_MATHEMATICS,
    REDUCED,
    DiffcliError,
    find_function,
    latex_name,
    latex_number,
    number_text,
    parse,
    program_text,
    to_text,
)
from programs import INFIX, PREFIX, ROWS, plainly, program_spelled, programs, tree_of, with_numbers

often = tiers.often(500)


def whole(program, root=None):
    """A tree with parentheses around every operation: ``((a + b) * c)``."""
    texts = []
    for node, operation in enumerate(program.operations):
        inner = [texts[child] for child in program.children(node)]
        if operation == NUMBER:
            texts.append(number_text(program.arguments[node]))
        elif operation == NAME:
            texts.append(program.arguments[node])
        elif operation in INFIX and len(inner) == 2:
            texts.append(f"({inner[0]} {INFIX[operation][0]} {inner[1]})")
        elif operation in PREFIX:
            texts.append(f"({PREFIX[operation][0]}{inner[0]})")
        else:
            texts.append(f"{program.callees[node] if operation == CALL else operation}({', '.join(inner)})")
    return texts[program.result.root if root is None else root]


SHAPES = {
    # sums and products from left to right, powers from right to left
    "a + b + c": "((a + b) + c)",
    "a - b - c": "((a - b) - c)",
    "a - (b - c)": "(a - (b - c))",
    "a/b/c": "((a / b) / c)",
    "a/b*c": "((a / b) * c)",
    "a*b/c - d + f": "((((a * b) / c) - d) + f)",
    "a^b^c": "(a ^ (b ^ c))",
    "(a^b)^c": "((a ^ b) ^ c)",
    "a ** b ** c": "(a ^ (b ^ c))",
    "a ** b ^ c": "(a ^ (b ^ c))",
    # how tightly each holds
    "a + b*c": "(a + (b * c))",
    "a*b + c*d": "((a * b) + (c * d))",
    "(a + b)*c": "((a + b) * c)",
    "a*b^c": "(a * (b ^ c))",
    "a + b < c*d": "((a + b) < (c * d))",
    "a < b and c > d": "((a < b) and (c > d))",
    "a or b and c": "(a or (b and c))",
    "a and b or c": "((a and b) or c)",
    "a and b and c": "((a and b) and c)",
    "a or b or c": "((a or b) or c)",
    "not a and b": "((not a) and b)",
    "not a < b": "(not (a < b))",
    "not not a": "(not (not a))",
    "not (a and b)": "(not (a and b))",
    "a and not b": "(a and (not b))",
    "(a < b) < c": "((a < b) < c)",
    "a < (b < c)": "(a < (b < c))",
    "a == b": "(a == b)",
    "a != b": "(a != b)",
    "a <= b": "(a <= b)",
    "a >= b": "(a >= b)",
    # signs
    "-x^2": "(-(x ^ 2))",
    "(-x)^2": "((-x) ^ 2)",
    "2^-x": "(2 ^ (-x))",
    "2^-x^2": "(2 ^ (-(x ^ 2)))",
    "2^-x*y": "((2 ^ (-x)) * y)",
    "-a*b": "((-a) * b)",
    "a*-b": "(a * (-b))",
    "a/-b/c": "((a / (-b)) / c)",
    "-a + b": "((-a) + b)",
    "-(a + b)": "(-(a + b))",
    "a - -b": "(a - (-b))",
    "a--b": "(a - (-b))",
    "---a": "(-(-(-a)))",
    "+a": "a",
    "+ + a": "a",
    "a + +b": "(a + b)",
    "+a^2": "(a ^ 2)",
    "-+-a": "(-(-a))",
    "2^+a": "(2 ^ a)",
    "a*+b": "(a * b)",
    # a word with a sign or a parenthesis right behind it, and an operand with its sign; pasted signs are like the others
    "not -a": "(not (-a))",
    "not-a": "(not (-a))",
    "not(a)": "(not a)",
    "a and-b": "(a and (-b))",
    "a or(b)": "(a or b)",
    "a or (-b)": "(a or (-b))",
    "a if -b else -c": "where((-b), a, (-c))",
    "a if(b)else(c)": "where(b, a, c)",
    "-a if+b else+c": "where(b, (-a), c)",
    "a -b": "(a - b)",
    "a *\tb": "(a * b)",
    "2/ a": "(2 / a)",
    "2 **-a": "(2 ^ (-a))",
    "a × −b": "(a * (-b))",
    "a ÷ b · c": "((a / b) * c)",
    "-a < -b": "((-a) < (-b))",
    # choices
    "a if c else b": "where(c, a, b)",
    "a if c else b if d else f": "where(c, a, where(d, b, f))",
    "(a if c else b) if d else f": "where(d, where(c, a, b), f)",
    "a if (b if c else d) else f": "where(where(c, b, d), a, f)",
    "a if b if c else d else f": "where(where(c, b, d), a, f)",
    "a + b if c else d + f": "where(c, (a + b), (d + f))",
    "a + (b if c else d)": "(a + where(c, b, d))",
    "a if c < d and not f else b": "where(((c < d) and (not f)), a, b)",
    "-a if c else -b": "where(c, (-a), (-b))",
    "where(c, a, b)": "where(c, a, b)",
    "where(a if b else c, d, f)": "where(where(b, a, c), d, f)",
    "where(c, where(d, a, b), f)": "where(c, where(d, a, b), f)",
    "where(c, a, b)^2": "(where(c, a, b) ^ 2)",
    "sin(a if c else b)": "sin(where(c, a, b))",
    # calls
    "sin(x)": "sin(x)",
    "sin (x)": "sin(x)",
    "sin(x)^2": "(sin(x) ^ 2)",
    "sin(x)*cos(y)": "(sin(x) * cos(y))",
    "-sin(x)": "(-sin(x))",
    "atan2(y, x)": "atan2(y, x)",
    "atan2((y), ((x)))": "atan2(y, x)",
    "max(a, b, c)": "max(a, b, c)",
    "max(a)": "amax(a)",
    "max(a + b, -c)": "max((a + b), (-c))",
    "pow(a, b)": "(a ^ b)",
    "log(a)": "log(a)",
    "ln(a)": "log(a)",
    "log(a, b)": "log_base(a, b)",
    "leaky_relu(a)": "leaky_relu(a)",
    "leaky_relu(a, b)": "leaky_relu(a, b)",
    "arctan(a) + arctg(b) + tg(c)": "((atan(a) + atan(b)) + tan(c))",
    "sin(cos(tan(x)))": "sin(cos(tan(x)))",
    "f(a, b) = a*b; f(x, y + 1)^2": "(f(x, (y + 1)) ^ 2)",
    "f() = 3; f() + f()": "(f() + f())",
    "f(x) = x; f (f(f(x)))": "f(f(f(x)))",
    # a name that no parenthesis follows is a variable, whatever else it may be
    "sin*S + E/I": "((sin * S) + (E / I))",
    "beta^gamma - lambda": "((beta ^ gamma) - lambda)",
    "max": "max",
    "If + Not": "(If + Not)",
    "sin = 2; sin(sin)": "sin(sin)",
    "def + class": "(def + class)",
}


@pytest.mark.parametrize("text", SHAPES)
def test_the_shape_of_the_tree(text):
    program = parse(text)
    assert whole(program) == SHAPES[text]
    assert whole(parse(program_text(program))) == SHAPES[text]


COLUMNS = {
    # all operands of a chain stand before its first operator
    "a + b*c - d": ("name name name mul name add sub", [(1, 2), (0, 3), (5, 4)]),
    "ln(x1) + x1*x2 - sin(x2)": ("name log name name mul name sin add sub", [(0,), (2, 3), (5,), (1, 4), (7, 6)]),
    "a*b*c^2": ("name name name number pow mul mul", [(2, 3), (0, 1), (5, 4)]),
    # the parts of a choice stand as they are written
    "a + 1 if c < d else -b": ("name number add name name lt name neg where", [(0, 1), (3, 4), (6,), (5, 2, 7)]),
    "where(c < d, a + 1, -b)": ("name name lt name number add name neg where", [(0, 1), (3, 4), (6,), (2, 5, 7)]),
    # no node for a sign that changes nothing, nor for parentheses, nor for what is bound
    "y = +(x); ((y))": ("name name", []),
    "f(u, v) = u; f(1, 2)": ("name number number call", [(1, 2)]),
}


@pytest.mark.parametrize("text", COLUMNS)
def test_the_columns_of_the_tree(text):
    operations, arguments = COLUMNS[text]
    program = parse(text)
    assert program.operations == operations.split()
    assert [program.children(node) for node in range(len(program)) if program.children(node)] == arguments
    assert len(program) == len(program.arguments) == len(program.starts) == len(program.stops)


BRANCHES = {
    "a + 1 if c < d else -b": [(3, 0, 6)],
    "where(c < d, a + 1, -b)": [(0, 3, 6)],
    "x + where(c, (a), b*2)": [(1, 2, 3)],
    "a if b else c if d else f": [(3, 2, 4), (1, 0, 2)],
    "where(p, q if r else s, t)": [(2, 1, 3), (0, 1, 5)],
    "y = 2; f(x) = x; (a if y else f(b))": [(3, 2, 4)],
}


@pytest.mark.parametrize("text", BRANCHES)
def test_where_the_parts_of_choices_begin(text):
    program = parse(text)
    found = [program.branches[node] for node in sorted(program.branches)]
    assert [(parts.condition, parts.then, parts.otherwise) for parts in found] == BRANCHES[text]


STATEMENTS = {
    "y = x^2\nsin(y)": "y = x^2\nsin(y)",
    "y = x^2; sin(y)": "y = x^2\nsin(y)",
    "y=x;;;\n\n;y": "y = x\ny",
    "\n\n x \n\n": "x",
    "y = x # the first\n# nothing here\n  y # the last": "y = x\ny",
    "# only this line\r\nx + 1\r\n": "x + 1",
    "y = x\r\ny*2": "y = x\ny*2",
    "\ufeffx + 1": "x + 1",
    "x + 1   \t ": "x + 1",
    "x\u00a0+\u2003y": "x + y",
    "(x +\n\n  y # of two lines\n)*2": "(x + y)*2",
    "max(x,\n    y,\n    z)": "max(x, y, z)",
    "f(u, v) = u*v; f(1, 2)": "f(u, v) = u*v\nf(1, 2)",
    "f ( u , v ) = u*v; f(1, 2)": "f(u, v) = u*v\nf(1, 2)",
    "f() = 3\nf()": "f() = 3\nf()",
    "x; y": "x\ny",
    "y = x": "y = x",
    "(y) = x; y": "y = x\ny",
    "x₁ + x1": "x1 + x1",
    "π*r^2 + ϖ": "pi*r^2 + pi",
    "f₁(x) = x; f1(2)": "f1(x) = x\nf1(2)",
    "β = 2; sin(β*ζ)": "β = 2\nsin(β*ζ)",
    "2*𝑥 + ｘ": "2*x + x",
    "a − b – c ‐ d": "a - b - c - d",
    "a × b · c ⋅ d ∙ e1 ∗ f": "a*b*c*d*e1*f",
    "a ÷ b ∕ c": "a/b/c",
    "a ≤ b": "a <= b",
    "a ≥ b": "a >= b",
    "a ≠ b": "a != b",
    "−x": "-x",
    "2^−x": "2^-x",
    "pow(a, b)*pow(a + 1, -b)": "a^b*(a + 1)^-b",
    "1_000 + 1e3 + 1E3 + 1e+3 + 1000.0": "1000 + 1000 + 1000 + 1000 + 1000",
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_what_is_read_is_printed_the_plain_way(text):
    assert program_text(parse(text)) == STATEMENTS[text]


NUMBERS = {
    "1": 1.0, ".5": 0.5, "1.": 1.0, "1.5": 1.5, "1e3": 1e3, "1e-3": 1e-3, "1.5E+3": 1.5e3, ".5e1": 5.0, "1_000": 1e3,
    "1_0.2_5e1_0": 10.25e10, "007": 7.0, "0": 0.0, "1.7976931348623157e308": 1.7976931348623157e308, "5e-324": 5e-324,
    "0e-400": 0.0, "0_0.0E5": 0.0, "123456789012345678901234567890": 1.2345678901234568e29,
}  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers(text):
    program = parse(text)
    assert program.operations == [NUMBER]
    assert program.arguments == [NUMBERS[text]]
    assert program.span(0) == (0, len(text))


NAMES = {
    # text: inputs, constants
    "x + y*x": (["x", "y"], []),
    "b + a": (["b", "a"], []),
    "pi*e^tau": ([], ["pi", "e", "tau"]),
    "pi = 3; pi*x": (["x"], []),
    "e*x; e": (["x"], ["e"]),
    "y = a*x; y^2 + b": (["a", "x", "b"], []),
    "f(x) = x*k; f(2)": (["k"], []),
    "f(x) = x*k; f(x)": (["k", "x"], []),
    "f(e) = e*x; f(pi)": (["x"], ["pi"]),
    "f(e) = e; f(1) + e": ([], ["e"]),
    "a if c else b": (["a", "c", "b"], []),
    "where(c, a, b)": (["c", "a", "b"], []),
    "k = 2; f(x) = x^k; g(k) = f(k); g(t)": (["t"], []),
    "1 + 2": ([], []),
}


@pytest.mark.parametrize("text", NAMES)
def test_what_names_stand_for(text):
    program = parse(text)
    assert (program.inputs, program.constants) == NAMES[text]


SPANS = {
    "a + b*c": ["a", "b", "c", "b*c", "a + b*c"],
    "-(a + b)": ["a", "b", "(a + b)", "-(a + b)"],
    "sin( x )*2": ["x", "sin( x )", "2", "sin( x )*2"],
    "a if c else (b)": ["a", "c", "(b)", "a if c else (b)"],
    "where(c, a, b) + 1": ["c", "a", "b", "where(c, a, b)", "1", "where(c, a, b) + 1"],
    "x₁ ≤ π": ["x₁", "π", "x₁ ≤ π"],
    "not a": ["a", "not a"],
    "y = 2\n  y^2": ["2", "y", "2", "y^2"],
}


@pytest.mark.parametrize("text", SPANS)
def test_where_nodes_stand_in_the_text(text):
    program = parse(text)
    assert [text[slice(*program.span(node))] for node in range(len(program))] == SPANS[text]


def test_every_character_with_a_plainer_form_is_read_as_that_or_refused():
    changed = [chr(code) for code in range(0x80, 0x110000) if unicodedata.normalize("NFKC", chr(code)) != chr(code)]
    assert len(changed) > 4000
    for text in [*changed, *("x" + character for character in changed)]:
        try:
            program = parse(text)
        except DiffcliError:
            continue
        assert parse(program_text(program)) == program, text


def test_where_statements_stand_in_the_text():
    text = "\ty = -(2)^x # sign\n f(a , b) = a ; (y)*f(1,2) "
    statements = parse(text).statements
    assert [text[slice(*statement.span)] for statement in statements] == ["y = -(2)^x", "f(a , b) = a", "(y)*f(1,2)"]
    assert [text[slice(*statement.name_span)] for statement in statements] == ["y", "f(a , b)", ""]


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_every_function_is_found_by_every_spelling_with_every_number_of_operands(name):
    for row in find_function(name):
        for count in range(row.arity[0], (row.arity[1] or 5) + 1):
            program = parse(f"{name}({', '.join('abcde'[:count])})")
            assert program.operations[-1] == (REDUCED.get(row.name, row.name) if count == 1 else row.name)
            assert len(program.children(program.result.root)) == count


# -- properties ----------------------------------------------------------------------------------------------------------

extras = st.lists(st.sampled_from((0, 0, 0, 1, 2)), min_size=1, max_size=12).map(cycle)
blanks = st.lists(st.sampled_from(("", " ", "  ", "\t")), min_size=1, max_size=4).map(cycle)


@often
@given(programs(), extras, blanks, st.sampled_from(("\n", ";", " ; ", "\r\n", " # note\n\n")))
def test_a_tree_is_read_back_from_any_way_to_write_it(statements, extra, blank, separator):
    program = parse(program_spelled(statements, extra, blank, separator))
    assert [(s.name, s.parameters) for s in program.statements] == [(s.name, s.parameters) for s in statements]
    for read, made in zip(program.statements, statements, strict=True):
        assert tree_of(program, read.root) == with_numbers(made.body)


@often
@given(programs(), extras, blanks)
def test_what_is_printed_reads_back_as_the_same_program(statements, extra, blank):
    program = parse(program_spelled(statements, extra, blank))
    assert parse(program_text(program)) == program


@often
@given(programs(), extras)
def test_redundant_parentheses_leave_no_trace(statements, extra):
    program = parse(program_spelled(statements, extra, cycle(" ")))
    assert program == parse(plainly(statements))
    assert program_text(program) == program_text(parse(plainly(statements)))


def grouping_parentheses(text):
    """The places of pairs of parentheses that are not those of a call."""
    opened = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")":
            start = opened.pop()
            word = re.search(r"\w+\s*\Z", text[:start])
            if not word or word.group().strip() in ("if", "else", "and", "or", "not"):
                yield start, place


@often
@given(programs(depth=4), extras)
def test_no_pair_of_printed_parentheses_is_one_too_many(statements, extra):
    program = parse(program_spelled(statements, extra, cycle(" ")))
    text = program_text(program)
    for start, stop in grouping_parentheses(text):
        if " if " in text[start:stop] and text[:start].endswith(" if "):
            continue  # `a if (b if c else d) else e` keeps them for the reader's sake
        without = f"{text[:start]} {text[start + 1 : stop]} {text[stop + 1 :]}"
        try:
            other = parse(without)
        except DiffcliError:
            continue
        assert other != program, f"{text!r} says the same as {without!r}"


def balanced(latex):
    """Whether braces, and the delimiters that grow, are balanced and properly nested."""
    opened = []
    pairs = {"}": "{", r"\right": r"\left", r"\end": r"\begin"}
    for token in re.findall(r"\\(?:left|right|begin|end)(?![a-zA-Z])|\\.|[{}]", latex):
        if token in pairs.values():
            opened.append(token)
        elif token in pairs and (not opened or opened.pop() != pairs[token]):
            return False
    return not opened


def test_the_judge_of_latex_is_not_easily_pleased():
    assert balanced(r"\left({x}\right)") and balanced(r"\{ {} \leftarrow")
    assert not balanced(r"\left({x\right)}") and not balanced("{") and not balanced(r"\right)\left(")


@often
@given(programs(), extras)
def test_latex_is_balanced_and_no_dialect_fails(statements, extra):
    program = parse(program_spelled(statements, extra, cycle(" ")))
    for statement in program.statements:
        assert balanced(to_text(program, statement.root, LATEX))
        plain = to_text(program, statement.root, PLAIN_MATHEMATICS)
        assert plain.count("(") == plain.count(")")
        assert to_text(program, statement.root, MATHEMATICS).replace("·", "*") == plain


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_latex_of_every_operation_is_balanced_whatever_the_operands(row):
    for operand in ("x", "x + 1", "-x", "a/b", "x^2", "x if y else 3e-20", "sin(x)", "abs(x)", "rate_2", "x < 1"):
        for count in range(row.arity[0], (row.arity[1] or 3) + 1):
            infix = row.symbol and row.name != "pow"
            operands = [f"({operand})"] * count
            text = f" {row.symbol} ".join(operands) if infix and count == 2 else f"{row.symbol} {operands[0]}"
            program = parse(text if infix else f"{row.spelling}({', '.join(operands)})")
            assert balanced(to_text(program, None, LATEX)), row.name
            assert parse(program_text(program)) == program


DIALECTS = {
    # text: mathematics, LaTeX
    "sin(x)": ("sin x", r"\sin x"),
    "sin(x)^2": ("(sin x)^2", r"{\left(\sin x\right)}^{2}"),
    "sin(x)*y": ("(sin x)·y", r"\left(\sin x\right) \cdot y"),
    "y*sin(x)": ("y·sin x", r"y \cdot \sin x"),
    "ln(x1) + x1*x2 - sin(x2)": ("ln x1 + x1·x2 - sin x2", r"\ln x_{1} + x_{1} \cdot x_{2} - \sin x_{2}"),
    "a/b": ("a/b", r"\dfrac{a}{b}"),
    "(a + 1)/b^2": ("(a + 1)/b^2", r"\dfrac{a + 1}{{b}^{2}}"),
    "a/b/c": ("a/b/c", r"\dfrac{\dfrac{a}{b}}{c}"),
    "sqrt(x + 1)": ("sqrt(x + 1)", r"\sqrt{x + 1}"),
    "abs(x)": ("abs(x)", r"\left|x\right|"),
    "exp(-x^2)": ("exp(-x^2)", r"e^{-{x}^{2}}"),
    "2^(x + 1)": ("2^(x + 1)", r"{2}^{x + 1}"),
    "alpha_2*beta": ("alpha_2·beta", r"\alpha_{2} \cdot \beta"),
    "f(u) = u; f(x)": ("f(x)", r"f\left(x\right)"),
    "a < b and not c": ("a < b and not c", r"a < b \land \lnot c"),
    "(a + b)*c": ("(a + b)·c", r"\left(a + b\right) \cdot c"),
    "a - (b - c)": ("a - (b - c)", r"a - \left(b - c\right)"),
}


@pytest.mark.parametrize("text", DIALECTS)
def test_dialects(text):
    program = parse(text)
    assert (to_text(program, None, MATHEMATICS), to_text(program, None, LATEX)) == DIALECTS[text]


LATEX_NAMES = {
    "x": "x", "x1": "x_{1}", "x_1": "x_{1}", "x12": "x_{12}", "alpha": r"\alpha", "alpha1": r"\alpha_{1}",
    "Omega": r"\Omega", "rate": r"\mathrm{rate}", "rate_2": r"\mathrm{rate}_{2}", "a_b": r"\mathrm{a\_b}",
    "_": r"\_", "_1": r"\__{1}", "__": r"\mathrm{\_\_}", "x_": r"\mathrm{x\_}", "β": r"\beta", "λ_2": r"\lambda_{2}",
}  # fmt: skip


@pytest.mark.parametrize("name", LATEX_NAMES)
def test_names_in_latex(name):
    assert latex_name(name) == LATEX_NAMES[name]
    assert balanced(latex_name(name))


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (2.0, "2", "2"), (0.1, "0.1", "0.1"), (1e-3, "0.001", "0.001"), (1e22, "1e+22", r"1 \times 10^{22}"),
        (2.5e-7, "2.5e-07", r"2.5 \times 10^{-7}"), (1e15, "1000000000000000", "1000000000000000"), (-2.0, "-2", "-2"),
        (float("inf"), "inf", r"\infty"), (float("-inf"), "-inf", r"-\infty"), (float("nan"), "nan", r"\mathrm{NaN}"),
        (5e-324, "5e-324", r"5 \times 10^{-324}"), (0.0, "0", "0"),
    ],
)  # fmt: skip
def test_numbers_as_text(value, text, latex):
    assert (number_text(value), latex_number(value)) == (text, latex)


@often
@given(st.floats(min_value=0, allow_infinity=False))
def test_every_number_reads_back(value):
    assert parse(number_text(value)).arguments == [value]


def test_the_strategies_reach_every_function_and_constants_are_what_they_should_be():
    functions = {row.name for row in OPERATIONS.values() if not row.symbol or row.name == "pow"}
    assert {name for name, _ in ROWS} == functions - {"where"}
    assert set(CONSTANTS) == {"pi", "e", "tau"}
