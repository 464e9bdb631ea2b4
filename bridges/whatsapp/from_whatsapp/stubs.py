# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the phone notes in a chat's history by itself: who came and went, calls that were missed.

In the history these are messages without content (``WebMessageInfo.messageStubType``). How the chat is
now is asked for elsewhere; here it is only told what happened. What nobody misses (encryption notes,
business notices) is left out.
"""

from collections.abc import Callable, Mapping

from bridges.core.content import Text
from bridges.core.formatting.names import clean_name
from bridges.core.text import UserText, user_text
from bridges.whatsapp.from_whatsapp.notices import told
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.ids import Jid, maybe_jid
from bridges.whatsapp.json_form import Json, text, texts

StubLine = Callable[[str, list[str]], UserText]
"""Makes a sentence of who did it and of the parameters, people in them by name."""


def tells_something(stub: Json) -> bool:
    """Whether anything is told of a message that has no content."""
    return text(stub.get("messageStubType")) in _LINES


def stub_people(stub: Json) -> frozenset[Jid]:
    """The people a stub names, who are to be looked up before it is told."""
    found = (maybe_jid(one) for one in texts(stub.get("messageStubParameters")))
    return frozenset(jid.bare for jid in found if jid is not None and jid.is_person)


def stub_part(stub: Json, person: str, around: Surroundings) -> Text | None:
    """What is told of a stub, None of those that tell nothing; ``person`` did it."""
    make = _LINES.get(text(stub.get("messageStubType")))
    if make is None:
        return None
    named = [
        clean_name(around.named(one) if maybe_jid(one) else one)
        for one in texts(stub.get("messageStubParameters"))
    ]
    return told(make(clean_name(person), [one for one in named if one]), around)


def _created(person: str, named: list[str]) -> UserText:
    return user_text("{person} created the group {name}.", person=person, name=(*named, "")[0])


def _renamed(person: str, named: list[str]) -> UserText:
    return user_text(
        "{person} changed the name of the group to {name}.", person=person, name=(*named, "")[0]
    )


def _pictured(person: str, _named: list[str]) -> UserText:
    return user_text("{person} changed the picture of the group.", person=person)


def _described(person: str, _named: list[str]) -> UserText:
    return user_text("{person} changed the description of the group.", person=person)


def _added(person: str, named: list[str]) -> UserText:
    return user_text("{person} added {others}.", person=person, others=_listed(person, named))


def _removed(person: str, named: list[str]) -> UserText:
    return user_text("{person} removed {others}.", person=person, others=_listed(person, named))


def _left(person: str, named: list[str]) -> UserText:
    return user_text("{others} left the group.", others=_listed(person, named))


def _joined(person: str, named: list[str]) -> UserText:
    return user_text("{others} joined the group.", others=_listed(person, named))


def _promoted(person: str, named: list[str]) -> UserText:
    return user_text("Administrators now: {others}", others=_listed(person, named))


def _demoted(person: str, named: list[str]) -> UserText:
    return user_text("No administrators any more: {others}", others=_listed(person, named))


def _new_code(person: str, named: list[str]) -> UserText:
    return user_text("The security code of {person} has changed.", person=_listed(person, named))


def _new_number(person: str, _named: list[str]) -> UserText:
    return user_text("{person} has another phone number now.", person=person)


def _missed(_person: str, _named: list[str]) -> UserText:
    return user_text("Missed call")


def _missed_video(_person: str, _named: list[str]) -> UserText:
    return user_text("Missed video call")


def _listed(person: str, named: list[str]) -> str:
    """Those it was done to; whoever did it where nobody is named."""
    return ", ".join(named) or person


_LINES: Mapping[str, StubLine] = {
    "GROUP_CREATE": _created,
    "GROUP_CHANGE_SUBJECT": _renamed,
    "GROUP_CHANGE_ICON": _pictured,
    "GROUP_CHANGE_DESCRIPTION": _described,
    "GROUP_PARTICIPANT_ADD": _added,
    "GROUP_PARTICIPANT_REMOVE": _removed,
    "GROUP_PARTICIPANT_LEAVE": _left,
    "GROUP_PARTICIPANT_INVITE": _joined,
    "GROUP_PARTICIPANT_ACCEPT": _joined,
    "GROUP_PARTICIPANT_LINKED_GROUP_JOIN": _joined,
    "GROUP_PARTICIPANT_PROMOTE": _promoted,
    "GROUP_PARTICIPANT_DEMOTE": _demoted,
    "GROUP_PARTICIPANT_CHANGE_NUMBER": _new_number,
    "INDIVIDUAL_CHANGE_NUMBER": _new_number,
    "E2E_IDENTITY_CHANGED": _new_code,
    "CALL_MISSED_VOICE": _missed,
    "CALL_MISSED_VIDEO": _missed_video,
    "CALL_MISSED_GROUP_VOICE": _missed,
    "CALL_MISSED_GROUP_VIDEO": _missed_video,
}
