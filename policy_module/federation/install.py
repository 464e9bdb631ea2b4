# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connecting everything about federation to the homeserver."""

import time
from collections.abc import Callable

from synapse.module_api import ModuleApi

from policy_module.audit.record import AuditSink
from policy_module.audit.refusals import RefusalLog
from policy_module.federation import allowlist
from policy_module.federation.allowlist import Allowlists, FederationAllowlist
from policy_module.federation.deliveries import record_deliveries
from policy_module.federation.explain import Explanations, explain_joins
from policy_module.federation.gate import Gate
from policy_module.federation.notaries import keep_notaries
from policy_module.federation.relays.install import install_relays
from policy_module.federation.sending import Queues
from policy_module.federation.switches import audit_switches
from policy_module.federation.waiting import Outbox, keep_nothing_waiting
from policy_module.federation.watch import INTERVAL, HolderWatch
from policy_module.inside import homeserver_of, queues_of
from policy_module.live.holder import PolicyInForce
from policy_module.mishaps import contained, refuse
from policy_module.rules.document import Direction


def install_federation(
    api: ModuleApi, in_force: PolicyInForce, gate: Gate, sink: AuditSink
) -> Callable[[], None]:
    """Put federation under the policy.

    Gives what has to be called once the listeners are built and before the first request is read; it
    raises ``StartRefusedError`` as this does.

    Raises:
        StartRefusedError: if the homeserver must not start as it is configured.
    """
    hs = homeserver_of(api)

    # One record of refusals each, so that forged names from outside cannot crowd out the rest.
    def refusals() -> RefusalLog:
        return RefusalLog(sink, time.monotonic)

    allowlists = Allowlists(
        FederationAllowlist(Direction.IN, gate, in_force, refusals()),
        FederationAllowlist(Direction.OUT, gate, in_force, refusals()),
    )
    allowlist.install(hs, allowlists)
    notaries = [server.server_name for server in hs.config.key.key_servers]
    keep_notaries(hs, in_force)

    explanations = Explanations(gate, refusals())
    explain_joins(hs, explanations)
    api.register_spam_checker_callbacks(
        user_may_invite=contained(explanations.user_may_invite, refuse)
    )
    api.register_third_party_rules_callbacks(
        on_create_room=contained(explanations.on_create_room, refuse)
    )

    outbox = Outbox(api, in_force, refusals(), sink)
    keep_nothing_waiting(hs, outbox)
    if api.should_run_background_tasks():
        in_force.subscribe(outbox.changed)
    if hs.should_send_federation():  # other workers have no sender, and refuse to make one
        queues = Queues(queues_of(hs.get_federation_sender()), in_force, sink)
        in_force.subscribe(queues.changed)
    install_relays(api, in_force, gate, sink)
    record_deliveries(api, hs, sink)
    if api.should_run_background_tasks():
        audit_switches(hs, in_force.policy, notaries, sink)

    def hand_over() -> None:
        holders = allowlist.hand_over(hs, allowlists)
        watch = HolderWatch(hs.config.federation, holders, allowlists, gate, sink)
        api.looping_background_call(
            watch.look, INTERVAL * 1000, desc="policy_holders", run_on_all_instances=True
        )

    return hand_over
