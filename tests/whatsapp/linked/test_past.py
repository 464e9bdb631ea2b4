# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is kept of chats without a room."""

from bridges.core.ids import MessageID
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.past import OldMessage
from tests.whatsapp.linked.double import LOGIN, Scene

CHAT = "200@lid"


async def test_only_the_newest_are_kept_of_a_chat(linked: Scene) -> None:
    handle = linked.handle
    past = Stores.of(handle.database, handle.secrets, LOGIN).past
    messages = [OldMessage(CHAT, MessageID(f"{n}"), n // 2, n % 2, {"n": n}) for n in range(9)]
    elsewhere = OldMessage("300@lid", MessageID("0"), 0, 0, {})
    async with handle.database.transaction() as connection:
        await past.write(connection, [*messages, elsewhere])
        await past.prune(connection, CHAT, 20)
        await past.prune(connection, CHAT, 4)
    assert [one.id for one in await past.before(CHAT, None, 20)] == ["5", "6", "7", "8"]
    assert len(await past.before("300@lid", None, 20)) == 1
