# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom people have, out of their stored address books; and which of these are here."""

import asyncio
from collections.abc import Sequence

from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.handles import of_people, of_person
from bridges.contacts.directory.model import Handle
from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef, Person
from bridges.contacts.report.model import Found
from bridges.contacts.store.books import ContactStore


class Holdings:
    """See ``bridges.contacts.directory.model.HasContacts``."""

    def __init__(self, contacts: ContactStore) -> None:
        self._contacts = contacts

    async def handles(self, user: UserID) -> Sequence[Handle]:
        """Give the handles of all contacts of a person."""
        return of_people(await self.people(user))

    async def people(self, user: UserID) -> Sequence[Person]:
        """Give a person's contacts."""
        books = await self._contacts.books(user)
        region = await self._contacts.region(user)
        decisions = await self._contacts.decisions(user)
        return (await asyncio.to_thread(people, books, region, decisions)).people


class NativesOfDirectory:
    """Says which contacts are here. See ``bridges.contacts.report.model.FindsNatives``."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def find(self, owner: UserID, people: Sequence[Person]) -> Found:
        """Compare them as far as the limits allow, and give those who are here by ``Person.id``."""
        compared = await self._directory.compare(owner, of_people(people))
        here: dict[CardRef, UserID] = {}
        for one in await self._directory.who_is_here(owner):
            for person in people:
                if not of_person(person).isdisjoint(one.handles):
                    here.setdefault(person.id, one.user)
        if compared.more_at is None:
            return Found(here)
        done = await self._directory.compared(owner)
        return Found(here, sum(not of_person(one) <= done for one in people))
