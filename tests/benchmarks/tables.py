"""Ten million rows of Parquet: `diffcli batch` beside DuckDB and polars, which compute the same columns by expressions of SymPy.

Each writes the value and the gradient of Black and Scholes's price by spot, strike and time to a Parquet file. Seconds are those of a
process of its own, from its start to its end; memory is the most that it held, with and without what it mapped of files.

$ python tests/benchmarks/tables.py [ROWS] [FOLDER]        needs pyarrow, polars and duckdb
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = """d1 = (log(s/k) + (0.05 + 0.2^2/2)*t)/(0.2*sqrt(t)); d2 = d1 - 0.2*sqrt(t);
s*(1 + erf(d1/sqrt(2)))/2 - k*exp(-0.05*t)*(1 + erf(d2/sqrt(2)))/2"""

POLYNOMIAL = "d1 = (log(s/k) + 0.07*t)/(0.2*sqrt(t)); d2 = d1 - 0.2*sqrt(t); s*tanh(d1) - k*exp(-0.05*t)*tanh(d2)"
"""The same with tanh for the error function, which neither DuckDB nor polars has."""

MAKE = """
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
source, rows = np.random.default_rng(1), int(sys.argv[1])
columns = {"s": source.uniform(50, 150, rows), "k": source.uniform(50, 150, rows), "t": source.uniform(0.1, 2, rows)}
pq.write_table(pa.table(columns), "in.parquet", row_group_size=2**20)
"""

EXPRESSIONS = """
import sympy
s, k, t = sympy.symbols("s k t", positive=True)
d1 = (sympy.log(s/k) + sympy.Float("0.07")*t)/(sympy.Float("0.2")*sympy.sqrt(t))
d2 = d1 - sympy.Float("0.2")*sympy.sqrt(t)
f = s*sympy.tanh(d1) - k*sympy.exp(-sympy.Float("0.05")*t)*sympy.tanh(d2)
found = {"f": f, **{f"df/d{x}": sympy.diff(f, x) for x in (s, k, t)}}
"""

DUCKDB = EXPRESSIONS + """
import duckdb, sympy.printing.str as printing
class SQL(printing.StrPrinter):
    def _print_Pow(self, e, rational=False):
        return f"pow({self._print(e.base)}, {self._print(sympy.Float(e.exp))})"
    def _print_log(self, e):
        return f"ln({self._print(e.args[0])})"
    def _print_Rational(self, e):
        return str(float(e))
texts = ", ".join(f'{SQL().doprint(e)} AS "{name}"' for name, e in found.items())
duckdb.sql(f"SET threads = {THREADS}")
duckdb.sql(f"COPY (SELECT {texts} FROM 'in.parquet') TO 'duckdb.parquet' (FORMAT parquet)")
"""

POLARS = EXPRESSIONS + """
import os
os.environ["POLARS_MAX_THREADS"] = str(THREADS)
import polars as pl
names = {"s": pl.col("s"), "k": pl.col("k"), "t": pl.col("t")}
functions = {"log": lambda a: a.log(), "exp": lambda a: a.exp(), "sqrt": lambda a: a.sqrt(), "tanh": lambda a: a.tanh()}
made = [sympy.lambdify((s, k, t), e, modules=[functions])(**names).alias(name) for name, e in found.items()]
pl.scan_parquet("in.parquet").select(made).sink_parquet("polars.parquet")
"""


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds, and the most memory in megabytes."""
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, command
    return time.perf_counter() - start, usage.ru_maxrss / 1024


ROOT = Path(__file__).parents[2]


def main() -> None:
    rows = sys.argv[1] if len(sys.argv) > 1 else "10000000"
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    if not (folder / "in.parquet").exists():
        subprocess.run([sys.executable, "-c", MAKE, rows], cwd=folder, check=True)
    batch = [sys.executable, "-m", "diffcli", "batch", "--data", "in.parquet", "--wrt", "s,k,t"]
    for threads in (1, os.cpu_count() or 1):
        print(f"{int(rows):,} rows, {threads} threads")
        for name, command in {
            "diffcli": [*batch, POLYNOMIAL, "-o", "diffcli.parquet", "--threads", str(threads)],
            "diffcli, erf": [*batch, PROGRAM, "-o", "erf.parquet", "--threads", str(threads)],
            "DuckDB": [sys.executable, "-c", f"THREADS = {threads}\n{DUCKDB}"],
            "polars": [sys.executable, "-c", f"THREADS = {threads}\n{POLARS}"],
            "reading and writing alone": [*batch, "0*s + k*0 + t*0", "-o", "nothing.parquet", "--threads", str(threads)],
        }.items():
            seconds, memory = min(timed(command, folder) for _ in range(3))
            print(f"    {name:28}{seconds:8.2f} s{memory:8.0f} MB", flush=True)


if __name__ == "__main__":
    main()
