# SPDX-License-Identifier: AGPL-3.0-or-later
"""References by which files in WhatsApp's messages can be fetched later.

A file's reference is ``file:`` and, as JSON, the part of the message that says where the file lies and
how it is opened (``directPath``, ``mediaKey`` and the hashes), as the worker's ``download`` wants it.
Something small that came with the message is ``inline:`` and its content in base64.
"""

import json
from typing import Any

from bridges.whatsapp.json_form import Json, encoded, mapping, raw, text

FILE = "file:"
INLINE = "inline:"
_LOCATION = (
    "URL",
    "directPath",
    "mediaKey",
    "mediaKeyTimestamp",
    "fileSHA256",
    "fileEncSHA256",
    "fileLength",
    "mimetype",
)


_STILL = "pngThumbnail"


class BadReference(ValueError):
    """A reference that this network has not made."""


def file_reference(kind: str, file: Json, *, with_picture: bool = False) -> str:
    """A file in a message; ``kind`` is its field in ``Message``, such as ``imageMessage``.

    ``with_picture``: the still picture that came with a sticker goes along.
    """
    wanted = (*_LOCATION, _STILL) if with_picture else _LOCATION
    described = {name: file[name] for name in wanted if name in file}
    return FILE + json.dumps({kind: described}, separators=(",", ":"), sort_keys=True)


def inline_reference(content: bytes) -> str:
    """A small file that came along."""
    return INLINE + encoded(content)


def content_of(reference: str) -> bytes | None:
    """The content of a file that came along, None for one that is to be fetched."""
    return raw(reference.removeprefix(INLINE)) if reference.startswith(INLINE) else None


def message_of(reference: str) -> dict[str, Any]:
    """The ``Message`` whose file the worker shall download. Raises ``BadReference``."""
    try:
        message = json.loads(reference.removeprefix(FILE))
    except ValueError:
        message = None
    if not reference.startswith(FILE) or not isinstance(message, dict):
        raise BadReference("this is no reference to a file on WhatsApp")
    return message


def still_of(message: Json) -> bytes:
    """The still picture (PNG) that goes along with a sticker; empty if there is none."""
    return raw(mapping(message.get("stickerMessage")).get(_STILL))


def is_fetchable(file: Json) -> bool:
    """Whether a file says where it lies and how it is opened; in channels files lie open."""
    is_open = bool(text(file.get("fileSHA256"))) and "fileEncSHA256" not in file
    place = text(file.get("directPath")) or file.get("URL")
    return bool(place and (is_open or text(file.get("mediaKey"))))
