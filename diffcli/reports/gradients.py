"""The report of a claimed gradient beside the computed one: the entries, the worst of many, and the likely slip."""

from __future__ import annotations

from diffcli.errors import counted
from diffcli.language.writing.printer import shorten
from diffcli.records.blocks import MOST_SHOWN, Block, Document, Table, Text, numbers, texts
from diffcli.records.findings import Finding
from diffcli.records.gradients import WRONG, Entry, GradientCheck
from diffcli.reports.document import LONGEST, data_of, heading, number, point_text


def gradient_report(check: GradientCheck, full: bool = False) -> Document:
    """The document of a claimed gradient or Hessian."""
    shown, many = check.worst, len(check.points) > 1
    blocks: list[Block] = heading(check.expression, shown.at, f"{check.kind} against {check.against}", anywhere=many)
    if many:
        blocks.append(Text(f"the worst of {counted(len(check.points), 'point')}: {shorten(point_text(shown.at), LONGEST)}"))
    blocks += [_entries_table(shown.entries, full), _verdict_table(check)]
    points = [data_of(point, "at recorded entries") for point in check.points]
    fields = "schema expression against kind passed counts slip worst points undefined notes"
    worst = {"at": shown.at, **shown.worst._asdict()}
    data = data_of(check, fields, schema="diffcli/check@1", points=points, worst=worst)
    return Document(tuple(blocks), data, findings=_findings(check))


def _entries_table(entries: tuple[Entry, ...], full: bool) -> Table:
    """The entries in order; of many, the worst."""
    hidden = 0 if full else max(0, len(entries) - MOST_SHOWN[0])
    if hidden:
        entries = tuple(sorted(entries, key=lambda entry: entry.badness, reverse=True)[: MOST_SHOWN[0]])
    reasons = any(entry.why for entry in entries)
    found = (*numbers("claimed", "computed", full=True), *numbers("±", size=True))
    columns = (*texts("by"), *found, *texts("verdict", *["why"] * reasons))
    rows = tuple((each.name, each.claimed, each.computed, each.bar, each.verdict, *[each.why] * reasons) for each in entries)
    return Table("", columns, rows, len(rows), hidden, digits=3, name="entries")


def _verdict_table(check: GradientCheck) -> Table:
    """The verdict on the whole, and the likely slip."""
    rows = [("entries", ", ".join(f"{count} {verdict}" for verdict, count in check.counts.items() if count))]
    rows += [("computed by", "differences of plain calls, whose bars are estimates")] * (not check.worst.recorded)
    rows += [("the worst", _entry_text(check.worst.worst))] * (not check.passed)
    rows += [("likely slip", check.slip)] * bool(check.slip)
    if check.undefined:
        rows.append(("no value", f"at {counted(len(check.undefined), 'point')}, first {point_text(check.undefined[0])}"))
    return Table("", texts("verdict", ""), tuple(rows), name="verdict")


def _entry_text(entry: Entry) -> str:
    text = f"{entry.name}: claimed {number(entry.claimed, 6)}, computed {number(entry.computed, 6)} ± {number(entry.bar, 2)}"
    second = f", by differences {number(entry.difference, 6)} ± {number(entry.difference_bar, 2)}"
    return text + second * (entry.difference is not None)


def _findings(check: GradientCheck) -> tuple[Finding, ...]:
    """One for each variable; one for all second derivatives."""
    found: dict[str, list[tuple[str, Entry]]] = {}
    for point in check.points:
        for entry in point.entries:
            variable = "" if entry.name == "value" else f"df/d{entry.name.partition('[')[0]}"
            name = check.kind if check.kind == "hessian" and variable else variable or entry.name
            found.setdefault(name, []).append((shorten(point_text(point.at), LONGEST), entry))
    findings = []
    for name, own in found.items():
        where, worst = max(own, key=lambda pair: pair[1].badness)
        count = sum(entry.verdict == worst.verdict for _, entry in own)
        message = f"{check.against}: {count} of {len(own)} {worst.verdict}, the worst at {where}: {_entry_text(worst)}"
        message += f"; the likely slip: {check.slip}" * (worst.verdict == WRONG and bool(check.slip))
        passed = check.passed or worst.verdict == "right"
        findings.append(Finding("gradient-is-right", name, passed, worst.verdict, message))
    return tuple(findings)
