# SPDX-License-Identifier: AGPL-3.0-or-later
"""Residency of a running bridge: checked at its start, and again and again while it runs."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog
from attrs import define, field

from bridges.core.config import NetworkConfig
from karvon.config.model import KarvonConfig
from karvon.config.problems import ConfigError, Problem
from karvon.residency.bridges import network_endpoints
from karvon.stack.policy import policy_file, read_policy
from policy_module.residency.audit import Auditor
from policy_module.residency.check import Finding, Verdict
from policy_module.residency.endpoints import Endpoint
from policy_module.residency.memory import Known, moves, remembered
from policy_module.residency.resolve import system_resolver
from policy_module.residency.storage import Disks
from policy_module.residency.watch import refusal, sentence
from policy_module.rules.policy import Policy

UNWATCHED = 3600.0
"""Seconds until the next look for a policy where there is none."""

_log = structlog.get_logger(__name__)


@define
class BridgeResidency:
    """Checks what one bridge is configured to talk to.

    ``policy`` reads the policy anew; ``None`` if there is none that can be read.
    """

    _endpoints: Sequence[Endpoint]
    _policy: Callable[[], Policy | None]
    _auditor: Auditor
    _known: dict[str, Known] = field(factory=dict, init=False)
    _first: tuple[Finding, ...] = field(default=(), init=False)
    _interval: float = field(default=UNWATCHED, init=False)

    def begin(self) -> None:
        """Check for the first time. Blocks while names are resolved.

        Raises:
            ConfigError: something is outside, and the policy refuses to start with that.
        """
        policy = self._policy()
        findings = self._check(policy)
        reason = refusal(findings)
        if (
            reason is not None
            and policy is not None
            and policy.document.residency.on_violation == "refuse"
        ):
            raise ConfigError([Problem("policy", reason)])
        self._known = remembered({}, findings)
        self._first = findings

    async def watch(self, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Log what is outside, then check in the intervals of the policy and log what has moved.

        Goes on until cancelled.
        """
        for finding in self._first:
            if finding.verdict is Verdict.OUTSIDE:
                _log.warning("a destination is outside the territory", which=sentence(finding))
        while True:
            await sleep(self._interval)
            findings = await asyncio.to_thread(lambda: self._check(self._policy()))
            for move in moves(self._known, findings):
                _log.warning(
                    "a destination has moved",
                    before=move.before.verdict.value,
                    now=sentence(move.now),
                )
            self._known = remembered(self._known, findings)

    def _check(self, policy: Policy | None) -> tuple[Finding, ...]:
        if policy is None:
            self._interval = UNWATCHED
            return ()
        self._interval = policy.document.residency.interval
        return self._auditor.judge(policy, self._endpoints)


def bridge_residency(config: KarvonConfig, network: NetworkConfig) -> BridgeResidency:
    """Make the check of one network's bridge."""
    return BridgeResidency(
        tuple(network_endpoints(config, network, os.environ)),
        lambda: _policy(config),
        Auditor(system_resolver, Disks.seen, time.time),
    )


def _policy(config: KarvonConfig) -> Policy | None:
    """Read the policy; a bridge goes on without one, as its homeserver does or does not."""
    if not policy_file(config).exists():
        return None
    try:
        return read_policy(config)
    except ConfigError:
        return None
