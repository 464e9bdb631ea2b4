# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bridge tells other parts of the suite of a login, until it is deleted."""

import asyncio
from urllib.parse import quote

import aiohttp
import pytest
from mautrix.types import UserID

from bridges.contacts.live.client import BridgeClient
from bridges.contacts.live.model import BridgeAddress, LiveContact, Roster
from bridges.core.provisioning.secret import provisioning_secret
from tests.conformance.stage import Resident, Stage, unique
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


def _client(http: aiohttp.ClientSession, stage: Stage) -> BridgeClient:
    settings, info = stage.bridge.settings, stage.bridge.plugin.info
    secret = provisioning_secret(settings.encryption_key, info.id)
    url = f"http://{settings.listen.host}:{settings.listen.port}"
    return BridgeClient(http, BridgeAddress(info.id, info.name, url, secret))


async def _befriend(resident: Resident, other: str) -> str:
    """Have a direct room with somebody on Matrix, as clients note it."""
    room = await resident.user.create_dm(other)
    path = f"/_matrix/client/v3/user/{quote(resident.mxid)}/account_data/m.direct"
    await resident.user.expect("PUT", path, {other: [room]})
    return room


def _digits(text: str | None) -> str:
    return "".join(one for one in text or "" if one.isdigit())


async def test_accounts_contacts_and_direct_rooms_are_told_and_go_with_the_login(
    stage: Stage,
) -> None:
    zarina, dilnoza = await stage.newcomer("Zarina"), await stage.matrix_user("Dilnoza")
    other, name = await stage.driver.person("Oydin"), unique("Auntie")
    await zarina.phone.save_contact(other, name)
    await stage.log_in(zarina)
    text = unique("hello")
    await other.send(other.chat_with(zarina.phone), text)
    talk = await stage.conversation(zarina, other.chat_with(zarina.phone), text)
    direct = await _befriend(zarina, dilnoza.mxid)
    owner = UserID(zarina.mxid)
    async with aiohttp.ClientSession() as http:
        client = _client(http, stage)
        roster = await client.logins()
        (login,) = roster.of(owner)
        assert login.is_connected

        (identity,) = await client.identities(owner)
        assert identity.proven
        assert _digits(identity.phone) == _digits(zarina.phone.number)

        async def told() -> LiveContact | None:
            found = await client.contacts(owner, login.login)
            return next((one for one in found if one.name == name), None)

        contact = await eventually(told, timeout=80)  # a list is told anew once a minute
        assert contact is not None
        assert contact.room == talk.room
        people = await client.direct(owner)
        assert [(one.user, one.room) for one in people if one.user == dilnoza.mxid] == [
            (dilnoza.mxid, direct)
        ]

        since = (await client.logins()).revision
        await zarina.ask("delete-my-data")
        await zarina.ask("1")

        async def gone() -> Roster | None:
            nonlocal since
            news = await client.logins(since, 10)
            since = news.revision
            return None if news.of(owner) else news

        async with asyncio.timeout(10):
            while await gone() is None:
                pass
        assert await client.identities(owner) == []
