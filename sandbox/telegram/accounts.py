# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people of the network: accounts, address books, presence."""

from collections.abc import Iterator

from telethon.tl.tlobject import TLObject

from sandbox.telegram import srp
from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import FIRST_USER_ID
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Account, Contact
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.wire import RandomBytes


class UnknownAccountError(Exception):
    """No account goes by this name."""


class Accounts:
    """All accounts, found by id, phone or username, and who saved whom as a contact."""

    def __init__(self, store: Store, clock: Clock, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._random = random_bytes
        self._by_id: dict[int, Account] = {}
        self._by_phone: dict[str, Account] = {}
        self._by_username: dict[str, Account] = {}
        self._found_under: dict[int, tuple[str, str]] = {}
        self._contacts: dict[int, dict[int, Contact]] = {}
        self._saved_by: dict[int, set[int]] = {}
        self.banned_phones: set[str] = set()
        for account in store.load("account", Account):
            self._index(account)
        for contact in store.load("contact", Contact):
            self._remember(contact)

    def __iter__(self) -> Iterator[Account]:
        return iter(list(self._by_id.values()))

    def add(
        self,
        phone: str,
        first_name: str,
        last_name: str = "",
        username: str | None = None,
        password: str | None = None,
        hint: str = "",
    ) -> Account:
        """Create an account, or return the one that has this phone already."""
        digits = normal_phone(phone)
        known = self._by_phone.get(digits)
        if known is not None:
            return known
        number = FIRST_USER_ID + len(self._by_id)
        account = Account(number, digits, first_name, last_name, username)
        if password is not None:
            account.password = srp.new_password(password, hint, self._random)
        account.last_seen = self._clock()
        self.save(account)
        return account

    def save(self, account: Account) -> None:
        """Keep a changed account and find it under its present names."""
        phone, username = self._found_under.pop(account.id, ("", ""))
        self._by_phone.pop(phone, None)
        self._by_username.pop(username, None)
        self._index(account)
        self._store.save("account", str(account.id), account)

    def get(self, account_id: int) -> Account:
        """Return an account; raises USER_ID_INVALID."""
        account = self._by_id.get(account_id)
        if account is None:
            raise bad_request("USER_ID_INVALID")
        return account

    def by_id(self, account_id: int) -> Account | None:
        """Find an account by its id."""
        return self._by_id.get(account_id)

    def by_phone(self, phone: str) -> Account | None:
        """Find the living account with this phone."""
        return self._by_phone.get(normal_phone(phone))

    def by_username(self, username: str) -> Account | None:
        """Find the living account with this username."""
        return self._by_username.get(username.lower().lstrip("@"))

    def find(self, name: str | int) -> Account:
        """Find an account by id, phone, username or first name, for tests and the control API.

        Raises `UnknownAccountError`.
        """
        text = str(name)
        found = self.by_username(text) or self.by_phone(text)
        if found is None and text.isdecimal():
            found = self._by_id.get(int(text))
        if found is None:
            names = (a for a in self._by_id.values() if a.first_name.lower() == text.lower())
            found = next(names, None)
        if found is None:
            raise UnknownAccountError(f"no account is called {text!r}; create it first")
        return found

    def delete(self, account: Account) -> None:
        """Empty an account as the service does: only its id stays."""
        account.deleted = True
        account.first_name = account.last_name = account.about = ""
        account.username = None
        account.photos = []
        self.save(account)

    def set_photo(self, account: Account, photo: TLObject | None) -> None:
        """Put a new profile photo in front, or remove the present one."""
        if photo is not None:
            account.photos.insert(0, photo)
        elif account.photos:
            account.photos.pop(0)
        self.save(account)

    # -- address books

    def contact(self, owner: int, user: int) -> Contact | None:
        """Return how `owner` saved `user`, if at all."""
        return self._contacts.get(owner, {}).get(user)

    def contacts(self, owner: int) -> list[Contact]:
        """List the address book of an account."""
        return list(self._contacts.get(owner, {}).values())

    def saved_by(self, user: int) -> set[int]:
        """Tell who has this person in the address book."""
        return set(self._saved_by.get(user, ()))

    def add_contact(self, contact: Contact) -> None:
        """Put a person into an address book, or rename them there."""
        self._remember(contact)
        self._store.save("contact", f"{contact.owner}:{contact.user}", contact)

    def remove_contact(self, owner: int, user: int) -> None:
        """Take a person out of an address book."""
        if self._contacts.get(owner, {}).pop(user, None) is not None:
            self._saved_by[user].discard(owner)
            self._store.delete("contact", f"{owner}:{user}")

    # -- presence

    def set_online(self, account: Account, until: float) -> None:
        """Show an account as online until a moment; a moment in the past means offline."""
        account.online_until = until
        account.last_seen = self._clock()
        self._store.save("account", str(account.id), account)

    def _index(self, account: Account) -> None:
        self._by_id[account.id] = account
        if account.deleted:
            return
        username = (account.username or "").lower()
        self._found_under[account.id] = (account.phone, username)
        self._by_phone[account.phone] = account
        if username:
            self._by_username[username] = account

    def _remember(self, contact: Contact) -> None:
        self._contacts.setdefault(contact.owner, {})[contact.user] = contact
        self._saved_by.setdefault(contact.user, set()).add(contact.owner)


def normal_phone(phone: str) -> str:
    """Reduce a phone number to its digits.

    >>> normal_phone("+999 555-001")
    '999555001'
    """
    return "".join(character for character in phone if character.isdecimal())
