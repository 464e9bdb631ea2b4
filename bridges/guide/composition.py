# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide's composition root: everything is made and put together here."""

from functools import cached_property
from uuid import uuid4

from bridges.contacts.store.books import ContactStore
from bridges.core.clock import Clock
from bridges.core.i18n import Translator
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.core.text import user_text
from bridges.guide.commands.general import general_commands
from bridges.guide.config import GuideSettings
from bridges.guide.conversation.command import CannotDo, Context
from bridges.guide.conversation.conversation import Conversation, Repertoire
from bridges.guide.conversation.listening import Listening
from bridges.guide.conversation.voice import Voice
from bridges.guide.matrix.account import TOKEN
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.store.people import GuidedPeople
from bridges.guide.store.progress import ProgressStore


class Parts:
    """What the guide is made of; nothing runs by itself.

    Commands are added in ``repertoire``, each with what it needs.
    """

    def __init__(
        self,
        settings: GuideSettings,
        database: Database,
        client: MatrixClient,
        translator: Translator,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.database = database
        self.client = client
        self.translator = translator
        self.clock = clock

    @cached_property
    def secrets(self) -> SecretBox:
        """Encryption of what is stored."""
        return SecretBox(self.settings.encryption_key, self.settings.previous_encryption_keys)

    @cached_property
    def progress(self) -> ProgressStore:
        """How far the guide has listened."""
        return ProgressStore(self.database, self.secrets)

    @cached_property
    def people(self) -> GuidedPeople:
        """Whom the guide talks to."""
        return GuidedPeople(self.database)

    @cached_property
    def contacts(self) -> ContactStore:
        """Everybody's address books."""
        return ContactStore(self.database, self.secrets, lambda: uuid4().hex)

    @cached_property
    def voice(self) -> Voice:
        """What the guide says."""
        return Voice(self.client, self.people, self.translator)

    @cached_property
    def repertoire(self) -> Repertoire:
        """What the guide understands."""
        return Repertoire(commands=general_commands(), answers={}, file=_no_file)

    @cached_property
    def listening(self) -> Listening:
        """What the guide hears."""
        return Listening(
            self.client,
            self.settings.mxid,
            self.settings.permissions,
            self.progress,
            Conversation(self.repertoire, self.people, self.voice),
            self.voice,
            self.clock,
        )

    async def reseal(self) -> None:
        """Seal with the current key what an earlier one has sealed. Raises ``SecretUnreadable``."""
        await self.progress.reseal(TOKEN)
        await self.contacts.reseal()


async def _no_file(_context: Context) -> None:
    raise CannotDo(user_text("I cannot use this file."))
