# SPDX-License-Identifier: AGPL-3.0-or-later
"""Talking to the guide on a real homeserver, encrypted."""

from datetime import UTC, datetime
from functools import partial

import pytest

from bridges.guide.matrix.account import TOKEN
from bridges.guide.matrix.errors import LoggedOut
from bridges.guide.store.unread import UnreadStore
from tests.guide.conftest import Village
from tests.policy.history.bringing import Client
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def test_it_answers_in_an_encrypted_chat_and_to_a_new_device(village: Village) -> None:
    async with village.guided(), village.person() as madina:
        room = await madina.chat_with(village.guide)
        await madina.hears(lambda text: text.startswith("Hello!"))
        await madina.say(room, "help")
        answer = await madina.hears(lambda text: "help" in text)
        assert "lang" in answer
        await madina.say(room, "lang tg")
        await madina.say(room, "kömak")
        await madina.hears(lambda text: "Ман инро нафаҳмидам" in text)
        async with village.person(device="laptop") as laptop:
            await laptop.say(room, "lang en")
            for device in (laptop, madina):
                await device.hears(lambda text: "I speak English" in text)
            assert not laptop.undecrypted
        assert not madina.undecrypted


async def test_a_message_waits_for_its_key(village: Village) -> None:
    async with village.person() as madina:
        async with village.guided():
            room = await madina.chat_with(village.guide)
            await madina.hears(lambda text: text.startswith("Hello!"))
            send_key = await madina.say_before_its_key(room, "help country")
            await eventually(partial(_waiting, village))
        picture = await _picture(village)
        assert picture.startswith("mxc://")
        async with village.guided():  # It has not forgotten.
            await send_key()
            await madina.hears(lambda text: text.startswith("- `country"))
        assert await _picture(village) == picture


async def _picture(village: Village) -> str:
    path = f"/_matrix/client/v3/profile/{village.guide}/avatar_url"
    return str((await village.town.owner.call("GET", path))["avatar_url"])


async def _waiting(village: Village) -> int:
    async with village.database() as database:
        return len(await UnreadStore(database).all(datetime.now(UTC)))


async def test_what_is_heard_twice_is_answered_once(village: Village) -> None:
    """Killed after an answer was sent and before that was noted, the guide hears the question again."""
    async with village.person() as madina:
        async with village.guided():
            room = await madina.chat_with(village.guide)
            await madina.hears(lambda text: text.startswith("Hello!"))
        async with village.database() as database:
            before = await village.progress(database).since()
        assert before is not None
        async with village.guided():
            await madina.say(room, "help archives")
            await madina.hears(lambda text: "archives" in text)
        async with village.database() as database:
            await village.progress(database).handled(before)
        async with village.guided():
            await madina.say(room, "help lang")
            await madina.hears(lambda text: "lang" in text)
        assert len([one for one in madina.read if "archives" in one]) == 1


async def test_it_leaves_a_room_of_three_and_says_why(village: Village) -> None:
    async with village.guided(), village.person() as madina:
        room = await madina.chat_with(village.guide)
        await madina.invite(room, village.town.server.mxid("behruz"))
        await madina.hears(lambda text: "chats of two only" in text)

        async def gone() -> bool:
            await madina.sync()
            return village.guide not in madina.members(room)

        await eventually(gone)


async def test_logged_out_by_somebody_it_begins_with_a_new_device(village: Village) -> None:
    async with village.person() as madina:
        async with village.guided() as work:
            room = await madina.chat_with(village.guide)
            await madina.hears(lambda text: text.startswith("Hello!"))
            async with village.database() as database:
                token = await village.progress(database).secret(TOKEN)
            session, url = village.town.owner.session, village.town.server.url
            await Client(session, url, str(token)).call("POST", "/_matrix/client/v3/logout", {})
            with pytest.raises(LoggedOut):
                await work
        before = madina.devices(village.guide)
        async with village.guided():
            await madina.learns_of_device(village.guide, before)
            await madina.say(room, "help")
            await madina.hears(lambda text: "lang" in text)


async def test_in_a_chat_without_encryption_it_answers_too(village: Village) -> None:
    async with village.guided(), village.person("behruz") as behruz:
        room = await behruz.chat_with(village.guide, encrypted=False)
        await behruz.say(room, "help")
        await behruz.hears(lambda text: "lang" in text)
