"""The claims of a file about one or several expressions, such as those of a class: each is judged, and each slip counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from diffcli.errors import Diagnostic, DiffcliError, LimitError, as_stop
from diffcli.language import Program
from diffcli.methods.points.csv_table import read_texts
from diffcli.methods.points.file_text import read_text
from diffcli.methods.problem.problem import Problem
from diffcli.records.agreement import ClaimRow, ManyClaims
from diffcli.studies.claims.claims import claims_in_numbers, judged_in_turn, read_claims

COLUMNS = ("name", "variable", "claim", "expression")
"""The columns of such a file; all but the claim may be missing."""

Written = tuple[ClaimRow, Program, dict[str, Problem]]
"""A row with its claim: as a program, and in numbers by variable."""


def read_rows(path: str) -> tuple[list[ClaimRow], list[Diagnostic]]:
    """The rows of a CSV file whose first line has the names of `COLUMNS`, and a note on other columns."""
    table = read_texts(read_text(path), path, "claim")
    places = {name: table.columns(name)[0] for name in COLUMNS if name in table.names or name == "claim"}
    rows = [
        ClaimRow(line, **{name: cells[places[name]] if name in places else "" for name in COLUMNS}) for line, cells in table.rows
    ]
    surplus = [f"`{name}`" for name in table.names if name not in COLUMNS]
    message = f"no column that is asked for, and passed over: {', '.join(surplus)}"
    return rows, [Diagnostic("unused-name", "note", message)] if surplus else []


def judge_rows(
    path: str,
    rows: Sequence[ClaimRow],
    problem_of: Callable[[str], tuple[Problem, bool]],
    progress: Callable[[str], None] = lambda stage: None,
) -> ManyClaims:
    """What each claim turns out to be; of those that are judged when it is stopped.

    ``problem_of`` gives the problem of an expression, and whether somebody asked for its point. What is wrong with an
    expression, or a claim, is the ``fault`` of its rows, and ends nothing.
    """
    judged: list[ClaimRow] = []
    notes: list[Diagnostic] = []
    try:
        for expression in dict.fromkeys(row.expression for row in rows):
            for row in _judged([row for row in rows if row.expression == expression], path, problem_of):
                judged.append(row)
                progress(f"claim {len(judged)} of {len(rows)}")
    except (LimitError, KeyboardInterrupt) as stopped:
        if not judged:
            raise
        notes.append(as_stop(stopped)._replace(notes=(f"judged until then: {len(judged)} of {len(rows)} claims",)))
    return ManyClaims(path, tuple(sorted(judged, key=lambda row: row.line)), tuple(notes))


def _judged(rows: Sequence[ClaimRow], path: str, problem_of: Callable[[str], tuple[Problem, bool]]) -> Iterator[ClaimRow]:
    """The rows of one expression with their verdicts, or faults; one for each of its claims, where a row has several."""
    try:
        problem, at_given = problem_of(rows[0].expression)
    except DiffcliError as fault:
        yield from (_with_fault(row, fault) for row in rows)
        return
    written: list[Written] = []
    for row in rows:
        text = f"{row.variable}: {row.claim}" if row.variable else row.claim
        try:
            claims = read_claims(text, problem, f"line {row.line} of {path}")
            written += [(row, program, claims_in_numbers(problem, name, program)) for name, program in claims.items()]
        except DiffcliError as fault:
            yield _with_fault(row, fault)
    verdicts = judged_in_turn(problem, [one[1:] for one in written], lambda stage: None, at_given)
    for (row, *_), found in zip(written, verdicts, strict=True):
        for verdict in found:
            yield row._replace(expression=problem.expression(), variable=verdict.variable, found=verdict)


def _with_fault(row: ClaimRow, fault: DiffcliError) -> ClaimRow:
    if isinstance(fault, LimitError):
        raise fault
    return row._replace(fault=fault.diagnostics[0])
