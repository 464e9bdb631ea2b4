# SPDX-License-Identifier: AGPL-3.0-or-later
"""The webhook ``history``: what was in the WhatsApp Business app before the number came here. Pure.

Source: https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from collections.abc import Iterator

from attrs import frozen

from bridges.whatsapp.cloud.ids import digits_of
from bridges.whatsapp.cloud.messages import Person
from bridges.whatsapp.cloud.reading import Json, flag_at, id_at, objects_at, whole_at

_COMPLETE = 100


@frozen
class PastThing:
    """A message of the past, whose chat it is in, and whether the organisation wrote it."""

    customer: Person
    message: Json
    is_ours: bool


def past_of(value: Json) -> Iterator[PastThing]:
    """The messages in a change, in the order they are given."""
    for chunk in objects_at(value, "history"):
        for thread in objects_at(chunk, "threads"):
            name = id_at(thread, "id") or id_at(thread, "context", "wa_id")
            phone = digits_of(name)
            customer = Person(phone, "" if phone else name)
            for message in objects_at(thread, "messages"):
                said_by = digits_of(id_at(message, "from")) or id_at(message, "from_user_id")
                ours = flag_at(message, "history_context", "from_me") or said_by != (phone or name)
                yield PastThing(customer, message, ours)


def has_come(value: Json) -> bool:
    """Whether this was the last part."""
    return any(
        whole_at(chunk, "metadata", "progress") == _COMPLETE
        for chunk in objects_at(value, "history")
    )


def is_refused(value: Json) -> bool:
    """Whether the organisation has chosen not to share its past."""
    return any(objects_at(chunk, "errors") for chunk in objects_at(value, "history"))
