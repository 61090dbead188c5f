"""``diffcli batch``: values and derivatives at every row of a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from diffcli.cli.environment import write
from diffcli.cli.exit_codes import ExitCode
from diffcli.cli.options import EXPRESSION, INPUT, LIMITS, METHOD, OUTPUT, Choice, Number, Option, as_command, shared
from diffcli.cli.run import Run
from diffcli.errors import counted, refusal
from diffcli.language import Program
from diffcli.methods.points.points import as_point
from diffcli.methods.points.ranges import THREADS, Range
from diffcli.methods.problem.problem import one_line
from diffcli.reports.batch import batch_report, in_a_line
from diffcli.tables.asking import kernel_of
from diffcli.tables.block import Reader
from diffcli.tables.columns import planned
from diffcli.tables.files import KINDS, kind_of, open_reader
from diffcli.tables.run import BAD, Done, Part, identity, in_order, run_blocks

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

    Results go to standard output, or to a file after -o, and then the report is shown. The columns are f, df/dx, ..., and flags: bits that `diffcli help batch` explains. Tables are CSV, NDJSON, .npy, and with
    diffcli[data] Parquet and Feather. They are read and written block by block, so that they may be of any size.
    """
    program, held = run.read(), as_point(run.point) if run.point else {}
    path = "-" if path is None else path
    kind = kind_of(path, target, writes=True)
    if resume and "-" in (path, data):
        raise refusal("usage", "--resume needs a file to read and one to write", "name them: --data FILE -o FILE")
    if path != "-" and os.path.exists(path) and data != "-" and os.path.samefile(path, data):
        raise refusal("usage", f"{path} would be written while it is read", "name another file after -o")
    options: dict[str, Any] = {"wrt": wrt, "of": of, "order": order, "flags": "digits" if lost_digits else ""}
    with ExitStack() as stack:
        stdin = getattr(run.environment.stdin, "buffer", None)

        def opened() -> Reader:
            reader = open_reader(data, source, stdin)
            stack.callback(reader.close)
            reader.names = reader.names or nameless(reader.width, program.inputs, held)
            return reader

        reader = opened()
        kernel = kernel_of(program, reader, held, **options)
        if type(program) is not Program:  # its first row was read
            reader = opened()
        plan = planned(kernel, reader.names, held)
        kept = [*reader.names] if keep.strip() == "all" else [name.strip() for name in keep.split(",") if name.strip()]
        unknown = [name for name in kept if name not in reader.names]
        clash = [name for name in kept if name in (*plan.names, "flags")]
        if unknown or clash:
            what = f"the table has no column `{unknown[0]}`" if unknown else f"`{clash[0]}` is a column of the table, and one of results"
            raise refusal("bad-data", what, f"the columns are: {', '.join([*reader.names][:12])}")
        question = {
            "question": [one_line(program), wrt, of, order, lost_digits, bad, kept, sorted(run.point), kind.name], "table": identity(data),
        }  # fmt: skip
        part = Part(path, kind, question) if path != "-" else None
        if part and resume:
            part.resume()
        threads = threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else threads or os.cpu_count() or 1
        out: Any = part or (run.environment.stdout.buffer, kind)
        try:
            ordered: Callable[..., Iterator[Done]] = in_order
            if scheduler:
                from diffcli.tables.cluster import cluster  # most runs need none

                ordered = stack.enter_context(cluster(scheduler))
            with run.at_work() as stage:
                summary = run_blocks(reader, plan, kept, out, bad=bad, threads=threads, progress=stage, ordered=ordered)
        except KeyboardInterrupt:
            if part is None:
                raise
            rows = part.known[0]
            of_all = f" of {reader.rows:,}" if reader.rows else ""
            write(run.environment.stderr, f"interrupted: kept {rows:,}{of_all} rows in {part.part}; go on with --resume\n")
            return ExitCode.INTERRUPTED
        if part is None:
            write(run.environment.stderr, in_a_line(summary) + "\n")
        else:
            run.output.print(batch_report(one_line(program), data, path, summary))
        flags = summary.flags.keys()
        if strict and flags & {"kink", "tie", "jump", "pole", "digits"}:
            return ExitCode.NOT_DIFFERENTIABLE
        return ExitCode.DOMAIN if flags & {"domain", "nonfinite"} else ExitCode.OK


def nameless(count: int, inputs: Iterable[str], held: Mapping[str, Any]) -> list[str]:
    """The names of the columns of a table that has none: the variables in their order."""
    wanted = [name for name in inputs if name not in held]
    if count != len(wanted):
        message = f"the table has {counted(count, 'column')} without names, and the variables are {', '.join(wanted)}"
        raise refusal("bad-data", message, "give each column a name, or as many columns as variables")
    return wanted
