# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything a client was told by /sync, as raw JSON and in the order of arrival."""

from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]


class SyncRecord:
    """Accumulates sync responses.

    Source: Matrix specification, client-server API, `GET /_matrix/client/v3/sync`.

    Attributes:
        timeline: all timeline events of all rooms, each with its `room_id`.
        state: room → (type, state key) → latest event.
        ephemeral: all typing and receipt events, each with its `room_id`.
        account_data: (room, or "" for global; type) → content.
        invites: room → stripped state of invitations not yet answered.
        joined: rooms the user is in.
    """

    def __init__(self) -> None:
        self.timeline: list[Event] = []
        self.state: dict[str, dict[tuple[str, str], Event]] = {}
        self.ephemeral: list[Event] = []
        self.account_data: dict[tuple[str, str], dict[str, Any]] = {}
        self.invites: dict[str, list[Event]] = {}
        self.joined: set[str] = set()
        self._known: set[str] = set()

    def absorb(self, sync: Mapping[str, Any], decrypted: Mapping[str, Event]) -> None:
        """Add one sync response.

        Args:
            sync: the response's body.
            decrypted: event id → plain event, for those of the timeline that were encrypted.
        """
        rooms = sync.get("rooms", {})
        for room, news in rooms.get("invite", {}).items():
            self.invites[room] = news["invite_state"]["events"]
        for room, news in rooms.get("join", {}).items():
            self.joined.add(room)
            self.invites.pop(room, None)
            self._absorb_room(room, news, decrypted)
        for room, news in rooms.get("leave", {}).items():
            self.joined.discard(room)
            self.invites.pop(room, None)
            self._absorb_room(room, news, decrypted)
        self._absorb_account_data("", sync)

    def events(self, room: str | None = None) -> list[Event]:
        """Timeline events of one room, or of all."""
        return [event for event in self.timeline if room in (None, event["room_id"])]

    def typing(self, room: str) -> list[str]:
        """User ids that type in `room` at the moment."""
        notices = [event for event in self._ephemeral(room) if event["type"] == "m.typing"]
        return list(notices[-1]["content"]["user_ids"]) if notices else []

    def has_read(self, room: str, mxid: str, event_id: str) -> bool:
        """Whether a read receipt of `mxid` for exactly this event was seen."""
        return any(
            mxid in event["content"].get(event_id, {}).get("m.read", {})
            for event in self._ephemeral(room)
            if event["type"] == "m.receipt"
        )

    def state_content(
        self, room: str, event_type: str, state_key: str = ""
    ) -> dict[str, Any] | None:
        """Content of the current state event, None when there is none."""
        event = self.state.get(room, {}).get((event_type, state_key))
        return None if event is None else event["content"]

    def members(self, room: str, membership: str = "join") -> set[str]:
        """User ids with this membership."""
        return {
            key
            for (event_type, key), event in self.state.get(room, {}).items()
            if event_type == "m.room.member" and event["content"].get("membership") == membership
        }

    def _ephemeral(self, room: str) -> list[Event]:
        return [event for event in self.ephemeral if event["room_id"] == room]

    def _absorb_room(
        self, room: str, news: Mapping[str, Any], decrypted: Mapping[str, Event]
    ) -> None:
        for event in news.get("state", {}).get("events", ()):
            # How things were before the timeline on another branch of the room, if two events were
            # made at the same time (the reason for MSC4222): no news, and maybe out of date.
            if event["event_id"] not in self._known:
                self._absorb_state(room, event)
        for event in news.get("timeline", {}).get("events", ()):
            plain = decrypted.get(event["event_id"], event)
            self.timeline.append({**plain, "room_id": room})
            if "state_key" in event:
                self._absorb_state(room, event)
        self.ephemeral += [
            {**event, "room_id": room} for event in news.get("ephemeral", {}).get("events", ())
        ]
        self._absorb_account_data(room, news)

    def _absorb_state(self, room: str, event: Event) -> None:
        self._known.add(event["event_id"])
        current = self.state.setdefault(room, {})
        current[event["type"], event["state_key"]] = {**event, "room_id": room}

    def _absorb_account_data(self, room: str, news: Mapping[str, Any]) -> None:
        for event in news.get("account_data", {}).get("events", ()):
            self.account_data[room, event["type"]] = event["content"]
