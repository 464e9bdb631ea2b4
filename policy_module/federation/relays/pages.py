# SPDX-License-Identifier: AGPL-3.0-or-later
"""What administrators of this homeserver can do about frozen rooms, over HTTP with an access token.

``GET /_karvon/admin/rooms`` lists the rooms, ``POST /_karvon/admin/rooms/{room}/leave`` and
``POST /_karvon/admin/rooms/{room}/replace`` are the ways out.
"""

from http import HTTPStatus
from typing import Any

from synapse.api.errors import Codes, SynapseError
from synapse.http.site import SynapseRequest
from synapse.module_api import DirectServeJsonResource, ModuleApi

from policy_module.federation.relays.ways_out import WaysOut
from policy_module.inside import homeserver_of

PATH = "/_karvon/admin/rooms"


class RoomsPage(DirectServeJsonResource):
    """All pages below :data:`PATH`."""

    def __init__(self, api: ModuleApi, ways_out: WaysOut) -> None:
        super().__init__(clock=homeserver_of(api).get_clock())
        self.isLeaf = True  # rooms are no resources of their own
        self._api = api
        self._ways_out = ways_out

    async def _async_render_GET(self, request: SynapseRequest) -> tuple[int, Any]:  # noqa: N802
        await self._administrator(request)
        if _path(request):
            raise _unknown()
        rooms = await self._ways_out.frozen()
        return HTTPStatus.OK, {
            "rooms": [{"room_id": room, "refused": servers} for room, servers in rooms.items()]
        }

    async def _async_render_POST(self, request: SynapseRequest) -> tuple[int, Any]:  # noqa: N802
        administrator = await self._administrator(request)
        match _path(request):
            case [room_id, "leave"]:
                left = await self._ways_out.leave(room_id, administrator)
                return HTTPStatus.OK, {"left": left}
            case [room_id, "replace"]:
                room = await self._ways_out.replace(room_id, administrator)
                return HTTPStatus.OK, {
                    "room_id": room.room_id,
                    "came": room.came,
                    "missing": room.missing,
                    "pointed_to": room.pointed_to,
                    "published": room.published,
                }
        raise _unknown()

    async def _administrator(self, request: SynapseRequest) -> str:
        requester = await self._api.get_user_by_req(request)
        user = requester.user.to_string()
        if not await self._api.is_user_admin(user):
            raise SynapseError(
                HTTPStatus.FORBIDDEN,
                "Only administrators of this homeserver may do that.",
                Codes.FORBIDDEN,
            )
        return user


def _path(request: SynapseRequest) -> list[str]:
    """Give what stands behind :data:`PATH`."""
    parts: list[bytes] = request.postpath or []
    return [part.decode("utf-8", "replace") for part in parts if part]


def _unknown() -> SynapseError:
    return SynapseError(HTTPStatus.NOT_FOUND, "There is no such page.", Codes.UNRECOGNIZED)
