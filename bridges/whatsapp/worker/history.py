# SPDX-License-Identifier: AGPL-3.0-or-later
"""Old chats, which the phone hands over as files on WhatsApp's media host.

The library fetches such a file by itself, hands it on through a queue in memory and deletes it. So
the notification is kept like a message, the file is fetched here, and the library is held back from
deleting it until its chats are in the journal.
"""

import asyncio
import base64
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from bridges.whatsapp.worker.calls.base import refusal
from bridges.whatsapp.worker.device import Device
from bridges.whatsapp.worker.events import Happened, history_parts
from bridges.whatsapp.worker.journal import Journal
from bridges.whatsapp.worker.library import Foreign, Library
from bridges.whatsapp.worker.plain import message_dict

_MAX_HISTORY = 256 * 1024 * 1024
_GONE: Final = frozenset({"STATUS_403", "STATUS_404", "STATUS_410"})
_PAUSE = 5.0
_TRIES = 12

Notification = Mapping[str, Any]


class UnreadableHistoryError(Exception):
    """A file with old chats is not what it should be."""


def notification_of(event: Happened) -> Notification | None:
    """Return what a message from one's own phone says of old chats; others' say nothing to us."""
    if event.kind != "message" or not event.data["from_me"]:
        return None
    protocol = event.data["message"].get("protocolMessage", {})
    found: Notification | None = protocol.get("historySyncNotification")
    return found


def unpacked(library: Library, data: bytes) -> list[Happened]:
    """Read a file with old chats. Raises `UnreadableHistoryError`."""
    try:
        inflating = zlib.decompressobj()
        raw = inflating.decompress(data, _MAX_HISTORY)
        if not inflating.eof:
            raise UnreadableHistoryError(f"it is cut off, or has more than {_MAX_HISTORY} bytes")
        history = library.history.FromString(raw)
    except (zlib.error, library.decode_error) as error:
        raise UnreadableHistoryError(str(error)) from error
    return [Happened("history_sync", part) for part in history_parts(message_dict(history))]


class Histories:
    """Fetches what was notified and not yet kept, one file of an account after another."""

    def __init__(self, library: Library, journal: Journal, kept: Callable[[], None]) -> None:
        """``kept`` is called when chats are in the journal."""
        self._library = library
        self._journal = journal
        self._kept = kept
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger("karvon.whatsapp.worker")

    def fetch(self, name: str, device: Device) -> None:
        """Begin, unless it is under way."""
        task = self._tasks.get(name)
        if task is None or task.done():
            self._tasks[name] = asyncio.create_task(self._fetch_all(name, device))

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _fetch_all(self, name: str, device: Device) -> None:
        """Fetch what there is, and what comes meanwhile; what fails is tried again after a while."""
        for _ in range(_TRIES):
            failed: set[str] = set()
            while left := [one for one in self._journal.histories(name) if one[0] not in failed]:
                message_id, notification = left[0]
                if not await self._fetch_one(name, device, message_id, notification):
                    failed.add(message_id)
            if not failed or not device.known:
                return
            await asyncio.sleep(_PAUSE)

    async def _fetch_one(
        self, name: str, device: Device, message_id: str, notification: Notification
    ) -> bool:
        """Fetch and keep one file; False if that has to be tried again."""
        try:
            data = await self._file(device, notification)
            events = await asyncio.to_thread(unpacked, self._library, data)
        except UnreadableHistoryError as error:
            self._log.error("old chats cannot be read", reason=str(error))
            events = []
        except Exception as error:  # noqa: BLE001 - the library raises more than a hundred kinds
            refused = refusal(error)
            self._log.warning("old chats cannot be fetched", code=refused.code)
            if refused.code not in _GONE:
                return False
            events = []
        rows = [(event.kind, event.data) for event in events]
        await asyncio.to_thread(self._journal.keep_history, name, message_id, rows)
        self._kept()
        return True

    async def _file(self, device: Device, notification: Notification) -> bytes:
        inline = notification.get("initialHistBootstrapInlinePayload")
        if inline is not None:
            return base64.b64decode(inline)
        enums = self._library.enums
        found: Foreign = await device.client.download_media_with_path(
            str(notification.get("directPath", "")),
            base64.b64decode(notification.get("fileEncSHA256", "")),
            base64.b64decode(notification.get("fileSHA256", "")),
            base64.b64decode(notification.get("mediaKey", "")),
            int(notification.get("fileLength", 0)),
            enums.MediaType.MediaHistory,
            enums.MediaTypeToMMS.MediaHistory,
        )
        return bytes(found)
