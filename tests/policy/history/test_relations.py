# SPDX-License-Identifier: AGPL-3.0-or-later
"""Replies, threads, reactions, edits, polls and files of the past are what they would be now."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.policy.history.bringing import BEGINNING, RefusedError, World

pytestmark = pytest.mark.synapse


def event(
    key: str, sender: str, second: int, content: Mapping[str, Any], **more: str
) -> dict[str, Any]:
    """An event as it is handed over; a message unless ``type`` says otherwise."""
    return {
        "key": key,
        "sender": sender,
        "type": "m.room.message",
        "origin_server_ts": BEGINNING + 1000 * second,
        "content": content,
        **more,
    }


def text(body: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body}


def reaction(key: str, sender: str, second: int, target: str, emoji: str) -> dict[str, Any]:
    content = {"m.relates_to": {"rel_type": "m.annotation", "key": emoji}}
    return event(key, sender, second, content, relates_to=target, type="m.reaction")


def related(kind: str) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": kind}}


async def test_relations_within_a_batch_and_across_batches(world: World) -> None:
    ours, reader = world.bridge, world.reader
    first, second, third = ours.ghosts
    room = await world.room()
    ids = await ours.hand_over(
        room,
        [
            event("root", first, 0, text("who comes?")),
            event("reply", second, 1, text("me"), reply_to="root"),
            reaction("thumb", third, 2, "root", "👍"),
            event(
                "change",
                first,
                3,
                text("* all of you?") | {"m.new_content": text("all?")} | related("m.replace"),
                relates_to="root",
            ),
            event("in thread", second, 4, text("I do") | related("m.thread"), relates_to="root"),
        ],
    )
    ids |= await ours.hand_over(
        room,
        [
            reaction("heart", second, 5, "reply", "❤"),
            reaction("thumb 2", second, 6, "root", "👍"),
            event(
                "last in thread", third, 7, text("me too") | related("m.thread"), relates_to="root"
            ),
            event("late reply", third, 8, text("fine"), reply_to="reply"),
            event(
                "by id",
                third,
                9,
                text("yes") | {"m.relates_to": {"m.in_reply_to": {"event_id": ids["reply"]}}},
            ),
        ],
    )
    await ours.commit(room)
    found = {one["event_id"]: one for one in await reader.messages(room)}
    names = [one for one in ids if one != "change"]

    assert found[ids["reply"]]["content"]["m.relates_to"] == {
        "m.in_reply_to": {"event_id": ids["root"]}
    }
    for late in ("late reply", "by id"):
        relation = found[ids[late]]["content"]["m.relates_to"]
        assert relation["m.in_reply_to"]["event_id"] == ids["reply"]
    bundled = found[ids["root"]]["unsigned"]["m.relations"]
    assert bundled["m.replace"]["event_id"] == ids["change"]
    assert bundled["m.thread"]["count"] == 2
    assert bundled["m.thread"]["latest_event"]["event_id"] == ids["last in thread"]
    assert set(names) <= {name for name in ids if ids[name] in found}

    annotations = await reader.room(room, f"relations/{ids['root']}/m.annotation")
    assert [one["sender"] for one in annotations["chunk"]] == [second, third]
    threads = await reader.room(room, "threads")
    assert [one["event_id"] for one in threads["chunk"]] == [ids["root"]]
    in_thread = await reader.room(room, f"relations/{ids['root']}/m.thread", dir="f")
    assert [one["event_id"] for one in in_thread["chunk"]] == [
        ids["in thread"],
        ids["last in thread"],
    ]


async def test_what_is_said_now_belongs_to_the_past(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    ids = await ours.hand_over(room, ours.texts(0, 3))
    await ours.commit(room)
    target = ids["message 0"]
    relation = {"rel_type": "m.annotation", "event_id": target, "key": "👍"}
    await reader.call(
        "PUT", f"/_matrix/client/v3/rooms/{room}/send/m.reaction/1", {"m.relates_to": relation}
    )
    annotations = await reader.room(room, f"relations/{target}/m.annotation")
    assert [one["sender"] for one in annotations["chunk"]] == [world.reader_mxid]
    await reader.call(
        "POST", f"/_matrix/client/v3/rooms/{room}/receipt/m.read/{ids['message 2']}", {}
    )


async def test_what_was_said_long_ago_can_be_deleted_now(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    ids = await ours.hand_over(room, ours.texts(0, 3))
    await ours.commit(room)
    await ours.client.call(
        "PUT",
        f"/_matrix/client/v3/rooms/{room}/redact/{ids['message 1']}/1",
        {},
        user_id=ours.ghosts[1],
    )
    found = {one["event_id"]: one for one in await reader.messages(room)}
    assert found[ids["message 1"]]["content"] == {}
    assert await reader.texts(room) == ["past 0", "past 2"]


async def test_files_and_polls_of_the_past(world: World) -> None:
    ours, reader = world.bridge, world.reader
    first, second, _ = ours.ghosts
    room = await world.room()
    async with reader.session.post(
        f"{reader.url}/_matrix/media/v3/upload",
        data=b"a picture",
        headers={"Authorization": f"Bearer {ours.client.token}", "Content-Type": "image/png"},
    ) as response:
        url = (await response.json())["content_uri"]
    poll = {
        "org.matrix.msc3381.poll.start": {
            "question": {"org.matrix.msc1767.text": "When?"},
            "answers": [{"id": "1", "org.matrix.msc1767.text": "today"}],
        }
    }
    vote = {"org.matrix.msc3381.poll.response": {"answers": ["1"]}, **related("m.reference")}
    ids = await ours.hand_over(
        room,
        [
            event("file", first, 0, {"msgtype": "m.image", "body": "a.png", "url": url}),
            event("poll", first, 1, poll, type="org.matrix.msc3381.poll.start"),
            event(
                "vote", second, 2, vote, type="org.matrix.msc3381.poll.response", relates_to="poll"
            ),
        ],
    )
    await ours.commit(room)
    media = url.removeprefix("mxc://")
    async with reader.session.get(
        f"{reader.url}/_matrix/client/v1/media/download/{media}",
        headers={"Authorization": f"Bearer {reader.token}"},
    ) as response:
        assert await response.read() == b"a picture"
    votes = await reader.room(room, f"relations/{ids['poll']}/m.reference")
    assert [one["event_id"] for one in votes["chunk"]] == [ids["vote"]]


async def test_what_belongs_to_nothing_is_refused_and_nothing_of_it_kept(world: World) -> None:
    ours = world.bridge
    room, other = await world.room(), await world.room()
    elsewhere = await ours.say(other, "elsewhere")
    for relation, named in (
        ({"reply_to": "nothing"}, "nothing"),
        (
            {"content": text("x") | {"m.relates_to": {"m.in_reply_to": {"event_id": elsewhere}}}},
            elsewhere,
        ),
    ):
        batch = [*ours.texts(0, 2), {**ours.texts(2, 3)[0], **relation}]
        with pytest.raises(RefusedError) as refusal:
            await ours.hand_over(room, batch)
        assert (refusal.value.status, refusal.value.code) == (400, "M_NOT_FOUND")
        assert named in refusal.value.sentence
        assert "message 2" in refusal.value.sentence
    assert await ours.commit(room) == 0
