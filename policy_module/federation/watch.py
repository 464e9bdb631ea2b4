# SPDX-License-Identifier: AGPL-3.0-or-later
"""Noticing that something else has taken the place of the allowlist while the homeserver runs.

Whoever is asked instead would let in whom it likes. So ours is put back, and as nobody knows what went
on meanwhile and will go on, federation is closed until the homeserver is started again.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from attrs import define

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.federation.allowlist import HOLDERS, Allowlists
from policy_module.federation.gate import Gate

if TYPE_CHECKING:
    from synapse.config.federation import FederationConfig

logger = logging.getLogger(__name__)

INTERVAL = 0.25
"""Seconds between looks; a look compares some twenty references."""

REPLACED = "something else has taken the place of the allowlist: start the homeserver again"


@define(eq=False)
class HolderWatch:
    """Looks at those who keep a reference to the allowlist, as they were when it was handed over.

    Those built later take theirs from the configuration, which is looked at too.
    """

    _config: "FederationConfig"
    _holders: Sequence[object]
    _allowlists: Allowlists
    _gate: Gate
    _sink: AuditSink

    async def look(self) -> None:
        """Put back what was replaced, and close federation if anything was."""
        ours = self._allowlists.called_by_us
        replaced = set()
        in_force: object = self._config.federation_domain_whitelist
        if in_force is not ours:
            self._config.federation_domain_whitelist = cast("dict[str, bool]", ours)
            replaced.add("the configuration")
        for holder in self._holders:
            kept, wanted = HOLDERS[type(holder)], self._allowlists.of(holder)
            if getattr(holder, kept) is not wanted:
                setattr(holder, kept, wanted)
                replaced.add(type(holder).__name__)
        if replaced:
            self._gate.close(REPLACED)
            parts = sorted(replaced)
            logger.critical("Federation is closed: %s (%s)", REPLACED, ", ".join(parts))
            self._sink.record(AuditRecord("allowlist_replaced", {"parts": parts}))
