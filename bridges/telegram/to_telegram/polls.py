# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making polls, voting in them and ending them (https://core.telegram.org/api/poll)."""

from collections.abc import Sequence
from typing import Any

from telethon.tl.functions import channels
from telethon.tl.functions.messages import (
    EditMessageRequest,
    GetMessagesRequest,
    GetPollVotesRequest,
    SendVoteRequest,
)
from telethon.tl.types import (
    InputMediaPoll,
    InputMessageID,
    InputPollAnswer,
    MessageMediaPoll,
    MessagePeerVoteMultiple,
    PeerUser,
    TextWithEntities,
)
from telethon.tl.types import Poll as TelegramPoll

from bridges.core.chat import Sender
from bridges.core.content import Poll
from bridges.core.errors import BridgeError, Rejected
from bridges.core.events import VotesOf
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import OutgoingVote
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.from_telegram.polls import answer_id, option_of
from bridges.telegram.peers import Peers, input_channel

MAX_QUESTION = 255
MAX_ANSWER = 100
MIN_ANSWERS = 2
MAX_ANSWERS = 10
"""What every server of Telegram takes (https://core.telegram.org/api/config, ``poll_answers_max``)."""

_SAME = "TELEGRAM.MESSAGE_NOT_MODIFIED"
_PAGE = 100
_MOST_VOTES = 1000


def poll_media(poll: Poll) -> Any:
    """The ``InputMediaPoll`` of a new poll. Raises ``Rejected`` if Telegram has no such poll.

    Everybody sees who has voted how, as in Matrix.
    """
    too_long = len(poll.question) > MAX_QUESTION or any(
        len(one.text) > MAX_ANSWER for one in poll.answers
    )
    if too_long:
        raise Rejected(
            "TELEGRAM.POLL_TOO_LONG",
            user_text(
                "A question on Telegram has at most {question} characters and an answer {answer}.",
                question=MAX_QUESTION,
                answer=MAX_ANSWER,
            ),
        )
    if not MIN_ANSWERS <= len(poll.answers) <= MAX_ANSWERS:
        raise Rejected(
            "TELEGRAM.POLL_ANSWERS",
            user_text(
                "A poll on Telegram has {least} to {most} answers.",
                least=MIN_ANSWERS,
                most=MAX_ANSWERS,
            ),
        )
    return InputMediaPoll(
        TelegramPoll(
            id=0,
            question=TextWithEntities(poll.question, []),
            answers=[InputPollAnswer(TextWithEntities(one.text, [])) for one in poll.answers],
            hash=0,
            public_voters=True,
            multiple_choice=poll.max_selections > 1,
            hide_results_until_close=not poll.disclosed,
        )
    )


def is_poll(poll: Poll, media: Any) -> bool:
    """Whether a message's media is what ``poll`` becomes."""
    return (
        isinstance(media, MessageMediaPoll)
        and media.poll.question.text.strip() == poll.question.strip()
        and [one.text.text.strip() for one in media.poll.answers]
        == [one.text.strip() for one in poll.answers]
    )


def poll_options(media: Any) -> tuple[str, ...]:
    """The ids Telegram has given the answers of a new poll; empty for other media."""
    if not isinstance(media, MessageMediaPoll):
        return ()
    return tuple(answer_id(one.option) for one in media.poll.answers)


class PollActions:
    """Acts on polls for one login. ``me`` is the account's user id."""

    def __init__(self, call: Caller, peers: Peers, me: int) -> None:
        self._call = call
        self._peers = peers
        self._me = me

    async def vote(self, vote: OutgoingVote) -> None:
        """See ``HandlesPolls``."""
        peer = await self._peers.chat(vote.chat)
        options = [option_of(one) for one in vote.answers]
        try:
            await self._call(SendVoteRequest(peer, ids.message_number(vote.target), options))
        except BridgeError as error:
            if error.code != _SAME:
                raise

    async def end(self, chat: ChatKey, poll: MessageID) -> None:
        """See ``HandlesPolls``."""
        peer, number = await self._peers.chat(chat), ids.message_number(poll)
        found = await self._poll(peer, number)
        if found.closed:
            return
        found.closed = True
        try:
            await self._call(EditMessageRequest(peer, number, media=InputMediaPoll(found)))
        except BridgeError as error:
            if error.code != _SAME:
                raise

    async def votes(self, chat: ChatKey, poll: MessageID) -> Sequence[VotesOf]:
        """See ``HandlesPolls``; the newest votes, at most a thousand."""
        peer, number = await self._peers.chat(chat), ids.message_number(poll)
        chosen: dict[Sender, list[str]] = {}
        offset = None
        count = 0
        while count < _MOST_VOTES:
            page = await self._call(GetPollVotesRequest(peer, number, _PAGE, offset=offset))
            for one in page.votes:
                options = one.options if isinstance(one, MessagePeerVoteMultiple) else [one.option]
                chosen.setdefault(self._sender(one.peer), []).extend(map(answer_id, options))
            count += len(page.votes)
            offset = page.next_offset
            if not offset or not page.votes:
                break
        return [VotesOf(who, tuple(dict.fromkeys(answers))) for who, answers in chosen.items()]

    async def _poll(self, peer: Any, number: int) -> Any:
        channel, wanted = input_channel(peer), [InputMessageID(number)]
        answer = await self._call(
            GetMessagesRequest(wanted)
            if channel is None
            else channels.GetMessagesRequest(channel, wanted)
        )
        media = getattr(answer.messages[0], "media", None) if answer.messages else None
        if not isinstance(media, MessageMediaPoll):
            raise refused("MESSAGE_ID_INVALID")
        return media.poll

    def _sender(self, peer: Any) -> Sender:
        mine = isinstance(peer, PeerUser) and peer.user_id == self._me
        return Sender(ids.sender_id(peer), mine)
