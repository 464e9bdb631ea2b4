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
        media = types.InputMediaPoll(poll)
        await self.client(functions.messages.EditMessageRequest(target, message_id, media=media))

    async def _poll(self, target: Any, message_id: int) -> Any:
        message = await self.client.get_messages(target, ids=message_id)
        if message is None or not isinstance(message.media, types.MessageMediaPoll):
            raise ValueError(f"message {message_id} is no poll")
        return message.media
