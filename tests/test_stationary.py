"""Eigenvalues of a Hessian and what they say of the point: against matrices by hand, and the inertia in exact fractions."""

from __future__ import annotations

import json
import math
import random
from fractions import Fraction

import numpy as np
import pytest
from console import run

import diffcli

ROSENBROCK = "100*(y - x^2)^2 + (1 - x)^2"
HIGH, LOW, BOTH, OPEN = "positive definite", "negative definite", "indefinite", "undecided"

SAID = [
    # program, point, definiteness, what the gradient is, what the point is
    (ROSENBROCK, "x=1,y=1", HIGH, "zero", "minimum"),
    (ROSENBROCK, "x=-1.2,y=1", HIGH, "", ""),
    (ROSENBROCK, "x=0,y=1", BOTH, "", ""),
    ("x^2 - y^2", "x=0,y=0", BOTH, "zero", "saddle"),
    ("x*y", "x=0,y=0", BOTH, "zero", "saddle"),
    ("-x^2 - x*y - y^2", "x=0,y=0", LOW, "zero", "maximum"),
    ("x^3 - 3*x*y^2", "x=0,y=0", OPEN, "zero", "undecided"),
    ("x^4", "x=0", OPEN, "zero", "undecided"),
    ("3*x + 1", "x=5", OPEN, "", ""),
    ("x^2 + 0*y", "x=0,y=1", OPEN, "zero", "undecided"),
    ("x^2 - y^2 + z^4", "x=0,y=0,z=0", BOTH, "zero", "saddle"),
    ("cos(x)", "x=pi", HIGH, "zero up to rounding", "minimum"),
    ("cos(x)", "x=pi+1e-12", HIGH, "", ""),
    ("exp(x)/x", "x=1", HIGH, "zero", "minimum"),
    ("x*log(x)", "x=exp(-1)", HIGH, "zero up to rounding", "minimum"),
    ("1e-17*x + x^2", "x=0", HIGH, "", ""),
    ("(x - 0.1)^2", "x=0.1", HIGH, "zero", "minimum"),
    ("(x - 1/3)^2*(x + 2/3)^2", "x=1/3", HIGH, "zero up to rounding", "minimum"),
    ("x^2 + 1e-17*y^2", "x=0,y=0", HIGH, "zero", "minimum"),
    ("x^2 + 1e-300*y^2", "x=0,y=0", HIGH, "zero", "minimum"),
    ("1e-17*x^2", "x=0", HIGH, "zero", "minimum"),
    ("(x - y)^2", "x=1,y=1", OPEN, "zero", "undecided"),
    ("(x - y)^2 + 1e-12*x^2", "x=0,y=0", HIGH, "zero", "minimum"),
    ("(x - y)^2 + 1e-17*x^2", "x=0,y=0", OPEN, "zero", "undecided"),
    ("((x + 1e8) - 1e8)^2", "x=0", HIGH, "zero", "minimum"),
    # digits are lost, in the second derivative or in the gradient
    ("(1 - cos(x))/x^2", "x=1e-8", OPEN, "zero up to rounding", "undecided"),
    # kinks: a zero by convention is none; where the sides agree it is one
    ("abs(x)^2 + y^2", "x=0,y=0", HIGH, "zero", "minimum"),
    ("relu(x)^2 + x^2 + y^2", "x=0,y=0", "", "", ""),
    ("abs(x) + y^2", "x=0,y=0", "", "", ""),
    ("sqrt(x)", "x=0", "", "", ""),
    ("max(x, 0) + x^2", "x=1", HIGH, "", ""),
    # arrays
    ("sum(x^2)*y", "x=[0,0],y=1", OPEN, "zero", "undecided"),
    ("sum(x^2) - y^2", "x=[0,0,0],y=0", BOTH, "zero", "saddle"),
    ("-(x @ x)", "x=[0,0]", LOW, "zero", "maximum"),
    ("sum(cos(x))", "x=[pi,pi]", HIGH, "zero up to rounding", "minimum"),
    (lambda x, y: (x - 2) ** 2 + np.exp(y) - y, {"x": 2.0, "y": 0.0}, HIGH, "zero", "minimum"),
]


@pytest.mark.parametrize(("program", "at", "definiteness", "stationary", "point"), SAID)
@pytest.mark.parametrize("mode", ["auto", "numeric", "symbolic"])
def test_what_a_point_is(program, at, definiteness, stationary, point, mode):
    found = diffcli.hessian(program, at, mode=mode)
    said = found.definiteness, found.stationary, found.point
    if mode == "auto":
        assert said == (definiteness, stationary, point)
    elif said[0] not in ("", OPEN):  # differences, and forms of SymPy's, may leave more undecided, and never say otherwise
        assert said[0] == definiteness and said[2] in (point, OPEN)


def inertia(matrix):
    """How many eigenvalues are above 0, and how many below, by elimination in fractions with 2 by 2 pivots."""
    rest = [[Fraction(entry) for entry in row] for row in matrix]
    above = below = 0
    while rest:
        size = len(rest)
        pivot = next((k for k in range(size) if rest[k][k]), None)
        if pivot is None:
            pair = next(((i, j) for i in range(size) for j in range(i) if rest[i][j]), None)
            if pair is None:
                break
            i, j = pair
            for k in range(size):  # x_j becomes x_j + x_i: the diagonal gains twice the entry
                rest[j][k] += rest[i][k]
            for k in range(size):
                rest[k][j] += rest[k][i]
            continue
        head = rest[pivot]
        above, below = above + (head[pivot] > 0), below + (head[pivot] < 0)
        others = [k for k in range(size) if k != pivot]
        rest = [[rest[i][j] - rest[i][pivot] * head[j] / head[pivot] for j in others] for i in others]
    return above, below


@pytest.mark.parametrize("seed", range(60))
def test_no_word_is_false_however_close_an_eigenvalue_is_to_zero(seed):
    """Forms x'A x whose entries are floats, all exact in the program, with eigenvalues from 1 down to 1e-18 of either sign."""
    chosen = random.Random(seed)
    size = chosen.choice([1, 2, 3, 4])
    lower = np.tril([[chosen.choice([-2, -1, 0, 0.5, 1, 3]) for _ in range(size)] for _ in range(size)], -1) + np.eye(size)
    pivots = [chosen.choice([-1, 1, 1]) * 2.0 ** -chosen.choice([0, 0, 3, 20, 33, 45, 60]) * chosen.choice([0, 1, 1, 1]) for _ in range(size)]
    matrix = lower @ np.diag(pivots) @ lower.T
    matrix = (matrix + matrix.T) / 2
    names = "abcd"[:size]
    text = " + ".join(f"({float(matrix[i, j])!r})*{names[i]}*{names[j]}" for i in range(size) for j in range(size))
    found = diffcli.hessian(text, dict.fromkeys(names, 0.0))
    above, below = inertia((2 * matrix).tolist())
    truth = HIGH if above == size else LOW if below == size else BOTH if above and below else "semidefinite"
    assert found.definiteness in (truth, OPEN)
    assert found.eigenvalues == pytest.approx(np.linalg.eigvalsh(2 * matrix), rel=0, abs=1e-14 * (1 + np.linalg.norm(matrix)))
    if min(map(abs, pivots)) >= 0.1:
        assert found.definiteness == truth


def test_a_large_matrix_has_none():
    assert diffcli.hessian("sum(x^2)", {"x": np.zeros(501)}).eigenvalues == ()
    assert diffcli.hessian("sum(x^2)", {"x": np.zeros(500)}).point == "minimum"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ('"x^2 - 3*y^2" --at x=0,y=0', ["eigenvalues: -6, 2; indefinite", "the gradient is zero: a saddle point"]),
        ('"cos(x)" --at x=pi', ["eigenvalues: 1; positive definite", "the gradient is zero up to rounding: a local minimum"]),
        ('"-x^2" --at x=1', ["eigenvalues: -2; negative definite"]),
        ('"x^4" --at x=0', ["eigenvalues: 0; every entry is 0, which leaves undecided whether the matrix is definite",
                            "the gradient is zero: undecided by second derivatives"]),
        ('"x^4 + y^2" --at x=0,y=0', ["eigenvalues: 0, 2; one is 0 up to rounding, which leaves undecided whether the matrix is definite",
                                      "the gradient is zero: undecided by second derivatives"]),
        ('"x*y*x" --at x=0,y=0', ["eigenvalues: 0, 0; every entry is 0, which leaves undecided whether the matrix is definite",
                                  "the gradient is zero: undecided by second derivatives"]),
        ('"sum(x^2)" --at x=[0,0,0,0,0,0,0,0,0,1]', ["eigenvalues: 2, 2, 2, 2, ..., 2, 2, 2, 2; positive definite"]),
        ('"abs(x)" --at x=0', []),
        ('"exp(x)" --at x=0 --digits 3 --mode symbolic', ["eigenvalues: 1; positive definite"]),
    ],
)  # fmt: skip
def test_lines_of_the_report(arguments, lines):
    shown = run(f"hessian {arguments} --width 150").stdout.splitlines()
    assert [line for line in shown if line.startswith(("eigenvalues", "the gradient"))] == lines


def test_json_has_them_and_quiet_output_does_not_wait_for_them():
    data = json.loads(run('hessian "x^2 - y^2" --at x=0,y=0 --json').stdout)
    assert (data["eigenvalues"], data["definiteness"], data["stationary"], data["point"]) == ([-2.0, 2.0], BOTH, "zero", "saddle")
    assert "stationary" not in json.loads(run('hessian "x^2 - y^2" --at x=1,y=0 --json').stdout)
    assert "eigenvalues" not in json.loads(run('hessian "sqrt(x)" --at x=0 --json').stdout)
    assert run('hessian "x^2" --at x=0 -q').stdout == "f\t0\ndf/dx\t0\nd2f/dxdx\t2\n"
    assert not math.isnan(diffcli.hessian("x^2", "x=0").eigenvalues[0])
