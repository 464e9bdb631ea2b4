# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person's phone tells the person's own devices, encrypted like any message."""

from typing import Any

from attrs import define
from pyaileys.auth.creds import KeyPair as SignalKeyPair
from pyaileys.auth.state import AuthenticationState
from pyaileys.auth.utils import init_auth_creds
from pyaileys.signal.repository import PreKeyBundle, PreKeyBundleKey, SignalRepository

from sandbox.statefile import StateFile
from sandbox.whatsapp.keys import KeyPair
from sandbox.whatsapp.node import leaf, node
from sandbox.whatsapp.records import Account, Device, PublicKey
from sandbox.whatsapp.switchboard import Switchboard
from sandbox.whatsapp.world import World

_KEY_TYPE = b"\x05"
_MAX_PADDING = 16


class NoKeysError(Exception):
    """The device has left no keys yet."""


@define
class Conversation:
    """One piece of what a phone's end of a conversation has to remember."""

    key: str
    value: bytes


class PeerMessages:
    """The conversations of one phone with its own devices."""

    def __init__(self, world: World, switchboard: Switchboard, account: Account) -> None:
        self._world = world
        self._switchboard = switchboard
        self._account = account
        creds = init_auth_creds()
        own = KeyPair(account.identity)
        creds.signed_identity_key = SignalKeyPair(public=own.public, private=own.private)
        keys = _Memory(world.store, account)
        self._signal = SignalRepository(AuthenticationState(creds=creds, keys=keys))

    async def send(self, device: Device, message: bytes) -> None:
        """Send a message (a serialised protobuf). Raises `NoKeysError`."""
        jid = str(self._account.jid(device.number))
        if not await self._signal.validate_session(jid):
            await self._signal.inject_outgoing_session(jid, self._bundle(device))
        padding = self._world.random_bytes(1)[0] % _MAX_PADDING + 1
        padded = message + bytes([padding]) * padding
        kind, sealed = await self._signal.encrypt_message(jid, data=padded)
        attrs = {
            "id": self._world.new_id(),
            "from": str(self._account.jid()),
            "type": "text",
            "category": "peer",
            "t": str(self._world.now()),
            "notify": self._account.name,
        }
        stanza = node("message", attrs, leaf("enc", sealed, {"v": "2", "type": kind}))
        self._switchboard.deliver(device, stanza)
        self._switchboard.flush()

    def _bundle(self, device: Device) -> PreKeyBundle:
        if device.signed is None:
            raise NoKeysError(f"device {device.number} has left no keys yet")
        once = self._world.accounts.take_key(device)
        return PreKeyBundle(
            registration_id=int.from_bytes(device.registration, "big"),
            identity_key=_KEY_TYPE + device.identity,
            signed_pre_key=_signal_key(device.signed),
            pre_key=_signal_key(once) if once else None,
        )


class _Memory:
    """The library's store of keys, over the network's records."""

    def __init__(self, store: StateFile, account: Account) -> None:
        self._store = store
        self._prefix = account.phone
        self._kept = {
            one.key: one.value
            for one in store.load("conversation", Conversation)
            if one.key.startswith(f"{account.phone}/")
        }

    async def get(self, kind: str, ids: list[str]) -> dict[str, Any]:
        names = {one: f"{self._prefix}/{kind}/{one}" for one in ids}
        return {one: self._kept[name] for one, name in names.items() if name in self._kept}

    async def set(self, data: dict[str, dict[str, Any]]) -> None:
        for kind, values in data.items():
            for one, value in values.items():
                name = f"{self._prefix}/{kind}/{one}"
                if value is None:
                    self._kept.pop(name, None)
                    self._store.delete("conversation", name)
                else:
                    self._kept[name] = bytes(value)
                    self._store.save("conversation", name, Conversation(name, bytes(value)))


def _signal_key(key: PublicKey) -> PreKeyBundleKey:
    return PreKeyBundleKey(
        int.from_bytes(key.number, "big"), _KEY_TYPE + key.value, key.signature or None
    )
