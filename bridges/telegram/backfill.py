# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of a chat's past, read slowly: Telegram gives 100 messages at a time and wants to be asked rarely."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen
from telethon import utils
from telethon.tl import types as tl
from telethon.tl.functions.messages import (
    GetForumTopicsByIDRequest,
    GetHistoryRequest,
    GetPeerDialogsRequest,
    GetRepliesRequest,
)

from bridges.core.clock import Clock
from bridges.core.events import (
    ReactionsOf,
    RemoteMessage,
    RemotePollTally,
    RemoteReceipt,
)
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.ids import ChatKey, LoginID, MessageID
from bridges.core.network import BridgeHandle
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.from_telegram.messages import message_events, stamp_of
from bridges.telegram.from_telegram.reactions import reactions_on
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.peers import Peers
from bridges.telegram.people import People, passer_by
from bridges.telegram.store.entities import Entities

PAGE = 100
"""Messages Telegram gives at a time."""

SECONDS_PER_MESSAGE = 0.01
"""How long the next request waits for each message of the answer before."""

_LONGEST_ALBUM = 10
_MOVES = (tl.MessageActionChatMigrateTo, tl.MessageActionChannelMigrateFrom)


class Pace:
    """Lets one request for messages through after the other, none too early."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._free_at: datetime | None = None

    async def ask(self, call: Caller, request: Any) -> Any:
        """Send a request when it is time. Raises the errors of a request."""
        async with self._lock:
            if self._free_at is not None:
                early = (self._free_at - self._clock.now()).total_seconds()
                if early > 0:
                    await self._clock.sleep(early)
            answer = await call(request)
            length = timedelta(seconds=SECONDS_PER_MESSAGE * len(answer.messages))
            self._free_at = self._clock.now() + length
            return answer


@frozen
class Piece:
    """The messages of an answer that make a page, oldest first; whether the chat begins with them."""

    messages: tuple[Any, ...]
    is_first: bool


def piece_of(messages: Sequence[Any], asked: int, limit: int) -> Piece:
    """Cut the last ``limit`` messages out of an answer, or so many that no album is cut in two.

    Args:
        messages: the answer's, oldest first.
        asked: how many were asked for; an answer that has fewer reaches the beginning.
    """
    is_first = len(messages) < asked
    start = max(0, len(messages) - limit)
    while start > 0 and _are_together(messages[start - 1], messages[start]):
        start -= 1
    if start == 0 and not is_first:
        start = _first_whole(messages)
    return Piece(tuple(messages[start:]), is_first and start == 0)


def _first_whole(messages: Sequence[Any]) -> int:
    """Where the first message is that does not belong to an album which may have begun before."""
    start = 1
    while start < len(messages) and _are_together(messages[start - 1], messages[start]):
        start += 1
    in_album = getattr(messages[0], "grouped_id", None) is not None
    return start if in_album and start < len(messages) else 0


def _are_together(one: Any, other: Any) -> bool:
    album = getattr(one, "grouped_id", None)
    return album is not None and album == getattr(other, "grouped_id", None)


class PastReader:
    """Reads the histories of one login's chats."""

    def __init__(
        self,
        login: LoginID,
        call: Caller,
        peers: Peers,
        people: People,
        entities: Entities,
        handle: BridgeHandle,
        *,
        takes_disappearing: bool,
    ) -> None:
        self._login = login
        self._me = ids.login_user(login)
        self._call = call
        self._peers = peers
        self._people = people
        self._entities = entities
        self._handle = handle
        self._takes_disappearing = takes_disappearing
        self._pace = Pace(handle.clock)

    async def history(self, chat: ChatKey, before: MessageID | None, limit: int) -> HistoryPage:
        """See ``ReadsHistory``."""
        asked = min(PAGE, limit + _LONGEST_ALBUM)
        peer = await self._peers.chat(chat)
        answer = await self._pace.ask(self._call, _request(chat, peer, before, asked))
        piece = piece_of(sorted(answer.messages, key=lambda one: one.id), asked, limit)
        page = await self._page(chat, piece, answer)
        if before is None or piece.messages:
            return page
        return evolve(page, continues=await self._grown_out_of(chat, peer, before))

    async def read_marks(
        self, chat: ChatKey, among: Sequence[MessageID]
    ) -> Sequence[RemoteReceipt]:
        """See ``ReadsHistory``."""
        dialog = await self._dialog(chat)
        numbers = [ids.message_number(one) for one in among]
        around = Surroundings(self._login, self._me)
        mine = dialog.read_inbox_max_id if dialog.unread_count else max(numbers)
        marks = [(around.myself, mine)]
        other = getattr(dialog, "peer", None)
        if isinstance(other, tl.PeerUser) and other.user_id != self._me:
            marks.append((around.sender(other), dialog.read_outbox_max_id))
        return [
            RemoteReceipt(chat, reader, ids.message_id(read))
            for reader, mark in marks
            if (read := max((one for one in numbers if one <= mark), default=0))
        ]

    async def _dialog(self, chat: ChatKey) -> Any:
        """The ``Dialog`` of a chat, or the ``ForumTopic`` that a topic is."""
        peer, topic = await self._peers.chat(chat), ids.topic_number(chat)
        if topic is None:
            answer = await self._call(GetPeerDialogsRequest([tl.InputDialogPeer(peer)]))
            return answer.dialogs[0]
        answer = await self._call(GetForumTopicsByIDRequest(peer, [topic]))
        if not isinstance(answer.topics[0], tl.ForumTopic):
            raise refused("TOPIC_DELETED")
        return answer.topics[0]

    async def _grown_out_of(self, chat: ChatKey, peer: Any, first: MessageID) -> ChatKey | None:
        """The chat before a chat's first message, which itself says so and need not be on a page."""
        after = ids.message_id(ids.message_number(first) + 1)
        answer = await self._pace.ask(self._call, _request(chat, peer, after, 1))
        return _predecessor(answer.messages, Surroundings(self._login, self._me))

    async def _page(self, chat: ChatKey, piece: Piece, answer: Any) -> HistoryPage:
        users, chats = answer.users, answer.chats
        known = {utils.get_peer_id(one): one for one in (*users, *chats)}
        around = Surroundings(
            self._login,
            self._me,
            known=known,
            say=await self._handle.translation(self._login),
            takes_disappearing=self._takes_disappearing,
        )
        for message in piece.messages:
            self._entities.note(passer_by(message, known))
        oldest = piece.messages[0].id if piece.messages else None
        return HistoryPage(
            messages=tuple(
                past for one in piece.messages if (past := _past(one, chat, around)) is not None
            ),
            more=None if piece.is_first or oldest is None else ids.message_id(oldest),
            continues=_predecessor(piece.messages, around),
            people=await self._people.introduced(users, chats),
        )


def _request(chat: ChatKey, peer: Any, before: MessageID | None, limit: int) -> Any:
    """The request for the messages of a chat, or of one topic of a forum."""
    topic = ids.topic_number(chat)
    place: dict[str, Any] = {"peer": peer} if topic is None else {"peer": peer, "msg_id": topic}
    return (GetHistoryRequest if topic is None else GetRepliesRequest)(
        **place,
        offset_id=0 if before is None else ids.message_number(before),
        offset_date=None,
        add_offset=0,
        limit=limit,
        max_id=0,
        min_id=0,
        hash=0,
    )


def _past(message: Any, chat: ChatKey, around: Surroundings) -> PastMessage | None:
    """A message of the past; None where nothing was said, or in another topic."""
    if isinstance(getattr(message, "action", None), _MOVES):
        return None  # Both halves are in the room, as if there had been no move.
    events = message_events(message, around)
    said = next((one for one in events if isinstance(one, RemoteMessage)), None)
    if said is None or said.chat != chat:
        return None
    tally = next((one for one in events if isinstance(one, RemotePollTally)), None)
    return PastMessage(said, stamp_of(message), _reactions(message, around), tally)


def _reactions(message: Any, around: Surroundings) -> tuple[ReactionsOf, ...]:
    given = next(iter(reactions_on(message, around)), None)
    return () if given is None else tuple(one for one in given.by if one.emojis)


def _predecessor(messages: Sequence[Any], around: Surroundings) -> ChatKey | None:
    """The basic group a supergroup has grown out of, if this is where it begins."""
    for message in messages:
        action = getattr(message, "action", None)
        if isinstance(action, tl.MessageActionChannelMigrateFrom):
            return around.chat(tl.PeerChat(action.chat_id))
    return None
