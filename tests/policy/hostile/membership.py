# SPDX-License-Identifier: AGPL-3.0-or-later
"""A made-up server's part in a room: it joins, says things and passes on what others said."""

import time
from typing import Any
from urllib.parse import quote

from attrs import define, field
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS, RoomVersion
from synapse.crypto.event_signing import add_hashes_and_signatures
from synapse.events import make_event_from_dict

from tests.policy.hostile.peer import Peer


@define(eq=False)
class Membership:
    """A peer's user in a room of a version whose events carry their room's id."""

    peer: Peer
    room: str
    user: str
    version: RoomVersion
    _auth: dict[str, str] = field(factory=dict)
    _joined: str = ""
    _depth: int = 0

    @classmethod
    async def join(cls, peer: Peer, room: str, user: str) -> "Membership":
        """Join as an honest server would (server-server API, "Joining Rooms")."""
        path = f"{quote(room)}/{quote(user)}"
        versions = "&".join(f"ver={each}" for each in KNOWN_ROOM_VERSIONS)
        status, template = await peer.ask("GET", f"/v1/make_join/{path}?{versions}")
        assert status == 200, template
        joined = cls(peer, room, user, KNOWN_ROOM_VERSIONS[template["room_version"]])
        event = joined._signed(template["event"])
        event_id = joined.event_id(event)
        path = f"/v2/send_join/{quote(room)}/{quote(event_id)}"
        status, answer = await peer.ask("PUT", path, event)
        assert status == 200, answer
        for each in [*answer["state"], event]:
            joined._learn(each)
        joined._joined, joined._depth = event_id, event["depth"]
        return joined

    def event_id(self, event: dict[str, Any]) -> str:
        """Give the id of an event of the room."""
        return make_event_from_dict(event, self.version).event_id

    def says(self, text: str, *after: str) -> dict[str, Any]:
        """Make the event of a message, for whoever brings it; ``after`` are the events before it."""
        content = {"msgtype": "m.text", "body": text}
        if after:
            return self._event("m.room.message", content, prev_events=after)
        return self._event("m.room.message", content)

    def sets(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Make a state event with an empty key."""
        return self._event(kind, content, state_key="")

    def _event(self, kind: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Make an event that follows on the joining alone, so that no other has to have arrived."""
        event = {
            "type": kind,
            "room_id": self.room,
            "sender": self.user,
            "content": content,
            "auth_events": sorted(self._auth.values()),
            "prev_events": [self._joined],
            "depth": self._depth + 1,
            # Receipts for old events are not passed on at once.
            "origin_server_ts": int(time.time() * 1000),
            **more,
        }
        return self._signed(event)

    def _learn(self, event: dict[str, Any]) -> None:
        """Keep which events allow what the user does here."""
        of_the_room = event["type"] in ("m.room.create", "m.room.power_levels")
        if of_the_room or event.get("state_key") == self.user:
            self._auth[event["type"]] = self.event_id(event)

    def _signed(self, event: dict[str, Any]) -> dict[str, Any]:
        add_hashes_and_signatures(self.version, event, self.peer.name, self.peer.who.key)
        return event
