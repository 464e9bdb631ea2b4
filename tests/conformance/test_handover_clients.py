# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chats that are handed over and taken back, as people see it with a client that is not ours."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest
from attrs import frozen

from tests.conformance.conftest import EVERYWHERE
from tests.conformance.driver import Phone
from tests.conformance.pair import DONE, UNDONE, Pair
from tests.conformance.stage import Conversation, Resident, Stage, seen_on
from tests.conformance.talkers import Line, Talkers, talking
from tests.support.nio_device import NioDevice, nio_device
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

HANDED_OVER = "org.karvon.handed_over"
BRIDGE = "m.bridge"
STAYS = (True, False) if EVERYWHERE else (True,)
"""Whether the guest remains in the room. That they leave is seen with two who are bridged, too."""


@frozen
class Side:
    """One of two people: their device and phone, their own room for the chat, and their ghost."""

    device: NioDevice
    talk: Conversation
    ghost: str

    @property
    def mxid(self) -> str:
        return self.device.mxid

    @property
    def room(self) -> str:
        return self.talk.room

    @property
    def phone(self) -> Phone:
        return self.talk.resident.phone

    @property
    def desk(self) -> str:
        """Their room with the bot."""
        return self.talk.resident.room

    def writes(self, talkers: Talkers) -> None:
        talkers.start(f"{self.mxid} here", self.mxid, lambda text: self.device.say(self.room, text))

    def phones(self, talkers: Talkers) -> None:
        chat = self.talk.chat
        talkers.start(f"{self.mxid} far", self.mxid, lambda text: self.phone.send(chat, text))


@asynccontextmanager
async def two_sides(pair: Pair) -> AsyncIterator[tuple[Side, Side]]:
    ghost = pair.stage.ghost
    async with nio_device(pair.keeper.user) as one, nio_device(pair.guest.user) as two:
        yield (
            Side(one, pair.mine, ghost(pair.keeper.phone)),
            Side(two, pair.theirs, ghost(pair.guest.phone)),
        )


async def test_two_who_are_bridged_and_never_stop_writing(pair: Pair) -> None:
    prefix = pair.stage.bridge.prefix
    async with two_sides(pair) as (asker, asked):
        both = (asker.device, asker.room), (asked.device, asked.room)
        talkers = Talkers(both, {one.mxid: {one.mxid, one.ghost} for one in (asker, asked)})
        async with talking(talkers):
            for one in (asker, asked):
                one.writes(talkers)
                one.phones(talkers)
            await talkers.another_round()

            # Asked and agreed. Whose room has more in it just then, cannot be known before.
            told = len(asked.device.heard(asked.desk))
            answer = await asker.device.asks(asker.room, f"{prefix} hand-over", "I have asked")
            is_own = f"the room of {asked.mxid}" not in answer
            keeper, guest = (asker, asked) if is_own else (asked, asker)
            kept = keeper.device, keeper.room
            bridged = {keeper.mxid: {keeper.mxid}, guest.mxid: {guest.ghost}}
            changing = {keeper.mxid: {keeper.mxid}, guest.mxid: {guest.mxid, guest.ghost}}
            native = {keeper.mxid: {keeper.mxid}, guest.mxid: {guest.mxid}}
            for line in talkers.lines:
                line.senders = bridged[line.speaker]
            await asked.device.hears(asked.desk, "agree", told)
            talkers.turn(kept, senders=changing)
            await asked.device.asks(asked.desk, f"agree {asker.mxid}", "Agreed")
            await keeper.device.hears(keeper.room, DONE)
            talkers.turn(kept, senders=native)
            talkers.start("in person", guest.mxid, lambda text: guest.device.say(keeper.room, text))
            await talkers.another_round()
            await shown_as_handed_over(keeper, guest)

            # The network is not needed any more.
            talkers.stop(f"{guest.mxid} here")
            await talkers.arrived(list(talkers.lines))
            await keeper.device.asks(keeper.room, f"{prefix} only-here", "Noted")
            await guest.device.asks(keeper.room, f"{prefix} only-here", "only here now")
            link = f"https://matrix.to/#/{keeper.room}"
            await guest.device.asks(guest.room, "forgotten", link)
            await talkers.another_round()
            assert list(await keeper.device.state(keeper.room, BRIDGE)) == [{}]

            # Taken back.
            talkers.turn(kept, senders=changing)
            await keeper.device.asks(keeper.room, f"{prefix} take-back", UNDONE)
            await eventually_members(keeper.device, keeper.room, {guest.ghost}, {guest.mxid})
            talkers.stop("in person")
            talkers.turn(*both, senders=bridged)
            guest.writes(talkers)
            await talkers.another_round()

        events = await keeper.device.read(keeper.room)
        talkers.check(events)
        assert heard_all(keeper.device, keeper.room, events)
        await shown_as_taken_back(keeper, guest)
        for room in (guest.room, keeper.room):
            assert doubled(talkers.lines, bodies(await guest.device.read(room))) == []
        await on_phones(talkers.lines, keeper, guest)


@pytest.mark.parametrize("stays", STAYS)
async def test_with_somebody_who_has_logged_in_to_nothing(
    stage: Stage, zarina: Resident, stays: bool
) -> None:
    phone = await stage.driver.person("Malika")
    talk = await stage.meet(zarina, phone)
    user = await stage.matrix_user("Malika")
    prefix, room, ghost = stage.bridge.prefix, talk.room, stage.ghost(phone)
    async with nio_device(zarina.user) as keeper, nio_device(user) as guest:
        desk = await user.create_dm(stage.bridge.bot)
        await guest.hears(desk, "login")
        kept = keeper, room
        bridged = {keeper.mxid: {keeper.mxid}, guest.mxid: {ghost}}
        changing = {keeper.mxid: {keeper.mxid}, guest.mxid: {guest.mxid, ghost}}
        talkers = Talkers([kept], bridged)
        async with talking(talkers):
            talkers.start("here", keeper.mxid, lambda text: keeper.say(room, text))
            talkers.start("far", keeper.mxid, lambda text: zarina.phone.send(talk.chat, text))
            talkers.start("back", guest.mxid, lambda text: phone.send(talk.chat, text))
            await talkers.another_round()

            # The code goes over the network, and comes back to the bot.
            await keeper.asks(room, f"{prefix} send-code {guest.mxid}", "in your name")
            await keeper.asks(room, f"{prefix} send-code {guest.mxid} yes", "Sent")
            sent = await seen_on(phone, talk.chat, lambda one: "prove" in one.text, "the code")
            talkers.turn(kept, senders=changing)
            code = sent.text.partition("prove ")[2].partition("”")[0]
            await guest.asks(desk, f"prove {code}", "Agreed")
            await keeper.hears(room, DONE)
            talkers.turn(kept, senders={one: {one} for one in bridged})
            talkers.start("in person", guest.mxid, lambda text: guest.say(room, text))
            await talkers.another_round()
            assert {keeper.mxid, guest.mxid} <= await keeper.members(room)
            assert ghost not in await keeper.members(room)
            assert (await keeper.direct_rooms())[guest.mxid] == [room]
            assert await guest.direct_rooms() == {zarina.bot: [desk], keeper.mxid: [room]}

            # Back; who stays in the room goes on speaking there, and by phone too.
            talkers.turn(kept, senders=changing)
            words = f"take-back {keeper.mxid}" + (" stay" if stays else "")
            await guest.asks(desk, words, "taking it back")
            await keeper.hears(room, UNDONE)
            await eventually_members(keeper, room, {ghost}, set() if stays else {guest.mxid})
            talkers.turn(kept, senders=bridged | ({guest.mxid: {guest.mxid}} if stays else {}))
            await talkers.another_round()

        talkers.check(await keeper.read(room))
        assert doubled(talkers.lines, bodies(await guest.read(room))) == []
        members = await keeper.members(room)
        assert ghost in members
        assert (guest.mxid in members) is stays
        assert (await keeper.direct_rooms())[ghost] == [room]
        assert guest.mxid not in await keeper.direct_rooms()
        listed = {keeper.mxid: [room]} if stays else {}
        assert await guest.direct_rooms() == {zarina.bot: [desk], **listed}
        texts = [one.text for one in await phone.messages(talk.chat)]
        assert doubled(talkers.lines, texts) == []
        for line in talkers.lines:
            if line.way in ("far", "back"):
                assert line.text in texts
            elif line.way == "in person":
                assert line.text not in texts


async def eventually_members(
    device: NioDevice, room: str, present: set[str], absent: set[str]
) -> None:
    async def so() -> bool:
        members = await device.members(room)
        return present <= members and not absent & members

    await eventually(so, describe=f"{present} to be in the room, and {absent} not")


async def shown_as_handed_over(keeper: Side, guest: Side) -> None:
    members = await keeper.device.members(keeper.room)
    assert {keeper.mxid, guest.mxid} <= members
    assert guest.ghost not in members
    bot = keeper.talk.resident.bot
    assert await keeper.device.direct_rooms() == {bot: [keeper.desk], guest.mxid: [keeper.room]}
    assert await guest.device.direct_rooms() == {bot: [guest.desk], keeper.mxid: [keeper.room]}
    (shown,) = await keeper.device.state(keeper.room, BRIDGE)
    assert shown[HANDED_OVER] == {"to": guest.mxid}


async def shown_as_taken_back(keeper: Side, guest: Side) -> None:
    members = await keeper.device.members(keeper.room)
    assert {keeper.mxid, guest.ghost} <= members
    assert guest.mxid not in members
    bot = keeper.talk.resident.bot
    assert await keeper.device.direct_rooms() == {bot: [keeper.desk], guest.ghost: [keeper.room]}
    assert await guest.device.direct_rooms() == {bot: [guest.desk], keeper.ghost: [guest.room]}
    (shown,) = await keeper.device.state(keeper.room, BRIDGE)
    assert "protocol" in shown
    assert HANDED_OVER not in shown
    changes = [
        one.membership
        for one in await keeper.device.read(keeper.room)
        if isinstance(one, nio.RoomMemberEvent) and one.state_key == guest.ghost
    ]
    assert changes[-4:] == ["join", "leave", "invite", "join"]


async def on_phones(lines: Iterable[Line], keeper: Side, guest: Side) -> None:
    """What went over the network is there once; what was said in person is not there."""
    for one in (keeper, guest):
        texts = [message.text for message in await one.phone.messages(one.talk.chat)]
        assert doubled(lines, texts) == []
        for line in lines:
            if line.way in (f"{guest.mxid} here", f"{keeper.mxid} far", f"{guest.mxid} far"):
                assert line.text in texts
            elif line.way == "in person":
                assert line.text not in texts


def bodies(events: Iterable[Any]) -> list[str]:
    return [one.body for one in events if isinstance(one, nio.RoomMessage)]


def doubled(lines: Iterable[Line], texts: Sequence[str]) -> list[str]:
    times = Counter(texts)
    return [line.text for line in lines if times[line.text] > 1]


def heard_all(device: NioDevice, room: str, events: Sequence[Any]) -> bool:
    """Whether ``sync`` has brought the same as can be read, since the device is there."""
    heard = device.texts(room)
    return bool(heard) and heard == bodies(events)[-len(heard) :]
