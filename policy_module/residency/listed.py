# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the policy itself names: hosts under ``egress``, lists, and servers that must be at home.

Patterns stand for names nobody knows before they are met; those are judged when connected to.
"""

from collections.abc import Iterator
from itertools import islice

from policy_module.residency.endpoints import (
    Endpoint,
    Purpose,
    Unknown,
    target_of_host,
    target_of_url,
)
from policy_module.rules.document import Purpose as Egress
from policy_module.rules.names import Reach
from policy_module.rules.policy import Policy

FILE = "policy.yaml"

MOST_SERVERS = 500
"""Allowed servers that are resolved: a list may have a hundred thousand."""

_PURPOSES = {
    Egress.PUSH: Purpose.PUSH,
    Egress.PREVIEWS: Purpose.PREVIEWS,
    Egress.IDENTITY: Purpose.IDENTITY,
    Egress.EMAIL: Purpose.MAIL,
    Egress.SSO: Purpose.SIGN_ON,
    Egress.BRIDGES: Purpose.NETWORK,
    Egress.MEDIA_STORAGE: Purpose.MEDIA_STORAGE,
    Egress.MEDIA_REDIRECTS: Purpose.MEDIA_REDIRECTS,
    Egress.OTHER: Purpose.OTHER,
}

_FEDERATION_PORT = 8448
_DELEGATES = "a server name may lead elsewhere by .well-known or SRV; judged when connected to"


def listed_endpoints(policy: Policy) -> tuple[Endpoint, ...]:
    """Give the hosts that a policy names in full."""
    return (*_destinations(policy), *_lists(policy), *_servers(policy))


def _destinations(policy: Policy) -> Iterator[Endpoint]:
    for purpose, listed in policy.egress.items():
        for entry in listed:
            if entry.pattern.reach is Reach.EXACT:
                target = target_of_host(entry.pattern.text)
                yield Endpoint(_PURPOSES[purpose], f"{FILE}: egress.{purpose}", target)


def _lists(policy: Policy) -> Iterator[Endpoint]:
    for one in policy.document.federation.lists:
        if "://" in one.source:
            where = f"{FILE}: federation.lists ({one.name})"
            yield Endpoint(Purpose.OTHER, where, target_of_url(one.source))


def _servers(policy: Policy) -> Iterator[Endpoint]:
    if not policy.document.residency.federation:
        return
    named = [entry for entry in policy.allowed if entry.pattern.reach is Reach.EXACT]
    for entry in islice(named, MOST_SERVERS):
        target = target_of_host(entry.pattern.text, _FEDERATION_PORT)
        yield Endpoint(Purpose.FEDERATION, f"{FILE}: federation.allow", target, _DELEGATES)
    rest = len(named) - MOST_SERVERS
    if rest > 0:
        why = Unknown(f"{rest} more allowed servers; each is judged when connected to")
        yield Endpoint(Purpose.FEDERATION, f"{FILE}: federation.allow", why)
