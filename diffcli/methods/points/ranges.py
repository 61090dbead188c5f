"""The numbers that options take, of commands and of the library's functions: what each may be."""

from __future__ import annotations

from typing import Any

from diffcli._named import NamedTuple
from diffcli.errors import UsageError, error


class Range(NamedTuple):
    """Numbers from ``least`` to ``most``, or whole ones."""

    least: float
    most: float
    whole: bool = True

    def require(self, name: str, value: Any) -> Any:
        """The value, if it is in range.

        Raises
        ------
        UsageError
            It is not, or is no number at all; ``name`` is what it was given for.

        >>> Range(1, 10).require("order", 2), TIMEOUT.require("timeout", 0.5)
        (2, 0.5)
        """
        kinds = int if self.whole else (int, float)
        number = value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value
        if isinstance(number, kinds) and not isinstance(number, bool) and self.least <= number <= self.most:
            return number
        shown = text if len(text := f"{number:.12g}" if isinstance(number, float) else str(value)) <= 40 else f"{text[:37]}..."
        raise UsageError([error("bad-value", f"{name} is {shown}, not {self}")])

    def __str__(self) -> str:
        if self.most == LARGEST:
            return "a positive number"
        return f"a {'whole ' * self.whole}number from {self.least:.12g} to {self.most:.20g}"


LARGEST = 1.7976931348623157e308

POSITIVE = Range(5e-324, LARGEST, whole=False)
MAX_NODES = Range(1, 10**9)
TIMEOUT = Range(0, 10**7, whole=False)
"""Seconds: up to a season."""

OPTIONS: dict[str, Range] = {"max_nodes": MAX_NODES, "step": POSITIVE}
"""Those of the records in `diffcli.methods.options`."""
