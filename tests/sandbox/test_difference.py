# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a client that was away gets when it comes back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, PushEffect, TelegramSandbox
from tests.sandbox.conftest import Connect, log_in

BORIS = "+99955500202"
updates = functions.updates


class Away:
    """Boris's client, that leaves and comes back; it notes every update it hears."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.heard: list[Any] = []
        client.add_event_handler(self._note)

    async def _note(self, update: Any) -> None:
        self.heard.append(update)

    async def leave(self) -> None:
        """Go away, remembering how far it got."""
        await self.client.disconnect()
        self.heard.clear()

    async def come_back(self) -> None:
        """Connect again; the client fetches what it missed."""
        await self.client.connect()

    async def hears(self, wanted: Callable[[Any], Any], timeout: float = 10) -> Any:  # noqa: ASYNC109
        """Wait until something fits, asking again for what was missed."""
        async with asyncio.timeout(timeout):
            while True:
                for update in self.heard:
                    if wanted(update):
                        return update
                await asyncio.sleep(0.02)

    def texts(self) -> list[str]:
        """Return the texts of the new messages heard, in order."""
        kinds = (types.UpdateNewMessage, types.UpdateNewChannelMessage)
        return [u.message.message for u in self.heard if isinstance(u, kinds) and u.message.message]


@pytest.fixture
async def away(net: TelegramSandbox, connect: Connect) -> Away:
    """Boris's second client, logged in."""
    client = await connect(net, catch_up=True, sequential_updates=True)
    await log_in(client, BORIS)
    return Away(client)


def _text(wanted: str) -> Callable[[Any], Any]:
    return lambda u: getattr(getattr(u, "message", None), "message", None) == wanted


async def test_missed_messages_arrive_in_order(alisa: Person, away: Away) -> None:
    await away.leave()
    for number in range(10):
        await alisa.send("boris_test", f"missed {number}")
    await away.come_back()
    await away.hears(_text("missed 9"))
    assert away.texts() == [f"missed {n}" for n in range(10)]


async def test_a_long_absence_comes_in_slices(
    net: TelegramSandbox, alisa: Person, away: Away
) -> None:
    net.world.set_limits(difference_slice=3)
    await away.leave()
    for number in range(10):
        await alisa.send("boris_test", f"missed {number}")
    net.log.clear()
    await away.come_back()
    await away.hears(_text("missed 9"))
    assert away.texts() == [f"missed {n}" for n in range(10)]
    assert len(net.log.calls("updates.getDifference", net.accounts.find("boris_test").id)) >= 4


async def test_too_long_an_absence_only_moves_on(
    net: TelegramSandbox, alisa: Person, away: Away
) -> None:
    before = await away.client(updates.GetStateRequest())
    for number in range(5):
        await alisa.send("boris_test", f"missed {number}")
    net.world.set_limits(difference_too_long=3)
    answer = await away.client(updates.GetDifferenceRequest(before.pts, before.date, 0))
    assert isinstance(answer, types.updates.DifferenceTooLong)
    assert answer.pts == before.pts + 5


async def test_edits_deletions_reactions_and_reads_are_caught_up(
    net: TelegramSandbox, alisa: Person, away: Away
) -> None:
    target = await alisa.entity("boris_test")
    kept, gone, liked = [await alisa.client.send_message(target, t) for t in ("a", "b", "c")]
    await away.hears(_text("c"))
    chat = await away.client.get_input_entity(alisa.account.id)
    own = await away.client.send_message(chat, "d")
    await away.leave()
    await alisa.edit("boris_test", kept.id, "a, edited")
    await alisa.delete("boris_test", gone.id)
    await alisa.react("boris_test", liked.id, "👍")
    await alisa.read("boris_test")
    await away.come_back()
    edit = await away.hears(lambda u: isinstance(u, types.UpdateEditMessage))
    assert edit.message.message == "a, edited"
    deletion = await away.hears(lambda u: isinstance(u, types.UpdateDeleteMessages) and u.messages)
    assert deletion.messages == [2]
    reaction = await away.hears(lambda u: isinstance(u, types.UpdateMessageReactions))
    assert reaction.msg_id == 3
    read = await away.hears(lambda u: isinstance(u, types.UpdateReadHistoryOutbox))
    assert read.max_id == own.id


async def test_a_message_deleted_meanwhile_never_shows(alisa: Person, away: Away) -> None:
    await away.leave()
    sent = await alisa.send("boris_test", "oops")
    await alisa.delete("boris_test", sent.id)
    await alisa.send("boris_test", "fine")
    await away.come_back()
    await away.hears(_text("fine"))
    assert away.texts() == ["fine"]


async def test_channels_are_caught_up(net: TelegramSandbox, alisa: Person, away: Away) -> None:
    room = await net.add_room("supergroup", "Orchestra", "alisa_test", ("boris_test",))
    await alisa.send(room.id, "hello")
    await away.hears(_text("hello"))
    net.world.set_limits(page=4)
    await away.leave()
    for number in range(9):
        await alisa.send(room.id, f"bar {number}")
    await away.come_back()
    await away.hears(_text("bar 8"))
    assert away.texts() == [f"bar {n}" for n in range(9)]


async def test_a_channel_left_alone_for_too_long(
    net: TelegramSandbox, alisa: Person, away: Away
) -> None:
    room = await net.add_room("channel", "Gazette", "alisa_test", ("boris_test",))
    for number in range(8):
        await alisa.send(room.id, f"issue {number}")
    await away.hears(_text("issue 7"))
    net.world.set_limits(channel_difference_too_long=5)
    channel = await away.client.get_input_entity(types.PeerChannel(room.id))
    request = updates.GetChannelDifferenceRequest(
        channel, types.ChannelMessagesFilterEmpty(), pts=1, limit=100
    )
    answer = await away.client(request)
    assert isinstance(answer, types.updates.ChannelDifferenceTooLong)
    assert answer.messages[0].message == "issue 7"
    request.pts = answer.dialog.pts
    assert isinstance(await away.client(request), types.updates.ChannelDifferenceEmpty)
    request.pts = 999
    with pytest.raises(errors.PersistentTimestampInvalidError):
        await away.client(request)


async def test_being_invited_while_away(net: TelegramSandbox, alisa: Person, away: Away) -> None:
    await away.leave()
    room = await net.add_room("supergroup", "Surprise", "alisa_test", ("boris_test",))
    await away.come_back()
    seen = await away.hears(lambda u: isinstance(u, types.UpdateChannel))
    assert seen.channel_id == room.id
    assert [d.name async for d in away.client.iter_dialogs()] == ["Surprise"]


async def test_a_gap_makes_the_client_fetch_the_difference(
    net: TelegramSandbox, alisa: Person, away: Away
) -> None:
    await alisa.send("boris_test", "first")
    await away.hears(_text("first"))
    net.log.clear()
    net.operator.skip_pts("boris_test", 2)
    await alisa.send("boris_test", "after the gap")
    await away.hears(_text("after the gap"))
    assert net.log.calls("updates.getDifference", net.accounts.find("boris_test").id)


async def test_updates_too_long_makes_the_client_fetch_the_difference(
    net: TelegramSandbox, alisa: Person, away: Away
) -> None:
    net.faults.push(PushEffect.OMIT, account=net.accounts.find("boris_test").id)
    await alisa.send("boris_test", "never pushed")
    assert away.texts() == []
    net.operator.push_too_long("boris_test")
    await away.hears(_text("never pushed"))
