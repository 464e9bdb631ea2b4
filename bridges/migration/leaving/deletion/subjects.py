# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody has at the homeserver, kind by kind: how much there is, and how it is deleted.

Everything can be done twice. Requests go out in the person's name, those of administrators in theirs.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote

from attrs import define, field, frozen
from mautrix.types import RoomID, UserID
from yarl import URL

from bridges.core.clock import Clock
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.transport import Transport
from bridges.migration.leaving.patience import patiently
from bridges.migration.leaving.rooms import Belongings, belongings
from bridges.migration.run.undoing import empty_room
from bridges.migration.run.voices import Voices

Json = dict[str, Any]

_MEDIA_PAGE = 100
_NOT_OURS_TO_SET = frozenset({event_types.PUSH_RULES, "m.fully_read"})
"""Account data that the homeserver keeps itself (Matrix specification, "Client Config")."""


class Subject(Protocol):
    """One kind of data. Methods raise the errors of ``Homeserver``."""

    async def count(self) -> int:
        """Tell how much there is."""
        ...

    async def delete(self) -> None:
        """Delete it; may be called again after an interruption."""
        ...


@frozen
class Kept:
    """What is stored beside the homeserver, such as address books."""

    counting: Callable[[], Awaitable[int]]
    forgetting: Callable[[], Awaitable[None]]

    async def count(self) -> int:
        """See ``Subject``."""
        return await self.counting()

    async def delete(self) -> None:
        """See ``Subject``."""
        await self.forgetting()


@frozen
class Person:
    """Somebody who leaves, as the homeserver is asked in their name."""

    homeserver: Homeserver
    sender: MatrixSender
    transport: Transport
    clock: Clock

    async def belongings(self) -> Belongings:
        """Tell which rooms and account data there are."""
        return await belongings(self.homeserver, self.sender, self.clock)

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask the client API for what ``Homeserver`` has no method for."""
        base = f"{self.transport.url}/_matrix/client{path}"
        url = URL(base, encoded=True).with_query(user_id=self.sender.mxid)
        async with self.transport.request(method, url, json=body) as response:
            answer: Json = await response.json()
        return answer


@frozen
class Archives:
    """Rooms a migration has made of the person's archives, where nobody else is: all ghosts leave them."""

    person: Person
    voices: Voices

    async def count(self) -> int:
        """See ``Subject``."""
        return len(await self._rooms())

    async def delete(self) -> None:
        """See ``Subject``."""
        for room in await self._rooms():
            await empty_room(self.voices, room, self.person.sender.mxid)

    async def _rooms(self) -> list[RoomID]:
        found = []
        for room in (await self.person.belongings()).of("join"):
            state = await patiently(
                lambda room=room: self.person.homeserver.get_state(  # type: ignore[misc]
                    self.person.sender, RoomID(room)
                ),
                self.person.clock,
            )
            is_made = any(_made_by(one, self.voices.bot.mxid) for one in state)
            if is_made and not any(map(self._is_somebody_else, state)):
                found.append(RoomID(room))
        return found

    def _is_somebody_else(self, event: Json) -> bool:
        if event["type"] != event_types.MEMBER or event["content"].get("membership") != "join":
            return False
        mxid = str(event["state_key"])
        return mxid != self.person.sender.mxid and self.voices.is_person(mxid)


@frozen
class AccountData:
    """Settings clients keep with the homeserver. They are emptied, as the API deletes none."""

    person: Person

    async def count(self) -> int:
        """See ``Subject``."""
        return len(await self._places())

    async def delete(self) -> None:
        """See ``Subject``."""
        me = self.person
        for room, name, content in await self._places():
            try:
                if name == event_types.TAGS and room is not None:
                    for tag in content.get("tags", {}):
                        await me.homeserver.set_tag(me.sender, room, tag, None)
                else:
                    await me.homeserver.set_account_data(me.sender, name, {}, room)
            except HomeserverRefused:
                continue  # It is counted again, and told.

    async def _places(self) -> list[tuple[RoomID | None, str, Json]]:
        found = await self.person.belongings()
        places: list[tuple[RoomID | None, str, Json]] = [
            (None, name, content) for name, content in found.account_data.items()
        ]
        for rooms in found.rooms.values():
            for room, data in rooms.items():
                places += [(RoomID(room), name, content) for name, content in data.items()]
        return [one for one in places if one[1] not in _NOT_OURS_TO_SET and not _is_empty(one[2])]


@frozen
class KeyBackup:
    """Keys of encrypted chats that were saved with the homeserver."""

    person: Person

    async def count(self) -> int:
        """See ``Subject``."""
        found = await self._version()
        return 0 if found is None else max(1, int(found.get("count", 1)))

    async def delete(self) -> None:
        """See ``Subject``: all versions, of which the homeserver shows the newest."""
        while (found := await self._version()) is not None:
            version = quote(str(found["version"]), safe="")
            await self.person.call("DELETE", f"/v3/room_keys/version/{version}")

    async def _version(self) -> Json | None:
        try:
            return await self.person.call("GET", "/v3/room_keys/version")
        except HomeserverRefused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise


@frozen
class Media:
    """Files somebody has uploaded, deleted through Synapse's admin API ("List and delete media")."""

    mxid: UserID
    transport: Transport

    async def count(self) -> int:
        """See ``Subject``."""
        return int((await self._ask("GET", 1))["total"])

    async def delete(self) -> None:
        """See ``Subject``."""
        while (await self._ask("DELETE", _MEDIA_PAGE))["total"]:
            pass

    async def _ask(self, method: str, limit: int) -> Json:
        path = f"/_synapse/admin/v1/users/{quote(self.mxid)}/media"
        url = URL(f"{self.transport.url}{path}", encoded=True).with_query(limit=str(limit))
        async with self.transport.request(method, url) as response:
            answer: Json = await response.json()
        return answer


@frozen
class Rooms:
    """All rooms: left, invitations declined, and forgotten, so that nothing of them is shown again.

    ``last`` is left alone: there the person is told how this goes.
    """

    person: Person
    last: RoomID | None = None

    async def count(self) -> int:
        """See ``Subject``."""
        return sum(map(len, (await self._rooms()).values()))

    async def delete(self) -> None:
        """See ``Subject``."""
        for membership, rooms in (await self._rooms()).items():
            for room in rooms:
                await self.go(room, is_in=membership != "leave")

    async def _rooms(self) -> dict[str, list[RoomID]]:
        found = await self.person.belongings()
        return {
            membership: [RoomID(room) for room in rooms if room != self.last]
            for membership, rooms in found.rooms.items()
        }

    async def go(self, room: RoomID, *, is_in: bool) -> None:
        """Leave one, if the person is in it, and forget it."""
        me, hs = self.person, self.person.homeserver
        steps = [hs.leave, hs.forget] if is_in else [hs.forget]
        for step in steps:
            try:
                await patiently(lambda step=step: step(me.sender, room), me.clock)  # type: ignore[misc]
            except HomeserverRefused:
                return  # It is counted again, and told.


@frozen
class Profile:
    """Name and picture."""

    person: Person

    async def count(self) -> int:
        """See ``Subject``."""
        me = self.person
        found = await me.homeserver.profile(me.sender, me.sender.mxid) or {}
        return sum(bool(found.get(name)) for name in ("displayname", "avatar_url"))

    async def delete(self) -> None:
        """See ``Subject``."""
        me = self.person
        await me.homeserver.set_displayname(me.sender, "")
        await me.homeserver.set_avatar(me.sender, "")


@define
class Account:
    """The account itself: nobody can log in any more, and nobody else gets the name.

    ``password``: where the person's own token is used, as the homeserver then asks for it.
    """

    person: Person
    password: str | None = field(repr=False)
    _gone: bool = field(default=False, init=False)

    async def count(self) -> int:
        """See ``Subject``. A homeserver does not tell which accounts are closed, but that closing worked."""
        return 0 if self._gone else 1

    async def delete(self) -> None:
        """See ``Subject`` (Matrix specification, ``POST /account/deactivate``)."""
        body: Json = {"erase": True}
        if self.password is not None:
            body["auth"] = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self.person.sender.mxid},
                "password": self.password,
            }
        await self.person.call("POST", "/v3/account/deactivate", body)
        self._gone = True


def _made_by(event: Mapping[str, Any], bot: str) -> bool:
    return (event["type"], event["sender"]) == (event_types.CREATE, bot)


def _is_empty(content: Json) -> bool:
    values: Collection[Any] = content.values()
    return not any(values)
