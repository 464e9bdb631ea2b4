# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Cloud API as a way to WhatsApp: its numbers, its webhook, its logins."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from bridges.core.ids import LoginID
from bridges.core.login import Claim, LoginFlow, LoginProcess
from bridges.core.network import BridgeHandle, LoginRecord, MisconfiguredError
from bridges.core.tasks import ended
from bridges.whatsapp.cloud import ids
from bridges.whatsapp.cloud.config import CloudConfig, CloudNumberConfig
from bridges.whatsapp.cloud.desks import Desks
from bridges.whatsapp.cloud.graph import Credentials, GraphApi
from bridges.whatsapp.cloud.login import CLOUD_FLOW, CloudLogin, Office
from bridges.whatsapp.cloud.session import CloudSession
from bridges.whatsapp.cloud.webhook import Webhook

_CLEANING_INTERVAL = 3600.0
_SHUTDOWN_SECONDS = 5.0
_LINGERING_SECONDS = 1.0
"""How long the rest of a body that was refused is let pass, so that the refusal is read."""


class CloudProvider:
    """See ``bridges.whatsapp.provider.Provider``."""

    def __init__(self, config: CloudConfig, handle: BridgeHandle, *, minimal: bool) -> None:
        """With ``minimal`` the organisation's names for people are neither kept nor shown."""
        self._config = config
        self._handle = handle
        base = f"{config.graph_url}/{config.api_version}"
        self._graph = GraphApi(base, handle.border, handle.clock, config.messages_per_second)
        self._desks = Desks(handle, self._graph, minimal=minimal)
        self._configured = None if config.number is None else _credentials(config.number)
        self._runner: web.AppRunner | None = None
        self._cleaning: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Put the known numbers to work and listen for webhooks.

        Raises ``MisconfiguredError`` if the address is taken, and ``SecretUnreadable``.
        """
        await self._desks.open_stored(self._configured)
        self._runner = web.AppRunner(
            self._webhook().application(),
            access_log=None,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            lingering_time=_LINGERING_SECONDS,
        )
        await self._runner.setup()
        listen = self._config.listen
        try:
            await web.TCPSite(self._runner, listen.host, listen.port).start()
        except OSError as error:
            raise MisconfiguredError(
                f"webhooks cannot be accepted at {listen.host}:{listen.port}: {error.strerror}; "
                "change whatsapp.cloud.listen, or stop what uses it"
            ) from error
        self._cleaning = asyncio.create_task(self._clean(), name="cleaning the cloud's records")

    async def stop(self) -> None:
        """Accept nothing more."""
        if self._cleaning is not None:
            await ended([self._cleaning])
        if self._runner is not None:
            await self._runner.cleanup()
        await self._graph.close()

    def login_flows(self) -> Sequence[LoginFlow]:
        """One."""
        return (CLOUD_FLOW,)

    def begin_login(self, flow: str, claim: Claim) -> LoginProcess:
        """Make a login process. Raises ``KeyError`` for an unknown flow."""
        if flow != CLOUD_FLOW.id:
            raise KeyError(flow)
        number = self._config.number
        office = Office(
            self._desks,
            self._graph,
            self._configured,
            frozenset(() if number is None else number.agents),
            self._config.own_numbers,
        )
        return CloudLogin(office, claim)

    def owns(self, login: LoginID) -> bool:
        """Whether a login was made here."""
        return ids.is_login(login)

    def open_session(self, login: LoginRecord) -> CloudSession:
        """Make the session of a stored login."""
        return CloudSession(login, self._desks, self._graph, self._handle)

    def _webhook(self) -> Webhook:
        return Webhook(
            self._desks.app_secrets, self._verify_tokens, self._desks.take, self._config.path
        )

    def _verify_tokens(self) -> dict[str, str]:
        """Those of the numbers in use, and the configured one's, which may have no agent yet."""
        tokens = dict(self._desks.verify_tokens())
        if self._configured is not None:
            tokens[self._configured.number] = self._configured.verify_token
        return tokens

    async def _clean(self) -> None:
        while True:
            await self._handle.clock.sleep(_CLEANING_INTERVAL)
            await self._desks.clean()


def _credentials(number: CloudNumberConfig) -> Credentials:
    assert number.access_token is not None
    assert number.app_secret is not None
    assert number.verify_token is not None
    return Credentials(
        number.phone_number_id,
        number.access_token.get_secret_value(),
        number.app_secret.get_secret_value(),
        number.verify_token.get_secret_value(),
        number.business_account,
    )
