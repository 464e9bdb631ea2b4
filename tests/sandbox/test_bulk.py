# SPDX-License-Identifier: AGPL-3.0-or-later
"""Thousands of people, messages and connections, made at once and seen by plain clients."""

import asyncio
from typing import Any

import pytest
from telethon.crypto import AuthKey
from telethon.sessions import MemorySession

from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.operator import OperatorError
from sandbox.telegram.records import Peer
from tests.sandbox.conftest import Connect, log_in, new_client
from tests.support.waiting import eventually

_END = 1_600_000_000


async def test_old_messages_of_a_direct_chat(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    ids = net.bulk.history("alisa_test", "boris_test", 2500, end=_END, step=60, reply_every=5)
    assert len(ids) == 2500
    found = [m async for m in alisa.client.iter_messages("boris_test", reverse=True, wait_time=0)]
    assert [m.message for m in found] == [f"message {n}" for n in range(2500)]
    assert [m.id for m in found] == ids
    assert [m.out for m in found[:4]] == [True, False, True, False]
    assert [int(m.date.timestamp()) for m in found[-2:]] == [_END - 60, _END]
    assert found[5].reply_to_msg_id == found[4].id
    assert sum(1 for m in found if m.reply_to) == 499
    (dialog,) = await boris.client.get_dialogs()
    assert (dialog.unread_count, dialog.message.message) == (0, "message 2499")
    assert not [one for one in boris.received if one.kind == "message"]


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_old_messages_of_a_room(net: TelegramSandbox, vera: Person, kind: str) -> None:
    everybody = ("boris_test", "vera_test", "grisha_test")
    await net.add_room(kind, "Gardeners", "alisa_test", everybody)
    who = ["alisa_test", "boris_test"]
    net.bulk.history("vera_test", "Gardeners", 120, writers=who, reply_every=2)
    later = net.bulk.messages("vera_test", "Gardeners", 3, writers=who, reply_every=2)
    target = await vera.entity("Gardeners")
    found = (await vera.client.get_messages(target, limit=None, wait_time=0))[::-1]
    texts = [m for m in found if m.message]
    assert [m.message for m in texts] == [
        *(f"message {n}" for n in range(120)),
        "message 0",
        "message 1",
        "message 2",
    ]
    assert [m.id for m in texts[-3:]] == later
    if kind != "channel":
        assert {m.sender.first_name for m in texts} == {"Alisa", "Boris"}
    assert texts[2].reply_to_msg_id == texts[1].id
    assert texts[-1].reply_to_msg_id == texts[-2].id


async def test_messages_with_other_contents(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    sent = await alisa.send_file("boris_test", b"data", "x.bin")
    media = net.world.posts.find(alisa.account.id, Peer.user(boris.account.id), sent.id).media
    net.bulk.history("alisa_test", "boris_test", 2, contents=lambda _: {"media": media})
    found = await boris.history("alisa_test")
    assert [await m.download_media(bytes) for m in found] == [b"data"] * 3


async def test_messages_wait_for_those_who_are_away(net: TelegramSandbox, connect: Connect) -> None:
    client = await connect(net)
    await log_in(client, "+99955500201")
    session = client.session
    await client.disconnect()
    net.bulk.messages("alisa_test", "boris_test", 2000, writers=["boris_test"])
    heard: list[str] = []

    async def note(update: Any) -> None:
        message = getattr(update, "message", None)
        if message is not None:
            heard.append(message.message)

    again = new_client(net, session, catch_up=True, sequential_updates=True)
    again.add_event_handler(note)
    try:
        await again.connect()
        await eventually(lambda: len(heard) >= 2000, 20)
        assert heard == [f"message {n}" for n in range(2000)]
    finally:
        await again.disconnect()


async def test_the_connected_see_messages_at_once(net: TelegramSandbox, boris: Person) -> None:
    net.bulk.messages("alisa_test", "boris_test", 250, writers=["alisa_test"])
    await boris.wait_for_text("message 249")
    assert [one.text for one in boris.received] == [f"message {n}" for n in range(250)]


async def test_thousands_of_people_and_chats(net: TelegramSandbox, alisa: Person) -> None:
    people = net.bulk.accounts(3000, "+99955601000")
    net.bulk.dialogs("alisa_test", people[:500])
    dialogs = await alisa.client.get_dialogs(limit=None)
    assert sorted(dialog.name for dialog in dialogs) == sorted(
        one.first_name for one in people[:500]
    )
    assert net.accounts.find("+99955603999") is people[-1]
    people[0].username = "renamed"
    net.accounts.save(people[0])
    assert net.accounts.by_username("renamed") is people[0]
    assert net.accounts.by_username("person_99955601000") is None


async def test_sessions_without_a_login_and_many_idle_connections(net: TelegramSandbox) -> None:
    people = net.bulk.accounts(200, "+99955601000")
    clients = [_client_of(net, net.bulk.session(one.id)) for one in people]
    try:
        await asyncio.gather(*(client.connect() for client in clients))
        assert (await clients[7].get_me()).id == people[7].id
        assert [net.server.connected(one.id) for one in people] == [1] * 200
    finally:
        await asyncio.gather(*(client.disconnect() for client in clients))


async def test_who_is_not_in_a_room_has_no_history_there(net: TelegramSandbox) -> None:
    await net.add_room("group", "Gardeners", "alisa_test")
    with pytest.raises(OperatorError, match="not in the room"):
        net.bulk.history("boris_test", "Gardeners", 1)
    with pytest.raises(OperatorError, match="no room is called 'Nowhere'"):
        net.bulk.history("boris_test", "Nowhere", 1)


def _client_of(net: TelegramSandbox, key: Any) -> Any:
    session = MemorySession()
    session.set_dc(key.dc, *net.server.addresses()[key.dc])
    session.auth_key = AuthKey(key.secret)
    return new_client(net, session)
