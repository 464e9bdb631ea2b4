# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes what was read of a chat's history into its room, in order and once each."""

from attrs import define, evolve, field, frozen
from mautrix.types import EventID, RoomID

from bridges.core.content import Poll
from bridges.core.emoji import CustomEmoji
from bridges.core.history.choice import HistoryWriters
from bridges.core.history.pages import PastMessage
from bridges.core.history.store import HistoryStore
from bridges.core.history.writer import EventKey, PastEvent, PastReaction
from bridges.core.ids import ChatKey, MessageID
from bridges.core.matrix.senders import Senders
from bridges.core.portal.contents import Contents, fitting, in_view
from bridges.core.portal.digest import digest
from bridges.core.portal.links import Links
from bridges.core.portal.own_sends import OwnSends
from bridges.core.portal.pins import PinBoard
from bridges.core.portal.polls import Polls
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.messages import (
    MessageStore,
    StoredMessage,
    StoredReaction,
    milliseconds,
    part_name,
)

BATCH = 20
"""Messages written at a time: so many are in memory, and are written again after a crash."""

_NO_EVENT_YET = EventID("")


@frozen
class Place:
    """A chat's room, and the login that reads the chat.

    Attributes:
        behind: what was said before goes behind what is in the room, not after it.
    """

    chat: ChatKey
    room: RoomID
    login: ActiveLogin
    behind: bool = False


@define
class _Batch:
    """What is written at once, and the links it leads to."""

    events: list[PastEvent | PastReaction] = field(factory=list)
    links: dict[EventKey, StoredMessage] = field(factory=dict)
    polls: dict[EventKey, tuple[StoredMessage, Poll]] = field(factory=dict)
    reactions: dict[EventKey, StoredReaction] = field(factory=dict)


class HistoryFiller:
    """Empties the store into rooms."""

    def __init__(
        self,
        store: HistoryStore,
        messages: MessageStore,
        links: Links,
        senders: Senders,
        contents: Contents,
        emoji: CustomEmoji,
        polls: Polls,
        own_sends: OwnSends,
        pins: PinBoard,
        writers: HistoryWriters,
    ) -> None:
        self._store = store
        self._messages = messages
        self._links = links
        self._senders = senders
        self._contents = contents
        self._emoji = emoji
        self._polls = polls
        self._own_sends = own_sends
        self._pins = pins
        self._writers = writers

    async def write_some(self, place: Place) -> bool:
        """Write the next messages of a chat; False if there are none. Raises the passing errors."""
        kept = await self._store.oldest(place.chat, BATCH)
        if not kept:
            return False
        batch = _Batch()
        for one in kept:
            # A message of one of our people may have come into the room from Matrix.
            if not await self._own_sends.known(place.room, one.past.message):
                await self._compose(batch, one.past, place)
        async with self._links.in_the_making(place.chat):
            await self._write(batch, place)
        tallies = [one.past.tally for one in kept if one.past.tally is not None]
        if not place.behind:
            for tally in tallies:
                await self._polls.from_remote(tally, place.login, "history")
            tallies = []
        await self._pins.bridged(place.chat, place.room, [one.past.message.id for one in kept])
        login = place.login.record.id
        # Votes that are not part of the history need the poll to be in the room.
        await self._store.forget(place.chat, kept[-1].position, login, tallies)
        return True

    async def finish(self, place: Place) -> None:
        """See that everything written is in the room. Raises the passing errors."""
        await self._writers.for_room(behind=place.behind).finish(place.room)

    async def _write(self, batch: _Batch, place: Place) -> None:
        writer = self._writers.for_room(behind=place.behind)
        ids = await writer.insert(place.room, batch.events)
        for key, (link, poll) in batch.polls.items():
            await self._polls.remember(ids[key], link.chat, link.id, poll)
        await self._store.link(
            [evolve(link, event=ids[key]) for key, link in batch.links.items()],
            [evolve(one, event=ids[key]) for key, one in batch.reactions.items() if key in ids],
        )

    async def _compose(self, batch: _Batch, past: PastMessage, place: Place) -> None:
        message, login = past.message, place.login
        sender = await self._senders.speaker(
            place.room, message.sender, login.record.id, invited=place.behind
        )
        reply = await self._answered(batch, message.chat, message.reply_to)
        sent_at = milliseconds(message.timestamp)
        parts = message.parts
        if reply is None and message.answered is not None:
            parts = in_view(parts, message.answered)
        for index, part in enumerate(fitting(parts)):
            key = EventKey(str(message.chat), message.id, part_name(index))
            rendered = await self._contents.of(part, login)
            event = PastEvent(key, sender, sent_at, rendered, None if index else reply)
            batch.events.append(event)
            link = StoredMessage(
                chat=message.chat,
                id=message.id,
                event=_NO_EVENT_YET,
                sender=message.sender.user,
                sender_mxid=sender.mxid,
                sent_at=sent_at,
                part=part_name(index),
                edit_stamp=past.edit_stamp,
                digest=digest(part),
            )
            batch.links[key] = link
            if isinstance(part, Poll):
                batch.polls[key] = (link, part)
        await self._compose_reactions(batch, past, place)

    async def _compose_reactions(self, batch: _Batch, past: PastMessage, place: Place) -> None:
        message = past.message
        chat, target = str(message.chat), EventKey(str(message.chat), message.id, part_name(0))
        for one in past.reactions:
            sender = await self._senders.speaker(
                place.room, one.user, place.login.record.id, invited=place.behind
            )
            for emoji in one.emojis:
                key = EventKey(chat, message.id, f"{emoji} of {one.user.user}")
                sent_at = milliseconds(message.timestamp)
                reaction = await self._emoji.as_reaction(place.login.session, emoji)
                batch.events.append(PastReaction(key, sender, sent_at, target, reaction))
                batch.reactions[key] = StoredReaction(
                    message.chat, message.id, one.user.user, emoji, _NO_EVENT_YET, sender.mxid
                )

    async def _answered(
        self, batch: _Batch, chat: ChatKey, answered: MessageID | None
    ) -> EventID | EventKey | None:
        if answered is None:
            return None
        key = EventKey(str(chat), answered, part_name(0))
        if key in batch.links:
            return key
        stored = await self._messages.parts(chat, answered)
        return stored[0].event if stored else None
