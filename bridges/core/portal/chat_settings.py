# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps muted, archived, pinned and marked as unread equal on both sides, for people who are puppeted.

What the network said last is stored. A change from either side is carried over only where it differs
from that, which is also what keeps a change from coming back as its own echo. What the network has said
before it was told otherwise from Matrix counts no longer, however late it is handled. Rooms of a space whose
notifications were never set for themselves follow the space.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from attrs import asdict, evolve
from mautrix.types import RoomID

from bridges.core.abilities import HandlesChatSettings
from bridges.core.chat import NOT_MUTED, ChatKind, ChatSettings
from bridges.core.clock import Clock
from bridges.core.ids import ChatKey, LoginID
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.personal import PersonalRooms
from bridges.core.matrix.senders import Senders
from bridges.core.portal.gate import EchoGate
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.chat_settings import ChatSettingsStore
from bridges.core.storage.portals import Portal, PortalStore

_NOTHING = ChatSettings()
_DEFAULTS = ChatSettings(NOT_MUTED, archived=False, pinned=False, unread=False)
_LONGEST_SLEEP = 60.0
_KNOWN = 1024


class ChatSettingsSync:
    """Carries settings of chats over."""

    def __init__(
        self,
        store: ChatSettingsStore,
        portals: PortalStore,
        sessions: Sessions,
        senders: Senders,
        rooms: PersonalRooms,
        clock: Clock,
    ) -> None:
        self._log = structlog.get_logger("karvon.chat_settings")
        self._store = store
        self._portals = portals
        self._sessions = sessions
        self._senders = senders
        self._rooms = rooms
        self._clock = clock
        self._locks = EchoGate()
        self._carried: BoundedCache[tuple[LoginID, ChatKey], Mapping[str, datetime]]
        self._carried = BoundedCache(_KNOWN)
        """When which settings were last carried to the network."""

    async def from_remote(
        self,
        chat: ChatKey,
        settings: ChatSettings,
        login: ActiveLogin,
        received: datetime | None = None,
    ) -> None:
        """Show what a person has set on the network; of a chat without a room it is remembered.

        ``received``: when the network said so, None for now.
        """
        async with self._locks.hold(chat):
            if received is not None:
                settings = self._without_outdated(settings, chat, login, received)
            before = await self._store.get(login.record.id, chat)
            news = settings.differing(before)
            if news == _NOTHING:
                return
            for portal in await self._concerned(chat, login):
                if portal.room is not None:
                    known = await self._effective(portal, login)
                    await self._show(login, portal.room, _worth_showing(news, known))
            # Only now: until it is shown, handling this again has to find the difference.
            await self._store.put(login.record.id, chat, before.updated(settings))

    async def room_made(
        self, portal: Portal, room: RoomID, settings: ChatSettings | None, login: ActiveLogin
    ) -> None:
        """Show everything that is set for a chat the person has just been brought into."""
        async with self._locks.hold(portal.key):
            known = await self._store.get(login.record.id, portal.key)
            now = known if settings is None else known.updated(settings)
            if now != known:
                await self._store.put(login.record.id, portal.key, now)
        if portal.kind is ChatKind.SPACE:
            return  # Nothing is said there; its rooms follow it.
        # A new room has no rules and tags; those that would only be removed are not worth a request.
        settings = await self._effective(portal, login)
        await self._show(login, room, _worth_showing(settings, _NOTHING))

    async def from_matrix(self, portal: Portal, settings: ChatSettings, login: ActiveLogin) -> None:
        """Tell the network what a person has set in Matrix, as far as that is news.

        Raises the errors of ``bridges.core.errors``.
        """
        async with self._locks.hold(portal.key):
            news = self._news(settings, await self._effective(portal, login))
            if news == _NOTHING or not isinstance(login.session, HandlesChatSettings):
                return
            name, chat, now = login.record.id, portal.key, self._clock.now()
            kept = await login.session.set_settings(chat, news)
            times = {field: now for field, value in asdict(news).items() if value is not None}
            self._carried.put((name, chat), {**(self._carried.get((name, chat)) or {}), **times})
            before = await self._store.get(name, chat)
            await self._store.put(name, chat, before.updated(kept))

    async def read_by(self, chat: ChatKey, login: ActiveLogin) -> None:
        """Note that the person has read a chat, which is no longer marked as unread then."""
        if (await self._store.get(login.record.id, chat)).unread:
            await self.from_remote(chat, ChatSettings(unread=False), login)

    async def run(self) -> None:
        """Let notifications come on again when their time is over; cancelled at the end."""
        while True:
            pause = _LONGEST_SLEEP
            try:
                pause = min(pause, await self._unmute_all())
            except Exception:  # noqa: BLE001 - whatever it is, the next round makes up for it
                self._log.exception("notifications could not be switched on again")
            await self._clock.sleep(pause)

    async def _unmute_all(self) -> float:
        """Switch on what is due; returns in how many seconds the next will be."""
        now = self._clock.now()
        for name, chat in await self._store.ended(now):
            login = self._sessions.get(name)
            if login is not None:
                await self.from_remote(chat, ChatSettings(muted_until=NOT_MUTED), login)
        upcoming = await self._store.next_end(now)
        return _LONGEST_SLEEP if upcoming is None else (upcoming - now) / timedelta(seconds=1)

    def _without_outdated(
        self, settings: ChatSettings, chat: ChatKey, login: ActiveLogin, received: datetime
    ) -> ChatSettings:
        times = self._carried.get((login.record.id, chat)) or {}
        return evolve(settings, **{name: None for name, at in times.items() if received <= at})

    async def _concerned(self, chat: ChatKey, login: ActiveLogin) -> list[Portal]:
        """The chat itself; of a space, the chats in it that have no settings of their own."""
        portal = await self._portals.get(chat)
        if portal is None or portal.kind is not ChatKind.SPACE:
            return [portal] if portal is not None else []
        return [
            child
            for child in await self._portals.children(chat)
            if (await self._store.get(login.record.id, child.key)).muted_until is None
        ]

    async def _effective(self, portal: Portal, login: ActiveLogin) -> ChatSettings:
        own = await self._store.get(login.record.id, portal.key)
        if own.muted_until is not None or portal.parent is None:
            return own
        space = await self._store.get(login.record.id, portal.parent)
        return evolve(own, muted_until=space.muted_until)

    def _news(self, settings: ChatSettings, before: ChatSettings) -> ChatSettings:
        """What differs. Matrix knows no end of a silence, nor whether it was ever set."""
        now = self._clock.now()
        news = settings.differing(before)
        if settings.muted_until is not None:
            was_muted = before.muted_until is not None and before.muted_until > now
            if (settings.muted_until > now) == was_muted:
                news = evolve(news, muted_until=None)
        names = ("archived", "pinned", "unread")
        same = {one: None for one in names if bool(getattr(before, one)) == getattr(settings, one)}
        return evolve(news, **same)

    async def _show(self, login: ActiveLogin, room: RoomID, settings: ChatSettings) -> None:
        owner = login.record.owner
        if settings == _NOTHING or not self._senders.may_speak_as(owner):
            return
        person = await self._senders.person(owner)
        try:
            await self._rooms.show(person, room, settings, self._clock.now())
        except HomeserverRefused as refused:
            # A convenience: it must not hold up the chat's messages.
            self._log.warning("a chat's settings could not be shown", error=str(refused))


def _worth_showing(settings: ChatSettings, known: ChatSettings) -> ChatSettings:
    """Without what is as it is anyway where nothing was ever set.

    Somebody may have just set it in Matrix, and would see that taken back before it was carried.
    """
    news = asdict(settings.differing(_DEFAULTS))
    was_set = {one for one, value in asdict(known).items() if value is not None}
    return ChatSettings(
        **{one: getattr(settings, one) if one in was_set else news[one] for one in news}
    )
