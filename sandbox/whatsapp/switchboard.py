# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is connected, and what is to be sent to whom once it is safely kept."""

from collections.abc import Iterator

from sandbox.whatsapp.node import Node, node
from sandbox.whatsapp.records import Account, Device
from sandbox.whatsapp.session import Closing, Session
from sandbox.whatsapp.world import World


class Switchboard:
    """Connections by device. Nothing leaves before `flush` has made the records durable."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._outbox: list[tuple[Session, Node | Closing]] = []

    def attach(self, session: Session, device: Device) -> None:
        """Make this the device's connection; an older one is told that it was replaced."""
        older = self._sessions.get(device.key)
        if older is not None:
            self.end(older, replaced())
        session.device = device
        self._sessions[device.key] = session

    def detach(self, session: Session) -> None:
        """Forget a connection that is over."""
        if session.device and self._sessions.get(session.device.key) is session:
            del self._sessions[session.device.key]

    def session(self, device: Device) -> Session | None:
        """Return a device's connection."""
        return self._sessions.get(device.key)

    def sessions(self, account: Account | None = None) -> Iterator[Session]:
        """Yield the connections of an account, or all."""
        for session in list(self._sessions.values()):
            if account is None or (session.device and session.device.phone == account.phone):
                yield session

    def answer(self, session: Session, stanza: Node) -> None:
        """Send a stanza on one connection only."""
        self._outbox.append((session, stanza))

    def end(self, session: Session, last: Node) -> None:
        """Send a last stanza and close the connection."""
        self._outbox += [(session, last), (session, Closing.AFTER_CLIENT)]

    def deliver(self, device: Device, stanza: Node) -> None:
        """Bring a stanza to a device now or later; it is kept until the device confirms it."""
        self._world.mail.put(device, stanza)
        self.hint(device, stanza)

    def hint(self, device: Device, stanza: Node) -> None:
        """Send a stanza if the device is there; it is worth nothing later."""
        session = self._sessions.get(device.key)
        if session is not None and session.active:
            self._outbox.append((session, stanza))

    def flush(self) -> None:
        """Make what has changed durable, then send what came of it."""
        self._world.store.commit()
        leaving, self._outbox = self._outbox, []
        for session, stanza in leaving:
            session.post(stanza)


def replaced() -> Node:
    """Return what a connection is told when another one takes its place."""
    return node("stream:error", {"code": "409"}, node("conflict", {"type": "replaced"}))
