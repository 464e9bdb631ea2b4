# SPDX-License-Identifier: AGPL-3.0-or-later
"""Member events of people, when what is known of a membership has changed meanwhile."""

from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import EventID, RoomID, UserID

from bridges.core.ids import RemoteUserID
from bridges.core.portal.changes.change import Change
from bridges.core.portal.changes.members import MemberChanges
from bridges.core.portal.changes.transition import Transition

ROOM, ALI, GHOST = RoomID("!r:home.test"), UserID("@ali:home.test"), UserID("@test_7:home.test")


def change(before: str | None, now: str) -> Change:
    portal: Any = Mock()
    previous = None if before is None else {"membership": before}
    content = {"membership": now}
    return Change(EventID("$e"), "m.room.member", GHOST, content, previous, ROOM, ALI, portal)


async def carried(known: str | None, event: Change) -> Transition | None:
    """What was carried to the network, if anything."""
    names = ("people", "sessions", "carriers", "carrying", "members", "leaving", "senders")
    parts: dict[str, Any] = {name: Mock() for name in (*names, "rescue", "network")}
    parts["handovers"] = Mock(member_changed=AsyncMock())
    parts["people"] = Mock(membership=AsyncMock(return_value=known), set_membership=AsyncMock())
    parts["carriers"].user_behind = AsyncMock(return_value=RemoteUserID("7"))
    parts["carrying"].carry = AsyncMock()
    await MemberChanges(**parts).handle(event)
    if not parts["carrying"].carry.await_count:
        return None
    kind: Transition = parts["carrying"].carry.await_args.args[1]._kind
    return kind


@pytest.mark.parametrize("known", ["ban", "leave", None])
async def test_older_news_of_the_network_do_not_hide_an_unban(known: str | None) -> None:
    assert await carried(known, change("ban", "leave")) is Transition.UNBAN


@pytest.mark.parametrize("known", ["join", "leave"])
async def test_a_kick_is_one_whatever_is_known_by_now(known: str) -> None:
    assert await carried(known, change("join", "leave")) is Transition.KICK


async def test_without_a_word_on_what_was_before_what_is_known_counts() -> None:
    assert await carried("ban", change(None, "leave")) is Transition.UNBAN
    assert await carried("leave", change(None, "leave")) is None
