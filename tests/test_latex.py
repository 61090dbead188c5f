"""What LaTeX refuses: braces that do not match, a second subscript on one base, a subscript outside of formulas."""

from __future__ import annotations

import re

import pytest
from console import run

NAMES = (
    "x", "x1", "a_b", "a_b_c", "_", "__", "_x", "x_", "_1", "x__2", "a_1_b_2", "alpha_1_2", "λ_β_γ", "rate_2_", "w_f_df_dx",
    "a_long_name_of_many_parts_10",
)  # fmt: skip

COMMANDS = (
    'grad "{a}^2*{b} + sin({a})" --at {a}=1.5,{b}=2',
    'grad "{a}^2*{b} + sin({a})" --at {a}=1.5,{b}=2 --mode forward --direction {a}=1,{b}=2',
    'grad "{a}^2*{b}" --at {a}=1.5,{b}=2 --mode numeric',
    'grad "{a}^2*{b}" --at {a}=1.5,{b}=2 --mode symbolic --steps',
    'grad "{b} = {a}^2; {b}*exp({b})" --at {a}=1.5 --derivative-tape',
    'grad "sum({a}*{b})" --at {a}=[1,2],{b}=[3,4]',
    'diff "{a}^2*{b} + sin({a})"',
    'diff "{a}^2*{b} + sin({a})" --at {a}=1.5,{b}=2 --wrt {a},{a},{b}',
    'diff "{a}^2*{b} + sin({a})" --hessian --at {a}=1.5,{b}=2',
    'diff "{b} = {a}^2; [{b}*exp({b}), {a}]" --at {a}=1.5',
    'diff "sum({a}*{b})" --at {a}=[1,2],{b}=[3,4]',
    'jvp "[{a}*{b}, {a}]" --at {a}=1.5,{b}=2 --direction {a}=1',
    'jvp "{b} = {a}^2; {b}" --of {b} --at {a}=1.5 --direction {a}=1',
    'vjp "[{a}*{b}, {a}]" --at {a}=1.5,{b}=2 --weights f1=1,{a}=2',
    'vjp "{a}*{b}" --at {a}=1.5,{b}=2',
    'hvp "{a}^2*{b}" --at {a}=1.5,{b}=2 --direction {a}=1',
    'jacobian "[{a}*{b}, {a}]" --at {a}=1.5,{b}=2',
    'hessian "{a}^2*{b}" --at {a}=1.5,{b}=2 --mode numeric',
    'check "{a}*{b}" --at {a}=1.5,{b}=2',
    'graph "{a}*{b}" --at {a}=1.5,{b}=2',
    'taylor "exp({a})*{b}" --wrt {a} --at {a}=1,{b}=2',
    'ast "{b} = {a}^2; {b}*exp({b})"',
    'step-size "{a}^2*{b}" --at {a}=1.5,{b}=2 --wrt {a}',
)  # fmt: skip


def refused(latex):
    """What LaTeX would refuse in a text, in words."""
    found = []
    for number, part in enumerate(re.split(r"(?<!\\)\$|\\\[|\\\]", latex)):
        found += refused_in_formula(part) if number % 2 else re.findall(r"(?<!\\)[_^].{,9}", re.sub(r"^%.*", "", part, flags=re.M))
    return found


def refused_in_formula(latex):
    """Braces that do not match, and scripts where a base has one of the kind already."""
    scripts, opened, is_script = set(), [], False
    for found in re.finditer(r"\\[A-Za-z]+|\\.|[{}_^]|\S", latex):
        token, place = found[0], latex[max(found.start() - 20, 0) : found.end()]
        if token in "_^":
            if token in scripts or is_script:
                return [place]
            scripts.add(token)
            is_script = True
        elif token == "{":
            opened.append((scripts, is_script))
            scripts, is_script = set(), False
        elif token == "}":
            if not opened or is_script:
                return [place]
            before, was_script = opened.pop()
            scripts, is_script = before if was_script else set(), False
        else:
            scripts, is_script = scripts if is_script else set(), False
    return ["a brace is left open"] if opened or is_script else []


@pytest.mark.parametrize(
    ("latex", "is_refused"),
    [
        (r"$a_{b}$ and $\mathrm{a\_b}_{c}^2$", False), (r"$\bar{v}_{1} \cdot x_1$", False), ("$a_b_c$", True), ("$d/da_b_c$", True),
        ("$a^2^3$", True), ("$a_{b}_{c}$", True), (r"$\frac{a$", True), ("$a}$", True), ("a_b", True), (r"a\_b", False),
        (r"\[ {a_b}_c \]", False), ("$x_$", True), (r"$\text{a_b}$", False),
    ],
)  # fmt: skip
def test_the_checker(latex, is_refused):
    assert bool(refused(latex)) == is_refused


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", NAMES)
def test_latex_takes_any_name(name, command):
    outcome = run(command.format(a=name, b="v_0_w" if name != "v_0_w" else "u") + " -f latex")
    assert outcome.exit in (0, 1, 4), outcome.stderr
    assert "tabular" in outcome.stdout or r"\[" in outcome.stdout
    assert refused(outcome.stdout) == []


OF_A_FUNCTION = (
    *(f"grad {{f}} --at x_1=1,y=2 --mode {mode}" for mode in ("reverse", "forward", "numeric", "symbolic")),
    "grad {f} --at x_1=1,y=2 --derivative-tape", "jacobian {f} --at x_1=1,y=2", "hessian {f} --at x_1=1,y=2", "check {f} --at x_1=1,y=2",
    "jvp {f} --at x_1=1,y=2 --direction y=1", "vjp {f} --at x_1=1,y=2", "hvp {f} --at x_1=1,y=2 --direction y=1", "graph {f} --at x_1=1,y=2",
    "step-size {f} --at x_1=1,y=2 --wrt y", "taylor {f} --at x_1=1,y=2 --wrt y",
)  # fmt: skip


@pytest.mark.parametrize("command", OF_A_FUNCTION)
@pytest.mark.parametrize("name", ["f", "T", "loss_2"])
def test_latex_of_a_python_function_names_it(name, command, tmp_path, monkeypatch):
    """Its name with that of its file is no formula, though ``m_1.T`` could be read as one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m_1.py").write_text(f"def {name}(x_1, y):\n    return x_1*x_1*y\n")
    outcome = run(command.format(f=f"m_1.py:{name}") + " -f latex")
    assert outcome.exit == 0, outcome.stderr
    assert refused(outcome.stdout) == [] and "top" not in outcome.stdout
    if command.startswith("grad"):
        assert f"f(x\\_1, y) = m\\_1.{name.replace('_', chr(92) + '_')} at" in outcome.stdout
