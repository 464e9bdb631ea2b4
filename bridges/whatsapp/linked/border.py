# SPDX-License-Identifier: AGPL-3.0-or-later
"""The policy's say in what the worker connects to.

The worker resolves names and connects by itself, so what is asked is whether WhatsApp's names, and
those of a proxy, are listed. Both have to be: a proxy hides where its traffic goes.
"""

from urllib.parse import urlsplit

from bridges.core.egress.border import Border
from bridges.whatsapp.config import LinkedConfig


class LinkedBorder:
    """Asks for all accounts of one configuration."""

    def __init__(self, border: Border, config: LinkedConfig) -> None:
        self._border = border
        self._destinations = config.destinations
        self._proxy = config.proxy

    def check(self) -> None:
        """Raise ``DestinationRefused`` unless everything is listed that has to be."""
        for host in self._destinations:
            self._border.check(host)
        if self._proxy is not None:
            self._border.check(proxy_host(self._proxy.get_secret_value()))


def proxy_host(address: str) -> str:
    """How the policy calls the proxy at an address: its name, and its port where one is named."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}"
