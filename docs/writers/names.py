"""Names of PyTorch and NumPy, and what to write instead, as parts of pages."""

from __future__ import annotations

from pathlib import Path

from diffcli.errors.foreign_names import INSTEAD
from diffcli.tape.recording import untraceable
from diffcli.torch.names import MODULES, NAMES
from writers.pages import code, prose, table

MODULE_TEXT = "A module of PyTorch's is a module here; names in it that are the same are not listed."


def write(folder: Path) -> None:
    modules = table(("PyTorch", "diffcli"), [(code(path), code(home)) for path, home in MODULES.items()])
    names = table(("PyTorch", "diffcli"), [(code(path), code(home.replace(":", "."))) for path, home in NAMES.items()])
    missing = table(("PyTorch", "instead"), [(code(name), prose(instead)) for name, instead in INSTEAD.items()])
    parts = ["## Modules", MODULE_TEXT, modules, "## Names that stand for something else", names]
    parts += ["## Names that are missing, and what to write instead", missing]
    recorded = table(("function", "instead"), [(code(name), prose(instead)) for name, instead in untraceable.INSTEAD.items()])
    (folder / "recording.md").write_text(recorded, encoding="utf-8")
    (folder / "torch.md").write_text("\n\n".join(parts), encoding="utf-8")
