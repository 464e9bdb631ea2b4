# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the service itself does to connections and devices."""

from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account, Device
from sandbox.whatsapp.session import Closing
from sandbox.whatsapp.switchboard import Switchboard, replaced
from sandbox.whatsapp.world import World

_REMOVED = node("stream:error", {"code": "401"}, node("conflict", {"type": "device_removed"}))


class Operator:
    """Interventions that take effect at once; each returns how many connections it met."""

    def __init__(self, world: World, switchboard: Switchboard) -> None:
        self._world = world
        self._switchboard = switchboard

    def drop(self, account: Account | None = None) -> int:
        """Cut connections without a word, of one account or all."""
        sessions = list(self._switchboard.sessions(account))
        for session in sessions:
            self._switchboard.detach(session)
            session.post(Closing.AT_ONCE)
        return len(sessions)

    def replace(self, account: Account) -> int:
        """Tell an account's connections that another one has taken their place."""
        return self._end(account, replaced())

    def log_out(self, account: Account) -> int:
        """Remove an account's linked devices, as its phone can; they must be linked anew."""
        met = self._end(account, _REMOVED)
        for device in self._world.accounts.devices(account):
            self._world.mail.forget(device)
            self._world.accounts.unlink(device)
        self._switchboard.flush()
        return met

    def unlink(self, device: Device) -> None:
        """Remove one linked device, as its owner's phone can."""
        session = self._switchboard.session(device)
        if session is not None:
            self._switchboard.detach(session)
            self._switchboard.end(session, _REMOVED)
        self._world.mail.forget(device)
        self._world.accounts.unlink(device)
        self._switchboard.flush()

    def waiting(self, device: Device) -> int:
        """Return how many stanzas a device has not confirmed."""
        return len(self._world.mail.waiting(device))

    def _end(self, account: Account, last: Node) -> int:
        sessions = list(self._switchboard.sessions(account))
        for session in sessions:
            self._switchboard.detach(session)
            self._switchboard.end(session, last)
        self._switchboard.flush()
        return len(sessions)
