# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people of the network, their linked devices, and the keys these have left here."""

from collections.abc import Iterator

from sandbox.statefile import StateFile
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.keys import KeyPair, RandomBytes
from sandbox.whatsapp.records import Account, Device, OneTimeKeys, PublicKey

_FIRST_LID = 100_000_000_000_001


class UnknownAccountError(LookupError):
    """Nobody has that number or name."""


class Accounts:
    """Accounts by number and by LID, and devices by account."""

    def __init__(self, store: StateFile, random_bytes: RandomBytes) -> None:
        self._store = store
        self._random = random_bytes
        self._by_phone: dict[str, Account] = {}
        self._by_lid: dict[str, Account] = {}
        for account in store.load("account", Account):
            self._remember(account)
        self._devices = {one.key: one for one in store.load("device", Device)}
        self._keys = {one.device: one for one in store.load("keys", OneTimeKeys)}

    def add(self, phone: str, name: str) -> Account:
        """Create an account, or return the one that has the number; ``+`` may lead it."""
        phone = phone.removeprefix("+")
        if not phone.isdecimal():
            raise ValueError(f"{phone!r} is no phone number")
        known = self._by_phone.get(phone)
        if known is not None:
            return known
        identity = KeyPair.generate(self._random).private
        account = Account(phone, str(_FIRST_LID + len(self._by_phone)), name, identity)
        self._remember(account)
        self._save(account)
        return account

    def rename(self, account: Account, name: str) -> None:
        """Give an account another name, which others see with the next message."""
        account.name = name
        self._save(account)

    def find(self, name: str) -> Account:
        """Return the account of a number (with or without ``+``), LID or name."""
        phone = name.removeprefix("+")
        found = self._by_phone.get(phone) or self._by_lid.get(name)
        found = found or next((one for one in self._by_phone.values() if one.name == name), None)
        if found is None:
            raise UnknownAccountError(f"nobody here is {name!r}; add the account first")
        return found

    def at(self, jid: Jid) -> Account | None:
        """Return whose address that is."""
        return (self._by_lid if jid.is_lid else self._by_phone).get(jid.user)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_phone.values())

    # -- devices

    def next_number(self, account: Account) -> int:
        """Set a number aside for one more device; numbers are never used twice."""
        account.last_device += 1
        self._save(account)
        return account.last_device

    def link(self, account: Account, number: int, identity: bytes) -> Device:
        """Give an account one more device."""
        device = Device(account.phone, number, identity)
        self._devices[device.key] = device
        self.save_device(device)
        return device

    def unlink(self, device: Device) -> None:
        """Take a device away, with its keys."""
        del self._devices[device.key]
        self._store.delete("device", device.key)
        if self._keys.pop(device.key, None) is not None:
            self._store.delete("keys", device.key)

    def devices(self, account: Account) -> list[Device]:
        """Return an account's devices, oldest first."""
        return [one for one in self._devices.values() if one.phone == account.phone]

    def device(self, account: Account, number: int) -> Device | None:
        """Return one device of an account."""
        return self._devices.get(f"{account.phone}:{number}")

    def device_at(self, jid: Jid) -> Device | None:
        """Return the device with that address."""
        account = self.at(jid)
        return self.device(account, jid.device) if account else None

    def owner(self, device: Device) -> Account:
        """Return whose device it is."""
        return self._by_phone[device.phone]

    def save_device(self, device: Device) -> None:
        """Remember what changed about a device."""
        self._store.save("device", device.key, device)

    # -- keys

    def add_keys(self, device: Device, keys: list[PublicKey]) -> None:
        """Keep more keys to give away."""
        kept = self._keys.setdefault(device.key, OneTimeKeys(device.key))
        known = {key.number for key in kept.keys}
        kept.keys += [key for key in keys if key.number not in known]
        self._store.save("keys", device.key, kept)

    def take_key(self, device: Device) -> PublicKey | None:
        """Give one key away; None if there is none left."""
        kept = self._keys.get(device.key)
        if kept is None or not kept.keys:
            return None
        key = kept.keys.pop(0)
        self._store.save("keys", device.key, kept)
        return key

    def key_count(self, device: Device) -> int:
        """Return how many keys are left."""
        kept = self._keys.get(device.key)
        return len(kept.keys) if kept else 0

    def _remember(self, account: Account) -> None:
        self._by_phone[account.phone] = account
        self._by_lid[account.lid] = account

    def _save(self, account: Account) -> None:
        self._store.save("account", account.phone, account)
