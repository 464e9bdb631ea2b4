# SPDX-License-Identifier: AGPL-3.0-or-later
"""News of chats, of which older ones never undo newer ones.

News are handled in the order in which they were received, but that is not always the order in which
things have happened: an answer of the network's may be older than what it has told by itself while it was
being asked, and what it has told may be older than a change which somebody has made in Matrix meanwhile.
News that may be out of date and contradict what is known are not believed: the network is asked how things
are now. The chat's ``EchoGate`` is held all that time, so that nothing is changed from here in between.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from attrs import evolve

from bridges.core.chat import ChatInfo
from bridges.core.clock import Clock
from bridges.core.errors import BridgeError, TemporaryError
from bridges.core.events import ChatChanged, RemotePins
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.portal.pins import PinBoard, after
from bridges.core.portal.power_levels import told_powers
from bridges.core.portal.rooms import Rooms
from bridges.core.sanitize import clean_name, clean_text
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.pins import PinStore
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.storage.powers import PowerStore

_KNOWN = 4096

_LAG = timedelta(seconds=10)
"""So long after an answer the network may still tell what was before it."""

_PRECISION = timedelta(milliseconds=1)
"""Of the time at which a row was received."""


class ChatNews:
    """Shows and stores how chats are. All methods are called with the chat's ``EchoGate`` held."""

    def __init__(
        self,
        portals: PortalStore,
        powers: PowerStore,
        pins: PinStore,
        board: PinBoard,
        rooms: Rooms,
        clock: Clock,
    ) -> None:
        self._portals = portals
        self._powers = powers
        self._pins = pins
        self._board = board
        self._rooms = rooms
        self._clock = clock
        # What was asked before the start may be older than what was handled before it.
        self._started = clock.now()
        self._told: BoundedCache[ChatKey, datetime] = BoundedCache(_KNOWN)
        """How old the newest news are."""
        self._sure: BoundedCache[ChatKey, datetime] = BoundedCache(_KNOWN)
        """When it was known for certain how a chat is."""

    def changed_here(self, chat: ChatKey) -> None:
        """Note that a change from Matrix was made on the network, or may have been; or a departure."""
        self._sure.put(chat, self._clock.now())

    async def changed(self, event: ChatChanged, received: datetime, login: ActiveLogin) -> None:
        """Show what has changed in a chat. Raises ``TemporaryError`` if that is not certain yet."""
        chat, info = event.chat, event.info
        if event.asked is not None:
            if self._answer_is_doubtful(chat, event.asked):
                now = await self._ask(chat, login)
                if now is None:
                    return  # The login is in the chat no longer.
                info = now
        elif self._is_doubtful(chat, received) and await self._contradicts(chat, info):
            now = await self._ask(chat, login)
            if now is not None:  # Otherwise doubtful news are better than none.
                await self._apply(chat, _without_state(info), login)
                info = now
        await self._apply(chat, info, login)
        self._heard(chat, event.asked or received + _PRECISION)

    async def pinned(self, event: RemotePins, received: datetime, login: ActiveLogin) -> None:
        """Pin or unpin messages. Raises ``TemporaryError`` if that is not certain yet."""
        chat, pins = event.chat, await self._pins.of(event.chat)
        info = None
        if self._is_doubtful(chat, received):
            if after(pins, event.messages, pinned=event.pinned) == list(pins):
                return
            info = await self._ask(chat, login)
        if info is None or info.pinned is None:
            await self._board.from_remote(event)
        else:
            await self._apply(chat, info, login)
        self._heard(chat, received + _PRECISION)

    def _heard(self, chat: ChatKey, when: datetime) -> None:
        self._told.put(chat, max(when, self._told.get(chat) or when))

    def _is_doubtful(self, chat: ChatKey, received: datetime) -> bool:
        sure = self._sure.get(chat)
        return sure is not None and received <= sure + _LAG

    def _answer_is_doubtful(self, chat: ChatKey, asked: datetime) -> bool:
        times = (self._started, self._told.get(chat), self._sure.get(chat))
        return any(one is not None and asked <= one for one in times)

    async def _contradicts(self, chat: ChatKey, info: ChatInfo) -> bool:
        portal = await self._portals.get(chat)
        if portal is None:
            return False
        pins, powers = await self._pins.of(chat), await self._powers.of(chat)
        return contradicts(portal, pins, powers, info)

    async def _ask(self, chat: ChatKey, login: ActiveLogin) -> ChatInfo | None:
        asked = self._clock.now()
        try:
            info = await login.session.chat_info(chat)
        except TemporaryError:
            raise
        except BridgeError:
            return None
        self._sure.put(chat, asked)
        return info

    async def _apply(self, chat: ChatKey, info: ChatInfo, login: ActiveLogin) -> None:
        if info != ChatInfo():
            await self._rooms.apply(chat, info, login)


def contradicts(
    portal: Portal,
    pins: Sequence[MessageID],
    powers: Mapping[RemoteUserID, int],
    info: ChatInfo,
) -> bool:
    """Whether something that people can change in Matrix, too, is otherwise than what is known."""
    pairs = (
        (info.name and clean_name(info.name), portal.name),
        (info.topic and clean_text(info.topic), portal.topic),
        (info.avatar and info.avatar.id, portal.avatar_id),
        (info.rights, portal.rights),
        (info.pinned, tuple(pins)),
    )
    differs = any(told is not None and told != known for told, known in pairs)
    return differs or bool(told_powers(powers, info))


def _without_state(info: ChatInfo) -> ChatInfo:
    """Only what an answer does not tell: it does not list all members of a large chat."""
    members = info.members and tuple(evolve(one, power=None) for one in info.members)
    complete = info.members_complete
    return ChatInfo(members=members, members_complete=complete, settings=info.settings)
