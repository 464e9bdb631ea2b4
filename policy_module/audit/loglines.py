# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records as lines of the homeserver's own log, for operators who watch that."""

import json
import logging

from attrs import frozen

from policy_module.audit.record import AuditRecord, bounded

LOGGER = "policy_module.audit"


@frozen
class LogLines:
    """A sink that writes each record to the logger ``policy_module.audit`` as one line of JSON.

    Nothing is kept here and nothing is pseudonymised: the homeserver's log names people anyway.
    """

    def record(self, record: AuditRecord) -> None:
        """Write a record as one line; what JSON escapes cannot forge a second one."""
        kept = bounded(record)
        line = json.dumps({"event": kept.kind, **kept.details}, sort_keys=True)
        logging.getLogger(LOGGER).warning("%s", line)

    @property
    def healthy(self) -> bool:
        """Always: a log line is lost silently at worst, which is why this sink proves nothing."""
        return True
