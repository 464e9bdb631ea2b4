# SPDX-License-Identifier: AGPL-3.0-or-later
"""At the start it is said which settings of the homeserver show or send more than they need."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.rules.policy import Policy
from policy_module.rules.remarks import key_servers
from policy_module.rules.switches import SWITCHES, loose

if TYPE_CHECKING:
    from synapse.config.homeserver import HomeServerConfig
    from synapse.server import HomeServer

logger = logging.getLogger(__name__)


def audit_switches(hs: "HomeServer", policy: Policy, notaries: list[str], sink: AuditSink) -> None:
    """Log and record what is set more openly than it should be.

    ``notaries`` are the servers ``homeserver.yaml`` names for keys of others.
    """
    for remark in (*key_servers(notaries, policy), *loose(settings_of(hs.config), policy)):
        logger.warning("homeserver.yaml: %s", remark)
        setting, _, effect = remark.partition(": ")
        sink.record(AuditRecord("setting_open", {"setting": setting, "effect": effect}))


def settings_of(config: "HomeServerConfig") -> Mapping[str, Any]:
    """Give the values of all switches as Synapse has read them, by name; ``None`` for what it has not."""
    return {switch.name: _read(config, switch.attribute) for switch in SWITCHES}


def _read(config: "HomeServerConfig", attribute: str) -> Any:
    section, _, name = attribute.partition(".")
    return getattr(getattr(config, section), name, None)
