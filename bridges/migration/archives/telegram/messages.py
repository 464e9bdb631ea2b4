# SPDX-License-Identifier: AGPL-3.0-or-later
"""One message of an export, from what stands in the file to what the archive says."""

from attrs import evolve

from bridges.core.chat import ChatKind
from bridges.core.content import FormattedText, Text, TextKind
from bridges.core.formatting.compose import stacked
from bridges.core.text import UserText, user_text
from bridges.migration.archives.model import (
    ArchivedFile,
    ArchivedMessage,
    ArchivedPart,
)
from bridges.migration.archives.telegram.cards import cards_of
from bridges.migration.archives.telegram.fields import Raw, inner, integer, name, words
from bridges.migration.archives.telegram.media import file_of, has_file, picture_of, titled
from bridges.migration.archives.telegram.origins import Frame, answered, frame_of
from bridges.migration.archives.telegram.peers import UNKNOWN, person_of
from bridges.migration.archives.telegram.places import has_place, place_of
from bridges.migration.archives.telegram.polls import poll_of
from bridges.migration.archives.telegram.reactions import reactions_of
from bridges.migration.archives.telegram.service import service_line
from bridges.migration.archives.telegram.surroundings import Surroundings
from bridges.migration.archives.telegram.texts import text_of
from bridges.migration.archives.telegram.times import time_of
from bridges.migration.archives.telegram.tracking import target_of
from bridges.migration.archives.telegram.unknown import unknown_of

_SERVICE = "service"
_TOO_NEW = "unsupported"


def message_of(raw: Raw, around: Surroundings) -> ArchivedMessage | UserText:
    """Read one element of ``messages``, which has a number; or say why it is left out. Never raises."""
    if name(raw, "type") == _TOO_NEW:
        return _UNSUPPORTED
    sent_at = time_of(raw, "date", around.zone)
    if sent_at is None:
        return user_text("The message has no time that can be read.")
    is_service = name(raw, "type") == _SERVICE
    parts = _service(raw, around) if is_service else _parts(raw, around)
    return ArchivedMessage(
        id=str(integer(raw, "id")),
        sender=None if is_service else sender_of(raw, around),
        sent_at=sent_at,
        parts=parts,
        reply_to=answered(raw, around, target_of(raw)),
        reactions=tuple(reactions_of(raw, around)),
        edited_at=time_of(raw, "edited", around.zone),
    )


def is_said(message: Raw) -> bool:
    """Whether a message is somebody's, not Telegram's own and not left out."""
    return name(message, "type") not in {_SERVICE, _TOO_NEW}


def sender_of(message: Raw, around: Surroundings) -> str:
    """Who has sent a message; in channels, where nobody is told, the channel."""
    found = person_of(message, "from")
    if found is not None:
        return found
    return around.chat if around.kind is ChatKind.CHANNEL else UNKNOWN


def _service(message: Raw, around: Surroundings) -> tuple[ArchivedPart, ...]:
    """The line, and the new picture of the chat if there is one."""
    line = Text(service_line(message, around), TextKind.NOTICE)
    photo = words(message, "photo")
    return (line, picture_of(photo, around)) if photo else (line,)


def _parts(message: Raw, around: Surroundings) -> tuple[ArchivedPart, ...]:
    """Everything in a message, the words with the first part that can bear them."""
    parts: list[ArchivedPart] = []
    if has_file(message):
        parts.append(file_of(message, around))
    if has_place(message):
        parts.append(place_of(message, around))
    if inner(message, "poll"):
        parts.extend(poll_of(message, around))
    parts.extend(cards_of(message, around))
    own = stacked(titled(message) if has_file(message) else None, text_of(message, around))
    more = unknown_of(message, around, empty=not parts and not own.body)
    return _framed(parts, stacked(own, more), own, frame_of(message, around))


def _framed(
    parts: list[ArchivedPart], said: FormattedText, own: FormattedText, frame: Frame
) -> tuple[ArchivedPart, ...]:
    text = frame.around(said)
    if not text.body:
        return tuple(parts) or (Text(text),)
    if parts and isinstance(parts[0], ArchivedFile):
        caption = stacked(parts[0].caption, text)
        return evolve(parts[0], caption=caption), *parts[1:]
    kind = TextKind.TEXT if own.body or parts else TextKind.NOTICE
    return Text(text, kind), *parts


_UNSUPPORTED: UserText = user_text(
    "The program that made the export was too old for this message. "
    "Update Telegram Desktop and export again."
)
