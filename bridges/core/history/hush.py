# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nobody is woken by what was said long ago, and what was read on the network is read in the room."""

from collections.abc import Sequence

from mautrix.types import EventID, RoomID, UserID

from bridges.core.abilities import ReadsHistory
from bridges.core.errors import Rejected
from bridges.core.events import RemoteReceipt
from bridges.core.history.filler import Place
from bridges.core.ids import ChatKey
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.senders import Senders
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import Sessions
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import PortalStore

_CANDIDATES = 100
"""How far back the last message read is looked for."""
_NOT_SAID = (event_types.MEMBER, event_types.REACTION)


class Hush:
    """Keeps a room quiet for those the bridge may act for.

    The others have only been invited as yet, and are not told of anything.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        senders: Senders,
        sessions: Sessions,
        portals: PortalStore,
        messages: MessageStore,
        writer: RoomWriter,
        source: str,
    ) -> None:
        """``source`` names this bridge in the names of push rules."""
        self._hs = homeserver
        self._senders = senders
        self._sessions = sessions
        self._portals = portals
        self._messages = messages
        self._writer = writer
        self._source = source

    async def begin(self, chat: ChatKey, room: RoomID) -> None:
        """Have the room notify nobody."""
        condition = {"kind": "event_match", "key": "room_id", "pattern": room}
        for person in await self._people_in(chat):
            sender = await self._senders.person(person)
            rule = {"conditions": [condition], "actions": []}
            await self._hs.set_push_rule(sender, "override", self._rule(room), rule)

    async def end(self, place: Place) -> None:
        """Mark as read what is read on the network, and let the room notify again."""
        for receipt in await self._read_marks(place):
            await self._mark(receipt, place)
        for person in await self._people_in(place.chat):
            sender = await self._senders.person(person)
            await self._hs.set_push_rule(sender, "override", self._rule(place.room), None)

    async def _people_in(self, chat: ChatKey) -> list[UserID]:
        owners = {}
        for part in await self._portals.logins_in(chat):
            active = self._sessions.get(part.login)
            if active is not None and self._senders.may_speak_as(active.record.owner):
                owners[active.record.owner] = True
        return list(owners)

    async def _read_marks(self, place: Place) -> Sequence[RemoteReceipt]:
        session = place.login.session
        newest = await self._messages.newest(place.chat, _CANDIDATES)
        if not newest or not isinstance(session, ReadsHistory):
            return ()
        try:
            return await session.read_marks(place.chat, [one.id for one in newest])
        except Rejected:
            return ()

    async def _mark(self, receipt: RemoteReceipt, place: Place) -> None:
        if receipt.reader.is_me and self._senders.puppet_of(receipt.reader.user) is None:
            return  # They read with their own client.
        stored = await self._messages.parts(receipt.chat, receipt.up_to)
        if stored:
            login = place.login.record.id
            reader = await self._senders.speaker(place.room, receipt.reader, login)
            event = stored[-1].event
            if reader.is_person:
                event = await self._end_of(place.room, reader, event)
            await self._writer.read(place.room, reader, event)

    async def _end_of(self, room: RoomID, person: MatrixSender, read: EventID) -> EventID:
        """Give the newest event of the room if everything up to it is read, and else ``read``.

        What was put behind the coming of the person counts as older than it: read up to there only, a
        homeserver would show the invitation to the room as unread.
        """
        events, _ = await self._hs.page(person, room, None, _CANDIDATES)
        said = (one["event_id"] for one in events if one["type"] not in _NOT_SAID)
        return EventID(events[0]["event_id"]) if next(said, None) == read else read

    def _rule(self, room: RoomID) -> str:
        return f"{self._source}.history.{room}"
