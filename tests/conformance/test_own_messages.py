# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody does on their own phone, and echoes of what they do in Matrix."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, seen_on, unique

pytestmark = [pytest.mark.synapse, pytest.mark.capability("double_puppeting")]


async def test_from_the_phone_appear_as_the_person_once(
    direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    text, later = unique("from my phone"), unique("after that")
    await zarina.phone.send(direct.chat, text)
    event = await direct.in_matrix(text)
    assert event["sender"] == zarina.mxid
    await nodira.send(direct.chat, later)
    await direct.in_matrix(later)
    assert direct.count(text) == 1
    on_phone = [one.text for one in await nodira.messages(direct.chat)]
    assert on_phone.count(text) == 1


async def test_from_matrix_are_not_doubled_by_their_echo(
    direct: Conversation, nodira: Phone
) -> None:
    texts = [unique("only once") for _ in range(5)]
    for text in texts:
        await direct.say(text)
    later = unique("after that")
    await direct.on_phone(nodira, texts[-1])
    await nodira.send(direct.chat, later)
    await direct.in_matrix(later)
    on_phone = [one.text for one in await nodira.messages(direct.chat)]
    for text in texts:
        assert direct.count(text) == 1
        assert on_phone.count(text) == 1


async def test_edited_and_deleted_on_the_phone(direct: Conversation, zarina: Resident) -> None:
    before, after = unique("before"), unique("after")
    sent = await zarina.phone.send(direct.chat, before)
    event = await direct.in_matrix(before)
    await zarina.phone.edit(sent, after)
    edit = await direct.event(
        lambda one: one["content"].get("m.new_content", {}).get("body") == after, "the edit"
    )
    assert edit["sender"] == zarina.mxid
    await zarina.phone.delete(sent)
    await direct.event(
        lambda one: (
            one["type"] == "m.room.redaction"
            and event["event_id"] in (one.get("redacts"), one["content"].get("redacts"))
        ),
        "the redaction",
    )


async def test_written_in_matrix_and_edited_on_the_phone(
    direct: Conversation, zarina: Resident
) -> None:
    before, after = unique("before"), unique("after")
    event = await direct.say(before)
    await zarina.phone.edit(await direct.on_phone(zarina.phone, before), after)
    edit = await direct.event(
        lambda one: one["content"].get("m.new_content", {}).get("body") == after, "the edit"
    )
    assert edit["content"]["m.relates_to"]["event_id"] == event


async def test_in_a_group(group: Conversation, nodira: Phone, zarina: Resident) -> None:
    by_phone, by_matrix, later = unique("by phone"), unique("by Matrix"), unique("later")
    await zarina.phone.send(group.chat, by_phone)
    assert (await group.in_matrix(by_phone))["sender"] == zarina.mxid
    await group.say(by_matrix)
    await group.on_phone(nodira, by_matrix)
    await nodira.send(group.chat, later)
    await group.in_matrix(later)
    assert group.count(by_phone) == group.count(by_matrix) == 1


def _edits(direct: Conversation, event: str) -> list[str]:
    """What an event was edited to, in order."""
    relation = {"rel_type": "m.replace", "event_id": event}
    return [
        one["content"]["m.new_content"]["body"]
        for one in direct.resident.user.events(direct.room)
        if one["content"].get("m.relates_to") == relation
    ]


async def test_edited_in_matrix_is_not_doubled_by_its_echo(
    direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    before, after, later = unique("before"), unique("after"), unique("later")
    event = await direct.say(before)
    await direct.on_phone(nodira, before)
    await zarina.user.edit(direct.room, event, after)
    await direct.on_phone(nodira, after)
    await nodira.send(direct.chat, later)
    await direct.in_matrix(later)
    assert _edits(direct, event) == [after]
    # What was said at first is a change again.
    await zarina.phone.edit(await direct.on_phone(zarina.phone, after), before)
    await direct.event(
        lambda one: one["content"].get("m.new_content", {}).get("body") == before, "the edit"
    )
    assert _edits(direct, event) == [after, before]


async def test_a_long_text_made_short_stays(
    direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    words = unique("long")
    event = await direct.say(f"{words} " + "word " * 1200)
    await seen_on(nodira, direct.chat, lambda one: one.text.startswith(words), "the beginning")
    short, later = unique("short"), unique("later")
    await zarina.user.edit(direct.room, event, short)
    await direct.on_phone(nodira, short)
    await nodira.send(direct.chat, later)
    await direct.in_matrix(later)
    assert not [
        one
        for one in zarina.user.events(direct.room)
        if one["type"] == "m.room.redaction"
        and event in (one.get("redacts"), one["content"].get("redacts"))
    ]
