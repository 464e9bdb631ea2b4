# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files on the media host, sealed and opened by pyaileys as WhatsApp wants it."""

import base64
import hashlib
from typing import Any

from aiohttp import ClientSession
from attrs import frozen
from pyaileys.media import build_upload_url, decrypt_media_bytes, encrypt_media_bytes
from yarl import URL

from sandbox.whatsapp.person_view import Shown

_KINDS = {
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
}


class GoneError(Exception):
    """The media host has no such file (any more)."""


@frozen
class Files:
    """The media host of one network; `base` is its address on loopback."""

    base: str

    async def put(self, kind: str, data: bytes, mime: str) -> dict[str, Any]:
        """Upload a file and return what a message says about it, by field names.

        `kind` is image, video, audio, document or sticker.
        """
        sealed = encrypt_media_bytes(data, media_type=kind)
        target = URL(
            build_upload_url(
                hostname="localhost",
                auth="sandbox",
                media_type=kind,
                file_enc_sha256=sealed.file_enc_sha256,
            )
        )
        answer = await self._upload(target.raw_path_qs, sealed.enc_bytes)
        return {
            "url": answer["url"],
            "directPath": answer["direct_path"],
            "mediaKey": sealed.media_key,
            "fileSha256": sealed.file_sha256,
            "fileEncSha256": sealed.file_enc_sha256,
            "fileLength": sealed.file_length,
            "mimetype": mime,
        }

    async def put_open(self, kind: str, data: bytes, mime: str) -> dict[str, Any]:
        """The same for a channel: files there are not encrypted."""
        digest = hashlib.sha256(data).digest()
        token = base64.urlsafe_b64encode(digest).decode()
        answer = await self._upload(f"/newsletter/newsletter-{kind}/{token}", data)
        return {
            "url": answer["url"],
            "directPath": answer["direct_path"],
            "fileSha256": digest,
            "fileLength": len(data),
            "mimetype": mime,
        }

    async def _upload(self, path: str, data: bytes) -> dict[str, Any]:
        async with (
            ClientSession() as http,
            http.post(URL(f"{self.base}{path}", encoded=True), data=data) as response,
        ):
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    async def get(self, shown: Shown) -> bytes:
        """Download the file of a message. Raises `GoneError`."""
        part = shown.file
        if part is None:
            raise GoneError("the message has no file")
        sealed = await self.fetch(part.directPath)
        kind = _KINDS[shown.file_kind]
        opened = decrypt_media_bytes(
            sealed, media_key=bytes(part.mediaKey), media_type=kind, validate_mac=True
        )
        return bytes(opened)

    async def fetch(self, path: str) -> bytes:
        """Download what the host has under a path. Raises `GoneError`."""
        target = URL(f"{self.base}{path}", encoded=True)
        async with ClientSession() as http, http.get(target) as response:
            if not response.ok:
                raise GoneError(f"the media host answers {response.status}")
            return await response.read()
