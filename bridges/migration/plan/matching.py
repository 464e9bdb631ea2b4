# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who speaks in Matrix for the people of an archive, and the evidence for it; pure.

Nobody is matched by their name: what somebody has said is never put into the mouth of somebody else
who is called the same.
"""

import hashlib
import re
from base64 import b32encode
from collections.abc import Container, Iterator, Mapping

from attrs import field, frozen
from mautrix.types import UserID

from bridges.core.text import UserText, user_text
from bridges.migration.archives.model import ArchivedPerson, Source
from bridges.migration.plan.model import NOBODY

_TELEGRAM_CHANNEL = re.compile(r"channel(?P<id>[0-9]{1,19})")
_TELEGRAM_USER = re.compile(r"user(?P<id>[0-9]{1,19})")
_NUMBER = re.compile(r"\+(?P<digits>[0-9]{6,15})")


@frozen
class Matched:
    """Who speaks for somebody, and why."""

    mxid: UserID
    why: UserText


@frozen
class Ghosts:
    """How those are called who are not people of this homeserver.

    Attributes:
        prefix: of the migration's own; ``server`` is what stands behind the colon of all.
        templates: of the bridges there are, by network: localparts with ``{userid}``.
        users: whose phone numbers are, by network and number (E.164), as its bridge has told the
            archives' owner.
    """

    server: str
    prefix: str
    templates: Mapping[Source, str]
    users: Mapping[Source, Mapping[str, str]] = field(factory=dict)

    def own(self, owner: str, source: Source, person: str) -> UserID:
        """Give the migration's own ghost of a person: another one for each owner of archives.

        Names in archives are from their owners' address books, so ghosts are not shared.
        """
        told = "\0".join((owner, source, person)).encode("utf-8", "surrogatepass")
        name = b32encode(hashlib.sha256(told).digest()[:15]).decode().lower()
        return UserID(f"@{self.prefix}_{name}:{self.server}")

    def bridged(self, source: Source, person: ArchivedPerson) -> Iterator[Matched]:
        """Give the ghosts a bridge may have for a person, and how that is known; the likeliest first."""
        template = self.templates.get(source)
        if template is None:
            return
        match source:
            case Source.TELEGRAM:
                if found := _TELEGRAM_USER.fullmatch(person.id):
                    why = user_text("has the same id at Telegram: {id}", id=found["id"])
                    yield Matched(self._of(template, found["id"]), why)
            case Source.WHATSAPP:
                if found := _NUMBER.fullmatch(person.phone):
                    why = user_text("has the same number at WhatsApp: {number}", number=found[0])
                    # WhatsApp calls people by their number only as long as nothing else is known.
                    called = self.users.get(source, {}).get(person.phone), found["digits"]
                    yield from (Matched(self._of(template, one), why) for one in called if one)

    def of_channel(self, number: str) -> Matched:
        """Give a channel of Telegram that speaks as itself, as its bridge calls it."""
        why = user_text("has the same id at Telegram: {id}", id=number)
        return Matched(self._of(self.templates[Source.TELEGRAM], f"c{number}"), why)

    def _of(self, template: str, user: str) -> UserID:
        return UserID(f"@{template.replace('{userid}', user)}:{self.server}")


def in_a_bridges_room(
    person: ArchivedPerson, source: Source, owner: UserID, me: str, ghosts: Ghosts
) -> Matched | None:
    """Decide who speaks for a person in a room of a bridge: nobody but its ghosts, and the owner.

    A ghost need not be there yet: the bridge will know it by its id. None if there is none for them.
    """
    if is_me(person, me):
        return matched(person, source, owner, me, ghosts, None)
    found = _TELEGRAM_CHANNEL.fullmatch(person.id) if source is Source.TELEGRAM else None
    if found is not None:
        return ghosts.of_channel(found["id"])
    return next(ghosts.bridged(source, person), None) if source is Source.TELEGRAM else None


def is_number(phone: str) -> bool:
    """Whether a text is a phone number in E.164 form; anything may stand in front of a message."""
    return _NUMBER.fullmatch(phone) is not None


def is_me(person: ArchivedPerson, me: str) -> bool:
    """Whether a person is the archive's owner; ``me`` is their answer, which counts if there is one."""
    if me:
        return me != NOBODY and me in (person.id, person.name)
    return person.is_owner


def matched(
    person: ArchivedPerson,
    source: Source,
    owner: UserID,
    me: str,
    ghosts: Ghosts,
    registered: Container[str] | None,
) -> Matched:
    """Decide who speaks for a person.

    Args:
        person: somebody in an archive of ``source``.
        owner: whose archive it is, as they are called here.
        me: who they are in it, if they have said so.
        ghosts: how others are called.
        registered: the ghosts of bridges that there are; None if that is not known.
    """
    if is_me(person, me):
        told = user_text("you said so") if me else user_text("the archive says so")
        return Matched(owner, told)
    bridged = list(ghosts.bridged(source, person))
    why = user_text("nobody here is known to be the same person")
    if registered is not None:
        bridged = [one for one in bridged if one.mxid in registered]
        if bridged:
            return bridged[0]
    elif bridged:
        why = user_text("the homeserver did not answer who is known here")
    return Matched(ghosts.own(owner, source, person.id), why)
