# SPDX-License-Identifier: AGPL-3.0-or-later
"""WhatsApp as a network: the providers that are switched on, side by side."""

from collections.abc import Sequence
from pathlib import Path

from bridges.core.login import Claim, LoginFlow, LoginProcess
from bridges.core.network import (
    BridgeHandle,
    LoginRecord,
    MisconfiguredError,
    NetworkInfo,
    NetworkPlugin,
    Session,
)
from bridges.whatsapp.cloud.provider import CloudProvider
from bridges.whatsapp.config import WhatsAppConfig
from bridges.whatsapp.linked.provider import LinkedProvider
from bridges.whatsapp.provider import Provider
from bridges.whatsapp.store.schema import whatsapp_tables


class WhatsAppNetwork:
    """See ``bridges.core.network.Network``."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = providers

    async def start(self) -> None:
        """Prepare every provider. Raises ``MisconfiguredError``."""
        for one in self._providers:
            await one.start()

    async def stop(self) -> None:
        """Free every provider."""
        for one in reversed(self._providers):
            await one.stop()

    def login_flows(self) -> Sequence[LoginFlow]:
        """The flows of all providers."""
        return [flow for one in self._providers for flow in one.login_flows()]

    def begin_login(self, flow: str, claim: Claim) -> LoginProcess:
        """Make a login process. Raises ``KeyError`` for an unknown flow."""
        for one in self._providers:
            if flow in {known.id for known in one.login_flows()}:
                return one.begin_login(flow, claim)
        raise KeyError(flow)

    def open_session(self, login: LoginRecord) -> Session:
        """Make the session of a stored login.

        Raises ``MisconfiguredError`` if its provider is switched off.
        """
        for one in self._providers:
            if one.owns(login.id):
                return one.open_session(login)
        raise MisconfiguredError(
            f"the login {login.id} is of a part of whatsapp that is switched off; switch it on "
            "again, or log it out first"
        )


def open_network(config: WhatsAppConfig, handle: BridgeHandle) -> WhatsAppNetwork:
    """Make the network of a configuration. Raises ``MisconfiguredError`` if nothing is on."""
    return WhatsAppNetwork(tuple(_providers(config, handle)))


def _providers(config: WhatsAppConfig, handle: BridgeHandle) -> Sequence[Provider]:
    providers: list[Provider] = []
    if config.linked.enabled:
        providers.append(LinkedProvider(config, handle))
    if config.cloud.enabled:
        providers.append(CloudProvider(config.cloud, handle, minimal=config.minimal_profiles))
    if not providers:
        raise MisconfiguredError(
            "whatsapp is switched on, and none of its parts is: set whatsapp.linked.enabled or "
            "whatsapp.cloud.enabled"
        )
    return providers


network = NetworkPlugin(
    info=NetworkInfo(
        "whatsapp",
        "WhatsApp",
        "https://www.whatsapp.com",
        picture=Path(__file__).with_name("picture.png"),
    ),
    config_type=WhatsAppConfig,
    schema=whatsapp_tables,
    open=open_network,
)
