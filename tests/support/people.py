# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registering and logging in the people of one test."""

import secrets
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from tests.support.matrix_user import MatrixUser
from tests.support.synapse import SynapseServer


class People:
    """Makes users; an async context manager that closes all their clients at the end."""

    def __init__(self) -> None:
        self._clients = AsyncExitStack()

    async def join(
        self, server: SynapseServer, name: str, *, admin: bool = False, auto_join: bool = False
    ) -> MatrixUser:
        """Register `name` on `server` and return the user, syncing.

        Args:
            server: a running homeserver.
            name: localpart, not yet taken on that server.
            admin: whether it may use the admin API.
            auto_join: accept every invitation.
        """
        token = await server.register_user(name, secrets.token_urlsafe(12), admin)
        user = MatrixUser(server.url, server.mxid(name), token=token, auto_join=auto_join)
        return await self._clients.enter_async_context(user)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._clients.aclose()
