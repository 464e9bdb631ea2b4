# SPDX-License-Identifier: AGPL-3.0-or-later
"""FakeNetwork's voice messages, stickers and so on, in the hands of the conformance suite's people."""

from collections.abc import Callable, Sequence

from bridges.core.content import (
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    RemoteMedia,
    RemotePart,
    RemoteThumbnail,
    Text,
)
from bridges.core.ids import MessageID
from tests.conformance.driver import Chat, Seen
from tests.conformance.pictures import png
from tests.fakes import world
from tests.fakes.phone import FakePhone

EMOJI = "camel"
"""Name of the one emoji that is a picture."""


class FakeKinds:
    """See `tests.conformance.kinds.Kinds`."""

    def __init__(
        self,
        net: world.World,
        person: FakePhone,
        find: Callable[[Chat], world.Chat],
        seen: Callable[[Chat, world.Message], Seen],
    ) -> None:
        self._world = net
        self._user = person.account.user
        self._find = find
        self._seen = seen

    def _post(self, chat: Chat, *parts: RemotePart) -> Seen:
        return self._seen(chat, self._world.post(self._find(chat), self._user, parts))

    def _file(
        self,
        data: bytes,
        kind: MediaKind,
        info: MediaInfo,
        caption: str | None = None,
        look: MediaLook | None = None,
        thumbnail: bytes | None = None,
    ) -> RemoteMedia:
        words = None if caption is None else FormattedText(caption)
        kept = self._world.keep_file(data, kind, info, words)
        small = None
        if thumbnail is not None:
            reference = self._world.keep_avatar(thumbnail).reference
            small = RemoteThumbnail(reference, "image/png", len(thumbnail), 64, 48, reference)
        return RemoteMedia(
            kept.kind,
            kept.info,
            kept.reference,
            kept.cache_key,
            kept.caption,
            look or MediaLook(),
            small,
        )

    async def voice(self, chat: Chat, data: bytes, seconds: int, loudness: Sequence[int]) -> None:
        look = MediaLook(voice=True, waveform=tuple(round(one * 1024 / 31) for one in loudness))
        info = MediaInfo("voice.ogg", "audio/ogg", len(data), duration_ms=seconds * 1000)
        self._post(chat, self._file(data, MediaKind.AUDIO, info, look=look))

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
        look = MediaLook(spoiler=spoiler, animated=looping, round=is_round)
        width = 240 if is_round else 320
        info = MediaInfo("v.mp4", "video/mp4", len(data), width, 240, 1500)
        self._post(chat, self._file(data, MediaKind.VIDEO, info, caption, look, thumbnail))

    async def sticker(self, chat: Chat) -> str:
        info = MediaInfo("camel.webp", "image/webp", width=256, height=256)
        self._post(chat, self._file(png(77), MediaKind.STICKER, info, "🐫"))
        return "🐫"

    async def emoji(self, chat: Chat, words: str) -> str:
        self._world.files[EMOJI] = png(78)
        picture = f'<img data-mx-emoticon src="karvon:emoji/{EMOJI}" alt="🐫">'
        self._post(chat, Text(FormattedText(f"{words} 🐫", f"{words} {picture}")))
        return f"{words} 🐫"

    async def place(self, chat: Chat, latitude: float, longitude: float) -> None:
        self._post(chat, Location(f"geo:{latitude},{longitude}"))

    async def album(self, chat: Chat, pictures: Sequence[bytes], caption: str) -> list[Seen]:
        info = MediaInfo("photo.png", "image/png")
        return [
            self._post(chat, self._file(one, MediaKind.IMAGE, info, None if at else caption))
            for at, one in enumerate(pictures)
        ]

    async def exchange(self, message: Seen, picture: bytes, caption: str) -> None:
        chat = self._find(message.chat)
        info = MediaInfo("photo.png", "image/png")
        other = self._file(picture, MediaKind.IMAGE, info, caption)
        self._world.edit(chat, chat.messages[MessageID(message.id)], (other,))

    async def touch(self, message: Seen) -> None:
        chat = self._find(message.chat)
        found = chat.messages[MessageID(message.id)]
        self._world.edit(chat, found, found.parts)
