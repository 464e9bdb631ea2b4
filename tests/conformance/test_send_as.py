# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing under other names than one's own."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
async def owned(stage: Stage, zarina: Resident, nodira: Phone) -> Conversation:
    """A group of Zarina's with Nodira in it."""
    chat = await zarina.phone.create_group(unique("Own group"), nodira)
    text = unique("hello")
    await nodira.send(chat, text)
    return await stage.conversation(zarina, chat, text)


async def _ask(talk: Conversation, stage: Stage, words: str) -> str:
    asked = await talk.say(f"{stage.bridge.prefix} send-as {words}".strip())
    answer = await talk.event(
        lambda event: event["sender"] == stage.bridge.bot and event["type"] == "m.room.message",
        "the bot's answer",
        asked,
    )
    return str(answer["content"]["body"])


async def test_a_person_writes_as_a_channel_and_as_themselves_again(
    stage: Stage, owned: Conversation, zarina: Resident, nodira: Phone
) -> None:
    name = unique("The editors")
    sender = await zarina.phone.may_write_as(owned.chat, name)
    assert name in await _ask(owned, stage, "")
    assert "cannot" in await _ask(owned, stage, "Nobody at all")
    assert name in await _ask(owned, stage, name)
    masked = unique("to whom it may concern")
    event = await owned.say(masked)
    assert (await owned.on_phone(nodira, masked)).sender == sender
    back = unique("and from others")
    await nodira.send(owned.chat, back)
    await owned.in_matrix(back)
    assert owned.count(masked) == 1
    assert (await owned.in_matrix(masked))["event_id"] == event
    await _ask(owned, stage, "me")
    plain = unique("it was me")
    await owned.say(plain)
    assert (await owned.on_phone(nodira, plain)).sender == zarina.phone.user
