# SPDX-License-Identifier: AGPL-3.0-or-later
"""A continuity report as an answer in a chat: totals, what is uncertain, what to do next. No names."""

from collections import Counter

from bridges.contacts.report.model import Report, State
from bridges.contacts.report.words import STATES, doubts, invitation, network_name
from bridges.core.text import UserText, user_text


def as_text(report: Report) -> list[UserText]:
    """Give the lines, with the markup of notices."""
    if not report.input_cards:
        return [
            user_text(
                "I have no contacts of yours yet. Log in to a network with its bot, or send me your "
                "address book as a file (vCard, or CSV of Google or Outlook)."
            )
        ]
    counts = report.counts()
    lines = [
        user_text(
            "**{people} contacts** on {cards} cards:",
            people=len(report.contacts),
            cards=report.input_cards,
        )
    ]
    lines += [
        user_text("- {state}: {people}", state=STATES[state], people=counts[state].people)
        for state in State
    ]
    lines += _networks(report)
    lines += doubts(report)
    if counts[State.UNREACHABLE].people:
        lines.append(user_text("The files say why somebody is not reachable, and what you can do."))
        lines.append(user_text("This you can send to those you want to bring along:"))
        lines.append(invitation(report.owner))
    return lines


def _networks(report: Report) -> list[UserText]:
    ways = Counter(way.network for one in report.contacts for way in one.ways)
    rooms = Counter(way.network for one in report.contacts for way in one.ways if way.room)
    return [
        user_text(
            "{network}: {people} contacts, {rooms} of them with a room",
            network=network_name(kind),
            people=ways[kind],
            rooms=rooms[kind],
        )
        for kind in sorted(ways)
    ]
