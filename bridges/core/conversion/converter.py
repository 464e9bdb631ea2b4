# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making pictures of animated stickers and emoji, each in a process that can be killed."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from bridges.core.conversion.formats import PICTURE, TGS, WAS, WEBM
from bridges.core.conversion.isolation import Isolation

_SIDE = 256
_VIDEO_SECONDS = "4"
_FRAMES_PER_SECOND = 30
_WEBP_HEADER = 30
_DRAWN = {TGS: "tgs", WAS: "was"}
"""What is drawn of shapes, by which mode of the worker."""


@frozen
class Picture:
    """What a file has become; measures in pixels where they are known."""

    width: int | None
    height: int | None
    mime: str = PICTURE


class StickerConverter:
    """Converts files in place.

    Attributes:
        ffmpeg: the program that reads videos; None if there is none, and videos stay videos.
    """

    def __init__(self, ffmpeg: str | None, isolation: Isolation, *, draws: bool = True) -> None:
        """``draws``: what animations are drawn with is installed."""
        self.ffmpeg = ffmpeg
        self._isolation = isolation
        self._draws = draws

    def reads(self, mime: str) -> bool:
        """Whether there is what files of a kind are converted with; a file may be bad all the same."""
        return (mime in _DRAWN and self._draws) or (mime == WEBM and self.ffmpeg is not None)

    async def convert(self, path: Path, mime: str) -> Picture | None:
        """Replace a file by a picture of it; None if it had to stay as it is."""
        result = path.with_name(f"{path.name}.converted.webp")
        try:
            picture = await self._picture(path, result, mime)
            if picture is not None:
                await asyncio.to_thread(result.replace, path)
            return picture
        finally:
            await asyncio.to_thread(result.unlink, missing_ok=True)

    async def _picture(self, source: Path, target: Path, mime: str) -> Picture | None:
        if mime in _DRAWN:
            mode = _DRAWN[mime]
            drawn = await self._isolation.run(mode, str(source), str(target), str(_SIDE))
            if drawn is None:
                return None
            measures = json.loads(drawn)
            return Picture(measures["w"], measures["h"])
        if mime == WEBM and self.ffmpeg is not None:
            done = await self._isolation.run("run", *_video_command(self.ffmpeg, source, target))
            return None if done is None else Picture(*await asyncio.to_thread(_measures, target))
        return None


def _measures(path: Path) -> tuple[int | None, int | None]:
    """Width and height in the extended header of a WebP picture, which all moving ones have."""
    with path.open("rb") as file:
        header = file.read(_WEBP_HEADER)
    if len(header) < _WEBP_HEADER or header[8:16] != b"WEBPVP8X":
        return None, None
    width, height = (int.from_bytes(header[at : at + 3], "little") + 1 for at in (24, 27))
    return width, height


def _video_command(ffmpeg: str, source: Path, target: Path) -> Sequence[str]:
    """An animated WebP of a video. Only libvpx reads the transparency of VP9."""
    fit = f"scale={_SIDE}:{_SIDE}:force_original_aspect_ratio=decrease,fps={_FRAMES_PER_SECOND}"
    read = ("-t", _VIDEO_SECONDS, "-c:v", "libvpx-vp9", "-i", f"file:{source}")
    write = ("-vf", fit, "-an", "-loop", "0", "-c:v", "libwebp_anim", "-quality", "75")
    quiet = ("-nostdin", "-v", "error", "-y", "-threads", "1", "-protocol_whitelist", "file")
    return (ffmpeg, *quiet, *read, *write, f"file:{target}")
