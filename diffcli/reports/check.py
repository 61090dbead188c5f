"""The report of a check: every way to each derivative side by side, the verdicts, and what became of claims."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from diffcli.errors import Diagnostic, counted
from diffcli.language.writing.printer import number_text, shorten
from diffcli.operations.arithmetic import precise
from diffcli.records.agreement import Agreement, ClaimVerdict, PartialCheck, PointChecks, Way
from diffcli.records.blocks import Block, Document, Table, Text, Value, Values, numbers, texts
from diffcli.records.findings import Finding
from diffcli.reports.document import LONGEST, data_of, heading, number, partial, point_text
from diffcli.reports.formats import Style
from diffcli.studies.claims.claims import VERDICTS

MOST_ULPS = 1e4
"""A larger distance is given in digits."""


def check_report(
    expression: str,
    at: Mapping[str, Any],
    agreements: Sequence[Agreement],
    claims: Sequence[ClaimVerdict],
    style: Style,
    digits: int | None = None,
    several: bool = False,
) -> Document:
    """The document of a check at one point, of claims, or of both, with the notes of both.

    Claims alone have no ``agreements``, and a point ``at`` that nobody asked for. ``digits`` says how many digits of the exact
    derivatives are shown; none, if it was not asked for.
    """
    blocks: list[Block] = heading(expression, at, "every way" if agreements else "", anywhere=not agreements)
    for agreement in agreements:
        blocks += [*[Text(f"{agreement.name}:")] * several, *_agreement_blocks(agreement, style, digits)]
    blocks += [Table("", texts("claim", ""), tuple(_claim_rows(claim, at))) for claim in claims]
    findings = [_finding(agreement.name, check) for agreement in agreements for check in agreement.checks]
    findings += [_claim_finding(claim, f"claim for {claim.variable}") for claim in claims]
    fields = "passed results notes" if several else "value passed checks claims? notes" if agreements else "passed claims? notes?"
    found: list[Agreement | ClaimVerdict] = [*agreements, *claims]
    results = [data_of(each, "name text? value checks", checks=_checks_data(each, digits)) for each in agreements]
    data = data_of(
        agreements[0] if agreements else None, f"schema expression at {fields}", schema="diffcli/check@1", expression=expression,
        at=at, passed=all(each.passed for each in found), checks=results[0]["checks"] if results else None, results=results,
        claims=[_claim_data(claim) for claim in claims], notes=notes_of(found),
    )  # fmt: skip
    return Document(tuple(blocks), data, findings=tuple(findings))


def notes_of(checks: Sequence[Agreement | ClaimVerdict]) -> list[Diagnostic]:
    """The notes of some checks, each once."""
    return list(dict.fromkeys(note for check in checks for note in check.notes))


def _agreement_blocks(agreement: Agreement, style: Style, digits: int | None) -> list[Block]:
    """What each method finds, with so many digits of what is right, and the verdicts."""
    exact = [] if digits is None else _exact_lines(agreement, digits, style)
    verdicts = tuple((found.variable, verdict_text(found), _why(found)) for found in agreement.checks)
    table = Table("", texts("by", "verdict", "why"), verdicts)
    return [_ways_table(agreement, digits), *exact, Values(_values(agreement, style)), table]


def _ways_table(agreement: Agreement, digits: int | None) -> Table:
    asked = ("digits",) if digits is not None else ()
    sizes = numbers("±", "off by", *asked, size=True)
    columns = (*texts("by", "way"), *numbers("derivative", full=True), *sizes, *texts("verdict"))
    rows = tuple(
        (
            found.variable, way.name, way.value, way.bar, _distance(found, way), *[_right_digits(found, way) for _ in asked],
            _state(way),
        )
        for found in agreement.checks for way in found.ways
    )  # fmt: skip
    return Table("", columns, rows, name="ways")


def _state(way: Way) -> str:
    if not way.has_number:
        return "none"
    if way.agrees is None:
        return "no digit" if way.error is not None else ""
    return "agrees" if way.agrees else "off"


def _distance(found: PartialCheck, way: Way) -> str | None:
    """The error of a way in units in the last place; in digits, where it is large."""
    if way.error is None:
        return None
    if not way.error:
        return "0"
    size = found.size
    ulps = way.error / math.ulp(size) if math.isfinite(size) else math.inf
    return f"{number(ulps, 2)} ulp" if ulps < MOST_ULPS else number(way.error, 2)


def _right_digits(found: PartialCheck, way: Way) -> float | str | None:
    """How many decimal digits are right; 17 and more are all that a float has."""
    if way.error is None or found.exact is None:
        return None
    size = found.size
    if not way.error or not size:
        return "all" if not way.error else 0.0
    return round(max(0.0, -math.log10(way.error / size)), 1)


def _exact_lines(agreement: Agreement, digits: int, style: Style) -> list[Block]:
    lines: list[Block] = []
    for found in agreement.checks:
        name = f"{style.partial}f/{style.partial}{found.variable}"
        if found.exact is not None:
            lines.append(Text(f"{name} = {precise.text(found.exact, digits)} to {digits} digits, by the same tape", "code"))
        else:
            why = "something is not differentiable" if found.left is not found.right else "they do not settle"
            lines.append(Text(f"{name} has no {digits} digits to show: {why} at this point", "code"))
    return lines


def _values(agreement: Agreement, style: Style) -> tuple[Value, ...]:
    """The derivatives by reverse mode, and what they should be where they are wrong."""
    f = agreement.name
    values = [Value(f, f, agreement.value)]
    for found in agreement.checks:
        value = found.ways[0].value
        remark = ""
        if found.known is not None and found.ways[0].agrees is not True:
            remark = f"by reverse mode; it is {number(found.known, 6)}"
        derivative = math.nan if value is None else value
        values.append(partial(f, found.variable, derivative, style.partial, remark))
    return tuple(values)


def _why(found: PartialCheck) -> str:
    """The explanation of the verdict; where all is well, why a way has no number."""
    silent = [f"{way.name}: {way.remark}" for way in found.ways if not way.has_number and way.remark]
    return found.explanation or "; ".join(silent)


_AGREEMENT = {"overflow": "all ways agree on an infinity", "terms": "all ways agree, to few digits"}


def verdict_text(found: PartialCheck) -> str:
    """The verdict in a few words."""
    if found.verdict == "agree":
        whole = "all ways agree" if all(way.has_number for way in found.ways) else "the ways with a number agree"
        return _AGREEMENT.get(found.reason, whole)
    if found.verdict == "disagree":
        return f"disagree: {found.reason}"
    sides = ""
    if found.left is not None or found.right is not None:
        left, right = ("?" if side is None else number(side, 6) for side in (found.left, found.right))
        sides = f": {left} on the left, {right} on the right"
    return f"{found.verdict}{sides}"


# -- claims ------------------------------------------------------------------------------------------------------------------


def _claim_rows(claim: ClaimVerdict, at: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [("variable", claim.variable), ("claimed", claim.claim), ("verdict", f"{claim.verdict}: {VERDICTS[claim.verdict]}")]
    if claim.verdict == "not readable":
        return [*rows, ("why", _claim_why(claim))]
    if claim.verdict == "not decided":
        rows.append(("tried", f"at {claim.points} points, where it agrees to {claim.digits} digits"))
    where = f" at {shorten(point_text(at), LONGEST)}" if at else ""
    rows.append(("its value", f"{number_text(claim.claimed)}{where}; the derivative is {number_text(claim.value)}"))
    if claim.counterexample is not None:
        found = claim.counterexample
        claimed, right = number(found.claimed, 6), number(found.right, 6)
        if claimed == right:
            claimed, right = number(found.claimed), number(found.right)
        rows.append(("counterexample", f"at {point_text(found.at)} it is {claimed}, the derivative {right}"))
    if claim.slip:
        rows.append(("likely slip", claim.slip))
    if claim.right and claim.verdict != "proved":
        rows.append(("the derivative", claim.right))
    return rows


def claims_report(found: Sequence[ClaimVerdict], path: str, notes: Sequence[Diagnostic]) -> Document:
    """The document of the claims of a file, with the notes of all."""
    right = sum(claim.passed for claim in found)
    names = [claim.name or f"line {claim.line}" for claim in found]
    verdicts, slips = Counter(claim.verdict for claim in found), Counter(claim.slip for claim in found if claim.slip)
    shown = [(name, one.variable, one.claim, one.verdict, _claim_why(one)) for name, one in zip(names, found, strict=True)]
    blocks: list[Block] = [
        Text(f"{counted(len(found), 'claim')}, {right} of them right", "heading"),
        Table("", texts("name", "by", "claim", "verdict", "why"), tuple(shown)),
    ]
    for what, counts in (("verdict", verdicts), ("likely slip", slips)):
        if counts:
            blocks.append(Table("", (*texts(what), *numbers("claims")), tuple(counts.most_common())))
    claims = [data_of(one, "line name expression") | _claim_data(one) | {"why": _claim_why(one)} for one in found]
    data = {
        "schema": "diffcli/check@1", "passed": right == len(found), "claims": claims, "counts": dict(verdicts.most_common()),
        "slips": dict(slips.most_common()), "notes": notes,
    }  # fmt: skip
    named = [", ".join(filter(None, [name, one.variable])) for name, one in zip(names, found, strict=True)]
    findings = [_claim_finding(one, name, path) for name, one in zip(named, found, strict=True)]
    return Document(tuple(blocks), data, findings=tuple(findings))


def _claim_why(claim: ClaimVerdict) -> str:
    if claim.verdict == "not readable":
        return claim.notes[0].message
    return claim.slip or (f"the derivative is {claim.right}" if claim.right and not claim.passed else "")


# -- many points -------------------------------------------------------------------------------------------------------------


def points_report(result: PointChecks, style: Style) -> Document:
    """The document of a check at many points."""
    head = f"f: {shorten(result.expression, LONGEST)}, checked at {counted(result.points, 'point')}"
    columns = (*texts("by", "verdict"), *numbers("points"))
    rows = [(name, verdict, str(count)) for name, counts in result.counts.items() for verdict, count in counts.items()]
    blocks: list[Block] = [Text(head, "heading")]
    if rows:
        blocks.append(Table("", columns, tuple(rows)))
    if result.undefined:
        listed = "; ".join(point_text(at) for at in result.undefined[:3])
        more = " ..." if len(result.undefined) > 3 else ""
        where = shorten(listed, LONGEST) + more
        blocks.append(Text(f"the value is undefined at {counted(len(result.undefined), 'point')}: {where}"))
    shown = (
        *texts("by", "worst at"), *numbers("reverse", full=True), *numbers("relative error", size=True), *texts("verdict")
    )  # fmt: skip
    worst = [
        (name, point_text(found.at), found.check.ways[0].value, found.error, verdict_text(found.check))
        for name, found in result.worst.items()
    ]  # fmt: skip
    if worst:
        blocks.append(Table("the worst point of each", shown, tuple(worst)))
    blocks += [Text(f"{name}: {found.check.explanation}") for name, found in result.worst.items() if found.check.explanation]
    by_name = {
        name: {"at": found.at, "error": found.error, **data_of(found.check, "verdict reason explanation")}
        for name, found in result.worst.items()
    }
    fields = "schema expression passed points counts worst undefined notes"
    data = data_of(result, fields, schema="diffcli/check@1", worst=by_name)
    findings = []
    for name, found in result.worst.items():
        counts = ", ".join(f"{verdict} at {count}" for verdict, count in result.counts[name].items())
        before = f"{counts} of {counted(result.points, 'point')}; the worst, at {point_text(found.at)}: "
        findings.append(_finding("f", found.check, before))
    if result.undefined:
        findings.append(Finding("value-defined", "f", False, "undefined", f"the value is undefined at {where}"))
    return Document(tuple(blocks), data, findings=tuple(findings))


# -- findings ----------------------------------------------------------------------------------------------------------------


def _finding(name: str, found: PartialCheck, before: str = "") -> Finding:
    """The verdict on a derivative, why, and what each way comes to, after what is to stand ``before``."""
    ways = ", ".join(f"{way.name} {number(way.value)}" for way in found.ways if way.has_number)
    message = before + "; ".join(filter(None, [verdict_text(found), _why(found), ways]))
    return Finding("ways-agree", f"d{name}/d{found.variable}", found.passed, found.verdict, message)


def _claim_finding(claim: ClaimVerdict, name: str, file: str = "") -> Finding:
    """What a claim turned out to be, under a name."""
    told = "; ".join(f"{what}: {text}" for what, text in _claim_rows(claim, {}) if what not in ("variable", "its value"))
    return Finding("claim-is-derivative", name, claim.passed, claim.verdict, told, file, claim.line)


# -- data --------------------------------------------------------------------------------------------------------------------


def _checks_data(agreement: Agreement, digits: int | None) -> list[dict[str, Any]]:
    fields = "variable verdict reason explanation exact left right ways"
    return [
        data_of(
            found, fields, exact=None if found.exact is None else precise.text(found.exact, digits or 50),
            ways=[_way_data(found, way) for way in found.ways],
        )
        for found in agreement.checks
    ]  # fmt: skip


def _way_data(found: PartialCheck, way: Way) -> dict[str, Any]:
    right = _right_digits(found, way)
    return data_of(way, "name value bar error right_digits agrees remark", right_digits=17.0 if right == "all" else right)


def _claim_data(claim: ClaimVerdict) -> dict[str, Any]:
    found = claim.counterexample
    return data_of(
        claim, "variable claim verdict claimed derivative counterexample slip right points digits", derivative=claim.value,
        counterexample=found and data_of(found, "at claimed derivative", derivative=found.right),
    )  # fmt: skip
