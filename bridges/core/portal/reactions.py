# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps reactions equal on both sides: what is there is compared with what should be.

The network's news may be older than what somebody of ours has just given or taken back. Where they
contradict that, they are not believed: the network is asked how things are now.
"""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta

import structlog
from attrs import evolve, frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.abilities import ListsReactions
from bridges.core.chat import Sender
from bridges.core.clock import Clock
from bridges.core.emoji import CustomEmoji
from bridges.core.errors import Rejected
from bridges.core.events import ReactionsOf, RemoteReactions
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.rendering import reaction_content
from bridges.core.matrix.senders import Senders
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.database import Database
from bridges.core.storage.messages import (
    MessageStore,
    StoredMessage,
    StoredReaction,
    milliseconds,
)
from bridges.core.storage.portals import PortalStore

_VARIATION = "\ufe0f"
_DUPLICATE = "M_DUPLICATE_ANNOTATION"

_REMEMBERED = 4096
"""Reactions from here of which the time is known."""

_LONG_AGO = datetime.fromtimestamp(0, UTC)

_LAG = timedelta(seconds=10)
"""So long after a change from here the network may still tell what was before it."""


def same_emoji(one: str, other: str) -> bool:
    """Whether two reactions are the same; clients set variation selectors as they like."""
    return _plain(one) == _plain(other)


def contradictions(
    event: RemoteReactions, stored: Sequence[StoredReaction], users: AbstractSet[RemoteUserID]
) -> frozenset[RemoteUserID]:
    """Give those among ``users`` who react otherwise by an event than is known."""
    exact = {one.user.user: set(map(_plain, one.emojis)) for one in event.by if one.exact}
    at_least = {one.user.user: set(map(_plain, one.emojis)) for one in event.by}
    known: dict[RemoteUserID, set[str]] = {user: set() for user in users}
    for reaction in stored:
        if reaction.sender in known:
            known[reaction.sender].add(_plain(reaction.emoji))
    return frozenset(
        user
        for user, emojis in known.items()
        if not at_least.get(user, set()) <= emojis
        or ((user in exact or event.complete) and exact.get(user, set()) != emojis)
    )


def _plain(emoji: str) -> str:
    return emoji.replace(_VARIATION, "")


@frozen
class _Target:
    """A message in a room, who reports on its reactions, and the report's own name."""

    room: RoomID
    message: StoredMessage
    login: ActiveLogin
    generation: str


class ReactionSync:
    """Applies reactions of the network to a room, and the network's answer to our own."""

    def __init__(
        self,
        database: Database,
        messages: MessageStore,
        portals: PortalStore,
        senders: Senders,
        writer: RoomWriter,
        emoji: CustomEmoji,
        gate: EchoGate,
        clock: Clock,
    ) -> None:
        self._log = structlog.get_logger("karvon.reactions")
        self._db = database
        self._messages = messages
        self._portals = portals
        self._senders = senders
        self._writer = writer
        self._emoji = emoji
        self._gate = gate
        self._clock = clock
        self._changed: BoundedCache[tuple[ChatKey, MessageID, RemoteUserID], datetime]
        self._changed = BoundedCache(_REMEMBERED)

    def changed_here(self, chat: ChatKey, message: MessageID, user: RemoteUserID) -> None:
        """Note that the network has just been told how somebody of ours reacts to a message."""
        self._changed.put((chat, message, user), self._clock.now())

    async def from_remote(
        self, event: RemoteReactions, received: datetime, login: ActiveLogin, generation: str
    ) -> None:
        """Make a message's reactions in Matrix what they are on the network.

        ``received`` is when the network told. ``generation`` is the same whenever this event is handled
        again, and differs from others'. Whoever is not listed by an event that is not complete is asked
        for, if it is needed.
        """
        async with self._gate.hold(event.chat):
            target = await self._target(event, login, generation)
            if target is None:
                return
            event = await self._without_doubt(event, received, login)
            await self._apply(target, event)
            if await self._is_short(event):
                complete = await self._all_of(event, login)
                if complete is not None:
                    await self._apply(target, complete)

    async def _without_doubt(
        self, event: RemoteReactions, received: datetime, login: ActiveLogin
    ) -> RemoteReactions:
        """The event; or how things are now, or else its undoubted part, if it may be out of date."""
        stored = await self._messages.reactions(event.chat, event.target)
        # Those who cannot be asked about are believed whatever came after their change.
        lag = _LAG if isinstance(login.session, ListsReactions) else timedelta(0)
        recent = {
            user
            for user in {one.user.user for one in event.by} | {one.sender for one in stored}
            if received <= self._changed_at(event, user) + lag
        }
        doubtful = contradictions(event, stored, recent)
        if not doubtful:
            return event
        now = await self._all_of(event, login)
        if now is not None:
            return now
        by = tuple(one for one in event.by if one.user.user not in doubtful)
        return evolve(event, by=by, complete=False)

    def _changed_at(self, event: RemoteReactions, user: RemoteUserID) -> datetime:
        return self._changed.get((event.chat, event.target, user)) or _LONG_AGO

    async def _target(
        self, event: RemoteReactions, login: ActiveLogin, generation: str
    ) -> _Target | None:
        portal = await self._portals.get(event.chat)
        parts = await self._messages.parts(event.chat, event.target)
        if portal is None or portal.room is None or not parts or parts[0].redacted:
            return None
        return _Target(parts[0].room or portal.room, parts[0], login, generation)

    async def _apply(self, target: _Target, event: RemoteReactions) -> None:
        stored = await self._messages.reactions(event.chat, event.target)
        wanted = {one.user.user: one for one in event.by}
        if event.complete:
            for reaction in stored:
                gone = Sender(reaction.sender)
                wanted.setdefault(reaction.sender, ReactionsOf(gone, ()))
        for one in wanted.values():
            mine = [reaction for reaction in stored if reaction.sender == one.user.user]
            for reaction in mine if one.exact else ():
                if not any(same_emoji(reaction.emoji, emoji) for emoji in one.emojis):
                    await self.remove(target.room, reaction)
            for emoji in one.emojis:
                if not any(same_emoji(reaction.emoji, emoji) for reaction in mine):
                    await self._add(target, one.user, emoji)

    async def _is_short(self, event: RemoteReactions) -> bool:
        """Whether the room shows other numbers than the network counts."""
        if event.complete or event.totals is None:
            return False
        stored = await self._messages.reactions(event.chat, event.target)
        shown = Counter(_plain(one.emoji) for one in stored)
        counted = Counter[str]()
        for emoji, total in event.totals.items():
            counted[_plain(emoji)] += total
        return shown != counted

    async def _all_of(self, event: RemoteReactions, login: ActiveLogin) -> RemoteReactions | None:
        if not isinstance(login.session, ListsReactions):
            return None
        try:
            return await login.session.reactions_to(event.chat, event.target)
        except Rejected as refused:
            self._log.info("nobody says who reacts", error=str(refused))
            return None

    async def settle(
        self,
        room: RoomID,
        chat: ChatKey,
        message: MessageID,
        user: RemoteUserID,
        in_effect: tuple[str, ...],
    ) -> None:
        """Remove a person's reactions the network did not keep."""
        for reaction in await self._messages.reactions(chat, message):
            kept = any(same_emoji(reaction.emoji, emoji) for emoji in in_effect)
            if reaction.sender == user and not kept:
                await self.remove(room, reaction)

    async def remove(self, room: RoomID, reaction: StoredReaction) -> None:
        """Take one reaction out of a room."""
        await self._writer.redact(room, reaction.event, reaction.sender_mxid)
        async with self._db.transaction() as connection:
            await self._messages.delete_reaction(connection, reaction)

    async def take_out(self, room: RoomID, event: EventID, sender: UserID) -> None:
        """Take a reaction out of a room that the network refuses."""
        try:
            await self._writer.redact(room, event, sender)
        except HomeserverRefused as refused:
            self._log.info("a refused reaction stays in the room", error=str(refused))

    async def _add(self, target: _Target, user: Sender, emoji: str) -> None:
        message, login = target.message, target.login
        sender = await self._senders.speaker(target.room, user, login.record.id)
        event = await self._shown(target, sender, emoji)
        if event is None:
            return
        reaction = StoredReaction(
            chat=message.chat,
            message=message.id,
            sender=user.user,
            emoji=emoji,
            event=event,
            sender_mxid=sender.mxid,
            given_at=milliseconds(self._clock.now()),
        )
        async with self._db.transaction() as connection:
            await self._messages.put_reaction(connection, reaction)

    async def _shown(self, target: _Target, sender: MatrixSender, emoji: str) -> EventID | None:
        """Send a reaction; None if this sender has given the same one already."""
        shown = await self._emoji.as_reaction(target.login.session, emoji)
        content = reaction_content(target.message.event, shown)
        identity = (target.message.event, emoji, target.generation)
        try:
            return await self._writer.react(target.room, sender, content, identity)
        except HomeserverRefused as refused:
            if refused.errcode != _DUPLICATE:
                raise
            self._log.info("a reaction is there already", event=target.message.event)
            return None
