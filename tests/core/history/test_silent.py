# SPDX-License-Identifier: AGPL-3.0-or-later
"""Past messages that are handed over to the homeserver."""

from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.errors import make_request_error
from mautrix.types import EventID, RoomID, UserID
from structlog.testing import capture_logs

from bridges.core.history.choice import HistoryWriters
from bridges.core.history.silent import AT_ONCE, MOST_BYTES, SilentHistory
from bridges.core.history.writer import EventKey, PastEvent, PastReaction
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.rendering import ReactionKey, Rendered

ROOM = RoomID("!room:test")
NODIRA = MatrixSender(UserID("@nodira:test"))
ZARINA = MatrixSender(UserID("@zarina:test"), is_person=True)


def event(
    name: str, reply_to: EventID | EventKey | None = None, sender: MatrixSender = NODIRA
) -> PastEvent:
    content = {"msgtype": "m.text", "body": name}
    rendered = Rendered("m.room.message", content)
    return PastEvent(EventKey("chat", name, ""), sender, 7, rendered, reply_to)


def reaction(to: str) -> PastReaction:
    key, target = EventKey("chat", to, "fire"), EventKey("chat", to, "")
    return PastReaction(key, NODIRA, 7, target, ReactionKey("🔥"))


class Homeserver:
    """Takes what is handed over, except what is refused by its body, once or for ever."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.people: list[bool] = []
        self.refused: dict[str, list[tuple[int, str]]] = {}
        self.left = [2, 1, 0]
        self.are_taken = AsyncMock(return_value=True)

    async def hand_over(
        self, _room: RoomID, events: Sequence[Mapping[str, Any]], with_people: bool
    ) -> dict[str, EventID]:
        for one in events:
            refusals = self.refused.get(one["content"].get("body", "reaction"))
            if refusals:
                status, code = refusals.pop(0)
                raise HomeserverRefused("POST", make_request_error(status, "no", code, "no"))
        self.taken += map(dict, events)
        self.people.append(with_people)
        return {one["key"]: EventID(f"$ of {one['key']}") for one in events}

    async def commit(self, _room: RoomID) -> int:
        return self.left.pop(0)

    def contents(self) -> list[Any]:
        return [one["content"] for one in self.taken]


@pytest.fixture
def homeserver() -> Homeserver:
    return Homeserver()


@pytest.fixture
def writer() -> Mock:
    async def sealed(_room: RoomID, _sender: MatrixSender, kind: str, content: Any) -> Any:
        return kind, content

    shown = Rendered("m.room.message", {"msgtype": "m.notice", "body": "cannot be shown"})
    return Mock(
        sealed=AsyncMock(side_effect=sealed),
        readmit=AsyncMock(),
        placeholder=Mock(return_value=shown),
    )


@pytest.fixture
def history(homeserver: Homeserver, writer: Mock) -> SilentHistory:
    return SilentHistory(homeserver, writer)  # type: ignore[arg-type]


async def test_relations_are_named_by_key_or_by_id(
    homeserver: Homeserver, history: SilentHistory
) -> None:
    batch = [event("a"), event("b", EventKey("chat", "a", "")), event("c", EventID("$there"))]
    ids = await history.insert(ROOM, [*batch, reaction("a")])
    assert list(ids) == [*(one.key for one in batch), reaction("a").key]
    first, second, third, fourth = homeserver.taken
    assert second["reply_to"] == fourth["relates_to"] == first["key"]
    assert third["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": "$there"}}
    assert fourth["content"] == {"m.relates_to": {"rel_type": "m.annotation", "key": "🔥"}}
    assert ids[batch[0].key] == f"$ of {first['key']}"
    assert len({one["key"] for one in homeserver.taken}) == 4
    assert [one["origin_server_ts"] for one in homeserver.taken] == [7, 7, 7, 7]


async def test_much_goes_in_pieces(homeserver: Homeserver, history: SilentHistory) -> None:
    batch = [event(str(number)) for number in range(AT_ONCE + 1)]
    assert len(await history.insert(ROOM, batch)) == AT_ONCE + 1
    assert len(homeserver.people) == 2


async def test_what_is_long_goes_in_smaller_pieces(
    homeserver: Homeserver, history: SilentHistory
) -> None:
    batch = [event(f"{number} {'x' * (MOST_BYTES // 3)}") for number in range(5)]
    assert len(await history.insert(ROOM, batch)) == 5
    assert len(homeserver.people) == 3
    assert [one["content"]["body"][0] for one in homeserver.taken] == ["0", "1", "2", "3", "4"]


async def test_people_need_the_other_registration(
    homeserver: Homeserver, history: SilentHistory
) -> None:
    await history.insert(ROOM, [event("a")])
    await history.insert(ROOM, [event("b"), event("c", sender=ZARINA)])
    assert homeserver.people == [False, True]


async def test_who_was_removed_is_let_in_again(
    homeserver: Homeserver, history: SilentHistory, writer: Mock
) -> None:
    homeserver.refused["b"] = [(403, "M_FORBIDDEN")] * 2
    await history.insert(ROOM, [event("a"), event("b"), event("c")])
    writer.readmit.assert_awaited_once_with(ROOM, NODIRA)
    assert [one["body"] for one in homeserver.contents()] == ["a", "b", "c"]


async def test_what_cannot_be_shown_is_said_to_be_there(
    homeserver: Homeserver, history: SilentHistory
) -> None:
    homeserver.refused = {"b": [(400, "M_BAD_JSON")] * 3, "reaction": [(400, "M_BAD_JSON")] * 3}
    ids = await history.insert(ROOM, [event("a"), event("b"), reaction("b"), event("c")])
    assert [one["body"] for one in homeserver.contents()] == ["a", "cannot be shown", "c"]
    assert event("b").key in ids
    assert reaction("b").key not in ids


async def test_what_is_answered_may_not_be_there(
    homeserver: Homeserver, history: SilentHistory
) -> None:
    homeserver.refused = {"b": [(400, "M_NOT_FOUND")] * 2, "c": [(400, "M_NOT_FOUND")]}
    batch = [event("b", EventKey("chat", "gone", "")), event("c", EventID("$gone"))]
    await history.insert(ROOM, batch)
    assert homeserver.contents() == [one.rendered.content for one in batch]
    assert all("reply_to" not in one for one in homeserver.taken)


async def test_what_was_interrupted_is_ended_first(
    homeserver: Homeserver, history: SilentHistory
) -> None:
    homeserver.refused["a"] = [(409, "M_INVALID_PARAM")]
    await history.insert(ROOM, [event("a")])
    assert homeserver.left == []
    assert len(homeserver.taken) == 1


async def test_the_end_is_when_nothing_is_left(
    homeserver: Homeserver, history: SilentHistory
) -> None:
    await history.finish(ROOM)
    assert homeserver.left == []


@pytest.mark.parametrize("offered", [True, False])
async def test_it_is_said_which_way_is_taken(homeserver: Homeserver, offered: bool) -> None:
    homeserver.are_taken.return_value = offered
    appending, silent = Mock(), Mock()
    writers = HistoryWriters(homeserver, appending, silent)  # type: ignore[arg-type]
    with capture_logs() as logs:
        await writers.choose()
    assert writers.is_silent == offered
    assert ("HistoryModule" in logs[0]["event"]) is not offered
    assert writers.for_room(behind=True) is (silent if offered else appending)
    assert writers.for_room(behind=False) is appending
