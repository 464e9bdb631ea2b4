# SPDX-License-Identifier: AGPL-3.0-or-later
"""Past messages that are sent one after another, with their own times."""

from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.errors import make_request_error
from mautrix.types import EventID, RoomID, UserID

from bridges.core.history.writer import EventKey, PastEvent, PastReaction, TimestampedHistory
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.matrix.rendering import ReactionKey, Rendered

ROOM = RoomID("!room:test")
NODIRA = MatrixSender(UserID("@nodira:test"))


def event(name: str, sent_at: int = 7, reply_to: EventID | EventKey | None = None) -> PastEvent:
    content = {"msgtype": "m.text", "body": name}
    return PastEvent(
        EventKey("chat", name, ""), NODIRA, sent_at, Rendered("m.room.message", content), reply_to
    )


def reaction(to: str) -> PastReaction:
    return PastReaction(
        EventKey("chat", to, "fire"), NODIRA, 7, EventKey("chat", to, ""), ReactionKey("🔥")
    )


@pytest.fixture
def writer() -> Mock:
    async def message(_room: RoomID, _sender: MatrixSender, _rendered: Rendered, *rest: Any) -> str:
        return f"$sent {rest[0][1]}"

    return Mock(
        message=AsyncMock(side_effect=message), react=AsyncMock(return_value=EventID("$react"))
    )


def sent(writer: Mock) -> list[dict[str, Any]]:
    return [call.args[2].content for call in writer.message.await_args_list]


async def test_each_has_its_time_and_its_name(writer: Mock) -> None:
    ids = await TimestampedHistory(writer).insert(ROOM, [event("a", 1000), event("b", 2000)])
    assert ids == {EventKey("chat", "a", ""): "$sent a", EventKey("chat", "b", ""): "$sent b"}
    assert [call.args[3:] for call in writer.message.await_args_list] == [
        (("chat", "a", ""), 1000),
        (("chat", "b", ""), 2000),
    ]


async def test_answers_to_the_same_batch_and_to_what_is_there(writer: Mock) -> None:
    there = EventID("$there")
    batch = [event("a"), event("b", reply_to=EventKey("chat", "a", "")), event("c", reply_to=there)]
    await TimestampedHistory(writer).insert(ROOM, batch)
    relations = [content.get("m.relates_to") for content in sent(writer)]
    assert relations == [
        None,
        {"m.in_reply_to": {"event_id": "$sent a"}},
        {"m.in_reply_to": {"event_id": "$there"}},
    ]


async def test_a_refused_reaction_is_left_out(writer: Mock) -> None:
    error = make_request_error(400, "no", "M_DUPLICATE_ANNOTATION", "no")
    writer.react.side_effect = [HomeserverRefused("PUT", error), EventID("$react")]
    batch = (event("a"), reaction("a"), event("b"), reaction("b"))
    ids = await TimestampedHistory(writer).insert(ROOM, batch)
    assert EventKey("chat", "a", "fire") not in ids
    assert ids[EventKey("chat", "b", "fire")] == "$react"


async def test_passing_trouble_is_told(writer: Mock) -> None:
    writer.message.side_effect = HomeserverUnavailable("down")
    with pytest.raises(HomeserverUnavailable):
        await TimestampedHistory(writer).insert(ROOM, [event("a")])
