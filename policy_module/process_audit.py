# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit log of this process of the homeserver."""

import logging
import time

from attrs import frozen
from synapse.module_api import ModuleApi

from policy_module.audit.deliveries import DELIVERED
from policy_module.audit.loglines import LogLines
from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.audit.segments import stream_of_process
from policy_module.audit.streamlog import Limits, StreamLog
from policy_module.audit.writer import AuditWriter
from policy_module.config import PolicyConfig
from policy_module.inside import homeserver_of

logger = logging.getLogger(__name__)


@frozen
class _WithLogLines:
    """The audit log, and for the operator the homeserver's own log, which says less about traffic."""

    _log: AuditWriter
    _lines: LogLines

    def record(self, record: AuditRecord) -> None:
        self._log.record(record)
        if record.kind != DELIVERED:
            self._lines.record(record)

    @property
    def healthy(self) -> bool:
        return self._log.healthy


def _report(problem: str | None) -> None:
    if problem is None:
        logger.warning("The audit log is written again")
    else:
        logger.critical("The audit log cannot be written, federation is closed: %s", problem)


def open_audit(api: ModuleApi, config: PolicyConfig) -> AuditSink:
    """Open the log of this process, which is closed when the process ends."""
    hs = homeserver_of(api)
    limits = Limits(keep_days=config.audit_keep_days)
    log = AuditWriter(
        StreamLog(
            config.audit, api.server_name, stream_of_process(api.worker_name), limits, time.time
        ),
        _report,
    )
    log.start()
    hs.get_clock().add_system_event_trigger("after", "shutdown", log.close)
    return _WithLogLines(log, LogLines())
