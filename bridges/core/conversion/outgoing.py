# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files from Matrix made into what networks show as stickers, animations and voice messages."""

import json
from asyncio import to_thread
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from bridges.core.content import MediaInfo
from bridges.core.conversion.formats import STICKER_SIDE, Change
from bridges.core.conversion.isolation import Isolation

_THUMBNAIL_SIDE = 320
_GIF_SIDE = 480
_VIDEO_SIDE = 1280
_PHOTO_SIDE = 4096
_ENDINGS = {Change.GIF: ".gif", Change.JPEG: ".jpg"}
_QUIET = ("-nostdin", "-v", "error", "-y", "-threads", "1", "-protocol_whitelist", "file")
_SAME_EVERY_TIME = ("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
"""A file that is converted again after a crash has to be the same."""


class OutgoingConverter:
    """Converts copies of files; ``ffmpeg`` is the program for videos and sound, if there is one."""

    def __init__(self, ffmpeg: str | None, isolation: Isolation) -> None:
        self._ffmpeg = ffmpeg
        self._isolation = isolation

    async def convert(
        self, source: Path, target: Path, change: Change, info: MediaInfo
    ) -> MediaInfo | None:
        """Write the changed file to ``target``; None if that is not possible."""
        match change:
            case Change.STICKER | Change.SQUARE:
                return await self._picture(change, source, target, STICKER_SIDE, info)
            case Change.GIF:
                return await self._picture(change, source, target, _GIF_SIDE, info)
            case Change.JPEG:
                return await self._picture(change, source, target, _PHOTO_SIDE, info)
            case Change.MP4:
                done = await self._with_ffmpeg(source, target, _SILENT)
                name, mime = f"{Path(info.name).stem or 'animation'}.mp4", "video/mp4"
            case Change.VIDEO:
                done = await self._with_ffmpeg(source, target, _VIDEO)
                name, mime = f"{Path(info.name).stem or 'video'}.mp4", "video/mp4"
            case Change.VOICE:
                done = await self._with_ffmpeg(source, target, _VOICE)
                name, mime = "voice.ogg", "audio/ogg"
        return await _sized(target, evolve(info, name=name, mime=mime)) if done else None

    async def thumbnail(self, source: Path, target: Path) -> bool:
        """Write a small JPEG of a picture to ``target``; returns whether that was possible."""
        sides = (str(source), str(target), str(_THUMBNAIL_SIDE))
        return await self._isolation.run("thumbnail", *sides) is not None

    async def _picture(
        self, change: Change, source: Path, target: Path, side: int, info: MediaInfo
    ) -> MediaInfo | None:
        printed = await self._isolation.run(change, str(source), str(target), str(side))
        if printed is None:
            return None
        facts = json.loads(printed)
        name = info.name
        if change in _ENDINGS:
            name = f"{Path(info.name).stem or 'picture'}{_ENDINGS[change]}"
        measured = evolve(info, name=name, mime=facts["mime"], width=facts["w"], height=facts["h"])
        return await _sized(target, measured)

    async def _with_ffmpeg(self, source: Path, target: Path, options: Sequence[str]) -> bool:
        if self._ffmpeg is None:
            return False
        command = (
            self._ffmpeg,
            *_QUIET,
            "-i",
            f"file:{source}",
            *options,
            *_SAME_EVERY_TIME,
            f"file:{target}",
        )
        return await self._isolation.run("run", *command) is not None


_FIT = (
    f"scale=w='min({_VIDEO_SIDE},iw)':h='min({_VIDEO_SIDE},ih)'"
    ":force_original_aspect_ratio=decrease:force_divisible_by=2"
)
_H264 = (
    *("-map_metadata", "-1", "-vf", _FIT, "-pix_fmt", "yuv420p", "-c:v", "libx264"),
    *("-preset", "veryfast", "-movflags", "+faststart", "-f", "mp4"),
)
_SILENT = ("-an", *_H264)
_VIDEO = ("-c:a", "aac", "-b:a", "96k", *_H264)
_VOICE = (
    *("-vn", "-map_metadata", "-1", "-ac", "1", "-ar", "48000", "-c:a", "libopus"),
    *("-b:a", "32k", "-application", "voip", "-f", "ogg"),
)


async def _sized(target: Path, info: MediaInfo) -> MediaInfo | None:
    size = (await to_thread(target.stat)).st_size
    return evolve(info, size=size) if size else None
