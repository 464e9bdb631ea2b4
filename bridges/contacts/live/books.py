# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps the address books of logins: as long as the login is there, and not a moment longer.

What a bridge says of its logins counts, not what happened: so nothing is missed while one of us was away. A
book is stored only while its login is in the roster, under the lock under which a roster is taken: an answer
that comes when the login has just ended is dropped.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog
from mautrix.types import RoomID, UserID

from bridges.contacts.live.cards import LiveBook, book_of, direct_book, source_id
from bridges.contacts.live.client import BridgeClient, BridgeRefuses, BridgeSilent
from bridges.contacts.live.model import DirectPerson, LiveLogin, Roster
from bridges.contacts.people.model import CardRef
from bridges.contacts.sources.model import SourceKind
from bridges.contacts.store.books import ContactStore, LoginRef

_DIRECT_NAME = "Matrix"
_PERSON_WAITS = 20.0
"""Seconds somebody who has asked waits for each of their networks."""


class LiveBooks:
    """The live books of everybody. Methods that store raise the database's errors."""

    def __init__(
        self,
        store: ContactStore,
        clients: Sequence[BridgeClient],
        kinds: Mapping[str, SourceKind],
        is_service: Callable[[UserID], bool],
        changed: Callable[[UserID], None],
    ) -> None:
        """
        Args:
            kinds: the networks whose contacts can be understood, by their ids.
            is_service: whether a Matrix id is a bot's or a ghost's.
            changed: told whose logins have become others; of books the store tells.
        """
        self._log = structlog.get_logger("karvon.contacts")
        self._store = store
        self._clients = {one.network: one for one in clients}
        self._kinds = kinds
        self._is_service = is_service
        self._changed = changed
        self._rosters: dict[str, Roster] = {}
        self._rooms: dict[tuple[UserID, str], Mapping[CardRef, RoomID]] = {}
        self._writing = asyncio.Lock()

    @property
    def clients(self) -> Sequence[BridgeClient]:
        """The bridges whose contacts can be understood."""
        return [one for network, one in self._clients.items() if network in self._kinds]

    async def take(self, network: str, roster: Roster) -> None:
        """Go by the logins there are now: what came from others is forgotten."""
        async with self._writing:
            before = self._rosters.get(network, Roster("", ()))
            self._rosters[network] = roster
            there = {(one.user, LoginRef(network, one.login)) for one in roster.logins}
            for owner, login in await self._store.logins(network) - there:
                await self._store.forget_login(owner, login)
                self._rooms.pop((owner, source_id(network, login.id)), None)
                self._log.info(
                    "the contacts of a login that has ended are forgotten", network=network
                )
        for owner, _, _ in _standing(before) ^ _standing(roster):
            self._changed(owner)

    async def refresh(self, login: LiveLogin) -> None:
        """Read the address book of a login, and the direct rooms of its owner.

        Raises ``BridgeSilent`` and ``BridgeRefuses``.
        """
        client = self._clients[login.network]
        contacts = await client.contacts(login.user, login.login)
        await self._keep(login, book_of(login, self._kinds[login.network], contacts))
        try:
            people = await client.direct(login.user)
        except BridgeRefuses as refused:
            self._log.debug("direct rooms are not told", code=refused.code)
        else:
            await self._keep(login, self._direct(people))

    async def refresh_all_of(self, owner: UserID) -> tuple[str, ...]:
        """Read all books of a person; gives the names of the networks that could not be asked."""
        asked = [one for client in self.clients for one in self._logins(client.network, owner)]
        answered = await asyncio.gather(*(self._try_refresh(one) for one in asked))
        silent = {
            self._clients[login.network].name
            for login, ok in zip(asked, answered, strict=True)
            if not ok
        }
        silent |= {one.name for one in self.clients if one.network not in self._rosters}
        return tuple(sorted(silent))

    async def sources_of(self, owner: UserID) -> dict[str, SourceKind]:
        """The sources that are logins of a person now, by id; where a bridge is silent, those of before."""
        found: dict[str, SourceKind] = {}
        for client in self.clients:
            network = client.network
            if network in self._rosters:
                logins = [one.login for one in self._logins(network, owner)]
            else:
                stored = await self._store.logins(network)
                logins = [login.id for user, login in stored if user == owner]
            found |= {source_id(network, one): self._kinds[network] for one in logins}
        return found

    def rooms_of(self, owner: UserID) -> dict[CardRef, RoomID]:
        """The rooms of a person's contacts, as far as they were told since the start."""
        found: dict[CardRef, RoomID] = {}
        for (user, _), rooms in self._rooms.items():
            found |= rooms if user == owner else {}
        return found

    async def _try_refresh(self, login: LiveLogin) -> bool:
        try:
            async with asyncio.timeout(_PERSON_WAITS):
                await self.refresh(login)
        except (BridgeSilent, TimeoutError):
            return False
        except BridgeRefuses:
            return True
        return True

    async def _keep(self, login: LiveLogin, live: LiveBook) -> None:
        owner, source = login.user, live.book.source.id
        async with self._writing:
            if login.login not in {one.login for one in self._logins(login.network, owner)}:
                return
            self._rooms[owner, source] = live.rooms
            await self._store.save(owner, live.book, LoginRef(login.network, login.login))

    def _direct(self, people: Sequence[DirectPerson]) -> LiveBook:
        return direct_book((one for one in people if not self._is_service(one.user)), _DIRECT_NAME)

    def _logins(self, network: str, owner: UserID) -> Sequence[LiveLogin]:
        roster = self._rosters.get(network)
        return () if roster is None else roster.of(owner)


def _standing(roster: Roster) -> set[tuple[UserID, str, str]]:
    return {(one.user, one.login, one.state.value) for one in roster.logins}
