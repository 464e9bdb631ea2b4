# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frames: four bytes of length (big endian), then one JSON object in UTF-8."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

MAX_FRAME = 16 * 1024 * 1024
"""Bytes of JSON in one frame. Files never travel in frames, only their paths."""

_LENGTH = 4


class FrameError(Exception):
    """What came is no frame, or what should go is too large for one; the text says which."""


def pack(content: Mapping[str, Any], limit: int = MAX_FRAME) -> bytes:
    """Return a frame. Raises `FrameError` if it would hold more than `limit` bytes."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "surrogatepass")  # what is no Unicode is the library's to refuse
    if len(body) > limit:
        raise FrameError(f"{len(body)} bytes are too many for a frame: the limit is {limit}")
    return len(body).to_bytes(_LENGTH, "big") + body


def unpack(body: bytes) -> dict[str, Any]:
    """Return the object of a frame's body. Raises `FrameError`."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise FrameError("a frame holds no JSON") from error
    if not isinstance(content, dict):
        raise FrameError("a frame holds something else than an object")
    return content


async def read_frame(reader: asyncio.StreamReader, limit: int = MAX_FRAME) -> dict[str, Any] | None:
    """Read one frame; None at the end of the stream. Raises `FrameError`."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
        if length > limit:
            raise FrameError(f"a frame of {length} bytes is announced: the limit is {limit}")
        return unpack(await reader.readexactly(length))
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise FrameError("the stream ended within a frame") from error
        return None
