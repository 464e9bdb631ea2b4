# SPDX-License-Identifier: AGPL-3.0-or-later
"""A room as a client shows it that reads all of it: changes applied, deletions left out.

Source: client-server API, `GET /_matrix/client/v3/rooms/{roomId}/messages`; `m.replace`, `m.annotation`.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from attrs import frozen

from tests.soak.book import Shown
from tests.support.matrix_user import MatrixUser
from tests.support.sync_record import Event

_PAGE = 500


@frozen
class RoomView:
    """Messages by sender in order; files by what is written under them."""

    messages: Mapping[str, Sequence[Shown]]
    files: Mapping[str, str]

    @property
    def speakers(self) -> set[str]:
        """Who has said something that is still there."""
        return set(self.messages)

    def of(self, sender: str) -> Sequence[Shown]:
        """What somebody has said."""
        return self.messages.get(sender, ())


async def room_view(user: MatrixUser, room: str) -> RoomView:
    """Read a room from its end to its beginning."""
    events: list[Event] = []
    start = ""
    while True:
        path = f"/_matrix/client/v3/rooms/{quote(room)}/messages?dir=b&limit={_PAGE}{start}"
        page = await user.expect("GET", path)
        events += page["chunk"]
        if "end" not in page:
            return viewed(events[::-1])
        start = f"&from={quote(page['end'])}"


def viewed(events: Sequence[Event]) -> RoomView:
    """Make of all events of a room, oldest first, what a client shows."""
    texts: dict[str, str] = {}
    senders: dict[str, str] = {}
    reactions: dict[str, set[str]] = {}
    answered: dict[str, str] = {}
    files: dict[str, str] = {}
    for event in events:
        content: dict[str, Any] = event["content"]
        relation = content.get("m.relates_to", {})
        about = relation.get("event_id", "")
        if event["type"] == "m.reaction" and relation:
            reactions.setdefault(about, set()).add(relation["key"])
        elif event["type"] != "m.room.message" or "body" not in content:
            continue
        elif relation.get("rel_type") == "m.replace":
            if senders.get(about) == event["sender"]:
                texts[about] = content["m.new_content"]["body"]
        else:
            one = event["event_id"]
            texts[one], senders[one] = content["body"], event["sender"]
            answered[one] = relation.get("m.in_reply_to", {}).get("event_id", "")
            if "url" in content:
                files[content["body"]] = content["url"]
    messages: dict[str, list[Shown]] = {}
    for one, sender in senders.items():
        shown = Shown(
            one,
            texts[one],
            answers=texts.get(answered[one]),
            reactions=frozenset(reactions.get(one, ())),
        )
        messages.setdefault(sender, []).append(shown)
    return RoomView(messages, files)
