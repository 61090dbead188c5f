"""Scripts of autograd semantics, which run on PyTorch and on diffcli.autograd alike (`semantics.record`)."""

from semantics import functions, gradients, graphs, inplace, kinks, leaves, modes, modules  # noqa: F401
from semantics.on_purpose import ON_PURPOSE, changed
from semantics.record import GOLDEN, SCRIPTS, as_lines, diffcli, pytorch, run, same

__all__ = ["GOLDEN", "ON_PURPOSE", "SCRIPTS", "as_lines", "changed", "diffcli", "pytorch", "run", "same"]
