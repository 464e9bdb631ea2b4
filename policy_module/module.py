# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Synapse module: builds the parts and connects them to the homeserver."""

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import NoReturn

from synapse.module_api import ModuleApi

from policy_module.config import PolicyConfig, parse
from policy_module.egress.install import install_egress
from policy_module.federation.allowlist import StartRefusedError
from policy_module.federation.gate import Gate
from policy_module.federation.install import install_federation
from policy_module.live.follow import follow
from policy_module.process_audit import open_audit
from policy_module.residency.run import watch_residency
from policy_module.rooms.install import install_rooms
from policy_module.web.figures import CountingSink
from policy_module.web.install import install_figures, install_pages
from policy_module.web.recent import RecentRefusals, Remembering

logger = logging.getLogger(__name__)


class PolicyModule:
    """Loaded by Synapse from ``modules`` in homeserver.yaml, in every process of the homeserver.

    Must stand first there: what is built before it would ask another allowlist, and the start is
    refused.
    """

    def __init__(self, config: PolicyConfig, api: ModuleApi) -> None:
        recent = RecentRefusals(api.run_db_interaction, time.time)
        audit = CountingSink(Remembering(open_audit(api, config), recent))
        in_force = follow(api, config, audit)
        gate = Gate(in_force, audit)
        hand_over = install_federation(api, in_force, gate, audit)
        verify_egress = install_egress(api, in_force, gate, audit)
        watch_residency(api, in_force, audit, config.state)
        install_rooms(api, in_force, audit)
        install_pages(api, in_force, recent)
        install_figures(in_force, audit)

        def hand_over_or_exit() -> None:
            try:
                hand_over()
                verify_egress()
            except StartRefusedError as error:
                _exit(error)

        # Runs once Synapse has built its listeners, before the first request is read from them.
        api.delayed_background_call(0, hand_over_or_exit)
        logger.info("Policy in force: %s", in_force.policy.digest)

    @staticmethod
    def parse_config(config: Mapping[str, object]) -> PolicyConfig:
        """Check the configuration when homeserver.yaml is read.

        Raises:
            PolicyConfigError: Synapse prints its line and exits.
        """
        return parse(config)


def _exit(error: StartRefusedError) -> NoReturn:
    """End the process as Synapse does when its own start fails.

    ``sys.exit`` would only end the background call, and the homeserver would go on unprotected.
    """
    logger.critical("%s", error)
    print(error, file=sys.__stderr__, flush=True)
    os._exit(1)
