# SPDX-License-Identifier: AGPL-3.0-or-later
"""``/_karvon/history``: what application services ask for."""

from http import HTTPStatus
from typing import Any

from synapse.api.errors import Codes, SynapseError
from synapse.http.servlet import parse_json_object_from_request
from synapse.http.site import SynapseRequest
from synapse.module_api import DirectServeJsonResource
from synapse.util.clock import Clock

from policy_module.history.batches import MOST_EVENTS, BatchError, parse
from policy_module.history.insertion import Caller, Insertion, refused
from policy_module.history.inside import Inside

ALSO_FOR = "X-Karvon-Also-For"
"""Header with as_tokens of further registrations, separated by commas: of one with people in its
namespace, or of other services of the same operator whose ghosts are among the senders."""


class HistoryResource(DirectServeJsonResource):
    """``GET v1`` says what is possible; ``POST v1/rooms/{room}/events`` and ``…/commit`` do it."""

    isLeaf = True  # noqa: N815 - Twisted's

    def __init__(self, clock: Clock, inside: Inside, insertion: Insertion) -> None:
        super().__init__(clock=clock)
        self._inside = inside
        self._insertion = insertion

    async def _async_render_GET(self, request: SynapseRequest) -> tuple[int, Any]:  # noqa: N802
        if _path(request) != ["v1"]:
            raise _unknown()
        await self._inside.service(request)
        return HTTPStatus.OK, {"events_at_once": MOST_EVENTS}

    async def _async_render_POST(self, request: SynapseRequest) -> tuple[int, Any]:  # noqa: N802
        match _path(request):
            case ["v1", "rooms", room_id, "events"]:
                caller = await self._caller(request)
                try:
                    batch = parse(parse_json_object_from_request(request))
                except BatchError as error:
                    raise refused(error) from error
                return HTTPStatus.OK, {"events": await self._insertion.take(room_id, caller, batch)}
            case ["v1", "rooms", room_id, "commit"]:
                caller = await self._caller(request)
                entered, left = await self._insertion.commit(room_id, caller)
                return HTTPStatus.OK, {"entered": entered, "left": left}
        raise _unknown()

    async def _caller(self, request: SynapseRequest) -> Caller:
        services = [await self._inside.service(request)]
        for token in map(str.strip, (request.getHeader(ALSO_FOR) or "").split(",")):
            if not token:
                continue
            other = self._inside.service_by_token(request, token)
            if other is None:
                raise SynapseError(
                    HTTPStatus.UNAUTHORIZED,
                    f"The token in the header {ALSO_FOR} belongs to no registration.",
                    Codes.UNKNOWN_TOKEN,
                )
            services.append(other)
        return Caller(services)


def _path(request: SynapseRequest) -> list[str]:
    parts: list[bytes] = request.postpath or []
    return [part.decode("utf-8", "replace") for part in parts]


def _unknown() -> SynapseError:
    return SynapseError(HTTPStatus.NOT_FOUND, "There is no such page.", Codes.UNRECOGNIZED)
