# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``karvon audit residency`` prints."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from policy_module.residency.accepted import line_to_add
from policy_module.residency.check import Verdict
from policy_module.residency.report import Report, counted

_STYLES = {
    Verdict.HERE: "green",
    Verdict.INSIDE: "green",
    Verdict.ACCEPTED: "yellow",
    Verdict.UNRESOLVED: "yellow",
    Verdict.UNCHECKABLE: "yellow",
    Verdict.OUTSIDE: "bold red",
}


def residency_screen(report: Report) -> RenderableType:
    """Everything a check says, its result last."""
    return Group(
        _endpoints(report), _at_rest(report), _outside(report), *_remarks(report), _result(report)
    )


def _endpoints(report: Report) -> Table:
    table = _table(
        f"Configured destinations, and territory {report.territory.name}",
        "Purpose",
        "Where it is configured",
        "Destination",
        "Where it is",
        "Why",
    )
    for finding in report.findings:
        endpoint = finding.endpoint
        why = f"{finding.reason}\n({endpoint.remark})" if endpoint.remark else finding.reason
        table.add_row(
            endpoint.purpose,
            endpoint.where_configured,
            endpoint.shown,
            Text(finding.verdict, _STYLES[finding.verdict]),
            why,
        )
    return table


def _at_rest(report: Report) -> Table:
    table = _table("Data at rest", "Data", "Where", "Encryption", "Kept")
    for row in report.at_rest:
        table.add_row(row.what, row.where, row.encryption, row.retention)
    return table


def _outside(report: Report) -> Table:
    title = "Outside this process: cannot be seen from here"
    table = _table(title, "What", "Why", "What to do")
    for row in report.not_seen:
        table.add_row(row.what, row.why, row.rule)
    return table


def _remarks(report: Report) -> list[Text]:
    outside = [one.endpoint for one in report.findings if one.verdict is Verdict.OUTSIDE]
    lines = [line for line in map(line_to_add, outside) if line is not None]
    territory = report.territory
    return [
        *(Text(f"{territory.name} is made from {source}") for source in territory.sources),
        *(Text(f"note: {one}", "yellow") for one in (*territory.remarks, *report.remarks)),
        *(Text(f"If it is meant to be there, add to the policy: {line}") for line in lines),
    ]


def _table(title: str, *columns: str) -> Table:
    """Make a table in which paths and names are broken rather than cut."""
    table = Table(title=title)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _result(report: Report) -> Text:
    counts = counted(report.findings)
    parts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    home = report.territory.name
    if report.is_home:
        return Text(f"Nothing is outside {home}: {parts}.", "green")
    return Text(f"Something is outside {home}: {parts}.", "bold red")
