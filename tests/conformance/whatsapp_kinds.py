# SPDX-License-Identifier: AGPL-3.0-or-later
"""WhatsApp's voice messages, stickers and so on, in the hands of the conformance suite's people."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.person import Person
from sandbox.whatsapp.person_view import Shown
from tests.conformance.driver import Chat, Seen

_STICKER = 512
_EMOJI = "🙂"
_POINTS = 64


class WhatsAppKinds:
    """See `tests.conformance.kinds.Kinds`."""

    def __init__(
        self, person: Person, jid: Callable[[Chat], Jid], seen: Callable[[Shown], Seen]
    ) -> None:
        self._person = person
        self._jid = jid
        self._seen = seen

    async def _send(self, chat: Chat, part: str, data: bytes, mime: str, **fields: Any) -> Seen:
        sent = await self._person.send_file(self._jid(chat), part, data, mime, **fields)
        return self._seen(sent)

    async def photo(self, chat: Chat, data: bytes, caption: str = "") -> Seen:
        """Send a picture to be shown in the chat."""
        about: dict[str, Any] = {"caption": caption} if caption else {}
        with Image.open(io.BytesIO(data)) as picture:
            about |= {"width": picture.width, "height": picture.height}
            mime = Image.MIME[picture.format or "PNG"]
        return await self._send(chat, "imageMessage", data, mime, **about)

    async def voice(self, chat: Chat, data: bytes, seconds: int, loudness: Sequence[int]) -> None:
        waveform = bytes(
            loudness[at * len(loudness) // _POINTS] * 100 // 31 for at in range(_POINTS)
        )
        about = {"seconds": seconds, "ptt": True, "waveform": waveform}
        await self._send(chat, "audioMessage", data, "audio/ogg; codecs=opus", **about)

    async def video(
        self,
        chat: Chat,
        data: bytes,
        caption: str,
        *,
        thumbnail: bytes | None = None,
        spoiler: bool = False,
        looping: bool = False,
        is_round: bool = False,
    ) -> None:
        about: dict[str, Any] = {
            "seconds": 2,
            "width": 240 if is_round else 320,
            "height": 240,
            "caption": caption,
        }
        if looping:
            about["gifPlayback"] = True
        if thumbnail is not None:
            about["jpegThumbnail"] = _jpeg(thumbnail)
        await self._send(
            chat, "ptvMessage" if is_round else "videoMessage", data, "video/mp4", **about
        )

    async def sticker(self, chat: Chat) -> str:
        drawn = io.BytesIO()
        Image.new("RGBA", (_STICKER, _STICKER), "teal").save(drawn, "WEBP")
        about = {"width": _STICKER, "height": _STICKER, "accessibilityLabel": _EMOJI}
        await self._send(chat, "stickerMessage", drawn.getvalue(), "image/webp", **about)
        return _EMOJI

    async def emoji(self, chat: Chat, words: str) -> str:
        raise NotImplementedError("emoji of WhatsApp are characters, not pictures")

    async def place(self, chat: Chat, latitude: float, longitude: float) -> None:
        await self._person.send_place(self._jid(chat), latitude, longitude, "")

    async def album(self, chat: Chat, pictures: Sequence[bytes], caption: str) -> list[Seen]:
        sent = [await self.photo(chat, pictures[0], caption)]
        return sent + [await self.photo(chat, one) for one in pictures[1:]]

    async def exchange(self, message: Seen, picture: bytes, caption: str) -> None:
        raise NotImplementedError("a picture of WhatsApp that was sent stays the same")

    async def touch(self, message: Seen) -> None:
        shown = self._person.view.find(self._jid(message.chat), message.id)
        assert shown is not None
        await self._person.edit(shown, shown.text)


def _jpeg(picture: bytes) -> bytes:
    drawn = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as read:
        read.convert("RGB").save(drawn, "JPEG", quality=95)
    return drawn.getvalue()
