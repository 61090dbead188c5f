"""The findings of checks, for the formats of services that review code: a name, a verdict and a sentence for each."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.errors import counted
from diffcli.language.writing.printer import shorten
from diffcli.records.agreement import Agreement, ClaimVerdict, PartialCheck, PointChecks
from diffcli.records.findings import Finding, Place
from diffcli.reports.document import LONGEST, number, point_text
from diffcli.studies.claims.claims import VERDICTS


def agreement_findings(agreements: Sequence[Agreement], place: Place) -> tuple[Finding, ...]:
    """One for each derivative of each result."""
    return tuple(
        Finding(
            "ways-agree", f"d{agreement.name}/d{check.variable}", check.passed, check.verdict,
            f"{_sentence(check)}{_at(agreement.at)}: {_ways(check)}", place,
        )
        for agreement in agreements for check in agreement.checks
    )  # fmt: skip


def points_findings(result: PointChecks, place: Place) -> tuple[Finding, ...]:
    """One for each variable, of its worst point; and one of the value, where it is undefined."""
    found, points = [], counted(result.points, "point")
    for variable, worst in result.worst.items():
        off = result.counts[variable].get("disagree", 0)
        message = f"every way agrees at {counted(result.points - len(result.undefined), 'point')}"
        if off:
            told = f"{_sentence(worst.check)}{_at(worst.at)}: {_ways(worst.check)}"
            message = f"the ways disagree at {off} of {points}; the worst: {told}"
        found.append(Finding("ways-agree", f"df/d{variable}", not off, "disagree" if off else "agree", message, place))
    if result.undefined:
        message = f"the value is undefined at {len(result.undefined)} of {points}, first{_at(result.undefined[0])}"
        found.append(Finding("value-defined", "f", False, "undefined", message, place))
    return tuple(found)


def claim_findings(claims: Sequence[ClaimVerdict], place: Place) -> tuple[Finding, ...]:
    """One for each claim."""
    rule = "claim-is-derivative"
    return tuple(
        Finding(rule, f"claim {one.variable}: {one.claim}", one.passed, one.verdict, claim_sentence(one), place) for one in claims
    )


def claim_sentence(claim: ClaimVerdict) -> str:
    """What a claim turned out to be, with the likely slip, a counterexample and the derivative."""
    parts = [VERDICTS[claim.verdict]]
    if claim.slip:
        parts.append(f"the likely slip: {claim.slip}")
    if claim.counterexample is not None:
        found = claim.counterexample
        parts.append(f"at {point_text(found.at)} it is {number(found.claimed, 6)}, the derivative {number(found.right, 6)}")
    if claim.right and claim.verdict != "proved":
        parts.append(f"the derivative is {claim.right}")
    return "; ".join(parts)


def _sentence(check: PartialCheck) -> str:
    plain = {"agree": "all ways agree", "disagree": "the ways disagree"}
    return check.explanation or plain.get(check.verdict, f"a {check.verdict}")


def _at(at: dict[str, float]) -> str:
    return f" at {shorten(point_text(at), LONGEST)}" if at else ""


def _ways(check: PartialCheck) -> str:
    """What each way comes to."""
    return ", ".join(f"{way.name} {number(way.value)}" for way in check.ways if way.has_number) or "no way has a number"
