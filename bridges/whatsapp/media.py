# SPDX-License-Identifier: AGPL-3.0-or-later
"""References by which files in WhatsApp's messages can be fetched later.

A reference is JSON: the part of the message that says where the file lies and how it is opened
(``directPath``, ``mediaKey`` and the hashes), as the worker's ``download`` wants it; or, for something
small that came with the message, the content itself.
"""

import json
from typing import Any

from bridges.whatsapp.json_form import Json, encoded, mapping, raw, text

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


class BadReference(ValueError):
    """A reference that this network has not made."""


def file_reference(kind: str, file: Json) -> str:
    """A file in a message; ``kind`` is its field in ``Message``, such as ``imageMessage``."""
    return _dumped({"message": {kind: {name: file[name] for name in _LOCATION if name in file}}})


def inline_reference(content: bytes) -> str:
    """A small file that came along."""
    return _dumped({"inline": encoded(content)})


def content_of(reference: str) -> bytes | None:
    """The content of a file that came along, None for one that is to be fetched.

    Raises ``BadReference``.
    """
    loaded = _loaded(reference)
    return raw(loaded["inline"]) if "inline" in loaded else None


def message_of(reference: str) -> dict[str, Any]:
    """The ``Message`` whose file the worker shall download. Raises ``BadReference``."""
    return dict(mapping(_loaded(reference).get("message")))


def is_fetchable(file: Json) -> bool:
    """Whether a file says where it lies and how it is opened."""
    return bool(text(file.get("mediaKey")) and (text(file.get("directPath")) or file.get("URL")))


def _dumped(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _loaded(reference: str) -> dict[str, Any]:
    try:
        loaded = json.loads(reference)
    except ValueError as error:
        raise BadReference("this is no reference to a file on WhatsApp") from error
    if not isinstance(loaded, dict) or not {"inline", "message"} & set(loaded):
        raise BadReference("this is no reference to a file on WhatsApp")
    return loaded
