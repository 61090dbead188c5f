"""What a run costs before it computes: CPU time of the whole process, against ``python -c pass``.

    python tests/benchmarks/startup.py [ROUNDS]

The project is installed into a fresh virtual environment first, because a source tree is slower to import. Every case is
run once a round, in turn; the shortest of each counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PROJECT = Path(__file__).parents[2]
EXPRESSION = ["grad", "ln(x1) + x1*x2 - sin(x2)", "--at", "x1=2,x2=5"]
GOALS = {"diffcli --help": 4.3, "gradient as JSON": 4.8, "gradient as a table": 7.0, "import diffcli": 2.0}


def cpu_seconds(command: list[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python, diffcli = f"{folder}/bin/python", f"{folder}/bin/diffcli"
        subprocess.run([python, "-m", "pip", "install", "--quiet", str(PROJECT)], check=True)
        cases = {
            "python -c pass": [python, "-c", "pass"],
            "import click": [python, "-c", "import click"],
            "import click, rich": [python, "-c", "import click, rich.console, rich.table"],
            "import diffcli": [python, "-c", "import diffcli"],
            "diffcli --help": [diffcli, "--help"],
            "gradient as JSON": [diffcli, *EXPRESSION, "--json"],
            "gradient as a table": [diffcli, *EXPRESSION],
            "gradient by SymPy": [diffcli, *EXPRESSION, "--mode", "symbolic", "--json"],
        }
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        for command in cases.values():
            cpu_seconds(command, environment)  # compiles what is not compiled yet
        shortest = dict.fromkeys(cases, float("inf"))
        for _ in range(rounds):
            for name, command in cases.items():
                shortest[name] = min(shortest[name], cpu_seconds(command, environment))
    bare = shortest["python -c pass"]
    print(f"{'process':24}{'CPU ms':>8}{'/ python':>10}{'goal':>7}")
    for name, seconds in shortest.items():
        print(f"{name:24}{1e3 * seconds:8.1f}{seconds / bare:10.2f}{GOALS.get(name, ''):>7}")


if __name__ == "__main__":
    main()
