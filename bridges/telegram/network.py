# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram as a network: what all its sessions share."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from bridges.core.conversion.converters import available_converters
from bridges.core.login import Claim, LoginFlow, LoginProcess
from bridges.core.network import BridgeHandle, LoginRecord, NetworkInfo, NetworkPlugin
from bridges.telegram.border import behind
from bridges.telegram.client import client_options, login_client, prepare_library
from bridges.telegram.config import TelegramConfig
from bridges.telegram.login.attempt import Attempt, LoginStores
from bridges.telegram.login.phone import PHONE_FLOW, PhoneLogin
from bridges.telegram.login.qr import QR_FLOW, QrLogin
from bridges.telegram.session import TelegramSession
from bridges.telegram.store.credentials import CredentialStore
from bridges.telegram.store.cursors import CursorStore
from bridges.telegram.store.schema import telegram_tables
from bridges.telegram.to_telegram.preparing import Preparer

_CONNECTING_AT_ONCE = 16
_TELETHON_LOG = "telethon"


class TelegramNetwork:
    """See ``bridges.core.network.Network``."""

    def __init__(self, config: TelegramConfig, handle: BridgeHandle) -> None:
        self._config = config
        self._handle = handle
        self._options = behind(handle.border, client_options(config), config)
        self._credentials = CredentialStore(handle.database, handle.secrets)
        self._cursors = CursorStore(handle.database)
        self._connecting = asyncio.Semaphore(_CONNECTING_AT_ONCE)
        converters = available_converters()
        self._converter = converters.stickers
        self._preparer = Preparer(converters.outgoing, config.media.image_as_file_pixels)

    async def start(self) -> None:
        """Check the installation and seal credentials with the current key.

        Raises:
            MisconfiguredError: the configuration or the installation lacks something.
            SecretUnreadable: a key of the operator's is missing.
        """
        server = self._config.server
        prepare_library(None if server is None else server.rsa_public_key_file)
        await self._credentials.reseal()

    async def stop(self) -> None:
        """Nothing is shared that would have to be freed."""

    def login_flows(self) -> Sequence[LoginFlow]:
        """QR first: nothing has to be typed, and no code can go astray."""
        return (QR_FLOW, PHONE_FLOW)

    def begin_login(self, flow: str, claim: Claim) -> LoginProcess:
        """Make a login process. Raises ``KeyError`` for an unknown flow."""
        log = logging.getLogger(_TELETHON_LOG)
        attempt = Attempt(
            lambda: login_client(self._options, log),
            LoginStores(self._credentials, self._cursors),
            claim,
        )
        if flow == PHONE_FLOW.id:
            return PhoneLogin(attempt)
        if flow == QR_FLOW.id:
            return QrLogin(attempt, self._handle.clock)
        raise KeyError(flow)

    def open_session(self, login: LoginRecord) -> TelegramSession:
        """Make the session of a stored login."""
        return TelegramSession(
            login,
            self._config,
            self._options,
            self._handle,
            self._credentials,
            self._cursors,
            self._connecting,
            self._converter,
            self._preparer,
        )


network = NetworkPlugin(
    info=NetworkInfo(
        "telegram",
        "Telegram",
        "https://telegram.org",
        rising_ids=True,
        picture=Path(__file__).with_name("picture.png"),
    ),
    config_type=TelegramConfig,
    schema=telegram_tables,
    open=TelegramNetwork,
)
