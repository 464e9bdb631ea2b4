# SPDX-License-Identifier: AGPL-3.0-or-later
"""Aliases of domestic rooms do not exist for other servers.

The callback for new aliases is not told the room, and an alias is useful to people here. So it is the
question of other servers (server-server API, ``/query/directory``) that is answered differently.
"""

from typing import TYPE_CHECKING

from synapse.api.errors import NotFoundError
from synapse.types import JsonDict

from policy_module.rooms.knowledge import Rooms
from policy_module.rules.document import RoomClass

if TYPE_CHECKING:
    from synapse.server import HomeServer


def hide_domestic_aliases(hs: "HomeServer", rooms: Rooms) -> None:
    """Answer questions for domestic rooms as for rooms that are not there."""
    hs.get_directory_handler()  # registers the answer that is wrapped here
    handlers = hs.get_federation_registry().query_handlers
    ask = handlers["directory"]

    async def answer(args: JsonDict) -> JsonDict:
        found = await ask(args)
        residency = await rooms.residency(found["room_id"])
        if residency is not None and residency.room_class is RoomClass.DOMESTIC:
            raise NotFoundError("Room alias not found")
        return found

    handlers["directory"] = answer
