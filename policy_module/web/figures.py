# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures for Prometheus, on the page where Synapse has its own; names begin ``karvon_policy_``."""

from collections import Counter
from collections.abc import Callable, Iterator

from attrs import define, field
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.live.holder import PolicyInForce
from policy_module.rules.policy import Policy
from policy_module.rules.remarks import SOON, all_entries
from policy_module.rules.requests import Decision, Deny, Request

KINDS = 50
"""Most kinds of records counted apart, however many there come to be."""
FROZEN_ROOMS = 100_000
"""Most frozen rooms remembered."""


@define(eq=False)
class CountingSink:
    """Counts records by kind, knows which rooms are frozen, and passes everything on."""

    _sink: AuditSink
    kinds: Counter[str] = field(factory=Counter, init=False)
    frozen: set[str] = field(factory=set, init=False)

    @property
    def healthy(self) -> bool:
        """Whether the sink behind it is."""
        return self._sink.healthy

    def record(self, record: AuditRecord) -> None:
        """Take a record."""
        if record.kind in self.kinds or len(self.kinds) < KINDS:
            self.kinds[record.kind] += 1
        room = record.details.get("room")
        if isinstance(room, str) and record.kind == "frozen" and len(self.frozen) < FROZEN_ROOMS:
            self.frozen.add(room)
        elif isinstance(room, str) and record.kind == "thawed":
            self.frozen.discard(room)
        self._sink.record(record)


@define(eq=False)
class PolicyFigures(Collector):
    """Asked by Prometheus; ``clock`` gives seconds since 1970."""

    _in_force: PolicyInForce
    _sink: CountingSink
    _clock: Callable[[], float]
    _since: float
    _decisions: Counter[tuple[str, str]] = field(factory=Counter, init=False)

    def decided(self, request: Request, decision: Decision) -> None:
        """Count a decision."""
        reason = decision.reason.value if isinstance(decision, Deny) else "allowed"
        self._decisions[type(request).__name__, reason] += 1

    def changed(self, before: Policy, policy: Policy) -> None:
        """Note that a policy came into force."""
        if before is not policy:
            self._since = self._clock()

    def collect(self) -> Iterator[Metric]:
        """Give all figures of this process."""
        decisions = CounterMetricFamily(
            "karvon_policy_decisions", "Decisions made", labels=["request", "result"]
        )
        for (request, reason), count in list(self._decisions.items()):
            decisions.add_metric([request.removesuffix("Request").lower(), reason], count)
        yield decisions
        records = CounterMetricFamily(
            "karvon_policy_records", "Records for the audit log", labels=["kind"]
        )
        for kind, count in list(self._sink.kinds.items()):
            records.add_metric([kind], count)
        yield records
        failures = self._sink.kinds.get("policy_refused", 0)
        yield CounterMetricFamily(
            "karvon_policy_reload_failures", "Policy files that were refused", value=failures
        )
        yield from self._of_policy(self._in_force.policy)
        yield GaugeMetricFamily(
            "karvon_policy_frozen_rooms", "Rooms nobody can write in", value=len(self._sink.frozen)
        )
        yield GaugeMetricFamily(
            "karvon_policy_audit_healthy",
            "Whether the audit log can be written; while not, federation is closed",
            value=self._sink.healthy,
        )

    def _of_policy(self, policy: Policy) -> Iterator[Metric]:
        now = self._in_force.now
        info = GaugeMetricFamily(
            "karvon_policy_info", "The policy in force, by digest", labels=["digest"]
        )
        info.add_metric([policy.digest], 1)
        yield info
        yield GaugeMetricFamily(
            "karvon_policy_age_seconds",
            "How long the policy has been in force in this process",
            value=max(0.0, self._clock() - self._since),
        )
        entries = GaugeMetricFamily("karvon_policy_entries", "Entries", labels=["list"])
        entries.add_metric(["allow"], sum(1 for _ in policy.allowed))
        entries.add_metric(["deny"], sum(1 for _ in policy.denied))
        destinations = sum(1 for index in policy.egress.values() for _ in index)
        entries.add_metric(["egress"], destinations)
        yield entries
        yield GaugeMetricFamily(
            "karvon_policy_entries_expiring",
            "Entries that end within seven days",
            value=sum(
                1
                for entry in all_entries(policy)
                if entry.until is not None and now <= entry.until < now + SOON
            ),
        )
