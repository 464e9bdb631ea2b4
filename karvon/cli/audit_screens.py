# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``karvon audit`` prints, as text."""

import json
from collections.abc import Iterator, Sequence

from policy_module.audit.chain import Problem
from policy_module.audit.lines import Entry
from policy_module.audit.reading import Checked
from policy_module.audit.verify import Report

MOST_PROBLEMS = 20
"""Problems shown of one stream; behind a real one there may be thousands that follow from it."""


def entry_line(stream: str, entry: Entry) -> str:
    """Write an entry for people; what JSON escapes cannot play tricks on a terminal."""
    details = [f"{name}={json.dumps(value)}" for name, value in entry.record.details.items()]
    return " ".join([entry.time, stream, str(entry.seq), entry.record.kind, *details])


def checked_lines(checked: Checked) -> Iterator[str]:
    """Say what a check found."""
    for report in checked.reports:
        yield from _report_lines(report)
    yield from _problem_lines(checked.problems)
    if checked.holds:
        yield "Everything holds." if checked.reports else "There is nothing in it."
    else:
        yield "It does not hold."


def _report_lines(report: Report) -> Iterator[str]:
    entries = report.end - report.first
    signed = (
        f"signed up to {report.signed} at {report.signed_at}" if report.signed_at else "unsigned"
    )
    yield f"{report.stream}: {entries} entries from {report.first}, {signed}"
    for remark in report.remarks:
        yield f"  note: {remark}"
    yield from _problem_lines(report.problems)


def _problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    for problem in problems[:MOST_PROBLEMS]:
        yield f"  WRONG: {problem}"
    if len(problems) > MOST_PROBLEMS:
        yield f"  and {len(problems) - MOST_PROBLEMS} more; the first ones are where to look"
