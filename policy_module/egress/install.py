# SPDX-License-Identifier: AGPL-3.0-or-later
"""Putting the guards in place."""

import time
from collections.abc import Callable
from functools import partial

from synapse.module_api import ModuleApi

from policy_module.audit.record import AuditSink
from policy_module.audit.refusals import RefusalLog
from policy_module.egress.clients import guard_clients, registered_here, verify_clients
from policy_module.egress.judge import Judge
from policy_module.live.holder import PolicyInForce


def install_egress(api: ModuleApi, in_force: PolicyInForce, audit: AuditSink) -> Callable[[], None]:
    """Guard every connection of this process that is not federation.

    Gives the check to repeat once Synapse has built everything; it raises ``StartRefusedError``.

    Raises:
        StartRefusedError: if something is not guarded already now.
    """
    hs = api._hs  # noqa: SLF001 - Synapse offers modules no public way to its clients
    judge = Judge(in_force, RefusalLog(audit, time.monotonic), registered_here(hs))
    guard_clients(hs, judge)
    verify = partial(verify_clients, hs)
    verify()
    return verify
