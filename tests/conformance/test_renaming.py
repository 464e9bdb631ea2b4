# SPDX-License-Identifier: AGPL-3.0-or-later
"""A chat that is called otherwise from some moment on, with the same messages in it."""

import pytest

from bridges.core.ids import ChatID
from tests.conformance.driver import Chat, Phone
from tests.conformance.fake_driver import FakeDriver
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.test_reactions import in_matrix, on_phone
from tests.fakes.topology import call_otherwise

pytestmark = pytest.mark.synapse


async def test_what_was_said_before_can_be_reacted_to_in_the_same_room(
    stage: Stage, zarina: Resident, nodira: Phone
) -> None:
    assert isinstance(stage.driver, FakeDriver)
    talk = await stage.gather(zarina, unique("Known by a number"), nodira)
    text = unique("before")
    await nodira.send(talk.chat, text)
    event = (await talk.in_matrix(text))["event_id"]
    world = stage.driver.network.world
    chat = world.chats[ChatID(talk.chat.room)]
    call_otherwise(world, chat)
    now = Conversation(Chat(room=chat.id), talk.room, zarina)
    seen = await now.on_phone(nodira, text)
    await nodira.react(seen, "👍")
    await in_matrix(now, event, {stage.ghost(nodira): {"👍"}})
    await zarina.user.react(now.room, event, "🎉")
    await on_phone(now, nodira, text, {nodira.user: ["👍"], zarina.phone.user: ["🎉"]})
    after = unique("after")
    await nodira.send(now.chat, after)
    await now.in_matrix(after)
    assert now.count(text) == 1
