# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads how an operator asks for a change of the policy; pure.

``allow example.org for 30d because the schools asked``, ``deny old.example.org``,
``remove example.org``.
"""

import re
from datetime import date, timedelta

from bridges.core.commands.parser import UsageError
from bridges.core.text import user_text
from policy_module.rules.edit import AddServer, Change, Listing, RemoveServer
from policy_module.rules.names import InvalidNameError, parse_pattern

_REQUEST = re.compile(
    r"(?P<action>allow|deny|remove)\s+(?P<server>\S+)"
    r"(?:\s+for\s+(?P<count>\d{1,4})\s*(?P<unit>d|w|m|y)[a-z]*)?"
    r"(?:\s+until\s+(?P<until>\d{4}-\d{2}-\d{2}))?"
    r"(?:\s+because\s+(?P<note>.{1,200}))?",
    re.IGNORECASE,
)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def parse_change(text: str, today: date) -> Change:
    """Read a request; ``today`` is what ``for 30d`` counts from.

    Raises:
        UsageError: with what to write instead.
    """
    match = _REQUEST.fullmatch(text.strip())
    if match is None or (match["count"] and match["until"]):
        raise UsageError(
            user_text(
                "Write it like one of these: `{allow}`, `{deny}`, `{remove}`.",
                allow="policy allow example.org for 30d because …",
                deny="policy deny example.org",
                remove="policy remove example.org",
            )
        )
    server = match["server"]
    try:
        parse_pattern(server)
    except InvalidNameError:
        raise UsageError(
            user_text(
                "“{name}” is no server name. Write a host such as {one}, or {many} for all below it.",
                name=server,
                one="matrix.example.org",
                many="*.example.org",
            )
        ) from None
    if match["action"].casefold() == "remove":
        return RemoveServer(server)
    return AddServer(
        Listing(match["action"].casefold()), server, _until(match, today), match["note"] or ""
    )


def _until(match: re.Match[str], today: date) -> date | None:
    if match["count"]:
        return today + timedelta(days=int(match["count"]) * _DAYS[match["unit"].casefold()])
    if not match["until"]:
        return None
    try:
        return date.fromisoformat(match["until"])
    except ValueError:
        raise UsageError(
            user_text(
                "There is no day {day}. Write it like {example}.",
                day=match["until"],
                example="2027-06-30",
            )
        ) from None
