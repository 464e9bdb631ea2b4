# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bridge in this process, between a real homeserver and the network of a plugin.

In this order: a `BridgeSlot` (address and registrations), a homeserver that has the registrations, a
`BridgeUnderTest`. It may be stopped and started again on the same database.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from attrs import field, frozen
from mautrix.types import UserID

from bridges.core.app import running_bridge
from bridges.core.bridge import Bridge
from bridges.core.clock import Clock, SystemClock
from bridges.core.config import (
    BotConfig,
    BridgeSettings,
    DatabaseSettings,
    Level,
    LimitsConfig,
    ListenConfig,
    LogSettings,
    MessageStatusConfig,
    Namespace,
    NetworkConfig,
    Permissions,
)
from bridges.core.config import Registration as BridgeRegistration
from bridges.core.network import NetworkPlugin
from tests.support.appservice import Registration, registration
from tests.support.ports import LOOPBACK, PortLease
from tests.support.standstill import standing
from tests.support.synapse import SynapseServer
from tests.support.synapse_config import SERVER_NAME
from tests.support.waiting import eventually

VERSION = "0.0-test"
_STOPS_WITHIN = 60


class PuppetRegistration(Registration):
    """A registration that has no address and no users of its own, but may act for all people."""

    def as_dict(self) -> dict[str, Any]:
        """The registration file's content."""
        everybody = {"exclusive": False, "regex": f"@.*:{re.escape(self.server_name)}"}
        namespaces = {"users": [everybody], "rooms": [], "aliases": []}
        return super().as_dict() | {"namespaces": namespaces}


class BridgeSlot:
    """Where a bridge will be: its address and its registrations with the homeserver.

    Attributes:
        registration: its own.
        puppets: the one for double puppeting.
    """

    def __init__(self, network: str, server_name: str = SERVER_NAME) -> None:
        self._lease = PortLease()
        url = f"http://{LOOPBACK}:{self._lease.port}"
        self.registration: Registration = registration(
            network,
            f"{network}bot",
            f"{network}_",
            url,
            double_puppet=False,
            server_name=server_name,
        )
        self.puppets: Registration = PuppetRegistration(
            id="doublepuppet",
            url=None,
            as_token=secrets.token_urlsafe(24),
            hs_token=secrets.token_urlsafe(24),
            bot="_doublepuppet",
            ghost_prefix="_doublepuppet_",
            server_name=server_name,
            double_puppet=True,
        )
        self.encryption_key = secrets.token_bytes(32)

    @property
    def registrations(self) -> list[Registration]:
        """What the homeserver has to load."""
        return [self.registration, self.puppets]

    @property
    def listen(self) -> ListenConfig:
        """Where the bridge accepts transactions."""
        return ListenConfig(host=LOOPBACK, port=self._lease.port)

    def release(self) -> None:
        """Give the port back."""
        self._lease.release()


@frozen
class BridgeOptions:
    """What distinguishes one bridge under test from another.

    `levels` maps users, patterns and servers to what they may do; `homeserver_url` goes another
    way to the homeserver than the direct one; `reconcile_interval` and `settings_interval` in seconds;
    `clock` is the system's if it is None.
    """

    levels: Mapping[str, Level] = field(factory=lambda: {SERVER_NAME: Level.USER})
    homeserver_url: str | None = None
    reconcile_interval: float = 30.0
    settings_interval: float = 0.0
    message_status: MessageStatusConfig = field(factory=lambda: MessageStatusConfig(events="all"))
    limits: LimitsConfig = field(factory=LimitsConfig)
    double_puppet: bool = True
    personal_space: bool = True
    leave_chats: bool = False
    other_bots: tuple[str, ...] = ()
    clock: Clock | None = None


class BridgeUnderTest:
    """One network's bridge, started by `start` or as an async context manager.

    Args:
        slot: its address and registration.
        server: a homeserver that has the registration.
        plugin: the network.
        network: the network's configuration; its listener is the slot's.
        database: `sqlite:…` or `postgresql://…` URL of an empty database.
        data: a folder of its own.
        options: what is special.
    """

    def __init__(
        self,
        slot: BridgeSlot,
        server: SynapseServer,
        plugin: NetworkPlugin,
        network: NetworkConfig,
        database: str,
        data: Path,
        options: BridgeOptions | None = None,
    ) -> None:
        self.options = options or BridgeOptions()
        self.plugin = plugin
        self.settings = _settings(slot, server, network, database, data, self.options)
        self._running: AsyncExitStack | None = None
        self._bridge: Bridge | None = None

    @property
    def bot(self) -> str:
        """Matrix id of the bridge bot."""
        return self.settings.bot_mxid

    @property
    def prefix(self) -> str:
        """What commands outside the room with the bot start with."""
        return self.settings.command_prefix

    @property
    def bridge(self) -> Bridge:
        """The running bridge."""
        assert self._bridge is not None
        return self._bridge

    def ghost(self, user: str) -> str:
        """Matrix id of a remote user's ghost."""
        return self.settings.ghost_mxid(user)

    async def start(self, timeout: float = 20.0) -> None:  # noqa: ASYNC109
        """Start, and wait until it is ready.

        Raises `TimeoutError` if it is not within `timeout` seconds; the text says what is missing.
        """
        await self.launch()
        try:
            await eventually(self.ready, timeout, lambda: f"readiness: {self.bridge.health()}")
        except BaseException:
            await self.stop()
            raise

    async def launch(self) -> None:
        """Start without waiting."""
        stack = AsyncExitStack()
        clock = self.options.clock or SystemClock()
        self._bridge = await stack.enter_async_context(
            running_bridge(self.plugin, self.settings, VERSION, clock)
        )
        self._running = stack

    def ready(self) -> bool:
        """Whether everything runs."""
        return bool(self.bridge.health()["ready"])

    async def stop(self) -> None:
        """Stop in order; harmless if it does not run."""
        if self._running is not None:
            stack, self._running = self._running, None
            await stack.aclose()

    async def restart(self) -> None:
        """Stop in order and start again on the same database."""
        await self.stop()
        await self.start()

    async def http(self, path: str) -> tuple[int, Any]:
        """What the bridge's own HTTP API answers: status and JSON."""
        listen = self.settings.listen
        url = f"http://{listen.host}:{listen.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status, await response.json()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stopping = asyncio.create_task(self.stop(), name="stopping a bridge")
        _, late = await asyncio.wait({stopping}, timeout=_STOPS_WITHIN)
        if late:
            waits = standing(asyncio.get_running_loop())
            raise TimeoutError(f"a bridge has not stopped after {_STOPS_WITHIN} s:\n{waits}")
        await stopping


def core_registration(given: Registration) -> BridgeRegistration:
    """A test registration in the form in which a bridge is configured with it."""
    content = given.as_dict()
    return BridgeRegistration(
        id=given.id,
        url=given.url or "",
        as_token=given.as_token,
        hs_token=given.hs_token,
        bot_localpart=given.bot,
        username_template=f"{given.ghost_prefix}{{userid}}",
        namespaces=tuple(
            Namespace(user["regex"], user["exclusive"]) for user in content["namespaces"]["users"]
        ),
    )


def _settings(
    slot: BridgeSlot,
    server: SynapseServer,
    network: NetworkConfig,
    database: str,
    data: Path,
    options: BridgeOptions,
) -> BridgeSettings:
    is_postgres = database.startswith("postgres")
    return BridgeSettings(
        homeserver_url=options.homeserver_url or server.url,
        server_name=server.server_name,
        registration=core_registration(slot.registration),
        listen=slot.listen,
        database=DatabaseSettings(database, network.network_id if is_postgres else None),
        encryption_key=slot.encryption_key,
        previous_encryption_keys=(),
        data_dir=data,
        permissions=Permissions(dict(options.levels)),
        command_prefix=f"!{network.network_id}",
        displayname_template="{displayname}" + f" ({network.network_name})",
        bot=BotConfig(displayname=f"{network.network_name} bridge"),
        message_status=options.message_status,
        reconcile_interval=options.reconcile_interval,
        settings_interval=options.settings_interval,
        limits=options.limits,
        double_puppet_token=slot.puppets.as_token if options.double_puppet else None,
        personal_space=options.personal_space,
        leave_chats=options.leave_chats,
        metrics=True,
        log=LogSettings("INFO", "console"),
        policy=None,
        network=network,
        other_bots=tuple(map(UserID, options.other_bots)),
    )
