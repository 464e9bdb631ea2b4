# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the homeserver's policy refused to somebody, in words; pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from bridges.core.text import UserText, user_text


@frozen
class Refusal:
    """One refusal; ``subject`` is the server, person or thing it was about."""

    time: datetime
    reason: str | None
    rule: str
    subject: str


def refusal_of(answer: Mapping[str, Any]) -> Refusal:
    """Read one entry of ``GET /_karvon/policy/why``."""
    return Refusal(
        datetime.fromtimestamp(answer["time"] / 1000, UTC),
        answer["reason"],
        answer["rule"],
        answer["subject"] or "—",
    )


def why(refusal: Refusal) -> UserText:
    """Say why, with the rule and the time."""
    template = SENTENCES.get(refusal.reason or "", _OTHERWISE)
    return UserText(
        template.template,
        {
            "subject": refusal.subject,
            "rule": refusal.rule,
            "time": f"{refusal.time:%Y-%m-%d %H:%M} UTC",
        },
    )


_OTHERWISE = user_text("- {time}: the policy refused {subject} (rule: {rule}).")

SENTENCES = {
    "not_listed": user_text(
        "- {time}: this homeserver only talks to servers on its allowlist, and {subject} is not on it"
        " (rule: {rule})."
    ),
    "denylisted": user_text(
        "- {time}: the administrator of this homeserver has excluded {subject} (rule: {rule})."
    ),
    "expired": user_text(
        "- {time}: the time for which {subject} was allowed is over (rule: {rule})."
    ),
    "wrong_direction": user_text(
        "- {time}: this homeserver talks to {subject} in the other direction only (rule: {rule})."
    ),
    "no_server_name": user_text(
        "- {time}: {subject} is not a valid name of a server (rule: {rule})."
    ),
    "outside": user_text(
        "- {time}: {subject} is outside the territory this homeserver may connect to (rule: {rule})."
    ),
    "destination_not_listed": user_text(
        "- {time}: this homeserver does not connect to {subject} (rule: {rule})."
    ),
    "not_permitted": user_text("- {time}: your account may not do this: {subject} (rule: {rule})."),
    "too_wide": user_text(
        "- {time}: rooms of the class {subject} are not permitted here (rule: {rule})."
    ),
    "domestic_room": user_text(
        "- {time}: the room is for people of this homeserver only, so {subject} cannot take part"
        " (rule: {rule})."
    ),
    "class_is_final": user_text(
        "- {time}: whether other servers may take part in a room is decided when it is made; it cannot"
        " become {subject} later (rule: {rule})."
    ),
    "no_such_class": user_text(
        "- {time}: there is no room class {subject}; there are domestic, allowlisted and open."
    ),
    "history_too_wide": user_text(
        "- {time}: the history of a room of this class cannot be {subject}: people would see what was"
        " said before they came (rule: {rule})."
    ),
    "no_guests": user_text(
        "- {time}: guests cannot take part in a room of this class (rule: {rule})."
    ),
    "not_published": user_text(
        "- {time}: a room of the class {subject} cannot be listed, because other servers can see the"
        " list (rule: {rule})."
    ),
    "no_bridges_here": user_text(
        "- {time}: bridges do not take part in a room for people of this homeserver only: {subject}"
        " (rule: {rule})."
    ),
    "foreign_creator": user_text(
        "- {time}: {subject} cannot be made a creator of a room, because nobody could ever remove a"
        " creator (rule: {rule})."
    ),
    "closed": user_text(
        "- {time}: this homeserver could not talk to other servers at that moment: {subject}"
        " (rule: {rule})."
    ),
}
