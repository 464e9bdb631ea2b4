# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files from Matrix: those that Telegram has already, and those that it would not take."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridges.core.content import LocalMedia, MediaInfo, MediaKind
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey
from bridges.core.network import LoginRecord
from bridges.core.outgoing import OutgoingMessage
from bridges.telegram.session import TelegramSession
from bridges.telegram.store.uploads import UploadStore
from sandbox.telegram import Person, TelegramSandbox
from tests.conformance.pictures import png
from tests.support.waiting import eventually
from tests.telegram.bridge import Bridge
from tests.telegram.conftest import VERA
from tests.telegram.test_session_text import dm

MEGABYTE = 1024 * 1024
NORMAL, PREMIUM = 2000 * MEGABYTE, 4000 * MEGABYTE

Make = Callable[..., OutgoingMessage]


@pytest.fixture
def chat(net: TelegramSandbox, boris: Person, alisa: LoginRecord) -> ChatKey:
    """Alisa's chat with Boris."""
    return dm(net, "boris_test", alisa)


@pytest.fixture
async def session(
    bridge: Bridge, alisa: LoginRecord, net: TelegramSandbox, boris: Person
) -> TelegramSession:
    """Alisa's session, which knows Boris."""
    session = await bridge.connected(alisa)
    await boris.send("alisa_test", "hello")
    await bridge.handle.until_text("hello")
    return session


@pytest.fixture
def make(chat: ChatKey, tmp_path: Path) -> Make:
    """Makes messages with a file each; the files are not kept, as those of the core are not."""
    numbers = itertools.count()

    def message(
        data: bytes, name: str = "report.bin", kind: MediaKind = MediaKind.FILE, **more: Any
    ) -> OutgoingMessage:
        number = next(numbers)
        path = tmp_path / f"spooled {number}"
        path.write_bytes(data)
        mime = "image/png" if kind is MediaKind.IMAGE else "application/octet-stream"
        media = LocalMedia(kind, MediaInfo(name, mime, len(data), **more), path)
        return OutgoingMessage(chat, f"key {number}", media, datetime.now(UTC))

    return message


async def test_the_same_file_is_uploaded_once(
    session: TelegramSession, make: Make, boris: Person, net: TelegramSandbox
) -> None:
    data = bytes(range(256)) * 5000
    await session.send(make(data))
    await session.send(make(data))
    first, second = await _files(boris, 2)
    assert _uploads(net) == 3
    assert first.document.id == second.document.id
    assert await second.download_media(bytes) == data


async def test_a_photo_too(
    session: TelegramSession, make: Make, boris: Person, net: TelegramSandbox
) -> None:
    for name in ("one.png", "two.png"):
        await session.send(make(png(1, 40, 30), name, MediaKind.IMAGE, width=40, height=30))
    first, second = await _files(boris, 2)
    assert _uploads(net) == 1
    assert first.photo.id == second.photo.id


async def test_other_names_and_other_contents_are_other_files(
    session: TelegramSession, make: Make, boris: Person, net: TelegramSandbox
) -> None:
    await session.send(make(b"one"))
    await session.send(make(b"one", "renamed.bin"))
    await session.send(make(b"two"))
    found = await _files(boris, 3)
    assert _uploads(net) == 3
    assert [one.file.name for one in found] == ["report.bin", "renamed.bin", "report.bin"]


async def test_a_file_that_is_gone_is_uploaded_again(
    session: TelegramSession, make: Make, boris: Person, net: TelegramSandbox
) -> None:
    await session.send(make(b"data"))
    net.operator.expire_references()
    await session.send(make(b"data"))
    assert _uploads(net) == 2
    await session.send(make(b"data"))
    assert _uploads(net) == 2
    first, second, third = await _files(boris, 3)
    assert first.document.id != second.document.id == third.document.id


async def test_files_are_known_after_a_restart_but_not_to_others(
    bridge: Bridge,
    session: TelegramSession,
    make: Make,
    net: TelegramSandbox,
    alisa: LoginRecord,
    boris: Person,
) -> None:
    await session.send(make(b"data"))
    await session.disconnect()
    again = await bridge.connected(alisa)
    await again.send(make(b"data"))
    assert _uploads(net) == 1
    vera = await bridge.log_in(VERA, "сезам")
    other = await bridge.connected(vera)
    await boris.send("vera_test", "hello vera")
    await bridge.handle.until_text("hello vera")
    message = make(b"data")
    await other.send(
        OutgoingMessage(dm(net, "boris_test", vera), "k", message.content, message.timestamp)
    )
    assert _uploads(net) == 2
    await again.logout()
    assert [row["login"] for row in await _stored(bridge)] == [vera.id]


async def test_a_file_that_cannot_be_remembered_is_sent_all_the_same(
    session: TelegramSession, make: Make, boris: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(UploadStore, "put", fail)
    assert (await session.send(make(b"data"))).ids
    await _files(boris, 1)


async def test_old_files_are_forgotten(
    bridge: Bridge, session: TelegramSession, make: Make
) -> None:
    await session.send(make(b"old"))
    await bridge.handle.database.execute("UPDATE telegram_upload SET sent_at = sent_at - 8640000")
    await session.send(make(b"new"))
    assert len(await _stored(bridge)) == 1


@pytest.mark.parametrize(("is_premium", "limit"), [(False, NORMAL), (True, PREMIUM)])
async def test_a_file_over_telegrams_limit_is_refused_before_it_is_uploaded(
    bridge: Bridge,
    net: TelegramSandbox,
    alisa: LoginRecord,
    boris: Person,
    make: Make,
    is_premium: bool,
    limit: int,
) -> None:
    net.operator.set_premium("alisa_test", is_premium)
    session = await bridge.connected(alisa)
    await boris.send("alisa_test", "hello")
    await bridge.handle.until_text("hello")
    message = make(b"")
    assert isinstance(message.content, LocalMedia)
    _grow(message.content.path, limit + 1)
    with pytest.raises(
        Rejected, match=rf"{limit // MEGABYTE + 1} MB, .* at most {limit // MEGABYTE} MB"
    ):
        await session.send(message)
    assert "upload.saveBigFilePart" not in net.log.counts()


def _grow(path: Path, size: int) -> None:
    """Make a file that large, of nothing."""
    with path.open("r+b") as file:
        file.truncate(size)


def _uploads(net: TelegramSandbox) -> int:
    return len(net.log.calls("upload.saveFilePart"))


async def _files(person: Person, count: int) -> list[Any]:
    async def found() -> list[Any]:
        messages = await person.history("alisa_test")
        with_file = [one for one in messages if one.file is not None]
        return with_file if len(with_file) >= count else []

    return await eventually(found)


async def _stored(bridge: Bridge) -> list[Any]:
    return list(await bridge.handle.database.fetch("SELECT * FROM telegram_upload"))
