"""`diffcli batch`: every row has the numbers that a kernel gives there, whatever file it stands in and however the work was done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import numpy as np
import pytest
from console import run
from hypothesis import given
from hypothesis import strategies as st
from inside import BLOCK_ROWS, Part, array_files, hold, settled, text_files
from inside import tables_run as engine
from tiers import often

import diffcli

ROWS = BLOCK_ROWS * 2 + 7
TEXT = "x*exp(-y)*z + max(x, 1) + abs(y)^1.5"
KINDS = ["csv", "ndjson", "npy", "parquet", "feather"]


def needs(kind):
    if kind in ("parquet", "feather"):
        pytest.importorskip("pyarrow", reason="Parquet and Feather are read by pyarrow")


@pytest.fixture(scope="module")
def table():
    source = np.random.default_rng(4)
    made = np.empty(ROWS, [("x", "f8"), ("y", "f8"), ("z", "f8"), ("number", "i8")])
    for name in "xyz":
        made[name] = source.normal(1, 2, ROWS)
    made["x"][:4] = 1.0, 0.0, -1.0, 1e300
    made["y"][:2] = 0.0
    made["number"] = np.arange(ROWS)
    return made


def written(table, kind, path):
    """A file that other programs wrote."""
    if kind == "npy":
        np.save(path, table)
    elif kind == "csv":
        rows = [",".join(map(str, row)) for row in table.tolist()]
        path.write_text("\n".join([",".join(table.dtype.names), *rows]) + "\n")
    elif kind == "ndjson":
        path.write_text("".join(json.dumps(dict(zip(table.dtype.names, row, strict=True))) + "\n" for row in table.tolist()))
    else:
        import pyarrow as pa
        import pyarrow.feather
        import pyarrow.parquet

        columns = pa.table({name: table[name] for name in table.dtype.names})
        if kind == "parquet":
            pa.parquet.write_table(columns, path, row_group_size=50_000)
        else:
            pa.feather.write_feather(columns, path)


HONEST = engine.of_block


def ended_by(fault):
    """In place of `of_block`: the second block ends the run."""

    def of_block(plan, bad, block):
        if block.start:
            raise fault
        return HONEST(plan, bad, block)

    return of_block


def read(kind, path):
    """A file as other programs read it, as columns."""
    if kind == "npy":
        found = np.load(path)
        return {name: found[name] for name in found.dtype.names}
    if kind == "csv":
        head, *lines = path.read_text().splitlines()
        return {name: np.array([*map(float, column)]) for name, column in zip(head.split(","), zip(*[line.split(",") for line in lines], strict=True), strict=True)}
    if kind == "ndjson":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    import pyarrow.feather
    import pyarrow.parquet

    found = pyarrow.parquet.read_table(path) if kind == "parquet" else pyarrow.feather.read_table(path)
    return {name: found[name].to_numpy() for name in found.column_names}


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_has_the_numbers_of_the_kernel(kind, table, tmp_path):
    needs(kind)
    written(table, kind, tmp_path / f"in.{kind}")
    found = run(["batch", TEXT, "--data", f"{tmp_path}/in.{kind}", "-o", f"{tmp_path}/out.{kind}", "--keep", "number", "--json"])
    assert found.exit == 0, found.stderr
    columns = read(kind, tmp_path / f"out.{kind}")
    assert list(columns) == ["number", "f", "df/dx", "df/dy", "df/dz", "flags"]
    kernel = diffcli.compile(TEXT, backend="numpy")
    wanted = kernel(table["x"], table["y"], table["z"])
    for name, column in zip([*columns][1:5], [wanted[0], *wanted[1]], strict=True):
        np.testing.assert_allclose(columns[name], column, rtol=1e-12, atol=1e-14, err_msg=name)
    assert np.array_equal(columns["flags"], wanted.flags)
    assert np.array_equal(columns["number"], table["number"])
    summary = json.loads(found.stdout)
    assert (summary["points"], summary["bad_rows"]) == (ROWS, 0)
    assert summary["ranges"]["f"] == {
        "smallest": columns["f"].min(), "smallest_row": int(columns["f"].argmin()) + 1,
        "largest": columns["f"].max(), "largest_row": int(columns["f"].argmax()) + 1,
    }  # fmt: skip
    assert summary["flags"]["tie"] == {"rows": int((wanted.flags & 2 > 0).sum()), "first_row": 1}


def test_threads_and_neighbours_change_no_bit(table, tmp_path):
    written(table, "npy", tmp_path / "in.npy")
    outputs = []
    for threads in (1, 2, 4):
        assert run(["batch", TEXT, "--data", f"{tmp_path}/in.npy", "-o", f"{tmp_path}/out.npy", "--threads", str(threads)]).exit == 0
        outputs.append((tmp_path / "out.npy").read_bytes())
    assert len({*outputs}) == 1
    written(table[-3:], "npy", tmp_path / "few.npy")
    assert run(["batch", TEXT, "--data", f"{tmp_path}/few.npy", "-o", f"{tmp_path}/few_out.npy"]).exit == 0
    assert np.array_equal(np.load(tmp_path / "few_out.npy"), np.load(tmp_path / "out.npy")[-3:])


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_interrupted_is_gone_on_with(kind, table, tmp_path, monkeypatch):
    needs(kind)
    written(table, "npy", tmp_path / "in.npy")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/in.npy", "--keep", "x", "-o"]
    assert run([*asked, f"{tmp_path}/whole.{kind}", "--json"]).exit == 0
    # the second block interrupts
    honest, seen = engine.of_block, []

    def of_block(plan, bad, block):
        seen.append(block.start)
        if block.start:
            raise KeyboardInterrupt
        return honest(plan, bad, block)

    monkeypatch.setattr(engine, "of_block", of_block)
    stopped = run([*asked, f"{tmp_path}/out.{kind}"])
    assert (stopped.exit, stopped.stdout) == (130, "")
    assert stopped.stderr == f"interrupted: kept {BLOCK_ROWS:,} of {ROWS:,} rows in {tmp_path}/out.{kind}.part; go on with --resume\n"
    assert not (tmp_path / f"out.{kind}").exists()
    monkeypatch.setattr(engine, "of_block", honest)
    resumed = run([*asked, f"{tmp_path}/out.{kind}", "--resume", "--json"])
    assert resumed.exit == 0, resumed.stderr
    assert json.loads(resumed.stdout)["resumed_rows"] == BLOCK_ROWS
    assert (tmp_path / f"out.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.npy", f"out.{kind}", f"whole.{kind}"])


def test_another_question_is_not_gone_on_with(table, tmp_path):
    written(table, "npy", tmp_path / "in.npy")
    asked = f"batch x*y --data {tmp_path}/in.npy -o {tmp_path}/out.csv --resume"
    part = Part(f"{tmp_path}/out.csv", None, {"question": "another"})
    part.known = 65_536, 100, {}
    part.save()
    (tmp_path / "out.csv.part").write_bytes(b"x" * 100)
    found = run(asked)
    assert found.exit == 2
    assert "was begun with another question, and cannot be gone on with" in found.stderr


def test_values_from_files_and_functions_are_not_taken_for_what_they_were(table, tmp_path, monkeypatch):
    written(table, "npy", tmp_path / "in.npy")
    np.save(tmp_path / "w.npy", np.array([1.0, 2.0]))
    asked = ["batch", "x*w[0] + w[1]", "--data", f"{tmp_path}/in.npy", "--at", f"w=@{tmp_path}/w.npy", "-o", f"{tmp_path}/out.csv"]
    honest = engine.of_block
    monkeypatch.setattr(engine, "of_block", ended_by(KeyboardInterrupt))
    assert run(asked).exit == 130
    monkeypatch.setattr(engine, "of_block", honest)
    np.save(tmp_path / "w.npy", np.array([1000.0, 2.0]))
    assert "cannot be gone on with" in run([*asked, "--resume"]).stderr
    np.save(tmp_path / "w.npy", np.array([1.0, 2.0]))
    assert run([*asked, "--resume"]).exit == 0
    (tmp_path / "model.py").write_text("def f(x):\n    return x*x\n")
    found = run(["batch", f"{tmp_path}/model.py:f", "--data", f"{tmp_path}/in.npy", "-o", f"{tmp_path}/out.csv", "--resume"])
    assert (found.exit, found.stdout) == (2, "")
    assert "whether a Python function is what it was cannot be told" in found.stderr


def test_two_runs_do_not_write_one_file(table, tmp_path):
    written(table, "npy", tmp_path / "in.npy")
    asked = ["batch", "x*y", "--data", f"{tmp_path}/in.npy", "-o", f"{tmp_path}/out.csv"]
    with ExitStack() as stack:
        other = Part(f"{tmp_path}/out.csv", None, {})
        hold(other.part, stack, other.part)
        (tmp_path / "out.csv.part").write_bytes(b"what the other one wrote")
        found = run(asked)
        assert (found.exit, found.stdout) == (2, "")
        assert f"another run is writing {tmp_path}/out.csv.part" in " ".join(found.stderr.split())
        assert (tmp_path / "out.csv.part").read_bytes() == b"what the other one wrote"
        assert not (tmp_path / "out.csv.part.json").exists()
    assert run(asked).exit == 0


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_an_interruption_while_earlier_rows_are_copied_loses_none(kind, table, tmp_path, monkeypatch):
    needs(kind)
    written(table, "npy", tmp_path / "in.npy")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/in.npy", "-o"]
    assert run([*asked, f"{tmp_path}/whole.{kind}"]).exit == 0
    honest = engine.of_block

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "of_block", ended_by(KeyboardInterrupt))
    assert run([*asked, f"{tmp_path}/out.{kind}"]).exit == 130
    monkeypatch.setattr(engine, "of_block", honest)
    from inside import ArrowWriter  # it needs pyarrow: both kinds take by it

    with monkeypatch.context() as patch:
        patch.setattr(ArrowWriter, "take", interrupted)
        assert run([*asked, f"{tmp_path}/out.{kind}", "--resume"]).exit == 130
    assert json.loads((tmp_path / f"out.{kind}.part.json").read_text())["rows"] == BLOCK_ROWS
    seen = []
    monkeypatch.setattr(engine, "of_block", lambda plan, bad, block: seen.append(block.start) or honest(plan, bad, block))
    assert run([*asked, f"{tmp_path}/out.{kind}", "--resume"]).exit == 0
    assert 0 not in seen, "the rows of the first run are there"
    assert (tmp_path / f"out.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_what_cannot_be_gone_on_with_is_said(kind, table, tmp_path, monkeypatch):
    """As after the process was killed: the file was not closed."""
    needs(kind)
    written(table, "npy", tmp_path / "in.npy")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/in.npy", "--width", "400", "-o"]
    assert "began anew: there is no" in run([*asked, f"{tmp_path}/whole.{kind}", "--resume"]).stdout
    part = tmp_path / f"out.{kind}.part"
    with monkeypatch.context() as patch:
        patch.setattr(engine, "of_block", ended_by(ZeroDivisionError))
        assert run([*asked, f"{tmp_path}/out.{kind}"]).exit == 70
    part.write_bytes(part.read_bytes()[:-9])
    resumed = run([*asked, f"{tmp_path}/out.{kind}", "--resume"])
    assert resumed.exit == 0, resumed.stderr
    assert f"began anew: {part} was not closed, and cannot be read" in resumed.stdout
    assert (tmp_path / f"out.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()


@pytest.mark.parametrize(("kind", "kept"), [("csv", True), ("npy", True), ("parquet", False), ("feather", False)])
def test_a_full_disk_is_said_and_gone_on_after(kind, kept, table, tmp_path):
    needs(kind)
    resource = pytest.importorskip("resource", reason="the size of files is limited by POSIX")
    written(table, "npy", tmp_path / "in.npy")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/in.npy", "--order", "0", "-o", f"{tmp_path}/out.{kind}"]
    assert run([*asked, "--json"]).exit == 0
    whole = (tmp_path / f"out.{kind}").read_bytes()
    (tmp_path / f"out.{kind}").unlink()
    most = len(whole) * 3 // 4

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "400"}
    child = subprocess.run([sys.executable, "-m", "diffcli", *asked], env=environment, preexec_fn=limited, capture_output=True, text=True)
    part = tmp_path / f"out.{kind}.part"
    advice = f"  = help: {BLOCK_ROWS:,} rows are done: --resume goes on when that is mended\n" * kept
    assert child.stderr == f"error[unwritable-file]: cannot write {part}: File too large\n{advice}"
    assert (child.returncode, child.stdout, part.exists()) == (2, "", kept)
    assert run([*asked, "--resume"]).exit == 0
    assert (tmp_path / f"out.{kind}").read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.npy", f"out.{kind}"])


@pytest.mark.parametrize("reads", ["no line", "some"])
def test_whoever_reads_may_close_the_pipe(reads, table, tmp_path):
    written(table, "npy", tmp_path / "in.npy")
    asked = [sys.executable, "-m", "diffcli", "batch", "x*y", "--data", f"{tmp_path}/in.npy"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(asked, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        if reads == "some":
            child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0


def test_a_full_disk_behind_a_stream_without_a_buffer(table, tmp_path):
    resource = pytest.importorskip("resource", reason="the size of files is limited by POSIX")
    written(table, "npy", tmp_path / "in.npy")

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"}
    asked = [sys.executable, "-m", "diffcli", "batch", "x*y", "--data", f"{tmp_path}/in.npy"]
    with open(tmp_path / "out.csv", "wb") as out:
        child = subprocess.run(asked, env=environment, stdout=out, stderr=subprocess.PIPE, preexec_fn=limited, text=True)
    assert (child.returncode, child.stderr) == (2, "error[unwritable-file]: cannot write the result: File too large\n")


def test_another_questions_rows_are_not_taken_for_ours(table, tmp_path, monkeypatch):
    """A run was interrupted, another one begun in its place was killed, and the first is to be gone on with."""
    written(table, "npy", tmp_path / "in.npy")
    ours = ["batch", TEXT, "--data", f"{tmp_path}/in.npy", "-o"]
    assert run([*ours, f"{tmp_path}/whole.csv"]).exit == 0
    honest = engine.of_block
    monkeypatch.setattr(engine, "of_block", ended_by(KeyboardInterrupt))
    assert run([*ours, f"{tmp_path}/out.csv"]).exit == 130
    with monkeypatch.context() as patch:
        patch.setattr(Part, "leave", lambda part: None)  # as if it was killed
        patch.setattr(engine, "of_block", ended_by(ValueError))
        assert run(["batch", "x*y*1000", "--data", f"{tmp_path}/in.npy", "-o", f"{tmp_path}/out.csv"]).exit == 70
    monkeypatch.setattr(engine, "of_block", honest)
    assert run([*ours, f"{tmp_path}/out.csv", "--resume"]).exit == 0
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_file_that_was_cut_is_not_gone_on_with(table, tmp_path, monkeypatch):
    written(table, "npy", tmp_path / "in.npy")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/in.npy", "-o"]
    assert run([*asked, f"{tmp_path}/whole.csv"]).exit == 0
    with monkeypatch.context() as patch:
        patch.setattr(engine, "of_block", ended_by(ZeroDivisionError))
        assert run([*asked, f"{tmp_path}/out.csv"]).exit == 70
    os.truncate(tmp_path / "out.csv.part", 1000)
    assert "began anew" in run([*asked, f"{tmp_path}/out.csv", "--resume"]).stdout
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_no_other_run_writes_while_earlier_rows_are_gone_on_with(kind, table, tmp_path, monkeypatch):
    needs(kind)
    written(table, "npy", tmp_path / "in.npy")
    asked = ["batch", TEXT, "--data", f"{tmp_path}/in.npy", "-o"]
    assert run([*asked, f"{tmp_path}/whole.{kind}"]).exit == 0
    honest, told = engine.of_block, []

    def of_block(plan, bad, block):
        if block.start and not told:
            told.append("")
            told.append(run(["batch", "x*y", "--data", f"{tmp_path}/in.npy", "-o", f"{tmp_path}/out.{kind}"]).stderr)
        return honest(plan, bad, block)

    with monkeypatch.context() as patch:
        patch.setattr(engine, "of_block", ended_by(ZeroDivisionError))
        assert run([*asked, f"{tmp_path}/out.{kind}"]).exit == 70
    monkeypatch.setattr(engine, "of_block", of_block)
    assert run([*asked, f"{tmp_path}/out.{kind}", "--resume"]).exit == 0
    assert "another run is writing" in told[1]
    assert (tmp_path / f"out.{kind}").read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()


MOST_MEMORY = """
import sys
from diffcli.cli.main import main
assert main(sys.argv[1:]) == 0
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["npy", "parquet", "feather"])
def test_memory_does_not_grow_with_the_table(kind, tmp_path):
    """Of megabytes that a table has more, hardly any are in memory, also where a file of Parquet is one group of rows."""
    needs(kind)
    if not os.path.exists("/proc/self/status"):
        pytest.skip("memory is measured by Linux")
    most = []
    for rows in (200_000, 4_000_000):
        columns = {name: np.random.default_rng(1).uniform(1, 2, rows) for name in "xyz"}
        if kind == "npy":
            np.save(tmp_path / "in.npy", np.stack([*columns.values()], axis=1))
        elif kind == "parquet":
            pq = pytest.importorskip("pyarrow.parquet")
            pq.write_table(pytest.importorskip("pyarrow").table(columns), tmp_path / "in.parquet", row_group_size=rows)
        else:
            feather = pytest.importorskip("pyarrow.feather")
            feather.write_feather(pytest.importorskip("pyarrow").table(columns), tmp_path / "in.feather", compression="uncompressed")
        asked = ["batch", "x*y*z", "--data", f"{tmp_path}/in.{kind}", "-o", f"{tmp_path}/out.{kind}", "--order", "0", "--threads", "1"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        child = subprocess.run([sys.executable, "-c", MOST_MEMORY, *asked, "-q"], env=environment, capture_output=True, text=True, check=True)
        most.append(int(child.stdout.split()[-1]) // 1024)
    assert most[1] - most[0] < 40, "the larger table has 91 MB more"


def test_a_link_stays_one(tmp_path):
    (tmp_path / "in.csv").write_text("x\n2\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "out.csv").symlink_to(tmp_path / "folder" / "real.csv")
    for _ in range(2):
        assert run(["batch", "x^2", "--data", f"{tmp_path}/in.csv", "-o", f"{tmp_path}/out.csv"]).exit == 0
        assert (tmp_path / "out.csv").is_symlink()
        assert (tmp_path / "folder" / "real.csv").read_text() == "f,df/dx,flags\n4.0,4.0,0\n"


def test_a_real_interrupt(table, tmp_path):
    """SIGINT in the middle of a long run keeps whole blocks."""
    big = np.tile(table, 30)
    np.save(tmp_path / "in.npy", big)
    asked = [sys.executable, "-m", "diffcli", "batch", TEXT, "--data", "in.npy", "-o", "out.csv"]
    child = subprocess.Popen(asked, cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, stderr=subprocess.PIPE)
    part = tmp_path / "out.csv.part"
    for _ in range(600):
        if part.exists() and part.stat().st_size > 10**7:
            break
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, told = child.communicate(timeout=60)
    assert child.returncode == 130, told
    state = json.loads((tmp_path / "out.csv.part.json").read_text())
    lines = part.read_bytes()[: state["position"]].count(b"\n")
    assert lines == state["rows"] + 1 == state["summary"]["points"] + 1
    assert b"go on with --resume" in told


LONG = "x*exp(-y)*sin(x*y) + log(x^2 + y^2 + 1)^1.5"


@pytest.fixture(scope="module")
def long_table(tmp_path_factory):
    """The folder of a table that takes a second or more."""
    folder = tmp_path_factory.mktemp("long")
    made = np.empty(BLOCK_ROWS * 30 + 7, [("x", "f8"), ("y", "f8")])
    made["x"], made["y"] = np.random.default_rng(6).normal(0, 2, (2, len(made)))
    np.save(folder / "in.npy", made)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("ended", ["SIGKILL", "SIGINT"])
@pytest.mark.parametrize(("kind", "order"), [("csv", 0), ("npy", 2)])
def test_a_process_that_was_ended_is_gone_on_with(kind, order, ended, long_table, tmp_path, monkeypatch):
    """What stands in its file behind the place that it wrote down is written anew, and no row before that is computed again."""
    asked = ["batch", LONG, "--data", f"{long_table}/in.npy", "--order", str(order), "--threads", "1", "-o"]
    whole = long_table / f"whole.{kind}"
    if not whole.exists():
        assert run([*asked, str(whole)]).exit == 0
    out, part, state = (tmp_path / f"out.{kind}{end}" for end in ("", ".part", ".part.json"))

    def is_behind():
        """Whether a block is written, and one begun, that are not yet written down."""
        known = json.loads(state.read_text()) if state.exists() else {"rows": 0}
        return known["rows"] > 0 and part.stat().st_size > known["position"] * 16 // 15

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen([sys.executable, "-m", "diffcli", *asked, str(out)], env=environment, stderr=subprocess.PIPE)
    while child.poll() is None and not is_behind():
        time.sleep(0.005)
    child.send_signal(getattr(signal, ended))
    _, told = child.communicate(timeout=60)
    assert child.returncode == (-signal.SIGKILL if ended == "SIGKILL" else 130), told
    known = json.loads(state.read_text())
    assert 16 * BLOCK_ROWS <= known["rows"] < 30 * BLOCK_ROWS
    assert part.stat().st_size > known["position"] or ended == "SIGINT"
    kept = f"interrupted: kept {known['rows']:,} of {30 * BLOCK_ROWS + 7:,} rows in {part}; go on with --resume\n"
    assert told.decode() == (kept if ended == "SIGINT" else "")
    honest, seen = engine.of_block, []
    monkeypatch.setattr(engine, "of_block", lambda plan, bad, block: seen.append(block.start) or honest(plan, bad, block))
    assert run([*asked, str(out), "--resume"]).exit == 0
    assert min(seen) == known["rows"]
    assert out.read_bytes() == whole.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-3, 3).map(float),
    st.sampled_from([-0.0, 5e-324, 1e308, 0.1, 1e16]),
)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_any_size_give_what_the_kernel_gives(kind, tmp_path, monkeypatch):
    """However many rows there are, in however small blocks: written and read back, and interrupted anywhere and gone on with."""
    needs(kind)
    modules = [array_files, text_files]
    if kind in ("parquet", "feather"):
        from inside import arrow_files  # it needs pyarrow

        modules.append(arrow_files)
    kernel = settled(diffcli.compile(TEXT))
    honest = engine.of_block
    source, out, cut = (tmp_path / f"{name}.{kind}" for name in ("in", "out", "cut"))
    ask = ["batch", TEXT, "--data", str(source), "--keep", "y", "--threads", "2", "-o"]

    @often(60)
    @given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=40), st.integers(1, 12), st.integers(0, 12))
    def holds(rows, size, stop):
        table = np.array(rows, [(name, "f8") for name in "xyz"])
        written(table, kind, source)
        results = kernel(table["x"], table["y"], table["z"])
        slopes = dict(zip(["df/dx", "df/dy", "df/dz"], results[1], strict=True))
        wanted = {"y": table["y"], "f": results[0], **slopes, "flags": results.flags}

        def of_block(plan, bad, block):
            if block.start >= stop * size:
                raise KeyboardInterrupt
            return honest(plan, bad, block)

        with monkeypatch.context() as patch:
            for module in modules:
                patch.setattr(module, "BLOCK_ROWS", size)
            assert run([*ask, str(out)]).exit in (0, 4)
            found = read(kind, out)
            assert [*found] == [*wanted]
            for name, column in wanted.items():
                bits = [np.where(np.isnan(each), np.nan, each).astype("f8").tobytes() for each in (found[name], column)]
                assert bits[0] == bits[1], (name, found[name], column)
            if stop * size < len(rows):
                patch.setattr(engine, "of_block", of_block)
                assert run([*ask, str(cut)]).exit == 130
                patch.setattr(engine, "of_block", honest)
                assert run([*ask, str(cut), "--resume"]).exit in (0, 4)
                assert cut.read_bytes() == out.read_bytes()

    holds()


def test_what_is_the_same_in_all_rows_and_second_derivatives(tmp_path):
    (tmp_path / "in.csv").write_text("t;y\n0,5;1\n1;2\n")
    found = run(["batch", "a*exp(-b*t) - y", "--data", f"{tmp_path}/in.csv", "--at", "a=2,b=0.5", "--wrt", "a,b", "--order", "2"])
    assert found.exit == 0
    head, *rows = found.stdout.splitlines()
    assert head == "f,df/da,df/db,d2f/dada,d2f/dadb,d2f/dbda,d2f/dbdb,flags"
    wanted = diffcli.compile("a*exp(-b*t) - y", order=2, wrt="a, b")(2.0, 0.5, 0.5, 1.0)
    assert [float(cell) for cell in rows[0].split(",")][:3] == pytest.approx([wanted[0], *wanted[1]], rel=1e-15)
    assert found.stderr == "2 points\n"


def test_vectors_have_a_column_for_each_element(tmp_path):
    (tmp_path / "in.csv").write_text("w[0],w[1],c\n1,2,3\n4,5,6\n")
    found = run(["batch", "sum(w^2)*c", "--data", f"{tmp_path}/in.csv"])
    assert found.stdout.splitlines() == ["f,df/dw[0],df/dw[1],df/dc,flags", "15.0,6.0,12.0,5.0,0", "246.0,48.0,60.0,41.0,0"]


def test_several_results(tmp_path):
    (tmp_path / "in.csv").write_text("x,y\n2,3\n")
    assert run(["batch", "[x*y, x]", "--data", f"{tmp_path}/in.csv"]).stdout.splitlines()[0] == (
        "f1,f2,df1/dx,df1/dy,df2/dx,df2/dy,flags"
    )
    assert run(["batch", "u = x*y; u^2", "--of", "u", "--data", f"{tmp_path}/in.csv", "--order", "0"]).stdout == "u,flags\n6.0,0\n"


def test_a_python_function(tmp_path):
    (tmp_path / "model.py").write_text("def f(x, y):\n    return x*y if x > 1 else y\n")
    (tmp_path / "in.csv").write_text("x,y\n2,3\n0.5,4\n")
    found = run(["batch", f"{tmp_path}/model.py:f", "--data", f"{tmp_path}/in.csv"])
    assert found.stdout.splitlines() == ["f,df/dx,df/dy,flags", "6.0,3.0,2.0,0", "4.0,0.0,1.0,0"]


@pytest.mark.parametrize(("text", "code"), [("1/x", 4), ("abs(x)", 0), ("abs(x) --strict", 5), ("log(x)", 4)])
def test_exit_codes(text, code, tmp_path):
    (tmp_path / "in.csv").write_text("x\n0\n1\n")
    assert run(f"batch {text} --data {tmp_path}/in.csv".replace("batch ", "batch '", 1).replace(" --", "' --", 1)).exit == code


def test_standard_input_and_output():
    found = run("batch x*y --data - --to ndjson", stdin=b"x,y\n1,2\n")
    assert (found.exit, found.stdout) == (0, '{"f": 2.0, "df/dx": 2.0, "df/dy": 1.0, "flags": 0}\n')
