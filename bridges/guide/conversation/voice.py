# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide's voice: notices in the language of whom it talks to, and their later versions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mautrix.types import EventID, RoomID, UserID

from bridges.core.commands.notice import render
from bridges.core.content import Text, TextKind
from bridges.core.i18n import SOURCE_LANGUAGE, Translator
from bridges.core.matrix.rendering import Names, text_content
from bridges.core.matrix.transaction_ids import transaction_id
from bridges.core.text import Translation, UserText
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.store.people import GuidedPeople

Json = dict[str, Any]


class Voice:
    """Says something once: what has the same ``identity`` is the same event.

    Methods that send raise the errors of ``MatrixClient``.
    """

    def __init__(self, client: MatrixClient, people: GuidedPeople, translator: Translator) -> None:
        self._client = client
        self._people = people
        self._translator = translator

    async def say(
        self,
        room: RoomID,
        lines: Sequence[UserText],
        *,
        person: UserID,
        identity: Sequence[str | int],
    ) -> EventID:
        """Send a notice."""
        content = await self._notice(lines, person)
        return await self._client.send(room, content, transaction_id("guide", *identity))

    async def edit(
        self,
        room: RoomID,
        event: EventID,
        lines: Sequence[UserText],
        *,
        person: UserID,
        identity: Sequence[str | int],
    ) -> None:
        """Replace a notice."""
        content = await self._notice(lines, person)
        relation = {"rel_type": "m.replace", "event_id": event}
        replaced = {
            **content,
            "body": f"* {content['body']}",
            "m.new_content": content,
            "m.relates_to": relation,
        }
        await self._client.send(room, replaced, transaction_id("guide", *identity))

    async def hand(
        self,
        room: RoomID,
        name: str,
        mime: str,
        data: bytes | Path,
        *,
        identity: Sequence[str | int],
    ) -> EventID:
        """Send a file."""
        content = await self._client.upload(room, name, mime, data)
        return await self._client.send(room, content, transaction_id("guide", *identity))

    async def language(self, person: UserID) -> str:
        """Give the code of a person's language."""
        return await self._people.language(person) or SOURCE_LANGUAGE

    async def set_language(self, person: UserID, language: str) -> None:
        """Speak another one with them from now on."""
        await self._people.set_language(person, language)

    def languages(self) -> dict[str, str]:
        """Give the languages there are: code to own name."""
        return self._translator.languages()

    async def words(self, person: UserID) -> Translation:
        """Give what puts sentences into a person's language."""
        return self.words_in(await self.language(person))

    def words_in(self, language: str) -> Translation:
        """Give what puts sentences into a language."""
        return lambda text: self._translator.translate(text, language)

    async def _notice(self, lines: Sequence[UserText], person: UserID) -> Json:
        said = render(self._translator, await self.language(person), lines, markdown=True)
        return text_content(Text(said, TextKind.NOTICE), Names(UserID))
