# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long a single text takes while nothing else goes on."""

import time

from tests.bench.chats import Chat
from tests.bench.figures import Latency, latency
from tests.bench.matrix_side import MatrixSide
from tests.bench.telegram_side import TelegramSide


async def to_matrix(
    chats: list[Chat], telegram: TelegramSide, owner: MatrixSide, probes: int
) -> Latency:
    """From a person's send in Telegram until it is in the answer to the owner's `/sync`."""
    taken = []
    async with owner.listening() as ear:
        for number in range(probes):
            chat, words = chats[number % len(chats)], f"probe {number} to Matrix"
            start = time.perf_counter()
            await telegram.say(chat.person, chat.owner, words)
            taken.append(await ear.heard(words) - start)
    return latency(taken)


async def to_telegram(
    chats: list[Chat], telegram: TelegramSide, owner: MatrixSide, probes: int
) -> Latency:
    """From the owner's send in Matrix until the person's Telegram client has the update."""
    taken = []
    for number in range(probes):
        chat, words = chats[number % len(chats)], f"probe {number} to Telegram"
        start = time.perf_counter()
        await owner.say(chat.room, words)
        taken.append(await telegram.heard(chat.person, words) - start)
    return latency(taken)
