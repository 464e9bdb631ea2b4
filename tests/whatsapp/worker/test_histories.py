# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files with old chats are fetched one after another, also those that are announced meanwhile."""

import asyncio
import base64
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from google.protobuf.message import DecodeError
from pyaileys.proto import WAProto_pb2

from bridges.whatsapp.worker import history
from bridges.whatsapp.worker.history import Histories
from bridges.whatsapp.worker.journal import Journal
from tests.support.waiting import eventually

NAME = "1"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal.db")) as journal:
        yield journal


class Phone:
    """Announces files with old chats; the media host is played."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._library: Any = Mock(
            history=WAProto_pb2.HistorySync, decode_error=DecodeError, enums=Mock()
        )
        self.device: Any = Mock(known=True)
        self.histories = Histories(self._library, journal, lambda: None)

    def announces(self, message_id: str, **notification: Any) -> None:
        file = WAProto_pb2.HistorySync(syncType="RECENT", chunkOrder=int(message_id))
        inline = base64.b64encode(zlib.compress(file.SerializeToString())).decode()
        told = notification or {"initialHistBootstrapInlinePayload": inline}
        self._journal.append_all(NAME, [], {message_id: told})
        self.histories.fetch(NAME, self.device)

    def left(self) -> list[str]:
        return [message_id for message_id, _ in self._journal.histories(NAME)]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_PAUSE", 0.0)


async def test_what_is_announced_meanwhile_comes_next(journal: Journal) -> None:
    phone = Phone(journal)
    hosted, asked = asyncio.Event(), asyncio.Event()

    async def downloaded(*_: Any) -> bytes:
        asked.set()
        await hosted.wait()
        return b"nothing that can be read"

    phone.device.client.download_media_with_path = downloaded
    phone.announces("1", directPath="/old")
    await asked.wait()
    phone.announces("2")
    hosted.set()
    # A pause would be longer than this waits.
    await eventually(lambda: not phone.left(), timeout=history._PAUSE / 2)
    await phone.histories.stop()


@pytest.mark.usefixtures("no_pauses")
async def test_what_cannot_be_fetched_does_not_hold_up_the_others(journal: Journal) -> None:
    phone = Phone(journal)
    download = phone.device.client.download_media_with_path = AsyncMock(
        side_effect=[OSError("the host is away"), b"nothing that can be read"]
    )
    phone.announces("1", directPath="/old")
    phone.announces("2")
    await eventually(lambda: not phone.left())
    assert download.await_count == 2
    await phone.histories.stop()
