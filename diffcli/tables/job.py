"""A question and its tables: one file, or the partitions of a data set, here or by the workers of a cluster."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from glob import escape, glob, has_magic
from shutil import copyfileobj
from typing import IO, Any
from uuid import uuid4

import numpy as np

from diffcli import __version__
from diffcli._named import NamedTuple
from diffcli.errors import counted, refusal
from diffcli.language import Program
from diffcli.tables.asking import kernel_of
from diffcli.tables.block import Reader
from diffcli.tables.columns import checked, planned
from diffcli.tables.files import Kind, file_system, kind_of, open_reader
from diffcli.tables.lock import hold
from diffcli.tables.part import Part
from diffcli.tables.run import ERROR, Done, in_order, run_blocks
from diffcli.tables.summary import Summary

Progress = Callable[[str, int, int, str], None]

NO_PROGRESS: Progress = lambda *stage: None


class Kept(KeyboardInterrupt):
    """An interruption that left something to go on with."""


class Job(NamedTuple):
    """What is asked of tables. It is sent to workers as it is."""

    program: Program
    held: Mapping[str, Any]
    """The arguments that are the same in all rows."""
    options: Mapping[str, Any]
    """Those of `diffcli.compile`."""
    question: Sequence[Any]
    """What else tells it from another one, as JSON can have it."""
    keep: str = ""
    bad: str = ERROR
    source: str | None = None
    """The kind of table to read, if its name does not say."""
    resume: bool = False
    threads: int = 1

    def run(
        self, data: str, out: str | tuple[IO[bytes], Kind], target: str | None = None, stdin: IO[bytes] | None = None,
        progress: Progress = NO_PROGRESS, ordered: Callable[..., Iterator[Done]] = in_order,
    ) -> Summary:  # fmt: skip
        """Compute a table from a file, to another one or to a stream."""
        source, name = self.source, data
        with ExitStack() as stack:

            def opened() -> Reader:
                reader = open_reader(name, source, stdin)
                stack.callback(reader.close)
                reader.names = reader.names or self.nameless(reader)
                return reader

            is_pipe = data == "-" or (os.path.exists(data) and not os.path.isfile(data))
            if is_pipe and type(self.program) is not Program:  # its first row is read before all of them
                source, name = kind_of(data, source).name, "-"
                stdin = stack.enter_context(copied(stdin if data == "-" else stack.enter_context(open(data, "rb"))))
            reader = opened()
            kernel = kernel_of(self.program, reader, self.held, **self.options)
            if type(self.program) is not Program:  # its first row was read
                if stdin is not None:
                    stdin.seek(0)
                reader = opened()
            plan = planned(kernel, reader, self.held)
            asked = [name.strip() for name in self.keep.split(",") if name.strip()]
            kept = checked(reader.names if "all" in asked else asked, reader, plan.names)
            kind = kind_of(out, target, writes=True) if isinstance(out, str) else out[1]
            if not kind.keeps_text and not reader.kinds(kept) and kind is not kind_of(data, self.source):
                plan = plan._replace(as_numbers=tuple(name for name in kept if name in plan.columns))
            how: Any = {"bad": self.bad, "threads": self.threads, "progress": progress, "ordered": ordered}
            if not isinstance(out, str):
                return run_blocks(reader, plan, kept, out, **how)
            question = {"question": [*self.asked(), kept, kind.name, plan.kernel.backend], "table": identity(data)}
            part = Part(out, kind, question, self.resume)
            try:
                return run_blocks(reader, plan, kept, part, **how)
            except KeyboardInterrupt:
                of_all = f" of {reader.rows:,}" if reader.rows else ""
                more = "; go on with --resume" if type(self.program) is Program else ""
                kept_rows = f"kept {part.saved:,}{of_all} rows in {part.part}{more}"
                raise Kept(kept_rows if part.saved else "there are no rows to go on with") from None
            except OSError as failure:
                help = [f"{part.saved:,} rows are done: --resume goes on when that is mended"] * bool(part.saved)
                raise refusal("unwritable-file", f"cannot write {part.part}: {failure.strerror}", *help) from None

    def asked(self) -> list[Any]:
        """What results depend on beside the table, as JSON has it: values that stand in files count by what they are now."""
        from hashlib import sha256  # only what is gone on with needs it

        values = [np.asarray(self.held[name], np.float64) for name in sorted(self.held)]
        digest = sha256(b"".join([repr(each.shape).encode() + each.tobytes() for each in values])).hexdigest()
        return [*self.question, self.keep, self.bad, self.source, sorted(self.held), digest, __version__]

    def nameless(self, reader: Reader) -> list[str]:
        """The names of the columns of a table that has none: the variables in their order."""
        wanted = [name for name in self.program.inputs if name not in self.held]
        if reader.width != len(wanted):
            columns = counted(reader.width, "column")
            message = f"{reader.path} has {columns} without names, and the variables are {', '.join(wanted)}"
            raise refusal("bad-data", message, "give each column a name, or as many columns as variables")
        return wanted

    def partition(self, pair: tuple[str, str]) -> Summary:
        """Compute a partition to a file of its own; one that is there is not computed again."""
        data, out = pair
        system, path = file_system(out)
        state, asked = f"{path}.summary.json", [self.asked(), identity(data)]
        if self.resume and system.exists(path) and system.exists(state):
            found: Any = None
            with suppress(ValueError), system.open(state, "r") as file:  # what is not whole does not count
                found = json.load(file)
            if found is not None and found["asked"] != json.loads(json.dumps(asked)):
                message = f"{out} is of another question or table, and cannot be gone on with"
                raise refusal("usage", message, "leave --resume out to begin anew, or delete the folder")
            if found is not None:
                done = Summary(found["summary"])
                done.resumed = done.rows
                return done
        system.makedirs(os.path.dirname(path), exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            local, begun = os.path.join(folder, "part.parquet"), f"{path}.{uuid4().hex}.part"
            summary = self._replace(resume=False).run(data, local)
            system.put_file(local, begun)
        with system.open(state, "w") as file:
            json.dump({"asked": asked, "summary": summary.data()}, file)
        system.mv(begun, path)
        return summary

    def check_folder(self, data: str, folder: str, parts: Sequence[str]) -> None:
        """Results go to a folder of their own, in which there is nothing, or what is gone on with."""
        system, path = file_system(folder)
        there = {os.path.basename(each) for each in (system.ls(path, detail=False) if system.isdir(path) else ())}
        there = {name for name in there if name.endswith(".parquet")}
        ours = {os.path.basename(each) for each in parts if self.resume and system.exists(f"{file_system(each)[1]}.summary.json")}
        if strange := there - ours:
            ways = ["name another folder after -o, or delete it"]
            ways += [] if self.resume else ["--resume goes on with what was interrupted"]
            raise refusal("usage", f"{folder} has results already, as {min(strange)}", *ways)

    def partitions(self, data: str, out: str, progress: Progress, ordered: Callable[..., Iterator[Summary]]) -> Summary:
        """Compute a data set of several files, each to one of its own; rows are counted through all of them."""
        folder = out.rstrip("/")
        files = partitions_of(data)
        pairs = [(file, f"{folder}/part-{place:05}.parquet") for place, file in enumerate(files)]
        whole, done = Summary(), 0
        inner, outer = (each if "://" in each else os.path.realpath(each) for each in (folder, data))
        if f"{inner}/".startswith(f"{outer.rstrip('/')}/"):
            raise refusal("usage", f"{folder} is in the folder that is read", "name another folder after -o")
        with ExitStack() as stack:
            if "://" not in folder:
                lock = os.path.join(folder, ".lock")
                os.makedirs(folder, exist_ok=True)
                hold(lock, stack, folder)
                stack.callback(os.unlink, lock)
            self.check_folder(data, folder, [out for _, out in pairs])
            try:
                for done, summary in enumerate(ordered(iter(pairs), self.partition, 1), 1):
                    whole.join(summary)
                    progress("computing", done, len(pairs), "partitions")
            except KeyboardInterrupt:
                raise Kept(f"{done} of {len(pairs)} files are done in {folder}; go on with --resume") from None
            system, _ = file_system(out)
            for _, path in pairs:  # all of it is there
                with suppress(FileNotFoundError):
                    system.rm(f"{file_system(path)[1]}.summary.json")
        return whole


def copied(stream: Any) -> IO[bytes]:
    """What a stream has, in a file that can be read twice."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
    copyfileobj(stream, file)
    file.seek(0)
    return file


def is_partitioned(data: str) -> bool:
    """Whether a name is that of several files: of a folder, or with a star, or of a store elsewhere."""
    return "://" in data or os.path.isdir(data) or (has_magic(data) and not os.path.isfile(data))


def partitions_of(data: str) -> list[str]:
    """The files of a data set, in the order of their names."""
    if "://" in data:
        system, path = file_system(data)
        found = system.glob(path if has_magic(path) else f"{path}/**/*.parquet") if not path.endswith(".parquet") else [path]
        scheme = data.partition("://")[0]
        files = [f"{scheme}://{each}" for each in found]
    else:
        files = glob(os.path.join(escape(data), "**", "*.parquet") if os.path.isdir(data) else data, recursive=True)
    if not files:
        raise refusal("unreadable-file", f"there is no Parquet file in {data}")
    return sorted(files)


def identity(path: str) -> dict[str, Any]:
    """What tells whether a file is the one that it was."""
    if path == "-":
        return {"path": path}
    if "://" in path:
        system, name = file_system(path)
        found = system.info(name)
        return {"path": path, "bytes": found.get("size"), "changed": str(found.get("mtime", found.get("LastModified", "")))}
    stat = os.stat(path)
    return {"path": path, "bytes": stat.st_size, "changed": stat.st_mtime_ns}

