"""Arrays in the language: the trees of literals, indices, keywords, ``@`` and ``.T``, how they print, what is said of wrong
ones, and the rows that they become before their shapes are known.
"""

from __future__ import annotations

import time
from random import Random

import pytest
import tiers
from console import transcript
from hypothesis import given
from hypothesis import strategies as st
from inside import (
    ARRAY_FUNCTIONS,
    ARRAY_SIGNATURES,
    ARRAYS,
    CALL,
    FUNCTION_NAMES,
    LATEX,
    MATHEMATICS,
    MOST,
    MOST_ROWS,
    NAME,
    NUMBER,
    OPERATIONS,
    PLAIN_MATHEMATICS,
    REDUCED,
    Diagnostic,
    ExpressionError,
    Source,
    _Lowering,
    array_text,
    call_forms,
    find_function,
    is_function,
    lower,
    number_text,
    parse,
    program_text,
    to_text,
)
from programs import Choices
from test_errors_language import at, complaints_about, wrong
from test_language import balanced

often = tiers.often(500)

# -- trees ---------------------------------------------------------------------------------------------------------------


def whole(program, root=None):
    """A tree as operations with their operands: ``index(x, 0)``, a slice as ``1:3`` or ``::2``."""
    texts = []
    for node, operation in enumerate(program.operations):
        inner = [texts[child] for child in program.children(node)]
        keywords = program.keywords.get(node, ())
        if operation == NUMBER:
            texts.append(number_text(program.arguments[node]))
        elif operation == NAME:
            texts.append(program.arguments[node])
        elif operation == "index":
            pieces = iter(inner[1:])
            parts = []
            for part in program.keys[node]:
                if part == "i":
                    parts.append(next(pieces))
                else:
                    start, stop, step = [next(pieces) if given else "" for given in part]
                    parts.append(f"{start}:{stop}" + f":{step}" * bool(step))
            assert not list(pieces), "every operand belongs to a part"
            texts.append(f"index({', '.join([inner[0], *parts])})")
        else:
            first = len(inner) - len(keywords)
            inner[first:] = [f"{word}={text}" for word, text in zip(keywords, inner[first:], strict=True)]
            texts.append(f"{program.callees[node] if operation == CALL else operation}({', '.join(inner)})")
    return texts[program.result.root if root is None else root]


SHAPES = {
    # literals
    "[1]": "stack(1)",
    "[a, b + c, -2]": "stack(a, add(b, c), neg(2))",
    "[[1, 2], [3, 4]]": "stack(stack(1, 2), stack(3, 4))",
    "[ ( a ) , [b] ]": "stack(a, stack(b))",
    "2*[a, b] + c": "add(mul(2, stack(a, b)), c)",
    "-[a, b]^2": "neg(pow(stack(a, b), 2))",
    "[a if c else b, d]": "stack(where(c, a, b), d)",
    "[a, b if c else d]": "stack(a, where(c, b, d))",
    "[a < b, not c]": "stack(lt(a, b), not(c))",
    # an index binds to what stands before it, tighter than any operator
    "x[0]": "index(x, 0)",
    "x [0]": "index(x, 0)",
    "x[0]^2": "pow(index(x, 0), 2)",
    "2^x[0]": "pow(2, index(x, 0))",
    "-x[0]": "neg(index(x, 0))",
    "x[-1]": "index(x, neg(1))",
    "a*x[0] + b": "add(mul(a, index(x, 0)), b)",
    "a + b*x[0]": "add(a, mul(b, index(x, 0)))",
    "not x[0]": "not(index(x, 0))",
    "(a + b)[0]": "index(add(a, b), 0)",
    "[1, 2, 3][0]": "index(stack(1, 2, 3), 0)",
    "W[0][1]": "index(index(W, 0), 1)",
    "W[0, 1]": "index(W, 0, 1)",
    "x[i + 1]": "index(x, add(i, 1))",
    "x[x[0]]": "index(x, index(x, 0))",
    "sin(x)[1]": "index(sin(x), 1)",
    "f(x) = x; f(y)[1]": "index(f(y), 1)",
    "x[a if b else c]": "index(x, where(b, a, c))",
    "x[a < b]": "index(x, lt(a, b))",
    "2[0]": "index(2, 0)",
    # slices
    "x[:]": "index(x, :)",
    "x[1:]": "index(x, 1:)",
    "x[:2]": "index(x, :2)",
    "x[1:2]": "index(x, 1:2)",
    "x[::2]": "index(x, ::2)",
    "x[::-1]": "index(x, ::neg(1))",
    "x[1::]": "index(x, 1:)",
    "x[:2:]": "index(x, :2)",
    "x[1:2:3]": "index(x, 1:2:3)",
    "W[1, :]": "index(W, 1, :)",
    "W[:, 1]": "index(W, :, 1)",
    "W[a:b, ::c, d, :]": "index(W, a:b, ::c, d, :)",
    "x[a if b else c:d if f else g]": "index(x, where(b, a, c):where(f, d, g))",
    "x[a + b:-c*d]": "index(x, add(a, b):mul(neg(c), d))",
    # the transpose
    "W.T": "transpose(W)",
    "W .T": "transpose(W)",
    "W.T.T": "transpose(transpose(W))",
    "(a + b).T": "transpose(add(a, b))",
    "W.T[0]": "index(transpose(W), 0)",
    "W[0].T": "transpose(index(W, 0))",
    "[a, b].T": "transpose(stack(a, b))",
    "sin(W).T": "transpose(sin(W))",
    "-W.T^2": "neg(pow(transpose(W), 2))",
    "transpose(W)": "transpose(W)",
    "T.T": "transpose(T)",
    "2.5.T": "transpose(2.5)",
    # the product of matrices: as tight as *, from left to right
    "A @ B": "matmul(A, B)",
    "A@B@c": "matmul(matmul(A, B), c)",
    "A @ (B @ c)": "matmul(A, matmul(B, c))",
    "a*A @ B": "matmul(mul(a, A), B)",
    "A @ B*c": "mul(matmul(A, B), c)",
    "A @ B/c @ D": "matmul(div(matmul(A, B), c), D)",
    "A @ B + c": "add(matmul(A, B), c)",
    "A @ B.T": "matmul(A, transpose(B))",
    "A @ B^2": "matmul(A, pow(B, 2))",
    "A @ -b": "matmul(A, neg(b))",
    "-A @ b": "matmul(neg(A), b)",
    "A @ x[0]": "matmul(A, index(x, 0))",
    "matmul(A, B)": "matmul(A, B)",
    "dot(a, b)": "matmul(a, b)",
    # functions of arrays and their keywords
    "sum(x)": "sum(x)",
    "sum(x, axis=0)": "sum(x, axis=0)",
    "sum(x, keepdims=1, axis=-1)": "sum(x, keepdims=1, axis=neg(1))",
    "sum(x, axis=[0, 1])": "sum(x, axis=stack(0, 1))",
    "sum(x, axis=a if b else c)": "sum(x, axis=where(b, a, c))",
    "sum(x, axis = axis)": "sum(x, axis=axis)",
    "softmax(W @ x + b, axis=1)[0]": "index(softmax(add(matmul(W, x), b), axis=1), 0)",
    "concat(a, b, c, axis=1)": "concat(a, b, c, axis=1)",
    "concatenate(a)": "concat(a)",
    "cat(a, b)": "concat(a, b)",
    "stack(a, b)": "stack(a, b)",
    "stack(a, b, axis=1)": "stack(a, b, axis=1)",
    "reshape(x, [2, 3])": "reshape(x, stack(2, 3))",
    "cross_entropy(x, one_hot(y, 3))": "cross_entropy(x, one_hot(y, 3))",
    "sum(sum(x, axis=0), axis=1)": "sum(sum(x, axis=0), axis=1)",
    "sin(sum(x, axis=0))": "sin(sum(x, axis=0))",
    "axis == sum(x)": "eq(axis, sum(x))",
    # the largest of one array, or of several numbers
    "max(x)": "amax(x)",
    "min(x)": "amin(x)",
    "maximum(x)": "amax(x)",
    "amax(x, axis=0)": "amax(x, axis=0)",
    "max(x, axis=0)": "amax(x, axis=0)",
    "min(x, keepdims=1)": "amin(x, keepdims=1)",
    "max(x, y)": "max(x, y)",
    "min(x, y, z)": "min(x, y, z)",
    # a name that no parenthesis follows is a variable, whatever else it may be
    "sum = x + y; sum*2": "mul(sum, 2)",
    "norm + len": "add(norm, len)",
    "stack[0] @ cat.T": "matmul(index(stack, 0), transpose(cat))",
    "f(sum) = sum(sum); f(x)": "f(x)",
    # a line goes on within brackets
    "[a,\n b,\n\n c # of three\n]": "stack(a, b, c)",
    "x[\n0:\n2\n]": "index(x, 0:2)",
    "sum(x,\n    axis=0,\n    keepdims=1)": "sum(x, axis=0, keepdims=1)",
    "(x\n[0])": "index(x, 0)",
    "x\n[0]": "stack(0)",
    # points of numbers
    "2.*x": "mul(2, x)",
    "[1., .5]": "stack(1, 0.5)",
    "x[1.:]": "index(x, 1:)",
}


@pytest.mark.parametrize("text", SHAPES)
def test_the_shape_of_the_tree(text):
    program = parse(text)
    assert whole(program) == SHAPES[text]
    again = parse(program_text(program))
    assert whole(again) == SHAPES[text]
    assert again == program


COLUMNS = {
    # all operands of a chain stand before its first operator
    "A @ b + c*d @ f": ("name name matmul name name name mul matmul add", [(0, 1), (3, 4), (6, 5), (2, 7)]),
    "W[1:, i].T": ("name number name index transpose", [(0, 1, 2), (3,)]),
    # a keyword is no node, its value is
    "sum(x, axis=0)": ("name number sum", [(0, 1)]),
    # nor is a name that was read as one before the sign
    "f(x) = sum(x, axis=0); f([y])": ("name number sum name stack call", [(0, 1), (3,), (4,)]),
}


@pytest.mark.parametrize("text", COLUMNS)
def test_the_columns_of_the_tree(text):
    operations, arguments = COLUMNS[text]
    program = parse(text)
    assert program.operations == operations.split()
    assert [program.children(node) for node in range(len(program)) if program.children(node)] == arguments
    assert len(program) == len(program.arguments) == len(program.starts) == len(program.stops)


BRANCHES = {
    "[a, b if c else d, f]": [(2, 1, 3)],
    "x[a if b else c]": [(2, 1, 3)],
    "x[i, a + 1 if b else c:d if f else g]": [(5, 2, 6), (9, 8, 10)],
    "x[0] if y[0] else z[0]": [(3, 0, 6)],
    "sum(x, axis=0 if c else 1)": [(2, 1, 3)],
    "where(c[0], [a, b][0], x[1:][0])": [(0, 3, 8)],
}


@pytest.mark.parametrize("text", BRANCHES)
def test_where_the_parts_of_choices_begin(text):
    program = parse(text)
    found = [program.branches[node] for node in sorted(program.branches)]
    assert [(parts.condition, parts.then, parts.otherwise) for parts in found] == BRANCHES[text]


SPANS = {
    "[a, b] + c": ["a", "b", "[a, b]", "c", "[a, b] + c"],
    "-W[1, :].T": ["W", "1", "W[1, :]", "W[1, :].T", "-W[1, :].T"],
    "(a + b)[0]": ["a", "b", "(a + b)", "0", "(a + b)[0]"],
    "sum( x, axis = 0 )": ["x", "0", "sum( x, axis = 0 )"],
    "(A @ b)": ["A", "b", "(A @ b)"],
    "x[ : ]": ["x", "x[ : ]"],
}


@pytest.mark.parametrize("text", SPANS)
def test_where_nodes_stand_in_the_text(text):
    program = parse(text)
    assert [text[slice(*program.span(node))] for node in range(len(program))] == SPANS[text]


NAMES = {
    "W @ x + b": ["W", "x", "b"],
    "sum(W, axis=0)": ["W"],
    "sum(x, axis=axis)": ["x", "axis"],
    "i = 1; x[i:k]": ["x", "k"],
    "axis = 0; sum(x, axis=axis)": ["x"],
    "f(x) = x[n]; f([a, pi])": ["n", "a"],
}


@pytest.mark.parametrize("text", NAMES)
def test_keywords_are_no_variables(text):
    assert parse(text).inputs == NAMES[text]


UNEQUAL = (
    "x[0]", "x[0, :]", "x[:, 0]", "x[0:]", "x[:0]", "x[::0]", "sum(x, axis=0)", "sum(x, keepdims=0)", "sum(x)", "[x]", "[x, 0]",
    "stack(x, axis=0)", "stack(x, 0, axis=0)", "x.T", "x @ 0", "x*0", "max(x)", "max(x, 0)",
)  # fmt: skip


@pytest.mark.parametrize("text", UNEQUAL)
def test_programs_that_differ_in_a_key_or_a_keyword_are_unequal(text):
    assert [other for other in UNEQUAL if parse(other) == parse(text)] == [text]


# -- the tables ----------------------------------------------------------------------------------------------------------


def test_the_light_tables_agree_with_the_table_of_rows():
    assert set(ARRAY_FUNCTIONS.values()) == set(ARRAY_SIGNATURES)
    assert set(ARRAY_SIGNATURES) - set(ARRAYS) == {"len", "shape"}, "these two are known with the shapes"
    assert set(REDUCED.values()) <= set(ARRAY_SIGNATURES) and set(REDUCED) <= set(OPERATIONS)
    assert not set(ARRAY_FUNCTIONS) & set(FUNCTION_NAMES), "a name is a function of numbers or of arrays"
    assert all(OPERATIONS[name].variadic for name in REDUCED)


@pytest.mark.parametrize("name", ARRAY_FUNCTIONS)
def test_every_function_of_arrays_is_called_with_what_it_takes_and_no_more(name):
    row = ARRAY_FUNCTIONS[name]
    least, most, keywords = ARRAY_SIGNATURES[row]
    assert is_function(name)
    for count in range((most or 5) + 2):
        text = f"{name}({', '.join('abcdef'[:count])})"
        if least <= count and (most is None or count <= most):
            program = parse(text)
            assert program.operations[-1] == row and len(program.children(count)) == count
            for keyword in keywords:
                program = parse(f"{text[:-1]}, {keyword}=k)")
                assert (program.operations[-1], program.keywords) == (row, {count + 1: (keyword,)})
        elif most is not None or count < least:
            (found,) = complaints_about(text)
            assert found.code == "wrong-number-of-arguments"
            assert found.help == (f"write {' or '.join(call_forms(name))}",)


@pytest.mark.parametrize("name", ARRAY_FUNCTIONS)
def test_what_one_is_told_of_a_function_is_a_call_of_it(name):
    for form in call_forms(name):
        assert parse(form).operations[-1] == ARRAY_FUNCTIONS[name]


@pytest.mark.parametrize("name", [name for name in FUNCTION_NAMES if find_function(name)[0].name not in REDUCED])
def test_a_function_of_numbers_takes_no_keywords(name):
    (found,) = complaints_about(f"{name}(x, axis=0)")
    assert (found.code, found.message) == ("unknown-keyword", f"`{name}` takes no keywords")
    assert f"{name}(x)" in found.help[0]


# -- printing ------------------------------------------------------------------------------------------------------------

DIALECTS = {
    # text: mathematics, the same in ASCII, LaTeX
    "[a, b]": ("[a, b]", "[a, b]", r"\left[a, b\right]"),
    "[[1, 2], [3, x1]]": (
        "[[1, 2], [3, x1]]", "[[1, 2], [3, x1]]", r"\left[\left[1, 2\right], \left[3, x_{1}\right]\right]",
    ),
    "x[0]^2": ("x[0]^2", "x[0]^2", r"{x\left[0\right]}^{2}"),
    "W[1, ::2]": ("W[1, ::2]", "W[1, ::2]", r"W\left[1, ::2\right]"),
    "(x^2)[0]": ("(x^2)[0]", "(x^2)[0]", r"\left({x}^{2}\right)\left[0\right]"),
    "sin(x)[0]": ("(sin x)[0]", "(sin x)[0]", r"\left(\sin x\right)\left[0\right]"),
    "sin(x[0])": ("sin(x[0])", "sin(x[0])", r"\sin\left(x\left[0\right]\right)"),
    "W.T": ("Wᵀ", "W.T", r"W^{\top}"),
    "w1.T": ("w1ᵀ", "w1.T", r"w_{1}^{\top}"),
    "W.T.T": ("Wᵀᵀ", "W.T.T", r"{W^{\top}}^{\top}"),
    "W.T^2": ("Wᵀ^2", "W.T^2", r"{W^{\top}}^{2}"),
    "(W^2).T": ("(W^2)ᵀ", "(W^2).T", r"{\left({W}^{2}\right)}^{\top}"),
    "(a/b).T": ("(a/b)ᵀ", "(a/b).T", r"{\left(\dfrac{a}{b}\right)}^{\top}"),
    "(A @ B).T": ("(A @ B)ᵀ", "(A @ B).T", r"{\left(A {\,} B\right)}^{\top}"),
    "sin(x).T": ("(sin x)ᵀ", "(sin x).T", r"{\left(\sin x\right)}^{\top}"),
    "A @ B @ c": ("A @ B @ c", "A @ B @ c", r"A {\,} B {\,} c"),
    "A @ (B @ c)": ("A @ (B @ c)", "A @ (B @ c)", r"A {\,} \left(B {\,} c\right)"),
    "X.T @ (X @ w - y)": ("Xᵀ @ (X @ w - y)", "X.T @ (X @ w - y)", r"X^{\top} {\,} \left(X {\,} w - y\right)"),
    "A*B @ C": ("A·B @ C", "A*B @ C", r"\left(A \cdot B\right) {\,} C"),
    "A @ B*c": ("(A @ B)·c", "(A @ B)*c", r"A {\,} B \cdot c"),
    "A @ b/c": ("(A @ b)/c", "(A @ b)/c", r"\dfrac{A {\,} b}{c}"),
    "A @ -b": ("A @ -b", "A @ -b", r"A {\,} \left(-b\right)"),
    "-A @ b": ("-A @ b", "-A @ b", r"\left(-A\right) {\,} b"),
    "-(A @ b)": ("-(A @ b)", "-(A @ b)", r"-\left(A {\,} b\right)"),
    "sin(A) @ cos(b)": ("(sin A) @ cos b", "(sin A) @ cos b", r"\left(\sin A\right) {\,} \left(\cos b\right)"),
    "2 @ x^2": ("2 @ x^2", "2 @ x^2", r"2 {\,} {x}^{2}"),
    "sum(x, axis=0)": ("sum(x, axis=0)", "sum(x, axis=0)", r"\operatorname{sum}\left(x, \mathrm{axis}=0\right)"),
    "log_softmax(x)": ("log_softmax(x)", "log_softmax(x)", r"\operatorname{log\_softmax}\left(x\right)"),
    "det(A)": ("det(A)", "det(A)", r"\det\left(A\right)"),
    "max(x, axis=-1)": ("max(x, axis=-1)", "max(x, axis=-1)", r"\max\left(x, \mathrm{axis}=-1\right)"),
    "min(x)": ("min(x)", "min(x)", r"\min\left(x\right)"),
    "stack(a, b, axis=1)": (
        "stack(a, b, axis=1)", "stack(a, b, axis=1)", r"\operatorname{stack}\left(a, b, \mathrm{axis}=1\right)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", DIALECTS)
def test_dialects(text):
    program = parse(text)
    assert tuple(to_text(program, None, dialect) for dialect in (MATHEMATICS, PLAIN_MATHEMATICS, LATEX)) == DIALECTS[text]


PLAIN = {
    "[ a,b ]": "[a, b]",
    "x[ 1 : : 2,: ]": "x[1::2, :]",
    "x[1::]": "x[1:]",
    "((x))[(0)]": "x[0]",
    "(x[0])[1]": "x[0][1]",
    "(2).T": "(2).T",
    "(2.5).T + (x).T": "(2.5).T + x.T",
    "(-x).T": "(-x).T",
    "(2)[0]": "2[0]",
    "(-x)[0]": "(-x)[0]",
    "-(x[0])": "-x[0]",
    "(a if b else c)[0]": "(a if b else c)[0]",
    "x[(a if b else c):(d)]": "x[a if b else c:d]",
    "[(a if b else c), (d)]": "[a if b else c, d]",
    "(A @ B) @ C": "A @ B @ C",
    "(A @ B)*C": "(A @ B)*C",
    "A*(B @ C)": "A*(B @ C)",
    "matmul(transpose(A), dot(b + c, d))": "A.T @ ((b + c) @ d)",
    "amax(x) + maximum(y, axis=0)": "max(x) + max(y, axis=0)",
    "average(x) + cat(a, b, axis=0)": "mean(x) + concat(a, b, axis=0)",
    "broadcast_to(x, [2, 3])": "broadcast(x, [2, 3])",
    "sum(x,keepdims=(1),axis = - 1)": "sum(x, keepdims=1, axis=-1)",
    "f(x)=x.T;f(A)[0]": "f(x) = x.T\nf(A)[0]",
}


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_read_is_printed_the_plain_way(text):
    assert program_text(parse(text)) == PLAIN[text]
    assert parse(PLAIN[text]) == parse(text)


# -- random programs -----------------------------------------------------------------------------------------------------

LEAVES = ("x", "W", "b", "i", "T", "sum", "2", "0.5", "3.", "1e-3")
REDUCTIONS = ("sum(#)", "max(#)", "softmax(#, axis=#)", "sum(#, axis=#, keepdims=#)", "concat(#, #, axis=#)", "min(#, #)")
SPELLINGS = ("#.T", "(#).T", "#[#]", "#[#, :]", "#[#:]", "#[:#, #]", "#[#:#:#]", "#[::#]", "[#]", "[#, #]", "[#, #, #]")
ARITHMETIC = ("# @ #", "# @ #", "# + #", "#*#", "#/#", "#^#", "-#", "# < #", "not #", "# if # else #", "where(#, #, #)", "sin(#)")
OWN = ("f(#)",)


def array_text_of(choices, depth):
    """A random text with arrays; each operand stands in parentheses or not, as it comes: any text is a program."""
    if not depth:
        return choices.pick(LEAVES)
    form = choices.pick((LEAVES, SPELLINGS, SPELLINGS, REDUCTIONS, ARITHMETIC, OWN)[choices.number(6)])
    pieces = form.split("#")
    text = pieces[0]
    for piece in pieces[1:]:
        inner = array_text_of(choices, depth - 1 - choices.number(2) * (depth > 1))
        text += (inner if choices.number(3) else f"({inner})") + piece
    return text


array_texts = st.binary(min_size=20, max_size=160).map(lambda content: "f(u) = u[0].T; " + array_text_of(Choices(content), 5))


def program_or_none(text):
    """Some texts are wrong: chains of comparisons, ``2*not x``, ``2.T``."""
    try:
        return parse(text)
    except ExpressionError as error:
        wrong = {found.code for found in error.diagnostics}
        assert wrong <= {"chained-comparison", "missing-operand", "implicit-multiplication"}, text
        return None


def test_most_random_texts_are_programs():
    random = Random(0)
    texts = ["f(u) = u; " + array_text_of(Choices(random.randbytes(160)), 5) for _ in range(300)]
    programs = [program for program in map(program_or_none, texts) if program is not None]
    assert len(programs) > 200
    reached = {operation for program in programs for operation in program.operations}
    assert {"stack", "index", "transpose", "matmul", "sum", "amax", "softmax", "concat", "where", CALL} <= reached


@often
@given(array_texts)
def test_what_is_printed_reads_back_as_the_same_program(text):
    program = program_or_none(text)
    if program is not None:
        printed = program_text(program)
        again = parse(printed)
        assert again == program, printed
        assert program_text(again) == printed
        assert again.inputs == program.inputs


@often
@given(array_texts)
def test_latex_is_balanced_and_no_dialect_fails(text):
    program = program_or_none(text)
    if program is not None:
        assert balanced(to_text(program, None, LATEX))
        plain = to_text(program, None, PLAIN_MATHEMATICS)
        assert to_text(program, None, MATHEMATICS).replace("·", "*").replace("ᵀ", ".T") == plain
        assert all(plain.count(opening) == plain.count(closing) for opening, closing in ("()", "[]"))


@often
@given(array_texts)
def test_a_node_stands_around_its_operands(text):
    program = program_or_none(text)
    if program is not None:
        for node in range(len(program)):
            start, stop = program.span(node)
            assert all(child < node for child in program.children(node))
            assert all(start <= program.starts[child] and program.stops[child] <= stop for child in program.children(node))
            assert (program.operations[node] == "index") == (node in program.keys)


def test_arrays_as_text_read_back():
    numpy = pytest.importorskip("numpy")
    array = numpy.array([[1.5, -2.0, 0.0], [1e300, 5e-324, 3.0]])
    program = parse(array_text(array))
    assert program.operations.count("stack") == 3
    assert program.operations.count("number") == 6


# -- what is said of wrong texts -----------------------------------------------------------------------------------------

# fmt: off
CASES = {
    # -- brackets
    "[1, 2": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(0, "[", "expected `]` at the end")),
    ],
    "x[0": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(1, "[", "expected `]` at the end")),
    ],
    "[[1, 2], [3, 4": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(0, "[", "expected `]` at the end")),
        wrong("unclosed-parenthesis", "this bracket is never closed", at(9, "[", "expected `]` at the end")),
    ],
    "x[": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(1, "[", "expected `]` at the end")),
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(2, "")),
    ],
    "x[1:": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(1, "[", "expected `]` at the end")),
    ],
    "a = [1, 2\nb = 3\nb": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(4, "[", "expected `]` at the end of the line")),
    ],
    "a = [1,\nb = 3\nb": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(4, "[", "expected `]` at the end of the line")),
        wrong("missing-operand", "the line ends where a number, a name or a parenthesis is needed", at(7, "")),
    ],
    "[1, 2; 3, 4]": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(0, "[", "expected `]` at the end of the statement"), help=("rows are lists of their own: [[1, 2], [3, 4]]",)),
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(8, ","), help=("a decimal point is `.`; statements are separated by `;`; an array is [x, y]",)),
        wrong("unmatched-parenthesis", "this bracket closes nothing", at(11, "]")),
    ],
    "x[0; 1": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(1, "[", "expected `]` at the end of the statement")),
    ],
    "x]": [
        wrong("unmatched-parenthesis", "this bracket closes nothing", at(1, "]")),
    ],
    "(x[0)*2": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(2, "[", "expected `]` before `)`")),
    ],
    "(x[y[0)*2": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(2, "[", "expected `]` before `)`")),
        wrong("unclosed-parenthesis", "this bracket is never closed", at(4, "[", "expected `]` before `)`")),
    ],
    "x[sin(0] + 1": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(5, "(", "expected `)` before `]`")),
    ],
    "x[((0]": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(2, "(", "expected `)` before `]`")),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(3, "(", "expected `)` before `]`")),
    ],
    "max(x, [y, z)": [
        wrong("unclosed-parenthesis", "this bracket is never closed", at(7, "[", "expected `]` before `)`")),
    ],
    "(x + 1]*2": [
        wrong("mismatched-bracket", "`(` is closed by `]`", at(8 - 2, "]", "expected `)`"), at(0, "(", "opened here")),
    ],
    "sum(x]": [
        wrong("mismatched-bracket", "`(` is closed by `]`", at(5, "]", "expected `)`"), at(3, "(", "opened here")),
    ],
    "x[0)": [
        wrong("mismatched-bracket", "`[` is closed by `)`", at(3, ")", "expected `]`"), at(1, "[", "opened here")),
    ],
    "[x, y) + 1": [
        wrong("mismatched-bracket", "`[` is closed by `)`", at(5, ")", "expected `]`"), at(0, "[", "opened here")),
    ],
    "[]": [
        wrong("empty-brackets", "an array has at least one entry", at(0, "[]"), help=("write [0] for one that is 0",)),
    ],
    "[[1], [ ]]": [
        wrong("empty-brackets", "an array has at least one entry", at(6, "[ ]"), help=("write [0] for one that is 0",)),
    ],
    "2*x[] + 1": [
        wrong("empty-brackets", "an index is missing", at(3, "[]"), help=("write x[0] for the first entry of x; all of it is x",)),
    ],
    "[1,]": [
        wrong("missing-operand", "`]` stands where a number, a name or a parenthesis is needed", at(3, "]")),
    ],
    "[,1]": [
        wrong("missing-operand", "`,` stands where a number, a name or a parenthesis is needed", at(1, ",")),
    ],
    "x[,0]": [
        wrong("missing-operand", "`,` stands where a number, a name or a parenthesis is needed", at(2, ",")),
    ],
    "x[:,]": [
        wrong("missing-operand", "`]` stands where a number, a name or a parenthesis is needed", at(4, "]")),
    ],
    "x[1:+]": [
        wrong("missing-operand", "`]` stands where a number, a name or a parenthesis is needed", at(5, "]")),
    ],
    "[a if b, c]": [
        wrong("missing-else", "this `if` has no `else`", at(3, "if"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    "x[a if b:c]": [
        wrong("missing-else", "this `if` has no `else`", at(4, "if"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    "x[..., 0]": [
        wrong("unexpected-character", "`.` is not part of the language", at(2, "."), at(3, "."), at(4, "."), help=("write the axes that `...` stands for, as in x[0, :, :]",)),
    ],
    # -- colons
    "a : b": [
        wrong("misplaced-colon", "`:` stands only in an index, as in x[1:3]", at(2, ":"), help=("a name is bound by `=` alone; statements are separated by `;` or a new line",)),
    ],
    "[1:3]": [
        wrong("misplaced-colon", "`:` stands only in an index, as in x[1:3]", at(2, ":"), help=("a name is bound by `=` alone; statements are separated by `;` or a new line",)),
    ],
    "x[(1:2)]": [
        wrong("misplaced-colon", "`:` stands only in an index, as in x[1:3]", at(4, ":"), help=("a name is bound by `=` alone; statements are separated by `;` or a new line",)),
    ],
    "x[1:2:3:4]": [
        wrong("misplaced-colon", "a slice has a start, a stop and a step, and no more", at(7, ":"), help=("separate the axes by commas, as in W[1:3, :]",)),
    ],
    # -- keywords
    "sum(x, axs=0)": [
        wrong("unknown-keyword", "`sum` has no keyword `axs`", at(7, "axs"), help=("did you mean `axis`?", "it takes axis and keepdims; == compares")),
    ],
    "softmax(x, keepdims=1)": [
        wrong("unknown-keyword", "`softmax` has no keyword `keepdims`", at(11, "keepdims"), help=("it takes axis; == compares",)),
    ],
    "max(x = 3)": [
        wrong("unknown-keyword", "`max` has no keyword `x`", at(4, "x"), help=("it takes axis and keepdims; == compares",)),
    ],
    "sin(x, axis=0)": [
        wrong("unknown-keyword", "`sin` takes no keywords", at(7, "axis"), help=("write the arguments alone, as in sin(x); == compares",)),
    ],
    "where(x > 0, x, 1, axis=0)": [
        wrong("unknown-keyword", "`where` takes no keywords", at(19, "axis"), help=("write the arguments alone, as in where(x, y, z); == compares",)),
    ],
    "where(x > 0, x, 1, axis=0, keepdims=1)": [
        wrong("unknown-keyword", "`where` takes no keywords", at(19, "axis"), help=("write the arguments alone, as in where(x, y, z); == compares",)),
    ],
    "det(A, axis=0)": [
        wrong("unknown-keyword", "`det` takes no keywords", at(7, "axis"), help=("write the arguments alone, as in det(x); == compares",)),
    ],
    "f(x, y) = x*y; f(1, y=2)": [
        wrong("unknown-keyword", "`f` takes no keywords", at(15, "f(1, y=2)"), help=("write f(x, y), in this order",)),
    ],
    "foo(x, axis=0)": [
        wrong("unknown-function", "there is no function `foo`", at(0, "foo"), help=("`diffcli functions` lists them all",)),
    ],
    "sum(axis=0, x)": [
        wrong("misplaced-keyword", "an argument stands after the keyword `axis`", at(12, "x"), help=("keywords come last, as in sum(x, axis=0)",)),
    ],
    "sum(x, axis=0, axis=1)": [
        wrong("repeated-keyword", "`axis` is given twice", at(15, "axis", "again here"), at(7, "axis", "given here")),
    ],
    "sum(x, axis=)": [
        wrong("missing-operand", "`)` stands where a number, a name or a parenthesis is needed", at(12, ")")),
    ],
    "sum(axis=)": [
        wrong("missing-operand", "`)` stands where a number, a name or a parenthesis is needed", at(9, ")")),
    ],
    "sum(axis=0)": [
        wrong("wrong-number-of-arguments", "`sum` does not take 0 arguments", at(0, "sum(axis=0)"), help=("write sum(a) or sum(a, axis=0)",)),
    ],
    "sum(x, axis=, keepdims=1)": [
        wrong("missing-operand", "`,` stands where a number, a name or a parenthesis is needed", at(12, ",")),
    ],
    "sum(x, 2*axis=0)": [
        wrong("wrong-number-of-arguments", "`sum` does not take 2 arguments", at(0, "sum(x, 2*axis=0)"), help=("write sum(a) or sum(a, axis=0)",)),
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(13, "="), help=("write == to compare, and `;` between statements",)),
    ],
    "sum(x, (axis)=0)": [
        wrong("wrong-number-of-arguments", "`sum` does not take 2 arguments", at(0, "sum(x, (axis)=0)"), help=("write sum(a) or sum(a, axis=0)",)),
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(13, "="), help=("write == to compare, and `;` between statements",)),
    ],
    "[axis=0]": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(5, "="), help=("write == to compare, and `;` between statements",)),
    ],
    "x[i=0]": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(3, "="), help=("write == to compare, and `;` between statements",)),
    ],
    # -- arguments
    "sum(x, 0)": [
        wrong("wrong-number-of-arguments", "`sum` does not take 2 arguments", at(0, "sum(x, 0)"), help=("write sum(a) or sum(a, axis=0)",)),
    ],
    "reshape(x, 2, 3) + norm()": [
        wrong("wrong-number-of-arguments", "`reshape` does not take 3 arguments", at(0, "reshape(x, 2, 3)"), help=("write reshape(a, [2, 3])",)),
        wrong("wrong-number-of-arguments", "`norm` does not take 0 arguments", at(19, "norm()"), help=("write norm(a) or norm(a, axis=0)",)),
    ],
    "max(x, y, axis=0)": [
        wrong("wrong-number-of-arguments", "`max` does not take 2 arguments", at(0, "max(x, y, axis=0)"), help=("write max(a) or max(a, axis=0)",)),
    ],
    "soft_max(x)": [
        wrong("unknown-function", "there is no function `soft_max`", at(0, "soft_max"), help=("did you mean `softmax`?", "`diffcli functions` lists them all")),
    ],
    # -- targets
    "sum(x) = 3; x": [
        wrong("cannot-assign", "`sum` is a function of the language and cannot be defined again", at(0, "sum(x)"), help=("give it another name, such as my_sum",)),
    ],
    "x[0] = 3; x": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "x[0]"), help=("an array does not change: give the new one a name, as in y = [a, b]; == compares",)),
    ],
    "f(y)[i] = 3": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "f(y)[i]"), help=("an array does not change: give the new one a name, as in y = [a, b]; == compares",)),
    ],
    "[a, b] = c": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "[a, b]"), help=("write name = expression, or f(x, y) = expression; == compares",)),
    ],
    "f(x, n=a) = x^n; f(2, 3)": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "f(x, n=a)"), help=("a parameter has no default: f(x, y) = expression",)),
    ],
    # -- products, transposes and methods
    "2x[0]": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "x"), help=("write 2*x[0]",)),
    ],
    "x[0](y) + z": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(4, "("), help=("write x[0]*(y) + z",)),
    ],
    "sum x[0].T + 1": [
        wrong("implicit-multiplication", "`sum` is a function: what it is applied to needs parentheses", at(0, "sum"), help=("write sum(x[0].T) + 1",)),
    ],
    "[1 2]": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(3, "2"), help=("write [1, 2]",)),
    ],
    "Wᵀ @ (x + y)ᵀ": [
        wrong("superscript", "a transpose is written with .T", at(0, "Wᵀ")),
        wrong("superscript", "a transpose is written with .T", at(12, "ᵀ"), help=("write W.T @ (x + y).T",)),
    ],
    "sinᵀ(x) + A²ᵀ": [
        wrong("superscript", "a transpose is written with .T", at(0, "sinᵀ")),
        wrong("superscript", "a transpose is written with .T", at(10, "A²ᵀ"), help=("write sin(x).T + A.T^2",)),
    ],
    "x.sum() + y.shape": [
        wrong("unexpected-character", "`.` is not part of the language", at(1, "."), at(11, "."), help=("a number has a digit beside its decimal point; functions are written as sum(x), the transpose as x.T",)),
    ],
    ".T": [
        wrong("unexpected-character", "`.` is not part of the language", at(0, "."), help=("a number has a digit beside its decimal point; functions are written as sum(x), the transpose as x.T",)),
    ],
    "A @": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(3, "")),
    ],
    "A @ @ B": [
        wrong("missing-operand", "`@` stands where a number, a name or a parenthesis is needed", at(4, "@"), help=("a file is given alone, as @file",)),
    ],
}
# fmt: on


@pytest.mark.parametrize("text", CASES)
def test_everything_that_is_said_of_a_wrong_text(text):
    found = complaints_about(text)
    source = Source(text, "this text")
    expected = [
        Diagnostic(code, "error", message, source, tuple(mark for mark, _ in places), notes, help)
        for code, message, places, notes, help in CASES[text]
    ]
    assert list(found) == expected
    for _, _, places, _, _ in CASES[text]:
        assert [text[slice(*mark.span)] for mark, _ in places] == [marked for _, marked in places]


# -- large and deep texts ------------------------------------------------------------------------------------------------

DEEP = tiers.size(8_000)
DEEPER = tiers.size(40_000)
RIGHT = {
    "lists": "[" * DEEPER + "x" + "]" * DEEPER,
    "indices in indices": "x[" * DEEP + "0" + "]" * DEEP,
    "indices in a row": "x" + "[0]" * DEEP,
    "transposes": "x" + ".T" * DEEP,
    "products": "@".join("x" * DEEP),
    "keywords": "sum(" * DEEP + "x" + ", axis=0)" * DEEP,
    "one long list": "[" + ", ".join(["1.5"] * DEEPER) + "]",
    "one long index": "x[" + ":, " * DEEP + "0]",
}
WRONG = {
    "lists that stay open": "[" * DEEPER,
    "indices that stay open": "x[" * DEEP,
    "lists closed by parentheses": "[" * DEEP + ")" * DEEP,
    "parentheses closed by brackets": "(" * DEEP + "]" * DEEP,
    "both, of which one is closed": "([" * DEEP + ")" * DEEP,
    "brackets that close nothing": "]" * DEEP,
    "colons": ":" * DEEP,
    "colons in an index": "x[" + ":" * DEEP,
    "signs and colons": "x[" + "-" * DEEPER + ":" * DEEPER,
    "signs and colons outside": "-" * DEEPER + ":" * DEEPER,
    "keywords": "f(" + "a=1, " * DEEP + "b=2)",
    "empty lists": "[]" * DEEP,
    "commas": "[" + "," * DEEP,
    "lines that begin again": "a = [\n" * DEEP,
    "calls that begin again": "f(a\n=1," * (DEEP // 4),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_long_or_deep_text_is_read_and_printed(name):
    program = parse(RIGHT[name])
    assert parse(program_text(program)) == program
    to_text(program, None, LATEX)
    assert raw(program).slots > 1 or name == "one long list"


@pytest.mark.parametrize("name", WRONG)
def test_a_long_or_deep_text_that_is_wrong_is_refused_in_good_time(name):
    started = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        parse(WRONG[name])
    assert 1 <= len(caught.value.diagnostics) <= MOST
    assert time.process_time() - started < 12, "this takes a second where it is linear, and many minutes where it is not"


# -- rows ----------------------------------------------------------------------------------------------------------------


def raw(program, share=False):
    """The tape as it is before shapes are known."""
    return _Lowering(program, (), share, MOST_ROWS).run()


def rows(text, share=False):
    tape = raw(parse(text), share)
    return [(tape.operation(slot), tape.operands_of(slot), tape.parameters.get(slot)) for slot in tape.rows()]


ROWS = {
    "[a, 2, a]": [("stack", (0, -1, 0), None)],
    "[1, -2, 3]": [("stack", (-1, -3, -4), None)],
    "[[1, 2], [x, 1]]": [("stack", (-1, -2), None), ("stack", (0, -1), None), ("stack", (1, 2), None)],
    "x[0]": [("index", (0, -1), {"key": ("i",)})],
    "x[-1]": [("index", (0, -2), {"key": ("i",)})],
    "W[1, ::2]": [("index", (0, -1, -2), {"key": ("i", (False, False, True))})],
    "x[:]": [("index", (0,), {"key": ((False, False, False),)})],
    "i = 1; x[i:i + 1]": [("add", (-1, -1), None), ("index", (0, -1, 1), {"key": ((True, True, False),)})],
    "A @ b.T": [("transpose", (1,), None), ("matmul", (0, 2), None)],
    "sum(x)": [("sum", (0,), None)],
    "sum(x, axis=1, keepdims=1)": [("sum", (0, -1, -1), {"keywords": ("axis", "keepdims")})],
    "max(x) + max(x, y)": [("amax", (0,), None), ("max", (0, 1), None), ("add", (2, 3), None)],
    "concat(a, b, axis=0)": [("concat", (0, 1, -1), {"keywords": ("axis",)})],
    "stack(a, b, axis=1)": [("stack", (0, 1, -1), {"keywords": ("axis",)})],
    "reshape(x, [2, 3])": [("stack", (-1, -2), None), ("reshape", (0, 1), None)],
    "f(u) = u[0]; f([x, y]) + f(y)": [
        ("stack", (0, 1), None), ("index", (2, -1), {"key": ("i",)}), ("index", (1, -1), {"key": ("i",)}), ("add", (3, 4), None),
    ],
    "[leaky_relu(x), y]": [("leaky_relu", (0, -1), None), ("stack", (2, 1), None)],
}  # fmt: skip


@pytest.mark.parametrize("text", ROWS)
def test_rows(text):
    assert rows(text) == ROWS[text]


def test_rows_are_shared_where_their_keys_and_keywords_are_the_same():
    text = "x[1:] + x[:1] + x[1:] + sum(x, axis=1) + sum(x, keepdims=1) + sum(x, axis=1) + x.T + x.T + (x @ x)*(x @ x)"
    shared = [row for row in rows(text, share=True) if row[0] not in ("add", "mul")]
    assert shared == [
        ("index", (0, -1), {"key": ((True, False, False),)}),
        ("index", (0, -1), {"key": ((False, True, False),)}),
        ("sum", (0, -1), {"keywords": ("axis",)}),
        ("sum", (0, -1), {"keywords": ("keepdims",)}),
        ("transpose", (0,), None),
        ("matmul", (0, 0), None),
    ]
    assert len(rows(text)) > len(rows(text, share=True))


def test_a_choice_in_brackets_is_a_range_of_rows_that_is_skipped():
    tape = raw(parse("[x*2 if x > 0 else x*3, y]"))
    assert [tape.operation(slot) for slot in tape.rows()] == ["gt", "mul", "mul", "where", "stack"]
    assert [tuple(skip) for skip in tape.skips] == [(3, 4, 2, True), (4, 5, 2, False)]
    tape = raw(parse("x[sin(a) if a else cos(a):]"))
    assert [tape.operation(slot) for slot in tape.rows()] == ["sin", "cos", "where", "index"]
    assert [tuple(skip) for skip in tape.skips] == [(2, 3, 1, True), (3, 4, 1, False)]


def test_rows_that_are_shared_in_a_branch_are_not_used_after_it():
    tape = raw(parse("(x[0]*2 if y else 1) + x[0]"), share=True)
    assert [tape.operation(slot) for slot in tape.rows()] == ["index", "mul", "where", "index", "add"]


def test_a_program_of_numbers_has_no_shapes():
    tape = lower(parse("sin(x)*max(x, y)"))
    assert tape.shapes is None and not tape.parameters


# -- the report ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["table", "plain", "json"])
def test_the_tree_shows_what_an_index_takes_and_which_argument_is_a_keywords(format, golden):
    golden(f"array_tree/{format}.txt", transcript(f'ast "sum(W[0, ::2] @ [a, 1], axis=0) + x[i:].T" -f {format}'))
