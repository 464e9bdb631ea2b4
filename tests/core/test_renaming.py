# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages of a chat that is called otherwise."""

from datetime import UTC, datetime

import pytest
from mautrix.types import EventID, UserID

from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.storage.messages import MessageStore, StoredMessage, StoredReaction
from bridges.core.storage.pins import PinStore
from bridges.core.storage.renaming import Renaming
from tests.core.databases import core_database

OLD, NEW = (ChatKey(ChatID(one), LoginID("me")) for one in ("number", "lid"))
OTHERS = ChatKey(ChatID("number"), LoginID("somebody else"))


def message(chat: ChatKey, identifier: str) -> StoredMessage:
    """A message that is in a room."""
    return StoredMessage(
        chat,
        MessageID(identifier),
        EventID(f"${chat}{identifier}"),
        RemoteUserID("1"),
        UserID("@1:home.test"),
        int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()),
    )


@pytest.mark.parametrize("times", [1, 2])
async def test_messages_go_along_and_those_of_others_stay(database_url: str, times: int) -> None:
    async with core_database(database_url) as database:
        messages, pins = MessageStore(database), PinStore(database)
        told = [message(OLD, "a"), message(OLD, "both"), message(NEW, "both"), message(OTHERS, "a")]
        reaction = StoredReaction(
            OLD, MessageID("a"), RemoteUserID("1"), "👍", EventID("$r"), UserID("@1:home.test")
        )
        async with database.transaction() as connection:
            await messages.insert(connection, told)
            await messages.put_reaction(connection, reaction)
        await pins.replace(OLD, [MessageID("a")])
        for _ in range(times):
            await Renaming(database).rename(OLD, NEW)
        [found] = await messages.parts(NEW, MessageID("a"))
        assert found.event == told[0].event
        assert await messages.parts(OLD, MessageID("a")) == []
        [kept] = await messages.parts(NEW, MessageID("both"))
        assert kept.event == told[2].event
        assert await messages.parts(OTHERS, MessageID("a")) == [told[3]]
        assert [one.emoji for one in await messages.reactions(NEW, MessageID("a"))] == ["👍"]
        assert await pins.of(NEW) == ["a"]
