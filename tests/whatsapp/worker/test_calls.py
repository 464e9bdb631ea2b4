# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bridge can ask for, done by the genuine library against the sandbox."""

import hashlib
import time
from base64 import b64decode
from typing import Any

import pytest

from bridges.whatsapp.linked.channel import WorkerRefused
from bridges.whatsapp.wire.messages import WorkerEvent
from sandbox.whatsapp.history import OldChat, OldMessage
from sandbox.whatsapp.node import node
from tests.whatsapp.worker.conftest import ALISA, BORIS
from tests.whatsapp.worker.workers import RunningWorker

_ALISA, _BORIS = (f"{phone.lstrip('+')}@s.whatsapp.net" for phone in (ALISA, BORIS))


async def _text(worker: RunningWorker, text: str) -> WorkerEvent:
    """Have Alisa write to Boris; returns what Boris got."""
    sent = await worker.client.send("alisa", _BORIS, {"conversation": text})
    return await worker.heard.wait("message", "boris", id=sent.id)


async def test_edit_revoke_and_reaction(worker: RunningWorker) -> None:
    first = await _text(worker, "frist")
    chat, sender, wanted = first.data["chat"], first.data["sender"], first.data["id"]
    now = int(time.time() * 1000)
    sent = await worker.client.edit("alisa", _BORIS, wanted, {"conversation": "first"}, now)
    edit = await worker.heard.wait("message", "boris", id=sent.id)
    assert "first" in str(edit.data["message"])
    assert edit.data["is_edit"]
    sent = await worker.client.react("boris", chat, sender, wanted, "👍")
    reaction = (await worker.heard.wait("message", "alisa", id=sent.id)).data["message"]
    assert reaction["reactionMessage"]["text"] == "👍"
    assert reaction["reactionMessage"]["key"]["ID"] == wanted
    sent = await worker.client.revoke("alisa", _BORIS, sender, wanted)
    revoke = (await worker.heard.wait("message", "boris", id=sent.id)).data["message"]
    assert revoke["protocolMessage"]["type"] == "REVOKE"
    assert revoke["protocolMessage"]["key"]["ID"] == wanted


async def test_reading_and_typing(worker: RunningWorker) -> None:
    message = (await _text(worker, "read me")).data
    await worker.client.mark_read(
        "boris", message["chat"], message["sender"], [message["id"]], int(time.time())
    )
    receipt = await worker.heard.wait("receipt", "alisa", type="read")
    assert receipt.data["ids"] == [message["id"]]
    await worker.client.typing("alisa", _BORIS, composing=True, audio=True)
    typing = await worker.heard.wait("chat_presence", "boris", composing=True)
    assert (typing.seq, typing.data["audio"]) == (0, True)


async def test_who_is_online_is_seen_by_whoever_shows_himself(worker: RunningWorker) -> None:
    vera = await worker.net.person("Vera")
    # Without its owner's name the library shows nobody online.
    account = worker.net.add_account("+992555000109", "Gulya")
    gulya = await worker.net.person(account.phone)
    await gulya.settings.push_name("Gulya")
    await worker.link("gulya", account.phone)
    device = worker.net.accounts.devices(account)[-1]
    await worker.net.phone("Gulya").share_app_state_key(device)
    await worker.heard.wait("app_state", "gulya", collection="critical_block")
    await worker.client.presence("gulya", available=True)
    await worker.client.watch_presence("gulya", str(vera.jid))
    seen = await worker.heard.wait("presence", "gulya", unavailable=False)
    assert (seen.seq, seen.data["from"]) == (0, str(vera.jid))


async def test_a_poll_and_a_vote(worker: RunningWorker) -> None:
    options = ["choy", "qahva"]
    sent = await worker.client.create_poll("alisa", _BORIS, "Nima?", options, several=False)
    poll = (await worker.heard.wait("message", "boris", id=sent.id)).data
    created = next(
        value for key, value in poll["message"].items() if key.startswith("pollCreation")
    )
    assert [one["optionName"] for one in created["options"]] == options
    vote = await worker.client.vote(
        "boris", poll["chat"], poll["sender"], poll["id"], ["qahva"], from_me=False
    )
    event = await worker.heard.wait("message", "alisa", id=vote.id)
    chosen = await worker.client.decrypt_vote("alisa", event.data)
    assert [b64decode(one) for one in chosen] == [hashlib.sha256(b"qahva").digest()]


async def test_a_file_there_and_back(worker: RunningWorker) -> None:
    data = bytes(range(256)) * 200
    files = worker.client.files
    (files / "out.bin").write_bytes(data)
    fields: dict[str, Any] = await worker.client.upload("alisa", files / "out.bin", "document")
    del fields["handle"]
    document = {"documentMessage": {**fields, "mimetype": "application/zip", "fileName": "a.zip"}}
    sent = await worker.client.send("alisa", _BORIS, document)
    event = await worker.heard.wait("message", "boris", id=sent.id)
    size = await worker.client.download("boris", event.data["message"], files / "in.bin")
    assert size == len(data)
    assert (files / "in.bin").read_bytes() == data
    worker.net.faults.lose_media(404)
    with pytest.raises(WorkerRefused) as refused:
        await worker.client.download("boris", event.data["message"], files / "gone.bin")
    assert refused.value.code == "STATUS_404"


async def test_files_outside_of_the_folder_are_out_of_reach(worker: RunningWorker) -> None:
    channel = worker.client._channel
    for name in ("../store/keys.db", "/etc/hostname"):
        with pytest.raises(WorkerRefused) as refused:
            await channel.call("upload", "alisa", {"file": name, "kind": "document"})
        assert refused.value.code == "BAD_ARGUMENT"
    with pytest.raises(WorkerRefused) as refused:
        await worker.client.upload("alisa", worker.client.files / "none", "image")
    assert refused.value.code == "NO_FILE"


async def test_bad_calls_are_refused_and_harm_nobody(worker: RunningWorker) -> None:
    async def code(name: str, **arguments: Any) -> str:
        with pytest.raises(WorkerRefused) as refused:
            await worker.client._channel.call(name, "alisa", arguments)
        return refused.value.code

    text = {"conversation": "x"}
    assert await code("fly") == "UNKNOWN_CALL"
    assert await code("send") == "BAD_ARGUMENT"
    assert await code("send", chat="ünknown", message=text) == "BAD_ADDRESS"
    assert await code("send", chat=_BORIS, message={"no": "such"}) == "BAD_MESSAGE"
    assert await code("send", chat=_BORIS, message={"conversation": "\ud800"}) == "BAD_MESSAGE"
    assert await code("typing", chat=_BORIS, composing="yes") == "BAD_ARGUMENT"
    assert (await _text(worker, "still here")).data["message"] == {"conversation": "still here"}


async def test_a_group_from_beginning_to_end(worker: RunningWorker) -> None:
    client, heard = worker.client, worker.heard
    group = await client.create_group("alisa", "Choyxona", [_BORIS])
    joined = await heard.wait("joined_group", "boris")
    assert joined.data["group_info"]["jid"] == group.jid
    members = {one.phone: one.is_admin for one in group.participants}
    assert _BORIS in members
    sent = await client.send("alisa", group.jid, {"conversation": "hammaga"})
    message = await heard.wait("message", "boris", id=sent.id)
    assert (message.data["chat"], message.data["is_group"]) == (group.jid, True)
    assert len(heard.of("message", "boris", id=sent.id)) == 1
    await client.set_group_name("alisa", group.jid, "Oshxona")
    await client.set_group_topic("alisa", group.jid, "Faqat osh")
    await client.set_group_announce("alisa", group.jid, announce=True)
    await client.set_group_locked("alisa", group.jid, locked=True)
    changed = await client.group("boris", group.jid)
    assert (changed.name, changed.topic, changed.announce, changed.locked) == (
        *("Oshxona", "Faqat osh"),
        *(True, True),
    )
    event = next(one for one in heard.of("group_info", "boris") if "name" in one.data)
    assert event.data["name"]["name"] == "Oshxona"
    done = await client.change_members("alisa", group.jid, [_BORIS], "promote")
    assert [one.error for one in done] == [0]
    assert [one.jid for one in await client.groups("boris")] == [group.jid]
    link = await client.group_link("alisa", group.jid)
    await client.leave_group("boris", group.jid)
    assert await client.join_group("boris", link) == group.jid


async def test_people(worker: RunningWorker) -> None:
    await _text(worker, "who am I")
    alisa = worker.net.accounts.find("Alisa")
    lid = await worker.client.lid_of("boris", _ALISA)
    assert lid == f"{alisa.lid}@lid"
    assert await worker.client.phone_of("boris", lid) == _ALISA
    names = {one.jid: one.push_name for one in await worker.client.contacts("boris")}
    assert names[lid] == "Alisa"
    [found] = await worker.client.on_whatsapp("boris", ["+992555000101"])
    assert found.registered
    assert found.jid == _ALISA
    assert await worker.client.picture("boris", lid) is None
    assert await worker.client.chat_settings("boris", [lid]) == {}


async def test_old_chats_come_in_parts(worker: RunningWorker) -> None:
    alisa = worker.net.accounts.find("Alisa")
    device = worker.net.accounts.devices(worker.net.accounts.find("Boris"))[0]
    messages = [OldMessage(f"OLD{n}", f"old {n}", 1_700_000_000 + n) for n in range(250)]
    await worker.net.phone("Boris").send_history(device, [OldChat(alisa.jid(), "Alisa", messages)])
    await worker.heard.wait("history_sync", "boris", part=2)
    parts = [event.data for event in worker.heard.of("history_sync", "boris")]
    assert [part["part"] for part in parts] == [0, 1, 2]
    assert {part["parts"] for part in parts} == {2}
    texts = [
        one["message"]["message"]["conversation"]
        for part in parts[1:]
        for one in part["conversation"]["messages"]
    ]
    assert sorted(texts) == sorted(message.text for message in messages)


async def test_a_voice_message_heard_on_another_own_device(worker: RunningWorker) -> None:
    message = (await _text(worker, "listen")).data
    alisa, boris = (worker.net.accounts.find(name) for name in ("Alisa", "Boris"))
    device = worker.net.accounts.devices(boris)[-1]
    attributes = {
        "from": str(boris.jid()),
        "recipient": str(alisa.jid()),
        "id": message["id"],
        "t": "1795337934",
        "type": "played-self",
    }
    worker.net.switchboard.deliver(device, node("receipt", attributes))
    worker.net.switchboard.flush()
    receipt = await worker.heard.wait("receipt", "boris", type="played_self")
    assert receipt.data["ids"] == [message["id"]]


async def test_a_channel_from_beginning_to_end(worker: RunningWorker) -> None:
    client, heard = worker.client, worker.heard
    owner = (await worker.net.person("Vera")).channels
    channel = await owner.create("Khabar", "What is new")
    address = str(channel)
    await client.follow_newsletter("alisa", address, follow=True)
    [followed] = await client.newsletters("alisa")
    assert (followed["id"], followed["thread_meta"]["name"]["text"]) == (address, "Khabar")
    post = await owner.post(channel, "snow")
    came = (await heard.wait("message", "alisa", id=post.id)).data
    assert (came["chat"], came["sender"], came["server_id"]) == (address, address, post.number)
    assert "newsletter" not in came
    await owner.edit(channel, post, "rain")
    changed = (await heard.wait("message", "alisa", id=post.id, edit="3")).data
    assert changed["message"]["extendedTextMessage"]["text"] == "rain"
    assert changed["newsletter"]["edit_ts"] >= came["timestamp"]
    await client.react_in_newsletter("alisa", address, post.number, "❄️")
    await owner.take_away(channel, post)
    await heard.wait("message", "alisa", id=post.id, edit="8", message={})
    [told] = await client.newsletter_messages("alisa", address, 10)
    assert told["reaction_counts"] == [{"type": "❄️", "count": 1}]
    await client.follow_newsletter("alisa", address, follow=False)
    assert await client.newsletters("alisa") == []
