# SPDX-License-Identifier: AGPL-3.0-or-later
"""A running bridge: joins the network, the two queues and the homeserver, and stops them in order."""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence, Set
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from mautrix.types import RoomID, UserID

from bridges.core.border.office import PolicyOffice
from bridges.core.bot.reception import Reception
from bridges.core.clock import Clock
from bridges.core.commands.processor import CommandProcessor
from bridges.core.egress.border import Border
from bridges.core.errors import Rejected, TemporaryError
from bridges.core.events import RemoteEvent, RemotePresence, RemoteTyping
from bridges.core.foundation import PASSING_TROUBLE
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.network import Network, NetworkPlugin, PersistHook, SessionState
from bridges.core.parts import Parts
from bridges.core.portal.rescue import RoomRestored
from bridges.core.portal.state_to_remote import STATE_TYPES
from bridges.core.rows import dedup_key, lane
from bridges.core.secretbox import SecretBox
from bridges.core.services import BridgeServices
from bridges.core.storage.database import Database
from bridges.core.storage.portals import Portal
from bridges.core.storage.queue import NewRow, Row
from bridges.core.tasks import ended
from bridges.core.text import Translation, UserText, user_text

Json = dict[str, Any]

_STOPPING = "stopping"
_CLEANING_INTERVAL = 3600.0
_WAIT_FOR_HOMESERVER = 1.0
_LONGEST_WAIT_FOR_HOMESERVER = 15.0
_HOMESERVER_REACHES_NOBODY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)


class Bridge:
    """One network's bridge; implements ``bridges.core.network.BridgeHandle`` for it."""

    def __init__(self, plugin: NetworkPlugin, parts: Parts, version: str) -> None:
        self._log = structlog.get_logger("karvon.bridge")
        self._parts = parts
        self._version = version
        self._network: Network = plugin.open(parts.settings.network, self)
        self._to_matrix = parts.lanes(
            "from_remote",
            parts.from_remote,
            self._handle_remote,
            self._gave_up_remote,
            parts.history_keeper.let_pass,
        )
        parts.history_keeper.listen(self._to_matrix.wake)
        self._to_remote = parts.lanes(
            "from_matrix", parts.from_matrix, self._handle_matrix, self._gave_up_matrix
        )
        self._expiry = parts.expiry(self._row, self._to_matrix.wake)
        self.inbox = parts.inbox(self._to_remote)
        self._services = self._make_services()
        self._commands = CommandProcessor(
            parts.voice, self._services, parts.clock, parts.settings.command_prefix
        )
        self._reception = self._make_reception()
        self._background: list[asyncio.Task[None]] = []
        self.starting: asyncio.Task[None]
        self._missing: str | None = "starting"
        self._has_opened = False

    # -- Life

    def begin(self) -> None:
        """Start in the background; ``starting`` ends when everything runs, or with what prevents it.

        It waits for the homeserver and then takes up everything where it was left.
        """
        self.starting = asyncio.create_task(self._start(), name="start")

    async def _start(self) -> None:
        parts = self._parts
        parts.courier.empty_spool()
        parts.sessions.listen(parts.state_notices.changed)
        self._missing = f"the homeserver at {parts.settings.homeserver_url} does not answer"
        await self._wait_for_homeserver()
        self._missing = "connecting"
        await self._network.start()
        await parts.sessions.open_stored(self._network)  # Whose session is not open is logged out.
        self._has_opened = True
        self._to_remote.hold()  # The first look for missed events comes before anything is sent.
        self._background.append(asyncio.create_task(self.inbox.run(), name="inbox"))
        self._background.append(asyncio.create_task(self._clean(), name="cleaning"))
        self._background.append(asyncio.create_task(parts.portrait.hang(), name="pictures"))
        self._background.append(asyncio.create_task(self._expiry.run(), name="expiry"))
        self._background.append(asyncio.create_task(parts.chat_settings.run(), name="muted"))
        self._background.append(asyncio.create_task(parts.settings_watch.run(), name="settings"))
        await parts.history_keeper.start()
        await self._to_remote.start()
        await self._to_matrix.start()
        await parts.erasure.start()
        await parts.read_marks.start()
        await parts.handovers.start()
        await parts.sessions.connect()
        await parts.arrivals.start()
        self._missing = None
        self._log.info("ready", network=parts.info.id)

    async def stop(self) -> None:
        """Stop what ``begin`` has started; what is unfinished stays in the queues."""
        self._missing = _STOPPING
        parts = self._parts
        await ended([self.starting])
        await self._commands.close()
        await parts.arrivals.close()
        await parts.erasure.close()
        await parts.handovers.close()
        await parts.history_keeper.close()
        await parts.sessions.stop()
        await self._network.stop()
        await ended(self._background)
        await self._to_matrix.close()
        await self._to_remote.close()
        await parts.ephemerals.close()
        await parts.presences.close()
        await parts.read_marks.close()
        await parts.gathering.close()
        await parts.state_notices.close()

    def knows_logins(self) -> bool:
        """Whether the stored logins are open, so that who is not among them is logged out."""
        return self._has_opened and self._missing != _STOPPING

    def health(self) -> Json:
        """Whether everything runs, and if not, what is missing; how histories get into rooms."""
        health: Json = {"ready": self._missing is None, "network": self._parts.info.id}
        health["histories"] = "silent" if self._parts.history_writers.is_silent else "sent"
        if self._missing is not None:
            health["waiting_for"] = self._missing
        return health

    def take_ephemeral(self, event: Json) -> None:
        """Pass on a typing notification or receipts from the homeserver."""
        if self._missing is None:
            self._parts.ephemerals.from_matrix(event)

    async def _wait_for_homeserver(self) -> None:
        name, wait = self._parts.settings.bot.displayname, _WAIT_FOR_HOMESERVER
        while True:
            try:
                await self._parts.senders.prepare_bot(name)
                await self._parts.portrait.show()
                await self._ask_to_be_reached()
                await self._parts.history_writers.choose()
            except HomeserverUnavailable as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    self._tell_of_refusal(error.detail)
                else:
                    self._log.warning(
                        "the homeserver does not answer; trying again",
                        url=self._parts.settings.homeserver_url,
                        error=error.detail,
                    )
            except HomeserverRefused as refused:
                self._tell_of_refusal(str(refused))
            else:
                return
            await self._parts.clock.sleep(wait)
            wait = min(_LONGEST_WAIT_FOR_HOMESERVER, wait * 1.5)

    def _tell_of_refusal(self, detail: str) -> None:
        self._missing = f"the homeserver refuses this bridge: {detail}"
        self._log.error(
            "the homeserver refuses this bridge; check that it has loaded the registration that "
            "`karvon registration` prints and was restarted since",
            error=detail,
        )

    async def _ask_to_be_reached(self) -> None:
        """Have the homeserver try to reach us, so that it pushes at once what it holds back.

        If it cannot, we start nevertheless: what it has for us is also looked for.
        """
        registration = self._parts.settings.registration
        try:
            await self._parts.homeserver.ping(registration.id)
        except HomeserverUnavailable as error:
            if error.status not in _HOMESERVER_REACHES_NOBODY:
                raise
            self._log.warning(
                "the homeserver cannot reach this bridge; until it can, what people write comes late",
                address=registration.url,
                error=error.detail,
            )

    async def _clean(self) -> None:
        """Forget ended rows after a while, for ever."""
        retention = timedelta(days=self._parts.settings.limits.queue_retention_days)
        while True:
            with contextlib.suppress(OSError, *PASSING_TROUBLE):
                for queue in (self._parts.from_matrix, self._parts.from_remote):
                    await queue.forget_ended(self._parts.clock.now() - retention)
            await self._parts.clock.sleep(_CLEANING_INTERVAL)

    # -- What the network asks for (BridgeHandle)

    @property
    def clock(self) -> Clock:
        """The time."""
        return self._parts.clock

    @property
    def border(self) -> Border:
        """The policy's say in connections."""
        return self._parts.border

    @property
    def database(self) -> Database:
        """The database."""
        return self._parts.database

    @property
    def secrets(self) -> SecretBox:
        """Encryption of secrets."""
        return self._parts.secrets

    @property
    def spool_dir(self) -> Path:
        """The folder for files in transit."""
        return self._parts.spool

    async def receive(
        self, login: LoginID, events: Sequence[RemoteEvent], persist: PersistHook | None = None
    ) -> None:
        """Store events durably and return."""
        rows = [self._row(login, one) for one in events]
        async with self._parts.from_remote.transaction(rows) as connection:
            lanes = await self._parts.from_remote.put(connection, rows, self._parts.clock.now())
            await self._expiry.note(connection, login, events)
            if persist is not None:
                await persist(connection)
        self._to_matrix.wake(lanes)
        self._parts.ephemerals.received(login, events)

    def _row(self, login: LoginID, event: RemoteEvent) -> NewRow:
        key = dedup_key(event, login, self._parts.rooms.knows)
        return NewRow(lane(event), key, login, self._parts.codec.encode(event))

    def typing(self, login: LoginID, event: RemoteTyping) -> None:
        """Show a typing notification."""
        self._parts.ephemerals.from_remote(login, event)

    def presence(self, login: LoginID, event: RemotePresence) -> None:
        """Show whether somebody is online."""
        self._parts.presences.show(event)

    def report(self, login: LoginID, state: SessionState, reason: UserText | None = None) -> None:
        """Note how a session stands."""
        self._parts.sessions.report(login, state, reason)

    def tell(self, login: LoginID, text: UserText) -> None:
        """Tell a login's owner something."""
        active = self._parts.sessions.get(login)
        if active is not None:
            self._parts.state_notices.say(active, text)

    async def translation(self, login: LoginID) -> Translation:
        """How sentences are put to the owner of a login."""
        active = self._parts.sessions.get(login)
        if active is None:
            return str
        return await self._parts.interpreter.translation(active.record.owner)

    async def chats_of(
        self, receiver: LoginID, messages: Sequence[MessageID], within: ChatID | None = None
    ) -> Mapping[MessageID, ChatKey]:
        """Find the chats messages are in, bridged or waiting."""
        return await self._parts.places.of(receiver, messages, within)

    async def bridged(self, chat: ChatKey, messages: Sequence[MessageID]) -> Set[MessageID]:
        """Those messages that are in the chat's room already."""
        return {one for one in messages if await self._parts.messages.parts(chat, one)}

    async def has_room(self, chat: ChatKey) -> bool:
        """Whether a chat has a room."""
        portal = await self._parts.portals.get(chat)
        return portal is not None and portal.room is not None

    # -- Rows of the queues

    async def _handle_remote(self, row: Row) -> None:
        await self._parts.to_matrix.handle(row)
        self._parts.metrics.handled("from_remote")

    async def _handle_matrix(self, row: Row) -> None:
        event = json.loads(row.payload)
        portal = await self._parts.portals.by_room(RoomID(event["room_id"]))
        if self._reception.is_command(event):
            await self._reception.handle(row, event)
        elif portal is not None:
            await self._handle_in_portal(row, event, portal)
        elif not await self._parts.archives.took(row, event):
            await self._reception.handle(row, event)
        self._parts.metrics.handled("from_matrix")

    async def _handle_in_portal(self, row: Row, event: Json, portal: Portal) -> None:
        is_state = event["type"] in STATE_TYPES
        handler = self._parts.state_to_remote if is_state else self._parts.to_remote
        try:
            await handler.handle(row, event, portal)
        except HomeserverRefused as refused:
            if not await self._parts.rescue.helped(portal.key):
                raise
            raise RoomRestored from refused

    async def _gave_up_remote(self, row: Row, error: Exception) -> None:
        self._log.error("a remote event is given up and kept as dead", lane=row.lane, seq=row.seq)

    async def _gave_up_matrix(self, row: Row, error: Exception) -> None:
        self._log.error("a Matrix event is given up and kept as dead", lane=row.lane, seq=row.seq)
        event = json.loads(row.payload)
        if await self._parts.portals.by_room(RoomID(event["room_id"])) is None:
            return
        failure = Rejected(
            "INTERNAL",
            user_text("This bridge has met an error; its operator finds it in the log."),
            certain=False,
        )
        with contextlib.suppress(TemporaryError, HomeserverRefused):
            await self._parts.status.failed(
                RoomID(event["room_id"]), event["event_id"], UserID(event["sender"]), failure
            )

    # -- Wiring

    def _make_services(self) -> BridgeServices:
        parts = self._parts
        return BridgeServices(
            parts.info,
            self._version,
            self._network,
            parts.sessions,
            parts.logins,
            parts.people,
            parts.rooms,
            parts.portals,
            parts.room_members,
            parts.leaving,
            parts.history_keeper,
            parts.arrivals,
            parts.erasure,
            parts.handovers,
            parts.translator,
            parts.settings.permissions,
            {"from_matrix": parts.from_matrix, "from_remote": parts.from_remote},
            PolicyOffice(
                parts.homeserver,
                parts.settings.server_name,
                parts.settings.policy_file,
                parts.clock,
            ),
        )

    def _make_reception(self) -> Reception:
        parts = self._parts
        return Reception(
            parts.database,
            parts.from_matrix,
            parts.homeserver,
            parts.people,
            parts.management,
            parts.names,
            self._commands,
            parts.settings.permissions,
            parts.settings.command_prefix,
        )
