# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Synapse module: builds the parts and connects them to the homeserver."""

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import NoReturn

from synapse.module_api import ModuleApi

from policy_module.audit.loglines import LogLines
from policy_module.audit.refusals import RefusalLog
from policy_module.config import PolicyConfig, parse
from policy_module.federation.allowlist import (
    FederationAllowlist,
    StartRefusedError,
    install,
    verify,
)
from policy_module.federation.explain import Explanations, explain_joins
from policy_module.live.follow import follow
from policy_module.residency.run import watch_residency

logger = logging.getLogger(__name__)


class PolicyModule:
    """Loaded by Synapse from ``modules`` in homeserver.yaml, in every process of the homeserver.

    Must stand first there: what is built before it would ask another allowlist, and the start is
    refused.
    """

    def __init__(self, config: PolicyConfig, api: ModuleApi) -> None:
        # Synapse offers modules no public way to the allowlist.
        hs = api._hs  # noqa: SLF001
        in_force = follow(api, config, LogLines())
        # Two records, so that forged names from outside cannot crowd out what people here did.
        allowlist = FederationAllowlist(in_force, RefusalLog(LogLines(), time.monotonic))
        explanations = Explanations(in_force, RefusalLog(LogLines(), time.monotonic))

        install(hs, allowlist)
        watch_residency(api, in_force, LogLines(), config.state)
        explain_joins(hs, explanations)
        api.register_spam_checker_callbacks(user_may_invite=explanations.user_may_invite)
        api.register_third_party_rules_callbacks(on_create_room=explanations.on_create_room)

        def verify_or_exit() -> None:
            try:
                verify(hs, allowlist)
            except StartRefusedError as error:
                _exit(error)

        # Runs once Synapse has built its listeners, before the first request is read from them.
        api.delayed_background_call(0, verify_or_exit)
        logger.info("Federation allowlist in force, %d entries", len(allowlist))

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
