# SPDX-License-Identifier: AGPL-3.0-or-later
"""Large files while the connection is bad: they go on where they were, and do not begin anew."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridges.core.content import LocalMedia, MediaInfo, MediaKind, RemoteMedia
from bridges.core.errors import NotConnected, RateLimited
from bridges.core.network import LoginRecord, SessionState
from bridges.core.outgoing import OutgoingMessage
from bridges.telegram.session import TelegramSession
from sandbox.telegram import Person, TelegramSandbox, generated
from tests.support.clock import HastyClock
from tests.support.waiting import eventually
from tests.telegram.bridge import RecordingHandle
from tests.telegram.test_session_text import dm

PART = 512 * 1024
PARTS = 30
SIZE = (PARTS - 1) * PART + 99
GET, SAVE = "upload.getFile", "upload.saveBigFilePart"


@pytest.fixture
def handle(handle: RecordingHandle) -> RecordingHandle:
    """A bridge that is in a hurry."""
    handle.clock = HastyClock(4)
    return handle


@pytest.fixture
async def reference(
    net: TelegramSandbox, session: TelegramSession, handle: RecordingHandle, boris: Person
) -> str:
    """A large file that Boris has sent."""
    await boris.send_document("alisa_test", net.library.generate("boris_test", SIZE))
    (message,) = await handle.until(handle.messages)
    assert isinstance(message.parts[0], RemoteMedia)
    return message.parts[0].reference


@pytest.fixture
def outgoing(net: TelegramSandbox, alisa: LoginRecord, tmp_path: Path) -> OutgoingMessage:
    """A large file for Boris."""
    path = tmp_path / "outgoing"
    path.write_bytes(generated.content(1, 0, SIZE))
    media = LocalMedia(MediaKind.FILE, MediaInfo("x.bin", size=SIZE), path)
    return OutgoingMessage(dm(net, "boris_test", alisa), "key", media, datetime.now(UTC))


@pytest.fixture
async def slow(net: TelegramSandbox) -> AsyncIterator[None]:
    """Answers about files take a moment, so that something can happen meanwhile."""
    for method in (GET, SAVE):
        net.faults.delay(method, 0.05, count=None)
    yield
    net.faults.clear()


async def test_a_download_goes_on_after_the_connection_was_lost(
    session: TelegramSession,
    handle: RecordingHandle,
    reference: str,
    net: TelegramSandbox,
    slow: None,
    tmp_path: Path,
) -> None:
    target = tmp_path / "file"
    fetching = asyncio.create_task(session.fetch(reference, target))
    await _lose_connection_meanwhile(net, handle, GET)
    await fetching
    assert target.read_bytes() == generated.content(1, 0, SIZE)
    assert _given(net, GET) < PARTS + 10


async def test_an_upload_goes_on_after_the_connection_was_lost(
    session: TelegramSession,
    handle: RecordingHandle,
    outgoing: OutgoingMessage,
    boris: Person,
    net: TelegramSandbox,
    slow: None,
) -> None:
    await boris.send("alisa_test", "hello")
    await handle.until_text("hello")
    sending = asyncio.create_task(session.send(outgoing))
    await _lose_connection_meanwhile(net, handle, SAVE)
    await sending
    (message,) = [one for one in await boris.history("alisa_test") if one.file]
    assert await message.download_media(bytes) == generated.content(1, 0, SIZE)
    assert _given(net, SAVE) < PARTS + 10


async def test_parts_that_have_to_wait_are_asked_for_again(
    session: TelegramSession,
    handle: RecordingHandle,
    outgoing: OutgoingMessage,
    boris: Person,
    reference: str,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    for method in (GET, SAVE):
        net.faults.flood_wait(method, 2)
        net.faults.fail(method, 500, "INTERNAL")
    await session.fetch(reference, tmp_path / "file")
    await session.send(outgoing)
    assert (tmp_path / "file").read_bytes() == generated.content(1, 0, SIZE)
    assert (_given(net, GET), _given(net, SAVE)) == (PARTS, PARTS)


async def test_long_waits_are_left_to_the_queue(
    session: TelegramSession, reference: str, net: TelegramSandbox, tmp_path: Path
) -> None:
    net.faults.flood_wait(GET, 3600)
    with pytest.raises(RateLimited) as caught:
        await session.fetch(reference, tmp_path / "file")
    assert caught.value.retry_after >= 3590


async def test_a_file_is_not_waited_for_without_a_connection(
    session: TelegramSession, reference: str, tmp_path: Path
) -> None:
    await session.disconnect()
    with pytest.raises(NotConnected):
        await session.fetch(reference, tmp_path / "file")


async def _lose_connection_meanwhile(
    net: TelegramSandbox, handle: RecordingHandle, method: str
) -> None:
    """Let the network be away for long enough that the bridge has to make a new client."""
    await eventually(lambda: _given(net, method) >= 8)
    await net.server.outage()
    await handle.until_state(SessionState.TRANSIENT_DISCONNECT)
    await net.server.restore()


def _given(net: TelegramSandbox, method: str) -> int:
    return len([call for call in net.log.calls(method) if call.error is None])
