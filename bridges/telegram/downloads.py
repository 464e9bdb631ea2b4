# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching files to disk, several parts at a time (https://core.telegram.org/api/files)."""

import asyncio
import os
from itertools import count
from pathlib import Path
from typing import Any

from telethon.tl.functions import channels, messages
from telethon.tl.types import InputMessageID

from bridges.core.clock import Clock
from bridges.core.errors import Rejected
from bridges.core.ids import LoginID
from bridges.telegram.connection import Caller, guarded
from bridges.telegram.data_centres import DataCentres
from bridges.telegram.errors import part_missing, refused
from bridges.telegram.media import FileReference, renewed
from bridges.telegram.parts import PART_SIZE, PartSource, UsesClient
from bridges.telegram.peers import input_channel
from bridges.telegram.store.entities import Entities
from bridges.telegram.to_telegram.uploads import all_of

_DOWNLOAD_TIMEOUT = 4 * 3600.0
_RENEWABLE = frozenset(
    f"TELEGRAM.{name}"
    for name in (
        "FILE_REFERENCE_EXPIRED",
        "FILE_REFERENCE_INVALID",
        "FILE_REFERENCE_EMPTY",
        "FILEREF_UPGRADE_NEEDED",
        "FILE_ID_INVALID",
        "LOCATION_INVALID",
    )
)


class Downloader:
    """Fetches files for one login, ``parallel`` parts at a time."""

    def __init__(
        self,
        login: LoginID,
        use: UsesClient,
        call: Caller,
        entities: Entities,
        clock: Clock,
        parallel: int,
    ) -> None:
        self._login = login
        self._use = use
        self._call = call
        self._entities = entities
        self._clock = clock
        self._parallel = parallel
        self._centres = DataCentres(clock)

    async def download(self, file: FileReference, target: Path) -> None:
        """Write a file to disk. An expired location is renewed once through the file's message."""
        if file.kind != "peer_photo" and file.login != self._login:
            file = await self._renew(file)  # access hashes are an account's own
        try:
            await self._download(file, target)
        except Rejected as error:
            if error.code not in _RENEWABLE or file.kind == "peer_photo":
                raise
            await self._download(await self._renew(file), target)

    async def close(self) -> None:
        """Close the connections to other data centres."""
        await self._centres.close()

    async def _download(self, file: FileReference, target: Path) -> None:
        owner = None
        if file.kind == "peer_photo":
            owner = await self._entities.input_peer(file.peer)
            if owner is None:
                raise refused("FILE_ID_INVALID")
        await guarded(self._parts(file.location(owner), file, target), _DOWNLOAD_TIMEOUT)

    async def _parts(self, location: Any, file: FileReference, target: Path) -> None:
        """Workers take one part after another and write it to its place."""
        source = PartSource(self._use, self._centres, self._clock, location, file.dc)
        size = _sure_size(file)
        offsets = iter(range(0, size, PART_SIZE) if size else count(0, PART_SIZE))
        workers = min(self._parallel, -(-size // PART_SIZE)) if size else 1
        descriptor = await asyncio.to_thread(_create, target)

        async def work() -> None:
            for offset in offsets:
                data = await source.get(offset)
                await asyncio.to_thread(os.pwrite, descriptor, data, offset)
                if size and len(data) < min(PART_SIZE, size - offset):
                    raise part_missing()
                if len(data) < PART_SIZE:
                    return

        try:
            await all_of([work() for _ in range(workers)])
        finally:
            await asyncio.to_thread(os.close, descriptor)

    async def _renew(self, file: FileReference) -> FileReference:
        peer = await self._entities.input_peer(file.peer)
        if peer is None:
            raise refused("FILE_REFERENCE_EXPIRED")
        channel = input_channel(peer)
        wanted = [InputMessageID(file.message)]
        if channel is None:
            answer = await self._call(messages.GetMessagesRequest(wanted))
        else:
            answer = await self._call(channels.GetMessagesRequest(channel, wanted))
        for message in answer.messages:
            fresh = renewed(file, getattr(message, "media", None), self._login)
            if fresh is not None:
                return fresh
        raise refused("FILE_REFERENCE_EXPIRED")


def _sure_size(file: FileReference) -> int:
    """The size of a document itself, 0 for everything else: it may be longer than it was said."""
    return file.size if file.kind == "document" and not file.size_type else 0


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
