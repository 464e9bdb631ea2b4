# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages that disappear: the bridge keeps their time, also over a restart."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique

pytestmark = [pytest.mark.synapse, pytest.mark.capability("disappearing_timer")]


async def disappears(conversation: Conversation, event: str) -> None:
    """Wait until an event is redacted."""
    await conversation.event(
        lambda one: event in (one.get("redacts"), one["content"].get("redacts")),
        f"the removal of {event}",
    )


async def test_messages_disappear_in_time(
    stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone
) -> None:
    talk = await stage.gather(zarina, unique("Short memory"), nodira, rustam)
    lasting = unique("stays")
    await nodira.send(talk.chat, lasting)
    kept = await talk.in_matrix(lasting)
    await nodira.let_messages_disappear(talk.chat, 3)
    theirs, ours = unique("from Telegram"), unique("from Matrix")
    await nodira.send(talk.chat, theirs)
    event = await talk.in_matrix(theirs)
    mine = await talk.say(ours)
    await talk.on_phone(nodira, ours)
    await disappears(talk, event["event_id"])
    await disappears(talk, mine)
    assert not any(
        kept["event_id"] in (one.get("redacts"), one["content"].get("redacts"))
        for one in zarina.user.events(talk.room)
    )


async def test_a_restart_does_not_make_them_stay(
    stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone
) -> None:
    talk = await stage.gather(zarina, unique("Shorter memory"), nodira, rustam)
    await nodira.let_messages_disappear(talk.chat, 2)
    text = unique("soon gone")
    await nodira.send(talk.chat, text)
    event = await talk.in_matrix(text)
    await stage.bridge.stop()
    await stage.bridge.start()
    await disappears(talk, event["event_id"])
