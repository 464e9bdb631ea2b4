# SPDX-License-Identifier: AGPL-3.0-or-later
"""Photos and files from Telegram, fetched part by part."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import types as tl
from telethon.tl.functions.channels import EditPhotoRequest
from telethon.tl.types import InputChatUploadedPhoto

from bridges.core.content import Fetched, MediaKind, RemoteMedia, Unconvertible
from bridges.core.errors import Rejected
from bridges.core.events import ChatChanged
from bridges.core.network import LoginRecord
from bridges.telegram.session import TelegramSession
from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import png
from tests.telegram.bridge import Bridge, RecordingHandle
from tests.telegram.conftest import VERA

PART = 512 * 1024


async def test_a_photo_with_its_caption(
    session: TelegramSession, handle: RecordingHandle, boris: Person, tmp_path: Path
) -> None:
    data = png(40, 30, filler=100)
    await boris.send_file("alisa_test", data, "x.png", caption="look", as_document=False)
    part = await _file(handle, 1)
    assert part.kind is MediaKind.IMAGE
    assert part.caption is not None
    assert part.caption.body == "look"
    assert (part.info.width, part.info.height, part.info.size) == (40, 30, len(data))
    await session.fetch(part.reference, tmp_path / "photo")
    assert (tmp_path / "photo").read_bytes() == data


@pytest.mark.parametrize("size", [1, PART - 1, PART, PART + 1, 5 * PART, 9 * PART + 17])
async def test_a_file_of_any_size(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    tmp_path: Path,
    size: int,
) -> None:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    await boris.send_file("alisa_test", data, "данные.bin")
    part = await _file(handle, 1)
    assert (part.kind, part.info.name, part.info.size) == (MediaKind.FILE, "данные.bin", size)
    await session.fetch(part.reference, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == data


async def test_an_expired_reference_is_renewed_once(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    for count, place in enumerate(("alisa_test", "Gardeners"), start=1):
        data = f"data {count}".encode()
        await boris.send_file(place, data, "x.bin")
        part = await _file(handle, count)
        net.operator.expire_references()
        await session.fetch(part.reference, tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == data


async def test_a_deleted_file_is_explained(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    sent = await boris.send_file("alisa_test", b"data", "x.bin")
    part = await _file(handle, 1)
    await boris.delete("alisa_test", sent.id)
    net.operator.expire_references()
    with pytest.raises(Rejected, match="not available"):
        await session.fetch(part.reference, tmp_path / "file")


async def test_another_login_in_the_chat_can_fetch(
    bridge: Bridge,
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test", "vera_test"))
    await boris.send_file("Gardeners", b"shared", "x.bin")
    part = await _file(handle, 1)
    record: LoginRecord = await bridge.log_in(VERA, "сезам")
    other = await bridge.connected(record)
    await other.fetch(part.reference, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"shared"


async def test_an_avatar(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    room = await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    picture = png(64, 64, filler=10)
    uploaded = await boris.client.upload_file(picture, file_name="a.png")
    await boris.client(
        EditPhotoRequest(await boris.entity("Gardeners"), InputChatUploadedPhoto(uploaded))
    )
    changed = await handle.until(
        lambda: [one for one in handle.all(ChatChanged) if one.info.avatar and one.info.avatar.id]
    )
    await session.fetch(changed[-1].info.avatar.reference, tmp_path / "avatar")
    assert (tmp_path / "avatar").read_bytes() == picture
    assert changed[-1].chat.chat == f"channel:{room.id}"


@pytest.mark.parametrize("reference", ["", "{}", "[]", "nonsense", json.dumps({"kind": "x"})])
async def test_foreign_references_are_refused(
    session: TelegramSession, tmp_path: Path, reference: str
) -> None:
    with pytest.raises(Rejected):
        await session.fetch(reference, tmp_path / "file")


async def _file(handle: RecordingHandle, count: int) -> RemoteMedia:
    """The ``count``-th file that was received."""

    def files() -> list[RemoteMedia]:
        parts = [part for message in handle.messages() for part in message.parts]
        return [part for part in parts if isinstance(part, RemoteMedia)]

    await handle.until(lambda: len(files()) >= count)
    return files()[count - 1]


@pytest.fixture
def stickers(net: TelegramSandbox) -> Mapping[str, Any]:
    """The sample sets."""
    return net.operator.add_sample_stickers("boris_test")


@pytest.mark.parametrize(
    ("name", "emoji"),
    [("sandbox_static", "🙂"), ("sandbox_animated", "🟢"), ("sandbox_video", "😀")],
)
async def test_a_sticker_becomes_a_picture(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    stickers: Mapping[str, Any],
    tmp_path: Path,
    name: str,
    emoji: str,
) -> None:
    await boris.send_sticker("alisa_test", name)
    part = await _file(handle, 1)
    assert part.caption is not None
    assert part.caption.body == emoji
    got = await session.fetch(part.reference, tmp_path / "sticker")
    if name == "sandbox_static":
        assert (got, part.kind) == (None, MediaKind.STICKER)
        return
    if name == "sandbox_video" and shutil.which("ffmpeg") is None:
        assert (got, part.kind) == (None, MediaKind.VIDEO)
        return
    assert isinstance(got, Fetched)
    assert (got.kind, got.info.mime, got.converter) == (
        MediaKind.STICKER,
        "image/webp",
        part.converter,
    )
    assert (tmp_path / "sticker").read_bytes().startswith(b"RIFF")


async def test_a_sticker_that_cannot_be_drawn_stays_a_file(
    session: TelegramSession, handle: RecordingHandle, boris: Person, tmp_path: Path
) -> None:
    uploaded = await boris.client.upload_file(b"no animation", file_name="camel.tgs")
    attributes = [tl.DocumentAttributeSticker("🐫", tl.InputStickerSetEmpty())]
    media = tl.InputMediaUploadedDocument(uploaded, "application/x-tgsticker", attributes)
    await boris.send_media("alisa_test", media)
    part = await _file(handle, 1)
    got = await session.fetch(part.reference, tmp_path / "sticker")
    assert got == Unconvertible(part.converter)
    assert (tmp_path / "sticker").read_bytes() == b"no animation"
    assert part.kind is MediaKind.FILE


async def test_custom_emoji_are_pictures(
    session: TelegramSession, stickers: Mapping[str, Any], tmp_path: Path
) -> None:
    still, moving, _ = stickers["sandbox_emoji"].documents
    for number in (still, moving):
        picture = session.custom_emoji(str(number))
        got = await session.fetch(picture.reference, tmp_path / "emoji")
        assert isinstance(got, Fetched)
        assert (got.info.mime, got.converter) == ("image/webp", picture.converter)
        assert (tmp_path / "emoji").read_bytes().startswith(b"RIFF")
    with pytest.raises(Rejected):
        await session.fetch(session.custom_emoji("5").reference, tmp_path / "emoji")


async def test_a_contact_is_fetched_from_nowhere(
    session: TelegramSession, handle: RecordingHandle, boris: Person, tmp_path: Path
) -> None:
    await boris.send_media("alisa_test", tl.InputMediaContact("+99955500303", "Vera", "", ""))
    part = await _file(handle, 1)
    await session.fetch(part.reference, tmp_path / "card")
    assert "FN:Vera" in (tmp_path / "card").read_text()


async def test_a_thumbnail_is_fetched_like_its_file(
    session: TelegramSession, handle: RecordingHandle, boris: Person, tmp_path: Path
) -> None:
    uploaded = await boris.client.upload_file(b"video", file_name="v.mp4")
    picture = png(32, 24)
    thumb = await boris.client.upload_file(picture, file_name="t.png")
    attributes = [tl.DocumentAttributeVideo(1.5, 320, 240)]
    media = tl.InputMediaUploadedDocument(uploaded, "video/mp4", attributes, thumb=thumb)
    await boris.send_media("alisa_test", media)
    part = await _file(handle, 1)
    assert part.thumbnail is not None
    assert (part.thumbnail.width, part.thumbnail.height) == (32, 24)
    await session.fetch(part.thumbnail.reference, tmp_path / "thumbnail")
    assert (tmp_path / "thumbnail").read_bytes() == picture
