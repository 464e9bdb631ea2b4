# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synapse modules that get in the way of policy_module, for the tests of its start."""

from synapse.http.client import SimpleHttpClient
from synapse.module_api import ModuleApi


class BuildsFirst:
    """Builds a part of Synapse that remembers the allowlist of that moment."""

    def __init__(self, config: object, api: ModuleApi) -> None:
        api._hs.get_media_repository()


class ReplacesLater:
    """Takes the place of the allowlist after us."""

    def __init__(self, config: object, api: ModuleApi) -> None:
        api._hs.config.federation.federation_domain_whitelist = {}


class ConnectsByItself:
    """Has an HTTP client of its own."""

    def __init__(self, config: object, api: ModuleApi) -> None:
        # Synapse keeps its modules' callbacks only.
        api.register_account_validity_callbacks(on_user_registration=self.welcome)
        self._client = SimpleHttpClient(api._hs)

    async def welcome(self, user: str) -> None:
        await self._client.get_json(f"https://welcome.example/{user}")
