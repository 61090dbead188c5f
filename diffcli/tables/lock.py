"""A file, or a folder of results, belongs to one run as long as it is written."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import IO

from diffcli.errors import refusal


def hold(path: str, stack: ExitStack, what: str) -> None:
    """Keep a file for this process until the stack ends; if another one has it, ``what`` it writes is told."""
    while not _is_ours(stack.enter_context(open(path, "ab")), path, what):  # noqa: SIM115 (the stack closes it)
        pass  # another run has just ended, and put it elsewhere


def is_held(stream: IO[bytes], what: str) -> bool:
    """Keep an open file for this process, where there are locks of POSIX."""
    if os.name != "posix":
        return False
    import fcntl

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise refusal("unwritable-file", f"another run is writing {what}", "wait for it, or name another file after -o") from None
    except OSError:  # a file system without locks
        return False
    return True


def _is_ours(stream: IO[bytes], path: str, what: str) -> bool:
    """Whether an open file is held, and still the one that has its name."""
    return not is_held(stream, what) or (os.path.exists(path) and os.path.samestat(os.fstat(stream.fileno()), os.stat(path)))
