# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said long ago stands in its order before what is said now, and nobody is told."""

import pytest

from tests.policy.history.bringing import BEGINNING, World, past

pytestmark = pytest.mark.synapse


@pytest.mark.parametrize("version", ["11", "12"])
async def test_batches_stand_in_their_order_before_what_is_said_now(
    world: World, version: str
) -> None:
    ours = world.bridge
    room = await world.room(room_version=version)
    for index in range(3):
        await ours.say(room, f"now {index}")
    await ours.hand_over(room, ours.texts(0, 150))
    await ours.say(room, "meanwhile")
    await ours.hand_over(room, ours.texts(150, 260))
    assert await world.reader.texts(room) == ["now 0", "now 1", "now 2", "meanwhile"]

    assert await ours.commit(room) == 260
    await ours.say(room, "afterwards")

    said = [*past(0, 260), "now 0", "now 1", "now 2", "meanwhile", "afterwards"]
    assert await world.reader.texts(room) == said
    beginning = (await world.reader.page(room, "b", 1000))["end"]
    forwards = await world.reader.messages(room, "f", start=beginning)
    assert [event["event_id"] for event in reversed(forwards)] == [
        event["event_id"] for event in await world.reader.messages(room)
    ]
    old = [event for event in forwards if event["content"].get("body", "").startswith("past")]
    assert [event["origin_server_ts"] for event in old] == [
        BEGINNING + 1000 * index for index in range(260)
    ]
    assert [event["sender"] for event in old] == [ours.ghosts[index % 3] for index in range(260)]


async def test_an_older_history_goes_before_the_one_that_is_there(world: World) -> None:
    ours = world.bridge
    room = await world.room()
    await ours.hand_over(room, ours.texts(20, 30))
    await ours.commit(room)
    await ours.hand_over(room, ours.texts(0, 20))
    await ours.commit(room)
    await ours.say(room, "now")
    assert await world.reader.texts(room) == [*past(0, 30), "now"]


async def test_what_is_handed_over_again_is_there_once(world: World) -> None:
    ours = world.bridge
    room = await world.room()
    first = await ours.hand_over(room, ours.texts(0, 5))
    changed = [{**one, "content": {"msgtype": "m.text", "body": "?"}} for one in ours.texts(0, 5)]
    assert await ours.hand_over(room, changed) == first
    assert await ours.hand_over(room, ours.texts(3, 8)) == {
        **{key: first[key] for key in ("message 3", "message 4")},
        **(await ours.hand_over(room, ours.texts(5, 8))),
    }
    assert await ours.commit(room) == 8
    assert await ours.hand_over(room, ours.texts(0, 5)) == first
    assert await ours.commit(room) == 0
    assert await world.reader.texts(room) == past(0, 8)


async def test_nobody_is_told(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    await ours.say(room, "now")
    before = await reader.sync()
    sliding = await reader.slide()
    unread = before["rooms"]["join"][room]["unread_notifications"]

    await ours.hand_over(room, ours.texts(0, 30))
    await ours.commit(room)

    news = await reader.sync(before["next_batch"])
    assert "rooms" not in news
    assert (await reader.slide(sliding["pos"]))["rooms"] == {}
    again = (await reader.sync())["rooms"]["join"][room]
    assert again["unread_notifications"] == unread
    assert [event["content"].get("body") for event in again["timeline"]["events"]][-2:] == [
        "past 29",
        "now",
    ]
    notified = await reader.call("GET", "/_matrix/client/v3/notifications")
    assert all(
        one["room_id"] != room or one["event"]["content"].get("body") in {None, "now"}
        for one in notified["notifications"]
    )


async def test_a_client_that_comes_later_reads_on_into_the_past(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    await ours.hand_over(room, ours.texts(0, 60))
    await ours.commit(room)
    for index in range(5):
        await ours.say(room, f"now {index}")
    synced = (await reader.sync())["rooms"]["join"][room]["timeline"]
    window = (await reader.slide())["rooms"][room]
    for shown, where in (
        (synced["events"], synced["prev_batch"]),
        (window["timeline"], window["prev_batch"]),
    ):
        earlier = await reader.messages(room, start=where)
        everything = [*reversed(earlier), *shown]
        said = [one["content"]["body"] for one in everything if "body" in one["content"]]
        assert said == [*past(0, 60), *(f"now {index}" for index in range(5))]


async def test_who_spoke_is_named_where_members_are_loaded_lazily(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    await ours.hand_over(room, ours.texts(0, 9))
    await ours.commit(room)
    await ours.say(room, "now")
    page = await reader.page(room, "b", 5, filter='{"lazy_load_members": true}')
    named = {one["state_key"] for one in page["state"] if one["type"] == "m.room.member"}
    assert named == set(ours.ghosts)
    around = await reader.call(
        "GET",
        f"/_matrix/client/v3/rooms/{room}/context/{page['chunk'][3]['event_id']}",
        filter='{"lazy_load_members": true}',
    )
    assert around["event"]["content"]["body"] == "past 6"
    assert [one["content"]["body"] for one in around["events_before"][:3]] == [
        "past 5",
        "past 4",
        "past 3",
    ]
    assert [one["content"]["body"] for one in around["events_after"]] == ["past 7", "past 8", "now"]
    assert {one["state_key"] for one in around["state"] if one["type"] == "m.room.member"} == set(
        ours.ghosts
    )


async def test_members_at_the_beginning_of_the_past_are_those_of_now(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    await ours.hand_over(room, ours.texts(0, 9))
    await ours.commit(room)
    await ours.say(room, "now")
    at = (await reader.page(room, "b", 5))["end"]
    members = await reader.call("GET", f"/_matrix/client/v3/rooms/{room}/members", at=at)
    joined = {
        one["state_key"] for one in members["chunk"] if one["content"]["membership"] == "join"
    }
    assert joined == {*ours.ghosts, world.reader_mxid}


async def test_a_day_of_the_past_is_found(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    ids = await ours.hand_over(room, ours.texts(0, 20))
    await ours.commit(room)
    await ours.say(room, "now")
    for moment, direction in ((BEGINNING + 6_500, "f"), (BEGINNING + 7_500, "b")):
        found = await reader.room(room, "timestamp_to_event", ts=str(moment), dir=direction)
        assert found["event_id"] == ids["message 7"]


async def test_the_past_can_be_searched(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    events = ours.texts(0, 3)
    events[1]["content"]["body"] = "where the apricots grow"
    ids = await ours.hand_over(room, events)
    await ours.commit(room)
    wanted = {"search_term": "apricots", "filter": {"rooms": [room]}}
    answer = await reader.call(
        "POST", "/_matrix/client/v3/search", {"search_categories": {"room_events": wanted}}
    )
    results = answer["search_categories"]["room_events"]["results"]
    assert [one["result"]["event_id"] for one in results] == [ids["message 1"]]


async def test_there_are_no_more_states_for_it(world: World) -> None:
    ours = world.bridge
    room = await world.room()
    before = await world.count("state_groups", room)
    await ours.hand_over(room, ours.texts(0, 100))
    await ours.commit(room)
    assert await world.count("events", room) > 100
    assert await world.count("state_groups", room) == before


async def test_the_past_is_around_what_is_said_now(world: World) -> None:
    ours, reader = world.bridge, world.reader
    room = await world.room()
    now = await ours.say(room, "now")
    await ours.hand_over(room, ours.texts(0, 9))
    await ours.commit(room)
    path = f"/_matrix/client/v3/rooms/{room}/context/{now}"
    around = await reader.call("GET", path, limit="6")
    assert [one["content"]["body"] for one in around["events_before"]] == [
        "past 8",
        "past 7",
        "past 6",
    ]
    earlier = await reader.messages(room, start=around["start"])
    assert [one["content"].get("body") for one in earlier[:6]] == past(0, 6)[::-1]
