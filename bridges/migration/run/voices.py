# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acts as everybody a plan has speak: own ghosts, those of bridges, and the owner."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from mautrix.types import EventID, RoomID, UserID

from bridges.core.egress.follow import followed_border
from bridges.core.egress.http import GuardedConnector
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.rendering import Rendered, notice_content
from bridges.core.matrix.transaction_ids import transaction_id
from bridges.core.text import Translation, user_text
from bridges.migration.archives.model import Source
from bridges.migration.plan.matching import Ghosts
from bridges.migration.run.settings import MigrationSettings

Json = dict[str, Any]

_SOURCE = "org.karvon.migration"
_DEVICE = "KARVON_MIGRATION"
_CONNECTIONS = 8
_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=10)


class Voices:
    """Everybody's requests, each with the token that may make it (``Speaking``).

    With ``devices`` whoever speaks has one, so that what is sent again after a crash is the same event.
    """

    def __init__(
        self, session: aiohttp.ClientSession, settings: MigrationSettings, say: Translation
    ) -> None:
        url, person, bot = settings.homeserver_url, settings.person_token, settings.bot
        others = {source: one.token for source, one in settings.bridges.items()}
        self._settings = settings
        self._say = say
        self.own = Homeserver(session, url, settings.token, person, bot, tuple(others.values()))
        self._bridges = {
            source: Homeserver(session, url, token, person, bot) for source, token in others.items()
        }
        self.devices = False
        self._bridged: dict[RoomID, Source] = {}
        self.replaced = 0
        """Messages the homeserver did not take, for which a notice stands."""

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: MigrationSettings, say: Translation) -> AsyncIterator["Voices"]:
        """Open connections, which obey the policy."""
        async with followed_border(settings.policy, settings.server_name) as border:
            connector = GuardedConnector(border, settings.homeserver_url, _CONNECTIONS)
            async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
                yield cls(session, settings, say)

    @property
    def ghosts(self) -> Ghosts:
        """How those are called who are not people of the homeserver."""
        return self._settings.ghosts

    @property
    def bot(self) -> MatrixSender:
        """Who makes the rooms."""
        return self.sender(self._settings.bot)

    def bridge_bot(self, source: Source) -> MatrixSender:
        """Give who rules the rooms of a network's bridge."""
        name, server = self._settings.bridges[source].bot, self._settings.server_name
        return MatrixSender(UserID(f"@{name}:{server}"), _DEVICE if self.devices else None)

    def of_bridge(self, source: Source) -> Homeserver:
        """Give the homeserver as a network's bridge reaches it."""
        return self._bridges[source]

    def note_bridged(self, room: RoomID, source: Source) -> None:
        """Note that a room is a bridge's: what is said there has to look as if it had said it."""
        self._bridged[room] = source

    def is_person(self, mxid: str) -> bool:
        """Whether somebody is neither the bot nor a ghost."""
        return self._service(mxid) is None and not self.is_own(mxid)

    def is_own(self, mxid: str) -> bool:
        """Whether somebody is there for migrations only."""
        prefix, server = self._settings.prefix, self._settings.server_name
        return mxid == self._settings.bot or (
            mxid.startswith(f"@{prefix}_") and mxid.endswith(f":{server}")
        )

    def can_be(self, mxid: str) -> bool:
        """Whether somebody can be spoken for."""
        return not self.is_person(mxid) or self._settings.person_token is not None

    def actual(self, mxid: str) -> UserID:
        """Give who speaks in somebody's place: a ghost of theirs if they cannot be spoken for."""
        if self.can_be(mxid):
            return UserID(mxid)
        name = hashlib.sha256(mxid.encode()).hexdigest()[:24]
        return UserID(f"@{self._settings.prefix}_of_{name}:{self._settings.server_name}")

    def sender(self, mxid: str) -> MatrixSender:
        """Give somebody as they send."""
        device = _DEVICE if self.devices else None
        return MatrixSender(UserID(mxid), device, is_person=self.is_person(mxid))

    def server(self, mxid: str) -> Homeserver:
        """Give the homeserver as somebody's service reaches it."""
        service = self._service(mxid)
        return self.own if service is None else self._bridges[service]

    async def prepare(self, mxid: str) -> None:
        """See that somebody exists, and has a device where that is needed."""
        bare = MatrixSender(UserID(mxid), is_person=self.is_person(mxid))
        if not bare.is_person:
            await self.server(mxid).register(mxid[1:].partition(":")[0])
        if self.devices:
            await self.server(mxid).create_device(bare, _DEVICE, "Karvon migration")

    # -- Speaking

    async def message(
        self,
        room: RoomID,
        sender: MatrixSender,
        message: Rendered,
        identity: Sequence[str],
        timestamp: int | None = None,
    ) -> EventID:
        """See ``Speaking``."""
        return await self._send(room, sender, message.type, message.content, identity, timestamp)

    async def react(
        self,
        room: RoomID,
        sender: MatrixSender,
        content: Json,
        identity: Sequence[str],
        timestamp: int | None = None,
    ) -> EventID:
        """See ``Speaking``."""
        return await self._send(room, sender, event_types.REACTION, content, identity, timestamp)

    async def readmit(self, room: RoomID, sender: MatrixSender) -> None:
        """See ``Speaking``: have somebody join who has left meanwhile."""
        source = self._bridged.get(room)
        if source is not None:
            await self.of_bridge(source).invite(self.bridge_bot(source), room, sender.mxid)
            return
        hs = self.server(sender.mxid)
        await self.own.invite(self.bot, room, sender.mxid)
        await hs.join(sender, room)

    async def sealed(
        self, room: RoomID, sender: MatrixSender, event_type: str, content: Json
    ) -> tuple[str, Json]:
        """See ``Speaking``."""
        if sender.is_person:
            source = self._bridged.get(room)
            mark = _SOURCE if source is None else self._settings.bridges[source].mark
            content = content | {event_types.DOUBLE_PUPPET: mark}
        return event_type, content

    def placeholder(self, reason: str) -> Rendered:
        """See ``Speaking``."""
        self.replaced += 1
        text = user_text("A message is here that this homeserver cannot show.")
        return Rendered(event_types.MESSAGE, notice_content(self._say(text)))

    async def _send(
        self,
        room: RoomID,
        sender: MatrixSender,
        kind: str,
        content: Json,
        identity: Sequence[str],
        timestamp: int | None,
    ) -> EventID:
        kind, content = await self.sealed(room, sender, kind, content)
        txn = transaction_id("migration", *identity, sender.mxid)
        return await self.server(sender.mxid).send(sender, room, kind, content, txn, timestamp)

    def _service(self, mxid: str) -> Source | None:
        name, _, server = mxid[1:].partition(":")
        if server != self._settings.server_name:
            return None
        for source, one in self._settings.bridges.items():
            before, _, after = one.username_template.partition("{userid}")
            if name.startswith(before) and name.endswith(after) and len(name) > len(before + after):
                return source
        return None
