# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session of FakeNetwork can find: chats, people, and what was said before."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager

from bridges.core.accounts import AccountContact, NetworkAccount
from bridges.core.chat import ChatKind, KnownChat
from bridges.core.errors import Rejected
from bridges.core.events import RemoteReceipt
from bridges.core.history.pages import HistoryPage
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.text import user_text
from tests.fakes import history
from tests.fakes.world import Account, Chat, World


class ListAbilities:
    """See `bridges.core.abilities`; a session inherits it."""

    _world: World
    _account: Account
    _request: Callable[[str], AbstractContextManager[None]]
    _chat: Callable[[ChatKey], Chat]

    async def history(self, chat: ChatKey, before: MessageID | None, limit: int) -> HistoryPage:
        """Messages before one of them."""
        with self._request("history"):
            found = history.readable(self._world, chat, self._account) or self._chat(chat)
            return history.page(self._world, found, chat, self._account, before, limit)

    async def read_marks(
        self, chat: ChatKey, among: Sequence[MessageID]
    ) -> Sequence[RemoteReceipt]:
        """Who has read how far."""
        with self._request("read_marks"):
            found = self._chat(chat)
            return tuple(history.read_marks(self._world, found, chat, self._account, among))

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        """Chats with messages, the latest first."""
        with self._request("recent_chats"):
            mine = [
                chat
                for chat in self._world.chats.values()
                if self._account.user in chat.members and chat.messages
            ]
            mine.sort(key=lambda chat: int(max(chat.messages, key=int)), reverse=True)
            return [self._known(chat) for chat in mine[:limit]]

    async def glance(self, chat: ChatKey) -> KnownChat:
        """One chat as it is listed."""
        with self._request("glance"):
            return self._known(self._chat(chat))

    async def contacts(self) -> Sequence[KnownChat]:
        """The address book, by name."""
        with self._request("contacts"):
            people = [self._world.accounts[user] for user in self._account.contacts]
            return sorted((self._with(one) for one in people), key=lambda one: one.name)

    async def own_account(self) -> NetworkAccount:
        """The account itself."""
        with self._request("own_account"):
            return _account(self._account, self._account.name)

    async def known_accounts(self) -> Sequence[AccountContact]:
        """The address book, with numbers and usernames."""
        with self._request("known_accounts"):
            return [
                AccountContact(
                    self._with(self._world.accounts[user]).key,
                    _account(self._world.accounts[user], name),
                )
                for user, name in self._account.contacts.items()
            ]

    async def users_of(self, numbers: Collection[str]) -> Mapping[str, RemoteUserID]:
        """Whose numbers of the address book are."""
        with self._request("users_of"):
            people = [self._world.accounts[user] for user in self._account.contacts]
            return {one.phone: one.user for one in people if one.phone in numbers}

    async def search(self, query: str, limit: int) -> Sequence[KnownChat]:
        """People by name."""
        with self._request("search"):
            wanted = query.casefold()
            found = [one for one in self._world.accounts.values() if wanted in one.name.casefold()]
            return [self._with(one) for one in found[:limit] if one is not self._account]

    async def resolve(self, identifier: str) -> KnownChat:
        """People by number or username."""
        with self._request("resolve"):
            for one in self._world.accounts.values():
                if identifier in (one.phone, one.username, f"@{one.username}"):
                    return self._with(one)
            raise Rejected("FAKE.NOBODY", user_text("Nobody has that number or username."))

    # -- Inside

    def _with(self, other: Account) -> KnownChat:
        return self._known(self._world.direct(self._account.user, other.user))

    def _known(self, chat: Chat) -> KnownChat:
        key = self._world.key(chat, self._account)
        aside = history.is_set_aside(chat, self._account)
        if chat.kind is not ChatKind.DIRECT:
            return KnownChat(key, chat.title, chat.kind, set_aside=aside)
        other = self._world.accounts[RemoteUserID(key.chat)]
        name = self._account.contacts.get(other.user, other.name)
        return KnownChat(key, name, chat.kind, f"@{other.username}", aside)


def _account(account: Account, name: str) -> NetworkAccount:
    known = {"telegram_user": account.user}  # what the suite knows as the id of a network
    own_name = "" if name == account.name else account.name
    return NetworkAccount(account.user, known, name, own_name, account.phone, account.username)
