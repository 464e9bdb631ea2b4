# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms that were lost, logins that come back, and ghosts that may not write."""

from urllib.parse import quote

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.recording_appservice import AppserviceClient
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.fixture
async def house(stage: Stage, zarina: Resident, nodira: Phone) -> Conversation:
    """A group of Nodira's."""
    return await stage.gather(zarina, unique("Old house"), nodira)


async def leave(stage: Stage, room: str, user: str) -> None:
    """Take the bot or a ghost out of a room behind the bridge's back."""
    api = AppserviceClient(stage.server.url, stage.registration)
    path = f"/_matrix/client/v3/rooms/{quote(room)}/leave"
    await api.expect("POST", path, {}, user_id=user)


async def test_a_ghost_lets_the_bot_in_again(
    stage: Stage, house: Conversation, nodira: Phone
) -> None:
    await leave(stage, house.room, stage.bridge.bot)
    name = unique("New paint")
    await nodira.rename(house.chat, name)
    await eventually(lambda: house.state("m.room.name")["name"] == name, describe="the new name")
    text = unique("welcome back")
    await nodira.send(house.chat, text)
    await house.in_matrix(text)


async def test_a_room_nobody_can_enter_is_made_anew(
    stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
) -> None:
    before = zarina.last_event()
    old = unique("in the old room")
    message = await nodira.send(house.chat, old)
    await house.in_matrix(old)
    await leave(stage, house.room, stage.ghost(nodira))
    await leave(stage, house.room, stage.bridge.bot)
    text = unique("where is everybody?")
    await nodira.send(house.chat, text)
    event = await zarina.user.wait_message(text)
    assert event["room_id"] != house.room
    await zarina.hears_from_bot("goes on in a new room", before)
    await nodira.edit(message, unique("nobody sees this"))
    anew = await stage.conversation(zarina, house.chat, text)
    answer = unique("here we are")
    await anew.say(answer)
    await anew.on_phone(nodira, answer)


async def test_what_was_allowed_on_the_network_is_shown(
    stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone
) -> None:
    talk = await stage.gather(zarina, unique("Late news"), nodira, rustam)
    ghost = stage.ghost(rustam)
    text = unique("before I was silenced")
    await eventually(
        lambda: talk.state("m.room.member", ghost).get("membership") == "join",
        describe="Rustam's ghost",
    )
    levels = talk.state("m.room.power_levels")
    silenced = levels | {"users": levels["users"] | {ghost: -1}}
    await stage.set_state(talk.room, "m.room.power_levels", silenced)
    await rustam.send(talk.chat, text)
    assert (await talk.in_matrix(text))["sender"] == ghost


async def test_a_new_login_leads_back_to_rooms_that_were_left(stage: Stage, nodira: Phone) -> None:
    resident = await stage.resident("Gulnora")
    talk = await stage.meet(resident, nodira)
    await resident.ask("logout")
    await resident.user.leave(talk.room)
    await stage.log_in(resident)
    text = unique("long time no see")
    await nodira.send(talk.chat, text)
    assert (await resident.user.wait_message(text))["room_id"] == talk.room
    await talk.say(unique("the same room"))
