# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the homeserver knows about its rooms and about bridges."""

from collections.abc import Collection, Sequence, Set
from typing import TYPE_CHECKING, Protocol, cast

from attrs import frozen
from synapse.api.errors import NotFoundError
from synapse.module_api import ModuleApi

from policy_module.live.holder import PolicyInForce
from policy_module.rooms.creation import FEDERATE
from policy_module.rooms.residency import RESIDENCY, Residency, residency_of, unstated_class
from policy_module.rules.document import RoomClass
from policy_module.rules.names import server_of

if TYPE_CHECKING:
    from synapse.server import HomeServer


class _Store(Protocol):
    """Cached methods of Synapse's store as they are called.

    Type checkers do not understand the decorator for them without Synapse's own plugin.
    """

    async def get_users_in_room(self, room_id: str) -> Sequence[str]: ...
    async def get_current_hosts_in_room(self, room_id: str) -> Set[str]: ...
    async def get_rooms_for_user(self, user_id: str) -> Set[str]: ...


@frozen
class Rooms:
    """Asks Synapse; the answers come from its caches where it has them."""

    _api: ModuleApi
    _hs: "HomeServer"
    _in_force: PolicyInForce

    @property
    def server(self) -> str:
        """The name of this homeserver."""
        return self._api.server_name

    @property
    def directory_is_shared(self) -> bool:
        """Whether other servers can see the list of published rooms."""
        return self._hs.config.server.allow_public_rooms_over_federation

    def explanation(self, room_class: RoomClass) -> str:
        """Say what a class means, in the words of the policy in force."""
        return self._in_force.policy.document.rooms.words.of(room_class, self.server)

    def is_service(self, user: str) -> bool:
        """Whether a user id belongs to a bridge: its bot, or one of its puppets.

        A registration that claims names without owning them, as for double puppeting, does not make
        people into puppets.
        """
        services = self._hs.get_datastores().main.get_app_services()
        return any(service.is_exclusive_user(user) for service in services)

    async def residency(self, room_id: str) -> Residency | None:
        """Give a room's class, ``None`` if the room is not known here."""
        store = self._hs.get_datastores().main
        try:
            creation = await store.get_create_event_for_room(room_id)
        except NotFoundError:
            return None
        state = await self._api.get_room_state(room_id, [(RESIDENCY, "")])
        event = state.get((RESIDENCY, ""))
        ours = event is not None and server_of(event.sender) == self.server
        return residency_of(
            creation.content.get(FEDERATE, True) is True,
            event.content if event is not None and ours else None,
            unstated_class(self._in_force.policy.document.rooms),
        )

    async def people(self, room_id: str) -> Collection[str]:
        """Give who is in a room, bridges apart."""
        users = await self._store.get_users_in_room(room_id)
        return {user for user in users if not self.is_service(user)}

    async def is_shared(self, room_id: str) -> bool:
        """Whether somebody of another server is in a room; also for a room not known here."""
        hosts = await self._store.get_current_hosts_in_room(room_id)
        return hosts != {self.server}

    async def share_one(self, user: str, other: str) -> bool:
        """Whether two people are in a room together."""
        rooms = await self._store.get_rooms_for_user(user)
        return not rooms.isdisjoint(await self._store.get_rooms_for_user(other))

    @property
    def _store(self) -> _Store:
        return cast("_Store", self._hs.get_datastores().main)

    async def is_published(self, room_id: str) -> bool:
        """Whether a room is in the room directory."""
        room = await self._hs.get_datastores().main.get_room(room_id)
        return room is not None and room[0]
