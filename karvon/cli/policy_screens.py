# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``karvon policy`` prints."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from policy_module.rules.changes import Change, Effect, moment
from policy_module.rules.document import ServerEntry
from policy_module.rules.load import PolicyRefusedError
from policy_module.rules.policy import Policy
from policy_module.rules.requests import (
    AddressRequest,
    Decision,
    Deny,
    EgressRequest,
    FederationRequest,
    InviteRequest,
    JoinRequest,
    PermissionRequest,
    Request,
    RoomClassRequest,
    sentence,
)

SHOWN_FROM_LISTS = 20
"""Most servers shown of those that come from lists of their own."""

_SIGNS = {
    Effect.GAINED: ("+", "green"),
    Effect.LOST: ("-", "red"),
    Effect.CHANGED: ("~", "yellow"),
}


def mistakes_screen(path: Path, error: PolicyRefusedError) -> Text:
    """Every mistake on a line."""
    return _lines(Text(f"{path}: {problem}", "red") for problem in error.problems)


def remarks_screen(remarks: Sequence[str], homeserver: Sequence[str]) -> Text:
    """What is right and hardly meant."""
    return _lines(
        [
            *(Text(f"note: {remark}", "yellow") for remark in remarks),
            *(Text(f"warning: homeserver.yaml: {mistake}", "yellow") for mistake in homeserver),
        ]
    )


def changes_screen(found: Sequence[Change]) -> Text:
    """What is gained, lost and different."""
    if not found:
        return _lines([Text("Nothing changes.")])
    return _lines(Text(f"{_SIGNS[c.effect][0]} {c.text}", _SIGNS[c.effect][1]) for c in found)


def policy_screen(policy: Policy, path: Path, now: float) -> RenderableType:
    """The whole policy."""
    document = policy.document
    servers = Table("Server", "Direction", "Until", "Note", "Contact", title="Federation")
    for entry in document.federation.allow:
        servers.add_row(*_server_row(entry, now))
    for entry in document.federation.deny:
        servers.add_row(*_server_row(entry, now), style="red")
    written = {entry.server for entry in document.federation.allow}
    listed = [one.rule for one in policy.allowed if one.pattern.text not in written]
    for rule in listed[:SHOWN_FROM_LISTS]:
        servers.add_row(rule, "both", "", "", "")
    if len(listed) > SHOWN_FROM_LISTS:
        servers.add_row(f"… and {len(listed) - SHOWN_FROM_LISTS} more", "", "", "", "")
    destinations = Table("Purpose", "Host", "Until", title="Other destinations")
    for purpose, index in policy.egress.items():
        for destination in index:
            until = _until(destination.until, now)
            destinations.add_row(purpose, destination.pattern.text, until)
    people = Table("Who", "May", title="People")
    for group in document.groups:
        people.add_row(f"{group.name}: {', '.join(group.members)}", _listed(group.may))
    people.add_row("everyone else" if document.groups else "everyone", _listed(document.everyone))
    rooms = document.rooms
    ends = policy.next_end(now)
    return Group(
        Text(f"Policy of {policy.own_server}, from {path}"),
        Text(f"digest {policy.digest}"),
        Text(f"rooms: {rooms.default}; bridged: {rooms.bridged}; at most {rooms.widest}"),
        Text(_home(policy)),
        Text(f"push gateways are told: {document.push.content}"),
        Text("no entry ends" if ends is None else f"the next entry ends: {moment(ends)}"),
        servers if servers.row_count else Text("federation: with nobody"),
        destinations if destinations.row_count else Text("other destinations: none"),
        people,
    )


def _home(policy: Policy) -> str:
    territory, residency = policy.home, policy.document.residency
    if territory is None:
        return "home: no territory; addresses are not looked at"
    networks = sum(1 for _ in territory.networks())
    return (
        f"home: {territory.name} with {networks} networks; destinations outside it at the start:"
        f" {residency.on_violation}"
    )


def verdict_screen(request: Request, answer: Decision) -> Text:
    """What would be decided, by which rule, and what the person would read."""
    if not isinstance(answer, Deny):
        head = Text("allowed: ", "green").append(_asked(request), "default")
        return _lines([head, Text(f"  by: {answer.rule}")])
    head = Text("refused: ", "red").append(_asked(request), "default")
    return _lines(
        [
            head,
            Text(f"  by: {answer.rule}"),
            Text(f"  code: {answer.reason}"),
            Text(f"  people read: {sentence(answer)}"),
        ]
    )


def _asked(request: Request) -> str:
    match request:
        case FederationRequest(server, direction):
            return f"{_DIRECTIONS[direction]} {server}"
        case InviteRequest(inviter, invitee):
            return f"{inviter} invites {invitee}"
        case JoinRequest(user, servers):
            return f"{user} joins a room through {', '.join(servers) or 'nobody'}"
        case EgressRequest(purpose, host):
            return f"a connection to {host} for {purpose}"
        case AddressRequest(hosts=hosts, address=address):
            return f"a connection to {hosts[0]} at {address}"
        case PermissionRequest(user, permission):
            return f"{user}: {permission}"
        case RoomClassRequest(user, wanted):
            return f"{user} makes a room of the class {wanted}"


_DIRECTIONS = {None: "both directions with", "in": "requests from", "out": "requests to"}


def _server_row(entry: ServerEntry, now: float) -> tuple[str, ...]:
    until = None if entry.until is None else entry.until.timestamp()
    return entry.server, entry.direction, _until(until, now), entry.note, entry.contact


def _until(until: float | None, now: float) -> str:
    if until is None:
        return ""
    return moment(until).removeprefix("until ") + (" (over)" if until < now else "")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _lines(lines: Iterable[Text]) -> Text:
    joined = Text()
    for line in lines:
        joined.append_text(line).append("\n")
    return joined
