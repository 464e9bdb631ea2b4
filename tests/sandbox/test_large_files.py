# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that are nowhere whole, references of single files, and the limits of parts and ranges."""

from collections.abc import AsyncIterator
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox, generated
from sandbox.telegram.seed import DEMO
from tests.sandbox.conftest import Connect, log_in, png
from tests.support.memory import forget_peak, peak_resident
from tests.support.process import ChildProcess, python_module

MEGABYTE = 1024 * 1024


@given(st.integers(0, 2**32), st.integers(0, 20_000), st.integers(0, 20_000))
def test_generated_contents_do_not_depend_on_how_they_are_read(
    seed: int, offset: int, length: int
) -> None:
    whole = generated.content(seed, 0, offset + length)
    assert len(whole) == offset + length
    assert generated.content(seed, offset, length) == whole[offset:]
    if length >= 2 * generated.BLOCK:
        assert generated.content(seed, offset + generated.BLOCK, length) != whole[offset:]


async def test_a_generated_file_is_sent_and_fetched(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    size = 3 * MEGABYTE + 17
    document: Any = net.library.generate("alisa_test", size, "big.iso", seed=5)
    await alisa.send_document("boris_test", document, "large")
    await boris.wait_for_text("large")
    (message,) = await boris.history("alisa_test")
    assert (message.file.name, message.file.size) == ("big.iso", size)
    data = await message.download_media(bytes)
    assert data == generated.content(5, 0, size)
    assert await net.library.digest(document.id) == sha256(data).hexdigest()


async def test_an_upload_is_compared_by_its_digest(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    data = generated.content(3, 0, MEGABYTE + 1)
    sent = await alisa.send_file("boris_test", data, "x.bin")
    assert await net.library.digest(sent.document.id) == sha256(data).hexdigest()


async def test_the_reference_of_one_file_expires(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    first = await alisa.send_file("boris_test", b"one", "1.bin")
    await alisa.send_file("boris_test", b"two", "2.bin", caption="two")
    await boris.wait_for_text("two")
    one, two = await boris.history("alisa_test")
    net.library.expire(first.document.id)
    with pytest.raises(errors.FileReferenceExpiredError):
        await boris.client(functions.upload.GetFileRequest(_location(one.document), 0, 4096))
    assert await two.download_media(bytes) == b"two"
    assert not [call for call in net.log.calls("messages.getMessages") if call.error]
    with pytest.raises(errors.FileReferenceExpiredError):
        await boris.send_document("alisa_test", one.document)
    (fresh, _) = await boris.history("alisa_test")
    await boris.send_document("alisa_test", fresh.document, "again")


async def test_a_file_may_not_have_too_many_parts(net: TelegramSandbox, alisa: Person) -> None:
    net.world.set_limits(file_parts=2, file_parts_premium=3)
    for part in range(2):
        await _save(alisa, 99, part, b"x" * 1024)
    with pytest.raises(errors.FilePartInvalidError):
        await _save(alisa, 99, 2, b"x")
    with pytest.raises(errors.FilePartsInvalidError):
        await _send(alisa, types.InputFile(99, 3, "x", ""))
    net.operator.set_premium("alisa_test")
    await _save(alisa, 99, 2, b"x")
    await _send(alisa, types.InputFile(99, 3, "x", ""))
    assert (await alisa.client.get_me()).premium


@pytest.mark.parametrize(
    ("sizes", "error"),
    [
        ((1000, 1000), errors.FilePartSizeInvalidError),
        ((1024, 512, 1024), errors.FilePartSizeChangedError),
        ((1024, 2048), errors.FilePartSizeChangedError),
    ],
)
async def test_parts_are_of_one_size(
    alisa: Person, sizes: tuple[int, ...], error: type[Exception]
) -> None:
    for part, size in enumerate(sizes):
        await _save(alisa, 99, part, b"x" * size)
    with pytest.raises(error):
        await _send(alisa, types.InputFile(99, len(sizes), "x", ""))


async def test_a_checksum_is_checked(alisa: Person) -> None:
    await _save(alisa, 99, 0, b"right")
    with pytest.raises(errors.Md5ChecksumInvalidError):
        await _send(alisa, types.InputFile(99, 1, "x", md5(b"wrong").hexdigest()))
    await _send(alisa, types.InputFile(99, 1, "x", md5(b"right").hexdigest()))


async def test_a_photo_may_not_be_too_large(net: TelegramSandbox, alisa: Person) -> None:
    net.world.set_limits(photo_bytes=2000)
    with pytest.raises(errors.PhotoSaveFileInvalidError):
        await alisa.send_file("boris_test", png(9, 9, filler=3000), "x.png", as_document=False)


@pytest.mark.parametrize(
    ("offset", "limit", "precise", "error"),
    [
        (0, 4096, False, None),
        (1024, 4096, False, errors.OffsetInvalidError),
        (1024, 5120, True, None),
        (1000, 5120, True, errors.OffsetInvalidError),
        (0, 5120, False, errors.LimitInvalidError),
        (0, 3 * 4096, False, errors.LimitInvalidError),
        (0, 2 * MEGABYTE, True, errors.LimitInvalidError),
        (MEGABYTE - 4096, 8192, False, errors.LimitInvalidError),
        (0, MEGABYTE, False, None),
    ],
)
async def test_only_some_ranges_may_be_asked_for(
    net: TelegramSandbox,
    alisa: Person,
    offset: int,
    limit: int,
    precise: bool,
    error: type[Exception] | None,
) -> None:
    document = net.library.generate("alisa_test", 2 * MEGABYTE)
    ask = functions.upload.GetFileRequest(_location(document), offset, limit, precise=precise)
    if error is not None:
        with pytest.raises(error):
            await alisa.client(ask)
        return
    assert (await alisa.client(ask)).bytes == generated.content(1, offset, limit)


@frozen
class Apart:
    """A network in a process of its own."""

    process: ChildProcess
    control: str
    port: int

    async def post(self, path: str, **fields: Any) -> Any:
        """Ask its operator for something."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.control + path, json=fields) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()


@pytest.fixture
async def apart(tmp_path: Path) -> AsyncIterator[Apart]:
    """A network in a process of its own."""
    process = python_module("sandbox.telegram", log=tmp_path / "log", cwd=tmp_path)
    async with process:
        words = (await process.wait_for_line("sandbox.telegram ready")).split()
        yield Apart(process, words[-1], int(words[2].rpartition(":")[2]))


async def test_large_files_leave_no_trace_in_memory(
    apart: Apart, connect: Connect, net: TelegramSandbox
) -> None:
    size = 64 * MEGABYTE
    nodira, farhod = DEMO["accounts"]
    client = await connect(net, address=("127.0.0.1", apart.port))
    await log_in(client, farhod["phone"])
    wait = {"person": farhod["username"], "timeout": 1}
    await apart.post("/people/send", person="Nodira", chat=farhod["username"], text="hello")
    await apart.post("/people/wait", text="hello", **wait)
    forget_peak(apart.process.pid)
    before = peak_resident(apart.process.pid)

    sent = await apart.post(
        "/people/send-generated", person="Nodira", chat=farhod["username"], size=size
    )
    (message,) = await client.get_messages(nodira["username"], limit=1)
    digest = sha256()
    async for piece in client.iter_download(message.document, request_size=512 * 1024):
        digest.update(piece)
    expected = await apart.post("/files/digest", id=sent["file"])
    assert expected == {"size": size, "sha256": digest.hexdigest()}

    uploaded = await client.upload_file(
        Generated(size), file_size=size, file_name="up.bin", part_size_kb=512
    )
    document = (await client.send_file(nodira["username"], uploaded)).document
    kept = await apart.post("/files/digest", id=document.id)
    assert kept == {"size": size, "sha256": digest.hexdigest()}

    assert peak_resident(apart.process.pid) - before < 16 * MEGABYTE


class Generated:
    """A readable stream of generated contents."""

    def __init__(self, size: int) -> None:
        self.name = "generated"
        self._size = size
        self._offset = 0

    def read(self, count: int) -> bytes:
        """Return the next bytes."""
        count = min(count, self._size - self._offset)
        self._offset += count
        return generated.content(1, self._offset - count, count)


def _location(document: Any) -> Any:
    return types.InputDocumentFileLocation(
        document.id, document.access_hash, document.file_reference, ""
    )


async def _save(person: Person, upload: int, part: int, data: bytes) -> None:
    await person.client(functions.upload.SaveFilePartRequest(upload, part, data))


async def _send(person: Person, file: Any) -> None:
    media = types.InputMediaUploadedDocument(file, "application/octet-stream", [])
    target = await person.entity("boris_test")
    await person.client(functions.messages.SendMediaRequest(target, media, ""))
