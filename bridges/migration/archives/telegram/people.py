# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who appears in a chat, and whose contacts there are.

Names are those the archive's owner sees: of saved contacts the saved name, which is not for others.
"""

from collections.abc import Iterator

from bridges.contacts.sources.model import Card, IdKind, NetworkID
from bridges.core.formatting.names import clean_name
from bridges.core.text import user_text
from bridges.migration.archives.model import Skipped
from bridges.migration.archives.telegram.fields import (
    Raw,
    mapping,
    name,
    several,
    words,
)
from bridges.migration.archives.telegram.messages import is_said, sender_of
from bridges.migration.archives.telegram.peers import peer_of, person_of, user_of
from bridges.migration.archives.telegram.surroundings import Surroundings

_ROLES = ("from", "actor", "to")


def people_in(message: Raw, around: Surroundings) -> Iterator[tuple[str, str]]:
    """Give ids and names of who speaks or is named in a message; the same may come more than once."""
    if is_said(message):
        yield sender_of(message, around), name(message, "from")
    for role in _ROLES:
        person = person_of(message, role)
        if person is not None:
            yield person, name(message, role)
    if (first := peer_of(message.get("forwarded_from_id"))) is not None:
        yield first, name(message, "forwarded_from")
    for reaction in several(message, "reactions"):
        for one in map(mapping, several(mapping(reaction), "recent")):
            person = person_of(one, "from")
            if person is not None:
                yield person, name(one, "from")
    for key in ("text_entities", "text"):
        for piece in map(mapping, several(message, key)):
            user = user_of(piece)
            if name(piece, "type") == "mention_name" and user is not None:
                yield user, ""


def contact_of(raw: object, place: int) -> Card | Skipped:
    """Read one element of the contacts' list; ``place`` counts from one."""
    contact = mapping(raw)
    called = clean_name(f"{words(contact, 'first_name')} {words(contact, 'last_name')}")
    number = name(contact, "phone_number")
    user = user_of(contact)
    if not (called or number or user):
        return Skipped(
            f"contacts/{place}", user_text("The contact has neither a name nor a number.")
        )
    digits = "".join(one for one in number if one.isdecimal())
    ids = (NetworkID(IdKind.TELEGRAM_USER, user.removeprefix("user")),) if user else ()
    key = user or (f"phone{digits}" if digits else f"name:{called}")
    return Card(key=key, name=called, phones=(number,) if number else (), ids=ids)


def phone_of(raw: Raw) -> str:
    """A number in E.164 form; Telegram writes it with spaces. Empty if it is none."""
    digits = "".join(one for one in name(raw, "phone_number") if one in "0123456789")
    return f"+{digits}" if 7 <= len(digits) <= 15 else ""
