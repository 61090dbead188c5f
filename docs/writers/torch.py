"""The tables of PyTorch's names, as part of a page."""

from __future__ import annotations

from pathlib import Path

from diffcli.torch.names import INSTEAD, MODULES, NAMES
from writers.pages import code, prose, table

MODULE_TEXT = "A module of PyTorch's is a module here; names in it that are the same are not listed."


def write(folder: Path) -> None:
    modules = table(("PyTorch", "diffcli"), [(code(path), code(home)) for path, home in MODULES.items()])
    names = table(("PyTorch", "diffcli"), [(code(path), code(home.replace(":", "."))) for path, home in NAMES.items()])
    missing = table(("PyTorch", "instead"), [(code(name), prose(instead)) for name, instead in INSTEAD.items()])
    parts = ["## Modules", MODULE_TEXT, modules, "## Names that stand for something else", names]
    parts += ["## Names that are missing, and what to write instead", missing]
    (folder / "tables.md").write_text("\n\n".join(parts), encoding="utf-8")
