# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two people who know each other on two networks, and hand both chats over, have one room."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from attrs import frozen

from bridges.core.handover.state import Handover
from tests.conformance.driver import Driver
from tests.conformance.pair import Pair, acquainted
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.telegram_driver import TelegramDriver
from tests.conformance.test_members import becomes
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.support.bridge_under_test import BridgeOptions, BridgeSlot, BridgeUnderTest
from tests.support.clock import HastyClock
from tests.support.people import People
from tests.support.synapse import SynapseFactory, SynapseSettings
from tests.support.synapse_config import SERVER_NAME
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

_TOO = "goes on in this room too"
_BACK = "was taken back"


@frozen
class Town:
    """Two networks on one homeserver, and two people who know each other on both."""

    telegram: Pair
    whatsapp: Pair

    @property
    def room(self) -> Conversation:
        """The one room, as the keeper of the first handover sees it."""
        return self.telegram.mine

    def seen_by_both(self) -> tuple[Conversation, Conversation]:
        return self.room, self.telegram.as_guest()

    def bridges(self) -> set[str]:
        """The networks whose chat the one room says to be."""
        state = self.room.resident.user.record.state[self.room.room]
        shown = [one["content"] for (kind, _), one in state.items() if kind == "m.bridge"]
        return {one["protocol"]["id"] for one in shown if one}

    async def direct_rooms(self) -> list[list[str]]:
        """Each one's rooms with the other, by their own list."""
        people = (self.telegram.keeper, self.telegram.guest)
        found = []
        for me, other in (people, people[::-1]):
            path = f"/_matrix/client/v3/user/{quote(me.mxid)}/account_data/m.direct"
            _, content = await me.user.request("GET", path)
            found.append(content.get(other.mxid, []))
        return found

    async def by_phone(self, *pairs: Pair) -> None:
        """What each sends by the phone of a network is in the one room, once, and said by them."""
        said = {}
        for pair in pairs:
            for who in (pair.keeper, pair.guest):
                text = unique("by phone")
                await who.phone.send(pair.chat, text)
                said[text] = who.mxid
        for talk in self.seen_by_both():
            for text, sender in said.items():
                assert (await talk.in_matrix(text))["sender"] == sender
                assert talk.count(text) == 1
        for pair in pairs:
            for talk in (pair.mine, pair.theirs):
                if talk.room != self.room.room:
                    assert not set(talk.resident.user.bodies(talk.room)) & set(said)

    async def directly(self) -> None:
        """What is said in the one room is there, and on no network."""
        here, back = unique("here"), unique("and here")
        await self.room.say(here)
        await self.telegram.as_guest().say(back)
        for talk in self.seen_by_both():
            await talk.in_matrix(here)
            await talk.in_matrix(back)
        await self.by_phone(self.whatsapp)  # Later than both, had they gone over it.
        phones = [one.text for one in await self.whatsapp.guest.phone.messages(self.whatsapp.chat)]
        assert not {here, back} & set(phones)


async def also_on(stage: Stage, who: Resident, name: str) -> Resident:
    """Somebody who is known already logs in to another network."""
    desk = await who.user.create_dm(stage.bridge.bot)
    await who.user.wait_message("login", desk, sender=stage.bridge.bot)
    phone = await stage.driver.person(name)
    there = Resident(who.user, phone, stage.bridge.bot, desk)
    await stage.log_in(there)
    return there


async def acquainted_also_on(stage: Stage, pair: Pair) -> Pair:
    """The same two on another network; the keeper's room has the longer history there, too."""
    keeper = await also_on(stage, pair.keeper, "Zarina")
    guest = await also_on(stage, pair.guest, "Bahodir")
    mine = await stage.meet(keeper, guest.phone)
    reply = unique("hello yourself")
    await mine.say(reply)
    return Pair(stage, mine, await stage.conversation(guest, mine.chat, reply))


def do_each_step_twice(bridge: BridgeUnderTest) -> None:
    """Have every step repeated, as it is after a crash that came before it was stored."""
    steps = bridge.bridge._parts.handovers._steps
    once = steps.do

    async def twice(handover: Handover) -> bool:
        await once(handover)
        return await once(handover)

    steps.do = twice  # type: ignore[method-assign]


@pytest.fixture(scope="module")
async def town(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Everything, running."""
    folder = tmp_path_factory.mktemp("town")
    slots = [BridgeSlot("telegram"), BridgeSlot("whatsapp")]
    slots[1].puppets = slots[0].puppets
    registrations = [*slots[0].registrations, slots[1].registration]
    async with AsyncExitStack() as stack:
        for slot in slots:
            stack.callback(slot.release)
        settings = SynapseSettings(registrations=registrations, room_version="12")
        telegram_there, whatsapp_there, server = await asyncio.gather(
            stack.enter_async_context(TelegramDriver()),
            stack.enter_async_context(WhatsAppDriver()),
            stack.enter_async_context(synapse_factory.running(settings)),
        )
        drivers: Sequence[Driver] = [telegram_there, whatsapp_there]
        people = await stack.enter_async_context(People())
        stages = []
        for slot, other, driver in zip(slots, slots[::-1], drivers, strict=True):
            options = BridgeOptions(
                clock=HastyClock(10.0),
                other_bots=(f"@{other.registration.bot}:{SERVER_NAME}",),
            )
            data: Path = folder / slot.registration.id
            database = f"sqlite:///{data}.db"
            config = driver.config(slot.listen)
            bridge = BridgeUnderTest(slot, server, driver.plugin, config, database, data, options)
            await stack.enter_async_context(bridge)
            stages.append(Stage(server, driver, bridge, slot.registration, people))
            do_each_step_twice(bridge)
        telegram = await acquainted(stages[0])
        yield Town(telegram, await acquainted_also_on(stages[1], telegram))


async def hand_over_too(town: Town, pair: Pair) -> None:
    """The second chat goes to the room the two have by the first."""
    before, earlier = pair.guest.last_event(), town.room.last_event()
    assert "already" in await pair.command(pair.mine, "hand-over")
    question = await pair.guest.hears_from_bot("asks to go on", after=before)
    assert town.room.room in question["content"]["body"]
    assert "Agreed" in await pair.guest.ask(f"agree {pair.keeper.mxid}")
    await town.room.event(
        lambda one: _TOO in one["content"].get("body", ""), "the second network", earlier
    )


async def test_one_room_whatever_is_taken_back(town: Town) -> None:
    """One long story, as each of its chapters needs the one before."""
    telegram, whatsapp, room = town.telegram, town.whatsapp, town.room
    await telegram.hand_over()
    # The bridge that has made the room is not asked, and need not be there.
    await telegram.stage.bridge.stop()
    await hand_over_too(town, whatsapp)
    await telegram.stage.bridge.start()
    do_each_step_twice(telegram.stage.bridge)
    assert await town.direct_rooms() == [[room.room], [room.room]]
    await town.by_phone(telegram, whatsapp)
    await town.directly()

    # The room the keeper had is an archive; the guest's is a way over the network, as ever.
    lost = await whatsapp.mine.say(unique("nobody would read this"))
    assert "another room" in await whatsapp.mine.notice_about(lost)
    text = unique("from the old room")
    await whatsapp.theirs.say(text)
    assert (await room.in_matrix(text))["sender"] == whatsapp.guest.mxid

    # The network that nobody needs any more is one of the two.
    talk = Conversation(whatsapp.chat, room.room, whatsapp.keeper)
    assert "Noted" in await whatsapp.command(talk, "only-here")
    assert "only here" in await whatsapp.command(
        Conversation(whatsapp.chat, room.room, whatsapp.guest), "only-here"
    )
    await room.event(
        lambda one: one["type"] == "uk.half-shot.bridge" and not one["content"],
        "a network less",
    )
    assert town.bridges() == {"telegram"}
    lost = await whatsapp.theirs.say(unique("nobody would read this"))
    assert "another room" in await whatsapp.theirs.notice_about(lost)
    await town.by_phone(telegram, whatsapp)

    # The second one is taken back: its rooms are as before, and the one room is the first one's.
    earlier = room.last_event()
    await whatsapp.command(talk, "take-back")
    await becomes(room, whatsapp.keeper.bot, "leave")
    await room.event(lambda one: _BACK in one["content"].get("body", ""), "a notice", earlier)
    text, answer = unique("over the network again"), unique("and the answer")
    await whatsapp.mine.say(text)
    await whatsapp.theirs.in_matrix(text)
    await whatsapp.theirs.say(answer)
    assert (await whatsapp.mine.in_matrix(answer))["sender"] == whatsapp.stage.ghost(
        whatsapp.guest.phone
    )
    assert await town.direct_rooms() == [[room.room], [room.room]]
    await town.by_phone(telegram)

    # Again, and then the first one is taken back: the room is the second one's alone.
    await hand_over_too(town, whatsapp)
    await telegram.command(room, "take-back")
    await becomes(room, telegram.keeper.bot, "leave")
    await town.directly()
    text = unique("over Telegram")
    await telegram.guest.phone.send(telegram.chat, text)
    event = await telegram.keeper.user.wait_message(text)
    assert event["room_id"] not in (room.room, whatsapp.mine.room)
    assert event["sender"] == telegram.stage.ghost(telegram.guest.phone)
    assert await town.direct_rooms() == [[room.room], [room.room]]

    async def in_both() -> bool:
        members = room.resident.user.record.members(room.room)
        return members == {telegram.keeper.mxid, telegram.guest.mxid, whatsapp.keeper.bot}

    await eventually(in_both, describe="just the two and one bot")

    # And the other way round: now it is Telegram that finds the room the two have.
    own = Conversation(telegram.chat, event["room_id"], telegram.keeper)
    await hand_over_too(town, Pair(telegram.stage, own, telegram.theirs))
    await town.by_phone(telegram, whatsapp)
    assert await town.direct_rooms() == [[room.room], [room.room]]
    assert town.bridges() == {"telegram", "whatsapp"}
