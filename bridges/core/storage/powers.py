# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which members of chats have power of their own, as the network says."""

from collections.abc import Mapping

from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.rights import EVERYBODY
from bridges.core.storage.database import Database


class PowerStore:
    """Reads and writes members' power levels; those who are like everybody are not stored."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def of(self, chat: ChatKey) -> Mapping[RemoteUserID, int]:
        """The members who are not like everybody."""
        rows = await self._db.fetch(
            "SELECT remote_user, power FROM portal_power WHERE chat = $1 AND receiver = $2",
            chat.chat,
            chat.receiver,
        )
        return {RemoteUserID(row["remote_user"]): row["power"] for row in rows}

    async def put(self, chat: ChatKey, powers: Mapping[RemoteUserID, int]) -> None:
        """Set the power of some members; all others stay."""
        async with self._db.transaction() as connection:
            for user, power in powers.items():
                place = (chat.chat, chat.receiver, user)
                if power == EVERYBODY:
                    await connection.execute(
                        "DELETE FROM portal_power"
                        " WHERE chat = $1 AND receiver = $2 AND remote_user = $3",
                        *place,
                    )
                else:
                    await connection.execute(
                        "INSERT INTO portal_power (chat, receiver, remote_user, power)"
                        " VALUES ($1, $2, $3, $4) ON CONFLICT (chat, receiver, remote_user)"
                        " DO UPDATE SET power = excluded.power",
                        *place,
                        power,
                    )
