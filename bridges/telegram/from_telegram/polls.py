# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls and how they stand (https://core.telegram.org/api/poll)."""

from collections.abc import Sequence
from typing import Any

from telethon.tl.types import MessageMediaPoll

from bridges.core.content import Poll, PollAnswer
from bridges.core.events import PollCount, RemotePollTally, VotesOf
from bridges.core.formatting.names import clean_text_lines
from bridges.core.ids import ChatKey, MessageID
from bridges.telegram import ids
from bridges.telegram.from_telegram.surroundings import Surroundings

_HEX = "0x"


def answer_id(option: bytes) -> str:
    """The id of an answer; Telegram's is any bytes, other clients use single digits or letters."""
    if option.isalnum() and not option.startswith(_HEX.encode()):
        return option.decode("ascii")
    return _HEX + option.hex()


def option_of(answer: str) -> bytes:
    """Telegram's option of an answer's id."""
    if answer.startswith(_HEX):
        return bytes.fromhex(answer.removeprefix(_HEX))
    return answer.encode()


def poll_part(poll: Any) -> Poll:
    """What a ``Poll`` asks."""
    answers = tuple(
        PollAnswer(answer_id(one.option), clean_text_lines(one.text.text)) for one in poll.answers
    )
    return Poll(
        question=clean_text_lines(poll.question.text),
        answers=answers,
        max_selections=max(1, len(answers)) if poll.multiple_choice else 1,
        disclosed=not poll.hide_results_until_close,
        quiz=bool(poll.quiz),
    )


def message_tally(message: Any, around: Surroundings) -> Sequence[RemotePollTally]:
    """How the poll in a message stands, if anything has happened to it."""
    media = message.media
    if not isinstance(media, MessageMediaPoll):
        return []
    if not media.results.total_voters and not media.poll.closed:
        return []
    chat = around.chat_of(message)
    return [_tally(chat, ids.message_id(message.id), media.poll, media.results, around)]


def poll_events(update: Any, around: Surroundings) -> Sequence[RemotePollTally]:
    """What ``UpdateMessagePoll`` means. One that does not name its message cannot be placed."""
    if update.peer is None or update.msg_id is None:
        return []
    chat = around.place(update.peer, update.msg_id, update.top_msg_id)
    return [_tally(chat, ids.message_id(update.msg_id), update.poll, update.results, around)]


def _tally(
    chat: ChatKey, target: MessageID, poll: Any, results: Any, around: Surroundings
) -> RemotePollTally:
    counted = results.results or ()
    mine = tuple(answer_id(one.option) for one in counted if one.chosen)
    return RemotePollTally(
        chat=chat,
        target=target,
        counts=tuple(
            PollCount(answer_id(one.option), one.voters or 0, bool(one.correct)) for one in counted
        ),
        total=results.total_voters or 0,
        # ``min`` results are the same for everybody and do not say what this account has chosen.
        votes=() if results.min else (VotesOf(around.myself, mine),),
        anonymous=not (poll.public_voters if poll is not None else results.recent_voters),
        closed=poll is not None and bool(poll.closed),
    )
