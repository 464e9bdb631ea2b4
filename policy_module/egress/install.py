# SPDX-License-Identifier: AGPL-3.0-or-later
"""Putting the guards in place."""

import time
from collections.abc import Callable
from functools import partial

from synapse.module_api import ModuleApi

from policy_module.audit.record import AuditSink
from policy_module.audit.refusals import RefusalLog
from policy_module.egress.clients import Guards, guard_clients, registered_here
from policy_module.egress.identity import InvitesByAddress
from policy_module.egress.judge import Judge
from policy_module.egress.mail import guard_mail
from policy_module.egress.pools import Pools
from policy_module.egress.push_content import limit_push_content
from policy_module.egress.pushers import RefusedPushers, Sweeping, refuse_new_pushers
from policy_module.egress.verify import verify_clients
from policy_module.federation.gate import Gate
from policy_module.live.holder import PolicyInForce
from policy_module.mishaps import contained, decline

PUSHERS_INTERVAL = 0.5
"""Seconds between looks whether pushers are to be deleted."""


def install_egress(
    api: ModuleApi, in_force: PolicyInForce, gate: Gate, audit: AuditSink
) -> Callable[[], None]:
    """Guard every connection of this process.

    Gives the check to make once Synapse has built everything; it raises ``StartRefusedError``.
    """
    hs = api._hs
    judge = Judge(in_force, RefusalLog(audit, time.monotonic), registered_here(hs))
    pools = Pools()
    guard_clients(hs, Guards(judge, gate, pools, RefusalLog(audit, time.monotonic)))
    in_force.subscribe(pools.policy_changed)
    guard_mail(hs, judge)
    api.register_third_party_rules_callbacks(
        check_threepid_can_be_invited=contained(
            InvitesByAddress(in_force).check_threepid_can_be_invited, decline
        )
    )
    pool = hs.get_pusherpool()
    limit_push_content(pool.pusher_factory, in_force)
    refuse_new_pushers(pool, judge)
    if api.should_run_background_tasks():
        _delete_refused_pushers(api, in_force, judge, audit)
    return partial(verify_clients, hs)


def _delete_refused_pushers(
    api: ModuleApi, in_force: PolicyInForce, judge: Judge, audit: AuditSink
) -> None:
    hs = api._hs
    pushers = RefusedPushers(
        judge, audit, hs.get_datastores().main.get_enabled_pushers, hs.get_pusherpool()
    )
    sweeping = Sweeping(pushers.delete)
    in_force.subscribe(sweeping.policy_changed)
    api.looping_background_call(sweeping.look, PUSHERS_INTERVAL * 1000, desc="policy_pushers")
