# SPDX-License-Identifier: AGPL-3.0-or-later
"""At the start it is said which settings of the homeserver show more than they need."""

import logging
from typing import TYPE_CHECKING

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.rules.switches import SWITCHES, loose

if TYPE_CHECKING:
    from synapse.server import HomeServer

logger = logging.getLogger(__name__)


def audit_switches(hs: "HomeServer", sink: AuditSink) -> None:
    """Log and record what is set more openly than it should be."""
    config = hs.config
    settings = {
        switch.name: getattr(section, switch.name)
        for section in (config.server, config.federation, config.media)
        for switch in SWITCHES
        if hasattr(section, switch.name)
    }
    for remark in loose(settings):
        logger.warning("homeserver.yaml: %s", remark)
        setting, _, effect = remark.partition(": ")
        sink.record(AuditRecord("setting_open", {"setting": setting, "effect": effect}))
