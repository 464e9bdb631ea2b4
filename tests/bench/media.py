# SPDX-License-Identifier: AGPL-3.0-or-later
"""One large file each way: how fast it travels, and what it costs the bridge in memory."""

import time
from collections.abc import Awaitable, Callable

from bridges.core.storage.database import Database
from tests.bench.bridge_process import BridgeProcess
from tests.bench.chats import Chat, arrived, bridged
from tests.bench.figures import MEGABYTE, LargeFile
from tests.bench.matrix_side import MatrixSide
from tests.bench.telegram_side import TelegramSide
from tests.support.memory import forget_peak, peak_resident

_SLOWEST = 2.0
"""Megabytes a second below which a file is given up."""


class FileChanged(Exception):
    """A file has not arrived as it was sent."""


async def large_files(
    bridge: BridgeProcess,
    chat: Chat,
    telegram: TelegramSide,
    owner: MatrixSide,
    database: Database,
    megabytes: int,
) -> tuple[LargeFile, LargeFile]:
    """Send a file from Telegram, and send what has arrived in Matrix back.

    The first rate is from the person's send until the bridge has noted the message as delivered, the
    second from the owner's send until the person's client has the message.

    Raises `FileChanged`.
    """
    size = megabytes * MEGABYTE
    patience = 60 + megabytes / _SLOWEST
    before = await bridged(database)

    async def to_matrix() -> int:
        file = await telegram.send_large(chat.person, chat.owner, size, "a large file")
        await arrived(database, before + 1, patience)
        return file

    sent, first = await _measured(bridge, megabytes, to_matrix)
    content = await owner.newest_file(chat.room)

    async def to_telegram() -> int:
        name = {"filename": "back.bin", "body": "the file comes back"}
        await owner.send(chat.room, {**content, **name})
        return await telegram.received_file(chat.person, name["body"])

    received, second = await _measured(bridge, megabytes, to_telegram)
    if await telegram.digest(sent) != await telegram.digest(received):
        raise FileChanged("the file that came back is not the one that was sent")
    return first, second


async def _measured(
    bridge: BridgeProcess, megabytes: int, act: Callable[[], Awaitable[int]]
) -> tuple[int, LargeFile]:
    await bridge.resident_megabytes()
    forget_peak(bridge.child.pid)
    before = peak_resident(bridge.child.pid)
    start = time.perf_counter()
    file = await act()
    seconds = time.perf_counter() - start
    grown = peak_resident(bridge.child.pid) - before
    return file, LargeFile(megabytes, seconds, grown / MEGABYTE)
