# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which language people are spoken to in."""

from mautrix.types import UserID

from bridges.core.i18n import SOURCE_LANGUAGE, Translator
from bridges.core.storage.people import PeopleStore
from bridges.core.text import Translation, UserText


class Interpreter:
    """Translates for people into the language they have chosen."""

    def __init__(self, people: PeopleStore, translator: Translator) -> None:
        self._people = people
        self._translator = translator

    async def translation(self, user: UserID) -> Translation:
        """How sentences are put to a person."""
        language = (await self._people.person(user)).language or SOURCE_LANGUAGE

        def translate(text: UserText) -> str:
            return self._translator.translate(text, language)

        return translate
