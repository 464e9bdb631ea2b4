# SPDX-License-Identifier: AGPL-3.0-or-later
"""What cannot be opened has its place in the room at once, and is there when it was sent again."""

import pytest

from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.support.sync_record import Event

pytestmark = pytest.mark.synapse

_PLACEHOLDER = "cannot be read yet"


async def placeholder(talk: Conversation, after: str | None) -> Event:
    """What stands in the room for a message that cannot be opened."""
    return await talk.event(
        lambda event: _PLACEHOLDER in str(event["content"].get("body")), "a placeholder", after
    )


async def replacement(talk: Conversation, of: Event, text: str) -> Event:
    """The edit that puts a text in the place of an event."""
    wanted = {"rel_type": "m.replace", "event_id": of["event_id"]}
    return await talk.event(
        lambda event: (
            event["content"].get("m.relates_to") == wanted
            and event["content"]["m.new_content"]["body"] == text
        ),
        f"{text!r} in place of {of['event_id']}",
    )


def garble(whatsapp: WhatsAppDriver, resident: Resident) -> None:
    """Have the next message for the bridge's device of somebody's be unreadable."""
    for device in whatsapp.bridged(resident.phone):
        whatsapp.net.faults.garble(device)


@pytest.mark.parametrize("where", ["a direct chat", "a group"])
async def test_a_message_takes_the_place_of_its_placeholder(
    stage: Stage, whatsapp: WhatsAppDriver, gulnora: Resident, where: str
) -> None:
    nodira = await whatsapp.person("Nodira")
    if where == "a group":
        talk = await stage.gather(gulnora, unique("Group"), nodira)
    else:
        talk = await stage.meet(gulnora, nodira)
    nodira.person.client.resending.willing.clear()  # her phone is off when she is asked
    garble(whatsapp, gulnora)
    text, later = unique("not at first"), unique("afterwards")
    before = talk.last_event()
    await nodira.send(talk.chat, text)
    stands = await placeholder(talk, before)
    assert stands["sender"] == stage.ghost(nodira)
    await nodira.send(talk.chat, later)
    await talk.in_matrix(later)
    nodira.person.client.resending.willing.set()
    edit = await replacement(talk, stands, text)
    assert edit["sender"] == stage.ghost(nodira)
    assert talk.count(text) == 0, "it must not stand there a second time"


async def test_kills_between_a_placeholder_and_its_message_change_nothing(
    stage: Stage, whatsapp: WhatsAppDriver, gulnora: Resident
) -> None:
    nodira = await whatsapp.person("Nodira")
    talk = await stage.meet(gulnora, nodira)
    nodira.person.client.resending.willing.clear()
    garble(whatsapp, gulnora)
    text = unique("not at first")
    before = talk.last_event()
    await nodira.send(talk.chat, text)
    stands = await placeholder(talk, before)
    await whatsapp.worker_dies()
    await stage.bridge.restart()
    nodira.person.client.resending.willing.set()
    await replacement(talk, stands, text)
    answer = unique("now I have read it")
    await talk.say(answer)
    await talk.on_phone(nodira, answer)
    assert talk.count(text) == 0
