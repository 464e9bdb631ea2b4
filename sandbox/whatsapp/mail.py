# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stanzas on their way to devices: each waits until the device has confirmed it."""

from sandbox.statefile import StateFile
from sandbox.whatsapp.codec import decode, encode
from sandbox.whatsapp.node import Node
from sandbox.whatsapp.records import Device, Letter


class Mail:
    """The letters of every device, oldest first."""

    def __init__(self, store: StateFile) -> None:
        self._store = store
        self._letters: dict[str, list[Letter]] = {}
        self._last = 0
        for letter in store.load("letter", Letter):
            self._letters.setdefault(letter.device, []).append(letter)
            self._last = max(self._last, letter.number)

    def put(self, device: Device, stanza: Node) -> None:
        """Keep a stanza for a device."""
        self._last += 1
        letter = Letter(self._last, device.key, stanza.tag, stanza.get("id"), encode(stanza))
        self._letters.setdefault(device.key, []).append(letter)
        self._store.save("letter", str(letter.number), letter)

    def confirm(self, device: Device, tag: str, stanza_id: str) -> bool:
        """Forget the oldest letter a device has confirmed; tells whether there was one."""
        letters = self._letters.get(device.key, [])
        for letter in letters:
            if (letter.tag, letter.id) == (tag, stanza_id):
                letters.remove(letter)
                self._store.delete("letter", str(letter.number))
                return True
        return False

    def waiting(self, device: Device) -> list[Node]:
        """Return what a device has not confirmed."""
        return [decode(letter.body) for letter in self._letters.get(device.key, [])]

    def forget(self, device: Device) -> None:
        """Forget everything for a device."""
        for letter in self._letters.pop(device.key, []):
            self._store.delete("letter", str(letter.number))
