# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps the directory up to what logins prove and address books hold, and tells people who is here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.model import (
    Compared,
    Consent,
    HasContacts,
    ProvesIdentities,
    TellsNews,
)
from bridges.core.tasks import ended


class Rounds:
    """Goes round whenever something about a person has changed.

    Who wants to be found by everybody is found by others when it is their turn.
    """

    def __init__(
        self,
        directory: Directory,
        identities: ProvesIdentities,
        contacts: HasContacts,
        teller: TellsNews,
    ) -> None:
        self._directory = directory
        self._identities = identities
        self._contacts = contacts
        self._teller = teller
        self._waiting: dict[UserID, None] = {}
        self._changed = asyncio.Event()
        self._log = structlog.get_logger("karvon.contacts")

    def changed(self, owner: UserID) -> None:
        """Say that somebody's logins or contacts may have changed."""
        self._waiting[owner] = None
        self._changed.set()

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """Go round, one person after the other, for the time of the block."""
        task = asyncio.create_task(self._go(), name="directory")
        try:
            yield
        finally:
            await ended([task])

    async def _go(self) -> None:
        while True:
            await self._changed.wait()
            while self._waiting:
                owner = next(iter(self._waiting))
                del self._waiting[owner]
                await self._go_round(owner)
            self._changed.clear()

    async def refresh(self, owner: UserID) -> Compared:
        """Take what is so now, and tell others of this person."""
        if await self._directory.consent(owner) is Consent.NOBODY:
            return Compared(0)
        before = await self._directory.proofs(owner)
        await self._directory.prove(owner, await self._identities.proofs(owner, before))
        compared = await self._directory.compare(owner, await self._contacts.handles(owner))
        for viewer in await self._directory.who_sees(owner):
            await self._tell(viewer)
        return compared

    async def _go_round(self, owner: UserID) -> None:
        try:
            await self.refresh(owner)
            await self._tell(owner)
        except Exception as error:  # noqa: BLE001 - one person must not keep the others waiting
            self._log.error("the directory could not be renewed", error=type(error).__name__)

    async def _tell(self, user: UserID) -> None:
        """What nobody can be told now is not noted as told."""
        if await self._teller.reaches(user):
            news = await self._directory.news(user)
            if news.people:
                await self._teller.tell(user, news)
