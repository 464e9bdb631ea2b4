# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is done in a topic's room never touches the whole group."""

from typing import Any

import pytest
from telethon.tl.functions.channels import EditTitleRequest
from telethon.tl.functions.messages import EditForumTopicRequest
from telethon.tl.types import InputPeerChannel

from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPower
from bridges.telegram import ids
from bridges.telegram.room_abilities import RoomAbilities
from bridges.telegram.topics import Topics

FORUM = InputPeerChannel(5, 7)
GENERAL, TOPIC = ids.topic_key(5, None), ids.topic_key(5, 3)
SOMEBODY = RemoteUserID("2")


class FakePeers:
    async def chat(self, chat: ChatKey) -> Any:
        return FORUM


class Account(RoomAbilities):
    def __init__(self) -> None:
        self.asked: list[Any] = []
        peers: Any = FakePeers()
        uploader: Any = None
        self._open_rooms(self._call, peers, uploader, Topics(self._call, peers))

    async def _call(self, request: Any) -> None:
        self.asked.append(request)


async def test_a_topics_name_is_the_topics() -> None:
    account = Account()
    await account.set_name(TOPIC, "Plans")
    (request,) = account.asked
    assert isinstance(request, EditForumTopicRequest)
    assert (request.topic_id, request.title) == (3, "Plans")


async def test_the_groups_room_names_the_group() -> None:
    account = Account()
    await account.set_name(GENERAL, "Tea house")
    (request,) = account.asked
    assert isinstance(request, EditTitleRequest)


@pytest.mark.parametrize("chat", [TOPIC, ids.space_key(5)], ids=["topic", "space"])
async def test_members_and_rights_are_the_whole_groups(chat: ChatKey) -> None:
    account = Account()
    for attempt in (
        account.leave(chat),
        account.kick(chat, SOMEBODY),
        account.ban(chat, SOMEBODY),
        account.unban(chat, SOMEBODY),
        account.invite(chat, SOMEBODY),
        account.set_topic(chat, "about"),
        account.set_avatar(chat, None),
        account.set_power(OutgoingPower(chat, {}, None)),
    ):
        with pytest.raises(Rejected):
            await attempt
    assert account.asked == []


async def test_a_space_has_no_name_of_its_own() -> None:
    account = Account()
    with pytest.raises(Rejected):
        await account.set_name(ids.space_key(5), "Tea house")
    assert account.asked == []
