# SPDX-License-Identifier: AGPL-3.0-or-later
"""Residency in a running homeserver: the check at its start, and the watch afterwards."""

import os
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from prometheus_client import REGISTRY
from synapse.config.appservice import load_appservices
from synapse.module_api import ModuleApi

from policy_module.audit.record import AuditSink
from policy_module.federation.allowlist import StartRefusedError
from policy_module.inside import homeserver_of
from policy_module.live.holder import PolicyInForce
from policy_module.residency.audit import Auditor
from policy_module.residency.endpoints import Endpoint
from policy_module.residency.homeserver import homeserver_endpoints
from policy_module.residency.memory import Memory
from policy_module.residency.pushers import push_gateways
from policy_module.residency.resolve import system_resolver
from policy_module.residency.storage import Disks
from policy_module.residency.watch import (
    ResidencyWatch,
    Surroundings,
    refusal,
    residency_metrics,
)

LOOKS = 1000.0
"""Milliseconds between looks whether a check is due."""


def watch_residency(api: ModuleApi, in_force: PolicyInForce, sink: AuditSink, state: Path) -> None:
    """Check where everything is that the homeserver is configured to talk to, now and from now on.

    Blocks while names are resolved if the policy may refuse the start.

    Args:
        api: of the homeserver.
        in_force: the policy.
        sink: takes records of checks and moves.
        state: folder of what the module has to remember.

    Raises:
        StartRefusedError: if something is outside and the policy says ``refuse``.
    """
    hs = homeserver_of(api)

    @cache
    def configured() -> tuple[Endpoint, ...]:
        """Look only if a policy asks: what we do not understand must not stop other homeservers."""
        services = load_appservices(hs.hostname, hs.config.appservice.app_service_config_files)
        return homeserver_endpoints(hs.config, services, os.environ)

    auditor = Auditor(system_resolver, Disks.seen, time.time)
    policy = in_force.policy
    if policy.home is not None and policy.document.residency.on_violation == "refuse":
        reason = refusal(auditor.audit(policy, configured()))
        if reason is not None:
            raise StartRefusedError(reason)
    if not api.should_run_background_tasks():
        return

    async def gather() -> Sequence[Endpoint]:
        pushers = await hs.get_datastores().main.get_enabled_pushers()
        return (*configured(), *push_gateways(pushers))

    watch = ResidencyWatch(
        Surroundings(lambda: in_force.policy, gather, api.defer_to_thread, time.time),
        auditor,
        sink,
        residency_metrics(REGISTRY),
        Memory(state / "residency.json"),
    )
    in_force.subscribe(lambda before, after: watch.hurry())
    api.looping_background_call(watch.look, LOOKS, desc="policy_residency")
