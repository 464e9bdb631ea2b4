# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms are made for what is active or asked for; the rest is listed."""

import re

import pytest

from tests.conformance.driver import Phone
from tests.conformance.driver_topology import Settings
from tests.conformance.stage import Conversation, Resident, Stage, unique

pytestmark = pytest.mark.synapse

_ROOM = re.compile(r"https://matrix\.to/#/(![^)\s]+)")


async def _open(resident: Resident, listing: str, name: str) -> str:
    """Open the chat of this name from a list; returns its room."""
    said = await resident.user.say(resident.room, listing)
    # Somebody who has just come is told first what they can say.
    heard = await resident.hears_from_bot(f". {name}", after=said)
    listed = heard["content"]["body"].splitlines()
    (entry,) = (line for line in listed if re.fullmatch(rf"\d+\. {name}( .*)?", line))
    answer = await resident.ask(entry.partition(".")[0])
    room = _ROOM.search(answer)
    assert room is not None, answer
    return room[1]


def _rooms_with(resident: Resident, mxid: str) -> list[str]:
    record = resident.user.record
    return [room for room in record.joined if mxid in record.members(room)]


async def test_a_chat_that_is_set_aside_is_opened_when_it_is_wanted(
    stage: Stage, rustam: Phone
) -> None:
    zarina = await stage.newcomer("Zarina")
    nodira = await stage.driver.person("Nodira")
    chat, other = nodira.chat_with(zarina.phone), rustam.chat_with(zarina.phone)
    before, later, active = unique("before"), unique("later"), unique("active")
    await nodira.send(chat, before)
    await zarina.phone.set_settings(chat, Settings(archived=True))
    await rustam.send(other, active)
    said = await stage.log_in(zarina)
    assert "list-chats" in said
    await zarina.user.wait_message(active)
    await nodira.send(chat, later)
    probe = unique("probe")
    await rustam.send(other, probe)
    await zarina.user.wait_message(probe)
    assert _rooms_with(zarina, stage.ghost(nodira)) == []
    room = await _open(zarina, "list-chats", "Nodira")
    for text in (before, later):
        event = await zarina.user.wait_message(text, room)
        assert event["sender"] == stage.ghost(nodira)
    assert _rooms_with(zarina, stage.ghost(nodira)) == [room]


async def test_a_contact_nobody_has_written_to_is_listed_by_its_saved_name(stage: Stage) -> None:
    zarina = await stage.newcomer("Zarina")
    other = await stage.driver.person("Oydin")
    name = unique("Auntie")
    await zarina.phone.save_contact(other, name)
    await stage.log_in(zarina)
    room = await _open(zarina, "list-contacts", name)
    text = unique("hello, auntie")
    await zarina.user.say(room, text)
    chat = zarina.phone.chat_with(other)
    await Conversation(chat, room, zarina).on_phone(other, text)
    assert zarina.user.record.state_content(room, "m.room.name") == {"name": name}
