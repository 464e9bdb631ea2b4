# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has become of messages of ours, as webhooks tell it. Pure."""

from enum import StrEnum

from attrs import frozen

from bridges.whatsapp.cloud.ids import digits_of
from bridges.whatsapp.cloud.messages import Person
from bridges.whatsapp.cloud.reading import Json, id_at, objects_at, text_at, whole_at


class StatusKind(StrEnum):
    """How far a message has come; others are not of interest."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@frozen
class Status:
    """What has become of a message.

    Attributes:
        key: what was given along with the message when it was sent; empty if nothing was.
        error: Meta's number of what went wrong; 0 if nothing did, or it was not told.
    """

    message: str
    kind: StatusKind
    person: Person
    key: str = ""
    error: int = 0


def statuses_of(value: Json) -> list[Status]:
    """The statuses in a change, in order."""
    found = []
    for status in objects_at(value, "statuses"):
        message, kind = id_at(status, "id"), text_at(status, "status").lower()
        if message and kind in set(StatusKind):
            errors = objects_at(status, "errors")
            person = Person(
                digits_of(id_at(status, "recipient_id")), id_at(status, "recipient_user_id")
            )
            key = id_at(status, "biz_opaque_callback_data")
            error = whole_at(errors[0], "code") if errors else None
            found.append(Status(message, StatusKind(kind), person, key, error or 0))
    return found
