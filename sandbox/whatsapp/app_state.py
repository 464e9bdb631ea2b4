# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person's devices have in common (mutes, pins, archive, names): patches nobody here reads."""

from attrs import frozen

from sandbox.statefile import StateFile
from sandbox.whatsapp.keys import KEY_SIZE, RandomBytes
from sandbox.whatsapp.records import Account

_KEY_NAME_SIZE = 6


@frozen
class AppStateKey:
    """The key a phone gives its devices, which seals the patches."""

    phone: str
    name: bytes
    key: bytes


@frozen
class Patch:
    """One change of a collection; versions count from 1 without a gap."""

    phone: str
    collection: str
    version: int
    body: bytes


class AppState:
    """Every account's patches, oldest first, and its key."""

    def __init__(self, store: StateFile, random_bytes: RandomBytes) -> None:
        self._store = store
        self._random = random_bytes
        self._keys = {one.phone: one for one in store.load("app-state-key", AppStateKey)}
        self._patches: dict[tuple[str, str], list[Patch]] = {}
        for patch in store.load("patch", Patch):
            self._patches.setdefault((patch.phone, patch.collection), []).append(patch)

    def key(self, account: Account) -> AppStateKey:
        """Return an account's key, made when it is first wanted."""
        if account.phone not in self._keys:
            name, key = self._random(_KEY_NAME_SIZE), self._random(KEY_SIZE)
            self._keys[account.phone] = AppStateKey(account.phone, name, key)
            self._store.save("app-state-key", account.phone, self._keys[account.phone])
        return self._keys[account.phone]

    def version(self, account: Account, collection: str) -> int:
        """Return how many patches a collection has."""
        return len(self._patches.get((account.phone, collection), ()))

    def since(self, account: Account, collection: str, version: int) -> list[Patch]:
        """Return the patches after a version."""
        return self._patches.get((account.phone, collection), [])[version:]

    def add(self, account: Account, collection: str, body: bytes) -> Patch:
        """Keep one more patch."""
        version = self.version(account, collection) + 1
        patch = Patch(account.phone, collection, version, body)
        self._patches.setdefault((account.phone, collection), []).append(patch)
        self._store.save("patch", f"{account.phone}/{collection}/{version}", patch)
        return patch
