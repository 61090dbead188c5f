"""The claims of a file about one or several expressions, such as those of a class; what cannot be read ends nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from diffcli.errors import Diagnostic, DiffcliError, LimitError, UsageError, as_stop, error
from diffcli.methods.points.csv_table import read_table
from diffcli.methods.points.file_text import read_text
from diffcli.methods.problem.problem import Problem
from diffcli.records.agreement import ClaimVerdict
from diffcli.studies.claims.claims import claims_in_numbers, judged_in_turn, read_claims

COLUMNS = ("name", "variable", "claim", "expression")
"""The columns of such a file; all but the claim may be missing."""

Asked = tuple[Problem, bool]
"""The problem of an expression, and whether nobody asked for its point."""

ProblemOf = Callable[[str, str], Asked]
"""What an expression asks, which stands where a label says."""


def judge_rows(
    path: str, own: Asked | None, problem_of: ProblemOf, progress: Callable[[str, int, int], None], rtol: float | None = None
) -> tuple[list[ClaimVerdict], list[Diagnostic]]:
    """What each claim of a CSV file turns out to be, and notes; of those that are judged when it is stopped.

    They are about expressions of the file, or an ``own`` one.
    """
    table = read_table(read_text(path), path)
    names = [name.lower() for name in table.names]
    places = [table._replace(names=names).columns(name)[0] if name in (*names, "claim") else None for name in COLUMNS]
    if own is None and "expression" not in names:
        help = ["give EXPR, as in check EXPR --claims FILE", "or add a column expression to the file"]
        raise UsageError([error("usage", f"it is not said what the claims of {path} are about", help=help)])
    rows = [(line, ["" if place is None else cells[place] for place in places]) for line, cells in table.rows]
    judged, notes = list[ClaimVerdict](), list[Diagnostic]()
    if surplus := [f"`{name}`" for name in table.names if name.lower() not in COLUMNS]:
        notes.append(Diagnostic("unused-name", "note", f"no column for claims, and passed over: {', '.join(surplus)}"))
    try:
        for expression in dict.fromkeys(cells[-1] for _, cells in rows):
            for row in _judged([row for row in rows if row[1][-1] == expression], path, own, problem_of, rtol):
                judged.append(row)
                progress(f"claim {len(judged)} of {len(rows)}", len(judged), len(rows))
    except (LimitError, KeyboardInterrupt) as stopped:
        if not judged:
            raise
        notes.append(as_stop(stopped)._replace(notes=(f"judged until then: {len(judged)} of {len(rows)} claims",)))
    return sorted(judged, key=lambda row: row.line), notes


def _judged(
    rows: Sequence[tuple[int, list[str]]], path: str, own: Asked | None, problem_of: ProblemOf, rtol: float | None
) -> Iterator[ClaimVerdict]:
    """The rows of one expression; several for one that makes several claims."""
    readable = []
    problem: Problem | None = None
    for line, (name, variable, claim, expression) in rows:
        try:
            label = f"line {line} of {path}"
            if problem is None:
                problem, alone = own if own and not expression else problem_of(expression, label)
            text = f"{variable}: {claim}" if variable else claim
            for by, program in read_claims(text, problem, label).items():
                readable.append((line, name, (program, claims_in_numbers(problem, by, program))))
        except LimitError:
            raise
        except DiffcliError as fault:
            notes = tuple(found._replace(severity="warning") for found in fault.diagnostics)
            about = problem.expression() if problem else expression
            yield ClaimVerdict(variable, claim, "not readable", math.nan, math.nan, None, "", "", 0, 0, notes, line, name, about)
    if problem is not None:
        judged = judged_in_turn(problem, [claim for *_, claim in readable], lambda stage: None, not alone, rtol)
        for (line, name, _), verdicts in zip(readable, judged, strict=True):
            yield from (each._replace(line=line, name=name, expression=problem.expression()) for each in verdicts)
