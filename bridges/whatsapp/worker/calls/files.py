# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files go through a folder that both processes can see."""

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.refusals import RefusedError

MAX_FILE = 256 * 1024 * 1024
"""Bytes; the library holds a whole file in memory, several times."""

_KINDS: Final[Mapping[str, str]] = {
    "image": "MediaImage",
    "sticker": "MediaImage",
    "video": "MediaVideo",
    "audio": "MediaAudio",
    "document": "MediaDocument",
    "thumbnail": "MediaLinkThumbnail",
    "sticker-pack": "MediaStickerPack",
}


async def upload(request: Request) -> dict[str, Any]:
    """Encrypt and upload a file; returns the fields a message needs of it."""
    kind = _KINDS.get(request.text("kind"))
    if kind is None:
        raise RefusedError("BAD_ARGUMENT", f"kind is none of {', '.join(_KINDS)}")
    data = await asyncio.to_thread(read_file, request.file())
    send = (
        request.client.upload_newsletter
        if request.flag("newsletter", False)
        else (request.client.upload)
    )
    done = await send(data, request.library.enums.MediaType[kind])
    return {
        "URL": done.url,
        "directPath": done.DirectPath,
        "mediaKey": base64.b64encode(done.MediaKey).decode(),
        "fileEncSHA256": base64.b64encode(done.FileEncSHA256).decode(),
        "fileSHA256": base64.b64encode(done.FileSHA256).decode(),
        "fileLength": str(done.FileLength),
        "handle": done.Handle,
    }


async def download(request: Request) -> int:
    """Download and decrypt the file of a message; returns its bytes."""
    message, path = request.message(), request.file()
    for _, part in message.ListFields():
        if getattr(part, "fileLength", 0) > MAX_FILE:
            raise too_large(part.fileLength)
    data = await request.client.download_any(message)
    return await asyncio.to_thread(path.write_bytes, data)


def read_file(path: Path) -> bytes:
    """Return what is in a file. Raises `RefusedError`."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise too_large(size)
        return path.read_bytes()
    except OSError as error:
        raise RefusedError("NO_FILE", f"the file cannot be read: {error.strerror}") from error


def too_large(size: int) -> RefusedError:
    """Return what a file of this size is answered."""
    return RefusedError("TOO_LARGE", f"a file of {size} bytes: the limit is {MAX_FILE}")


HANDLERS: Final[Mapping[str, Handler]] = {"upload": upload, "download": download}
