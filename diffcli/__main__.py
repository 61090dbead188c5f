"""``python -m diffcli`` and the ``diffcli`` command."""

from __future__ import annotations

import sys


def run() -> None:
    """The entry point of the ``diffcli`` command."""
    from diffcli.cli.main import main

    sys.exit(main())


if __name__ == "__main__":
    run()
