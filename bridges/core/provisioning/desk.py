# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers questions about logins, accounts and contacts; what they mean over HTTP is ``api.py``'s."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from attrs import frozen
from mautrix.types import RoomID, UserID

from bridges.core.abilities import KnowsNumbers, TellsAccounts
from bridges.core.accounts import AccountContact, NetworkAccount
from bridges.core.clock import Clock
from bridges.core.errors import BridgeError
from bridges.core.ids import ChatKey, LoginID, RemoteUserID
from bridges.core.network import Session, SessionState
from bridges.core.provisioning.refusal import Refusal, refusal_of
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.portals import PortalStore

Json = dict[str, Any]

CONNECTED = frozenset({SessionState.CONNECTED, SessionState.RESTRICTED})

_NETWORK_ANSWERS_WITHIN = 30.0
_LIST_HOLDS = timedelta(seconds=60)
"""A list of contacts is asked for once and then given page by page."""


@frozen
class _Listed:
    """Contacts by the user's id, as they were asked for at some time."""

    contacts: Sequence[AccountContact]
    asked: datetime


class ProvisioningDesk:
    """Knows the logins of one network's bridge. Methods raise ``Refusal``."""

    def __init__(
        self,
        network: str,
        sessions: Sessions,
        portals: PortalStore,
        clock: Clock,
        *,
        minimal: bool,
    ) -> None:
        """``minimal``: names and handles of contacts are not told, as they are not kept here."""
        self._network = network
        self._sessions = sessions
        self._portals = portals
        self._clock = clock
        self._minimal = minimal
        self._lists: WeakKeyDictionary[Session, _Listed] = WeakKeyDictionary()
        self._asking: WeakKeyDictionary[Session, asyncio.Lock] = WeakKeyDictionary()

    def logins(self) -> list[Json]:
        """Every login: ``{user, login, network, remote_user, name, state, personal}``.

        ``personal``: it is one person's own account, of which the other questions can be asked.
        """
        return [{"user": one.record.owner} | self._login(one) for one in self._sessions.all()]

    async def identities(self, user: UserID) -> list[Json]:
        """What a person's logins prove at this moment.

        The keys are those of ``logins``, without ``user``, and ``proven``, ``phone``, ``handle`` and
        ``ids``. Of a login that is not connected, or is not one person's own account, nothing is proven.
        """
        return [await self._identity(one) for one in self._sessions.of(user)]

    async def contacts(
        self, user: UserID, login: LoginID, after: RemoteUserID | None, limit: int
    ) -> Json:
        """A page of a login's address book: ``{contacts, next}``.

        A contact is ``{remote_user, ids, name, own_name, phone, handle, chat, room}``; pages are in the
        order of ``remote_user``, and ``next`` is the ``after`` of the next page or null.
        """
        active = self._active(user, login)
        listed = await self._listed(active)
        following = [one for one in listed if after is None or one.account.user > after]
        page = following[:limit]
        more = len(following) > limit
        return {
            "contacts": [await self._contact(login, one) for one in page],
            "next": page[-1].account.user if more else None,
        }

    async def users(self, user: UserID, numbers: Collection[str]) -> Mapping[str, RemoteUserID]:
        """Whose some phone numbers (E.164) are, as far as one of a person's logins was told.

        What one login knows is never told to another person: networks show numbers to some only.
        """
        found: dict[str, RemoteUserID] = {}
        for active in self._sessions.of(user):
            if isinstance(active.session, KnowsNumbers):
                found = {**await active.session.users_of(numbers), **found}
        return found

    def require_login(self, user: UserID) -> None:
        """Refuse to speak of somebody who has no login here."""
        if not self._sessions.of(user):
            raise Refusal(
                HTTPStatus.NOT_FOUND, "NO_LOGIN", "This person is not logged in to this network."
            )

    def _active(self, user: UserID, login: LoginID) -> ActiveLogin:
        active = self._sessions.get(login)
        if active is None or active.record.owner != user:
            raise Refusal(HTTPStatus.NOT_FOUND, "NO_LOGIN", "This person has no such login.")
        return active

    def _login(self, active: ActiveLogin) -> Json:
        return {
            "login": active.record.id,
            "network": self._network,
            "remote_user": active.record.user,
            "name": active.record.name,
            "state": active.state.value,
            "personal": isinstance(active.session, TellsAccounts),
        }

    async def _identity(self, active: ActiveLogin) -> Json:
        account = await self._own_account(active)
        told: Json = {"proven": account is not None, "phone": None, "handle": None, "ids": {}}
        if account is not None:
            told |= _addresses(account)
        return self._login(active) | told

    async def _own_account(self, active: ActiveLogin) -> NetworkAccount | None:
        session = active.session
        if active.state not in CONNECTED or not isinstance(session, TellsAccounts):
            return None
        try:
            async with asyncio.timeout(_NETWORK_ANSWERS_WITHIN):
                account = await session.own_account()
        except (BridgeError, TimeoutError):
            return None
        return account if account.user == active.record.user else None

    async def _listed(self, active: ActiveLogin) -> Sequence[AccountContact]:
        session = active.session
        if not isinstance(session, TellsAccounts):
            raise Refusal(
                HTTPStatus.NOT_FOUND, "NO_CONTACTS", "This login has no address book of a person's."
            )
        async with self._asking.setdefault(session, asyncio.Lock()):
            known = self._lists.get(session)
            if known is None or self._clock.now() - known.asked >= _LIST_HOLDS:
                self._lists.pop(session, None)
                known = _Listed(await _asked(session), self._clock.now())
                self._lists[session] = known
        return known.contacts

    async def _contact(self, login: LoginID, contact: AccountContact) -> Json:
        account = contact.account
        told: Json = {
            "remote_user": account.user,
            "name": account.name,
            "own_name": account.own_name,
            "chat": contact.chat.chat,
            "room": await self._room(login, contact.chat),
        } | _addresses(account)
        return told | _UNNAMED if self._minimal else told

    async def _room(self, login: LoginID, chat: ChatKey) -> RoomID | None:
        portal = await self._portals.get(chat)
        if portal is None or portal.room is None:
            return None
        inside = {part.login for part in await self._portals.logins_in(portal.key)}
        return portal.room if login in inside else None


_UNNAMED: Json = {"name": "", "own_name": "", "handle": None}


def _addresses(account: NetworkAccount) -> Json:
    return {
        "ids": dict(account.ids),
        "phone": account.phone or None,
        "handle": account.handle or None,
    }


async def _asked(session: TellsAccounts) -> Sequence[AccountContact]:
    try:
        async with asyncio.timeout(_NETWORK_ANSWERS_WITHIN):
            found = await session.known_accounts()
    except BridgeError as error:
        raise refusal_of(error) from error
    except TimeoutError as error:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, "TIMEOUT", "The network does not answer.", 60.0
        ) from error
    return sorted({one.account.user: one for one in found}.values(), key=_by_user)


def _by_user(contact: AccountContact) -> str:
    return contact.account.user
