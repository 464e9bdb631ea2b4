# SPDX-License-Identifier: AGPL-3.0-or-later
"""The decision: pure, and whatever no rule allows is denied."""

from collections.abc import Iterable

from policy_module.rules.document import WIDTH, Direction, Permission
from policy_module.rules.names import InvalidNameError, ServerName, parse_server_name, server_of
from policy_module.rules.patterns import PatternIndex
from policy_module.rules.policy import Destination, ListedServer, Policy
from policy_module.rules.requests import (
    AddressRequest,
    Allow,
    Decision,
    Deny,
    EgressRequest,
    FederationRequest,
    InviteRequest,
    JoinRequest,
    PermissionRequest,
    Reason,
    Request,
    RoomClassRequest,
)

OWN_SERVER = "own server"
NOT_A_SERVER_NAME = "not a server name"
DEFAULT_DENY = "default deny"
EVERYONE = "everyone"
ANYWHERE = "addresses are not looked at"


def decide(policy: Policy, request: Request, now: float) -> Decision:
    """Answer a request; never raises, whatever text it holds.

    ``now`` is in seconds since 1970.
    """
    match request:
        case FederationRequest(server, direction):
            return _server(policy, server, direction, now)
        case InviteRequest():
            return _invite(policy, request, now)
        case JoinRequest():
            return _join(policy, request, now)
        case EgressRequest(purpose, host):
            return _destination(policy.egress[purpose], host, now)
        case AddressRequest():
            return _address(policy, request, now)
        case PermissionRequest(user, permission):
            return _permitted(policy, user, permission)
        case RoomClassRequest():
            return _room_class(policy, request)


def _server(
    policy: Policy, server: str | None, direction: Direction | None, now: float
) -> Decision:
    if server == policy.own_server:
        return Allow(OWN_SERVER)
    name = None if server is None else _taken_apart(server)
    if server is None or name is None:
        return Deny(Reason.NO_SERVER_NAME, NOT_A_SERVER_NAME, server)
    for entry in policy.denied.matching(server, name):
        if _is_live(entry, now) and _touches(entry, direction):
            return Deny(Reason.DENYLISTED, f"deny: {entry.rule}", server)
    refusal = Deny(Reason.NOT_LISTED, DEFAULT_DENY, server)
    for entry in policy.allowed.matching(server, name):
        if not _is_live(entry, now):
            refusal = Deny(Reason.EXPIRED, entry.rule, server)
        elif not _covers(entry, direction):
            refusal = Deny(Reason.WRONG_DIRECTION, entry.rule, server)
        else:
            return Allow(entry.rule)
    return refusal


def _taken_apart(text: str) -> ServerName | None:
    try:
        return parse_server_name(text)
    except InvalidNameError:
        return None


def _is_live(entry: ListedServer | Destination, now: float) -> bool:
    return entry.until is None or now <= entry.until


def _covers(entry: ListedServer, direction: Direction | None) -> bool:
    """Whether everything asked for is allowed by an entry of the allowlist."""
    return entry.direction is None or entry.direction is direction


def _touches(entry: ListedServer, direction: Direction | None) -> bool:
    """Whether anything asked for is refused by an entry of the denylist."""
    return entry.direction is None or direction is None or entry.direction is direction


def _invite(policy: Policy, request: InviteRequest, now: float) -> Decision:
    inviter, invitee = server_of(request.inviter), server_of(request.invitee)
    if inviter != policy.own_server:
        return _first_denial(
            _server(policy, inviter, Direction.IN, now),
            _permitted(policy, request.invitee, Permission.FEDERATE),
        )
    abroad = _server(policy, invitee, Direction.OUT, now)
    if invitee == policy.own_server:
        return abroad
    return _first_denial(
        abroad,
        _permitted(policy, request.inviter, Permission.FEDERATE),
        _permitted(policy, request.inviter, Permission.INVITE_ABROAD),
    )


def _join(policy: Policy, request: JoinRequest, now: float) -> Decision:
    if not request.servers or policy.own_server in request.servers:
        return Allow(OWN_SERVER)
    answers = [_server(policy, server, Direction.OUT, now) for server in request.servers]
    reachable = next((answer for answer in answers if isinstance(answer, Allow)), answers[0])
    return _first_denial(reachable, _permitted(policy, request.user, Permission.FEDERATE))


def _destination(listed: PatternIndex[Destination], host: str, now: float) -> Decision:
    refusal = Deny(Reason.DESTINATION_NOT_LISTED, DEFAULT_DENY, host)
    for entry in _about(listed, host):
        if _is_live(entry, now):
            return Allow(entry.rule)
        refusal = Deny(Reason.EXPIRED, entry.rule, host)
    return refusal


def _about(listed: PatternIndex[Destination], host: str) -> Iterable[Destination]:
    name = _taken_apart(host)
    return () if name is None else listed.matching(host, name)


def _address(policy: Policy, request: AddressRequest, now: float) -> Decision:
    home = policy.home
    if home is None or not (request.purposes or policy.document.residency.federation):
        return Allow(ANYWHERE)
    inside = home.contains(request.address)
    if inside is not None:
        return Allow(inside.rule)
    for purpose in request.purposes:
        for host in request.hosts:
            for entry in _about(policy.egress[purpose], host):
                if entry.abroad and _is_live(entry, now):
                    return Allow(entry.rule)
    subject = f"{request.hosts[0]} ({request.address})"
    return Deny(Reason.OUTSIDE, f"residency.territory: {home.name}", subject)


def _permitted(policy: Policy, user: str, permission: Permission) -> Decision:
    for group in policy.groups:
        if group.members.fullmatch(user):
            may, rule = group.may, f"group {group.name}"
            break
    else:
        may, rule = policy.document.everyone, EVERYONE
    if permission in may:
        return Allow(rule)
    return Deny(Reason.NOT_PERMITTED, rule, permission.value)


def _room_class(policy: Policy, request: RoomClassRequest) -> Decision:
    rooms, wanted = policy.document.rooms, request.wanted
    if WIDTH[wanted] > WIDTH[rooms.widest]:
        return Deny(Reason.TOO_WIDE, f"rooms.widest: {rooms.widest}", wanted.value)
    if WIDTH[wanted] <= WIDTH[request.current or rooms.default]:
        return Allow("not wider than before" if request.current else "not wider than the default")
    return _permitted(policy, request.user, Permission.WIDEN_ROOMS)


def _first_denial(*answers: Decision) -> Decision:
    return next((answer for answer in answers if isinstance(answer, Deny)), answers[0])
