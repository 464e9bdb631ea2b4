# SPDX-License-Identifier: AGPL-3.0-or-later
"""A webhook's body taken apart: batches of entries, each of several changes of one number."""

from attrs import field, frozen

from bridges.whatsapp.cloud.reading import Json, id_at, objects_at, text_at, value_at

_OBJECT = "whatsapp_business_account"


@frozen
class Change:
    """One thing that is reported of a number.

    Attributes:
        business: id of the WhatsApp business account the number belongs to.
        number: the number's ``phone_number_id``; empty for what concerns the whole account.
        kind: ``messages``, ``history`` …, which says what ``value`` is.
    """

    business: str
    number: str
    kind: str
    value: Json = field(repr=False)


def changes_of(body: object) -> list[Change]:
    """The changes in a body, in order; of anything else there are none."""
    if text_at(body, "object") != _OBJECT:
        return []
    found = []
    for entry in objects_at(body, "entry"):
        for change in objects_at(entry, "changes"):
            value = value_at(change, "value")
            if isinstance(value, dict):
                number = id_at(value, "metadata", "phone_number_id")
                kind = text_at(change, "field")
                found.append(Change(id_at(entry, "id"), number, kind, value))
    return found
