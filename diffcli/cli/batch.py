"""``diffcli batch``: values and derivatives at every row of a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from diffcli.cli.environment import write
from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.options import EXPRESSION, INPUT, LIMITS, METHOD, OUTPUT, Choice, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.errors import refusal
from diffcli.language import Program
from diffcli.methods.points.points import as_point
from diffcli.methods.points.ranges import THREADS, Range
from diffcli.methods.problem.problem import one_line
from diffcli.reports.batch import batch_report, in_a_line
from diffcli.tables.files import KINDS, kind_by_name, kind_of
from diffcli.tables.job import Job, Kept, is_partitioned
from diffcli.tables.run import BAD, in_order

EXAMPLES = (
    'diffcli batch "x*sin(y)" --data points.csv',
    'diffcli batch "x*sin(y)" --data points.csv --keep all -o slopes.csv',
    'diffcli batch "a*x^2*y" --data points.csv --at a=2 --wrt x,y --order 2',
    'diffcli batch model.py:loss --data points.csv --to ndjson',
)

DATA = Option("--data", group=INPUT, metavar="FILE", required=True, help="The table: a column for each variable, by its name; - is standard input.")
FROM = Option("source", "--from", group=INPUT, metavar="KIND", help=f"The kind of table, if its name does not say: {', '.join(KINDS)}.", type=Choice("kind of table", KINDS))
ORDER = shared("order", "the derivatives: 0 for the value alone, 2 for second ones too.", type=Number(Range(0, 2)), default=1)
DIGITS = Option("--lost-digits", group=METHOD, help="Flag lost digits too.")
BAD_ROWS = Option("--bad", group=METHOD, metavar="WHAT", type=Choice("way with bad rows", BAD), default=BAD[0], help="Rows that are no numbers: error, skip, or nan.")
TO = Option("target", "--to", group=OUTPUT, metavar="KIND", help="The kind of table to write, if its name does not say.", type=Choice("kind of table", KINDS))
KEEP = Option("--keep", group=OUTPUT, metavar="NAMES", default="", show_default=False, help="Columns of the table to put before the results; all is each of them.")
RESUME = Option("--resume", group=OUTPUT, help="Go on where an earlier run was ended.")
SCHEDULER = Option("--scheduler", group=LIMITS, metavar="ADDRESS", help="Compute on a cluster of Dask: tcp://host:port, or local for processes of this machine.")
WORKERS = Option("--threads", group=LIMITS, metavar="N", type=Number(THREADS), help="How many threads compute; all cores, if not given.")


@as_command(
    EXPRESSION, DATA, FROM, shared("at", "What is the same in all rows."), "wrt", "of", ORDER, DIGITS, BAD_ROWS, "strict", TO, KEEP,
    RESUME, SCHEDULER, WORKERS, examples=EXAMPLES, limits=False, own_file=True,
)  # fmt: skip
def command(
    run: Run, data: str, source: str | None, wrt: str | None, of: str | None, order: int, lost_digits: bool, bad: str, strict: bool,
    path: str | None, target: str | None, keep: str, resume: bool, scheduler: str | None, threads: int | None,
) -> int:  # fmt: skip
    """The value and the derivatives of EXPR at every row of a table, and what is to be said of each, as columns of another table.

    Results go to standard output, or to a file after -o, and then a report is shown. Their columns are f, df/dx, ..., and flags,
    bits that `diffcli help batch` explains. Tables are CSV, NDJSON, .npy, and with diffcli[data] Parquet and Feather, of any size:
    they are read and written block by block. A folder of Parquet files becomes another one.
    """
    path = "-" if path is None else path
    several = is_partitioned(data)
    if path != "-" and os.path.isdir(path) and not several:
        raise refusal("unwritable-file", f"cannot write to {path}: it is a directory", "name a file after -o")
    if resume and "-" in (path, data):
        raise refusal("usage", "--resume needs a file to read and one to write", "name them: --data FILE -o FILE")
    if several and (path == "-" or kind_by_name(path) or target not in (None, "parquet")):
        raise refusal("usage", "a data set of several files is written to a folder, as Parquet", "name it: -o FOLDER")
    kind = None if several else kind_of(path, target, writes=True)
    written = [os.path.realpath(path) + more for more in ("", ".part", ".part.json", ".part.json.new", ".part.copy")]
    if os.path.exists(data) and os.path.realpath(data) in written:
        raise refusal("usage", f"{path} would be written while it is read", "name another file after -o")
    program, held = run.read(), as_point(run.point) if run.point else {}
    if resume and type(program) is not Program:
        help = "leave --resume out; or write the function as a program, which is compared"
        raise refusal("usage", "whether a Python function is what it was cannot be told, so there is nothing to go on with", help)
    if scheduler and type(program) is not Program:
        help = "leave --scheduler out: all cores of this machine are used"
        raise refusal("usage", "the workers of a cluster do not have a Python function of a file", help)
    options = {"wrt": wrt, "of": of, "order": order, "flags": "digits" if lost_digits else ""}
    question = [one_line(program), *options.values()]
    job = Job(program, held, options, question, keep, bad, source, resume, threads or (1 if scheduler else cores()))
    try:
        with ExitStack() as stack:
            ordered: Callable[..., Iterator[Any]] = in_order
            if scheduler:
                from diffcli.tables.cluster import cluster  # most runs need none

                ordered = stack.enter_context(cluster(scheduler))
            stage = stack.enter_context(run.at_work())
            if several:
                summary = job.partitions(data, path, stage, ordered)
            else:
                out: Any = path
                if path == "-":
                    out = Whole(run.environment.stdout.buffer), kind
                elif os.path.exists(path) and not os.path.isfile(path):  # a device or a pipe
                    out = stack.enter_context(open(path, "wb")), kind
                summary = job.run(data, out, target, getattr(run.environment.stdin, "buffer", None), stage, ordered)
    except Kept as interruption:
        write(run.environment.stderr, f"interrupted: {interruption}\n")
        return ExitCode.INTERRUPTED
    if path == "-":
        write(run.environment.stderr, "" if run.output.quiet else in_a_line(summary) + "\n")
    else:
        run.output.print(batch_report(one_line(program), data, path, summary))
    flags = summary.flags.keys()
    if strict and flags & {"kink", "tie", "jump", "pole", "digits"}:
        return ExitCode.NOT_DIFFERENTIABLE
    return ExitCode.DOMAIN if flags & {"domain", "nonfinite"} else ExitCode.OK


class Whole:
    """A stream that writes all it is given: one without a buffer may write the first part alone, as on a disk that is full."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.stream.write(rest) :]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
