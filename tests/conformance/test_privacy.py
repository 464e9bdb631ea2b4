# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one person has saved is nobody else's, and what somebody wants deleted is deleted."""

import json
import re
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from mautrix.types import UserID

from bridges.core.clock import SystemClock
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.settings_watch import account_data_marker
from bridges.core.storage.database import Database
from bridges.migration.leaving.deletion.bots import BridgeLogins
from tests.conformance.driver import Phone
from tests.conformance.pictures import png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


def _told(resident: Resident) -> str:
    """Everything a person's client was told, as text."""
    record = resident.user.record
    rooms = [list(states.values()) for states in record.state.values()]
    return json.dumps([record.timeline, rooms, record.invites], ensure_ascii=False)


async def _profile(resident: Resident, mxid: str) -> dict[str, Any]:
    path = f"/_matrix/client/v3/profile/{quote(mxid)}"
    answer: dict[str, Any] = await resident.user.expect("GET", path)
    return answer


class TestNamesOfContacts:
    """Two people have saved the same person under different names."""

    async def test_stay_in_the_rooms_of_their_owners(self, stage: Stage) -> None:
        zarina, bahrom = await stage.newcomer("Zarina"), await stage.newcomer("Bahrom")
        other = await stage.driver.person("Oydin")
        hers, his = unique("Auntie"), unique("The landlady")
        await zarina.phone.save_contact(other, hers)
        await bahrom.phone.save_contact(other, his)
        old = unique("from before")
        await other.send(other.chat_with(zarina.phone), old)
        for resident in (zarina, bahrom):
            await stage.log_in(resident)
        group = await other.create_group(unique("All of us"), zarina.phone, bahrom.phone)
        hello, first, second = unique("hello"), unique("to her"), unique("to him")
        await other.send(group, hello)
        await other.send(other.chat_with(zarina.phone), first)
        await other.send(other.chat_with(bahrom.phone), second)
        own = await stage.conversation(zarina, other.chat_with(zarina.phone), first)
        his_own = await stage.conversation(bahrom, other.chat_with(bahrom.phone), second)
        assert own.count(old) == 1
        assert own.state("m.room.name") == {"name": hers}
        assert his_own.state("m.room.name") == {"name": his}
        for resident in (zarina, bahrom):
            await stage.conversation(resident, group, hello)

        await other.set_name("Oydin Xon")
        renamed = unique("under another name")
        await other.send(group, renamed)
        for resident in (zarina, bahrom):
            await stage.conversation(resident, group, renamed)
        assert hers not in _told(bahrom)
        assert his not in _told(zarina)
        ghost = stage.ghost(other)
        shown = (await _profile(zarina, ghost))["displayname"]
        assert hers not in shown
        assert his not in shown
        for conversation in (own, his_own):
            member = conversation.state("m.room.member", ghost)
            assert hers not in member["displayname"]
            assert his not in member["displayname"]


async def _dump(database: Database) -> str:
    """Every row of every table, as text."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if database.is_postgres:
        query = (
            "SELECT table_name AS name FROM information_schema.tables"
            " WHERE table_schema = current_schema()"
        )
    rows: list[str] = []
    for table in await database.fetch(query):
        rows += [
            f"{table['name']}: {tuple(row)}"
            for row in await database.fetch(f'SELECT * FROM "{table["name"]}"')
        ]
    return "\n".join(rows)


def _names(row: str, trace: str) -> bool:
    """Whether a row holds a trace as a whole word: short ids are also in what is random."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(trace)}(?![A-Za-z0-9])", row) is not None


class TestDeletion:
    async def test_leaves_nothing_and_takes_nothing_from_others(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        leaver = await stage.newcomer("Shoira")
        friend = await stage.driver.person(unique("Mehri"))
        old, picture = unique("long ago"), unique("a picture")
        await friend.send(friend.chat_with(leaver.phone), old)
        await stage.log_in(leaver)
        direct = await stage.meet(leaver, friend)
        assert direct.count(old) == 1
        await friend.send_photo(direct.chat, png(9), picture)
        await direct.in_matrix(picture)
        mine, answer = unique("my words"), unique("an answer")
        await direct.say(mine)
        sent = unique("my picture")
        await leaver.user.send_image(direct.room, png(8), caption=sent, info={"w": 64, "h": 48})
        await direct.on_phone(friend, sent)
        seen = await direct.on_phone(friend, mine)
        await friend.react(seen, "👍")
        await friend.send(direct.chat, answer, reply_to=seen)
        await direct.in_matrix(answer)
        shared_chat = await nodira.create_group(unique("Common"), zarina.phone, leaver.phone)
        hello = unique("hello, both")
        await nodira.send(shared_chat, hello)
        shared = await stage.conversation(zarina, shared_chat, hello)
        await stage.conversation(leaver, shared_chat, hello)

        await stage.look_at_settings(leaver)
        database = stage.bridge.bridge.database
        watched = account_data_marker(UserID(leaver.mxid))
        traces = [friend.user, old, picture, mine, answer, direct.room, leaver.phone.user, watched]
        before = await _dump(database)
        assert all(one in before for one in (friend.user, direct.room, leaver.phone.user, watched))
        assert "cannot be undone" in await leaver.ask("delete-my-data")
        asked = leaver.last_event()
        await leaver.ask("1")
        await leaver.hears_from_bot("I have deleted what I had of it", after=asked)

        after = await _dump(database)
        rows = after.splitlines()
        left = [row for row in rows if any(_names(row, one) for one in traces)]
        if any(shared.room in row and stage.ghost(leaver.phone) in row for row in rows):
            # Zarina sees her in their group, as somebody who is not here any more.
            kept = ("ghost:", "sender_device:", f"room_member: ('{shared.room}'")
            left = [
                row for row in left if not (row.startswith(kept) and _names(row, leaver.phone.user))
            ]
        assert left == []
        members = leaver.user.record.members(direct.room)
        await eventually(
            lambda: leaver.user.record.members(direct.room) == {leaver.mxid},
            describe=f"an empty room, not {members}",
        )
        assert "You are not logged in" in await leaver.ask("sync")
        await friend.send(direct.chat, unique("are you there?"))

        go_on = unique("we go on")
        await nodira.send(shared_chat, go_on)
        await shared.in_matrix(go_on)
        reply = unique("so do we")
        await shared.say(reply)
        await shared.on_phone(nodira, reply)

    async def test_can_be_followed_by_a_new_login(self, stage: Stage) -> None:
        """Asked for by ``karvon leave delete``, which talks with the bot as the person does."""
        leaver = await stage.resident("Shoira")
        friend = await stage.driver.person("Mehri")
        first = await stage.meet(leaver, friend)
        me, url, token = UserID(leaver.mxid), stage.server.url, leaver.user.client.access_token
        async with Homeserver.open(url, token, token, me, aiohttp.TCPConnector()) as homeserver:
            logins = BridgeLogins(
                homeserver=homeserver,
                person=MatrixSender(me, is_person=True),
                bot=UserID(leaver.bot),
                network="the network",
                clock=SystemClock(),
                new_id=lambda: unique("words"),
            )
            assert await logins.count() == 1
            await logins.delete()
            assert await logins.count() == 0
        await stage.log_in(leaver)
        text = unique("hello again")
        await friend.send(first.chat, text)
        second = await stage.conversation(leaver, first.chat, text)
        assert second.room != first.room
        answer = unique("hello")
        await second.say(answer)
        await Conversation(first.chat, second.room, leaver).on_phone(friend, answer)
