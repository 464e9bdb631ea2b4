# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outcome of a check as a document (JSON), the same for the command and for programs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import asdict, frozen

from policy_module.residency.accepted import line_to_add
from policy_module.residency.at_rest import DataAtRest
from policy_module.residency.check import Finding, Verdict
from policy_module.residency.outside import OUTSIDE_THIS_PROCESS, OutsideThisProcess
from policy_module.territory.territory import Territory


@frozen
class Report:
    """Everything that one check says."""

    territory: Territory
    checked_at: float
    """POSIX seconds."""
    findings: tuple[Finding, ...]
    at_rest: tuple[DataAtRest, ...]
    remarks: tuple[str, ...] = ()
    """What was not looked at, and why."""
    not_seen: tuple[OutsideThisProcess, ...] = OUTSIDE_THIS_PROCESS

    @property
    def is_home(self) -> bool:
        """Whether nothing was found outside."""
        return all(finding.verdict is not Verdict.OUTSIDE for finding in self.findings)


def counted(findings: Iterable[Finding]) -> Mapping[Verdict, int]:
    """Count findings by verdict, those that do not occur as 0."""
    counts = Counter(finding.verdict for finding in findings)
    return {verdict: counts[verdict] for verdict in Verdict}


def of_concern(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Give the findings somebody should do something about, worst first."""
    order = (Verdict.OUTSIDE, Verdict.UNRESOLVED, Verdict.UNCHECKABLE)
    return tuple(finding for verdict in order for finding in findings if finding.verdict is verdict)


def document_of(report: Report) -> dict[str, Any]:
    """Give the report as JSON values; keys are stable."""
    return {
        "territory": {
            "name": report.territory.name,
            "digest": report.territory.digest,
            "sources": list(report.territory.sources),
        },
        "checked_at": datetime.fromtimestamp(report.checked_at, UTC).isoformat(timespec="seconds"),
        "is_home": report.is_home,
        "counts": {verdict.value: count for verdict, count in counted(report.findings).items()},
        "endpoints": [_finding(finding) for finding in report.findings],
        "data_at_rest": [asdict(row) for row in report.at_rest],
        "outside_this_process": [asdict(row) for row in report.not_seen],
        "remarks": [*report.territory.remarks, *report.remarks],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    endpoint = finding.endpoint
    return {
        "purpose": endpoint.purpose.value,
        "where_configured": endpoint.where_configured,
        "target": endpoint.shown,
        "host": endpoint.host,
        "port": endpoint.port,
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "remark": endpoint.remark,
        "line_to_add": (line_to_add(endpoint) if finding.verdict is Verdict.OUTSIDE else None),
        "addresses": [
            {"address": str(located.address), "rule": located.rule} for located in finding.addresses
        ],
    }
