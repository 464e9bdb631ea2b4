# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registering and logging in the people of one test."""

import secrets

from tests.support.matrix_user import MatrixUser
from tests.support.synapse import SynapseServer


class People:
    """Makes users and logs them all out of their sync loops at the end."""

    def __init__(self) -> None:
        self._users: list[MatrixUser] = []

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
        self._users.append(user)
        await user.start()
        return user

    async def close(self) -> None:
        """Close all users."""
        for user in self._users:
            await user.close()
