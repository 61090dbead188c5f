"""What checkers of types and completion see of the library: every public name, and no other."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from inside import ARRAY_FUNCTIONS, ARRAYS, FUNCTION_NAMES, RECORDED_NAMES, REDUCED, find_function

import diffcli

ROOT = Path(__file__).parents[1]
STUB = ROOT / "diffcli" / "_functions.pyi"
HEAD = '''"""The functions of the table for checkers of types; at run time `diffcli` makes each from its row when it is first asked for.

Written by ``python -m pytest tests/test_types.py --update-golden``.
"""

from typing import Any

__all__ = [  # noqa: RUF022
'''


def signature(name):
    """The parameters of a function: operands by their place, what is fixed in a row of arrays after them or by name."""
    rows = find_function(name)
    if not rows:
        row = ARRAYS[ARRAY_FUNCTIONS[name]]
        fixed = [f"{key}: Any = ..." for key in (text.partition("=")[0] for text in row.fixed) if key != "backwards"]
        operands = ["*a: Any"] if row.variadic else [f"{operand}: Any" for operand in row.operands] + ["/"]
        return ", ".join(operands + fixed)
    if rows[0].variadic:
        reduced = [f"{key}: Any = ..." for key in ("axis", "keepdims")] if name in REDUCED else []
        return ", ".join(["*a: Any", *reduced])
    longest = max(rows, key=lambda row: row.arity[1])
    least = min(row.arity[0] for row in rows)
    return ", ".join([*[f"{operand}: Any{' = ...' * (place >= least)}" for place, operand in enumerate(longest.parameters)], "/"])


def stub():
    names = sorted(set(RECORDED_NAMES) - set(diffcli.__all__))
    listed = textwrap.fill(", ".join(f'"{name}"' for name in names), 120, initial_indent="    ", subsequent_indent="    ")
    return f"{HEAD}{listed},\n]  # fmt: skip\n\n" + "".join(f"def {name}({signature(name)}) -> Any: ...\n" for name in names)


def test_the_stub_is_that_of_the_table(request):
    if request.config.getoption("--update-golden"):
        STUB.write_text(stub(), encoding="utf-8")
    assert STUB.read_text(encoding="utf-8") == stub()


@pytest.mark.parametrize("name", sorted(set(RECORDED_NAMES) - set(diffcli.__all__)))
def test_a_function_takes_what_its_signature_says(name):
    """As many operands as the least and the most of them are, of numbers or of arrays."""
    parameters = [part.strip() for part in signature(name).split(",")]
    operands = [part for part in parameters if part != "/" and not part.startswith(("axis", "keepdims", "shape:", "classes"))]
    least = sum("=" not in part for part in operands)
    function = getattr(diffcli, name)
    assert callable(function) and function.__name__ == name
    if find_function(name):
        for count in {least, len(operands)}:
            assert isinstance(function(*[0.5] * count), float | int), name
        if not operands[-1].startswith("*"):
            with pytest.raises(TypeError):
                function(*[0.5] * (len(operands) + 1))


CHECKED = '''\
from collections.abc import Callable
from typing import Any

import diffcli
import diffcli.autograd as ad

one: Callable[[Any], Any] = diffcli.sin
two: Callable[[Any, Any], Any] = diffcli.atan2
total = diffcli.sum([[1, 2], [3, 4]], axis=0)
result: diffcli.GradientResult = diffcli.grad(lambda x: diffcli.softplus(x) + diffcli.log(x, 2), {"x": 1.0})
value: float | Any = diffcli.evaluate(diffcli.parse("x^2"), "x=2")
tensor: ad.Tensor = diffcli.autograd.tensor([1.0])
layer = diffcli.nn.Linear(2, 1)
ones = diffcli.torch.ones(2)
k = diffcli.compile("x*y", wrt="x", backend="python")
number, slopes = k(1.0, 2.0)
many: Any = k([1, 2], y=3, threads=2)
_, gradient, hessian = diffcli.compile("x*y", order=2)(1.0, 2.0)
first: tuple[Any, ...] = gradient
kept: diffcli.Kernel = diffcli.compile("x", order=0)
said: diffcli.Flag = kept.flags(0.0)
'''
WRONG = [("diffcli.sinn(1.0)", "sinn"), ("diffcli.sin()", "sin"), ("diffcli.atan2(1.0)", "atan2"), ("diffcli.sin(1.0, 2.0)", "sin"), ("diffcli.import_module", "import_module"), ('diffcli.compile("x").curve', "curve")]


def checked(text, folder):
    (folder / "user.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder), "--no-error-summary", "user.py"]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={"MYPYPATH": str(ROOT), "PATH": ""})
    return [line for line in finished.stdout.splitlines() if line.startswith("user.py") and ": error:" in line]


@pytest.mark.slow
def test_mypy_knows_every_function_and_no_other(tmp_path):
    pytest.importorskip("mypy")
    assert checked(CHECKED, tmp_path) == []
    lines = checked("import diffcli\n" + "".join(f"{call}\n" for call, _ in WRONG), tmp_path)
    assert [re.match(r"user.py:(\d+)", line)[1] for line in lines] == [str(place) for place in range(2, len(WRONG) + 2)], lines
    assert all(f'"{name}"' in line for (_, name), line in zip(WRONG, lines, strict=True)), lines


def test_completion_shows_the_public_names_and_no_inner_ones():
    shown = dir(diffcli)
    assert shown == sorted({*diffcli.__all__, *FUNCTION_NAMES, *RECORDED_NAMES, "autograd", "nn", "testing", "torch"})
    assert {"sin", "softplus", "sum", "grad", "torch"} <= set(shown) and not {"methods", "errors", "import_module", "cli"} & set(shown)
    assert all(getattr(diffcli, name) is not None for name in shown)
