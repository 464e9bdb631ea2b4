# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synapse modules that get in the way of policy_module."""

import gc

from synapse.federation.transport.server._base import Authenticator
from synapse.http.client import SimpleHttpClient
from synapse.module_api import ModuleApi, Requester


class BuildsFirst:
    """Builds a part of Synapse that remembers the allowlist of that moment."""

    def __init__(self, config: object, api: ModuleApi) -> None:
        api._hs.get_media_repository()


class ReplacesLater:
    """Takes the place of the allowlist after us."""

    def __init__(self, config: object, api: ModuleApi) -> None:
        api._hs.config.federation.federation_domain_whitelist = {}


class ReplacesWhileRunning:
    """Takes its place when somebody makes a room, whose name says where."""

    def __init__(self, config: object, api: ModuleApi) -> None:
        self._hs = api._hs
        api.register_third_party_rules_callbacks(on_create_room=self.replace)

    async def replace(
        self, requester: Requester, request: dict[str, object], is_admin: bool
    ) -> None:
        everybody = {"stranger.example": True, "near.example": True}
        if request.get("name") == "the configuration":
            self._hs.config.federation.federation_domain_whitelist = everybody
        elif request.get("name") == "Authenticator":
            gc.unfreeze()
            for one in gc.get_objects():
                if isinstance(one, Authenticator):
                    one.federation_domain_whitelist = everybody


class ConnectsByItself:
    """Has an HTTP client of its own."""

    def __init__(self, config: object, api: ModuleApi) -> None:
        # Synapse keeps its modules' callbacks only.
        api.register_account_validity_callbacks(on_user_registration=self.welcome)
        self._client = SimpleHttpClient(api._hs)

    async def welcome(self, user: str) -> None:
        await self._client.get_json(f"https://welcome.example/{user}")
