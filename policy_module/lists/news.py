# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the audit log is told about signed lists: changes, not every look."""

from attrs import define, field

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.lists.follower import Found
from policy_module.lists.verify import Refusal, SignedList


@define
class ListNews:
    """Records which version of a list counts, and once each what is wrong with a document."""

    _sink: AuditSink
    _in_force: dict[str, AuditRecord] = field(factory=dict, init=False)
    _refused: dict[str, AuditRecord] = field(factory=dict, init=False)

    def __call__(self, name: str, found: Found) -> None:
        """Take what was found; the same again is no news."""
        record, told = _record(name, found), self._refused
        if isinstance(found, SignedList):
            told = self._in_force
        if told.get(name) != record:
            told[name] = record
            self._sink.record(record)


def _record(name: str, found: Found) -> AuditRecord:
    match found:
        case SignedList(content, digest, signers):
            return AuditRecord(
                "list_in_force",
                {
                    "list": name,
                    "version": content.version,
                    "digest": digest,
                    "signers": sorted(signers),
                    "expires": int(content.expires),
                },
            )
        case Refusal(cause, detail):
            return AuditRecord(
                "list_refused", {"list": name, "cause": cause.value, "detail": detail}
            )
        case str():
            return AuditRecord(
                "list_refused", {"list": name, "cause": "unreachable", "detail": found}
            )
