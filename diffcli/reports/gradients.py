"""The report of a claimed gradient beside the computed one: the entries, the worst first, and the likely slip."""

from __future__ import annotations

from typing import Any

from diffcli.errors import counted
from diffcli.language.writing.printer import shorten
from diffcli.records.blocks import MOST_SHOWN, Block, Document, Table, Text, numbers, texts
from diffcli.records.findings import Finding, Place
from diffcli.records.gradients import RIGHT, VERDICTS, WRONG, Entry, GradientAtPoint, GradientCheck
from diffcli.reports.document import LONGEST, data_of, heading, number, point_text

CLAIM = {"gradient": "gradient", "hessian": "Hessian"}
"""What is claimed, in words."""


def gradient_report(check: GradientCheck, full: bool = False, place: Place | None = None) -> Document:
    """The document of a claimed gradient or Hessian; ``place`` is where it stands.

    The keys of its data: ``expression``, ``against``, ``kind``, ``passed``, ``counts`` (of each verdict), ``slip``, ``worst`` (an
    entry with its ``at``), ``points``, each with ``at``, ``way`` and ``entries`` (``name``, ``claimed``, ``computed``, ``bar``,
    ``verdict``, ``why``, ``difference``, ``difference_bar``), ``undefined`` (points without a value), ``notes``.
    """
    shown, how = check.worst, f"{CLAIM[check.kind]} against {shorten(check.against, LONGEST)}"
    blocks: list[Block] = []
    if len(check.points) == 1:
        blocks += heading(check.expression, shown.at, how)
    else:
        blocks.append(Text(f"f: {shorten(check.expression, LONGEST)}, {how} at {counted(len(check.points), 'point')}", "heading"))
        blocks.append(Text(f"the worst point: {shorten(point_text(shown.at), LONGEST)}"))
    blocks += [_entries_table(shown, full), _verdict_table(check)]
    return Document(tuple(blocks), _data(check), findings=_findings(check, place or Place()))


def _entries_table(point: GradientAtPoint, full: bool) -> Table:
    """The entries in order; where there are too many, the worst ones."""
    entries, most = list(point.entries), MOST_SHOWN[0]
    hidden = 0 if full else max(0, len(entries) - most)
    if hidden:
        entries = sorted(entries, key=lambda entry: (entry.verdict != WRONG, entry.verdict == RIGHT, -entry.error))[:most]
    reasons = any(entry.why for entry in entries)
    columns = (*texts("by"), *numbers("claimed", "computed", full=True), *numbers("±"), *texts("verdict", *["why"] * reasons))
    rows = tuple((each.name, each.claimed, each.computed, each.bar, each.verdict, *[each.why] * reasons) for each in entries)
    return Table("", columns, rows, len(rows), hidden, digits=3)


def _verdict_table(check: GradientCheck) -> Table:
    """The verdict on the whole, and the likely slip."""
    total = sum(check.counts.values())
    told = ", ".join(f"{count} {verdict}" for verdict, count in check.counts.items() if count)
    rows = [("entries", told if told.startswith(f"{total} ") and total == 1 else f"{told} of {total}")]
    if check.worst.way == "differences":
        rows.append(("computed by", "differences of plain calls, whose bars are estimates"))
    if not check.passed or check.counts[WRONG]:
        rows.append(("the worst", _worst_text(check.worst.worst)))
    if check.slip:
        rows.append(("likely slip", check.slip))
    if check.undefined:
        where = shorten("; ".join(map(point_text, check.undefined[:3])), LONGEST) + " ..." * (len(check.undefined) > 3)
        rows.append(("undefined", f"the function has no value at {counted(len(check.undefined), 'point')}: {where}"))
    return Table("", texts("verdict", ""), tuple(rows))


def _worst_text(entry: Entry) -> str:
    text = f"{entry.name}: claimed {number(entry.claimed, 6)}, computed {number(entry.computed, 6)} ± {number(entry.bar, 2)}"
    if entry.difference is None:
        return text
    return f"{text}, by differences {number(entry.difference, 6)} ± {number(entry.difference_bar, 2)}"


def _findings(check: GradientCheck, place: Place) -> tuple[Finding, ...]:
    """One for each variable."""
    found = []
    by_variable: dict[str, list[tuple[GradientAtPoint, Entry]]] = {}
    for point in check.points:
        for entry in point.entries:
            by_variable.setdefault(entry.name.partition("[")[0] if check.kind == "gradient" else "", []).append((point, entry))
    for variable, known in by_variable.items():
        counts = [sum(entry.verdict == verdict for _, entry in known) for verdict in VERDICTS]
        verdict = VERDICTS[1 if counts[1] else 0 if counts[0] else 2]
        worst = max(known, key=lambda pair: (pair[1].verdict == verdict, pair[1].error))
        name = variable if variable == "value" else f"df/d{variable}" if variable else "hessian"
        message = f"{check.against}: {counts[VERDICTS.index(verdict)]} of {len(known)} entries {verdict}"
        if verdict != RIGHT:
            message += f", the worst at {shorten(point_text(worst[0].at), LONGEST)}: {_worst_text(worst[1])}"
            message += f"; the likely slip: {check.slip}" * bool(check.slip)
        found.append(Finding("gradient-is-right", name, verdict != WRONG, verdict, message, place))
    return tuple(found)


def _data(check: GradientCheck) -> dict[str, Any]:
    fields = "name claimed computed bar verdict why difference difference_bar"
    entries = [[data_of(entry, fields) for entry in point.entries] for point in check.points]
    points = [data_of(point, "at way entries", entries=own) for point, own in zip(check.points, entries, strict=True)]
    worst = {"at": check.worst.at, **data_of(check.worst.worst, fields)}
    keys = "schema expression against kind passed counts slip worst points undefined notes"
    return data_of(check, keys, schema="diffcli/check@1", points=points, worst=worst)
