"""A data set of several Parquet files, computed by two worker processes of Dask by `diffcli batch --scheduler`.

$ python examples/cluster.py            needs pip install "diffcli[scale]"
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PROGRAM = "a*exp(-b*t)*sin(c*t)"

if __name__ == "__main__":  # processes of workers import this file again
    try:
        import dask.distributed  # noqa: F401 (asked for)
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as missing:
        raise SystemExit(f"{missing.name} is missing: pip install 'diffcli[scale]'") from None

    folder = Path(tempfile.mkdtemp())
    (folder / "runs").mkdir()
    source = np.random.default_rng(1)
    for run in range(4):
        columns = {name: source.uniform(0.5, 2.0, 50_000) for name in ("a", "b", "c")}
        pq.write_table(pa.table({**columns, "t": np.linspace(0.0, 5.0, 50_000)}), folder / "runs" / f"run{run}.parquet")

    command = ["-m", "diffcli", "batch", PROGRAM, "--data", "runs", "--wrt", "a,b,c", "-o", "slopes", "--scheduler", "local"]
    subprocess.run([sys.executable, *command, "--table", "ranges", "-f", "csv"], check=True, cwd=folder)
    print("files:", ", ".join(sorted(file.name for file in (folder / "slopes").iterdir())))
    found = pq.read_table(folder / "slopes")
    print("columns:", ", ".join(found.column_names), "rows:", found.num_rows)
