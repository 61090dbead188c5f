"""The exit codes, all of them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's end says to a script, and the same in words."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        found = int.__new__(cls, code)
        found._value_, found.meaning = code, meaning
        return found

    OK = 0, "done"
    DISAGREES = 1, "checked, and disagrees"
    USAGE = 2, "the command line or a file cannot be used"
    SYNTAX = 3, "the expression or a name is wrong"
    DOMAIN = 4, "the value is undefined, or the result is not finite"
    NOT_DIFFERENTIABLE = 5, "not differentiable, under --strict or --kink error"
    LIMIT = 6, "a limit was reached"
    MISSING_EXTRA = 7, "an optional package is needed"
    BUG = 70, "a bug in diffcli"
    INTERRUPTED = 130, "interrupted"
