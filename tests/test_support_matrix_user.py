# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Matrix user does everything a client does, and remembers what it saw."""

from collections.abc import AsyncIterator

import pytest
from attrs import frozen

from tests.support.matrix_user import MatrixUser
from tests.support.people import People
from tests.support.synapse import SynapseFactory, SynapseServer
from tests.support.sync_record import Event, SyncRecord
from tests.support.syncing_client import MatrixRequestError


@frozen
class Chat:
    """Two people in one direct chat."""

    server: SynapseServer
    zarina: MatrixUser
    farid: MatrixUser
    room: str


@pytest.fixture(scope="module")
async def chat(synapse_factory: SynapseFactory) -> AsyncIterator[Chat]:
    async with synapse_factory.running() as server, People() as people:
        zarina = await people.join(server, "zarina")
        farid = await people.join(server, "farid", auto_join=True)
        room = await zarina.create_dm(farid.mxid)
        await farid.wait_until(lambda record: room in record.joined, "the join")
        yield Chat(server, zarina, farid, room)


def _relation(event: Event) -> dict[str, object]:
    relation: dict[str, object] = event["content"].get("m.relates_to", {})
    return relation


@pytest.mark.synapse
async def test_message_reply_edit_reaction_and_redaction_arrive(chat: Chat) -> None:
    zarina, farid, room = chat.zarina, chat.farid, chat.room
    asked = await zarina.say(room, "tea?", html="<em>tea?</em>")
    await farid.wait_message("tea?", room)
    answered = await farid.reply(room, asked, "gladly")
    reply = await zarina.wait_message("gladly", room, sender=farid.mxid, after=asked)
    assert _relation(reply) == {"m.in_reply_to": {"event_id": asked}}

    await farid.edit(room, answered, "very gladly")
    edit = await zarina.wait_message("* very gladly", room)
    assert edit["content"]["m.new_content"]["body"] == "very gladly"

    await zarina.react(room, answered, "🍵")
    reaction = await farid.wait_for(lambda event: event["type"] == "m.reaction", room)
    assert _relation(reaction)["key"] == "🍵"

    await zarina.redact(room, reaction["event_id"], "wrong cup")
    redaction = await farid.wait_for(lambda event: event["type"] == "m.room.redaction", room)
    assert redaction["content"]["redacts"] == reaction["event_id"]
    assert zarina.bodies(room, sender=zarina.mxid) == ["tea?"]
    assert [event["room_id"] for event in farid.messages(room)] == [room] * 3


@pytest.mark.synapse
async def test_files_arrive_whole(chat: Chat) -> None:
    data = bytes(range(256)) * 100
    await chat.zarina.send_image(chat.room, data, caption="a carpet", info={"w": 3, "h": 4})
    event = await chat.farid.wait_message("a carpet", chat.room)
    assert event["content"]["filename"] == "photo.png"
    assert event["content"]["info"] == {"mimetype": "image/png", "size": 25600, "w": 3, "h": 4}
    assert await chat.farid.download(event["content"]["url"]) == data


@pytest.mark.synapse
async def test_typing_and_receipts_are_seen(chat: Chat) -> None:
    zarina, farid, room = chat.zarina, chat.farid, chat.room
    await zarina.typing(room)
    await farid.wait_until(lambda record: zarina.mxid in record.typing(room), "typing")
    await zarina.typing(room, False)
    await farid.wait_until(lambda record: not record.typing(room), "no typing")
    said = await zarina.say(room, "have you read this?")
    await farid.wait_message("have you read this?", room)
    await farid.read(room, said)
    await zarina.wait_until(lambda record: record.has_read(room, farid.mxid, said), "a receipt")


@pytest.mark.synapse
async def test_state_members_and_direct_chats_are_known(chat: Chat) -> None:
    zarina, farid, room = chat.zarina, chat.farid, chat.room
    await zarina.set_state(room, "m.room.name", {"name": "Kitchen"})
    named = await farid.wait_until(lambda seen: seen.state_content(room, "m.room.name"), "a name")
    assert named == {"name": "Kitchen"}
    assert zarina.record.members(room) == {zarina.mxid, farid.mxid}
    direct = await zarina.wait_until(
        lambda record: record.account_data.get(("", "m.direct")), "m.direct"
    )
    assert direct == {farid.mxid: [room]}


@pytest.mark.synapse
async def test_invitations_wait_for_an_answer(chat: Chat) -> None:
    zarina, farid = chat.zarina, chat.farid
    room = await farid.create_room(name="Garden", invite=[zarina.mxid])
    assert await zarina.wait_invite(lambda where, _state: where == room) == room
    await zarina.join(room)
    await zarina.wait_until(lambda record: room in record.joined, "the join")
    assert room not in zarina.record.invites
    await zarina.leave(room)
    await zarina.wait_until(lambda record: room not in record.joined, "the leave")


@pytest.mark.synapse
async def test_a_password_logs_in_and_history_is_read(chat: Chat) -> None:
    await chat.server.register_user("gulnora", "a long password")
    gulnora = MatrixUser(chat.server.url, chat.server.mxid("gulnora"), password="a long password")
    async with gulnora:
        room = await gulnora.create_room()
        await gulnora.say(room, "first")
        second = MatrixUser(chat.server.url, gulnora.mxid, password="a long password")
        async with second:
            assert (await second.wait_message("first", room, timeout=1))["sender"] == gulnora.mxid


@pytest.mark.synapse
async def test_refusals_are_errors(chat: Chat) -> None:
    with pytest.raises(MatrixRequestError, match="M_FORBIDDEN"):
        await chat.zarina.say("!nowhere:home.test", "hello?")


@pytest.mark.synapse
async def test_a_timeout_tells_what_was_seen(chat: Chat) -> None:
    await chat.zarina.say(chat.room, "only this")
    await chat.zarina.wait_message("only this")
    with pytest.raises(TimeoutError, match=r"(?s)a message with 'something else'.*only this"):
        await chat.zarina.wait_message("something else", chat.room, timeout=0.05)


def test_a_decrypted_event_replaces_the_encrypted_one() -> None:
    record = SyncRecord()
    encrypted = {"event_id": "$1", "type": "m.room.encrypted", "content": {}}
    plain = {"event_id": "$1", "type": "m.room.message", "content": {"body": "secret"}}
    timeline = {"timeline": {"events": [encrypted]}}
    record.absorb({"rooms": {"join": {"!room": timeline}}}, {"$1": plain})
    assert record.events("!room") == [{**plain, "room_id": "!room"}]
