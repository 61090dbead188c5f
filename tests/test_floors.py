"""The floors of the house: imports go down only, and what belongs in one place stands nowhere else."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import diffcli

ROOT = Path(diffcli.__file__).parent
FLOORS = {
    "errors": 0, "records": 0, "operations": 1, "language": 2, "tape": 3, "methods": 4, "autograd": 4, "nn": 4,
    "studies": 5, "reports": 6, "cli": 7, "__main__": 8,
}  # fmt: skip
ONLY_IN = {
    "sympy": "methods/symbolic", "rich": "reports/", "click": "cli/", "matplotlib": "reports/",
    "numpy": "operations/arithmetic/", "mpmath": "operations/arithmetic/",
}  # fmt: skip
FORBIDDEN = {"eval": None, "exec": "tape/running/rules.py", "compile": "tape/running/rules.py", "sympify": None, "parse_expr": None}
"""Calls that no user's text may reach, and the one module in which the table's own texts are compiled."""
FILES = sorted(ROOT.rglob("*.py"))


def imports(path):
    package = ("diffcli", *path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join((*base, node.module or ""))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path):
    where = str(path.relative_to(ROOT))
    own = FLOORS.get(path.relative_to(ROOT).parts[0].removesuffix(".py"))
    assert own is not None or where in ("__init__.py", "_version.py"), f"{where} stands on no floor"
    for name in imports(path):
        top, _, rest = name.partition(".")
        assert where.startswith(ONLY_IN.get(top, "")), f"{where} imports {name}, which belongs in {ONLY_IN[top]}"
        floor = FLOORS.get(rest.split(".")[0]) if top == "diffcli" else None
        assert own is None or floor is None or floor <= own, f"{where} on floor {own} imports {name} on floor {floor}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_evaluated_but_the_rules_of_the_table(path):
    where = str(path.relative_to(ROOT))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            module = node.func.value if isinstance(node.func, ast.Attribute) else None
            if name in FORBIDDEN and not (isinstance(module, ast.Name) and module.id == "re"):
                assert where == FORBIDDEN[name], f"{where}:{node.lineno} calls {name}"


HEAVY = ("numpy", "sympy", "mpmath", "matplotlib", "fractions", "difflib")


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import diffcli", (*HEAVY, "rich", "click", "typing", "re")),
        ("import diffcli; diffcli.grad('x^2', {'x': 2})", (*HEAVY, "rich", "click")),
        ("from diffcli.cli.main import main; main(['--help'])", (*HEAVY, "rich", "diffcli.language", "diffcli.operations")),
        ("from diffcli.cli.main import main; main(['grad', 'x^2', '--at', 'x=2', '--json'])", (*HEAVY, "rich")),
        ("from diffcli.cli.main import main; main(['grad', 'x^2', '--at', 'x=2'])", ("numpy", "sympy", "mpmath", "difflib")),
        ("from diffcli.cli.main import main; main(['grad', 'x^2', '--at', 'x=2', '--mode', 'numeric'])", ("numpy", "sympy", "mpmath")),
    ],
    ids=["import", "library", "help", "json", "table", "numeric"],
)
def test_what_a_run_imports(code, absent):
    script = f"import sys; {code}; print(*[name for name in {absent!r} if name in sys.modules], file=sys.stderr)"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stderr.strip() == ""
