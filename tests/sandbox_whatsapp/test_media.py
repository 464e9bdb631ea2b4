# SPDX-License-Identifier: AGPL-3.0-or-later
"""The media host: files under the hash of their bytes, whole and in parts."""

import base64
import hashlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from sandbox.whatsapp import WhatsAppSandbox

DATA = bytes(range(200))


def _token(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()


@pytest.fixture
async def host() -> AsyncIterator[tuple[WhatsAppSandbox, ClientSession]]:
    """A network, and a session at its media host."""
    async with (
        WhatsAppSandbox() as net,
        ClientSession(f"http://{net.host}:{net.port}") as http,
    ):
        yield net, http


async def _uploaded(http: ClientSession) -> str:
    async with http.post(f"/mms/document/{_token(DATA)}?auth=a", data=DATA) as response:
        answer = await response.json()
        assert answer["url"].endswith(answer["direct_path"])
        return str(answer["direct_path"])


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        (None, 200, DATA),
        ("bytes=0-9", 206, DATA[:10]),
        ("bytes=150-", 206, DATA[150:]),
        ("bytes=-5", 206, DATA[-5:]),
        ("bytes=190-999", 206, DATA[190:]),
        ("bytes=200-", 416, b""),
        ("lines=1-2", 200, DATA),
    ],
)
async def test_parts_of_a_file(
    host: tuple[WhatsAppSandbox, ClientSession], wanted: str | None, status: int, part: bytes
) -> None:
    _, http = host
    path = await _uploaded(http)
    headers = {"Range": wanted} if wanted else {}
    async with http.get(path, headers=headers) as response:
        assert (response.status, await response.read()) == (status, part)
        if status == 206:
            start = DATA.index(part)
            whole = f"bytes {start}-{start + len(part) - 1}/200"
            assert response.headers["Content-Range"] == whole


async def test_a_file_is_what_its_name_says(
    host: tuple[WhatsAppSandbox, ClientSession],
) -> None:
    _, http = host
    async with http.post(f"/mms/image/{_token(b'another')}", data=DATA) as response:
        assert response.status == 400
    async with http.get(f"/v/t62.7118-24/{_token(DATA)}") as response:
        assert response.status == 404


async def test_files_are_lost_as_often_as_was_said(
    host: tuple[WhatsAppSandbox, ClientSession],
) -> None:
    net, http = host
    path = await _uploaded(http)
    net.faults.lose_media(410, count=2)
    seen = []
    for _ in range(3):
        async with http.get(path) as response:
            seen.append(response.status)
    assert seen == [410, 410, 200]
