# SPDX-License-Identifier: AGPL-3.0-or-later
"""``GET /_karvon/policy`` and ``GET /_karvon/policy/why``, on every listener of the homeserver."""

import json
from http import HTTPStatus
from typing import Any

from attrs import frozen
from synapse.api.errors import Codes, SynapseError
from synapse.http.server import respond_with_json_bytes
from synapse.http.servlet import parse_string
from synapse.http.site import SynapseRequest
from synapse.module_api import DirectServeJsonResource, ModuleApi

from policy_module.inside import homeserver_of
from policy_module.live.holder import PolicyInForce
from policy_module.rooms.knowledge import Rooms
from policy_module.rules.requests import Deny, Reason, sentence
from policy_module.web.public import public
from policy_module.web.recent import RecentRefusals, Refusal


class PolicyPage(DirectServeJsonResource):
    """The policy in force, for everybody; its ETag is the digest."""

    def __init__(self, api: ModuleApi, in_force: PolicyInForce, why: "WhyPage") -> None:
        super().__init__(clock=homeserver_of(api).get_clock())
        self._in_force = in_force
        self._written = _Written("", b"")
        self.putChild(b"why", why)  # type: ignore[arg-type] # as Synapse does with its own

    async def _async_render_GET(self, request: SynapseRequest) -> None:  # noqa: N802 - Twisted's
        policy = self._in_force.policy
        if self._written.digest != policy.digest:
            content = json.dumps(public(policy), sort_keys=True, ensure_ascii=False)
            self._written = _Written(policy.digest, content.encode())
        tag = f'"{policy.digest}"'.encode()
        if request.setETag(tag) is not None:  # type: ignore[no-untyped-call]
            request.finish()  # Twisted has answered 304
            return
        respond_with_json_bytes(request, HTTPStatus.OK, self._written.content, send_cors=True)


@frozen
class _Written:
    digest: str
    content: bytes


class WhyPage(DirectServeJsonResource):
    """The last refusals of the caller, by access token.

    A bridge's user may ask for somebody else, ``?person=@alice:example.org``, who is in a room with
    it: this is how the bot answers the question "why?".
    """

    def __init__(self, api: ModuleApi, rooms: Rooms, recent: RecentRefusals) -> None:
        super().__init__(clock=homeserver_of(api).get_clock())
        self._api = api
        self._rooms = rooms
        self._recent = recent

    async def _async_render_GET(self, request: SynapseRequest) -> tuple[int, Any]:  # noqa: N802
        requester = await self._api.get_user_by_req(request)
        caller = requester.user.to_string()
        person = parse_string(request, "person", default=caller)
        if person != caller and (
            not self._rooms.is_service(caller) or not await self._rooms.share_one(caller, person)
        ):
            raise SynapseError(
                HTTPStatus.FORBIDDEN, "You may only ask about yourself.", Codes.FORBIDDEN
            )
        refusals = await self._recent.of(person)
        return HTTPStatus.OK, {"refusals": [_described(one) for one in refusals]}


def _described(refusal: Refusal) -> dict[str, Any]:
    reason = next((one for one in Reason if one == refusal.reason), None)
    return {
        "time": int(refusal.time * 1000),
        "action": refusal.action,
        "reason": refusal.reason,
        "rule": refusal.rule,
        "subject": refusal.subject,
        "sentence": sentence(Deny(reason, refusal.rule, refusal.subject)) if reason else None,
    }
