# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching files to disk, several parts at a time (https://core.telegram.org/api/files)."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from telethon.tl.functions import channels, messages
from telethon.tl.types import InputMessageID

from bridges.core.content import Fetched
from bridges.core.errors import Rejected
from bridges.core.ids import LoginID
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.media import BadReference, FileReference, load_reference, renewed
from bridges.telegram.peers import Peers, input_channel
from bridges.telegram.store.entities import Entities
from bridges.telegram.to_telegram.uploads import PART_SIZE, all_of
from bridges.telegram.updates import UpdatesClient

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


class UsesClient(Protocol):
    """``Connection.use``."""

    async def __call__(
        self, action: Callable[[UpdatesClient], Awaitable[Any]], seconds: float
    ) -> Any:
        """Do something with the connected client."""
        ...


class Downloader:
    """Fetches files for one login, ``parallel`` parts at a time."""

    def __init__(
        self,
        login: LoginID,
        use: UsesClient,
        call: Caller,
        peers: Peers,
        entities: Entities,
        parallel: int,
    ) -> None:
        self._login = login
        self._use = use
        self._call = call
        self._peers = peers
        self._entities = entities
        self._parallel = parallel

    async def fetch(self, reference: str, target: Path) -> Fetched | None:
        """See ``FetchesMedia``. An expired location is renewed once through the file's message."""
        try:
            file = load_reference(reference)
        except BadReference:
            raise refused("FILE_ID_INVALID") from None
        if file.kind != "peer_photo" and file.login != self._login:
            file = await self._renew(file)  # access hashes are an account's own
        try:
            await self._download(file, target)
        except Rejected as error:
            if error.code not in _RENEWABLE or file.kind == "peer_photo":
                raise
            await self._download(await self._renew(file), target)
        return None

    async def _download(self, file: FileReference, target: Path) -> None:
        owner = None
        if file.kind == "peer_photo":
            owner = await self._entities.input_peer(file.peer)
            if owner is None:
                raise refused("FILE_ID_INVALID")
        location = file.location(owner)
        await self._use(
            lambda client: self._parts(client, location, file, target), _DOWNLOAD_TIMEOUT
        )

    async def _parts(
        self, client: UpdatesClient, location: Any, file: FileReference, target: Path
    ) -> None:
        """Every worker fetches each ``count``-th part and writes it to its place."""
        count = min(self._parallel, -(-file.size // PART_SIZE)) if file.size else 1
        descriptor = await asyncio.to_thread(_create, target)

        async def worker(first: int) -> None:
            offset = first * PART_SIZE
            parts = client.iter_download(
                location,
                offset=offset,
                stride=count * PART_SIZE,
                chunk_size=PART_SIZE,
                request_size=PART_SIZE,
                dc_id=file.dc,
            )
            async with _closing(parts):
                async for data in parts:
                    await asyncio.to_thread(os.pwrite, descriptor, data, offset)
                    offset += count * PART_SIZE
                    if file.size and offset >= file.size:
                        break

        try:
            await all_of([worker(first) for first in range(count)])
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


@asynccontextmanager
async def _closing(parts: Any) -> AsyncIterator[None]:
    """Give back the connection an iterator of Telethon's borrowed, also if it is left early."""
    try:
        yield
    finally:
        if hasattr(parts, "_sender"):
            await parts.close()


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
