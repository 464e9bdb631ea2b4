# SPDX-License-Identifier: AGPL-3.0-or-later
"""Residency while the homeserver runs: checked again and again, moves abroad are told.

Only the process with the background tasks watches; every process refuses to start by itself.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Protocol, TypeVar

from attrs import define, field, frozen
from prometheus_client import CollectorRegistry, Gauge

from policy_module.audit.record import AuditRecord, AuditSink, Value
from policy_module.residency.audit import Auditor
from policy_module.residency.check import Finding, Verdict
from policy_module.residency.endpoints import Endpoint
from policy_module.residency.memory import (
    Known,
    Memory,
    Move,
    addresses_of,
    moves,
    remembered,
)
from policy_module.residency.report import counted, of_concern
from policy_module.rules.policy import Policy

logger = logging.getLogger(__name__)

RETRY = 60.0
"""Seconds until the next try after a check failed."""

T = TypeVar("T")


class InThread(Protocol):
    """Runs a blocking function elsewhere."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Give what it returns."""


class ResidencyMetrics:
    """Figures of the last check, in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._endpoints = Gauge(
            "karvon_residency_endpoints",
            "Configured endpoints by where they are",
            ["verdict"],
            registry=registry,
        )
        self._checked = Gauge(
            "karvon_residency_checked_timestamp_seconds",
            "When endpoints were checked last",
            registry=registry,
        )

    def checked(self, findings: Sequence[Finding], now: float) -> None:
        """Take over the figures of a check; ``now`` is in seconds since 1970."""
        for verdict, count in counted(findings).items():
            self._endpoints.labels(verdict=verdict.value).set(count)
        self._checked.set(now)


@cache
def residency_metrics(registry: CollectorRegistry) -> ResidencyMetrics:
    """Give the figures of a registry, which takes each name only once."""
    return ResidencyMetrics(registry)


@frozen
class Surroundings:
    """What the watch needs of the homeserver.

    ``now`` gives seconds since 1970, ``gather`` everything that is configured at the moment.
    """

    policy: Callable[[], Policy]
    gather: Callable[[], Awaitable[Sequence[Endpoint]]]
    in_thread: InThread
    now: Callable[[], float]


@define
class ResidencyWatch:
    """Checks when :meth:`look` is called and a check is due: at first, after a change, in intervals."""

    _around: Surroundings
    _auditor: Auditor
    _sink: AuditSink
    _metrics: ResidencyMetrics
    _memory: Memory
    _known: dict[str, Known] | None = field(default=None, init=False)
    _due: float = field(default=float("-inf"), init=False)
    _busy: bool = field(default=False, init=False)

    def hurry(self) -> None:
        """Have the next look check, because the policy has changed."""
        self._due = float("-inf")

    async def look(self) -> None:
        """Check if it is time to."""
        now = self._around.now()
        if self._busy or now < self._due:
            return
        policy = self._around.policy()
        self._due = now + policy.document.residency.interval
        if policy.home is None:
            return
        self._busy = True
        try:
            await self._check(policy)
        except Exception:
            self._due = now + RETRY
            raise
        finally:
            self._busy = False

    async def _check(self, policy: Policy) -> None:
        endpoints = await self._around.gather()
        if self._known is None:
            self._known = await self._around.in_thread(self._memory.recall)
        findings = await self._around.in_thread(lambda: self._auditor.audit(policy, endpoints))
        self._metrics.checked(findings, self._around.now())
        self._sink.record(checked_record(policy, findings))
        for move in moves(self._known, findings):
            self._tell(move)
        for finding in of_concern(findings):
            if finding.verdict is not Verdict.UNCHECKABLE:
                logger.warning("%s", sentence(finding))
        self._known = known = remembered(self._known, findings)
        try:
            await self._around.in_thread(lambda: self._memory.keep(known))
        except OSError as error:
            logger.error("What was found about residency cannot be kept: %s", error)

    def _tell(self, move: Move) -> None:
        self._sink.record(moved_record(move))
        logger.warning("Was %s before: %s", move.before.verdict, sentence(move.now))


def refusal(findings: Sequence[Finding]) -> str | None:
    """Give the sentence that a homeserver does not start with; ``None`` if it may."""
    outside = [finding for finding in findings if finding.verdict is Verdict.OUTSIDE]
    if not outside:
        return None
    return (
        "the policy refuses to start with destinations outside the territory"
        f" (residency.on_violation): {'; '.join(map(sentence, outside))}; move them, or list them"
        " under egress with abroad: true"
    )


def sentence(finding: Finding) -> str:
    """Put a finding into one line."""
    endpoint = finding.endpoint
    return (
        f"{endpoint.shown} ({endpoint.purpose}, {endpoint.where_configured}) is {finding.verdict}:"
        f" {finding.reason}"
    )


def checked_record(policy: Policy, findings: Sequence[Finding]) -> AuditRecord:
    """Give the record of a check: how many endpoints are where, and which are outside."""
    details: dict[str, Value] = {
        "territory": policy.document.residency.territory,
        "policy": policy.digest,
        **{verdict.value: count for verdict, count in counted(findings).items()},
        "outside_targets": [
            finding.endpoint.shown for finding in findings if finding.verdict is Verdict.OUTSIDE
        ],
    }
    return AuditRecord("residency_checked", details)


def moved_record(move: Move) -> AuditRecord:
    """Give the record of an endpoint that has moved."""
    endpoint = move.now.endpoint
    return AuditRecord(
        "residency_moved",
        {
            "purpose": endpoint.purpose.value,
            "where_configured": endpoint.where_configured,
            "destination": endpoint.shown,
            "before": move.before.verdict.value,
            "before_addresses": list(move.before.addresses),
            "after": move.now.verdict.value,
            "after_addresses": list(addresses_of(move.now)),
            "rule": move.now.reason,
        },
    )
