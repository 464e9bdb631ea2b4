# SPDX-License-Identifier: AGPL-3.0-or-later
"""New rooms from which everybody of another server can be removed later.

Creators of room version 12 stand above everybody for good (MSC4289), and clients make everybody they
invite to a direct chat a creator, by the preset ``trusted_private_chat``. Server administrators do not
bypass ``on_create_room``; upgrades are seen by ``user_may_create_room`` only.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NoReturn

from attrs import define
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.module_api import NOT_SPAM, Requester
from synapse.types import JsonDict

from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.federation.gate import Gate
from policy_module.federation.relays.freeze import POLICY_SERVER_TYPES
from policy_module.federation.words import refusal
from policy_module.rules.document import Direction
from policy_module.rules.names import server_of
from policy_module.rules.requests import Deny, FederationRequest, Reason

TRUSTED, PRIVATE = "trusted_private_chat", "private_chat"

RULE = "no creators of other servers"

CREATOR_LEVEL = 100
BELOW_CREATOR = 99
"""What a guest gets where the creator has a level like everybody: one cannot remove one's equal."""


def tame_trusted_chat(
    request: dict[str, Any], creator: str, own_server: str, creators_stand_above: bool
) -> None:
    """Turn a trusted chat with people of other servers into one they can be removed from.

    They get the power to do what the preset would have let them do. ``request`` is the body of
    ``POST /createRoom``.
    """
    invitees = [one for one in _list(request.get("invite")) if isinstance(one, str)]
    strangers = {one for one in invitees if server_of(one) != own_server}
    if request.get("preset") != TRUSTED or not strangers:
        return
    given = request.get("power_level_content_override")
    levels = dict(given) if isinstance(given, Mapping) else {}
    below = CREATOR_LEVEL if creators_stand_above else BELOW_CREATOR
    users = {one: below if one in strangers else CREATOR_LEVEL for one in invitees}
    if not creators_stand_above:
        users[creator] = CREATOR_LEVEL
    asked = levels.get("users")
    levels["users"] = {**users, **(asked if isinstance(asked, Mapping) else {})}
    request["preset"], request["power_level_content_override"] = PRIVATE, levels


@define(eq=False)
class NewRooms:
    """The callbacks; each refuses with a sentence and records it once."""

    _own_server: str
    _default_version: str
    _gate: Gate
    _refusals: RefusalLog

    async def on_create_room(
        self, requester: Requester, request: JsonDict, is_requester_admin: bool
    ) -> None:
        """Refuse or change the request (third-party rules callback).

        Raises:
            SynapseError: 403 with the sentence.
        """
        creator = requester.user.to_string()
        self._check(creator, request)
        version = KNOWN_ROOM_VERSIONS.get(request.get("room_version", self._default_version))
        tame_trusted_chat(
            request,
            creator,
            self._own_server,
            version is not None and version.msc4289_creator_power_enabled,
        )

    async def user_may_create_room(self, user: str, request: JsonDict) -> Literal["NOT_SPAM"]:
        """Refuse an upgrade that would make creators of people elsewhere (spam checker callback).

        Raises:
            SynapseError: 403 with the sentence.
        """
        # When a room is created, Synapse has added those invited to a trusted chat only after this.
        self._check(user, request)
        return NOT_SPAM

    def _check(self, user: str, request: Mapping[str, Any]) -> None:
        creation = request.get("creation_content")
        named = creation.get("additional_creators") if isinstance(creation, Mapping) else None
        for one in _list(named):
            if isinstance(one, str) and server_of(one) != self._own_server:
                self._refuse("create_room", user, Deny(Reason.FOREIGN_CREATOR, RULE, one))
        for server in _policy_servers(_list(request.get("initial_state"))):
            decision = self._gate.decide(FederationRequest(server, Direction.OUT))
            if isinstance(decision, Deny):
                self._refuse("policy_server", user, decision)

    def _refuse(self, action: str, user: str, denial: Deny) -> NoReturn:
        self._refusals.refused(
            Cause(action, denial.subject, denial.rule, user, reason=denial.reason)
        )
        raise refusal(denial)


def _policy_servers(events: Iterable[Any]) -> Iterable[str]:
    """Give the servers that would be shown every event of the room (MSC4284)."""
    for event in events:
        if isinstance(event, Mapping) and event.get("type") in POLICY_SERVER_TYPES:
            content = event.get("content")
            via = content.get("via") if isinstance(content, Mapping) else None
            if isinstance(via, str):
                yield via


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
