# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files, photos and albums, up and down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.files import image_size
from tests.sandbox.conftest import png


@pytest.mark.parametrize("size", [1, 100_000, 11 * 1024 * 1024 + 7])
async def test_a_document_arrives_byte_for_byte(alisa: Person, boris: Person, size: int) -> None:
    data = bytes(index % 251 for index in range(min(size, 4096))) * (size // 4096 + 1)
    data = data[:size]
    await alisa.send_file("boris_test", data, "report.bin", caption="here")
    received = await boris.wait_for_text("here")
    assert received.media == "MessageMediaDocument"
    (message,) = await boris.history("alisa_test")
    assert message.file.name == "report.bin"
    assert message.file.size == size
    assert await message.download_media(bytes) == data


async def test_a_photo_has_the_size_in_its_header(alisa: Person, boris: Person) -> None:
    data = png(640, 480, filler=5000)
    await alisa.send_file("boris_test", data, "view.png", caption="look", as_document=False)
    await boris.wait_for_text("look")
    (message,) = await boris.history("alisa_test")
    assert (message.file.width, message.file.height) == (640, 480)
    assert await message.download_media(bytes) == data
    with pytest.raises(errors.ImageProcessFailedError):
        await alisa.send_file("boris_test", b"no picture", "x.png", as_document=False)


async def test_an_album_stays_together(alisa: Person, boris: Person) -> None:
    files = [png(10 + n, 20, filler=100) for n in range(3)]
    uploaded = [
        await alisa.client.upload_file(data, file_name=f"{n}.png") for n, data in enumerate(files)
    ]
    target = await alisa.entity("boris_test")
    sent = await alisa.client.send_file(target, uploaded, caption=["one", "", ""])
    assert len({message.grouped_id for message in sent}) == 1
    await boris.wait_for_text("one")
    received = await boris.history("alisa_test")
    assert [m.file.width for m in received] == [10, 11, 12]
    assert len({m.grouped_id for m in received}) == 1


async def test_expired_file_references(net: TelegramSandbox, alisa: Person, boris: Person) -> None:
    await alisa.send_file("boris_test", b"payload", "a.bin", caption="file")
    await boris.wait_for_text("file")
    (message,) = await boris.history("alisa_test")
    document = message.document
    stale = types.InputDocumentFileLocation(
        document.id, document.access_hash, document.file_reference, ""
    )
    net.operator.expire_references()
    with pytest.raises(errors.FileReferenceExpiredError):
        await boris.client(functions.upload.GetFileRequest(stale, 0, 4096))
    assert await message.download_media(bytes) == b"payload"
    assert net.log.calls("messages.getMessages", boris.account.id)


async def test_a_missing_part_is_named(alisa: Person) -> None:
    target = await alisa.entity("boris_test")
    await alisa.client(functions.upload.SaveFilePartRequest(99, 0, b"x" * 1024))
    media = types.InputMediaUploadedDocument(
        types.InputFile(99, 2, "broken.bin", ""), "application/octet-stream", []
    )
    with pytest.raises(errors.FilePartMissingError) as caught:
        await alisa.client(functions.messages.SendMediaRequest(target, media, ""))
    assert caught.value.which == 1


async def test_uploaded_media_can_be_sent_later(alisa: Person, boris: Person) -> None:
    target = await alisa.entity("boris_test")
    uploaded = await alisa.client.upload_file(png(5, 6), file_name="a.png")
    prepared = await alisa.client(
        functions.messages.UploadMediaRequest(target, types.InputMediaUploadedPhoto(uploaded))
    )
    await alisa.client.send_file(target, prepared, caption="prepared")
    received = await boris.wait_for_text("prepared")
    assert received.media == "MessageMediaPhoto"


async def test_thumbnails_are_kept(alisa: Person, boris: Person) -> None:
    target = await alisa.entity("boris_test")
    thumb = png(32, 16)
    await alisa.client.send_file(
        target, b"video" * 100, thumb=thumb, caption="clip", force_document=True
    )
    await boris.wait_for_text("clip")
    (message,) = await boris.history("alisa_test")
    assert (message.document.thumbs[0].w, message.document.thumbs[0].h) == (32, 16)
    assert await message.download_media(bytes, thumb=0) == thumb


async def test_profile_photos(alisa: Person, boris: Person) -> None:
    data = png(100, 100)
    uploaded = await alisa.client.upload_file(data, file_name="me.png")
    await alisa.client(functions.photos.UploadProfilePhotoRequest(file=uploaded))
    shown = await boris.client.get_entity("alisa_test")
    assert await boris.client.download_profile_photo(shown, bytes) == data
    assert [p.id for p in await boris.client.get_profile_photos(shown)] == [shown.photo.photo_id]
    await alisa.client(functions.photos.UpdateProfilePhotoRequest(types.InputPhotoEmpty()))
    assert isinstance(
        (await boris.client.get_entity("alisa_test")).photo, types.UserProfilePhotoEmpty
    )


async def test_locations_contacts_and_dice(alisa: Person, boris: Person) -> None:
    target = await alisa.entity("boris_test")
    for media in (
        types.InputMediaGeoPoint(types.InputGeoPoint(41.3, 69.2)),
        types.InputMediaContact("+999 555-002 03", "Vera", "", ""),
        types.InputMediaDice("🎲"),
    ):
        await alisa.client(functions.messages.SendMediaRequest(target, media, ""))
    await boris.wait_for(lambda one: one.media == "MessageMediaDice")
    geo, contact, dice = (m.media for m in await boris.history("alisa_test"))
    assert (round(geo.geo.lat, 1), round(geo.geo.long, 1)) == (41.3, 69.2)
    assert contact.phone_number == "99955500203"
    assert 1 <= dice.value <= 6


@given(st.integers(1, 65535), st.integers(1, 65535))
def test_image_sizes_are_read_from_headers(width: int, height: int) -> None:
    assert image_size(png(width, height)) == (width, height)
    gif = b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    assert image_size(gif) == (width, height)
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big")
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab" + frame + b"\0" * 10
    assert image_size(jpeg) == (width, height)


@given(st.binary(max_size=64))
def test_anything_else_has_no_size_or_some(data: bytes) -> None:
    size = image_size(data)
    assert size is None or len(size) == 2
