"""``python -m diffcli`` and the ``diffcli`` command."""

from __future__ import annotations

import gc
import os
import sys


def run() -> None:
    """The entry point of the ``diffcli`` command.

    Most runs are over in a few hundredths of a second, most of it start-up, so two things are done for start-up's sake:
    the garbage collector looks for cycles less often, and the process ends without taking down every module one by one.
    """
    gc.set_threshold(100_000, 20, 20)
    from diffcli.cli.main import main

    code = main()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # the shell may have closed it
                stream.flush()
    except BrokenPipeError:
        pass  # the reader has what it wanted
    os._exit(code)


if __name__ == "__main__":
    run()
