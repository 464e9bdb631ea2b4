# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an export file says, whichever network it comes from.

Contents are those of ``bridges.core.content``, except that files lie in the archive. Ids are the archive's
own, made so that exporting the same chat again gives the same ones as far as the format allows.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import IO, Protocol

from attrs import frozen

from bridges.contacts.sources.model import Card
from bridges.core.chat import ChatKind
from bridges.core.content import (
    PLAIN_LOOK,
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    Poll,
    Text,
)
from bridges.core.text import UserText


class Source(StrEnum):
    """Which program has written an archive."""

    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"


@frozen
class ArchivedPerson:
    """Somebody who appears in an archive.

    Attributes:
        id: unique within the archive; of Telegram its own (``user123``), of WhatsApp the name or number
            that stands there.
        name: as written there, which may be what only the archive's owner calls them and is not for
            others; empty for a deleted account.
        phone: in E.164 form where the archive tells it, otherwise empty.
        is_owner: whose archive it is.
    """

    id: str
    name: str
    phone: str = ""
    is_owner: bool = False


@frozen
class ArchivedFile:
    """A file in an archive. ``path`` is what ``Archive.open`` takes, None if the file was left out.

    ``missing`` says why it was left out.
    """

    kind: MediaKind
    info: MediaInfo
    path: str | None
    caption: FormattedText | None = None
    look: MediaLook = PLAIN_LOOK
    thumbnail: str | None = None
    missing: UserText | None = None


ArchivedPart = Text | ArchivedFile | Location | Poll


@frozen
class ArchivedReaction:
    """An emoji on a message. ``person`` is None where only the number of people is told."""

    emoji: str
    person: str | None
    count: int = 1


@frozen
class ArchivedMessage:
    """One message; ``parts`` is not empty.

    Attributes:
        id: unique within the chat.
        sender: id of an ``ArchivedPerson``; None for what the network itself says of the chat.
        sent_at: timezone-aware; whole seconds, or minutes, as the archive has them.
        reply_to: id of the message it answers, of the same chat.
        edited_at: when it was last changed; its former text is not in archives.
        topic: id of the message that opened the topic it is in, in chats that have topics.
    """

    id: str
    sender: str | None
    sent_at: datetime
    parts: tuple[ArchivedPart, ...]
    reply_to: str | None = None
    reactions: tuple[ArchivedReaction, ...] = ()
    edited_at: datetime | None = None
    topic: str | None = None


@frozen
class ArchivedChat:
    """A chat of an archive, before its messages are read. ``name`` is empty where none is told."""

    id: str
    name: str
    kind: ChatKind


@frozen
class Skipped:
    """Something that was not understood or is damaged: where it stands, and why it is left out."""

    where: str
    reason: UserText


class Archive(Protocol):
    """An opened export. Everything is read anew by each call, in order, and never whole into memory.

    Methods raise ``ArchiveRefused`` (``bridges.migration.archives.errors``).
    """

    @property
    def source(self) -> Source:
        """Which program has written it."""
        ...

    def chats(self) -> Iterator[ArchivedChat]:
        """Give the chats in it."""
        ...

    def people(self, chat: str) -> Iterator[ArchivedPerson]:
        """Give who speaks or is named in a chat, once each."""
        ...

    def messages(self, chat: str) -> Iterator[ArchivedMessage | Skipped]:
        """Give a chat's messages, oldest first, and what had to be left out among them."""
        ...

    def contacts(self) -> Iterator[Card | Skipped]:
        """Give the address book in it, if there is one."""
        ...

    def open(self, path: str) -> IO[bytes]:
        """Open a file that belongs to a message."""
        ...
