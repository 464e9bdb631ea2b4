# SPDX-License-Identifier: AGPL-3.0-or-later
"""The kinds of messages somebody can send besides texts and plain files."""

from abc import ABC, abstractmethod
from typing import Any

from telethon.tl import functions, types


class MessageKinds(ABC):
    """What a person does with polls and other media, through the person's own client."""

    client: Any

    @abstractmethod
    async def entity(self, name: str | int) -> Any:
        """Find a chat by id, phone, username or title, as a client would."""

    async def send_media(
        self, to: str | int, media: Any, caption: str = "", *, reply_to: int | None = None
    ) -> Any:
        """Send any TL ``InputMedia``; returns the sent message."""
        target = await self.entity(to)
        return await self.client.send_file(target, media, caption=caption, reply_to=reply_to)

    async def send_album(
        self,
        to: str | int,
        files: list[tuple[bytes, str]],
        caption: str = "",
        *,
        as_documents: bool = False,
    ) -> list[Any]:
        """Send files (bytes and name) that belong together; the first one has the caption."""
        uploaded = [await self.client.upload_file(data, file_name=name) for data, name in files]
        captions = [caption] + [""] * (len(files) - 1)
        sent: list[Any] = await self.client.send_file(
            await self.entity(to), uploaded, caption=captions, force_document=as_documents
        )
        return sent

    async def forward(
        self, source: str | int, message_ids: list[int], to: str | int, *, drop_author: bool = False
    ) -> list[Any]:
        """Send messages on; returns the copies."""
        target, origin = await self.entity(to), await self.entity(source)
        sent: list[Any] = await self.client.forward_messages(
            target, message_ids, origin, drop_author=drop_author
        )
        return sent

    async def quote(
        self,
        to: str | int,
        text: str,
        message_id: int,
        part: str | None = None,
        *,
        of: str | int | None = None,
    ) -> int:
        """Answer a part of a message, of another chat if `of` names one; returns the answer's id."""
        reply = types.InputReplyToMessage(message_id, quote_text=part)
        if of is not None:
            reply.reply_to_peer_id = await self.entity(of)
        if part is not None:
            original = await self.client.get_messages(await self.entity(of or to), ids=message_id)
            before = original.message.partition(part)[0]
            reply.quote_offset = len(before.encode("utf-16-le")) // 2
        request = functions.messages.SendMessageRequest(await self.entity(to), text, reply_to=reply)
        return _sent_id(await self.client(request))

    async def react_with(self, chat: str | int, message_id: int, *reactions: str | int) -> None:
        """React with emoji and custom emoji (by document id); the former ones are replaced."""
        chosen = [
            types.ReactionEmoji(one) if isinstance(one, str) else types.ReactionCustomEmoji(one)
            for one in reactions
        ]
        target = await self.entity(chat)
        await self.client(
            functions.messages.SendReactionRequest(target, message_id, reaction=chosen)
        )

    async def open(self, chat: str | int, *message_ids: int) -> None:
        """Listen to voice messages, or look at what may be seen once."""
        target = await self.entity(chat)
        if isinstance(target, types.InputPeerChannel):
            await self.client(
                functions.channels.ReadMessageContentsRequest(target, list(message_ids))
            )
            return
        await self.client(functions.messages.ReadMessageContentsRequest(list(message_ids)))

    async def send_sticker(self, to: str | int, short_name: str, number: int = 0) -> Any:
        """Send a sticker of a set, by its number (from 0)."""
        named = types.InputStickerSetShortName(short_name)
        found = await self.client(functions.messages.GetStickerSetRequest(named, 0))
        return await self.client.send_file(await self.entity(to), found.documents[number])

    # -- places

    async def send_location(
        self, to: str | int, latitude: float, longitude: float, *, live_for: int | None = None
    ) -> Any:
        """Send a place, or share it for some seconds."""
        point = types.InputGeoPoint(latitude, longitude)
        if live_for is None:
            return await self.send_media(to, types.InputMediaGeoPoint(point))
        return await self.send_media(to, types.InputMediaGeoLive(point, period=live_for))

    async def move(
        self, chat: str | int, message_id: int, latitude: float, longitude: float
    ) -> None:
        """Update a live location."""
        media = types.InputMediaGeoLive(types.InputGeoPoint(latitude, longitude))
        await self._edit_media(chat, message_id, media)

    async def stop_sharing(self, chat: str | int, message_id: int) -> None:
        """End a live location."""
        media = types.InputMediaGeoLive(types.InputGeoPointEmpty(), stopped=True)
        await self._edit_media(chat, message_id, media)

    async def _edit_media(self, chat: str | int, message_id: int, media: Any) -> None:
        target = await self.entity(chat)
        await self.client(functions.messages.EditMessageRequest(target, message_id, media=media))

    # -- polls

    async def send_poll(
        self,
        to: str | int,
        question: str,
        answers: list[str],
        *,
        public: bool = False,
        multiple: bool = False,
        correct: int | None = None,
        solution: str | None = None,
        hide_results: bool = False,
        closes_in: int | None = None,
    ) -> Any:
        """Send a poll, or a quiz when `correct` is the number of an answer (from 0).

        `closes_in` is in seconds.
        """
        poll = types.Poll(
            id=0,
            question=types.TextWithEntities(question, []),
            answers=[types.InputPollAnswer(types.TextWithEntities(text, [])) for text in answers],
            hash=0,
            public_voters=public,
            multiple_choice=multiple,
            quiz=correct is not None,
            hide_results_until_close=hide_results,
            close_period=closes_in,
        )
        media = types.InputMediaPoll(
            poll,
            correct_answers=None if correct is None else [correct],
            solution=solution,
            solution_entities=None if solution is None else [],
        )
        return await self.send_media(to, media)

    async def vote(self, chat: str | int, message_id: int, *answers: int) -> None:
        """Vote for answers by number (from 0); none of them takes the vote back."""
        target = await self.entity(chat)
        poll = (await self._poll(target, message_id)).poll
        options = [poll.answers[number].option for number in answers]
        await self.client(functions.messages.SendVoteRequest(target, message_id, options))

    async def close_poll(self, chat: str | int, message_id: int) -> None:
        """End an own poll."""
        target = await self.entity(chat)
        poll = (await self._poll(target, message_id)).poll
        poll.closed = True
        await self._edit_media(chat, message_id, types.InputMediaPoll(poll))

    async def _poll(self, target: Any, message_id: int) -> Any:
        message = await self.client.get_messages(target, ids=message_id)
        if message is None or not isinstance(message.media, types.MessageMediaPoll):
            raise ValueError(f"message {message_id} is no poll")
        return message.media


def _sent_id(answer: Any) -> int:
    if isinstance(answer, types.UpdateShortSentMessage):
        return int(answer.id)
    found = (one.id for one in answer.updates if isinstance(one, types.UpdateMessageID))
    return int(next(found))
