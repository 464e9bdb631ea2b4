# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handovers where the bridge may speak for nobody and rooms are closed to other servers; what is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from attrs import frozen

from tests.conformance.driver import Phone
from tests.conformance.fake_driver import FakeDriver
from tests.conformance.pair import DONE, UNDONE, Pair
from tests.conformance.stage import Conversation, Resident, Stage, running_stage, unique
from tests.policy.policy_file import PolicyFile
from tests.support.bridge_under_test import BridgeOptions
from tests.support.clock import HastyClock
from tests.support.nio_device import nio_device
from tests.support.synapse import SynapseFactory
from tests.support.sync_record import Event
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

HASTE = 10.0
HOUR, DAY = timedelta(hours=1, seconds=1), timedelta(days=1, seconds=1)

TOO_LATE = ("nothing like that", "decided just now")


@frozen
class Place:
    """A bridge that may not speak for people, on a homeserver whose rooms are closed to others."""

    stage: Stage
    clock: HastyClock

    async def meet(self, keeper: Resident, phone: Phone) -> Conversation:
        """A direct chat into whose room its owner has accepted the invitation."""
        hello, chat = unique("hello"), phone.chat_with(keeper.phone)
        await phone.send(chat, hello)
        return await self._accepted(keeper, phone, hello)

    async def couple(self) -> Pair:
        """Two who know each other."""
        keeper, guest = await self.stage.resident("Zarina"), await self.stage.resident("Bahodir")
        mine = await self.meet(keeper, guest.phone)
        reply = unique("hello yourself")
        await mine.say(reply)
        return Pair(self.stage, mine, await self._accepted(guest, keeper.phone, reply))

    async def _accepted(self, resident: Resident, phone: Phone, text: str) -> Conversation:
        room = await resident.user.wait_invite()
        await resident.user.join(room)
        talk = Conversation(phone.chat_with(resident.phone), room, resident)
        await talk.in_matrix(text)
        return talk


@pytest.fixture(scope="module")
async def place(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("handovers")
    policy = PolicyFile(folder / "policy")
    policy.write(rooms={"default": "domestic", "bridged": "domestic"})
    clock = HastyClock(HASTE)
    options = BridgeOptions(clock=clock, double_puppet=False, personal_space=False)
    database = f"sqlite:///{folder / 'bridge.db'}"
    async with (
        FakeDriver() as driver,
        running_stage(
            synapse_factory,
            driver,
            database,
            folder / "bridge",
            "12",
            options,
            modules=[policy.module()],
        ) as stage,
    ):
        yield Place(stage, clock)


async def answered(resident: Resident, words: str, *answers: str) -> str:
    """Say something to the bot and wait for one of some answers; it may have other news before."""
    event = await resident.user.say(resident.room, words)

    def body(one: Event) -> str:
        return str(one["content"].get("body", "")) if one["sender"] == resident.bot else ""

    found = await resident.user.wait_for(
        lambda one: any(answer in body(one) for answer in answers),
        resident.room,
        after=event,
        describe=f"one of {answers}",
    )
    return body(found)


async def test_the_guest_comes_in_by_themselves_and_what_is_closed_stays_so(place: Place) -> None:
    pair = await place.couple()
    keeper, guest, kept = pair.keeper, pair.guest, pair.mine.room
    async with nio_device(guest.user) as device:
        listed = await device.direct_rooms()
        before = guest.last_event()
        await pair.command(pair.mine, "hand-over")
        await guest.hears_from_bot("agree", after=before)
        assert "Agreed" in await guest.ask(f"agree {keeper.mxid}")
        await eventually(lambda: kept in guest.user.record.invites, describe="an invitation")
        await answered(guest, "hand-overs", "waits for the invitation")
        early = unique("before they are in")
        await pair.mine.say(early)
        await pair.theirs.in_matrix(early)

        # In, after which it is done without another word.
        await device.joins(kept)
        await device.hears(kept, DONE)
        for other in (guest.mxid, keeper.mxid):
            await device.hears(kept, f"mark this room there as your chat with {other} yourself")
        assert await device.direct_rooms() == listed
        said = [
            unique(words) for words in ("here", "here too", "by my phone", "by yours", "old room")
        ]
        await pair.mine.say(said[0])
        assert await device.say(kept, said[1])
        await keeper.phone.send(pair.chat, said[2])
        await guest.phone.send(pair.chat, said[3])
        await pair.theirs.say(said[4])
        await pair.both_have(said)
        ghosts = [pair.stage.ghost(one.phone) for one in (keeper, guest)]
        senders = [(await pair.mine.in_matrix(one))["sender"] for one in said]
        assert senders == [keeper.mxid, guest.mxid, ghosts[0], ghosts[1], ghosts[1]]

        # Closed by both, also after a restart.
        await pair.command(pair.mine, "only-here")
        assert "only here" in await pair.command(pair.as_guest(), "only-here")
        link = f"https://matrix.to/#/{kept}"
        for _ in range(2):
            lost = await pair.theirs.say(unique("nobody would read this"))
            assert link in await pair.theirs.notice_about(lost)
            by_phone, here = unique("by phone out of habit"), unique("in person")
            await guest.phone.send(pair.chat, by_phone)
            await pair.mine.in_matrix(by_phone)
            await pair.mine.say(here)
            await device.hears(kept, here)
            assert here not in await pair.on_phones()
            assert pair.theirs.count(by_phone) == 0
            await pair.stage.bridge.restart()

        # Back, but the guest stays: what they say is heard in the room, also while they are asked anew.
        await device.say(kept, f"{pair.stage.bridge.prefix} take-back stay")
        await device.hears(kept, UNDONE)
        heard = [unique(words) for words in ("still here", "asked again", "declined")]
        assert await device.say(kept, heard[0])
        before = guest.last_event()
        assert "I have asked" in await pair.command(pair.mine, "hand-over")
        await guest.hears_from_bot("agree", after=before)
        assert await device.say(kept, heard[1])
        await answered(guest, "decline", "stays as it is")
        assert await device.say(kept, heard[2])
        later = unique("over the network again")
        await pair.mine.say(later)
        await pair.theirs.in_matrix(later)
        await pair.both_have(heard)
        replies = [
            one["content"]["body"]
            for one in keeper.user.messages(kept)
            if one["sender"] == keeper.bot and "m.relates_to" in one["content"]
        ]
        assert replies == []
        assert not set(heard) & set(await pair.on_phones())


async def test_who_has_said_no_is_left_in_peace_and_one_decision_counts(place: Place) -> None:
    pair = await place.couple()
    asked = pair.keeper.last_event()
    assert "I have asked" in await pair.command(pair.theirs, "hand-over")
    await pair.keeper.hears_from_bot("agree", after=asked)
    assert "stays as it is" in await pair.keeper.ask("decline")
    assert "They have said no" in await pair.command(pair.theirs, "hand-over")
    place.clock.ahead += DAY
    asked = pair.keeper.last_event()
    assert "I have asked" in await pair.command(pair.theirs, "hand-over")
    await pair.keeper.hears_from_bot("agree", after=asked)

    # Both decide at the same time: one is told that it is too late.
    agreed, declined = await asyncio.gather(
        answered(pair.keeper, f"agree {pair.guest.mxid}", "Agreed", *TOO_LATE),
        answered(pair.guest, f"decline {pair.keeper.mxid}", "stays as it is", *TOO_LATE),
    )
    assert ("Agreed" in agreed) is not ("stays as it is" in declined), (agreed, declined)


async def test_who_both_ask_at_the_same_time_have_agreed(place: Place) -> None:
    pair = await place.couple()
    answers = await asyncio.gather(
        pair.command(pair.mine, "hand-over"), pair.command(pair.theirs, "hand-over")
    )
    assert sorted("Agreed" in one for one in answers) == [False, True], answers
    await eventually(
        lambda: pair.keeper.user.record.invites or pair.guest.user.record.invites,
        describe="an invitation",
    )
    for one in (pair.keeper, pair.guest):
        told = await answered(one, "hand-overs", "waits for the invitation")
        assert len(told.splitlines()) == 1

    # Who does not accept the invitation has taken it back, and nothing has happened.
    (invited, kept) = (
        (pair.guest, pair.mine) if pair.guest.user.record.invites else (pair.keeper, pair.theirs)
    )
    await invited.user.leave(kept.room)
    await kept.event(lambda one: UNDONE in one["content"].get("body", ""), "that it is undone")
    text, other = unique("still over the network"), pair.theirs if kept is pair.mine else pair.mine
    await kept.say(text)
    await other.in_matrix(text)


async def test_codes_are_few_and_end_soon(place: Place) -> None:
    stage, clock = place.stage, place.clock
    keeper, phone = await stage.resident("Zarina"), await stage.driver.person("Malika")
    talk = await place.meet(keeper, phone)
    user = await stage.matrix_user("Malika")
    desk = await user.create_dm(stage.bridge.bot)
    await user.wait_message("login", desk, sender=stage.bridge.bot)
    account = Resident(user, phone, stage.bridge.bot, desk)
    pair = Pair(stage, talk, talk)
    ask = f"send-code {user.mxid} yes"

    async def code(number: int) -> str:
        """What the message says that the phone got as the how manyth with a code."""

        async def there() -> list[str]:
            shown = [one.text for one in await phone.messages(talk.chat) if "prove" in one.text]
            return shown if len(shown) == number else []

        (*_, text) = await eventually(there, describe=f"{number} codes")
        return str(text).partition("prove ")[2].partition("”")[0]

    # Nobody of another server, as the room is closed to them.
    create = talk.state("m.room.create")
    assert create["m.federate"] is False
    far = await pair.command(talk, "send-code @malika:far.example yes")
    assert "Only accounts of this homeserver" in far

    # Five tries, and after that the right one does not help either.
    assert "Sent" in await pair.command(talk, ask)
    right = await code(1)
    assert "less than an hour ago" in await pair.command(talk, ask)
    for left in range(4, -1, -1):
        answer = await account.ask("prove amber-amber-amber-amber-amber")
        assert f"Tries left: {left}" in answer
    assert "tried too often" in await account.ask(f"prove {right}")

    # Half an hour.
    clock.ahead += HOUR
    assert "Sent" in await pair.command(talk, ask)
    clock.ahead += HOUR / 2
    assert "expired" in await account.ask(f"prove {await code(2)}")

    # Five a day.
    for number in range(3, 6):
        clock.ahead += HOUR
        assert "Sent" in await pair.command(talk, ask), number
    clock.ahead += HOUR
    assert "tomorrow" in await pair.command(talk, ask)
    clock.ahead += DAY
    assert "Sent" in await pair.command(talk, ask)
    assert user.mxid not in keeper.user.record.members(talk.room)
    assert "Agreed" in await account.ask(f"prove {await code(6)}")
    async with nio_device(user) as device:
        await device.joins(talk.room)
        await device.hears(talk.room, DONE)
