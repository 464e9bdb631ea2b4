# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archives that are made up while they are read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import IO

from attrs import field, frozen

from bridges.contacts.sources.model import Card
from bridges.core.chat import ChatKind
from bridges.core.content import FormattedText, Text
from bridges.core.text import user_text
from bridges.migration.archives.model import (
    ArchivedChat,
    ArchivedMessage,
    ArchivedPerson,
    Skipped,
    Source,
)

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


@frozen
class MadeArchive:
    """An archive of one chat, of which every tenth message is damaged."""

    persons: tuple[ArchivedPerson, ...]
    size: int
    source: Source = Source.TELEGRAM
    read: list[str] = field(factory=list)

    def chats(self) -> Iterator[ArchivedChat]:
        """Give the chat."""
        yield ArchivedChat("chat", "Bog‘", ChatKind.GROUP)

    def people(self, chat: str) -> Iterator[ArchivedPerson]:
        """Give who speaks."""
        return iter(self.persons)

    def messages(self, chat: str) -> Iterator[ArchivedMessage | Skipped]:
        """Give what they say in turns."""
        for number in range(self.size):
            if number % 10 == 9:
                yield Skipped(f"chat/{number}", user_text("A message here is damaged."))
                continue
            yield ArchivedMessage(
                str(number),
                self.persons[number % len(self.persons)].id,
                BEGINNING + timedelta(seconds=number),
                (Text(FormattedText(f"message {number}")),),
            )

    def contacts(self) -> Iterator[Card | Skipped]:
        """Give nothing."""
        return iter(())

    def open(self, path: str) -> IO[bytes]:
        """Give an empty file."""
        return BytesIO()
