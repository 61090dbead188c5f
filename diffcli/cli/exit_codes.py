"""The exit codes, all of them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's end says to a script; `diffcli.errors.codes.EXITS` says it in words."""

    OK = 0
    DISAGREES = 1
    USAGE = 2
    SYNTAX = 3
    DOMAIN = 4
    NOT_DIFFERENTIABLE = 5
    LIMIT = 6
    MISSING_EXTRA = 7
    BUG = 70
    INTERRUPTED = 130
