# SPDX-License-Identifier: AGPL-3.0-or-later
"""Muted, archived, pinned and marked as unread, in both directions."""

from urllib.parse import quote

import pytest

from tests.conformance.driver import Phone
from tests.conformance.driver_topology import Settings
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.sync_record import SyncRecord
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

EVERYTHING = Settings(muted=True, archived=True, pinned=True, unread=True)


def shown(record: SyncRecord, room: str) -> Settings:
    """What clients show for a room."""
    rules = record.account_data.get(("", "m.push_rules"), {}).get("global", {})
    tags = record.account_data.get((room, "m.tag"), {}).get("tags", {})
    unread = record.account_data.get((room, "m.marked_unread"), {})
    return Settings(
        muted=any(one["rule_id"] == room and not one["actions"] for one in rules.get("room", ())),
        archived="m.lowpriority" in tags,
        pinned="m.favourite" in tags,
        unread=bool(unread.get("unread")),
    )


@pytest.fixture(scope="module")
async def talk(stage: Stage, zarina: Resident) -> Conversation:
    """A direct chat of Zarina's with nothing set."""
    return await stage.meet(zarina, await stage.driver.person("Guldasta"))


async def _is_shown(talk: Conversation, settings: Settings) -> None:
    record = talk.resident.user.record
    await eventually(
        lambda: shown(record, talk.room) == settings,
        describe=lambda: f"{settings}, there is {shown(record, talk.room)}",
    )


async def test_what_is_set_on_the_phone_is_shown_in_matrix(
    stage: Stage, talk: Conversation, zarina: Resident
) -> None:
    everything = EVERYTHING.only(stage.driver.chat_settings)
    for settings in (everything, Settings(pinned=True), Settings()):
        await zarina.phone.set_settings(talk.chat, settings)
        await _is_shown(talk, settings)


async def test_what_was_set_before_there_was_a_room_is_shown_in_it(
    stage: Stage, zarina: Resident, nodira: Phone
) -> None:
    chat = await nodira.create_group(unique("Set before"), zarina.phone)
    await zarina.phone.set_settings(chat, Settings(muted=True, pinned=True))
    text = unique("quietly")
    await nodira.send(chat, text)
    await _is_shown(await stage.conversation(zarina, chat, text), Settings(muted=True, pinned=True))


async def test_what_is_set_in_matrix_is_set_on_the_phone(
    stage: Stage, talk: Conversation, zarina: Resident
) -> None:
    await zarina.phone.set_settings(talk.chat, Settings())
    await _is_shown(talk, Settings())
    await stage.look_at_settings(zarina)
    place = f"/_matrix/client/v3/user/{quote(zarina.mxid)}/rooms/{quote(talk.room)}"
    mute = f"/_matrix/client/v3/pushrules/global/room/{quote(talk.room)}"
    await zarina.user.expect("PUT", f"{place}/tags/m.favourite", {})
    await zarina.user.expect("PUT", f"{place}/account_data/m.marked_unread", {"unread": True})
    await zarina.user.expect("PUT", mute, {"actions": []})
    await stage.look_at_settings(zarina)
    known = stage.driver.chat_settings
    wanted = Settings(muted=True, pinned=True, unread=True).only(known)
    assert await zarina.phone.settings(talk.chat) == wanted
    await zarina.user.expect("DELETE", mute)
    await zarina.user.expect("DELETE", f"{place}/tags/m.favourite")
    await stage.look_at_settings(zarina)
    assert await zarina.phone.settings(talk.chat) == Settings(unread=True).only(known)


async def test_neither_side_takes_back_what_the_other_has_set(
    stage: Stage, talk: Conversation, zarina: Resident
) -> None:
    await stage.look_at_settings(zarina)
    await zarina.phone.set_settings(talk.chat, Settings(archived=True))
    await _is_shown(talk, Settings(archived=True))
    await stage.look_at_settings(zarina)
    await stage.look_at_settings(zarina)
    assert await zarina.phone.settings(talk.chat) == Settings(archived=True)
    await _is_shown(talk, Settings(archived=True))


async def test_a_forum_that_is_muted_is_muted_in_all_its_topics(
    stage: Stage, zarina: Resident, nodira: Phone
) -> None:
    forum = await nodira.create_forum(unique("Loud"), zarina.phone)
    rooms = []
    for chat in (forum, await nodira.create_topic(forum, "Louder")):
        text = unique("loud")
        await nodira.send(chat, text)
        rooms.append(await stage.conversation(zarina, chat, text))
    await zarina.phone.set_settings(forum, Settings(muted=True))
    for one in rooms:
        await _is_shown(one, Settings(muted=True))
    late = await nodira.create_topic(forum, "Loudest")
    text = unique("loud")
    await nodira.send(late, text)
    await _is_shown(await stage.conversation(zarina, late, text), Settings(muted=True))
