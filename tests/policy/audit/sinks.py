# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sink that keeps records in memory."""

from attrs import define, field

from policy_module.audit.record import AuditRecord


@define
class ListSink:
    """Keeps what it is given, in order."""

    records: list[AuditRecord] = field(factory=list)
    healthy: bool = True

    def record(self, record: AuditRecord) -> None:
        self.records.append(record)
