# SPDX-License-Identifier: AGPL-3.0-or-later
"""neonize and neonize on the network: what both ends of a chat see."""

import base64
import io
import os

import pytest
from aiohttp import ClientSession
from PIL import Image

from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.faults import (
    CLIENT_OUTDATED,
    MAIN_DEVICE_GONE,
    UNAVAILABLE,
    Ban,
    temporary_ban,
)
from sandbox.whatsapp.history import OldChat, OldMessage
from tests.sandbox_whatsapp.conftest import ALISA, BORIS, VERA, link
from tests.sandbox_whatsapp.peers import Peer
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def pair(net: WhatsAppSandbox, neonize: Peer) -> Peer:
    """Alisa and Boris, linked by QR code."""
    await link(net, neonize, ALISA)
    await link(net, neonize, BORIS)
    return neonize


async def test_text_goes_both_ways_and_is_confirmed(net: WhatsAppSandbox, pair: Peer) -> None:
    sent = await pair.do("send", who="Alisa", to=BORIS, text="салом, Boris")
    got = await pair.wait("Message", who="Boris", id=sent)
    assert (got["text"], got["name"]) == ("салом, Boris", "Alisa")
    await pair.wait("Receipt", who="Alisa")
    answer = await pair.do("send", who="Boris", to=got["chat"], text="hi")
    assert (await pair.wait("Message", who="Alisa", id=answer))["text"] == "hi"
    device = net.accounts.devices(net.accounts.find(BORIS))[0]
    await eventually(lambda: net.operator.waiting(device) == 0, describe="letters confirmed")


async def test_files_come_out_as_they_went_in(net: WhatsAppSandbox, pair: Peer) -> None:
    data = base64.b64encode(os.urandom(50_000)).decode()
    sent = await pair.do("send_file", who="Alisa", to=BORIS, data=data, name="plan.bin")
    got = await pair.wait("Message", who="Boris", id=sent)
    assert got["file"] == "plan.bin"
    net.faults.lose_media(410)
    with pytest.raises(AssertionError, match="410"):
        await pair.do("download", who="Boris", id=sent)
    assert await pair.do("download", who="Boris", id=sent) == data


async def test_reading_and_typing_are_seen(pair: Peer) -> None:
    sent = await pair.do("send", who="Alisa", to=BORIS, text="seen?")
    await pair.wait("Message", who="Boris", id=sent)
    await pair.do("read", who="Boris", id=sent)
    await pair.wait_said("Receipt", "READ", who="Alisa")
    await pair.do("type", who="Boris", to=ALISA)
    await pair.wait("ChatPresence", who="Alisa")


async def test_what_was_missed_comes_after_reconnecting(net: WhatsAppSandbox, pair: Peer) -> None:
    boris = net.accounts.find(BORIS)
    net.faults.refuse_login(UNAVAILABLE, boris, count=1)
    net.operator.drop(boris)
    sent = await pair.do("send", who="Alisa", to=BORIS, text="while you were away")
    got = await pair.wait("Message", who="Boris", id=sent)
    assert got["text"] == "while you were away"
    await pair.wait("Connected", who="Boris")


async def test_groups_are_made_changed_and_left(net: WhatsAppSandbox, pair: Peer) -> None:
    group = await pair.do("create_group", who="Alisa", subject="Lunch", members=[BORIS])
    await pair.wait("JoinedGroup", who="Boris")
    sent = await pair.do("send", who="Alisa", to=group, text="plov?")
    await pair.wait("Message", who="Boris", id=sent, chat=group, text="plov?")
    answer = await pair.do("send", who="Boris", to=group, text="yes")
    await pair.wait("Message", who="Alisa", id=answer, text="yes")
    await pair.do("rename_group", who="Alisa", group=group, subject="Dinner")
    await pair.wait_said("GroupInfo", "Dinner", who="Boris")
    await pair.do("participants", who="Alisa", group=group, members=[BORIS], change="PROMOTE")
    await pair.wait_said("GroupInfo", "Promote", who="Boris")
    await pair.do("participants", who="Alisa", group=group, members=[VERA], change="ADD")
    await pair.wait_said("GroupInfo", "Join", who="Boris")
    await pair.do("announce_group", who="Boris", group=group, announce=True)
    seen = await pair.do("group", who="Alisa", group=group)
    assert (seen["subject"], seen["announce"]) == ("Dinner", True)
    assert set(seen["members"]) == {phone[1:] for phone in (ALISA, BORIS, VERA)}
    assert seen["members"][BORIS[1:]]
    await pair.do("leave", who="Boris", group=group)
    await pair.wait_said("GroupInfo", "Leave", who="Alisa")
    link = await pair.do("invite_link", who="Alisa", group=group)
    assert await pair.do("join", who="Boris", link=link) == group
    seen = await pair.do("group", who="Boris", group=group)
    assert BORIS[1:] in seen["members"]


async def test_a_group_has_a_picture(net: WhatsAppSandbox, pair: Peer) -> None:
    group = await pair.do("create_group", who="Alisa", subject="Photos", members=[BORIS])
    with pytest.raises(AssertionError, match="ProfilePicture"):
        await pair.do("picture", who="Boris", of=group)
    drawn = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(drawn, "JPEG")
    data = base64.b64encode(drawn.getvalue()).decode()
    await pair.do("set_group_picture", who="Alisa", group=group, data=data)
    await pair.wait_said("Picture", group.partition("@")[0], who="Boris")
    path = await pair.do("picture", who="Boris", of=group)
    async with ClientSession() as http, http.get(f"http://{net.host}:{net.port}{path}") as response:
        assert Image.open(io.BytesIO(await response.read())).size == (64, 64)


async def test_old_chats_come_from_the_phone(net: WhatsAppSandbox, pair: Peer) -> None:
    alisa, boris = net.accounts.find(ALISA), net.accounts.find(BORIS)
    old = [
        OldMessage(f"OLD{number}", f"line {number}", 1_700_000_000 + number, from_me=number == 1)
        for number in (2, 1, 0)
    ]
    (device,) = net.accounts.devices(alisa)
    for part in (1, 2):
        chats = [OldChat(boris.jid(), f"Boris, part {part}", old)]
        await net.phone(ALISA).send_history(device, chats, order=part, progress=50 * part)
        got = await pair.wait_said("HistorySync", f"Boris, part {part}", who="Alisa")
        assert [got["said"].count(f"line {number}") for number in range(3)] == [1, 1, 1]
    await eventually(lambda: net.operator.waiting(device) == 0, describe="the phone was told")


async def test_a_code_typed_on_the_phone_links_a_device(net: WhatsAppSandbox, pair: Peer) -> None:
    await pair.do("connect", who="Vera")
    await pair.wait("qr", who="Vera")
    code = await pair.do("pair_code", who="Vera", phone=VERA)
    net.phone(VERA).type_code(code)
    await pair.wait("Connected", who="Vera")
    sent = await pair.do("send", who="Vera", to=ALISA, text="by code")
    assert (await pair.wait("Message", who="Alisa", id=sent))["name"] == "Vera"


async def test_a_client_is_told_what_became_of_it(net: WhatsAppSandbox, pair: Peer) -> None:
    boris = net.accounts.find(BORIS)
    assert net.operator.replace(boris) == 1
    await pair.wait("StreamReplaced", who="Boris")
    net.faults.refuse_login(temporary_ban(Ban.TOO_MANY_PEOPLE, 3600), boris)
    await pair.do("reconnect", who="Boris")
    await pair.wait_said("TemporaryBan", "3600", who="Boris")
    net.faults.refuse_login(CLIENT_OUTDATED, boris)
    await pair.do("reconnect", who="Boris")
    await pair.wait("ClientOutdated", who="Boris")
    pair.forget("Connected", who="Boris")
    await pair.do("reconnect", who="Boris")
    await pair.wait("Connected", who="Boris")
    assert net.operator.log_out(boris) == 1
    await pair.wait("LoggedOut", who="Boris")
    assert net.accounts.devices(boris) == []


async def test_a_device_that_is_gone_has_to_be_linked_anew(
    net: WhatsAppSandbox, pair: Peer
) -> None:
    alisa = net.accounts.find(ALISA)
    fault = net.faults.refuse_login(MAIN_DEVICE_GONE, alisa)
    net.operator.drop(alisa)
    await pair.wait("LoggedOut", who="Alisa")
    assert fault.struck == 1
