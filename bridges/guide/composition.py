# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide's composition root: everything is made and put together here."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from uuid import uuid4

from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.evidence import BridgeEvidence
from bridges.contacts.directory.holdings import Holdings, NativesOfDirectory
from bridges.contacts.directory.keys import Keys
from bridges.contacts.directory.rounds import Rounds
from bridges.contacts.directory.store import DirectoryStore
from bridges.contacts.live.books import LiveBooks
from bridges.contacts.live.client import BridgeClient
from bridges.contacts.report.counting import Counting
from bridges.contacts.report.service import Reports
from bridges.contacts.store.books import ContactStore
from bridges.contacts.store.totals import TotalsStore
from bridges.core.clock import Clock
from bridges.core.i18n import Translator
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.guide.archives import workshop
from bridges.guide.archives.deposit import WAITING, State
from bridges.guide.archives.steps import Steps
from bridges.guide.archives.workshop import Workshop
from bridges.guide.commands import contacts as contact_subject
from bridges.guide.commands.archives import ArchiveCommands
from bridges.guide.commands.contacts import ContactCommands
from bridges.guide.commands.directory import DirectoryCommands, DirectoryVoice
from bridges.guide.commands.forgetting import Forget, forget_command
from bridges.guide.commands.general import general_commands
from bridges.guide.commands.leaving import EXPORT, FAREWELL, LeavingCommands
from bridges.guide.commands.report import report_command
from bridges.guide.config import GuideSettings
from bridges.guide.conversation.conversation import Conversation, Repertoire
from bridges.guide.conversation.errands import Errands
from bridges.guide.conversation.listening import Listening
from bridges.guide.conversation.voice import Voice
from bridges.guide.leaving.departures import Departures
from bridges.guide.leaving.exports import Exports, Folders
from bridges.guide.leaving.farewells import Farewells
from bridges.guide.leaving.kept import kept_subjects
from bridges.guide.leaving.speaking import Speaking
from bridges.guide.live import KINDS, services
from bridges.guide.matrix.account import TOKEN
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.store.archives import DepositStore
from bridges.guide.store.errands import ErrandStore
from bridges.guide.store.people import GuidedPeople
from bridges.guide.store.progress import ProgressStore
from bridges.guide.store.unread import UnreadStore
from bridges.guide.store.wishes import WishStore
from bridges.migration.leaving.deletion.subjects import Subject


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
        bridges: Sequence[BridgeClient],
    ) -> None:
        self.settings = settings
        self.database = database
        self.client = client
        self.translator = translator
        self.clock = clock
        self.bridges = bridges

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
        store = ContactStore(self.database, self.secrets, lambda: uuid4().hex)
        store.listen(self._changed)
        return store

    @cached_property
    def totals(self) -> TotalsStore:
        """How many contacts everybody has."""
        return TotalsStore(self.database)

    @cached_property
    def live_books(self) -> LiveBooks:
        """Address books of people's logins."""
        is_service = services(self.settings.services)
        return LiveBooks(self.contacts, self.bridges, KINDS, is_service, self._changed)

    def _changed(self, owner: UserID) -> None:
        self.counting.changed(owner)
        self.rounds.changed(owner)

    @cached_property
    def reports(self) -> Reports:
        """How contacts can be reached."""
        natives = NativesOfDirectory(self.directory)
        return Reports(self.contacts, self.totals, self.live_books, natives, self.clock)

    @cached_property
    def counting(self) -> Counting:
        """Keeps the totals."""
        return Counting(self.reports, self.contacts, self.totals, self.clock)

    @cached_property
    def voice(self) -> Voice:
        """What the guide says."""
        return Voice(self.client, self.people, self.translator)

    @cached_property
    def deposits(self) -> DepositStore:
        """Files that people have dropped."""
        return DepositStore(self.database, self.secrets)

    @cached_property
    def workshop(self) -> Workshop:
        """What works on them."""
        steps = Steps(self.client, self.settings, self.voice, self.clock)
        return Workshop(steps, self.deposits, self.contacts, self.people, self.voice, self.clock)

    @cached_property
    def archive_commands(self) -> ArchiveCommands:
        """What people say about them."""
        settings = self.settings
        return ArchiveCommands(
            self.workshop, self.deposits, self.clock, settings.server_name, settings.archive_size
        )

    @cached_property
    def contact_commands(self) -> ContactCommands:
        """What people say about their contacts."""
        return ContactCommands(self.contacts, self.people)

    @cached_property
    def holdings(self) -> Holdings:
        """Whom people have."""
        return Holdings(self.contacts)

    @cached_property
    def directory_store(self) -> DirectoryStore:
        """Who is here, as it is stored."""
        return DirectoryStore(self.database, self.secrets)

    @cached_property
    def directory(self) -> Directory:
        """Who is here, for those who may know."""
        return Directory(
            self.directory_store, Keys(self.database, self.secrets, os.urandom), self.clock
        )

    @cached_property
    def rounds(self) -> Rounds:
        """What keeps the directory up to logins and contacts."""
        voice = DirectoryVoice(self.client, self.voice, self.holdings)
        return Rounds(self.directory, BridgeEvidence(self.bridges), self.holdings, voice)

    @cached_property
    def directory_commands(self) -> DirectoryCommands:
        """What people say about it."""
        return DirectoryCommands(self.directory, self.rounds, self.holdings)

    @property
    def forgetters(self) -> Sequence[Forget]:
        """What deletes everything of a person, but for archives."""
        return (
            self.directory.forget,
            self.contacts.forget,
            self.errands.forget,
            self.people.forget,
        )

    @cached_property
    def wishes(self) -> WishStore:
        """What those who leave have asked for."""
        return WishStore(self.database, self.secrets)

    @cached_property
    def departures(self) -> Departures:
        """What works on that."""
        exported = Folders.for_exports(self.settings.folder)
        speaking, leaving = Speaking(self.voice), self.settings.leaving
        exports = Exports(
            leaving,
            exported,
            self.client,
            self.contacts,
            self.wishes,
            speaking,
            self.clock,
            self.settings.archive_size,
        )
        farewells = Farewells(
            leaving,
            Folders.for_farewells(self.settings.folder),
            self.client,
            speaking,
            self.clock,
            self.kept_of,
            self.quiet,
            (exported.delete, self.forget_archives, *self.forgetters),
            self.settings.receipt_key,
        )
        return Departures(exports, farewells, exported, self.wishes, speaking, self.clock)

    def kept_of(self, owner: UserID) -> Mapping[str, Subject]:
        """Give what is stored of a person, to be deleted kind by kind."""
        return kept_subjects(
            owner,
            self.contacts,
            self.directory_store,
            self.deposits,
            lambda: self.forget_archives(owner),
        )

    async def quiet(self, owner: UserID) -> None:
        """Do nothing for a person any more but let them go."""
        await self.workshop.quiet(owner)
        await self.departures.halt_export(owner)

    @cached_property
    def leaving_commands(self) -> LeavingCommands:
        """What people say when they leave."""
        leaving = self.settings.leaving
        return LeavingCommands(self.departures, self.wishes, self.people, leaving, self.clock)

    async def forget_files(self, person: UserID) -> None:
        """Delete what a person has dropped and not started."""
        await self.workshop.forget(person, WAITING)

    async def forget_archives(self, person: UserID) -> None:
        """Delete all a person has dropped."""
        await self.workshop.forget(person, frozenset(State))

    @cached_property
    def repertoire(self) -> Repertoire:
        """What the guide understands."""
        archives, contacts = self.archive_commands, self.contact_commands
        leaving = self.leaving_commands
        everything = (self.forget_archives, self.departures.drop_export, *self.forgetters)
        return Repertoire(
            commands=(
                *archives.commands(),
                *contacts.commands(),
                report_command(self.reports),
                *self.directory_commands.commands(),
                forget_command(self.forget_files, everything),
                *leaving.commands(),
                *general_commands(),
            ),
            answers={
                workshop.SUBJECT: archives.answer,
                contact_subject.SUBJECT: contacts.answer,
                EXPORT: leaving.answer_export,
                FAREWELL: leaving.answer_farewell,
            },
            file=leaving.unless_deleting(archives.file),
        )

    @cached_property
    def errands(self) -> ErrandStore:
        """What people have asked for and takes long."""
        return ErrandStore(self.database, self.secrets)

    @cached_property
    def conversation(self) -> Conversation:
        """What is done with what people say."""
        errands = Errands(self.errands, self.clock)
        return Conversation(self.repertoire, self.people, self.voice, errands)

    @cached_property
    def listening(self) -> Listening:
        """What the guide hears."""
        return Listening(
            self.client,
            self.settings.mxid,
            self.settings.permissions,
            self.progress,
            UnreadStore(self.database),
            self.conversation,
            self.voice,
            self.clock,
        )

    async def reseal(self) -> None:
        """Seal with the current key what an earlier one has sealed. Raises ``SecretUnreadable``."""
        await self.progress.reseal(TOKEN)
        await self.contacts.reseal()
        await self.directory.reseal()
        await self.deposits.reseal()
        await self.errands.reseal()
        await self.wishes.reseal()
