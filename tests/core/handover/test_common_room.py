# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second network's chat goes only into a room of the two, in which its bot may act."""

from http import HTTPStatus
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.errors import MForbidden
from mautrix.types import RoomID, UserID

from bridges.core.handover.common_room import (
    CommonRooms,
    Seekers,
    is_common_room,
    listed_by_both,
)
from bridges.core.matrix.errors import HomeserverRefused

ME, YOU, THIRD = UserID("@me:home.test"), UserID("@you:home.test"), UserID("@third:home.test")
BOT, MAKER = UserID("@whatsappbot:home.test"), UserID("@telegrambot:home.test")
WHO = Seekers((ME, YOU), BOT, (MAKER,))
ROOM, OTHER = RoomID("!one:home.test"), RoomID("!two:home.test")

memberships = st.sampled_from(["join", "invite", "leave", "ban", "knock"])
directs = st.dictionaries(
    st.sampled_from([ME, YOU, THIRD]),
    st.lists(st.sampled_from([ROOM, OTHER]), unique=True) | st.none() | st.integers(),
)


def room_of(
    members: dict[UserID, str],
    *,
    maker: UserID = MAKER,
    bot: int = 100,
    invite: int = 0,
    version: str = "12",
    encrypted: bool = False,
) -> list[dict[str, Any]]:
    """The state of a room."""

    def event(kind: str, content: Any, key: str = "", sender: UserID = MAKER) -> dict[str, Any]:
        return {"type": kind, "state_key": key, "sender": sender, "content": content}

    levels = {"users": {BOT: bot}, "invite": invite, "users_default": 0}
    state = [event("m.room.member", {"membership": is_}, who) for who, is_ in members.items()]
    state.append(event("m.room.create", {"room_version": version}, sender=maker))
    state.append(event("m.room.power_levels", levels))
    if encrypted:
        state.append(event("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}))
    return state


BOTH = {ME: "join", YOU: "join", MAKER: "join"}


@given(memberships, memberships, memberships, memberships, memberships)
def test_nobody_else_is_in_it(me: str, you: str, third: str, maker: str, bot: str) -> None:
    members = {ME: me, YOU: you, THIRD: third, MAKER: maker, BOT: bot}
    fits = me == you == "join" and third in ("leave", "ban")
    assert is_common_room(room_of(members), WHO) is fits


@given(st.sampled_from([ME, THIRD, MAKER, BOT]), st.integers(0, 101), st.integers(0, 1))
def test_a_bridge_has_made_it_and_ours_may_act_there(maker: UserID, bot: int, invite: int) -> None:
    is_ours = maker in (MAKER, BOT)
    state = room_of(BOTH, maker=maker, bot=bot, invite=invite)
    assert is_common_room(state, WHO) is (is_ours and (bot >= 100 or maker == BOT) and not invite)


def test_who_has_made_an_old_room_has_no_power_by_that() -> None:
    assert not is_common_room(room_of(BOTH, maker=BOT, bot=0, version="11"), WHO)
    assert is_common_room(room_of(BOTH, maker=BOT, bot=100, version="11"), WHO)


def test_one_that_is_encrypted_cannot_be_read() -> None:
    assert not is_common_room(room_of(BOTH, encrypted=True), WHO)
    assert not is_common_room([], WHO)


@given(directs, directs)
def test_both_have_it_as_their_chat_with_the_other(
    mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    found = listed_by_both(mine, theirs, WHO)
    for room in (ROOM, OTHER):
        lists = (mine.get(YOU), theirs.get(ME))
        assert (room in found) is all(isinstance(one, list) and room in one for one in lists)


class Home:
    """Two people's lists and rooms; nothing but the homeserver's answers."""

    def __init__(self, *, puppets: bool = True, other_bots: tuple[UserID, ...] = (MAKER,)) -> None:
        self.states: dict[RoomID, list[dict[str, Any]]] = {}
        self.portals = {OTHER: Mock()}
        self._lists = {ME: {YOU: [OTHER, ROOM]}, YOU: {ME: [ROOM, OTHER]}}
        senders = Mock(
            bot=Mock(mxid=BOT),
            may_speak_as=lambda one: puppets or one == ME,
            person=AsyncMock(side_effect=lambda one: one),
        )
        homeserver = Mock(
            get_account_data=AsyncMock(side_effect=lambda who, _: self._lists[who]),
            get_state=AsyncMock(side_effect=self._state),
        )
        portals = Mock(by_room=AsyncMock(side_effect=self.portals.get))
        self.common_rooms = CommonRooms(homeserver, senders, portals, other_bots)

    def _state(self, _: UserID, room: RoomID) -> list[dict[str, Any]]:
        if room not in self.states:
            raise HomeserverRefused("state", MForbidden(HTTPStatus.FORBIDDEN, "not in this room"))
        return self.states[room]


async def test_it_is_found_and_a_room_of_ours_is_not() -> None:
    home = Home()
    assert await home.common_rooms.of(ME, YOU) is None
    home.states |= dict.fromkeys((ROOM, OTHER), room_of(BOTH))
    assert await home.common_rooms.of(ME, YOU) == ROOM


@pytest.mark.parametrize("home", [Home(puppets=False), Home(other_bots=())])
async def test_where_one_cannot_look_there_is_none(home: Home) -> None:
    home.states[ROOM] = room_of(BOTH)
    assert await home.common_rooms.of(ME, YOU) is None
