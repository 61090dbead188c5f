"""The Python API: every public name, with its docstring, from the packages' own lists of names."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

from diffcli.operations import ARRAY_NAMES, FUNCTION_NAMES
from writers.pages import block, code, contents

PACKAGES = {
    "diffcli": "Functions, results and errors of the library.",
    "diffcli.testing": "Assertions about derivatives for your tests.",
    "diffcli.autograd": "Tensors that record what is computed with them.",
    "diffcli.nn": "Layers, losses and containers on tensors.",
    "diffcli.nn.functional": "The same as functions.",
    "diffcli.nn.optim": "Optimisers.",
    "diffcli.nn.init": "How parameters start.",
}
HIDDEN = ("__version__", "functional", "init", "optim")
FUNCTIONS, RECORDS, ERRORS, MODULES = "Functions", "Classes", "Errors and warnings", "Modules"


def write(folder: Path) -> None:
    for package, summary in PACKAGES.items():
        (folder / f"{package}.md").write_text(_page(package, summary), encoding="utf-8")
    lines = "".join(f"- [{code(package)}]({package}.md): {summary}\n" for package, summary in PACKAGES.items())
    torch = "- [`diffcli.torch`](../../pytorch.md): PyTorch's names for the packages above.\n"
    index = f"# Python API\n\n{lines}{torch}\nErrors print the same diagnostics as the command line. The index of [errors, warnings\nand notes](../codes/index.md) explains each code.\n\n"
    (folder / "index.md").write_text(index + contents(PACKAGES, hidden=True), encoding="utf-8")


def _page(package: str, summary: str) -> str:
    module = import_module(package)
    groups: dict[str, list[str]] = {}
    for name in names(package):
        groups.setdefault(_group(getattr(module, name)), []).append(name)
    text = f"# {package}\n\n{summary}\n\n" + block("{eval-rst}", f".. automodule:: {package}\n   :no-index:\n" if package != "diffcli.testing" else "")
    text += block("{eval-rst}", f".. currentmodule:: {package}")
    for group in (FUNCTIONS, RECORDS, ERRORS):
        if found := groups.get(group):
            kind = "function" if group == FUNCTIONS else "class"
            directives = "\n".join(_directive(kind, package, name, getattr(module, name)) for name in found)
            text += f"\n## {group}\n\n{block('{eval-rst}', directives)}"
    if package in ("diffcli", "diffcli.autograd", "diffcli.nn.functional"):
        text += ELEMENTWISE.format(package=package, names=", ".join(map(code, sorted({*FUNCTION_NAMES, *ARRAY_NAMES}, key=str.lower))))
    return text


ELEMENTWISE = """
## Functions of the language

Each of the [functions of the language](../../functions.md) is an attribute of `{package}` too: {names}.
"""


def names(package: str) -> list[str]:
    """The public names that are the package's own, and no function of the language."""
    module = import_module(package)
    listed = getattr(module, "__all__", None) or [name for name in dir(module) if _is_own(module, name)]
    if package == "diffcli.nn":
        listed = dir(module)
    return sorted((name for name in listed if name not in HIDDEN and not name.startswith("_")), key=str.lower)


def _is_own(module: Any, name: str) -> bool:
    found = getattr(module, name)
    home = getattr(found, "__module__", "")
    return (inspect.isfunction(found) or inspect.isclass(found)) and home.startswith(module.__name__) and bool(found.__doc__)


def _group(found: Any) -> str:
    if inspect.isclass(found):
        return ERRORS if issubclass(found, Exception) else RECORDS
    return FUNCTIONS


def _directive(kind: str, package: str, name: str, found: Any) -> str:
    text = f".. auto{kind}:: {package}.{name}\n"
    if kind == "class" and not issubclass(found, Exception):
        text += "   :members:\n" if found.__module__.startswith("diffcli") and name != "Tensor" else ""
    return text
