# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is an endpoint inside the territory? A pure decision on its addresses."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from attrs import frozen

from policy_module.residency.endpoints import Endpoint, Local, Remote, Unknown
from policy_module.residency.resolve import Answer
from policy_module.territory.addresses import Address, judged
from policy_module.territory.territory import Territory


class Verdict(StrEnum):
    """Where an endpoint is."""

    HERE = "here"
    """On this machine: a socket, a path, a loopback address."""
    INSIDE = "inside"
    """Every address lies in the territory."""
    ACCEPTED = "accepted"
    """Outside, and the policy says so knowingly."""
    OUTSIDE = "outside"
    """At least one address lies elsewhere."""
    UNRESOLVED = "unresolved"
    """The name has no address at the moment."""
    UNCHECKABLE = "uncheckable"
    """The configuration does not tell where it is."""


Accepted = Callable[[Endpoint], str | None]
"""Tells why an endpoint may be outside; ``None`` if it may not."""


@frozen
class Located:
    """One address of an endpoint and the territory's rule for it; ``None`` if it is not there."""

    address: Address
    rule: str | None


@frozen
class Finding:
    """What was found out about one endpoint."""

    endpoint: Endpoint
    verdict: Verdict
    reason: str
    addresses: tuple[Located, ...] = ()


def check(
    endpoint: Endpoint,
    answer: Answer | None,
    territory: Territory,
    accepted: Accepted,
) -> Finding:
    """Judge one endpoint.

    Args:
        endpoint: what the configuration names.
        answer: the addresses of its host; ``None`` if it has none to resolve.
        territory: where everything should be.
        accepted: tells what may be elsewhere, and why.
    """
    match endpoint.target:
        case Local():
            return Finding(endpoint, Verdict.HERE, "a path of this machine")
        case Unknown(why):
            return Finding(endpoint, Verdict.UNCHECKABLE, why)
        case Remote():
            return _check_host(endpoint, answer or Answer(), territory, accepted)


def check_all(
    endpoints: Iterable[Endpoint],
    answers: Mapping[str, Answer],
    territory: Territory,
    accepted: Accepted,
) -> tuple[Finding, ...]:
    """Judge endpoints in their order; ``answers`` are by host."""
    return tuple(
        check(endpoint, answers.get(endpoint.host or ""), territory, accepted)
        for endpoint in endpoints
    )


def hosts_of(endpoints: Iterable[Endpoint]) -> frozenset[str]:
    """Give the hosts that must be resolved."""
    return frozenset(endpoint.host for endpoint in endpoints if endpoint.host is not None)


def _check_host(
    endpoint: Endpoint,
    answer: Answer,
    territory: Territory,
    accepted: Accepted,
) -> Finding:
    if not answer.addresses:
        return Finding(endpoint, Verdict.UNRESOLVED, answer.problem or "has no address")
    located = tuple(_locate(address, territory) for address in answer.addresses)
    foreign = [one.address for one in located if one.rule is None and not _here(one.address)]
    if not foreign:
        here = all(_here(one.address) for one in located)
        reason = (
            "loopback" if here else "; ".join(sorted({one.rule or "" for one in located} - {""}))
        )
        return Finding(endpoint, Verdict.HERE if here else Verdict.INSIDE, reason, located)
    outside = f"not in territory {territory.name}: {', '.join(map(str, foreign))}"
    why = accepted(endpoint)
    if why is not None:
        return Finding(endpoint, Verdict.ACCEPTED, f"{why} ({outside})", located)
    return Finding(endpoint, Verdict.OUTSIDE, outside, located)


def _locate(address: Address, territory: Territory) -> Located:
    match = territory.contains(address)
    return Located(address, None if match is None else match.rule)


def _here(address: Address) -> bool:
    return judged(address).is_loopback
