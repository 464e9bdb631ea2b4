# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a webhook's message is: something new, or a change of something. Pure; any JSON is read.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components, and for people who
hide their number https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from datetime import datetime

from attrs import frozen

from bridges.core.content import RemotePart
from bridges.whatsapp.cloud.contents import Reader
from bridges.whatsapp.cloud.ids import digits_of
from bridges.whatsapp.cloud.reading import Json, id_at, object_at, objects_at, text_at, time_at


@frozen
class Person:
    """Somebody as a webhook names them: by number, by BSUID, or by both.

    ``name`` is what they call themselves, empty if it was not told.
    """

    phone: str = ""
    bsuid: str = ""
    name: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is any name to know them by."""
        return bool(self.phone or self.bsuid)


@frozen
class Said:
    """A new message. ``referred``: the customer has come by an advertisement."""

    id: str
    at: datetime
    parts: tuple[RemotePart, ...]
    reply_to: str = ""
    referred: bool = False


@frozen
class Changed:
    """A message says something else now."""

    id: str
    at: datetime
    target: str
    parts: tuple[RemotePart, ...]


@frozen
class Revoked:
    """A message was deleted by its writer."""

    id: str
    at: datetime
    target: str


@frozen
class Reacted:
    """A reaction; an empty ``emoji`` takes it back."""

    id: str
    at: datetime
    target: str
    emoji: str


@frozen
class Renumbered:
    """Somebody has another number or another name for this organisation now."""

    id: str
    at: datetime
    phone: str
    bsuid: str
    parts: tuple[RemotePart, ...]


Happening = Said | Changed | Revoked | Reacted | Renumbered


def person_of(value: Json, message: Json) -> Person:
    """Who has written a message: what it says itself, and what stands beside it."""
    phone, bsuid = digits_of(id_at(message, "from")), id_at(message, "from_user_id")
    for contact in objects_at(value, "contacts"):
        its_phone, its_bsuid = digits_of(id_at(contact, "wa_id")), id_at(contact, "user_id")
        if (phone and its_phone == phone) or (bsuid and its_bsuid == bsuid):
            name = text_at(contact, "profile", "name")
            return Person(phone or its_phone, bsuid or its_bsuid, name)
    return Person(phone, bsuid)


def happening_of(message: Json, reader: Reader, now: datetime) -> Happening | None:
    """What a message is; None if it has no id, or changes a message that is not named."""
    id_ = id_at(message, "id")
    at = time_at(message, "timestamp", now=now)
    if not id_:
        return None
    match text_at(message, "type"):
        case "reaction":
            target = id_at(message, "reaction", "message_id")
            emoji = text_at(message, "reaction", "emoji")
            return Reacted(id_, at, target, emoji) if target else None
        case "revoke":
            target = id_at(message, "revoke", "original_message_id")
            return Revoked(id_, at, target) if target else None
        case "edit":
            target = id_at(message, "edit", "original_message_id")
            parts = reader.parts(object_at(message, "edit", "message"))
            return Changed(id_, at, target, parts) if target else None
        case "system":
            system = object_at(message, "system")
            phone = digits_of(id_at(system, "wa_id") or id_at(system, "new_wa_id"))
            bsuid = id_at(system, "user_id")
            return Renumbered(id_, at, phone, bsuid, reader.parts(message))
        case _:
            reply_to, referred = id_at(message, "context", "id"), "referral" in message
            return Said(id_, at, reader.parts(message), reply_to, referred)
