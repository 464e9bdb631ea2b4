# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages of an export as what they show."""

import re

from attrs import frozen

from bridges.core.content import FormattedText, Location, MediaInfo, MediaKind, Text, TextKind
from bridges.core.formatting.whatsapp import read_markup
from bridges.core.sanitize import clean_text
from bridges.core.text import user_text
from bridges.migration.archives.container import Container
from bridges.migration.archives.model import ArchivedFile, ArchivedPart
from bridges.migration.archives.whatsapp.marks import GENERATED, without_directions
from bridges.migration.archives.whatsapp.media import type_left_out, type_of
from bridges.migration.archives.whatsapp.reading import Record
from bridges.migration.archives.whatsapp.survey import Survey
from bridges.migration.archives.whatsapp.understanding import (
    Attached,
    LeftOut,
    Place,
    Unavailable,
    Understood,
    Votes,
    Words,
    understand,
)
from bridges.migration.archives.whatsapp.wording import Wording

_SIGNS = "*_~`"
_BEGINS_LINE = re.compile(r"^(?:[-*>]|[0-9]+\.)", re.MULTILINE)
_TO_CLEAN = re.compile(r"[\u200a\u2060\r\0\ud800-\udfff]")
_A_FILE = "\0file"
"""What files count as when ids are made: they are called otherwise in every export."""


@frozen
class Shown:
    """What a message shows, whose it is, and what of it makes its id."""

    sender: str | None
    parts: tuple[ArchivedPart, ...]
    key: str
    edited: bool = False


@frozen
class MessageParts:
    """Turns the messages of one chat into what they show; looks up which files there are."""

    container: Container
    folder: str
    wording: Wording
    survey: Survey

    def of(self, record: Record) -> Shown:
        """What a message shows."""
        if self._is_system(record):
            text = clean_text(without_directions(record.text).strip()) or "…"
            return Shown(None, (Text(FormattedText(text), TextKind.NOTICE),), text)
        said = understand(record.text, self.wording, iphone=self.survey.iphone)
        is_file = isinstance(said.what, Attached | LeftOut | Unavailable)
        key = _A_FILE if is_file else record.text
        return Shown(record.sender, self._parts(said.what), key, said.edited)

    def _is_system(self, record: Record) -> bool:
        if record.sender is None:
            return True
        if not self.survey.iphone:
            return False
        is_generated = record.text.startswith(GENERATED)
        return record.sender == self.survey.speaker or (
            is_generated and self.wording.is_system(record.text)
        )

    def _parts(self, what: Understood) -> tuple[ArchivedPart, ...]:
        match what:
            case Words():
                kind = TextKind.NOTICE if what.notice else TextKind.TEXT
                return (Text(formatted(what.text), kind),)
            case Attached():
                return (self._attached(what),)
            case LeftOut():
                return (_left_out(what),)
            case Place():
                geo = f"geo:{what.latitude},{what.longitude}"
                return (Location(geo, clean_text(what.description), clean_text(what.text)),)
            case Votes():
                return (what.poll, Text(_counted(what), TextKind.NOTICE))
            case Unavailable():
                return (_unavailable(),)

    def _attached(self, what: Attached) -> ArchivedFile:
        path = self.folder + what.name
        is_plain = "/" not in what.name and "\\" not in what.name
        size = self.container.size(path) if is_plain else None
        found = type_of(what.name)
        return ArchivedFile(
            kind=found.kind,
            info=MediaInfo(clean_text(what.own_name), found.mime, size),
            path=None if size is None else path,
            caption=_caption(what.caption),
            look=found.look,
            missing=user_text("The file does not lie beside the chat.") if size is None else None,
        )


def _counted(what: Votes) -> FormattedText:
    """A poll and its votes; many clients show no polls."""
    pairs = zip(what.poll.answers, what.votes, strict=True)
    lines = (f"• {answer.text}: {votes}" for answer, votes in pairs)
    return FormattedText("\n".join((f"📊 {what.poll.question}", *lines)))


def _left_out(what: LeftOut) -> ArchivedFile:
    found = type_of(what.own_name) if what.own_name else type_left_out(what.said)
    return ArchivedFile(
        kind=found.kind,
        info=MediaInfo(clean_text(what.own_name), found.mime),
        path=None,
        caption=_caption(what.caption),
        look=found.look,
        missing=user_text("The chat was exported without its files."),
    )


def _unavailable() -> ArchivedFile:
    return ArchivedFile(
        kind=MediaKind.FILE,
        info=MediaInfo(""),
        path=None,
        missing=user_text(
            "WhatsApp has exported nothing of this message, as of all that could be seen only once."
        ),
    )


def _caption(text: str) -> FormattedText | None:
    return formatted(text) if text.strip() else None


def formatted(text: str) -> FormattedText:
    """A text with WhatsApp's markup."""
    is_marked = any(text.count(sign) > 1 for sign in _SIGNS) or _BEGINS_LINE.search(text)
    return read_markup(text) if is_marked or _TO_CLEAN.search(text) else FormattedText(text)
