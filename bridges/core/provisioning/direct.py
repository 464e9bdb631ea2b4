# SPDX-License-Identifier: AGPL-3.0-or-later
"""People somebody has direct rooms with on Matrix, as their account says (``m.direct``, spec v1.11)."""

from http import HTTPStatus
from typing import Any

from mautrix.types import UserID

from bridges.core.errors import TemporaryError
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.provisioning.refusal import Refusal

Json = dict[str, Any]

_MOST = 500
_DIRECT = "m.direct"


class DirectRooms:
    """Reads with the person's own eyes, where the bridge may act as them."""

    def __init__(self, homeserver: Homeserver, senders: Senders) -> None:
        self._hs = homeserver
        self._senders = senders

    async def of(self, person: UserID) -> list[Json]:
        """``{user, name, room}`` of each, without this bridge's bot and ghosts; 500 at most.

        Raises ``Refusal``.
        """
        if not self._senders.may_speak_as(person):
            raise Refusal(
                HTTPStatus.NOT_FOUND,
                "NO_DOUBLE_PUPPET",
                "This bridge may not act as this person (bridge.double_puppet).",
            )
        try:
            return await self._read(MatrixSender(person, is_person=True))
        except (HomeserverRefused, TemporaryError) as error:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "HOMESERVER",
                "The homeserver does not answer.",
                30.0,
            ) from error

    async def _read(self, person: MatrixSender) -> list[Json]:
        joined = set(await self._hs.joined_rooms(person))
        found = []
        for user, rooms in (await self._hs.get_account_data(person, _DIRECT)).items():
            there = [one for one in rooms if one in joined] if isinstance(rooms, list) else []
            if there and user != person.mxid and self._senders.is_puppet(UserID(user)):
                found.append((user, there[0]))
        return [await self._named(person, *one) for one in sorted(found)[:_MOST]]

    async def _named(self, person: MatrixSender, user: str, room: str) -> Json:
        profile = await self._hs.profile(person, UserID(user)) or {}
        name = profile.get("displayname")
        return {"user": user, "name": name if isinstance(name, str) else "", "room": room}
