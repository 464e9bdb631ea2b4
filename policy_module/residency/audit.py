# SPDX-License-Identifier: AGPL-3.0-or-later
"""One whole check: endpoints are gathered, resolved and judged. Blocks while names are resolved."""

from collections.abc import Callable, Sequence

from attrs import frozen

from policy_module.residency.accepted import AcceptedByPolicy
from policy_module.residency.check import Finding, check_all, hosts_of
from policy_module.residency.endpoints import Endpoint
from policy_module.residency.listed import listed_endpoints
from policy_module.residency.resolve import Resolve, resolve_all
from policy_module.residency.storage import Disks, behind_paths
from policy_module.rules.policy import Policy


@frozen
class Auditor:
    """Judges endpoints by a policy.

    ``resolve`` resolves names, ``disks`` looks at the machine's file systems, ``now`` gives seconds
    since 1970.
    """

    _resolve: Resolve
    _disks: Callable[[], Disks]
    _now: Callable[[], float]

    def audit(self, policy: Policy, endpoints: Sequence[Endpoint]) -> tuple[Finding, ...]:
        """Give a finding for each endpoint and each host the policy itself names."""
        return self.judge(policy, (*endpoints, *listed_endpoints(policy)))

    def judge(self, policy: Policy, endpoints: Sequence[Endpoint]) -> tuple[Finding, ...]:
        """Give a finding for each endpoint; nothing if the policy names no territory."""
        if policy.home is None:
            return ()
        seen = behind_paths(endpoints, self._disks())
        answers = resolve_all(hosts_of(seen), self._resolve)
        return check_all(seen, answers, policy.home, AcceptedByPolicy(policy, self._now()))
