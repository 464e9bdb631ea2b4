# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram's voice messages, stickers and so on, in the hands of the conformance suite's people."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.records import Peer
from tests.conformance.driver import Chat, Seen


class TelegramKinds:
    """See `tests.conformance.kinds.Kinds`."""

    def __init__(
        self,
        net: TelegramSandbox,
        person: Person,
        find: Callable[[Chat], Awaitable[Any]],
        seen: Callable[[Chat, Any], Seen],
    ) -> None:
        self._net = net
        self._person = person
        self._find = find
        self._seen = seen

    async def send_media(self, chat: Chat, media: Any, caption: str = "") -> Any:
        """Send any ``InputMedia``."""
        return await self._person.client.send_file(await self._find(chat), media, caption=caption)

    async def _document(
        self, chat: Chat, data: bytes, name: str, mime: str, *attributes: Any, **more: Any
    ) -> None:
        caption = more.pop("caption", "")
        uploaded = await self._person.client.upload_file(data, file_name=name)
        media = types.InputMediaUploadedDocument(uploaded, mime, list(attributes), **more)
        await self.send_media(chat, media, caption)

    async def voice(self, chat: Chat, data: bytes, seconds: int, loudness: Sequence[int]) -> None:
        bits = sum(one << 5 * at for at, one in enumerate(loudness))
        packed = bits.to_bytes((5 * len(loudness) + 7) // 8, "little")
        about = types.DocumentAttributeAudio(seconds, voice=True, waveform=packed)
        await self._document(chat, data, "voice.ogg", "audio/ogg", about)

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
        width = 240 if is_round else 320
        about: list[Any] = [
            types.DocumentAttributeVideo(1.5, width, 240, round_message=is_round or None)
        ]
        if looping:
            about.append(types.DocumentAttributeAnimated())
        more: dict[str, Any] = {"spoiler": spoiler or None, "caption": caption}
        if thumbnail is not None:
            more["thumb"] = await self._person.client.upload_file(thumbnail, file_name="t.png")
        await self._document(chat, data, "v.mp4", "video/mp4", *about, **more)

    async def music(self, chat: Chat, data: bytes, title: str, performer: str) -> None:
        """Send a song of 200 seconds."""
        about = types.DocumentAttributeAudio(200, title=title, performer=performer)
        await self._document(chat, data, "song.mp3", "audio/mpeg", about)

    async def tick(self, chat: Chat, message: int, *items: int) -> None:
        """Tick items of a list."""
        target = await self._find(chat)
        await self._person.client(
            functions.messages.ToggleTodoCompletedRequest(target, message, list(items), [])
        )

    def _samples(self) -> Any:
        operator = self._net.operator
        return operator.add_sample_stickers(self._person.account.id)

    async def sticker(self, chat: Chat, name: str = "sandbox_animated") -> str:
        """Send the first sticker of a sample set."""
        self._samples()
        named = types.InputStickerSetShortName(name)
        found = await self._person.client(functions.messages.GetStickerSetRequest(named, 0))
        sent = await self._person.client.send_file(await self._find(chat), found.documents[0])
        emoji: str = sent.file.emoji
        return emoji

    async def emoji(self, chat: Chat, words: str) -> str:
        document = self._samples()["sandbox_emoji"].documents[1]
        text = f"{words} 🟢"
        offset = len(f"{words} ".encode("utf-16-le")) // 2
        await self._person.client.send_message(
            await self._find(chat),
            text,
            formatting_entities=[types.MessageEntityCustomEmoji(offset, 2, document)],
        )
        return text

    async def place(self, chat: Chat, latitude: float, longitude: float) -> None:
        point = types.InputGeoPoint(latitude, longitude)
        await self.send_media(chat, types.InputMediaGeoPoint(point))

    async def album(self, chat: Chat, pictures: Sequence[bytes], caption: str) -> list[Seen]:
        client = self._person.client
        files = [await client.upload_file(one, file_name="p.png") for one in pictures]
        captions = [caption] + [""] * (len(files) - 1)
        sent = await client.send_file(await self._find(chat), files, caption=captions)
        return [self._seen(chat, one) for one in sent]

    async def exchange(self, message: Seen, picture: bytes, caption: str) -> None:
        client = self._person.client
        uploaded = await client.upload_file(picture, file_name="p.png")
        media = types.InputMediaUploadedPhoto(uploaded)
        await client(
            functions.messages.EditMessageRequest(
                await self._find(message.chat), int(message.id), message=caption, media=media
            )
        )

    async def touch(self, message: Seen) -> None:
        me = self._person.account.id
        other = next(int(one) for one in message.chat.people if int(one) != me)
        posts = self._net.world.posts
        post = posts.find(me, Peer.user(other), int(message.id))
        self._net.operator.apply(lambda: posts.edited(post))
