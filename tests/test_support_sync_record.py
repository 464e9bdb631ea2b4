# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a client takes for a room's state."""

from typing import Any

from tests.support.sync_record import SyncRecord

ROOM = "!room:home.test"


def topic(number: int) -> dict[str, Any]:
    event_type = "m.room.topic"
    content = {"topic": f"topic {number}"}
    return {"event_id": f"${number}", "type": event_type, "state_key": "", "content": content}


def synced(record: SyncRecord, *timeline: dict[str, Any], state: list[dict[str, Any]]) -> str:
    """The topic after a sync that brings this."""
    room = {"state": {"events": state}, "timeline": {"events": list(timeline)}}
    record.absorb({"rooms": {"join": {ROOM: room}}}, {})
    return str((record.state_content(ROOM, "m.room.topic") or {}).get("topic"))


def test_the_latest_of_the_timeline_counts() -> None:
    assert synced(SyncRecord(), topic(1), topic(2), state=[topic(0)]) == "topic 2"


def test_what_was_left_out_of_the_timeline_counts() -> None:
    record = SyncRecord()
    synced(record, topic(1), state=[])
    assert synced(record, state=[topic(2)]) == "topic 2"


def test_what_was_replaced_does_not_come_back_from_another_branch_of_the_room() -> None:
    record = SyncRecord()
    synced(record, topic(1), topic(2), state=[])
    assert synced(record, state=[topic(1)]) == "topic 2"
