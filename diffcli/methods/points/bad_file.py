"""A file that cannot be used as data."""

from __future__ import annotations

import math
from typing import Any

from diffcli.methods.points.nested import element


class BadFile(Exception):
    """A file that cannot be used: its diagnostic's code, what is wrong, and what to do."""

    def __init__(self, code: str, message: str, *help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


def require_finite(value: Any, path: str) -> Any:
    """The value, if all of its elements are finite."""
    from diffcli.operations.arithmetic.array_files import first_non_finite

    if isinstance(value, float):
        if not math.isfinite(value):
            raise BadFile("bad-data", f"{path} holds {value}, not a finite number")
        return value
    place = first_non_finite(value)
    if place is not None:
        message = f"{path} holds {float(value[place])} at {element('', place)}, not a finite number"
        raise BadFile("bad-data", message, "indices count from 0")
    return value
