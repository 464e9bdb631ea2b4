# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two people who are both logged in go on with their chat here, in the room they have, and back."""

from urllib.parse import quote

import pytest

from tests.conformance.driver import Phone
from tests.conformance.fake_driver import FakeDriver
from tests.conformance.pair import DONE, Pair
from tests.conformance.stage import Conversation, Resident, Stage, seen_on, unique
from tests.conformance.test_members import becomes
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def direct_chats(resident: Resident) -> dict[str, list[str]]:
    path = f"/_matrix/client/v3/user/{quote(resident.mxid)}/account_data/m.direct"
    _, content = await resident.user.request("GET", path)
    return dict(content)


async def test_there_and_back(pair: Pair) -> None:
    """One long story, as each of its chapters needs the one before."""
    stage, mine, guest, keeper = pair.stage, pair.mine, pair.guest, pair.keeper
    ghost = stage.ghost(guest.phone)
    await pair.hand_over()

    # Both are in the kept room themselves, with the same power, and the ghost has left with a reason.
    await becomes(mine, guest.mxid, "join")
    await becomes(mine, ghost, "leave")
    assert guest.mxid in mine.state("m.room.member", ghost)["reason"]
    power = mine.state("m.room.power_levels")["users"]
    assert power.get(guest.mxid) == power.get(keeper.mxid)
    assert (await direct_chats(keeper))[guest.mxid] == [mine.room]
    listed = await direct_chats(guest)
    assert listed[keeper.mxid] == [mine.room]
    assert all(pair.theirs.room not in rooms for rooms in listed.values())
    await pair.theirs.event(
        lambda one: mine.room in one["content"].get("body", ""), "a link to the kept room"
    )

    # What is said there goes directly; what is said over the network appears there, once.
    said = [unique(words) for words in ("here", "here too", "by my phone", "by yours", "old room")]
    await mine.say(said[0])
    await pair.as_guest().say(said[1])
    await keeper.phone.send(pair.chat, said[2])
    await guest.phone.send(pair.chat, said[3])
    await pair.theirs.say(said[4])
    await pair.both_have(said)
    senders = [(await mine.in_matrix(one))["sender"] for one in said]
    assert senders == [keeper.mxid, guest.mxid, keeper.mxid, guest.mxid, guest.mxid]
    phones = await pair.on_phones()
    assert [one in phones for one in said] == [False, False, True, True, True]
    assert pair.theirs.count(said[2]) == 0

    # Taken back by the guest: the ghost is back, and the network is the way.
    await pair.take_back(pair.as_guest())
    await becomes(mine, ghost, "join")
    await becomes(mine, guest.mxid, "leave")
    later, back = unique("over the network again"), unique("and the answer")
    await mine.say(later)
    await pair.theirs.in_matrix(later)
    await pair.theirs.say(back)
    assert (await mine.in_matrix(back))["sender"] == ghost
    assert mine.count(later) == mine.count(back) == 1
    for text in said:
        assert mine.count(text) == 1
    assert mine.room not in (await direct_chats(guest)).get(keeper.mxid, [])


async def test_only_here_when_both_say_so(pair: Pair, fake: FakeDriver) -> None:
    await pair.hand_over()
    assert "Noted" in await pair.command(pair.mine, "only-here")
    assert "only here" in await pair.command(pair.as_guest(), "only-here")
    lost = await pair.theirs.say(unique("nobody would read this"))
    assert "another room" in await pair.theirs.notice_about(lost)
    # Whoever forgets it and writes by phone is heard nevertheless.
    text = unique("by phone out of habit")
    await pair.guest.phone.send(pair.chat, text)
    await pair.both_have([text])
    event = await pair.mine.event(
        lambda one: one["type"] == "uk.half-shot.bridge" and not one["content"],
        "a room that is no bridge's",
    )
    assert event["sender"] == pair.keeper.bot
    await pair.take_back(pair.mine)


async def test_nothing_changes_before_the_other_agrees(
    pair: Pair, stage: Stage, fake: FakeDriver
) -> None:
    before = pair.keeper.last_event()
    assert "asked" in await pair.command(pair.theirs, "hand-over")
    await pair.keeper.hears_from_bot("agree", after=before)
    text = unique("still over the network")
    await pair.mine.say(text)
    await pair.theirs.in_matrix(text)
    assert "stays as it is" in await pair.keeper.ask("decline")
    assert "They have said no" in await pair.command(pair.theirs, "hand-over")
    assert stage.ghost(pair.guest.phone) in pair.keeper.user.record.members(pair.mine.room)


async def test_not_with_somebody_who_has_no_account_here(
    stage: Stage, direct: Conversation
) -> None:
    event = await direct.say(f"{stage.bridge.prefix} hand-over")
    answer = await direct.event(
        lambda one: one["sender"] == direct.resident.bot and one["type"] == "m.room.message",
        "an answer",
        event,
    )
    assert "Nobody here has proven" in answer["content"]["body"]


async def proven_by_code(
    stage: Stage, keeper: Resident, phone: Phone
) -> tuple[Conversation, Resident]:
    """A chat that is handed over to somebody who has an account on both sides and logs in to nothing."""
    talk = await stage.meet(keeper, phone)
    account = await stage.matrix_user("Malika")
    desk = await account.create_dm(stage.bridge.bot)
    await account.wait_message("login", desk, sender=stage.bridge.bot)
    ask = f"{stage.bridge.prefix} send-code {account.mxid}"
    asked = await talk.say(ask)
    await talk.event(lambda one: "in your name" in one["content"].get("body", ""), "a text", asked)
    await talk.say(f"{ask} yes")
    sent = await seen_on(phone, talk.chat, lambda one: "prove" in one.text, "the code")
    code = sent.text.partition("prove ")[2].partition("”")[0]
    await account.say(desk, "prove amber-amber-amber-amber-amber")
    await account.wait_message("not the code", desk)
    await account.say(desk, f"prove {code.upper()}")
    await talk.event(lambda one: DONE in one["content"].get("body", ""), "that it is done")
    await becomes(talk, account.mxid, "join")
    await becomes(talk, stage.ghost(phone), "leave")
    return talk, Resident(account, phone, stage.bridge.bot, desk)


async def all_handled(stage: Stage) -> None:
    """Wait until the bridge has nothing to do for what the network has told."""
    parts = stage.bridge.bridge._parts

    async def done() -> bool:
        lanes = await parts.from_remote.pending_lanes()
        return not lanes and not await parts.history_store.pending()

    await eventually(done, describe="nothing to do")


async def test_who_logs_in_later_has_no_second_room(
    stage: Stage, zarina: Resident, fake: FakeDriver
) -> None:
    phone = await stage.driver.person("Malika")
    talk, malika = await proven_by_code(stage, zarina, phone)
    await stage.log_in(malika)
    said = [unique(words) for words in ("here", "here too", "by my phone", "by yours")]
    await talk.say(said[0])
    await malika.user.say(talk.room, said[1])
    await zarina.phone.send(talk.chat, said[2])
    await phone.send(talk.chat, said[3])
    senders = [(await talk.in_matrix(one))["sender"] for one in said]
    assert senders == [zarina.mxid, malika.mxid, zarina.mxid, malika.mxid]
    # Her account, too, was told of everything.
    await all_handled(stage)
    for seen in (talk, Conversation(talk.chat, talk.room, malika)):
        for one in said:
            await seen.in_matrix(one)
        assert [seen.count(one) for one in said] == [1, 1, 1, 1]
    texts = [one["room_id"] for one in malika.user.events() if one["content"].get("body") in said]
    assert set(texts) == {talk.room}
    ghosts = {stage.ghost(zarina.phone), stage.ghost(phone)}
    for room in malika.user.record.joined:
        assert not ghosts & malika.user.record.members(room)
    assert (await direct_chats(malika))[zarina.mxid] == [talk.room]

    # Taken back, each has a room of their own.
    await malika.ask(f"take-back {zarina.mxid}")
    await becomes(talk, stage.ghost(phone), "join")
    await becomes(talk, malika.mxid, "leave")
    event = await malika.user.wait_for(
        lambda one: one["content"].get("body") == said[3] and one["room_id"] != talk.room,
        describe="a room of her own with what was said over the network",
    )
    theirs = Conversation(talk.chat, event["room_id"], malika)
    later, back = unique("over the network again"), unique("and the answer")
    await zarina.phone.send(talk.chat, later)
    await theirs.in_matrix(later)
    await theirs.say(back)
    assert (await talk.in_matrix(back))["sender"] == stage.ghost(phone)


async def test_in_a_group_the_person_speaks_or_the_ghost(
    pair: Pair, nodira: Phone, fake: FakeDriver
) -> None:
    stage, guest = pair.stage, pair.guest
    talk = await stage.gather(pair.keeper, unique("Tea house"), nodira, guest.phone)
    ghost = stage.ghost(guest.phone)

    async def says(sender: str) -> None:
        text = unique("in the group")
        await guest.phone.send(talk.chat, text)
        assert (await talk.in_matrix(text))["sender"] == sender
        assert talk.count(text) == 1

    await becomes(talk, guest.mxid, "join")
    await says(guest.mxid)
    await guest.ask("real-me off")
    await says(ghost)
    await says(ghost)
    await guest.ask("real-me on")
    await says(guest.mxid)
    await becomes(talk, ghost, "leave")
    await says(guest.mxid)
    changes = [
        one["content"]["membership"]
        for one in pair.keeper.user.events(talk.room)
        if one["type"] == "m.room.member" and one["state_key"] == ghost
    ]
    assert changes[-2:] == ["join", "leave"]
    assert changes.count("leave") == 1
