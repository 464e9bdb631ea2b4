# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling local people why a server is out of reach.

The allowlist alone already refuses; here the refusal gets words. Invites have callbacks of their
own. Joining by alias or by ``via`` has none that knows the server, and Synapse answers 502 "Failed
to fetch alias" as if the other server were broken: there its answer is replaced, and only then.
"""

from collections.abc import Callable, Coroutine, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, NoReturn, ParamSpec, TypeVar

from attrs import define
from synapse.api.errors import SynapseError
from synapse.logging.context import current_context
from synapse.module_api import NOT_SPAM, Requester
from synapse.types import JsonDict, RoomAlias

from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.federation.gate import Gate
from policy_module.federation.words import refusal
from policy_module.rules.document import Direction
from policy_module.rules.names import InvalidNameError, parse_server_name, server_of
from policy_module.rules.requests import (
    Deny,
    FederationRequest,
    InviteRequest,
)

if TYPE_CHECKING:
    from synapse.server import HomeServer

P = ParamSpec("P")
T = TypeVar("T")


@define(eq=False)
class Explanations:
    """The callbacks; each refuses with the sentence of the decision and records it once."""

    _gate: Gate
    _refusals: RefusalLog

    async def user_may_invite(
        self, inviter: str, invitee: str, room_id: str
    ) -> Literal["NOT_SPAM"]:
        """Refuse an invite to a server not allowed (spam checker callback).

        Synapse also asks this for invites from other servers, whose invitee is ours, and does not
        ask it for server administrators, whom the allowlist stops.

        Raises:
            SynapseError: 403 with the sentence, because a returned code would hide it behind
                "Invites have been disabled on this server".
        """
        self._refuse_invite(inviter, invitee)
        return NOT_SPAM

    async def on_create_room(
        self, requester: Requester, request: JsonDict, is_requester_admin: bool
    ) -> None:
        """Refuse a new room with such an invitee before it exists (third-party rules callback).

        Otherwise Synapse creates the room, then fails at the invite. What is no user id is left to
        Synapse's own check of the request.

        Raises:
            SynapseError: 403 with the sentence.
        """
        invitees = request.get("invite")
        if not isinstance(invitees, list):
            return
        for invitee in invitees:
            if isinstance(invitee, str) and _names_a_server(invitee):
                self._refuse_invite(requester.user.to_string(), invitee)

    def refusal_of(self, servers: Sequence[str]) -> Deny | None:
        """Give the reason why none of these servers can be asked; ``None`` if one can."""
        decisions = [
            self._gate.decide(FederationRequest(server, Direction.OUT)) for server in servers
        ]
        denials = [decision for decision in decisions if isinstance(decision, Deny)]
        return denials[0] if denials and len(denials) == len(decisions) else None

    def refuse_join(self, denial: Deny) -> NoReturn:
        """Refuse whoever makes the request that is being answered."""
        self._refuse("join", denial, _asking())

    def _refuse_invite(self, inviter: str, invitee: str) -> None:
        decision = self._gate.decide(InviteRequest(inviter, invitee))
        if isinstance(decision, Deny):
            self._refuse("invite", decision, inviter)

    def _refuse(self, action: str, denial: Deny, user: str | None) -> NoReturn:
        cause = Cause(action, denial.subject, denial.rule, user, reason=denial.reason)
        self._refusals.refused(cause)
        raise refusal(denial)


def _names_a_server(user_id: str) -> bool:
    try:
        parse_server_name(server_of(user_id) or "")
    except InvalidNameError:
        return False
    return True


def explain_joins(hs: "HomeServer", explanations: Explanations) -> None:
    """Replace Synapse's 502 by the sentence where the servers asked are all not allowed."""
    directory = hs.get_directory_handler()
    directory.get_association = _explained(  # type: ignore[method-assign]
        directory.get_association, _alias_server, explanations
    )
    members = hs.get_room_member_handler()
    members.update_membership = _explained(  # type: ignore[method-assign]
        members.update_membership, _via_servers, explanations
    )


def _explained(
    ask: Callable[P, Coroutine[Any, Any, T]],
    servers_of: Callable[..., Sequence[str]],
    explanations: Explanations,
) -> Callable[P, Coroutine[Any, Any, T]]:
    async def explained(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await ask(*args, **kwargs)
        except SynapseError as error:
            denial = explanations.refusal_of(servers_of(*args, **kwargs))
            if error.code != HTTPStatus.BAD_GATEWAY or denial is None:
                raise
            explanations.refuse_join(denial)

    return explained


def _asking() -> str | None:
    """Give who makes the request that is being answered, if somebody does."""
    request = current_context().request
    return None if request is None else request.requester


def _alias_server(room_alias: RoomAlias) -> Sequence[str]:
    return [room_alias.domain]


def _via_servers(
    *_: object, remote_room_hosts: Sequence[str] | None = None, **__: object
) -> Sequence[str]:
    return remote_room_hosts or ()
