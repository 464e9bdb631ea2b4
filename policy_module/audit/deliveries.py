# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which events left to which server, as records.

Synapse reports deliveries through ``on_event_delivered_over_federation`` (module API, since 1.158)
with the path that carried them. Of ``/send`` it speaks after the other server has acknowledged the
event; of every other path when the answer was built, and whether it arrived is not known.
"""

from collections.abc import Sequence

from policy_module.audit.record import MAX_ITEMS, AuditRecord

DELIVERED = "delivered"
"""The kind of these records."""

POSSIBLY = "possibly_delivered"
"""The kind of records of events that may have left, though nobody has said that they arrived."""

ACKNOWLEDGED = "acknowledged"
ANSWERED = "answered"


def delivered(server: str, event_ids: Sequence[str], method: str) -> tuple[AuditRecord, ...]:
    """Record that ``server`` was given events.

    ``method`` is the path as Synapse names it, such as ``/send``. Several records are made when
    there are more events than one record holds; no events give none.
    """
    certainty = ACKNOWLEDGED if method == "/send" else ANSWERED
    return _records(DELIVERED, event_ids, server=server, method=method, certainty=certainty)


def possibly_delivered(
    server: str, event_ids: Sequence[str], reason: str
) -> tuple[AuditRecord, ...]:
    """Record that events were sent to ``server`` and not acknowledged.

    ``reason`` is the name of the error, or ``refused`` if the server has answered that it does not
    take them.
    """
    return _records(POSSIBLY, event_ids, server=server, method="/send", reason=reason)


def _records(kind: str, event_ids: Sequence[str], **details: str) -> tuple[AuditRecord, ...]:
    return tuple(
        AuditRecord(kind, {**details, "events": list(event_ids[start : start + MAX_ITEMS])})
        for start in range(0, len(event_ids), MAX_ITEMS)
    )
