# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is permitted in a policy, or in a homeserver's settings beside it, and hardly meant."""

from collections.abc import Iterator, Mapping
from typing import Any

from policy_module.rules.decide import decide
from policy_module.rules.names import Reach
from policy_module.rules.policy import Destination, ListedServer, Policy
from policy_module.rules.requests import Deny, FederationRequest, Reason
from policy_module.rules.switches import loose, settings_in_yaml

SOON = 7 * 86_400
"""Seconds before its end at which an entry is mentioned."""


def remarks(policy: Policy, now: float) -> Iterator[str]:
    """Say what somebody should look at again; ``now`` in seconds since 1970."""
    for entry in all_entries(policy):
        if entry.until is None:
            continue
        if entry.until < now:
            yield f"{entry.rule}: its time is over; it counts no more and can go"
        elif entry.until < now + SOON:
            yield f"{entry.rule}: its time is over within 7 days"
    for listed in policy.allowed:
        name = listed.pattern.text
        if listed.pattern.reach is Reach.EXACT:
            answer = decide(policy, FederationRequest(name, listed.direction), now)
            if isinstance(answer, Deny) and answer.reason is Reason.DENYLISTED:
                yield f"federation.allow: {name} is refused all the same by {answer.rule}"
    for name, territory in policy.territories.items():
        yield from (f"territories.{name}: {remark}" for remark in territory.remarks)


def all_entries(policy: Policy) -> Iterator[ListedServer | Destination]:
    """Give everything in a policy that may have an end."""
    yield from policy.allowed
    yield from policy.denied
    for destinations in policy.egress.values():
        yield from destinations


def homeserver_mistakes(settings: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    """Say what in ``homeserver.yaml`` contradicts the policy or opens a way around it.

    ``settings`` is its content as read from YAML.
    """
    if settings.get("federation_domain_whitelist") != []:
        yield (
            "federation_domain_whitelist must be there and empty: Synapse asks the policy only then"
        )
    if "federation_ip_range_blacklist" in settings:
        yield "federation_ip_range_blacklist must go: with it addresses cannot be decided here"
    default = [{"server_name": "matrix.org"}]
    named = [entry["server_name"] for entry in settings.get("trusted_key_servers", default)]
    yield from key_servers(named, policy)
    yield from loose(settings_in_yaml(settings), policy)


def key_servers(named: list[str], policy: Policy) -> Iterator[str]:
    """Say what is wrong with the servers that are named for keys of others."""
    refused = [name for name in named if _refused(policy, name)]
    if refused:
        yield f"trusted_key_servers: {', '.join(refused)} is not on the allowlist"
    elif (
        not named
        and len(policy.allowed)
        and not any(_vouches(policy, entry) for entry in policy.allowed)
    ):
        yield (
            "trusted_key_servers is empty, and no allowed server is named in full: members of servers"
            " we have not met stay invisible; name an allowed server that vouches for keys"
        )


def _vouches(policy: Policy, entry: ListedServer) -> bool:
    """Whether the policy module asks this server for keys, when nobody else is named."""
    return entry.pattern.reach is Reach.EXACT and not _refused(policy, entry.pattern.text)


def _refused(policy: Policy, server: str) -> bool:
    # At the beginning of time no entry is over; that is told elsewhere.
    return isinstance(decide(policy, FederationRequest(server), 0.0), Deny)
