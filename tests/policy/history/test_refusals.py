# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may put what into which room; whatever is refused says why and what to do."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve

from policy_module.history.batches import MOST_EVENTS
from policy_module.history.module import PATH
from tests.policy.history.bringing import Bringer, RefusedError, World

# What is refused does not depend on where the homeserver keeps it.
pytestmark = [
    pytest.mark.synapse,
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


async def refusal(bringer: Bringer, room: str, *events: Mapping[str, Any]) -> RefusedError:
    """Hand over what is refused, and see that nothing of it is kept."""
    with pytest.raises(RefusedError) as refused:
        await bringer.hand_over(room, events)
    return refused.value


async def test_only_application_services_bring_histories(world: World) -> None:
    room = await world.room()
    person = evolve(world.bridge, client=world.reader)
    refused = await refusal(person, room, *world.bridge.texts(0, 1))
    assert (refused.status, refused.code) == (403, "M_FORBIDDEN")
    assert "as_token" in refused.sentence
    for token in ("wrong", ""):
        nobody = evolve(world.bridge, client=evolve(world.reader, token=token))
        assert (await refusal(nobody, room, *world.bridge.texts(0, 1))).status == 401
        with pytest.raises(RefusedError) as asked:
            await nobody.client.call("GET", f"{PATH}/v1")
        assert asked.value.status == 401


async def test_it_is_known_what_can_be_brought(world: World) -> None:
    assert await world.bridge.client.call("GET", f"{PATH}/v1") == {"events_at_once": MOST_EVENTS}
    with pytest.raises(RefusedError) as asked:
        await world.bridge.client.call("GET", f"{PATH}/v2")
    assert (asked.value.status, asked.value.code) == (404, "M_UNRECOGNIZED")


async def test_only_those_who_are_in_a_room(world: World) -> None:
    room = await world.room()
    for where in (room, "!nowhere:home.test"):
        refused = await refusal(world.stranger, where, *world.stranger.texts(0, 1))
        assert (refused.status, refused.code) == (403, "M_FORBIDDEN")
        assert "join" in refused.sentence
        with pytest.raises(RefusedError) as commit:
            await world.stranger.commit(where)
        assert (commit.value.status, commit.value.sentence) == (403, refused.sentence)


async def test_only_in_the_name_of_ones_own_users(world: World) -> None:
    ours = world.bridge
    room = await world.room()
    for sender in (world.reader_mxid, world.stranger.ghosts[0], "@b_0:elsewhere.test", "nobody"):
        event = {**ours.texts(0, 1)[0], "sender": sender}
        refused = await refusal(ours, room, event)
        assert (refused.status, refused.code) == (403, "M_EXCLUSIVE")
        assert sender in refused.sentence
    event = {**ours.texts(0, 1)[0], "sender": ours.registration.ghost_mxid("absent")}
    refused = await refusal(ours, room, event)
    assert (refused.status, refused.code) == (403, "M_FORBIDDEN")
    assert "join first" in refused.sentence


async def test_people_speak_with_the_registration_that_acts_for_them(world: World) -> None:
    ours = world.bridge
    room = await world.room()
    mine = {**ours.texts(1, 2)[0], "sender": world.reader_mxid}
    theirs = {**ours.texts(1, 2)[0], "sender": world.stranger.ghosts[0]}
    with pytest.raises(RefusedError) as refused:
        await ours.hand_over(room, [theirs], world.puppets)
    assert refused.value.code == "M_EXCLUSIVE"
    first, last = ours.texts(0, 3)[::2]
    await ours.hand_over(room, [first, mine, last], world.puppets)
    await ours.commit(room)
    said = [one for one in await world.reader.messages(room) if "body" in one["content"]]
    assert [one["sender"] for one in reversed(said)] == [
        ours.ghosts[0],
        world.reader_mxid,
        ours.ghosts[2],
    ]
    wrong = evolve(world.puppets, as_token="wrong")
    with pytest.raises(RefusedError) as refused:
        await ours.hand_over(room, [mine], wrong)
    assert (refused.value.status, refused.value.code) == (401, "M_UNKNOWN_TOKEN")


async def test_no_plain_text_in_an_encrypted_room(world: World) -> None:
    ours = world.bridge
    encryption = {
        "type": "m.room.encryption",
        "state_key": "",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    room = await world.room(initial_state=[encryption])
    refused = await refusal(ours, room, *ours.texts(0, 1))
    assert (refused.status, refused.code) == (403, "M_FORBIDDEN")
    assert "m.room.encrypted" in refused.sentence
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "y"}
    event = {**ours.texts(0, 1)[0], "type": "m.room.encrypted", "content": content}
    await ours.hand_over(room, [event])
    assert await ours.commit(room) == 1


@pytest.mark.parametrize(
    ("change", "status", "code", "words"),
    [
        ({"content": {"msgtype": "m.text", "body": 0.5}}, 400, "M_BAD_JSON", "message 0"),
        ({"content": {"msgtype": "m.text", "body": 2**53}}, 400, "M_BAD_JSON", "message 0"),
        ({"content": {"msgtype": "m.text", "body": "\ud800"}}, 400, "M_BAD_JSON", "stored"),
        ({"content": {"msgtype": "m.text", "body": "x" * 66_000}}, 413, "M_TOO_LARGE", "message 0"),
        ({"content": {"body": "no kind"}}, 400, "M_UNKNOWN", "msgtype"),
        (
            {"content": {"msgtype": "m.text", "body": "x", "m.mentions": {"room": "yes"}}},
            400,
            "M_BAD_JSON",
            "boolean",
        ),
        ({"state_key": ""}, 400, "M_BAD_JSON", "state"),
        ({"type": "m.room.redaction"}, 400, "M_BAD_JSON", "deleted"),
        ({"origin_server_ts": -1}, 400, "M_BAD_JSON", "milliseconds"),
        ({"type": "x" * 300}, 400, "M_BAD_JSON", "255"),
    ],
)
async def test_what_no_room_can_take(
    world: World, shared_room: str, change: Mapping[str, Any], status: int, code: str, words: str
) -> None:
    event = {**world.bridge.texts(0, 1)[0], **change}
    refused = await refusal(world.bridge, shared_room, event)
    assert (refused.status, refused.code) == (status, code)
    assert words in refused.sentence


async def test_a_batch_has_an_end(world: World, shared_room: str) -> None:
    batch = world.bridge.texts(0, MOST_EVENTS + 1)
    refused = await refusal(world.bridge, shared_room, *batch)
    assert (refused.status, refused.code) == (413, "M_TOO_LARGE")
    assert "several batches" in refused.sentence


async def test_nothing_goes_between_what_is_in_the_room_and_what_is_to_follow(
    world: World,
) -> None:
    ours = world.bridge
    room = await world.room()
    for first in (0, 400):
        await ours.hand_over(room, ours.texts(first, first + 400))
    path = f"{PATH}/v1/rooms/{room}/commit"
    assert await ours.client.call("POST", path, {}) == {"entered": 500, "left": 300}
    refused = await refusal(ours, room, *ours.texts(799, 801))
    assert (refused.status, refused.code) == (409, "M_INVALID_PARAM")
    assert "commit" in refused.sentence
    assert len(await ours.hand_over(room, ours.texts(798, 800))) == 2
    assert await ours.commit(room) == 300
    await ours.hand_over(room, ours.texts(799, 801))
    assert await ours.commit(room) == 1


async def test_people_who_are_invited_have_been_there(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await ours.make_room(world.reader_mxid)
    mine = {**ours.texts(1, 2)[0], "sender": world.reader_mxid}
    first, last = ours.texts(0, 3)[::2]
    await ours.hand_over(room, [first, mine], world.puppets)
    before = await world.count("events", room)
    await ours.hand_over(room, [last, {**mine, "key": "again"}], world.puppets)
    await ours.commit(room)
    assert await world.count("events", room) == before + 4
    path = f"/_matrix/client/v3/rooms/{room}/state/m.room.member/{world.reader_mxid}"
    member = await ours.client.call("GET", path, user_id=ours.ghosts[0])
    assert member["membership"] == "invite"
    assert room not in (await reader.sync())["rooms"]["join"]

    since = (await reader.sync())["next_batch"]
    await reader.join(room)
    shown = (await reader.sync(since))["rooms"]["join"][room]["timeline"]["events"]
    assert [one["content"]["body"] for one in shown if "body" in one["content"]] == [
        "past 0",
        "past 1",
        "past 2",
        "past 1",
    ]
    said = [one for one in await reader.messages(room) if "body" in one["content"]]
    assert [one["sender"] == world.reader_mxid for one in said] == [True, False, True, False]
