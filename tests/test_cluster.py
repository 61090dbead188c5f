"""A cluster gives the file that one process gives, bit for bit, whatever becomes of its workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import numpy as np
import pytest
from console import run
from inside import Job, hold

distributed = pytest.importorskip("dask.distributed", reason="clusters are Dask's")
pq = pytest.importorskip("pyarrow.parquet", reason="data sets are Parquet")

import pyarrow as pa  # noqa: E402

TEXT = "x*sin(y) + abs(x)*exp(-y^2)"
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def scheduler():
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50) as cluster:
        yield cluster


def table(rows, seed):
    source = np.random.default_rng(seed)
    columns = {"x": source.normal(size=rows), "y": source.normal(size=rows), "row": np.arange(rows)}
    columns["x"][7] = 0.0
    return pa.table(columns)


def test_a_killed_worker_changes_no_bit(scheduler, tmp_path):
    pq.write_table(table(2_000_000, 1), tmp_path / "in.parquet")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/in.parquet", "--keep", "row", "--json", "-o"]
    here = run([*asked, f"{tmp_path}/here.parquet"])
    assert here.exit == 0
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "diffcli", *asked, f"{tmp_path}/there.parquet", "--scheduler", scheduler.scheduler_address]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    part = tmp_path / "there.parquet.part"
    while child.poll() is None and not (part.exists() and part.stat().st_size > 2 * 10**6):
        time.sleep(0.01)
    running = child.poll() is None
    os.kill(next(iter(scheduler.workers.values())).pid, signal.SIGKILL)
    told, wrong = child.communicate(timeout=120)
    assert running, "the run was over before its worker was killed"
    assert (child.returncode, wrong) == (0, b"")
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()
    assert told.decode() == here.stdout.replace("here.parquet", "there.parquet")


@pytest.mark.slow
def test_killed_workers_of_this_machine_change_no_bit(tmp_path):
    psutil = pytest.importorskip("psutil", reason="it finds the workers")
    pq.write_table(table(1_500_000, 1), tmp_path / "in.parquet")
    long = " + ".join(f"sin({k}*x + y)*exp(-{k}*y^2)" for k in range(1, 40))  # some worker is at work when it is killed
    asked = ["batch", long, "--data", f"{tmp_path}/in.parquet", "--wrt", "x", "--json", "-o"]
    here = run([*asked, f"{tmp_path}/here.parquet"])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "diffcli", *asked, f"{tmp_path}/there.parquet", "--scheduler", "local"]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    part = tmp_path / "there.parquet.part"
    while child.poll() is None and not (part.exists() and part.stat().st_size > 10**6):
        time.sleep(0.01)
    running = child.poll() is None
    children = psutil.Process(child.pid).children() if running else []
    for worker in [each for each in children if "resource_tracker" not in " ".join(each.cmdline())]:
        worker.kill()
    told, wrong = child.communicate(timeout=60)
    assert running, "the run was over before its workers were killed"
    assert len(children) > 1, "its workers are processes"
    assert child.returncode == 0, wrong
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()
    assert told.decode() == here.stdout.replace("here.parquet", "there.parquet")


def test_partitions_go_to_files_of_their_own(scheduler, tmp_path):
    (tmp_path / "set").mkdir()
    for place in range(3):
        pq.write_table(table(70_000 + place, place), tmp_path / "set" / f"{place}.parquet")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/set", "--json", "-o"]
    outputs = []
    for name, more in (("here", []), ("there", ["--scheduler", scheduler.scheduler_address]), ("again", ["--resume"])):
        found = run([*asked, f"{tmp_path}/{name}", *more])
        assert (found.exit, found.stderr) == (0, "")
        files = sorted((tmp_path / name).iterdir())
        assert [file.name for file in files] == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
        outputs.append((found.stdout.replace(f"{tmp_path}/{name}", "out"), [file.read_bytes() for file in files]))
    assert outputs[0] == outputs[1] == outputs[2]
    told = json.loads(outputs[0][0])
    assert (told["points"], told["bad_rows"]) == (3 * 70_000 + 0 + 1 + 2, 0)
    assert told["flags"] == {"kink": {"rows": 3, "first_row": 8}}


def test_what_is_wrong_comes_back_as_it_is(scheduler, tmp_path):
    (tmp_path / "in.csv").write_text("x,y\n1,2\n3,\n")
    found = run(["batch", "x*y", "--data", f"{tmp_path}/in.csv", "--scheduler", scheduler.scheduler_address])
    assert found.exit == 2
    assert "line 3, column 2 of" in found.stderr
    pq.write_table(pa.table({"x": ["a"]}), tmp_path / "text.parquet")
    (tmp_path / "set").mkdir()
    os.rename(tmp_path / "text.parquet", tmp_path / "set" / "text.parquet")
    found = run(["batch", "x^2", "--data", f"{tmp_path}/set", "-o", f"{tmp_path}/out", "--scheduler", scheduler.scheduler_address])
    assert found.exit == 2
    assert "column `x` of" in found.stderr
    assert "holds string, not numbers" in found.stderr


def test_no_scheduler_answers(tmp_path):
    (tmp_path / "in.csv").write_text("x\n1\n")
    found = run(["batch", "x^2", "--data", f"{tmp_path}/in.csv", "--scheduler", "nonsense://"])
    assert found.exit == 2
    assert "no scheduler answers at nonsense://" in found.stderr


def test_a_folder_is_gone_on_with_only_for_the_same_question_and_table(tmp_path):
    (tmp_path / "set").mkdir()
    for place in range(2):
        pq.write_table(table(10 + place, place), tmp_path / "set" / f"{place}.parquet")
    pq.write_table(pa.table({"x": ["bad"], "y": [1.0]}), tmp_path / "set" / "9.parquet")
    asked = ["--data", f"{tmp_path}/set", "-o", f"{tmp_path}/out"]
    assert run(["batch", "x*y", *asked]).exit == 2  # it ends here, as if interrupted
    (tmp_path / "set" / "9.parquet").unlink()
    for other in (["1000*x*y"], ["x*y", "--keep", "row"], ["x*y", "--order", "0"], ["x*y", "--bad", "skip"], ["x*y", "--at", "y=2"]):
        found = run(["batch", *other, *asked, "--resume"])
        assert (found.exit, found.stdout) == (2, ""), other
        assert "is of another question or table, and cannot be gone on with" in found.stderr
    assert run(["batch", "x*y", *asked, "--resume"]).exit == 0
    pq.write_table(pa.table({"x": ["bad"], "y": [1.0]}), tmp_path / "set" / "9.parquet")
    shutil.rmtree(tmp_path / "out")
    assert run(["batch", "x*y", *asked]).exit == 2
    (tmp_path / "set" / "9.parquet").unlink()
    pq.write_table(table(12, 7), tmp_path / "set" / "0.parquet")
    assert "is of another question or table" in run(["batch", "x*y", *asked, "--resume"]).stderr


def test_a_folder_has_the_results_of_one_run(tmp_path):
    (tmp_path / "set").mkdir()
    for place in range(3):
        pq.write_table(table(10 + place, place), tmp_path / "set" / f"part-0000{place}.parquet")
    before = [(tmp_path / "set" / f"part-0000{place}.parquet").read_bytes() for place in range(3)]
    asked = ["batch", "x*y", "--data"]
    assert run([*asked, f"{tmp_path}/set", "-o", f"{tmp_path}/out"]).exit == 0
    (tmp_path / "set" / "part-00002.parquet").rename(tmp_path / "elsewhere.parquet")
    for more in ([], ["--resume"]):
        found = run([*asked, f"{tmp_path}/set", "-o", f"{tmp_path}/out", *more])
        assert (found.exit, found.stdout) == (2, "")
        assert "has results already, as part-00000.parquet" in found.stderr
    (tmp_path / "elsewhere.parquet").rename(tmp_path / "set" / "part-00002.parquet")
    assert run([*asked, f"{tmp_path}/set/*.parquet", "-o", f"{tmp_path}/set"]).exit == 2
    assert "is in the folder that is read" in run([*asked, f"{tmp_path}/set", "-o", f"{tmp_path}/set/slopes"]).stderr
    assert [(tmp_path / "set" / f"part-0000{place}.parquet").read_bytes() for place in range(3)] == before
    assert "as Parquet" in run([*asked, f"{tmp_path}/set", "-o", f"{tmp_path}/new", "--to", "csv"]).stderr


def test_rows_of_a_data_set_are_counted_with_those_that_are_left_out(tmp_path):
    (tmp_path / "set").mkdir()
    pq.write_table(pa.table({"x": [1.0, None, 2.0]}), tmp_path / "set" / "0.parquet")
    pq.write_table(pa.table({"x": [3.0, 0.0]}), tmp_path / "set" / "1.parquet")
    found = run(["batch", "abs(x)", "--data", f"{tmp_path}/set", "-o", f"{tmp_path}/out", "--bad", "skip", "--json"])
    told = json.loads(found.stdout)
    assert (told["points"], told["bad_rows"], told["flags"]) == (4, 1, {"kink": {"rows": 1, "first_row": 5}})
    assert told["ranges"]["f"] == {"smallest": 0.0, "smallest_row": 5, "largest": 3.0, "largest_row": 4}


def test_a_column_that_is_missing_in_one_file_is_told_with_it(tmp_path):
    (tmp_path / "set").mkdir()
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "set" / "0.parquet")
    pq.write_table(pa.table({"y": [1.0]}), tmp_path / "set" / "1.parquet")
    found = run(["batch", "abs(x)", "--data", f"{tmp_path}/set", "-o", f"{tmp_path}/out"])
    assert f"{tmp_path}/set/1.parquet has no column `x`" in " ".join(found.stderr.split())


def test_two_runs_do_not_write_one_folder(tmp_path):
    (tmp_path / "set").mkdir()
    pq.write_table(table(10, 0), tmp_path / "set" / "0.parquet")
    (tmp_path / "out").mkdir()
    asked = ["batch", "x*y", "--data", f"{tmp_path}/set", "-o", f"{tmp_path}/out"]
    with ExitStack() as stack:
        hold(f"{tmp_path}/out/.lock", stack, "out")
        found = run(asked)
        assert (found.exit, found.stdout) == (2, "")
        assert f"another run is writing {tmp_path}/out" in " ".join(found.stderr.split())
    assert run(asked).exit == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["part-00000.parquet"]
    for place in ("set/out", "link/out"):
        (tmp_path / "link").exists() or (tmp_path / "link").symlink_to(tmp_path / "set")
        assert "is in the folder that is read" in run([*asked[:-1], f"{tmp_path}/{place}"]).stderr
        assert [file.name for file in (tmp_path / "set").iterdir()] == ["0.parquet"]
    assert "is written to a folder" in run([*asked[:-1], f"{tmp_path}/slopes.csv"]).stderr


def test_a_folder_that_was_interrupted_says_so_and_is_gone_on_with(tmp_path, monkeypatch):
    (tmp_path / "set").mkdir()
    for place in range(3):
        pq.write_table(table(10, place), tmp_path / "set" / f"{place}.parquet")
    asked = ["batch", "x*y", "--data", f"{tmp_path}/set", "-o", f"{tmp_path}/out"]
    honest, seen = Job.partition, []

    def partition(job, pair):
        seen.append(pair)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return honest(job, pair)

    with monkeypatch.context() as patch:
        patch.setattr(Job, "partition", partition)
        stopped = run(asked)
    assert (stopped.exit, stopped.stderr) == (130, f"interrupted: 2 of 3 files are done in {tmp_path}/out; go on with --resume\n")
    (tmp_path / "out" / "part-00001.parquet.summary.json").write_text('{"asked"')
    resumed = run([*asked, "--resume", "--json"])
    assert json.loads(resumed.stdout)["resumed_rows"] == 10
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [f"part-0000{place}.parquet" for place in range(3)]


def test_a_folder_may_be_called_like_a_pattern(tmp_path):
    (tmp_path / "own[1]").mkdir()
    pq.write_table(table(10, 0), tmp_path / "own[1]" / "part-00000.parquet")
    before = (tmp_path / "own[1]" / "part-00000.parquet").read_bytes()
    assert run(["batch", "x*y", "--data", f"{tmp_path}/own?1?/*.parquet", "-o", f"{tmp_path}/own[1]"]).exit == 2
    assert (tmp_path / "own[1]" / "part-00000.parquet").read_bytes() == before
    assert run(["batch", "x*y", "--data", f"{tmp_path}/own[1]", "-o", f"{tmp_path}/new"]).exit == 0
