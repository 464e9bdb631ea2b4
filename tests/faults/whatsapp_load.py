# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linked accounts with two chats each, and a worker that is killed while people write in them."""

from tests.conformance.driver import Chat, Phone
from tests.conformance.stage import Resident, Stage
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.faults.ledger import PATIENCE, Thread
from tests.faults.load import talk
from tests.support.waiting import eventually


async def talk_while_the_worker_dies(
    stage: Stage,
    driver: WhatsAppDriver,
    *,
    accounts: int,
    messages: int,
    deaths: int,
    patience: float,
) -> float:
    """Send `messages` each way, and kill the worker; check it all.

    Returns the seconds from the last message until all were there.
    """
    threads = [thread for number in range(accounts) for thread in await _two(stage, number)]
    await eventually(lambda: all(one.rooms for one in threads), PATIENCE, "a room for each chat")
    return await talk(threads, messages, [driver.worker_dies] * deaths, patience)


async def _two(stage: Stage, number: int) -> list[Thread]:
    """A linked account with a direct chat and a group in which the same friend writes."""
    resident = await stage.resident(f"Resident{number}")
    friend = await stage.driver.person(f"Friend {number}")
    direct = friend.chat_with(resident.phone)
    group = await friend.create_group(f"Caravan {number}", resident.phone)
    return [await _thread(stage, resident, friend, chat) for chat in (direct, group)]


async def _thread(stage: Stage, resident: Resident, friend: Phone, chat: Chat) -> Thread:
    hello = f"hello in {chat.room or 'the direct chat'} of {resident.mxid}"
    thread = Thread(resident, friend, chat, stage.ghost(friend), hello)
    await friend.send(chat, hello)
    return thread
