# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes in the way of newer apps, sealed with the secret of what they change."""

import pytest

from tests.conformance.stage import Resident, Stage, unique
from tests.conformance.whatsapp_driver import WhatsAppDriver

pytestmark = pytest.mark.synapse


@pytest.mark.parametrize("where", ["a direct chat", "a group"])
async def test_a_sealed_change_is_carried_over(
    stage: Stage, whatsapp: WhatsAppDriver, gulnora: Resident, where: str
) -> None:
    nodira = await whatsapp.person("Nodira")
    if where == "a group":
        talk = await stage.gather(gulnora, unique("Group"), nodira)
    else:
        talk = await stage.meet(gulnora, nodira)
    before, after = unique("tea at four"), unique("tea at *five*")
    seen = await nodira.send(talk.chat, before)
    event = await talk.in_matrix(before)
    if where == "a group":  # The secret is in the library's store, not in memory.
        await whatsapp.worker_dies()
    await nodira.person.edit(nodira.shown(seen), after, sealed=True)
    edit = await talk.event(
        lambda one: (
            one["content"].get("m.relates_to", {}).get("event_id") == event["event_id"]
            and one["content"].get("m.new_content")
        ),
        "an edit",
    )
    assert edit["content"]["m.new_content"]["body"] == after.replace("*", "")
    assert edit["sender"] == stage.ghost(nodira)


async def test_words_of_others_cannot_be_changed(
    stage: Stage, whatsapp: WhatsAppDriver, gulnora: Resident
) -> None:
    nodira, rustam = await whatsapp.person("Nodira"), await whatsapp.person("Rustam")
    talk = await stage.gather(gulnora, unique("Group"), nodira, rustam)
    said, forged = unique("I have said this"), unique("something else")
    await nodira.send(talk.chat, said)
    seen = await talk.on_phone(rustam, said)
    event = await talk.in_matrix(said)
    await rustam.person.edit(rustam.shown(seen), forged, sealed=True)
    told = await talk.event(
        lambda one: (one["type"], one["sender"]) == ("m.room.message", stage.ghost(rustam)),
        "a sentence",
    )
    assert "cannot read" in told["content"]["body"]
    changes = [
        one
        for one in gulnora.user.events(talk.room)
        if one["content"].get("m.relates_to", {}).get("event_id") == event["event_id"]
    ]
    assert changes == []
